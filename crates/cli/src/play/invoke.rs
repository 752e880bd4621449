//! Solana programs that are deployed, and raw instructions.

use super::{
    Player,
    report::{StepKind, StepReport},
};
use crate::{
    problem::{Problem, Result},
    scenario::{Deploy, Invoke, Step},
    world::{artefact::Contract, names::base58_text},
};
use hexapla_abi::Function;
use hexapla_executor::svm::{Pubkey, genesis};
use hexapla_primitives::{B256, Bytes};

/// How Solidity invokes any program.
const INVOKE: &str = "invoke((bytes32,bool,bool)[],bytes)(bytes)";

impl Player<'_> {
    /// Puts a program into the state. Its loader would do the same in many transactions.
    pub(super) fn install(
        &mut self,
        step: &Step,
        deploy: &Deploy,
        contract: &Contract,
        elf: &Bytes,
        id: B256,
    ) -> Result<StepReport> {
        let program = Pubkey::new_from_array(id.0);
        self.world.chain.insert_svm_accounts(genesis::program(program, elf, None))?;
        let (interface, source) = (contract.interface.clone(), contract.registered.clone());
        self.world.add_program(&deploy.name.value, program, interface, source)?;
        self.world.settle();
        let mut report = StepReport::of(step, StepKind::Deploy);
        let typed = if contract.registered.is_some() { "with" } else { "without" };
        let text = base58_text(&id);
        report.note = Some(format!("{} is the program {text}, {typed} an interface", deploy.name.value));
        Ok(report)
    }

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
