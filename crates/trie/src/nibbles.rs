//! Paths through the trie: up to 64 half bytes.

use alloy_primitives::B256;

/// The number of nibbles in a key.
pub(crate) const KEY_NIBBLES: usize = 64;

/// The nibble of a key at `index`, the high half of each byte first.
pub(crate) fn nibble(key: &B256, index: usize) -> u8 {
    let byte = key.0[index / 2];
    if index.is_multiple_of(2) { byte >> 4 } else { byte & 0x0f }
}

/// A path from the root, one nibble per byte. At most 64 nibbles: longer ones cannot be made.
#[derive(Clone, Copy)]
pub(crate) struct Path {
    nibbles: [u8; KEY_NIBBLES],
    len: u8,
}

impl Path {
    pub(crate) const EMPTY: Self = Self { nibbles: [0; KEY_NIBBLES], len: 0 };

    /// The first `len` nibbles of a key.
    pub(crate) fn of_key(key: &B256, len: usize) -> Self {
        let mut path = Self::EMPTY;
        for index in 0..len.min(KEY_NIBBLES) {
            path.nibbles[index] = nibble(key, index);
        }
        path.len = len.min(KEY_NIBBLES) as u8;
        path
    }

    /// Appends a nibble; `false`, and no change, if the path is full.
    pub(crate) fn push(&mut self, nibble: u8) -> bool {
        let Some(place) = self.nibbles.get_mut(usize::from(self.len)) else {
            return false;
        };
        *place = nibble;
        self.len += 1;
        true
    }

    /// Appends nibbles; `false`, and no change, if there is no room for all.
    pub(crate) fn extend(&mut self, nibbles: &[u8]) -> bool {
        let start = self.len();
        let Some(place) = self.nibbles.get_mut(start..start + nibbles.len()) else {
            return false;
        };
        place.copy_from_slice(nibbles);
        self.len += nibbles.len() as u8;
        true
    }

    /// The path with nibbles appended. For nibbles of the trie itself, which fit.
    pub(crate) fn joined(mut self, nibbles: &[u8]) -> Self {
        let fits = self.extend(nibbles);
        debug_assert!(fits, "a path within the trie is at most 64 nibbles long");
        self
    }

    /// Shortens the path to `len` nibbles.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len as u8);
    }

    pub(crate) fn len(&self) -> usize {
        usize::from(self.len)
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.nibbles[..self.len()]
    }

    /// The key that a full path spells, or `None` if it is shorter.
    pub(crate) fn to_key(self) -> Option<B256> {
        if self.len() != KEY_NIBBLES {
            return None;
        }
        let mut key = B256::ZERO;
        for (byte, pair) in key.0.iter_mut().zip(self.nibbles.chunks_exact(2)) {
            *byte = (pair[0] << 4) | pair[1];
        }
        Some(key)
    }
}

/// How many nibbles of `prefix` agree with the key from `depth` on.
pub(crate) fn common_with_key(prefix: &[u8], key: &B256, depth: usize) -> usize {
    prefix.iter().enumerate().take_while(|(index, other)| nibble(key, depth + index) == **other).count()
}
