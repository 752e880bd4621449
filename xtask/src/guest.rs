//! `cargo xtask guest`: the crates that a prover's guest program needs build for a bare RISC-V machine.
//!
//! Each is built alone and without default features, so that it leans on no feature that another one switches on; and
//! its dependencies hold no database, no threads, no machine code and nothing that is compiled from C.

use crate::cargo::{cargo, root};
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// The machine: 64 bits, no operating system, no floating point.
const TARGET: &str = "riscv64imac-unknown-none-elf";

/// The crates, from the bottom up. This list only grows.
const CRATES: [&str; 8] = ["primitives", "abi", "trie", "vm", "state", "evm", "wasm", "executor"];

/// What may not be among their dependencies, build scripts' included.
const FORBIDDEN: [&str; 12] = [
    "redb",
    "rayon",
    "rayon-core",
    "wasmtime",
    "blst",
    "c-kzg",
    "secp256k1",
    "secp256k1-sys",
    "keccak-asm",
    "cc",
    "cmake",
    "bindgen",
];

/// Checks the dependencies of all crates, then builds them where the target can be had.
pub(crate) fn run() -> Result<(), String> {
    for name in CRATES {
        check_dependencies(name)?;
    }
    if let Err(why) = get_target() {
        let names = CRATES.map(|name| format!("hexapla-{name}")).join(", ");
        eprintln!("guest: NOT BUILT for {TARGET}, because {why}: {names}");
        return Ok(());
    }
    for name in CRATES {
        build(name)?;
    }
    eprintln!("guest: all {} crates build for {TARGET}", CRATES.len());
    Ok(())
}

/// Refuses a crate with a forbidden dependency.
fn check_dependencies(name: &str) -> Result<(), String> {
    let package = format!("hexapla-{name}");
    let mut command = cargo(&["tree", "--package", &package, "--no-default-features", "--target", TARGET]);
    command.args(["--edges", "normal,build", "--prefix", "none", "--no-dedupe", "--locked"]);
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("guest: cargo cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("guest: the dependencies of {package} cannot be listed ({})", output.status));
    }
    let tree = String::from_utf8_lossy(&output.stdout);
    if !tree.starts_with(&package) {
        return Err(format!("guest: what cargo lists does not begin with {package}"));
    }
    match forbidden(&tree).as_slice() {
        [] => Ok(()),
        found => Err(format!(
            "guest: FAILED: without default features {package} depends on {}; see the way there with \
             `cargo tree --package {package} --no-default-features --target {TARGET} --edges normal,build --invert {}`",
            found.join(", "),
            found[0],
        )),
    }
}

/// The forbidden packages among the lines of `cargo tree --prefix none`, each once.
fn forbidden(tree: &str) -> Vec<&'static str> {
    let names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    FORBIDDEN.into_iter().filter(|name| names.contains(name)).collect()
}

/// Makes sure that the target's libraries are installed, or says why they are not.
fn get_target() -> Result<(), String> {
    if is_installed() {
        return Ok(());
    }
    eprintln!("guest: rustup target add {TARGET}");
    let status = Command::new("rustup").args(["target", "add", TARGET]).current_dir(root()).status();
    match status {
        Ok(status) if status.success() && is_installed() => Ok(()),
        Ok(status) => Err(format!("`rustup target add {TARGET}` did not install it ({status})")),
        Err(error) => Err(format!("it is not installed, and rustup cannot be started ({error})")),
    }
}

fn is_installed() -> bool {
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let output = command.args(["--print", "target-libdir", "--target", TARGET]).current_dir(root()).output();
    output.is_ok_and(|output| {
        output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    })
}

/// Builds a crate as far as the compiler can object, warnings included.
fn build(name: &str) -> Result<(), String> {
    let package = format!("hexapla-{name}");
    let arguments = ["clippy", "--package", &package, "--no-default-features", "--target", TARGET, "--locked"];
    let mut command = cargo(&arguments);
    command.args(["--", "-D", "warnings"]);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("guest: FAILED: cargo {} -- -D warnings ({status})", arguments.join(" "))),
        Err(error) => Err(format!("guest: cargo cannot be started: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_packages_are_found_by_their_whole_name() {
        let tree = "hexapla-x v0.1.0 (/x)\nrayon v1.11.0\nccc v1.0.0\nredb-like v2.0.0\ncc v1.2.0\nrayon v1.11.0\n";
        assert_eq!(forbidden(tree), ["rayon", "cc"]);
        assert!(forbidden("hexapla-x v0.1.0\nspin v0.9.9\n").is_empty());
    }

    /// The facade has everything that is forbidden to the core, so the check can fail.
    #[test]
    fn a_crate_that_needs_an_operating_system_is_refused() {
        let refusal = check_dependencies("store").unwrap_err();
        assert!(refusal.contains("hexapla-store depends on redb"), "{refusal}");
    }

    #[test]
    fn every_crate_of_the_list_is_there_and_can_be_without_std() {
        for name in CRATES {
            let folder = root().join("crates").join(name);
            let code = std::fs::read_to_string(folder.join("src/lib.rs")).unwrap();
            assert!(code.contains("#![cfg_attr(not(feature = \"std\"), no_std)]"), "{name}");
        }
    }
}
