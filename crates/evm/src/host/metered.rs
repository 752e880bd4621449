//! State and the gas that pays for it.

use crate::machine::Ctx;
use alloc::{format, string::ToString};
use hexapla_primitives::{Bytes, FaultKind, HomeRecord, ObjectKey};
use hexapla_vm::{Fatal, HostError, HostResult};
use revm::{
    context_interface::{Cfg, cfg::GasParams},
    interpreter::Gas,
};

/// The only way to objects: no access without gas.
///
/// An object is one leaf plus its bytes. The leaf costs what a storage slot costs (EIP-2929, EIP-2200), the bytes what
/// code costs: 3 gas a word to copy, 6 a word to hash, 200 for each byte by which it grows (yellow paper, G_codedeposit).
pub(crate) struct Metered<'a> {
    pub(crate) ctx: &'a mut Ctx,
    pub(crate) gas: &'a mut Gas,
}

impl Metered<'_> {
    fn prices(&self) -> &GasParams {
        self.ctx.cfg.gas_params()
    }

    /// Nothing is left.
    pub(crate) fn out_of_gas(&mut self) -> HostError {
        self.gas.spend_all();
        HostError::OUT_OF_GAS
    }

    /// Takes `cost`, or everything.
    pub(crate) fn charge(&mut self, cost: u64) -> HostResult<()> {
        if self.gas.record_regular_cost(cost) { Ok(()) } else { Err(self.out_of_gas()) }
    }

    /// Takes what copying bytes costs.
    pub(crate) fn charge_copy(&mut self, bytes: usize) -> HostResult<()> {
        self.charge(self.prices().copy_cost(bytes))
    }

    /// Runs a cost that has two parts (EIP-8037).
    pub(crate) fn with(&mut self, cost: impl FnOnce(&mut Gas) -> bool) -> HostResult<()> {
        if cost(self.gas) { Ok(()) } else { Err(self.out_of_gas()) }
    }

    /// The access itself: a cold object is loaded once that is paid.
    fn access(&mut self, key: &ObjectKey) -> HostResult<hexapla_state::ObjectAccess> {
        self.charge(self.prices().warm_storage_read_cost())?;
        if !self.ctx.journaled_state.is_object_warm(key) {
            self.charge(self.prices().cold_storage_additional_cost())?;
        }
        let access = self.ctx.journaled_state.object_access(key);
        access.map_err(|error| HostError::Fatal(Fatal(error.to_string())))
    }

    pub(crate) fn read_object(&mut self, key: &ObjectKey) -> HostResult<Option<Bytes>> {
        let access = self.access(key)?;
        self.charge(self.prices().copy_cost(access.present.as_ref().map_or(0, |object| object.len())))?;
        Ok(access.present)
    }

    /// Writes or removes an object. Whether the frame may write is for its caller to know.
    pub(crate) fn write_object(&mut self, key: &ObjectKey, value: Option<Bytes>) -> HostResult<()> {
        let access = self.access(key)?;
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
        let length: usize = value.as_ref().map_or(0, |object| object.len());
        let growth = length.saturating_sub(access.present.map_or(0, |object| object.len()));
        let cost = leaf
            .saturating_add(prices.copy_cost(length))
            .saturating_add(prices.keccak256_cost(length))
            .saturating_add(prices.code_deposit_cost(growth));
        self.charge(cost)?;
        let written = self.ctx.journaled_state.set_object(key, value);
        written.map_err(|error| HostError::Fatal(Fatal(error.to_string())))
    }

    /// Writes the home record of an account, or finds it; a read-only frame writes nothing.
    pub(crate) fn write_home(&mut self, home: &HomeRecord, read_only: bool) -> HostResult<()> {
        let canonical = home.canonical();
        let key = HomeRecord::key(canonical);
        let record = home.to_bytes();
        match self.read_object(&key)? {
            Some(known) if known == record => Ok(()),
            Some(_) => {
                let message = format!("another account already has the address {canonical}; this id cannot be used");
                Err(HostError::fault(FaultKind::Border, message))
            }
            // What a read-only frame looks at is not written down.
            None if read_only => Ok(()),
            None => self.write_object(&key, Some(record)),
        }
    }
}
