//! The code of a program as it stands in state: `0xEF 0xF0 0x00 ‖ dictionary ‖ brotli(module)`.

use crate::{error::ProgramError, limits::MAX_WASM_BYTES};
use alloc::{boxed::Box, vec, vec::Vec};
use brotli::{Allocator, BrotliDecompressStream, BrotliResult, BrotliState, SliceWrapper, SliceWrapperMut};
use hexapla_primitives::Bytes;

/// How a program's code begins; the byte after it names the compression dictionary.
pub const PREFIX: [u8; 3] = [0xEF, 0xF0, 0x00];
/// The dictionary byte of a program that is compressed without one.
pub const NO_DICTIONARY: u8 = 0x00;

/// The selector of a program's constructor: the first bytes of keccak256("stylus_constructor()").
pub const CONSTRUCTOR: [u8; 4] = [0x55, 0x85, 0x25, 0x8D];

/// Bytes of the prelude that `cargo stylus` writes: like ours with `PUSH32`, and a version byte.
const OTHER_PRELUDE_BYTES: usize = 43;

/// EVM init code that returns what follows it:
/// `PUSH4 length · DUP1 · PUSH1 12 · PUSH0 · CODECOPY · PUSH0 · RETURN`.
const PRELUDE_BYTES: u8 = 12;

/// Whether code claims to be a program.
pub fn is_program(code: &[u8]) -> bool {
    code.starts_with(&PREFIX)
}

/// The code of the program with this module, compressed as well as brotli can.
#[cfg(feature = "std")]
pub fn encode_program(wasm: &[u8]) -> Bytes {
    let mut code = PREFIX.to_vec();
    code.push(NO_DICTIONARY);
    let params = brotli::enc::BrotliEncoderParams { quality: 11, size_hint: wasm.len(), ..Default::default() };
    let mut input = wasm;
    // Reading from and writing to memory does not fail.
    let _ = brotli::BrotliCompress(&mut input, &mut code, &params);
    code.into()
}

/// EVM init code that deploys the program with this module.
#[cfg(feature = "std")]
pub fn deploy_code(wasm: &[u8]) -> Bytes {
    init_code(&encode_program(wasm))
}

