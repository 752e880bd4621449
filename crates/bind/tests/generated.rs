//! What is generated: compared with the committed samples, compiled, read back, and made of hostile names.

mod support;

use std::{fs, path::Path, process::Command, sync::Arc};

use hexapla_abi::{
    Abi, AccountParam, AccountSource, Address, AnyCodec, B256, Bytes, Codec as _, Field, Function, Interface, Param,
    Projection, Seed, Tree, Type, Value, argument::no_names, arguments_from_tree, value_from_tree,
};
use hexapla_bind::{Binding, Location, Options, Target, bind};
use support::Padded;

const TARGETS: [Target; 4] = [Target::Solidity, Target::Anchor, Target::Rust, Target::TypeScript];

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source(file: &str) -> Arc<Interface> {
    let text = fs::read_to_string(folder().join("../abi/tests/data").join(file)).unwrap();
    Arc::new(Interface::detect(&text).unwrap())
}

fn bank() -> Arc<Interface> {
    let interface = Interface::from_solidity_signatures(
        "Bank",
        [
            "function depositFor(address owner, uint24 term, string memo) payable returns (uint256 shares)",
            "function send(address to)",
            "function send(address to, uint256 amount)",
            "function rates() view returns (int64[3] memory, bytes memory)",
            "event Sent(address indexed to, uint256 amount)",
            "error TooEarly(uint256 until)",
        ],
    );
    Arc::new(interface.unwrap())
}

fn samples() -> Vec<(&'static str, Arc<Interface>)> {
    vec![
        ("bank", bank()),
        ("lending", source("lending-anchor.json")),
        ("vault", source("vault-codama.json")),
        ("erc20-cairo", source("erc20-cairo.json")),
        ("token-fuel", source("token-fuel.json")),
    ]
}

fn options() -> Options {
    let (canonical, native) = (Address::repeat_byte(0x11), B256::repeat_byte(0x22));
    Options { name: None, location: Some(Location { canonical, native }) }
}

fn file<'b>(binding: &'b Binding, end: &str) -> &'b str {
    &binding.files.iter().find(|file| file.path.ends_with(end)).unwrap().content
}

#[test]
fn the_committed_samples_are_what_is_generated() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    for (name, interface) in samples() {
        for target in TARGETS {
            let place = folder().join("samples").join(name).join(format!("{target:?}").to_lowercase());
            for file in bind(&interface, target, &options()).files {
                // The same in every crate, and committed once.
                if file.path == "src/rt.rs" {
                    assert!(file.content == include_str!("../src/rust/rt.rs.txt"));
                    continue;
                }
                let path = place.join(&file.path);
                if update {
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(&path, &file.content).unwrap();
                }
                let committed = fs::read_to_string(&path).unwrap_or_default();
                assert!(committed == file.content, "{} differs; UPDATE_EXPECT=1 writes it", path.display());
            }
        }
    }
}

/// Accounts in which a seed that is a fixed account is the id of that account.
fn with_ids_as_seeds(accounts: &[AccountParam]) -> Vec<AccountParam> {
    let fixed = accounts.iter().filter_map(|account| match account.source {
        AccountSource::Fixed(id) => Some((Seed::Account(account.name.clone()), Seed::Const(id.into()))),
        _ => None,
    });
    let fixed = fixed.collect::<Vec<_>>();
    let mut accounts = accounts.to_vec();
    for account in &mut accounts {
        if let AccountSource::Derived { program, seeds } = &mut account.source {
            for seed in seeds.iter_mut().chain(program) {
                if let Some((_, id)) = fixed.iter().find(|(name, _)| name == seed) {
                    *seed = id.clone();
                }
            }
        }
    }
    accounts
}

#[test]
fn generated_idls_are_read_back_with_the_same_selectors_accounts_and_numbers_of_arguments() {
    for (name, interface) in samples() {
        let shown = Projection::new(interface.clone(), Abi::Borsh);
        let idl = bind(&interface, Target::Anchor, &options());
        let read = Interface::from_anchor_idl(file(&idl, ".json")).unwrap();
        assert_eq!(read.refused, [], "{name}");
        assert_eq!(read.functions.len(), shown.interface().functions.len(), "{name}");
        for (read, shown) in read.functions.iter().zip(&shown.interface().functions) {
            assert_eq!(read.selector, shown.selector, "{name} {}", shown.name);
            assert_eq!(with_ids_as_seeds(&read.accounts), with_ids_as_seeds(&shown.accounts), "{name} {}", shown.name);
            assert_eq!(read.inputs.len(), shown.inputs.len(), "{name} {}", shown.name);
        }
    }
}

