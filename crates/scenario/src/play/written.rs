//! Values as the file would have them: what is written here is read back as the same value, or it is not written.

use super::{
    Player,
    pattern::{declared, is_value, split_arguments},
};
use crate::{
    explain::value::number_text,
    format::read_back,
    world::{names::Names, saved::Saved},
};
use hexapla_abi::{Codec as _, CustomError, Interface, SolidityCodec, Tree, Type, Value, value_to_json};
use hexapla_primitives::{Address, B256, Bytes};
use serde_json::json;

/// Stands for any value: written where nothing else is read as the value.
const ANYTHING: &str = "_";

/// A value as an argument of a pattern: with names where they are read back, else by its bytes.
pub(super) fn written(names: &Names, at: Address, ty: &Type, value: &Value) -> String {
    let is_read = |text: &String| {
        let alone = split_arguments(text).len() == 1 && text != ANYTHING;
        alone && is_value(names, at, ty, text, value).unwrap_or_default()
    };
    let forms = [named(names, at, ty, value, true), value.to_string(), value_to_json(value).to_string()];
    forms.into_iter().find(is_read).unwrap_or_else(|| ANYTHING.to_owned())
}

/// `name(values)` as a pattern.
pub(super) fn written_error(names: &Names, at: Address, error: &CustomError, values: &[Value]) -> String {
    let values = error.inputs.iter().zip(values).map(|(param, value)| written(names, at, &param.ty, value));
    format!("{}({})", error.name, values.collect::<Vec<_>>().join(", "))
}

fn named(names: &Names, at: Address, ty: &Type, value: &Value, alone: bool) -> String {
    let all = |items: &[Value], ty: &Type| {
        items.iter().map(|item| named(names, at, ty, item, false)).collect::<Vec<_>>().join(", ")
    };
    match (ty, value) {
        (_, Value::Address(address)) => names.full(*address),
        (_, Value::Uint(number)) => number_text(*number),
        (Type::FixedBytes(_), Value::Bytes(bytes)) => key_name(names, bytes).unwrap_or_else(|| bytes.to_string()),
        (Type::Bytes, Value::Bytes(bytes)) if alone => error_in(names, at, bytes).unwrap_or_else(|| bytes.to_string()),
        (Type::Array(ty) | Type::FixedArray(ty, _), Value::Array(items)) => format!("[{}]", all(items, ty)),
        (Type::Tuple(types), Value::Tuple(items)) if types.len() == items.len() && types.len() != 1 => {
            let items = types.iter().zip(items).map(|(ty, item)| named(names, at, ty, item, false));
            format!("({})", items.collect::<Vec<_>>().join(", "))
        }
        (Type::Struct { fields, .. }, Value::Struct { fields: values, .. }) if fields.len() == values.len() => {
            let values = fields.iter().zip(values);
            let values =
                values.map(|(field, (name, value))| format!("{name}: {}", named(names, at, &field.ty, value, false)));
            format!("{{{}}}", values.collect::<Vec<_>>().join(", "))
        }
        _ => value.to_string(),
    }
}

/// The error that bytes are, where an interface declares it.
fn error_in(names: &Names, at: Address, bytes: &Bytes) -> Option<String> {
    let decode = |interface| SolidityCodec::default().decode_error(interface, bytes).ok();
    let (error, values) = names.interfaces_from(at).find_map(|interface: &Interface| decode(interface))?;
    // The one that is read under this name.
    declared(names, at, &error.name).filter(|first| *first == error)?;
    Some(written_error(names, at, error, &values))
}

/// The name that is read as these 32 bytes.
fn key_name(names: &Names, bytes: &Bytes) -> Option<String> {
    let key = B256::try_from(&bytes[..]).ok()?;
    names.name_of_word(&key).filter(|name| names.word(name) == Some(key)).map(str::to_owned)
}

impl Player<'_> {
    /// A value as a tree of the file; `None` where no tree is read as the value.
    pub(super) fn observed(&self, ty: &Type, value: &Value) -> Option<Tree> {
        observed(&self.world.names, ty, value)
    }
}

fn observed(names: &Names, ty: &Type, value: &Value) -> Option<Tree> {
    let forms = [tree(names, ty, value, false), tree(names, ty, value, true), value_to_json(value)];
    let is_read = |tree: &Tree| {
        let resolved = Saved::default().resolve(&read_back(tree));
        resolved.is_ok_and(|tree| names.value(ty, &tree).is_ok_and(|read| read == *value))
    };
    forms.into_iter().map(dollars_doubled).find(is_read)
}

