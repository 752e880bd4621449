//! The storage tries in memory.

use hexapla_primitives::{Address, B256};
use hexapla_trie::Trie;
use std::collections::HashMap;

/// Storage tries that stay in memory between blocks; beyond this the least used are dropped and reloaded on demand.
const OPEN_TRIES_MAX: usize = 1024;

/// By address, with the time of their latest use.
#[derive(Default)]
pub(crate) struct StorageTries {
    open: HashMap<Address, (u64, Trie)>,
    clock: u64,
}

impl StorageTries {
    /// The trie of an account, whose root is this where it is not in memory yet.
    pub(crate) fn open(&mut self, address: Address, root: B256) -> &mut Trie {
        if self.open.len() >= OPEN_TRIES_MAX && !self.open.contains_key(&address) {
            self.drop_least_used();
        }
        self.clock += 1;
        let (used, trie) = self.open.entry(address).or_insert_with(|| (0, Trie::at_root(root)));
        *used = self.clock;
        trie
    }

    pub(crate) fn forget(&mut self, address: Address) {
        self.open.remove(&address);
    }

    /// Drops half of them at once, so that the search for the least used is paid rarely.
    fn drop_least_used(&mut self) {
        let mut used: Vec<u64> = self.open.values().map(|(used, _)| *used).collect();
        used.sort_unstable();
        let Some(&median) = used.get(used.len() / 2) else {
            return;
        };
        self.open.retain(|_, (used, _)| *used > median);
    }

    /// The memory that they use, in bytes, about.
    pub(crate) fn memory(&self) -> usize {
        self.open.values().map(|(_, trie)| trie.memory()).sum()
    }

    /// Uses no more than about `bytes`: leaves go first, then the tries that are used least, then parts of those that
    /// are left. All must be stored.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        self.open.values_mut().for_each(|(_, trie)| trie.drop_leaves());
        while self.open.len() > 1 && self.memory() > bytes {
            self.drop_least_used();
        }
        self.open.values_mut().for_each(|(_, trie)| trie.shrink(bytes));
    }
}
