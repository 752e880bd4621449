//! What a frame may ask for while it runs.

use crate::{CallKind, Code, Frame, FrameEnd};
use alloc::{borrow::Cow, string::String};
use hexapla_primitives::{Address, B256, Bytes, Fault, FaultKind, HomeRecord, ObjectKey, U256};

/// A fault of the host itself: a broken database, a bug. It aborts the block and never becomes a receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("execution was aborted by the host: {0}")]
pub struct Fatal(pub String);

/// Why a request was not served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// The frame fails: it ran out of gas, wrote in a read-only frame, broke a rule.
    #[error("{kind}: {message}")]
    Fault {
        /// The kind of the fault.
        kind: FaultKind,
        /// One sentence for people.
        message: Cow<'static, str>,
    },
    /// The whole execution is aborted; an adapter passes it on unchanged.
    #[error(transparent)]
    Fatal(#[from] Fatal),
}

impl HostError {
    /// The frame's gas does not pay for the request.
    pub const OUT_OF_GAS: Self =
        Self::Fault { kind: FaultKind::OutOfGas, message: Cow::Borrowed("the frame ran out of gas") };

    /// A write in a read-only frame.
    pub const READ_ONLY: Self =
        Self::Fault { kind: FaultKind::ReadOnly, message: Cow::Borrowed("a read-only frame tried to write") };

    /// A request that only some hosts serve.
    pub const NOT_SERVED: Self =
        Self::Fault { kind: FaultKind::Border, message: Cow::Borrowed("this host does not serve such a request") };

    /// A fault of `kind`.
    pub fn fault(kind: FaultKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Fault { kind, message: message.into() }
    }
}

/// Result of a request.
pub type HostResult<T> = Result<T, HostError>;

/// The block a transaction runs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockInfo {
    /// Height.
    pub number: u64,
    /// Seconds since the epoch.
    pub timestamp: u64,
    /// Who gets the fees.
    pub beneficiary: Address,
    /// Base fee in wei per gas (EIP-1559).
    pub base_fee: u64,
    /// Gas limit.
    pub gas_limit: u64,
}

/// The transaction a frame belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TxInfo {
    /// Who signed it. Never authority: see design rule on origin.
    pub origin: Address,
    /// Effective price in wei per gas.
    pub gas_price: u128,
}

/// Chain, block and transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The block.
    pub block: BlockInfo,
    /// The transaction.
    pub tx: TxInfo,
}

/// A call to any contract of any VM, as the calling contract states it.
#[derive(Clone, Debug)]
pub struct CallRequest {
    /// Call, static call or delegate call.
    pub kind: CallKind,
    /// The account that makes the call, where it is not the frame's own: VMs whose frames hold calls between contracts
    /// of their own (Solana) know better than the host who calls.
    pub caller: Option<Address>,
    /// Who pays for `value`, and for value that typed call data states, where it is not the caller: an account that
    /// agreed to it by the rules of the caller's VM.
    pub payer: Option<Address>,
    /// Canonical address of the callee.
    pub to: Address,
    /// Native coin to send, in wei; zero unless `kind` is [`CallKind::Call`].
    pub value: U256,
    /// Call data in the caller's ABI.
    pub input: Bytes,
    /// Most gas the callee may use; the host lowers it to 63/64 of what the frame has.
    pub gas_cap: u64,
}

impl CallRequest {
    /// A call by the frame's own account, with all gas there is and no coin.
    pub fn new(kind: CallKind, to: Address, input: Bytes) -> Self {
        Self { kind, caller: None, payer: None, to, value: U256::ZERO, input, gas_cap: u64::MAX }
    }
}

/// A change of an account's balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceChange {
    /// The account.
    pub account: Address,
    /// Whether it receives.
    pub credit: bool,
    /// How much, in wei.
    pub wei: U256,
}

/// How a call ended, in the caller's native form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallOutcome {
    /// Whether the callee succeeded.
    pub success: bool,
    /// Return data, or the failure in the caller's native form.
    pub output: Bytes,
    /// The fault behind a failure.
    pub fault: Option<Fault>,
}

/// A creation of an EVM-lane contract (EVM or Stylus code).
#[derive(Clone, Debug)]
pub struct CreateRequest {
    /// Native coin to endow, in wei.
    pub value: U256,
    /// EVM init code.
    pub init_code: Bytes,
    /// Salt of CREATE2; `None` is CREATE.
    pub salt: Option<B256>,
}

/// How a creation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateOutcome {
    /// The new contract, or why there is none.
    pub address: Option<Address>,
    /// Revert data of a failed creation.
    pub output: Bytes,
    /// The fault behind a failure.
    pub fault: Option<Fault>,
}

