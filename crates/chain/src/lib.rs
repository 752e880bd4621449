#![doc = include_str!("../README.md")]
//!
//! # In detail
//!
//! Durable state plus an executor.
//!
//! - [`Chain`]: one block for each transaction: the easiest way in, for tools, tests and programs that embed the engine
//! - [`block_hash`]: what names a block
//!
//! A node orders transactions into blocks itself and uses [`hexapla_executor::Executor::block`].

mod chain;

pub use chain::{BLOCK_GAS_LIMIT, Chain, ChainError, ChainSnapshot, Committed, DEFAULT_TX_GAS, NUMBER_MAX, block_hash};
