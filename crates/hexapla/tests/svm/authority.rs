//! Whose word a call is: what a program answers, what nobody may call, who owns a program.

use crate::{USER, chain, invoke};
use hexapla::{
    AccountInfo, Chain, evm,
    svm::{Pubkey, StoredAccount, alias, canonical, genesis, spl},
    system::{self, SYSTEM_CONTRACT},
};
use hexapla_abi::{Abi, Codec, Projection, SolidityCodec, Value};
use hexapla_primitives::{Address, Bytes};
use solana_sdk_ids::{bpf_loader, bpf_loader_deprecated, ed25519_program, secp256k1_program, secp256r1_program};

/// A contract that returns a word.
const HOOK: Address = Address::repeat_byte(0x42);
const HOOK_CODE: Bytes = Bytes::from_static(&[0x60, 0x42, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);

#[test]
fn what_a_program_called_has_returned_is_not_its_own_answer() {
    let mut chain = chain();
    let code = Some(evm::bytecode(&HOOK_CODE));
    let hook = AccountInfo { code, nonce: 1, ..AccountInfo::default() };
    chain
        .edit(|overlay| {
            overlay.insert_account(HOOK, hook);
            Ok(())
        })
        .unwrap();
    let [mint, a, b] = [21u8, 22, 23].map(|byte| Pubkey::new_from_array([byte; 32]));
    let blank =
        |length: usize| StoredAccount { owner: spl::TOKEN_2022, executable: false, data: vec![0; length].into() };
    let accounts =
        [(mint, 234), (a, 171), (b, 171)].map(|(key, length)| genesis::account(key, 10_000_000, &blank(length)));
    chain.insert_accounts(accounts).unwrap();
    let user = alias(USER);
    let mut run = |accounts: &[(Pubkey, bool, bool)], data: &[&[u8]]| {
        let tx = chain.call(USER, canonical(&spl::TOKEN_2022), invoke(accounts, &data.concat())).unwrap();
        let receipt = chain.transact(tx).unwrap().receipt;
        assert!(receipt.is_success(), "{:?} {:#?}", receipt.fault, receipt.program_log);
        receipt
    };
    run(&[(mint, false, true)], &[&[36, 0], user.as_ref(), alias(HOOK).as_ref()]);
    run(&[(mint, false, true)], &[&[20, 6], user.as_ref(), &[0]]);
    for account in [a, b] {
        run(&[(account, false, true), (mint, false, false)], &[&[18], user.as_ref()]);
    }
    run(&[(mint, false, true), (a, false, true), (user, true, false)], &[&[7], &500u64.to_le_bytes()]);
    let transfer =
        [(a, false, true), (mint, false, false), (b, false, true), (user, true, false), (alias(HOOK), false, false)];
    let receipt = run(&transfer, &[&[12], &60u64.to_le_bytes(), &[6]]);
    let calls = hexapla_testing::crossings(&receipt);
    let hook = calls.iter().find(|call| call.to == HOOK).expect("the hook runs");
    assert_eq!(hook.output.last(), Some(&0x42), "the hook has returned a word");
    // One `bytes` without content.
    assert_eq!(receipt.output.len(), 64);
    assert_eq!(receipt.output[32..], [0; 32], "the token program has returned nothing");
}

#[test]
fn signature_checks_are_not_called_from_other_vms() {
    let mut chain = chain();
    for program in [ed25519_program::ID, secp256k1_program::ID, secp256r1_program::ID] {
        chain.insert_accounts([genesis::native_program(program)]).unwrap();
        // No signature at all, which a transaction of Solana's own form would pass.
        let call = chain.call(USER, canonical(&program), invoke(&[], &[0, 0])).unwrap();
        let fault = chain.transact(call).unwrap().receipt.fault.expect("it is refused");
        assert!(fault.message.contains("paid for by the fee"), "{program}: {}", fault.message);
    }
}

/// Tries to set the interface of a program as its caller.
fn sets_interface(chain: &mut Chain, from: Address, program: &Pubkey) -> bool {
    let set = system::interface().function("setInterface").unwrap();
    let interface = hexapla_abi::Interface::from_solidity_signatures("Any", ["function any()"]).unwrap();
    let interface = Projection::new(interface.into(), Abi::Borsh).interface().clone();
    let arguments = [Value::Address(canonical(program)), Value::bytes(interface.to_bytes().unwrap())];
    let data = SolidityCodec::default().encode_call(set, &arguments).unwrap();
    chain.transact(chain.call(from, SYSTEM_CONTRACT, data).unwrap()).unwrap().receipt.is_success()
}

#[test]
fn a_program_of_an_older_loader_is_owned_by_nobody() {
    let mut chain = chain();
    chain.insert_system_contracts().unwrap();
    for (byte, loader) in [(61u8, bpf_loader::ID), (62, bpf_loader_deprecated::ID)] {
        let key = Pubkey::new_from_array([byte; 32]);
        // Its code begins as the account of an upgradeable program would, and names an account whose authority is the user.
        let mine = Pubkey::new_from_array([byte + 10; 32]);
        chain.insert_accounts(genesis::program(mine, spl::PROGRAMS[3].elf(), Some(alias(USER)))).unwrap();
        let data = [&[2, 0, 0, 0][..], genesis::programdata_of(&mine).as_ref()].concat();
        let program = StoredAccount { owner: loader, executable: true, data: data.into() };
        chain.insert_accounts([genesis::account(key, 10_000_000, &program)]).unwrap();
        assert!(!sets_interface(&mut chain, USER, &key), "{loader}");
        assert!(sets_interface(&mut chain, USER, &mine), "its own authority may");
    }
}
