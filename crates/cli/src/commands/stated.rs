//! What somebody states about a proof, compared with what it proves.

use super::proved::{known_names, slot_of};
use hexapla::ObjectProof;
use hexapla_abi::{Type, Value, parse_value};
use hexapla_primitives::{B256, Bytes, NativeId, U256};
use hexapla_scenario::{
    Names,
    explain::{account::account_of_object, value::number_text},
    problem::{Problem, Result},
    world::account,
};
use hexapla_trie::AccountProof;

/// What is stated.
#[derive(Debug, Default)]
pub(super) struct Stated {
    account: Option<String>,
    slots: Vec<B256>,
    values: Vec<String>,
}

impl Stated {
    /// Reads what stands on the command line.
    pub(super) fn read(account: Option<&str>, slots: &[String], values: &[String]) -> Result<Self> {
        if values.len() > slots.len().max(1) || (!values.is_empty() && values.len() < slots.len()) {
            let message = format!("{} values are stated for {} slots", values.len(), slots.len());
            return Err(Problem::new("hexapla::proof::stated", message)
                .with_help("give each --value behind the --slot in which it stands"));
        }
        let slots = slots.iter().map(|slot| slot_of(slot)).collect::<Result<_>>()?;
        Ok(Self { account: account.map(str::to_owned), slots, values: values.to_vec() })
    }

    /// Why the proof of an account is not about what is stated; `None` where it is.
    pub(super) fn objection_to_account(&self, proof: &AccountProof) -> Option<String> {
        let names = known_names();
        if let Some(stated) = &self.account
            && account(&names, stated).ok() != Some(proof.address)
        {
            return Some(format!("it is about the account {}, not {stated}", proof.address.to_checksum(None)));
        }
        let mut slots = self.slots.clone();
        if slots.is_empty() && !self.values.is_empty() {
            let [only] = proof.storage_proof.as_slice() else {
                let count = proof.storage_proof.len();
                return Some(format!("it proves {count} slots; say with --slot in which the value stands"));
            };
            slots.push(only.key);
        }
        let mut values = self.values.iter();
        slots.iter().find_map(|slot| slot_objection(proof, *slot, values.next()))
    }

    /// The same of the proof of an object.
    pub(super) fn objection_to_object(&self, names: &Names, proof: &ObjectProof) -> Option<String> {
        if !self.slots.is_empty() {
            return Some("it is about an object, which has no slots".to_owned());
        }
        if let Some(stated) = &self.account {
            let found = account_of_object(names, &proof.key);
            let format = names.toolkits().get(proof.key.vm).map(|toolkit| toolkit.addresses());
            let meant = names.id(stated).or_else(|| format.and_then(|format| format.parse_given(stated).ok()));
            let is_same = |found: &NativeId| {
                Some(found) == meant.as_ref()
                    || account(names, stated).is_ok_and(|account| account == found.canonical())
            };
            if !found.as_ref().is_some_and(is_same) {
                let text = found.map_or_else(|| proof.key.key.to_string(), |id| names.toolkits().format_id(&id));
                return Some(format!("it is about the {} object {text}, not {stated}", proof.key.vm));
            }
        }
        let stated = self.values.first()?;
        let object = proof.object.clone().unwrap_or_default();
        (bytes_of(stated) != Some(object.clone()))
            .then(|| format!("the object is {:#}, not {stated}", Value::Bytes(object)))
    }
}

fn slot_objection(proof: &AccountProof, slot: B256, value: Option<&String>) -> Option<String> {
    let key = U256::from_be_bytes(slot.0);
    let Some(found) = proof.storage_proof.iter().find(|proved| proved.key == slot) else {
        return Some(format!("it says nothing about the slot {key:#x}"));
    };
    let stated = value?;
    match parse_value(&Type::U256, stated) {
        Ok(Value::Uint(stated)) if stated == found.value => None,
        Ok(Value::Uint(_)) => {
            Some(format!("its slot {key:#x} holds {:#x} ({}), not {stated}", found.value, number_text(found.value)))
        }
        Ok(_) => Some(format!("{stated:?} is no value of a slot")),
        Err(error) => Some(format!("{stated:?} is no value of a slot: {error}")),
    }
}

fn bytes_of(text: &str) -> Option<Bytes> {
    match parse_value(&Type::Bytes, text) {
        Ok(Value::Bytes(bytes)) => Some(bytes),
        _ => None,
    }
}
