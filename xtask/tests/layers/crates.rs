//! Which crate may depend on which, from `cargo metadata`.

use crate::root;
use serde_json::Value;
use std::{collections::BTreeSet, process::Command};

/// Rows of crates from the bottom up. A crate depends only on crates of rows below its own. An entry that ends in `-`
/// stands for all names that begin so, one that begins with `-` for all that end so.
const ROWS: [&[&str]; 11] = [
    &["primitives", "abi"],
    &["store", "trie"],
    &["state"],
    &["statedb", "vm", "svm-types"],
    &ADAPTERS,
    &["executor", "toolkit"],
    &["-toolkit", "chain"],
    &["hexapla"],
    &["scenario", "bind", "node", "rpc-", "explorer"],
    &["cli"],
    &["testing", "svm-conformance", "calc-vm"],
];

/// One crate per VM. They never see one another.
const ADAPTERS: [&str; 6] = ["evm", "wasm", "svm", "move", "cairo", "fuel"];

/// What an adapter sees of the crates below it. The EVM's also sees the state: revm runs on its journal.
const SEEN_BY_ADAPTERS: [&str; 4] = ["primitives", "abi", "vm", "svm-types"];

/// Who may depend on adapters and on toolkits of a VM. `oracles` is a workspace of its own.
const SEES_ALL_VMS: [&str; 2] = ["hexapla", "testing"];

/// What the executor does not see, although it is below.
const HIDDEN_FROM_EXECUTOR: [&str; 3] = ["store", "statedb", "trie"];

/// Packages that are one VM's own, by how their names begin, and the VM whose crates may depend on them.
const PACKAGES_OF_A_VM: [(&str, &str); 12] = [
    ("wasmtime", "wasm"),
    ("wasmi", "wasm"),
    ("wasmparser", "wasm"),
    ("wasm-encoder", "wasm"),
    ("brotli", "wasm"),
    ("solana-", "svm"),
    ("agave-", "svm"),
    ("spl-", "svm"),
    ("anchor-", "svm"),
    ("move-", "move"),
    ("cairo-", "cairo"),
    ("fuel-", "fuel"),
];

/// A dependency that a rule forbids and that is there, with the reason. This list may only shrink.
type Exception = (&'static str, &'static str, &'static str);

const EXCEPTIONS: &[Exception] = &[(
    "wasm-toolkit",
    "wasm",
    "a module is packed, and rejected before it is deployed, by the instrumenter of the adapter",
)];

/// A package and the normal and build dependencies that it states, by names without `hexapla-`.
struct Package {
    name: String,
    ours: BTreeSet<String>,
    foreign: BTreeSet<String>,
}

/// All packages of the workspace.
fn packages() -> Vec<Package> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--no-deps", "--format-version", "1", "--offline", "--locked"]).current_dir(root());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

fn package(package: &Value) -> Package {
    let stated = package["dependencies"].as_array().unwrap().iter().filter(|dependency| dependency["kind"] != "dev");
    let (ours, foreign): (Vec<&Value>, Vec<&Value>) = stated.partition(|dependency| !dependency["path"].is_null());
    let names = |list: Vec<&Value>| list.iter().map(|dependency| short(&dependency["name"]).to_owned()).collect();
    Package { name: short(&package["name"]).to_owned(), ours: names(ours), foreign: names(foreign) }
}

fn short(name: &Value) -> &str {
    let name = name.as_str().unwrap();
    name.strip_prefix("hexapla-").unwrap_or(name)
}

fn stands_for(entry: &str, name: &str) -> bool {
    let by_start = entry.ends_with('-') && name.starts_with(entry);
    let by_end = entry.starts_with('-') && name.ends_with(entry);
    entry == name || by_start || by_end
}

fn row_of(name: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.iter().any(|entry| stands_for(entry, name)))
}

/// The VM whose crate this is: an adapter, its toolkit, its types, its conformance tests.
fn vm_of(name: &str) -> Option<&'static str> {
    let own = |vm: &&str| name.strip_prefix(*vm).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    ADAPTERS.into_iter().find(own)
}

/// Whether a crate is an adapter or the toolkit of one VM, which few may see.
fn is_one_vms(name: &str) -> bool {
    ADAPTERS.contains(&name) || stands_for("-toolkit", name)
}

/// Whether `name` may depend on the adapter or toolkit `below`.
fn sees_vm(name: &str, below: &str) -> bool {
    let conformance = name.strip_suffix("-conformance") == Some(below);
    let rpc = name.strip_prefix("rpc-").is_some_and(|vm| below.strip_suffix("-toolkit") == Some(vm));
    SEES_ALL_VMS.contains(&name) || conformance || rpc || (name == "executor" && below == "evm")
}

/// Why this crate may not depend on that one.
fn objection(name: &str, below: &str) -> Option<String> {
    let (Some(upper), Some(lower)) = (row_of(name), row_of(below)) else {
        return Some(format!("{name} or {below} has no row: give it one in this test and in ARCHITECTURE.md"));
    };
    if lower >= upper {
        return Some(format!("{name} depends on {below}, which is not below it"));
    }
    let seen = SEEN_BY_ADAPTERS.contains(&below) || (name == "evm" && below == "state");
    if ADAPTERS.contains(&name) && !seen {
        return Some(format!("the adapter {name} depends on {below}, which it must not see"));
    }
    if is_one_vms(below) && !sees_vm(name, below) {
        return Some(format!("{name} depends on {below}: only the facade, testing and oracles see a VM's own crates"));
    }
    if name == "state" && ["store", "trie"].contains(&below) {
        return Some(format!("{name} depends on {below}: the durable state is a crate of its own"));
    }
    let hidden = name == "executor" && HIDDEN_FROM_EXECUTOR.contains(&below);
    hidden.then(|| format!("the executor depends on {below}: it executes, and others keep"))
}

