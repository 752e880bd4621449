//! Solidity's interfaces as people have them: ABIs of old compilers, of libraries and of hand, artefacts of many tools, source.

use hexapla_abi::{Artefact, Interface, Mutability};
use serde_json::{Value as Json, json};

mod common;
use common::read::{read, refused, signatures};

macro_rules! case {
    ($file:literal) => {
        include_str!(concat!("cases/", $file))
    };
}

fn solidity(case: &str) -> Interface {
    let cases: Json = serde_json::from_str(case!("loose-solidity.json")).unwrap();
    Interface::from_solidity_json(&cases[case].to_string()).unwrap()
}

#[test]
fn functions_of_libraries_have_the_selectors_of_the_compiler() {
    let plain = read(case!("library-plain.json"));
    let selectors = |interface: &Interface| {
        interface.functions.iter().map(|f| format!("{} {}", f.signature, f.selector)).collect::<Vec<_>>()
    };
    assert_eq!(selectors(&plain), ["next(Plain.Light) 0x1ed2534b", "plain(uint256) 0x11546183"]);
    let traffic = read(case!("library-traffic.json"));
    assert_eq!(
        selectors(&traffic),
        [
            "fast(Traffic.Car) 0xfd1cd0e7",
            "ids(IThing) 0x0aa943c6",
            "next(Traffic.Light) 0x6bb3ffed",
            "plain(uint256) 0x11546183"
        ]
    );
    assert_eq!(traffic.functions[0].inputs[0].ty.to_string(), "Traffic.Car{owner: address, speed: u64}");
    let artefact = Artefact::from_json(case!("library-plain.json")).unwrap().interface.unwrap();
    assert_eq!(artefact.functions, plain.functions, "what is deployed has the same interface");
}

#[test]
fn functions_of_libraries_without_known_selectors_are_left_out_by_name() {
    for (case, left) in [
        (case!("library-plain.json"), &["function `next`"][..]),
        (case!("library-traffic.json"), &["function `fast`", "function `ids`", "function `next`"][..]),
    ] {
        let mut file: Json = serde_json::from_str(case).unwrap();
        file.as_object_mut().unwrap().remove("methodIdentifiers");
        for json in [file.to_string(), file["abi"].to_string()] {
            let interface = read(&json);
            assert_eq!(signatures(&interface), ["plain(uint256)"]);
            assert_eq!(interface.refused.iter().map(|refused| refused.item.as_str()).collect::<Vec<_>>(), left);
            assert!(refused(&interface)[0].contains("give an artefact with `methodIdentifiers`"));
        }
    }
}

#[test]
fn a_library_that_names_no_type_is_known_by_its_code() {
    let mut file: Json = serde_json::from_str(case!("library-traffic.json")).unwrap();
    file.as_object_mut().unwrap().remove("methodIdentifiers");
    let abi = file["abi"].as_array_mut().unwrap();
    abi.retain(|item| item["name"] == "fast");
    assert_eq!(refused(&read(&file.to_string())).len(), 1);
    // Without its code nothing says that it is a library's.
    file.as_object_mut().unwrap().remove("bytecode");
    assert_eq!(signatures(&read(&file.to_string())), ["fast((address,uint64))"]);
}

#[test]
fn a_list_of_selectors_that_lies_is_not_believed() {
    let lie = case!("library-plain.json").replace("1ed2534b", "11111111");
    let left = &refused(&read(&lie.replacen("11111111", "1ed2534b", 1)))[0].clone();
    let expected = "function `next`: `methodIdentifiers` of the file have another selector for next(Plain.Light) than \
                    0x1ed2534b";
    assert_eq!(left, expected);
    // Ordinary contracts have enums as numbers, whatever their source calls them.
    let enumeration = json!([{"type": "function", "name": "f", "inputs": [
        {"name": "a", "type": "uint8", "internalType": "enum Vault.Side"},
        {"name": "b", "type": "address", "internalType": "contract IERC20"}], "outputs": []}]);
    assert_eq!(signatures(&read(&enumeration.to_string())), ["f(uint8,address)"]);
}

#[test]
fn keys_that_compilers_left_out_have_their_old_meaning() {
    let ping = ["no-param-name", "null-param-name", "no-inputs", "error-no-inputs", "constructor-no-inputs"];
    ping.iter().for_each(|case| assert_eq!(refused(&solidity(case)), [""; 0], "{case}"));
    let unnamed = solidity("no-param-name");
    assert_eq!(signatures(&unnamed), ["f(address,uint256)"]);
    assert!(unnamed.functions[0].inputs.iter().all(|param| param.name.is_empty()));
    assert_eq!(signatures(&solidity("no-inputs")), ["ping()"]);
    assert_eq!(solidity("error-no-inputs").errors[0].signature, "Bad()");
    assert_eq!(solidity("constructor-no-inputs").constructor.unwrap().mutability, Mutability::Payable);
    let event = &solidity("event-no-indexed").events[0];
    assert_eq!((event.signature.as_str(), event.fields[0].indexed), ("Ping(address)", false));
    let old =
        r#"[{"type":"function","name":"f","constant":true,"inputs":[]},{"type":"function","name":"g","payable":true}]"#;
    let mutability = read(old).functions.iter().map(|function| function.mutability).collect::<Vec<_>>();
    assert_eq!(mutability, [Mutability::View, Mutability::Payable]);
}

