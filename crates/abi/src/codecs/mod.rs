//! The codecs of the ABIs that write values one after the other: Borsh, BCS, Cairo's felts, Fuel's encoding version 1.
//!
//! They share one encoder and one decoder and differ in their [`Form`](crate::codecs::Form): how a number, a length, a tag,
//! a text or an address is written. What holds for all of them:
//!
//! - there is one encoding of each value, and only that one is decoded: no trailing bytes, no unsorted maps;
//! - a value may have at most [`parts_max`](crate::codecs::parts_max) parts for the bytes that it takes, so that lists of
//!   things without bytes cost a reader no more than other data of that length; both sides refuse the same values;
//! - types are looked at as far as values go; [`Abi::check_type`](crate::Abi::check_type) looks at a whole type, for
//!   whoever registers an interface.

mod any;
mod bcs;
mod borsh;
mod decode;
mod encode;
mod felts;
mod form;
mod fuel;
mod reader;
mod stream;
mod support;

pub use any::AnyCodec;
pub use bcs::Bcs;
pub use borsh::Borsh;
pub use felts::{CairoFelts, ENTRYPOINT_FAILED, starknet_selector};
pub use form::Form;
pub use fuel::Fuel;
pub(crate) use fuel::{panic_code, panic_number};
pub use reader::{Reader, parts_max};
pub use stream::StreamCodec;
pub(crate) use support::only_the_last_takes_rest;

/// Borsh behind a discriminator: Solana programs. See [`Borsh`] for the form of calls, errors and events.
pub type BorshCodec<'a> = StreamCodec<'a, Borsh>;

/// BCS: Move modules. See [`Bcs`] for the form of calls, errors and events.
pub type BcsCodec<'a> = StreamCodec<'a, Bcs>;

/// Serde felts: Cairo contracts. See [`CairoFelts`] for the form of calls, errors and events.
pub type CairoCodec<'a> = StreamCodec<'a, CairoFelts>;

/// Fuel's encoding version 1: Sway contracts. See [`Fuel`] for the form of calls, errors and events.
pub type FuelCodec<'a> = StreamCodec<'a, Fuel>;
