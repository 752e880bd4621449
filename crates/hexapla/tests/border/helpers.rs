//! What the tests share.

use hexapla_abi::solidity::{ForeignFault, foreign_fault_decode};
use hexapla_primitives::{Address, Bytes};
use hexapla_testing::{Script, ScriptCall, Side};

/// Every chain of VMs that the failures are checked for, outermost first.
pub(crate) const ROUTES: [&[Side]; 4] = [
    &[Side::Evm, Side::Wasm],
    &[Side::Wasm, Side::Evm],
    &[Side::Evm, Side::Wasm, Side::Evm],
    &[Side::Wasm, Side::Evm, Side::Wasm],
];

/// One end of a caught call, as the actor reports it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Caught {
    pub(crate) success: bool,
    pub(crate) data: Bytes,
}

/// Reads what `catch` appended at the beginning of an actor's output.
pub(crate) fn caught(output: &[u8]) -> Caught {
    let length = u32::from_be_bytes(output[1..5].try_into().unwrap()) as usize;
    Caught { success: output[0] == 1, data: Bytes::copy_from_slice(&output[5..5 + length]) }
}

pub(crate) fn foreign_fault(data: &[u8]) -> ForeignFault {
    foreign_fault_decode(data).expect("the data is a ForeignFault").expect("it is well formed")
}

/// A script that calls through `path`, each link passing failures on, and runs `last` at its end.
pub(crate) fn through(path: &[Address], last: Script) -> Script {
    path.iter().rev().fold(last, |inner, to| Script::new().call(ScriptCall::to(*to, inner)))
}
