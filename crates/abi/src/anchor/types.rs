//! Anchor's types, with what they name written out.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::{
    interface::Abi,
    solidity::kind_of,
    source::{Guard, Problem, child, length, list, text, text_or_empty},
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
    /// In the data of instructions, results and events.
    Call,
    /// In the data of accounts.
    Account,
}

/// The types that an IDL defines.
pub(super) struct Types<'j> {
    definitions: HashMap<&'j str, &'j Json>,
    guard: Guard,
}

impl<'j> Types<'j> {
    pub(super) fn new(idl: &'j Json) -> Result<Self, Problem> {
        let mut definitions = HashMap::new();
        for definition in list(idl, "types")? {
            let name = text(definition, "name")?;
            if definitions.insert(name, definition).is_some_and(|other| other != definition) {
                return Err(Problem::malformed(format!("two types have the name {}", quote(&shorten(name, 80)))));
            }
        }
        Ok(Self { definitions, guard: Guard::default() })
    }

    /// The type of a parameter or a result.
    pub(super) fn of_call(&mut self, json: &Json) -> Result<Type, Problem> {
        self.guard.start();
        checked(self.resolve(json, &HashMap::new(), Place::Call, 0)?)
    }

    /// The type of an account's data.
    pub(super) fn of_account(&mut self, name: &str) -> Result<Type, Problem> {
        self.guard.start();
        checked(self.defined(name, &[], &HashMap::new(), Place::Account, 0)?)
    }

    /// The type of an event.
    pub(super) fn of_event(&mut self, name: &str) -> Result<Type, Problem> {
        self.guard.start();
        checked(self.defined(name, &[], &HashMap::new(), Place::Call, 0)?)
    }

    fn resolve(&mut self, json: &Json, generics: &Generics<'_>, place: Place, depth: usize) -> Result<Type, Problem> {
        self.guard.part(depth)?;
        let inner = |types: &mut Self, json: &Json| types.resolve(json, generics, place, depth + 1);
        match json {
            Json::String(name) => scalar(name),
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
        self.guard.part(depth)?;
        let definition = self.definitions.get(name).copied().ok_or_else(|| {
            Problem::inexpressible(format!("the IDL does not define the type {}", quote(&shorten(name, 80))))
        })?;
        check_serialization(definition, name)?;
        let mut generics = HashMap::new();
        let parameters = list(definition, "generics")?;
        if parameters.len() != arguments.len() {
            let (expected, given) = (parameters.len(), arguments.len());
            let reason = format!("the type {} takes {expected} generic arguments, {given} are given", escape(name));
            return Err(Problem::malformed(reason));
        }
        for (parameter, argument) in parameters.iter().zip(arguments) {
            let value = match text_or_empty(argument, "kind") {
                "const" => Argument::Length(array_length(child(argument, "value")?, outer)?),
                _ => Argument::Type(self.resolve(child(argument, "type")?, outer, place, depth + 1)?),
            };
            generics.insert(text(parameter, "name")?, value);
        }
        self.guard.open(name)?;
        let ty = self.definition(name, child(definition, "type")?, &generics, place, depth)?;
        self.guard.close();
        Ok(ty)
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

fn check_serialization(definition: &Json, name: &str) -> Result<(), Problem> {
    match definition.get("serialization") {
        None | Some(Json::Null) => Ok(()),
        Some(Json::String(serialization)) if serialization == "borsh" => Ok(()),
        Some(other) => {
            let custom = other.get("custom").unwrap_or(other);
            let other = custom.as_str().map_or_else(|| kind_of(other), |text| quote(&shorten(text, 40)));
            let reason = format!("the type {} is serialized as {other}, not as Borsh", escape(name));
            Err(Problem::inexpressible(reason))
        }
    }
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
        other => return Err(Problem::malformed(format!("{} is not a type of Anchor", quote(&shorten(other, 40))))),
    })
}

fn fixed_array(element: Type, count: usize) -> Type {
    if element == (Type::Uint { bits: 8 }) { Type::FixedBytes(count) } else { Type::fixed_array(element, count) }
}

/// An option of the program library: in accounts its value has its room even where there is none.
fn coption(value: Type, place: Place) -> Type {
    match place {
        Place::Call => Type::option(value),
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

fn not_a_type(json: &Json) -> Problem {
    Problem::malformed(format!("expected a type of Anchor, found {}", kind_of(json)))
}
