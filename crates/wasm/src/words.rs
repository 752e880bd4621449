//! The storage cache of a frame.
//!
//! Programs read through it and write into it; writes reach the host when the program flushes. What was never
//! flushed is lost at the end, as on Stylus.

use alloc::vec::Vec;
use alloy_primitives::map::HashMap;
use hexapla_primitives::U256;

struct Entry {
    key: U256,
    value: U256,
    /// What the host has, as far as it is known.
    known: Option<U256>,
    /// Whether it stands in [`StorageCache::written`].
    queued: bool,
}

/// Words that were read or written, in the order in which they were first used.
#[derive(Default)]
pub(crate) struct StorageCache {
    entries: Vec<Entry>,
    positions: HashMap<U256, usize>,
    /// Positions of the entries that were written since the last flush, so that a flush does not visit all entries.
    written: Vec<usize>,
}

impl StorageCache {
    /// The word as the frame sees it, if it is known without asking the host.
    pub(crate) fn get(&self, key: U256) -> Option<U256> {
        let entry = self.entries.get(*self.positions.get(&key)?)?;
        Some(entry.value)
    }

    /// Number of words.
    pub(crate) fn len(&self) -> u64 {
        self.entries.len().try_into().unwrap_or(u64::MAX)
    }

    /// Remembers what the host has.
    pub(crate) fn learn(&mut self, key: U256, value: U256) {
        self.add(key, value, Some(value));
    }

    /// Writes a word, for now.
    pub(crate) fn write(&mut self, key: U256, value: U256) {
        let position = match self.positions.get(&key) {
            Some(position) => *position,
            None => self.add(key, value, None),
        };
        if let Some(entry) = self.entries.get_mut(position) {
            entry.value = value;
            if !core::mem::replace(&mut entry.queued, true) {
                self.written.push(position);
            }
        }
    }

    /// The writes that the host does not know yet, in order. They count as known afterwards.
    pub(crate) fn take_dirty(&mut self) -> Vec<(U256, U256)> {
        let mut written = core::mem::take(&mut self.written);
        written.sort_unstable();
        let mut dirty = Vec::with_capacity(written.len());
        for position in written {
            let Some(entry) = self.entries.get_mut(position) else {
                continue;
            };
            entry.queued = false;
            if entry.known != Some(entry.value) {
                entry.known = Some(entry.value);
                dirty.push((entry.key, entry.value));
            }
        }
        dirty
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn add(&mut self, key: U256, value: U256, known: Option<U256>) -> usize {
        let position = self.entries.len();
        self.positions.insert(key, position);
        self.entries.push(Entry { key, value, known, queued: false });
        position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn word(value: u64) -> U256 {
        U256::from_limbs([value, 0, 0, 0])
    }

    #[test]
    fn only_changed_words_are_dirty_and_in_the_order_of_their_first_use() {
        let mut cache = StorageCache::default();
        cache.learn(word(9), word(1));
        cache.write(word(3), word(30));
        cache.write(word(1), word(10));
        cache.write(word(9), word(90));
        cache.write(word(3), word(31));
        assert_eq!(cache.get(word(3)), Some(word(31)));
        let dirty = [(word(9), word(90)), (word(3), word(31)), (word(1), word(10))];
        assert_eq!(cache.take_dirty(), dirty);
        assert_eq!(cache.take_dirty(), []);
        cache.write(word(9), word(90));
        assert_eq!(cache.take_dirty(), [], "the host has it already");
        cache.clear();
        assert_eq!(cache.get(word(9)), None);
    }
}
