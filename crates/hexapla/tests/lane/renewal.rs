//! Programs whose code changes while a contract of another VM runs, in the middle of a transaction.

use super::support::*;
use hexapla::svm::{
    AccountMeta as Meta, Invocation, Pubkey, StoredAccount, alias, canonical,
    genesis::{self, programdata_of},
};
use hexapla_primitives::{Address, Bytes};
use hexapla_testing::{Script, ScriptCall, Side, Stage, SvmActor, contracts, crossings};
use solana_instruction::{AccountMeta, Instruction, error::InstructionError};
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_sdk_ids::{bpf_loader_upgradeable as loader, sysvar};
use solana_transaction_error::TransactionError;

const BUFFER: Pubkey = Pubkey::new_from_array([0xb0; 32]);

/// A stage with a program that a contract may change, and a buffer of the contract with other code for it.
struct World {
    stage: Stage,
    alice: Wallet,
    owner: Address,
    program: SvmActor,
}

impl World {
    fn new(side: Side) -> Self {
        let mut stage = Stage::new();
        let (alice, owner, program) = (Wallet::new(1), stage.actor(side), SvmActor::new(77));
        stage.chain.fund([(canonical(&alice.key()), lamports(10 * LAMPORTS))]).unwrap();
        let state = StoredAccount { owner: program.program, executable: false, data: vec![0; 512].into() };
        let code = genesis::program(program.program, &contracts::svm("actor/actor"), Some(alias(owner)));
        let head = UpgradeableLoaderState::Buffer { authority_address: Some(alias(owner)) };
        let data = [bincode::serialize(&head).unwrap(), contracts::svm("actor/actor").to_vec()].concat();
        let buffer = StoredAccount { owner: loader::ID, executable: false, data: data.into() };
        let accounts = [genesis::account(program.state, LAMPORTS, &state), genesis::account(BUFFER, LAMPORTS, &buffer)];
        stage.chain.insert_accounts(code.into_iter().chain(accounts)).unwrap();
        // A block later than the deployment.
        stage.run(owner, Script::new().store(9, 9));
        Self { stage, alice, owner, program }
    }

    /// What the contract shall do with the program: an instruction of the loader.
    fn change(&self, what: &str) -> Script {
        let (me, holder, spill) =
            (Meta::new_readonly(alias(self.owner), true), programdata_of(&self.program.program), self.alice.key());
        let holder = Meta::new(holder, false);
        let program = Meta::new(self.program.program, false);
        let (accounts, tag): (Vec<Meta>, u32) = match what {
            "close" => (vec![holder, Meta::new(spill, false), me, program], 5),
            "upgrade" => {
                let sysvars = [sysvar::rent::ID, sysvar::clock::ID].map(|key| Meta::new_readonly(key, false));
                let changed = [holder, program, Meta::new(BUFFER, false), Meta::new(spill, false)];
                (changed.into_iter().chain(sysvars).chain([me]).collect(), 3)
            }
            _ => (vec![holder, me, Meta::new_readonly(spill, false)], 4),
        };
        let data = Bytes::copy_from_slice(&tag.to_le_bytes());
        let call = Invocation { accounts, ..Invocation::of_data(data) }.to_solidity();
        Script::new().call(ScriptCall::to(canonical(&loader::ID), call))
    }

    /// An instruction that runs the program.
    fn run(&self) -> Instruction {
        Instruction { program_id: self.program.program, accounts: Vec::new(), data: Vec::new() }
    }

    fn send(&mut self, instructions: &[Instruction]) -> hexapla::Committed {
        let budget = compute_budget(2, &1_400_000u32.to_le_bytes());
        send(&mut self.stage.chain, &[&[budget], instructions].concat(), &[&self.alice])
    }
}

#[test]
fn a_program_that_a_contract_closes_or_upgrades_does_not_run_later_in_the_transaction() {
    for side in Side::ALL {
        for what in ["close", "upgrade"] {
            let mut world = World::new(side);
            let signer = vec![AccountMeta::new_readonly(world.alice.key(), true)];
            let data = Bytes::from(world.change(what)).to_vec();
            let change = Instruction { program_id: alias(world.owner), accounts: signer, data };
            assert!(world.send(&[world.run(), world.run()]).receipt.is_success());
            let failed = world.send(&[change.clone(), world.run()]);
            let reason = InstructionError::UnsupportedProgramId;
            let log = &failed.receipt.program_log;
            assert_eq!(error(&failed), TransactionError::InstructionError(2, reason), "{what} by {side:?}: {log:#?}");
            assert!(world.send(&[world.run()]).receipt.is_success(), "{what} by {side:?}: all is undone");
            // In transactions of their own the change is made, and the program runs from the next slot, or never.
            assert!(world.send(&[change]).receipt.is_success(), "{what} by {side:?}");
            let later = world.send(&[world.run()]).receipt;
            assert_eq!(later.is_success(), what == "upgrade", "{what} by {side:?}: {:?}", later.fault);
        }
    }
}

#[test]
fn a_program_that_a_waiting_frame_can_call_is_not_closed_or_upgraded_below_it() {
    for (what, runs) in [("close", false), ("upgrade", false), ("hand on", true)] {
        let mut world = World::new(Side::Evm);
        let relay = world.stage.svm()[0];
        let inner = Bytes::from(Script::new().store(1, 7));
        let script =
            Script::new().call(ScriptCall::to(world.owner, world.change(what)).ignore()).invoke(2, &[(3, 2)], &inner);
        let accounts = [
            Meta::new_readonly(alias(world.owner), false),
            Meta::new_readonly(world.program.program, false),
            Meta::new(world.program.state, false),
        ];
        let data = relay.call(script, &accounts);
        let chain = &mut world.stage.chain;
        let tx = chain.call(EVM_USER, relay.address(), data).unwrap();
        let receipt = chain.transact(tx).unwrap().receipt;
        assert_eq!(receipt.is_success(), runs, "{what}: {:?} {:#?}", receipt.fault, receipt.program_log);
        let calls = crossings(&receipt);
        let frozen = calls.iter().filter_map(|call| call.fault.as_ref());
        let mut frozen = frozen.filter(|fault| fault.message.contains("is held by a calling program"));
        assert_eq!(frozen.next().is_some(), !runs, "{what}");
        assert_eq!(world.program.word(&world.stage.chain, 1), if runs { 7 } else { 0 }, "{what}");
    }
}
