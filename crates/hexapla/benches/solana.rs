//! What the border adds to a transfer of SPL Token that Solidity makes through the token's typed interface.
//!
//! An EVM contract makes `CALLS` transfers in one transaction; the same transaction without calls is subtracted, so that
//! one transfer is left: translation, dispatch, the border's frame, a call between programs, the transfer, and the
//! answer. Beside it the same instruction runs alone: one entry into the SVM on a host that holds the accounts in a map
//! and does nothing else. What is left of the difference, less the cost of an EVM → EVM call that does nothing, is what
//! the border adds.

mod support;

use hexapla::{
    BlockEnv, BlockRun, Chain, Overlay, Receipt, TxEnv, Vm as _,
    svm::{self, AccountMeta, Invocation, Pubkey, StoredAccount, SvmVm, alias, canonical, genesis, spl},
};
use hexapla_abi::{Abi, Codec as _, Interface, Projection, SolidityCodec, Value};
use hexapla_primitives::{Address, B256, Bytes, HomeRecord, ObjectKey, U256, VmId, keccak256};
use hexapla_testing::{Script, ScriptCall, Side, Stage, USER, contracts};
use hexapla_vm::{
    BalanceChange, CallKind, CallOutcome, CallRequest, Code, CreateOutcome, CreateRequest, Environment, Frame, Host,
    HostResult,
};
use std::collections::HashMap;
use support::{bench, cpu_ms, median};

const CALLS: usize = 100;
const REPEATS: usize = 20;
const ROUNDS: usize = 15;

fn main() {
    let mut stage = Stage::new();
    let accounts = Accounts::open(&mut stage);
    let nothing = per_call(&stage, stage.actors(Side::Evm)[1], &Bytes::new());
    let token = canonical(&spl::TOKEN);
    let typed = per_call(&stage, token, &accounts.typed_transfer());
    let raw = per_call(&stage, token, &accounts.raw_transfer());
    let alone_transfer = alone(&stage, spl::TOKEN, &accounts.transfer());
    let actor = &stage.svm()[0];
    let empty = Invocation::from_solidity(&actor.call(Script::new(), &[])).expect("it is one");
    let entry = alone(&stage, actor.program, &empty);
    println!("a transfer of SPL Token, in µs: alone {alone_transfer:.3}, from Solidity typed {typed:.3}, raw {raw:.3}");
    println!(
        "an EVM → EVM call that does nothing: {nothing:.3} µs; an entry into the SVM that does nothing: {entry:.3} µs"
    );
    bench("svm_entry_that_does_nothing", entry, "us");
    bench("spl_transfer_alone", alone_transfer, "us");
    bench("spl_transfer_from_evm_typed", typed, "us");
    bench("spl_transfer_from_evm_raw", raw, "us");
    bench("spl_transfer_from_evm_typed_less_alone", typed - alone_transfer, "us");
    bench("border_added_evm_to_spl_typed", typed - alone_transfer - nothing, "us");
}

/// Two token accounts, the first of the EVM actor.
struct Accounts {
    from: Pubkey,
    to: Pubkey,
    owner: Pubkey,
}

impl Accounts {
    fn open(stage: &mut Stage) -> Self {
        let [mint, from, to] = [11u8, 12, 13].map(|byte| Pubkey::new_from_array([byte; 32]));
        let owner = alias(stage.actor(Side::Evm));
        let blank =
            |length: usize| StoredAccount { owner: spl::TOKEN, executable: false, data: vec![0; length].into() };
        let accounts = [(mint, 82), (from, 165), (to, 165)];
        let accounts = accounts.map(|(key, length)| genesis::account(key, 10_000_000, &blank(length)));
        stage.chain.insert_accounts(accounts).expect("memory does not fail");
        stage.chain.set_interface(canonical(&spl::TOKEN), &interface()).expect("memory does not fail");
        let user = alias(USER);
        let open = [&[18u8][..], owner.as_ref()].concat();
        let steps = [
            (vec![AccountMeta::new(mint, false)], [&[20u8, 6][..], user.as_ref(), &[0]].concat()),
            (vec![AccountMeta::new(from, false), AccountMeta::new_readonly(mint, false)], open.clone()),
            (vec![AccountMeta::new(to, false), AccountMeta::new_readonly(mint, false)], open),
            (
                vec![
                    AccountMeta::new(mint, false),
                    AccountMeta::new(from, false),
                    AccountMeta::new_readonly(user, true),
                ],
                [&[7u8][..], &u64::MAX.to_le_bytes()].concat(),
            ),
        ];
        for (metas, data) in steps {
            let input = invocation(metas, data).to_solidity();
            let tx = stage.chain.call(USER, canonical(&spl::TOKEN), input).expect("memory does not fail");
            let receipt = stage.chain.transact(tx).expect("the transaction is valid").receipt;
            assert!(receipt.is_success(), "{:?} {:#?}", receipt.fault, receipt.program_log);
        }
        Self { from, to, owner }
    }

