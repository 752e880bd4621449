//! The Solidity codec: equal to alloy's encodings, total on hostile bytes, as strict as `solc`'s decoder v2.

mod common;

use std::time::{Duration, Instant};

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{Address, B256, Bytes, I256, U256, address, hex};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue, sol};
use hexapla_abi::{
    Codec, CodecError, Event, EventParam, EventValue, Field, Interface, SolidityCodec, Type, Value,
    solidity::{UNFOLD_MAX, type_name},
};
use proptest::prelude::*;

sol! {
    #[derive(Debug)]
    struct Position { address owner; uint256[] sizes; string note; }
    function open(Position position, int8 leverage, bytes4[2] tags, bool hedge) external returns (uint64 id, bytes data);
    error TooRisky(uint256 score, uint256 limit);
    event Opened(address indexed owner, string indexed note, uint256 size, bytes data);
}

const ALICE: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

fn interface() -> Interface {
    Interface::from_solidity_signatures(
        "Vault",
        [
            "function open((address,uint256[],string) position, int8 leverage, bytes4[2] tags, bool hedge) returns (uint64 id, bytes data)",
            "error TooRisky(uint256 score, uint256 limit)",
            "event Opened(address indexed owner, string indexed note, uint256 size, bytes data)",
        ],
    )
    .unwrap()
}

fn decode(types: &[Type], data: &[u8]) -> Result<Vec<Value>, CodecError> {
    SolidityCodec::default().decode_values(types, data)
}

fn word(number: u64) -> [u8; 32] {
    U256::from(number).to_be_bytes()
}

fn words(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| word(*number)).collect()
}

fn open_args() -> (Vec<Value>, openCall) {
    let native = openCall {
        position: Position { owner: ALICE, sizes: vec![U256::from(1), U256::MAX], note: "grüezi".into() },
        leverage: -5,
        tags: [[1, 2, 3, 4].into(), [5, 6, 7, 8].into()],
        hedge: true,
    };
    let position = Value::Tuple(vec![
        Value::Address(ALICE),
        Value::Array(vec![Value::uint(1_u8), Value::Uint(U256::MAX)]),
        Value::string("grüezi"),
    ]);
    let tags = Value::Array(vec![Value::bytes(vec![1, 2, 3, 4]), Value::bytes(vec![5, 6, 7, 8])]);
    (vec![position, Value::Int(I256::unchecked_from(-5)), tags, Value::Bool(true)], native)
}

#[test]
fn calls_equal_those_of_alloys_macro() {
    let (interface, codec) = (interface(), SolidityCodec::canonical());
    let (args, native) = open_args();
    let function = interface.function("open").unwrap();
    let data = codec.encode_call(function, &args).unwrap();
    assert_eq!(data, native.abi_encode());
    assert_eq!(codec.decode_call(&interface, &data).unwrap(), (function, args));

    let output = vec![Value::uint(7_u8), Value::bytes(vec![1, 2, 3])];
    let data = codec.encode_output(function, &output).unwrap();
    assert_eq!(data, (7_u64, Bytes::from(vec![1, 2, 3])).abi_encode_params());
    assert_eq!(codec.decode_output(function, &data).unwrap(), output);
}

#[test]
fn errors_equal_those_of_alloys_macro() {
    let (interface, codec) = (interface(), SolidityCodec::canonical());
    let error = interface.error("TooRisky").unwrap();
    let values = vec![Value::uint(900_u64), Value::uint(500_u64)];
    let data = codec.encode_error(error, &values).unwrap();
    assert_eq!(data, TooRisky { score: U256::from(900), limit: U256::from(500) }.abi_encode());
    assert_eq!(codec.decode_error(&interface, &data).unwrap(), (error, values));
}

