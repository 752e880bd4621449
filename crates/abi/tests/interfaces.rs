//! Interfaces and artefacts from what compilers write, signatures from what humans write.

use alloy_primitives::hex;
use hexapla_abi::{Artefact, Function, Interface, Mutability};

const ABI: &str = r#"[
  {"type":"constructor","inputs":[{"name":"owner","type":"address","internalType":"address"}],"stateMutability":"payable"},
  {"type":"receive","stateMutability":"payable"},
  {"type":"fallback","stateMutability":"nonpayable"},
  {"type":"function","name":"open","inputs":[
     {"name":"position","type":"tuple[]","internalType":"struct Vault.Position[]","components":[
        {"name":"owner","type":"address","internalType":"address"},
        {"name":"side","type":"uint8","internalType":"enum Vault.Side"}]},
     {"name":"token","type":"address","internalType":"contract IERC20"}],
   "outputs":[{"name":"","type":"uint256[2][]","internalType":"uint256[2][]"}],"stateMutability":"view"},
  {"type":"function","name":"open","inputs":[],"outputs":[],"stateMutability":"nonpayable"},
  {"type":"error","name":"TooRisky","inputs":[{"name":"score","type":"uint256","internalType":"uint256"}]},
  {"type":"event","name":"Opened","inputs":[{"name":"owner","type":"address","indexed":true}],"anonymous":false}
]"#;

fn read(json: &str) -> Interface {
    Interface::from_solidity_json(json).unwrap()
}

/// What is left out, and why.
fn refused(json: &str) -> Vec<String> {
    read(json).refused.iter().map(|refused| format!("{}: {}", refused.item, refused.reason)).collect()
}

fn error_of(json: &str) -> String {
    Interface::from_solidity_json(json).unwrap_err().to_string()
}

#[test]
fn an_abi_is_read_in_full() {
    let interface = read(ABI);
    let open = interface.function_by_signature("open((address,uint8)[],address)").unwrap();
    assert_eq!(open.mutability, Mutability::View);
    assert_eq!(open.inputs[0].ty.to_string(), "[Vault.Position{owner: address, side: u8}]");
    assert_eq!(open.outputs[0].ty.to_string(), "[[u256; 2]]");
    assert_eq!(open.selector[..], alloy_json_selector("open((address,uint8)[],address)"));
    assert_eq!(interface.functions_by_name("open").count(), 2);
    assert!(interface.function("open").is_none(), "an overloaded name is not one function");
    assert_eq!(interface.function_by_selector(&open.selector), Some(open));
    assert_eq!(interface.types.len(), 1);
    assert_eq!(interface.constructor.as_ref().unwrap().mutability, Mutability::Payable);
    assert_eq!((interface.fallback, interface.receive), (Some(Mutability::NonPayable), true));
    assert_eq!(interface.error_by_selector(&interface.errors[0].selector).unwrap().name, "TooRisky");
    assert_eq!(interface.event_by_topic(&interface.events[0].topic.unwrap()).unwrap().signature, "Opened(address)");
}

fn alloy_json_selector(signature: &str) -> [u8; 4] {
    alloy_json_abi::Function::parse(signature).unwrap().selector().0
}

