//! IDLs of the form before Anchor 0.30, rewritten in today's form: those of Anchor itself and those of Shank.
//!
//! They have names in camel case, `isMut` and `isSigner`, definitions of accounts and events in place. What they do not
//! say hangs on where they come from, which `metadata.origin` tells:
//!
//! - **Anchor**: discriminators are the first eight bytes of SHA-256 over `global:<instruction>`, `account:<Account>` and
//!   `event:<Event>`, in the names that Rust has.
//! - **Shank**: each instruction says its `discriminant`, a number or bytes, and accounts begin with their first field. An
//!   IDL without an origin is Shank's where instructions say discriminants, since Anchor's never do.

use heck::ToSnakeCase as _;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::{
    pascal::pascal,
    types::{ACCOUNT_TYPES, EVENT_TYPES},
};
use crate::{
    error::InterfaceError,
    source::{Draft, Problem, byte_list, child, flag, items, list, text, text_or_empty},
    text::{quote, shorten},
};

/// Addresses that clients of that time put in for accounts of these names. They did so for `tokenProgram` as well; but
/// there are two token programs, and an IDL of that time does not say which ones its program takes, so that the caller
/// says it.
const KNOWN_ACCOUNTS: [(&str, &str); 3] = [
    ("systemProgram", "11111111111111111111111111111111"),
    ("associatedTokenProgram", "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"),
    ("rent", "SysvarRent111111111111111111111111111111111"),
];

/// The deepest nesting of account groups and types that is followed. JSON of more than 128 levels does not parse.
const DEPTH_MAX: usize = 64;

/// What made an IDL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Anchor,
    Shank,
}

impl Origin {
    fn of(idl: &Json) -> Self {
        let mut instructions = idl.get("instructions").and_then(Json::as_array).into_iter().flatten();
        match idl.pointer("/metadata/origin").and_then(Json::as_str) {
            Some(origin) if origin.eq_ignore_ascii_case("shank") => Self::Shank,
            None if instructions.any(|instruction| instruction.get(DISCRIMINANT).is_some()) => Self::Shank,
            _ => Self::Anchor,
        }
    }

    /// What the data of an instruction begin with.
    fn of_instruction(self, item: &Json, name: &str) -> Result<Vec<u8>, Problem> {
        match (self, item.get(DISCRIMINANT)) {
            (Self::Anchor, None) => Ok(discriminator("global", name)),
            (Self::Anchor, Some(_)) => Err(Problem::malformed(
                "it says a discriminant, as Shank does, but the IDL says another origin in `metadata.origin`",
            )),
            (Self::Shank, Some(discriminant)) => constant(discriminant),
            (Self::Shank, None) => Err(Problem::malformed(
                "the key `discriminant` is missing, by which Shank's programs know instructions",
            )),
        }
    }

    /// What the data of an account begin with, before its fields.
    fn of_account(self, item: &Json, name: &str) -> Result<Vec<u8>, Problem> {
        match (self, item.get(DISCRIMINANT).or_else(|| item.get("discriminator"))) {
            (Self::Anchor, _) => Ok(discriminator("account", &pascal(name))),
            (Self::Shank, None) => Ok(Vec::new()),
            (Self::Shank, Some(list @ Json::Array(_))) => byte_list(list),
            (Self::Shank, Some(discriminant)) => constant(discriminant),
        }
    }

    fn of_event(self, name: &str) -> Result<Vec<u8>, Problem> {
        match self {
            Self::Anchor => Ok(discriminator("event", &pascal(name))),
            Self::Shank => Err(Problem::inexpressible("Shank does not say how events are told apart")),
        }
    }
}

/// The key of what Shank's programs know instructions by.
const DISCRIMINANT: &str = "discriminant";

