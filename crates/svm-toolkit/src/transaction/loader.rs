//! A program's way onto the chain: the transactions of the upgradeable loader.
//!
//! Code is written into a buffer in pieces that fit into a transaction; then the loader makes a program of the buffer,
//! or puts its code in the place of a program's old one.
//!
//! The builders of `solana-loader-v3-interface` are not used: version 8 writes a field more than the loader of
//! agave 4.2 asks for, which makes each transaction longer.

use crate::address::id_of;
use hexapla_svm_types::{Pubkey, genesis::programdata_of};
use hexapla_toolkit::{AccountUse, NativeCall};
use solana_rent::Rent;
use solana_sdk_ids::{bpf_loader_upgradeable as loader, system_program, sysvar};

/// Most bytes of code in a transaction: what is left beside two signers, their signatures, a price and the rest.
const PIECE_BYTES: usize = 860;
/// Bytes of a buffer before its code.
const BUFFER_HEAD_BYTES: usize = 37;
/// Bytes of the account that holds a program's code, before the code.
pub(crate) const HOLDER_HEAD_BYTES: usize = 45;
/// Bytes of a program's own account.
const PROGRAM_BYTES: usize = 36;
/// The loader makes room for at least so many bytes at once (SIMD-0431).
const EXTENSION_BYTES_MIN: usize = 10_240;

/// Instructions of the loader, as bincode numbers them.
const INITIALIZE_BUFFER: u32 = 0;
const WRITE: u32 = 1;
const DEPLOY_WITH_MAX_DATA_LEN: u32 = 2;
const UPGRADE: u32 = 3;
const SET_AUTHORITY: u32 = 4;
const EXTEND_PROGRAM: u32 = 6;
/// The instruction of the System program that creates an account.
const CREATE_ACCOUNT: u32 = 0;

/// Who loads which program, by way of which buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loading<'a> {
    /// Pays fees and rent.
    pub(crate) payer: Pubkey,
    /// Signs for buffer and program.
    pub(crate) authority: Pubkey,
    pub(crate) program: Pubkey,
    pub(crate) buffer: Pubkey,
    pub(crate) code: &'a [u8],
}

impl Loading<'_> {
    /// The transactions that deploy a new program with room for `bytes_max` bytes of code.
    pub(crate) fn deployment(&self, bytes_max: u64) -> Vec<Vec<NativeCall>> {
        let mut transactions = self.written();
        let accounts = vec![
            signer(self.payer, true),
            account(programdata_of(&self.program), true),
            account(self.program, true),
            account(self.buffer, true),
            account(sysvar::rent::ID, false),
            account(sysvar::clock::ID, false),
            account(system_program::ID, false),
            signer(self.authority, false),
        ];
        let deploy = call(DEPLOY_WITH_MAX_DATA_LEN, accounts, &bytes_max.to_le_bytes());
        transactions.push(vec![self.create(self.program, PROGRAM_BYTES), deploy]);
        transactions
    }

    /// The transactions that put new code into a program that has room for `room` bytes.
    pub(crate) fn upgrade(&self, room: usize) -> Vec<Vec<NativeCall>> {
        let mut transactions = self.written();
        let missing = self.code.len().saturating_sub(room);
        if missing > 0 {
            transactions.push(vec![self.extension(missing.max(EXTENSION_BYTES_MIN))]);
        }
        let accounts = vec![
            account(programdata_of(&self.program), true),
            account(self.program, true),
            account(self.buffer, true),
            account(self.payer, true),
            account(sysvar::rent::ID, false),
            account(sysvar::clock::ID, false),
            signer(self.authority, false),
        ];
        transactions.push(vec![call(UPGRADE, accounts, &[])]);
        transactions
    }

    /// The transaction after which nobody can upgrade the program.
    pub(crate) fn finality(&self) -> Vec<NativeCall> {
        let accounts = vec![account(programdata_of(&self.program), true), signer(self.authority, false)];
        vec![call(SET_AUTHORITY, accounts, &[])]
    }

    /// The transactions that write the code into a new buffer.
    fn written(&self) -> Vec<Vec<NativeCall>> {
        let accounts = vec![account(self.buffer, true), account(self.authority, false)];
        let bytes = BUFFER_HEAD_BYTES + self.code.len();
        let begun = vec![self.create(self.buffer, bytes), call(INITIALIZE_BUFFER, accounts, &[])];
        let pieces = self.code.chunks(PIECE_BYTES).enumerate();
        std::iter::once(begun).chain(pieces.map(|(index, piece)| vec![self.write(index, piece)])).collect()
    }

    fn write(&self, index: usize, piece: &[u8]) -> NativeCall {
        let offset = u32::try_from(index * PIECE_BYTES).unwrap_or(u32::MAX);
        let data = [&offset.to_le_bytes()[..], &(piece.len() as u64).to_le_bytes(), piece].concat();
        call(WRITE, vec![account(self.buffer, true), signer(self.authority, false)], &data)
    }

    fn extension(&self, bytes: usize) -> NativeCall {
        let accounts = vec![
            account(programdata_of(&self.program), true),
            account(self.program, true),
            account(system_program::ID, false),
            signer(self.payer, true),
        ];
        call(EXTEND_PROGRAM, accounts, &u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes())
    }

    /// Makes an account of the loader.
    fn create(&self, key: Pubkey, bytes: usize) -> NativeCall {
        let lamports = Rent::default().minimum_balance(bytes);
        let numbers = [lamports.to_le_bytes(), (bytes as u64).to_le_bytes()].concat();
        let data = [&CREATE_ACCOUNT.to_le_bytes()[..], &numbers, loader::ID.as_ref()].concat();
        let accounts = vec![signer(self.payer, true), signer(key, true)];
        NativeCall { contract: id_of(&system_program::ID), accounts, data: data.into() }
    }
}

fn call(tag: u32, accounts: Vec<AccountUse>, data: &[u8]) -> NativeCall {
    let data = [&tag.to_le_bytes()[..], data].concat();
    NativeCall { contract: id_of(&loader::ID), accounts, data: data.into() }
}

fn account(key: Pubkey, writable: bool) -> AccountUse {
    AccountUse { id: id_of(&key), signer: false, writable }
}

fn signer(key: Pubkey, writable: bool) -> AccountUse {
    AccountUse { id: id_of(&key), signer: true, writable }
}
