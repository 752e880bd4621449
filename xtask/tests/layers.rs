//! The rules between crates: which may depend on which, and what only some may write.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

/// The layers from the bottom up; within a layer, rows from the bottom up. A crate depends only on crates of rows
/// below its own. `rpc-` stands for all that begin so.
const ROWS: [&[&str]; 20] = [
    &["primitives", "abi"],
    &["store", "trie"],
    &["state"],
    &["statedb"],
    &["vm"],
    &["svm-types", "toolkit"],
    &ADAPTERS,
    &["executor"],
    &["evm-toolkit", "wasm-toolkit", "svm-toolkit"],
    &["chain"],
    &["hexapla"],
    &["parallel"],
    &["witness"],
    &["prove", "verify"],
    &["link"],
    &["node", "rpc-", "explorer"],
    &["bind", "diff"],
    &["scenario"],
    &["cli"],
    &["testing"],
];

/// One crate per VM. They never see one another.
const ADAPTERS: [&str; 6] = ["evm", "wasm", "svm", "move", "cairo", "fuel"];

/// What an adapter sees of the crates below it. The EVM's also sees the state: revm runs on its journal.
const SEEN_BY_ADAPTERS: [&str; 4] = ["primitives", "abi", "vm", "svm-types"];

/// Where VMs other than the EVM may be named, with the reason. This list may only shrink.
const NAMES_VMS: [(&str, &str); 1] =
    [("crates/testing/src/stage.rs", "sets contracts of named VMs against each other")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The normal and build dependencies of each crate of the workspace within the workspace, by folder name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--no-deps", "--format-version", "1", "--offline"]).current_dir(root());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (short(&package["name"]).to_owned(), below(package))).collect()
}

fn short(name: &Value) -> &str {
    let name = name.as_str().unwrap();
    name.strip_prefix("hexapla-").unwrap_or(name)
}

fn below(package: &Value) -> BTreeSet<String> {
    let dependencies = package["dependencies"].as_array().unwrap().iter();
    let ours = dependencies.filter(|dependency| !dependency["path"].is_null() && dependency["kind"] != "dev");
    ours.map(|dependency| short(&dependency["name"]).to_owned()).collect()
}

fn row_of(name: &str) -> Option<usize> {
    let stands_for = |entry: &&str| *entry == name || (entry.ends_with('-') && name.starts_with(*entry));
    ROWS.iter().position(|row| row.iter().any(stands_for))
}

/// Why this crate may not depend on that one.
fn objection(name: &str, below: &str) -> Option<String> {
    let (Some(upper), Some(lower)) = (row_of(name), row_of(below)) else {
        return Some(format!("{name} or {below} has no layer: give it one in design and in this test"));
    };
    if lower >= upper {
        return Some(format!("{name} depends on {below}, which is not below it"));
    }
    let seen = SEEN_BY_ADAPTERS.contains(&below) || (name == "evm" && below == "state");
    (ADAPTERS.contains(&name) && !seen).then(|| format!("the adapter {name} depends on {below}, which it must not see"))
}

#[test]
fn crates_depend_on_lower_layers_only() {
    let mut objections = Vec::new();
    for (name, below) in dependencies() {
        if name == "xtask" {
            assert!(below.is_empty(), "xtask runs the crates, it does not link them");
            continue;
        }
        let unplaced = row_of(&name).is_none().then(|| format!("{name} has no layer"));
        objections.extend(unplaced);
        objections.extend(below.iter().filter_map(|below| objection(&name, below)));
    }
    assert!(objections.is_empty(), "{objections:#?}");
}

#[test]
fn the_rule_of_layers_can_object() {
    for (name, below) in [
        ("evm", "wasm"),
        ("wasm", "evm"),
        ("wasm", "state"),
        ("evm", "store"),
        ("evm", "trie"),
        ("svm", "trie"),
        ("toolkit", "executor"),
        ("state", "vm"),
        ("vm", "evm"),
        ("store", "trie"),
        ("primitives", "abi"),
        ("executor", "cli"),
        ("rpc-eth", "cli"),
        ("state", "unheard-of"),
    ] {
        assert!(objection(name, below).is_some(), "{name} on {below}");
    }
    for (name, below) in [("evm", "state"), ("state", "trie"), ("wasm", "vm"), ("cli", "rpc-eth"), ("rpc-eth", "link")]
    {
        assert_eq!(objection(name, below), None);
    }
}

/// A line of code: file, number, text.
type Line = (String, usize, String);

