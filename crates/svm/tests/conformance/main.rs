//! Conformance fixtures: cases of our own that hold, changed ones that must be refused for the right reason, junk, and
//! the public suites where there are any.

mod cases;

use cases::{Case, HEAP, all, call, metadata, transaction, transfer};
use hexapla_svm::conformance::{Engine, Kind, Verdict, run};
use proptest::prelude::*;
use prost::Message;
use protosol::protos::{AcctState, FeatureSet, FeeDetails, SyscallContext, SyscallEffects, SyscallFixture};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn named(wanted: &str) -> Case {
    all().into_iter().find(|(name, _)| *name == wanted).unwrap_or_else(|| panic!("no case {wanted}")).1
}

/// What differs, in one line.
fn differences(case: &Case) -> String {
    match run(&case.encode(), Engine::Both) {
        Verdict::Pass(_) => String::new(),
        Verdict::Fail { differences, .. } => differences.join("; "),
        other => panic!("{other:?}"),
    }
}

#[test]
fn committed_fixtures_are_the_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for (name, case) in all() {
        let file = folder.join(name).with_extension("fix");
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            fs::write(&file, case.encode()).unwrap();
        }
        let committed = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(committed == case.encode(), "{name}: UPDATE_FIXTURES=1 writes what the case encodes");
    }
    assert_eq!(fs::read_dir(folder).unwrap().count(), all().len(), "a file without a case");
}

#[test]
fn every_case_holds_on_every_engine() {
    for (name, case) in all() {
        for engine in [Engine::Jit, Engine::Interpreter, Engine::Both] {
            let verdict = run(&case.encode(), engine);
            assert!(matches!(verdict, Verdict::Pass(_)), "{name} on {engine:?}: {verdict:?}");
        }
    }
}

#[test]
fn a_wrong_expectation_of_an_instruction_is_told() {
    let cases = [
        (transfer(400).instruction(|_, output| output.cu_avail += 1), "compute units left: 9850, expected 9851"),
        (transfer(400).instruction(|_, output| output.result = 1), "result: success, expected failure with code 1"),
        (transfer(400).instruction(|_, output| output.return_data = vec![1]), "return data: differs at byte 0"),
        (transfer(400).instruction(|_, output| output.modified_accounts[1].lamports = 7), "lamports: 405, expected 7"),
        (transfer(400).instruction(|_, output| output.modified_accounts[1].data = vec![1]), "data: differs at byte 0"),
        (transfer(400).instruction(|_, output| output.modified_accounts[1].owner = vec![9; 32]), "owner: 1111"),
        (transfer(400).instruction(|_, output| drop(output.modified_accounts.pop())), "changed, expected to stay"),
        (
            transfer(400).instruction(|_, output| {
                output.modified_accounts.push(AcctState {
                    address: vec![8; 32],
                    owner: vec![0; 32],
                    ..Default::default()
                })
            }),
            "not there",
        ),
        (
            named("instr-transfer-too-much").instruction(|_, output| output.custom_err = 2),
            "custom error: 1, expected 2",
        ),
        (named("instr-transfer-too-much").instruction(|_, output| output.result = 0), "result: failed ("),
        (named("instr-counter").instruction(|_, output| output.return_data[31] = 8), "differs at byte 31: 0x07"),
        (named("instr-counter").instruction(|input, _| input.data[64] = 8), "data: differs at byte 8: 0x08"),
        (named("instr-counter").instruction(|input, _| input.cu_avail = 100), "result: failed ("),
    ];
    for (case, reason) in cases {
        assert!(differences(&case).contains(reason), "{reason}: {}", differences(&case));
    }
}

