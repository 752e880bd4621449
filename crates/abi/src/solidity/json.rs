//! Solidity interfaces from JSON and from signatures that humans write.

use std::sync::Arc;

use alloy_dyn_abi::DynSolType;
use alloy_json_abi as alloy;
use alloy_primitives::{Bytes, keccak256};
use serde_json::Value as Json;

use super::{SELECTOR_BYTES, artefact, signature_of};
use crate::{
    error::InterfaceError,
    interface::{Constructor, CustomError, Event, EventParam, Function, Interface, Mutability, Param},
    types::{Field, MAX_TYPE_DEPTH, Type},
};

/// A signature longer than this is refused before it is parsed.
const SIGNATURE_CHARS_MAX: usize = 16 * 1024;

impl Interface {
    /// Reads a Solidity interface: a plain ABI array, an artefact of Foundry or Hardhat, or what `solc` writes for one
    /// contract (`{"abi": [...]}`). Items that occur twice, as in merged ABIs, are kept once.
    ///
    /// # Errors
    ///
    /// An [`InterfaceError`] that says what was expected, what was found and where.
    pub fn from_solidity_json(json: &str) -> Result<Self, InterfaceError> {
        let json = serde_json::from_str(json)?;
        let mut interface = Self::from_solidity_value(artefact::abi_of(&json)?)?;
        interface.name = artefact::name_of(&json).unwrap_or_default();
        Ok(interface)
    }

    /// Reads a Solidity interface from one human-readable line per item, such as
    /// `function balanceOf(address owner) view returns (uint256)`, `event …`, `error …`, `constructor(…)`.
    ///
    /// # Errors
    ///
    /// [`InterfaceError::Signature`] for the first line that is none.
    pub fn from_solidity_signatures<'s>(
        name: &str,
        lines: impl IntoIterator<Item = &'s str>,
    ) -> Result<Self, InterfaceError> {
        let mut interface = Self { name: name.to_owned(), ..Self::default() };
        for (index, line) in lines.into_iter().enumerate() {
            check_signature_size(line)?;
            let item =
                alloy::AbiItem::parse(&without_loose_space(line)).map_err(|error| not_a_signature(line, &error))?;
            interface.add(item).map_err(|error| error.at(index, line))?;
        }
        interface.finish()
    }

    /// Reads a JSON array of ABI items.
    pub(super) fn from_solidity_value(abi: &Json) -> Result<Self, InterfaceError> {
        let items = abi.as_array().ok_or_else(|| InterfaceError::NotAnAbi { found: artefact::kind_of(abi) })?;
        let mut interface = Self::default();
        for (index, item) in items.iter().enumerate() {
            let label = label_of(item);
            let item = parse_item(item).map_err(|reason| Problem::Reason(reason).at(index, &label))?;
            interface.add(item).map_err(|error| error.at(index, &label))?;
        }
        interface.finish()
    }

    fn add(&mut self, item: alloy::AbiItem<'_>) -> Result<(), Problem> {
        match item {
            alloy::AbiItem::Function(function) => {
                let function = convert_function(&function)?;
                match self.function_by_selector(&function.selector) {
                    Some(same) if same.signature == function.signature => {}
                    Some(other) => return Err(same_selector(other, &function)),
                    None => self.functions.push(function),
                }
            }
            alloy::AbiItem::Event(event) => push_once(&mut self.events, convert_event(&event)?),
            alloy::AbiItem::Error(error) => push_once(&mut self.errors, convert_error(&error)?),
            alloy::AbiItem::Constructor(constructor) => {
                let inputs = convert_params(&constructor.inputs)?;
                let mutability = mutability_of(constructor.state_mutability);
                self.constructor = Some(Constructor { inputs, mutability });
            }
            alloy::AbiItem::Fallback(fallback) => self.fallback = Some(mutability_of(fallback.state_mutability)),
            alloy::AbiItem::Receive(_) => self.receive = true,
        }
        Ok(())
    }

    /// Collects the named types that the items use.
    fn finish(mut self) -> Result<Self, InterfaceError> {
        let mut types = Vec::new();
        let constructor = self.constructor.iter().flat_map(|constructor| &constructor.inputs);
        let functions = self.functions.iter().flat_map(|function| function.inputs.iter().chain(&function.outputs));
        let errors = self.errors.iter().flat_map(|error| &error.inputs);
        constructor.chain(functions).chain(errors).for_each(|param| collect_named(&param.ty, &mut types));
        self.events.iter().flat_map(|event| &event.fields).for_each(|field| collect_named(&field.ty, &mut types));
        self.types = types;
        Ok(self)
    }
}

