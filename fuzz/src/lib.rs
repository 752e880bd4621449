//! What the fuzz targets do: the claims that must hold for any bytes.

mod book;
mod types;

use arbitrary::Unstructured;
use hexapla_abi::{Abi, AnyCodec, Image, Interface, SolidityCodec, Type, Value};

use book::Book;

const ABIS: [Abi; 5] = [Abi::Solidity, Abi::Borsh, Abi::Bcs, Abi::Cairo, Abi::Fuel];

/// Bytes are one value of the type or none: what is decoded is of the type and encoded to the same bytes.
pub fn decode(abi: Abi, input: &[u8]) {
    let mut bytes = Unstructured::new(input);
    let Ok(ty) = types::any(&mut bytes) else { return };
    let (book, types, data) = (Book::default(), [ty], bytes.take_rest());
    let codec = strict(abi, &book);
    if let Ok(values) = codec.decode_values(&types, data) {
        is_of(&values, &types);
        assert_eq!(codec.encode_values(&types, &values).expect("what is decoded is encoded")[..], *data);
    }
}

/// A value that goes to another ABI, as its image there, comes back as the same value.
pub fn translate(input: &[u8]) {
    let mut bytes = Unstructured::new(input);
    let (Ok(pair), Ok(ty)) = (bytes.arbitrary::<u8>(), types::any(&mut bytes)) else { return };
    let pair = usize::from(pair);
    let (from, to) = (ABIS[pair % 5], ABIS[pair / 5 % 5]);
    let Ok(image) = Image::new(&ty, from, to) else { return };
    let (book, types, data) = (Book::default(), [ty], bytes.take_rest());
    let (from, to) = (strict(from, &book), strict(to, &book));
    let Ok(mut values) = from.decode_values(&types, data) else { return };
    let Some(Ok(shown)) = values.pop().map(|value| image.show(value)) else { return };
    let images = [image.image().clone()];
    // An id may have no form on the other side (Cairo's are shorter).
    let Ok(there) = to.encode_values(&images, &[shown]) else { return };
    let mut arrived = to.decode_values(&images, &there).expect("what is encoded is decoded");
    let arrived = arrived.pop().expect("a value arrives");
    arrived.check(&images[0]).expect("a decoded value is of its type");
    let back = image.read(arrived).expect("an image has a source");
    // The order of a map's entries is that of its encoding, so that the values may differ; their bytes may not.
    assert_eq!(from.encode_values(&types, &[back]).expect("the way back is open")[..], *data);
}

/// Bytes are one interface or none.
pub fn wire(input: &[u8]) {
    if let Ok(interface) = Interface::from_bytes(input) {
        assert_eq!(interface.to_bytes().expect("what is read is written"), input);
    }
}

/// The codec that takes only the one encoding; the others are so by nature.
fn strict(abi: Abi, book: &Book) -> AnyCodec<'_> {
    match abi {
        Abi::Solidity => AnyCodec::Solidity(SolidityCodec::canonical()),
        abi => AnyCodec::new(abi, book),
    }
}

fn is_of(values: &[Value], types: &[Type]) {
    values.iter().zip(types).for_each(|(value, ty)| value.check(ty).expect("a decoded value is of its type"));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The targets themselves hold for many inputs without a fuzzer, among them every pair of ABIs.
    #[test]
    fn the_targets_hold_for_pseudo_random_inputs() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        for round in 0..200_000_u64 {
            let length = usize::try_from(next() % 96).expect("it is small");
            let small = round % 3 == 0;
            let bytes = (0..length).map(|_| next().to_le_bytes()[0]).map(|byte| if small { byte % 4 } else { byte });
            let input = bytes.collect::<Vec<_>>();
            ABIS.into_iter().for_each(|abi| decode(abi, &input));
            translate(&input);
            wire(&[&[1], input.as_slice()].concat());
        }
    }
}
