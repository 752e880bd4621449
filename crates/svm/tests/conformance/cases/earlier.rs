//! Fixtures in the form of 2024: features in `epoch_context`, the input of programs in their context, ELF files as
//! messages of their own.

use super::*;
use protosol::protos::InputDataRegion;
use solana_program_runtime::execution_budget::SVMTransactionExecutionBudget;
use solana_sbpf::elf::Executable;
use solana_svm_feature_set::SVMFeatureSet;
use solana_syscalls::create_program_runtime_environment;
use std::sync::Arc;

/// A field of protobuf that holds bytes or a message.
pub(crate) fn field(number: u32, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_key(number, prost::encoding::WireType::LengthDelimited, &mut bytes);
    prost::encoding::encode_varint(content.len() as u64, &mut bytes);
    [&bytes[..], content].concat()
}

/// A field that holds a number.
pub(crate) fn number(number: u32, value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_key(number, prost::encoding::WireType::Varint, &mut bytes);
    prost::encoding::encode_varint(value, &mut bytes);
    bytes
}

/// A fixture of its parts.
pub(crate) fn fixture(entry_point: &str, input: &[u8], output: &[u8]) -> Case {
    let metadata = metadata(entry_point).unwrap().encode_to_vec();
    Case::Earlier([field(1, &metadata), field(2, input), field(3, output)].concat())
}

/// The epoch of an instruction, without features.
fn epoch() -> Vec<u8> {
    field(9, &field(1, &FeatureSet::default().encode_to_vec()))
}

/// The same signature as [`super::ed25519_of_another_message`]; the failure had no code.
pub(super) fn ed25519_of_another_message() -> Case {
    let Case::Instruction(InstrFixture { input: Some(input), output: Some(mut output), .. }) =
        super::ed25519_of_another_message()
    else {
        panic!("an instruction")
    };
    output.custom_err = 0;
    let input = [input.encode_to_vec(), epoch()].concat();
    fixture("sol_compat_instr_execute_v1", &input, &output.encode_to_vec())
}

/// The hash of the second region of the input, which begins where the first ends; an empty one between them is nothing.
pub(super) fn sha256_of_the_input() -> Case {
    let slice = [&(0x4_0000_0002u64).to_le_bytes()[..], &3u64.to_le_bytes()].concat();
    let heap = [&slice[..], &[0; 16], &Sha256::digest(b"abc")].concat();
    let region = |offset, content: &[u8]| InputDataRegion { offset, content: content.into(), is_writable: false };
    let output = SyscallEffects {
        cu_avail: UNITS - 95,
        heap,
        input_data_regions: vec![region(0, b"xy"), region(2, b"abc")],
        ..SyscallEffects::default()
    };
    let Case::Syscall(SyscallFixture { input: Some(input), output: Some(output), .. }) =
        call("sol_sha256", [HEAP, 1, HEAP + 32], &slice, output)
    else {
        panic!("a syscall")
    };
    let regions = [b"xy".as_slice(), b"", b"abc"].map(|content| field(5, &region(0, content).encode_to_vec())).concat();
    let input = [input.encode_to_vec(), field(1, &regions), field(2, &epoch())].concat();
    fixture("sol_compat_vm_syscall_execute_v1", &input, &output.encode_to_vec())
}

/// Places in the actor's text that calls go to, as observed.
const FUNCTIONS: [u64; 32] = [
    0, 789, 794, 812, 827, 833, 836, 853, 862, 871, 903, 934, 1027, 1050, 1065, 1079, 1092, 1118, 1135, 1153, 1180,
    1198, 1220, 1236, 1254, 1270, 1284, 1291, 1295, 1296, 1297, 1298,
];

/// The file, with fields beside its bytes that nobody knows. Effects had the data itself, where they have hashes now.
pub(super) fn actor_elf() -> Case {
    let features = SVMFeatureSet::default();
    let budget = SVMTransactionExecutionBudget::new_with_defaults(false);
    let environment = create_program_runtime_environment(&features, &budget, false, false).unwrap();
    let loaded = Executable::load(ACTOR_ELF, Arc::clone(&*environment)).unwrap();
    let file = [field(1, ACTOR_ELF), number(10, 7), field(11, b"unknown")].concat();
    let input = [field(1, &file), field(2, &FeatureSet::default().encode_to_vec()), number(3, 1)].concat();
    let functions = FUNCTIONS.map(|place| number(7, place)).concat();
    let effects = [field(1, loaded.get_ro_section()), number(4, 0x2898 / 8), number(5, 0xe8), functions];
    fixture("sol_compat_elf_loader_v1", &input, &effects.concat())
}

/// No file at all: it cannot be loaded, and then there were no effects.
pub(super) fn no_elf() -> Case {
    fixture("sol_compat_elf_loader_v1", &field(2, &FeatureSet::default().encode_to_vec()), &[])
}