/// What a function of an IDL is made of, with these arguments and these accounts.
fn idl(inputs: Vec<Param>, accounts: Vec<AccountParam>) -> Tree {
    let mut interface = (*source("lending-anchor.json")).clone();
    let [function, ..] = interface.functions.as_mut_slice() else { panic!("lending has functions") };
    (function.inputs, function.accounts) = (inputs, accounts);
    let made = bind(&Arc::new(interface), Target::Anchor, &options());
    let idl: Tree = serde_json::from_str(file(&made, ".json")).unwrap();
    idl["instructions"][0].clone()
}

fn derived(name: &str, seed: Seed) -> AccountParam {
    let source = AccountSource::Derived { program: None, seeds: vec![seed] };
    AccountParam { source, ..given(name) }
}

fn given(name: &str) -> AccountParam {
    let source = AccountSource::Given;
    AccountParam { name: name.into(), writable: false, signer: false, optional: false, source }
}

fn case(file: &str) -> Arc<Interface> {
    let text = fs::read_to_string(folder().join("../abi/tests/cases").join(file)).unwrap();
    Arc::new(Interface::detect(&text).unwrap())
}

fn left_out(made: &Binding) -> Vec<String> {
    made.left_out.iter().map(|item| format!("{}: {}", item.item, item.reason)).collect()
}

#[test]
fn what_solidity_cannot_declare_twice_is_left_out_by_name() {
    let made = bind(&case("declared-again.json"), Target::Solidity, &options());
    let text = file(&made, ".sol");
    let count = |what: &str| text.matches(what).count();
    assert_eq!((count("    error Denied("), count("    event Moved("), count("    function f(")), (1, 1, 3));
    assert_eq!(
        left_out(&made),
        [
            "error `Denied`: it is declared before with other names, results or rules; the first declaration is used",
            "error `Denied(address)`: another error of the interface has this name",
            "event `Moved(address,address,uint256)`: another event of the interface has this name and these types",
        ]
    );
    left_out(&made).iter().for_each(|line| assert!(text.contains(&format!("// Left out: {line}"))));
}

#[test]
fn functions_of_libraries_are_in_no_interface_that_would_call_another_selector() {
    for target in [Target::Solidity, Target::TypeScript] {
        let made = bind(&case("library-plain.json"), target, &options());
        assert!(made.files[0].content.contains("plain") && !made.files[0].content.contains("function next("));
        let reason = "it is of a library and has the selector 0x1ed2534b; a declaration would give that of next(uint8)";
        assert_eq!(left_out(&made), [format!("function `next(Plain.Light)`: {reason}")]);
    }
}

#[test]
fn an_instruction_that_two_sign_is_not_offered_to_a_caller_who_signs_as_one() {
    let system = fs::read_to_string(folder().join("../../contracts/svm/idl/system.json")).unwrap();
    let system = Arc::new(Interface::detect(&system).unwrap());
    let made = bind(&system, Target::Solidity, &options());
    let text = file(&made, ".sol");
    assert!(text.contains("function transferSol(") && !text.contains("function createAccount("));
    let reason = "payer and new_account must sign, each as itself, and a caller of another VM signs as one account; call \
                  it with raw accounts, `invoke` or `invokeSigned`";
    let left = left_out(&made);
    assert!(left.contains(&format!("function `create_account(u64,u64,address)`: {reason}")), "{left:#?}");
    let shown = Projection::new(system.clone(), Abi::Solidity);
    let error = hexapla_abi::find_function(shown.interface(), "createAccount", None).unwrap_err().to_string();
    assert!(error.starts_with("the function `create_account(u64,u64,address)` cannot be used: payer and"), "{error}");
    // In the terms of its own VM it is there: whoever writes a transaction has both keys.
    assert!(file(&bind(&system, Target::Anchor, &options()), ".json").contains("create_account"));
}

