//! Programs that wallets deploy: the upgradeable loader.

use super::support::*;
use hexapla::svm::{Pubkey, canonical, genesis::programdata_of};
use hexapla_primitives::Bytes;
use hexapla_testing::Chain;
use solana_instruction::{AccountMeta, Instruction, error::InstructionError};
use solana_sdk_ids::{bpf_loader_upgradeable, sysvar};
use solana_transaction_error::TransactionError;

/// Logs what it is called with.
const MEMO: &[u8] = include_bytes!("../../../../contracts/svm/programs/spl_memo-4.0.0.so");
/// Runs scripts; an empty one does nothing.
const ACTOR: &[u8] = include_bytes!("../../../../contracts/svm/actor/actor.so");

/// Most bytes of code that a transaction can carry beside everything else.
const CHUNK_BYTES: usize = 900;
/// Bytes of a buffer before its code, and of a program account.
const BUFFER_HEAD_BYTES: u64 = 37;
const PROGRAM_BYTES: u64 = 36;

fn loader(accounts: Vec<AccountMeta>, data: Vec<u8>) -> Instruction {
    Instruction { program_id: bpf_loader_upgradeable::ID, accounts, data }
}

/// Writes code into a new buffer of `authority`, in several transactions.
fn write_buffer(chain: &mut Chain, authority: &Wallet, buffer: &Wallet, code: &[u8]) {
    let bytes = BUFFER_HEAD_BYTES + code.len() as u64;
    let create = create_account(&authority.key(), &buffer.key(), rent(bytes), bytes, &bpf_loader_upgradeable::ID);
    let accounts = vec![AccountMeta::new(buffer.key(), false), AccountMeta::new_readonly(authority.key(), false)];
    succeed(chain, &[create, loader(accounts, 0u32.to_le_bytes().into())], &[authority, buffer]);
    for (index, chunk) in code.chunks(CHUNK_BYTES).enumerate() {
        let mut data = 1u32.to_le_bytes().to_vec();
        data.extend(((index * CHUNK_BYTES) as u32).to_le_bytes());
        data.extend((chunk.len() as u64).to_le_bytes());
        data.extend(chunk);
        let accounts = vec![AccountMeta::new(buffer.key(), false), AccountMeta::new_readonly(authority.key(), true)];
        succeed(chain, &[loader(accounts, data)], &[authority]);
    }
}

fn deploy(authority: &Wallet, program: &Wallet, buffer: &Wallet, bytes_max: u64) -> [Instruction; 2] {
    let (payer, key) = (authority.key(), program.key());
    let create = create_account(&payer, &key, rent(PROGRAM_BYTES), PROGRAM_BYTES, &bpf_loader_upgradeable::ID);
    let accounts = vec![
        AccountMeta::new(payer, true),
        AccountMeta::new(programdata_of(&key), false),
        AccountMeta::new(key, false),
        AccountMeta::new(buffer.key(), false),
        AccountMeta::new_readonly(sysvar::rent::ID, false),
        AccountMeta::new_readonly(sysvar::clock::ID, false),
        AccountMeta::new_readonly(SYSTEM, false),
        AccountMeta::new_readonly(payer, true),
    ];
    [create, loader(accounts, [&2u32.to_le_bytes()[..], &bytes_max.to_le_bytes()].concat())]
}

fn upgrade(authority: &Wallet, program: &Pubkey, buffer: &Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::new(programdata_of(program), false),
        AccountMeta::new(*program, false),
        AccountMeta::new(*buffer, false),
        AccountMeta::new(authority.key(), false),
        AccountMeta::new_readonly(sysvar::rent::ID, false),
        AccountMeta::new_readonly(sysvar::clock::ID, false),
        AccountMeta::new_readonly(authority.key(), true),
    ];
    loader(accounts, 3u32.to_le_bytes().into())
}

