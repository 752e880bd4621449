//! Interfaces of Solana programs from Anchor's and Codama's IDLs.

mod common;

use common::abis::Book;
use hexapla_abi::{
    AccountSource, AddressBook, B256, BorshCodec, Codec, Function, Interface, Mutability, Seed, Type, Value,
};

const LENDING: &str = include_str!("data/lending-anchor.json");
const LENDING_OLD: &str = include_str!("data/lending-anchor-old.json");
const SPL_TOKEN: &str = include_str!("../../../contracts/svm/idl/spl-token.json");
const TOKEN_2022: &str = include_str!("../../../contracts/svm/idl/token-2022.json");
const ASSOCIATED_TOKEN: &str = include_str!("../../../contracts/svm/idl/associated-token.json");
const SYSTEM: &str = include_str!("../../../contracts/svm/idl/system.json");
const MEMO: &str = include_str!("../../../contracts/svm/idl/memo.json");

fn anchor(json: &str) -> Interface {
    Interface::from_anchor_idl(json).unwrap()
}

fn call(interface: &Interface, function: &str, args: &[Value]) -> Vec<u8> {
    let function = interface.function(function).unwrap();
    BorshCodec::new(&Book::default()).encode_call(function, args).unwrap().to_vec()
}

/// `name` with `w` for writable, `s` for signing, `?` for optional.
fn flags(function: &Function) -> String {
    let accounts = function.accounts.iter().map(|account| {
        let mark = |is: bool, mark: &'static str| if is { mark } else { "" };
        let marks = [mark(account.writable, "w"), mark(account.signer, "s"), mark(account.optional, "?")].concat();
        format!("{}:{marks}", account.name)
    });
    accounts.collect::<Vec<_>>().join(" ")
}

/// The type of a field or a parameter, as text.
fn layout(interface: &Interface, name: &str) -> String {
    interface.layouts.iter().find(|layout| layout.name == name).unwrap().ty.to_string()
}

#[test]
fn old_and_new_idl_of_one_program_give_one_interface_but_for_the_token_program_which_the_old_leaves_open() {
    let mut expected = anchor(LENDING);
    let accounts = expected.functions.iter_mut().flat_map(|function| &mut function.accounts);
    for account in accounts.filter(|account| account.name.ends_with("token_program")) {
        assert!(matches!(account.source, AccountSource::Fixed(_)), "the new IDL says which");
        account.source = AccountSource::Given;
    }
    assert_eq!(anchor(LENDING_OLD), expected);
}

#[test]
fn an_anchor_idl_is_read_in_full() {
    let lending = anchor(LENDING);
    assert_eq!((lending.name.as_str(), lending.refused.len()), ("lending", 0), "{:?}", lending.refused);
    let open = lending.function("open_position").unwrap();
    // The first eight bytes of SHA-256 over `global:open_position`.
    assert_eq!(open.selector[..], [135, 128, 47, 77, 15, 152, 240, 49]);
    assert_eq!(open.signature, "open_position(OpenParams,string?)");
    assert_eq!(
        open.inputs[0].ty.to_string(),
        "OpenParams{nonce: u64, side: Side{Supply, Borrow({max_rate: bytes8, term: u32}), Swap(u64, bool), \
         Note(string)}, oracle_keys: [address], weights: [u16; 4]}"
    );
    assert_eq!(open.mutability, Mutability::NonPayable);
    let health = lending.function("health_of").unwrap();
    assert_eq!((health.mutability, &health.outputs[0].ty), (Mutability::View, &Type::Int { bits: 64 }));
    assert_eq!(lending.layouts[0].discriminator[..], [170, 188, 143, 228, 122, 64, 247, 208]);
    assert!(layout(&lending, "Position").ends_with("delegate: COption{tag: u32, value: address}, bump: u8}"));
    let opened = lending.event("PositionOpened").unwrap();
    assert_eq!(opened.topic.unwrap()[8..], [0; 24]);
    assert_eq!(opened.fields[1].ty, Type::FixedBytes(16));
    let risky = lending.error_by_selector(&6000_u32.to_le_bytes()).unwrap();
    assert_eq!((risky.name.as_str(), risky.message.as_str()), ("TooRisky", "The position is too risky"));
    let types = lending.types.iter().map(|ty| ty.to_string().split('{').next().unwrap().to_owned());
    assert_eq!(types.collect::<Vec<_>>(), ["Side", "OpenParams", "COption", "Position"]);
}