#[test]
fn names_of_an_idl_differ_in_camel_case() {
    let signatures = [
        "function total_supply()",
        "function totalSupply()",
        "function f(uint a, uint _a, uint _)",
        "event Sent(address to)",
        "event sent(uint amount)",
    ];
    let interface = Interface::from_solidity_signatures("Names", signatures).unwrap();
    let made = bind(&Arc::new(interface), Target::Anchor, &options());
    let idl: Tree = serde_json::from_str(file(&made, ".json")).unwrap();
    let names = |items: &Tree| {
        let items = items.as_array().unwrap().iter();
        items.map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&idl["instructions"]), ["total_supply_", "total_supply_2", "f"]);
    assert_eq!(names(&idl["instructions"][2]["args"]), ["a", "_a_2", "arg2"]);
    assert_eq!(names(&idl["events"]), names(&idl["types"]));
    assert_eq!(names(&idl["events"]), ["Sent", "sent_2"]);
}

#[test]
fn seeds_of_an_idl_name_accounts_of_the_same_group_and_arguments_as_it_has_them() {
    let id = B256::repeat_byte(7);
    let fixed = AccountParam { source: AccountSource::Fixed(id), ..given("programs.token") };
    let near = derived("pool.vault", Seed::Account("pool.mint".into()));
    let far = derived("pool.fees", Seed::Account("programs.token".into()));
    let order = Type::Struct { name: "Order".into(), fields: vec![Field::new("type", Type::Uint { bits: 8 })] };
    let field = derived("order", Seed::Arg(vec!["order".into(), "type".into()]));
    let made = idl(vec![Param::new("order", order)], vec![given("pool.mint"), near, far, fixed, field]);
    let seed = |account: &Tree| account["pda"]["seeds"][0].clone();
    let pool = &made["accounts"][0]["accounts"];
    assert_eq!(seed(&pool[1])["path"], "mint");
    assert_eq!(seed(&pool[2])["value"], id.iter().copied().collect::<Tree>());
    assert_eq!(seed(&made["accounts"][2])["path"], "order.type_");
}

/// A function, event, account or error with its bytes, as `check/bytes.json` has it.
fn bytes_of(record: &Tree, interface: &Arc<Interface>, abi: Abi) -> Bytes {
    let projection = Projection::new(interface.clone(), abi);
    let shown = projection.interface();
    let codec = AnyCodec::new(abi, &Padded);
    let (name, values) = (record["name"].as_str().unwrap(), record["values"].as_array().unwrap().as_slice());
    let read = |types: Vec<&Type>| {
        assert_eq!(types.len(), values.len(), "{record}");
        let values = types.into_iter().zip(values);
        values.map(|(ty, value)| value_from_tree(ty, value, &no_names).unwrap()).collect::<Vec<_>>()
    };
    let function = |inputs: Option<usize>| -> Function {
        let readers = projection.readers().iter().map(|reader| &reader.function);
        let mut functions = shown.functions.iter().cloned().chain(readers.cloned()).collect::<Vec<_>>();
        if abi == Abi::Borsh {
            let idl = bind(interface, Target::Anchor, &options());
            let idl = Interface::from_anchor_idl(file(&idl, ".json")).unwrap();
            functions.iter_mut().zip(idl.functions).for_each(|(function, named)| function.name = named.name);
        }
        let fits = |f: &&Function| f.name == name && inputs.is_none_or(|count| f.inputs.len() == count);
        functions.iter().find(fits).unwrap_or_else(|| panic!("{record}")).clone()
    };
    match record["what"].as_str().unwrap() {
        "call" => {
            let function = function(Some(values.len()));
            assert_eq!(record.get("accounts").cloned().unwrap_or_else(|| Tree::Array(vec![])), accounts(&function));
            codec.encode_call(&function, &arguments_from_tree(&function, values, &no_names).unwrap()).unwrap()
        }
        "output" => {
            let function = function(None);
            codec.encode_output(&function, &read(function.output_types().collect())).unwrap()
        }
        "event" => {
            let event = shown.events.iter().find(|event| event.name == name).unwrap();
            let log = codec.encode_event(event, &read(event.fields.iter().map(|field| &field.ty).collect())).unwrap();
            let topics = log.topics().iter().flatten().copied();
            // Anchor's events begin with eight bytes.
            let topics = topics.take(if abi == Abi::Borsh { 8 } else { usize::MAX });
            topics.chain(log.data.iter().copied()).collect()
        }
        "account" => {
            let layout = shown.layouts.iter().find(|layout| layout.name == name).unwrap();
            let data = Function {
                selector: layout.discriminator.clone(),
                inputs: vec![Param::new("data", layout.ty.clone())],
                ..Function::from_solidity_signature("function account()").unwrap()
            };
            codec.encode_call(&data, &read(vec![&layout.ty])).unwrap()
        }
        "error" => {
            let error = shown.errors.iter().find(|error| error.name == name).unwrap();
            codec.encode_error(error, &read(error.inputs.iter().map(|input| &input.ty).collect())).unwrap()
        }
        what => panic!("{what} has no bytes"),
    }
}

