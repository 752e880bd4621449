//! Running cargo in the root of this repository.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The root of this repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The folder that cargo builds in.
pub(crate) fn target_folder() -> PathBuf {
    let chosen = env::var_os("CARGO_TARGET_DIR").or_else(|| env::var_os("CARGO_BUILD_TARGET_DIR"));
    root().join(chosen.map_or_else(|| PathBuf::from("target"), PathBuf::from))
}

/// cargo with these arguments, as a person in the root would call it: what the cargo that runs us says about this
/// package is taken away, since some build scripts would take it for a change and build again.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command
}
