//! The programs with which a chain begins, and their interfaces.

use crate::{
    address::id_of,
    names::{SYSTEM, programs},
};
use hexapla_abi::Interface;
use hexapla_svm_types::Pubkey;
use hexapla_toolkit::Predeployed;
use std::sync::{Arc, LazyLock};

macro_rules! idl {
    ($file:literal) => {
        include_str!(concat!("../idl/", $file))
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
pub(crate) static PROGRAMS: LazyLock<Vec<Predeployed>> =
    LazyLock::new(|| programs().map(|(name, key)| known(name, key)).collect());

fn known(name: &'static str, id: Pubkey) -> Predeployed {
    let idl = INTERFACES.iter().find(|(of, _)| *of == name);
    let interface = idl.and_then(|(_, idl)| Interface::detect(idl).ok()).map(Arc::new);
    Predeployed { name, id: id_of(&id), interface }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interface_is_of_a_program_and_can_be_read() {
        for (name, _) in INTERFACES {
            let program = PROGRAMS.iter().find(|program| program.name == name).expect("a program of this name");
            assert!(program.interface.is_some(), "{name}");
        }
        let token = PROGRAMS[1].interface.as_ref().expect("an interface");
        assert!(token.function("transferChecked").or_else(|| token.function("transfer_checked")).is_some());
    }
}
