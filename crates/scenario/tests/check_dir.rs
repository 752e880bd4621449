//! The way in for other people's tests, on the committed examples.

use hexapla_scenario::{CheckOptions, Engine, check_dir};
use std::{fs, path::Path};

fn examples() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples"))
}

#[test]
fn all_examples_hold() {
    let summary = check_dir(examples(), &CheckOptions::default()).unwrap();
    assert!(summary.is_success(), "{summary}");
    let count = walkdir::WalkDir::new(examples()).into_iter().flatten().filter(|file| {
        file.file_name().to_str().is_some_and(|name| name == "scenario.toml" || name.ends_with(".scenario.toml"))
    });
    assert_eq!(summary.passed, count.count());
}

#[test]
fn what_does_not_hold_is_said_and_what_cannot_be_used_too() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        fs::create_dir_all(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("scenario.toml"), text).unwrap();
    };
    let head = "[accounts]\nalice = \"1 ether\"\n[[step]]\ncheck = \"the beginning\"\n";
    write("holds", &format!("{head}expect = {{ balance = {{ alice = \"1 ether\" }} }}\n"));
    write("fails", &format!("{head}expect = {{ balance = {{ alice = 2 }} }}\n"));
    write("unusable", "title = 1\n");
    let options =
        CheckOptions { engine: Some(Engine::standard().unwrap()), threads: Some(1), ..CheckOptions::default() };
    let summary = check_dir(folder.path(), &options).unwrap();
    assert_eq!((summary.passed, summary.is_success()), (1, false));
    let reasons: Vec<_> = summary.failed.iter().map(|failure| failure.reasons.join("; ")).collect();
    let fails = "step 1: balance of alice: expected 2, observed 1e18";
    assert_eq!(reasons, [fails, "`title` must be a text in quotes, not a whole number"]);
    assert!(summary.to_string().starts_with("1 scenarios passed, 2 failed\n"), "{summary}");
    assert!(check_dir(folder.path().join("nothing"), &options).is_err());
}
