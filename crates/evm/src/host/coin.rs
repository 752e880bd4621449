//! Native coin that another VM's rules move.

use super::FrameHost;
use alloc::{format, string::ToString};
use hexapla_primitives::{Address, FaultKind, U256};
use hexapla_vm::{BalanceChange, Fatal, HostError, HostResult};
use revm::{context::ContextTr, context_interface::JournalTr};

impl FrameHost<'_> {
    /// Pairs debits with credits and books each pair as a transfer, so that no coin can arise or vanish.
    pub(super) fn move_coin(&mut self, changes: &[BalanceChange]) -> HostResult<()> {
        if changes.is_empty() {
            return Ok(());
        }
        self.writable()?;
        let sum = |credit: bool| {
            let mut same = changes.iter().filter(|change| change.credit == credit);
            same.try_fold(U256::ZERO, |sum, change| sum.checked_add(change.wei))
        };
        if sum(true).is_none() || sum(true) != sum(false) {
            return Err(Fatal("balances were changed whose sum is not zero".into()).into());
        }
        let mut credits = changes.iter().filter(|change| change.credit).copied();
        let mut credit = credits.next();
        for debit in changes.iter().filter(|change| !change.credit) {
            let mut left = debit.wei;
            while !left.is_zero() {
                let Some(open) = credit.as_mut() else { break };
                let part = left.min(open.wei);
                self.transfer(debit.account, open.account, part)?;
                left -= part;
                open.wei -= part;
                if open.wei.is_zero() {
                    credit = credits.next();
                }
            }
        }
        Ok(())
    }

    pub(super) fn transfer(&mut self, from: Address, to: Address, wei: U256) -> HostResult<()> {
        if wei.is_zero() {
            return Ok(());
        }
        self.load_account(from, false)?;
        let receiver = self.load_account(to, false)?;
        if receiver.is_empty() {
            self.pay(self.prices().new_account_cost(true, true))?;
        }
        match self.ctx().journal_mut().transfer(from, to, wei) {
            Ok(None) => Ok(()),
            Ok(Some(_)) => {
                let message = format!("the account {from} has less than the {wei} wei that it gives");
                Err(HostError::fault(FaultKind::InsufficientBalance, message))
            }
            Err(error) => Err(HostError::Fatal(Fatal(error.to_string()))),
        }
    }
}
