//! A cache that is bounded by bytes and that strangers cannot flush cheaply.
//!
//! An entry begins *on trial*. One that is used in a second slot is *proven*, and the proven ones have three quarters of the
//! cache to themselves: where room is needed, the entry on trial that was used least recently goes, and never a proven one.
//! What is proven beyond the three quarters is on trial again, the least recently used first.
//!
//! So whoever wants to drive out a program that others use must load three quarters of the cache in code of his own, in each
//! of two slots: with the default of 256 MiB that is 192 MiB of programs on the chain, which hold 1,400 SOL of rent, and
//! are loaded twice at the price of their length.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
};

/// Values by key, each with a weight in bytes.
pub(super) struct Cache<K, V> {
    bytes_max: usize,
    entries: HashMap<K, Kept<V>>,
    trial: Segment<K>,
    proven: Segment<K>,
    clock: u64,
}

struct Kept<V> {
    value: V,
    bytes: usize,
    /// When it was used last, by the clock of the cache: its place in its segment.
    used: u64,
    /// The slot in which it was kept.
    slot: u64,
    is_proven: bool,
}

/// Keys by the time of their last use.
struct Segment<K> {
    by_use: BTreeMap<u64, K>,
    bytes: usize,
}

impl<K: Copy + Eq + Hash, V: Clone> Cache<K, V> {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, entries: HashMap::new(), trial: Segment::new(), proven: Segment::new(), clock: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of all entries.
    pub(super) fn bytes(&self) -> usize {
        self.trial.bytes + self.proven.bytes
    }

    /// A value that is used in `slot`.
    pub(super) fn get(&mut self, key: &K, slot: u64) -> Option<V> {
        let kept = self.entries.get_mut(key)?;
        self.clock += 1;
        segment(&mut self.trial, &mut self.proven, kept.is_proven).remove(kept.used, kept.bytes);
        kept.used = self.clock;
        kept.is_proven |= kept.slot != slot;
        segment(&mut self.trial, &mut self.proven, kept.is_proven).insert(*key, kept.used, kept.bytes);
        let value = kept.value.clone();
        self.demote();
        Some(value)
    }

    /// Keeps a value that was used in `slot`, where there is room for it.
    pub(super) fn insert(&mut self, key: K, value: V, bytes: usize, slot: u64) {
        self.remove(&key);
        if bytes > self.bytes_max.saturating_sub(self.proven.bytes) {
            return;
        }
        self.make_room(bytes);
        self.clock += 1;
        self.trial.insert(key, self.clock, bytes);
        self.entries.insert(key, Kept { value, bytes, used: self.clock, slot, is_proven: false });
    }

    /// The weight of an entry has changed. Returns whether it is still kept.
    pub(super) fn reweigh(&mut self, key: &K, bytes: usize) -> bool {
        let Some(kept) = self.entries.get_mut(key) else { return false };
        let segment = segment(&mut self.trial, &mut self.proven, kept.is_proven);
        segment.remove(kept.used, kept.bytes);
        kept.bytes = bytes;
        segment.insert(*key, kept.used, bytes);
        self.demote();
        self.make_room(0);
        self.entries.contains_key(key)
    }

    /// The keys and values, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, kept)| (key, &kept.value))
    }

    fn remove(&mut self, key: &K) {
        if let Some(kept) = self.entries.remove(key) {
            segment(&mut self.trial, &mut self.proven, kept.is_proven).remove(kept.used, kept.bytes);
        }
    }

    fn make_room(&mut self, bytes: usize) {
        while self.bytes().saturating_add(bytes) > self.bytes_max {
            let Some(oldest) = self.trial.oldest() else { return };
            self.remove(&oldest);
        }
    }

    /// Puts on trial what is proven beyond three quarters.
    fn demote(&mut self) {
        while self.proven.bytes > self.bytes_max / 4 * 3 {
            let Some(oldest) = self.proven.oldest() else { return };
            let Some(kept) = self.entries.get_mut(&oldest) else { return };
            self.proven.remove(kept.used, kept.bytes);
            kept.is_proven = false;
            self.trial.insert(oldest, kept.used, kept.bytes);
        }
    }
}

fn segment<'a, K>(trial: &'a mut Segment<K>, proven: &'a mut Segment<K>, is_proven: bool) -> &'a mut Segment<K> {
    if is_proven { proven } else { trial }
}

impl<K: Copy> Segment<K> {
    const fn new() -> Self {
        Self { by_use: BTreeMap::new(), bytes: 0 }
    }

    fn insert(&mut self, key: K, used: u64, bytes: usize) {
        self.by_use.insert(used, key);
        self.bytes += bytes;
    }

    fn remove(&mut self, used: u64, bytes: usize) {
        if self.by_use.remove(&used).is_some() {
            self.bytes -= bytes;
        }
    }

    fn oldest(&self) -> Option<K> {
        self.by_use.first_key_value().map(|(_, key)| *key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_used_in_two_slots_survives_any_number_of_strangers_that_are_used_in_one() {
        let mut cache = Cache::new(1_000);
        for proven in 0..7 {
            cache.insert(proven, proven, 100, 1);
            assert_eq!(cache.get(&proven, 2), Some(proven));
        }
        for stranger in 100..10_000 {
            if cache.get(&stranger, 3).is_none() {
                cache.insert(stranger, stranger, 100 + stranger % 200, 3);
            }
            cache.get(&stranger, 3);
            assert!(cache.bytes() <= 1_000);
        }
        assert!((0..7).all(|proven| cache.get(&proven, 4) == Some(proven)));
    }

    #[test]
    fn what_is_used_no_more_makes_room_for_what_is_used_in_two_slots() {
        let mut cache = Cache::new(1_000);
        for key in 0..70 {
            cache.insert(key, key, 100, key);
            assert_eq!(cache.get(&key, key + 1), Some(key), "{key}");
        }
        assert!((0..60).all(|old| cache.get(&old, 100).is_none()));
        assert!((65..70).all(|new| cache.get(&new, 100) == Some(new)));
    }

    #[test]
    fn an_entry_that_has_grown_drives_out_others_and_one_that_is_too_big_goes_itself() {
        let mut cache = Cache::new(1_000);
        (0..5).for_each(|key| cache.insert(key, key, 200, 1));
        assert!(cache.reweigh(&4, 500));
        assert_eq!((cache.len(), cache.bytes()), (3, 900));
        assert!(!cache.reweigh(&4, 1_001));
        assert!(cache.bytes() <= 1_000);
        assert!(!cache.reweigh(&77, 1), "it is not there");
        cache.insert(9, 9, 1_001, 1);
        assert_eq!(cache.get(&9, 1), None);
    }

    proptest! {
        #[test]
        fn a_cache_never_holds_more_than_it_may(steps in prop::collection::vec((0..12u8, 0..400usize, 0..4u64, 0..3u8), 0..200)) {
            let mut cache = Cache::new(1_000);
            for (key, bytes, slot, step) in steps {
                match step {
                    0 => { cache.get(&key, slot); }
                    1 => cache.insert(key, key, bytes, slot),
                    _ => { cache.reweigh(&key, bytes); }
                }
                let sum: usize = cache.entries.values().map(|kept| kept.bytes).sum();
                prop_assert_eq!(cache.bytes(), sum);
                prop_assert_eq!(cache.trial.by_use.len() + cache.proven.by_use.len(), cache.len());
                prop_assert!(sum <= 1_000, "{}", sum);
            }
        }
    }
}
