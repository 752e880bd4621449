//! Codama's IDL (specification: <https://github.com/codama-idl/codama>, package `@codama/nodes`), in which programs of the
//! Solana program library are described.
//!
//! - Names of functions, parameters, fields and accounts are in snake case, those of types and variants in camel case with
//!   a capital, as in Rust.
//! - A function's **selector** is made of the arguments at the beginning that are not given but constant (strategy
//!   `omitted`, or named by a field discriminator). A constant discriminator must agree with them; alone it is the selector
//!   of an instruction without other arguments. With others, clients differ on whether it stands before them or is a part
//!   of them, and the instruction is refused.
//! - An **event**'s topic is its discriminator of eight bytes, followed by zeros.
//! - Texts, bytes and lists that take what remains of the data are read where nothing follows them; an option that is there
//!   or not by what remains is the bytes that remain.
//! - What the Borsh codec writes otherwise is **refused**: numbers in big-endian order, prefixes of other widths, offsets,
//!   sentinels.
//! - An option that takes the same room with and without a value is a struct of its `tag` and `value`. An optional key
//!   whose zero means none is an address: the id of the System program is zero, so it says none.
//! - An account that signs or not (`either`) signs. Where optional accounts are left out of the list altogether, they are
//!   required here. Remaining accounts, such as the signers of a multisig, are left out.

mod accounts;
mod constants;
mod types;

use std::collections::HashSet;

use serde_json::Value as Json;

use crate::{
    anchor::{custom_error, event_topic, mutability_of},
    codecs::only_the_last_takes_rest,
    error::InterfaceError,
    interface::{Abi, AccountLayout, CustomError, Event, EventParam, Function, Interface, Param},
    source::{self, Draft, Problem, child, items, kind_of, list, text, text_or_empty},
    text::{escape, quote, shorten},
    types::{Field, Type},
};
use accounts::Programs;
use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use types::Types;

impl Interface {
    /// Reads the main program of a Codama IDL. See the [module](crate::codama) for what becomes of what.
    ///
    /// Items that have no place in an interface are listed in [`Interface::refused`].
    ///
    /// # Errors
    ///
    /// An [`InterfaceError`] for text that is no Codama IDL.
    pub fn from_codama(json: &str) -> Result<Self, InterfaceError> {
        Self::from_codama_value(&source::parse(json)?)
    }

    /// Reads the program of this name, in camel case as the IDL writes it, from a Codama IDL with several.
    ///
    /// # Errors
    ///
    /// Those of [`from_codama`](Self::from_codama), and [`InterfaceError::Part`] for a name that no program has.
    pub fn from_codama_program(json: &str, name: &str) -> Result<Self, InterfaceError> {
        let json = source::parse(json)?;
        let programs = programs(&json)?;
        match programs.iter().find(|program| text_or_empty(program, "name") == name) {
            Some(program) => read(program, &programs),
            None => {
                let names = programs.iter().map(|program| escape(text_or_empty(program, "name"))).collect::<Vec<_>>();
                let reason = format!("the IDL has no program of this name; it has {}", names.join(", "));
                Err(Problem::malformed(reason).at(&format!("program `{name}`")))
            }
        }
    }

    pub(crate) fn from_codama_value(json: &Json) -> Result<Self, InterfaceError> {
        let programs = programs(json)?;
        match programs.first() {
            Some(main) => read(main, &programs),
            None => Err(other_format(json)),
        }
    }
}

/// Whether the JSON is a Codama IDL.
pub(crate) fn is_codama(json: &Json) -> bool {
    json.get("standard").is_some_and(|standard| standard == "codama")
        || json.get("kind").is_some_and(|kind| kind == "rootNode")
}

/// The main program and the additional ones.
fn programs(json: &Json) -> Result<Vec<&Json>, InterfaceError> {
    if !is_codama(json) {
        return Err(other_format(json));
    }
    let main = child(json, "program").map_err(|problem| problem.at("IDL"))?;
    let more = list(json, "additionalPrograms").map_err(|problem| problem.at("IDL"))?;
    Ok([main].into_iter().chain(more).collect())
}

fn other_format(json: &Json) -> InterfaceError {
    let expected = "a Codama IDL (an object with `standard`: `codama` and `program`)";
    InterfaceError::OtherFormat { expected, found: kind_of(json) }
}

