//! The parts of an interface, field by field.

use super::{
    WireError,
    io::{Reader, Wire, Writer},
};
use crate::interface::{
    Abi, AccountLayout, AccountParam, AccountSource, Constructor, CustomError, Event, EventParam, Function, Interface,
    Mutability, Param, Refused, Seed,
};

/// A record is its fields in this order.
macro_rules! records {
    ($($name:ident { $($field:ident),+ $(,)? })+) => {$(
        impl Wire for $name {
            fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
                $(self.$field.put(writer)?;)+
                Ok(())
            }

            fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
                Ok(Self { $($field: Wire::take(reader)?),+ })
            }
        }
    )+};
}

records! {
    Interface { name, abi, constructor, functions, events, errors, types, layouts, refused, fallback, receive }
    Constructor { inputs, mutability }
    Function { name, inputs, outputs, mutability, selector, signature, accounts }
    Param { name, ty }
    AccountParam { name, writable, signer, optional, source }
    AccountLayout { name, discriminator, ty }
    Refused { item, reason }
    Event { name, fields, topic, signature }
    EventParam { name, ty, indexed }
    CustomError { name, inputs, selector, message, signature }
}

/// A choice without content is its number in this list.
macro_rules! choices {
    ($($name:ident ($what:literal) { $($variant:ident = $number:literal),+ $(,)? })+) => {$(
        impl Wire for $name {
            fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
                writer.out.push(match self { $(Self::$variant => $number),+ });
                Ok(())
            }

            fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
                match reader.byte($what)? {
                    $($number => Ok(Self::$variant),)+
                    _ => Err(reader.invalid($what, "no such kind is known")),
                }
            }
        }
    )+};
}

choices! {
    Abi("the ABI") { Solidity = 0, Borsh = 1, Bcs = 2, Cairo = 3, Fuel = 4 }
    Mutability("the mutability") { Pure = 0, View = 1, NonPayable = 2, Payable = 3 }
}

impl Wire for AccountSource {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        match self {
            Self::Given => writer.out.push(0),
            Self::Fixed(id) => {
                writer.out.push(1);
                id.put(writer)?;
            }
            Self::Derived { program, seeds } => {
                writer.out.push(2);
                program.put(writer)?;
                seeds.put(writer)?;
            }
        }
        Ok(())
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let what = "the source of an account";
        match reader.byte(what)? {
            0 => Ok(Self::Given),
            1 => Wire::take(reader).map(Self::Fixed),
            2 => Ok(Self::Derived { program: Wire::take(reader)?, seeds: Wire::take(reader)? }),
            _ => Err(reader.invalid(what, "no such kind is known")),
        }
    }
}

impl Wire for Seed {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        match self {
            Self::Const(bytes) => {
                writer.out.push(0);
                bytes.put(writer)
            }
            Self::Arg(path) => {
                writer.out.push(1);
                path.put(writer)
            }
            Self::Account(name) => {
                writer.out.push(2);
                name.put(writer)
            }
        }
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        match reader.byte("a seed")? {
            0 => Wire::take(reader).map(Self::Const),
            1 => Wire::take(reader).map(Self::Arg),
            2 => Wire::take(reader).map(Self::Account),
            _ => Err(reader.invalid("a seed", "no such kind is known")),
        }
    }
}
