//! Where a VM may be named: in its own crates, and in the one registry. Everything else asks by trait.
//!
//! Two rules. In the crates of [`NEUTRAL`] no identifier and no string has a word of a VM, and no variant of `Abi` is
//! chosen; `names.txt` lists the files that still do, with counts that may only shrink. Everywhere else outside of a
//! VM's own crates at least no `VmId` of a VM other than the EVM is written.

use crate::{
    root,
    source::{File, is_mark, sources, walk},
};
use proc_macro2::TokenTree;
use std::{collections::BTreeMap, env, fs, path::PathBuf};

/// The crates that know no VM. The EVM's name is not among the words: its accounts are everybody's.
const NEUTRAL: [&str; 8] = ["executor", "scenario", "cli", "chain", "statedb", "toolkit", "state", "vm"];

/// Words that belong to one VM: names, languages, engines, units, kinds of accounts. A line for each VM.
#[rustfmt::skip]
const WORDS: [&str; 38] = [
    "wasm", "wasmtime", "wasmi", "stylus", "arbitrum", "ink", "brotli", "wavm",
    "svm", "solana", "sbpf", "bpf", "agave", "spl", "sol", "lamport", "lamports", "rent", "pda", "cpi", "anchor", "codama", "borsh",
    "aptos", "sui", "bcs", "movevm",
    "cairo", "starknet", "felt", "felts", "sierra", "casm",
    "fuel", "fuels", "fuelvm", "sway", "forc",
];

/// Words of VMs that are also English: they count as a constant or a type, and as a whole string.
const AMBIGUOUS: [&str; 1] = ["move"];

/// Crates that may write the ids of VMs: where they are defined, and where all are listed.
const WRITES_IDS: [&str; 2] = ["primitives", "hexapla"];

/// A VM's own crates begin so.
const VMS: [&str; 6] = ["evm", "wasm", "svm", "move", "cairo", "fuel"];

/// Other files that write ids of VMs, with the reason. This list may only shrink.
const WRITES_IDS_TOO: [(&str, &str); 1] =
    [("crates/testing/src/stage.rs", "sets contracts of named VMs against each other")];

/// The parts of an identifier as they are written: `SolanaLane`, `solana_lane`, `VM_ID`.
fn parts(identifier: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let letters: Vec<char> = identifier.chars().collect();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map_or('_', |before| letters[before]);
        let after = letters.get(index + 1).is_some_and(|after| after.is_lowercase());
        let begins = letter.is_uppercase() && (before.is_lowercase() || (before.is_uppercase() && after));
        if begins || !letter.is_alphanumeric() {
            parts.push(String::new());
        }
        parts.last_mut().unwrap().extend(letter.is_alphanumeric().then_some(*letter));
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn is_word(part: &str) -> bool {
    WORDS.contains(&part.to_lowercase().as_str())
}

fn identifier_names_a_vm(identifier: &str) -> bool {
    let begins_upper = |part: &String| part.starts_with(char::is_uppercase);
    let ambiguous = |part: &String| begins_upper(part) && AMBIGUOUS.contains(&part.to_lowercase().as_str());
    let whole = identifier == "MOVE" || identifier.starts_with("MoveV");
    let parts = parts(identifier);
    parts.iter().any(|part| is_word(part)) || (whole && parts.iter().any(ambiguous))
}

/// A string, of whatever kind, by its token.
fn string_names_a_vm(token: &str) -> bool {
    let Some((_, text)) = token.split_once('"') else { return false };
    let text = text.trim_end_matches(['"', '#']);
    AMBIGUOUS.contains(&text) || text.split(|letter: char| !letter.is_alphanumeric()).any(is_word)
}

/// `Abi :: Variant` at the beginning of these trees.
fn chooses_an_abi(trees: &[TokenTree]) -> bool {
    let [TokenTree::Ident(abi), first, second, TokenTree::Ident(variant), ..] = trees else { return false };
    let is_variant = variant.to_string().starts_with(char::is_uppercase);
    abi == "Abi" && is_mark(first, ':') && is_mark(second, ':') && is_variant
}

/// Lines in which a VM is named, with what names it.
fn naming(file: &File) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    walk(&file.tokens, &mut |trees| {
        let mut index = 0;
        while let Some(tree) = trees.get(index) {
            let an_abi = chooses_an_abi(&trees[index..]);
            let names = match tree {
                TokenTree::Ident(name) => an_abi || identifier_names_a_vm(&name.to_string()),
                TokenTree::Literal(literal) => string_names_a_vm(&literal.to_string()),
                _ => false,
            };
            found.extend(names.then(|| (tree.span().start().line, tree.to_string())));
            // The variant is not counted once more.
            index += if an_abi { 4 } else { 1 };
        }
    });
    found.sort();
    found
}

