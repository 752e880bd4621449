//! Codama's type nodes, with what they link to written out.

use std::collections::HashMap;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use serde_json::{Value as Json, json};

use super::constants::{byte_width, constant_bytes};
use crate::{
    error::InterfaceError,
    interface::Abi,
    source::{Draft, Guard, Problem, child, flag, items, length, list, text, text_or_empty},
    text::{escape, quote, shorten},
    types::{Field, Type, Variant},
};

/// The types that the programs of an IDL define.
pub(super) struct Types<'j> {
    /// By the program's name and the type's; `None` where two types have the name.
    definitions: HashMap<&'j str, HashMap<&'j str, Option<&'j Json>>>,
    own: &'j str,
    guard: Guard,
}

/// Where texts and bytes end.
enum Extent {
    /// A length of 32 bits stands before.
    Prefixed,
    /// Always after this many bytes.
    Fixed(usize),
}

impl<'j> Types<'j> {
    pub(super) fn new(program: &'j Json, programs: &[&'j Json], draft: &mut Draft) -> Result<Self, InterfaceError> {
        let mut definitions: HashMap<_, HashMap<_, Option<&'j Json>>> = HashMap::new();
        for program in programs {
            let definitions = definitions.entry(text_or_empty(program, "name")).or_default();
            for (item, definition) in items(program, "definedTypes", "type")? {
                let Some(name) = draft.item(&item, text(definition, "name")) else { continue };
                match definitions.get(name) {
                    Some(Some(other)) if *other != definition => {
                        draft.refuse(&item, Problem::malformed("the program defines two types of this name"));
                        definitions.insert(name, None);
                    }
                    Some(_) => {}
                    None => {
                        definitions.insert(name, Some(definition));
                    }
                }
            }
        }
        Ok(Self { definitions, own: text_or_empty(program, "name"), guard: Guard::default() })
    }

    /// The bytes of a value of this type.
    pub(super) fn constant(&self, ty: &Json, value: &Json) -> Result<Vec<u8>, Problem> {
        if text(value, "kind")? != "enumValueNode" {
            return constant_bytes(ty, value);
        }
        let enumeration = match text(ty, "kind")? {
            "definedTypeLinkNode" => child(self.definition(ty)?.1, "type")?,
            _ => ty,
        };
        let (variant, number) =
            (text(value, "variant")?, |node: &Json| node.get("discriminator").and_then(Json::as_u64));
        let variants = list(enumeration, "variants")?.iter().enumerate();
        let mut named = variants.filter(|(_, node)| text_or_empty(node, "name") == variant);
        let (index, node) = named.next().ok_or_else(|| {
            Problem::malformed(format!("the constant is the variant {}, which its enum does not have", shown(variant)))
        })?;
        if text(node, "kind")? != "enumEmptyVariantTypeNode" {
            return Err(Problem::inexpressible(format!("the constant variant {} carries values", shown(variant))));
        }
        let number = number(node).unwrap_or(u64::try_from(index).unwrap_or(u64::MAX));
        let size =
            enumeration.get("size").cloned().unwrap_or_else(|| json!({"kind": "numberTypeNode", "format": "u8"}));
        constant_bytes(&size, &json!({"kind": "numberValueNode", "number": number}))
    }

    /// What a link leads to, with the program that defines it.
    fn definition(&self, link: &Json) -> Result<(&'j str, &'j Json), Problem> {
        let name = text(link, "name")?;
        let program = link.get("program").map_or(self.own, |program| text_or_empty(program, "name"));
        let known = self.definitions.get_key_value(program);
        match known.and_then(|(program, known)| Some((*program, *known.get(name)?))) {
            Some((program, Some(definition))) => Ok((program, definition)),
            Some((_, None)) => {
                Err(Problem::malformed(format!("the program defines two types with the name {}", shown(name))))
            }
            None => Err(Problem::inexpressible(format!("the IDL does not define the type {}", shown(name)))),
        }
    }

    /// The type of a parameter or a field of an account.
    pub(super) fn read(&mut self, node: &Json) -> Result<Type, Problem> {
        self.guard.start();
        let ty = self.resolve(node, "", 0)?;
        Abi::Borsh.check_type(&ty)?;
        Ok(ty)
    }

    /// The type of a node. `name` is that of the definition around it, for structs and enums.
    fn resolve(&mut self, node: &Json, name: &str, depth: usize) -> Result<Type, Problem> {
        self.guard.part(depth)?;
        match text(node, "kind")? {
            "numberTypeNode" => number(node),
            "amountTypeNode" | "solAmountTypeNode" | "dateTimeTypeNode" => number(child(node, "number")?),
            "booleanTypeNode" => match node.get("size") {
                Some(size) if number(size)? != (Type::Uint { bits: 8 }) => {
                    Err(Problem::inexpressible("Borsh's bool has one byte, this one has more"))
                }
                _ => Ok(Type::Bool),
            },
            "publicKeyTypeNode" => Ok(Type::Address),
            "stringTypeNode" | "bytesTypeNode" => Ok(Type::rest(sized(node, &Extent::Prefixed)?)),
            // What is looked at by the program itself: extensions, other programs' data.
            "remainderOptionTypeNode" => Ok(Type::rest(Type::Bytes)),
            "sizePrefixTypeNode" => {
                length_prefix(child(node, "prefix")?)?;
                sized(child(node, "type")?, &Extent::Prefixed)
            }
            "fixedSizeTypeNode" => sized(child(node, "type")?, &Extent::Fixed(length(child(node, "size")?)?)),
            "arrayTypeNode" | "setTypeNode" => self.list(node, depth),
            "mapTypeNode" => {
                count_prefix(child(node, "count")?)?;
                let key = self.resolve(child(node, "key")?, "", depth + 1)?;
                Ok(Type::Map(Box::new(key), Box::new(self.resolve(child(node, "value")?, "", depth + 1)?)))
            }
            "tupleTypeNode" => {
                let items = list(node, "items")?.iter().map(|item| self.resolve(item, "", depth + 1));
                Ok(Type::Tuple(items.collect::<Result<_, _>>()?))
            }
            "structTypeNode" => self.structure(node, name, depth),
            "enumTypeNode" => self.enumeration(node, name, depth),
            "optionTypeNode" => self.option(node, depth),
            "zeroableOptionTypeNode" => {
                let item = self.resolve(child(node, "item")?, "", depth + 1)?;
                match item {
                    Type::Address if node.get("zeroValue").is_none_or(Json::is_null) => Ok(item),
                    _ => Err(Problem::inexpressible("an option without a tag has no form in Borsh")),
                }
            }
            "definedTypeLinkNode" => self.link(node, depth),
            other => Err(Problem::inexpressible(format!("the Borsh codec has no form for a {}", shown(other)))),
        }
    }

    fn list(&mut self, node: &Json, depth: usize) -> Result<Type, Problem> {
        let item = self.resolve(child(node, "item")?, "", depth + 1)?;
        let count = child(node, "count")?;
        let of_bytes = item == Type::Uint { bits: 8 };
        if text(count, "kind")? == "remainderCountNode" {
            return Ok(Type::rest(if of_bytes { Type::Bytes } else { Type::array(item) }));
        }
        if text(count, "kind")? != "fixedCountNode" {
            count_prefix(count)?;
            return Ok(if of_bytes { Type::Bytes } else { Type::array(item) });
        }
        let count = length(child(count, "value")?)?;
        Ok(if of_bytes { Type::FixedBytes(count) } else { Type::fixed_array(item, count) })
    }

    fn structure(&mut self, node: &Json, name: &str, depth: usize) -> Result<Type, Problem> {
        let fields = list(node, "fields")?.iter().map(|field| {
            let ty = self.resolve(child(field, "type")?, "", depth + 1)?;
            Ok(Field::new(&text(field, "name")?.to_snake_case(), ty))
        });
        Ok(Type::Struct { name: name.into(), fields: fields.collect::<Result<_, Problem>>()? })
    }

    fn enumeration(&mut self, node: &Json, name: &str, depth: usize) -> Result<Type, Problem> {
        if node.get("size").map(number).transpose()?.is_some_and(|size| size != Type::Uint { bits: 8 }) {
            return Err(Problem::inexpressible("Borsh's variants are told by one byte, those of an enum here by more"));
        }
        let variants = list(node, "variants")?.iter().enumerate().map(|(index, variant)| {
            let name = text(variant, "name")?.to_upper_camel_case();
            let discriminator = variant.get("discriminator").and_then(Json::as_u64);
            if discriminator.is_some_and(|own| u64::try_from(index) != Ok(own)) {
                let reason = format!("the variant {} is told by another number than its place", escape(&name));
                return Err(Problem::inexpressible(reason));
            }
            let payload = match text(variant, "kind")? {
                "enumEmptyVariantTypeNode" => Type::Unit,
                "enumStructVariantTypeNode" => self.resolve(child(variant, "struct")?, "", depth + 1)?,
                "enumTupleVariantTypeNode" => match self.resolve(child(variant, "tuple")?, "", depth + 1)? {
                    Type::Tuple(items) if items.len() == 1 => items.into_iter().next().unwrap_or(Type::Unit),
                    payload => payload,
                },
                other => return Err(Problem::malformed(format!("{} is no variant of an enum", shown(other)))),
            };
            Ok(Variant::new(&name, payload))
        });
        Ok(Type::Enum { name: name.into(), variants: variants.collect::<Result<_, _>>()? })
    }

    fn option(&mut self, node: &Json, depth: usize) -> Result<Type, Problem> {
        let item = self.resolve(child(node, "item")?, "", depth + 1)?;
        let tag = node.get("prefix").map_or(Ok(Type::Uint { bits: 8 }), number)?;
        if flag(node, "fixed") {
            let fields = vec![Field::new("tag", tag), Field::new("value", item)];
            return Ok(Type::Struct { name: "COption".into(), fields });
        }
        match tag {
            Type::Uint { bits: 8 } => Ok(Type::option(item)),
            tag => Err(Problem::inexpressible(format!("Borsh tells options by one byte, this one is told by {tag}"))),
        }
    }

    fn link(&mut self, node: &Json, depth: usize) -> Result<Type, Problem> {
        let name = text(node, "name")?;
        let (program, definition) = self.definition(node)?;
        let key = format!("{program}.{name}");
        self.guard.open(&key)?;
        let ty = self.resolve(child(definition, "type")?, &name.to_upper_camel_case(), depth + 1)?;
        self.guard.close();
        Ok(ty)
    }
}

