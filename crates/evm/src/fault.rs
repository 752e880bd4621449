//! revm's results as faults.

use hexapla_primitives::{Address, Bytes, Fault, FaultKind, VmId};
use revm::interpreter::InstructionResult;

/// The fault behind a result; `None` where it is a success.
pub(crate) fn fault_of(result: InstructionResult, contract: Address, data: &Bytes) -> Option<Fault> {
    if result.is_ok() {
        return None;
    }
    let (kind, message) = describe(result);
    let data = if kind == FaultKind::Revert { data.clone() } else { Bytes::new() };
    Some(Fault { vm: VmId::EVM, contract, kind, data, code: None, message: message.into() })
}

fn describe(result: InstructionResult) -> (FaultKind, &'static str) {
    use FaultKind::*;
    use InstructionResult as R;
    match result {
        R::Revert => (Revert, ""),
        R::CallTooDeep => (CallDepth, "calls are nested more than 1024 deep"),
        R::OutOfFunds => (InsufficientBalance, "the caller has less than the value it sends"),
        R::OverflowPayment => (InsufficientBalance, "the receiver's balance would overflow"),
        R::OutOfGas | R::PrecompileOOG | R::InvalidOperandOOG => (OutOfGas, "the frame ran out of gas"),
        R::MemoryOOG | R::MemoryLimitOOG => (OutOfGas, "the frame's gas does not pay for the memory it asked for"),
        R::ReentrancySentryOOG => (OutOfGas, "a storage write needs more than 2300 gas left (EIP-2200)"),
        R::CallNotAllowedInsideStatic => (ReadOnly, "value cannot be sent from a read-only frame"),
        R::StateChangeDuringStaticCall => (ReadOnly, "a read-only frame tried to write"),
        R::InvalidFEOpcode => (Trap, "the INVALID instruction was executed"),
        R::OpcodeNotFound => (Trap, "an unknown instruction was executed"),
        R::NotActivated => (Trap, "an instruction of a later fork was executed"),
        R::InvalidJump => (Trap, "a jump went to a place that is no JUMPDEST"),
        R::StackUnderflow => (Trap, "an instruction found too few values on the stack"),
        R::StackOverflow => (Trap, "more than 1024 values were pushed on the stack"),
        R::OutOfOffset => (Trap, "return data was read beyond its end"),
        R::PrecompileError => (Trap, "a precompiled contract refused its input"),
        R::CreateCollision => (Create, "the new contract's address is taken"),
        R::NonceOverflow => (Create, "the creator's nonce is exhausted"),
        R::CreateContractSizeLimit => (Create, "the new contract's code is too large (EIP-170)"),
        R::CreateContractStartingWithEF => {
            (Create, "the new contract's code begins with 0xEF but belongs to no VM (EIP-3541)")
        }
        R::CreateInitCodeSizeLimit => (Create, "the init code is too large (EIP-3860)"),
        _ => (Trap, "the frame was halted"),
    }
}
