#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! Words every layer shares.
//!
//! - [`vm_id`]: the open tag of a VM
//! - [`identity`]: canonical addresses, aliases and code designators
//! - [`fault`]: how a frame failed, as data
//! - [`object`]: the key of a byte-valued piece of a VM's state
//! - [`genesis`]: accounts that are there from the beginning
//! - [`gas`]: exchange rates between gas and a VM's own unit
//! - [`platform`]: locks, lazy values and panics, with and without an operating system
//!
//! Nothing here executes, stores or encodes contract data. Without the feature `std` the crate is `no_std`.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod fault;
pub mod gas;
pub mod genesis;
pub mod identity;
pub mod object;
pub mod platform;
pub mod vm_id;

pub use fault::{Fault, FaultKind};
pub use gas::{GasRate, NativeGas};
pub use genesis::GenesisAccount;
pub use identity::{HomeRecord, NativeId};
pub use object::ObjectKey;
pub use vm_id::VmId;

pub use alloy_primitives::{Address, B256, Bytes, Log, LogData, U256, address, hex, keccak256};
