#![doc = include_str!("../README.md")]
//!
//! - [`format`](mod@format): a scenario as its file says it; [`update`]: observed values written back into it
//! - [`world`]: the chain it runs on, with names and interfaces
//! - [`play`]: step by step, with the comparison with what was expected
//! - [`explain`]: what a transaction did, in the words of the interfaces
//! - [`check`]: all scenarios below a folder
//! - [`problem`]: what is wrong with the input, with its place and what to do
//!
//! No VM is known here by name: what scenarios can say about one comes from its toolkit.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unreachable)
)]

pub mod check;
pub mod explain;
pub mod files;
pub mod format;
pub mod nearest;
pub mod play;
pub mod problem;
mod source;
pub mod text;
pub mod world;

pub use check::{CheckOptions, Summary, check_dir};
pub use format::{Scenario, update};
pub use play::{Player, plan, report};
pub use problem::{Problem, Result};
pub use source::{At, Source};
pub use world::{World, engine::Engine, names::Names};
