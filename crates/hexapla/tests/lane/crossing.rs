//! A wallet calls contracts of other VMs: their aliases are programs.

use super::support::*;
use hexapla::{
    AccountInfo,
    svm::{CALL_WITH_VALUE, alias, canonical},
};
use hexapla_primitives::{Address, Bytes, HomeRecord, U256, VmId};
use hexapla_testing::{Chain, Script, ScriptCall, Side, Stage, SvmActor, crossings};
use solana_instruction::{AccountMeta, Instruction, error::InstructionError};
use solana_transaction_error::TransactionError;

const CONTRACT: Address = Address::repeat_byte(0xc0);

/// A chain on which `CONTRACT` has this EVM code.
fn with_code(code: Bytes) -> Chain {
    let mut chain = chain();
    let code = Some(hexapla::evm::bytecode(&code));
    chain
        .edit(|overlay| {
            overlay.insert_account(CONTRACT, AccountInfo { code, nonce: 1, ..AccountInfo::default() });
            Ok(())
        })
        .unwrap();
    chain
}

/// Writes caller and value into words 0 and 1 and returns the caller.
const RECORDER: Bytes =
    Bytes::from_static(&[0x33, 0x80, 0x5f, 0x55, 0x5f, 0x52, 0x34, 0x60, 0x01, 0x55, 0x60, 0x20, 0x5f, 0xf3]);
/// Reverts with four bytes.
const REFUSER: Bytes = Bytes::from_static(&[0x63, 0xde, 0xad, 0xbe, 0xef, 0x5f, 0x52, 0x60, 0x04, 0x60, 0x1c, 0xfd]);

fn call(data: &[u8], payer: &Wallet) -> Instruction {
    let accounts = vec![AccountMeta::new(payer.key(), true)];
    Instruction { program_id: alias(CONTRACT), accounts, data: data.into() }
}

#[test]
fn a_contract_sees_the_wallet_and_its_coin() {
    let mut chain = with_code(RECORDER);
    let alice = Wallet::new(1);
    let data = [&CALL_WITH_VALUE[..], &3u64.to_le_bytes()].concat();
    let sent = succeed(&mut chain, &[call(&data, &alice)], &[&alice]);
    let wallet = canonical(&alice.key());
    assert_eq!(chain.word(CONTRACT, U256::ZERO).unwrap(), U256::from_be_slice(wallet.as_slice()));
    assert_eq!(chain.word(CONTRACT, U256::ONE).unwrap(), lamports(3));
    assert_eq!(chain.balance(CONTRACT).unwrap(), lamports(3));
    assert_eq!(balance(&chain, &alice.key()), 10 * LAMPORTS - 3 - 5_000);
    assert_eq!(sent.receipt.output[12..], wallet[..]);
    let [crossing] = &sent.receipt.crossings[..] else { panic!("{:?}", sent.receipt.crossings) };
    assert_eq!((crossing.from.vm, crossing.from.address), (VmId::SVM, wallet));
    assert_eq!((crossing.to.vm, crossing.to.address), (VmId::EVM, CONTRACT));
    assert!(sent.receipt.gas_used > 40_000, "gas is paid from compute units: {}", sent.receipt.gas_used);
    let root = sent.receipt.trace.as_ref().unwrap();
    assert_eq!((root.vm, root.from, root.calls().count()), (VmId::SVM, wallet, 1));
}

#[test]
fn the_first_signer_of_an_instruction_calls_the_contract_and_not_who_pays_the_fee() {
    let (sponsor, mallory) = (Wallet::new(1), Wallet::new(2));
    let signs = |wallet: &Wallet| AccountMeta::new_readonly(wallet.key(), true);
    let caller = |accounts: Vec<AccountMeta>| {
        let mut chain = with_code(RECORDER);
        chain.insert_system_contracts().unwrap();
        let call = Instruction { program_id: alias(CONTRACT), accounts, data: Vec::new() };
        let sent = succeed(&mut chain, &[call], &[&sponsor, &mallory]);
        let seen = Address::from_slice(&sent.receipt.output[12..]);
        assert_eq!(sent.receipt.crossings[0].from.address, seen);
        assert_eq!(sent.receipt.trace.as_ref().unwrap().from, canonical(&sponsor.key()), "who sent the transaction");
        // Other VMs can say which key stands behind the address.
        let home = chain.object(&HomeRecord::key(seen)).unwrap().expect("it has a home record");
        (HomeRecord::from_bytes(&home).expect("a home record").native_id, seen)
    };
    let bob = AccountMeta::new_readonly(Wallet::new(3).key(), false);
    for accounts in [vec![signs(&mallory)], vec![bob, signs(&mallory)], vec![signs(&mallory), signs(&sponsor)]] {
        let (key, address) = caller(accounts);
        assert_eq!((&key[..], address), (mallory.key().as_ref(), canonical(&mallory.key())));
    }
    assert_eq!(caller(vec![signs(&sponsor), signs(&mallory)]).1, canonical(&sponsor.key()));
}