#[test]
fn a_wrong_expectation_of_memory_registers_or_text_is_told() {
    let cases = [
        (named("syscall-sha256").syscall(|_, output| output.heap[33] ^= 1), "heap: differs at byte 33"),
        (named("syscall-sha256").syscall(|_, output| output.r0 = 1), "r0: 0, expected 1"),
        (named("syscall-sha256").syscall(|_, output| output.cu_avail = 0), "compute units left: 9905, expected 0"),
        (named("syscall-sha256").syscall(|_, output| output.stack = vec![1]), "stack: differs at byte 0"),
        (
            named("syscall-sha256-outside").syscall(|_, output| output.error = 0),
            "result: failed (Syscall error: Access",
        ),
        (named("vm-store").syscall(|_, output| output.heap[1] = 8), "heap: differs at byte 1: 0x09"),
        (named("vm-store").syscall(|_, output| output.r0 = 43), "r0: 42, expected 43"),
        (named("vm-endless").syscall(|_, output| output.error = 0), "exceeded CUs meter"),
        (named("vm-not-a-program").syscall(|_, output| output.error = 0), "Verifier error"),
        (named("elf-actor").elf(|_, output| output.text_cnt += 1), "instructions: 1299, expected 1300"),
        (named("elf-actor").elf(|_, output| output.rodata_hash += 1), "hash of read-only data"),
        (named("elf-actor").elf(|input, _| input.elf_data[0] = 0), "Failed to parse ELF file: invalid file header"),
        (named("elf-cut").elf(|_, output| output.err_code = 0), "result: failed (Offset or value is out of bounds"),
    ];
    for (case, reason) in cases {
        assert!(differences(&case).contains(reason), "{reason}: {}", differences(&case));
    }
}

#[test]
fn what_cannot_be_compared_says_why() {
    let skipped = |bytes: &[u8]| match run(bytes, Engine::Both) {
        Verdict::Skipped { reason, .. } => reason,
        other => panic!("{other:?}"),
    };
    let metadata = metadata("sol_compat_block_execute_v1");
    let other = SyscallFixture { metadata, input: Some(Default::default()), output: None };
    assert_eq!(skipped(&other.encode_to_vec()), "fixtures of the entry point sol_compat_block_execute_v1 are not run");
    let vote = transfer(1).instruction(|input, _| input.program_id = solana_sdk_ids::vote::ID.to_bytes().into());
    assert_eq!(skipped(&vote.encode()), "the native program Vote does not exist here");
    let unknown = call("sol_unheard_of", [0; 3], &[], SyscallEffects::default());
    assert!(skipped(&unknown.encode()).contains("sol_unheard_of"));
    let newer = named("vm-store").syscall(|input, _| input.vm_ctx.as_mut().unwrap().sbpf_version = 9);
    assert_eq!(skipped(&newer.encode()), "version 9 of sBPF does not exist here");
    let stake = transaction(400).transaction(|input, _| {
        let message = input.tx.as_mut().unwrap().message.as_mut().unwrap();
        message.account_keys[2] = solana_sdk_ids::stake::ID.to_bytes().into();
    });
    assert_eq!(skipped(&stake.encode()), "the native program Stake does not exist here");
    let priced = |case: Case| {
        case.transaction(|input, _| input.bank.as_mut().unwrap().blockhash_queue[0].lamports_per_signature = 10_000)
    };
    assert!(skipped(&priced(named("txn-nonce-fails")).encode()).contains("which is 5000 lamports here"));
    assert_eq!(differences(&priced(transaction(400))), "");
}

#[test]
fn a_wrong_expectation_of_a_transaction_is_told() {
    let fee = |fee| Some(FeeDetails { transaction_fee: fee, prioritization_fee: 1 });
    let pays = || transaction(400);
    let fails = || named("txn-transfer-too-much");
    let cases = [
        (pays().transaction(|_, output| output.executed = false), "outcome: success, expected refused with Sanitize"),
        (pays().transaction(|_, output| output.status = 8), "success, expected failed with BlockhashNotFound"),
        (pays().transaction(|_, output| output.executed_units += 1), "compute units used: 150, expected 151"),
        (pays().transaction(|_, output| output.fee_details = fee(5_000)), "fee in lamports: 5000, expected 5001"),
        (pays().transaction(|_, output| output.return_data = vec![1]), "return data: differs at byte 0"),
        (pays().transaction(|_, output| output.modified_accounts[1].lamports = 7), "lamports: 10000400, expected 7"),
        (pays().transaction(|_, output| output.modified_accounts[1].lamports = 0), "10000400 lamports, expected none"),
        (pays().transaction(|_, output| output.modified_accounts[1].address = vec![8; 32]), "does not exist"),
        (
            fails().transaction(|_, output| output.custom_error = 2),
            "Custom(1)), expected failed with InstructionError(0, Custom(2))",
        ),
        (
            fails().transaction(|_, output| output.instruction_error_index = 1),
            "expected failed with InstructionError(1, Custom(1))",
        ),
        (
            fails().transaction(|_, output| output.rollback_accounts[0].lamports += 1),
            "lamports: 9995000, expected 9995001",
        ),
        (
            named("txn-too-old").transaction(|_, output| output.status = 7),
            "refused with BlockhashNotFound, expected refused with AlreadyProcessed",
        ),
        (
            named("txn-nonce-fails").transaction(|_, output| output.rollback_accounts[1].data[0] ^= 1),
            "data: differs at byte 0",
        ),
        (named("txn-counter").transaction(|_, output| output.return_data[31] = 8), "differs at byte 31: 0x07"),
    ];
    for (case, reason) in cases {
        assert!(differences(&case).contains(reason), "{reason}: {}", differences(&case));
    }
}