#[test]
fn events_equal_those_of_alloys_macro() {
    let (interface, codec) = (interface(), SolidityCodec::canonical());
    let event = interface.event("Opened").unwrap();
    let values = [Value::Address(ALICE), Value::string("note"), Value::uint(5_000_000_u64), Value::bytes(vec![9])];
    let log = codec.encode_event(event, &values).unwrap();
    let native = Opened {
        owner: ALICE,
        note: alloy_primitives::keccak256("note"),
        size: U256::from(5_000_000),
        data: vec![9].into(),
    };
    assert_eq!(log, native.encode_log_data());

    let decoded = codec.decode_event(&interface, log.topics(), &log.data).unwrap();
    assert_eq!(decoded.event, event);
    assert_eq!(decoded.values[1], EventValue::Hash(alloy_primitives::keccak256("note")));
    let note = alloy_primitives::keccak256("note").to_string();
    assert_eq!(
        decoded.to_string(),
        format!(
            "Opened(owner: 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266, note: hash {note}, size: 5_000_000, data: 0x09)"
        )
    );
}

#[test]
fn events_that_share_a_topic_are_told_apart_by_the_number_of_topics() {
    let interface = Interface::from_solidity_signatures(
        "Token",
        [
            "event Transfer(address indexed from, address indexed to, uint256 value)",
            "event Transfer(address indexed from, address indexed to, uint256 indexed id)",
        ],
    )
    .unwrap();
    let codec = SolidityCodec::default();
    for event in &interface.events {
        let values = [Value::Address(ALICE), Value::Address(ALICE), Value::uint(3_u8)];
        let log = codec.encode_event(event, &values).unwrap();
        let decoded = codec.decode_event(&interface, log.topics(), &log.data).unwrap();
        assert_eq!(decoded.event, event);
        assert_eq!(decoded.values, values.map(EventValue::Plain));
    }
    let topic = interface.events[0].topic.unwrap();
    assert_eq!(
        codec.decode_event(&interface, &[topic], &[]).unwrap_err().to_string(),
        "a log of Transfer(address,address,uint256) has 3 topics, this one has 1"
    );
    assert_eq!(
        codec.decode_event(&interface, &[], &[]).unwrap_err().to_string(),
        "Token has no event that fits a log with no topics and 0 bytes of data"
    );
}

#[test]
fn anonymous_events_are_found_by_their_shape() {
    let interface =
        Interface::from_solidity_signatures("T", ["event Note(address indexed who, uint8 what) anonymous"]).unwrap();
    let codec = SolidityCodec::default();
    let log = codec.encode_event(&interface.events[0], &[Value::Address(ALICE), Value::uint(3_u8)]).unwrap();
    assert_eq!(log.topics(), [ALICE.into_word()]);
    let decoded = codec.decode_event(&interface, log.topics(), &log.data).unwrap();
    assert_eq!(decoded.values[0], EventValue::Plain(Value::Address(ALICE)));
}

#[test]
fn an_empty_parameter_list_is_no_bytes() {
    let interface = Interface::from_solidity_signatures("T", ["function ping()"]).unwrap();
    let data = SolidityCodec::default().encode_call(&interface.functions[0], &[]).unwrap();
    assert_eq!(data[..], hex!("5c36b186"));
    assert_eq!(SolidityCodec::default().decode_call(&interface, &data).unwrap().1, []);
}

#[test]
fn unknown_and_missing_selectors_are_named() {
    let codec = SolidityCodec::default();
    assert_eq!(
        codec.decode_call(&interface(), &hex!("deadbeef00")).unwrap_err().to_string(),
        "Vault has no function with the selector 0xdeadbeef"
    );
    assert_eq!(
        codec.decode_call(&interface(), &[1, 2]).unwrap_err().to_string(),
        "expected a selector of 4 bytes, but the data has only 2"
    );
}

