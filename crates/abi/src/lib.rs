#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! VM-neutral types, values and interfaces, and one codec per contract ABI.
//!
//! A contract of any VM is described by an [`Interface`]; its functions take and return [`Value`]s of [`Type`]s that
//! belong to no VM. A [`Codec`] turns them into the bytes of one ABI and back. Translation across a border is then
//! *decode with the caller's codec, encode with the callee's*.
//!
//! Three rules hold for every codec: a value is carried without loss or refused; decoding is total on hostile bytes
//! (an error, never a panic, memory bounded by the input's length); an error names the type, the place and the limit.
//!
//! Left out: state, gas and identity. A [`Value::Address`] is always the canonical 20-byte address; a codec whose wire
//! form is wider is given the translation when it is built.
//!
//! Without the feature `std` (which is on by default) this crate is `no_std` and has what a border needs: the model,
//! the codecs and the wire form of interfaces; with the feature `json` also values as JSON. With `std` come the texts:
//! interfaces in JSON, artefacts, arguments.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unreachable)
)]
#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

extern crate alloc;

/// Between the address forms of the ABIs.
pub mod address;
/// Anchor's IDL: the interfaces of most Solana programs.
#[cfg(feature = "std")]
pub mod anchor;
/// Text of humans into values: literals, units, names, trees, and helpful errors.
#[cfg(feature = "std")]
pub mod argument;
/// The ABI of Cairo contract classes.
#[cfg(feature = "std")]
pub mod cairo;
/// Codama's IDL: the interfaces of the Solana program library.
#[cfg(feature = "std")]
pub mod codama;
/// The seam between interfaces and the bytes of one ABI.
pub mod codec;
/// Borsh, BCS, Cairo's felts and Fuel's ABI; the codec of any ABI.
pub mod codecs;
/// The order in which derived accounts are found.
pub mod derive;
/// Revert data as a sentence.
pub mod describe;
/// Interfaces of whatever format a file is in.
#[cfg(feature = "std")]
mod detect;
/// Every error of this crate.
pub mod error;
/// Fuel's JSON ABI.
#[cfg(feature = "std")]
pub mod fuel;
/// What a type and a value of one ABI are in another.
pub mod image;
/// Functions, events and custom errors of a contract.
pub mod interface;
/// Values as JSON.
#[cfg(feature = "json")]
pub mod json;
/// What an interface may have at most.
pub mod limits;
/// Names of one language as names of another.
pub mod names;
/// Interfaces as developers of another ABI see them.
pub mod projection;
/// Items by what names them in data.
mod selectors;
/// The Solidity ABI: JSON, artefacts, signatures, codec and the errors every contract may raise.
pub mod solidity;
/// What the readers of all interface formats share.
#[cfg(feature = "std")]
mod source;
/// How text and numbers of guests are shown.
pub mod text;
/// The neutral types.
pub mod types;
/// The neutral values.
pub mod value;
/// Whether an interface says what its ABI would.
mod verify;
/// How much memory interfaces and projections take.
mod weight;
/// Interfaces as bytes.
pub mod wire;

pub use address::{AddressBook, AddressError};
#[cfg(feature = "std")]
pub use argument::{
    Resolver, Tree, arguments_from_tree, find_function, parse_arguments, parse_value, parse_value_with, value_from_tree,
};
pub use codec::{Codec, DecodedEvent, EventValue};
pub use codecs::{AnyCodec, BcsCodec, BorshCodec, CairoCodec, FuelCodec, starknet_selector};
pub use derive::{Derivation, DerivationError, SeedSource, derivations};
pub use describe::{Revert, describe_error, describe_revert};
pub use error::CodecError;
#[cfg(feature = "std")]
pub use error::{ArgumentError, ArtefactError, InterfaceError};
pub use image::{IMAGE_TABLE, Image, ImageError, image_of};
pub use interface::{
    Abi, AccountLayout, AccountParam, AccountSource, CustomError, Event, EventParam, Function, Interface, Mutability,
    Param, Refused, Seed,
};
#[cfg(feature = "json")]
pub use json::value_to_json;
pub use projection::{Arguments, Projection, Reader};
#[cfg(feature = "std")]
pub use solidity::{Artefact, link_libraries, well_known_errors};
pub use solidity::{
    ForeignFault, SolidityCodec, foreign_fault_decode, foreign_fault_encode, panic_meaning, revert_encode,
};
pub use types::{Field, MAX_TYPE_DEPTH, Type, Variant};
pub use value::Value;
pub use verify::ClaimError;
pub use wire::{WireError, interface_hash};

pub use alloy_primitives::{Address, B256, Bytes, I256, LogData, U256};
