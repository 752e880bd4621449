//! Fuel's concrete and metadata types, written out.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::name::{Name, last_segment};
use crate::{
    error::InterfaceError,
    interface::Abi,
    source::{Draft, Guard, Problem, child, items, label_of, list, text, text_or_empty, type_text},
    text::{escape, quote, shorten},
    types::{Field, Type, Variant},
};

/// What the parameters of generic types stand for, by their metadata id.
type Generics = HashMap<u64, Type>;

/// The types of an ABI.
pub(super) struct Types<'j> {
    /// By id; `None` where two types have it.
    concrete: HashMap<&'j str, Option<&'j Json>>,
    metadata: HashMap<u64, Option<&'j Json>>,
    guard: Guard,
}

impl<'j> Types<'j> {
    pub(super) fn new(json: &'j Json, draft: &mut Draft) -> Result<Self, InterfaceError> {
        let (mut concrete, mut metadata) = (HashMap::new(), HashMap::new());
        for (label, item) in named(json, "concreteTypes", "concrete type")? {
            let Some(id) = draft.item(&label, text(item, "concreteTypeId")) else { continue };
            match concrete.get(id) {
                Some(Some(other)) if *other != item => {
                    draft.refuse(&label, Problem::malformed("two concrete types have the same id"));
                    concrete.insert(id, None);
                }
                Some(_) => {}
                None => {
                    concrete.insert(id, Some(item));
                }
            }
        }
        for (label, item) in named(json, "metadataTypes", "metadata type")? {
            let Some(id) = draft.item(&label, metadata_id(item, "metadataTypeId")) else { continue };
            match metadata.get(&id) {
                Some(Some(other)) if *other != item => {
                    draft.refuse(&label, Problem::malformed(format!("two metadata types have the id {id}")));
                    metadata.insert(id, None);
                }
                Some(_) => {}
                None => {
                    metadata.insert(id, Some(item));
                }
            }
        }
        Ok(Self { concrete, metadata, guard: Guard::default() })
    }

    /// The type with this concrete id.
    pub(super) fn concrete(&mut self, id: &str) -> Result<Type, Problem> {
        self.guard.start();
        let ty = self.by_concrete_id(id, 0)?;
        Abi::Fuel.check_type(&ty)?;
        Ok(ty)
    }

    fn by_concrete_id(&mut self, id: &str, depth: usize) -> Result<Type, Problem> {
        self.guard.part(depth)?;
        let item = self.concrete.get(id).copied().flatten().ok_or_else(|| {
            Problem::malformed(format!("no concrete type, or more than one, has the id {}", quote(&shorten(id, 80))))
        })?;
        let name = Name::parse(type_text(item, "type")?)?;
        if let Some(ty) = name.plain()? {
            return Ok(ty);
        }
        let arguments = list(item, "typeArguments")?.iter().map(|argument| {
            let id = argument.as_str().ok_or_else(|| Problem::malformed("a type argument must be a concrete id"))?;
            self.guard.open(id)?;
            let ty = self.by_concrete_id(id, depth + 1)?;
            self.guard.close();
            Ok(ty)
        });
        let arguments = arguments.collect::<Result<Vec<_>, Problem>>()?;
        match item.get("metadataTypeId") {
            // A struct without fields has no more to say.
            None | Some(Json::Null) if matches!(name, Name::Struct(_)) && arguments.is_empty() => {
                name.composite(Vec::new())
            }
            None | Some(Json::Null) => Err(name.unknown()),
            Some(_) => {
                self.by_metadata_id(metadata_id(item, "metadataTypeId")?, arguments, &Generics::new(), depth + 1)
            }
        }
    }

