//! Interfaces from the ABI of a Cairo class and from Fuel's JSON ABI.

mod common;

use common::{abis::Book, read::refused};
use hexapla_abi::{Address, CairoCodec, Codec, FuelCodec, Interface, Mutability, Type, Value, starknet_selector};

const ERC20: &str = include_str!("data/erc20-cairo.json");
const TOKEN: &str = include_str!("data/token-fuel.json");

fn inputs(interface: &Interface, function: &str) -> Vec<String> {
    let function = interface.function(function).unwrap();
    function.inputs.iter().map(|input| format!("{}: {}", input.name, input.ty)).collect()
}

#[test]
fn a_cairo_abi_is_read_in_full() {
    let erc20 = Interface::from_cairo_abi(ERC20).unwrap();
    let names = erc20.functions.iter().map(|function| function.name.as_str()).collect::<Vec<_>>();
    let expected = ["total_supply", "balance_of", "transfer", "name", "decimals", "totalSupply", "upgrade", "place"];
    assert_eq!(names, expected);
    let transfer = erc20.function("transfer").unwrap();
    // The selector of `transfer`, as every explorer of Starknet shows it.
    let known = "0x0083afd3f4caedc6eebf44246fe54e38c95e3179a5ec9ea81740eca5b482d12e";
    assert_eq!(transfer.selector.to_string(), known);
    assert_eq!((transfer.mutability, transfer.signature.as_str()), (Mutability::NonPayable, "transfer(address,u256)"));
    assert_eq!(erc20.function("balance_of").unwrap().mutability, Mutability::View);
    assert_eq!(erc20.function("name").unwrap().outputs[0].ty, Type::String);
    assert_eq!(inputs(&erc20, "upgrade"), ["new_class_hash: felt"]);
    assert_eq!(
        inputs(&erc20, "place"),
        [
            "orders: [Order{price: u64, side: Side{Buy, Sell(i32, bool)}}]",
            "data: [felt]",
            "until: u64?",
            "grid: [u8; 3]",
            "note: bytes31",
            "l1: bytes20",
        ]
    );
    assert_eq!(erc20.function("place").unwrap().outputs[0].ty.to_string(), "(u64, felt)");
    let constructor = erc20.constructor.as_ref().unwrap();
    assert_eq!(constructor.inputs.iter().map(|input| &*input.name).collect::<Vec<_>>()[3..], ["recipient", "owner"]);
}

