//! The modules of a crate, with what each defines, imports and mentions: read from tokens, file by file.

use crate::source::{File, is_mark};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};

/// A `use` of one name; groups are taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// What it is called here; nothing for `*`.
    pub(crate) name: Option<String>,
    /// `pub use`, `pub(crate) use`: for others, unless the name is mentioned here as well.
    pub(crate) visible: bool,
}

/// A module: a file, or a block in one.
#[derive(Default)]
pub(crate) struct Module {
    pub(crate) file: String,
    pub(crate) parent: Option<usize>,
    pub(crate) children: BTreeMap<String, usize>,
    /// Names that it defines.
    pub(crate) items: BTreeSet<String>,
    pub(crate) imports: Vec<Import>,
    /// `a::b::c` outside of imports.
    pub(crate) paths: BTreeSet<Vec<String>>,
    /// Every identifier outside of imports that begins a path.
    pub(crate) mentions: BTreeSet<String>,
}

/// The modules below one root, which is the first.
pub(crate) struct Modules(pub(crate) Vec<Module>);

impl Modules {
    /// Reads `root` (`crates/x/src/lib.rs`) and the files that it and they declare.
    pub(crate) fn read(root: &str, files: &BTreeMap<&str, &File>) -> Self {
        let mut modules = Self(Vec::new());
        let folder = root.rsplit_once('/').unwrap().0;
        modules.read_file(root, folder, None, files);
        modules
    }

    fn read_file(&mut self, path: &str, folder: &str, parent: Option<usize>, files: &BTreeMap<&str, &File>) -> usize {
        let tokens = files.get(path).unwrap_or_else(|| panic!("{path} is not there")).tokens.clone();
        self.read_module(path, folder, parent, tokens, files)
    }

    /// `folder` is where the files of its modules are.
    fn read_module(
        &mut self,
        file: &str,
        folder: &str,
        parent: Option<usize>,
        tokens: TokenStream,
        files: &BTreeMap<&str, &File>,
    ) -> usize {
        let this = self.0.len();
        self.0.push(Module { file: file.to_owned(), parent, ..Module::default() });
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let blocks = declared_modules(&trees);
        self.0[this].items = defined(&trees);
        let is_block = |index: &usize| blocks.iter().any(|(_, block)| *block == Some(*index));
        let own: Vec<TokenTree> =
            (0..trees.len()).filter(|index| !is_block(index)).map(|index| trees[index].clone()).collect();
        self.0[this].mention(&own);
        for (name, block) in blocks {
            let below = format!("{folder}/{name}");
            let child = match block.map(|block| &trees[block]) {
                Some(TokenTree::Group(group)) => self.read_module(file, &below, Some(this), group.stream(), files),
                _ => {
                    let flat = format!("{below}.rs");
                    let path = if files.contains_key(flat.as_str()) { flat } else { format!("{below}/mod.rs") };
                    self.read_file(&path, &below, Some(this), files)
                }
            };
            self.0[this].children.insert(name, child);
        }
        this
    }
}

impl Module {
    /// Notes the imports, paths and identifiers in these trees and their groups.
    fn mention(&mut self, trees: &[TokenTree]) {
        let mut index = 0;
        while let Some(tree) = trees.get(index) {
            index += 1;
            match tree {
                TokenTree::Ident(word) if word == "use" && begins_statement(trees, index - 1) => {
                    let length = trees[index..].iter().take_while(|tree| !is_mark(tree, ';')).count();
                    let visible = index >= 2 && !is_mark(&trees[index - 2], ';') && is_visibility(&trees[index - 2]);
                    read_use(&trees[index..index + length], &[], visible, &mut self.imports);
                    index += length;
                }
                // The declaration of a module is no use of it.
                TokenTree::Ident(word) if word == "mod" => index += 1,
                TokenTree::Ident(word) if !follows_path(trees, index - 1) => {
                    self.mentions.insert(word.to_string());
                    let path = path(&trees[index - 1..]);
                    self.paths.extend((path.len() > 1).then_some(path));
                }
                TokenTree::Group(group) => self.mention(&group.stream().into_iter().collect::<Vec<_>>()),
                _ => {}
            }
        }
    }
}

/// Whether the `use` at `index` is a statement, and not the bounds of an `impl Trait + use<'a>`.
fn begins_statement(trees: &[TokenTree], index: usize) -> bool {
    !trees.get(index + 1).is_some_and(|next| is_mark(next, '<'))
}

