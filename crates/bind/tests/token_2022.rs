//! The bytes of every instruction and every extension of Token-2022, which `check/run.sh` compares with those that the
//! program's own client writes.

mod support;

use std::{collections::BTreeMap, fs, path::Path};

use hexapla_abi::{Address, BorshCodec, Codec as _, I256, Interface, Type, Value};
use support::Padded;

fn interface(name: &str) -> Interface {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/svm/idl").join(name);
    let interface = Interface::detect(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(interface.refused, [], "{name}");
    interface
}

/// The value of a type; `token-2022.cjs` has the same rules.
fn sample(ty: &Type) -> Value {
    let int = |number: i64| Value::Int(I256::try_from(number).unwrap());
    match ty {
        Type::Bool => Value::Bool(true),
        Type::Uint { bits: 8 } => Value::uint(7_u8),
        Type::Uint { bits: 16 } => Value::uint(258_u16),
        Type::Uint { bits: 32 } => Value::uint(66_051_u32),
        Type::Uint { .. } => Value::uint(0x0102_0304_0506_0708_u64),
        Type::Int { bits: 8 } => int(-3),
        Type::Int { bits: 16 } => int(-300),
        Type::Int { .. } => int(-5_000_000_000),
        Type::Address => Value::Address(Address::repeat_byte(0x11)),
        Type::String => Value::string("hexapla"),
        // A number with a point.
        Type::FixedBytes(8) => Value::bytes(1.5_f64.to_le_bytes().to_vec()),
        Type::FixedBytes(length) => {
            Value::bytes((1..=*length).map(|byte| u8::try_from(byte).unwrap()).collect::<Vec<_>>())
        }
        Type::Option(inner) => Value::Option(Some(Box::new(sample(inner)))),
        Type::Rest(inner) => match &**inner {
            Type::Bytes => Value::bytes([3, 2, 9, 9]),
            Type::Array(_) => Value::Array(vec![Value::uint(8_u8), Value::uint(14_u8)]),
            text => sample(text),
        },
        Type::Array(inner) => Value::Array(vec![sample(inner)]),
        Type::Struct { name, fields } => {
            let fields = fields.iter().map(|field| (field.name.clone(), sample(&field.ty))).collect();
            Value::Struct { name: name.clone(), fields }
        }
        Type::Enum { name, variants } => {
            let last = variants.last().unwrap();
            let variant = if last.payload == Type::Unit { &variants[1] } else { last };
            let payload = Box::new(sample(&variant.payload));
            Value::Enum { name: name.clone(), variant: variant.name.clone(), payload }
        }
        Type::Unit => Value::Unit,
        other => panic!("{other} is not a type of Token-2022"),
    }
}

#[test]
fn every_instruction_and_extension_of_token_2022_has_the_bytes_that_its_own_client_must_write() {
    let codec = BorshCodec::new(&Padded);
    let mut bytes = BTreeMap::new();
    for function in &interface("token-2022.json").functions {
        let values = function.input_types().map(sample).collect::<Vec<_>>();
        bytes.insert(function.name.clone(), codec.encode_call(function, &values).unwrap());
    }
    for layout in &interface("token-2022-extensions.json").layouts {
        let data = codec.encode_value(&layout.ty, &sample(&layout.ty)).unwrap();
        let length = u16::try_from(data.len()).unwrap().to_le_bytes();
        bytes.insert(layout.name.clone(), [&layout.discriminator[..], &length, &data].concat().into());
    }
    assert_eq!(bytes.len(), 100 + 28);
    let text = serde_json::to_string_pretty(&bytes).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("check/token-2022-bytes.json");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "{} differs; UPDATE_EXPECT=1 writes it", path.display());
}