fn set_authority(program: &Pubkey, current: &Wallet, next: Option<&Pubkey>) -> Instruction {
    let mut accounts =
        vec![AccountMeta::new(programdata_of(program), false), AccountMeta::new_readonly(current.key(), true)];
    accounts.extend(next.map(|next| AccountMeta::new_readonly(*next, false)));
    loader(accounts, 4u32.to_le_bytes().into())
}

fn close(program: &Pubkey, authority: &Wallet) -> Instruction {
    let accounts = vec![
        AccountMeta::new(programdata_of(program), false),
        AccountMeta::new(authority.key(), false),
        AccountMeta::new_readonly(authority.key(), true),
        AccountMeta::new(*program, false),
    ];
    loader(accounts, 5u32.to_le_bytes().into())
}

fn extend(program: &Pubkey, authority: &Wallet, bytes: u32) -> Instruction {
    let accounts = vec![
        AccountMeta::new(programdata_of(program), false),
        AccountMeta::new(*program, false),
        AccountMeta::new_readonly(SYSTEM, false),
        AccountMeta::new(authority.key(), true),
    ];
    loader(accounts, [&6u32.to_le_bytes()[..], &bytes.to_le_bytes()].concat())
}

fn call(program: &Pubkey) -> Instruction {
    Instruction { program_id: *program, accounts: Vec::new(), data: Vec::new() }
}

fn is_memo(chain: &mut Chain, program: &Pubkey, wallet: &Wallet) -> bool {
    let sent = succeed(chain, &[call(program)], &[wallet]);
    sent.receipt.program_log.iter().any(|line| line.contains("Memo (len 0)"))
}

/// A chain with the memo program deployed by wallet 1 at the key of wallet 20.
fn deployed() -> (Chain, Wallet, Wallet) {
    let mut chain = chain();
    let (alice, program, buffer) = (Wallet::new(1), Wallet::new(20), Wallet::new(21));
    write_buffer(&mut chain, &alice, &buffer, MEMO);
    succeed(&mut chain, &deploy(&alice, &program, &buffer, 16_000), &[&alice, &program]);
    (chain, alice, program)
}

#[test]
fn a_deployed_program_runs_from_the_next_slot_and_other_vms_find_it() {
    let mut chain = chain();
    let (alice, program, buffer) = (Wallet::new(1), Wallet::new(20), Wallet::new(21));
    write_buffer(&mut chain, &alice, &buffer, MEMO);
    let hash = recent(&chain);
    let deployment = signed(&deploy(&alice, &program, &buffer, 16_000), &[&alice, &program], hash);
    let at_once = signed(&[call(&program.key())], &[&alice], hash);
    let (deployment, at_once) = chain
        .block(|run| {
            let vm = hexapla_primitives::VmId::SVM;
            (run.execute_raw(vm, &deployment).unwrap(), run.execute_raw(vm, &at_once).unwrap())
        })
        .unwrap();
    assert!(deployment.is_success(), "{:?} {:#?}", deployment.fault, deployment.program_log);
    assert!(!at_once.is_success(), "a program cannot run in the slot of its deployment");
    assert_eq!(balance(&chain, &buffer.key()), 0, "the buffer is gone");
    assert!(is_memo(&mut chain, &program.key(), &alice));
    let evm = chain.call(EVM_USER, canonical(&program.key()), Bytes::from_static(b"from the EVM")).unwrap();
    let receipt = chain.transact(evm).unwrap().receipt;
    assert!(receipt.is_success(), "{:?}", receipt.fault);
    assert!(receipt.program_log.iter().any(|line| line.contains("from the EVM")));
}