#[test]
fn odd_names_of_parameters_stay_and_odd_names_of_functions_are_left_out() {
    let names = solidity("bad-ident");
    let names = names.functions[0].inputs.iter().map(|param| &*param.name).collect::<Vec<_>>();
    assert_eq!(names, ["to-address", "token.id", " spaced", "2nd"]);
    let odd = solidity("fn-name-odd");
    assert_eq!(signatures(&odd), ["_$()", "$()", "_()"]);
    assert!(
        refused(&odd)[0]
            .ends_with("its name is no identifier of Solidity, and what names it in data is made of the name")
    );
    let fixed = solidity("fixed");
    assert_eq!(signatures(&fixed), ["ok()"]);
    let reason = "function `rate`: \"fixed128x18\" is a number with a point, which Solidity cannot pass";
    assert_eq!(refused(&fixed), [reason]);
    let tuple = solidity("tuple-no-components");
    assert_eq!(signatures(&tuple), ["ok()"]);
    assert!(refused(&tuple)[0].starts_with("function `f`: the key `components` is missing"));
}

#[test]
fn what_is_declared_again_is_used_once_and_named() {
    let dup = read(case!("declared-again.json"));
    let again = "it is declared before with other names, results or rules; the first declaration is used";
    assert_eq!(refused(&dup), [format!("error `Denied`: {again}")]);
    assert_eq!(dup.errors.iter().map(|e| &*e.signature).collect::<Vec<_>>(), ["Denied(uint256)", "Denied(address)"]);
    assert_eq!(dup.events.len(), 2, "they differ in what is indexed");
    dup.verify().unwrap();
}

#[test]
fn a_function_that_was_left_out_says_why_when_it_is_wanted() {
    let fixed = solidity("fixed");
    let error = hexapla_abi::find_function(&fixed, "rate", None).unwrap_err().to_string();
    let reason = "\"fixed128x18\" is a number with a point, which Solidity cannot pass";
    assert_eq!(error, format!("the function `rate` cannot be used: {reason}"));
}

/// What `cargo stylus export-abi` prints for a contract with a struct, an error and a base.
const EXPORTED: &str = "
/**
 * This file was automatically generated by Stylus and represents a Rust program.
 * For more information, please see [The Stylus SDK](https://github.com/OffchainLabs/stylus-sdk-rs).
 */

// SPDX-License-Identifier: MIT-OR-APACHE-2.0
pragma solidity ^0.8.23;

interface IErc20 {
    function name() external pure returns (string memory);

    function transfer(address to, uint256 value) external returns (bool);

    event Transfer(address indexed from, address indexed to, uint256 value);

    error InsufficientBalance(address, uint256, uint256);
}

interface IVault is IErc20 {
    struct Position {
        address owner;
        uint64[2] limits;
    }

    enum Side { Buy, Sell }

    type Price is uint128;

    function open(Position[] calldata positions, Side side, Price price) external payable returns (IErc20);

    function odd(mapping(address => uint256) storage m) external;

    function unknown(Elsewhere x) external;

    function hidden() internal view returns (uint256 x) { if (true) { return 1; } }
}
";

