//! Parameters of Solidity's JSON ABI.

use std::sync::Arc;

use alloy_dyn_abi::DynSolType;
use serde_json::Value as Json;

use crate::{
    source::{Problem, child, list, text_or_empty, type_text},
    text::{quote, shorten},
    types::{Field, MAX_TYPE_DEPTH, Type},
};

/// The longest name of a parameter or a field.
const NAME_BYTES_MAX: usize = 256;

/// A parameter.
pub(super) struct Input {
    pub(super) name: Arc<str>,
    pub(super) ty: Type,
    /// The type as a library's signature writes it: by the name of an enum, a struct or a contract; `None` where that is
    /// the ordinary name of the type.
    pub(super) in_library: Option<String>,
    /// Whether the ABI itself writes the type so, as it does for functions of libraries alone.
    pub(super) is_of_library: bool,
}

/// The parameters under a key, which old compilers left out where there are none.
pub(super) fn read(json: &Json, key: &str) -> Result<Vec<Input>, Problem> {
    list(json, key)?.iter().map(|param| input(param, 0)).collect()
}

fn input(json: &Json, depth: usize) -> Result<Input, Problem> {
    let written = type_text(json, "type")?;
    let (base, lists) = written.split_at(written.find('[').unwrap_or(written.len()));
    let internal = Internal::of(json);
    let (mut ty, is_of_library) = match base {
        "tuple" => (tuple(json, &internal, depth)?, false),
        scalar => scalar_type(scalar, &internal)?,
    };
    for (level, length) in lists_of(lists)?.into_iter().enumerate() {
        if depth.saturating_add(level) > MAX_TYPE_DEPTH {
            return Err(too_deep());
        }
        ty = length.map_or_else(|| Type::array(ty.clone()), |length| Type::fixed_array(ty.clone(), length));
    }
    let in_library = internal.name.map(|name| format!("{name}{lists}"));
    Ok(Input { name: name(json)?, ty, in_library, is_of_library })
}

/// The name; empty where it is missing or null.
fn name(json: &Json) -> Result<Arc<str>, Problem> {
    let name = text_or_empty(json, "name");
    if name.len() > NAME_BYTES_MAX {
        let given = name.len();
        return Err(Problem::malformed(format!("a name has {given} bytes, the limit is {NAME_BYTES_MAX}")));
    }
    Ok(name.into())
}

/// What `internalType` says: the type in the words of the source.
struct Internal<'j> {
    /// `enum`, `struct` or `contract`.
    kind: &'j str,
    /// The name behind it, without lists.
    name: Option<&'j str>,
}

impl<'j> Internal<'j> {
    fn of(json: &'j Json) -> Self {
        let text = text_or_empty(json, "internalType");
        let base = text.split('[').next().unwrap_or(text).trim();
        let named = base.split_once(' ').filter(|(kind, _)| matches!(*kind, "enum" | "struct" | "contract"));
        let (kind, name) = named.map_or(("", None), |(kind, name)| (kind, Some(name)));
        let name = name.map(|name| name.split(' ').next().unwrap_or(name));
        Self { kind, name: name.filter(|name| name.len() <= NAME_BYTES_MAX) }
    }
}

/// A struct where the ABI names it or all of its fields, else a tuple.
fn tuple(json: &Json, internal: &Internal<'_>, depth: usize) -> Result<Type, Problem> {
    if depth > MAX_TYPE_DEPTH {
        return Err(too_deep());
    }
    child(json, "components")?;
    let components = list(json, "components")?;
    let fields = components.iter().map(|component| input(component, depth + 1)).collect::<Result<Vec<_>, _>>()?;
    let struct_name = internal.name.filter(|_| internal.kind == "struct").unwrap_or_default();
    if struct_name.is_empty() && fields.iter().any(|field| field.name.is_empty()) {
        return Ok(Type::Tuple(fields.into_iter().map(|field| field.ty).collect()));
    }
    let fields = fields.into_iter().map(|Input { name, ty, .. }| Field { name, ty }).collect();
    Ok(Type::Struct { name: struct_name.into(), fields })
}

fn too_deep() -> Problem {
    Problem::inexpressible(format!("types are nested deeper than {MAX_TYPE_DEPTH} levels"))
}

/// The lists of `[2][]`, the innermost first; `None` where the length is open.
fn lists_of(text: &str) -> Result<Vec<Option<usize>>, Problem> {
    let not_a_list = || Problem::malformed(format!("{} is not a list of lengths", quote(&shorten(text, 40))));
    let mut lists = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (length, after) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(not_a_list)?;
        lists.push(match length {
            "" => None,
            length => Some(length.parse().map_err(|_| not_a_list())?),
        });
        rest = after;
        if lists.len() > MAX_TYPE_DEPTH {
            return Err(too_deep());
        }
    }
    Ok(lists)
}

/// A type without parts, and whether it is written by a name of the source.
fn scalar_type(text: &str, internal: &Internal<'_>) -> Result<(Type, bool), Problem> {
    let width = |bits: usize| u16::try_from(bits).unwrap_or(u16::MAX);
    let known = match text {
        "address payable" => Some(DynSolType::Address),
        // Alloy's parser knows tuples, which an ABI writes otherwise.
        text if text.starts_with('(') => None,
        text => DynSolType::parse(text).ok(),
    };
    let ty = match known {
        Some(DynSolType::Bool) => Type::Bool,
        Some(DynSolType::Uint(bits)) => Type::Uint { bits: width(bits) },
        Some(DynSolType::Int(bits)) => Type::Int { bits: width(bits) },
        Some(DynSolType::FixedBytes(n)) => Type::FixedBytes(n),
        Some(DynSolType::Address) => Type::Address,
        Some(DynSolType::Function) => Type::Function,
        Some(DynSolType::Bytes) => Type::Bytes,
        Some(DynSolType::String) => Type::String,
        // The ABI of a library names an enum or a contract instead of its `uint8` or `address`.
        _ if text.ends_with(" storage") => {
            let reason = "a parameter is a place in the caller's storage, which only a delegate call reaches";
            return Err(Problem::inexpressible(reason));
        }
        _ if internal.kind == "enum" => return Ok((Type::Uint { bits: 8 }, true)),
        _ if internal.kind == "contract" => return Ok((Type::Address, true)),
        _ if text.starts_with("fixed") || text.starts_with("ufixed") => {
            let text = quote(&shorten(text, 40));
            return Err(Problem::inexpressible(format!("{text} is a number with a point, which Solidity cannot pass")));
        }
        _ => return Err(Problem::malformed(format!("{} is not a Solidity type", quote(&shorten(text, 80))))),
    };
    Ok((ty, false))
}
