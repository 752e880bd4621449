//! `hexapla verify-proof`

use super::{
    interface_in,
    proved::{self, known_names, objection, owner_of, root_of},
    stated::Stated,
};
use crate::{
    flag::flag,
    output::{Output, Style, paint},
};
use clap::Args;
use hexapla::ObjectProof;
use hexapla_primitives::{B256, Bytes};
use hexapla_scenario::{
    Names,
    explain::value::number_text,
    files,
    problem::{Problem, Result},
};
use hexapla_trie::{AccountProof, EMPTY_ROOT, KECCAK_EMPTY, StorageProof};
use serde::Serialize;
use std::{
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Options of `hexapla verify-proof`.
#[derive(Debug, Args)]
#[command(
    after_help = "A slot and a value that are stated must be what the proof proves: exit code 1 where they are not.\n\n\
Examples:\n  hexapla verify-proof proof.json --root 0x…\n  hexapla verify-proof proof.json --root 0x… --account 0x… --slot 2 --value 1000e18"
)]
pub(crate) struct VerifyProofArgs {
    /// The proof, as `hexapla proof` or `eth_getProof` gives it; `-` for the standard input.
    file: PathBuf,
    /// The state root that it must fit.
    #[arg(long, env = "HEXAPLA_ROOT", value_name = "HASH", value_parser = root_of)]
    root: B256,
    /// The account that the proof must be about: an address or an id.
    #[arg(long, env = "HEXAPLA_ACCOUNT", value_name = "ACCOUNT")]
    account: Option<String>,
    /// A slot that the proof must prove. May be given several times.
    #[arg(long = "slot", env = "HEXAPLA_SLOT", value_name = "SLOT", value_delimiter = ',')]
    slots: Vec<String>,
    /// What must stand in the slot: one for each --slot, in the same order. Of an object, its bytes in hex.
    #[arg(long = "value", env = "HEXAPLA_VALUE", value_name = "VALUE", value_delimiter = ',')]
    values: Vec<String>,
    /// The interface of the contract to which a proved account belongs: says what its data is.
    #[arg(long, env = "HEXAPLA_INTERFACE", value_name = "FILE")]
    interface: Option<PathBuf>,
    /// Print one JSON document instead of text.
    #[arg(long, env = "HEXAPLA_JSON", value_parser = flag())]
    json: bool,
}

/// What a proof file can hold.
enum Proof {
    Account(AccountProof),
    Object(ObjectProof),
}

#[derive(Serialize)]
struct Verdict<'v> {
    holds: bool,
    root: B256,
    proved: &'v [String],
    reason: Option<&'v str>,
}

/// Runs the command.
pub(crate) fn run(args: &VerifyProofArgs, output: &mut Output) -> Result<bool> {
    let stated = Stated::read(args.account.as_deref(), &args.slots, &args.values)?;
    let proof = read(&args.file)?;
    let mut names = known_names();
    if let (Some(file), Proof::Object(proof)) = (&args.interface, &proof)
        && let Some(owner) = owner_of(&names, proof)
    {
        let interface = interface_in(file, None, "hexapla::proof::interface")?;
        names.set_source(owner.canonical(), Arc::new(interface));
    }
    let (wrong, proved) = match &proof {
        Proof::Account(proof) => (objection(proof, args.root), account_words(proof)),
        Proof::Object(proof) => {
            let of_column = || objection(&proof.column, args.root);
            let wrong = proof.verify(args.root).err().map(|error| of_column().unwrap_or_else(|| error.to_string()));
            (wrong, object_words(&names, proof))
        }
    };
    let other = match &proof {
        Proof::Account(proof) => stated.objection_to_account(proof),
        Proof::Object(proof) => stated.objection_to_object(&names, proof),
    };
    let proves_something = wrong.is_none();
    let reason = wrong.or(other);
    let holds = reason.is_none();
    let proved = if holds { proved } else { Vec::new() };
    if args.json {
        output.json(&Verdict { holds, root: args.root, proved: &proved, reason: reason.as_deref() })?;
    } else if holds {
        let head = format!("{} under the state root {}:", paint(Style::GOOD, "proved"), args.root);
        output.result(&format!(
            "{head}\n{}\n",
            proved.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
        ))?;
    }
    if let Some(reason) = reason {
        let message = match proves_something {
            true => format!("{} proves something else than what is stated", args.file.display()),
            false => format!("{} proves nothing under the root {}", args.file.display(), args.root),
        };
        output.problem(&*Problem::new("hexapla::proof::wrong", message).with_help(reason));
    }
    Ok(holds)
}