fn read(program: &Json, programs: &[&Json]) -> Result<Interface, InterfaceError> {
    let mut draft = Draft::new(text_or_empty(program, "name"), Abi::Borsh);
    let mut types = Types::new(program, programs, &mut draft)?;
    let programs = Programs::new(program, programs).map_err(|problem| problem.at("`pdas`"))?;
    for (item, json) in items(program, "instructions", "instruction")? {
        let function = draft.item(&item, read_instruction(json, &mut types, &programs));
        draft.interface.functions.extend(function);
    }
    for (item, json) in items(program, "accounts", "account")? {
        let layout = draft.item(&item, read_layout(json, &mut types));
        draft.interface.layouts.extend(layout);
    }
    for (item, json) in items(program, "events", "event")? {
        let event = draft.item(&item, read_event(json, &mut types));
        draft.interface.events.extend(event);
    }
    for (item, json) in items(program, "errors", "error")? {
        let error = draft.item(&item, read_error(json));
        draft.interface.errors.extend(error);
    }
    Ok(draft.finish())
}

fn read_error(json: &Json) -> Result<CustomError, Problem> {
    let code = child(json, "code")?.as_u64().and_then(|code| u32::try_from(code).ok());
    let code = code.ok_or_else(|| Problem::malformed("`code` must be a number of 32 bits"))?;
    let name = text(json, "name")?.to_upper_camel_case();
    Ok(custom_error(name, code, text_or_empty(json, "message").to_owned()))
}

fn read_instruction(json: &Json, types: &mut Types<'_>, programs: &Programs<'_>) -> Result<Function, Problem> {
    let name = text(json, "name")?.to_snake_case();
    let discriminators = list(json, "discriminators")?;
    let (selector, rest) = leading_constants(list(json, "arguments")?, discriminators, types)?;
    let mut inputs = Vec::new();
    for argument in rest {
        let name = text(argument, "name")?;
        if is_omitted(argument) {
            let reason = format!("the argument {} is constant, but stands behind one that is not", escape(name));
            return Err(Problem::inexpressible(reason));
        }
        inputs.push(Param::new(&name.to_snake_case(), types.read(child(argument, "type")?)?));
    }
    only_the_last_takes_rest(inputs.iter().map(|param| &param.ty))?;
    let accounts = programs.accounts(json, &inputs)?;
    let signature = source::signature(&name, inputs.iter().map(|param| &param.ty));
    let mutability = mutability_of(&accounts, &[]);
    Ok(Function { name, inputs, mutability, selector: selector.into(), signature, accounts, ..Function::default() })
}

/// Whether an argument or a field always has its default value.
fn is_omitted(argument: &Json) -> bool {
    text_or_empty(argument, "defaultValueStrategy") == "omitted"
}

/// The bytes of the constants with which data begins, and the arguments or fields after them.
///
/// A constant discriminator says which bytes stand at a place of the data, not that they are written there beside the
/// fields. So it must be what the constant fields at the beginning give; where there are none, it is all of the data, or
/// nobody can say whether the fields stand behind it or it is a part of them.
fn leading_constants<'j>(
    arguments: &'j [Json],
    discriminators: &[Json],
    types: &Types<'_>,
) -> Result<(Vec<u8>, &'j [Json]), Problem> {
    let of_kind = |node: &&Json, kind: &str| text_or_empty(node, "kind") == kind;
    let named = discriminators.iter().filter(|node| of_kind(node, "fieldDiscriminatorNode"));
    let named = named.map(|node| text_or_empty(node, "name")).collect::<HashSet<_>>();
    let is_field = |name: &str| !name.is_empty() && named.contains(name);
    let is_constant = |argument: &&Json| {
        argument.get("defaultValue").is_some() && (is_omitted(argument) || is_field(text_or_empty(argument, "name")))
    };
    let count = arguments.iter().take_while(is_constant).count();
    let (constants, rest) = arguments.split_at_checked(count).unwrap_or_default();
    let mut bytes = Vec::new();
    for argument in constants {
        bytes.extend(types.constant(child(argument, "type")?, child(argument, "defaultValue")?)?);
    }
    for node in discriminators.iter().filter(|node| of_kind(node, "constantDiscriminatorNode")) {
        let (offset, constant) = constant_discriminator(node, types)?;
        let end = offset.saturating_add(constant.len());
        match bytes.get(offset..end) {
            Some(there) if there == constant => {}
            None if bytes.is_empty() && rest.is_empty() && offset == 0 => bytes = constant,
            Some(_) => return Err(Problem::malformed("its constant discriminator and its constant fields differ")),
            None => {
                let reason = "its constant discriminator is not what its constant fields give, and nothing says whether \
                              the other fields stand behind it or hold it";
                return Err(Problem::inexpressible(reason));
            }
        }
    }
    Ok((bytes, rest))
}