/// The fields that decide are elsewhere in 2024; changed there, the fixtures fail as those of today do.
#[test]
fn a_wrong_expectation_in_the_form_of_2024_is_told() {
    for (name, from, to, reason) in [
        ("syscall-sha256-of-2024", &b"abc"[..], &b"abd"[..], "input from 2: differs at byte 2"),
        ("elf-actor-of-2024", b"\x28\xe8\x01\x38", b"\x28\xe9\x01\x38", "offset of text: 232, expected 233"),
        ("txn-transfer-of-2024", b"\x58\x96\x01", b"\x58\x97\x01", "compute units used: 150, expected 151"),
    ] {
        let mut bytes = named(name).encode();
        let place = bytes.windows(from.len()).rposition(|window| window == from).unwrap();
        bytes[place..place + from.len()].copy_from_slice(to);
        assert!(differences(&Case::Earlier(bytes)).contains(reason), "{name}");
    }
}

/// An account is changed if anything but the place of the running instruction differs.
#[test]
fn the_sysvar_of_instructions_changes_only_in_its_place() {
    let listed = |data: &[u8]| {
        named("instr-instructions-sysvar").instruction(|input, output| {
            output.modified_accounts.push(AcctState { data: data.into(), ..input.accounts[2].clone() });
        })
    };
    assert_eq!(differences(&listed(&[0, 0, 0, 0])), "");
    assert!(differences(&listed(&[0, 1, 0, 0])).contains("data: differs at byte 1"));
}

#[test]
fn contradicting_input_is_unreadable() {
    let unreadable = |case: Case, part: &str| match run(&case.encode(), Engine::Both) {
        Verdict::Unreadable(reason) => assert!(reason.contains(part), "{reason}"),
        other => panic!("{part}: {other:?}"),
    };
    unreadable(transfer(1).instruction(|input, _| input.instr_accounts[0].index = 2), "names account 2 of 2");
    unreadable(transfer(1).instruction(|input, _| input.program_id = vec![0; 31]), "31 bytes");
    unreadable(transfer(1).instruction(|input, _| input.accounts[0].owner = Vec::new()), "0 bytes");
    unreadable(transfer(1).instruction(|input, _| input.accounts.push(input.accounts[0].clone())), "twice");
    let heap = named("vm-store").syscall(|input, _| input.vm_ctx.as_mut().unwrap().heap_max = 1 << 40);
    unreadable(heap, "at most 262144");
}

#[test]
fn no_fixture_runs_for_hours() {
    let units = |units| {
        move |input: &mut SyscallContext, output: &mut SyscallEffects| {
            input.instr_ctx.as_mut().unwrap().cu_avail = units;
            output.cu_avail = units - 4;
        }
    };
    assert_eq!(differences(&named("vm-store").syscall(units(u64::MAX))), "");
    let verdict = run(&named("vm-endless").syscall(units(u64::MAX)).encode(), Engine::Jit);
    assert!(matches!(&verdict, Verdict::Skipped { reason, .. } if reason.contains("1073741824")), "{verdict:?}");
    let full =
        transfer(400).instruction(|input, output| (input.cu_avail, output.cu_avail) = (u64::MAX, u64::MAX - 150));
    assert_eq!(differences(&full), "");
}

#[test]
fn a_cut_fixture_never_passes() {
    let whole = transfer(400).encode();
    for length in 0..whole.len() {
        let verdict = run(&whole[..length], Engine::Interpreter);
        assert!(!matches!(verdict, Verdict::Pass(_)), "{length} of {} bytes: {verdict:?}", whole.len());
    }
}

