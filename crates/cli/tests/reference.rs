//! `docs/cli.md` is what the binary says of itself: all pages of `--help`, one after the other. `UPDATE_EXPECT=1` writes it.

mod support;

use std::{env, fs, process::Command};

/// The long help of a command, without what the environment of the test sets.
fn help(path: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hexapla"));
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HEXAPLA_")) {
        command.env_remove(name);
    }
    let output = command.args(path).arg("--help").env_remove("COLUMNS").output().expect("the binary runs");
    assert!(output.status.success(), "{path:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("help is text")
}

/// The commands that a page of help lists.
fn commands(help: &str) -> Vec<&str> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = list.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect()
}

/// The page of a command and of all below it.
fn pages(path: &[&str], text: &mut String) {
    let help = help(path);
    let title = [&["hexapla"], path].concat().join(" ");
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let level = "#".repeat(path.len() + 2);
    text.push_str(&format!("\n{level} {title}\n\n```text\n{}\n```\n", lines.join("\n").trim_end()));
    for command in commands(&help) {
        pages(&[path, &[command]].concat(), text);
    }
}

#[test]
fn the_reference_is_what_the_binary_says() {
    let mut page = String::from(
        "# The command line\n\n\
         All pages of `hexapla --help`. This file is made from them by a test of `crates/cli`; \
         `UPDATE_EXPECT=1 cargo test --package hexapla-cli --test reference` writes it anew.\n",
    );
    pages(&[], &mut page);
    assert!(page.matches("```text").count() > 8, "every command has a page: {page}");
    let path = support::root().join("docs/cli.md");
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &page).expect("docs/cli.md can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/cli.md is not what `hexapla --help` says; UPDATE_EXPECT=1 writes it");
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_hexapla")).args(["completions", shell]).output().expect("the binary runs");
        let script = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && output.stderr.is_empty(), "{shell}");
        for command in commands(&help(&[])) {
            assert!(script.contains(command), "{shell} does not complete {command}");
        }
    }
}
