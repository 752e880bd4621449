//! What holds for every codec and any type: round trips, one encoding for each value, no panics on any bytes.

mod common;

use common::abis::{ABIS, Book, in_one_order, type_of};
use hexapla_abi::{Abi, AnyCodec, SolidityCodec, Type, Value};
use proptest::{collection::vec, prelude::*, sample::Index};

fn abi() -> impl Strategy<Value = Abi> {
    prop::sample::select(ABIS.as_slice())
}

fn abi_and_type() -> impl Strategy<Value = (Abi, Type)> {
    abi().prop_flat_map(|abi| (Just(abi), type_of(abi)))
}

fn abi_and_value() -> impl Strategy<Value = (Abi, Type, Value)> {
    abi_and_type().prop_flat_map(|(abi, ty)| {
        let value = common::value_of(&ty);
        (Just(abi), Just(ty), value)
    })
}

/// The codec that takes only the one encoding; the others are so by nature.
fn strict(abi: Abi, book: &Book) -> AnyCodec<'_> {
    match abi {
        Abi::Solidity => AnyCodec::Solidity(SolidityCodec::canonical()),
        abi => AnyCodec::new(abi, book),
    }
}

/// What is decoded is encoded to the same bytes.
fn means_only_itself(codec: AnyCodec<'_>, ty: &Type, data: &[u8]) -> Result<(), TestCaseError> {
    let types = std::slice::from_ref(ty);
    if let Ok(values) = codec.decode_values(types, data) {
        values[0].check(ty).unwrap();
        prop_assert_eq!(codec.encode_values(types, &values).unwrap(), data.to_vec());
    }
    Ok(())
}

/// One change of some bytes.
#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Flip(Index, u8),
    Cut(Index),
    Insert(Index, u8),
    Append(Vec<u8>),
    Swap(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), prop::sample::select(vec![0, 1, 2, 0x7f, 0x80, 0xff]))
            .prop_map(|(at, to)| Change::Set(at, to)),
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        any::<Index>().prop_map(Change::Cut),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        vec(any::<u8>(), 1..40).prop_map(Change::Append),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Change::Swap(one, other)),
    ]
}

fn apply(mut data: Vec<u8>, changes: Vec<Change>) -> Vec<u8> {
    for change in changes {
        let length = data.len();
        match change {
            Change::Append(tail) => data.extend(tail),
            Change::Insert(at, byte) => data.insert(at.index(length + 1), byte),
            _ if length == 0 => (),
            Change::Set(at, to) => data[at.index(length)] = to,
            Change::Flip(at, bit) => data[at.index(length)] ^= 1 << bit,
            Change::Cut(at) => data.truncate(at.index(length)),
            Change::Swap(one, other) => data.swap(one.index(length), other.index(length)),
        }
    }
    data
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn every_abi_has_a_form_for_its_types((abi, ty) in abi_and_type()) {
        prop_assert_eq!(abi.check_type(&ty), Ok(()));
    }

    #[test]
    fn values_survive_the_round_trip((abi, ty, value) in abi_and_value()) {
        let book = Book::default();
        let (codec, types) = (strict(abi, &book), [ty]);
        let data = codec.encode_values(&types, std::slice::from_ref(&value)).unwrap();
        let decoded = codec.decode_values(&types, &data).unwrap().remove(0);
        prop_assert_eq!(in_one_order(decoded), in_one_order(value));
    }

    #[test]
    fn random_bytes_mean_one_value_or_none((abi, ty) in abi_and_type(), data in vec(any::<u8>(), 0..200)) {
        means_only_itself(strict(abi, &Book::default()), &ty, &data)?;
    }

    #[test]
    fn small_bytes_mean_one_value_or_none((abi, ty) in abi_and_type(), data in vec(0..3_u8, 0..60)) {
        means_only_itself(strict(abi, &Book::default()), &ty, &data)?;
    }

    #[test]
    fn small_words_mean_one_value_or_none((abi, ty) in abi_and_type(), words in vec(0..4_u8, 0..20)) {
        let data = words.iter().flat_map(|word| [&[0; 31], [*word].as_slice()].concat()).collect::<Vec<_>>();
        means_only_itself(strict(abi, &Book::default()), &ty, &data)?;
    }

    #[test]
    fn changed_encodings_mean_one_value_or_none(
        (abi, ty, value) in abi_and_value(),
        changes in vec(change(), 1..4),
    ) {
        let book = Book::default();
        let codec = strict(abi, &book);
        let data = codec.encode_values(std::slice::from_ref(&ty), &[value]).unwrap();
        means_only_itself(codec, &ty, &apply(data.to_vec(), changes))?;
    }

    #[test]
    fn any_type_of_any_abi_is_encoded_or_refused(abi in abi(), (ty, value) in common::typed(common::any_type())) {
        let book = Book::default();
        let types = [ty];
        let encoded = AnyCodec::new(abi, &book).encode_values(&types, std::slice::from_ref(&value));
        if abi.check_type(&types[0]).is_ok() {
            prop_assert!(encoded.is_ok(), "{encoded:?}");
        }
        if let Ok(data) = encoded {
            let decoded = AnyCodec::new(abi, &book).decode_values(&types, &data).unwrap().remove(0);
            prop_assert_eq!(in_one_order(decoded), in_one_order(value));
        }
    }

    #[test]
    fn a_value_of_another_type_is_refused(
        abi in abi(),
        ty in common::any_type(),
        (_, value) in common::typed(common::any_type()),
    ) {
        let encoded = AnyCodec::new(abi, &Book::default()).encode_values(std::slice::from_ref(&ty), std::slice::from_ref(&value));
        prop_assert!(encoded.is_err() || value.check(&ty).is_ok());
    }
}
