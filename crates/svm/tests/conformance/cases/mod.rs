//! The cases whose encodings stand in `tests/fixtures`: input and expectation, written down by hand.

mod earlier;
mod transactions;

pub(crate) use transactions::transfer as transaction;

use hexapla_primitives::hex;
use prost::Message;
use protosol::protos::{
    AcctState, ElfLoaderCtx, ElfLoaderEffects, ElfLoaderFixture, ErrKind, FeatureSet, FixtureMetadata, InstrAcct,
    InstrContext, InstrEffects, InstrFixture, SyscallContext, SyscallEffects, SyscallFixture, SyscallInvocation,
    TxnContext, TxnFixture, TxnResult, VmContext,
};
use sha2::{Digest as _, Sha256};

pub(crate) const HEAP: u64 = 0x3_0000_0000;
const UNITS: u64 = 10_000;
/// What the System program takes for any instruction, in compute units.
const SYSTEM_UNITS: u64 = 150;
/// The System program, and the owner of wallets.
const SYSTEM: [u8; 32] = [0; 32];
const PAYER: [u8; 32] = [1; 32];
const PAYEE: [u8; 32] = [2; 32];
const ACTOR: [u8; 32] = [3; 32];
const STATE: [u8; 32] = [4; 32];
const ACTOR_ELF: &[u8] = include_bytes!("../../../../../contracts/svm/actor/actor.so");

/// A fixture of any kind.
#[derive(Clone, Debug)]
pub(crate) enum Case {
    Instruction(InstrFixture),
    Syscall(SyscallFixture),
    Elf(ElfLoaderFixture),
    Transaction(TxnFixture),
    /// A fixture in the form of 2024.
    Earlier(Vec<u8>),
}

impl Case {
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Instruction(fixture) => fixture.encode_to_vec(),
            Self::Syscall(fixture) => fixture.encode_to_vec(),
            Self::Elf(fixture) => fixture.encode_to_vec(),
            Self::Transaction(fixture) => fixture.encode_to_vec(),
            Self::Earlier(bytes) => bytes.clone(),
        }
    }

    pub(crate) fn instruction(mut self, change: impl FnOnce(&mut InstrContext, &mut InstrEffects)) -> Self {
        let Self::Instruction(InstrFixture { input: Some(input), output: Some(output), .. }) = &mut self else {
            panic!("an instruction")
        };
        change(input, output);
        self
    }

    pub(crate) fn syscall(mut self, change: impl FnOnce(&mut SyscallContext, &mut SyscallEffects)) -> Self {
        let Self::Syscall(SyscallFixture { input: Some(input), output: Some(output), .. }) = &mut self else {
            panic!("a syscall")
        };
        change(input, output);
        self
    }

    pub(crate) fn transaction(mut self, change: impl FnOnce(&mut TxnContext, &mut TxnResult)) -> Self {
        let Self::Transaction(TxnFixture { input: Some(input), output: Some(output), .. }) = &mut self else {
            panic!("a transaction")
        };
        change(input, output);
        self
    }

    pub(crate) fn elf(mut self, change: impl FnOnce(&mut ElfLoaderCtx, &mut ElfLoaderEffects)) -> Self {
        let Self::Elf(ElfLoaderFixture { input: Some(input), output: Some(output), .. }) = &mut self else {
            panic!("an ELF file")
        };
        change(input, output);
        self
    }
}

