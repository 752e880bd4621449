//! Libraries do not print: what a command says is the binary's to decide.

use crate::{
    root,
    source::{File, sources, walk},
};
use proc_macro2::TokenTree;

/// Lines in which a macro that prints to stdout is called.
fn printing(file: &File) -> Vec<usize> {
    let mut lines = Vec::new();
    walk(&file.tokens, &mut |trees| {
        for pair in trees.windows(2) {
            if let [TokenTree::Ident(name), TokenTree::Punct(mark)] = pair
                && mark.as_char() == '!'
                && ["println", "print", "dbg"].iter().any(|call| name == call)
            {
                lines.push(name.span().start().line);
            }
        }
    });
    lines
}

#[test]
fn libraries_do_not_print() {
    let is_library = |file: &File| root().join("crates").join(file.folder()).join("src/lib.rs").exists();
    let lines = |file: File| printing(&file).into_iter().map(move |line| format!("{}:{line}", file.path));
    let objections: Vec<String> = sources().into_iter().filter(is_library).flat_map(lines).collect();
    assert!(objections.is_empty(), "a library prints: {objections:#?}");
}

#[test]
fn the_rule_of_printing_can_object() {
    let code = "fn f() {\n println!(\"x\");\n std::print!();\n eprintln!(\"print!()\"); // dbg!(x)\n dbg!(x) }";
    assert_eq!(printing(&File::parse("crates/x/src/lib.rs", code)), [2, 3, 5]);
}