#[test]
fn cairo_events_are_the_variants_that_are_emitted() {
    let erc20 = Interface::from_cairo_abi(ERC20).unwrap();
    let events = erc20.events.iter().map(|event| event.signature.as_str()).collect::<Vec<_>>();
    let order = "OrderPlaced(Order)";
    assert_eq!(events, ["Transfer(address,address,u256)", "Approval(address,address,u256)", order]);
    let transfer = erc20.event("Transfer").unwrap();
    assert_eq!(transfer.topic, Some(starknet_selector("Transfer")));
    assert_eq!(transfer.fields.iter().map(|field| field.indexed).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(
        refused(&erc20),
        [
            "l1_handler `deposit`: it answers messages of another chain, no contract can call it",
            "event `OwnableEvent`: its keys begin with the selectors of two variants, an event has one topic for both",
        ]
    );
}

#[test]
fn a_cairo_call_is_selector_and_felts() {
    let erc20 = Interface::from_cairo_abi(ERC20).unwrap();
    let transfer = erc20.function("transfer").unwrap();
    let book = Book::default();
    let args = [Value::Address(Address::repeat_byte(1)), Value::uint((1_u128 << 127) + 3)];
    let data = CairoCodec::new(&book).encode_call(transfer, &args).unwrap();
    assert_eq!(data.len(), 4 * 32);
    assert_eq!(data[..32], transfer.selector[..]);
    assert_eq!(data[64..96], alloy_primitives::U256::from((1_u128 << 127) + 3).to_be_bytes::<32>());
}

#[test]
fn a_cairo_class_has_its_abi_as_a_list_or_as_text() {
    let plain = Interface::from_cairo_abi(ERC20).unwrap();
    let text = serde_json::to_string(ERC20).unwrap();
    for class in
        [format!(r#"{{"sierra_program":[],"abi":{ERC20}}}"#), format!(r#"{{"abi":{text},"sierra_program":[]}}"#)]
    {
        assert_eq!(Interface::from_cairo_abi(&class).unwrap(), plain);
        assert_eq!(Interface::detect(&class).unwrap(), plain);
    }
}

#[test]
fn equal_names_of_cairo_types_are_told_apart_by_their_paths() {
    let json = r#"[{"type":"struct","name":"a::Id","members":[]},{"type":"struct","name":"b::Id","members":[]},
      {"type":"function","name":"f","inputs":[{"name":"a","type":"a::Id"},{"name":"b","type":"b::Id"}],"outputs":[],"state_mutability":"view"}]"#;
    assert_eq!(inputs(&Interface::from_cairo_abi(json).unwrap(), "f"), ["a: a::Id{}", "b: b::Id{}"]);
}

#[test]
fn a_cairo_type_that_contains_itself_is_refused() {
    let json = r#"[{"type":"struct","name":"a::Node","members":[{"name":"next","type":"core::array::Array::<a::Node>"}]},
      {"type":"function","name":"f","inputs":[{"name":"n","type":"a::Node"}],"outputs":[],"state_mutability":"view"}]"#;
    let interface = Interface::from_cairo_abi(json).unwrap();
    let reason = "function `f`: the type a::Node contains itself, a value of it could have any depth";
    assert_eq!(refused(&interface), [reason]);
}

#[test]
fn bounded_numbers_and_points_of_cairo_are_read() {
    let json = r#"[{"type":"function","name":"f","inputs":[
        {"name":"n","type":"core::internal::bounded_int::BoundedInt::<-5, 30>"},
        {"name":"p","type":"core::starknet::secp256k1::Secp256k1Point"}],"outputs":[],"state_mutability":"view"}]"#;
    let interface = Interface::from_cairo_abi(json).unwrap();
    assert_eq!(inputs(&interface, "f"), ["n: felt", "p: Secp256k1Point{x: u256, y: u256}"]);
}

#[test]
fn items_of_cairo_0_are_refused() {
    let json = r#"[{"type":"function","name":"f","inputs":[{"name":"n","type":"felt"}],"outputs":[],"stateMutability":"view",
        "state_mutability":"view"},{"type":"event","name":"Deployed","keys":[],"data":[{"name":"a","type":"felt"}]}]"#;
    let interface = Interface::from_cairo_abi(json).unwrap();
    assert_eq!(refused(&interface)[0], "function `f`: the ABI does not define the type \"felt\"");
    assert!(refused(&interface)[1].starts_with("event `Deployed`: it has no kind"));
    assert!(interface.functions.is_empty() && interface.events.is_empty());
}

#[test]
fn a_fuel_abi_is_read_in_full() {
    let token = Interface::from_fuel_abi(TOKEN).unwrap();
    assert_eq!(refused(&token), [""; 0]);
    let mutability = |name: &str| token.function(name).unwrap().mutability;
    assert_eq!(
        ["mint", "total_supply", "symbol", "deposit"].map(mutability),
        [Mutability::NonPayable, Mutability::View, Mutability::Pure, Mutability::Payable]
    );
    let identity = "Identity{Address(address), ContractId(address)}";
    assert_eq!(inputs(&token, "mint"), [&format!("recipient: {identity}"), "sub_id: bytes32", "amount: u64"]);
    assert_eq!(inputs(&token, "total_supply"), ["asset: AssetId{bits: bytes32}"]);
    assert_eq!(inputs(&token, "deposit"), ["memo: bytes", "name: string"]);
    let orders = "orders: [Order{prices: [u64; 2], limit: u64?}]";
    assert_eq!(inputs(&token, "place"), [orders, "pair: (u64, bytes32)", "grid: [u64; 3]"]);
    let outputs =
        |name: &str| token.function(name).unwrap().outputs.iter().map(|o| o.ty.to_string()).collect::<Vec<_>>();
    assert_eq!(outputs("total_supply"), ["u64?"]);
    assert_eq!(outputs("place"), ["Result{Ok(u64), Err(Failure{Paused, TooMuch(u64)})}"]);
    assert_eq!(outputs("symbol"), ["string4"]);
    assert_eq!(outputs("mint"), [""; 0]);
}

