//! The ABI of a Cairo contract class (specification: <https://docs.starknet.io/build/cairo/contract-abi>).
//!
//! - A function's **selector** is the felt that names it: the low 250 bits of its name's Keccak hash, in 32 bytes.
//! - `felt252`, `ClassHash` and `StorageAddress` are felts, `ByteArray` is a text, `Span` an array, `EthAddress` 20 bytes.
//!   Snapshots, `Box` and `NonZero` are what they hold. A `BoundedInt` is a felt, a point of secp256k1 or secp256r1 its
//!   coordinates.
//! - An **event** is a variant of an event enum whose fields are a struct; its topic is the selector of the variant's name.
//!   Variants that are `flat` stand for the variants of an inner enum. An enum inside an enum that is not flat would put two
//!   selectors into the keys and is refused.
//! - An item that is malformed or has no place is left out with its reason, and the others are read.
//! - `l1_handler`s are called by messages of another chain alone and are refused. Names of structs and enums are the last
//!   segment of their path where no other type has it, else the whole path.

mod events;
mod path;
mod types;

use serde_json::Value as Json;

use crate::{
    codecs::starknet_selector,
    error::InterfaceError,
    interface::{Abi, Constructor, Function, Interface, Mutability, Param},
    source::{self, Draft, Problem, child, kind_of, list, text, text_or_empty, type_text},
    text::{escape, shorten},
};
use types::Types;

impl Interface {
    /// Reads the ABI of a Cairo contract class: the array itself, or a class whose `abi` is an array or a text.
    /// See the [module](crate::cairo) for what becomes of what.
    ///
    /// Items that have no place in an interface are listed in [`Interface::refused`].
    ///
    /// # Errors
    ///
    /// An [`InterfaceError`] for text that is no Cairo ABI.
    pub fn from_cairo_abi(json: &str) -> Result<Self, InterfaceError> {
        Self::from_cairo_value(&source::parse(json)?)
    }

    pub(crate) fn from_cairo_value(json: &Json) -> Result<Self, InterfaceError> {
        match json.get("abi").unwrap_or(json) {
            Json::Array(items) => read(items),
            Json::String(abi) => match source::parse(abi)? {
                Json::Array(items) => read(&items),
                other => Err(other_format(&other)),
            },
            other => Err(other_format(other)),
        }
    }
}

/// Whether the items are those of a Cairo ABI: Solidity has no such kinds and no type with a path.
pub(crate) fn is_cairo(items: &[Json]) -> bool {
    items.iter().any(|item| {
        let inputs = item.get("inputs").and_then(Json::as_array).into_iter().flatten();
        let outputs = item.get("outputs").and_then(Json::as_array).into_iter().flatten();
        matches!(text_or_empty(item, "type"), "interface" | "impl" | "struct" | "enum" | "l1_handler")
            || matches!(text_or_empty(item, "kind"), "struct" | "enum")
            || inputs.chain(outputs).any(|param| text_or_empty(param, "type").contains("::"))
    })
}

fn other_format(json: &Json) -> InterfaceError {
    let expected = "the ABI of a Cairo class (a JSON array, or a class with `abi`)";
    InterfaceError::OtherFormat { expected, found: kind_of(json) }
}

fn read(items: &[Json]) -> Result<Interface, InterfaceError> {
    let mut draft = Draft::new("", Abi::Cairo);
    let mut types = Types::new(items, &mut draft);
    for (index, json) in items.iter().enumerate() {
        match text_or_empty(json, "type") {
            "interface" => {
                let inner = draft.item(&label(index, json), list(json, "items")).unwrap_or_default();
                inner.iter().for_each(|json| read_callable(&mut draft, index, json, &mut types));
            }
            "struct" | "enum" | "event" | "impl" => {}
            _ => read_callable(&mut draft, index, json, &mut types),
        }
    }
    events::read(&mut draft, items, &mut types);
    Ok(draft.finish())
}

fn label(index: usize, json: &Json) -> String {
    match text_or_empty(json, "type") {
        "" => source::label("item", index, json),
        kind => source::label(&escape(&shorten(kind, 40)), index, json),
    }
}

fn read_callable(draft: &mut Draft, index: usize, json: &Json, types: &mut Types<'_>) {
    let item = label(index, json);
    match text_or_empty(json, "type") {
        "function" => {
            let function = draft.item(&item, read_function(json, types));
            draft.interface.functions.extend(function);
        }
        "constructor" => {
            let inputs = draft.item(&item, read_inputs(json, types));
            let constructor = inputs.map(|inputs| Constructor { inputs, mutability: Mutability::NonPayable });
            draft.interface.constructor = constructor;
        }
        "l1_handler" => {
            let reason = "it answers messages of another chain, no contract can call it";
            draft.refuse(&item, Problem::inexpressible(reason));
        }
        other => {
            let known = "function, constructor, l1_handler, interface, impl, struct, enum and event";
            let other = crate::text::quote(&shorten(other, 40));
            draft.refuse(&item, Problem::malformed(format!("{other} is not a kind of item; known are {known}")));
        }
    }
}

fn read_function(json: &Json, types: &mut Types<'_>) -> Result<Function, Problem> {
    let name = text(json, "name")?.to_owned();
    let inputs = read_inputs(json, types)?;
    let outputs = list(json, "outputs")?.iter().map(|output| {
        let ty = types.read(type_text(output, "type")?)?;
        Ok(Param::new(text_or_empty(output, "name"), ty))
    });
    let outputs = outputs.collect::<Result<_, Problem>>()?;
    let mutability = match text(json, "state_mutability")? {
        "view" => Mutability::View,
        "external" => Mutability::NonPayable,
        other => {
            let reason = format!("`state_mutability` is {}, known are view and external", crate::text::quote(other));
            return Err(Problem::malformed(reason));
        }
    };
    let selector = starknet_selector(&name).into();
    let signature = source::signature(&name, inputs.iter().map(|param| &param.ty));
    Ok(Function { name, inputs, outputs, mutability, selector, signature, ..Function::default() })
}

fn read_inputs(json: &Json, types: &mut Types<'_>) -> Result<Vec<Param>, Problem> {
    child(json, "inputs")?;
    let read = |input| Ok(Param::new(text(input, "name")?, types.read(type_text(input, "type")?)?));
    list(json, "inputs")?.iter().map(read).collect()
}
