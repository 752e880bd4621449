//! Anchor's types, with what they name written out.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::bytemuck::Serialization;
use crate::{
    error::InterfaceError,
    interface::Abi,
    source::{Draft, Guard, Problem, child, items, kind_of, length, list, text, text_or_empty},
    text::{escape, quote, shorten},
    types::{Field, Type, Variant},
};

/// The arguments of the generic type that is being written out: JSON of types and lengths, by parameter.
type Generics<'j> = HashMap<&'j str, Argument>;

/// What a generic parameter stands for.
#[derive(Clone)]
enum Argument {
    Type(Type),
    Length(usize),
}

/// Where a type is used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the data of instructions and results.
    Call,
    /// In the data of events.
    Event,
    /// In the data of accounts.
    Account,
}

/// The types that an IDL defines.
pub(super) struct Types<'j> {
    definitions: HashMap<&'j str, Definition<'j>>,
    /// Those of accounts and events that are defined in place, which may have the names of other types.
    accounts: HashMap<&'j str, Definition<'j>>,
    events: HashMap<&'j str, Definition<'j>>,
    guard: Guard,
    /// Whether the item has had a number with a point, which the model does not tell from bytes.
    has_floats: bool,
}

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Definition<'j> {
    One(&'j Json),
    /// Several types have the name, so that it stands for none.
    Several,
}

/// The key under which `legacy` puts the types of accounts.
pub(super) const ACCOUNT_TYPES: &str = "accountTypes";
/// The key under which `legacy` puts the types of events.
pub(super) const EVENT_TYPES: &str = "eventTypes";

impl<'j> Types<'j> {
    pub(super) fn new(idl: &'j Json, draft: &mut Draft) -> Result<Self, InterfaceError> {
        let mut definitions: HashMap<&str, Definition<'j>> = HashMap::new();
        for (item, json) in items(idl, "types", "type")? {
            let Some(name) = draft.item(&item, text(json, "name")) else { continue };
            let known = definitions.get(name).copied();
            if known.is_some_and(|known| known != Definition::Several && known != Definition::One(json)) {
                draft.refuse(&item, Problem::malformed("the IDL defines two types of this name"));
            }
            definitions.insert(name, together(known, json));
        }
        let (accounts, events) = (in_place(idl, ACCOUNT_TYPES)?, in_place(idl, EVENT_TYPES)?);
        Ok(Self { definitions, accounts, events, guard: Guard::default(), has_floats: false })
    }

