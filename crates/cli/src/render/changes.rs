//! What a transaction changed in the state.

use hexapla::AccessSet;
use hexapla::{Location, LocationValue};
use hexapla_primitives::{B256, U256, VmId};
use hexapla_scenario::Names;
use hexapla_scenario::explain::value::number_text;
use serde::Serialize;

/// A piece of state before and after.
#[derive(Debug, Serialize)]
pub(crate) struct Change {
    pub(crate) location: Location,
    pub(crate) before: LocationValue,
    pub(crate) after: LocationValue,
}

/// Everything that differs, sorted.
pub(crate) fn changes(access: &AccessSet) -> Vec<Change> {
    let change = |(location, after): (&Location, &LocationValue)| Change {
        location: location.clone(),
        before: access.reads.get(location).cloned().unwrap_or(LocationValue::Absent),
        after: after.clone(),
    };
    access.writes.iter().map(change).collect()
}

/// The lines of a state diff.
pub(super) fn lines(names: &Names, access: &AccessSet) -> Vec<String> {
    changes(access).iter().flat_map(|change| change_lines(names, change)).collect()
}

fn change_lines(names: &Names, change: &Change) -> Vec<String> {
    match &change.location {
        Location::Account(address) => account_lines(&names.short(*address), &change.before, &change.after),
        Location::Word(address, key) => {
            let (before, after) = (word(&change.before), word(&change.after));
            vec![format!("{} [{}]  {before} → {after}", names.short(*address), word_text(*key))]
        }
        Location::Object(key) => {
            let name = object_name(key.vm, &key.key);
            vec![format!("{name}  {} → {}", object(&change.before), object(&change.after))]
        }
    }
}

fn account_lines(name: &str, before: &LocationValue, after: &LocationValue) -> Vec<String> {
    let (old, new) = (Fields::of(before), Fields::of(after));
    let mut lines = Vec::new();
    if old.nonce != new.nonce {
        lines.push(format!("{name} nonce  {} → {}", old.nonce, new.nonce));
    }
    if old.balance != new.balance {
        lines.push(format!("{name} balance  {} → {} wei", number_text(old.balance), number_text(new.balance)));
    }
    if old.code_hash != new.code_hash {
        lines.push(format!("{name} code  {} → {}", code(old.code_hash), code(new.code_hash)));
    }
    lines
}

#[derive(Default)]
struct Fields {
    nonce: u64,
    balance: U256,
    code_hash: B256,
}

impl Fields {
    fn of(value: &LocationValue) -> Self {
        match value {
            LocationValue::Account { nonce, balance, code_hash } if *code_hash == hexapla_trie::KECCAK_EMPTY => {
                Self { nonce: *nonce, balance: *balance, code_hash: B256::ZERO }
            }
            LocationValue::Account { nonce, balance, code_hash } => {
                Self { nonce: *nonce, balance: *balance, code_hash: *code_hash }
            }
            _ => Self::default(),
        }
    }
}

fn code(hash: B256) -> String {
    if hash.is_zero() { "none".to_owned() } else { short(&hash.to_string()) }
}

fn word(value: &LocationValue) -> String {
    match value {
        LocationValue::Word(word) => word_text(*word),
        _ => "0x0".to_owned(),
    }
}

fn word_text(word: U256) -> String {
    short(&format!("{word:#x}"))
}

fn object(value: &LocationValue) -> String {
    match value {
        LocationValue::Object(hash) => format!("bytes with hash {}", short(&hash.to_string())),
        _ => "nothing".to_owned(),
    }
}

fn object_name(vm: VmId, key: &[u8]) -> String {
    format!("{vm} object {}", short(&alloy_primitives::hex::encode_prefixed(key)))
}

/// Long hex with its middle left out.
fn short(hex: &str) -> String {
    match (hex.get(..10), hex.get(hex.len().saturating_sub(8)..)) {
        (Some(head), Some(tail)) if hex.len() > 22 => format!("{head}…{tail}"),
        _ => hex.to_owned(),
    }
}
