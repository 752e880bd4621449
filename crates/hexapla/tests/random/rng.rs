//! Random numbers that a seed determines on every machine.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A small number, as a byte.
    pub(crate) fn byte_below(&mut self, end: u8) -> u8 {
        self.below(end.into()) as u8
    }

    /// True once in `times`.
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let index = self.below(list.len() as u64) as usize;
        &list[index]
    }

    /// Fewer than `end` bytes.
    pub(crate) fn bytes_below(&mut self, end: u64) -> Vec<u8> {
        let length = self.below(end);
        (0..length).map(|_| self.next() as u8).collect()
    }

    /// As many of something as `count` says at most.
    pub(crate) fn some<T>(&mut self, count_max: u64, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = self.below(count_max + 1);
        (0..count).map(|_| make(self)).collect()
    }
}
