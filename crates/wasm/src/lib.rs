#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! WASM contracts as Arbitrum Stylus runs them, on two engines with one metering.
//!
//! - [`program`]: the code of a program as it stands in state
//! - [`instrument`]: validation, and the charges that are written into a module
//! - [`prices`], [`limits`]: what everything costs and how large it may be
//! - [`hooks`]: the host interface `vm_hooks`, written once
//! - [`engine`]: the engines that run instrumented modules
//! - [`footprint`]: what loading a program and making an instance of it depends on
//! - [`activation`]: the record that says that a program may run
//! - [`programs`], [`cache`], [`store`]: compiled programs in memory and in files
//! - [`vm`]: the adapter, [`StylusVm`]
//!
//! What a program does and what it costs is decided by the instrumented module and the host functions. Engines, caches
//! and machines make no difference: their own limits lie where no program gets.
//!
//! Not here: state (the host's), the linear memory model of a whole transaction (each frame pays for its own memory),
//! Stylus' compression dictionary, programs that are split over several accounts, and expiry of activations.
//!
//! Without the feature `std` the crate is `no_std`: programs are interpreted, nothing is kept in files, and a panic of the
//! interpreter is not caught.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]
#![warn(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)]

extern crate alloc;

// The tests' host is written for users of the crate.
#[cfg(test)]
extern crate self as hexapla_wasm;

pub mod activation;
mod cache;
mod config;
mod engine;
mod error;
mod examine;
mod footprint;
pub mod hooks;
pub mod instrument;
mod lease;
pub mod limits;
pub mod prices;
pub mod program;
mod programs;
mod session;
#[cfg(feature = "std")]
mod store;
#[cfg(not(feature = "std"))]
#[path = "no_store.rs"]
mod store;
mod vm;
mod words;

pub use activation::ActivationRecord;
pub use config::{Config, EngineKind, SetupError};
pub use error::{ProgramError, WasmError};
pub use footprint::Footprint;
pub use instrument::{INSTRUMENTER_VERSION, ModuleInfo};
pub use program::is_program;
#[cfg(feature = "std")]
pub use program::{deploy_code, encode_program};
pub use programs::CacheStatistics;
pub use session::HookCall;
pub use vm::{RunReport, StylusVm};
