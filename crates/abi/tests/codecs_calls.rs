//! What stands around the values: selectors of calls, errors and events of each ABI, and the rules of single parts.

mod common;

use alloy_primitives::{B256, I256, U256, hex, keccak256};
use common::abis::{ABIS, Book};
use hexapla_abi::{
    Abi, AccountLayout, AnyCodec, BcsCodec, BorshCodec, CairoCodec, Codec, CodecError, Event, EventParam, EventValue,
    FuelCodec, Function, Interface, Mutability, Param, Type, Value, codecs::ENTRYPOINT_FAILED, interface::CustomError,
    starknet_selector,
};

fn function(name: &str, selector: &[u8]) -> Function {
    Function {
        name: name.into(),
        inputs: vec![Param::new("amount", Type::Uint { bits: 64 })],
        outputs: vec![Param::new("", Type::Bool), Param::new("", Type::Uint { bits: 16 })],
        mutability: Mutability::NonPayable,
        selector: selector.to_vec().into(),
        signature: name.into(),
        ..Function::default()
    }
}

fn interface(abi: Abi, functions: Vec<Function>) -> Interface {
    Interface { name: "Demo".into(), abi, functions, ..Interface::default() }
}

fn word(number: u64) -> [u8; 32] {
    U256::from(number).to_be_bytes()
}

#[test]
fn the_bytes_of_a_call_of_each_abi() {
    let book = Book::default();
    let felt = starknet_selector("pay");
    let cases = [
        (Abi::Borsh, vec![1, 2, 3], hex!("0102030500000000000000").to_vec()),
        (Abi::Borsh, vec![], hex!("0500000000000000").to_vec()),
        (Abi::Bcs, b"pay".to_vec(), hex!("037061790500000000000000").to_vec()),
        (Abi::Cairo, felt.to_vec(), [felt.0, word(5)].concat()),
        (Abi::Fuel, b"pay".to_vec(), hex!("00000000000000037061790000000000000005").to_vec()),
    ];
    for (abi, selector, expected) in cases {
        let interface = interface(abi, vec![function("pay", &selector)]);
        let (codec, pay) = (AnyCodec::new(abi, &book), &interface.functions[0]);
        let call = codec.encode_call(pay, &[Value::uint(5_u8)]).unwrap();
        assert_eq!(hex::encode(&call), hex::encode(&expected), "{abi:?}");
        assert_eq!(codec.decode_call(&interface, &call).unwrap(), (pay, vec![Value::uint(5_u8)]));
        // Outputs have no selector.
        let values = [Value::Bool(true), Value::uint(7_u8)];
        let output = codec.encode_output(pay, &values).unwrap();
        assert_eq!(codec.decode_output(pay, &output).unwrap(), values);
        let more = [&output, [0; 32].as_slice()].concat();
        assert!(matches!(codec.decode_output(pay, &more), Err(CodecError::Trailing { extra: 32, .. })));
        assert!(matches!(codec.encode_call(pay, &[]), Err(CodecError::WrongCount { expected: 1, given: 0, .. })));
    }
}

#[test]
fn the_selector_of_starknet() {
    // The entry point `transfer` of every Starknet token.
    let transfer = hex!("0083afd3f4caedc6eebf44246fe54e38c95e3179a5ec9ea81740eca5b482d12e");
    assert_eq!(starknet_selector("transfer"), transfer);
}

#[test]
fn the_longest_discriminator_that_fits_names_the_function() {
    let book = Book::default();
    let functions =
        vec![function("any", &[]), function("one", &[1]), function("two", &[1, 2]), function("nine", &[9; 8])];
    let interface = interface(Abi::Borsh, functions);
    let codec = BorshCodec::new(&book);
    let named = |data: &[u8]| codec.decode_call(&interface, data).map(|(function, _)| function.name.as_str());
    assert_eq!(named(&[&[9; 8], [0; 8].as_slice()].concat()), Ok("nine"));
    assert_eq!(named(&[&[1, 2], [0; 8].as_slice()].concat()), Ok("two"));
    assert_eq!(named(&[&[1], [0; 8].as_slice()].concat()), Ok("one"));
    assert_eq!(named(&[0; 8]), Ok("any"));
}

