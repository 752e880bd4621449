//! The Solana programs with which a chain begins, and their interfaces.

use crate::{problem::Result, world::World};
use hexapla::{
    svm::{Pubkey, canonical, spl},
    system,
};
use hexapla_abi::{Abi, Interface, Projection};
use hexapla_primitives::B256;
use std::sync::{Arc, LazyLock};

/// A program that is there from the beginning.
pub(crate) struct Program {
    /// The name under which scenarios know it.
    pub(crate) name: &'static str,
    /// Its id.
    pub(crate) id: Pubkey,
    /// What the chain is told about it.
    pub(crate) source: Option<Arc<Interface>>,
    /// The same as a Solidity developer sees it.
    pub(crate) interface: Option<Arc<Interface>>,
}

/// The name of the VM.
pub(crate) const VM: &str = "svm";

/// The name of the contract through which the host serves contracts.
const SYSTEM_CONTRACT_NAME: &str = "hexapla";

/// The name of the System program.
const SYSTEM: &str = "system-program";

macro_rules! idl {
    ($file:literal) => {
        include_str!(concat!("../../../../contracts/svm/idl/", $file))
    };
}

/// The interfaces of programs, by the programs' names.
const INTERFACES: [(&str, &str); 5] = [
    (SYSTEM, idl!("system.json")),
    ("spl-token", idl!("spl-token.json")),
    ("spl-token-2022", idl!("token-2022.json")),
    ("spl-associated-token-account", idl!("associated-token.json")),
    ("spl-memo", idl!("memo.json")),
];

/// The programs with which a chain begins.
pub(crate) static PROGRAMS: LazyLock<Vec<Program>> = LazyLock::new(|| {
    let spl = spl::PROGRAMS.iter().map(|program| known(program.name, program.id));
    std::iter::once(known(SYSTEM, Pubkey::default())).chain(spl).collect()
});

fn known(name: &'static str, id: Pubkey) -> Program {
    let idl = INTERFACES.iter().find(|(of, _)| *of == name);
    let source = idl.and_then(|(_, idl)| Interface::detect(idl).ok()).map(Arc::new);
    let interface = source.as_ref().map(|source| Arc::new(for_solidity(source)));
    Program { name, id, source, interface }
}

/// An interface as callers of the EVM lane see it: functions, and for each layout a function that reads such an account.
pub(crate) fn for_solidity(source: &Arc<Interface>) -> Interface {
    if source.abi == Abi::Solidity {
        return (**source).clone();
    }
    let projection = Projection::new(Arc::clone(source), Abi::Solidity);
    let mut shown = projection.interface().clone();
    shown.functions.extend(projection.readers().iter().map(|reader| reader.function.clone()));
    shown
}

/// Puts the programs and the system contract on a chain that has nothing yet.
pub(crate) fn begin(world: &mut World) -> Result<()> {
    world.chain.insert_accounts(spl::genesis())?;
    world.chain.insert_system_contract()?;
    let offered = Arc::new(system::interface().clone());
    world.names.add_contract(SYSTEM_CONTRACT_NAME, system::SYSTEM_CONTRACT, Some(offered), 0);
    for program in PROGRAMS.iter() {
        world.add_program(program.name, program.id, program.interface.clone(), program.source.clone())?;
    }
    Ok(())
}

impl World {
    /// Names a program and tells the chain its interface.
    pub(crate) fn add_program(
        &mut self,
        name: &str,
        id: Pubkey,
        interface: Option<Arc<Interface>>,
        source: Option<Arc<Interface>>,
    ) -> Result<()> {
        let address = canonical(&id);
        self.names.add_contract(name, address, interface, 0);
        self.names.add_key(name, B256::from(id.to_bytes()));
        if let Some(source) = source {
            self.chain.set_interface(address, &source)?;
            self.names.set_source(address, source);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interface_is_of_a_program_and_can_be_read() {
        for (name, _) in INTERFACES {
            let program = PROGRAMS.iter().find(|program| program.name == name).expect("a program of this name");
            assert!(program.source.is_some(), "{name}");
        }
        let token = PROGRAMS[1].interface.as_ref().expect("an interface");
        assert!(token.function("transferChecked").is_some() && token.function("readAccount").is_some());
    }
}
