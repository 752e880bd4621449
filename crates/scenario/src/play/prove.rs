//! Proofs of the state as it is, as values for later steps.

use super::{
    Player,
    report::{StepKind, StepReport},
};
use crate::{
    format::{At, ObjectName, Prove, Proved, Step},
    problem::{Problem, Result},
    world::saved::{follow_mut, parts_of},
};
use hexapla::{Chain, ObjectProof};
use hexapla_abi::Tree;
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, VmId, keccak256};
use hexapla_toolkit::Toolkits;
use hexapla_trie::AccountProof;
use serde_json::json;

impl Player<'_> {
    pub(super) fn prove(&mut self, step: &Step, prove: &Prove) -> Result<StepReport> {
        let root = self.world.chain.root();
        let (mut saved, note) = match &prove.what {
            Proved::Account { account, slots } => {
                let address = self.account(account)?;
                let slots = slots.iter().map(|slot| slot.value).collect::<Vec<_>>();
                let proof = self.world.chain.account_proof(address, &slots)?;
                let what = if slots.is_empty() { String::new() } else { format!(" and {} of its slots", slots.len()) };
                (account_tree(&proof), format!("{}{what}", account.value))
            }
            Proved::Object(name) => {
                let key = self.object_key(name)?;
                let proof = self.world.chain.object_proof(&key)?;
                (object_tree(&proof), format!("the {} object {}", key.vm, key.key))
            }
        };
        if let Tree::Object(fields) = &mut saved {
            fields.insert("root".to_owned(), root.to_string().into());
        }
        for part in &prove.tamper {
            flip(&mut saved, &prove.save.value, &part.value)
                .map_err(|problem| problem.at(&self.scenario.source, &part.span, "this part"))?;
        }
        self.world.saved.insert(&prove.save.value, saved);
        let mut report = StepReport::of(step, StepKind::Proof);
        let tampered = if prove.tamper.is_empty() { "" } else { ", with a flipped bit" };
        report.note = Some(format!("proof of {note} as ${}{tampered}", prove.save.value));
        Ok(report)
    }

    fn object_key(&self, name: &ObjectName) -> Result<ObjectKey> {
        match name {
            ObjectName::OfContract(contract) => {
                let address = self.account(contract)?;
                object_of_contract(&self.scenario.toolkits, &self.world.chain, address, &contract.value)
                    .map_err(|problem| problem.at(&self.scenario.source, &contract.span, "this contract"))
            }
            ObjectName::Key { vm, key } => Ok(ObjectKey::new(self.vm(vm)?, self.bytes(key)?)),
        }
    }

    fn vm(&self, vm: &At<String>) -> Result<VmId> {
        vm_named(&vm.value).map_err(|problem| problem.at(&self.scenario.source, &vm.span, "this VM"))
    }
}

/// The VM of this name.
///
/// # Errors
///
/// There is none.
pub fn vm_named(name: &str) -> Result<VmId> {
    let known = VmId::KNOWN;
    known.into_iter().find(|vm| vm.name() == name).ok_or_else(|| {
        let names = known.map(VmId::name);
        Problem::new("hexapla::unknown_vm", format!("there is no VM `{name}`"))
            .with_help(crate::nearest::did_you_mean(name, names.iter().map(AsRef::as_ref)))
    })
}

/// The object in which its VM remembers that a contract's code may run.
///
/// # Errors
///
/// No VM keeps such an object of this code, or the state cannot be read.
pub fn object_of_contract(toolkits: &Toolkits, chain: &Chain, address: Address, name: &str) -> Result<ObjectKey> {
    let code = chain.code(address)?;
    if let Some(key) = toolkits.iter().find_map(|toolkit| toolkit.object_of_code(&code)) {
        return Ok(key);
    }
    let kinds = toolkits.iter().filter_map(|toolkit| toolkit.contract_with_object()).collect::<Vec<_>>();
    let message = format!("`{name}` is not {}, so no object belongs to it", kinds.join(" or "));
    Err(Problem::new("hexapla::no_object", message).with_help("name the object by its VM and key"))
}

fn account_tree(proof: &AccountProof) -> Tree {
    let hex = |nodes: &[Bytes]| nodes.iter().map(|node| Tree::String(node.to_string())).collect::<Tree>();
    let slots = proof.storage_proof.iter();
    json!({
        "address": proof.address.to_checksum(None),
        "nonce": proof.nonce,
        "balance": proof.balance.to_string(),
        "storage_hash": proof.storage_hash.to_string(),
        "code_hash": proof.code_hash.to_string(),
        "account_proof": hex(&proof.account_proof),
        "slot": slots.clone().map(|slot| slot.key.to_string()).collect::<Vec<_>>(),
        "value": slots.clone().map(|slot| slot.value.to_string()).collect::<Vec<_>>(),
        "storage_proof": slots.map(|slot| hex(&slot.proof)).collect::<Vec<_>>(),
    })
}

fn object_tree(proof: &ObjectProof) -> Tree {
    let mut tree = account_tree(&proof.column);
    if let Tree::Object(fields) = &mut tree {
        let hash = proof.object.as_ref().map_or(B256::ZERO, keccak256);
        fields
            .insert("object".to_owned(), proof.object.as_ref().map_or(Tree::Null, |object| object.to_string().into()));
        fields.insert("object_hash".to_owned(), hash.to_string().into());
    }
    tree
}

/// Flips the lowest bit of the last byte of a part; of a list, of its last element.
fn flip(saved: &mut Tree, name: &str, path: &str) -> Result<()> {
    let parts = parts_of(name, saved);
    let unusable = || {
        Problem::new("hexapla::scenario::tamper", format!("the proof has no bytes at `{path}`"))
            .with_help(parts.clone())
    };
    let mut part = follow_mut(saved, path).ok_or_else(unusable)?;
    while let Tree::Array(items) = part {
        part = items.last_mut().ok_or_else(unusable)?;
    }
    let Tree::String(text) = part else {
        return Err(unusable());
    };
    let mut bytes = alloy_primitives::hex::decode(&*text).map_err(|_| unusable())?;
    *bytes.last_mut().ok_or_else(unusable)? ^= 1;
    *text = alloy_primitives::hex::encode_prefixed(bytes);
    Ok(())
}