#[test]
fn values_that_are_not_of_the_type_are_refused_and_never_cut() {
    let codec = SolidityCodec::default();
    let cases: &[(Type, Value, &str)] = &[
        (Type::Uint { bits: 8 }, Value::uint(256_u64), "256 does not fit u8, which goes from 0 to 255"),
        (
            Type::Int { bits: 8 },
            Value::Int(I256::unchecked_from(-129)),
            "-129 does not fit i8, which goes from -128 to 127",
        ),
        (Type::FixedBytes(4), Value::bytes(vec![1; 5]), "expected a value of type bytes4, got 0x0101010101"),
        (
            Type::Address,
            Value::bytes(vec![1; 20]),
            "expected a value of type address, got 0x0101010101010101010101010101010101010101",
        ),
        (
            Type::fixed_array(Type::Bool, 2),
            Value::Array(vec![Value::Bool(true)]),
            "expected a value of type [bool; 2], got [true]",
        ),
        (Type::Felt, Value::Felt(U256::ONE), "the Solidity ABI has no form for the type felt"),
        (Type::fixed_array(Type::Bool, 0), Value::Array(vec![]), "the Solidity ABI has no form for the type [bool; 0]"),
        (Type::Tuple(vec![]), Value::Tuple(vec![]), "the Solidity ABI has no form for the type ()"),
    ];
    for (ty, value, message) in cases {
        let error = codec.encode_values(std::slice::from_ref(ty), std::slice::from_ref(value)).unwrap_err();
        assert_eq!(error.to_string(), *message);
    }
    assert_eq!(
        codec.encode_values(&[Type::Bool], &[]).unwrap_err().to_string(),
        "the list takes 1 values, 0 were given"
    );
}

#[test]
fn f09_dirty_addresses_are_refused_and_never_become_zero() {
    for dirty in [[0xff; 32], *B256::right_padding_from(ALICE.as_slice()), {
        let mut w = *ALICE.into_word();
        w[11] = 1;
        w
    }] {
        let error = decode(&[Type::Address], &dirty).unwrap_err();
        assert!(error.to_string().ends_with("at byte 0 is no address: the first 12 bytes must be zero"), "{error}");
    }
    assert!(matches!(decode(&[Type::Address], &[]), Err(CodecError::TooShort { .. })));
    assert!(matches!(decode(&[Type::Address], &ALICE.into_word()[..31]), Err(CodecError::TooShort { .. })));
}

#[test]
fn dirty_words_are_refused() {
    let mut high = word(5);
    high[30] = 1;
    let cases: &[(Type, [u8; 32])] = &[
        (Type::Bool, word(2)),
        (Type::Uint { bits: 8 }, high),
        (Type::Int { bits: 8 }, word(128)),
        (Type::FixedBytes(4), [1; 32]),
        (Type::Function, [1; 32]),
    ];
    for (ty, word) in cases {
        assert!(matches!(decode(std::slice::from_ref(ty), word), Err(CodecError::InvalidWord { .. })), "{ty}");
    }
    let minus_one = decode(&[Type::Int { bits: 8 }], &[0xff; 32]).unwrap();
    assert_eq!(minus_one, [Value::Int(I256::MINUS_ONE)]);
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let data = [words(&[32, 1]), [vec![0xff], vec![0; 31]].concat()].concat();
    assert_eq!(decode(&[Type::String], &data).unwrap_err().to_string(), "the string at byte 64 is not UTF-8");
    assert!(decode(&[Type::Bytes], &data).is_ok());
}

/// solc's decoder reads parts that share their bytes; alloy refuses three tuples in three words.
#[test]
fn parts_that_share_their_bytes_are_read_as_solc_does() {
    let pair = Type::Tuple(vec![Type::String, Type::Bool]);
    let empty = Value::Tuple(vec![Value::String(String::new()), Value::Bool(false)]);
    let three = Type::FixedArray(Box::new(pair), 3);
    assert_eq!(
        decode(&[three], &words(&[0, 0, 0])).unwrap(),
        [Value::Array(vec![empty.clone(), empty.clone(), empty])]
    );
}

#[test]
fn trailing_bytes_are_ignored_as_solc_does_but_are_not_canonical() {
    let data = [words(&[1]), vec![0xaa; 20]].concat();
    assert_eq!(decode(&[Type::U256], &data).unwrap(), [Value::uint(1_u8)]);
    assert_eq!(SolidityCodec::canonical().decode_values(&[Type::U256], &data), Err(CodecError::NotCanonical));
    assert_eq!(SolidityCodec::canonical().decode_values(&[Type::U256], &word(1)).unwrap(), [Value::uint(1_u8)]);
}

