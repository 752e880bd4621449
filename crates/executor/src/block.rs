//! What a block does itself, before its first transaction and after its last.

use crate::executor::BlockRun;
use alloc::{format, vec::Vec};
use hexapla_evm::{ExecuteError, Predeploy, PredeployRole, predeploys};
use hexapla_primitives::{B256, Bytes};

/// What contracts ask of the consensus layer (EIP-7685).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its type: 1 withdrawal (EIP-7002), 2 consolidation (EIP-7251).
    pub kind: u8,
    /// Its data: requests of the type one behind the other.
    pub data: Bytes,
}

impl BlockRun {
    /// Begins the block: contracts learn the hash of its parent (EIP-2935, since Prague) and the root of its parent's beacon
    /// block (EIP-4788, since Cancun). Where they are not on this chain, nothing happens.
    ///
    /// # Errors
    ///
    /// The state cannot be read.
    pub fn begin(&mut self, parent: B256, beacon_root: B256) -> Result<(), ExecuteError> {
        for Predeploy { address, role, .. } in predeploys(self.spec()) {
            let told = match role {
                PredeployRole::ParentHashes => parent,
                PredeployRole::BeaconRoots => beacon_root,
                PredeployRole::Requests(_) => continue,
            };
            self.call_as_block(address, Bytes::copy_from_slice(told.as_slice()))?;
        }
        Ok(())
    }

    /// Ends the block: what its transactions have asked of the consensus layer through the contracts of EIP-7002 and
    /// EIP-7251 (since Prague), in the order of types, without types of which there is nothing. Deposits (EIP-6110) are in
    /// the logs of transactions.
    ///
    /// # Errors
    ///
    /// The state cannot be read, or such a contract fails: the block is not valid.
    pub fn end(&mut self) -> Result<Vec<Request>, ExecuteError> {
        let mut requests = Vec::new();
        for Predeploy { address, role, .. } in predeploys(self.spec()) {
            let PredeployRole::Requests(kind) = role else { continue };
            let called = self.call_as_block(address, Bytes::new())?;
            if let Some(fault) = called.fault {
                let why = format!("the contract {address}, which it calls at its end, has failed: {fault}");
                return Err(ExecuteError::Block(why));
            }
            if !called.output.is_empty() {
                requests.push(Request { kind, data: called.output });
            }
        }
        Ok(requests)
    }
}
