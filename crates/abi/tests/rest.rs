//! Bytes, texts and lists that take what remains of the data, and bytes that are always the same.

mod common;

use common::{abis::Book, value_of};
use hexapla_abi::{
    Abi, AnyCodec, BorshCodec, Codec, CodecError, Field, Function, Image, Interface, Param, Type, Value, Variant,
};
use proptest::prelude::*;

fn uint(bits: u16) -> Type {
    Type::Uint { bits }
}

fn rests() -> [Type; 4] {
    let pair = Type::Tuple(vec![uint(16), Type::String]);
    [Type::Bytes, Type::String, Type::array(uint(16)), Type::array(pair)].map(Type::rest)
}

proptest! {
    #[test]
    fn what_stands_before_and_the_rest_are_read_as_they_were_written(
        (ty, rest) in prop::sample::select(rests().to_vec()).prop_flat_map(|ty| (Just(ty.clone()), value_of(&ty))),
        before: u64,
    ) {
        let book = Book::default();
        let codec = BorshCodec::new(&book);
        let types = [uint(64), ty];
        let values = [Value::from(before), rest];
        let bytes = codec.encode_values(&types, &values).unwrap();
        prop_assert_eq!(codec.decode_values(&types, &bytes).unwrap(), values);
    }

    #[test]
    fn any_bytes_are_read_as_a_rest_or_refused(data in prop::collection::vec(any::<u8>(), 0..80)) {
        let book = Book::default();
        let codec = BorshCodec::new(&book);
        for ty in rests() {
            if let Ok(value) = codec.decode_value(&ty, &data) {
                prop_assert_eq!(&codec.encode_value(&ty, &value).unwrap()[..], &data[..]);
            }
        }
    }
}

#[test]
fn a_list_whose_elements_take_no_byte_ends_with_the_limit() {
    let book = Book::default();
    let error = BorshCodec::new(&book).decode_value(&Type::rest(Type::array(Type::Unit)), &[1]).unwrap_err();
    assert!(matches!(error, CodecError::TooManyParts { .. }), "{error}");
}

#[test]
fn nothing_may_follow_a_rest() {
    let rest = Type::rest(Type::Bytes);
    let fields = |types: Vec<Type>| Type::Struct {
        name: "Note".into(),
        fields: types.into_iter().map(|ty| Field::new("f", ty)).collect(),
    };
    let carrying = Type::Enum { name: "Side".into(), variants: vec![Variant::new("Some", rest.clone())] };
    for last in [fields(vec![uint(8), rest.clone()]), Type::option(rest.clone()), carrying.clone()] {
        assert_eq!(Abi::Borsh.check_type(&last), Ok(()), "{last}");
    }
    let followed = [
        fields(vec![rest.clone(), uint(8)]),
        Type::Tuple(vec![carrying, uint(8)]),
        Type::array(rest.clone()),
        Type::rest(Type::array(rest.clone())),
        Type::fixed_array(rest.clone(), 2),
        Type::Map(Box::new(uint(8)), Box::new(rest.clone())),
    ];
    for ty in followed {
        let error = Abi::Borsh.check_type(&ty).unwrap_err();
        assert!(matches!(error, CodecError::RestIsFollowed { .. }), "{ty}: {error}");
    }
    for abi in [Abi::Solidity, Abi::Bcs, Abi::Cairo, Abi::Fuel] {
        assert!(abi.check_type(&rest).is_err(), "{abi:?}");
    }
    assert!(Abi::Borsh.check_type(&Type::rest(uint(8))).is_err(), "a number is no rest");
    let inputs = vec![Param::new("a", rest.clone()), Param::new("b", uint(8))];
    let function = Function { name: "note".into(), inputs, ..Function::default() };
    let interface = Interface { abi: Abi::Borsh, functions: vec![function], ..Interface::default() };
    assert_eq!(interface.check_types(), Err(CodecError::RestIsFollowed { ty: "bytes…".into() }));
}

#[test]
fn a_constant_is_written_and_other_bytes_in_its_place_are_refused() {
    let book = Book::default();
    let codec = BorshCodec::new(&book);
    let types = [Type::Constant([7, 8].into()), uint(8)];
    let values = [Value::Unit, Value::from(9_u64)];
    let bytes = codec.encode_values(&types, &values).unwrap();
    assert_eq!(bytes[..], [7, 8, 9]);
    assert_eq!(codec.decode_values(&types, &bytes).unwrap(), values);
    let error = codec.decode_values(&types, &[7, 9, 9]).unwrap_err().to_string();
    assert!(error.contains("other bytes must stand here") && error.contains("0x0709"), "{error}");
    assert!(codec.decode_values(&types, &[7]).is_err());
    assert!(Abi::Borsh.check_type(&Type::Constant(vec![0; 257].into())).is_err());
    assert!(Abi::Cairo.check_type(&types[0]).is_err());
    assert_eq!(types[0].to_string(), "=0x0708");
}

#[test]
fn callers_of_other_abis_see_what_is_inside() {
    let image = Image::new(&Type::rest(Type::array(uint(16))), Abi::Borsh, Abi::Solidity).unwrap();
    assert_eq!(image.image(), &Type::array(uint(16)));
    let value = Value::Array(vec![Value::from(7_u64)]);
    assert_eq!(image.show(value.clone()).unwrap(), value);
    assert_eq!(image.read(value.clone()).unwrap(), value);
}

#[test]
fn an_interface_with_a_rest_is_kept_as_bytes() {
    let inputs = vec![Param::new("mark", Type::Constant([1].into())), Param::new("text", Type::rest(Type::String))];
    let function =
        Function { name: "memo".into(), signature: "memo(=0x01,string…)".into(), inputs, ..Function::default() };
    let interface = Interface { abi: Abi::Borsh, functions: vec![function], ..Interface::default() };
    let bytes = interface.to_bytes().unwrap();
    let read = Interface::from_bytes(&bytes).unwrap();
    assert_eq!(read, interface);
    let book = Book::default();
    let call =
        AnyCodec::new(Abi::Borsh, &book).encode_call(&read.functions[0], &[Value::Unit, Value::string("hi")]).unwrap();
    assert_eq!(&call[..], b"\x01hi");
}
