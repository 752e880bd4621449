//! What is translated how, in words.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use alloy_primitives::B256;

use super::Projection;
use crate::{
    image::{Image, Kind, Rule},
    interface::{Abi, AccountSource, Param, Seed},
    text::{escape, quote},
};

impl Projection {
    /// How the projected function with this index is translated: a line per account, argument and result,
    /// `name: source type → projected type, rule`. Empty for an index of no function.
    pub fn explain(&self, function: usize) -> Vec<String> {
        let (Some(plan), Some(source)) = (self.functions.get(function), self.function(function)) else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        if plan.coin {
            lines.push("lamports: the coin that is sent with the call; 0 for none".into());
        }
        let types = source.type_params.iter().take(plan.type_params);
        lines.extend(
            types.map(|name| format!("{}: type parameter → string, a type as the callee writes it", escape(name))),
        );
        let mut given = plan.accounts.iter();
        for account in source.accounts.iter().filter(|_| source_accounts_are_found(self)) {
            let name = escape(&account.name);
            lines.push(match &account.source {
                AccountSource::Given if account.signer => format!("{name}: account that signs, the caller's own"),
                AccountSource::Given => {
                    let Some(account) = given.next() else { continue };
                    let missing = if account.optional { "zero leaves it out" } else { "required" };
                    format!("{name}: account → {}, its 32-byte id; {missing}", account.image.image())
                }
                AccountSource::Fixed(id) => format!("{name}: account, always {}", key_text(id)),
                AccountSource::Derived { program, seeds } => {
                    let seeds = seeds.iter().map(seed_text).collect::<Vec<_>>().join(", ");
                    let whose = program.as_ref().map(|program| format!(" by {}", seed_text(program)));
                    format!("{name}: account, derived from {seeds}{}", whose.unwrap_or_default())
                }
            });
        }
        let filled = source.caller_params.iter();
        lines.extend(
            filled.map(|name| format!("{}: filled by the callee's VM with the account that calls", escape(name))),
        );
        lines.extend(self.lines("", &source.inputs, &plan.inputs));
        lines.extend(self.lines("returns ", &source.outputs, &plan.outputs));
        lines
    }

    fn lines<'p>(
        &self,
        before: &'static str,
        params: &'p [Param],
        images: &'p [Image],
    ) -> impl Iterator<Item = String> + use<'p> {
        let target = self.target();
        params.iter().zip(images).map(move |(param, image)| {
            let name = if param.name.is_empty() { "_".into() } else { escape(&param.name) };
            format!("{before}{name}: {} → {}, {}", image.source(), image.image(), words(image, target))
        })
    }
}

/// Whether the border finds the accounts of the source's functions, instead of the caller listing them.
fn source_accounts_are_found(projection: &Projection) -> bool {
    projection.source.abi != projection.target()
}

/// A seed in words: what is derived from it says where it comes from.
fn seed_text(seed: &Seed) -> String {
    match seed {
        Seed::Const(bytes) if bytes.len() == B256::len_bytes() => key_text(&B256::from_slice(bytes)),
        Seed::Const(bytes) => match core::str::from_utf8(bytes) {
            Ok(text) if !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() || c == ' ') => quote(text),
            _ => bytes.to_string(),
        },
        Seed::Arg(path) => path.iter().map(|part| escape(part)).collect::<Vec<_>>().join("."),
        Seed::Account(name) => escape(name),
    }
}

/// A key as its users write it.
#[cfg(feature = "std")]
fn key_text(key: &B256) -> String {
    bs58::encode(key).into_string()
}

/// Base58 needs the library that reads interface files.
#[cfg(not(feature = "std"))]
fn key_text(key: &B256) -> String {
    key.to_string()
}

fn words(image: &Image, target: Abi) -> String {
    match Kind::of(image.source()).rule(target) {
        _ if image.is_same() => "as it is".into(),
        Rule::Same => "its parts are translated".into(),
        rule => rule.words().into(),
    }
}