/// What the host offers a running frame.
///
/// The host owns the frame's gas. A request is charged before or together with its effect; where the gas does not
/// suffice, the answer is [`HostError::OUT_OF_GAS`], nothing is left, and the frame must fail, which undoes the effect.
/// Nobody can hand in gas of his own, so no request is served unpaid. Prices are the EVM's (EIP-2929, EIP-2200,
/// EIP-3529), whatever VM asks.
///
/// Requests with a body here are those of VMs whose accounts have ids of their own; a host that runs other VMs alone
/// need not serve them.
pub trait Host {
    /// Chain, block and transaction.
    fn environment(&self) -> &Environment;

    /// Gas that the frame has left.
    fn gas_left(&self) -> u64;

    /// Takes gas for work that the adapter does itself. Where it does not suffice, nothing is left.
    fn charge(&mut self, gas: u64) -> HostResult<()>;

    /// The frame's own meter has moved: no more than `gas` is left. It never raises what there is.
    fn lower_gas_to(&mut self, gas: u64);

    /// Whether the requests that follow are paid by the fee of a transaction of the VM's own lane, and not by its gas:
    /// rules of that VM bound them. In other frames this changes nothing.
    fn fee_pays(&mut self, _pays: bool) {}

    /// Reads a word of the frame's own account.
    fn load_word(&mut self, key: U256) -> HostResult<U256>;

    /// Writes a word of the frame's own account. Refunds are kept by the host.
    fn store_word(&mut self, key: U256, value: U256) -> HostResult<()>;

    /// Reads a transient word (EIP-1153) of the frame's own account.
    fn load_transient(&mut self, key: U256) -> HostResult<U256>;

    /// Writes a transient word of the frame's own account.
    fn store_transient(&mut self, key: U256, value: U256) -> HostResult<()>;

    /// Balance of any account, in wei.
    fn balance(&mut self, account: Address) -> HostResult<U256>;

    /// Code of any account. An account that does not exist has the zero hash, one without code keccak256 of nothing
    /// (EIP-1052).
    fn code(&mut self, account: Address) -> HostResult<Code>;

    /// Reads an object.
    fn object(&mut self, key: &ObjectKey) -> HostResult<Option<Bytes>>;

    /// Writes or removes an object of the adapter's own column.
    fn set_object(&mut self, key: &ObjectKey, value: Option<Bytes>) -> HostResult<()>;

    /// Reads an object without a trace: it costs nothing, makes nothing warm and joins no access set.
    ///
    /// It is for what a cache may hold as well: content named by a hash that the frame has read and paid for, so that the
    /// frame does the same whether or not the content has to be fetched. What the frame does with it is paid for by its
    /// length, which stands beside the hash.
    fn peek(&mut self, _key: &ObjectKey) -> HostResult<Option<Bytes>> {
        Err(HostError::NOT_SERVED)
    }

    /// Reads a word of any account.
    fn word_of(&mut self, _account: Address, _key: U256) -> HostResult<U256> {
        Err(HostError::NOT_SERVED)
    }

    /// Hash of an earlier block as a part of the environment, for what an adapter makes once for each block: it costs
    /// nothing. Zero where it is unknown.
    fn ancestor(&mut self, _number: u64) -> HostResult<B256> {
        Err(HostError::NOT_SERVED)
    }

    /// Moves native coin between accounts by the rules of the frame's VM. Credits and debits must be equal in sum, and
    /// no account can be debited more than it has.
    fn transfer_balances(&mut self, _changes: &[BalanceChange]) -> HostResult<()> {
        Err(HostError::NOT_SERVED)
    }

    /// The canonical address of an id of the frame's VM; its home record is written at the first use.
    fn register_native_id(&mut self, _native_id: &[u8]) -> HostResult<Address> {
        Err(HostError::NOT_SERVED)
    }

    /// The home record of an account; `None` for accounts of the EVM lane and for unknown ones.
    fn home_of(&mut self, _account: Address) -> HostResult<Option<HomeRecord>> {
        Err(HostError::NOT_SERVED)
    }

    /// Makes an account of the frame's VM a contract: callers of every VM find it from now on.
    fn mark_as_contract(&mut self, _native_id: &[u8]) -> HostResult<()> {
        Err(HostError::NOT_SERVED)
    }

    /// A line of the transaction's program log. It is no state: it stays when the frame fails.
    fn print(&mut self, _line: String) {}

    /// Whether a call tree is wanted: then the VM tells of calls inside itself.
    fn is_traced(&self) -> bool {
        false
    }

    /// A call inside the frame's own VM begins, which asks nothing of the host. It is for the call tree alone.
    fn enter_inner(&mut self, _call: &Frame) {}

    /// The innermost of those calls ends.
    fn exit_inner(&mut self, _end: &FrameEnd) {}

    /// Emits an event of the frame's own account with at most four topics.
    fn log(&mut self, topics: &[B256], data: Bytes) -> HostResult<()>;

    /// Calls any contract of any VM and waits for its end. A failed callee is an outcome, not an error.
    fn call(&mut self, request: CallRequest) -> HostResult<CallOutcome>;

    /// Creates a contract.
    fn create(&mut self, request: CreateRequest) -> HostResult<CreateOutcome>;
}
