//! Fuel's JSON ABI, specification versions 1, 1.1 and 1.2, and the form before (<https://docs.fuel.network/docs/specs/abi/json-abi-format/>).
//!
//! - A function's **selector** is its name: encoding version 1 names functions so, and has no overloads.
//! - It is payable where it has the attribute `payable`, a view where it does not have `storage(write)`, and pure where it
//!   has neither `storage(read)` nor `storage(write)`.
//! - `Address` and `ContractId` are accounts; an `Identity` is the enum of both, as which it is encoded.
//!   `b256` and `AssetId`'s content are 32 bytes, `str[n]` a text of fixed length, `Bytes` and `raw untyped slice` bytes.
//! - A logged type is an **event** whose topic holds the log id in its last eight bytes. The fields of a struct are the
//!   event's fields. Where two types have one name, the later events carry their log id in the name.
//! - An entry of `errorCodes` is an **error**: its selector is the revert code as eight big-endian bytes. From version 1.2
//!   on entries have numbers of 8 bits, which stand in bits 55 to 62 of the revert code under a set top bit; the bits below
//!   say from where the contract panicked. The selector has zeros there, and decoding takes no notice of them.
//! - The form before version 1 is read as well, see `old`.
//! - An item that is malformed or has no place is left out with its reason, and the others are read.
//! - Configurables are part of the code and are left out.

mod name;
mod old;
mod types;
mod version;

use std::collections::HashSet;

use alloy_primitives::B256;
use serde_json::Value as Json;

use crate::{
    codecs::panic_code,
    error::InterfaceError,
    interface::{Abi, CustomError, Event, EventParam, Function, Interface, Mutability, Param},
    source::{self, Draft, Problem, items, kind_of, list, text, text_or_empty},
    types::Type,
};
use types::Types;
use version::version;

impl Interface {
    /// Reads the JSON ABI of a Sway contract, of specification version 1, 1.1 or 1.2, or of the form before, and
    /// encoding version 1.
    /// See the [module](crate::fuel) for what becomes of what.
    ///
    /// Items that have no place in an interface are listed in [`Interface::refused`].
    ///
    /// # Errors
    ///
    /// An [`InterfaceError`] for text that is no such ABI.
    pub fn from_fuel_abi(json: &str) -> Result<Self, InterfaceError> {
        Self::from_fuel_value(&source::parse(json)?)
    }

    pub(crate) fn from_fuel_value(json: &Json) -> Result<Self, InterfaceError> {
        if !is_fuel(json) {
            let expected = "a Fuel ABI (an object with `functions` and `concreteTypes`, or `types` before version 1)";
            return Err(InterfaceError::OtherFormat { expected, found: kind_of(json) });
        }
        if old::is_old(json) {
            let mut draft = Draft::new("", Abi::Fuel);
            let current = old::to_current(json, &mut draft)?;
            return read(&current, draft, false);
        }
        let spec = version(json, "specVersion", &["1", "1.1", SPEC_WITH_CALLS])?;
        version(json, "encodingVersion", &["1"])?;
        read(json, Draft::new("", Abi::Fuel), spec.as_deref() == Some(SPEC_WITH_CALLS))
    }
}

/// The specification from which on revert codes say from where the contract panicked.
const SPEC_WITH_CALLS: &str = "1.2";

/// Whether the JSON is a Fuel ABI.
pub(crate) fn is_fuel(json: &Json) -> bool {
    json.get("functions").is_some_and(Json::is_array)
        && (json.get("concreteTypes").is_some_and(Json::is_array) || old::is_old(json))
}

fn read(json: &Json, mut draft: Draft, with_calls: bool) -> Result<Interface, InterfaceError> {
    let mut types = Types::new(json, &mut draft)?;
    for (label, item) in items(json, "functions", "function")? {
        let function = draft.item(&label, read_function(item, &mut types));
        draft.interface.functions.extend(function);
    }
    let mut names = HashSet::new();
    for (_, item) in items(json, "loggedTypes", "logged type")? {
        let id = text_or_empty(item, "logId");
        let event = draft.item(&source::label_of("logged type", id), read_event(item, &mut types));
        draft.interface.events.extend(event.map(|mut event| {
            if !names.insert(event.name.clone()) {
                event.name = format!("{}_{id}", event.name);
            }
            event
        }));
    }
    read_errors(json, with_calls, &mut draft);
    Ok(draft.finish())
}

