//! The VMs of one chain.

use crate::{CallConvention, SolidityConvention, Vm};
use alloc::{sync::Arc, vec::Vec};
use hexapla_primitives::VmId;

/// A tag was registered twice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the VM {0} is registered already; each VM may be registered once")]
pub struct DuplicateVm(pub VmId);

/// The VMs beside the EVM, in the order in which they were registered.
#[derive(Clone, Default)]
pub struct VmSet(Vec<Arc<dyn Vm>>);

impl VmSet {
    /// Adds a VM.
    pub fn with(mut self, vm: impl Vm + 'static) -> Result<Self, DuplicateVm> {
        if vm.id() == VmId::EVM || self.get(vm.id()).is_some() {
            return Err(DuplicateVm(vm.id()));
        }
        self.0.push(Arc::new(vm));
        Ok(self)
    }

    /// The VM with this tag.
    pub fn get(&self, id: VmId) -> Option<&Arc<dyn Vm>> {
        self.0.iter().find(|vm| vm.id() == id)
    }

    /// The VM that owns `code`. Code that does not begin with `0xEF` is the EVM's without asking anybody.
    #[inline]
    pub fn owner_of(&self, code: &[u8]) -> Option<&Arc<dyn Vm>> {
        if code.first() != Some(&0xEF) {
            return None;
        }
        self.0.iter().find(|vm| vm.owns(code))
    }

    /// How contracts of a VM are called. That of the EVM, which is not in the set, stands for those that are not there.
    pub fn convention(&self, id: VmId) -> &dyn CallConvention {
        self.get(id).map_or(&SolidityConvention, |vm| vm.convention())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Vm>> {
        self.0.iter()
    }
}

impl core::fmt::Debug for VmSet {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|vm| vm.id())).finish()
    }
}
