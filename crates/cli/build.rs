//! Puts the files of `hexapla init` into the binary. `template/files.txt` says which; a file that is missing there fails the
//! build.

use std::{env, fs, path::Path};

fn main() {
    let variable = |name| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    let folder = variable("CARGO_MANIFEST_DIR");
    let list = format!("{folder}/template/files.txt");
    println!("cargo::rerun-if-changed={list}");
    let text = fs::read_to_string(&list).unwrap_or_else(|error| panic!("{list}: {error}"));
    let mut files = String::from("&[\n");
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (target, source) = line.split_once(' ').unwrap_or_else(|| panic!("{list}: {line:?} is not two paths"));
        let source = format!("{folder}/../../{source}");
        println!("cargo::rerun-if-changed={source}");
        files += &format!("    ({target:?}, include_bytes!({source:?})),\n");
    }
    files.push(']');
    let written = Path::new(&variable("OUT_DIR")).join("template.rs");
    fs::write(&written, files).unwrap_or_else(|error| panic!("{}: {error}", written.display()));
}