/// Lines in which the `VmId` of a VM other than the EVM is written.
fn writing_ids(file: &File) -> Vec<usize> {
    let mut found = Vec::new();
    walk(&file.tokens, &mut |trees| {
        for window in trees.windows(4) {
            if let [TokenTree::Ident(ty), first, second, TokenTree::Ident(id)] = window
                && ty == "VmId"
                && is_mark(first, ':')
                && is_mark(second, ':')
                && VMS.iter().any(|vm| *vm != "evm" && *id == vm.to_uppercase())
            {
                found.push(id.span().start().line);
            }
        }
    });
    found.sort();
    found
}

/// A line of `names.txt`: how often a file may name a VM, and the reason.
#[derive(Clone, Debug, PartialEq)]
struct Excepted {
    path: String,
    count: usize,
    reason: String,
}

fn list_path() -> PathBuf {
    root().join("xtask/tests/layers/names.txt")
}

/// Reads lines of `<count> <path> <reason>`; those that begin with `#` are comments.
fn read_list(text: &str) -> Vec<Excepted> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let entry = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let count = words.next().and_then(|count| count.parse().ok());
        let (Some(count), Some(path), Some(reason)) = (count, words.next(), words.next()) else {
            panic!("names.txt: {line:?} is not <count> <path> <reason>");
        };
        Excepted { path: path.to_owned(), count, reason: reason.to_owned() }
    };
    lines.map(entry).collect()
}

/// The list with counts lowered to what was found, and without files that name no VM any more.
fn shrunk(list: &[Excepted], found: &BTreeMap<String, Vec<(usize, String)>>) -> Vec<Excepted> {
    let lower = |excepted: &Excepted| {
        let count = found.get(&excepted.path).map_or(0, Vec::len).min(excepted.count);
        (count > 0).then(|| Excepted { count, ..excepted.clone() })
    };
    list.iter().filter_map(lower).collect()
}

/// What the list does not allow.
fn objections(list: &[Excepted], found: &BTreeMap<String, Vec<(usize, String)>>) -> Vec<String> {
    let allowed = |path: &str| list.iter().find(|excepted| excepted.path == path).map_or(0, |excepted| excepted.count);
    let too_many = found.iter().filter(|(path, places)| places.len() > allowed(path));
    let objection = |(path, places): (&String, &Vec<(usize, String)>)| {
        let places: Vec<String> = places.iter().map(|(line, name)| format!("{line}: {name}")).collect();
        format!("{path} names VMs {} times, {} are listed: {}", places.len(), allowed(path), places.join(", "))
    };
    too_many.map(objection).collect()
}

#[test]
fn neutral_crates_name_no_vm() {
    let neutral = sources().into_iter().filter(|file| NEUTRAL.contains(&file.folder()));
    let found: BTreeMap<String, _> = neutral.map(|file| (file.path.clone(), naming(&file))).collect();
    let text = fs::read_to_string(list_path()).unwrap();
    let list = read_list(&text);
    let objections = objections(&list, &found);
    assert!(objections.is_empty(), "ask the VM by trait, or move this to its own crates: {objections:#?}");
    let shrunk = shrunk(&list, &found);
    if env::var_os("UPDATE_EXPECT").is_some() {
        let comments = text.lines().filter(|line| line.starts_with('#')).map(str::to_owned);
        let entries = shrunk.iter().map(|Excepted { path, count, reason }| format!("{count} {path} {reason}"));
        fs::write(list_path(), comments.chain(entries).map(|line| line + "\n").collect::<String>()).unwrap();
    } else {
        let stale: Vec<_> = list.iter().filter(|excepted| !shrunk.contains(excepted)).collect();
        assert!(stale.is_empty(), "names.txt allows more than there is; UPDATE_EXPECT=1 lowers it: {stale:#?}");
    }
}