/// Names and flags of the accounts.
fn accounts(function: &Function) -> Tree {
    let text = |account: &AccountParam| {
        let flags = [("signer", account.signer), ("writable", account.writable), ("optional", account.optional)];
        let flags = flags.into_iter().filter(|(_, set)| *set).map(|(flag, _)| format!(" {flag}"));
        std::iter::once(account.name.to_string()).chain(flags).collect::<String>()
    };
    function.accounts.iter().map(text).collect()
}

#[test]
fn the_bytes_that_clients_are_checked_against_are_those_of_the_codecs() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let path = folder().join("check/bytes.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut updated = text.clone();
    for line in text.lines().filter(|line| line.starts_with('{')) {
        let record: Tree = serde_json::from_str(line.trim_end_matches(',')).unwrap();
        let (_, interface) = samples().into_iter().find(|(name, _)| record["sample"] == *name).unwrap();
        let abi = if record["abi"] == "borsh" { Abi::Borsh } else { Abi::Solidity };
        let made = bytes_of(&record, &interface, abi).to_string();
        let bytes = record["bytes"].as_str().unwrap();
        assert!(update || made == bytes, "{line}\nshould have {made}; UPDATE_EXPECT=1 writes it");
        updated = updated.replace(line, &line.replace(&format!("\"{bytes}\"}}"), &format!("\"{made}\"}}")));
    }
    if update {
        fs::write(&path, updated).unwrap();
    }
}

#[test]
fn parts_without_a_length_and_constants_come_back_from_a_generated_idl() {
    let text = fs::read_to_string(folder().join("../../contracts/svm/idl/token-2022.json")).unwrap();
    let interface = Arc::new(Interface::detect(&text).unwrap());
    let read = Interface::from_anchor_idl(file(&bind(&interface, Target::Anchor, &options()), ".json")).unwrap();
    assert_eq!(read.refused, []);
    // Types that differ cannot share a name in an IDL.
    let layouts = |interface: &Interface| {
        let types = interface.layouts.iter().map(|layout| layout.ty.to_string().replace("COption_2", "COption"));
        types.collect::<Vec<_>>()
    };
    assert_eq!(layouts(&read), layouts(&interface));
    assert!(layouts(&read)[4].ends_with("account_type: =0x02, extensions: bytes…}"), "{:?}", layouts(&read)[4]);
    let inputs = |interface: &Interface| {
        interface.functions.iter().map(|function| function.signature.clone()).collect::<Vec<_>>()
    };
    assert_eq!(inputs(&read), inputs(&interface));
}