#[test]
fn accounts_of_an_instruction_say_where_they_come_from() {
    let lending = anchor(LENDING);
    let open = lending.function("open_position").unwrap();
    assert_eq!(
        flags(open),
        "owner:ws mint: position:w vault:w rate_model: referrer:? programs.token_program: programs.system_program:"
    );
    let source = |name: &str| &open.accounts.iter().find(|account| &*account.name == name).unwrap().source;
    let (program, seeds) = match source("position") {
        AccountSource::Derived { program, seeds } => (program, seeds),
        other => panic!("{other:?}"),
    };
    let nonce = Seed::Arg(vec!["params".into(), "nonce".into()]);
    assert_eq!(
        (program, seeds.as_slice()),
        (&None, &[Seed::Const("pos".into()), Seed::Account("owner".into()), nonce][..])
    );
    let token_program = Some(Seed::Account("programs.token_program".into()));
    let seeds = vec![Seed::Account("mint".into()), Seed::Const([7, 0].into())];
    assert_eq!(*source("vault"), AccountSource::Derived { program: token_program, seeds });
    assert_eq!(
        *source("rate_model"),
        AccountSource::Given,
        "a seed in the data of an account is the program's to read"
    );
    assert_eq!(*source("programs.system_program"), AccountSource::Fixed(B256::ZERO));
}

#[test]
fn an_anchor_call_is_discriminator_and_borsh() {
    let lending = anchor(LENDING);
    let health = call(&lending, "health_of", &[Value::uint(5_u8)]);
    let function = lending.function("health_of").unwrap();
    assert_eq!(health, [&function.selector[..], &[5], &[0; 15]].concat());
}

#[test]
fn generic_types_are_instantiated() {
    let json = r#"{"metadata":{"name":"g","spec":"0.1.0"},"instructions":[{"name":"f","discriminator":[1],"args":[
        {"name":"a","type":{"defined":{"name":"Pair","generics":[
            {"kind":"type","type":{"defined":{"name":"Pair","generics":[{"kind":"type","type":"bool"},{"kind":"const","value":"2"}]}}},
            {"kind":"const","value":"3"}]}}}]}],
      "types":[{"name":"Pair","generics":[{"kind":"type","name":"T"},{"kind":"const","name":"N","type":"usize"}],
        "type":{"kind":"struct","fields":[{"name":"of","type":{"array":[{"generic":"T"},{"generic":"N"}]}}]}}]}"#;
    let ty = &anchor(json).functions[0].inputs[0].ty;
    assert_eq!(ty.to_string(), "Pair{of: [Pair{of: [bool; 2]}; 3]}");
}

#[test]
fn what_has_no_place_is_refused_and_the_rest_is_read() {
    let json = r#"{"metadata":{"name":"r","spec":"0.1.0"},"instructions":[
        {"name":"endless","discriminator":[1],"args":[{"name":"a","type":{"defined":{"name":"Node"}}}]},
        {"name":"memory","discriminator":[2],"args":[{"name":"a","type":{"defined":{"name":"Raw"}}}]},
        {"name":"missing","discriminator":[3],"args":[{"name":"a","type":{"defined":{"name":"Nobody"}}}]},
        {"name":"fine","discriminator":[4],"args":[{"name":"a","type":"u256"}]}],
      "accounts":[{"name":"Raw","discriminator":[9]}],
      "events":[{"name":"Long","discriminator":[1,2,3,4,5,6,7,8,9]}],
      "types":[{"name":"Node","type":{"kind":"struct","fields":[{"name":"next","type":{"option":{"defined":{"name":"Node"}}}}]}},
        {"name":"Raw","serialization":{"custom":"own"},"type":{"kind":"struct","fields":[]}},
        {"name":"Long","type":{"kind":"struct","fields":[]}}]}"#;
    let interface = anchor(json);
    let refused = interface.refused.iter().map(|refused| format!("{}: {}", refused.item, refused.reason));
    assert_eq!(
        refused.collect::<Vec<_>>(),
        [
            "instruction `endless`: the type Node contains itself, a value of it could have any depth",
            "instruction `memory`: the type Raw is serialized as \"own\", not as Borsh",
            "instruction `missing`: the IDL does not define the type \"Nobody\"",
            "account `Raw`: the type Raw is serialized as \"own\", not as Borsh",
            "event `Long`: its discriminator has 9 bytes, a log's topic holds 8",
        ]
    );
    assert_eq!(interface.functions.len(), 1);
}

