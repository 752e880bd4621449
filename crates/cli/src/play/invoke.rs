//! Raw instructions in the EVM lane.

use super::{Player, report::StepReport};
use crate::{
    problem::{Problem, Result},
    scenario::{Invoke, Step},
};
use hexapla_abi::Function;
use hexapla_primitives::Bytes;

/// How Solidity invokes any program.
const INVOKE: &str = "invoke((bytes32,bool,bool)[],bytes)(bytes)";

impl Player<'_> {
    /// Sends a raw instruction.
    pub(super) fn invoke(&mut self, step: &Step, invoke: &Invoke) -> Result<StepReport> {
        let source = &self.scenario.source;
        let data = match &invoke.data {
            Some(data) => self.world.bytes_of(data).map_err(|problem| problem.at(source, &data.span, "these bytes"))?,
            None => Bytes::new(),
        };
        let invocation = self
            .world
            .invocation(&invoke.accounts, data)
            .map_err(|problem| problem.at(source, &invoke.program.span, "an account of this instruction"))?;
        let function = Function::from_solidity_signature(INVOKE)
            .map_err(|error| Problem::new("hexapla::scenario::invoke", error.to_string()))?;
        let to = self.account(&invoke.program)?;
        let input = invocation.to_solidity();
        self.send(step, &invoke.sending, to, input, Some(&function), (false, invoke.save.as_ref()))
    }
}
