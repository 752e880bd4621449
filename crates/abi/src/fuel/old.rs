//! ABIs of the form before specification version 1, rewritten in today's form.
//!
//! They have one list of types, and say at each use which arguments a type has. Each use becomes a concrete type. Most do
//! not say the encoding: what forc wrote before 0.64 took calls in encoding version 0, which is not written here, so that
//! such a file notes it among what is left out.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value as Json, json};

use super::version::version;
use crate::{
    error::InterfaceError,
    source::{Draft, Problem, child, items, list, text, text_or_empty},
};

/// The deepest nesting of type arguments that is followed.
const DEPTH_MAX: usize = 32;

/// Whether the JSON is an ABI of this form.
pub(super) fn is_old(json: &Json) -> bool {
    json.get("concreteTypes").is_none() && json.get("types").is_some_and(Json::is_array)
}

/// The ABI in today's form. Items that cannot be read are noted in the draft.
pub(super) fn to_current(json: &Json, draft: &mut Draft) -> Result<Json, InterfaceError> {
    if version(json, "encoding", &["1"])?.is_none() {
        let reason = "the file does not say it; calls are written in version 1, which forc takes since 0.64";
        draft.refuse("`encoding`", Problem::inexpressible(reason));
    }
    let mut concrete = Concrete { types: HashMap::new(), made: BTreeMap::new() };
    let mut metadata = Vec::new();
    for (item, ty) in items(json, "types", "type")? {
        let Some(converted) = draft.item(&item, metadata_type(ty)) else { continue };
        if let Some(id) = ty.get("typeId").and_then(Json::as_u64) {
            concrete.types.insert(id, text_or_empty(ty, "type"));
        }
        metadata.push(converted);
    }
    let mut functions = Vec::new();
    for (item, function) in items(json, "functions", "function")? {
        functions.extend(draft.item(&item, concrete.function(function)));
    }
    let mut logged = Vec::new();
    for (item, json) in items(json, "loggedTypes", "logged type")? {
        logged.extend(draft.item(&item, concrete.logged(json)));
    }
    Ok(json!({
        "concreteTypes": concrete.made.into_values().collect::<Vec<_>>(),
        "metadataTypes": metadata,
        "functions": functions,
        "loggedTypes": logged,
    }))
}

fn metadata_type(json: &Json) -> Result<Json, Problem> {
    let components = list(json, "components")?.iter().map(|component| application(component, 0));
    Ok(json!({
        "type": text(json, "type")?,
        "metadataTypeId": child(json, "typeId")?,
        "components": components.collect::<Result<Vec<_>, _>>()?,
        "typeParameters": list(json, "typeParameters")?,
    }))
}

/// A use of a type inside of another one.
fn application(json: &Json, depth: usize) -> Result<Json, Problem> {
    check_depth(depth)?;
    let arguments = list(json, "typeArguments")?.iter().map(|argument| application(argument, depth + 1));
    Ok(json!({
        "name": text_or_empty(json, "name"),
        "typeId": child(json, "type")?,
        "typeArguments": arguments.collect::<Result<Vec<_>, _>>()?,
    }))
}

fn check_depth(depth: usize) -> Result<(), Problem> {
    match depth < DEPTH_MAX {
        true => Ok(()),
        false => Err(Problem::malformed(format!("type arguments are nested deeper than {DEPTH_MAX} levels"))),
    }
}

/// The uses of types by functions and logs.
struct Concrete<'j> {
    /// The texts of types by their ids.
    types: HashMap<u64, &'j str>,
    made: BTreeMap<String, Json>,
}

impl Concrete<'_> {
    fn function(&mut self, json: &Json) -> Result<Json, Problem> {
        let inputs = list(json, "inputs")?
            .iter()
            .map(|input| Ok(json!({"name": text(input, "name")?, "concreteTypeId": self.id(input, 0)?})));
        let inputs = inputs.collect::<Result<Vec<_>, Problem>>()?;
        let output = self.id(child(json, "output")?, 0)?;
        let attributes = json.get("attributes").cloned().unwrap_or_default();
        Ok(json!({"name": text(json, "name")?, "inputs": inputs, "output": output, "attributes": attributes}))
    }

    fn logged(&mut self, json: &Json) -> Result<Json, Problem> {
        let id = child(json, "logId")?;
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        Ok(json!({"logId": id, "concreteTypeId": self.id(child(json, "loggedType")?, 0)?}))
    }

    /// The id of a type with its arguments: `5<7,8>`.
    fn id(&mut self, json: &Json, depth: usize) -> Result<String, Problem> {
        check_depth(depth)?;
        let number = child(json, "type")?.as_u64();
        let number = number.ok_or_else(|| Problem::malformed("`type` must be the number of a type"))?;
        let arguments = list(json, "typeArguments")?.iter().map(|argument| self.id(argument, depth + 1));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let id = format!("{number}<{}>", arguments.join(","));
        let ty = self.types.get(&number);
        let ty = ty.ok_or_else(|| Problem::malformed(format!("no type has the id {number}")))?;
        self.made.entry(id.clone()).or_insert_with(
            || json!({"type": ty, "concreteTypeId": id, "metadataTypeId": number, "typeArguments": arguments}),
        );
        Ok(id)
    }
}
