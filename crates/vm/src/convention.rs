//! How the contracts of a VM are called, and how their calls fail.

use crate::{HostError, HostResult};
use alloc::string::{String, ToString};
use core::ops::RangeInclusive;
use hexapla_abi::{
    Abi, AddressBook, AnyCodec, Codec, Derivation, Function, Value,
    solidity::{ForeignFault, foreign_fault_encode},
};
use hexapla_primitives::{Address, B256, Bytes, Fault, FaultKind};

/// The code with which a call fails in VMs whose failures are numbers, where the callee's failure has none that fits:
/// "hexa" in ASCII.
pub const FOREIGN_FAULT_CODE: u32 = 0x6865_7861;

/// A call of a function with its arguments, as an adapter puts it into its VM's form.
#[derive(Clone, Copy, Debug)]
pub struct TypedCall<'a> {
    /// Canonical address of the account that calls.
    pub caller: Address,
    /// The code of the called contract, as it stands in state.
    pub code: &'a [u8],
    /// The function.
    pub function: &'a Function,
    /// Its arguments.
    pub values: &'a [Value],
    /// The function's type parameters, as the caller says them; one text for each.
    pub type_arguments: &'a [String],
    /// The accounts that the caller named, where the ABI has such: one for each that the function leaves open.
    pub accounts: &'a [Option<B256>],
    /// How the function's derived accounts are found, each behind those that it needs.
    pub derivations: &'a [Derivation],
}

/// The address book of a call that is being translated, with the gas that pays for it.
pub trait CallBook {
    /// The addresses; each look-up is paid like any read of state.
    fn addresses(&self) -> &dyn AddressBook;

    /// Takes gas for work that the adapter does.
    fn charge(&self, gas: u64) -> HostResult<()>;
}

/// What the ids of a VM's accounts are where the accounts are at home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountIds {
    /// The canonical address itself, 20 bytes: the account is the same in all VMs that say so.
    Canonical,
    /// Ids of the VM's own, of so many bytes. An account that is at home elsewhere is known by its alias.
    Own(RangeInclusive<usize>),
}

/// A failure that a caller is to get in its own form.
#[derive(Clone, Copy, Debug)]
pub struct CalleeFailure<'a> {
    /// The failure. It may have arisen further below, in a VM that is neither the caller's nor the callee's.
    pub fault: &'a Fault,
    /// The ABI of the VM in which it arose.
    pub abi: Abi,
    /// Whether the callee runs on the caller's own VM.
    pub same_vm: bool,
}

/// How the contracts of a VM are called, and how their calls fail: the VM's side of every translation, as the caller and
/// as the callee. The border knows no ABI; it asks the conventions of both sides.
pub trait CallConvention: Send + Sync {
    /// The ABI that the contracts speak.
    fn abi(&self) -> Abi;

    /// What the ids of accounts are.
    fn account_ids(&self) -> AccountIds;

    /// What one unit of the native token is in wei; values that are no multiple cannot pass the border.
    fn coin_unit(&self) -> u64 {
        1
    }

    /// A typed call in the form in which [`Vm::run`](crate::Vm::run) finds it in [`Frame::input`](crate::Frame::input);
    /// what it costs beyond encoding is taken from the gas of `book`.
    fn write_call(&self, call: &TypedCall<'_>, book: &dyn CallBook) -> HostResult<Bytes> {
        let encoded = AnyCodec::new(self.abi(), book.addresses()).encode_call(call.function, call.values);
        encoded.map_err(|error| HostError::fault(FaultKind::Border, error.to_string()))
    }

    /// Call data of a caller that speaks `from`, in the form in which [`Vm::run`](crate::Vm::run) finds it, where the
    /// contract has no interface or the caller chose to do without it. Bytes pass unchanged unless the VM needs more than
    /// bytes; `Err` is a sentence.
    fn raw_call(&self, _caller: Address, _from: Abi, input: &Bytes) -> Result<Bytes, String> {
        Ok(input.clone())
    }

    /// Whether call data of a caller that speaks `from` is a raw call even though the contract has an interface.
    fn is_raw_call(&self, _from: Abi, _input: &[u8]) -> bool {
        false
    }

    /// The call with which [`Vm::run`](crate::Vm::run) gives back the data of an account of the contract instead of running
    /// it; `None` where there is no such thing.
    fn read_call(&self, _account: &[u8]) -> Option<Bytes> {
        None
    }

    /// A failure in the form in which a caller of this VM gets it. It is not empty where the failure is one of another VM,
    /// so that no caller takes it for a success without data.
    fn write_failure(&self, failure: CalleeFailure<'_>) -> Bytes;
}

/// The convention of contracts whose ABI is Solidity's and whose accounts have canonical addresses: the EVM's, Stylus',
/// the host's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct SolidityConvention;

impl CallConvention for SolidityConvention {
    fn abi(&self) -> Abi {
        Abi::Solidity
    }

    fn account_ids(&self) -> AccountIds {
        AccountIds::Canonical
    }

    /// Revert data of the same ABI as it is; every other failure of another VM as `ForeignFault` (ADR 6).
    fn write_failure(&self, CalleeFailure { fault, abi, same_vm }: CalleeFailure<'_>) -> Bytes {
        let speaks_for_itself = abi == Abi::Solidity && fault.kind == FaultKind::Revert && !fault.data.is_empty();
        if speaks_for_itself || same_vm && fault.kind != FaultKind::Border {
            return fault.data.clone();
        }
        let message = match fault.message.is_empty() {
            true => "the contract reverted without saying why".into(),
            false => fault.message.clone(),
        };
        foreign_fault_encode(&ForeignFault {
            vm: fault.vm.name().into_owned(),
            at: fault.contract,
            kind: fault.kind.name().into(),
            data: fault.data.clone(),
            message,
        })
    }
}
