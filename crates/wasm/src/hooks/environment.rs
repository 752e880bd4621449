//! Chain, block, transaction, message and meter.

use super::{Hook, Hooks};
use crate::prices;
use hexapla_primitives::U256;
use hexapla_vm::Environment;

impl Hooks<'_> {
    fn charge_pointer(&mut self) -> Hook<()> {
        self.session.charge(prices::HOOK + prices::POINTER)
    }

    fn value(&mut self, look: impl FnOnce(&Environment) -> u64) -> Hook<u64> {
        self.session.charge(prices::HOOK)?;
        self.session.environment(look)
    }

    fn environment_word(&mut self, dest: u32, look: impl FnOnce(&Environment) -> U256) -> Hook<()> {
        self.charge_pointer()?;
        let value = self.session.environment(look)?;
        self.put_number(dest, value)
    }

    pub(crate) fn block_basefee(&mut self, dest: u32) -> Hook<()> {
        self.environment_word(dest, |environment| U256::from(environment.block.base_fee))
    }

    pub(crate) fn block_coinbase(&mut self, dest: u32) -> Hook<()> {
        self.charge_pointer()?;
        let account = self.session.environment(|environment| environment.block.beneficiary)?;
        self.put(dest, account.as_slice())
    }

    pub(crate) fn block_gas_limit(&mut self) -> Hook<u64> {
        self.value(|environment| environment.block.gas_limit)
    }

    pub(crate) fn block_number(&mut self) -> Hook<u64> {
        self.value(|environment| environment.block.number)
    }

    pub(crate) fn block_timestamp(&mut self) -> Hook<u64> {
        self.value(|environment| environment.block.timestamp)
    }

    pub(crate) fn chainid(&mut self) -> Hook<u64> {
        self.value(|environment| environment.chain_id)
    }

    pub(crate) fn contract_address(&mut self, dest: u32) -> Hook<()> {
        self.charge_pointer()?;
        let target = self.session.frame.target;
        self.put(dest, target.as_slice())
    }

    pub(crate) fn evm_gas_left(&mut self) -> Hook<u64> {
        Ok(self.evm_ink_left()? / prices::INK_PER_GAS)
    }

    pub(crate) fn evm_ink_left(&mut self) -> Hook<u64> {
        self.session.charge(prices::HOOK)?;
        Ok(self.session.ink)
    }

    pub(crate) fn msg_reentrant(&mut self) -> Hook<u32> {
        self.session.charge(prices::HOOK)?;
        Ok(self.session.frame.reentrant.into())
    }

    pub(crate) fn msg_sender(&mut self, dest: u32) -> Hook<()> {
        self.charge_pointer()?;
        let caller = self.session.frame.caller;
        self.put(dest, caller.as_slice())
    }

    pub(crate) fn msg_value(&mut self, dest: u32) -> Hook<()> {
        self.charge_pointer()?;
        self.put_number(dest, self.session.frame.value)
    }

    pub(crate) fn tx_gas_price(&mut self, dest: u32) -> Hook<()> {
        self.environment_word(dest, |environment| U256::from(environment.tx.gas_price))
    }

    pub(crate) fn tx_ink_price(&mut self) -> Hook<u32> {
        self.session.charge(prices::HOOK)?;
        Ok(u32::try_from(prices::INK_PER_GAS).unwrap_or(u32::MAX))
    }

    pub(crate) fn tx_origin(&mut self, dest: u32) -> Hook<()> {
        self.charge_pointer()?;
        let origin = self.session.environment(|environment| environment.tx.origin)?;
        self.put(dest, origin.as_slice())
    }
}
