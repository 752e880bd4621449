//! What proofs are about, in words.

use alloy_rlp::Decodable as _;
use hexapla::{
    ObjectProof,
    toolkit::{DecodedAccount, Toolkits},
};
use hexapla_abi::{Type, Value, parse_value};
use hexapla_primitives::{B256, NativeId, U256};
use hexapla_scenario::{
    Names,
    explain::account::{account_of_object, decode_object, explain_account, name_and_id},
    problem::{Problem, Result},
};
use hexapla_trie::{AccountProof, ProofError, TrieAccount};

/// A storage slot as people write it.
pub(super) fn slot_of(text: &str) -> Result<B256> {
    match parse_value(&Type::U256, text) {
        Ok(Value::Uint(slot)) => Ok(slot.into()),
        Ok(_) => Ok(B256::ZERO),
        Err(error) => {
            let help = "slots are numbers: 0, 0x2, or 0x and 64 hex digits for places in mappings";
            Err(Problem::new("hexapla::proof::slot", error.to_string()).with_help(help))
        }
    }
}

/// Why the proof of an account does not hold: what the file says, and what its nodes say.
pub(super) fn objection(proof: &AccountProof, root: B256) -> Option<String> {
    let error = proof.verify(root).err()?;
    let ProofError::OtherValue { found } = &error else { return Some(error.to_string()) };
    if let Some(account) = found.as_ref().and_then(|found| TrieAccount::decode(&mut &found[..]).ok()) {
        return Some(account_objection(proof, &account));
    }
    let slot = proof.storage_proof.iter().find(|slot| slot.verify(proof.storage_hash).is_err());
    Some(match (slot, found) {
        (Some(slot), found) => {
            let proved = found.as_ref().and_then(|found| U256::decode(&mut &found[..]).ok()).unwrap_or_default();
            let key = U256::from_be_bytes(slot.key.0);
            format!("the file says that the slot {key:#x} holds {:#x}, the proof says {proved:#x}", slot.value)
        }
        (None, None) => "the file speaks of an account, and the proof says that there is none".to_owned(),
        (None, Some(_)) => error.to_string(),
    })
}

/// The first field in which a file and its proof differ.
fn account_objection(proof: &AccountProof, found: &TrieAccount) -> String {
    let says =
        |what: &str, file: String, proved: String| format!("the file says {what} {file}, the proof says {proved}");
    if proof.nonce != found.nonce {
        return says("nonce", proof.nonce.to_string(), found.nonce.to_string());
    }
    if proof.balance != found.balance {
        return says("balance", proof.balance.to_string(), found.balance.to_string());
    }
    if proof.code_hash != found.code_hash {
        return says("code hash", proof.code_hash.to_string(), found.code_hash.to_string());
    }
    says("storage hash", proof.storage_hash.to_string(), found.storage_root.to_string())
}

/// A state root as people write it.
pub(super) fn root_of(text: &str) -> std::result::Result<B256, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    match text.parse() {
        Ok(root) => Ok(root),
        Err(_) if digits.chars().all(|digit| digit.is_ascii_hexdigit()) => {
            Err(format!("a root has 32 bytes, 64 hex digits; this one has {}", digits.len()))
        }
        Err(_) => Err("a root is 0x and 64 hex digits".to_owned()),
    }
}

/// The names that everybody knows, for those who have no chain.
pub(super) fn known_names() -> Names {
    let toolkits: Toolkits = hexapla::toolkits();
    let mut names = Names::new(toolkits.clone());
    for (_, accounts) in toolkits.with_accounts() {
        for contract in accounts.predeployed() {
            names.add_id(contract.name, &contract.id);
            if let Some(interface) = &contract.interface {
                names.set_source(contract.id.canonical(), interface.clone());
            }
        }
    }
    names
}

/// What an account is and holds, a line each; none for an object that is no account.
pub(super) fn account_words(names: &Names, proof: &ObjectProof) -> Vec<String> {
    let Some(id) = account_of_object(names, &proof.key) else { return Vec::new() };
    let mut words = vec![format!("the {} account {}", id.vm, name_and_id(names, &id))];
    let Some(stored) = stored(names, proof) else {
        words.push("has no data and belongs to nobody".to_owned());
        return words;
    };
    let account = explain_account(names, &stored, name_and_id);
    words.push(format!("belongs to {}", account.owner));
    words.push(match &account.layout {
        Some(layout) => format!("holds {} bytes, by the layout {layout}:", account.bytes),
        None => format!("holds {} bytes: {:#}", account.bytes, Value::Bytes(stored.data)),
    });
    words.extend(account.fields.iter().map(|(field, value)| format!("  {field} = {value}")));
    words
}

/// The contract to which an account belongs.
pub(super) fn owner_of(names: &Names, proof: &ObjectProof) -> Option<NativeId> {
    account_of_object(names, &proof.key)?;
    Some(stored(names, proof)?.owner)
}

/// An account's data and owner; `None` where the object is absent, or no account.
fn stored(names: &Names, proof: &ObjectProof) -> Option<DecodedAccount> {
    decode_object(names, proof.key.vm, proof.object.as_ref())
}
