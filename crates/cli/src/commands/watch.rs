//! Waits until something that scenarios are made of has changed.

use hexapla::toolkit::Toolkits;
use hexapla_scenario::{
    check::{artifacts_of, find},
    problem::Result,
};
use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    thread,
    time::{Duration, SystemTime},
};
use walkdir::WalkDir;

/// How often files are looked at: seldom enough to cost nothing, and often enough to feel immediate.
const INTERVAL: Duration = Duration::from_millis(300);

/// Files as they are now: when they were written, and how long they are.
#[derive(PartialEq, Eq)]
pub(super) struct Files(Vec<(PathBuf, Option<SystemTime>, u64)>);

impl Files {
    /// Everything below the paths, and the compiled contracts that their scenarios deploy.
    pub(super) fn of(paths: &[PathBuf], toolkits: &Toolkits) -> Self {
        let scenarios = find(paths).unwrap_or_default();
        let below = paths.iter().flat_map(|path| WalkDir::new(path).follow_links(true).into_iter().flatten());
        let files: BTreeSet<PathBuf> = below
            .map(walkdir::DirEntry::into_path)
            .chain(scenarios.iter().flat_map(|file| artifacts_of(file, toolkits)))
            .collect();
        Self(files.into_iter().map(look).collect())
    }

    /// How many there are.
    pub(super) const fn count(&self) -> usize {
        self.0.len()
    }
}

/// A file that cannot be read is a state of it like any other.
fn look(file: PathBuf) -> (PathBuf, Option<SystemTime>, u64) {
    let found = fs::metadata(&file).ok();
    let written = found.as_ref().and_then(|found| found.modified().ok());
    (file, written, found.map_or(0, |found| found.len()))
}

/// Runs something, and again whenever a file has changed. Ends only with an error that running it again cannot mend.
pub(super) fn again_and_again(
    paths: &[PathBuf],
    toolkits: &Toolkits,
    mut run: impl FnMut(usize) -> Result<()>,
) -> Result<()> {
    loop {
        let before = Files::of(paths, toolkits);
        run(before.count())?;
        loop {
            thread::sleep(INTERVAL);
            if Files::of(paths, toolkits) != before {
                break;
            }
        }
    }
}
