//! Interfaces that the chain is told by a transaction of a contract's owner or creator.

use super::{Player, report::StepReport};
use crate::{
    format::{Register, Step},
    problem::{Problem, Result},
    world::for_callers,
};
use hexapla::system;
use hexapla_abi::{Codec as _, Interface, SolidityCodec, Value};
use hexapla_primitives::{Address, Bytes};
use std::sync::Arc;

/// Creations of an account among which a contract is looked for.
const NONCES_MAX: u64 = 10_000;

impl Player<'_> {
    /// Registers an interface: as the owner, or else as who has created the contract.
    pub(super) fn register(
        &mut self,
        step: &Step,
        register: &Register,
        interface: &Arc<Interface>,
    ) -> Result<StepReport> {
        let contract = self.account(&register.contract)?;
        let data = interface.to_bytes().map_err(|error| {
            Problem::new("hexapla::scenario::interface", error.to_string()).at(
                &self.scenario.source,
                &register.interface.span,
                "this file",
            )
        })?;
        let data = Value::Bytes(data.into());
        let from = self.sender(&register.sending)?;
        let by_owner = ("setInterface", vec![Value::Address(contract), data.clone()]);
        let by_creator = self
            .nonce_of(from, contract)?
            .map(|nonce| ("setInterfaceOfCreated", vec![Value::Address(contract), Value::uint(nonce), data]));
        let (name, values) = match by_creator {
            Some(by_creator) if !self.is_accepted(from, &by_owner)? => by_creator,
            _ => by_owner,
        };
        let function = system::interface().functions.iter().find(|function| function.name == name);
        let input = self.asked(name, &values)?;
        let report = self.send(step, &register.sending, system::SYSTEM_CONTRACT, input, function, (false, None))?;
        if report.sent.as_ref().is_some_and(|sent| sent.receipt.is_success()) {
            self.world.names.set_source(contract, interface.clone());
            if self.world.names.interface(contract).is_none() {
                let (name, shown) = (&register.contract.value, Arc::new(for_callers(interface)));
                self.world.names.add_contract(name, contract, Some(shown), 0);
            }
        }
        Ok(report)
    }

    /// The nonce with which an account has created a contract.
    fn nonce_of(&self, creator: Address, contract: Address) -> Result<Option<u64>> {
        let next = self.world.chain.account(creator)?.nonce;
        Ok((0..next.min(NONCES_MAX)).find(|nonce| creator.create(*nonce) == contract))
    }

    fn is_accepted(&self, from: Address, (name, values): &(&str, Vec<Value>)) -> Result<bool> {
        let call = self.world.chain.call(from, system::SYSTEM_CONTRACT, self.asked(name, values)?)?;
        Ok(self.world.chain.simulate(call)?.is_success())
    }

    /// A call of the system contract.
    fn asked(&self, name: &str, values: &[Value]) -> Result<Bytes> {
        let function = system::interface().functions.iter().find(|function| function.name == name);
        let encoded = function.map(|function| SolidityCodec::default().encode_call(function, values)).transpose();
        let encoded = encoded.map_err(|error| Problem::new("hexapla::scenario::encoding", error.to_string()))?;
        Ok(encoded.unwrap_or_default())
    }
}
