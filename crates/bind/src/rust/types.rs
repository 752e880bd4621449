//! Types of Borsh as types of Rust.

use std::collections::HashMap;

use hexapla_abi::{
    Type, Variant,
    names::{Language, Of},
};

use crate::{
    names::{Scope, identifier, params, type_name},
    text::Text,
};

/// Values of a tuple for which the runtime has a form, at most.
const TUPLE_MAX: usize = 12;
/// Types of the language, which a type of the interface must not hide.
const PRIMITIVES: [&str; 16] = [
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
    "Self",
];
/// What stands before a type that is compared, copied and shown.
const DERIVES: &str = "#[derive(Clone, Debug, PartialEq, Eq)]";
/// What stands before an item with a type on the heap.
pub(super) const ON_HEAP: &str = "#[cfg(feature = \"alloc\")]";

/// The structs and enums that the crate defines.
pub(super) struct Types {
    scope: Scope,
    names: HashMap<Type, String>,
    definitions: Vec<String>,
}

impl Default for Types {
    fn default() -> Self {
        Self { scope: Scope::with(PRIMITIVES), names: HashMap::new(), definitions: Vec::new() }
    }
}

impl Types {
    /// The definitions.
    pub(super) fn finish(self) -> Vec<String> {
        self.definitions
    }

    /// The type as Rust writes it, from anywhere in the crate.
    pub(super) fn ty(&mut self, ty: &Type) -> Result<String, String> {
        Ok(match ty {
            Type::Bool => "bool".into(),
            Type::Uint { bits: 256 } => "crate::rt::U256".into(),
            Type::Int { bits: 256 } => "crate::rt::I256".into(),
            Type::Uint { bits } if usual(*bits) => format!("u{bits}"),
            Type::Int { bits } if usual(*bits) => format!("i{bits}"),
            Type::Address => "crate::rt::Pubkey".into(),
            Type::Bytes => "::alloc::vec::Vec<u8>".into(),
            Type::String => "::alloc::string::String".into(),
            Type::FixedBytes(length) | Type::FixedString(length) => format!("[u8; {length}]"),
            Type::Array(inner) => format!("::alloc::vec::Vec<{}>", self.ty(inner)?),
            Type::FixedArray(inner, length) => format!("[{}; {length}]", self.ty(inner)?),
            Type::Option(inner) => format!("::core::option::Option<{}>", self.ty(inner)?),
            Type::Map(key, value) => {
                format!("::alloc::collections::BTreeMap<{}, {}>", self.ty(key)?, self.ty(value)?)
            }
            Type::Unit => "()".into(),
            Type::Tuple(types) if types.len() > TUPLE_MAX => {
                return Err(format!("a tuple of {} values has no form, {TUPLE_MAX} is the limit", types.len()));
            }
            Type::Tuple(types) => {
                let types = types.iter().map(|ty| Ok(self.ty(ty)? + ",")).collect::<Result<Vec<_>, String>>()?;
                format!("({})", types.join(" "))
            }
            Type::Struct { name, .. } | Type::Enum { name, .. } => format!("crate::types::{}", self.defined(ty, name)?),
            Type::Constant(_) => return Err(format!("{ty} has no value, which the generated types need")),
            Type::Rest(_) => return Err(format!("{ty} has no length, which the generated types need")),
            Type::Uint { .. } | Type::Int { .. } | Type::Felt | Type::Function => {
                return Err(format!("Borsh has no form for the type {ty}"));
            }
        })
    }

    fn defined(&mut self, ty: &Type, name: &str) -> Result<String, String> {
        if let Some(name) = self.names.get(ty) {
            return Ok(name.clone());
        }
        let definition = self.definition(ty)?;
        let name = if name.is_empty() { "Anonymous".to_owned() } else { type_name(name, Language::Rust) };
        let name = self.scope.claim(name);
        self.names.insert(ty.clone(), name.clone());
        self.definitions.push(definition.replace(PLACE, &name));
        Ok(name)
    }

    fn definition(&mut self, ty: &Type) -> Result<String, String> {
        match ty {
            Type::Enum { variants, .. } => self.enumeration(variants, on_heap(ty)),
            Type::Struct { fields, .. } => {
                let fields = fields.iter().map(|field| (&*field.name, &field.ty)).collect::<Vec<_>>();
                self.structure(PLACE, 1, &fields, on_heap(ty))
            }
            _ => Ok(String::new()),
        }
    }

    /// A struct and its form in Borsh.
    pub(super) fn structure(
        &mut self,
        name: &str,
        level: usize,
        fields: &[(&str, &Type)],
        heap: bool,
    ) -> Result<String, String> {
        let names = params(fields.iter().map(|(name, _)| *name), Language::Rust);
        let mut out = Text::default();
        gate(heap, level, &mut out);
        out.line(level, DERIVES);
        out.line(level, format!("pub struct {name} {{"));
        for ((_, ty), name) in fields.iter().zip(&names) {
            out.line(level + 1, format!("pub {name}: {},", self.ty(ty)?));
        }
        out.line(level, "}");
        out.gap();
        let mut body = Implementation { level, name, heap, write: Vec::new(), read: Vec::new() };
        body.write = names.iter().map(|name| format!("crate::rt::Borsh::write(&self.{name}, out)?;")).collect();
        body.write.push(OK.into());
        let fields = names.iter().map(|name| format!("    {name}: crate::rt::Borsh::read(reader)?,"));
        body.read = [format!("{OK_PATH}(Self {{")].into_iter().chain(fields).chain(["})".to_owned()]).collect();
        body.put(&mut out);
        Ok(out.finish())
    }

