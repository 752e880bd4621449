//! Files of a crate do not import one another in circles: what a circle holds together is one concept, and who reads
//! one of its files must read them all.

use crate::{
    modules::Modules,
    source::{File, sources},
};
use std::collections::{BTreeMap, BTreeSet};

/// Circles that are there, with the reason. This list may only shrink.
const EXCEPTIONS: &[(&[&str], &str)] = &[
    (
        &["crates/abi/src/argument/coerce.rs", "crates/abi/src/argument/mod.rs", "crates/abi/src/argument/node.rs"],
        "to be opened",
    ),
    (
        &[
            "crates/abi/src/image/growth.rs",
            "crates/abi/src/image/mod.rs",
            "crates/abi/src/image/plan.rs",
            "crates/abi/src/image/steps.rs",
        ],
        "to be opened",
    ),
    (
        &[
            "crates/abi/src/limits.rs",
            "crates/abi/src/wire/io.rs",
            "crates/abi/src/wire/mod.rs",
            "crates/abi/src/wire/read_types.rs",
            "crates/abi/src/wire/types.rs",
        ],
        "to be opened",
    ),
    (&["crates/abi/src/names/mod.rs", "crates/abi/src/names/reserved.rs"], "to be opened"),
    (&["crates/abi/src/projection/build.rs", "crates/abi/src/projection/mod.rs"], "to be opened"),
    (&["crates/abi/src/source/json.rs", "crates/abi/src/source/mod.rs"], "to be opened"),
    (
        &[
            "crates/bind/src/anchor.rs",
            "crates/bind/src/lib.rs",
            "crates/bind/src/rust/items.rs",
            "crates/bind/src/rust/mod.rs",
            "crates/bind/src/solidity.rs",
            "crates/bind/src/typescript.rs",
        ],
        "to be opened",
    ),
    (
        &[
            "crates/cli/src/args.rs",
            "crates/cli/src/commands/abi.rs",
            "crates/cli/src/commands/run.rs",
            "crates/cli/src/commands/test.rs",
            "crates/cli/src/commands/verify_proof.rs",
            "crates/cli/src/statetest/mod.rs",
            "crates/cli/src/svm_fixture/mod.rs",
        ],
        "to be opened",
    ),
    (
        &[
            "crates/cli/src/explain/crossing.rs",
            "crates/cli/src/explain/frame.rs",
            "crates/cli/src/play/mod.rs",
            "crates/cli/src/play/plan/mod.rs",
            "crates/cli/src/play/report.rs",
            "crates/cli/src/play/values.rs",
            "crates/cli/src/world/artefact.rs",
            "crates/cli/src/world/keypairs.rs",
            "crates/cli/src/world/keys.rs",
            "crates/cli/src/world/mod.rs",
            "crates/cli/src/world/solana.rs",
        ],
        "to be opened",
    ),
    (
        &["crates/cli/src/explain/fault.rs", "crates/cli/src/explain/value.rs"],
        "a fault holds values, and a value may be a fault",
    ),
    (&["crates/cli/src/output.rs", "crates/cli/src/problem.rs", "crates/cli/src/scenario/source.rs"], "to be opened"),
    (
        &[
            "crates/cli/src/scenario/keys.rs",
            "crates/cli/src/scenario/read.rs",
            "crates/cli/src/scenario/step.rs",
            "crates/cli/src/scenario/transaction.rs",
        ],
        "the parts of a scenario are read by one another",
    ),
    (&["crates/cli/src/scenario/mod.rs", "crates/cli/src/scenario/solana.rs"], "to be opened"),
    (&["crates/evm/src/handler.rs", "crates/evm/src/machine.rs"], "revm's handler runs the machine that calls it"),
    (
        &[
            "crates/store/src/batch.rs",
            "crates/store/src/error.rs",
            "crates/store/src/lib.rs",
            "crates/store/src/redb_store.rs",
        ],
        "to be opened",
    ),
    (
        &[
            "crates/svm/src/conformance/elf.rs",
            "crates/svm/src/conformance/instruction.rs",
            "crates/svm/src/conformance/machine.rs",
            "crates/svm/src/conformance/memory.rs",
            "crates/svm/src/conformance/messages.rs",
            "crates/svm/src/conformance/mod.rs",
            "crates/svm/src/conformance/scene.rs",
            "crates/svm/src/conformance/syscall.rs",
            "crates/svm/src/conformance/transaction/context.rs",
            "crates/svm/src/conformance/transaction/mod.rs",
        ],
        "to be opened",
    ),
    (
        &[
            "crates/svm/src/context/mod.rs",
            "crates/svm/src/foreign.rs",
            "crates/svm/src/guard.rs",
            "crates/svm/src/programs/mod.rs",
            "crates/svm/src/runtime.rs",
        ],
        "to be opened",
    ),
    (&["crates/svm/src/invocation/mod.rs", "crates/svm/src/limits.rs"], "to be opened"),
    (&["crates/svm/src/lane/fees.rs", "crates/svm/src/lane/mod.rs"], "to be opened"),
    (
        &[
            "crates/svm/src/precompiles/ed25519.rs",
            "crates/svm/src/precompiles/mod.rs",
            "crates/svm/src/precompiles/secp256k1.rs",
            "crates/svm/src/precompiles/secp256r1.rs",
        ],
        "to be opened",
    ),
    (&["crates/trie/src/lib.rs", "crates/trie/src/verify.rs"], "to be opened"),
    (&["crates/vm/src/crossing.rs", "crates/vm/src/lib.rs"], "to be opened"),
    (
        &["crates/wasm/src/engine/mod.rs", "crates/wasm/src/engine/wasmi.rs", "crates/wasm/src/engine/wasmtime.rs"],
        "to be opened",
    ),
    (
        &[
            "crates/wasm/src/footprint.rs",
            "crates/wasm/src/instrument/body.rs",
            "crates/wasm/src/instrument/emit.rs",
            "crates/wasm/src/instrument/mod.rs",
            "crates/wasm/src/instrument/scan.rs",
            "crates/wasm/src/instrument/sections.rs",
            "crates/wasm/src/instrument/weight.rs",
            "crates/wasm/src/prices.rs",
        ],
        "to be opened",
    ),
];

