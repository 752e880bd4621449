//! Anchor's IDL (specification: the crate `anchor-lang-idl-spec`), in its form since Anchor 0.30 and in the one before.
//!
//! - A function's **selector** is the instruction's discriminator; its name is in snake case, as in Rust.
//! - A function is a **view** where no account is writable and the instruction returns something; else it may change state.
//! - `option` is an option. `coption` is one too in instructions, whose data SPL programs pack like Borsh; in accounts it
//!   takes the same room with and without a value and is a struct `COption {tag: u32, value}`.
//! - `f32` and `f64` are their bytes. `vec` and `array` of `u8` are bytes.
//! - An account whose address is derived from the *data* of another account is given by the caller, like one without seeds.
//! - An **event**'s topic is its discriminator of eight bytes, followed by zeros.
//! - An **error**'s selector is its code as four little-endian bytes.
//! - Types that are not laid out as Borsh does (`serialization` other than `borsh`) are refused with what uses them, but
//!   for those of `bytemuck`, whose parts have fixed places: padding between them is a field `_padding`; and for bytes,
//!   texts and lists of the serialization `{"custom": "without a length"}`, which take what remains of the data; and for
//!   `{"custom": "constant"}`, the bytes that the definition lists as `constant`.
//! - What an IDL of Shank says (`metadata.origin` is `shank`) is read in its own way: see `legacy`.
//! - Relations between accounts and constants have no place in an interface and are left out.
//! - An item that is malformed or has no place is left out with its reason, and the others are read.

mod accounts;
mod bytemuck;
mod legacy;
mod pascal;
mod types;

pub(crate) use accounts::base58_id;

use alloy_primitives::B256;
use serde_json::Value as Json;

use crate::{
    codecs::only_the_last_takes_rest,
    error::InterfaceError,
    interface::{
        Abi, AccountLayout, AccountParam, CustomError, Event, EventParam, Function, Interface, Mutability, Param,
    },
    source::{self, Draft, Problem, byte_list, child, items, kind_of, list, text},
    types::Type,
};
use accounts::Accounts;
use types::Types;

/// Bytes of an event's discriminator: a log's topic holds that many.
const EVENT_DISCRIMINATOR: usize = 8;

impl Interface {
    /// Reads an Anchor IDL, of specification 0.1.0 (Anchor 0.30 and later) or of the form before it, in which
    /// discriminators are not written down. See the [module](crate::anchor) for what becomes of what.
    ///
    /// Items that have no place in an interface are listed in [`Interface::refused`].
    ///
    /// # Errors
    ///
    /// An [`InterfaceError`] for text that is no Anchor IDL.
    pub fn from_anchor_idl(json: &str) -> Result<Self, InterfaceError> {
        Self::from_anchor_value(&source::parse(json)?)
    }

    pub(crate) fn from_anchor_value(json: &Json) -> Result<Self, InterfaceError> {
        if !is_anchor(json) {
            let expected = "an Anchor IDL (an object with a list `instructions`)";
            return Err(InterfaceError::OtherFormat { expected, found: kind_of(json) });
        }
        if is_current(json) {
            return read(json, Draft::new("", Abi::Borsh));
        }
        let mut draft = Draft::new("", Abi::Borsh);
        let current = legacy::to_current(json, &mut draft)?;
        read(&current, draft)
    }
}

/// Whether the JSON is an Anchor IDL of any age.
pub(crate) fn is_anchor(json: &Json) -> bool {
    json.get("instructions").is_some_and(Json::is_array)
}

/// Since 0.30 an IDL says which specification it follows; every instruction says its discriminator.
fn is_current(json: &Json) -> bool {
    let mut instructions = json.get("instructions").and_then(Json::as_array).into_iter().flatten();
    json.pointer("/metadata/spec").is_some()
        || instructions.next().is_some_and(|instruction| instruction.get("discriminator").is_some())
}