#[test]
fn an_unknown_function_is_an_error_that_shows_what_was_called() {
    let book = Book::default();
    for abi in ABIS {
        let interface = interface(abi, vec![function("pay", b"pay!")]);
        for data in [&[][..], &[0xff; 3], &[0xff; 40], &[0, 0, 0, 0, 0, 0, 0, 2, 65, 66], &[2, 65, 66]] {
            let error = AnyCodec::new(abi, &book).decode_call(&interface, data).unwrap_err();
            assert!(
                matches!(error, CodecError::UnknownSelector { .. } | CodecError::NoSelector { .. }),
                "{abi:?}: {error}"
            );
        }
    }
    let demo = interface(Abi::Fuel, vec![]);
    let error = FuelCodec::new(&book).decode_call(&demo, &[0, 0, 0, 0, 0, 0, 0, 2, 65, 66]).unwrap_err();
    assert_eq!(error.to_string(), "Demo has no function with the selector 0x4142");
    let error = BcsCodec::new(&book).decode_call(&demo, &[2, 65, 66, 0, 0]).unwrap_err();
    assert_eq!(error.to_string(), "Demo has no function with the selector 0x4142");
}

#[test]
fn a_program_error_is_the_four_bytes_of_its_code() {
    let book = Book::default();
    let error = |name: &str, code: u32| CustomError {
        name: name.into(),
        inputs: vec![],
        selector: code.to_le_bytes().to_vec().into(),
        message: String::new(),
        signature: name.into(),
    };
    let interface = Interface { errors: vec![error("Other", 6000), error("TooRisky", 6001)], ..Interface::default() };
    let codec = BorshCodec::new(&book);
    assert_eq!(codec.encode_error(&interface.errors[1], &[]).unwrap(), hex!("71170000").to_vec());
    assert_eq!(codec.decode_error(&interface, &hex!("71170000")).unwrap().0.name, "TooRisky");
    assert!(matches!(codec.decode_error(&interface, &hex!("72170000")), Err(CodecError::UnknownSelector { .. })));
    assert!(matches!(codec.decode_error(&interface, &hex!("7117000000")), Err(CodecError::Trailing { extra: 1, .. })));
}

#[test]
fn panic_data_of_cairo_is_read_through_the_calls_it_went_through() {
    let book = Book::default();
    let selector = B256::left_padding_from(b"TOO_RISKY");
    let error = CustomError {
        name: "TooRisky".into(),
        inputs: vec![Param::new("score", Type::U256)],
        selector: selector.to_vec().into(),
        message: String::new(),
        signature: "TooRisky".into(),
    };
    let interface = Interface { errors: vec![error], ..Interface::default() };
    let codec = CairoCodec::new(&book);
    let values = vec![Value::Uint((U256::from(3) << 128) | U256::from(9))];
    let data = codec.encode_error(&interface.errors[0], &values).unwrap();
    assert_eq!(data, [selector.0, word(9), word(3)].concat());
    let nested = [&data, ENTRYPOINT_FAILED.as_slice(), ENTRYPOINT_FAILED.as_slice()].concat();
    assert_eq!(codec.decode_error(&interface, &data).unwrap().1, values);
    assert_eq!(codec.decode_error(&interface, &nested).unwrap().1, values);
    assert_eq!(ENTRYPOINT_FAILED, B256::left_padding_from(b"ENTRYPOINT_FAILED"));
}

#[test]
fn an_interface_is_checked_against_its_own_abi() {
    let with = |abi, ty: Type| {
        let mut interface = interface(abi, vec![function("pay", b"pay!")]);
        interface.functions[0].outputs.push(Param::new("", Type::array(ty)));
        interface.check_types()
    };
    for abi in [Abi::Solidity, Abi::Borsh, Abi::Bcs, Abi::Fuel] {
        assert_eq!(with(abi, Type::Address), Ok(()));
        assert!(matches!(with(abi, Type::Felt), Err(CodecError::Unsupported { .. })), "{abi:?}");
    }
    assert_eq!(with(Abi::Cairo, Type::Felt), Ok(()));
    assert!(with(Abi::Cairo, Type::FixedBytes(32)).is_err());
    let mut events = interface(Abi::Fuel, vec![]);
    events.events.push(event(None));
    assert_eq!(events.check_types(), Ok(()));
    events.events[0].fields[0].ty = Type::Int { bits: 8 };
    assert!(events.check_types().is_err());
}

fn event(topic: Option<B256>) -> Event {
    let field = |name: &str, ty, indexed| EventParam { name: name.into(), ty, indexed };
    let fields = vec![
        field("amount", Type::U256, true),
        field("note", Type::String, false),
        field("flag", Type::Bool, true),
        field("count", Type::Uint { bits: 16 }, false),
    ];
    Event { name: "Paid".into(), fields, topic, signature: "Paid".into() }
}

