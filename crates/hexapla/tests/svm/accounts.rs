//! The accounts of a typed call follow from the program's IDL: nobody lists them by hand, so none can be in the wrong
//! place, missing or too many.

use crate::{
    USER, chain,
    typed::{interface, say},
};
use hexapla::{
    Receipt,
    svm::{AccountMeta, Invocation, Pubkey, alias, canonical, spl},
};
use hexapla_abi::{Abi, Codec, CodecError, Function, Projection, SolidityCodec, Type, Value, Variant};
use hexapla_primitives::{Address, Bytes, VmId};
use hexapla_testing::{Script, ScriptCall, Side, Stage, crossings};
use solana_sdk_ids::{system_program, sysvar};

/// The instructions of SPL Token as its own client builds them: the account's name, `w` where it may be changed, `s` where
/// the caller signs, `=rent` where it is always the same.
const TOKEN: [(&str, &str); 25] = [
    ("initializeMint", "mint/w rent/=rent"),
    ("initializeAccount", "account/w mint/ owner/ rent/=rent"),
    ("initializeMultisig", "multisig/w rent/=rent"),
    ("transfer", "source/w destination/w authority/s"),
    ("approve", "source/w delegate/ owner/s"),
    ("revoke", "source/w owner/s"),
    ("setAuthority", "owned/w owner/s"),
    ("mintTo", "mint/w token/w mint_authority/s"),
    ("burn", "account/w mint/w authority/s"),
    ("closeAccount", "account/w destination/w owner/s"),
    ("freezeAccount", "account/w mint/ freeze_authority/s"),
    ("thawAccount", "account/w mint/ freeze_authority/s"),
    ("transferChecked", "source/w mint/ destination/w authority/s"),
    ("approveChecked", "source/w mint/ delegate/ owner/s"),
    ("mintToChecked", "mint/w token/w mint_authority/s"),
    ("burnChecked", "account/w mint/w authority/s"),
    ("initializeAccount2", "account/w mint/ rent/=rent"),
    ("syncNative", "account/w"),
    ("initializeAccount3", "account/w mint/"),
    ("initializeMultisig2", "multisig/w"),
    ("initializeMint2", "mint/w"),
    ("getAccountDataSize", "mint/"),
    ("initializeImmutableOwner", "account/w"),
    ("amountToUiAmount", "mint/"),
    ("uiAmountToAmount", "mint/"),
];

/// The same of the Associated Token program; `@` stands before what an associated account is derived from.
const ASSOCIATED: [(&str, &str); 3] = [
    (
        "create",
        "payer/ws associated_token/w@wallet,token_program,mint wallet/ mint/ system_program/=system token_program/",
    ),
    (
        "createIdempotent",
        "payer/ws associated_token/w@wallet,token_program,mint wallet/ mint/ system_program/=system token_program/",
    ),
    (
        "recoverNested",
        "nested/w@owner_associated_token,token_program,nested_mint nested_mint/ \
         destination/w@wallet,token_program,nested_mint owner_associated_token/@wallet,token_program,owner_mint \
         owner_mint/ wallet/ws token_program/",
    ),
];

/// The key of an account that the caller says, by its name.
fn given(name: &str) -> Pubkey {
    Pubkey::new_from_array(hexapla_primitives::keccak256(name).0)
}

/// An account of the tables above: name, flags, where it comes from.
fn parts(text: &str) -> (&str, &str, Option<&str>) {
    let (name, rest) = text.split_once('/').expect("a name and flags");
    match rest.find(['=', '@']) {
        Some(at) => (name, &rest[..at], Some(&rest[at..])),
        None => (name, rest, None),
    }
}