fn read(idl: &Json, mut draft: Draft) -> Result<Interface, InterfaceError> {
    let name = idl.pointer("/metadata/name").or_else(|| idl.get("name")).and_then(Json::as_str).unwrap_or_default();
    name.clone_into(&mut draft.interface.name);
    let mut types = Types::new(idl, &mut draft)?;
    for (item, json) in items(idl, "instructions", "instruction")? {
        let function = draft.item(&item, read_instruction(json, &mut types));
        draft.interface.functions.extend(function);
    }
    for (item, json) in items(idl, "accounts", "account")? {
        let layout = draft.item(&item, read_layout(json, &mut types));
        draft.interface.layouts.extend(layout);
    }
    for (item, json) in items(idl, "events", "event")? {
        let event = draft.item(&item, read_event(json, &mut types));
        draft.interface.events.extend(event);
    }
    for (item, json) in items(idl, "errors", "error")? {
        let error = draft.item(&item, read_error(json));
        draft.interface.errors.extend(error);
    }
    Ok(draft.finish())
}

fn read_instruction(json: &Json, types: &mut Types<'_>) -> Result<Function, Problem> {
    let name = text(json, "name")?.to_owned();
    let selector = byte_list(child(json, "discriminator")?)?.into();
    let inputs = read_params(list(json, "args")?, types)?;
    only_the_last_takes_rest(inputs.iter().map(|param| &param.ty))?;
    let outputs = match json.get("returns") {
        None | Some(Json::Null) => Vec::new(),
        Some(ty) => vec![Param::new("", types.of_call(ty)?)],
    };
    let accounts = Accounts::read(list(json, "accounts")?, &inputs)?;
    let signature = source::signature(&name, inputs.iter().map(|param| &param.ty));
    let mutability = mutability_of(&accounts, &outputs);
    Ok(Function { name, inputs, outputs, mutability, selector, signature, accounts, ..Function::default() })
}

/// A view changes no account, and is of use for what it returns only.
pub(crate) fn mutability_of(accounts: &[AccountParam], outputs: &[Param]) -> Mutability {
    let changes = accounts.iter().any(|account| account.writable);
    if changes || outputs.is_empty() { Mutability::NonPayable } else { Mutability::View }
}

fn read_params(args: &[Json], types: &mut Types<'_>) -> Result<Vec<Param>, Problem> {
    args.iter().map(|arg| Ok(Param::new(text(arg, "name")?, types.of_call(child(arg, "type")?)?))).collect()
}

fn read_layout(json: &Json, types: &mut Types<'_>) -> Result<AccountLayout, Problem> {
    let name = text(json, "name")?;
    let discriminator = byte_list(child(json, "discriminator")?)?.into();
    Ok(AccountLayout { name: name.to_owned(), discriminator, ty: types.of_account(name)? })
}

fn read_event(json: &Json, types: &mut Types<'_>) -> Result<Event, Problem> {
    let name = text(json, "name")?.to_owned();
    let discriminator = byte_list(child(json, "discriminator")?)?;
    let topic = event_topic(&discriminator)?;
    let fields = match types.of_event(&name)? {
        Type::Struct { fields, .. } => fields,
        Type::Unit => Vec::new(),
        other => return Err(Problem::inexpressible(format!("it is {other}, an event has fields with names"))),
    };
    let fields = fields.into_iter().map(|field| EventParam { name: field.name, ty: field.ty, indexed: false });
    let fields = fields.collect::<Vec<_>>();
    let signature = source::signature(&name, fields.iter().map(|field| &field.ty));
    Ok(Event { name, fields, topic: Some(topic), signature })
}

/// The topic of an event with this discriminator.
pub(crate) fn event_topic(discriminator: &[u8]) -> Result<B256, Problem> {
    if discriminator.len() == EVENT_DISCRIMINATOR {
        return Ok(B256::right_padding_from(discriminator));
    }
    let given = discriminator.len();
    let reason = format!("its discriminator has {given} bytes, a log's topic holds {EVENT_DISCRIMINATOR}");
    Err(Problem::inexpressible(reason))
}

fn read_error(json: &Json) -> Result<CustomError, Problem> {
    let name = text(json, "name")?.to_owned();
    let code = child(json, "code")?.as_u64().and_then(|code| u32::try_from(code).ok());
    let code = code.ok_or_else(|| Problem::malformed("`code` must be a number of 32 bits"))?;
    let message = source::text_or_empty(json, "msg").to_owned();
    Ok(custom_error(name, code, message))
}

/// A program's custom error: in the failure's data its code stands as four little-endian bytes.
pub(crate) fn custom_error(name: String, code: u32, message: String) -> CustomError {
    let (selector, signature) = (code.to_le_bytes().to_vec().into(), format!("{name}()"));
    CustomError { name, inputs: Vec::new(), selector, message, signature }
}
