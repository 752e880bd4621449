//! Whether an interface says what its ABI would.
//!
//! An interface is a claim about a contract, and whoever makes it may lie: a `balanceOf` with the selector of `burnAll`
//! makes its readers burn. Where the ABI says what names an item, it is computed again.

use alloc::{collections::BTreeMap, format, string::String};

use alloy_primitives::Bytes;

use crate::{
    codecs::starknet_selector,
    derive::{DerivationError, derivations},
    error::CodecError,
    interface::{Abi, CustomError, Event, Function, Interface},
    projection::target,
    text::{brief, escape},
    types::Type,
};

/// What an interface claims and its ABI does not say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// The ABI has no form for a type.
    #[error("{item}: {source}")]
    Type {
        /// Kind and name of the item.
        item: String,
        /// Which type.
        source: CodecError,
    },
    /// A selector or topic is not the one of the name and the types.
    #[error("{item} has the selector {given}; by its name and types it is {expected}")]
    Selector {
        /// Kind and name of the item.
        item: String,
        /// The selector that it claims.
        given: Bytes,
        /// The right one.
        expected: Bytes,
    },
    /// A signature is not the one of the name and the types.
    #[error("{item} has another signature than its name and types give, {expected}")]
    Signature {
        /// Kind and name of the item.
        item: String,
        /// The right one, shortened.
        expected: String,
    },
    /// Two items have the same selector.
    #[error("{first} and {second} have the same selector {selector}")]
    SameSelector {
        /// Kind and name of one.
        first: String,
        /// Kind and name of the other.
        second: String,
        /// The selector.
        selector: Bytes,
    },
    /// The discriminator of a function begins with that of another, so that a call of one can mean the other.
    #[error("the selector {short} of {first} begins the selector {long} of {second}: a call could mean either")]
    Begins {
        /// Kind and name of the one.
        first: String,
        /// Its selector.
        short: Bytes,
        /// Kind and name of the other.
        second: String,
        /// Its selector.
        long: Bytes,
    },
    /// Accounts of a function cannot be derived.
    #[error("{item}: {source}")]
    Derivation {
        /// Kind and name of the item.
        item: String,
        /// Why.
        source: DerivationError,
    },
}

impl Interface {
    /// Whether every claim of the interface that its ABI decides is true: each type has a form in the ABI; selectors,
    /// topics and signatures are those of names and types (all of Solidity's, Cairo's functions and events, the functions
    /// of Move and Fuel); those that are chosen freely (Borsh's discriminators, the numbers of errors, Fuel's log ids)
    /// differ, and no discriminator of a function begins another; derived accounts can be derived. Whether the contract
    /// really is of this ABI is for whoever knows the contract to check.
    ///
    /// Work is linear in [`weight`](Self::weight), but for the logarithm of looking selectors up.
    ///
    /// # Errors
    ///
    /// The first [`ClaimError`], which names the item.
    pub fn verify(&self) -> Result<(), ClaimError> {
        self.check_types().map_err(|source| ClaimError::Type { item: self.untyped(), source })?;
        self.functions.iter().try_for_each(|function| self.verify_function(function))?;
        self.errors.iter().try_for_each(|error| self.verify_error(error))?;
        self.events.iter().try_for_each(|event| self.verify_event(event))?;
        let functions = self.functions.iter().map(|function| (function.selector.clone(), &*function.name));
        differ("function", functions, self.abi == Abi::Borsh)?;
        differ("error", self.errors.iter().map(|error| (error.selector.clone(), &*error.name)), false)?;
        // Two Solidity events may share a topic and differ in what is indexed.
        if self.abi == Abi::Solidity {
            return Ok(());
        }
        let topics = self.events.iter().filter_map(|event| Some((Bytes::from(event.topic?), &*event.name)));
        differ("event", topics, false)
    }

