//! Transactions of all lanes, as they are executed.

use alloc::{boxed::Box, format, vec::Vec};
use hexapla_evm::TxEnv;
use hexapla_primitives::{Address, B256, Bytes, VmId, platform::catch_panic};
use hexapla_vm::{LaneChecks, LaneRejection, LaneTransaction, VmSet};

/// A transaction that can be executed, and executed again on other state.
#[expect(
    clippy::large_enum_variant,
    reason = "a transaction of the EVM lane is moved once; a box for each would cost more"
)]
pub enum Transaction {
    /// Of the EVM's lane.
    Evm(EvmTransaction),
    /// Of the lane of another VM.
    Lane {
        /// The VM.
        vm: VmId,
        /// The transaction as its lane has decoded it.
        tx: Box<dyn LaneTransaction>,
    },
}

/// A transaction of the EVM's lane whose sender is known.
#[derive(Clone, Debug)]
pub struct EvmTransaction {
    /// What revm executes.
    pub env: TxEnv,
    /// Hash of the signed transaction; `None` for one that nobody signed, such as a simulated call.
    pub hash: Option<B256>,
}

impl From<TxEnv> for Transaction {
    fn from(env: TxEnv) -> Self {
        Self::Evm(EvmTransaction { env, hash: None })
    }
}

impl Transaction {
    /// Decodes a transaction as its users sign it, and checks what can be checked without state: once, on any thread. Of the
    /// EVM's lane these are the bytes of `eth_sendRawTransaction` (EIP-2718), whose sender is recovered whatever `checks`
    /// says.
    pub(crate) fn decode(vms: &VmSet, vm: VmId, raw: &[u8], checks: LaneChecks) -> Result<Self, LaneRejection> {
        catch_panic(|| Self::decode_unguarded(vms, vm, raw, checks)).unwrap_or_else(|panic| {
            Err(LaneRejection::new("Internal", format!("a bug while decoding: {}", panic.message())))
        })
    }

    fn decode_unguarded(vms: &VmSet, vm: VmId, raw: &[u8], checks: LaneChecks) -> Result<Self, LaneRejection> {
        if vm == VmId::EVM {
            let (env, hash) = hexapla_evm::decode_transaction(raw)?;
            return Ok(Self::Evm(EvmTransaction { env, hash: Some(hash) }));
        }
        let owner = vms.get(vm);
        let Some(lane) = owner.and_then(|vm| vm.lane()) else {
            return Err(LaneRejection::new("NoLane", format!("{vm} has no transactions of its own on this chain")));
        };
        Ok(Self::Lane { vm, tx: lane.decode(raw, checks)? })
    }

    /// The VM of its lane.
    pub fn vm(&self) -> VmId {
        match self {
            Self::Evm(_) => VmId::EVM,
            Self::Lane { vm, .. } => *vm,
        }
    }

    /// What clients of its VM know it by: the hash of a signed EVM transaction, the first signature of Solana's. Empty for
    /// one that nobody signed.
    pub fn id(&self) -> Bytes {
        match self {
            Self::Evm(tx) => tx.hash.map(|hash| Bytes::copy_from_slice(hash.as_slice())).unwrap_or_default(),
            Self::Lane { tx, .. } => Bytes::copy_from_slice(tx.id()),
        }
    }

    /// Canonical addresses of those whom it names as its signers; the one that pays comes first. Whether they have signed is
    /// what it was decoded with ([`LaneChecks::signatures`]); of one made from a `TxEnv` nobody has.
    pub fn signers(&self) -> Vec<Address> {
        match self {
            Self::Evm(tx) => [tx.env.caller].into(),
            Self::Lane { tx, .. } => tx.signers(),
        }
    }

    /// Most gas that it can use.
    pub fn gas_limit(&self) -> u64 {
        match self {
            Self::Evm(tx) => tx.env.gas_limit,
            Self::Lane { tx, .. } => tx.gas_limit(),
        }
    }
}
