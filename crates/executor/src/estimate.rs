//! The least gas limit with which a transaction succeeds.
//!
//! Estimating runs the same code as executing, on the same state, with one gas limit after another.

use crate::{executor::BlockRun, receipt::Receipt};
use alloc::boxed::Box;
use hexapla_evm::{ExecuteError, TxEnv};

/// A transaction's gas need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Estimate {
    /// With this limit it succeeds, with one less it fails.
    Gas(u64),
    /// It fails even with the highest limit: this is how.
    Fails(Box<Receipt>),
}

impl BlockRun {
    /// Searches the least gas limit between what the transaction used and the limit it carries.
    pub fn estimate_gas(&mut self, tx: &TxEnv) -> Result<Estimate, ExecuteError> {
        let full = self.simulate(tx.clone(), false)?;
        if !full.is_success() {
            return Ok(Estimate::Fails(Box::new(full)));
        }
        let (mut fails, mut succeeds) = (0, tx.gas_limit);
        // Most transactions need just what they used before refunds; trying near it first saves most of the search.
        let mut guess = full.gas_used.saturating_add(full.gas_used / 63 + 2300);
        while succeeds - fails > 1 {
            if guess <= fails || guess >= succeeds {
                guess = fails + (succeeds - fails) / 2;
            }
            if self.succeeds_with(tx, guess)? {
                succeeds = guess;
            } else {
                fails = guess;
            }
            guess = fails + (succeeds - fails) / 2;
        }
        Ok(Estimate::Gas(succeeds))
    }

    fn succeeds_with(&mut self, tx: &TxEnv, gas_limit: u64) -> Result<bool, ExecuteError> {
        let attempt = TxEnv { gas_limit, ..tx.clone() };
        match self.simulate(attempt, false) {
            Ok(receipt) => Ok(receipt.is_success()),
            // Below the intrinsic cost a transaction is not even valid.
            Err(ExecuteError::Invalid(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