#[test]
fn every_wrapping_of_an_abi_is_read() {
    let plain = read(ABI);
    for (json, name) in [
        (format!(r#"{{"abi":{ABI}}}"#), ""),
        (format!(r#"{{"abi":{ABI},"evm":{{"bytecode":{{"object":"6001"}}}}}}"#), ""),
        (format!(r#"{{"contractName":"Vault","abi":{ABI},"bytecode":"0x6001"}}"#), "Vault"),
        (
            format!(
                r#"{{"abi":{ABI},"bytecode":{{"object":"0x6001"}},"metadata":{{"settings":{{"compilationTarget":{{"src/V.sol":"Vault"}}}}}}}}"#
            ),
            "Vault",
        ),
    ] {
        let interface = read(&json);
        assert_eq!(interface.name, name);
        assert_eq!(interface.functions, plain.functions);
        let artefact = Artefact::from_json(&json).unwrap();
        assert_eq!(artefact.interface, Some(interface));
        assert_eq!(artefact.bytecode.is_some(), json.contains("6001"));
    }
}

#[test]
fn what_is_no_abi_is_explained() {
    assert!(error_of("{").starts_with("the interface is not valid JSON: EOF while parsing"));
    assert_eq!(
        error_of(r#"{"version":1,"idl":[]}"#),
        "expected a Solidity ABI (a JSON array) or an artefact with the key `abi` (Foundry, Hardhat, solc), \
         found an object with the keys \"idl\", \"version\""
    );
    assert!(error_of("[1]").ends_with("found an array that begins with a number"));
    assert_eq!(
        refused(r#"[{"type":"function","name":"f","inputs":[{"name":"a","type":"uint257"}],"outputs":[]}]"#),
        ["function `f`: \"uint257\" is not a Solidity type"]
    );
    let event = r#"[{"type":"event","name":"E","inputs":[
        {"name":"a","type":"bool","indexed":true},{"name":"b","type":"bool","indexed":true},
        {"name":"c","type":"bool","indexed":true},{"name":"d","type":"bool","indexed":true}],"anonymous":false}]"#;
    assert_eq!(refused(event), ["event `E`: it has 4 indexed fields, a log has room for 3"]);
}

#[test]
fn functions_with_one_selector_are_refused_and_repeated_items_kept_once() {
    let function = |name: &str, ty: &str| {
        format!(
            r#"{{"type":"function","name":"{name}","inputs":[{{"name":"","type":"{ty}"}}],"outputs":[],"stateMutability":"view"}}"#
        )
    };
    // A known pair of colliding signatures.
    let (a, b) = (function("collate_propagate_storage", "bytes16"), function("burn", "uint256"));
    assert_eq!(
        refused(&format!("[{a},{b}]")),
        [
            "function `collate_propagate_storage`: burn has the same selector 0x42966c68; data could mean either",
            "function `burn`: collate_propagate_storage has the same selector 0x42966c68; data could mean either",
        ]
    );
    let twice = read(&format!("[{b},{b}]"));
    assert_eq!((twice.functions.len(), twice.refused.len()), (1, 0));
}

#[test]
fn hostile_types_are_errors() {
    let abi = |ty: &str| {
        format!(r#"[{{"type":"function","name":"f","inputs":[{{"name":"a","type":"{ty}"}}],"outputs":[]}}]"#)
    };
    for ty in [
        format!("bool{}", "[]".repeat(100_000)),
        "[".repeat(100_000),
        "bool[99999999999999999999]".into(),
        "tuple".into(),
    ] {
        let refused = refused(&abi(&ty));
        assert!(refused.len() == 1 && refused[0].len() < 500, "{refused:?}");
    }
    assert!(Function::from_solidity_signature(&format!("f{}", "(".repeat(5000))).is_err());
    assert!(Function::from_solidity_signature(&format!("f(bool{})", "[]".repeat(5000))).is_err());
    // A type of 2⁶⁴ elements is a valid type; only its values do not exist.
    read(&abi("bool[18446744073709551615][18446744073709551615]"));
}

#[test]
fn signatures_of_humans_are_read() {
    for (text, signature, outputs, mutability) in [
        ("transfer(address,uint256)", "transfer(address,uint256)", "", Mutability::NonPayable),
        ("balanceOf(address)(uint256)", "balanceOf(address)", "u256", Mutability::NonPayable),
        ("function f(uint a) returns (uint b)", "f(uint256)", "u256", Mutability::NonPayable),
        ("function f(int a, byte[] b) external view returns (bool, string memory)", "", "", Mutability::View),
        ("function g((uint8,(address,bool)[2]) p) payable", "g((uint8,(address,bool)[2]))", "", Mutability::Payable),
        ("  f( address  to , uint  v )", "f(address,uint256)", "", Mutability::NonPayable),
        ("f(function)", "f(function)", "", Mutability::NonPayable),
    ] {
        if signature.is_empty() {
            Function::from_solidity_signature(text).unwrap_err();
            continue;
        }
        let function = Function::from_solidity_signature(text).unwrap();
        assert_eq!(function.signature, signature);
        assert_eq!(function.selector[..], alloy_json_selector(signature));
        assert_eq!(function.mutability, mutability, "{text}");
        let shown = function.output_types().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        assert_eq!(shown, outputs, "{text}");
    }
    let error = Function::from_solidity_signature("transfer(address to uint256)").unwrap_err().to_string();
    assert!(
        error.starts_with(
            "\"transfer(address to uint256)\" is not a function signature such as `transfer(address,uint256)(bool)`: "
        ),
        "{error}"
    );
}

#[test]
fn unlinked_bytecode_is_refused_with_the_name_of_the_library() {
    let hash = hex::encode(alloy_primitives::keccak256("src/Math.sol:Math"));
    let placeholder = format!("__${}$__", &hash[..34]);
    let json = format!(
        r#"{{"contractName":"Vault","abi":[],"bytecode":"0x6001{placeholder}6002",
            "linkReferences":{{"src/Math.sol":{{"Math":[{{"start":2,"length":20}}]}}}}}}"#
    );
    assert_eq!(
        Artefact::from_json(&json).unwrap_err().to_string(),
        format!(
            "the bytecode of Vault is not linked: at byte 2 it needs the address of the library \
             src/Math.sol:Math ({placeholder}); link it with the compiler first (`--libraries`)"
        )
    );
    let unnamed = format!(r#"{{"abi":[],"bytecode":{{"object":"0x6001{placeholder}6002"}}}}"#);
    let error = Artefact::from_json(&unnamed).unwrap_err().to_string();
    assert!(error.contains("the bytecode of the contract is not linked") && error.contains(&placeholder), "{error}");
}

#[test]
fn a_file_with_several_contracts_wants_a_name() {
    let contract = r#"{"abi":[],"evm":{"bytecode":{"object":"6001"}}}"#;
    let json = format!(r#"{{"contracts":{{"A.sol":{{"A":{contract}}},"B.sol":{{"B":{contract}}}}}}}"#);
    assert_eq!(
        Artefact::from_json(&json).unwrap_err().to_string(),
        "the file holds 2 contracts, say which one is meant: A.sol:A, B.sol:B"
    );
    for name in ["B", "B.sol:B"] {
        let artefact = Artefact::from_json_named(&json, name).unwrap();
        assert_eq!(artefact.name, "B");
        assert_eq!(artefact.bytecode.unwrap()[..], hex!("6001"));
    }
    assert_eq!(
        Artefact::from_json_named(&json, "C").unwrap_err().to_string(),
        "the file holds no contract C; it has A.sol:A, B.sol:B"
    );
    let single = format!(r#"{{"contracts":{{"A.sol":{{"A":{contract}}}}}}}"#);
    assert_eq!(Artefact::from_json(&single).unwrap().name, "A");
}

#[test]
fn what_is_no_artefact_is_explained() {
    assert_eq!(
        Artefact::from_json(r#"{"name":"x"}"#).unwrap_err().to_string(),
        "expected an artefact of Foundry, Hardhat or solc, found an object with the keys \"name\""
    );
    let error = Artefact::from_json(r#"{"contractName":"V","abi":[],"bytecode":"0x60zz"}"#).unwrap_err().to_string();
    assert!(error.starts_with("the bytecode of V is not hex: "), "{error}");
    let interface = Artefact::from_json(r#"{"contractName":"I","abi":[],"bytecode":"0x"}"#).unwrap();
    assert_eq!(interface.bytecode, None);
}

/// Every compiled contract of this repository, with alloy's reading as the oracle.
#[test]
fn the_contracts_of_this_repository_are_read() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    let files = [
        "evm/actor/Actor.json",
        "evm/token/Token.json",
        "evm/trie-proof/ProofCheck.json",
        "evm/vault/TourVault.json",
        "evm/vault4626/Vault4626.json",
        "wasm/actor/actor.abi.json",
        "wasm/erc20/erc20.abi.json",
    ];
    for file in files {
        let json = std::fs::read_to_string(root.join(file)).unwrap();
        let artefact = Artefact::from_json(&json).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(artefact.bytecode.is_some(), file.starts_with("evm/"), "{file}");
        let interface = artefact.interface.unwrap();
        let alloy = serde_json::from_str::<alloy_json_abi::ContractObject>(&json).unwrap().abi.unwrap();
        assert_eq!(interface.functions.len(), alloy.functions().count(), "{file}");
        for function in alloy.functions() {
            let ours = interface.function_by_selector(function.selector().as_slice()).unwrap();
            assert_eq!(ours.signature, function.signature(), "{file}");
        }
        for event in alloy.events() {
            assert!(interface.event_by_topic(&event.selector()).is_some(), "{file}: {}", event.name);
        }
        for error in alloy.errors() {
            assert!(interface.error_by_selector(error.selector().as_slice()).is_some(), "{file}: {}", error.name);
        }
    }
}