/// EVM init code that deploys `code` as it is.
pub fn init_code(code: &[u8]) -> Bytes {
    let length = u32::try_from(code.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut init = vec![0x63];
    init.extend(length);
    init.extend([0x80, 0x60, PRELUDE_BYTES, 0x5F, 0x39, 0x5F, 0xF3]);
    init.extend(code);
    init.into()
}

/// Whether EVM init code does nothing but return a program: what [`init_code`] makes, and what `cargo stylus` does.
pub fn is_deployment(init_code: &[u8]) -> bool {
    let behind = |opcode: u8, prelude: usize| {
        init_code.first() == Some(&opcode) && init_code.get(prelude..).is_some_and(is_program)
    };
    behind(0x63, PRELUDE_BYTES.into()) || behind(0x7F, OTHER_PRELUDE_BYTES)
}

/// EVM init code that creates a program and calls it, with the coin that came along, before the transaction ends. Where
/// either fails, so does this creation, with the same data. `init_code` creates the program, `call` is the call data of
/// its constructor.
///
/// The program is the first contract that the created account creates, and that account is the caller of the
/// constructor: on Arbitrum it is a contract with the same task, `StylusDeployer`.
pub fn init_code_with_call(init_code: &[u8], call: &[u8]) -> Bytes {
    let word = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let (created, called) = (word(init_code.len()), word(call.len()));
    let (creation_at, call_at) = (word(DEPLOYER_BYTES), word(DEPLOYER_BYTES.saturating_add(init_code.len())));
    let parts: [&[u8]; 17] = [
        // codecopy(0, creation_at, created); address := create(0, 0, created)
        &[0x63],
        &created,
        &[0x80, 0x63],
        &creation_at,
        &[0x60, 0, 0x39, 0x60, 0, 0x60, 0, 0xF0],
        // if iszero(address) { fail }
        &[0x80, 0x15, 0x60, FAIL_AT, 0x57],
        // codecopy(0, call_at, called)
        &[0x63],
        &called,
        &[0x63],
        &call_at,
        &[0x60, 0, 0x39],
        // success := call(gas(), address, callvalue(), 0, called, 0, 0)
        &[0x60, 0, 0x60, 0, 0x63],
        &called,
        &[0x60, 0, 0x34, 0x85, 0x5A, 0xF1],
        // if iszero(success) { fail } stop()
        &[0x15, 0x60, FAIL_AT, 0x57, 0x00],
        // fail: returndatacopy(0, 0, returndatasize()); revert(0, returndatasize())
        &[0x5B, 0x3D, 0x60, 0, 0x60, 0, 0x3E, 0x3D, 0x60, 0, 0xFD],
        init_code,
    ];
    let mut code = parts.concat();
    code.extend(call);
    code.into()
}

/// Where the code of [`init_code_with_call`] fails, and how long it is.
const FAIL_AT: u8 = 57;
const DEPLOYER_BYTES: usize = FAIL_AT as usize + 11;

/// The module of a program. Needs memory for [`MAX_WASM_BYTES`] and brotli's window, whatever the code says.
pub fn decode_program(code: &[u8]) -> Result<Vec<u8>, ProgramError> {
    let rest = code.strip_prefix(&PREFIX).ok_or(ProgramError::Prefix)?;
    match rest.split_first() {
        Some((&NO_DICTIONARY, compressed)) => decompress(compressed),
        Some((&other, _)) => Err(ProgramError::Dictionary(other)),
        None => Err(ProgramError::Prefix),
    }
}

/// The memory of the decompressor. brotli's own allocator needs the standard library.
struct Heap;

struct HeapBlock<T>(Box<[T]>);

impl<T: Clone + Default> Allocator<T> for Heap {
    type AllocatedMemory = HeapBlock<T>;

    fn alloc_cell(&mut self, length: usize) -> HeapBlock<T> {
        HeapBlock(vec![T::default(); length].into())
    }

    fn free_cell(&mut self, _: HeapBlock<T>) {}
}

impl<T> Default for HeapBlock<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T> SliceWrapper<T> for HeapBlock<T> {
    fn slice(&self) -> &[T] {
        &self.0
    }
}

impl<T> SliceWrapperMut<T> for HeapBlock<T> {
    fn slice_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

fn decompress(compressed: &[u8]) -> Result<Vec<u8>, ProgramError> {
    let mut state = BrotliState::new(Heap, Heap, Heap);
    let mut output = vec![0; MAX_WASM_BYTES];
    let (mut input_left, mut read) = (compressed.len(), 0);
    let (mut output_left, mut written, mut total) = (output.len(), 0, 0);
    let result = BrotliDecompressStream(
        &mut input_left,
        &mut read,
        compressed,
        &mut output_left,
        &mut written,
        &mut output,
        &mut total,
        &mut state,
    );
    match result {
        BrotliResult::ResultSuccess if input_left > 0 => Err(ProgramError::Trailing(input_left)),
        BrotliResult::ResultSuccess => {
            output.truncate(written);
            Ok(output)
        }
        BrotliResult::NeedsMoreInput => Err(ProgramError::Truncated),
        BrotliResult::NeedsMoreOutput => Err(ProgramError::TooLarge),
        BrotliResult::ResultFailure => Err(ProgramError::Corrupt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_survives_the_round_trip_and_the_limit_is_exact() {
        let largest = vec![7; MAX_WASM_BYTES];
        assert_eq!(decode_program(&encode_program(&largest)).unwrap(), largest);
        let too_large = vec![7; MAX_WASM_BYTES + 1];
        assert_eq!(decode_program(&encode_program(&too_large)), Err(ProgramError::TooLarge));
    }

    #[test]
    fn f15_bombs_truncated_corrupt_and_foreign_programs_are_refused() {
        let code = encode_program(b"some module that compresses to something of some length");
        assert_eq!(decode_program(&encode_program(&vec![0; 64 << 20])), Err(ProgramError::TooLarge));
        for length in 4..code.len() {
            assert_eq!(decode_program(&code[..length]), Err(ProgramError::Truncated), "{length}");
        }
        assert_eq!(decode_program(&code[..3]), Err(ProgramError::Prefix));
        assert_eq!(decode_program(&[0xEF, 0xF0, 0x00, 0x01]), Err(ProgramError::Dictionary(1)));
        let trailing = [&code[..], &[0, 0]].concat();
        assert_eq!(decode_program(&trailing), Err(ProgramError::Trailing(2)));
        let corrupt = [&PREFIX[..], &[0], &[0xFF; 40]].concat();
        assert_eq!(decode_program(&corrupt), Err(ProgramError::Corrupt));
    }

    #[test]
    fn f16_decoding_is_total_on_mutated_streams() {
        let code = encode_program(&(0..=255).cycle().take(5_000).collect::<Vec<u8>>());
        for position in 4..code.len() {
            for bit in 0..8 {
                let mut mutated = code.to_vec();
                mutated[position] ^= 1 << bit;
                let _ = decode_program(&mutated);
            }
        }
    }

    #[test]
    fn init_code_returns_what_follows_its_prelude() {
        let init = init_code(&[1, 2, 3]);
        assert_eq!(init.len(), usize::from(PRELUDE_BYTES) + 3);
        assert_eq!(init[..], [0x63, 0, 0, 0, 3, 0x80, 0x60, 12, 0x5F, 0x39, 0x5F, 0xF3, 1, 2, 3]);
    }

    #[test]
    fn a_deployment_is_known_by_the_program_behind_its_prelude() {
        let code = encode_program(b"module");
        let other = [&[0x7F][..], &[0; 31], &[9, 0x80, 0x60, 0x2B, 0x60, 0, 0x39, 0x60, 0, 0xF3, 0], &code].concat();
        assert!(is_deployment(&init_code(&code)) && is_deployment(&other));
        assert!(!is_deployment(&init_code(b"module")) && !is_deployment(&code) && !is_deployment(&[]));
    }

    #[test]
    fn the_constructor_is_called_by_code_whose_jumps_meet_their_mark() {
        let init = init_code_with_call(&[1, 2, 3], &[4, 5]);
        assert_eq!(init[usize::from(FAIL_AT)], 0x5B);
        assert_eq!(init[DEPLOYER_BYTES..], [1, 2, 3, 4, 5]);
        assert_eq!(CONSTRUCTOR, hexapla_primitives::keccak256("stylus_constructor()")[..4]);
    }
}
