//! Accounts and programs that are there from the beginning.

use crate::{
    account::{StoredAccount, WEI_PER_LAMPORT, canonical},
    code::code_record,
};
pub use hexapla_primitives::GenesisAccount;
use hexapla_primitives::{Bytes, HomeRecord, U256, VmId, identity::designator};
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_pubkey::Pubkey;
use solana_rent::Rent;
use solana_sdk_ids::bpf_loader_upgradeable;

/// An account with this many lamports.
pub fn account(key: Pubkey, lamports: u64, stored: &StoredAccount) -> GenesisAccount {
    let address = canonical(&key);
    let home = HomeRecord { vm: VmId::SVM, native_id: Bytes::copy_from_slice(key.as_ref()) };
    let mut objects = vec![(HomeRecord::key(address), home.to_bytes())];
    objects.extend(stored.to_object().map(|object| (StoredAccount::key(&key), object)));
    objects.extend(code_record(&key, &stored.owner, stored.executable, &stored.data));
    let code = if stored.executable { designator(VmId::SVM, key.as_ref()) } else { Bytes::new() };
    GenesisAccount { address, balance: U256::from(lamports) * U256::from(WEI_PER_LAMPORT), code, objects }
}

/// A native program: it has no account of its own in the state, but contracts of other VMs can call it.
pub fn native_program(key: Pubkey) -> GenesisAccount {
    let account = account(key, 0, &StoredAccount::default());
    GenesisAccount { code: designator(VmId::SVM, key.as_ref()), ..account }
}

/// A program of the upgradeable loader: its own account and the one that holds its code, both rent-exempt. Without an
/// `authority` it can never be changed.
pub fn program(key: Pubkey, elf: &[u8], authority: Option<Pubkey>) -> [GenesisAccount; 2] {
    let holder = programdata_of(&key);
    let head = UpgradeableLoaderState::ProgramData { slot: 0, upgrade_authority_address: authority };
    let mut data = bincode::serialize(&head).unwrap_or_default();
    data.resize(UpgradeableLoaderState::size_of_programdata_metadata(), 0);
    data.extend_from_slice(elf);
    let pointer = UpgradeableLoaderState::Program { programdata_address: holder };
    [rent_exempt(key, true, bincode::serialize(&pointer).unwrap_or_default()), rent_exempt(holder, false, data)]
}

/// The account that holds the code of a program of the upgradeable loader.
pub fn programdata_of(program: &Pubkey) -> Pubkey {
    Pubkey::find_program_address(&[program.as_ref()], &bpf_loader_upgradeable::ID).0
}

fn rent_exempt(key: Pubkey, executable: bool, data: Vec<u8>) -> GenesisAccount {
    let lamports = Rent::default().minimum_balance(data.len());
    account(key, lamports, &StoredAccount { owner: bpf_loader_upgradeable::ID, executable, data: data.into() })
}