fn event_values() -> Vec<Value> {
    let amount = (U256::from(3) << 128) | U256::from(9);
    vec![Value::Uint(amount), Value::string("hi"), Value::Bool(true), Value::uint(7_u8)]
}

#[test]
fn logs_of_each_abi_are_read_back() {
    let book = Book::default();
    for abi in [Abi::Borsh, Abi::Bcs, Abi::Cairo, Abi::Fuel] {
        let codec = AnyCodec::new(abi, &book);
        for topic in [Some(B256::repeat_byte(3)), None] {
            let interface = Interface { events: vec![event(topic)], ..Interface::default() };
            let log = codec.encode_event(&interface.events[0], &event_values()).unwrap();
            let decoded = codec.decode_event(&interface, log.topics(), &log.data).unwrap();
            let plain = event_values().into_iter().map(EventValue::Plain).collect::<Vec<_>>();
            assert_eq!(decoded.values, plain, "{abi:?}");
            let other = Interface { events: vec![event(Some(keccak256("other")))], ..Interface::default() };
            let error = codec.decode_event(&other, log.topics(), &log.data).unwrap_err();
            assert!(matches!(error, CodecError::UnknownEvent { .. }), "{error}");
        }
    }
}

#[test]
fn keys_of_cairo_are_topics_and_those_of_others_are_data() {
    let book = Book::default();
    let (paid, values) = (event(Some(starknet_selector("Paid"))), event_values());
    let log = CairoCodec::new(&book).encode_event(&paid, &values).unwrap();
    let keys = [starknet_selector("Paid"), word(9).into(), word(3).into(), word(1).into()];
    assert_eq!(log.topics(), keys);
    let text = B256::left_padding_from(b"hi");
    assert_eq!(log.data, [word(0), text.0, word(2), word(7)].concat());

    let log = BorshCodec::new(&book).encode_event(&paid, &values).unwrap();
    assert_eq!(log.topics(), [starknet_selector("Paid")]);
    assert_eq!(log.data.len(), 32 + 4 + 2 + 1 + 2);
    let interface = Interface { events: vec![paid], ..Interface::default() };
    let topics = [log.topics(), &[B256::ZERO]].concat();
    let error = BorshCodec::new(&book).decode_event(&interface, &topics, &log.data).unwrap_err();
    assert!(matches!(error, CodecError::WrongTopics { expected: 1, given: 2, .. }), "{error}");
}

#[test]
fn rules_of_single_parts() {
    let book = Book::default();
    let felts = |bytes: &[u8]| [&vec![0; 32 - bytes.len()], bytes].concat();
    let prime = hex!("0800000000000011000000000000000000000000000000000000000000000001").to_vec();
    let minus_one = hex!("0800000000000011000000000000000000000000000000000000000000000000").to_vec();
    let (u8, u64, i8) = (Type::Uint { bits: 8 }, Type::Uint { bits: 64 }, Type::Int { bits: 8 });
    let list = || Type::array(Type::Unit);
    let refused = [
        (Abi::Borsh, Type::Bool, vec![2], "0x02 at byte 0 is no bool: it must be 0 or 1"),
        (
            Abi::Borsh,
            Type::option(Type::Bool),
            vec![2, 1],
            "2 at byte 0 is no bool?: it has no variant with this index",
        ),
        (Abi::Borsh, u64.clone(), vec![1], "u64 at byte 0 needs 8 bytes, but the data ends after 1"),
        (Abi::Borsh, u8.clone(), vec![1, 2], "the values end at byte 1, but 1 more bytes follow"),
        (Abi::Bcs, list(), vec![0x80, 0], "0x8000 at byte 0 is no [()]: a ULEB128 number has the shortest form"),
        (
            Abi::Bcs,
            list(),
            vec![0xff, 0xff, 0xff, 0xff, 0x1f],
            "0xffffffff1f at byte 0 is no [()]: a ULEB128 number has at most 32 bits",
        ),
        (
            Abi::Bcs,
            list(),
            vec![0xff, 0xff, 0xff, 0xff, 0x0f],
            "0xffffffff0f at byte 0 is no [()]: a length is at most 2147483647",
        ),
        (Abi::Bcs, list(), vec![0xff; 9], "0xffffffffff at byte 0 is no [()]: a ULEB128 number has at most 32 bits"),
        (Abi::Cairo, Type::Felt, prime, "a felt is below the prime of Cairo's field"),
        (Abi::Cairo, u8, felts(&[1, 0]), "the number is out of range"),
        (Abi::Cairo, i8.clone(), felts(&[128]), "the number is out of range"),
        (Abi::Cairo, Type::U256, [felts(&[1; 17]), felts(&[0])].concat(), "each half has 128 bits"),
        (Abi::Cairo, Type::Address, minus_one.clone(), "a Starknet address is below 2^251"),
        (
            Abi::Cairo,
            Type::String,
            [felts(&[]), felts(&[65, 65]), felts(&[1])].concat(),
            "the last word is longer than its length",
        ),
        (
            Abi::Cairo,
            Type::String,
            [felts(&[]), felts(&[65]), felts(&[31])].concat(),
            "the last word has at most 30 bytes",
        ),
        (
            Abi::Fuel,
            Type::option(Type::Bool),
            hex!("000000000000000201").to_vec(),
            "2 at byte 0 is no bool?: it has no variant with this index",
        ),
        (Abi::Fuel, Type::Int { bits: 8 }, vec![1], "the Fuel ABI has no form for the type i8"),
        (Abi::Borsh, Type::Uint { bits: 24 }, vec![1; 3], "the Borsh ABI has no form for the type u24"),
    ];
    for (abi, ty, data, reason) in refused {
        let error = AnyCodec::new(abi, &book).decode_values(std::slice::from_ref(&ty), &data).unwrap_err();
        assert!(error.to_string().ends_with(reason), "{abi:?} {ty}: {error}");
    }
    let minus = Value::Int(I256::MINUS_ONE);
    assert_eq!(CairoCodec::new(&book).decode_value(&i8, &minus_one).unwrap(), minus);
    assert_eq!(CairoCodec::new(&book).encode_value(&i8, &minus).unwrap(), minus_one);
}