/// All cases, with the names of their files.
pub(crate) fn all() -> Vec<(&'static str, Case)> {
    vec![
        ("instr-transfer", transfer(400)),
        ("instr-transfer-too-much", transfer_too_much()),
        ("instr-counter", counter()),
        ("instr-counter-fails", counter_fails()),
        ("instr-ed25519", ed25519()),
        ("instr-ed25519-of-another-message", ed25519_of_another_message()),
        ("syscall-sha256", sha256()),
        ("syscall-sha256-outside", sha256_outside()),
        ("syscall-clock-by-default", clock()),
        ("vm-store", store()),
        ("vm-endless", endless()),
        ("vm-not-a-program", text(&[[0xff, 0, 0, 0, 0, 0, 0, 0], EXIT], failed(1, ErrKind::Ebpf, 0))),
        ("elf-actor", actor_elf()),
        ("elf-cut", actor_elf_cut()),
        ("instr-instructions-sysvar", transfer_beside_instructions()),
        ("instr-ed25519-of-2024", earlier::ed25519_of_another_message()),
        ("syscall-sha256-of-2024", earlier::sha256_of_the_input()),
        ("elf-actor-of-2024", earlier::actor_elf()),
        ("elf-empty-of-2024", earlier::no_elf()),
        ("txn-transfer", transactions::transfer(400)),
        ("txn-transfer-of-2024", transactions::transfer_of_2024()),
        ("txn-transfer-too-much", transactions::transfer_too_much()),
        ("txn-too-old", transactions::too_old()),
        ("txn-greatest-age", transactions::of_the_greatest_age()),
        ("txn-greater-age", transactions::of_a_greater_age()),
        ("txn-nonce-fails", transactions::nonce_fails()),
        ("txn-lookup-table", transactions::lookup_table()),
        ("txn-table-with-part-of-a-key", transactions::lookup_table_with_part_of_a_key()),
        ("txn-table-of-a-strange-authority", transactions::lookup_table_of_a_strange_authority()),
        ("txn-wallet-as-table", transactions::wallet_as_lookup_table()),
        ("txn-ed25519-is-refused", transactions::ed25519_is_refused()),
        ("txn-ed25519-is-charged", transactions::ed25519_is_charged()),
        ("txn-no-program", transactions::no_program()),
        ("txn-counter", transactions::counter()),
    ]
}

pub(crate) fn metadata(entry_point: &str) -> Option<FixtureMetadata> {
    Some(FixtureMetadata { fn_entrypoint: entry_point.into() })
}

fn account(address: [u8; 32], lamports: u64, owner: [u8; 32], data: &[u8]) -> AcctState {
    AcctState { address: address.into(), lamports, data: data.into(), executable: false, owner: owner.into() }
}

fn instruction(input: InstrContext, output: InstrEffects) -> Case {
    let metadata = metadata("sol_compat_instr_execute_v1");
    Case::Instruction(InstrFixture { metadata, input: Some(input), output: Some(output) })
}

/// A wallet with 1000 lamports pays another with 5.
pub(crate) fn transfer(lamports: u64) -> Case {
    let writable = |index| InstrAcct { index, is_writable: true, is_signer: index == 0 };
    let input = InstrContext {
        program_id: SYSTEM.into(),
        accounts: vec![account(PAYER, 1_000, SYSTEM, &[]), account(PAYEE, 5, SYSTEM, &[])],
        instr_accounts: vec![writable(0), writable(1)],
        // Instruction 2 of the System program, bincode.
        data: [&2u32.to_le_bytes()[..], &lamports.to_le_bytes()].concat(),
        cu_avail: UNITS,
        features: None,
    };
    let left = 1_000u64.saturating_sub(lamports);
    let modified_accounts = vec![account(PAYER, left, SYSTEM, &[]), account(PAYEE, 5 + lamports, SYSTEM, &[])];
    let output = InstrEffects { modified_accounts, cu_avail: UNITS - SYSTEM_UNITS, ..InstrEffects::default() };
    instruction(input, output)
}

/// The sysvar of instructions stands beside, with another place at its end than the one that runs.
fn transfer_beside_instructions() -> Case {
    transfer(400).instruction(|input, _| {
        let sysvar = solana_sdk_ids::sysvar::instructions::ID.to_bytes();
        input.accounts.push(account(sysvar, 1, solana_sdk_ids::sysvar::ID.to_bytes(), &[0, 0, 9, 0]));
        input.instr_accounts.push(InstrAcct { index: 2, is_writable: false, is_signer: false });
    })
}

/// `SystemError::ResultWithNegativeLamports` is 1; `InstructionError::Custom` is the 26th, counted from 1.
fn transfer_too_much() -> Case {
    transfer(1_001).instruction(|_, output| {
        *output = InstrEffects { result: 26, custom_err: 1, cu_avail: UNITS - SYSTEM_UNITS, ..InstrEffects::default() };
    })
}