#[test]
fn logs_and_revert_codes_of_fuel_are_events_and_errors() {
    let token = Interface::from_fuel_abi(TOKEN).unwrap();
    let signatures = token.events.iter().map(|event| event.signature.as_str()).collect::<Vec<_>>();
    assert_eq!(signatures, ["Sent(Identity,u64)", "log_7(u64)"]);
    let topic = token.events[0].topic.unwrap();
    assert_eq!((&topic[..24], &topic[24..]), (&[0; 24][..], &10_098_701_174_489_624_218_u64.to_be_bytes()[..]));
    let exhausted = token.error_by_selector(&18_446_744_069_414_584_321_u64.to_be_bytes()).unwrap();
    assert_eq!((exhausted.name.as_str(), exhausted.message.as_str()), ("error_1", "The supply is exhausted"));
}

#[test]
fn a_fuel_call_is_the_name_and_the_arguments() {
    let token = Interface::from_fuel_abi(TOKEN).unwrap();
    let mint = token.function("mint").unwrap();
    let book = Book::default();
    let variant = Value::Enum {
        name: "Identity".into(),
        variant: "ContractId".into(),
        payload: Box::new(Value::Address(Address::repeat_byte(2))),
    };
    let args = [variant, Value::bytes([3; 32]), Value::uint(5_u8)];
    let data = FuelCodec::new(&book).encode_call(mint, &args).unwrap();
    let head = [&4_u64.to_be_bytes()[..], b"mint", &1_u64.to_be_bytes()].concat();
    assert_eq!(data[..20], head);
    assert_eq!(data.len(), 20 + 32 + 32 + 8);
}

