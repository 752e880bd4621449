//! How long a file may be: one that holds one concept fits, and who reads it sees its end.

use crate::root;
use std::fs;

/// Lines that a Rust file may have.
const LINES_MAX: usize = 500;

/// Longer files, with the reason. This list may only shrink.
const EXCEPTIONS: &[(&str, &str)] =
    &[("crates/hexapla/tests/border/solana.rs", "one test per failure that Solana takes part in")];

/// The paths of all Rust files of ours, generated samples aside.
fn files() -> Vec<String> {
    let mut paths = Vec::new();
    for folder in ["crates", "xtask", "oracles", "fuzz", "examples"] {
        let walk = walkdir::WalkDir::new(root().join(folder)).sort_by_file_name().into_iter();
        let ours = |entry: &walkdir::DirEntry| entry.file_name() != "target" && entry.file_name() != "samples";
        for entry in walk.filter_entry(ours).map(Result::unwrap) {
            let path = entry.path().strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            paths.extend(path.ends_with(".rs").then_some(path));
        }
    }
    paths
}

fn is_long(text: &str) -> bool {
    text.lines().count() > LINES_MAX
}

#[test]
fn files_fit() {
    let paths = files();
    assert!(paths.len() > 100, "the files were found");
    let long = |path: &&String| is_long(&fs::read_to_string(root().join(path)).unwrap());
    let long: Vec<&String> = paths.iter().filter(long).collect();
    let is_excepted = |path: &str| EXCEPTIONS.iter().any(|(excepted, _)| *excepted == path);
    let new: Vec<_> = long.iter().filter(|path| !is_excepted(path)).collect();
    assert!(new.is_empty(), "over {LINES_MAX} lines; split by concept: {new:#?}");
    for (excepted, reason) in EXCEPTIONS {
        assert!(long.iter().any(|path| path == excepted), "{excepted} ({reason}) fits: take it off the list");
    }
}

#[test]
fn the_rule_of_sizes_can_object() {
    assert!(is_long(&"x\n".repeat(LINES_MAX + 1)) && !is_long(&"x\n".repeat(LINES_MAX)));
}