fn read_function(json: &Json, types: &mut Types<'_>) -> Result<Function, Problem> {
    let name = text(json, "name")?.to_owned();
    let inputs = list(json, "inputs")?.iter().map(|input| {
        let ty = types.concrete(text(input, "concreteTypeId")?)?;
        Ok(Param::new(text(input, "name")?, ty))
    });
    let inputs = inputs.collect::<Result<Vec<_>, Problem>>()?;
    let outputs = match types.concrete(text(json, "output")?)? {
        Type::Unit => Vec::new(),
        ty => vec![Param::new("", ty)],
    };
    let mutability = mutability_of(list(json, "attributes")?)?;
    let signature = source::signature(&name, inputs.iter().map(|param| &param.ty));
    let selector = name.as_bytes().to_vec().into();
    Ok(Function { name, inputs, outputs, mutability, selector, signature, ..Function::default() })
}

fn mutability_of(attributes: &[Json]) -> Result<Mutability, Problem> {
    let mut accesses = Vec::new();
    for attribute in attributes {
        match text(attribute, "name")? {
            "payable" => return Ok(Mutability::Payable),
            "storage" => accesses.extend(list(attribute, "arguments")?.iter().filter_map(Json::as_str)),
            _ => {}
        }
    }
    Ok(if accesses.contains(&"write") {
        Mutability::NonPayable
    } else if accesses.contains(&"read") {
        Mutability::View
    } else {
        Mutability::Pure
    })
}

fn read_event(json: &Json, types: &mut Types<'_>) -> Result<Event, Problem> {
    let id = text(json, "logId")?;
    let id = id.parse::<u64>().map_err(|_| Problem::malformed("`logId` must be a number of 64 bits, as a text"))?;
    let type_id = text(json, "concreteTypeId")?;
    let ty = types.concrete(type_id)?;
    let plain = |name: &str, ty| EventParam { name: name.into(), ty, indexed: false };
    let (name, fields) = match ty {
        Type::Struct { name, fields } => {
            let fields = fields.into_iter().map(|field| EventParam { name: field.name, ty: field.ty, indexed: false });
            (name.to_string(), fields.collect::<Vec<_>>())
        }
        Type::Enum { ref name, .. } => (name.to_string(), vec![plain("", ty)]),
        Type::Unit => (format!("log_{id}"), Vec::new()),
        ty => (format!("log_{id}"), vec![plain("", ty)]),
    };
    let signature = source::signature(&name, fields.iter().map(|field| &field.ty));
    Ok(Event { name, fields, topic: Some(B256::left_padding_from(&id.to_be_bytes())), signature })
}

/// The errors, in the order of their codes.
fn read_errors(json: &Json, with_calls: bool, draft: &mut Draft) {
    let Some(entries) = json.get("errorCodes").filter(|entries| !entries.is_null()) else { return };
    let Some(entries) = entries.as_object() else {
        return draft.refuse("`errorCodes`", Problem::malformed("it must be an object of revert codes"));
    };
    let mut codes = Vec::new();
    for (key, item) in entries {
        let code = key.parse::<u64>().map_err(|_| Problem::malformed("its key must be a number of 64 bits, as a text"));
        let code = code.and_then(|code| if with_calls { code_of_number(code) } else { Ok(code) });
        codes.extend(draft.item(&source::label_of("error code", key), code).map(|code| (code, item)));
    }
    codes.sort_by_key(|(code, _)| *code);
    let errors = codes.into_iter().enumerate().map(|(index, (code, item))| read_error(index, code, item));
    draft.interface.errors.extend(errors);
}

/// The revert code of an error with this number, but for the calls.
fn code_of_number(number: u64) -> Result<u64, Problem> {
    let number =
        u8::try_from(number).map_err(|_| Problem::malformed("a number of an error has 8 bits, this one more"))?;
    Ok(panic_code(number))
}

/// The name is the place in the list: the compiler gives codes, but no names.
fn read_error(index: usize, code: u64, json: &Json) -> CustomError {
    let name = format!("error_{index}");
    let message = text_or_empty(json, "msg").to_owned();
    let (selector, signature) = (code.to_be_bytes().to_vec().into(), format!("{name}()"));
    CustomError { name, inputs: Vec::new(), selector, message, signature }
}
