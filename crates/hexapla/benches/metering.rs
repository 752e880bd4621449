//! What gas buys: nanoseconds and bytes of memory for each gas, of typical and of hostile work.
//!
//! Each work is one transaction, simulated again and again on the same state, with CPU time of the thread that runs it. A
//! work that is marked *missed* runs with nothing in memory, so that everything that a call needs is read, checked and
//! computed anew: programs, interfaces, sysvars; compiled WASM comes from its file. A *fresh* one runs once in each of
//! several VMs that know nothing yet, so that all of its compiling counts. The EVM's plain arithmetic is measured in the
//! same run; the worst work should take at most 20 times its time for the same gas, and at most 5 times that of its own
//! VM's typical work. Memory is that of a process of its own for each work, by which the resident set grows.

mod support;

use hexapla::{
    AccountInfo, BlockRun, Executor, Overlay, Receipt, TxEnv, VmConfig, evm, standard_vms,
    svm::{AccountMeta, Invocation, Pubkey, StoredAccount, alias, canonical, genesis, spl},
    system::{self, SYSTEM_CONTRACT},
    wasm,
};
use hexapla_abi::{Codec as _, Interface, Projection, SolidityCodec, Value};
use hexapla_primitives::{Address, Bytes, VmId};
use hexapla_testing::{Script, Side, Stage, USER, contracts, program_of};
use std::{fs, process::Command};
use support::{bench, cpu_ms, median};

/// Gas limit of each work.
const GAS: u64 = 10_000_000;
/// Rounds of each work, of which the middle one counts.
const ROUNDS: usize = 5;

/// One transaction.
struct Work {
    name: &'static str,
    vm: VmId,
    /// Whether it is what most contracts do; else somebody does it on purpose.
    typical: bool,
    caches: Caches,
    tx: TxEnv,
}

/// What is known of programs and interfaces when a work runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Caches {
    Usual,
    Missed,
    Fresh,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [.., flag, name] = &arguments[..]
        && flag == MEMORY_OF
    {
        return print_memory_of(name);
    }
    let mut worlds = [World::new(Caches::Usual), World::new(Caches::Missed)];
    let works = worlds[0].works();
    // The same contracts at the same addresses.
    let _ = worlds[1].works();
    let figures: Vec<Figure> =
        works.iter().map(|work| worlds[usize::from(work.caches == Caches::Missed)].measure(work)).collect();
    let arithmetic = figures[0].ns_per_gas;
    let (mut worst, mut worst_of_own) = (0.0f64, 0.0f64);
    println!("{:<32} {:>12} {:>10} {:>8} {:>8} {:>10}", "work", "gas", "ns/gas", "x evm", "x own", "bytes/gas");
    for (work, figure) in works.iter().zip(&figures) {
        let of_own = works.iter().zip(&figures).filter(|(other, _)| other.typical && other.vm == work.vm);
        let own = of_own.map(|(_, figure)| figure.ns_per_gas).fold(0.0, f64::max);
        let (of_evm, of_own) = (figure.ns_per_gas / arithmetic, figure.ns_per_gas / own);
        println!(
            "{:<32} {:>12} {:>10.3} {of_evm:>8.1} {of_own:>8.1} {:>10.2}",
            work.name, figure.gas, figure.ns_per_gas, figure.bytes_per_gas
        );
        bench(&format!("metering_{}", work.name), figure.ns_per_gas, "ns/gas");
        worst = worst.max(of_evm);
        worst_of_own = worst_of_own.max(of_own);
    }
    let memory = figures.iter().map(|figure| figure.bytes_per_gas).fold(0.0, f64::max);
    bench("metering_worst_over_evm_arithmetic", worst, "x");
    bench("metering_worst_over_own_typical", worst_of_own, "x");
    bench("metering_most_memory", memory, "bytes/gas");
}

/// Asks this program for the memory of one work.
const MEMORY_OF: &str = "--memory-of";

fn memory_of(work: &Work) -> f64 {
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new(program).args([MEMORY_OF, work.name]).output().expect("this program starts");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number of bytes")
}

fn print_memory_of(name: &str) {
    let find = |works: Vec<Work>| works.into_iter().find(|work| work.name == name).expect("a work of this name");
    let mut world = World::new(Caches::Usual);
    let mut work = find(world.works());
    if work.caches == Caches::Missed {
        world = World::new(Caches::Missed);
        work = find(world.works());
    }
    let executor = world.executor(work.caches);
    let before = peak_after_reset();
    world.run(&executor, &work, 0);
    println!("{}", (peak() - before).max(0.0));
}

/// What a work takes.
struct Figure {
    gas: u64,
    ns_per_gas: f64,
    bytes_per_gas: f64,
}

