//! How much memory interfaces and projections take.
//!
//! Weights are bytes on a machine of 64 bits, by a fixed formula: they are the same everywhere, so that gas can be charged
//! by them. What is held is never more than twice the weight. A type is counted as often as it is used and with all its
//! names, as it is written out for each use; so the weight bounds the work of going through an interface as well.

use alloc::vec::Vec;

use crate::{
    derive::{Derivation, SeedSource},
    image::Image,
    interface::{AccountSource, Function, Interface, Param, Seed},
    types::{Children, Type},
};

/// A type in its list or box.
const TYPE: u64 = 48;
/// A name or a text: the pointer, and what the allocator keeps beside the bytes.
const TEXT: u64 = 48;
/// A function, an event, an error, a layout or an account, without what its texts and lists hold.
const ITEM: u64 = 192;
/// A step of a translation, in its list or box.
const STEP: u64 = 64;
/// How an item is translated, with its entry in an index, without what it holds.
pub(crate) const PLAN: u64 = 256;
/// An account that is an argument, without its name.
pub(crate) const ARGUMENT: u64 = 320;
/// An interface without its items.
const INTERFACE: u64 = 512;

/// Something that takes memory.
pub(crate) trait Weigh {
    /// The bytes that it takes.
    fn weight(&self) -> u64;
}

fn text(bytes: usize) -> u64 {
    TEXT.saturating_add(bytes as u64)
}

fn sum(weights: impl Iterator<Item = u64>) -> u64 {
    weights.fold(0, u64::saturating_add)
}

impl<T: Weigh> Weigh for [T] {
    fn weight(&self) -> u64 {
        sum(self.iter().map(Weigh::weight))
    }
}

impl<T: Weigh> Weigh for Vec<T> {
    fn weight(&self) -> u64 {
        self.as_slice().weight()
    }
}

impl Weigh for Type {
    fn weight(&self) -> u64 {
        let own = match self {
            Self::Struct { name, .. } | Self::Enum { name, .. } => TYPE.saturating_add(text(name.len())),
            Self::Constant(bytes) => TYPE.saturating_add(text(bytes.len())),
            _ => TYPE,
        };
        let names = match self.children() {
            Children::Fields(fields) => sum(fields.iter().map(|field| text(field.name.len()))),
            Children::Variants(variants) => sum(variants.iter().map(|variant| text(variant.name.len()))),
            _ => 0,
        };
        sum([own, names].into_iter().chain(self.children().map(Self::weight)))
    }
}

impl Weigh for Param {
    fn weight(&self) -> u64 {
        text(self.name.len()).saturating_add(self.ty.weight())
    }
}

impl Weigh for Seed {
    fn weight(&self) -> u64 {
        match self {
            Self::Const(bytes) => text(bytes.len()),
            Self::Account(name) => text(name.len()),
            Self::Arg(path) => TEXT.saturating_add(sum(path.iter().map(|name| text(name.len())))),
        }
    }
}

impl Weigh for Function {
    fn weight(&self) -> u64 {
        let texts = [self.name.len(), self.selector.len(), self.signature.len()];
        let accounts = self.accounts.iter().map(|account| {
            let seeds = match &account.source {
                AccountSource::Derived { program, seeds } => sum(program.iter().chain(seeds).map(Weigh::weight)),
                _ => 0,
            };
            ITEM.saturating_add(text(account.name.len())).saturating_add(seeds)
        });
        let names = self.type_params.iter().chain(&self.caller_params).map(|name| text(name.len()));
        let parts = [ITEM, self.inputs.weight(), self.outputs.weight(), sum(accounts), sum(names)];
        sum(parts.into_iter().chain(texts.into_iter().map(text)))
    }
}

impl Weigh for Image {
    fn weight(&self) -> u64 {
        // The step has no more parts than the image.
        let image = self.image().weight();
        let parts = image.saturating_div(TYPE).saturating_mul(STEP);
        sum([self.source().weight(), image, parts].into_iter())
    }
}

impl Weigh for Interface {
    fn weight(&self) -> u64 {
        let item =
            |texts: &[usize], types: u64| sum([ITEM, types].into_iter().chain(texts.iter().map(|bytes| text(*bytes))));
        let events = self.events.iter().map(|event| {
            let fields = event.fields.iter().map(|field| text(field.name.len()).saturating_add(field.ty.weight()));
            item(&[event.name.len(), event.signature.len()], sum(fields))
        });
        let errors = self.errors.iter().map(|error| {
            let texts = [error.name.len(), error.selector.len(), error.message.len(), error.signature.len()];
            item(&texts, error.inputs.weight())
        });
        let layouts = self.layouts.iter();
        let layouts = layouts.map(|layout| item(&[layout.name.len(), layout.discriminator.len()], layout.ty.weight()));
        let refused = self.refused.iter().map(|refused| item(&[refused.item.len(), refused.reason.len()], 0));
        let constructor = self.constructor.as_ref().map_or(0, |constructor| constructor.inputs.weight());
        let lists =
            [self.functions.weight(), self.types.weight(), sum(events), sum(errors), sum(layouts), sum(refused)];
        sum([INTERFACE, text(self.name.len()), constructor].into_iter().chain(lists))
    }
}

impl Weigh for Derivation {
    fn weight(&self) -> u64 {
        let sources = self.program.iter().chain(&self.seeds).map(|source| match source {
            SeedSource::Const(bytes) => text(bytes.len()),
            SeedSource::Account(_) => TEXT,
            SeedSource::Argument(path) => text(path.len().saturating_mul(8)),
        });
        ITEM.saturating_add(sum(sources))
    }
}

impl Interface {
    /// The memory that the interface takes, in bytes by a fixed formula: what is held is never more than twice as much,
    /// and going through everything in it is work in proportion. Large types that are used often weigh far more than their
    /// [form as bytes](Self::to_bytes), in which each stands once.
    pub fn weight(&self) -> u64 {
        Weigh::weight(self)
    }
}
