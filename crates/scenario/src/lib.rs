//! Scenarios: accounts, deployments, calls and expectations over several VMs, read from a file, played on a fresh chain
//! and compared with what was expected.
//!
//! For the tests of a project, [`check_dir`] runs all scenarios below a folder:
//!
//! ```
//! # std::fs::create_dir_all("../../target/doc-scenario").unwrap();
//! # std::fs::write("../../target/doc-scenario/scenario.toml", "
//! # [accounts]
//! # alice = \"1 ether\"
//! # [[step]]
//! # check = \"the beginning\"
//! # expect = { balance = { alice = \"1 ether\" } }
//! # ").unwrap();
//! # let folder = "../../target/doc-scenario";
//! use hexapla_scenario::{CheckOptions, check_dir};
//!
//! let summary = check_dir(folder, &CheckOptions::default())?;
//! assert!(summary.is_success(), "{summary}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
