//! What a scenario says about VMs with ids, accounts and transactions of their own.

use crate::{
    problem::Problem,
    source::{At, Source},
};
use hexapla_abi::Tree;
use hexapla_primitives::VmId;
use hexapla_toolkit::{FieldKind, FieldSpec, FieldValue, Fields, ToolError};
use std::{ops::Range, sync::Arc};

/// Bytes made of parts, one behind the other.
pub(crate) type Parts = At<Vec<Part>>;

/// A part of some bytes.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// Hex, the bytes of an id or of a name, or `$saved` bytes.
    Text(At<String>),
    /// A number of this many bytes, little-endian.
    Little { bytes: usize, value: At<Tree> },
    /// A number of 32 bytes, big-endian: a word of the EVM.
    Word(At<Tree>),
    /// The bytes of a text.
    Utf8(String),
    /// The 20 bytes of an address.
    Address(At<String>),
    /// Parts behind their length, 4 bytes, big-endian.
    Sized(Parts),
    /// The call data with which a contract of the EVM makes a raw call with these accounts and this data.
    Invoke { accounts: Vec<AccountRef>, data: Parts },
}

/// An account of a call, written `writable signer alice`.
#[derive(Clone, Debug)]
pub(crate) struct AccountRef {
    pub(crate) id: At<String>,
    pub(crate) signer: bool,
    pub(crate) writable: bool,
}

/// An id with a name: an entry of the section of its VM.
#[derive(Clone, Debug)]
pub(crate) struct IdEntry {
    pub(crate) name: At<String>,
    pub(crate) vm: VmId,
    pub(crate) form: IdForm,
    /// An account that is there at the beginning; nothing where there is none.
    pub(crate) account: Options,
}

/// Which id.
#[derive(Clone, Debug)]
pub(crate) enum IdForm {
    /// The one that the name gives.
    OfName,
    /// As text.
    Given(At<String>),
    /// The id of the signer that the name gives.
    Signer,
    /// One that follows from other things, in a way that the toolkit declares.
    Derived { derivation: &'static str, fields: Options },
}

/// What a file says for options that a toolkit declares.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options(Vec<(FieldSpec, At<OptionValue>)>);

/// What it says for one.
#[derive(Clone, Debug)]
pub(crate) enum OptionValue {
    Number(u64),
    Id(String),
    Ids(Vec<At<String>>),
    Parts(Vec<Part>),
}

impl Options {
    pub(crate) fn push(&mut self, spec: FieldSpec, value: At<OptionValue>) {
        self.0.push((spec, value));
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&FieldSpec, &At<OptionValue>)> {
        self.0.iter().map(|(spec, value)| (spec, value))
    }

    /// Where an option stands.
    pub(crate) fn span(&self, name: &str) -> Option<&Range<usize>> {
        self.iter().find(|(spec, _)| spec.name == name).map(|(_, value)| &value.span)
    }

    /// What a toolkit says about one of them, at its place.
    pub(crate) fn problem(&self, error: ToolError, source: &Arc<Source>) -> Box<Problem> {
        let place = error.field.and_then(|field| self.span(field)).cloned();
        let label = error.label.unwrap_or_default();
        let problem = Box::<Problem>::from(error);
        match place {
            Some(span) => problem.at(source, &span, label),
            None => problem,
        }
    }

    /// Names of accounts.
    pub(crate) fn names(&self) -> impl Iterator<Item = At<String>> {
        self.iter().flat_map(|(_, value)| match &value.value {
            OptionValue::Id(name) => vec![At::new(name.clone(), value.span.clone())],
            OptionValue::Ids(names) => names.clone(),
            OptionValue::Number(_) | OptionValue::Parts(_) => Vec::new(),
        })
    }

    /// The values that need no names.
    pub(crate) fn known(&self) -> Fields {
        let mut fields = Fields::default();
        for (spec, value) in self.iter() {
            let value = match (&value.value, spec.kind) {
                (OptionValue::Number(number), FieldKind::Number) => FieldValue::Number(*number),
                _ => FieldValue::Pending,
            };
            fields.push(spec.name, value);
        }
        fields
    }
}
