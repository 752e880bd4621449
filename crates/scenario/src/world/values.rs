//! Values as people write them, with names where ids of 32 bytes are expected.

use super::names::Names;
use crate::{
    nearest::did_you_mean,
    problem::{Problem, Result, UNKNOWN_NAME},
};
use hexapla_abi::{Tree, Type, Value, error::ArgumentError, parse_value_with, value_from_tree};
use hexapla_primitives::Address;

/// Bytes of an id.
const ID_BYTES: usize = 32;
/// An option without a value; TOML has no null.
const NONE: &str = "none";
/// Holds the value of an option that would be taken for none, or for an option in it.
const SOME: &str = "some";

/// The account that a name or an address means.
///
/// # Errors
///
/// It means none; the problem names those that are near.
pub fn account(names: &Names, text: &str) -> Result<Address> {
    if let Some(address) = names.resolve(text) {
        return Ok(address);
    }
    match value_from_tree(&Type::Address, &Tree::String(text.to_owned()), &|_| None) {
        Ok(Value::Address(address)) => Ok(address),
        Err(error) if text.starts_with("0x") => Err(Problem::new("hexapla::value", error.to_string())),
        _ => Err(Problem::new(UNKNOWN_NAME, format!("there is no account or contract `{text}`"))
            .with_help(did_you_mean(text, names.iter().map(|(name, _)| name)))),
    }
}

/// A value of the type, with what to do where it is none.
///
/// # Errors
///
/// The tree is no such value, or a name in it is not known.
pub(crate) fn value(names: &Names, ty: &Type, tree: &Tree) -> Result<Value> {
    names.value(ty, tree).map_err(|error| {
        let problem = Problem::new("hexapla::scenario::value", error.to_string());
        let known = names.iter().map(|(name, _)| name);
        match (&error, ty, tree) {
            (ArgumentError::UnknownName { .. }, _, Tree::String(text)) => problem.with_help(did_you_mean(text, known)),
            (_, Type::FixedBytes(ID_BYTES), Tree::String(text)) if !text.starts_with("0x") => {
                Problem::new("hexapla::scenario::value", format!("no key is called `{text}`")).with_help(format!(
                    "{}; otherwise write base58, or 0x and 64 hex digits",
                    did_you_mean(text, known).trim_end_matches('?')
                ))
            }
            _ => problem,
        }
    })
}

impl Names {
    /// Reads a value of the type. Names and ids stand for addresses and for 32 bytes.
    pub(crate) fn value(&self, ty: &Type, tree: &Tree) -> Result<Value, ArgumentError> {
        value_from_tree(ty, &self.with_ids(ty, tree), &|name| self.resolve(name))
    }

    /// The same from a text.
    pub(crate) fn value_of_text(&self, ty: &Type, text: &str) -> Result<Value, ArgumentError> {
        let text = text.trim();
        if let (Type::FixedBytes(ID_BYTES), Some(word)) = (ty, self.word(text)) {
            return Ok(Value::bytes(word.to_vec()));
        }
        if let (Type::Array(item), Some(items)) = (ty, text.strip_prefix('[').and_then(|text| text.strip_suffix(']')))
            && **item == Type::FixedBytes(ID_BYTES)
        {
            let items = items.split(',').filter(|item| !item.trim().is_empty());
            return items.map(|text| self.value_of_text(item, text)).collect::<Result<_, _>>().map(Value::Array);
        }
        parse_value_with(ty, text, &|name| self.resolve(name))
    }

    /// The tree with ids in hex in place of names and other forms.
    fn with_ids(&self, ty: &Type, tree: &Tree) -> Tree {
        match (ty, tree) {
            (Type::FixedBytes(ID_BYTES), Tree::String(text)) => {
                self.word(text).map_or_else(|| tree.clone(), |word| Tree::String(word.to_string()))
            }
            (Type::Array(item) | Type::FixedArray(item, _), Tree::Array(items)) => {
                items.iter().map(|tree| self.with_ids(item, tree)).collect()
            }
            (Type::Option(_), Tree::String(text)) if text == NONE => Tree::Null,
            // Solidity has no options: it sees a list of at most one.
            (Type::Array(_), Tree::String(text)) if text == NONE => Tree::Array(Vec::new()),
            (Type::Option(inner), Tree::Object(given)) if given.len() == 1 && given.contains_key(SOME) => {
                Tree::Object(given.iter().map(|(some, tree)| (some.clone(), self.with_ids(inner, tree))).collect())
            }
            (Type::Option(inner), tree) => self.with_ids(inner, tree),
            (Type::Enum { variants, .. }, Tree::Object(given)) if given.len() == 1 => {
                let with_ids = |(name, tree): (&String, &Tree)| {
                    let variant = variants.iter().find(|variant| *variant.name == **name);
                    (name.clone(), variant.map_or_else(|| tree.clone(), |known| self.with_ids(&known.payload, tree)))
                };
                Tree::Object(given.iter().map(with_ids).collect())
            }
            (Type::Map(key, value), Tree::Array(entries)) => {
                let with_ids = |entry: &Tree| match entry.as_array().map(Vec::as_slice) {
                    Some([name, tree]) => Tree::Array(vec![self.with_ids(key, name), self.with_ids(value, tree)]),
                    _ => entry.clone(),
                };
                entries.iter().map(with_ids).collect()
            }
            (Type::Tuple(types), Tree::Array(items)) => {
                types.iter().zip(items).map(|(ty, tree)| self.with_ids(ty, tree)).collect()
            }
            (Type::Struct { fields, .. }, Tree::Array(items)) if fields.len() == items.len() => {
                fields.iter().zip(items).map(|(field, tree)| self.with_ids(&field.ty, tree)).collect()
            }
            (Type::Struct { fields, .. }, Tree::Object(given)) => {
                let with_ids = |(name, tree): (&String, &Tree)| {
                    let field = fields.iter().find(|field| *field.name == **name);
                    (name.clone(), field.map_or_else(|| tree.clone(), |field| self.with_ids(&field.ty, tree)))
                };
                Tree::Object(given.iter().map(with_ids).collect())
            }
            _ => tree.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hexapla_primitives::NativeId;
    use serde_json::json;

    #[test]
    fn names_and_ids_are_bytes_wherever_32_of_them_are_expected() {
        let toolkits = hexapla::toolkits();
        let own = toolkits.iter().find(|toolkit| toolkit.accounts().is_some()).unwrap();
        let id = NativeId::new(own.vm(), vec![7; 32]);
        let mut names = Names::new(toolkits.clone());
        names.add_id("mint", &id);
        let (one, list) = (Type::FixedBytes(32), Type::Array(Box::new(Type::FixedBytes(32))));
        let bytes = Value::Bytes(id.bytes.clone());
        let native = own.addresses().format(&id.bytes);
        for text in ["mint", &native, &id.bytes.to_string()] {
            assert_eq!(names.value(&one, &json!(text)).unwrap(), bytes);
            assert_eq!(names.value_of_text(&one, text).unwrap(), bytes);
            assert_eq!(names.value(&list, &json!([text])).unwrap(), Value::Array(vec![bytes.clone()]));
            assert_eq!(names.value_of_text(&list, &format!("[{text}]")).unwrap(), Value::Array(vec![bytes.clone()]));
        }
        assert!(names.value(&one, &json!("mintt")).is_err());
        assert_eq!(
            names.value(&Type::Address, &json!(native)).unwrap(),
            names.value(&Type::Address, &json!("mint")).unwrap()
        );
    }
}