/// The accounts of an instruction as Solana's client lists them.
fn expected(accounts: &str, caller: Pubkey) -> Vec<AccountMeta> {
    let all: Vec<_> = accounts.split_whitespace().map(parts).collect();
    fn key_of(all: &[(&str, &str, Option<&str>)], name: &str, caller: Pubkey) -> Pubkey {
        let (_, flags, source) = all.iter().find(|account| account.0 == name).expect("it is an account");
        match source {
            Some("=rent") => sysvar::rent::ID,
            Some("=system") => system_program::ID,
            Some(seeds) => {
                let seeds: Vec<[u8; 32]> =
                    seeds.trim_start_matches('@').split(',').map(|seed| key_of(all, seed, caller).to_bytes()).collect();
                let seeds: Vec<&[u8]> = seeds.iter().map(|seed| &seed[..]).collect();
                Pubkey::find_program_address(&seeds, &spl::ASSOCIATED_TOKEN).0
            }
            None if flags.contains('s') => caller,
            None => given(name),
        }
    }
    let meta = |(name, flags, _): &(&str, &str, Option<&str>)| AccountMeta {
        pubkey: key_of(&all, name, caller),
        is_signer: flags.contains('s'),
        is_writable: flags.contains('w'),
    };
    all.iter().map(meta).collect()
}

/// The accounts that the caller says, in their order.
fn said(accounts: &str) -> Vec<Value> {
    let all = accounts.split_whitespace().map(parts);
    let said = all.filter(|(_, flags, source)| source.is_none() && !flags.contains('s'));
    said.map(|(name, ..)| Value::bytes(given(name).to_bytes())).collect()
}

/// Some value of a type.
fn sample(ty: &Type) -> Value {
    match ty {
        Type::Bool => Value::Bool(true),
        // Small enough for the index of a variant.
        Type::Uint { .. } => Value::uint(3u8),
        Type::Address => Value::Address(USER),
        Type::String => Value::string("1"),
        Type::Array(_) => Value::Array(Vec::new()),
        Type::Struct { name, fields } => {
            let fields = fields.iter().map(|field| (field.name.clone(), sample(&field.ty))).collect();
            Value::Struct { name: name.clone(), fields }
        }
        Type::Enum { name, variants } => {
            let Variant { name: variant, payload } = &variants[0];
            Value::Enum { name: name.clone(), variant: variant.clone(), payload: Box::new(sample(payload)) }
        }
        Type::Tuple(types) => Value::Tuple(types.iter().map(sample).collect()),
        Type::Unit => Value::Unit,
        Type::Bytes => Value::bytes(vec![1]),
        other => panic!("no instruction takes {other}"),
    }
}

/// The arguments of a call: accounts, then samples.
fn arguments(function: &Function, accounts: &str) -> Vec<Value> {
    let mut values = said(accounts);
    values.extend(function.input_types().skip(values.len()).map(sample));
    values
}

fn encode(function: &Function, values: &[Value]) -> Bytes {
    SolidityCodec::default().encode_call(function, values).unwrap()
}

fn projection(path: &str) -> Projection {
    Projection::new(interface(path).into(), Abi::Solidity)
}

/// Names of instructions, and their accounts.
type Table = [(&'static str, &'static str)];

const IDLS: [(Pubkey, &str, &Table); 2] = [
    (spl::TOKEN, "svm/idl/spl-token.json", &TOKEN),
    (spl::ASSOCIATED_TOKEN, "svm/idl/associated-token.json", &ASSOCIATED),
];

/// The accounts that the program is called with.
fn passed(receipt: &Receipt) -> Vec<AccountMeta> {
    let calls = crossings(receipt);
    let call = calls.iter().find(|call| call.vm == VmId::SVM).expect("it is called");
    let translation = call.translation.as_ref().unwrap_or_else(|| panic!("{}", say(receipt)));
    Invocation::from_bytes(&translation.input).expect("an invocation").accounts
}

#[test]
fn f21_the_accounts_of_every_spl_instruction_are_those_of_its_own_client() {
    let mut stage = Stage::new();
    for (program, path, table) in IDLS {
        stage.chain.set_interface(canonical(&program), &interface(path)).unwrap();
        let shown = projection(path);
        assert_eq!(interface(path).refused, []);
        let names: Vec<_> = shown.interface().functions.iter().map(|function| function.name.as_str()).collect();
        assert_eq!(names, table.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "the table has every instruction");
        for (name, accounts) in table {
            let function = shown.interface().function(name).unwrap();
            let data = encode(function, &arguments(function, accounts));
            let user =
                stage.chain.simulate(stage.chain.call(USER, canonical(&program), data.clone()).unwrap()).unwrap();
            assert_eq!(passed(&user), expected(accounts, alias(USER)), "{name} by a user");
            for side in Side::ALL {
                let contract = stage.actor(side);
                let call = ScriptCall::to(canonical(&program), data.clone()).ignore();
                let receipt = stage.try_run(contract, Script::new().call(call));
                assert_eq!(passed(&receipt), expected(accounts, alias(contract)), "{name} by a contract of {side:?}");
            }
        }
    }
}

