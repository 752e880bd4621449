//! Keccak-256 of up to eight messages at once.
//!
//! With AVX-512 the eight 64-bit halves of a vector register hold the same word of eight sponges,
//! so one pass of the permutation serves eight messages. Whether the processor has it is asked at run
//! time; without it, and for one or two messages, the hash of `alloy-primitives` is used. The messages of a batch
//! need the same number of blocks, so [`Lanes`] collects them by that.
#![allow(unsafe_code)]

use alloc::{vec, vec::Vec};
use alloy_primitives::keccak256;

/// The bytes that Keccak-256 absorbs before each permutation.
pub(crate) const RATE_BYTES: usize = 136;

/// The number of messages in a full batch.
pub(crate) const LANES: usize = 8;

/// With fewer messages than this, one after the other is faster.
const WIDE_MIN: usize = 3;

/// The number of blocks that a message fills once it is padded.
pub(crate) const fn blocks_of(message_bytes: usize) -> usize {
    message_bytes / RATE_BYTES + 1
}

/// Up to eight padded messages of the same number of blocks.
pub(crate) struct Lanes {
    blocks: usize,
    used: usize,
    lengths: [usize; LANES],
    /// Lane after lane, each of `blocks` blocks.
    buffer: Vec<u8>,
}

impl Lanes {
    pub(crate) fn new(blocks: usize) -> Self {
        Self { blocks, used: 0, lengths: [0; LANES], buffer: vec![0; LANES * blocks * RATE_BYTES] }
    }

    pub(crate) fn len(&self) -> usize {
        self.used
    }

    pub(crate) fn is_full(&self) -> bool {
        self.used == LANES
    }

    /// Adds a message; there must be a free lane, and the message must fill `blocks` blocks.
    pub(crate) fn push(&mut self, message: &[u8]) {
        assert_eq!(blocks_of(message.len()), self.blocks, "the lanes hold messages of one size");
        let size = self.blocks * RATE_BYTES;
        let lane = &mut self.buffer[self.used * size..][..size];
        lane[..message.len()].copy_from_slice(message);
        lane[message.len()..].fill(0);
        lane[message.len()] = 0x01;
        lane[size - 1] |= 0x80;
        self.lengths[self.used] = message.len();
        self.used += 1;
    }

    /// Hashes and removes the messages. The hashes of unused lanes mean nothing.
    pub(crate) fn finish(&mut self) -> [[u8; 32]; LANES] {
        let used = core::mem::take(&mut self.used);
        if used >= WIDE_MIN
            && let Some(hashes) = wide(&self.buffer, self.blocks)
        {
            return hashes;
        }
        self.one_by_one(used)
    }

    fn one_by_one(&self, used: usize) -> [[u8; 32]; LANES] {
        let mut hashes = [[0; 32]; LANES];
        let lanes = self.buffer.chunks_exact(self.blocks * RATE_BYTES);
        for ((hash, lane), length) in hashes.iter_mut().zip(lanes).zip(self.lengths).take(used) {
            *hash = keccak256(&lane[..length]).0;
        }
        hashes
    }
}

/// The hashes of eight padded messages, or `None` on a processor without AVX-512.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
fn wide(buffer: &[u8], blocks: usize) -> Option<[[u8; 32]; LANES]> {
    if !std::arch::is_x86_feature_detected!("avx512f") {
        return None;
    }
    // SAFETY: the only requirement of the function is AVX-512F, which was just detected.
    Some(unsafe { avx512::hash(buffer, blocks) })
}

/// Nothing: only the standard library knows what the processor has.
#[cfg(not(all(feature = "std", target_arch = "x86_64")))]
fn wide(_buffer: &[u8], _blocks: usize) -> Option<[[u8; 32]; LANES]> {
    None
}

