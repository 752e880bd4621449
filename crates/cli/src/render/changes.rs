//! What a transaction changed in the state.

use hexapla::AccessSet;
use hexapla::toolkit::DecodedAccount;
use hexapla::{Location, LocationValue};
use hexapla_primitives::{B256, Bytes, U256, VmId};
use hexapla_scenario::{
    Names,
    explain::{
        account::{ExplainedAccount, account_of_object, decode_object, explain_account},
        value::number_text,
    },
    report::ObjectChange,
};
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
pub(super) fn lines(names: &Names, access: &AccessSet, objects: &[ObjectChange]) -> Vec<String> {
    changes(access).iter().flat_map(|change| change_lines(names, change, objects)).collect()
}

fn change_lines(names: &Names, change: &Change, objects: &[ObjectChange]) -> Vec<String> {
    match &change.location {
        Location::Account(address) => account_lines(&names.short(*address), &change.before, &change.after),
        Location::Word(address, key) => {
            let (before, after) = (word(&change.before), word(&change.after));
            vec![format!("{} [{}]  {before} → {after}", names.short(*address), word_text(*key))]
        }
        Location::Object(key) => {
            let known = objects.iter().find(|object| object.key == *key);
            if let Some(lines) = known.and_then(|object| stored_lines(names, object)) {
                return lines;
            }
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

/// The lines of an account that is an object of its VM, field by field; `None` for all other objects, and where its data
/// have no names.
fn stored_lines(names: &Names, object: &ObjectChange) -> Option<Vec<String>> {
    let id = account_of_object(names, &object.key)?;
    let name = names.short_id(&id);
    let decoded = |bytes: &Option<Bytes>| decode_object(names, id.vm, bytes.as_ref());
    let [before, after] = [decoded(&object.before), decoded(&object.after)];
    let explained = |account: &Option<DecodedAccount>| {
        account.as_ref().map(|account| explain_account(names, account, Names::short_id))
    };
    let [old, new] = [explained(&before), explained(&after)];
    let mut lines = Vec::new();
    let mut line = |what: &str, old: Option<&str>, new: Option<&str>| {
        if old != new {
            lines.push(format!("{name}{what}  {} → {}", old.unwrap_or(NOTHING), new.unwrap_or(NOTHING)));
        }
    };
    let owner = |account: &Option<ExplainedAccount>| account.as_ref().map(|account| account.owner.clone());
    line(" owner", owner(&old).as_deref(), owner(&new).as_deref());
    let bytes = |account: &Option<ExplainedAccount>| account.as_ref().map(|account| format!("{} bytes", account.bytes));
    line(" data", bytes(&old).as_deref(), bytes(&new).as_deref());
    let [old, new] = [old, new].map(|account| account.map(|account| account.fields).unwrap_or_default());
    if old.is_empty() && new.is_empty() {
        let same_data = before.map(|account| account.data) == after.map(|account| account.data);
        return same_data.then_some(lines);
    }
    let of = |fields: &'_ [(String, String)], wanted: &str| {
        fields.iter().find(|(field, _)| field == wanted).map(|(_, value)| value.clone())
    };
    let gone = old.iter().filter(|(field, _)| of(&new, field).is_none());
    for (field, _) in new.iter().chain(gone) {
        line(&format!(".{field}"), of(&old, field).as_deref(), of(&new, field).as_deref());
    }
    Some(lines)
}

/// For what is not there.
const NOTHING: &str = "nothing";

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