struct World {
    stage: Stage,
}

impl World {
    fn new(caches: Caches) -> Self {
        let mut vms = VmConfig::default();
        if caches == Caches::Missed {
            vms.wasm.cached_bytes = 0;
            vms.svm.cache_bytes = 0;
        }
        let mut stage = Stage::with_vms(vms);
        stage.chain.insert_system_contracts().expect("memory does not fail");
        Self { stage }
    }

    fn executor(&self, caches: Caches) -> Executor {
        let own = self.stage.chain.executor().clone();
        match caches {
            Caches::Usual => own,
            Caches::Missed => own.uncached(),
            Caches::Fresh => {
                let vms = standard_vms(VmConfig::default()).expect("the VMs start");
                Executor::new(own.config().clone(), vms).expect("the fork suits the VMs")
            }
        }
    }

    fn measure(&self, work: &Work) -> Figure {
        let (ms, gas) = if work.caches == Caches::Fresh {
            let rounds: Vec<_> = (0..ROUNDS).map(|_| self.run(&self.executor(work.caches), work, 0)).collect();
            (median(rounds.iter().map(|(first, _, _)| *first).collect()), rounds[0].2)
        } else {
            let executor = self.executor(work.caches);
            let (_, once, gas) = self.run(&executor, work, 1);
            let repeats = (40.0 / once.max(0.1)).ceil() as usize;
            let rounds = (0..ROUNDS).map(|_| self.run(&executor, work, repeats).1 / repeats as f64);
            (median(rounds.collect()), gas)
        };
        Figure { gas, ns_per_gas: ms * 1e6 / gas as f64, bytes_per_gas: memory_of(work) / gas as f64 }
    }

    /// Runs a work once, and then again so many times: milliseconds of the first and of the others, and its gas.
    fn run(&self, executor: &Executor, work: &Work, repeats: usize) -> (f64, f64, u64) {
        let overlay = Overlay::new(self.stage.chain.reader().expect("memory does not fail"));
        let block = self.stage.chain.next_block().clone();
        let run = |run: &mut BlockRun| {
            let mut gas = 0;
            let first = cpu_ms(|| gas = simulate(run, work).gas_used);
            (first, cpu_ms(|| (0..repeats).for_each(|_| drop(simulate(run, work)))), gas)
        };
        executor.block(overlay, block, run).0
    }

    /// A contract that calls `to` with its own call data and `cap` gas, again and again while gas is left.
    fn caller_of(&mut self, to: Address, cap: u32) -> Address {
        let mut code = vec![0x36, 0x5f, 0x5f, 0x37, 0x5b, 0x5f, 0x5f, 0x36, 0x5f, 0x5f, 0x73];
        code.extend(to);
        code.push(0x63);
        code.extend(cap.to_be_bytes());
        code.extend([0xf1, 0x50, 0x62, 0x01, 0x86, 0xa0, 0x5a, 0x11, 0x60, 0x04, 0x57, 0x00]);
        self.contract(&code)
    }

    fn contract(&mut self, code: &[u8]) -> Address {
        let at = Address::left_padding_from(&hexapla_primitives::keccak256(code)[..16]);
        let code = Some(evm::bytecode(&Bytes::copy_from_slice(code)));
        let put = |overlay: &mut Overlay| {
            overlay.insert_account(at, AccountInfo { code, nonce: 1, ..AccountInfo::default() });
            Ok(())
        };
        self.stage.chain.edit(put).expect("memory does not fail");
        at
    }

    fn call(&self, to: Address, data: impl Into<Bytes>) -> TxEnv {
        TxEnv { gas_limit: GAS, ..self.stage.chain.call(USER, to, data.into()).expect("memory does not fail") }
    }

    /// Calls of a contract through another, again and again.
    fn calls(&mut self, to: Address, cap: u32, data: impl Into<Bytes>) -> TxEnv {
        let caller = self.caller_of(to, cap);
        self.call(caller, data)
    }

    fn script(&self, to: Address, script: Script) -> TxEnv {
        TxEnv { gas_limit: GAS, ..self.stage.tx(to, script) }
    }

    fn create(&self, init_code: Bytes) -> TxEnv {
        let tx = self.stage.chain.create(USER, init_code).expect("memory does not fail");
        TxEnv { gas_limit: 16_700_000, ..tx }
    }

    fn works(&mut self) -> Vec<Work> {
        let mut works = self.of_the_evm();
        works.extend(self.of_wasm());
        works.extend(self.of_solana());
        works.extend(self.of_the_border());
        works.extend(self.of_the_registry());
        works
    }

