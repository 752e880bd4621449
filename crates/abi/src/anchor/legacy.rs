//! The IDL of Anchor before 0.30, rewritten in today's form.
//!
//! It has names in camel case, `isMut` and `isSigner`, definitions of accounts and events in place, and no discriminators:
//! those are the first eight bytes of SHA-256 over `global:<instruction>`, `account:<Account>` and `event:<Event>`.

use heck::ToSnakeCase as _;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::source::{Problem, child, flag, list, text, text_or_empty};

/// Addresses that clients of that time put in for accounts of these names.
const KNOWN_ACCOUNTS: [(&str, &str); 4] = [
    ("systemProgram", "11111111111111111111111111111111"),
    ("tokenProgram", "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"),
    ("associatedTokenProgram", "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"),
    ("rent", "SysvarRent111111111111111111111111111111111"),
];

/// The deepest nesting of account groups and types that is followed. JSON of more than 128 levels does not parse.
const DEPTH_MAX: usize = 64;

/// The IDL in today's form.
pub(super) fn to_current(idl: &Json) -> Result<Json, Problem> {
    let mut types = convert_all(list(idl, "types")?, definition)?;
    types.extend(convert_all(list(idl, "accounts")?, definition)?);
    types.extend(convert_all(list(idl, "events")?, event_definition)?);
    Ok(json!({
        "address": idl.pointer("/metadata/address").cloned().unwrap_or_default(),
        "metadata": {"name": text_or_empty(idl, "name"), "spec": "0.1.0"},
        "instructions": convert_all(list(idl, "instructions")?, instruction)?,
        "accounts": named_with_discriminator(idl, "accounts", "account")?,
        "events": named_with_discriminator(idl, "events", "event")?,
        "errors": list(idl, "errors")?,
        "types": types,
    }))
}

/// The first eight bytes of SHA-256 over `namespace:name`.
fn discriminator(namespace: &str, name: &str) -> Vec<u8> {
    Sha256::digest(format!("{namespace}:{name}")).iter().copied().take(8).collect()
}

fn convert_all(items: &[Json], convert: fn(&Json) -> Result<Json, Problem>) -> Result<Vec<Json>, Problem> {
    items.iter().map(convert).collect()
}

fn named_with_discriminator(idl: &Json, key: &str, namespace: &str) -> Result<Vec<Json>, Problem> {
    let convert = |item: &Json| {
        let name = text(item, "name")?;
        Ok(json!({"name": name, "discriminator": discriminator(namespace, name)}))
    };
    list(idl, key)?.iter().map(convert).collect()
}

fn instruction(item: &Json) -> Result<Json, Problem> {
    let name = text(item, "name")?.to_snake_case();
    Ok(json!({
        "name": name,
        "discriminator": discriminator("global", &name),
        "accounts": accounts(list(item, "accounts")?, 0)?,
        "args": convert_all(list(item, "args")?, field)?,
        "returns": item.get("returns").map(|ty| type_of(ty, 0)).transpose()?.unwrap_or_default(),
    }))
}

fn accounts(items: &[Json], depth: usize) -> Result<Vec<Json>, Problem> {
    check_depth(depth)?;
    let convert = |item: &Json| {
        let name = text(item, "name")?;
        if item.get("accounts").is_some() {
            let inner = accounts(list(item, "accounts")?, depth + 1)?;
            return Ok(json!({"name": name.to_snake_case(), "accounts": inner}));
        }
        let known = KNOWN_ACCOUNTS.iter().find(|(known, _)| *known == name).map(|(_, address)| *address);
        Ok(json!({
            "name": name.to_snake_case(),
            "writable": flag(item, "isMut"),
            "signer": flag(item, "isSigner"),
            "optional": flag(item, "isOptional"),
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
        list => crate::source::byte_list(list),
    }
}

fn number_bytes(number: &serde_json::Number, ty: &str) -> Result<Vec<u8>, Problem> {
    let number = number.as_i128().ok_or_else(|| Problem::malformed("a seed that is a number must be whole"))?;
    let width = match ty {
        "u8" | "i8" => 1,
        "u16" | "i16" => 2,
        "u32" | "i32" => 4,
        "u64" | "i64" => 8,
        "u128" | "i128" => 16,
        _ => return Err(Problem::malformed("a seed that is a number needs the type of an integer")),
    };
    let bytes = number.to_le_bytes();
    let (kept, rest) = bytes.split_at_checked(width).unwrap_or((&bytes, &[]));
    let sign = if number < 0 { 0xff } else { 0 };
    if rest.iter().any(|byte| *byte != sign) {
        return Err(Problem::malformed(format!("the seed {number} does not fit its type {ty}")));
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