    fn enumeration(&mut self, variants: &[Variant], heap: bool) -> Result<String, String> {
        let mut scope = Scope::default();
        let mut out = Text::default();
        gate(heap, 1, &mut out);
        out.line(1, DERIVES);
        out.line(1, format!("pub enum {PLACE} {{"));
        let mut body = Implementation { level: 1, name: PLACE, heap, write: Vec::new(), read: Vec::new() };
        body.write.push("match *self {".into());
        body.read.push("match <u8 as crate::rt::Borsh>::read(reader)? {".into());
        for (index, variant) in variants.iter().enumerate() {
            let name = scope.claim(identifier(&variant.name, Of::Type, Language::Rust));
            let payload = self.payload(&variant.payload)?;
            out.line(2, format!("{name}{},", payload.declared));
            let writes = payload.names.iter().map(|name| format!(" crate::rt::Borsh::write({name}, out)?;"));
            let writes = writes.collect::<String>();
            body.write.push(format!(
                "    Self::{name}{} => {{ crate::rt::Borsh::write(&{index}u8, out)?;{writes} }}",
                payload.bound("ref ")
            ));
            let reads = payload.names.iter().map(|name| format!("let {name} = crate::rt::Borsh::read(reader)?; "));
            let reads = reads.collect::<String>();
            body.read.push(format!("    {index}u8 => {{ {reads}{OK_PATH}(Self::{name}{}) }}", payload.bound("")));
        }
        out.line(1, "}");
        out.gap();
        body.write.extend(["}".to_owned(), OK.to_owned()]);
        if variants.is_empty() {
            body.write = vec!["let _ = out;".to_owned(), "match *self {}".to_owned()];
        }
        body.read.extend([format!("    _ => {ERR_PATH}(crate::rt::Error::Invalid),"), "}".to_owned()]);
        body.put(&mut out);
        Ok(out.finish())
    }

    fn payload(&mut self, payload: &Type) -> Result<Payload, String> {
        let types = match payload {
            Type::Unit => Vec::new(),
            Type::Struct { name, fields } if name.is_empty() && !fields.is_empty() => {
                let names = params(fields.iter().map(|field| &*field.name), Language::Rust);
                let declared =
                    fields.iter().zip(&names).map(|(field, name)| Ok(format!("{name}: {}", self.ty(&field.ty)?)));
                let declared = declared.collect::<Result<Vec<_>, String>>()?.join(", ");
                // Bound to names of their own: a field could have that of a parameter.
                let bound = (0..names.len()).map(|index| format!("v{index}")).collect::<Vec<_>>();
                return Ok(Payload { declared: format!(" {{ {declared} }}"), fields: names, names: bound });
            }
            Type::Tuple(types) => types.iter().collect(),
            one => vec![one],
        };
        if types.is_empty() {
            return Ok(Payload { declared: String::new(), fields: Vec::new(), names: Vec::new() });
        }
        let declared = types.iter().map(|ty| self.ty(ty)).collect::<Result<Vec<_>, _>>()?.join(", ");
        let names = (0..types.len()).map(|index| format!("v{index}")).collect();
        Ok(Payload { declared: format!("({declared})"), fields: Vec::new(), names })
    }
}

/// What a variant carries.
struct Payload {
    /// As it is declared behind the variant's name.
    declared: String,
    /// The names of the fields, where they have any.
    fields: Vec<String>,
    /// What the values are bound to.
    names: Vec<String>,
}

impl Payload {
    /// The pattern or the expression behind the variant's name.
    fn bound(&self, before: &str) -> String {
        let values = self.names.iter().map(|name| format!("{before}{name}"));
        match (self.names.is_empty(), self.fields.is_empty()) {
            (true, _) => String::new(),
            (_, true) => format!("({})", values.collect::<Vec<_>>().join(", ")),
            _ => {
                let fields = self.fields.iter().zip(values).map(|(field, value)| format!("{field}: {value}"));
                format!(" {{ {} }}", fields.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// Stands for the name of a type until it has one. No name of the interface has such a character.
const PLACE: &str = "\u{1}";
const OK: &str = "::core::result::Result::Ok(())";
const OK_PATH: &str = "::core::result::Result::Ok";
const ERR_PATH: &str = "::core::result::Result::Err";

/// The form of a type in Borsh.
struct Implementation<'n> {
    level: usize,
    name: &'n str,
    heap: bool,
    write: Vec<String>,
    read: Vec<String>,
}

impl Implementation<'_> {
    fn put(self, out: &mut Text) {
        let Self { level, name, heap, write, read } = self;
        gate(heap, level, out);
        out.line(level, "#[allow(unused_variables)]");
        out.line(level, format!("impl crate::rt::Borsh for {name} {{"));
        let result = |ty| format!("::core::result::Result<{ty}, crate::rt::Error>");
        out.line(level + 1, format!("fn write<W: crate::rt::Write>(&self, out: &mut W) -> {} {{", result("()")));
        write.iter().for_each(|line| out.line(level + 2, line));
        out.line(level + 1, "}");
        out.gap();
        out.line(level + 1, format!("fn read(reader: &mut crate::rt::Reader<'_>) -> {} {{", result("Self")));
        read.iter().for_each(|line| out.line(level + 2, line));
        out.line(level + 1, "}");
        out.line(level, "}");
    }
}

fn gate(heap: bool, level: usize, out: &mut Text) {
    if heap {
        out.line(level, ON_HEAP);
    }
}

const fn usual(bits: u16) -> bool {
    matches!(bits, 8 | 16 | 32 | 64 | 128)
}

/// Whether values of the type need memory from the heap.
pub(super) fn on_heap(ty: &Type) -> bool {
    matches!(ty, Type::Bytes | Type::String | Type::Array(_) | Type::Map(..)) || ty.children().any(on_heap)
}