#[test]
fn instructions_that_look_alike_are_left_out() {
    let left_out = |first: &str, second: &str| {
        let json = format!(
            r#"{{"metadata":{{"spec":"0.1.0"}},"instructions":[{{"name":"a","discriminator":{first},"args":[]}},
               {{"name":"b","discriminator":{second},"args":[]}},{{"name":"c","discriminator":[9],"args":[]}}]}}"#
        );
        let interface = anchor(&json);
        assert!(interface.function("c").is_some());
        interface.refused.iter().map(|refused| format!("{}: {}", refused.item, refused.reason)).collect::<Vec<_>>()
    };
    let both = left_out("[1,2]", "[1,2]");
    assert_eq!(both[0], "instruction `a`: b has the same selector 0x0102; data could mean either");
    assert_eq!((both.len(), both[1].starts_with("instruction `b`: a has")), (2, true));
    let begins =
        "instruction `b`: its discriminator 0x01 is the beginning of 0x0102, that of a: calls of both look alike";
    assert_eq!(left_out("[1,2]", "[1]"), [begins]);
    let none = left_out("[1]", "[]");
    assert!(
        none.len() == 1 && none[0].starts_with("instruction `b`: its discriminator 0x is the beginning"),
        "{none:?}"
    );
}

#[test]
fn calls_of_spl_token_are_the_known_bytes() {
    for json in [SPL_TOKEN, TOKEN_2022] {
        let token = anchor(json);
        let amount = Value::uint(0x0102_0304_0506_0708_u64);
        assert_eq!(call(&token, "transfer", std::slice::from_ref(&amount)), [3, 8, 7, 6, 5, 4, 3, 2, 1]);
        let checked = call(&token, "transfer_checked", &[amount.clone(), Value::uint(9_u8)]);
        assert_eq!(checked, [12, 8, 7, 6, 5, 4, 3, 2, 1, 9]);
        assert_eq!(call(&token, "revoke", &[]), [5]);
        assert_eq!(call(&token, "close_account", &[]), [9]);
        assert_eq!(call(&token, "sync_native", &[]), [17]);
        assert_eq!(call(&token, "mint_to", &[amount]), [7, 8, 7, 6, 5, 4, 3, 2, 1]);
        let authority = hexapla_abi::Address::repeat_byte(0x11);
        let key = Book::default().native(authority).unwrap();
        let some = |value| Value::Option(Some(Box::new(value)));
        let (address, none) = (Value::Address(authority), Value::Option(None));
        let mint = [Value::uint(6_u8), address.clone(), some(address.clone())];
        assert_eq!(call(&token, "initialize_mint2", &mint), [&[20, 6], &key[..], &[1], &key[..]].concat());
        let mint = [Value::uint(6_u8), address.clone(), none.clone()];
        assert_eq!(call(&token, "initialize_mint2", &mint), [&[20, 6], &key[..], &[0]].concat());
        let authority_type = |variant: &str| Value::Enum {
            name: "AuthorityType".into(),
            variant: variant.into(),
            payload: Box::new(Value::Unit),
        };
        assert_eq!(call(&token, "set_authority", &[authority_type("CloseAccount"), none]), [6, 3, 0]);
        let set = call(&token, "set_authority", &[authority_type("FreezeAccount"), some(address.clone())]);
        assert_eq!(set, [&[6, 1, 1], &key[..]].concat());
        assert_eq!(call(&token, "initialize_account3", &[address]), [&[18], &key[..]].concat());
        assert_eq!(flags(token.function("transfer_checked").unwrap()), "source:w mint: destination:w authority:s");
        assert_eq!(flags(token.function("mint_to").unwrap()), "mint:w token:w mint_authority:s");
        assert_eq!(flags(token.function("burn").unwrap()), "account:w mint:w authority:s");
        assert_eq!(token.function("get_account_data_size").unwrap().mutability, Mutability::View);
        assert_eq!(token.error_by_selector(&1_u32.to_le_bytes()).unwrap().name, "InsufficientFunds");
        assert_eq!(token.error_by_selector(&17_u32.to_le_bytes()).unwrap().name, "AccountFrozen");
        assert_eq!(token.refused, []);
    }
}