/// Why this crate may not depend on that package of others.
fn foreign_objection(name: &str, package: &str) -> Option<String> {
    let (_, vm) = PACKAGES_OF_A_VM.into_iter().find(|(begin, _)| package.starts_with(begin))?;
    (vm_of(name) != Some(vm)).then(|| format!("{name} depends on {package}, which is for crates of the VM {vm}"))
}

/// What is wrong with these packages; what is excepted is reported to `used` and not returned.
fn objections(packages: &[Package], exceptions: &[Exception], used: &mut BTreeSet<(String, String)>) -> Vec<String> {
    let mut found = Vec::new();
    for Package { name, ours, foreign } in packages.iter().filter(|package| package.name != "xtask") {
        found.extend(row_of(name).is_none().then(|| format!("{name} has no row: give it one in this test")));
        let inside = ours.iter().map(|below| (below, objection(name, below)));
        let outside = foreign.iter().map(|package| (package, foreign_objection(name, package)));
        for (below, objection) in inside.chain(outside).filter_map(|(below, found)| Some((below, found?))) {
            match exceptions.iter().any(|(upper, lower, _)| upper == name && lower == below) {
                true => drop(used.insert((name.clone(), below.clone()))),
                false => found.push(objection),
            }
        }
    }
    found
}

/// The exceptions that excuse nothing.
fn unneeded<'a>(exceptions: &'a [Exception], used: &BTreeSet<(String, String)>) -> Vec<&'a Exception> {
    let is_used = |exception: &&Exception| used.contains(&(exception.0.to_owned(), exception.1.to_owned()));
    exceptions.iter().filter(|exception| !is_used(exception)).collect()
}

#[test]
fn crates_depend_on_lower_layers_only() {
    let (packages, mut used) = (packages(), BTreeSet::new());
    assert!(packages.len() > 10, "the packages were found");
    let found = objections(&packages, EXCEPTIONS, &mut used);
    assert!(found.is_empty(), "{found:#?}");
    let unneeded = unneeded(EXCEPTIONS, &used);
    assert!(unneeded.is_empty(), "no exceptions any more, take them off the list: {unneeded:#?}");
}

#[test]
fn xtask_runs_the_crates_and_does_not_link_them() {
    let xtask = packages().into_iter().find(|package| package.name == "xtask").unwrap();
    assert!(xtask.ours.is_empty(), "{:?}", xtask.ours);
}

#[test]
fn the_rule_of_layers_can_object() {
    for (name, below) in [
        ("evm", "wasm"),
        ("wasm", "state"),
        ("evm", "store"),
        ("evm", "trie"),
        ("svm", "statedb"),
        ("state", "vm"),
        ("state", "trie"),
        ("vm", "evm"),
        ("store", "trie"),
        ("primitives", "abi"),
        ("executor", "cli"),
        ("executor", "store"),
        ("executor", "statedb"),
        ("executor", "wasm"),
        ("executor", "toolkit"),
        ("toolkit", "executor"),
        ("toolkit", "evm"),
        ("svm-toolkit", "svm"),
        ("svm-toolkit", "wasm-toolkit"),
        ("chain", "svm"),
        ("scenario", "svm"),
        ("scenario", "evm-toolkit"),
        ("cli", "wasm-toolkit"),
        ("cli", "evm"),
        ("rpc-svm", "evm-toolkit"),
        ("svm-conformance", "wasm"),
        ("rpc-evm", "cli"),
        ("state", "unheard-of"),
    ] {
        assert!(objection(name, below).is_some(), "{name} on {below}");
    }
    for (name, below) in [
        ("evm", "state"),
        ("statedb", "trie"),
        ("wasm", "vm"),
        ("svm", "svm-types"),
        ("svm-toolkit", "svm-types"),
        ("executor", "evm"),
        ("chain", "statedb"),
        ("hexapla", "svm"),
        ("hexapla", "svm-toolkit"),
        ("testing", "wasm"),
        ("rpc-svm", "svm-toolkit"),
        ("svm-conformance", "svm"),
        ("scenario", "hexapla"),
        ("cli", "rpc-evm"),
    ] {
        assert_eq!(objection(name, below), None);
    }
}

#[test]
fn the_rule_of_foreign_packages_can_object() {
    for (name, package) in
        [("cli", "solana-message"), ("executor", "wasmtime"), ("wasm", "solana-hash"), ("svmx", "agave-feature-set")]
    {
        assert!(foreign_objection(name, package).is_some(), "{name} on {package}");
    }
    for (name, package) in
        [("svm", "solana-hash"), ("svm-toolkit", "solana-message"), ("wasm", "wasmi"), ("cli", "clap")]
    {
        assert_eq!(foreign_objection(name, package), None);
    }
}

#[test]
fn an_exception_excuses_one_dependency_and_is_missed_when_unneeded() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let cli = Package { name: "cli".to_owned(), ours: names(&["svm", "evm"]), foreign: names(&["solana-hash"]) };
    let exceptions = [("cli", "svm", "for now"), ("cli", "wasm", "long ago")];
    let mut used = BTreeSet::new();
    assert_eq!(objections(&[cli], &exceptions, &mut used).len(), 2);
    assert_eq!(unneeded(&exceptions, &used), [&exceptions[1]]);
}
