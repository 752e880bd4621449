//! The open tag of a virtual machine.

use alloc::{borrow::Cow, format};
use core::fmt;
use serde::{Deserialize, Serialize};

/// Which virtual machine something belongs to.
///
/// The tag is open: a crate outside this workspace may use any number from 128 up for a VM of its own.
/// Nothing outside the place where VMs are registered may match on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VmId(pub u8);

impl VmId {
    /// The Ethereum virtual machine.
    pub const EVM: Self = Self(0);
    /// WASM as Arbitrum Stylus runs it.
    pub const WASM: Self = Self(1);
    /// Solana's sBPF.
    pub const SVM: Self = Self(2);
    /// Move.
    pub const MOVE: Self = Self(3);
    /// Cairo as Starknet runs it.
    pub const CAIRO: Self = Self(4);
    /// FuelVM.
    pub const FUEL: Self = Self(5);
    /// The VMs that have a name.
    pub const KNOWN: [Self; 6] = [Self::EVM, Self::WASM, Self::SVM, Self::MOVE, Self::CAIRO, Self::FUEL];
    /// No VM but a column of the host: the home records of accounts, by canonical address.
    pub const IDENTITY: Self = Self(64);
    /// No VM but a column of the host: the interfaces of contracts.
    pub const INTERFACE: Self = Self(65);

    /// Short lower-case name for people, e.g. `evm`; unknown tags are `vm-200`.
    pub fn name(self) -> Cow<'static, str> {
        const NAMES: [&str; 6] = ["evm", "wasm", "svm", "move", "cairo", "fuel"];
        match (NAMES.get(usize::from(self.0)), self) {
            (Some(name), _) => (*name).into(),
            (None, Self::IDENTITY) => "identity".into(),
            (None, Self::INTERFACE) => "interface".into(),
            (None, _) => format!("vm-{}", self.0).into(),
        }
    }
}

impl fmt::Display for VmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

impl fmt::Debug for VmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_unknown_tags_have_names() {
        assert_eq!(VmId::WASM.to_string(), "wasm");
        assert_eq!(VmId(200).to_string(), "vm-200");
    }
}