/// `wrapped`: a value in an option says so, for those that would be taken for the option itself.
fn tree(names: &Names, ty: &Type, value: &Value, wrapped: bool) -> Tree {
    match (ty.of_values(), value) {
        (_, Value::Uint(number)) => u32::try_from(*number).map_or_else(|_| number_text(*number).into(), Tree::from),
        (_, Value::Address(address)) => Tree::String(names.full(*address)),
        (Type::FixedBytes(_), Value::Bytes(bytes)) => {
            key_name(names, bytes).unwrap_or_else(|| bytes.to_string()).into()
        }
        (Type::Array(ty) | Type::FixedArray(ty, _), Value::Array(items)) => {
            items.iter().map(|item| tree(names, ty, item, wrapped)).collect()
        }
        (Type::Tuple(types), Value::Tuple(items)) => {
            types.iter().zip(items).map(|(ty, item)| tree(names, ty, item, wrapped)).collect()
        }
        (Type::Struct { fields, .. }, Value::Struct { fields: values, .. }) => {
            let values = fields.iter().zip(values);
            let pairs = values.map(|(field, (name, value))| (name.to_string(), tree(names, &field.ty, value, wrapped)));
            let object = pairs.clone().collect::<serde_json::Map<_, _>>();
            if object.len() == fields.len() { Tree::Object(object) } else { pairs.map(|(_, value)| value).collect() }
        }
        (Type::Option(ty), Value::Option(Some(value))) if wrapped => json!({ "some": tree(names, ty, value, wrapped) }),
        (Type::Option(ty), Value::Option(Some(value))) => tree(names, ty, value, wrapped),
        (Type::Enum { variants, .. }, Value::Enum { variant, payload, .. }) if **payload != Value::Unit => {
            let ty = variants.iter().find(|known| known.name == *variant).map_or(&Type::Unit, |known| &known.payload);
            json!({ &**variant: tree(names, ty, payload, wrapped) })
        }
        (Type::Map(key, ty), Value::Map(entries)) => entries
            .iter()
            .map(|(name, value)| json!([tree(names, key, name, wrapped), tree(names, ty, value, wrapped)]))
            .collect(),
        (_, Value::Unit) => Tree::Array(Vec::new()),
        (_, other) => value_to_json(other),
    }
}