#[test]
fn an_upgraded_program_runs_its_new_code() {
    let (mut chain, alice, program) = deployed();
    assert!(is_memo(&mut chain, &program.key(), &alice));
    let buffer = Wallet::new(22);
    write_buffer(&mut chain, &alice, &buffer, ACTOR);
    let stranger = Wallet::new(2);
    let refused = send(&mut chain, &[upgrade(&stranger, &program.key(), &buffer.key())], &[&stranger]);
    assert_eq!(error(&refused), TransactionError::InstructionError(0, InstructionError::IncorrectAuthority));
    let hash = recent(&chain);
    let upgrading = signed(&[upgrade(&alice, &program.key(), &buffer.key())], &[&alice], hash);
    let at_once = signed(&[call(&program.key())], &[&alice], hash);
    let (upgrading, at_once) = chain
        .block(|run| {
            let vm = hexapla_primitives::VmId::SVM;
            (run.execute_raw(vm, &upgrading).unwrap(), run.execute_raw(vm, &at_once).unwrap())
        })
        .unwrap();
    assert!(upgrading.is_success(), "{:?} {:#?}", upgrading.fault, upgrading.program_log);
    assert!(!at_once.is_success(), "neither old nor new code runs in the slot of the upgrade");
    assert!(!is_memo(&mut chain, &program.key(), &alice));
}

#[test]
fn a_program_that_was_upgraded_or_closed_does_not_run_in_the_same_transaction() {
    for what in ["upgrade", "close"] {
        let (mut chain, alice, program) = deployed();
        let buffer = Wallet::new(22);
        write_buffer(&mut chain, &alice, &buffer, ACTOR);
        let change = match what {
            "upgrade" => upgrade(&alice, &program.key(), &buffer.key()),
            _ => close(&program.key(), &alice),
        };
        let failed = send(&mut chain, &[call(&program.key()), change, call(&program.key())], &[&alice]);
        let reason = InstructionError::UnsupportedProgramId;
        assert_eq!(error(&failed), TransactionError::InstructionError(2, reason), "{what}");
        assert!(is_memo(&mut chain, &program.key(), &alice), "the {what} is undone with the transaction");
    }
}

#[test]
fn a_program_is_too_big_for_its_account_until_that_is_extended() {
    let (mut chain, alice, program) = deployed();
    let (buffer, big) = (Wallet::new(22), [MEMO, &[0; 16_000]].concat());
    write_buffer(&mut chain, &alice, &buffer, &big);
    let failed = send(&mut chain, &[upgrade(&alice, &program.key(), &buffer.key())], &[&alice]);
    assert_eq!(error(&failed), TransactionError::InstructionError(0, InstructionError::AccountDataTooSmall));
    let before = stored(&chain, &programdata_of(&program.key())).data.len();
    succeed(&mut chain, &[extend(&program.key(), &alice, 10_240)], &[&alice]);
    assert_eq!(stored(&chain, &programdata_of(&program.key())).data.len(), before + 10_240);
    succeed(&mut chain, &[upgrade(&alice, &program.key(), &buffer.key())], &[&alice]);
    assert!(is_memo(&mut chain, &program.key(), &alice));
}

#[test]
fn authority_can_be_handed_on_and_given_up() {
    let (mut chain, alice, program) = deployed();
    let bob = Wallet::new(2);
    succeed(&mut chain, &[set_authority(&program.key(), &alice, Some(&bob.key()))], &[&alice]);
    let failed = send(&mut chain, &[set_authority(&program.key(), &alice, None)], &[&alice]);
    assert_eq!(error(&failed), TransactionError::InstructionError(0, InstructionError::IncorrectAuthority));
    succeed(&mut chain, &[set_authority(&program.key(), &bob, None)], &[&bob]);
    let failed = send(&mut chain, &[close(&program.key(), &bob)], &[&bob]);
    assert_eq!(error(&failed), TransactionError::InstructionError(0, InstructionError::Immutable));
}

#[test]
fn a_closed_program_does_not_run() {
    let (mut chain, alice, program) = deployed();
    succeed(&mut chain, &[close(&program.key(), &alice)], &[&alice]);
    assert_eq!(balance(&chain, &programdata_of(&program.key())), 0);
    let failed = send(&mut chain, &[call(&program.key())], &[&alice]);
    assert!(matches!(error(&failed), TransactionError::InstructionError(0, _)), "{:?}", error(&failed));
    let evm = chain.call(EVM_USER, canonical(&program.key()), Bytes::from_static(b"anyone?")).unwrap();
    assert!(!chain.transact(evm).unwrap().receipt.is_success());
}