    fn of_the_evm(&mut self) -> Vec<Work> {
        // A counter, and 40 times DUP1 PUSH1 3 MUL POP.
        let mut code = vec![0x63, 0x00, 0x00, 0x40, 0x00, 0x5b];
        (0..40).for_each(|_| code.extend([0x80, 0x60, 0x03, 0x02, 0x50]));
        code.extend([0x60, 0x01, 0x90, 0x03, 0x80, 0x60, 0x05, 0x57, 0x00]);
        let arithmetic = self.contract(&code);
        // All the memory that the gas buys at once.
        let memory = self.contract(&[0x60, 0x01, 0x62, 0x20, 0x00, 0x00, 0x52, 0x00]);
        let work = |name, tx| Work { name, vm: VmId::EVM, typical: true, caches: Caches::Usual, tx };
        vec![
            work("evm_arithmetic", self.call(arithmetic, Bytes::new())),
            work("evm_hashes", self.script(self.stage.actor(Side::Evm), Script::new().burn(20_000))),
            work("evm_memory", self.call(memory, Bytes::new())),
        ]
    }

    fn of_wasm(&mut self) -> Vec<Work> {
        use Caches::{Fresh, Missed, Usual};
        let actor = self.stage.actor(Side::Wasm);
        let work = |name, typical, caches, tx| Work { name, vm: VmId::WASM, typical, caches, tx };
        let entries = self.calls(actor, 100_000, Bytes::new());
        let large = self.create(wasm::deploy_code(&program_of(100)));
        vec![
            work("wasm_arithmetic", true, Usual, self.script(actor, Script::new().compute(200_000))),
            work("wasm_hashes", true, Usual, self.script(actor, Script::new().burn(20_000))),
            work("wasm_entries", true, Usual, entries.clone()),
            work("wasm_entries_missed", false, Missed, entries),
            work("wasm_activation", false, Fresh, self.create(contracts::wasm_init_code("erc20/erc20"))),
            work("wasm_activation_erc721", false, Fresh, self.create(contracts::wasm_init_code("erc721/erc721"))),
            work("wasm_activation_large", false, Fresh, large),
        ]
    }

    fn of_solana(&mut self) -> Vec<Work> {
        use Caches::{Missed, Usual};
        let actor = self.stage.svm()[0];
        let work = |name, typical, caches, tx| Work { name, vm: VmId::SVM, typical, caches, tx };
        let entries = self.calls(actor.address(), 1_000_000, actor.call(Script::new(), &[]));
        let nothing = Invocation::of_data(Bytes::from_static(&[0xff])).to_solidity();
        let large = self.calls(canonical(&spl::TOKEN_2022), 1_000_000, nothing);
        vec![
            work("svm_arithmetic", true, Usual, self.script(actor.address(), Script::new().compute(20_000))),
            work("svm_entries", true, Usual, entries.clone()),
            work("svm_entries_missed", false, Missed, entries),
            work("svm_large_missed", false, Missed, large),
        ]
    }

    fn of_the_border(&mut self) -> Vec<Work> {
        use Caches::{Missed, Usual};
        let work = |name, caches, tx| Work { name, vm: VmId::SVM, typical: false, caches, tx };
        let memo = canonical(&spl::MEMO);
        let key = |index: u64| {
            let mut key = [7; 32];
            key[..8].copy_from_slice(&index.to_le_bytes());
            Pubkey::new_from_array(key)
        };
        let accounts = (0..600).map(|index| AccountMeta::new_readonly(key(index), false)).collect();
        let too_many = Invocation { accounts, ..Invocation::of_data(Bytes::new()) }.to_solidity();
        // S5: 200,000 bytes of memory with each of many calls that have no gas.
        let wasm = self.stage.actor(Side::Wasm);
        let mut unpaid = vec![0x5b, 0x5f, 0x5f, 0x62, 0x03, 0x0d, 0x40, 0x5f, 0x5f, 0x73];
        unpaid.extend(wasm);
        unpaid.extend([0x5f, 0xf1, 0x50, 0x61, 0x4e, 0x20, 0x5a, 0x11, 0x5f, 0x57, 0x00]);
        let unpaid = self.contract(&unpaid);
        let text = fs::read_to_string(contracts::root().join("svm/idl/spl-token.json")).expect("an IDL");
        let interface = Interface::detect(&text).expect("an interface");
        self.stage.chain.set_interface(canonical(&spl::TOKEN), &interface).expect("it fits");
        let shown = Projection::new(interface.into(), hexapla_abi::Abi::Solidity);
        let transfer = shown.interface().function("transferChecked").expect("SPL Token has it");
        let id = |index: u64| Value::bytes(key(index).to_bytes().to_vec());
        let arguments = [id(1), id(2), id(3), Value::uint(5u8), Value::uint(6u8)];
        let typed = SolidityCodec::default().encode_call(transfer, &arguments).expect("the values fit");
        let typed = self.calls(canonical(&spl::TOKEN), 300_000, typed);
        let unknown = self.calls(canonical(&spl::TOKEN), 300_000, Bytes::from_static(&[0xde, 0xad, 0xbe, 0xef]));
        vec![
            work("refused_after_decoding", Usual, self.calls(memo, 1_000_000, too_many)),
            work("calls_without_gas", Usual, self.call(unpaid, Bytes::new())),
            work("typed_calls", Usual, typed.clone()),
            work("typed_calls_missed", Missed, typed),
            work("unknown_functions", Usual, unknown.clone()),
            work("unknown_functions_missed", Missed, unknown),
            work("new_accounts_in_values", Usual, self.new_accounts()),
        ]
    }

