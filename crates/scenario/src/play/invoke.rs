//! Raw calls in the EVM's lane.

use super::{Player, report::StepReport};
use crate::{
    format::{At, Invoke, Step},
    problem::{Problem, Result},
};
use hexapla_abi::Function;
use hexapla_primitives::{Bytes, VmId};
use hexapla_toolkit::Toolkit;

impl Player<'_> {
    /// Sends a raw call.
    pub(super) fn invoke(&mut self, step: &Step, invoke: &Invoke) -> Result<StepReport> {
        let source = &self.scenario.source;
        let data = match &invoke.data {
            Some(data) => self.world.bytes_of(data).map_err(|problem| problem.at(source, &data.span, "these bytes"))?,
            None => Bytes::new(),
        };
        let vm = self.vm_of_raw_call(&invoke.program);
        let accounts = self.world.accounts(vm, &invoke.accounts);
        let accounts =
            accounts.map_err(|problem| problem.at(source, &invoke.program.span, "an account of this instruction"))?;
        let transactions = self.transactions(vm)?;
        let function = Function::from_solidity_signature(transactions.raw_call_signature())
            .map_err(|error| Problem::new("hexapla::scenario::invoke", error.to_string()))?;
        let to = self.account(&invoke.program)?;
        let input = transactions.raw_call(&accounts, &data);
        self.send(step, &invoke.sending, to, input, Some(&function), (false, invoke.save.as_ref()))
    }

    /// The VM in whose form a raw call is made: that of the contract, where it has an id of its own.
    fn vm_of_raw_call(&self, contract: &At<String>) -> VmId {
        let vm = self.world.names.id(&contract.value).map(|id| id.vm);
        let has_own = |vm: &VmId| self.scenario.toolkits.get(*vm).and_then(Toolkit::transactions).is_some();
        vm.filter(has_own).unwrap_or_else(|| self.world.default_vm())
    }
}
