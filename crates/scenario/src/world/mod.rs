//! The world a scenario runs in: a chain, and the names and interfaces that people know its accounts by.
//!
//! - [`engine`]: the VMs, and chains on them
//! - `artifact`: compiled contracts from files
//! - [`names`]: names, addresses, ids, interfaces
//! - `ids`: ids and bytes that follow from names; `unresolved`: those that wait for names
//! - `callers`: interfaces as contracts of the EVM see them
//! - `genesis`: the contracts with which a chain begins
//! - `saved`: results that later steps use as `$name`
//! - `values`: values as people write them, with names for ids
//! - [`name_store`]: names that are kept in a database file, so that proofs can be asked for by name later

pub(crate) mod artifact;
mod callers;
pub mod engine;
mod genesis;
pub(crate) mod ids;
pub mod name_store;
pub mod names;
pub(crate) mod saved;
mod unresolved;
mod values;

pub(crate) use callers::for_callers;
pub use values::account;
pub(crate) use values::value;

use hexapla::Chain;
use hexapla_primitives::{NativeId, VmId};
use hexapla_toolkit::{TestSigner, Toolkits};
use names::Names;
use saved::Saved;
use std::collections::BTreeMap;
use unresolved::Unresolved;

/// Chain, names and saved results.
pub struct World {
    /// The chain.
    pub chain: Chain,
    /// What people call its accounts.
    pub names: Names,
    pub(crate) saved: Saved,
    pub(crate) unresolved: Unresolved,
    pub(crate) signers: BTreeMap<NativeId, Box<dyn TestSigner>>,
}

impl World {
    /// A chain whose accounts have these names.
    pub fn new(chain: Chain, names: Names) -> Self {
        let (saved, unresolved) = (Saved::default(), Unresolved::default());
        Self { chain, names, saved, unresolved, signers: BTreeMap::new() }
    }

    /// The toolkits.
    pub(crate) fn toolkits(&self) -> &Toolkits {
        self.names.toolkits()
    }

    /// Adds the signer that a name gives on a VM, and gives its id.
    pub(crate) fn add_signer(&mut self, vm: VmId, name: &str) -> Option<NativeId> {
        let signer = self.toolkits().get(vm)?.transactions()?.test_signer(name);
        let id = signer.id().clone();
        self.signers.insert(id.clone(), signer);
        Some(id)
    }
}
