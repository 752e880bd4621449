//! Where the code of a program is, and the record of it that stands beside it.
//!
//! A program account of the upgradeable loader points to the account that holds its code. Beside that one stands a
//! *code record*: an object with the keccak256 hash of the account, its length and the number of its symbols, written
//! whenever the account changes.

use crate::{account::StoredAccount, shape};
use hexapla_primitives::{B256, Bytes, ObjectKey, VmId, keccak256};
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_pubkey::Pubkey;
use solana_sdk_ids::bpf_loader_upgradeable;

/// Gas of entering a program from another VM, for each word of 32 bytes of the account that holds its code (as EIP-7907
/// has it for long code), and for each symbol. Where these were set, reading and verifying took 2 to 4 ns a byte of real
/// programs, so that a miss takes 10 to 20 ns for each gas, and 13 ns a byte of one with as many symbols as may be, 35 ns.
const CODE_WORD_GAS: u64 = 4;
const SYMBOL_GAS: u64 = 16;

/// `UpgradeableLoaderState::Program` and `ProgramData` in bincode begin with these.
const PROGRAM_TAG: [u8; 4] = [2, 0, 0, 0];
const PROGRAMDATA_TAG: [u8; 4] = [3, 0, 0, 0];

/// First byte of the key of a code record; account keys are 32 bytes, these are 33.
const CODE_RECORD: u8 = 1;

/// Where the code of a program is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    /// In its own account.
    Itself,
    /// In another.
    Other(Pubkey),
}

/// The account that holds the code of a program.
pub fn code_holder(program: &StoredAccount) -> Option<Holder> {
    if program.owner != bpf_loader_upgradeable::ID {
        return Some(Holder::Itself);
    }
    programdata_of(&program.data).map(Holder::Other)
}

/// The account that holds the code of a program of the upgradeable loader, by the data of the program's account.
pub fn programdata_of(program: &[u8]) -> Option<Pubkey> {
    let (tag, rest) = program.split_first_chunk()?;
    (*tag == PROGRAM_TAG).then(|| rest.first_chunk().copied().map(Pubkey::new_from_array)).flatten()
}

/// The key of the code record of an account.
pub fn record_key(holder: &Pubkey) -> ObjectKey {
    let mut key = vec![CODE_RECORD];
    key.extend_from_slice(holder.as_ref());
    ObjectKey::new(VmId::SVM, key)
}

/// Whether an account holds code, so that it needs a code record.
pub fn holds_code(owner: &Pubkey, executable: bool, data: &[u8]) -> bool {
    if *owner != bpf_loader_upgradeable::ID {
        return executable;
    }
    data.first_chunk() == Some(&PROGRAMDATA_TAG)
}

/// The code record that belongs to an account, as an object to be written beside it; `None` where it holds no code.
pub fn code_record(key: &Pubkey, owner: &Pubkey, executable: bool, data: &[u8]) -> Option<(ObjectKey, Bytes)> {
    let head =
        if *owner == bpf_loader_upgradeable::ID { UpgradeableLoaderState::size_of_programdata_metadata() } else { 0 };
    holds_code(owner, executable, data).then(|| (record_key(key), Record::of(data, head).to_bytes()))
}

/// What a code record says of the account that holds the code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// keccak256 of its data.
    pub hash: B256,
    /// Bytes of its data, 10 MiB at most.
    pub bytes: u32,
    /// What reading its code has to register, see [`shape::symbols`].
    pub symbols: u32,
}

impl Record {
    /// Of an account whose code stands behind `head` bytes.
    pub fn of(data: &[u8], head: usize) -> Self {
        let symbols = shape::symbols(data.get(head..).unwrap_or_default());
        let [bytes, symbols] = [data.len(), symbols].map(|number| u32::try_from(number).unwrap_or(u32::MAX));
        Self { hash: keccak256(data), bytes, symbols }
    }

    /// Gas of entering the program from another VM.
    pub fn gas(&self) -> u64 {
        let words = u64::from(self.bytes.div_ceil(32));
        CODE_WORD_GAS.saturating_mul(words).saturating_add(SYMBOL_GAS.saturating_mul(self.symbols.into()))
    }

    /// The record as it is stored.
    pub fn to_bytes(self) -> Bytes {
        [self.hash.as_slice(), &self.bytes.to_le_bytes(), &self.symbols.to_le_bytes()].concat().into()
    }

    /// Reads a record. `None` where the bytes are none.
    pub fn read(record: &[u8]) -> Option<Self> {
        let (hash, rest) = record.split_first_chunk::<32>()?;
        let (bytes, symbols) = rest.split_first_chunk::<4>()?;
        let symbols = u32::from_le_bytes(symbols.try_into().ok()?);
        Some(Self { hash: B256::from(*hash), bytes: u32::from_le_bytes(*bytes), symbols })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_of_a_code_record_is_fixed() {
        let record = Record { hash: B256::repeat_byte(7), bytes: 300, symbols: 2 };
        assert_eq!(record.to_bytes()[..], [&[7; 32][..], &[44, 1, 0, 0, 2, 0, 0, 0]].concat());
        assert_eq!(Record::read(&record.to_bytes()), Some(record));
        assert_eq!(Record::read(&record.to_bytes()[..39]), None);
        assert_eq!(record.gas(), 4 * 10 + 16 * 2);
        assert_eq!(record_key(&Pubkey::new_from_array([9; 32])).key[..], [&[1][..], &[9; 32]].concat());
        let of = Record::of(&[7; 300], 0);
        assert_eq!(of, Record { hash: keccak256([7; 300]), bytes: 300, symbols: 0 });
    }

    #[test]
    fn real_programs_have_a_fraction_of_the_symbols_that_are_allowed() {
        let symbols = crate::spl::PROGRAMS.map(|program| (program.name, shape::symbols(program.elf())));
        let known = [
            ("spl-token", 769),
            ("spl-token-2022", 2525),
            ("spl-associated-token-account", 473),
            ("spl-memo", 7),
            ("address-lookup-table", 1059),
        ];
        assert_eq!(symbols, known);
        for program in crate::spl::PROGRAMS {
            assert!(shape::symbols(program.elf()) < shape::symbols_max(program.elf().len()) / 2, "{}", program.name);
        }
    }
}