fn read(file: &Path) -> Result<Proof> {
    let bytes = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().take(files::BYTES_MAX).read_to_end(&mut bytes);
        read.map_err(|error| Problem::file(file, "read the proof", error))?;
        bytes
    } else {
        files::read(file, "read the proof", files::BYTES_MAX)?
    };
    let not_a_proof = |error| {
        Problem::new("hexapla::proof::form", format!("{} is not a proof", file.display()))
            .because(error)
            .with_help("expected JSON as `hexapla proof` or `eth_getProof` writes it")
    };
    let json: serde_json::Value = serde_json::from_slice(&bytes).map_err(not_a_proof)?;
    if let Some(error) = json.get("error").filter(|error| !error.is_null()) {
        let said =
            error.get("message").and_then(serde_json::Value::as_str).map_or_else(|| error.to_string(), str::to_owned);
        let message = format!("{} is no proof but an error of the node: {said}", file.display());
        return Err(Problem::new("hexapla::proof::node", message)
            .with_help("ask the node again, for a block whose state it still has"));
    }
    // The answer of a node has the proof inside.
    let json = with_lists(json.get("result").cloned().unwrap_or(json));
    match json.get("column") {
        Some(_) => serde_json::from_value(json).map(Proof::Object).map_err(not_a_proof),
        None => serde_json::from_value(json).map(Proof::Account).map_err(not_a_proof),
    }
}

/// Some nodes leave out lists that are empty and values that are zero, or write null for them.
fn with_lists(mut json: serde_json::Value) -> serde_json::Value {
    let or = |json: &mut serde_json::Value, key: &str, absent: serde_json::Value| {
        if let Some(object) = json.as_object_mut()
            && object.get(key).is_none_or(serde_json::Value::is_null)
        {
            object.insert(key.to_owned(), absent);
        }
    };
    if json.get("column").is_some() || json.get("address").is_none() {
        return json;
    }
    or(&mut json, "accountProof", serde_json::json!([]));
    or(&mut json, "storageProof", serde_json::json!([]));
    if let Some(slots) = json.get_mut("storageProof").and_then(serde_json::Value::as_array_mut) {
        for slot in slots {
            or(slot, "value", "0x0".into());
            or(slot, "proof", serde_json::json!([]));
        }
    }
    json
}

fn account_words(proof: &AccountProof) -> Vec<String> {
    let address = proof.address.to_checksum(None);
    let has_no_code = proof.code_hash == KECCAK_EMPTY || proof.code_hash.is_zero();
    let has_no_storage = proof.storage_hash == EMPTY_ROOT || proof.storage_hash.is_zero();
    let mut words = Vec::new();
    if proof.nonce == 0 && proof.balance.is_zero() && has_no_code && has_no_storage {
        words.push(format!("there is no account {address}: it has no transactions, no coin and no code"));
    } else {
        words.push(format!("the account {address}"));
        words.push(format!("has nonce {} and {} wei", proof.nonce, number_text(proof.balance)));
        words.push(match proof.code_hash {
            KECCAK_EMPTY => "has no code".to_owned(),
            hash => format!("has code with the hash {hash}"),
        });
        words.push(format!("has storage with the root {}", proof.storage_hash));
    }
    words.extend(proof.storage_proof.iter().map(slot_words));
    words
}

fn slot_words(slot: &StorageProof) -> String {
    let key = hexapla_primitives::U256::from_be_bytes(slot.key.0);
    match slot.value.is_zero() {
        true => format!("its slot {key:#x} is empty"),
        false => format!("its slot {key:#x} holds {:#x} ({})", slot.value, number_text(slot.value)),
    }
}

fn object_words(names: &Names, proof: &ObjectProof) -> Vec<String> {
    let key = &proof.key;
    let account = proved::account_words(names, proof);
    if !account.is_empty() {
        return account;
    }
    match &proof.object {
        Some(object) => {
            vec![format!("the {} object {}", key.vm, key.key), format!("is {} bytes: {}", object.len(), shown(object))]
        }
        None => vec![format!("there is no {} object {}", key.vm, key.key)],
    }
}

fn shown(bytes: &Bytes) -> String {
    format!("{:#}", hexapla_abi::Value::Bytes(bytes.clone()))
}
