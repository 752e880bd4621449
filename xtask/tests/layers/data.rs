//! A package holds what its code includes: a file above the crate's folder is not there once it is published.

use crate::source::{File, is_mark, sources, walk};
use proc_macro2::TokenTree;

/// Files that include what is outside, with the reason. This list may only shrink.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// The first string in a tree of tokens: `include_str!("…")`, `include_str!(concat!("…", x))`.
fn first_string(tree: &TokenTree) -> Option<String> {
    match tree {
        TokenTree::Literal(literal) => literal.to_string().strip_prefix('"').map(str::to_owned),
        TokenTree::Group(group) => group.stream().into_iter().find_map(|tree| first_string(&tree)),
        _ => None,
    }
}

/// Lines that include a file outside of the crate.
fn outside(file: &File) -> Vec<usize> {
    // crates/x/src/a.rs is one folder below its crate.
    let depth = file.path.split('/').count().saturating_sub(3);
    let mut found = Vec::new();
    walk(&file.tokens, &mut |trees| {
        for window in trees.windows(3) {
            let [TokenTree::Ident(name), mark, arguments] = window else { continue };
            let includes = ["include_str", "include_bytes", "include"].iter().any(|known| name == known);
            if includes && is_mark(mark, '!') {
                let path = first_string(arguments).unwrap_or_default();
                let up = path.split('/').take_while(|step| *step == "..").count();
                found.extend((up > depth).then(|| name.span().start().line));
            }
        }
    });
    found
}

#[test]
fn packages_hold_what_they_include() {
    let mut unused: Vec<&str> = EXCEPTIONS.iter().map(|(path, _)| *path).collect();
    let mut found = Vec::new();
    for file in sources() {
        let lines = outside(&file);
        let excepted = EXCEPTIONS.iter().any(|(path, _)| *path == file.path);
        unused.retain(|path| *path != file.path || lines.is_empty());
        found.extend(lines.into_iter().filter(|_| !excepted).map(|line| format!("{}:{line}", file.path)));
    }
    assert!(found.is_empty(), "move the file, or a link to it, into the crate: {found:#?}");
    assert!(unused.is_empty(), "no exceptions any more, take them off the list: {unused:#?}");
}

/// Whether the README is the beginning of the crate's documentation, so that its example is compiled.
fn shows_its_readme(file: &File) -> bool {
    file.tokens.to_string().replace(' ', "").contains("#![doc=include_str!(\"../README.md\")]")
}

#[test]
fn libraries_that_are_published_show_their_readme() {
    let is_library = |file: &File| file.path.ends_with("/src/lib.rs") && file.folder() != "testing";
    let (mut count, mut without) = (0, Vec::new());
    for file in sources().into_iter().filter(is_library) {
        count += 1;
        without.extend((!shows_its_readme(&file)).then_some(file.path));
    }
    assert!(count > 10, "the libraries were found");
    assert!(without.is_empty(), "write a README.md with an example, and include it as documentation: {without:#?}");
}

#[test]
fn the_rule_of_readmes_can_object() {
    let shows = |code| shows_its_readme(&File::parse("crates/x/src/lib.rs", code));
    assert!(shows("#![doc = include_str!(\"../README.md\")]\n//! More.\n#![no_std]"));
    assert!(!shows("//! #![doc = include_str!(\"../README.md\")]\npub fn f() {}"));
}

#[test]
fn the_rule_of_data_can_object() {
    let lines = |path, code| outside(&File::parse(path, code));
    assert_eq!(lines("crates/x/src/a.rs", "f(include_str!(\"../../y.json\"));"), [1]);
    assert_eq!(lines("crates/x/src/b/c.rs", "m!(include_bytes!(concat!(\"../../../y/\", $f)))"), [1]);
    assert_eq!(lines("crates/x/src/lib.rs", "#![doc = include_str!(\"../../../README.md\")]"), [1]);
    assert!(lines("crates/x/src/b/c.rs", "include_str!(\"../../y.json\"); include_str!(\"z\")").is_empty());
}