    /// The type with this metadata id and these arguments. `outer` is what the generics of the place of use stand for.
    fn by_metadata_id(
        &mut self,
        id: u64,
        arguments: Vec<Type>,
        outer: &Generics,
        depth: usize,
    ) -> Result<Type, Problem> {
        self.guard.part(depth)?;
        let item = self.metadata.get(&id).copied().flatten();
        let item =
            item.ok_or_else(|| Problem::malformed(format!("no metadata type, or more than one, has the id {id}")))?;
        let name = Name::parse(type_text(item, "type")?)?;
        if let Name::Generic(parameter) = &name {
            let ty = outer.get(&id).cloned();
            let ty = ty.ok_or_else(|| Problem::malformed(format!("nothing says what {} is", escape(parameter))))?;
            self.count(&ty, depth)?;
            return Ok(ty);
        }
        if let Some(ty) = name.plain()? {
            return Ok(ty);
        }
        let parameters = list(item, "typeParameters")?;
        if parameters.len() != arguments.len() {
            let (expected, given) = (parameters.len(), arguments.len());
            return Err(Problem::malformed(format!("{name} takes {expected} type arguments, {given} are given")));
        }
        // Generics of this definition only: those around it do not reach into it. Array and tuple types have none of
        // their own and use those of the place where they stand.
        let ids = parameters
            .iter()
            .map(|id| id.as_u64().ok_or_else(|| Problem::malformed("a type parameter must be a metadata id")));
        let own = ids.zip(arguments).map(|(id, ty)| Ok((id?, ty))).collect::<Result<Generics, Problem>>()?;
        let own = if matches!(name, Name::Array(..) | Name::Tuple) { outer } else { &own };
        if let Some(ty) = standard(&name, parameters, own) {
            return Ok(ty);
        }
        self.guard.open(&format!("{name} ({id})"))?;
        let components = list(item, "components")?
            .iter()
            .map(|component| Ok((text(component, "name")?, self.component(component, own, depth + 1)?)));
        let components = components.collect::<Result<Vec<_>, Problem>>()?;
        self.guard.close();
        name.composite(components)
    }

    /// The type of a field, a variant, or an element: by metadata id with arguments, or by concrete id.
    fn component(&mut self, json: &Json, generics: &Generics, depth: usize) -> Result<Type, Problem> {
        match child(json, "typeId")? {
            Json::String(id) => {
                self.guard.open(id)?;
                let ty = self.by_concrete_id(id, depth)?;
                self.guard.close();
                Ok(ty)
            }
            _ => {
                let arguments = list(json, "typeArguments")?.iter();
                let arguments = arguments.map(|argument| self.component(argument, generics, depth + 1));
                let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
                self.by_metadata_id(metadata_id(json, "typeId")?, arguments, generics, depth)
            }
        }
    }

    /// Counts the parts of a type that is used once more.
    fn count(&mut self, ty: &Type, depth: usize) -> Result<(), Problem> {
        self.guard.part(depth)?;
        ty.children().try_for_each(|child| self.count(child, depth + 1))
    }
}

/// Types of the standard library that are written in an own way.
fn standard(name: &Name<'_>, parameters: &[Json], own: &Generics) -> Option<Type> {
    let first = own.get(&parameters.first()?.as_u64()?)?;
    match name {
        Name::Struct(path) if last_segment(path) == "Vec" => Some(match first {
            Type::Uint { bits: 8 } => Type::Bytes,
            element => Type::array(element.clone()),
        }),
        Name::Enum(path) if last_segment(path) == "Option" => Some(Type::option(first.clone())),
        _ => None,
    }
}

/// The items of a list of types, each with its kind and the text of the type.
fn named<'j>(json: &'j Json, key: &str, kind: &str) -> Result<Vec<(String, &'j Json)>, InterfaceError> {
    let items = items(json, key, kind)?.into_iter();
    Ok(items.map(|(_, item)| (label_of(kind, text_or_empty(item, "type")), item)).collect())
}

fn metadata_id(json: &Json, key: &str) -> Result<u64, Problem> {
    child(json, key)?.as_u64().ok_or_else(|| Problem::malformed(format!("`{key}` must be a number")))
}

impl Name<'_> {
    /// The type with these components.
    fn composite(&self, components: Vec<(&str, Type)>) -> Result<Type, Problem> {
        match self {
            Self::Struct(path) => {
                let fields = components.into_iter().map(|(name, ty)| Field::new(name, ty));
                Ok(Type::Struct { name: last_segment(path).into(), fields: fields.collect() })
            }
            Self::Enum(path) => {
                let variants = components.into_iter().map(|(name, ty)| Variant::new(name, ty));
                Ok(Type::Enum { name: last_segment(path).into(), variants: variants.collect() })
            }
            Self::Tuple => Ok(Type::Tuple(components.into_iter().map(|(_, ty)| ty).collect())),
            Self::Array(length) => match components.into_iter().next().map(|(_, ty)| ty) {
                Some(Type::Uint { bits: 8 }) => Ok(Type::FixedBytes(*length)),
                Some(element) => Ok(Type::fixed_array(element, *length)),
                None => Err(Problem::malformed("an array has no element type")),
            },
            Self::Plain(_) | Self::Generic(_) => Err(self.unknown()),
        }
    }
}
