#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! Interfaces as source code in the language of whoever calls.
//!
//! [`bind`] takes an [`Interface`] of any ABI, makes its [`Projection`] into the ABI of the wanted language and writes it
//! down: a Solidity interface, an Anchor IDL, a Rust crate for cross-program calls, a TypeScript module for viem.
//!
//! The same input gives the same bytes. Names and texts of the interface are data from outside: none of them can end a
//! comment or a literal, and one that is no name in the language is changed where the bytes of a call do not depend on
//! it. Where they do, the item is left out and listed in [`Binding::left_out`].
//!
//! Left out: files and the command line. The caller writes the files.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unreachable)
)]

/// Anchor IDLs.
mod anchor;
/// JSON in an order of its own.
mod json;
/// Names and comments that are safe in a language.
mod names;
/// Rust crates.
mod rust;
/// Solidity interfaces.
mod solidity;
/// What generators work on and what they make.
mod source;
/// Lines of source code.
mod text;
/// TypeScript modules.
mod typescript;

use std::sync::Arc;

use hexapla_abi::{Abi, Interface, Projection};

use source::Source;
pub use source::{Binding, File, Location};

/// What is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// An `interface` for Solidity contracts.
    Solidity,
    /// An Anchor IDL, specification 0.1.0.
    Anchor,
    /// A `no_std` crate for Solana programs that call the contract.
    Rust,
    /// A TypeScript module for viem.
    TypeScript,
}

/// What the interface does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The contract's name, in place of the interface's own.
    pub name: Option<String>,
    /// Where the contract stands; generated code then has a constant for it.
    pub location: Option<Location>,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Solidity, Self::Anchor, Self::Rust, Self::TypeScript];

    /// The name that people choose it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Solidity => "solidity",
            Self::Anchor => "anchor",
            Self::Rust => "rust",
            Self::TypeScript => "typescript",
        }
    }

    /// The ABI in which generated code calls.
    pub const fn abi(self) -> Abi {
        match self {
            Self::Solidity | Self::TypeScript => Abi::Solidity,
            Self::Anchor | Self::Rust => Abi::Borsh,
        }
    }
}

/// Writes the interface down in the language of the target.
pub fn bind(interface: &Arc<Interface>, target: Target, options: &Options) -> Binding {
    let source = Source {
        projection: Projection::new(interface.clone(), target.abi()),
        name: names::pascal(options.name.as_deref().unwrap_or(&interface.name)),
        location: options.location,
    };
    match target {
        Target::Solidity => solidity::generate(&source),
        Target::Anchor => anchor::generate(&source),
        Target::Rust => rust::generate(&source),
        Target::TypeScript => typescript::generate(&source),
    }
}
