//! Interfaces as developers of another ABI see them.
//!
//! A [`Projection`] is made once per interface and ABI. A call in its terms is translated: the caller's codec decodes it
//! by [`Projection::interface`], [`Projection::arguments`] turns the values into the source's, the callee's codec encodes
//! those by [`Projection::source`]. Results, errors and events go the other way. Items are found by their index in the
//! projected interface; nothing is looked up by name in a call.
//!
//! Left out: addresses and accounts themselves. Which account an id stands for is state, which the border knows.

/// Projections are made.
mod build;
/// What is translated how, in words.
mod explain;
/// Selectors, discriminators, codes and topics of each ABI.
mod target;
/// The named types of an interface.
use alloc::{
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};

use alloy_primitives::B256;

use crate::{
    image::{Image, ImageError},
    interface::{Abi, CustomError, Event, Function, Interface},
    value::Value,
};

/// An interface as developers of another ABI see it.
#[derive(Clone, Debug)]
pub struct Projection {
    source: Arc<Interface>,
    interface: Interface,
    functions: Vec<Plan>,
    errors: Vec<Plan>,
    events: Vec<Plan>,
    readers: Vec<Reader>,
}

/// How one item is translated.
#[derive(Clone, Debug, Default)]
struct Plan {
    /// The item's index in the source.
    source: usize,
    /// The accounts that are arguments at the beginning.
    accounts: Vec<AccountArgument>,
    /// Whether the first argument says how much coin is sent.
    lamports: bool,
    inputs: Vec<Image>,
    outputs: Vec<Image>,
}

#[derive(Clone, Debug)]
struct AccountArgument {
    name: Arc<str>,
    optional: bool,
    image: Image,
}

/// A function that reads an account of the source without a call.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The function: it takes the account's id and gives its data.
    pub function: Function,
    /// The layout's index in the source's [`Interface::layouts`].
    pub layout: usize,
    image: Image,
}

/// The arguments of a call in the source's terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// The values of the source function's parameters.
    pub values: Vec<Value>,
    /// One id for each account of the source function that is given and no signer, in their order; `None` is left out.
    pub accounts: Vec<Option<B256>>,
    /// The coin that goes with the call, in the smallest unit; `None` where the caller says it by its own call.
    pub lamports: Option<u64>,
}

impl Projection {
    /// The interface in the terms of another ABI. What cannot be shown is in the `refused` of
    /// [`interface`](Self::interface), with the reason.
    pub fn new(source: Arc<Interface>, target: Abi) -> Self {
        build::projection(source, target)
    }

    /// What developers of the target ABI use.
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// The interface that is shown.
    pub fn source(&self) -> &Arc<Interface> {
        &self.source
    }

    /// The ABI in which it is shown.
    pub fn target(&self) -> Abi {
        self.interface.abi
    }

    /// The source function behind the projected function with this index.
    pub fn function(&self, index: usize) -> Option<&Function> {
        self.source.functions.get(self.functions.get(index)?.source)
    }

    /// The source error behind the projected error with this index.
    pub fn source_error(&self, index: usize) -> Option<&CustomError> {
        self.source.errors.get(self.errors.get(index)?.source)
    }

    /// The source event behind the projected event with this index.
    pub fn source_event(&self, index: usize) -> Option<&Event> {
        self.source.events.get(self.events.get(index)?.source)
    }

    /// The index of the projected error that shows the source's error with this index, if it can be shown.
    pub fn error_of(&self, source: usize) -> Option<usize> {
        self.errors.iter().position(|plan| plan.source == source)
    }

    /// The index of the projected event that shows the source's event with this index, if it can be shown.
    pub fn event_of(&self, source: usize) -> Option<usize> {
        self.events.iter().position(|plan| plan.source == source)
    }

    /// The functions that read accounts, which the source itself does not have.
    pub fn readers(&self) -> &[Reader] {
        &self.readers
    }

    /// Arguments in the projection's terms as the source's, with the accounts and the coin that the caller named.
    ///
    /// # Errors
    ///
    /// An [`ImageError`] for a wrong number of values, a value outside of the source type, a required account that is
    /// zero, an index of no function.
    pub fn arguments(&self, function: usize, projected: Vec<Value>) -> Result<Arguments, ImageError> {
        let plan = item(&self.functions, "function", function)?;
        let name = || self.interface.functions.get(function).map(|function| function.signature.clone());
        let expected = usize::from(plan.lamports) + plan.accounts.len() + plan.inputs.len();
        count(|| name().unwrap_or_default(), expected, projected.len())?;
        if expected == plan.inputs.len() {
            return Ok(Arguments { values: translate(&plan.inputs, projected, Image::read)?, ..Arguments::default() });
        }
        let mut values = projected.into_iter();
        let lamports = if plan.lamports { values.next().map(lamports).transpose()? } else { None };
        let accounts = plan.accounts.iter().zip(values.by_ref());
        let accounts = accounts.map(|(account, value)| account.id(value, &name)).collect::<Result<_, _>>()?;
        let values = translate(&plan.inputs, values.collect(), Image::read)?;
        Ok(Arguments { values, accounts, lamports })
    }

