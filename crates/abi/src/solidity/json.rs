//! Solidity interfaces from JSON.
//!
//! Files of many ages and tools are read: keys that older compilers left out have their old meaning, names that are null
//! are empty. An item that cannot be used is left out with its reason, and the others are read.

use alloy_primitives::{B256, keccak256};
use serde_json::Value as Json;

use super::{
    artefact,
    identifiers::{Identifiers, selector_of},
    params::{self, Input},
    signature_of,
};
use crate::{
    error::InterfaceError,
    interface::{Abi, Constructor, CustomError, Event, EventParam, Function, Interface, Mutability, Param},
    source::{self, Apart, Draft, Problem, flag, list, text, text_or_empty},
    text::{quote, shorten},
};

/// Topics of a log that fields can have, the one that names the event not counted.
const INDEXED_MAX: usize = 3;

impl Interface {
    /// Reads a Solidity interface: a plain ABI array, an artefact of Foundry or Hardhat, or what `solc` writes for one
    /// contract (`{"abi": [...]}`). Items that occur twice, as in merged ABIs, are kept once. Lines that people read may
    /// stand in the place of items: `"function balanceOf(address owner) view returns (uint256)"`.
    ///
    /// Items that cannot be used are listed in [`Interface::refused`]. Among them are functions of libraries with enums,
    /// structs or contracts as parameters, whose selectors are made of the names of these types, where the file does not
    /// have the selectors (`methodIdentifiers`).
    ///
    /// # Errors
    ///
    /// An [`InterfaceError`] that says what was expected and what was found.
    pub fn from_solidity_json(json: &str) -> Result<Self, InterfaceError> {
        let json = source::parse(json)?;
        let mut interface = Self::from_solidity_value(artefact::abi_of(&json)?, &json)?;
        interface.name = artefact::name_of(&json).unwrap_or_default();
        Ok(interface)
    }

    /// Reads a JSON array of ABI items, which stands in this file.
    pub(super) fn from_solidity_value(abi: &Json, file: &Json) -> Result<Self, InterfaceError> {
        let items = abi.as_array().ok_or_else(|| InterfaceError::NotAnAbi { found: source::kind_of(abi) })?;
        if let Some(first) = items.first()
            && !items.iter().any(|item| item.is_object() || item.is_string())
        {
            let found = format!("an array that begins with {}", source::kind_of(first));
            return Err(InterfaceError::NotAnAbi { found });
        }
        let mut reader = Items::new(Identifiers::of(file, items));
        items.iter().enumerate().for_each(|(index, item)| reader.read(index, item));
        Ok(reader.finish())
    }
}

/// The items of an interface while they are read.
pub(super) struct Items<'j> {
    draft: Draft,
    identifiers: Identifiers<'j>,
}

impl<'j> Items<'j> {
    pub(super) fn new(identifiers: Identifiers<'j>) -> Self {
        Self { draft: Draft::new("", Abi::Solidity), identifiers }
    }

    /// Reads one item, or notes why it cannot be used.
    pub(super) fn read(&mut self, index: usize, json: &Json) {
        if let Some(line) = json.as_str() {
            match super::text::item(line) {
                Ok(item) => self.read(index, &item),
                Err(reason) => {
                    let label = format!("line {}", quote(&shorten(line, 80)));
                    self.draft.refuse(&label, Problem::malformed(reason));
                }
            }
            return;
        }
        // ABIs of Solidity before 0.4 leave out the kind of functions.
        let kind = match json.get("type") {
            None => "function",
            Some(kind) => kind.as_str().unwrap_or_default(),
        };
        let label = match kind {
            "constructor" | "fallback" | "receive" => kind.to_owned(),
            "function" | "event" | "error" => source::label(kind, index, json),
            _ => source::label("item", index, json),
        };
        let read = self.read_item(kind, json);
        self.draft.item(&label, read);
    }

    /// Reads an item with its kind, or says why it cannot be used.
    pub(super) fn declare(&mut self, json: &Json) -> Result<(), String> {
        self.read_item(text_or_empty(json, "type"), json).map_err(Problem::into_reason)
    }

    /// Notes an item that cannot be used.
    pub(super) fn refuse(&mut self, label: &str, reason: String) {
        self.draft.refuse(label, Problem::malformed(reason));
    }

    fn read_item(&mut self, kind: &str, json: &Json) -> Result<(), Problem> {
        if !json.is_object() {
            return Err(Problem::malformed(format!("expected an object, found {}", source::kind_of(json))));
        }
        let interface = &mut self.draft.interface;
        match kind {
            "function" => interface.functions.push(read_function(json, &self.identifiers)?),
            "event" => interface.events.push(read_event(json)?),
            "error" => interface.errors.push(read_error(json)?),
            "constructor" => {
                let inputs = params_of(&params::read(json, "inputs")?);
                interface.constructor = Some(Constructor { inputs, mutability: mutability_of(json)? });
            }
            "fallback" => interface.fallback = Some(mutability_of(json)?),
            "receive" => interface.receive = true,
            other => {
                let known = "function, event, error, constructor, fallback and receive";
                let other = quote(&shorten(other, 40));
                return Err(Problem::malformed(format!("{other} is not a kind of item; known are {known}")));
            }
        }
        Ok(())
    }