#[test]
fn interfaces_in_source_are_read_with_what_they_inherit() {
    let vault = read(EXPORTED);
    assert_eq!(vault.name, "IVault");
    assert_eq!(
        signatures(&vault),
        ["open((address,uint64[2])[],uint8,uint128)", "name()", "transfer(address,uint256)"]
    );
    let open = &vault.functions[0];
    assert_eq!(open.inputs[0].ty.to_string(), "[IVault.Position{owner: address, limits: [u64; 2]}]");
    assert_eq!((open.mutability, open.outputs[0].ty.to_string()), (Mutability::Payable, "address".to_owned()));
    assert_eq!(vault.functions[1].mutability, Mutability::Pure);
    assert_eq!(vault.events[0].fields.iter().map(|field| field.indexed).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(vault.errors[0].signature, "InsufficientBalance(address,uint256,uint256)");
    assert_eq!(
        refused(&vault),
        [
            "`function odd`: a mapping cannot be read as a parameter",
            "`function unknown`: the source does not define the type \"Elsewhere\"",
        ]
    );
    assert_eq!(Interface::detect_named(EXPORTED, "IErc20").unwrap().functions.len(), 2);
}

#[test]
fn of_several_interfaces_in_source_one_must_be_named() {
    let source = "interface IA { function a() external; }\ninterface IB { function b() external; }";
    let error = Interface::detect(source).unwrap_err().to_string();
    assert_eq!(error, "the file holds 2 contracts, say which one is meant: IA, IB");
    assert_eq!(signatures(&Interface::detect_named(source, "IB").unwrap()), ["b()"]);
    let error = Interface::detect_named(source, "IC").unwrap_err().to_string();
    assert_eq!(error, "the file holds no contract IC; it has IA, IB");
}

#[test]
fn abis_in_lines_that_people_read_are_read() {
    let lines = [
        "function balanceOf(address owner) view returns (uint256)",
        "function fill(tuple(address maker, (uint256 amount, bool ok)[] parts) order, bytes calldata) external payable",
        "event Transfer(address indexed from, address indexed to, uint value)",
        "error Poor(uint256 has)",
        "constructor(address owner) payable",
        "receive() external payable",
        "nonsense",
    ];
    let expected = ["balanceOf(address)", "fill((address,(uint256,bool)[]),bytes)"];
    let in_json = read(&json!(lines).to_string());
    let in_artefact = read(&json!({ "abi": lines }).to_string());
    for interface in [&in_json, &in_artefact, &read(&(lines[..6].join(";\n") + ";"))] {
        assert_eq!(signatures(interface), expected);
        assert_eq!(interface.events[0].signature, "Transfer(address,address,uint256)");
        assert_eq!((interface.errors.len(), interface.receive), (1, true));
        assert_eq!(interface.constructor.as_ref().unwrap().mutability, Mutability::Payable);
    }
    assert_eq!(in_json.functions[1].inputs[0].ty.to_string(), "{maker: address, parts: [{amount: u256, ok: bool}]}");
    let odd = "nonsense is none of function, event, error, constructor, fallback and receive";
    assert_eq!(refused(&in_json), [format!("line \"nonsense\": {odd}")]);
}

#[test]
fn hostile_sources_are_errors_in_bounded_time() {
    let doubling = (0..40).map(|i| format!("struct T{i} {{ T{} a; T{} b; }} ", i + 1, i + 1)).collect::<String>();
    let bomb = read(&format!("interface I {{ {doubling} struct T40 {{ bool x; }} function f(T0 t) external; }}"));
    assert!(
        refused(&bomb)[0].contains("nested deeper than") || refused(&bomb)[0].contains("parts"),
        "{:?}",
        refused(&bomb)
    );
    let endless = read("interface I { struct S { S[] s; } function f(S s) external; }");
    assert!(refused(&endless)[0].contains("nested deeper than 32 levels"), "{:?}", refused(&endless));
    for text in
        ["interface I {", "interface {}", "function f(", "interface I { ) }", "contract", "interface I { struct S }"]
    {
        let read = Interface::detect(text);
        assert!(read.is_err() || !refused(&read.unwrap()).is_empty(), "{text}");
    }
    let many = "(".repeat(100_000);
    assert!(Interface::detect(&format!("function f{many}")).is_err());
}

#[test]
fn one_contract_of_what_compilers_write_is_chosen_by_name() {
    let abi = |name: &str| json!([{"type": "function", "name": name, "inputs": []}]);
    let contract = |name: &str| json!({"abi": abi(name), "evm": {"bytecode": {"object": "6001"}}});
    let standard = json!({"contracts": {"A.sol": {"A": contract("a")}, "B.sol": {"B": contract("b")}}});
    let build_info = json!({"input": {}, "output": standard});
    let ape = json!({"contractTypes": {"A": {"abi": abi("a"), "deploymentBytecode": {"bytecode": "0x6001"}},
        "B": {"abi": abi("b"), "deploymentBytecode": {"bytecode": "0x6001"}}}});
    let vyper = json!({"A.vy": {"abi": abi("a"), "bytecode": "0x6001"}, "B.vy": {"abi": abi("b"), "bytecode": "0x6001"},
        "version": "0.4.0"});
    for (file, name) in [(&standard, "B"), (&standard, "B.sol:B"), (&build_info, "B"), (&ape, "B"), (&vyper, "B.vy")] {
        let json = file.to_string();
        assert!(Interface::detect(&json).unwrap_err().to_string().starts_with("the file holds 2 contracts, say which"));
        assert_eq!(signatures(&Interface::detect_named(&json, name).unwrap()), ["b()"]);
        assert_eq!(Artefact::from_json_named(&json, name).unwrap().bytecode.unwrap()[..], [0x60, 1], "{json}");
    }
    let remix = json!({"abi": abi("a"), "data": {"bytecode": {"object": "6001"}}});
    let artefact = Artefact::from_json(&remix.to_string()).unwrap();
    assert_eq!((artefact.bytecode.unwrap().len(), artefact.interface.unwrap().functions.len()), (2, 1));
}