/// Whether this can end `pub`, `pub(crate)`, `pub(in …)`.
fn is_visibility(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Ident(word) => word == "pub",
        TokenTree::Group(group) => group.delimiter() == Delimiter::Parenthesis,
        _ => false,
    }
}

fn is_path_separator(trees: &[TokenTree], index: usize) -> bool {
    let is_colon = |index: usize| trees.get(index).is_some_and(|tree| is_mark(tree, ':'));
    is_colon(index) && is_colon(index + 1)
}

/// Whether the identifier at `index` goes on what stands before it: `a::b`, `a.b`.
fn follows_path(trees: &[TokenTree], index: usize) -> bool {
    let after_dot = index >= 1 && is_mark(&trees[index - 1], '.');
    after_dot || (index >= 2 && is_path_separator(trees, index - 2))
}

/// The path that begins these trees.
fn path(trees: &[TokenTree]) -> Vec<String> {
    let mut path = Vec::new();
    let mut index = 0;
    while let Some(TokenTree::Ident(word)) = trees.get(index) {
        path.push(word.to_string());
        if !is_path_separator(trees, index + 1) {
            break;
        }
        index += 3;
    }
    path
}

/// Takes the tree of a `use` apart.
fn read_use(trees: &[TokenTree], prefix: &[String], visible: bool, imports: &mut Vec<Import>) {
    for branch in trees.split(|tree| is_mark(tree, ',')).filter(|branch| !branch.is_empty()) {
        let mut path = prefix.to_vec();
        path.extend(self::path(branch));
        let renamed = branch.iter().position(|tree| matches!(tree, TokenTree::Ident(word) if word == "as"));
        match branch.last() {
            Some(TokenTree::Group(group)) => {
                read_use(&group.stream().into_iter().collect::<Vec<_>>(), &path, visible, imports);
            }
            Some(star) if is_mark(star, '*') => imports.push(Import { path, name: None, visible }),
            Some(last) => {
                if path.len() > 1 && path.last().is_some_and(|name| name == "self") {
                    path.pop();
                }
                let name = renamed.map_or_else(|| path.last().cloned().unwrap_or_default(), |_| last.to_string());
                imports.push(Import { path, name: Some(name), visible });
            }
            None => {}
        }
    }
}

/// `mod name;` and `mod name { … }` among these trees; the second with the index of its block.
fn declared_modules(trees: &[TokenTree]) -> Vec<(String, Option<usize>)> {
    let mut found = Vec::new();
    for (index, window) in trees.windows(3).enumerate() {
        if let [TokenTree::Ident(word), TokenTree::Ident(name), end] = window
            && word == "mod"
        {
            let is_block = matches!(end, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
            found.push((name.to_string(), is_block.then_some(index + 2)));
        }
    }
    found
}

/// The names that these trees of a module define, modules aside.
fn defined(trees: &[TokenTree]) -> BTreeSet<String> {
    const KINDS: [&str; 9] = ["fn", "struct", "enum", "trait", "union", "type", "const", "static", "mut"];
    let mut names = BTreeSet::new();
    for (index, window) in trees.windows(2).enumerate() {
        if let [TokenTree::Ident(kind), TokenTree::Ident(name)] = window
            && KINDS.iter().any(|known| kind == known)
            && !KINDS.iter().any(|known| name == known)
        {
            names.insert(name.to_string());
        }
        if let [TokenTree::Ident(word), mark] = window
            && word == "macro_rules"
            && is_mark(mark, '!')
            && let Some(TokenTree::Ident(name)) = trees.get(index + 2)
        {
            names.insert(name.to_string());
        }
    }
    names
}

#[test]
fn imports_are_taken_apart() {
    let text = "pub(crate) use a::{b::{self, C as D}, e::*, F};\nuse g as h; fn i() -> impl J + use<'_> { use k::L; }";
    let file = File::parse("crates/x/src/lib.rs", text);
    let modules = Modules::read("crates/x/src/lib.rs", &BTreeMap::from([("crates/x/src/lib.rs", &file)]));
    let shown = |import: &Import| {
        let visible = if import.visible { "pub " } else { "" };
        format!("{visible}{} as {}", import.path.join("::"), import.name.as_deref().unwrap_or("*"))
    };
    let shown: Vec<String> = modules.0[0].imports.iter().map(shown).collect();
    assert_eq!(shown, ["pub a::b as b", "pub a::b::C as D", "pub a::e as *", "pub a::F as F", "g as h", "k::L as L"]);
    assert_eq!(modules.0[0].items, BTreeSet::from(["i".to_owned()]));
}