#[test]
fn f15_hostile_offsets_and_lengths_are_errors_that_name_the_place() {
    let cases: &[(Type, Vec<u8>, &str)] = &[
        (Type::Bytes, vec![0xff; 32], "beyond the 32 bytes that it can point to"),
        (Type::Bytes, words(&[33]), "the offset of bytes at byte 0 is 33, beyond the 32 bytes that it can point to"),
        (Type::Bytes, words(&[32]), "bytes at byte 32 needs 32 bytes, but the data ends after 32"),
        (Type::Bytes, words(&[32, 1]), "the length of bytes at byte 32 is 1, but only 0 bytes follow"),
        (Type::Bytes, [words(&[32]), vec![0xff; 32]].concat(), "but only 0 bytes follow"),
        (
            Type::array(Type::U256),
            words(&[32, 1 << 59]),
            "the length of [u256] at byte 32 is 576460752303423488, but only 0 bytes follow",
        ),
        (Type::fixed_array(Type::U256, usize::MAX), words(&[1]), "but the data ends after 32"),
        (Type::fixed_array(Type::fixed_array(Type::Bytes, usize::MAX), usize::MAX), words(&[32, 1]), "ends after 64"),
        (Type::U256, vec![0; 31], "u256 at byte 0 needs 32 bytes, but the data ends after 31"),
    ];
    for (ty, data, message) in cases {
        let error = decode(std::slice::from_ref(ty), data).unwrap_err().to_string();
        assert!(error.ends_with(message), "{ty}: {error}");
    }
}

/// `uint256[][]…[]`, all elements of which point to one list.
#[test]
fn f15_decompression_bombs_are_bounded_in_time_and_memory() {
    for depth in 2..=30 {
        let ty = (0..depth).fold(Type::U256, |ty, _| Type::array(ty));
        for width in [2_u64, 10, 1000] {
            // Lists whose offsets all point to one list further on, level by level.
            let mut data = words(&[32]);
            for _ in 1..depth {
                data.extend(word(width));
                data.extend((0..width).flat_map(|_| word(width * 32)));
            }
            data.extend(word(width));
            data.extend((0..width).flat_map(|_| word(1)));
            let started = Instant::now();
            let outcome = decode(std::slice::from_ref(&ty), &data);
            assert!(started.elapsed() < Duration::from_secs(2), "depth {depth}, width {width}");
            if depth > 2 && width > 2 || depth > 4 {
                let limit = (data.len() / 32 + 1) * UNFOLD_MAX;
                assert_eq!(outcome, Err(CodecError::UnfoldsTooFar { limit }), "depth {depth}, width {width}");
            }
            // Offsets of zero: each inner list takes the first offset, a zero, as its length.
            let itself = [words(&[32, width]), vec![0; 32 * width as usize]].concat();
            let empty = Value::Array(vec![Value::Array(vec![]); width as usize]);
            assert_eq!(decode(std::slice::from_ref(&ty), &itself), Ok(vec![empty]));
        }
    }
    // One large blob that many offsets share.
    let blob =
        [words(&[32, 1000]), vec![], (0..1000).flat_map(|_| word(32_000)).collect(), words(&[3200]), vec![7; 3200]];
    let error = decode(&[Type::array(Type::Bytes)], &blob.concat()).unwrap_err();
    assert!(matches!(error, CodecError::UnfoldsTooFar { .. }), "{error}");
}

#[test]
fn empty_values_may_share_their_place() {
    // Ten empty `bytes` with one length word, as hand-made calldata writes them.
    let data = [words(&[32, 10]), (0..10).flat_map(|_| word(320)).collect(), words(&[0])].concat();
    let values = decode(&[Type::array(Type::Bytes)], &data).unwrap();
    assert_eq!(values, [Value::Array(vec![Value::bytes(vec![]); 10])]);
}

#[test]
fn types_nested_too_deep_are_refused_everywhere() {
    let deep = (0..40).fold(Type::Bool, |ty, _| Type::array(ty));
    assert_eq!(decode(std::slice::from_ref(&deep), &[]), Err(CodecError::TooDeep { limit: 32 }));
    assert_eq!(type_name(&deep), Err(CodecError::TooDeep { limit: 32 }));
    let value = Value::Array(vec![]);
    assert_eq!(SolidityCodec::default().encode_values(&[deep], &[value]), Err(CodecError::TooDeep { limit: 32 }));
}