/// Fixtures of 2024 have features elsewhere, and no field 10.
#[test]
fn features_are_found_where_fixtures_of_2024_have_them() {
    let blake3 = agave_feature_set::blake3_syscall_enabled::id().to_bytes();
    let features = FeatureSet { features: vec![u64::from_le_bytes(blake3[..8].try_into().unwrap())] };
    let case = |present: bool| {
        let wanted = present.then(|| features.clone());
        call("sol_blake3", [HEAP, 0, HEAP], &[], SyscallEffects::default())
            .syscall(|input, _| input.instr_ctx.as_mut().unwrap().features = wanted)
    };
    let is_there = |bytes: &[u8]| !matches!(run(bytes, Engine::Both), Verdict::Skipped { .. });
    assert!(!is_there(&case(false).encode()));
    assert!(is_there(&case(true).encode()));
    let Case::Syscall(SyscallFixture { metadata, input: Some(mut input), .. }) = case(false) else {
        panic!("a syscall")
    };
    // Field 9 of the instruction is a message whose field 1 is the set of features.
    let field = |number: u8, content: Vec<u8>| {
        [&[number << 3 | 2][..], &[u8::try_from(content.len()).unwrap()], &content].concat()
    };
    let instruction = input.instr_ctx.take().unwrap().encode_to_vec();
    let epoch = field(9, field(1, features.encode_to_vec()));
    let instruction = field(2, [instruction, epoch].concat());
    let input = [input.encode_to_vec(), instruction].concat();
    let mut fixture = SyscallFixture { metadata, ..SyscallFixture::default() }.encode_to_vec();
    fixture.push(2 << 3 | 2);
    prost::encoding::encode_varint(input.len() as u64, &mut fixture);
    fixture.extend(input);
    assert!(is_there(&fixture));
}

/// Without metadata, as the first fixtures were.
#[test]
fn an_instruction_needs_no_entry_point() {
    let Case::Instruction(mut fixture) = transfer(400) else { panic!("an instruction") };
    fixture.metadata = None;
    assert_eq!(run(&fixture.encode_to_vec(), Engine::Both), Verdict::Pass(Kind::Instruction));
    let Case::Elf(mut fixture) = named("elf-cut") else { panic!("an ELF file") };
    fixture.metadata = None;
    assert!(matches!(run(&fixture.encode_to_vec(), Engine::Both), Verdict::Unreadable(_)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn junk_is_unreadable(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(!matches!(run(&bytes, Engine::Both), Verdict::Pass(_)));
    }

    /// A changed byte may change anything, but it is always judged.
    #[test]
    fn damaged_fixtures_are_judged(which in 0..all().len(), at in any::<prop::sample::Index>(), byte: u8) {
        let (name, case) = &all()[which];
        let mut bytes = case.encode();
        // Past the program, so that what is damaged is not only its instructions.
        let place = at.index(bytes.len().min(400));
        bytes[place] = byte;
        if let Verdict::Fail { differences, .. } = run(&bytes, Engine::Both) {
            prop_assert!(!differences.is_empty(), "{name}");
        }
    }
}

/// The folders of fixtures below `HEXAPLA_FIXTURES`.
#[test]
fn public_suites_pass() {
    let Some(root) = std::env::var_os("HEXAPLA_FIXTURES") else {
        eprintln!("skipped public_suites_pass: HEXAPLA_FIXTURES is not set");
        return;
    };
    for name in ["svm", "svm-fixtures-of-2024"] {
        let folder = Path::new(&root).join(name);
        if !folder.is_dir() {
            eprintln!("skipped a part of public_suites_pass: {} does not exist", folder.display());
            continue;
        }
        let mut files = Vec::new();
        collect(&folder, &mut files);
        assert!(!files.is_empty(), "{} holds no fixtures", folder.display());
        let failed = files.iter().filter_map(|file| match run(&fs::read(file).unwrap(), Engine::Both) {
            Verdict::Pass(_) | Verdict::Skipped { .. } => None,
            verdict => Some(format!("{}: {verdict:?}", file.display())),
        });
        let failed: Vec<String> = failed.collect();
        assert!(failed.is_empty(), "{} of {} fixtures fail: {failed:#?}", failed.len(), files.len());
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "fix") {
            files.push(path);
        }
    }
}
