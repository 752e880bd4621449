//! What a transaction did.

use alloc::{string::String, vec::Vec};
use hexapla_primitives::{Address, B256, Bytes, Fault, Log, U256, keccak256};
use hexapla_state::TxChanges;
use hexapla_vm::{CallNode, Crossing};
use serde::Serialize;

/// Whether a transaction succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Everything it did stands.
    Success,
    /// Nothing it did stands, except the fee and the nonce.
    Failed,
}

/// What a transaction did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Whether it succeeded.
    pub status: Status,
    /// Return data; the failure in the EVM lane's native form; of a creation the code.
    pub output: Bytes,
    /// The new contract of a creation.
    pub created: Option<Address>,
    /// Why it failed: which contract of which VM, how, and a sentence.
    pub fault: Option<Fault>,
    /// Gas paid for, refunds subtracted.
    pub gas_used: u64,
    /// Fee for the block's beneficiary, in wei.
    pub fee: U256,
    /// Events in order.
    pub logs: Vec<Log>,
    /// What programs of VMs with a text log have said, in order; lines of failed frames included.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub program_log: Vec<String>,
    /// Calls between VMs in the order in which they began, failed ones included.
    pub crossings: Vec<Crossing>,
    /// The call tree, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<CallNode>,
}

impl Receipt {
    /// Whether the transaction succeeded.
    pub fn is_success(&self) -> bool {
        self.status == Status::Success
    }

    /// keccak256 of the receipt's canonical JSON without the trace: equal receipts have equal digests, on every
    /// machine and with every engine.
    pub fn digest(&self) -> B256 {
        let mut plain = self.clone();
        plain.trace = None;
        keccak256(serde_json::to_vec(&plain).unwrap_or_default())
    }
}

/// A receipt together with what the transaction read and wrote.
#[derive(Debug)]
pub struct Outcome {
    /// What it did.
    pub receipt: Receipt,
    /// What it read and wrote; the fee is not in it.
    pub changes: TxChanges,
}
