//! Address lookup tables and messages of version 0.

use super::support::*;
use hexapla::svm::{Pubkey, spl::ADDRESS_LOOKUP_TABLE};
use hexapla_primitives::VmId;
use hexapla_testing::Chain;
use solana_instruction::{AccountMeta, Instruction};
use solana_message::{AddressLookupTableAccount, VersionedMessage, v0};

fn table_instruction(accounts: Vec<AccountMeta>, data: Vec<u8>) -> Instruction {
    Instruction { program_id: ADDRESS_LOOKUP_TABLE, accounts, data }
}

fn create(authority: &Pubkey, slot: u64) -> (Pubkey, Instruction) {
    let seeds = [authority.as_ref(), &slot.to_le_bytes()];
    let (table, bump) = Pubkey::find_program_address(&seeds, &ADDRESS_LOOKUP_TABLE);
    let accounts = vec![
        AccountMeta::new(table, false),
        AccountMeta::new_readonly(*authority, true),
        AccountMeta::new(*authority, true),
        AccountMeta::new_readonly(SYSTEM, false),
    ];
    let data = [&0u32.to_le_bytes()[..], &slot.to_le_bytes(), &[bump]].concat();
    (table, table_instruction(accounts, data))
}

fn extend(table: &Pubkey, authority: &Pubkey, keys: &[Pubkey]) -> Instruction {
    let accounts = vec![
        AccountMeta::new(*table, false),
        AccountMeta::new_readonly(*authority, true),
        AccountMeta::new(*authority, true),
        AccountMeta::new_readonly(SYSTEM, false),
    ];
    let mut data = [&2u32.to_le_bytes()[..], &(keys.len() as u64).to_le_bytes()].concat();
    keys.iter().for_each(|key| data.extend(key.as_ref()));
    table_instruction(accounts, data)
}

fn deactivate(table: &Pubkey, authority: &Pubkey) -> Instruction {
    let accounts = vec![AccountMeta::new(*table, false), AccountMeta::new_readonly(*authority, true)];
    table_instruction(accounts, 3u32.to_le_bytes().into())
}

/// A transfer to a key that stands in the table only.
fn via_table(chain: &Chain, table: &Pubkey, keys: &[Pubkey], from: &Wallet, to: &Pubkey) -> Vec<u8> {
    let table = AddressLookupTableAccount { key: *table, addresses: keys.to_vec() };
    let instructions = [transfer(&from.key(), to, LAMPORTS)];
    let message = v0::Message::try_compile(&from.key(), &instructions, &[table], recent(chain)).unwrap();
    assert_eq!(message.address_table_lookups.len(), 1);
    sign(VersionedMessage::V0(message), &[from])
}

/// A chain with a table of wallet 1 that holds the keys of wallets 2 and 3.
fn with_table() -> (Chain, Wallet, Pubkey, Vec<Pubkey>) {
    let mut chain = chain();
    let alice = Wallet::new(1);
    for _ in 0..3 {
        chain.block(|_| ()).unwrap();
    }
    let keys = vec![Wallet::new(2).key(), Wallet::new(3).key()];
    let (table, creation) = create(&alice.key(), 2);
    succeed(&mut chain, &[creation, extend(&table, &alice.key(), &keys)], &[&alice]);
    (chain, alice, table, keys)
}

#[test]
fn a_key_from_a_table_is_an_account_like_any_other() {
    let (mut chain, alice, table, keys) = with_table();
    let raw = via_table(&chain, &table, &keys, &alice, &keys[1]);
    let receipt = chain.transact_raw(VmId::SVM, &raw).unwrap().receipt;
    assert!(receipt.is_success(), "{:?}", receipt.fault);
    assert_eq!(balance(&chain, &keys[1]), 11 * LAMPORTS);
}

#[test]
fn keys_can_be_used_from_the_slot_after_the_one_that_added_them() {
    let (mut chain, alice, table, mut keys) = with_table();
    keys.push(Wallet::new(4).key());
    let added = signed(&[extend(&table, &alice.key(), &keys[2..])], &[&alice], recent(&chain));
    let used = via_table(&chain, &table, &keys, &alice, &keys[2]);
    let old = via_table(&chain, &table, &keys, &alice, &keys[0]);
    let used = chain
        .block(|run| {
            assert!(run.execute_raw(VmId::SVM, &added).unwrap().is_success());
            assert!(run.execute_raw(VmId::SVM, &old).unwrap().is_success());
            run.execute_raw(VmId::SVM, &used).map_err(|error| error.to_string())
        })
        .unwrap();
    assert!(used.unwrap_err().contains("has no key 2 in this slot"));
    let used = via_table(&chain, &table, &keys, &alice, &keys[2]);
    assert!(chain.transact_raw(VmId::SVM, &used).unwrap().receipt.is_success());
}

#[test]
fn a_deactivated_table_serves_until_its_slot_is_forgotten() {
    let (mut chain, alice, table, keys) = with_table();
    succeed(&mut chain, &[deactivate(&table, &alice.key())], &[&alice]);
    let raw = via_table(&chain, &table, &keys, &alice, &keys[0]);
    assert!(chain.transact_raw(VmId::SVM, &raw).unwrap().receipt.is_success());
    for _ in 0..513 {
        chain.block(|_| ()).unwrap();
    }
    let raw = via_table(&chain, &table, &keys, &alice, &keys[0]);
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &raw)), "AddressLookupTableNotFound");
}

#[test]
fn what_is_no_table_is_refused() {
    let (mut chain, alice, table, keys) = with_table();
    let raw = via_table(&chain, &Pubkey::new_from_array([1; 32]), &keys, &alice, &keys[0]);
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &raw)), "AddressLookupTableNotFound");
    let program = hexapla::svm::spl::TOKEN;
    let raw = via_table(&chain, &program, &keys, &alice, &keys[0]);
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &raw)), "InvalidAddressLookupTableOwner");
    let longer: Vec<Pubkey> = keys.iter().copied().chain([Wallet::new(4).key()]).collect();
    let raw = via_table(&chain, &table, &longer, &alice, &longer[2]);
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &raw)), "InvalidAddressLookupTableIndex");
}
