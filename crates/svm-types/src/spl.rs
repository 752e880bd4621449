//! The programs of the Solana program library, unmodified, at their mainnet addresses.

use crate::{
    account::StoredAccount,
    genesis::{GenesisAccount, account, native_program, program},
};
use solana_pubkey::{Pubkey, pubkey};
use solana_rent::Rent;

/// A program and its ELF file.
pub struct SplProgram {
    /// Its address on Solana.
    pub id: Pubkey,
    /// Its name.
    pub name: &'static str,
    elf: &'static [u8],
}

impl SplProgram {
    /// Its ELF file.
    pub const fn elf(&self) -> &'static [u8] {
        self.elf
    }
}

/// SPL Token.
pub const TOKEN: Pubkey = pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// The mint of wrapped SOL in SPL Token.
pub const NATIVE_MINT: Pubkey = pubkey!("So11111111111111111111111111111111111111112");
/// Token-2022.
pub const TOKEN_2022: Pubkey = pubkey!("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
/// Associated Token Account.
pub const ASSOCIATED_TOKEN: Pubkey = pubkey!("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// Memo.
pub const MEMO: Pubkey = pubkey!("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
/// Address Lookup Table.
pub const ADDRESS_LOOKUP_TABLE: Pubkey = pubkey!("AddressLookupTab1e1111111111111111111111111");

macro_rules! elf {
    ($file:literal) => {
        include_bytes!(concat!("../programs/", $file))
    };
}

/// The programs with which a chain begins.
pub const PROGRAMS: [SplProgram; 5] = [
    SplProgram { id: TOKEN, name: "spl-token", elf: elf!("spl_token-3.5.0.so") },
    SplProgram { id: TOKEN_2022, name: "spl-token-2022", elf: elf!("spl_token_2022-11.0.0.so") },
    SplProgram {
        id: ASSOCIATED_TOKEN,
        name: "spl-associated-token-account",
        elf: elf!("spl_associated_token_account-1.1.1.so"),
    },
    SplProgram { id: MEMO, name: "spl-memo", elf: elf!("spl_memo-4.0.0.so") },
    SplProgram {
        id: ADDRESS_LOOKUP_TABLE,
        name: "address-lookup-table",
        elf: elf!("address_lookup_table-litesvm-0.16.0.so"),
    },
];

/// Decimals of wrapped SOL: a token is a lamport.
const NATIVE_DECIMALS: u8 = 9;

/// All accounts of [`PROGRAMS`], which nobody can change, the mint of wrapped SOL, and what the native programs show to
/// other VMs.
pub fn genesis() -> impl Iterator<Item = GenesisAccount> {
    let native = [solana_sdk_ids::system_program::ID, solana_sdk_ids::bpf_loader_upgradeable::ID].map(native_program);
    PROGRAMS.iter().flat_map(|spl| program(spl.id, spl.elf, None)).chain(native).chain([native_mint()])
}

/// The mint of wrapped SOL as SPL Token lays it out: without authorities, without a supply of its own.
fn native_mint() -> GenesisAccount {
    let (no_authority, no_supply, initialized) = ([0; 36], [0; 8], 1);
    let data = [&no_authority[..], &no_supply, &[NATIVE_DECIMALS, initialized], &no_authority].concat();
    let lamports = Rent::default().minimum_balance(data.len());
    account(NATIVE_MINT, lamports, &StoredAccount { owner: TOKEN, executable: false, data: data.into() })
}