/// The IDL in today's form. Items that cannot be read are noted in the draft.
pub(super) fn to_current(idl: &Json, draft: &mut Draft) -> Result<Json, InterfaceError> {
    let origin = Origin::of(idl);
    let types = convert_items(idl, "types", "type", draft, definition)?;
    let instructions = convert_items(idl, "instructions", "instruction", draft, |item| instruction(item, origin))?;
    let accounts = convert_items(idl, "accounts", "account", draft, |item| {
        let name = text(item, "name")?;
        Ok((named(name, origin.of_account(item, name)?), item.get("type").map(|_| definition(item)).transpose()?))
    })?;
    let events = convert_items(idl, "events", "event", draft, |item| {
        let name = text(item, "name")?;
        Ok((named(name, origin.of_event(name)?), Some(event_definition(item)?)))
    })?;
    let (accounts, account_types): (Vec<_>, Vec<_>) = accounts.into_iter().unzip();
    let (events, event_types): (Vec<_>, Vec<_>) = events.into_iter().unzip();
    Ok(json!({
        "address": idl.pointer("/metadata/address").cloned().unwrap_or_default(),
        "metadata": {"name": text_or_empty(idl, "name"), "spec": "0.1.0"},
        "instructions": instructions,
        "accounts": accounts,
        "events": events,
        "errors": idl.get("errors").cloned().unwrap_or_default(),
        "types": types,
        ACCOUNT_TYPES: account_types.into_iter().flatten().collect::<Vec<_>>(),
        EVENT_TYPES: event_types.into_iter().flatten().collect::<Vec<_>>(),
    }))
}

fn convert_items<T>(
    idl: &Json,
    key: &str,
    kind: &str,
    draft: &mut Draft,
    convert: impl Fn(&Json) -> Result<T, Problem>,
) -> Result<Vec<T>, InterfaceError> {
    let items = items(idl, key, kind)?.into_iter();
    Ok(items.filter_map(|(item, json)| draft.item(&item, convert(json))).collect())
}

fn named(name: &str, discriminator: Vec<u8>) -> Json {
    json!({"name": name, "discriminator": discriminator})
}

/// The first eight bytes of SHA-256 over `namespace:name`.
fn discriminator(namespace: &str, name: &str) -> Vec<u8> {
    Sha256::digest(format!("{namespace}:{name}")).iter().copied().take(8).collect()
}

/// The bytes of `{"type": "u32", "value": 7}`, of `{"type": "bytes", "value": [1, 2]}`, or of a bare number, which is one
/// byte: that is what Shank writes.
fn constant(discriminant: &Json) -> Result<Vec<u8>, Problem> {
    if let Json::Number(number) = discriminant {
        return number_bytes(number, "u8");
    }
    match child(discriminant, "value")? {
        Json::Number(number) => number_bytes(number, text_or_empty(discriminant, "type")),
        list => byte_list(list),
    }
}

fn convert_all(items: &[Json], convert: fn(&Json) -> Result<Json, Problem>) -> Result<Vec<Json>, Problem> {
    items.iter().map(convert).collect()
}

fn instruction(item: &Json, origin: Origin) -> Result<Json, Problem> {
    let name = text(item, "name")?.to_snake_case();
    // Shank's older programs take a list in which accounts are left out: here all of it must be given.
    let left_out = flag(item, "legacyOptionalAccountsStrategy");
    Ok(json!({
        "name": name,
        "discriminator": origin.of_instruction(item, &name)?,
        "accounts": accounts(list(item, "accounts")?, left_out, 0)?,
        "args": convert_all(list(item, "args")?, field)?,
        "returns": item.get("returns").map(|ty| type_of(ty, 0)).transpose()?.unwrap_or_default(),
    }))
}

fn accounts(items: &[Json], left_out: bool, depth: usize) -> Result<Vec<Json>, Problem> {
    check_depth(depth)?;
    let convert = |item: &Json| {
        let name = text(item, "name")?;
        if item.get("accounts").is_some() {
            let inner = accounts(list(item, "accounts")?, left_out, depth + 1)?;
            return Ok(json!({"name": name.to_snake_case(), "accounts": inner}));
        }
        let known = KNOWN_ACCOUNTS.iter().find(|(known, _)| *known == name).map(|(_, address)| *address);
        Ok(json!({
            "name": name.to_snake_case(),
            "writable": flag(item, "isMut"),
            "signer": flag(item, "isSigner") || flag(item, "isOptionalSigner"),
            "optional": (flag(item, "isOptional") || flag(item, "optional")) && !left_out,
            "address": known,
            "pda": item.get("pda").map(pda).transpose()?,
        }))
    };
    items.iter().map(convert).collect()
}

fn pda(item: &Json) -> Result<Json, Problem> {
    let program = item.get("programId").or_else(|| item.get("program")).filter(|program| !program.is_null());
    Ok(json!({
        "seeds": convert_all(list(item, "seeds")?, seed)?,
        "program": program.map(seed).transpose()?,
    }))
}