fn number(node: &Json) -> Result<Type, Problem> {
    let format = text(node, "format")?;
    let Some(width) = byte_width(format) else {
        return Err(Problem::inexpressible(format!("Borsh has no number in the format {}", shown(format))));
    };
    if text_or_empty(node, "endian") == "be" && width > 1 {
        return Err(Problem::inexpressible("a number is in big-endian order, Borsh's are little-endian"));
    }
    let bits = u16::try_from(width * 8).unwrap_or(u16::MAX);
    Ok(match format.as_bytes().first() {
        Some(b'f') => Type::FixedBytes(width),
        Some(b'i') => Type::Int { bits },
        _ => Type::Uint { bits },
    })
}

/// The length before texts, bytes and lists, which has 32 bits in Borsh.
fn length_prefix(node: &Json) -> Result<(), Problem> {
    match number(node)? {
        Type::Uint { bits: 32 } => Ok(()),
        other => Err(Problem::inexpressible(format!("a length is written as {other}, Borsh's is a u32"))),
    }
}

fn count_prefix(count: &Json) -> Result<(), Problem> {
    match text(count, "kind")? {
        "prefixedCountNode" => length_prefix(child(count, "prefix")?),
        "remainderCountNode" => Err(Problem::inexpressible("a map takes what remains of the data, without a length")),
        "fixedCountNode" => Err(Problem::inexpressible("a map has a fixed number of entries")),
        other => Err(Problem::malformed(format!("{} says no count", shown(other)))),
    }
}

fn sized(inner: &Json, extent: &Extent) -> Result<Type, Problem> {
    let is_text = match (text(inner, "kind")?, text_or_empty(inner, "encoding")) {
        ("stringTypeNode", "utf8" | "") => true,
        // Another encoding is how people write the bytes.
        ("stringTypeNode" | "bytesTypeNode", _) => false,
        (other, _) => return Err(Problem::inexpressible(format!("a size is set around a {}", shown(other)))),
    };
    Ok(match (extent, is_text) {
        (Extent::Prefixed, true) => Type::String,
        (Extent::Prefixed, false) => Type::Bytes,
        (Extent::Fixed(size), true) => Type::FixedString(*size),
        (Extent::Fixed(size), false) => Type::FixedBytes(*size),
    })
}

fn shown(text: &str) -> String {
    quote(&shorten(text, 60))
}