/// The place and the bytes of a constant discriminator.
fn constant_discriminator(node: &Json, types: &Types<'_>) -> Result<(usize, Vec<u8>), Problem> {
    let constant = child(node, "constant")?;
    let bytes = types.constant(child(constant, "type")?, child(constant, "value")?)?;
    Ok((node.get("offset").map_or(Ok(0), source::length)?, bytes))
}

fn read_layout(json: &Json, types: &mut Types<'_>) -> Result<AccountLayout, Problem> {
    let name = text(json, "name")?.to_upper_camel_case();
    let data = child(json, "data")?;
    if text(data, "kind")? != "structTypeNode" {
        let kind = quote(&shorten(text(data, "kind")?, 40));
        return Err(Problem::inexpressible(format!("its data is a {kind}, not a struct")));
    }
    let (discriminator, rest) = leading_constants(list(data, "fields")?, list(json, "discriminators")?, types)?;
    let ty = Type::Struct { name: name.as_str().into(), fields: read_fields(rest, types)? };
    Abi::Borsh.check_type(&ty)?;
    Ok(AccountLayout { name, discriminator: discriminator.into(), ty })
}

fn read_fields(fields: &[Json], types: &mut Types<'_>) -> Result<Vec<Field>, Problem> {
    let read = |field| Ok(Field::new(&text(field, "name")?.to_snake_case(), types.read(child(field, "type")?)?));
    fields.iter().map(read).collect()
}

/// An event: its data are a discriminator and the fields of a struct. The discriminator is a hidden prefix of the data, the
/// constant fields at their beginning, or a constant discriminator that no field holds.
fn read_event(json: &Json, types: &mut Types<'_>) -> Result<Event, Problem> {
    let name = text(json, "name")?.to_upper_camel_case();
    let (mut data, mut prefix) = (child(json, "data")?, Vec::new());
    if text(data, "kind")? == "hiddenPrefixTypeNode" {
        for constant in list(data, "prefix")? {
            prefix.extend(types.constant(child(constant, "type")?, child(constant, "value")?)?);
        }
        data = child(data, "type")?;
    }
    if text(data, "kind")? != "structTypeNode" {
        let kind = quote(&shorten(text(data, "kind")?, 40));
        return Err(Problem::inexpressible(format!("its data is a {kind}, not a struct")));
    }
    let (discriminators, fields) = (list(json, "discriminators")?, list(data, "fields")?);
    let of_kind = |node: &&Json| text_or_empty(node, "kind") == "constantDiscriminatorNode";
    let stated = discriminators.iter().find(of_kind).map(|node| constant_discriminator(node, types)).transpose()?;
    let own = discriminators.iter().filter(|node| !of_kind(node)).cloned().collect::<Vec<_>>();
    let (constants, rest) = leading_constants(fields, &own, types)?;
    prefix.extend(constants);
    match stated {
        Some((0, stated)) if prefix.is_empty() => prefix = stated,
        Some((0, stated)) if prefix.starts_with(&stated) => {}
        None => {}
        Some(_) => return Err(Problem::malformed("its constant discriminator is not what its data begin with")),
    }
    let fields = read_fields(rest, types)?;
    only_the_last_takes_rest(fields.iter().map(|field| &field.ty))?;
    let topic = event_topic(&prefix)?;
    let fields = fields.into_iter().map(|field| EventParam { name: field.name, ty: field.ty, indexed: false });
    let fields = fields.collect::<Vec<_>>();
    let signature = source::signature(&name, fields.iter().map(|field| &field.ty));
    Ok(Event { name, fields, topic: Some(topic), signature })
}
