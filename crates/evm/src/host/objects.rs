//! Home records, designators and words; the border's view of state.

use super::{FrameHost, Metered};
use crate::bytecode;
use alloc::{format, string::ToString};
use hexapla_primitives::{Address, Bytes, FaultKind, HomeRecord, ObjectKey, U256, identity::designator};
use hexapla_vm::{BorderState, Fatal, HostError, HostResult};
use revm::{context::ContextTr, context_interface::JournalTr};

/// The border's view of state: the journal of the running transaction, paid by the frame that is let in or has ended.
pub(crate) struct JournalState<'a> {
    pub(crate) metered: Metered<'a>,
    pub(crate) read_only: bool,
    pub(crate) is_traced: bool,
}

impl BorderState for JournalState<'_> {
    fn gas_left(&self) -> u64 {
        self.metered.gas.remaining()
    }

    fn charge(&mut self, gas: u64) -> HostResult<()> {
        self.metered.charge(gas)
    }

    fn object(&mut self, key: &ObjectKey) -> HostResult<Option<Bytes>> {
        self.metered.read_object(key)
    }

    fn peek(&mut self, key: &ObjectKey) -> Result<Option<Bytes>, Fatal> {
        self.metered.ctx.journaled_state.peek_object(key).map_err(|error| Fatal(error.to_string()))
    }

    fn set_home(&mut self, home: &HomeRecord) -> HostResult<()> {
        self.metered.write_home(home, self.read_only)
    }

    fn is_traced(&self) -> bool {
        self.is_traced
    }
}

impl FrameHost<'_> {
    pub(super) fn write_home(&mut self, native_id: &[u8]) -> HostResult<Address> {
        let (vm, read_only) = (self.frame.vm, self.frame.read_only);
        let home = HomeRecord { vm, native_id: Bytes::copy_from_slice(native_id) };
        self.metered().write_home(&home, read_only)?;
        Ok(home.canonical())
    }

    pub(super) fn write_designator(&mut self, native_id: &[u8]) -> HostResult<()> {
        self.writable()?;
        let canonical = self.write_home(native_id)?;
        let code = designator(self.frame.vm, native_id);
        let known = self.load_account(canonical, true)?.code.bytes;
        if known == code {
            return Ok(());
        }
        if !known.is_empty() {
            let message = format!("the address {canonical} has other code already; this id cannot become a contract");
            return Err(HostError::fault(FaultKind::Create, message));
        }
        self.pay(self.prices().code_deposit_cost(code.len()))?;
        let code = bytecode(&code);
        let hash = code.hash_slow();
        self.ctx().journal_mut().set_code_with_hash(canonical, code, hash);
        Ok(())
    }

    pub(super) fn read_word(&mut self, account: Address, key: U256) -> HostResult<U256> {
        self.pay(self.prices().warm_storage_read_cost())?;
        let cold = self.prices().cold_storage_additional_cost();
        let skip_cold = self.paying().remaining() < cold;
        let word = match revm::interpreter::Host::sload_skip_cold_load(self.ctx(), account, key, skip_cold) {
            Ok(word) => word,
            Err(error) => return Err(self.load_error(error)),
        };
        if word.is_cold {
            self.pay(cold)?;
        }
        Ok(word.data)
    }
}