#[test]
fn an_instruction_that_nobody_signed_calls_no_contract() {
    let mut chain = with_code(RECORDER);
    let alice = Wallet::new(1);
    for accounts in [Vec::new(), vec![AccountMeta::new(Wallet::new(2).key(), false)]] {
        let call = Instruction { program_id: alias(CONTRACT), accounts, data: Vec::new() };
        let failed = send(&mut chain, &[call], &[&alice]);
        let reason = InstructionError::MissingRequiredSignature;
        assert_eq!(error(&failed), TransactionError::InstructionError(0, reason));
        let log = failed.receipt.program_log.join("\n");
        assert!(log.contains("nobody calls the contract"), "{log}");
        assert!(failed.receipt.crossings.is_empty());
        assert_eq!(chain.word(CONTRACT, U256::ZERO).unwrap(), U256::ZERO);
    }
}

#[test]
fn a_revert_undoes_the_transaction_but_not_its_fee() {
    let mut chain = with_code(REFUSER);
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let instructions = [transfer(&alice.key(), &bob.key(), LAMPORTS), call(&[], &alice)];
    let failed = send(&mut chain, &instructions, &[&alice]);
    assert!(matches!(error(&failed), TransactionError::InstructionError(1, _)));
    assert_eq!(balance(&chain, &alice.key()), 10 * LAMPORTS - 5_000);
    assert_eq!(balance(&chain, &bob.key()), 10 * LAMPORTS);
}

#[test]
fn compute_units_bound_the_gas_of_a_call() {
    // Loops for ever.
    let mut chain = with_code(Bytes::from_static(&[0x5b, 0x5f, 0x56]));
    let alice = Wallet::new(1);
    let limit = compute_budget(2, &50_000u32.to_le_bytes());
    let failed = send(&mut chain, &[limit, call(&[], &alice)], &[&alice]);
    assert!(!failed.receipt.is_success());
    assert!(failed.receipt.gas_used <= 50_000);
    assert_eq!(balance(&chain, &alice.key()), 10 * LAMPORTS - 5_000);
}

/// An instruction for an actor, which calls the contracts of `stage` with what `script` says.
fn act(actor: &SvmActor, contracts: &[Address], script: Script) -> Instruction {
    let mut accounts = vec![AccountMeta::new(actor.state, false)];
    accounts.extend(contracts.iter().map(|contract| AccountMeta::new_readonly(alias(*contract), false)));
    Instruction { program_id: actor.program, accounts, data: Bytes::from(script).to_vec() }
}

/// The usual stage, on which wallets 1 and 2 have 10 SOL each.
fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.chain.fund([1, 2].map(|seed| (canonical(&Wallet::new(seed).key()), lamports(10 * LAMPORTS)))).unwrap();
    stage
}