    fn transfer(&self) -> Invocation {
        let metas = vec![
            AccountMeta::new(self.from, false),
            AccountMeta::new(self.to, false),
            AccountMeta::new_readonly(self.owner, true),
        ];
        invocation(metas, [&[3u8][..], &1u64.to_le_bytes()].concat())
    }

    fn raw_transfer(&self) -> Bytes {
        self.transfer().to_solidity()
    }

    fn typed_transfer(&self) -> Bytes {
        let projection = Projection::new(interface().into(), Abi::Solidity);
        let function = projection.interface().function("transfer").expect("the token has it");
        let key = |key: &Pubkey| Value::bytes(key.to_bytes().to_vec());
        let arguments = [key(&self.from), key(&self.to), Value::uint(1u8)];
        SolidityCodec::default().encode_call(function, &arguments).expect("the arguments suit")
    }
}

/// SPL Token's, from its IDL.
fn interface() -> Interface {
    let idl = std::fs::read_to_string(contracts::root().join("svm/idl/spl-token.json")).expect("the IDL is there");
    Interface::detect(&idl).expect("the IDL is one")
}

fn invocation(accounts: Vec<AccountMeta>, data: Vec<u8>) -> Invocation {
    Invocation { accounts, ..Invocation::of_data(data.into()) }
}

/// CPU time of one call, in µs.
fn per_call(stage: &Stage, to: Address, data: &Bytes) -> f64 {
    let caller = stage.actor(Side::Evm);
    let call = |script: Script, _| script.call(ScriptCall::to(to, data.clone()));
    let with = (0..CALLS).fold(Script::new(), call);
    let crossings = if to == canonical(&spl::TOKEN) { CALLS } else { 0 };
    let with = timed(stage, stage.tx(caller, with), crossings);
    (with - timed(stage, stage.tx(caller, Script::new()), 0)) * 1000.0 / CALLS as f64
}

/// Median CPU time of a transaction, in ms. It must make so many calls into Solana.
fn timed(stage: &Stage, mut tx: TxEnv, crossings: usize) -> f64 {
    tx.gas_limit = 16_000_000;
    let overlay = Overlay::new(stage.chain.reader().expect("memory does not fail"));
    let block = BlockEnv { gas_limit: u64::MAX, basefee: 0, prevrandao: Some(B256::ZERO), ..BlockEnv::default() };
    let (ms, _) = stage.chain.executor().block(overlay, block, |run: &mut BlockRun| {
        let check = |receipt: Receipt| {
            assert!(receipt.is_success(), "{:?} {:#?}", receipt.fault, receipt.program_log);
            assert_eq!(receipt.crossings.len(), crossings, "the calls were made");
        };
        check(run.simulate(tx.clone(), false).expect("the transaction is valid"));
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let txs = vec![tx.clone(); REPEATS];
            let ms = cpu_ms(|| {
                for tx in txs {
                    check(run.simulate(tx, false).expect("the transaction is valid"));
                }
            });
            times.push(ms / REPEATS as f64);
        }
        median(times)
    });
    ms
}

