//! Rust crates for cross-program calls: `no_std`, without dependencies, for any Solana SDK.

mod items;
mod types;

use hexapla_abi::Refused;

use crate::{
    names::{comment, snake},
    source::{Binding, File, Source},
    text::Text,
};
use types::Types;

/// Borsh and the words of a call, the same in each crate.
const RUNTIME: &str = include_str!("rt.rs.txt");

/// The crate: its manifest, `src/lib.rs` and `src/rt.rs`.
pub(crate) fn generate(source: &Source) -> Binding {
    let mut types = Types::default();
    let mut refused = source.shown().refused.clone();
    let instructions = items::instructions(source, &mut types, &mut refused);
    let events = items::events(source, &mut types, &mut refused);
    let accounts = items::accounts(source, &mut types, &mut refused);
    let mut out = Text::default();
    head(source, &refused, &mut out);
    if let Some(location) = source.location {
        out.line(0, "/// Where the program stands.");
        out.line(0, format!("pub const PROGRAM_ID: rt::Pubkey = {:?};", location.native.0));
        out.gap();
    }
    module(
        "The instructions, each with its discriminator, data, accounts and result.",
        "instructions",
        instructions,
        &mut out,
    );
    module("The custom errors by their codes.", "errors", items::errors(source), &mut out);
    module("The events.", "events", events, &mut out);
    module("What the program keeps in accounts.", "accounts", accounts, &mut out);
    module("The types.", "types", types.finish(), &mut out);
    out.line(0, "pub mod rt;");
    let files = vec![
        File { path: "Cargo.toml".into(), content: manifest(source) },
        File { path: "src/lib.rs".into(), content: out.finish() },
        File { path: "src/rt.rs".into(), content: RUNTIME.into() },
    ];
    Binding { files, left_out: refused }
}

fn head(source: &Source, refused: &[Refused], out: &mut Text) {
    out.line(0, format!("//! {}", source.origin()));
    out.line(0, "//!");
    let about = [
        "Each instruction is a module of [`instructions`]: fill `Args`, write `data`, list the accounts with `Accounts::metas`,",
        "call it with the SDK of your program, and read what it returned with `decode_output`.",
    ];
    about.iter().for_each(|line| out.line(0, format!("//! {line}")));
    if !refused.is_empty() {
        out.line(0, "//!");
        out.line(0, "//! Left out:");
        out.line(0, "//!");
        refused.iter().for_each(|item| {
            // As code, so that nothing in it is a link or HTML.
            let line = format!("{}: {}", item.item, item.reason).replace('`', "'");
            out.line(0, format!("//! - `{}`", comment(&line)));
        });
    }
    out.gap();
    out.line(0, "#![no_std]");
    out.line(0, "#![forbid(unsafe_code)]");
    out.line(0, "#![allow(clippy::all, non_camel_case_types, non_snake_case, non_upper_case_globals)]");
    out.gap();
    out.line(0, "#[cfg(feature = \"alloc\")]");
    out.line(0, "extern crate alloc;");
    out.gap();
}

fn module(docs: &str, name: &str, items: Vec<String>, out: &mut Text) {
    if items.is_empty() {
        return;
    }
    out.line(0, format!("/// {docs}"));
    out.line(0, format!("pub mod {name} {{"));
    out.push(&items.join("\n"));
    out.line(0, "}");
    out.gap();
}

fn manifest(source: &Source) -> String {
    let name = snake(&source.name).replace('_', "-");
    let lines = [
        format!("# {}", source.origin()),
        "[package]".into(),
        format!("name = \"{name}-cpi\""),
        "version = \"0.1.0\"".into(),
        "edition = \"2021\"".into(),
        "rust-version = \"1.81\"".into(),
        String::new(),
        "[features]".into(),
        "default = [\"alloc\"]".into(),
        "# Texts, bytes, lists and maps of any length. Without it, what has none of these is there.".into(),
        "alloc = []".into(),
    ];
    lines.join("\n") + "\n"
}