#[test]
fn f01_what_a_program_did_in_another_vm_goes_with_a_later_instruction() {
    for side in Side::ALL {
        let mut stage = stage();
        let (alice, bob, actor) = (Wallet::new(1), Wallet::new(2), stage.svm()[0]);
        let [contract, other] = stage.actors(side);
        // The contract calls one of the other VM, so that all three have something to undo.
        let third = stage.actor(side.other());
        let inner = Script::new().store(5, 5).log(&[1], b"x").call(ScriptCall::to(third, Script::new().store(6, 6)));
        let script = Script::new().store(1, 7).call(ScriptCall::to(contract, inner)).store(2, 8);
        let through_program = act(&actor, &[contract], script);
        let directly = Instruction {
            program_id: alias(other),
            accounts: vec![AccountMeta::new_readonly(alice.key(), true)],
            data: Bytes::from(Script::new().store(4, 4)).to_vec(),
        };
        let words = |stage: &Stage| {
            [(actor.address(), 1), (actor.address(), 2), (contract, 5), (third, 6), (other, 4)]
                .map(|(account, key)| stage.word(account, key))
        };

        let too_much = transfer(&alice.key(), &bob.key(), 50 * LAMPORTS);
        let failed = send(&mut stage.chain, &[through_program.clone(), directly.clone(), too_much], &[&alice]);
        assert!(matches!(error(&failed), TransactionError::InstructionError(2, _)), "{side:?}: {:?}", error(&failed));
        assert_eq!(words(&stage), [0; 5], "{side:?}");
        assert!(failed.receipt.logs.is_empty(), "{side:?}: the events are gone");
        assert_eq!(failed.receipt.crossings.len(), 3, "{side:?}: the record stays");
        assert_eq!(balance(&stage.chain, &alice.key()), 10 * LAMPORTS - 5_000, "{side:?}: nothing but the fee");

        // The first instruction may fail in the contract as well: the program has no say in it.
        let broken = Script::new().store(1, 7).call(ScriptCall::to(contract, Script::new().store(5, 5).revert(b"no")));
        let failed = send(&mut stage.chain, &[directly.clone(), act(&actor, &[contract], broken)], &[&alice]);
        assert!(matches!(error(&failed), TransactionError::InstructionError(1, _)), "{side:?}: {:?}", error(&failed));
        assert_eq!(words(&stage), [0; 5], "{side:?}");

        let little = transfer(&alice.key(), &bob.key(), 5);
        let sent = succeed(&mut stage.chain, &[through_program, directly, little], &[&alice]);
        assert_eq!(words(&stage), [7, 8, 5, 6, 4], "{side:?}");
        assert_eq!(sent.receipt.logs.len(), 1, "{side:?}");
        assert_eq!(balance(&stage.chain, &bob.key()), 10 * LAMPORTS + 5, "{side:?}");
    }
}

#[test]
fn f26_a_contract_that_a_program_calls_in_a_transaction_sees_the_program_and_not_the_wallet() {
    for side in Side::ALL {
        let mut stage = stage();
        let (alice, actor, contract) = (Wallet::new(1), stage.svm()[0], stage.actor(side));
        let ask = act(&actor, &[contract], Script::new().call(ScriptCall::to(contract, Script::new().identify())));
        let sent = succeed(&mut stage.chain, &[ask], &[&alice]);
        let [crossing] = &sent.receipt.crossings[..] else { panic!("{side:?}: {:?}", sent.receipt.crossings) };
        assert_eq!((crossing.from.vm, crossing.from.address), (VmId::SVM, actor.address()), "{side:?}");
        assert_eq!(crossings(&sent.receipt)[0].output[..20], *actor.address(), "{side:?}");
    }
}

#[test]
fn f05_the_units_of_a_transaction_bind_what_its_programs_call() {
    for side in Side::ALL {
        let mut stage = stage();
        let (alice, actor, contract) = (Wallet::new(1), stage.svm()[0], stage.actor(side));
        let mut used = |units: u32| {
            let burn = Script::new().call(ScriptCall::to(contract, Script::new().burn(u32::MAX)));
            let limit = compute_budget(2, &units.to_le_bytes());
            let failed = send(&mut stage.chain, &[limit, act(&actor, &[contract], burn)], &[&alice]);
            assert!(!failed.receipt.is_success(), "{side:?}");
            failed.receipt.gas_used
        };
        let (little, much) = (used(100_000), used(400_000));
        assert!(little <= 100_000 && much <= 400_000, "{side:?}: {little} of 100,000 and {much} of 400,000");
        assert!(much - little >= 270_000, "{side:?}: the contract has what the transaction has");
    }
}

#[test]
fn accounts_that_a_transaction_changes_before_a_call_are_paid_by_fee_and_rent() {
    let mut stage = stage();
    let (alice, new, actor, contract) = (Wallet::new(1), Wallet::new(9), stage.svm()[0], stage.actor(Side::Evm));
    let bytes = 50_000;
    let create = create_account(&alice.key(), &new.key(), rent(bytes), bytes, &actor.program);
    let ask = act(&actor, &[contract], Script::new().store(0, 1).call(ScriptCall::to(contract, Script::new())));
    let alone = succeed(&mut stage.chain, std::slice::from_ref(&ask), &[&alice]).receipt.gas_used;
    let after = succeed(&mut stage.chain, &[create, ask], &[&alice, &new]).receipt.gas_used;
    // What the System program takes, and the bytes of the new account as in a call between programs.
    assert_eq!(after - alone, 150 + bytes / 250);
    assert_eq!(stored(&stage.chain, &new.key()).data.len() as u64, bytes);
}
