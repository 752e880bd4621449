//! Checks by tools that cargo does not come with. Where one is not installed, this is said and is no failure: what a
//! machine cannot have must not stop the rest. `.ci/run` installs them.

use super::step::Step;
use crate::cargo::{cargo, root};
use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long the database of advisories may take to come.
const FETCH_SECONDS_MAX: u64 = 90;

/// What dependencies may be, `deny.toml`. Known vulnerabilities are another step: they need a database.
const DENY: &str = "deny --locked check bans licenses sources";
const ADVISORIES: &str = "deny --locked check advisories";

/// Steps that can be taken here, and sentences about those that cannot.
pub(super) fn steps() -> (Vec<Step>, Vec<String>) {
    let (deny, mut left_out) = deny();
    let mut steps: Vec<Step> = deny.into_iter().collect();
    if !steps.is_empty() {
        match fetch_advisories() {
            Ok(()) => steps.push(Step::new(ADVISORIES)),
            Err(why) => {
                let sentence = "known vulnerabilities (cargo deny check advisories) were not looked for";
                left_out.push(format!("{sentence}: {why}"));
            }
        }
    }
    (steps, left_out)
}

/// The rules about dependencies, which need nothing but the tool.
pub(super) fn deny() -> (Option<Step>, Vec<String>) {
    match answers("cargo-deny") {
        true => (Some(Step::new(DENY)), Vec::new()),
        false => (None, vec![missing("cargo deny check", "cargo-deny")]),
    }
}

/// Looks for misspelt words; a sentence where that is not possible here.
pub(super) fn typos() -> Result<Option<String>, String> {
    if !answers("typos") {
        return Ok(Some(missing("typos", "typos-cli")));
    }
    let status = Command::new("typos").current_dir(root()).status().map_err(|error| error.to_string())?;
    if status.success() { Ok(None) } else { Err("ci: FAILED: typos; words that are right stand in typos.toml".into()) }
}

fn missing(check: &str, package: &str) -> String {
    format!("{check} was not run: it is not installed; `cargo install --locked {package}` does it")
}

fn answers(program: &str) -> bool {
    let quiet = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

/// Brings the database of advisories here, unless it takes too long.
fn fetch_advisories() -> Result<(), String> {
    let mut command = cargo(&["deny", "fetch", "db"]);
    // Who is asked for a password would wait for ever.
    command.env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(FETCH_SECONDS_MAX) {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => return Ok(()),
            Some(_) => {
                return Err("the database, github.com/RustSec/advisory-db, cannot be reached from here".to_owned());
            }
            None => thread::sleep(Duration::from_millis(100)),
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    Err(format!("the database, github.com/RustSec/advisory-db, did not come within {FETCH_SECONDS_MAX} s"))
}

#[test]
fn a_tool_that_is_not_there_does_not_answer() {
    assert!(!answers("hexapla-no-such-tool"));
    assert!(answers(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())));
}
