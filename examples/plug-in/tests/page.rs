//! `docs/adding-a-vm.md` describes the traits as they are.

use hexapla_primitives::keccak256;
use std::{fs, path::Path};

/// The files with the traits that a VM implements.
const TRAITS: [&str; 6] = [
    "crates/vm/src/lib.rs",
    "crates/vm/src/convention.rs",
    "crates/vm/src/lane.rs",
    "crates/toolkit/src/lib.rs",
    "crates/toolkit/src/address.rs",
    "crates/toolkit/src/transaction.rs",
];

#[test]
fn the_page_was_read_again_since_a_trait_changed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let traits: String = TRAITS.iter().map(|path| read(path)).collect();
    let (page, hash) = (read("docs/adding-a-vm.md"), keccak256(traits).to_string());
    let written = page.lines().find_map(|line| line.strip_prefix("traits: ")).expect("a line `traits: 0x…`");
    assert_eq!(
        written, hash,
        "a trait has changed: read docs/adding-a-vm.md again, mend it, and write this hash there"
    );
    for file in [
        "program",
        "store",
        "machine",
        "fault",
        "convention",
        "interface",
        "vm",
        "transaction",
        "lane",
        "toolkit/mod",
        "toolkit/ids",
        "toolkit/accounts",
        "toolkit/transactions",
    ] {
        assert!(page.contains(&format!("src/{file}.rs")), "the page does not mention src/{file}.rs");
        assert!(root.join(format!("examples/plug-in/src/{file}.rs")).is_file(), "src/{file}.rs is not there");
    }
}