#[test]
fn f21_a_call_that_leaves_an_account_out_is_none_and_the_error_names_it() {
    let mut chain = chain();
    for (program, path, table) in IDLS {
        chain.set_interface(canonical(&program), &interface(path)).unwrap();
        let shown = projection(path);
        for (name, accounts) in table {
            let function = shown.interface().function(name).unwrap();
            let place = shown.interface().functions.iter().position(|known| known.name == *name).unwrap();
            let all = arguments(function, accounts);

            // There is no call with an argument more or less.
            for wrong in [all[1..].to_vec(), [&all[..], &[Value::bytes([7; 32])]].concat()] {
                let error = SolidityCodec::default().encode_call(function, &wrong).unwrap_err();
                assert!(matches!(error, CodecError::WrongCount { .. }), "{name}: {error}");
                assert!(error.to_string().contains(name), "{name}: {error}");
            }
            // Bytes cut short are no call either.
            let data = encode(function, &all);
            let refused = |data: Bytes| {
                let receipt = chain.simulate(chain.call(USER, canonical(&program), data).unwrap()).unwrap();
                assert!(!receipt.is_success(), "{name}");
                receipt.fault.unwrap().message
            };
            let message = refused(data.slice(..data.len() - 32));
            assert!(message.contains("does not fit the interface"), "{name}: {message}");

            // A zero where an account belongs is an account left out.
            let given = accounts.split_whitespace().map(parts);
            let given = given.filter(|(_, flags, source)| source.is_none() && !flags.contains('s'));
            for (index, (account, ..)) in given.enumerate() {
                let mut values = all.clone();
                values[index] = Value::bytes([0; 32]);
                let error = shown.arguments(place, values.clone()).unwrap_err().to_string();
                assert!(error.contains(&format!("the account {account} of {name}")), "{name}: {error}");
                let message = refused(encode(function, &values));
                assert!(message.contains(&error), "{name}: {message}");
            }
        }
    }
}

#[test]
fn f21_accounts_that_a_contract_names_in_another_order_are_refused_by_their_own_program() {
    // What the types cannot tell apart, two accounts that the caller says, the program tells apart.
    let mut chain = chain();
    chain.set_interface(canonical(&spl::ASSOCIATED_TOKEN), &interface("svm/idl/associated-token.json")).unwrap();
    chain.fund([(USER, hexapla_primitives::U256::from(10u8).pow(hexapla_primitives::U256::from(20)))]).unwrap();
    let shown = projection("svm/idl/associated-token.json");
    let create = shown.interface().function("create").unwrap();
    let names: Vec<_> = create.inputs.iter().map(|input| &*input.name).collect();
    assert_eq!(names, ["wallet", "mint", "tokenProgram"]);
    let mint = given("mint");
    let stored = hexapla::svm::StoredAccount {
        owner: spl::TOKEN,
        executable: false,
        data: [&[0; 44][..], &[6, 1], &[0; 36]].concat().into(),
    };
    chain.insert_accounts([hexapla::svm::genesis::account(mint, 10_000_000, &stored)]).unwrap();
    let run = |values: [Pubkey; 3]| {
        let values = values.map(|key| Value::bytes(key.to_bytes()));
        let call = chain.call(USER, canonical(&spl::ASSOCIATED_TOKEN), encode(create, &values)).unwrap();
        chain.simulate(call).unwrap()
    };
    let wallet = alias(Address::repeat_byte(9));
    assert!(run([wallet, mint, spl::TOKEN]).is_success(), "{}", say(&run([wallet, mint, spl::TOKEN])));
    for wrong in [[mint, wallet, spl::TOKEN], [wallet, spl::TOKEN, mint], [spl::TOKEN, mint, wallet]] {
        let receipt = run(wrong);
        assert!(!receipt.is_success(), "{wrong:?}");
        assert_eq!(passed(&receipt).len(), 6, "{wrong:?}: whatever is named, the list has the form of the IDL");
    }
}
