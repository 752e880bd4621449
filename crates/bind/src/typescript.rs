//! TypeScript modules for viem.

use heck::ToLowerCamelCase as _;
use hexapla_abi::{
    Event, Function, Mutability, Param, Refused, Type,
    names::{Language, Of},
    solidity::type_name,
};
use serde_json::{Value as Json, json};

use crate::{
    json::{ordered, text},
    names::{Scope, identifier, is_identifier},
    source::{Binding, File, Source, has_own_selector, left_out},
    text::Text,
};

/// The module `<name>.ts`: the ABI as a constant and the contract at an address.
pub(crate) fn generate(source: &Source) -> Binding {
    let mut left_out = source.shown().refused.clone();
    let items = items(source, &mut left_out);
    let name = identifier(&source.name.to_lower_camel_case(), Of::Item, Language::TypeScript);
    let mut out = Text::default();
    out.line(0, format!("// {}", source.origin()));
    let notes = left_out.iter().map(|item| {
        let (item, reason) = (crate::names::comment(&item.item), crate::names::comment(&item.reason));
        format!("Left out: {item}: {reason}")
    });
    out.comments(0, "//", &notes.collect::<Vec<_>>());
    out.gap();
    out.line(0, "/** The ABI. */");
    out.line(0, format!("export const {name}Abi = ["));
    for (docs, item) in &items {
        out.comments(1, "//", docs);
        out.line(1, format!("{},", literal(item)));
    }
    out.line(0, "] as const;");
    out.gap();
    out.line(0, "/** The contract at an address: spread it into viem's `readContract` and its like, or give it to `getContract`. */");
    out.line(0, format!("export function {name}At<const A extends `0x${{string}}`>(address: A) {{"));
    out.line(1, format!("return {{ address, abi: {name}Abi }} as const;"));
    out.line(0, "}");
    if let Some(location) = source.location {
        out.gap();
        out.line(0, "/** Where the contract stands. */");
        out.line(0, format!("export const {name}Address = \"{}\" as const;", location.canonical.to_checksum(None)));
        out.gap();
        out.line(0, "/** The contract where it stands. */");
        out.line(0, format!("export const {name} = {name}At({name}Address);"));
    }
    Binding { files: vec![File { path: format!("{name}.ts"), content: out.finish() }], left_out }
}

/// The items of the ABI, each with its comments.
fn items(source: &Source, refused: &mut Vec<Refused>) -> Vec<(Vec<String>, Json)> {
    let shown = source.shown();
    let mut items = Vec::new();
    let mut add = |what: &str, name: &str, signature: &str, docs: Vec<String>, item: Result<Json, String>| {
        let named = if is_identifier(name) { Ok(()) } else { Err("its name is no name in TypeScript".to_owned()) };
        match named.and(item) {
            Ok(item) => items.push((docs, item)),
            Err(reason) => refused.push(left_out(what, signature, reason)),
        }
    };
    for (index, function) in shown.functions.iter().enumerate() {
        let docs = source.function_docs(index);
        add("function", &function.name, &function.signature, docs, function_json(function));
    }
    for reader in source.projection.readers() {
        let function = &reader.function;
        let docs = vec!["Reads the data of an account without calling the program.".to_owned()];
        add("reader", &function.name, &function.signature, docs, function_json(function));
    }
    for event in &shown.events {
        add("event", &event.name, &event.signature, Vec::new(), event_json(event));
    }
    for error in &shown.errors {
        let docs = [error.message.as_str()].into_iter().filter(|message| !message.is_empty());
        let docs = docs.map(crate::names::comment).collect();
        let item = params(&error.inputs).map(|inputs| json!({ "type": "error", "name": error.name, "inputs": inputs }));
        add("error", &error.name, &error.signature, docs, item);
    }
    if shown.receive {
        items.push((Vec::new(), json!({ "type": "receive", "stateMutability": "payable" })));
    }
    if let Some(mutability) = shown.fallback {
        let payable = mutability == Mutability::Payable;
        let mutability = if payable { "payable" } else { "nonpayable" };
        items.push((Vec::new(), json!({ "type": "fallback", "stateMutability": mutability })));
    }
    items
}

fn function_json(function: &Function) -> Result<Json, String> {
    has_own_selector(function)?;
    Ok(json!({
        "type": "function",
        "name": function.name,
        "stateMutability": function.mutability.name(),
        "inputs": params(&function.inputs)?,
        "outputs": params(&function.outputs)?,
    }))
}

fn event_json(event: &Event) -> Result<Json, String> {
    let mut scope = Scope::default();
    let fields = event.fields.iter().map(|field| {
        let mut json = param(&field.name, &field.ty, &mut scope)?;
        json.as_object_mut().map(|object| object.insert("indexed".into(), field.indexed.into()));
        Ok(json)
    });
    let fields = fields.collect::<Result<Vec<_>, String>>()?;
    Ok(json!({ "type": "event", "name": event.name, "inputs": fields, "anonymous": event.topic.is_none() }))
}

fn params(list: &[Param]) -> Result<Vec<Json>, String> {
    let mut scope = Scope::default();
    list.iter().map(|item| param(&item.name, &item.ty, &mut scope)).collect()
}

fn param(name: &str, ty: &Type, scope: &mut Scope) -> Result<Json, String> {
    let full = type_name(ty).map_err(|error| error.to_string())?;
    let mut json = json!({ "name": key(name, scope), "type": full });
    let (base, suffix) = without_lists(ty);
    let mut inner = Scope::default();
    let components = match base {
        Type::Struct { fields, .. } => {
            fields.iter().map(|field| param(&field.name, &field.ty, &mut inner)).collect::<Result<Vec<_>, _>>()?
        }
        Type::Tuple(types) => types.iter().map(|ty| param("", ty, &mut inner)).collect::<Result<_, _>>()?,
        _ => return Ok(json),
    };
    if let Some(object) = json.as_object_mut() {
        object.insert("type".into(), format!("tuple{suffix}").into());
        object.insert("components".into(), components.into());
    }
    Ok(json)
}

/// What a list of lists is made of, and the lists as they are written behind it.
fn without_lists(ty: &Type) -> (&Type, String) {
    let (mut ty, mut suffix) = (ty, String::new());
    loop {
        // The outermost list is written last.
        let (inner, list) = match ty {
            Type::Array(inner) => (inner, "[]".to_owned()),
            Type::FixedArray(inner, length) => (inner, format!("[{length}]")),
            base => return (base, suffix),
        };
        suffix.insert_str(0, &list);
        ty = inner;
    }
}

/// A name that becomes a key of an object. `__proto__` would be more than a key.
fn key(name: &str, scope: &mut Scope) -> String {
    match name {
        "" => String::new(),
        "__proto__" => scope.claim("__proto___".to_owned()),
        name if is_identifier(name) => scope.claim(name.to_owned()),
        name => scope.claim(identifier(name, Of::Item, Language::TypeScript)),
    }
}

/// JSON as TypeScript writes it, on one line. The keys are our own.
fn literal(json: &Json) -> String {
    match json {
        Json::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Json::Object(fields) => {
            let fields = ordered(fields).into_iter().map(|(key, value)| format!("{key}: {}", literal(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Json::String(value) => text(value),
        scalar => scalar.to_string(),
    }
}
