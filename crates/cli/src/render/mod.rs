//! Reports as text for people and as JSON for programs.
//!
//! - [`text`]: a scenario as it is played; `tree`: one call tree
//! - [`changes`]: what a transaction changed
//! - [`json`]: everything as one document

pub(crate) mod changes;
pub(crate) mod json;
pub(crate) mod text;
mod tree;
