//! A bounded map from code hashes to what was made of the code.

use alloy_primitives::map::HashMap;
use hexapla_primitives::B256;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps at most `capacity` values; the one unused for longest makes room. With a capacity of zero it keeps nothing.
pub(crate) struct Cache<V> {
    inner: Mutex<Inner<V>>,
    capacity: usize,
}

struct Inner<V> {
    entries: HashMap<B256, Entry<V>>,
    uses: u64,
}

struct Entry<V> {
    value: V,
    last_use: u64,
}

impl<V: Clone> Cache<V> {
    pub(crate) fn new(capacity: usize) -> Self {
        let inner = Inner { entries: HashMap::default(), uses: 0 };
        Self { inner: Mutex::new(inner), capacity }
    }

    pub(crate) fn get(&self, key: &B256) -> Option<V> {
        let mut inner = self.lock();
        inner.uses += 1;
        let now = inner.uses;
        let entry = inner.entries.get_mut(key)?;
        entry.last_use = now;
        Some(entry.value.clone())
    }

    /// Searches for the oldest value only when it is full: making a value takes far longer.
    pub(crate) fn insert(&self, key: B256, value: V) {
        if self.capacity == 0 {
            return;
        }
        let mut inner = self.lock();
        inner.uses += 1;
        let last_use = inner.uses;
        if inner.entries.len() >= self.capacity && !inner.entries.contains_key(&key) {
            let oldest = inner.entries.iter().min_by_key(|(_, entry)| entry.last_use);
            let oldest = oldest.map(|(key, _)| *key);
            oldest.and_then(|oldest| inner.entries.remove(&oldest));
        }
        inner.entries.insert(key, Entry { value, last_use });
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().entries.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner<V>> {
        // No operation leaves it half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f23_the_value_unused_for_longest_makes_room() {
        let cache = Cache::new(2);
        let key = B256::repeat_byte;
        cache.insert(key(1), 'a');
        cache.insert(key(2), 'b');
        assert_eq!(cache.get(&key(1)), Some('a'));
        cache.insert(key(3), 'c');
        assert_eq!(cache.len(), 2);
        assert_eq!(cache.get(&key(2)), None);
        assert_eq!(cache.get(&key(1)), Some('a'));
        assert_eq!(cache.get(&key(3)), Some('c'));
    }

    #[test]
    fn without_capacity_nothing_is_kept() {
        let cache = Cache::new(0);
        cache.insert(B256::ZERO, 'a');
        assert_eq!((cache.get(&B256::ZERO), cache.len()), (None, 0));
    }
}
