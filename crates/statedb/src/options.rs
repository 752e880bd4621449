//! What can be chosen about a state.

use std::time::Duration;

/// Memory where nothing else is said, in bytes.
const MEMORY_BYTES: usize = 256 << 20;

/// Blocks between two checkpoints where nothing else is said.
const CHECKPOINT_BLOCKS: u64 = 1_000;

/// What can be chosen about a [`StateDb`](crate::StateDb).
///
/// What is said of blocks here is true of every commit, whether it has a block number or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateOptions {
    /// Memory between two blocks, in bytes, about: 256 MiB by default. It holds the tries, what the blocks since the
    /// last checkpoint have changed, rows that were read, and what past blocks need. What does not fit is dropped and
    /// loaded again when it is needed, or written to the store earlier. What a single block needs, and the caches of
    /// the store, come on top.
    pub memory_bytes: usize,
    /// After how many blocks the log is made durable: 1 by default, so that each commit is durable when it returns.
    /// With more, a power failure takes the blocks since; [`StateDb::sync`](crate::StateDb::sync) makes them durable at
    /// once. 0 is as 1.
    pub sync_blocks: u64,
    /// The log is made durable with a block that is committed this long after the first one that is not durable, even
    /// if `sync_blocks` asks for less. `None` by default. Nothing happens without a commit: whoever wants a bound on
    /// the time calls [`StateDb::sync`](crate::StateDb::sync).
    pub sync_time: Option<Duration>,
    /// The blocks in the log are written to the store after so many blocks, or earlier when they use too much memory:
    /// 1,000 by default; some 50 blocks of 1,000 transfers are as much as the memory takes. More of them make writing
    /// cheaper and opening slower. 0 is as 1.
    pub checkpoint_blocks: u64,
    /// So many blocks before the newest one can still be read and proved: none by default. They cost memory, and keep
    /// the store from using freed space again; where they need more than a quarter of the memory, the oldest go. None
    /// from before the state was opened is there.
    pub history_blocks: u64,
}

impl Default for StateOptions {
    fn default() -> Self {
        Self {
            memory_bytes: MEMORY_BYTES,
            sync_blocks: 1,
            sync_time: None,
            checkpoint_blocks: CHECKPOINT_BLOCKS,
            history_blocks: 0,
        }
    }
}

/// How the memory of a state with a log is divided: most of it is for tries.
impl StateOptions {
    /// For rows that were read.
    pub(crate) const fn cache_bytes_max(&self) -> usize {
        self.memory_bytes / 16
    }

    /// For rows that blocks have changed since a checkpoint. While it is written, as much comes again.
    pub(crate) const fn recent_bytes_max(&self) -> usize {
        self.memory_bytes / 8
    }

    /// For tries.
    pub(crate) const fn tries_bytes_max(&self) -> usize {
        self.memory_bytes - self.cache_bytes_max() - 2 * self.recent_bytes_max()
    }

    /// For states of past blocks.
    pub(crate) const fn history_bytes_max(&self) -> usize {
        self.memory_bytes / 4
    }
}

/// The memory that a [`StateDb`](crate::StateDb) uses between two blocks, in bytes, about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateMemory {
    /// Nodes of tries.
    pub tries: usize,
    /// Rows that blocks have changed since the last checkpoint.
    pub recent: usize,
    /// Rows of the store that were read.
    pub cache: usize,
    /// What only past blocks need.
    pub history: usize,
}

impl StateMemory {
    /// All of it.
    pub const fn total(&self) -> usize {
        self.tries + self.recent + self.cache + self.history
    }
}