/// Texts that begin with `$` would be read as references.
fn dollars_doubled(tree: Tree) -> Tree {
    match tree {
        Tree::String(text) if text.starts_with('$') => Tree::String(format!("${text}")),
        Tree::Array(items) => items.into_iter().map(dollars_doubled).collect(),
        Tree::Object(fields) => {
            Tree::Object(fields.into_iter().map(|(name, tree)| (name, dollars_doubled(tree))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::through_file;
    use alloy_primitives::I256;
    use hexapla_abi::types::{Field, Variant};
    use hexapla_primitives::{NativeId, U256, identity::alias_of};

    /// Values of all types. The seeds are fixed: a failure says which it was.
    struct Dice(u64);

    const TEXTS: [&str; 14] = [
        "",
        "a",
        "none",
        "some",
        "_",
        "$x",
        "$$",
        "a, b",
        "\"",
        "\\",
        "(]{",
        "0x12",
        "true",
        "\u{1b}[31m\u{202e}\n\u{1F980}",
    ];

    impl Dice {
        fn roll(&mut self, sides: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % sides as u64).unwrap()
        }

        fn word(&mut self) -> U256 {
            let word = U256::from_limbs([0; 4].map(|_: u64| self.roll(usize::MAX) as u64));
            [U256::ZERO, U256::ONE, U256::MAX, U256::from(10).pow(U256::from(21)), word, word >> 200][self.roll(6)]
        }

        fn bytes(&mut self, names: &Names, length: usize) -> Bytes {
            let known = ["alice", "mint"].map(|name| names.word(name).unwrap());
            let alias = alias_of(names.address("mint").unwrap());
            match self.roll(4) {
                0 if length == 32 => known[self.roll(2)].to_vec().into(),
                1 if length == 32 => alias.to_vec().into(),
                2 => vec![0; length].into(),
                _ => (0..length).map(|_| u8::try_from(self.roll(256)).unwrap()).collect::<Vec<_>>().into(),
            }
        }

        fn ty(&mut self, depth: usize) -> Type {
            let boxed = |dice: &mut Self| Box::new(dice.ty(depth - 1));
            match self.roll(if depth == 0 { 10 } else { 17 }) {
                0 => Type::Bool,
                1 => Type::Uint { bits: [8, 64, 256][self.roll(3)] },
                2 => Type::Int { bits: 256 },
                3 => Type::Felt,
                4 => Type::Address,
                5 => Type::Bytes,
                6 => Type::FixedBytes([1, 4, 32][self.roll(3)]),
                7 | 8 => Type::String,
                9 => Type::Function,
                10 => Type::Array(boxed(self)),
                11 => Type::FixedArray(boxed(self), self.roll(3)),
                12 => Type::Option(boxed(self)),
                13 => Type::Tuple((0..self.roll(3)).map(|_| self.ty(depth - 1)).collect()),
                14 => {
                    let fields = ["owner", "some", "c"].into_iter().take(1 + self.roll(3));
                    let fields = fields.map(|name| Field { name: name.into(), ty: self.ty(depth - 1) }).collect();
                    Type::Struct { name: "Vault.Position".into(), fields }
                }
                15 => {
                    let plain = Variant { name: "Plain".into(), payload: Type::Unit };
                    let holding = Variant { name: "Holding".into(), payload: self.ty(depth - 1) };
                    Type::Enum { name: "Side".into(), variants: vec![plain, holding] }
                }
                _ => Type::Map(Box::new(Type::String), boxed(self)),
            }
        }

        fn value(&mut self, names: &Names, ty: &Type) -> Value {
            let many = |dice: &mut Self, ty: &Type, count: usize| (0..count).map(|_| dice.value(names, ty)).collect();
            match ty {
                Type::Bool => Value::Bool(self.roll(2) == 0),
                Type::Uint { bits } => Value::Uint(self.word() >> (256 - usize::from(*bits))),
                Type::Int { .. } => Value::Int(I256::from_raw(self.word())),
                Type::Felt => Value::Felt(self.word() >> 8),
                Type::Address => Value::Address(match self.roll(3) {
                    0 => Address::ZERO,
                    1 => names.address(["alice", "mint"][self.roll(2)]).unwrap(),
                    _ => Address::from_slice(&self.bytes(names, 20)),
                }),
                Type::Bytes => Value::Bytes({
                    let length = [0, 4, 32, 36][self.roll(4)];
                    self.bytes(names, length)
                }),
                Type::FixedBytes(length) => Value::Bytes(self.bytes(names, *length)),
                Type::String => Value::String(TEXTS[self.roll(TEXTS.len())].into()),
                Type::Function => Value::Function(alloy_primitives::Function::from_slice(&self.bytes(names, 24))),
                Type::Array(ty) => {
                    let count = self.roll(4);
                    Value::Array(many(self, ty, count))
                }
                Type::FixedArray(ty, count) => Value::Array(many(self, ty, *count)),
                Type::Option(_) if self.roll(3) == 0 => Value::Option(None),
                Type::Option(ty) => Value::Option(Some(Box::new(self.value(names, ty)))),
                Type::Tuple(types) => Value::Tuple(types.iter().map(|ty| self.value(names, ty)).collect()),
                Type::Struct { name, fields } => {
                    let fields = fields.iter().map(|field| (field.name.clone(), self.value(names, &field.ty)));
                    Value::Struct { name: name.clone(), fields: fields.collect() }
                }
                Type::Enum { name, variants } => {
                    let variant = &variants[self.roll(2)];
                    let payload = Box::new(self.value(names, &variant.payload));
                    Value::Enum { name: name.clone(), variant: variant.name.clone(), payload }
                }
                Type::Map(_, ty) => {
                    let keys = TEXTS.iter().take(self.roll(3));
                    Value::Map(keys.map(|key| (Value::String((*key).into()), self.value(names, ty))).collect())
                }
                _ => Value::Unit,
            }
        }
    }

    #[test]
    fn what_is_written_is_read_back_as_the_same_value_for_all_types() {
        let toolkits = hexapla::toolkits();
        let own = toolkits.iter().find(|toolkit| toolkit.accounts().is_some()).unwrap();
        let mut names = Names::new(toolkits.clone());
        names.add("alice", Address::repeat_byte(0xA1));
        names.add_id("mint", &NativeId::new(own.vm(), vec![7; 32]));
        for seed in 1..20_000_u64 {
            let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let ty = dice.ty(3);
            let value = dice.value(&names, &ty);
            let what = format!("seed {seed}: {ty}: {value:?}");
            let tree = observed(&names, &ty, &value).unwrap_or_else(|| panic!("{what} has no tree"));
            let read = Saved::default().resolve(&through_file(&tree)).unwrap();
            assert_eq!(names.value(&ty, &read).unwrap(), value, "{what} is {tree}");
            let text = written(&names, Address::ZERO, &ty, &value);
            assert_ne!(text, ANYTHING, "{what} has no text");
            let arguments = format!("_, {text}, _");
            let parts = split_arguments(&arguments);
            assert_eq!(parts, ["_", &text, "_"], "{what}");
            assert!(is_value(&names, Address::ZERO, &ty, parts[1], &value).unwrap(), "{what} is {text}");
        }
    }
}
