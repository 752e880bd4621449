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
pub(crate) mod target;

use alloc::{
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};

use alloy_primitives::B256;

use crate::{
    codec::Codec,
    codecs::{panic_code, panic_number},
    derive::Derivation,
    error::CodecError,
    image::{Growth, Image, ImageError},
    interface::{Abi, CustomError, Event, Function, Interface},
    selectors::Selectors,
    text::brief,
    value::Value,
    weight::{self, Weigh as _},
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
    index: Index,
    weight: u64,
}

/// Items by what names them in data.
#[derive(Clone, Debug, Default)]
struct Index {
    /// Projected functions by their selectors.
    functions: Selectors,
    /// Readers by their selectors.
    readers: Selectors,
    /// The source's errors by their selectors.
    source_errors: Selectors,
}

/// How one item is translated.
#[derive(Clone, Debug, Default)]
struct Plan {
    /// The item's index in the source.
    source: usize,
    /// The accounts that are arguments at the beginning.
    accounts: Vec<AccountArgument>,
    /// Whether the first argument says how much coin is sent.
    coin: bool,
    /// Arguments behind it that say the source's type parameters.
    type_params: usize,
    inputs: Vec<Image>,
    outputs: Vec<Image>,
    /// How the source's derived accounts are found.
    derivations: Vec<Derivation>,
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
    pub coin: Option<u64>,
    /// The source function's type parameters, as the caller says them: one text for each.
    pub type_arguments: Vec<String>,
}