#[test]
fn only_a_vms_own_crates_and_the_registry_write_its_id() {
    let is_own = |folder: &str| VMS.iter().any(|vm| folder == *vm || folder.starts_with(&format!("{vm}-")));
    let mut unused: Vec<&str> = WRITES_IDS_TOO.iter().map(|(path, _)| *path).collect();
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| !is_own(file.folder()) && !WRITES_IDS.contains(&file.folder())) {
        let lines = writing_ids(file);
        let excepted = WRITES_IDS_TOO.iter().any(|(path, _)| *path == file.path);
        unused.retain(|path| *path != file.path || lines.is_empty());
        found.extend(lines.into_iter().filter(|_| !excepted).map(|line| format!("{}:{line}", file.path)));
    }
    assert!(found.is_empty(), "the id of a VM is written outside of its crates: {found:#?}");
    assert!(unused.is_empty(), "no exceptions any more, take them off the list: {unused:#?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(code: &str) -> usize {
        naming(&File::parse("crates/x/src/lib.rs", code)).len()
    }

    #[test]
    fn the_rule_of_names_can_object() {
        for code in [
            "VmId::SVM",
            "f(\"svm\")",
            "hexapla_executor::svm::Config",
            "Abi::Borsh",
            "Abi::Solidity",
            "struct SolanaLane;",
            "min_lamports",
            "r#\"a Stylus contract\"#",
            "#[error(\"not a Solana key\")] struct A;",
            "m!(VmId::MOVE)",
            "if name == \"move\" {}",
        ] {
            assert_eq!(named(code), 1, "{code}");
        }
        for code in [
            "move |x| x",
            "f(\"coin cannot move\")",
            "// svm\nfn f() {}",
            "/// Solana\nfn f() {}",
            "fn parent() {}",
            "Abi::decode(x)",
            "let think = 1;",
            "VmId::EVM",
            "#[cfg(test)] mod tests { const X: &str = \"svm\"; }",
        ] {
            assert_eq!(named(code), 0, "{code}");
        }
    }

    #[test]
    fn identifiers_fall_into_words() {
        assert_eq!(parts("SolanaVMLane"), ["Solana", "VM", "Lane"]);
        assert_eq!(parts("a_lamports2"), ["a", "lamports2"]);
        assert_eq!(parts("VM_ID"), ["VM", "ID"]);
    }

    #[test]
    fn the_rule_of_ids_can_object() {
        let lines = |code| writing_ids(&File::parse("crates/x/src/lib.rs", code));
        assert_eq!(lines("f(VmId::WASM);\nVmId::MOVE => 1"), [1, 2]);
        assert!(lines("VmId::EVM; MyVmId::WASM; VmId::WASMX").is_empty());
    }

    #[test]
    fn counts_may_only_shrink() {
        let list = read_list("# comment\n2 a.rs for now\n3 b.rs for long\n");
        let places = |count| (0..count).map(|line| (line, "svm".to_owned())).collect::<Vec<_>>();
        let found = |a, b| BTreeMap::from([("a.rs".to_owned(), places(a)), ("b.rs".to_owned(), places(b))]);
        assert_eq!(objections(&list, &found(3, 3)).len(), 1);
        assert!(objections(&list, &found(1, 0)).is_empty());
        assert_eq!(shrunk(&list, &found(1, 0)), read_list("1 a.rs for now"));
        assert_eq!(shrunk(&list, &found(9, 3)), list);
    }
}