/// Each file with the files whose names it needs.
type Needs = BTreeMap<String, BTreeSet<String>>;

/// The needs of the files of all crates.
fn needs(files: &[File]) -> Needs {
    let by_path: BTreeMap<&str, &File> = files.iter().map(|file| (file.path.as_str(), file)).collect();
    let is_root =
        |path: &&&str| path.split('/').count() == 4 && (path.ends_with("/lib.rs") || path.ends_with("/main.rs"));
    by_path.keys().filter(is_root).flat_map(|root| Modules::read(root, &by_path).needs()).collect()
}

/// All files that can be reached from this one.
fn reached<'a>(needs: &'a Needs, from: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(file) = next.pop() {
        for needed in needs.get(file).into_iter().flatten() {
            if reached.insert(needed.as_str()) {
                next.push(needed);
            }
        }
    }
    reached
}

/// The greatest sets of files that all reach one another.
fn circles(needs: &Needs) -> BTreeSet<BTreeSet<&str>> {
    let all: BTreeMap<&str, BTreeSet<&str>> = needs.keys().map(|file| (file.as_str(), reached(needs, file))).collect();
    let is_mutual = |file: &str, other: &str| all.get(other).is_some_and(|reached| reached.contains(file));
    let mut circles = BTreeSet::new();
    for (file, reached) in all.iter().filter(|(file, reached)| reached.contains(*file)) {
        circles.insert(reached.iter().copied().filter(|other| is_mutual(file, other)).collect());
    }
    circles
}