#[test]
fn the_transfer_hook_of_token_2022_is_set_up_with_known_bytes() {
    let token = anchor(TOKEN_2022);
    let (authority, hook) = (hexapla_abi::Address::repeat_byte(1), hexapla_abi::Address::repeat_byte(2));
    let key = |address| Book::default().native(address).unwrap();
    let data = call(&token, "initialize_transfer_hook", &[Value::Address(authority), Value::Address(hook)]);
    assert_eq!(data, [&[36, 0], &key(authority)[..], &key(hook)[..]].concat());
    assert_eq!(token.error_by_selector(&36_u32.to_le_bytes()).unwrap().name, "NoMemo");
    assert_eq!(token.error_by_selector(&68_u32.to_le_bytes()).unwrap().name, "PendingBalanceNonZero");
}

#[test]
fn accounts_of_spl_token_are_read_from_their_bytes() {
    let token = anchor(SPL_TOKEN);
    let book = Book::default();
    let codec = BorshCodec::new(&book);
    let read = |name: &str, data: &[u8]| {
        let layout = token.layouts.iter().find(|layout| layout.name == name).unwrap();
        codec.decode_value(&layout.ty, data).unwrap().to_string()
    };
    // A mint without freeze authority: 82 bytes, the room of the key is there and zero.
    let mint = [&[1, 0, 0, 0], &[7; 32][..], &1000_u64.to_le_bytes(), &[6, 1], &[0; 36]].concat();
    assert_eq!(mint.len(), 82);
    let mint = read("Mint", &mint);
    assert!(mint.contains("supply: 1000, decimals: 6, is_initialized: true"), "{mint}");
    let parts: [&[u8]; 8] = [&[1; 32], &[2; 32], &77_u64.to_le_bytes(), &[0; 36], &[1], &[0; 12], &[0; 8], &[0; 36]];
    let account = parts.concat();
    assert_eq!(account.len(), 165);
    let account = read("Account", &account);
    assert!(account.contains("amount: 77,") && account.contains("Initialized"), "{account}");
    let multisig = [&[2, 3, 1], &[0; 352][..]].concat();
    assert_eq!(multisig.len(), 355);
    assert!(read("Multisig", &multisig).contains("m: 2, n: 3"));
}

#[test]
fn accounts_with_extensions_are_told_by_the_byte_behind_their_data() {
    let token = anchor(TOKEN_2022);
    let book = Book::default();
    let codec = hexapla_abi::AnyCodec::new(hexapla_abi::Abi::Borsh, &book);
    let fitting = |data: &[u8]| {
        let fits = |layout: &&hexapla_abi::AccountLayout| codec.decode_account(layout, data).is_ok();
        token.layouts.iter().filter(fits).map(|layout| layout.name.as_str()).collect::<Vec<_>>()
    };
    let mint = [&[0; 36][..], &7_u64.to_le_bytes(), &[6, 1], &[0; 36]].concat();
    let account = [&[1; 64][..], &7_u64.to_le_bytes(), &[0; 36], &[1], &[0; 56]].concat();
    assert_eq!((mint.len(), account.len()), (82, 165));
    assert_eq!((fitting(&mint), fitting(&account)), (vec!["Mint"], vec!["Account"]));
    let extension = [9, 0, 0, 0];
    let extended = |data: &[u8], byte: u8| [data, &vec![0; 165 - data.len()], &[byte], &extension].concat();
    assert_eq!(fitting(&extended(&mint, 1)), ["MintWithExtensions"]);
    assert_eq!(fitting(&extended(&account, 2)), ["AccountWithExtensions"]);
    assert_eq!(fitting(&extended(&account, 1)), [""; 0], "an account that says it is a mint");
    assert_eq!(fitting(&extended(&mint, 3)), [""; 0]);
    let mut dirty = extended(&mint, 1);
    dirty[100] = 1;
    assert_eq!(fitting(&dirty), [""; 0], "the room behind a mint is zero");
    let value = codec.decode_account(&token.layouts[3], &extended(&mint, 1)).unwrap().to_string();
    assert!(value.contains("supply: 7") && value.ends_with("account_type: (), extensions: 0x09000000}"), "{value}");
}

#[test]
fn an_associated_token_account_is_derived_from_wallet_program_and_mint() {
    let interface = anchor(ASSOCIATED_TOKEN);
    assert_eq!(call(&interface, "create", &[]), [0]);
    assert_eq!(call(&interface, "create_idempotent", &[]), [1]);
    assert_eq!(call(&interface, "recover_nested", &[]), [2]);
    let create = interface.function("create_idempotent").unwrap();
    assert_eq!(flags(create), "payer:ws associated_token:w wallet: mint: system_program: token_program:");
    let seeds = ["wallet", "token_program", "mint"].map(|name| Seed::Account(name.into())).to_vec();
    assert_eq!(create.accounts[1].source, AccountSource::Derived { program: None, seeds });
    assert_eq!(create.accounts[4].source, AccountSource::Fixed(B256::ZERO));
    assert_eq!(create.accounts[5].source, AccountSource::Given, "there are two token programs");
}