/// CPU time of one instruction in an entry of its own, in µs.
fn alone(stage: &Stage, program: Pubkey, invocation: &Invocation) -> f64 {
    let vm = SvmVm::new(svm::Config::default()).expect("the VM starts");
    let mut host = MapHost::of(&stage.chain);
    let target = canonical(&program);
    let frame = Frame {
        vm: VmId::SVM,
        caller_vm: VmId::EVM,
        caller: stage.actor(Side::Evm),
        target,
        code_address: target,
        code: host.code(target).expect("memory does not fail"),
        kind: CallKind::Call,
        value: U256::ZERO,
        input: invocation.to_bytes().expect("it is within the limits"),
        gas_limit: 10_000_000,
        read_only: false,
        is_delegated: false,
        reentrant: false,
        depth: 0,
    };
    let mut run = || {
        let end = vm.run(&frame, &mut host).expect("nothing fails");
        assert!(end.exit.is_success(), "{:?}", end.exit);
        assert!(end.native_used.is_some_and(|used| used.amount > 0), "the program ran");
    };
    run();
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let ms = cpu_ms(|| (0..CALLS * REPEATS).for_each(|_| run()));
        times.push(ms * 1000.0 / (CALLS * REPEATS) as f64);
    }
    median(times)
}

/// A host that keeps what it has read in maps, charges nothing and undoes nothing.
struct MapHost<'a> {
    chain: &'a Chain,
    objects: HashMap<ObjectKey, Option<Bytes>>,
    balances: HashMap<Address, U256>,
    codes: HashMap<Address, Code>,
    environment: Environment,
}

impl<'a> MapHost<'a> {
    fn of(chain: &'a Chain) -> Self {
        let environment = Environment { chain_id: 1, ..Environment::default() };
        Self { chain, objects: HashMap::new(), balances: HashMap::new(), codes: HashMap::new(), environment }
    }
}

impl Host for MapHost<'_> {
    fn environment(&self) -> &Environment {
        &self.environment
    }
    fn gas_left(&self) -> u64 {
        u64::MAX
    }
    fn charge(&mut self, _: u64) -> HostResult<()> {
        Ok(())
    }
    fn lower_gas_to(&mut self, _: u64) {}
    fn balance(&mut self, account: Address) -> HostResult<U256> {
        let read = || self.chain.balance(account).expect("memory does not fail");
        Ok(*self.balances.entry(account).or_insert_with(read))
    }
    fn code(&mut self, account: Address) -> HostResult<Code> {
        let read = || {
            let bytes = self.chain.code(account).expect("memory does not fail");
            Code { hash: keccak256(&bytes), bytes }
        };
        Ok(self.codes.entry(account).or_insert_with(read).clone())
    }
    fn object(&mut self, key: &ObjectKey) -> HostResult<Option<Bytes>> {
        let read = || self.chain.object(key).expect("memory does not fail");
        Ok(self.objects.entry(key.clone()).or_insert_with(read).clone())
    }
    fn set_object(&mut self, key: &ObjectKey, value: Option<Bytes>) -> HostResult<()> {
        self.objects.insert(key.clone(), value);
        Ok(())
    }
    fn ancestor(&mut self, _: u64) -> HostResult<B256> {
        Ok(B256::ZERO)
    }
    fn peek(&mut self, key: &ObjectKey) -> HostResult<Option<Bytes>> {
        self.object(key)
    }
    fn home_of(&mut self, _: Address) -> HostResult<Option<HomeRecord>> {
        Ok(None)
    }
    fn transfer_balances(&mut self, changes: &[BalanceChange]) -> HostResult<()> {
        assert!(changes.is_empty(), "a transfer of tokens moves no coin");
        Ok(())
    }
    fn load_word(&mut self, _: U256) -> HostResult<U256> {
        unreachable!("Solana has no words")
    }
    fn store_word(&mut self, _: U256, _: U256) -> HostResult<()> {
        unreachable!("Solana has no words")
    }
    fn load_transient(&mut self, _: U256) -> HostResult<U256> {
        unreachable!("Solana has no words")
    }
    fn store_transient(&mut self, _: U256, _: U256) -> HostResult<()> {
        unreachable!("Solana has no words")
    }
    fn log(&mut self, _: &[B256], _: Bytes) -> HostResult<()> {
        unreachable!("Solana has no events")
    }
    fn call(&mut self, _: CallRequest) -> HostResult<CallOutcome> {
        unreachable!("nothing calls out")
    }
    fn create(&mut self, _: CreateRequest) -> HostResult<CreateOutcome> {
        unreachable!("nothing creates")
    }
}