/// Which circles are not within an exception, and which exceptions are not circles any more.
fn compare(found: &BTreeSet<BTreeSet<&str>>, excepted: &[BTreeSet<&str>]) -> (Vec<String>, Vec<String>) {
    let shown = |circle: &BTreeSet<&str>| circle.iter().copied().collect::<Vec<_>>().join(", ");
    let new = found.iter().filter(|circle| !excepted.iter().any(|excepted| circle.is_subset(excepted)));
    let gone = excepted.iter().filter(|excepted| !found.contains(*excepted));
    (new.map(shown).collect(), gone.map(shown).collect())
}

#[test]
fn files_do_not_import_one_another_in_circles() {
    let needs = needs(&sources());
    assert!(needs.values().map(BTreeSet::len).sum::<usize>() > 500, "imports were found");
    let excepted: Vec<BTreeSet<&str>> = EXCEPTIONS.iter().map(|(files, _)| files.iter().copied().collect()).collect();
    let (new, gone) = compare(&circles(&needs), &excepted);
    assert!(new.is_empty(), "move what both need to a file below both: {new:#?}");
    assert!(gone.is_empty(), "no such circles any more: take them off the list, or list what is left: {gone:#?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The circles of a crate with these files, by their names.
    fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
        let file = |(name, text): &(&str, &str)| File::parse(&format!("crates/x/src/{name}.rs"), text);
        let needs = needs(&files.iter().map(file).collect::<Vec<_>>());
        let name = |path: &str| path["crates/x/src/".len()..].trim_end_matches(".rs").to_owned();
        circles(&needs)
            .iter()
            .map(|circle| circle.iter().map(|path| name(path)).collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn the_rule_of_circles_can_object() {
        let root = ("lib", "mod a; mod b;");
        assert_eq!(
            circles_of(&[root, ("a", "use crate::b::B; struct A;"), ("b", "use super::a::A; struct B;")]),
            ["a b"]
        );
        assert_eq!(circles_of(&[root, ("a", "fn f() { crate::b::g() }"), ("b", "fn g() { super::a::f() }")]), ["a b"]);
        assert!(circles_of(&[root, ("a", "use crate::b::B; struct A;"), ("b", "struct B;")]).is_empty());
    }

    #[test]
    fn re_exports_are_followed_to_where_the_name_is_defined() {
        let root = ("lib", "mod a; mod b; pub use a::A; pub use b::*;");
        assert_eq!(circles_of(&[root, ("a", "use crate::B; struct A;"), ("b", "use crate::A; struct B;")]), ["a b"]);
        assert!(circles_of(&[root, ("a", "use crate::B; struct A;"), ("b", "struct B;")]).is_empty());
    }

    #[test]
    fn a_parent_that_uses_its_child_is_in_a_circle_and_one_that_re_exports_it_is_not() {
        let child = ("a/b", "use super::A; pub struct B;");
        assert_eq!(circles_of(&[("lib", "mod a;"), ("a/mod", "mod b; use b::B; struct A(B);"), child]), ["a/b a/mod"]);
        assert!(circles_of(&[("lib", "mod a;"), ("a/mod", "mod b; pub use b::B; struct A;"), child]).is_empty());
    }

    #[test]
    fn a_glob_needs_what_is_mentioned() {
        let files = |text| [("lib", "mod a; struct L; fn f() { a::g() }"), ("a", text)];
        assert_eq!(circles_of(&files("use super::*; fn g(l: L) {}")), ["a lib"]);
        assert!(circles_of(&files("use super::*; fn g() {}")).is_empty());
    }

    #[test]
    fn exceptions_are_missed_when_the_circle_is_gone_or_smaller() {
        let (ab, abc) = (BTreeSet::from(["a", "b"]), BTreeSet::from(["a", "b", "c"]));
        assert_eq!(compare(&BTreeSet::from([ab.clone()]), std::slice::from_ref(&abc)).1, ["a, b, c"]);
        assert_eq!(compare(&BTreeSet::from([abc.clone()]), std::slice::from_ref(&ab)).0, ["a, b, c"]);
        assert_eq!(compare(&BTreeSet::from([ab.clone()]), &[ab]), (Vec::new(), Vec::new()));
    }
}