/// Compiles the crate, and a program that uses it where one is given, and gives what that prints.
fn rustc(made: &Binding, alloc: bool, main: Option<&str>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let run = |command: &mut Command| {
        let output = command.current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    ["lib.rs", "rt.rs"].into_iter().for_each(|name| fs::write(path(name), file(made, name)).unwrap());
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let mut command = Command::new(&compiler);
    command.args(["--edition", "2021", "--crate-type", "lib", "--crate-name", "cpi", "-D", "warnings", "lib.rs"]);
    command.args(if alloc { &["--cfg", "feature=\"alloc\""][..] } else { &[] });
    run(command.args(["--check-cfg", "cfg(feature, values(\"alloc\"))"]));
    let Some(main) = main else { return String::new() };
    fs::write(path("main.rs"), main).unwrap();
    run(Command::new(&compiler).args(["--edition", "2021", "--extern", "cpi=libcpi.rlib", "main.rs"]));
    run(&mut Command::new(path("main")))
}

#[test]
fn generated_crates_compile_with_and_without_a_heap() {
    for (_, interface) in samples() {
        let made = bind(&interface, Target::Rust, &options());
        for alloc in [true, false] {
            rustc(&made, alloc, None);
        }
    }
}

#[test]
fn a_generated_crate_writes_the_bytes_of_the_codec_and_reads_them_back() {
    let projection = Projection::new(bank(), Abi::Borsh);
    let codec = AnyCodec::new(Abi::Borsh, &Padded);
    let function = &projection.interface().functions[0];
    let owner = Value::Address(Address::from_word(B256::from([0x33; 32])));
    let values = [Value::uint(7_u8), owner, Value::uint(30_u8), Value::string("hé")];
    let call = codec.encode_call(function, &values).unwrap();
    let output = codec.encode_output(function, &[Value::uint(u128::MAX)]).unwrap();
    let main = format!(
        "use cpi::{{instructions::deposit_for as f, rt}};
        fn main() {{
            let mut owner = [0; 32];
            owner[12..].fill(0x33);
            let args = f::Args {{ lamports: 7, owner, term: 30, memo: \"hé\".into() }};
            let mut buffer = [0; 256];
            let length = f::data(&args, &mut buffer).unwrap();
            assert_eq!(buffer[..length], f::data_vec(&args).unwrap()[..]);
            assert_eq!(f::data(&args, &mut buffer[..length - 1]), Err(rt::Error::BufferTooSmall));
            assert_eq!(rt::decode::<f::Args>(&f::DISCRIMINATOR, &buffer[..length]), Ok(args));
            assert_eq!(rt::decode::<f::Args>(&f::DISCRIMINATOR, &buffer[..length + 1]), Err(rt::Error::TooLong));
            assert_eq!(f::decode_output(&{:?}), Ok(rt::U256::from(u128::MAX)));
            assert_eq!(f::decode_output(&[0; 31]), Err(rt::Error::TooShort));
            let metas = f::Accounts {{ payer: [9; 32] }}.metas(&[1; 32]);
            assert_eq!(metas, [rt::AccountMeta::new([9; 32], true, true)]);
            print!(\"{{:?}}\", &buffer[..length]);
        }}",
        &output[..]
    );
    let made = bind(&bank(), Target::Rust, &options());
    assert_eq!(rustc(&made, true, Some(&main)), format!("{:?}", &call[..]));
}

#[test]
fn hostile_names_and_texts_end_no_comment_and_no_literal() {
    let evil = "x\n*/ }\u{2028}\"`');\r#![feature(evil)] @evil \u{202e}```";
    let mut interface = (*source("lending-anchor.json")).clone();
    interface.name = evil.into();
    for function in &mut interface.functions {
        function.name.push_str(evil);
        function.signature.push_str(evil);
        function.inputs.push(Param::new(evil, Type::Struct { name: evil.into(), fields: vec![] }));
        function.accounts.iter_mut().for_each(|account| account.name = format!("{}{evil}", account.name).into());
    }
    interface.errors.iter_mut().for_each(|error| error.message = evil.into());
    interface.events.iter_mut().for_each(|event| event.name.push_str(evil));
    let interface = Arc::new(interface);
    for target in TARGETS {
        for file in bind(&interface, target, &Options::default()).files {
            assert!(!file.content.contains(['\r', '\u{2028}', '\u{202e}']), "{}", file.content);
            for line in file.content.lines().filter(|line| line.contains("feature(evil)")) {
                let line = line.trim_start();
                assert!(line.starts_with("//") || line.contains('"'), "{line}");
            }
        }
    }
    let made = bind(&interface, Target::Rust, &Options::default());
    rustc(&made, true, None);
}