/// The actor stores the word 7 at 1, loads it and returns it. Its units are as observed.
fn counter() -> Case {
    let word = |value: u8| [[0; 31].as_slice(), &[value]].concat();
    let script = [&[0x01][..], &word(1), &word(7), &[0x02], &word(1)].concat();
    let state = [[0; 8], 7u64.to_le_bytes(), [0; 8]].concat();
    let output = InstrEffects {
        modified_accounts: vec![account(STATE, 1_000_000, ACTOR, &state)],
        cu_avail: UNITS - 1_398,
        return_data: word(7),
        ..InstrEffects::default()
    };
    actor(script, output)
}

/// The actor reverts with a message. Its units are as observed.
fn counter_fails() -> Case {
    let script = [&[0x05][..], &3u32.to_be_bytes(), b"bad"].concat();
    actor(script, InstrEffects { result: 26, custom_err: 1, cu_avail: UNITS - 284, ..InstrEffects::default() })
}

fn actor(script: Vec<u8>, output: InstrEffects) -> Case {
    // Its programs are in their own accounts.
    let loader = solana_sdk_ids::bpf_loader::ID.to_bytes();
    let program = AcctState { executable: true, ..account(ACTOR, 1, loader, ACTOR_ELF) };
    let input = InstrContext {
        program_id: ACTOR.into(),
        accounts: vec![account(STATE, 1_000_000, ACTOR, &[0; 24]), program],
        instr_accounts: vec![InstrAcct { index: 0, is_writable: true, is_signer: false }],
        data: script,
        cu_avail: UNITS,
        features: None,
    };
    instruction(input, output)
}