    /// What the name stands for.
    fn named(&self, name: &str) -> Option<Definition<'j>> {
        self.definitions.get(name).or_else(|| self.accounts.get(name)).or_else(|| self.events.get(name)).copied()
    }

    /// What the name of an account or an event stands for: its own type first.
    fn own(&self, name: &str, place: Place) -> Option<Definition<'j>> {
        let own = match place {
            Place::Account => self.accounts.get(name),
            Place::Call | Place::Event => self.events.get(name),
        };
        own.or_else(|| self.definitions.get(name)).copied()
    }

    /// Before each item.
    fn start(&mut self) {
        self.guard.start();
        self.has_floats = false;
    }

    /// The type of a parameter or a result.
    pub(super) fn of_call(&mut self, json: &Json) -> Result<Type, Problem> {
        self.start();
        checked(self.resolve(json, &HashMap::new(), Place::Call, 0)?)
    }

    /// The type of an account's data.
    pub(super) fn of_account(&mut self, name: &str) -> Result<Type, Problem> {
        self.start();
        checked(self.own_type(name, Place::Account)?)
    }

    /// The type of an event.
    pub(super) fn of_event(&mut self, name: &str) -> Result<Type, Problem> {
        self.start();
        checked(self.own_type(name, Place::Event)?)
    }

    /// The type that an account or an event has by its name.
    fn own_type(&mut self, name: &str, place: Place) -> Result<Type, Problem> {
        match self.own(name, place) {
            Some(definition) => self.instance(name, definition, &[], &HashMap::new(), place, 0),
            None => Err(undefined(name)),
        }
    }

    fn resolve(&mut self, json: &Json, generics: &Generics<'_>, place: Place, depth: usize) -> Result<Type, Problem> {
        self.guard.part(depth)?;
        let inner = |types: &mut Self, json: &Json| types.resolve(json, generics, place, depth + 1);
        match json {
            Json::String(name) => {
                self.has_floats |= matches!(name.as_str(), "f32" | "f64");
                scalar(name)
            }
            Json::Object(fields) => {
                let Some((kind, content)) = fields.iter().next().filter(|_| fields.len() == 1) else {
                    return Err(not_a_type(json));
                };
                match (kind.as_str(), content) {
                    ("option", content) => Ok(Type::option(inner(self, content)?)),
                    ("coption", content) => Ok(coption(inner(self, content)?, place)),
                    ("vec", Json::String(name)) if name == "u8" => Ok(Type::Bytes),
                    ("vec", content) => Ok(Type::array(inner(self, content)?)),
                    ("array", Json::Array(pair)) => {
                        let [element, count] = pair.as_slice() else { return Err(not_a_type(json)) };
                        let count = array_length(count, generics)?;
                        Ok(fixed_array(inner(self, element)?, count))
                    }
                    ("tuple", Json::Array(items)) => {
                        let items = items.iter().map(|item| inner(self, item));
                        Ok(Type::Tuple(items.collect::<Result<_, _>>()?))
                    }
                    ("hashMap" | "bTreeMap", Json::Array(pair)) => {
                        let [key, value] = pair.as_slice() else { return Err(not_a_type(json)) };
                        Ok(Type::Map(Box::new(inner(self, key)?), Box::new(inner(self, value)?)))
                    }
                    ("hashSet" | "bTreeSet", content) => Ok(Type::array(inner(self, content)?)),
                    ("generic", Json::String(name)) => match generics.get(name.as_str()) {
                        Some(Argument::Type(ty)) => {
                            self.count(ty, depth)?;
                            Ok(ty.clone())
                        }
                        _ => Err(Problem::inexpressible(format!("nothing says what the type {} is", escape(name)))),
                    },
                    ("defined", Json::String(name)) => self.defined(name, &[], generics, place, depth),
                    ("defined", content) => {
                        let arguments = list(content, "generics")?;
                        self.defined(text(content, "name")?, arguments, generics, place, depth)
                    }
                    _ => Err(not_a_type(json)),
                }
            }
            _ => Err(not_a_type(json)),
        }
    }

    /// Counts the parts of a type that is used once more.
    fn count(&mut self, ty: &Type, depth: usize) -> Result<(), Problem> {
        self.guard.part(depth)?;
        ty.children().try_for_each(|child| self.count(child, depth + 1))
    }

    /// A defined type with these arguments, which belong to the place where it is used.
    fn defined(
        &mut self,
        name: &str,
        arguments: &[Json],
        outer: &Generics<'_>,
        place: Place,
        depth: usize,
    ) -> Result<Type, Problem> {
        match self.named(name) {
            Some(definition) => self.instance(name, definition, arguments, outer, place, depth),
            None => {
                if let Some((outer, inner)) = written_with_argument(name).filter(|_| arguments.is_empty()) {
                    let inner =
                        scalar(inner).or_else(|_| self.defined(inner, &[], &HashMap::new(), place, depth + 1))?;
                    return standard(outer, &[Argument::Type(inner)], place).ok_or_else(|| undefined(name));
                }
                let arguments = arguments.iter().map(|argument| self.argument(argument, outer, place, depth));
                let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
                standard(name, &arguments, place).ok_or_else(|| undefined(name))
            }
        }
    }

    /// What a generic parameter stands for. One of the place of use is handed through, in each of the forms that are
    /// written for it: `{"kind": "type", "type": {"generic": "N"}}`, `{"kind": "const", "value": {"generic": "N"}}` and
    /// `{"kind": "const", "value": "N"}`.
    fn argument(&mut self, json: &Json, outer: &Generics<'_>, place: Place, depth: usize) -> Result<Argument, Problem> {
        let is_const = text_or_empty(json, "kind") == "const";
        let value = child(json, if is_const { "value" } else { "type" })?;
        let bare = value.as_str().filter(|_| is_const);
        let handed = value.get("generic").and_then(Json::as_str).or(bare).and_then(|name| outer.get(name)).cloned();
        match handed {
            Some(Argument::Type(ty)) => {
                self.count(&ty, depth)?;
                Ok(Argument::Type(ty))
            }
            Some(length) => Ok(length),
            None if is_const => Ok(Argument::Length(array_length(value, outer)?)),
            None => Ok(Argument::Type(self.resolve(value, outer, place, depth + 1)?)),
        }
    }

    /// A definition with these arguments.
    fn instance(
        &mut self,
        name: &str,
        definition: Definition<'j>,
        arguments: &[Json],
        outer: &Generics<'_>,
        place: Place,
        depth: usize,
    ) -> Result<Type, Problem> {
        self.guard.part(depth)?;
        let Definition::One(definition) = definition else {
            return Err(Problem::malformed(format!("the IDL defines two types with the name {}", shown(name))));
        };
        let layout = Serialization::of(definition, name)?;
        let mut generics = HashMap::new();
        let parameters = list(definition, "generics")?;
        if parameters.len() != arguments.len() {
            let (expected, given) = (parameters.len(), arguments.len());
            let reason = format!("the type {} takes {expected} generic arguments, {given} are given", escape(name));
            return Err(Problem::malformed(reason));
        }
        for (parameter, argument) in parameters.iter().zip(arguments) {
            let value = self.argument(argument, outer, place, depth)?;
            generics.insert(text(parameter, "name")?, value);
        }
        self.guard.open(name)?;
        let ty = self.definition(name, child(definition, "type")?, &generics, place, depth)?;
        self.guard.close();
        layout.arranged(ty, name, self.has_floats)
    }

    fn definition(
        &mut self,
        name: &str,
        json: &Json,
        generics: &Generics<'_>,
        place: Place,
        depth: usize,
    ) -> Result<Type, Problem> {
        match text_or_empty(json, "kind") {
            "struct" => self.fields(name, list(json, "fields")?, generics, place, depth),
            "enum" => {
                let variants = list(json, "variants")?.iter().map(|variant| {
                    let name = text(variant, "name")?;
                    let fields = list(variant, "fields")?;
                    let payload = match self.fields("", fields, generics, place, depth + 1)? {
                        // A variant with one value carries that value.
                        Type::Tuple(types) if types.len() == 1 => types.into_iter().next().unwrap_or(Type::Unit),
                        payload => payload,
                    };
                    Ok(Variant::new(name, payload))
                });
                let variants = variants.collect::<Result<_, Problem>>()?;
                Ok(Type::Enum { name: name.into(), variants })
            }
            "type" => {
                let alias = json.get("alias").or_else(|| json.get("value"));
                let alias = alias.ok_or_else(|| Problem::malformed("the alias names no type"))?;
                self.resolve(alias, generics, place, depth + 1)
            }
            _ => Err(Problem::malformed(format!("the definition of {} is no struct, enum or alias", escape(name)))),
        }
    }

    /// Fields with names are a struct, without a tuple, none at all are the unit.
    fn fields(
        &mut self,
        name: &str,
        fields: &[Json],
        generics: &Generics<'_>,
        place: Place,
        depth: usize,
    ) -> Result<Type, Problem> {
        let is_named = |field: &Json| field.get("name").is_some() && field.get("type").is_some();
        if fields.is_empty() {
            return Ok(Type::Unit);
        }
        if fields.iter().all(is_named) {
            let fields = fields.iter().map(|field| {
                let ty = self.resolve(child(field, "type")?, generics, place, depth + 1)?;
                Ok(Field::new(text(field, "name")?, ty))
            });
            let fields = fields.collect::<Result<_, Problem>>()?;
            return Ok(Type::Struct { name: name.into(), fields });
        }
        let types = fields.iter().map(|field| self.resolve(field, generics, place, depth + 1));
        Ok(Type::Tuple(types.collect::<Result<_, _>>()?))
    }
}

