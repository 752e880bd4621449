//! The sources of the crates as tokens: without comments, documentation and what is only compiled for tests.

use crate::root;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::fs;

/// A file of code.
pub(crate) struct File {
    /// From the root, with `/`.
    pub(crate) path: String,
    pub(crate) tokens: TokenStream,
}

impl File {
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path: path.to_owned(), tokens: product(tokens) }
    }

    /// `crates/<folder>/…`: the folder.
    pub(crate) fn folder(&self) -> &str {
        self.path.split('/').nth(1).unwrap()
    }
}

/// The files in `src` of all crates.
pub(crate) fn sources() -> Vec<File> {
    let mut files = Vec::new();
    let walk = walkdir::WalkDir::new(root().join("crates")).sort_by_file_name();
    for entry in walk.into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        let in_src = path.split('/').nth(2) == Some("src");
        if in_src && path.ends_with(".rs") && !path.ends_with("/tests.rs") {
            files.push(File::parse(&path, &fs::read_to_string(entry.path()).unwrap()));
        }
    }
    assert!(files.len() > 100, "the sources were found");
    files
}

/// Calls `see` with the trees of the stream and of each group in it.
pub(crate) fn walk(stream: &TokenStream, see: &mut dyn FnMut(&[TokenTree])) {
    let trees: Vec<TokenTree> = stream.clone().into_iter().collect();
    see(&trees);
    for tree in &trees {
        if let TokenTree::Group(group) = tree {
            walk(&group.stream(), see);
        }
    }
}

/// What goes into a product: no documentation, no items that are compiled for tests alone.
fn product(stream: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let mark = is_mark(&tree, '#').then(|| trees.next_if(|next| is_mark(next, '!'))).flatten();
        let bracket = if is_mark(&tree, '#') { trees.next_if(is_bracket) } else { None };
        match bracket.as_ref().map(text) {
            // `doc = include_str!(…)` is code.
            // What is written: `doc = include_str!(…)` is code.
            Some(text) if text.starts_with("doc=\"") || text.starts_with("doc=r") => {}
            Some(text) if text == "cfg(test)" || text.starts_with("cfg(all(test,") => skip_item(&mut trees),
            _ => kept.extend([Some(tree), mark, bracket].into_iter().flatten().map(within)),
        }
    }
    kept.into_iter().collect()
}

/// The same for what is inside of a group.
fn within(tree: TokenTree) -> TokenTree {
    let TokenTree::Group(group) = tree else { return tree };
    let mut inside = Group::new(group.delimiter(), product(group.stream()));
    inside.set_span(group.span());
    inside.into()
}

pub(crate) fn is_mark(tree: &TokenTree, mark: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn is_bracket(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
}

/// What stands in the brackets of an attribute, without spaces.
fn text(bracket: &TokenTree) -> String {
    let TokenTree::Group(group) = bracket else { return String::new() };
    group.stream().to_string().replace(' ', "")
}

/// Skips an item or a statement: up to a semicolon or a block.
fn skip_item(trees: &mut impl Iterator<Item = TokenTree>) {
    for tree in trees {
        match tree {
            tree if is_mark(&tree, ';') => return,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return,
            _ => {}
        }
    }
}

#[test]
fn the_scan_sees_code_and_nothing_else() {
    let text = "//! a\n#![deny(b)]\n#![doc = m!()]\nuse c;\n/// d\n#[cfg(test)]\n#[e]\nmod f { fn g() {} }\nmod h {\n/* i */ fn j() {\n\
                #[cfg(all(test, k))]\n l(); m() } }\n#[cfg(test)]\nmod n;\n#[error(\"q\")]o!(\"p\")";
    assert_eq!(
        File::parse("crates/x/src/lib.rs", text).tokens.to_string().replace([' ', '\n'], ""),
        "#![deny(b)]#![doc=m!()]usec;modh{fnj(){m()}}#[error(\"q\")]o!(\"p\")"
    );
}