#[test]
fn maps_are_written_sorted_and_read_only_so() {
    let book = Book::default();
    let ty = Type::Map(Box::new(Type::Uint { bits: 16 }), Box::new(Type::Bool));
    let entry = |key: u16| (Value::uint(key), Value::Bool(true));
    // 1 is 01 00 and 256 is 00 01: by size in Borsh, by bytes in BCS.
    let map = Value::Map(vec![entry(256), entry(1)]);
    let borsh = BorshCodec::new(&book).encode_value(&ty, &map).unwrap();
    assert_eq!(borsh, hex!("02000000 010001 000101").to_vec());
    let bcs = BcsCodec::new(&book).encode_value(&ty, &map).unwrap();
    assert_eq!(bcs, hex!("02 000101 010001").to_vec());
    let error = BorshCodec::new(&book).decode_value(&ty, &hex!("02000000 000101 010001")).unwrap_err();
    assert!(matches!(error, CodecError::UnsortedKeys { at: 7, .. }), "{error}");
    let error = BcsCodec::new(&book).decode_value(&ty, &hex!("02 010001 010001")).unwrap_err();
    assert!(matches!(error, CodecError::UnsortedKeys { at: 4, .. }), "{error}");
    let twice = Value::Map(vec![entry(1), entry(2), entry(1)]);
    let error = BorshCodec::new(&book).encode_value(&ty, &twice).unwrap_err();
    assert_eq!(error.to_string(), "{u16: bool} has the key 1 twice");
}

#[test]
fn room_may_follow_the_data_of_an_account_whose_layout_has_a_discriminator() {
    let codec = AnyCodec::new(Abi::Borsh, &common::abis::NoBook);
    let tagged = AccountLayout {
        name: "Position".into(),
        discriminator: b"position".as_slice().into(),
        ty: Type::Uint { bits: 64 },
    };
    let data = [&b"position"[..], &7u64.to_le_bytes(), &[1; 100]].concat();
    for length in [16, 17, data.len()] {
        assert_eq!(codec.decode_account(&tagged, &data[..length]).unwrap(), Value::uint(7u8));
    }
    assert!(matches!(codec.decode_account(&tagged, &data[..15]), Err(CodecError::TooShort { .. })));
    assert!(matches!(codec.decode_account(&tagged, &data[1..]), Err(CodecError::WrongValue { .. })));
    // Nothing but its length says that data without a discriminator is of a layout.
    let bare = AccountLayout { discriminator: Default::default(), ..tagged };
    assert_eq!(codec.decode_account(&bare, &data[8..16]).unwrap(), Value::uint(7u8));
    assert!(matches!(codec.decode_account(&bare, &data[8..]), Err(CodecError::Trailing { extra: 100, .. })));
}