impl Function {
    /// Reads a Solidity signature: `transfer(address,uint256)`, with results `balanceOf(address)(uint256)`, or in full
    /// `function f(uint a) view returns (uint b)`. Fields of tuples are written without names: `f((address,uint256) p)`.
    ///
    /// # Errors
    ///
    /// [`InterfaceError::Signature`] with the reason.
    pub fn from_solidity_signature(text: &str) -> Result<Self, InterfaceError> {
        check_signature_size(text)?;
        let text = text.trim();
        let function =
            alloy::Function::parse(&without_loose_space(text)).map_err(|error| not_a_signature(text, &error))?;
        convert_function(&function).map_err(|problem| not_a_signature(text, &problem.at(0, text)))
    }
}

/// What is wrong with an item, before it is known which one it is.
enum Problem {
    Reason(String),
    Known(InterfaceError),
}

impl Problem {
    fn at(self, index: usize, item: &str) -> InterfaceError {
        match self {
            Self::Reason(reason) => InterfaceError::Item { index, item: item.to_owned(), reason },
            Self::Known(error) => error,
        }
    }
}

impl From<crate::CodecError> for Problem {
    fn from(error: crate::CodecError) -> Self {
        Self::Reason(error.to_string())
    }
}

fn not_a_signature(given: &str, reason: &dyn std::fmt::Display) -> InterfaceError {
    InterfaceError::Signature { given: given.to_owned(), reason: reason.to_string() }
}

/// Alloy's parser wants no space before a comma and inside of brackets.
fn without_loose_space(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace(" ,", ",").replace(" )", ")").replace("( ", "(")
}

/// Alloy's parser recurses over parentheses, so their number is limited here.
fn check_signature_size(text: &str) -> Result<(), InterfaceError> {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    if text.len() > SIGNATURE_CHARS_MAX {
        return Err(not_a_signature("…", &format_args!("it is longer than {SIGNATURE_CHARS_MAX} characters")));
    }
    if deepest > MAX_TYPE_DEPTH {
        return Err(not_a_signature(text, &format_args!("tuples are nested deeper than {MAX_TYPE_DEPTH} levels")));
    }
    Ok(())
}

/// ABIs before Solidity 0.4 leave out `"type": "function"`, and old ones `anonymous`.
fn parse_item(item: &Json) -> Result<alloy::AbiItem<'static>, String> {
    let Json::Object(fields) = item else {
        return Err(format!("expected an object, found {}", artefact::kind_of(item)));
    };
    let mut fields = fields.clone();
    let kind = fields.entry("type").or_insert_with(|| "function".into()).clone();
    if kind == "event" {
        fields.entry("anonymous").or_insert(Json::Bool(false));
    }
    if kind == "function" {
        fields.entry("outputs").or_insert_with(|| Json::Array(Vec::new()));
    }
    serde_json::from_value(Json::Object(fields)).map_err(|error| error.to_string())
}

fn label_of(item: &Json) -> String {
    let text = |key| item.get(key).and_then(Json::as_str);
    let label = match (text("type"), text("name")) {
        (Some(kind), Some(name)) => format!("{kind} {name}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "without type and name".to_owned(),
    };
    crate::text::escape(&label)
}

fn same_selector(first: &Function, second: &Function) -> Problem {
    Problem::Known(InterfaceError::SameSelector {
        first: first.signature.clone(),
        second: second.signature.clone(),
        selector: first.selector.clone(),
    })
}

fn push_once<T: PartialEq>(items: &mut Vec<T>, item: T) {
    if !items.contains(&item) {
        items.push(item);
    }
}

fn convert_function(function: &alloy::Function) -> Result<Function, Problem> {
    let inputs = convert_params(&function.inputs)?;
    let signature = signature_of(&function.name, inputs.iter().map(|param| &param.ty))?;
    Ok(Function {
        name: function.name.clone(),
        outputs: convert_params(&function.outputs)?,
        mutability: mutability_of(function.state_mutability),
        selector: selector_of(&signature),
        signature,
        inputs,
        ..Function::default()
    })
}

fn convert_error(error: &alloy::Error) -> Result<CustomError, Problem> {
    let inputs = convert_params(&error.inputs)?;
    let signature = signature_of(&error.name, inputs.iter().map(|param| &param.ty))?;
    let (name, message) = (error.name.clone(), String::new());
    Ok(CustomError { name, inputs, selector: selector_of(&signature), message, signature })
}

fn convert_event(event: &alloy::Event) -> Result<Event, Problem> {
    let fields = event.inputs.iter().map(|param| {
        let ty = convert_type(&param.ty, &param.components, param.internal_type.as_ref(), 0)?;
        Ok(EventParam { name: param.name.as_str().into(), ty, indexed: param.indexed })
    });
    let fields = fields.collect::<Result<Vec<_>, Problem>>()?;
    let (indexed, limit) = (fields.iter().filter(|field| field.indexed).count(), 3 + usize::from(event.anonymous));
    if indexed > limit {
        return Err(Problem::Reason(format!("it has {indexed} indexed fields, a log has room for {limit}")));
    }
    let signature = signature_of(&event.name, fields.iter().map(|field| &field.ty))?;
    let topic = (!event.anonymous).then(|| keccak256(&signature));
    Ok(Event { name: event.name.clone(), fields, topic, signature })
}

fn convert_params(params: &[alloy::Param]) -> Result<Vec<Param>, Problem> {
    let convert = |param: &alloy::Param| {
        let ty = convert_type(&param.ty, &param.components, param.internal_type(), 0)?;
        Ok(Param { name: param.name.as_str().into(), ty })
    };
    params.iter().map(convert).collect()
}

/// The neutral type of `uint8[2][]`, `tuple[]` with components, and so on.
fn convert_type(
    text: &str,
    components: &[alloy::Param],
    internal: Option<&alloy::InternalType>,
    depth: usize,
) -> Result<Type, Problem> {
    if depth > MAX_TYPE_DEPTH {
        return Err(Problem::Reason(format!("types are nested deeper than {MAX_TYPE_DEPTH} levels")));
    }
    if let Some((element, length)) = text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) {
        let element = convert_type(element, components, internal, depth + 1)?;
        if length.is_empty() {
            return Ok(Type::array(element));
        }
        let length = length.parse().map_err(|_| Problem::Reason(format!("{length:?} is not an array length")))?;
        return Ok(Type::fixed_array(element, length));
    }
    if text == "tuple" {
        return convert_tuple(components, internal, depth);
    }
    convert_scalar(text, internal)
}

