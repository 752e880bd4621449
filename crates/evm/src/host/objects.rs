//! Objects, home records and designators, at one price list for all VMs.
//!
//! An object is one leaf plus its bytes. The leaf costs what a storage slot costs (EIP-2929, EIP-2200), the bytes what
//! code costs: 3 gas a word to copy, 6 a word to hash, 200 for each byte by which it grows (yellow paper, G_codedeposit).

use super::{FrameHost, charge};
use crate::bytecode;
use hexapla_primitives::{
    Address, B256, Bytes, FaultKind, HomeRecord, ObjectKey, U256,
    identity::{canonical_of, designator},
};
use hexapla_state::ObjectAccess;
use hexapla_vm::{BorderState, Fatal, HostError, HostResult};
use revm::{Database, context::ContextTr, context_interface::JournalTr};

use crate::machine::Ctx;

/// The border's view of state: the journal of the running transaction.
pub(crate) struct JournalState<'a>(pub(crate) &'a mut <Ctx as ContextTr>::Journal);

impl BorderState for JournalState<'_> {
    fn object(&mut self, key: &ObjectKey) -> Result<Option<Bytes>, Fatal> {
        self.0.object(key).map_err(|error| Fatal(error.to_string()))
    }

    fn set_object(&mut self, key: &ObjectKey, value: Option<Bytes>) -> Result<(), Fatal> {
        self.0.set_object(key, value).map_err(|error| Fatal(error.to_string()))
    }
}

impl FrameHost<'_> {
    fn access_object(&mut self, gas: &mut u64, key: &ObjectKey) -> HostResult<ObjectAccess> {
        charge(gas, self.prices().warm_storage_read_cost())?;
        let access = self.machine.evm.ctx.journaled_state.object_access(key);
        let access = access.map_err(|error| Fatal(error.to_string()))?;
        if access.is_cold {
            charge(gas, self.prices().cold_storage_additional_cost())?;
        }
        Ok(access)
    }

    pub(super) fn read_object(&mut self, gas: &mut u64, key: &ObjectKey) -> HostResult<Option<Bytes>> {
        let access = self.access_object(gas, key)?;
        charge(gas, self.prices().copy_cost(access.present.as_ref().map_or(0, |object| object.len())))?;
        Ok(access.present)
    }

    pub(super) fn write_object(&mut self, gas: &mut u64, key: &ObjectKey, value: Option<Bytes>) -> HostResult<()> {
        self.writable()?;
        let access = self.access_object(gas, key)?;
        if access.present == value {
            return Ok(());
        }
        let prices = self.prices();
        // As a slot: the first change of a new one, of an old one, and any later change.
        let leaf = match (&access.original, &access.present) {
            (original, present) if original != present => 0,
            (None, _) => prices.sstore_set_without_load_cost(),
            (Some(_), _) => prices.sstore_reset_without_cold_load_cost(),
        };
        let length = value.as_ref().map_or(0, |object| object.len());
        let growth = length.saturating_sub(access.present.map_or(0, |object| object.len()));
        let cost = leaf
            .saturating_add(prices.copy_cost(length))
            .saturating_add(prices.keccak256_cost(length))
            .saturating_add(prices.code_deposit_cost(growth));
        charge(gas, cost)?;
        let written = self.machine.evm.ctx.journaled_state.set_object(key, value);
        written.map_err(|error| HostError::Fatal(Fatal(error.to_string())))
    }

    pub(super) fn write_home(&mut self, gas: &mut u64, native_id: &[u8]) -> HostResult<Address> {
        let vm = self.frame.vm;
        let canonical = canonical_of(vm, native_id);
        let key = HomeRecord::key(canonical);
        let record = HomeRecord { vm, native_id: Bytes::copy_from_slice(native_id) }.to_bytes();
        match self.read_object(gas, &key)? {
            Some(known) if known == record => {}
            Some(_) => {
                let message = format!("another account already has the address {canonical}; this id cannot be used");
                return Err(HostError::fault(FaultKind::Border, message));
            }
            // What a read-only frame looks at is not written down.
            None if self.frame.read_only => {}
            None => self.write_object(gas, &key, Some(record))?,
        }
        Ok(canonical)
    }

    pub(super) fn write_designator(&mut self, gas: &mut u64, native_id: &[u8]) -> HostResult<()> {
        self.writable()?;
        let canonical = self.write_home(gas, native_id)?;
        let code = designator(self.frame.vm, native_id);
        let known = self.load_account(gas, canonical, true)?.code.bytes;
        if known == code {
            return Ok(());
        }
        if !known.is_empty() {
            let message = format!("the address {canonical} has other code already; this id cannot become a contract");
            return Err(HostError::fault(FaultKind::Create, message));
        }
        charge(gas, self.prices().code_deposit_cost(code.len()))?;
        let code = bytecode(&code);
        let hash = code.hash_slow();
        self.ctx().journal_mut().set_code_with_hash(canonical, code, hash);
        Ok(())
    }

    pub(super) fn read_word(&mut self, gas: &mut u64, account: Address, key: U256) -> HostResult<U256> {
        charge(gas, self.prices().warm_storage_read_cost())?;
        let cold = self.prices().cold_storage_additional_cost();
        let skip_cold = *gas < cold;
        let word = match revm::interpreter::Host::sload_skip_cold_load(self.ctx(), account, key, skip_cold) {
            Ok(word) => word,
            Err(error) => return Err(self.load_error(error)),
        };
        if word.is_cold {
            charge(gas, cold)?;
        }
        Ok(word.data)
    }

    pub(super) fn read_block_hash(&mut self, gas: &mut u64, number: u64) -> HostResult<B256> {
        charge(gas, BLOCK_HASH_GAS)?;
        let hash = self.ctx().db_mut().block_hash(number);
        hash.map_err(|error| HostError::Fatal(Fatal(error.to_string())))
    }
}

/// Gas of BLOCKHASH (yellow paper, G_blockhash).
const BLOCK_HASH_GAS: u64 = 20;