#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod avx512 {
    //! The sponge on vectors. Everything but the store of the result is safe code.

    use std::arch::x86_64::{
        __m512i, _mm512_rolv_epi64, _mm512_set_epi64, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_storeu_epi64,
        _mm512_ternarylogic_epi64, _mm512_xor_si512,
    };

    use super::{LANES, RATE_BYTES};

    /// The round constants (FIPS 202, section 3.2.5).
    const ROUNDS: [u64; 24] = [
        0x0000_0000_0000_0001,
        0x0000_0000_0000_8082,
        0x8000_0000_0000_808a,
        0x8000_0000_8000_8000,
        0x0000_0000_0000_808b,
        0x0000_0000_8000_0001,
        0x8000_0000_8000_8081,
        0x8000_0000_0000_8009,
        0x0000_0000_0000_008a,
        0x0000_0000_0000_0088,
        0x0000_0000_8000_8009,
        0x0000_0000_8000_000a,
        0x0000_0000_8000_808b,
        0x8000_0000_0000_008b,
        0x8000_0000_0000_8089,
        0x8000_0000_0000_8003,
        0x8000_0000_0000_8002,
        0x8000_0000_0000_0080,
        0x0000_0000_0000_800a,
        0x8000_0000_8000_000a,
        0x8000_0000_8000_8081,
        0x8000_0000_0000_8080,
        0x0000_0000_8000_0001,
        0x8000_0000_8000_8008,
    ];

    /// The rotation of the word at `x + 5 * y` (FIPS 202, section 3.2.2).
    const ROTATIONS: [i64; 25] =
        [0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14];

    type State = [__m512i; 25];

    #[target_feature(enable = "avx512f")]
    fn xor3(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        _mm512_ternarylogic_epi64::<0x96>(a, b, c)
    }

    /// Theta, rho, pi, chi and iota, once.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn round(state: &State, constant: u64) -> State {
        let zero = _mm512_setzero_si512();
        let mut parity = [zero; 5];
        for x in 0..5 {
            let low = xor3(state[x], state[x + 5], state[x + 10]);
            parity[x] = xor3(low, state[x + 15], state[x + 20]);
        }
        let mut moved = [zero; 25];
        for x in 0..5 {
            let right = _mm512_rolv_epi64(parity[(x + 1) % 5], _mm512_set1_epi64(1));
            for y in 0..5 {
                let word = xor3(state[x + 5 * y], parity[(x + 4) % 5], right);
                let rotation = _mm512_set1_epi64(ROTATIONS[x + 5 * y]);
                moved[y + 5 * ((2 * x + 3 * y) % 5)] = _mm512_rolv_epi64(word, rotation);
            }
        }
        let mut next = [zero; 25];
        for y in 0..5 {
            for x in 0..5 {
                let (a, b, c) = (moved[x + 5 * y], moved[(x + 1) % 5 + 5 * y], moved[(x + 2) % 5 + 5 * y]);
                // a ^ (!b & c)
                next[x + 5 * y] = _mm512_ternarylogic_epi64::<0xd2>(a, b, c);
            }
        }
        next[0] = _mm512_xor_si512(next[0], _mm512_set1_epi64(constant as i64));
        next
    }

    /// The hashes of eight messages, each padded to `blocks` blocks, lane after lane in `buffer`.
    #[target_feature(enable = "avx512f")]
    pub(super) fn hash(buffer: &[u8], blocks: usize) -> [[u8; 32]; LANES] {
        let size = blocks * RATE_BYTES;
        assert_eq!(buffer.len(), LANES * size, "there are eight lanes");
        let mut state = [_mm512_setzero_si512(); 25];
        for block in 0..blocks {
            for (index, word) in state.iter_mut().take(RATE_BYTES / 8).enumerate() {
                let read = |lane: usize| {
                    let at = lane * size + block * RATE_BYTES + index * 8;
                    i64::from_le_bytes(buffer[at..at + 8].try_into().unwrap_or_default())
                };
                let input = _mm512_set_epi64(read(7), read(6), read(5), read(4), read(3), read(2), read(1), read(0));
                *word = _mm512_xor_si512(*word, input);
            }
            for constant in ROUNDS {
                state = round(&state, constant);
            }
        }
        let mut hashes = [[0; 32]; LANES];
        for (index, word) in state.iter().take(4).enumerate() {
            let mut words = [0i64; LANES];
            // SAFETY: `words` is 64 bytes that are ours to write, and the store needs no alignment.
            unsafe { _mm512_storeu_epi64(words.as_mut_ptr(), *word) };
            for (hash, value) in hashes.iter_mut().zip(words) {
                hash[index * 8..][..8].copy_from_slice(&value.to_le_bytes());
            }
        }
        hashes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_and_scalar_agree_for_every_length_and_fill() {
        for length in 0..600usize {
            let mut lanes = Lanes::new(blocks_of(length));
            let used = 1 + length % LANES;
            let messages: Vec<Vec<u8>> =
                (0..used).map(|lane| (0..length).map(|at| (at * 7 + lane * 31 + length) as u8).collect()).collect();
            messages.iter().for_each(|message| lanes.push(message));
            assert_eq!(lanes.is_full(), used == LANES);
            let scalar = lanes.one_by_one(used);
            if let Some(hashes) = wide(&lanes.buffer, lanes.blocks) {
                assert_eq!(hashes[..used], scalar[..used], "length {length}");
            }
            let hashes = lanes.finish();
            for (message, hash) in messages.iter().zip(hashes) {
                assert_eq!(keccak256(message).0, hash, "length {length}");
            }
        }
    }

    /// Says on this machine which path the other tests took.
    #[test]
    fn reports_whether_avx512_is_used() {
        println!("eight-way keccak: {}", wide(&[0; LANES * RATE_BYTES], 1).is_some());
    }
}