#[test]
fn structs_share_their_names_instead_of_copying_them() {
    let name = "x".repeat(10_000);
    let ty = Type::array(Type::Struct { name: name.as_str().into(), fields: vec![Field::new(&name, Type::Bool)] });
    let data = [words(&[32, 1000]), words(&[1; 1000])].concat();
    let values = decode(&[ty], &data).unwrap();
    let Value::Array(items) = &values[0] else { panic!("not a list") };
    let names = items.iter().map(|item| match item {
        Value::Struct { name, fields } => (name.as_ptr(), fields[0].0.as_ptr()),
        other => panic!("{other}"),
    });
    assert_eq!(names.collect::<std::collections::BTreeSet<_>>().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn values_survive_the_round_trip((ty, value) in common::typed(common::solidity_type())) {
        let codec = SolidityCodec::canonical();
        let (types, values) = ([ty], [value]);
        let data = codec.encode_values(&types, &values).unwrap();
        prop_assert_eq!(codec.decode_values(&types, &data).unwrap(), values);
    }

    /// Whatever we accept as canonical alloy reads as the same value, and it writes the same bytes.
    #[test]
    fn alloy_reads_what_we_write((ty, value) in common::typed(common::solidity_type())) {
        let alloy_type = DynSolType::parse(&type_name(&ty).unwrap()).unwrap();
        let data = SolidityCodec::default().encode_values(&[ty], &[value]).unwrap();
        let list = DynSolType::Tuple(vec![alloy_type]);
        let read = list.abi_decode_params(&data).unwrap();
        prop_assert_eq!(read.abi_encode_params(), data.to_vec());
    }

    #[test]
    fn topics_are_those_of_alloy((ty, value) in common::typed(common::solidity_type())) {
        let list = DynSolType::Tuple(vec![DynSolType::parse(&type_name(&ty).unwrap()).unwrap()]);
        let data = SolidityCodec::default().encode_values(std::slice::from_ref(&ty), std::slice::from_ref(&value)).unwrap();
        let DynSolValue::Tuple(values) = list.abi_decode_params(&data).unwrap() else { panic!("a list is a tuple") };
        let fields = vec![EventParam { name: "".into(), ty, indexed: true }];
        let event = Event { name: "E".into(), fields, topic: None, signature: "E".into() };
        let log = SolidityCodec::default().encode_event(&event, &[value]).unwrap();
        prop_assert_eq!(log.topics(), [values[0].encode_topic()]);
    }

    #[test]
    fn f15_random_bytes_never_panic(ty in common::solidity_type(), data in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(values) = decode(std::slice::from_ref(&ty), &data) {
            values[0].check(&ty).unwrap();
        }
    }

    /// Small words are plausible offsets and lengths, so these go deeper than random bytes.
    #[test]
    fn f15_plausible_words_never_panic_and_mean_what_alloy_reads(ty in common::solidity_type(), words in proptest::collection::vec(0..12_u64, 0..40)) {
        let data: Vec<u8> = words.iter().flat_map(|n| word(if n % 3 == 0 { n * 32 } else { *n })).collect();
        if let Ok(values) = decode(std::slice::from_ref(&ty), &data) {
            // What we accept alloy reads as the same values. It refuses parts that share their bytes where there are fewer
            // than parts of their own would take; solc reads them.
            let list = DynSolType::Tuple(vec![DynSolType::parse(&type_name(&ty).unwrap()).unwrap()]);
            let encoded = SolidityCodec::default().encode_values(&[ty], &values).unwrap();
            match list.abi_decode_params(&data) {
                Ok(read) => prop_assert_eq!(encoded, read.abi_encode_params()),
                Err(error) => prop_assert!(encoded.len() > data.len(), "{}", error),
            }
        }
    }

    #[test]
    fn f15_truncated_and_changed_encodings_never_panic(
        (ty, value) in common::typed(common::solidity_type()),
        cut in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let types = [ty];
        let mut data = SolidityCodec::default().encode_values(&types, &[value]).unwrap().to_vec();
        prop_assert!(SolidityCodec::canonical().decode_values(&types, &data[..cut.index(data.len())]).is_err());
        let at = at.index(data.len());
        data[at] = byte;
        if let Ok(values) = SolidityCodec::canonical().decode_values(&types, &data) {
            prop_assert_eq!(SolidityCodec::default().encode_values(&types, &values).unwrap(), data);
        }
    }
}
