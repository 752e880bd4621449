//! revm's mainnet rules, except that the beneficiary's fee is handed out instead of being booked.

use crate::machine::Machine;
use hexapla_primitives::U256;
use hexapla_state::StateError;
use revm::{
    context::{
        Cfg, ContextTr, Transaction,
        result::{EVMError, HaltReason},
    },
    handler::{FrameResult, Handler},
    primitives::hardfork::SpecId,
};

pub(crate) struct LaneHandler;

impl Handler for LaneHandler {
    type Evm = Machine;
    type Error = EVMError<StateError>;
    type HaltReason = HaltReason;

    /// Fees never pass through the journal: every transaction would conflict with every other on the beneficiary.
    fn reward_beneficiary(&self, machine: &mut Machine, result: &mut FrameResult) -> Result<(), Self::Error> {
        let ctx = &machine.evm.ctx;
        if ctx.cfg().is_fee_charge_disabled() {
            return Ok(());
        }
        let base_fee = u128::from(ctx.block.basefee);
        let price = ctx.tx().effective_gas_price(base_fee);
        let burned = if ctx.cfg().spec().is_enabled_in(SpecId::LONDON) { base_fee } else { 0 };
        // Reservoir gas (EIP-8037) that was not used goes back to the sender.
        let gas = result.gas();
        let used = gas.used().saturating_sub(gas.reservoir());
        machine.fee = U256::from(price.saturating_sub(burned)) * U256::from(used);
        Ok(())
    }
}