/// A struct where the ABI names it or all of its fields, else a tuple.
fn convert_tuple(
    components: &[alloy::Param],
    internal: Option<&alloy::InternalType>,
    depth: usize,
) -> Result<Type, Problem> {
    let convert = |param: &alloy::Param| convert_type(&param.ty, &param.components, param.internal_type(), depth + 1);
    let types = components.iter().map(convert).collect::<Result<Vec<_>, _>>()?;
    let name = struct_name(internal);
    if name.is_empty() && components.iter().any(|param| param.name.is_empty()) {
        return Ok(Type::Tuple(types));
    }
    let named = components.iter().zip(types).map(|(param, ty)| Field { name: param.name.as_str().into(), ty });
    Ok(Type::Struct { name, fields: named.collect() })
}

/// `Vault.Position` of `struct Vault.Position[]`.
fn struct_name(internal: Option<&alloy::InternalType>) -> Arc<str> {
    let Some((contract, name)) = internal.and_then(alloy::InternalType::as_struct) else {
        return "".into();
    };
    let name = name.split('[').next().unwrap_or(name);
    contract.map_or_else(|| name.into(), |contract| format!("{contract}.{name}").into())
}

fn convert_scalar(text: &str, internal: Option<&alloy::InternalType>) -> Result<Type, Problem> {
    let width = |bits: usize| u16::try_from(bits).unwrap_or(u16::MAX);
    match DynSolType::parse(text) {
        Ok(DynSolType::Bool) => Ok(Type::Bool),
        Ok(DynSolType::Uint(bits)) => Ok(Type::Uint { bits: width(bits) }),
        Ok(DynSolType::Int(bits)) => Ok(Type::Int { bits: width(bits) }),
        Ok(DynSolType::FixedBytes(n)) => Ok(Type::FixedBytes(n)),
        Ok(DynSolType::Address) => Ok(Type::Address),
        Ok(DynSolType::Function) => Ok(Type::Function),
        Ok(DynSolType::Bytes) => Ok(Type::Bytes),
        Ok(DynSolType::String) => Ok(Type::String),
        // The ABI of a library names an enum instead of its `uint8`.
        _ if internal.is_some_and(alloy::InternalType::is_enum) => Ok(Type::Uint { bits: 8 }),
        _ => Err(Problem::Reason(format!("{text:?} is not a Solidity type"))),
    }
}

const fn mutability_of(mutability: alloy::StateMutability) -> Mutability {
    match mutability {
        alloy::StateMutability::Pure => Mutability::Pure,
        alloy::StateMutability::View => Mutability::View,
        alloy::StateMutability::NonPayable => Mutability::NonPayable,
        alloy::StateMutability::Payable => Mutability::Payable,
    }
}

/// The first 4 bytes of the hash of the signature.
fn selector_of(signature: &str) -> Bytes {
    keccak256(signature).iter().copied().take(SELECTOR_BYTES).collect::<Vec<_>>().into()
}

fn collect_named(ty: &Type, types: &mut Vec<Type>) {
    ty.children().for_each(|child| collect_named(child, types));
    if matches!(ty, Type::Struct { name, .. } | Type::Enum { name, .. } if !name.is_empty()) {
        push_once(types, ty.clone());
    }
}
