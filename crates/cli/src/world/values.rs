//! Values as people write them, with names where keys of 32 bytes are expected.

use super::names::Names;
use hexapla_abi::{Tree, Type, Value, error::ArgumentError, parse_value_with, value_from_tree};

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// An option without a value; TOML has no null.
const NONE: &str = "none";

impl Names {
    /// Reads a value of the type. Names and base58 stand for addresses and for 32 bytes.
    pub(crate) fn value(&self, ty: &Type, tree: &Tree) -> Result<Value, ArgumentError> {
        value_from_tree(ty, &self.with_keys(ty, tree), &|name| self.resolve(name))
    }

    /// The same from a text.
    pub(crate) fn value_of_text(&self, ty: &Type, text: &str) -> Result<Value, ArgumentError> {
        let text = text.trim();
        if let (Type::FixedBytes(KEY_BYTES), Some(key)) = (ty, self.key(text)) {
            return Ok(Value::bytes(key.to_vec()));
        }
        if let (Type::Array(item), Some(items)) = (ty, text.strip_prefix('[').and_then(|text| text.strip_suffix(']')))
            && **item == Type::FixedBytes(KEY_BYTES)
        {
            let items = items.split(',').filter(|item| !item.trim().is_empty());
            return items.map(|text| self.value_of_text(item, text)).collect::<Result<_, _>>().map(Value::Array);
        }
        parse_value_with(ty, text, &|name| self.resolve(name))
    }

    /// The tree with keys in hex in place of names and base58.
    fn with_keys(&self, ty: &Type, tree: &Tree) -> Tree {
        match (ty, tree) {
            (Type::FixedBytes(KEY_BYTES), Tree::String(text)) => {
                self.key(text).map_or_else(|| tree.clone(), |key| Tree::String(key.to_string()))
            }
            (Type::Array(item) | Type::FixedArray(item, _), Tree::Array(items)) => {
                items.iter().map(|tree| self.with_keys(item, tree)).collect()
            }
            (Type::Option(_), Tree::String(text)) if text == NONE => Tree::Null,
            (Type::Option(inner), tree) => self.with_keys(inner, tree),
            (Type::Tuple(types), Tree::Array(items)) => {
                types.iter().zip(items).map(|(ty, tree)| self.with_keys(ty, tree)).collect()
            }
            (Type::Struct { fields, .. }, Tree::Array(items)) if fields.len() == items.len() => {
                fields.iter().zip(items).map(|(field, tree)| self.with_keys(&field.ty, tree)).collect()
            }
            (Type::Struct { fields, .. }, Tree::Object(given)) => {
                let with_keys = |(name, tree): (&String, &Tree)| {
                    let field = fields.iter().find(|field| *field.name == **name);
                    (name.clone(), field.map_or_else(|| tree.clone(), |field| self.with_keys(&field.ty, tree)))
                };
                Tree::Object(given.iter().map(with_keys).collect())
            }
            _ => tree.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hexapla_primitives::B256;
    use serde_json::json;

    #[test]
    fn names_and_base58_are_keys_wherever_32_bytes_are_expected() {
        let mut names = Names::default();
        let key = B256::repeat_byte(7);
        names.add_key("mint", key);
        let (one, list) = (Type::FixedBytes(32), Type::Array(Box::new(Type::FixedBytes(32))));
        let bytes = Value::bytes(key.to_vec());
        let base58 = super::super::names::base58_text(&key);
        for text in ["mint", &base58, &key.to_string()] {
            assert_eq!(names.value(&one, &json!(text)).unwrap(), bytes);
            assert_eq!(names.value_of_text(&one, text).unwrap(), bytes);
            assert_eq!(names.value(&list, &json!([text])).unwrap(), Value::Array(vec![bytes.clone()]));
            assert_eq!(names.value_of_text(&list, &format!("[{text}]")).unwrap(), Value::Array(vec![bytes.clone()]));
        }
        assert!(names.value(&one, &json!("mintt")).is_err());
        assert_eq!(
            names.value(&Type::Address, &json!(base58)).unwrap(),
            names.value(&Type::Address, &json!("mint")).unwrap()
        );
    }
}
