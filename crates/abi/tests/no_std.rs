//! What a border needs works with `core` and `alloc` alone. That the crate itself needs no more is checked by
//! `cargo check -p hexapla-abi --no-default-features`.

#![no_std]

extern crate alloc;

use alloc::{vec, vec::Vec};

use hexapla_abi::{
    Abi, Address, AddressBook, AddressError, AnyCodec, B256, Codec, Function, Interface, Mutability, Param, Type,
    Value, interface_hash,
};

struct Book;

impl AddressBook for Book {
    fn canonical(&self, native: &B256) -> Result<Address, AddressError> {
        Ok(Address::from_word(*native))
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        Ok(canonical.into_word())
    }
}

#[test]
fn an_interface_is_read_and_a_call_translated() {
    let pay = Function {
        name: "pay".into(),
        inputs: vec![Param::new("to", Type::Address), Param::new("amount", Type::Uint { bits: 64 })],
        outputs: vec![],
        mutability: Mutability::NonPayable,
        selector: Vec::from(*b"pay!").into(),
        signature: "pay".into(),
        ..Function::default()
    };
    let interface = Interface { functions: vec![pay], ..Interface::default() };
    let bytes = interface.to_bytes().unwrap();
    assert_ne!(interface_hash(&bytes), B256::ZERO);
    let interface = Interface::from_bytes(&bytes).unwrap();

    let values = vec![Value::Address(Address::repeat_byte(9)), Value::uint(7_u8)];
    let (solidity, borsh) = (AnyCodec::new(Abi::Solidity, &Book), AnyCodec::new(Abi::Borsh, &Book));
    let call = solidity.encode_call(&interface.functions[0], &values).unwrap();
    let (pay, decoded) = solidity.decode_call(&interface, &call).unwrap();
    let translated = borsh.encode_call(pay, &decoded).unwrap();
    assert_eq!(translated.len(), 4 + 32 + 8);
    assert_eq!(borsh.decode_call(&interface, &translated).unwrap().1, values);
}