fn checked(ty: Type) -> Result<Type, Problem> {
    Abi::Borsh.check_type(&ty)?;
    Ok(ty)
}

/// The types that `legacy` puts under a key of their own.
fn in_place<'j>(idl: &'j Json, key: &str) -> Result<HashMap<&'j str, Definition<'j>>, InterfaceError> {
    let mut types = HashMap::new();
    for (_, json) in items(idl, key, "type")? {
        let Ok(name) = text(json, "name") else { continue };
        types.insert(name, together(types.get(name).copied(), json));
    }
    Ok(types)
}

/// A definition and another one of its name. A type that is written down twice is one.
fn together<'j>(known: Option<Definition<'j>>, json: &'j Json) -> Definition<'j> {
    match known {
        Some(known) if known != Definition::One(json) => Definition::Several,
        _ => Definition::One(json),
    }
}

fn undefined(name: &str) -> Problem {
    Problem::inexpressible(format!("the IDL does not define the type {}", shown(name)))
}

/// Types of Rust's library that IDLs name and do not define, where their bytes are fixed. Borsh sorts the keys of maps.
fn standard(name: &str, arguments: &[Argument], place: Place) -> Option<Type> {
    Some(match (name.rsplit("::").next().unwrap_or(name), arguments) {
        ("COption", [Argument::Type(value)]) => coption(value.clone(), place),
        ("Option", [Argument::Type(value)]) => Type::option(value.clone()),
        ("Vec", [Argument::Type(Type::Uint { bits: 8 })]) => Type::Bytes,
        ("Vec" | "HashSet" | "BTreeSet", [Argument::Type(element)]) => Type::array(element.clone()),
        ("Box", [Argument::Type(value)]) => value.clone(),
        ("HashMap" | "BTreeMap", [Argument::Type(key), Argument::Type(value)]) => {
            Type::Map(Box::new(key.clone()), Box::new(value.clone()))
        }
        ("Pubkey", []) => Type::Address,
        _ => return None,
    })
}