#[test]
fn fuel_abis_of_other_versions_are_an_error() {
    let error = Interface::from_fuel_abi(&TOKEN.replace(r#""encodingVersion": "1""#, r#""encodingVersion": "0""#));
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("ABI: `encodingVersion` is \"0\", versions that are read are 1;"), "{error}");
    let error = Interface::from_fuel_abi(&TOKEN.replace(r#""specVersion": "1""#, r#""specVersion": "2""#));
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("ABI: `specVersion` is \"2\", versions that are read are 1, 1.1, 1.2;"), "{error}");
}

#[test]
fn fuel_abis_of_specification_1_1_are_read_as_those_of_1() {
    let of = |version: &str| TOKEN.replace(r#""specVersion": "1""#, &format!(r#""specVersion": "{version}""#));
    assert_eq!(Interface::detect(&of("1.1")).unwrap(), Interface::detect(TOKEN).unwrap());
    let with_calls = Interface::detect(&of("1.2")).unwrap();
    assert_eq!(with_calls.functions, Interface::detect(TOKEN).unwrap().functions);
}

#[test]
fn revert_codes_of_fuel_1_2_name_the_error_whatever_calls_they_say() {
    let json = r#"{"specVersion":"1.2","encodingVersion":"1","concreteTypes":[],"metadataTypes":[],"functions":[],
        "errorCodes":{"0":{"msg":"paused"},"3":{"msg":"too much"},"256":{"msg":"no such number"}},"panickingCalls":{}}"#;
    let interface = Interface::from_fuel_abi(json).unwrap();
    assert_eq!(refused(&interface), ["error code `256`: a number of an error has 8 bits, this one more"]);
    let book = Book::default();
    let message = |code: u64| {
        let codec = FuelCodec::new(&book);
        codec.decode_error(&interface, &code.to_be_bytes()).map(|(error, _)| error.message.clone()).ok()
    };
    assert_eq!(message(1 << 63).as_deref(), Some("paused"));
    assert_eq!(message((1 << 63) | (3 << 55) | 0x7f_ffff_ffff_fff1).as_deref(), Some("too much"));
    assert_eq!(message((1 << 63) | (4 << 55)), None);
    assert_eq!(message(3), None, "the top bit says that it is an error of the contract");
    assert_eq!(message(0xffff_ffff_ffff_0003), None, "a signal of the library");
}

#[test]
fn structs_without_fields_are_read_from_fuel_abis() {
    let json = r#"{"specVersion":"1.1","encodingVersion":"1","metadataTypes":[{"type":"struct b::Empty","metadataTypeId":0}],
        "concreteTypes":[{"type":"()","concreteTypeId":"u"},{"type":"struct a::Empty","concreteTypeId":"a"},
            {"type":"struct b::Empty","concreteTypeId":"b","metadataTypeId":0}],
        "functions":[{"name":"f","inputs":[{"name":"a","concreteTypeId":"a"},{"name":"b","concreteTypeId":"b"}],"output":"u"}]}"#;
    let interface = Interface::from_fuel_abi(json).unwrap();
    assert_eq!(
        (refused(&interface), inputs(&interface, "f")),
        (vec![], vec!["a: Empty{}".into(), "b: Empty{}".into()])
    );
}

#[test]
fn fuels_form_before_version_1_is_read_and_notes_that_it_does_not_say_its_encoding() {
    let old = r#"{
        "types": [
            {"typeId": 0, "type": "generic T", "components": null, "typeParameters": null},
            {"typeId": 1, "type": "struct Pair", "typeParameters": [0], "components": [
                {"name": "one", "type": 0, "typeArguments": null},
                {"name": "many", "type": 2, "typeArguments": [{"name": "", "type": 0, "typeArguments": null}]}]},
            {"typeId": 2, "type": "enum Option", "typeParameters": [0], "components": [
                {"name": "None", "type": 3, "typeArguments": null}, {"name": "Some", "type": 0, "typeArguments": null}]},
            {"typeId": 3, "type": "()", "components": [], "typeParameters": null},
            {"typeId": 4, "type": "u64", "components": null, "typeParameters": null},
            {"typeId": 5, "type": "b256", "components": null, "typeParameters": null}],
        "functions": [
            {"name": "pair", "attributes": [{"name": "storage", "arguments": ["read"]}],
             "inputs": [{"name": "p", "type": 1, "typeArguments": [{"name": "", "type": 4, "typeArguments": null}]},
                        {"name": "q", "type": 1, "typeArguments": [{"name": "", "type": 5, "typeArguments": null}]}],
             "output": {"name": "", "type": 3, "typeArguments": null}},
            {"name": "lost", "attributes": null, "inputs": [], "output": {"name": "", "type": 9, "typeArguments": null}}],
        "loggedTypes": [{"logId": 7, "loggedType": {"name": "", "type": 4, "typeArguments": null}}]}"#;
    let interface = Interface::detect(old).unwrap();
    let pair = interface.function("pair").unwrap();
    let types = pair.input_types().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(types, ["Pair{one: u64, many: u64?}", "Pair{one: bytes32, many: bytes32?}"]);
    assert_eq!((pair.outputs.len(), pair.mutability), (0, Mutability::View));
    assert_eq!(interface.events[0].name, "log_7");
    let left_out = |interface: &Interface| interface.refused.iter().map(|item| item.item.clone()).collect::<Vec<_>>();
    assert_eq!(left_out(&interface), ["`encoding`", "function `lost`"]);
    let said = old.replacen('{', r#"{"encoding": "1","#, 1);
    assert_eq!(left_out(&Interface::detect(&said).unwrap()), ["function `lost`"]);
    let error = Interface::detect(&old.replacen('{', r#"{"encoding": "0","#, 1)).unwrap_err().to_string();
    assert!(error.contains("`encoding` is \"0\""), "{error}");
}
