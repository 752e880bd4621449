//! The rules of the workspace, read from `cargo metadata`, `cargo tree` and from code, never from plain text:
//!
//! - [`crates`]: which crate may depend on which; [`trees`]: what a build may contain
//! - [`names`]: where a VM may be named
//! - [`circles`]: files of a crate do not import one another in circles
//! - [`sizes`]: how long a file may be; [`prints`]: libraries do not print; [`data`]: packages hold what they include
//!
//! Each rule has a list of exceptions with a reason each. An exception that is not needed any more fails the test, so
//! that the lists only shrink.

mod circles;
mod crates;
mod data;
mod modules;
mod names;
mod prints;
mod scopes;
mod sizes;
mod source;
mod trees;

use std::path::Path;

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