    /// S10: a program passes addresses that nobody has used to a contract of Solidity.
    fn new_accounts(&mut self) -> TxEnv {
        let sink = self.contract(&[0x00]);
        let interface = Interface::from_solidity_signatures("Sink", ["function f(address[] xs)"]).expect("it is one");
        self.stage.chain.set_interface(sink, &interface).expect("it fits");
        let shown = Projection::new(interface.into(), hexapla_abi::Abi::Borsh);
        let mut data = shown.interface().functions[0].selector.to_vec();
        data.extend(25u32.to_le_bytes());
        (0..25u8).for_each(|index| data.extend([index + 100; 32]));
        let actor = self.stage.svm()[0];
        let call = actor.call(Script::new().invoke(1, &[], &data), &[AccountMeta::new_readonly(alias(sink), false)]);
        self.call(actor.address(), call)
    }

    fn of_the_registry(&mut self) -> Vec<Work> {
        let work = |name, tx| Work { name, vm: VmId::EVM, typical: false, caches: Caches::Usual, tx };
        let encode = |name: &str, arguments: &[Value]| {
            let function = system::interface().function(name).expect("the system contract has it");
            SolidityCodec::default().encode_call(function, arguments).expect("the values fit")
        };
        let names: Vec<String> = (0..200).map(|index| format!("function f{index}(uint256[] a, bytes b)")).collect();
        let large = Interface::from_solidity_signatures("Large", names.iter().map(String::as_str)).expect("it is one");
        // A nonce that no other work uses.
        let nonce = 1_000_000;
        let created = USER.create(nonce);
        let put = |overlay: &mut Overlay| {
            let code = Some(evm::bytecode(&Bytes::from_static(&[0x00])));
            overlay.insert_account(created, AccountInfo { code, nonce: 1, ..AccountInfo::default() });
            Ok(())
        };
        self.stage.chain.edit(put).expect("memory does not fail");
        let bytes = Value::bytes(large.to_bytes().expect("it fits"));
        let set = encode("setInterfaceOfCreated", &[Value::Address(created), Value::uint(nonce), bytes]);
        let key = Pubkey::new_from_array([0xb1; 32]);
        let stored = StoredAccount { owner: spl::TOKEN, executable: false, data: vec![1; 100_000].into() };
        self.stage.chain.insert_accounts([genesis::account(key, 1_000_000_000, &stored)]).expect("genesis");
        let key = StoredAccount::key(&key);
        let read = encode("object", &[Value::uint(key.vm.0), Value::Bytes(key.key)]);
        let reads = self.calls(SYSTEM_CONTRACT, 1_000_000, read.clone());
        let poor = self.calls(SYSTEM_CONTRACT, 3_000, read);
        vec![
            work("registry_set", TxEnv { gas_limit: 16_700_000, ..self.call(SYSTEM_CONTRACT, set) }),
            work("object_reads", reads),
            work("object_reads_without_gas", poor),
        ]
    }
}

fn simulate(run: &mut BlockRun, work: &Work) -> Receipt {
    let receipt = run.simulate(work.tx.clone(), false).unwrap_or_else(|error| panic!("{}: {error}", work.name));
    assert!(receipt.is_success(), "{} does not do its work: {:?}", work.name, receipt.fault);
    if work.typical {
        let failed = receipt.crossings.iter().find_map(|crossing| crossing.fault.as_ref());
        assert!(failed.is_none(), "calls of {} fail: {failed:?}", work.name);
    }
    receipt
}

/// Bytes that this process holds now; the highest figure counts from here.
fn peak_after_reset() -> f64 {
    // Where the kernel does not let the figure be reset, it only grows, and memory is underestimated.
    let _ = fs::write("/proc/self/clear_refs", "5");
    status("VmRSS")
}

fn peak() -> f64 {
    status("VmHWM")
}

fn status(name: &str) -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() * 1024.0
}
