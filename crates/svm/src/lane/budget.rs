//! What a transaction asks of the machine with the instructions of the Compute Budget program.

use crate::error::index_in_error;
use solana_instruction::error::InstructionError;
use solana_message::compiled_instruction::CompiledInstruction;
use solana_program_runtime::execution_budget::{MAX_COMPUTE_UNIT_LIMIT, MAX_HEAP_FRAME_BYTES, MIN_HEAP_FRAME_BYTES};
use solana_pubkey::Pubkey;
use solana_sdk_ids::{
    bpf_loader, bpf_loader_deprecated, bpf_loader_upgradeable, compute_budget, ed25519_program, loader_v4,
    secp256k1_program, system_program,
};
use solana_transaction_error::TransactionError;

/// Compute units for each instruction of a program, where the transaction states no limit.
const PROGRAM_UNITS: u32 = 200_000;
/// Compute units for each instruction of a native program, likewise.
const NATIVE_UNITS: u32 = 3_000;
/// Most bytes that a transaction's accounts may have together.
const LOADED_BYTES_MAX: u32 = 64 << 20;
/// A heap is a multiple of this many bytes.
const HEAP_STEP_BYTES: u32 = 1024;
/// Micro-lamports in a lamport.
const MICRO: u128 = 1_000_000;

/// Programs whose instructions count as native ones.
const NATIVE: [Pubkey; 8] = [
    system_program::ID,
    compute_budget::ID,
    bpf_loader_upgradeable::ID,
    bpf_loader_deprecated::ID,
    bpf_loader::ID,
    loader_v4::ID,
    secp256k1_program::ID,
    ed25519_program::ID,
];

/// Limits and price of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Budget {
    /// Most compute units.
    pub(super) compute_units: u32,
    /// Price of each unit of the limit, in micro-lamports.
    pub(super) unit_price: u64,
    /// Bytes of a program's heap.
    pub(super) heap_bytes: u32,
    /// Most bytes of accounts.
    pub(super) loaded_bytes: u32,
}

/// What the instructions state, each at most once.
#[derive(Default)]
struct Stated {
    heap_bytes: Option<(u8, u32)>,
    compute_units: Option<u32>,
    unit_price: Option<u64>,
    loaded_bytes: Option<u32>,
}

impl Budget {
    /// Reads the budget of a message.
    pub(super) fn of<'a>(
        instructions: impl Iterator<Item = (&'a Pubkey, &'a CompiledInstruction)>,
    ) -> Result<Self, TransactionError> {
        let mut stated = Stated::default();
        let mut default_units = 0u32;
        for (index, (program, instruction)) in instructions.enumerate() {
            let units = if NATIVE.contains(program) { NATIVE_UNITS } else { PROGRAM_UNITS };
            default_units = default_units.saturating_add(units);
            if *program == compute_budget::ID {
                stated.read(index_in_error(index), &instruction.data)?;
            }
        }
        let heap_bytes = match stated.heap_bytes {
            None => MIN_HEAP_FRAME_BYTES,
            Some((index, bytes)) if !is_heap(bytes) => return Err(invalid(index)),
            Some((_, bytes)) => bytes,
        };
        let loaded_bytes = stated.loaded_bytes.unwrap_or(LOADED_BYTES_MAX).min(LOADED_BYTES_MAX);
        if loaded_bytes == 0 {
            return Err(TransactionError::InvalidLoadedAccountsDataSizeLimit);
        }
        Ok(Self {
            compute_units: stated.compute_units.unwrap_or(default_units).min(MAX_COMPUTE_UNIT_LIMIT),
            unit_price: stated.unit_price.unwrap_or_default(),
            heap_bytes,
            loaded_bytes,
        })
    }

    /// What is paid beside the signatures, in lamports, rounded up.
    pub(super) fn priority_fee(&self) -> u64 {
        let micro = u128::from(self.unit_price) * u128::from(self.compute_units);
        u64::try_from(micro.div_ceil(MICRO)).unwrap_or(u64::MAX)
    }
}

impl Stated {
    fn read(&mut self, index: u8, data: &[u8]) -> Result<(), TransactionError> {
        let (tag, rest) = data.split_first().ok_or_else(|| invalid(index))?;
        let word = || rest.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).ok_or_else(|| invalid(index));
        let long = || rest.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)).ok_or_else(|| invalid(index));
        let twice = match tag {
            1 => self.heap_bytes.replace((index, word()?)).is_some(),
            2 => self.compute_units.replace(word()?).is_some(),
            3 => self.unit_price.replace(long()?).is_some(),
            4 => self.loaded_bytes.replace(word()?).is_some(),
            _ => return Err(invalid(index)),
        };
        if twice { Err(TransactionError::DuplicateInstruction(index)) } else { Ok(()) }
    }
}

fn is_heap(bytes: u32) -> bool {
    (MIN_HEAP_FRAME_BYTES..=MAX_HEAP_FRAME_BYTES).contains(&bytes) && bytes.is_multiple_of(HEAP_STEP_BYTES)
}

fn invalid(index: u8) -> TransactionError {
    TransactionError::InstructionError(index, InstructionError::InvalidInstructionData)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(instructions: &[(Pubkey, &[u8])]) -> Result<Budget, TransactionError> {
        let compiled: Vec<_> = instructions
            .iter()
            .map(|(program, data)| {
                (program, CompiledInstruction { program_id_index: 0, accounts: Vec::new(), data: data.to_vec() })
            })
            .collect();
        Budget::of(compiled.iter().map(|(program, instruction)| (*program, instruction)))
    }

    const TOKEN: Pubkey = crate::spl::TOKEN;
    const ASK: Pubkey = compute_budget::ID;

    #[test]
    fn without_a_stated_limit_each_instruction_adds_its_own() {
        assert_eq!(budget(&[(TOKEN, &[]), (system_program::ID, &[])]).unwrap().compute_units, 203_000);
        assert_eq!(budget(&[(TOKEN, &[][..]); 9]).unwrap().compute_units, 1_400_000);
        let price = [&[3u8][..], &7u64.to_le_bytes()].concat();
        let priced = budget(&[(TOKEN, &[]), (ASK, &price)]).unwrap();
        assert_eq!((priced.compute_units, priced.priority_fee()), (203_000, 2));
    }

    #[test]
    fn what_is_stated_holds_and_is_stated_once() {
        let limit = [&[2u8][..], &5_000u32.to_le_bytes()].concat();
        assert_eq!(budget(&[(TOKEN, &[]), (ASK, &limit)]).unwrap().compute_units, 5_000);
        assert_eq!(budget(&[(ASK, &limit), (ASK, &limit)]), Err(TransactionError::DuplicateInstruction(1)));
        let heap = [&[1u8][..], &(64u32 << 10).to_le_bytes()].concat();
        assert_eq!(budget(&[(ASK, &heap)]).unwrap().heap_bytes, 64 << 10);
    }

    #[test]
    fn nonsense_is_refused() {
        let heaps = [0u32, 1 << 10, (32 << 10) + 1, (256 << 10) + 1024];
        for bytes in heaps {
            let heap = [&[1u8][..], &bytes.to_le_bytes()].concat();
            assert_eq!(budget(&[(ASK, &heap)]), Err(invalid(0)), "{bytes}");
        }
        for data in [&[][..], &[0, 1, 2, 3, 4], &[2, 1], &[5]] {
            assert_eq!(budget(&[(ASK, data)]), Err(invalid(0)), "{data:?}");
        }
        assert_eq!(budget(&[(ASK, &[4, 0, 0, 0, 0])]), Err(TransactionError::InvalidLoadedAccountsDataSizeLimit));
    }
}