    /// The item with the first type that has no form.
    fn untyped(&self) -> String {
        let bad = |ty: &Type| self.abi.check_type(ty).is_err();
        let function = |function: &&Function| function.input_types().chain(function.output_types()).any(bad);
        if let Some(function) = self.functions.iter().find(function) {
            return item("function", &function.name);
        }
        if let Some(error) = self.errors.iter().find(|error| error.inputs.iter().any(|param| bad(&param.ty))) {
            return item("error", &error.name);
        }
        if let Some(event) = self.events.iter().find(|event| event.fields.iter().any(|field| bad(&field.ty))) {
            return item("event", &event.name);
        }
        "the interface".into()
    }

    fn verify_function(&self, function: &Function) -> Result<(), ClaimError> {
        let item = || item("function", &function.name);
        derivations(function).map_err(|source| ClaimError::Derivation { item: item(), source })?;
        if self.abi == Abi::Borsh {
            return Ok(());
        }
        let signature = self.signature(&item, &function.name, &function.signature, function.input_types())?;
        same(item, &function.selector, || target::selector(self.abi, &function.name, &signature))
    }

    fn verify_error(&self, error: &CustomError) -> Result<(), ClaimError> {
        let item = || item("error", &error.name);
        if self.abi != Abi::Solidity {
            return Ok(());
        }
        let types = error.inputs.iter().map(|param| &param.ty);
        let signature = self.signature(&item, &error.name, &error.signature, types)?;
        same(item, &error.selector, || target::selector(Abi::Solidity, &error.name, &signature))
    }

    fn verify_event(&self, event: &Event) -> Result<(), ClaimError> {
        let item = || item("event", &event.name);
        let Some(topic) = event.topic else { return Ok(()) };
        let topic = Bytes::from(topic);
        match self.abi {
            Abi::Solidity => {
                let types = event.fields.iter().map(|field| &field.ty);
                let signature = self.signature(&item, &event.name, &event.signature, types)?;
                same(item, &topic, || target::topic(Abi::Solidity, &event.name, &signature).into())
            }
            Abi::Cairo => same(item, &topic, || starknet_selector(&event.name).into()),
            Abi::Borsh | Abi::Bcs | Abi::Fuel => Ok(()),
        }
    }

    /// The signature, which must be the claimed one where the ABI hashes it.
    fn signature<'t>(
        &self,
        item: &dyn Fn() -> String,
        name: &str,
        claimed: &str,
        types: impl Iterator<Item = &'t Type>,
    ) -> Result<String, ClaimError> {
        if self.abi != Abi::Solidity {
            return Ok(String::new());
        }
        let expected = crate::solidity::signature_of(name, types);
        let expected = expected.map_err(|source| ClaimError::Type { item: item(), source })?;
        if expected == claimed {
            return Ok(expected);
        }
        Err(ClaimError::Signature { item: item(), expected: brief(&escape(&expected)) })
    }
}

fn same(item: impl Fn() -> String, given: &Bytes, expected: impl FnOnce() -> Bytes) -> Result<(), ClaimError> {
    let expected = expected();
    if *given == expected { Ok(()) } else { Err(ClaimError::Selector { item: item(), given: given.clone(), expected }) }
}

/// That selectors differ, and that none begins another where one that is longer could be meant.
fn differ<'i>(
    what: &'static str,
    items: impl Iterator<Item = (Bytes, &'i str)>,
    prefixes: bool,
) -> Result<(), ClaimError> {
    let mut sorted = BTreeMap::new();
    for (selector, name) in items {
        if let Some(other) = sorted.insert(selector.clone(), name) {
            return Err(ClaimError::SameSelector { first: item(what, other), second: item(what, name), selector });
        }
    }
    // In sorted order a selector stands right before the first one that it begins.
    let mut pairs = sorted.iter().zip(sorted.iter().skip(1));
    match pairs.find(|((short, _), (long, _))| prefixes && long.starts_with(short)) {
        None => Ok(()),
        Some(((short, first), (long, second))) => Err(ClaimError::Begins {
            first: item(what, first),
            short: short.clone(),
            second: item(what, second),
            long: long.clone(),
        }),
    }
}

fn item(what: &str, name: &str) -> String {
    format!("the {what} {}", brief(&escape(name)))
}
