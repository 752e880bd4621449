//! The contracts with which a chain begins, and their interfaces.

use super::{World, callers::for_callers};
use crate::problem::Result;
use hexapla::system;
use hexapla_abi::Interface;
use hexapla_primitives::NativeId;
use hexapla_toolkit::{Toolkit, Toolkits};
use std::sync::Arc;

/// The name of the contract through which the host serves contracts.
const SYSTEM_CONTRACT_NAME: &str = "hexapla";

impl World {
    /// Puts all contracts that are there from the beginning on a chain that has nothing yet.
    pub(crate) fn begin(&mut self) -> Result<()> {
        let toolkits: Toolkits = self.toolkits().clone();
        for (_, accounts) in toolkits.with_accounts() {
            self.chain.insert_accounts(accounts.genesis())?;
        }
        toolkits.iter().flat_map(Toolkit::well_known).for_each(|known| self.names.add_well_known(known));
        self.chain.insert_system_contracts()?;
        let offered = Arc::new(system::interface().clone());
        self.names.add_contract(SYSTEM_CONTRACT_NAME, system::SYSTEM_CONTRACT, Some(offered), 0);
        for (_, accounts) in toolkits.with_accounts() {
            for contract in accounts.predeployed() {
                let interface = contract.interface.as_ref().map(|source| Arc::new(for_callers(source)));
                self.add_native_contract(contract.name, &contract.id, interface, contract.interface.clone())?;
            }
        }
        Ok(())
    }

    /// Names a contract that has an id of its own VM, and tells the chain its interface.
    pub(crate) fn add_native_contract(
        &mut self,
        name: &str,
        id: &NativeId,
        interface: Option<Arc<Interface>>,
        source: Option<Arc<Interface>>,
    ) -> Result<()> {
        let address = id.canonical();
        self.names.add_contract(name, address, interface, 0);
        self.names.add_id(name, id);
        if let Some(source) = source {
            self.chain.set_interface(address, &source)?;
            self.names.set_source(address, source);
        }
        Ok(())
    }
}