#[test]
fn calls_of_the_system_program_are_the_known_bytes() {
    let system = Interface::from_codama(SYSTEM).unwrap();
    let transfer = call(&system, "transfer_sol", &[Value::uint(1_000_000_000_u64)]);
    assert_eq!(transfer, [&2_u32.to_le_bytes()[..], &1_000_000_000_u64.to_le_bytes()].concat());
    assert_eq!(flags(system.function("transfer_sol").unwrap()), "source:ws destination:w");
    let owner = hexapla_abi::Address::repeat_byte(9);
    let key = Book::default().native(owner).unwrap();
    let create = call(&system, "create_account", &[Value::uint(5_u8), Value::uint(165_u8), Value::Address(owner)]);
    assert_eq!(create, [&[0; 4][..], &5_u64.to_le_bytes(), &165_u64.to_le_bytes(), &key[..]].concat());
    assert_eq!(call(&system, "allocate", &[Value::uint(8_u8)]), [8, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0]);
    let AccountSource::Fixed(rent) = system.function("initialize_nonce_account").unwrap().accounts[2].source else {
        panic!("the rent sysvar has one address")
    };
    assert_eq!(rent[..3], [0x06, 0xa7, 0xd5]);
    let refused = system.refused.iter().map(|refused| refused.item.as_str()).collect::<Vec<_>>();
    let with_seeds = ["createAccountWithSeed", "allocateWithSeed", "assignWithSeed", "transferSolWithSeed"];
    assert_eq!(refused, with_seeds.map(|name| format!("instruction `{name}`")));
    assert_eq!(system.refused[0].reason, "a length is written as u64, Borsh's is a u32");
    assert_eq!(system.error_by_selector(&[0; 4]).unwrap().name, "AccountAlreadyInUse");
    assert!(layout(&system, "Nonce").ends_with("blockhash: bytes32, lamports_per_signature: u64}"));
}

#[test]
fn a_memo_is_text_without_a_length() {
    let memo = anchor(MEMO);
    assert_eq!(memo.refused, []);
    assert_eq!(call(&memo, "memo", &[Value::string("hi, all")]), b"hi, all");
    let book = Book::default();
    let (function, values) = BorshCodec::new(&book).decode_call(&memo, "grüß".as_bytes()).unwrap();
    assert_eq!((function.signature.as_str(), values), ("memo(string…)", vec![Value::string("grüß")]));
}

#[test]
fn every_instruction_of_token_2022_is_read_with_its_bytes() {
    let token = anchor(TOKEN_2022);
    assert_eq!(token.refused, []);
    assert_eq!(token.functions.len(), 100);
    assert_eq!(token.verify(), Ok(()));
    let key = |byte| Value::Address(hexapla_abi::Address::repeat_byte(byte));
    let native = |byte| Book::default().native(hexapla_abi::Address::repeat_byte(byte)).unwrap();
    let some = |byte| Value::Option(Some(Box::new(key(byte))));
    let number = |value: u64| Value::from(value);
    let fee =
        call(&token, "initialize_transfer_fee_config", &[some(1), Value::Option(None), number(250), number(5_000)]);
    assert_eq!(fee, [&[26, 0, 1][..], &native(1)[..], &[0], &[250, 0], &5_000_u64.to_le_bytes()].concat());
    let room = Value::Array(vec![number(8), number(300)]);
    assert_eq!(call(&token, "reallocate", &[room]), [29, 8, 0, 44, 1]);
    let text = |text: &str| Value::string(text);
    let field =
        Value::Enum { name: "TokenMetadataField".into(), variant: "Key".into(), payload: Box::new(text("site")) };
    let update = call(&token, "update_token_metadata_field", &[field, text("x")]);
    let expected = [&[221, 233, 49, 45, 181, 202, 220, 200, 3, 4, 0, 0, 0][..], b"site", &[1, 0, 0, 0], b"x"].concat();
    assert_eq!(update, expected);
    assert_eq!(call(&token, "ui_amount_to_amount", &[text("1.5")]), [24, b'1', b'.', b'5']);
    assert_eq!(call(&token, "unwrap_lamports", &[Value::Option(None)]), [45, 0]);
    assert_eq!(call(&token, "batch", &[Value::bytes([1, 2])]), [255, 1, 2]);
}