    /// Results of the source function in the projection's terms.
    ///
    /// # Errors
    ///
    /// An [`ImageError`] for a wrong number of values, a value that is not of its type, an index of no function.
    pub fn results(&self, function: usize, source: Vec<Value>) -> Result<Vec<Value>, ImageError> {
        let plan = item(&self.functions, "function", function)?;
        count(|| "the result".to_string(), plan.outputs.len(), source.len())?;
        translate(&plan.outputs, source, Image::show)
    }

    /// Fields of the source's error in the projection's terms, by the index of the projected error. ABIs whose errors are
    /// numbers show none of them.
    ///
    /// # Errors
    ///
    /// As [`results`](Self::results).
    pub fn error(&self, error: usize, source: Vec<Value>) -> Result<Vec<Value>, ImageError> {
        let plan = item(&self.errors, "error", error)?;
        let fields = self.source_error(error).map_or(0, |error| error.inputs.len());
        count(|| "the error".to_string(), fields, source.len())?;
        let shown = source.into_iter().take(plan.inputs.len()).collect();
        translate(&plan.inputs, shown, Image::show)
    }

    /// Fields of the source's event in the projection's terms, by the index of the projected event.
    ///
    /// # Errors
    ///
    /// As [`results`](Self::results).
    pub fn event(&self, event: usize, source: Vec<Value>) -> Result<Vec<Value>, ImageError> {
        let plan = item(&self.events, "event", event)?;
        count(|| "the event".to_string(), plan.inputs.len(), source.len())?;
        translate(&plan.inputs, source, Image::show)
    }

    /// The data of an account in the projection's terms: the results of the reader with this index.
    ///
    /// # Errors
    ///
    /// As [`results`](Self::results).
    pub fn read(&self, reader: usize, data: Value) -> Result<Vec<Value>, ImageError> {
        let reader = item(&self.readers, "reader", reader)?;
        reader.image.show(data).map(|value| Vec::from([value]))
    }
}

impl AccountArgument {
    /// The id that the caller says; zero where it leaves the account out.
    fn id(&self, value: Value, function: &dyn Fn() -> Option<String>) -> Result<Option<B256>, ImageError> {
        match self.image.read(value)? {
            Value::Bytes(id) if id.len() == B256::len_bytes() => match B256::from_slice(&id) {
                B256::ZERO if self.optional => Ok(None),
                B256::ZERO => Err(ImageError::AccountMissing {
                    function: crate::text::escape(&function().unwrap_or_default()),
                    account: crate::text::escape(&self.name),
                }),
                id => Ok(Some(id)),
            },
            other => Err(not_an_image("an account's id", &other, "it must have 32 bytes")),
        }
    }
}

fn lamports(value: Value) -> Result<u64, ImageError> {
    match value {
        Value::Uint(n) if n.bit_len() <= 64 => Ok(n.saturating_to()),
        other => Err(not_an_image("u64", &other, "coin is a number of 64 bits")),
    }
}

fn not_an_image(ty: &str, value: &Value, rule: &'static str) -> ImageError {
    ImageError::NotAnImage { ty: ty.to_string(), value: alloc::format!("{value:#}"), rule }
}

fn item<'p, T>(items: &'p [T], what: &'static str, index: usize) -> Result<&'p T, ImageError> {
    items.get(index).ok_or(ImageError::NoItem { what, index })
}

fn count(what: impl FnOnce() -> String, expected: usize, given: usize) -> Result<(), ImageError> {
    if expected == given { Ok(()) } else { Err(ImageError::WrongCount { what: what(), expected, given }) }
}

/// Values as their images or back; a list in which nothing changes is given back as it is.
fn translate(
    images: &[Image],
    values: Vec<Value>,
    change: fn(&Image, Value) -> Result<Value, ImageError>,
) -> Result<Vec<Value>, ImageError> {
    if images.iter().all(Image::is_same) {
        return Ok(values);
    }
    images.iter().zip(values).map(|(image, value)| change(image, value)).collect()
}