    /// The interface. What cannot be told from another item is left out.
    pub(super) fn finish(self) -> Interface {
        let mut interface = self.draft.interface;
        let Interface { functions, events, errors, refused, .. } = &mut interface;
        let mut apart = Apart { refused };
        apart.declared_again("function", functions, |item| (&item.name, item.signature.clone()));
        apart.same_selectors("function", functions, |item| (&item.name, Some(item.selector.clone())));
        apart.declared_again("error", errors, |item| (&item.name, item.signature.clone()));
        apart.same_selectors("error", errors, |item| (&item.name, Some(item.selector.clone())));
        // Two events may share a topic and differ in what is indexed: `Transfer` of ERC-20 and ERC-721.
        apart.declared_again("event", events, |item| (&item.name, (item.signature.clone(), indexed(item))));
        interface.types = interface.named_types();
        interface
    }
}

/// Which fields of an event stand in topics, and whether it is anonymous.
fn indexed(event: &Event) -> (Option<B256>, Vec<bool>) {
    (event.topic, event.fields.iter().map(|field| field.indexed).collect())
}

fn name_of(json: &Json) -> Result<String, Problem> {
    let name = text(json, "name")?;
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '_' | '$'));
    if begins && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')) {
        return Ok(name.to_owned());
    }
    Err(Problem::malformed("its name is no identifier of Solidity, and what names it in data is made of the name"))
}

pub(super) fn read_function(json: &Json, identifiers: &Identifiers<'_>) -> Result<Function, Problem> {
    let name = name_of(json)?;
    let inputs = params::read(json, "inputs")?;
    let (signature, selector) = identifiers.of_function(&name, &inputs)?;
    let outputs = params_of(&params::read(json, "outputs")?);
    outputs.iter().try_for_each(|output| super::type_name(&output.ty).map(drop))?;
    let inputs = params_of(&inputs);
    Ok(Function { name, inputs, outputs, mutability: mutability_of(json)?, selector, signature, ..Function::default() })
}

fn read_error(json: &Json) -> Result<CustomError, Problem> {
    let (name, inputs) = (name_of(json)?, params_of(&params::read(json, "inputs")?));
    let signature = signature_of(&name, inputs.iter().map(|param| &param.ty))?;
    Ok(CustomError { name, inputs, selector: selector_of(&signature), message: String::new(), signature })
}

fn read_event(json: &Json) -> Result<Event, Problem> {
    let (name, anonymous) = (name_of(json)?, flag(json, "anonymous"));
    let inputs = params::read(json, "inputs")?;
    let fields = list(json, "inputs")?.iter().zip(inputs);
    let fields = fields.map(|(json, Input { name, ty, .. })| EventParam { name, ty, indexed: flag(json, "indexed") });
    let fields = fields.collect::<Vec<_>>();
    let (indexed, limit) = (fields.iter().filter(|field| field.indexed).count(), INDEXED_MAX + usize::from(anonymous));
    if indexed > limit {
        let reason = format!("it has {indexed} indexed fields, a log has room for {limit}");
        return Err(Problem::malformed(reason));
    }
    let signature = signature_of(&name, fields.iter().map(|field| &field.ty))?;
    let topic = (!anonymous).then(|| keccak256(&signature));
    Ok(Event { name, fields, topic, signature })
}

fn params_of(inputs: &[Input]) -> Vec<Param> {
    inputs.iter().map(|input| Param { name: input.name.clone(), ty: input.ty.clone() }).collect()
}

/// `stateMutability`, or what stood for it before Solidity 0.4.16: `constant` and `payable`.
fn mutability_of(json: &Json) -> Result<Mutability, Problem> {
    match json.get("stateMutability") {
        None | Some(Json::Null) if flag(json, "constant") => Ok(Mutability::View),
        None | Some(Json::Null) if flag(json, "payable") => Ok(Mutability::Payable),
        None | Some(Json::Null) => Ok(Mutability::NonPayable),
        Some(given) => match given.as_str() {
            Some("pure") => Ok(Mutability::Pure),
            Some("view") => Ok(Mutability::View),
            Some("nonpayable") => Ok(Mutability::NonPayable),
            Some("payable") => Ok(Mutability::Payable),
            _ => {
                let given = given.as_str().map_or_else(|| source::kind_of(given), |text| quote(&shorten(text, 40)));
                let known = "pure, view, nonpayable and payable";
                Err(Problem::malformed(format!("`stateMutability` is {given}, known are {known}")))
            }
        },
    }
}