/// The lines of all crates' sources, without comments and test modules.
fn code() -> Vec<Line> {
    let mut lines = Vec::new();
    let walk = walkdir::WalkDir::new(root().join("crates")).sort_by_file_name();
    for entry in walk.into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        let in_src = path.split('/').nth(2) == Some("src");
        if in_src && path.ends_with(".rs") && !path.ends_with("/tests.rs") {
            let text = fs::read_to_string(entry.path()).unwrap();
            lines.extend(without_tests(&text).into_iter().map(|(number, line)| (path.clone(), number, line)));
        }
    }
    assert!(lines.len() > 1000, "the sources were found");
    lines
}

/// The numbered lines of formatted code outside of `#[cfg(test)]` modules and comments.
fn without_tests(text: &str) -> Vec<(usize, String)> {
    let mut kept = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((number, line)) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        if line.trim() == "#[cfg(test)]" {
            let end = format!("{}}}", &line[..indent]);
            // An item of one line, as `mod tests;`, ends with it.
            let is_block = lines.next().is_some_and(|(_, item)| item.ends_with('{'));
            let _ = is_block && lines.any(|(_, line)| line == end);
        } else if !line.trim_start().starts_with("//") {
            kept.push((number, line.to_owned()));
        }
    }
    kept
}

fn is_word_at(line: &str, at: usize) -> bool {
    !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
}

fn names_a_foreign_vm(line: &str) -> bool {
    ["WASM", "SVM", "MOVE", "CAIRO", "FUEL"].iter().any(|vm| {
        let name = format!("VmId::{vm}");
        line.match_indices(&name).any(|(at, found)| is_word_at(line, at) && ends_word(&line[at + found.len()..]))
    })
}

fn ends_word(rest: &str) -> bool {
    !rest.starts_with(|after: char| after.is_alphanumeric() || after == '_')
}

fn prints(line: &str) -> bool {
    ["println!", "print!", "dbg!"].iter().any(|call| line.match_indices(call).any(|(at, _)| is_word_at(line, at)))
}

/// `crates/<folder>/…`: the folder.
fn folder(path: &str) -> &str {
    path.split('/').nth(1).unwrap()
}

#[test]
fn only_adapters_name_their_vm() {
    let mut used = BTreeSet::new();
    let mut objections = Vec::new();
    for (path, number, line) in code().into_iter().filter(|(.., line)| names_a_foreign_vm(line)) {
        let at_home = ["primitives", "svm-types", "wasm-toolkit", "svm-toolkit"].contains(&folder(&path))
            || ADAPTERS.contains(&folder(&path));
        match NAMES_VMS.iter().find(|(excepted, _)| *excepted == path) {
            Some((excepted, _)) => drop(used.insert(*excepted)),
            None if at_home => {}
            None => objections.push(format!("{path}:{number}: {}", line.trim())),
        }
    }
    assert!(objections.is_empty(), "code outside of the adapters names a VM: {objections:#?}");
    for (excepted, reason) in NAMES_VMS {
        assert!(used.contains(excepted), "{excepted} ({reason}) is no exception any more: take it off the list");
    }
}

#[test]
fn libraries_do_not_print() {
    let is_library = |path: &str| root().join("crates").join(folder(path)).join("src/lib.rs").exists();
    let printing = code().into_iter().filter(|(path, _, line)| prints(line) && is_library(path));
    let objections: Vec<String> = printing.map(|(path, number, line)| format!("{path}:{number}: {line}")).collect();
    assert!(objections.is_empty(), "a library prints: {objections:#?}");
}

#[test]
fn the_scan_sees_code_and_nothing_else() {
    let text =
        "use a;\n#[cfg(test)]\nmod tests {\n    fn f() {\n    }\n}\n// VmId::WASM\n    #[cfg(test)]\n    mod t;\nb\n";
    assert_eq!(without_tests(text), [(1, "use a;".to_owned()), (10, "b".to_owned())]);
    assert!(names_a_foreign_vm("x(VmId::WASM)") && names_a_foreign_vm("VmId::MOVE => 1"));
    assert!(
        !names_a_foreign_vm("VmId::EVM") && !names_a_foreign_vm("MyVmId::WASM") && !names_a_foreign_vm("VmId::WASMX")
    );
    assert!(prints("    println!(\"x\")") && prints("std::print!()") && prints("dbg!(x)"));
    assert!(!prints("eprintln!(\"x\")") && !prints("eprint!()"));
}