/// The second test of RFC 8032, section 7.1: public key, signature and message stand behind the offsets.
fn ed25519() -> Case {
    let key = hex!("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    let signature = hex!(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    );
    let (own, start) = (u16::MAX, 2 + 14);
    let offsets = [start + 32, own, start, own, start + 96, 1, own].map(u16::to_le_bytes).concat();
    let input = InstrContext {
        program_id: solana_sdk_ids::ed25519_program::ID.to_bytes().into(),
        data: [&[1, 0][..], &offsets, &key, &signature, &[0x72]].concat(),
        cu_avail: UNITS,
        ..InstrContext::default()
    };
    instruction(input, InstrEffects { cu_avail: UNITS, ..InstrEffects::default() })
}

/// `PrecompileError::InvalidSignature` is 2.
fn ed25519_of_another_message() -> Case {
    ed25519().instruction(|input, output| {
        input.data.pop();
        input.data.push(0x73);
        *output = InstrEffects { result: 26, custom_err: 2, cu_avail: UNITS, ..InstrEffects::default() };
    })
}

fn failed(error: i64, kind: ErrKind, cu_avail: u64) -> SyscallEffects {
    SyscallEffects { error, error_kind: kind.into(), cu_avail, ..SyscallEffects::default() }
}

pub(crate) fn call(name: &str, registers: [u64; 3], heap: &[u8], output: SyscallEffects) -> Case {
    let [r1, r2, r3] = registers;
    let Case::Instruction(InstrFixture { input, .. }) = actor(Vec::new(), InstrEffects::default()) else {
        panic!("an instruction")
    };
    // The program itself does not run.
    let mut instr_ctx = input.unwrap();
    instr_ctx.accounts[1].data.clear();
    instr_ctx.accounts.remove(0);
    instr_ctx.instr_accounts.clear();
    let input = SyscallContext {
        vm_ctx: Some(VmContext { heap_max: 128, r1, r2, r3, ..VmContext::default() }),
        instr_ctx: Some(instr_ctx),
        syscall_invocation: Some(SyscallInvocation {
            function_name: name.into(),
            heap_prefix: heap.into(),
            stack_prefix: Vec::new(),
        }),
    };
    let metadata = metadata("sol_compat_vm_syscall_execute_v1");
    Case::Syscall(SyscallFixture { metadata, input: Some(input), output: Some(output) })
}

/// One slice of three bytes at 16, its hash at 32. 85 units, and at least 10 for each slice.
fn sha256() -> Case {
    let mut heap = [&(HEAP + 16).to_le_bytes()[..], &3u64.to_le_bytes(), b"abc"].concat();
    let before = heap.clone();
    heap.resize(32, 0);
    heap.extend(Sha256::digest(b"abc"));
    let output = SyscallEffects { cu_avail: UNITS - 95, heap, ..SyscallEffects::default() };
    call("sol_sha256", [HEAP, 1, HEAP + 32], &before, output)
}

/// The hash would stand beyond the end of the heap.
fn sha256_outside() -> Case {
    let mut case = sha256().syscall(|input, output| {
        input.vm_ctx.as_mut().unwrap().r3 = HEAP + 100;
        *output = failed(12, ErrKind::Ebpf, UNITS - 85);
    });
    if let Case::Syscall(SyscallFixture { output: Some(output), .. }) = &mut case {
        output.heap = [&(HEAP + 16).to_le_bytes()[..], &3u64.to_le_bytes(), b"abc"].concat();
    }
    case
}

/// Without an account of the clock it is slot 10. A sysvar costs 100 units and its 40 bytes.
fn clock() -> Case {
    let output = SyscallEffects { cu_avail: UNITS - 140, heap: vec![10], ..SyscallEffects::default() };
    call("sol_get_clock_sysvar", [HEAP, 0, 0], &[0xff; 40], output)
}

const EXIT: [u8; 8] = [0x95, 0, 0, 0, 0, 0, 0, 0];

fn text(instructions: &[[u8; 8]], output: SyscallEffects) -> Case {
    let input = SyscallContext {
        vm_ctx: Some(VmContext { heap_max: 16, rodata: instructions.concat(), ..VmContext::default() }),
        instr_ctx: Some(InstrContext { cu_avail: UNITS, ..InstrContext::default() }),
        syscall_invocation: None,
    };
    let metadata = metadata("sol_compat_vm_interp_v1");
    Case::Syscall(SyscallFixture { metadata, input: Some(input), output: Some(output) })
}

/// `r2 = HEAP; *(u8 *)(r2 + 1) = 9; r0 = 42; exit`: five slots, four of them executed.
fn store() -> Case {
    let instructions = [
        [0x18, 2, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 3, 0, 0, 0],
        [0x72, 2, 1, 0, 9, 0, 0, 0],
        [0xb7, 0, 0, 0, 42, 0, 0, 0],
        EXIT,
    ];
    let output = SyscallEffects { r0: 42, cu_avail: UNITS - 4, heap: vec![0, 9], ..SyscallEffects::default() };
    text(&instructions, output)
}

/// `goto -1`: `EbpfError::ExceededMaxInstructions`.
fn endless() -> Case {
    text(&[[0x05, 0, 0xff, 0xff, 0, 0, 0, 0], EXIT], failed(9, ErrKind::Ebpf, 0))
}

/// The hashes are as observed; the text stands at 0xe8 of the file, with 0x2898 bytes.
fn actor_elf() -> Case {
    let input =
        ElfLoaderCtx { elf_data: ACTOR_ELF.into(), features: Some(FeatureSet::default()), deploy_checks: false };
    let output = ElfLoaderEffects {
        rodata_hash: 2_324_072_563_812_018_359,
        calldests_hash: 9_999_819_840_671_756_654,
        text_off: 0xe8,
        text_cnt: 0x2898 / 8,
        ..ElfLoaderEffects::default()
    };
    let metadata = metadata("sol_compat_elf_loader_v1");
    Case::Elf(ElfLoaderFixture { metadata, input: Some(input), output: Some(output) })
}

/// `ElfError::FailedToParse` is the first.
fn actor_elf_cut() -> Case {
    actor_elf().elf(|input, output| {
        input.elf_data.truncate(1_000);
        *output = ElfLoaderEffects { err_code: 1, ..ElfLoaderEffects::default() };
    })
}
