//! `docs/acceptance.md` claims nothing that no test shows.

use std::{fs, path::Path};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// All Rust sources below a folder, as one text.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_table_names_exists() {
    let table = fs::read_to_string(root().join("docs/acceptance.md")).unwrap();
    let mut code = String::new();
    sources(&root().join("crates"), &mut code);
    let is_test =
        |name: &&str| name.len() > 3 && name.starts_with('f') && name[1..3].bytes().all(|b| b.is_ascii_digit());
    let names: Vec<_> = table.split('`').skip(1).step_by(2).filter(is_test).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let begin = format!("fn {}", name.trim_end_matches('…'));
        assert!(code.contains(&begin), "docs/acceptance.md names {name}, and there is no such test");
    }
}
