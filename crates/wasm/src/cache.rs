//! A map from code hashes to what was made of the code, bounded by the bytes that it holds.

use alloc::{collections::BTreeMap, vec, vec::Vec};
use alloy_primitives::map::HashMap;
use hexapla_primitives::{
    B256,
    platform::{Lock, LockGuard},
};

/// Keeps values of at most `max_bytes` together; those unused for longest make room. The newest value stays even if
/// it alone is larger. With zero bytes nothing is kept.
pub(crate) struct Cache<V> {
    inner: Lock<Inner<V>>,
    max_bytes: u64,
}

struct Inner<V> {
    entries: HashMap<B256, Entry<V>>,
    /// Keys by their last use, so that finding the oldest takes no walk over all.
    ages: BTreeMap<u64, B256>,
    uses: u64,
    bytes: u64,
}

struct Entry<V> {
    value: V,
    bytes: u64,
    last_use: u64,
}

impl<V: Clone> Cache<V> {
    pub(crate) fn new(max_bytes: u64) -> Self {
        let inner = Inner { entries: HashMap::default(), ages: BTreeMap::new(), uses: 0, bytes: 0 };
        Self { inner: Lock::new(inner), max_bytes }
    }

    pub(crate) fn get(&self, key: &B256) -> Option<V> {
        self.lock().touch(key)
    }

    /// Puts a value that holds so many bytes in, in place of what the key had, and gives back what made room for it.
    pub(crate) fn insert(&self, key: B256, value: V, bytes: u64) -> Vec<(B256, V)> {
        if self.max_bytes == 0 {
            return vec![(key, value)];
        }
        let mut inner = self.lock();
        inner.remove(&key);
        let mut evicted = Vec::new();
        while inner.bytes.saturating_add(bytes) > self.max_bytes {
            let Some((_, oldest)) = inner.ages.first_key_value() else { break };
            let oldest = *oldest;
            evicted.extend(inner.remove(&oldest).map(|value| (oldest, value)));
        }
        inner.add(key, value, bytes);
        evicted
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// Bytes that all values hold.
    pub(crate) fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    fn lock(&self) -> LockGuard<'_, Inner<V>> {
        self.inner.lock()
    }
}

impl<V: Clone> Inner<V> {
    fn touch(&mut self, key: &B256) -> Option<V> {
        let entry = self.entries.get_mut(key)?;
        self.ages.remove(&entry.last_use);
        self.uses += 1;
        entry.last_use = self.uses;
        self.ages.insert(self.uses, *key);
        Some(entry.value.clone())
    }

    fn add(&mut self, key: B256, value: V, bytes: u64) {
        self.uses += 1;
        self.ages.insert(self.uses, key);
        self.entries.insert(key, Entry { value, bytes, last_use: self.uses });
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn remove(&mut self, key: &B256) -> Option<V> {
        let entry = self.entries.remove(key)?;
        self.ages.remove(&entry.last_use);
        self.bytes = self.bytes.saturating_sub(entry.bytes);
        Some(entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f23_the_values_unused_for_longest_make_room() {
        let cache = Cache::new(20);
        let key = B256::repeat_byte;
        assert_eq!(cache.insert(key(1), 'a', 8), []);
        assert_eq!(cache.insert(key(2), 'b', 8), []);
        assert_eq!(cache.get(&key(1)), Some('a'));
        assert_eq!(cache.insert(key(3), 'c', 8), [(key(2), 'b')]);
        assert_eq!((cache.len(), cache.bytes()), (2, 16));
        assert_eq!(cache.get(&key(2)), None);
        assert_eq!(cache.insert(key(4), 'd', 20), [(key(1), 'a'), (key(3), 'c')]);
        assert_eq!((cache.len(), cache.bytes()), (1, 20));
    }

    #[test]
    fn a_value_that_is_put_in_again_counts_once() {
        let cache = Cache::new(20);
        let key = B256::repeat_byte;
        cache.insert(key(1), 'a', 8);
        assert_eq!(cache.insert(key(1), 'b', 12), []);
        assert_eq!((cache.get(&key(1)), cache.len(), cache.bytes()), (Some('b'), 1, 12));
    }

    #[test]
    fn a_value_larger_than_the_cache_stays_until_the_next_one_comes() {
        let cache = Cache::new(20);
        let key = B256::repeat_byte;
        cache.insert(key(1), 'a', 1_000);
        assert_eq!(cache.get(&key(1)), Some('a'));
        assert_eq!(cache.insert(key(2), 'b', 1), [(key(1), 'a')]);
    }

    #[test]
    fn without_room_nothing_is_kept() {
        let cache = Cache::new(0);
        assert_eq!(cache.insert(B256::ZERO, 'a', 1), [(B256::ZERO, 'a')]);
        assert_eq!((cache.get(&B256::ZERO), cache.len()), (None, 0));
    }
}