/// `COption<Pubkey>` as `COption` and `Pubkey`: some IDLs write a type with its argument as one name.
fn written_with_argument(name: &str) -> Option<(&str, &str)> {
    let (outer, inner) = name.strip_suffix('>')?.split_once('<')?;
    Some((outer.trim(), inner.trim()))
}

fn scalar(name: &str) -> Result<Type, Problem> {
    Ok(match name {
        "bool" => Type::Bool,
        "u8" => Type::Uint { bits: 8 },
        "u16" => Type::Uint { bits: 16 },
        "u32" => Type::Uint { bits: 32 },
        "u64" => Type::Uint { bits: 64 },
        "u128" => Type::Uint { bits: 128 },
        "u256" => Type::U256,
        "i8" => Type::Int { bits: 8 },
        "i16" => Type::Int { bits: 16 },
        "i32" => Type::Int { bits: 32 },
        "i64" => Type::Int { bits: 64 },
        "i128" => Type::Int { bits: 128 },
        "i256" => Type::Int { bits: 256 },
        "f32" => Type::FixedBytes(4),
        "f64" => Type::FixedBytes(8),
        "bytes" => Type::Bytes,
        "string" => Type::String,
        "pubkey" | "publicKey" => Type::Address,
        other => return Err(Problem::malformed(format!("{} is not a type of Anchor", shown(other)))),
    })
}

fn fixed_array(element: Type, count: usize) -> Type {
    if element == (Type::Uint { bits: 8 }) { Type::FixedBytes(count) } else { Type::fixed_array(element, count) }
}

/// An option of the program library: in accounts its value has its room even where there is none.
fn coption(value: Type, place: Place) -> Type {
    match place {
        Place::Call | Place::Event => Type::option(value),
        Place::Account => {
            let fields = vec![Field::new("tag", Type::Uint { bits: 32 }), Field::new("value", value)];
            Type::Struct { name: "COption".into(), fields }
        }
    }
}

fn array_length(json: &Json, generics: &Generics<'_>) -> Result<usize, Problem> {
    let Some(name) = json.get("generic").and_then(Json::as_str) else { return length(json) };
    match generics.get(name) {
        Some(Argument::Length(length)) => Ok(*length),
        _ => Err(Problem::inexpressible(format!("nothing says what the length {} is", escape(name)))),
    }
}

/// A name as reasons show it.
fn shown(name: &str) -> String {
    quote(&shorten(name, 80))
}

fn not_a_type(json: &Json) -> Problem {
    Problem::malformed(format!("expected a type of Anchor, found {}", kind_of(json)))
}
