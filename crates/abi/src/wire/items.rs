//! The parts of an interface, field by field.

use alloc::{sync::Arc, vec::Vec};

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

/// Bits beside the mutability of a function that say which lists follow its accounts; a list without items is not there.
const TYPE_PARAMS: u8 = 1 << 2;
const CALLER_PARAMS: u8 = 1 << 3;

impl Wire for Function {
    fn put(&self, writer: &mut Writer) -> Result<(), WireError> {
        self.name.put(writer)?;
        self.inputs.put(writer)?;
        self.outputs.put(writer)?;
        let lists = [(TYPE_PARAMS, &self.type_params), (CALLER_PARAMS, &self.caller_params)];
        let there = || lists.iter().filter(|(_, list)| !list.is_empty());
        let flags = there().fold(0, |flags, (flag, _)| flags | flag);
        self.mutability.put(writer)?;
        if let Some(last) = writer.out.last_mut() {
            *last |= flags;
        }
        self.selector.put(writer)?;
        self.signature.put(writer)?;
        self.accounts.put(writer)?;
        there().try_for_each(|(_, list)| list.put(writer))
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let (name, inputs, outputs) = (Wire::take(reader)?, Wire::take(reader)?, Wire::take(reader)?);
        let what = "the mutability";
        let byte = reader.byte(what)?;
        let mutability = match byte & !(TYPE_PARAMS | CALLER_PARAMS) {
            0 => Mutability::Pure,
            1 => Mutability::View,
            2 => Mutability::NonPayable,
            3 => Mutability::Payable,
            _ => return Err(reader.invalid(what, "no such kind is known")),
        };
        let (selector, signature, accounts) = (Wire::take(reader)?, Wire::take(reader)?, Wire::take(reader)?);
        let mut list = |flag: u8| -> Result<Vec<Arc<str>>, WireError> {
            if byte & flag == 0 {
                return Ok(Vec::new());
            }
            let names = Vec::take(reader)?;
            if names.is_empty() {
                return Err(reader.invalid("a list of parameters", "an empty one is left out"));
            }
            Ok(names)
        };
        let (type_params, caller_params) = (list(TYPE_PARAMS)?, list(CALLER_PARAMS)?);
        Ok(Self { name, inputs, outputs, mutability, selector, signature, accounts, type_params, caller_params })
    }
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