impl Projection {
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
        self.errors.binary_search_by_key(&source, |plan| plan.source).ok()
    }

    /// The index of the projected event that shows the source's event with this index, if it can be shown.
    pub fn event_of(&self, source: usize) -> Option<usize> {
        self.events.binary_search_by_key(&source, |plan| plan.source).ok()
    }

    /// The index of the source's error that a failure's data begins with.
    pub fn source_error_in(&self, failure: &[u8]) -> Option<usize> {
        if self.source.abi == Abi::Fuel
            && let Some(number) = panic_number(failure)
        {
            return self.index.source_errors.exactly(&panic_code(number).to_be_bytes());
        }
        self.index.source_errors.beginning(failure).map(|(place, _)| place)
    }

    /// The index of the projected function that call data names.
    pub fn function_in(&self, call: &[u8]) -> Option<usize> {
        let named = self.target().function_named(call)?;
        match self.target() {
            Abi::Bcs | Abi::Fuel => self.index.functions.exactly(named),
            Abi::Solidity | Abi::Borsh | Abi::Cairo => self.index.functions.beginning(named).map(|(place, _)| place),
        }
    }

    /// The index of the reader that call data names, and the rest of the data: the arguments.
    pub fn reader_in<'d>(&self, call: &'d [u8]) -> Option<(usize, &'d [u8])> {
        let named = self.target().function_named(call)?;
        let place = match self.target() {
            Abi::Bcs | Abi::Fuel => self.index.readers.exactly(named),
            Abi::Solidity | Abi::Borsh | Abi::Cairo => self.index.readers.beginning(named).map(|(place, _)| place),
        }?;
        Some((place, self.target().arguments_in(call, &self.readers.get(place)?.function.selector)?))
    }

    /// The projected function that call data means, by its index, and its arguments. It finds what
    /// [`Codec::decode_call`] finds, without going through all functions.
    ///
    /// # Errors
    ///
    /// Those of [`Codec::decode_call`].
    pub fn decode_call(&self, codec: &impl Codec, call: &[u8]) -> Result<(usize, Vec<Value>), CodecError> {
        let Some(place) = self.function_in(call) else { return Err(codec.unknown_function(&self.interface, call)) };
        let function = self.interface.functions.get(place);
        let function = function.ok_or_else(|| codec.unknown_function(&self.interface, call))?;
        Ok((place, codec.decode_arguments(function, call)?))
    }

    /// How the derived accounts of the source function behind the projected function with this index are found, each
    /// behind those that it needs.
    pub fn derivations(&self, index: usize) -> &[Derivation] {
        self.functions.get(index).map_or(&[], |plan| &plan.derivations)
    }

    /// The memory that the projection takes with its source, as [`Interface::weight`] counts it.
    pub const fn weight(&self) -> u64 {
        self.weight
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
        let name = || self.interface.functions.get(function).map(|function| brief(&function.signature));
        let expected = usize::from(plan.coin) + plan.type_params + plan.accounts.len() + plan.inputs.len();
        count(|| name().unwrap_or_default(), expected, projected.len())?;
        if expected == plan.inputs.len() {
            return Ok(Arguments { values: translate(&plan.inputs, projected, Image::read)?, ..Arguments::default() });
        }
        let mut values = projected.into_iter();
        let coin = if plan.coin { values.next().map(coin).transpose()? } else { None };
        let type_arguments = values.by_ref().take(plan.type_params).map(type_argument).collect::<Result<_, _>>()?;
        let accounts = plan.accounts.iter().zip(values.by_ref());
        let accounts = accounts.map(|(account, value)| account.id(value, &name)).collect::<Result<_, _>>()?;
        let values = translate(&plan.inputs, values.collect(), Image::read)?;
        Ok(Arguments { values, accounts, coin, type_arguments })
    }

    /// Results of the source function in the projection's terms.
    ///
    /// # Errors
    ///
    /// An [`ImageError`] for a wrong number of values, a value that is not of its type, an index of no function.
    pub fn results(&self, function: usize, source: Vec<Value>) -> Result<Vec<Value>, ImageError> {
        let plan = item(&self.functions, "function", function)?;
        count(|| "the result".to_string(), plan.outputs.len(), source.len())?;
        show(&plan.outputs, source)
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
        show(&plan.inputs, shown)
    }

    /// Fields of the source's event in the projection's terms, by the index of the projected event.
    ///
    /// # Errors
    ///
    /// As [`results`](Self::results).
    pub fn event(&self, event: usize, source: Vec<Value>) -> Result<Vec<Value>, ImageError> {
        let plan = item(&self.events, "event", event)?;
        count(|| "the event".to_string(), plan.inputs.len(), source.len())?;
        show(&plan.inputs, source)
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

impl Projection {
    /// What [`weight`](Self::weight) says, counted.
    fn weighed(&self) -> u64 {
        let plans = self.functions.iter().chain(&self.errors).chain(&self.events).map(|plan| {
            let accounts = plan.accounts.iter().map(|account| account.name.len() as u64 + weight::ARGUMENT);
            let accounts = accounts.fold(weight::PLAN, u64::saturating_add);
            let images = plan.inputs.weight().saturating_add(plan.outputs.weight());
            accounts.saturating_add(images).saturating_add(plan.derivations.weight())
        });
        let readers = self.readers.iter().map(|reader| reader.function.weight().saturating_add(reader.image.weight()));
        let interfaces = [self.source.weight(), self.interface.weight()];
        plans.chain(readers).chain(interfaces).fold(0, u64::saturating_add)
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

fn coin(value: Value) -> Result<u64, ImageError> {
    match value {
        Value::Uint(n) if n.bit_len() <= 64 => Ok(n.saturating_to()),
        other => Err(not_an_image("u64", &other, "coin is a number of 64 bits")),
    }
}

fn type_argument(value: Value) -> Result<String, ImageError> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(not_an_image("a type", &other, "a type of the callee is said by a text")),
    }
}

fn not_an_image(ty: &str, value: &Value, rule: &'static str) -> ImageError {
    ImageError::NotAnImage { ty: ty.to_string(), value: brief(&format_args!("{value:#}")), rule }
}

fn item<'p, T>(items: &'p [T], what: &'static str, index: usize) -> Result<&'p T, ImageError> {
    items.get(index).ok_or(ImageError::NoItem { what, index })
}

fn count(what: impl FnOnce() -> String, expected: usize, given: usize) -> Result<(), ImageError> {
    if expected == given { Ok(()) } else { Err(ImageError::WrongCount { what: what(), expected, given }) }
}

/// The images of values, which are together not much larger than the values.
fn show(images: &[Image], values: Vec<Value>) -> Result<Vec<Value>, ImageError> {
    if images.iter().all(Image::is_same) {
        return Ok(values);
    }
    let mut growth = Growth::default();
    images.iter().zip(&values).for_each(|(image, value)| image.count(value, &mut growth));
    growth.check()?;
    translate(images, values, Image::show_counted)
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