fn seed(item: &Json) -> Result<Json, Problem> {
    match text(item, "kind")? {
        "const" => Ok(json!({"kind": "const", "value": const_bytes(item)?})),
        kind => Ok(json!({"kind": kind, "path": snake_path(text(item, "path")?)})),
    }
}

/// The bytes of a constant seed: text as it is, a list of bytes, a key in base58, a number of the type that it says.
fn const_bytes(item: &Json) -> Result<Vec<u8>, Problem> {
    let ty = text_or_empty(item, "type");
    match child(item, "value")? {
        Json::String(key) if ty == "publicKey" => Ok(super::base58_id(key)?.to_vec()),
        Json::String(text) => Ok(text.as_bytes().to_vec()),
        Json::Number(number) => number_bytes(number, ty),
        list => byte_list(list),
    }
}

fn number_bytes(number: &serde_json::Number, ty: &str) -> Result<Vec<u8>, Problem> {
    let number = number.as_i128().ok_or_else(|| Problem::malformed("a constant that is a number must be whole"))?;
    let width = match ty {
        "u8" | "i8" => 1,
        "u16" | "i16" => 2,
        "u32" | "i32" => 4,
        "u64" | "i64" => 8,
        "u128" | "i128" => 16,
        other => {
            let other = quote(&shorten(other, 40));
            return Err(Problem::malformed(format!("a constant number has the type {other}, not one of an integer")));
        }
    };
    let bytes = number.to_le_bytes();
    let (kept, rest) = bytes.split_at_checked(width).unwrap_or((&bytes, &[]));
    let sign = if number < 0 { 0xff } else { 0 };
    if rest.iter().any(|byte| *byte != sign) || (number < 0 && ty.starts_with('u')) {
        return Err(Problem::malformed(format!("the constant {number} does not fit its type {ty}")));
    }
    Ok(kept.to_vec())
}

fn snake_path(path: &str) -> String {
    path.split('.').map(str::to_snake_case).collect::<Vec<_>>().join(".")
}

fn definition(item: &Json) -> Result<Json, Problem> {
    let content = child(item, "type")?;
    let ty = match text_or_empty(content, "kind") {
        "enum" => json!({"kind": "enum", "variants": convert_all(list(content, "variants")?, variant)?}),
        "alias" => json!({"kind": "type", "alias": type_of(child(content, "value")?, 0)?}),
        _ => json!({"kind": "struct", "fields": convert_all(list(content, "fields")?, field)?}),
    };
    Ok(json!({"name": text(item, "name")?, "type": ty}))
}

fn event_definition(item: &Json) -> Result<Json, Problem> {
    let fields = convert_all(list(item, "fields")?, field)?;
    Ok(json!({"name": text(item, "name")?, "type": {"kind": "struct", "fields": fields}}))
}

fn variant(item: &Json) -> Result<Json, Problem> {
    let fields = convert_all(list(item, "fields")?, |item| match item.get("name") {
        Some(_) => field(item),
        None => type_of(item, 0),
    })?;
    Ok(json!({"name": text(item, "name")?, "fields": fields}))
}

fn field(item: &Json) -> Result<Json, Problem> {
    Ok(json!({"name": text(item, "name")?.to_snake_case(), "type": type_of(child(item, "type")?, 0)?}))
}

/// Types differ in `publicKey` alone, which may stand anywhere; names of defined types are read in both forms.
fn type_of(item: &Json, depth: usize) -> Result<Json, Problem> {
    check_depth(depth)?;
    Ok(match item {
        Json::String(name) if name == "publicKey" => json!("pubkey"),
        Json::Array(items) => items.iter().map(|item| type_of(item, depth + 1)).collect::<Result<Json, _>>()?,
        Json::Object(fields) if !fields.contains_key("defined") => {
            let fields = fields.iter().map(|(key, item)| Ok((key.clone(), type_of(item, depth + 1)?)));
            Json::Object(fields.collect::<Result<_, Problem>>()?)
        }
        other => other.clone(),
    })
}

fn check_depth(depth: usize) -> Result<(), Problem> {
    if depth > DEPTH_MAX {
        return Err(Problem::malformed(format!("it is nested deeper than {DEPTH_MAX} levels")));
    }
    Ok(())
}
