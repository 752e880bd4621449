//! The interfaces of contracts as state, and their projections, computed once.
//!
//! Two objects of the interface column make an entry: under the contract's canonical address the hash of its interface
//! and the length, under the hash the interface itself ([`Interface::to_bytes`]). Equal contracts share the second one,
//! and what was computed from it stays valid for as long as the hash stands.

use hexapla_abi::{Abi, Interface, Projection, WireError};
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, VmId, keccak256};
use hexapla_vm::{BorderState, Fatal};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Interfaces whose projections are kept in memory.
const CACHED_MAX: usize = 1024;
/// Length of an entry: the hash, and the interface's length in bytes as a little-endian `u32`.
const ENTRY_BYTES: usize = 36;

/// Which interface a contract has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// keccak256 of the interface's bytes.
    pub hash: B256,
    /// Their number.
    pub length: u32,
}

impl Entry {
    /// The key of a contract's entry.
    pub fn key(contract: Address) -> ObjectKey {
        ObjectKey::new(VmId::INTERFACE, contract.into_array())
    }

    /// The key of the interface itself.
    pub fn body_key(&self) -> ObjectKey {
        ObjectKey::new(VmId::INTERFACE, self.hash.0)
    }

    /// Reads an entry.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; ENTRY_BYTES] = bytes.try_into().ok()?;
        let (hash, length) = bytes.split_at(32);
        Some(Self { hash: B256::from_slice(hash), length: u32::from_le_bytes(length.try_into().ok()?) })
    }

    /// An entry as it is stored.
    pub fn to_bytes(&self) -> Bytes {
        [self.hash.as_slice(), &self.length.to_le_bytes()].concat().into()
    }
}

/// The objects that give `contract` an interface. They are written together.
pub fn objects(contract: Address, interface: &Interface) -> Result<[(ObjectKey, Bytes); 2], WireError> {
    let body: Bytes = interface.to_bytes()?.into();
    let entry = Entry { hash: keccak256(&body), length: u32::try_from(body.len()).unwrap_or(u32::MAX) };
    Ok([(Entry::key(contract), entry.to_bytes()), (entry.body_key(), body)])
}

/// The entry of a contract; `None` where it has no interface.
pub fn entry_of(contract: Address, state: &mut dyn BorderState) -> Result<Option<Entry>, Fatal> {
    let Some(bytes) = state.object(&Entry::key(contract))? else { return Ok(None) };
    Entry::from_bytes(&bytes).map(Some).ok_or_else(|| Fatal(format!("the interface entry of {contract} is damaged")))
}

/// Projections by interface and target, shared by all blocks and threads.
#[derive(Debug, Default)]
pub struct Projections {
    /// Nothing is kept.
    none: bool,
    kept: Mutex<HashMap<(B256, Abi), Arc<Projection>>>,
}

impl Projections {
    /// None that are kept: each is computed anew.
    pub fn uncached() -> Self {
        Self { none: true, kept: Mutex::default() }
    }

    /// The interface behind `entry` as `target` sees it.
    pub fn get(&self, entry: &Entry, target: Abi, state: &mut dyn BorderState) -> Result<Arc<Projection>, Fatal> {
        let key = (entry.hash, target);
        if let Some(known) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        let body = state.object(&entry.body_key())?;
        let body = body.ok_or_else(|| Fatal(format!("the interface {} is missing", entry.hash)))?;
        let interface = Interface::from_bytes(&body)
            .map_err(|error| Fatal(format!("the interface {} cannot be read: {error}", entry.hash)))?;
        let projection = Arc::new(Projection::new(Arc::new(interface), target));
        if self.none {
            return Ok(projection);
        }
        let mut cached = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.len() >= CACHED_MAX {
            cached.clear();
        }
        cached.insert(key, Arc::clone(&projection));
        Ok(projection)
    }
}
