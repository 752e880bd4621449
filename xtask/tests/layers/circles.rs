//! Files of a crate do not import one another in circles: what a circle holds together is one concept, and who reads
//! one of its files must read them all.

use crate::{
    modules::Modules,
    scopes::Needs,
    source::{File, sources},
};
use std::collections::{BTreeMap, BTreeSet};

/// Circles that are there, with the reason. This list may only shrink.
const EXCEPTIONS: &[(&[&str], &str)] = &[
    (
        &["crates/scenario/src/explain/fault.rs", "crates/scenario/src/explain/value.rs"],
        "honest recursion: a fault holds values, and a value may be a fault of another VM",
    ),
    (
        &["crates/evm/src/handler.rs", "crates/evm/src/machine.rs"],
        "revm calls the handler with the machine, and the machine runs the handler: revm's own shape",
    ),
];

/// A set of files that all reach one another.
type Circle<'a> = BTreeSet<&'a str>;

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
        for needed in needs.get(file).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(needed.as_str()) {
                next.push(needed);
            }
        }
    }
    reached
}

/// The greatest sets of files that all reach one another.
fn circles(needs: &Needs) -> BTreeSet<Circle<'_>> {
    let all: BTreeMap<&str, BTreeSet<&str>> = needs.keys().map(|file| (file.as_str(), reached(needs, file))).collect();
    let is_mutual = |file: &str, other: &str| all.get(other).is_some_and(|reached| reached.contains(file));
    let mut circles = BTreeSet::new();
    for (file, reached) in all.iter().filter(|(file, reached)| reached.contains(*file)) {
        circles.insert(reached.iter().copied().filter(|other| is_mutual(file, other)).collect());
    }
    circles
}

/// Which circles are not within an exception, and which exceptions are not circles any more.
fn compare<'a>(found: &BTreeSet<Circle<'a>>, excepted: &[Circle<'a>]) -> (Vec<Circle<'a>>, Vec<Circle<'a>>) {
    let new = found.iter().filter(|circle| !excepted.iter().any(|excepted| circle.is_subset(excepted)));
    let gone = excepted.iter().filter(|excepted| !found.contains(*excepted));
    (new.cloned().collect(), gone.cloned().collect())
}

/// Who needs what of whom in a circle.
fn explain(circle: &Circle<'_>, needs: &Needs) -> Vec<String> {
    let mut lines = Vec::new();
    for file in circle {
        let others = needs.get(*file).into_iter().flatten().filter(|(other, _)| circle.contains(other.as_str()));
        for (other, names) in others {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            lines.push(format!("{file} needs {} of {other}", names.join(", ")));
        }
    }
    lines
}

#[test]
fn files_do_not_import_one_another_in_circles() {
    let needs = needs(&sources());
    assert!(needs.values().map(BTreeMap::len).sum::<usize>() > 500, "imports were found");
    let excepted: Vec<BTreeSet<&str>> = EXCEPTIONS.iter().map(|(files, _)| files.iter().copied().collect()).collect();
    let found = circles(&needs);
    let (new, gone) = compare(&found, &excepted);
    let new: Vec<_> = new.iter().map(|circle| explain(circle, &needs)).collect();
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
        let compare = |found: &BTreeSet<_>, excepted: &BTreeSet<_>| {
            let (new, gone) = compare(&BTreeSet::from([found.clone()]), std::slice::from_ref(excepted));
            (new.len(), gone.len())
        };
        assert_eq!(compare(&ab, &abc), (0, 1));
        assert_eq!(compare(&abc, &ab), (1, 1));
        assert_eq!(compare(&ab, &ab), (0, 0));
    }
}
