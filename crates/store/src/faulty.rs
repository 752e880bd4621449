//! A disk that breaks on command, for tests of what survives.
//!
//! [`FaultyDisk`] is a file in memory behind a volatile cache, as a real disk has one: a write lands
//! in the cache and is certain to be on the platter only after the next sync. A [`Plan`] says when
//! the power fails and what becomes of the cache then. After that, every operation fails, and
//! [`FaultyDisk::surviving`] is what the next start finds.
//!
//! The model leaves out reads that fail, and sectors: a torn write may end at any byte.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use redb::StorageBackend;

/// What becomes, when the power fails, of the writes since the last sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// None reaches the disk.
    Lost,
    /// All reach the disk.
    Kept,
    /// Each reaches the disk or not, by a sequence of random bits that begins at this seed: a disk may
    /// write its cache in any order.
    Scattered(u64),
}

/// When and how a [`FaultyDisk`] breaks. The default plan never breaks.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The power fails at this operation, counted from 0 over writes, syncs and changes of length.
    /// The operation itself fails; if it is a write, it is in the cache.
    pub kill_at: Option<u64>,
    /// What becomes of the cache when the power fails.
    pub cache: Cache,
    /// The write at which the power fails is torn: exactly this many of its bytes reach the disk.
    pub torn_bytes: Option<usize>,
    /// From this operation on, a sync reports success and does nothing.
    ///
    /// No database survives such a disk with all it promised: what it was told is durable is lost.
    /// What can be asked for is that the next start finds a whole old content, or says that it is corrupt.
    pub syncs_lie_from: Option<u64>,
    /// The file cannot grow beyond this many bytes; more is "no space left on device".
    pub space_bytes_max: Option<u64>,
}

impl Default for Plan {
    fn default() -> Self {
        Self { kill_at: None, cache: Cache::Lost, torn_bytes: None, syncs_lie_from: None, space_bytes_max: None }
    }
}

/// A file in memory that fails as its [`Plan`] says. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    plan: Plan,
    operations: u64,
    dead: bool,
    /// What is on the platter.
    stable: Vec<u8>,
    /// What a reader sees: the platter with the cache over it.
    visible: Vec<u8>,
    /// What was asked for since the last honest sync.
    cached: Vec<Cached>,
}

#[derive(Debug)]
enum Cached {
    Write { offset: usize, data: Vec<u8> },
    Length(usize),
}

impl FaultyDisk {
    /// An empty disk that does not break.
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk with this content and this plan.
    pub fn with_content(content: Vec<u8>, plan: Plan) -> Self {
        let state = State { plan, stable: content.clone(), visible: content, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// How many writes, syncs and changes of length were asked for so far.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Whether the power has failed.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// Makes the power fail now, if it has not failed yet.
    pub fn kill(&self) {
        self.state().die();
    }

    /// What the next start finds: the platter if the power has failed, otherwise everything written.
    pub fn surviving(&self) -> Vec<u8> {
        let state = self.state();
        if state.dead { state.stable.clone() } else { state.visible.clone() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Flips one bit of a file's content. Does nothing if the content is shorter.
pub fn flip_bit(content: &mut [u8], offset: usize, bit: u8) {
    if let Some(byte) = content.get_mut(offset) {
        *byte ^= 1 << (bit & 7);
    }
}

impl State {
    /// Counts an operation; `true` if the power fails at it.
    fn step(&mut self) -> io::Result<bool> {
        if self.dead {
            return Err(power_failure());
        }
        let number = self.operations;
        self.operations += 1;
        Ok(self.plan.kill_at == Some(number))
    }

    /// Loses or keeps the cache, as the plan says.
    fn die(&mut self) {
        if self.dead {
            return;
        }
        self.dead = true;
        let mut random = match self.plan.cache {
            Cache::Scattered(seed) => seed,
            _ => 0,
        };
        for operation in std::mem::take(&mut self.cached) {
            let reaches = match self.plan.cache {
                Cache::Lost => false,
                Cache::Kept => true,
                Cache::Scattered(_) => next_random(&mut random) & 1 == 1,
            };
            if reaches {
                operation.apply(&mut self.stable);
            }
        }
    }

    fn syncs_lie(&self) -> bool {
        self.plan.syncs_lie_from.is_some_and(|from| self.operations > from)
    }

    fn check_space(&self, length: u64) -> io::Result<()> {
        match self.plan.space_bytes_max {
            Some(max) if length > max && length > self.visible.len() as u64 => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }
}

impl Cached {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { offset, data } => {
                let end = offset + data.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*offset..end].copy_from_slice(data);
            }
            Self::Length(length) => content.resize(*length, 0),
        }
    }
}

impl StorageBackend for FaultyDisk {
    fn len(&self) -> io::Result<u64> {
        let state = self.state();
        if state.dead { Err(power_failure()) } else { Ok(state.visible.len() as u64) }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        if state.dead {
            return Err(power_failure());
        }
        let start = to_usize(offset)?;
        let end = start.checked_add(out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(state.visible.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state();
        let kill = state.step()?;
        state.check_space(len)?;
        let operation = Cached::Length(to_usize(len)?);
        operation.apply(&mut state.visible);
        state.cached.push(operation);
        if kill {
            state.die();
            return Err(power_failure());
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        if state.step()? {
            state.die();
            return Err(power_failure());
        }
        if !state.syncs_lie() {
            let state = &mut *state;
            for operation in state.cached.drain(..) {
                operation.apply(&mut state.stable);
            }
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let kill = state.step()?;
        state.check_space(offset.saturating_add(data.len() as u64))?;
        let operation = Cached::Write { offset: to_usize(offset)?, data: data.to_vec() };
        operation.apply(&mut state.visible);
        match state.plan.torn_bytes {
            Some(torn) if kill => {
                state.die();
                let data = data[..torn.min(data.len())].to_vec();
                Cached::Write { offset: to_usize(offset)?, data }.apply(&mut state.stable);
            }
            _ => state.cached.push(operation),
        }
        if kill {
            state.die();
            return Err(power_failure());
        }
        Ok(())
    }
}

fn to_usize(value: u64) -> io::Result<usize> {
    usize::try_from(value).map_err(|_| io::ErrorKind::InvalidInput.into())
}

fn power_failure() -> io::Error {
    io::Error::other("the simulated disk has lost its power")
}

/// SplitMix64: a small generator, so that a seed means the same everywhere.
fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
