//! The contracts that Ethereum's blocks call themselves.

use alloc::vec::Vec;
use alloy_eips::{
    eip2935::{HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE},
    eip4788::{BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CODE},
    eip7002::{WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, WITHDRAWAL_REQUEST_PREDEPLOY_CODE, WITHDRAWAL_REQUEST_TYPE},
    eip7251::{
        CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, CONSOLIDATION_REQUEST_PREDEPLOY_CODE, CONSOLIDATION_REQUEST_TYPE,
    },
};
use hexapla_primitives::{Address, Bytes};
use revm::primitives::hardfork::SpecId;

/// Bytes that the transaction of EIP-7251 deploys; the constant has two more.
const CONSOLIDATION_CODE_BYTES: usize = 414;

/// A contract that blocks call.
#[derive(Clone, Debug)]
pub struct Predeploy {
    /// Its address, the same on every chain.
    pub address: Address,
    /// Its code.
    pub code: Bytes,
    /// What it is for.
    pub role: PredeployRole,
}

/// What a block calls such a contract for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PredeployRole {
    /// Keeps the hashes of earlier blocks (EIP-2935): called with the parent's before the first transaction.
    ParentHashes,
    /// Keeps the roots of beacon blocks (EIP-4788): called with the parent's before the first transaction.
    BeaconRoots,
    /// Collects requests of this type (EIP-7685): called without data after the last transaction.
    Requests(u8),
}

/// Those of a fork, in the order in which blocks call them.
pub fn predeploys(spec: SpecId) -> Vec<Predeploy> {
    let consolidations = &CONSOLIDATION_REQUEST_PREDEPLOY_CODE;
    let consolidations = consolidations.slice(..CONSOLIDATION_CODE_BYTES.min(consolidations.len()));
    let (withdrawals, roots) = (WITHDRAWAL_REQUEST_PREDEPLOY_CODE.clone(), BEACON_ROOTS_CODE.clone());
    let all = [
        (SpecId::CANCUN, BEACON_ROOTS_ADDRESS, roots, PredeployRole::BeaconRoots),
        (SpecId::PRAGUE, HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE.clone(), PredeployRole::ParentHashes),
        (
            SpecId::PRAGUE,
            WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
            withdrawals,
            PredeployRole::Requests(WITHDRAWAL_REQUEST_TYPE),
        ),
        (
            SpecId::PRAGUE,
            CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
            consolidations,
            PredeployRole::Requests(CONSOLIDATION_REQUEST_TYPE),
        ),
    ];
    let in_fork = all.into_iter().filter(|(since, ..)| spec.is_enabled_in(*since));
    in_fork.map(|(_, address, code, role)| Predeploy { address, code, role }).collect()
}
