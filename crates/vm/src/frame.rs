//! One call in one VM.

use hexapla_primitives::{Address, B256, Bytes, Fault, NativeGas, U256, VmId};
use serde::Serialize;

/// How a frame was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallKind {
    /// An ordinary call: the callee's code on the callee's state.
    Call,
    /// A call in which nothing may be written.
    Static,
    /// Foreign code on the caller's own state, with the caller's caller and value. Never crosses a border.
    Delegate,
    /// The init code of a new contract.
    Create,
}

/// Code of a contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// keccak256 of `bytes`.
    pub hash: B256,
    /// The account's code as it stands in state.
    pub bytes: Bytes,
}

/// One call in one VM: everything the adapter needs to run it except state.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The VM that runs it.
    pub vm: VmId,
    /// The VM of the account that made the call.
    pub caller_vm: VmId,
    /// Canonical address of the account that made the call.
    pub caller: Address,
    /// Canonical address of the account whose state the frame works on.
    pub target: Address,
    /// Canonical address of the account whose code runs; differs from `target` in a delegate call.
    pub code_address: Address,
    /// The code.
    pub code: Code,
    /// How the frame was entered.
    pub kind: CallKind,
    /// Native coin sent with the call (in a delegate call: the value the caller itself was sent), in wei.
    pub value: U256,
    /// Call data in the callee's ABI.
    pub input: Bytes,
    /// Gas the frame may use.
    pub gas_limit: u64,
    /// Nothing may be written, here and below.
    pub read_only: bool,
    /// `target` is already on the call stack.
    pub reentrant: bool,
    /// Nesting over all VMs; a transaction's own frame has depth 0.
    pub depth: usize,
}

/// What a frame gave back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Success with return data.
    Return(Bytes),
    /// Failure; everything the frame did is undone.
    Fault(Fault),
}

impl Exit {
    /// Whether the frame succeeded.
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Return(_))
    }

    /// Return data, or the fault's native data.
    pub const fn data(&self) -> &Bytes {
        match self {
            Self::Return(data) => data,
            Self::Fault(fault) => &fault.data,
        }
    }

    /// The fault, if it is one.
    pub const fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Return(_) => None,
            Self::Fault(fault) => Some(fault),
        }
    }
}

/// How a frame ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameEnd {
    /// Result or fault.
    pub exit: Exit,
    /// Gas that goes back to the caller.
    pub gas_left: u64,
    /// What the frame used on its VM's own meter, calls to other frames included; `None` where that is gas itself.
    pub native_used: Option<NativeGas>,
}
