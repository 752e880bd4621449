//! Test data from outside the repository, found through `HEXAPLA_FIXTURES`.

use std::path::PathBuf;

/// The folder `name` among the fixtures; `None`, and a line that says what is skipped, where there are none.
#[allow(clippy::print_stderr, reason = "a skipped test says so by name")]
pub fn folder(name: &str, test: &str) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("HEXAPLA_FIXTURES") else {
        eprintln!("skipped {test}: HEXAPLA_FIXTURES is not set");
        return None;
    };
    let folder = PathBuf::from(root).join(name);
    assert!(folder.is_dir(), "HEXAPLA_FIXTURES is set, but {} is no folder", folder.display());
    Some(folder)
}
