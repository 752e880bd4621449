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
    /// `target` lends its own state to code of another account (EIP-7702).
    pub is_delegated: bool,
    /// `target` is already on the call stack.
    pub reentrant: bool,
    /// Nesting over all VMs; a transaction's own frame has depth 0.
    pub depth: usize,
}

/// A call that is about to begin, as its maker knows it. See [`Frame::call`].
#[derive(Clone, Debug)]
pub struct NewCall {
    /// The VM that owns `code`.
    pub vm: VmId,
    /// The VM of the account that makes the call.
    pub caller_vm: VmId,
    /// Canonical address of that account.
    pub caller: Address,
    /// Canonical address of the account whose state the frame works on.
    pub target: Address,
    /// Canonical address of the account that was named for its code.
    pub code_address: Address,
    /// The code.
    pub code: Code,
    /// That account lends its own state to code of another account (EIP-7702).
    pub is_delegated: bool,
    /// How the call was made.
    pub kind: CallKind,
    /// Native coin sent with the call, in wei.
    pub value: U256,
    /// Call data in the caller's form.
    pub input: Bytes,
    /// Gas the frame may use.
    pub gas_limit: u64,
    /// Nothing may be written.
    pub read_only: bool,
    /// Nesting over all VMs.
    pub depth: usize,
}

impl Frame {
    /// The frame of a call, whoever makes it. An account that lends its state to code of another VM (EIP-7702) lends its
    /// authority, exactly as a delegate call does, whatever the call says.
    pub fn call(call: NewCall) -> Self {
        let NewCall { vm, caller_vm, caller, target, code_address, code, is_delegated, .. } = call;
        let kind = if is_delegated && vm != VmId::EVM { CallKind::Delegate } else { call.kind };
        Self {
            vm,
            caller_vm,
            caller,
            target,
            code_address,
            code,
            kind,
            value: call.value,
            input: call.input,
            gas_limit: call.gas_limit,
            read_only: call.read_only,
            is_delegated,
            reentrant: false,
            depth: call.depth,
        }
    }

    /// The frame of a creation in the EVM, whose address is not known yet.
    pub fn creation(
        caller_vm: VmId,
        caller: Address,
        value: U256,
        init_code: Bytes,
        gas_limit: u64,
        depth: usize,
    ) -> Self {
        let (vm, zero) = (VmId::EVM, Address::ZERO);
        let base = Self::of_account(vm, caller_vm, zero, gas_limit, depth);
        Self { caller, kind: CallKind::Create, value, input: init_code, ..base }
    }

    /// The frame in which `code`, which a creation has returned, becomes the code of `account`.
    pub fn activation(vm: VmId, account: Address, code: Code, gas_limit: u64, depth: usize) -> Self {
        Self { kind: CallKind::Create, code, ..Self::of_account(vm, VmId::EVM, account, gas_limit, depth) }
    }

    /// The frame of a transaction of the lane of `vm`: of the account that stands behind it. `id` names the transaction.
    pub fn root(vm: VmId, payer: Address, id: Bytes, gas_limit: u64) -> Self {
        Self { input: id, ..Self::of_account(vm, vm, payer, gas_limit, 0) }
    }

    /// A call inside the frame's own VM, for the call tree.
    pub fn inner(vm: VmId, caller: Address, target: Address, input: Bytes, gas_limit: u64, depth: usize) -> Self {
        Self { caller, input, ..Self::of_account(vm, vm, target, gas_limit, depth) }
    }

    /// A call of an account by itself, without code or data.
    fn of_account(vm: VmId, caller_vm: VmId, account: Address, gas_limit: u64, depth: usize) -> Self {
        Self {
            vm,
            caller_vm,
            caller: account,
            target: account,
            code_address: account,
            code: Code::default(),
            kind: CallKind::Call,
            value: U256::ZERO,
            input: Bytes::new(),
            gas_limit,
            read_only: false,
            is_delegated: false,
            reentrant: false,
            depth,
        }
    }
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
