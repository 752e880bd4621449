//! What is generated: compared with the committed samples, compiled, read back, and made of hostile names.

use std::{fs, path::Path, process::Command, sync::Arc};

use hexapla_abi::{
    Abi, Address, AddressBook, AddressError, AnyCodec, B256, Codec as _, Interface, Param, Projection, Type, Value,
};
use hexapla_bind::{Binding, Location, Options, Target, bind};

const TARGETS: [Target; 4] = [Target::Solidity, Target::Anchor, Target::Rust, Target::TypeScript];

/// A book in which ids are addresses with zeros before them.
struct Padded;

impl AddressBook for Padded {
    fn canonical(&self, native: &B256) -> Result<Address, AddressError> {
        Ok(Address::from_word(*native))
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        Ok(canonical.into_word())
    }
}

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

#[test]
fn generated_idls_are_read_back_with_the_same_selectors_accounts_and_numbers_of_arguments() {
    for (name, interface) in samples() {
        let shown = Projection::new(interface.clone(), Abi::Borsh);
        let idl = bind(&interface, Target::Anchor, &options());
        let read = Interface::from_anchor_idl(file(&idl, ".json")).unwrap();
        assert_eq!(read.refused, [], "{name}");
        let selectors = |interface: &Interface| {
            let functions =
                interface.functions.iter().map(|function| (function.name.clone(), function.selector.clone()));
            functions.collect::<Vec<_>>()
        };
        assert_eq!(selectors(&read), selectors(shown.interface()), "{name}");
        for (read, shown) in read.functions.iter().zip(&shown.interface().functions) {
            assert_eq!(read.accounts, shown.accounts, "{name} {}", shown.name);
            assert_eq!(read.inputs.len(), shown.inputs.len(), "{name} {}", shown.name);
        }
    }
}

/// Compiles the crate, and a program that uses it where one is given, and gives what that prints.
fn rustc(source: &str, alloc: bool, main: Option<&str>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let run = |command: &mut Command| {
        let output = command.current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    fs::write(path("lib.rs"), source).unwrap();
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
            rustc(file(&made, "lib.rs"), alloc, None);
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
    assert_eq!(rustc(file(&made, "lib.rs"), true, Some(&main)), format!("{:?}", &call[..]));
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
    rustc(file(&made, "lib.rs"), true, None);
}
