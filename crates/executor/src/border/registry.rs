//! The interfaces of contracts as state, and their projections, computed once.
//!
//! Two objects of the interface column make an entry: under the contract's canonical address an [`Entry`], under the
//! interface's hash the interface itself ([`Interface::to_bytes`]). Equal contracts share the second one, and what was
//! computed from it stays valid for as long as the hash stands.
//!
//! What a call pays for an interface depends on the entry and on the transaction alone, not on what a node has in memory:
//! the first call of a transaction pays for reading and projecting the interface, whether or not that is done, and the
//! projection is then held until the transaction ends ([`PaidProjections`]). So nobody makes the host do it again for nothing.

use alloc::{collections::BTreeMap, format, sync::Arc, vec::Vec};
use hexapla_abi::{Abi, Interface, Projection, WireError};
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, VmId, keccak256, platform::Lock};
use hexapla_vm::{BorderState, Fatal, HostResult};

/// Bytes that projections may take in memory, by their weights.
pub const CACHE_BYTES: usize = 64 << 20;
/// Length of an entry.
const ENTRY_BYTES: usize = 32 + 4 + 4 + 32;
/// Gas of reading and projecting each 32 units of an interface's weight.
const PROJECTION_GAS: u64 = 3;

/// Which interface a contract has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// keccak256 of the interface's bytes.
    pub hash: B256,
    /// Their number.
    pub length: u32,
    /// What reading and projecting it takes: [`Interface::weight`].
    pub weight: u32,
    /// Hash of the code that the contract had when the interface was registered. For other code the entry does not count.
    pub code_hash: B256,
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

    /// Reads an entry: `hash (32) ‖ length (4) ‖ weight (4) ‖ code hash (32)`, numbers little-endian.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (hash, rest) = bytes.split_first_chunk::<32>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (weight, rest) = rest.split_first_chunk::<4>()?;
        Some(Self {
            hash: hash.into(),
            length: u32::from_le_bytes(*length),
            weight: u32::from_le_bytes(*weight),
            code_hash: B256::try_from(rest).ok()?,
        })
    }

    /// An entry as it is stored.
    pub fn to_bytes(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(ENTRY_BYTES);
        bytes.extend(self.hash);
        bytes.extend(self.length.to_le_bytes());
        bytes.extend(self.weight.to_le_bytes());
        bytes.extend(self.code_hash);
        bytes.into()
    }
}

/// The objects that give `contract`, whose code has this hash, an interface. They are written together.
pub fn objects(
    contract: Address,
    code_hash: B256,
    interface: &Interface,
) -> Result<[(ObjectKey, Bytes); 2], WireError> {
    let body: Bytes = interface.to_bytes()?.into();
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let weight = u32::try_from(interface.weight()).unwrap_or(u32::MAX);
    let entry = Entry { hash: keccak256(&body), length, weight, code_hash };
    Ok([(Entry::key(contract), entry.to_bytes()), (entry.body_key(), body)])
}

/// The entry of a contract with this code; `None` where it has no interface, or one for other code.
pub fn entry_of(contract: Address, code_hash: B256, state: &mut dyn BorderState) -> HostResult<Option<Entry>> {
    let Some(bytes) = state.object(&Entry::key(contract))? else { return Ok(None) };
    let damaged = || Fatal(format!("the interface entry of {contract} is damaged"));
    let entry = Entry::from_bytes(&bytes).ok_or_else(damaged)?;
    Ok((entry.code_hash == code_hash).then_some(entry))
}

/// Sum of the weights of the interfaces whose projections a transaction holds. A projection has up to five
/// times the weight of its interface.
const HELD_WEIGHT_MAX: u64 = 16 << 20;

/// The projections that the running transaction has paid for.
#[derive(Debug, Default)]
pub struct PaidProjections {
    projections: BTreeMap<(B256, Abi), Arc<Projection>>,
    /// Sum of the weights of their interfaces.
    weight: u64,
}

impl PaidProjections {
    /// The interface behind `entry` as `target` sees it. The first call of a transaction pays for it; where there is no room
    /// for more, all are let go and paid again.
    pub fn get(
        &mut self,
        all: &Projections,
        entry: &Entry,
        target: Abi,
        state: &mut dyn BorderState,
    ) -> HostResult<Arc<Projection>> {
        if let Some(held) = self.projections.get(&(entry.hash, target)) {
            return Ok(Arc::clone(held));
        }
        let weight = u64::from(entry.weight);
        state.charge(PROJECTION_GAS.saturating_mul(weight.div_ceil(32)))?;
        if self.weight.saturating_add(weight) > HELD_WEIGHT_MAX {
            self.clear();
        }
        let projection = all.get(entry, target, state)?;
        self.weight = self.weight.saturating_add(weight);
        self.projections.insert((entry.hash, target), Arc::clone(&projection));
        Ok(projection)
    }

    /// The transaction has ended.
    pub fn clear(&mut self) {
        self.projections.clear();
        self.weight = 0;
    }
}

/// Projections by interface and target, shared by all blocks and threads; those unused for longest make room.
#[derive(Debug)]
pub struct Projections {
    bytes_max: usize,
    kept: Lock<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: BTreeMap<(B256, Abi), Known>,
    /// Sum of their weights.
    bytes: usize,
    uses: u64,
}

#[derive(Debug)]
struct Known {
    projection: Arc<Projection>,
    bytes: usize,
    last_use: u64,
}

impl Projections {
    /// None yet, and room for `bytes_max` of them. With 0 none is kept.
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, kept: Lock::default() }
    }

    /// The interface behind `entry`, which has been paid, as `target` sees it.
    pub fn get(&self, entry: &Entry, target: Abi, state: &mut dyn BorderState) -> Result<Arc<Projection>, Fatal> {
        let key = (entry.hash, target);
        if let Some(known) = self.kept(&key) {
            return Ok(known);
        }
        let body = state.peek(&entry.body_key())?;
        let body = body.ok_or_else(|| Fatal(format!("the interface {} is missing", entry.hash)))?;
        let interface = Interface::from_bytes(&body)
            .map_err(|error| Fatal(format!("the interface {} cannot be read: {error}", entry.hash)))?;
        let projection = Arc::new(Projection::new(Arc::new(interface), target));
        self.keep(key, &projection);
        Ok(projection)
    }

    fn kept(&self, key: &(B256, Abi)) -> Option<Arc<Projection>> {
        let mut kept = self.kept.lock();
        kept.uses += 1;
        let now = kept.uses;
        let known = kept.entries.get_mut(key)?;
        known.last_use = now;
        Some(Arc::clone(&known.projection))
    }

    /// Searches for the oldest only when there is no room: making a projection takes far longer.
    fn keep(&self, key: (B256, Abi), projection: &Arc<Projection>) {
        let bytes = usize::try_from(projection.weight()).unwrap_or(usize::MAX);
        if bytes > self.bytes_max {
            return;
        }
        let mut kept = self.kept.lock();
        while kept.bytes.saturating_add(bytes) > self.bytes_max {
            let oldest = kept.entries.iter().min_by_key(|(_, known)| known.last_use).map(|(key, _)| *key);
            let Some(removed) = oldest.and_then(|oldest| kept.entries.remove(&oldest)) else { break };
            kept.bytes = kept.bytes.saturating_sub(removed.bytes);
        }
        let last_use = kept.uses;
        let known = Known { projection: Arc::clone(projection), bytes, last_use };
        let replaced = kept.entries.insert(key, known).map_or(0, |known| known.bytes);
        kept.bytes = kept.bytes.saturating_add(bytes).saturating_sub(replaced);
    }
}
