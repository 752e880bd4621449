//! How Solana programs are called by contracts of other VMs, and what they get of a failure.

use crate::{
    account::WEI_PER_LAMPORT,
    invocation::{self, Invocation},
};
use hexapla_abi::Abi;
use hexapla_primitives::{Address, Bytes, FaultKind};
use hexapla_vm::{
    AccountIds, CallBook, CallConvention, CalleeFailure, FOREIGN_FAULT_CODE, HostError, HostResult, TypedCall,
};
use solana_pubkey::Pubkey;

/// The convention of Solana programs: instructions with accounts, failures that are numbers of 32 bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct SvmConvention;

impl CallConvention for SvmConvention {
    fn abi(&self) -> Abi {
        Abi::Borsh
    }

    fn account_ids(&self) -> AccountIds {
        AccountIds::Own(32..=32)
    }

    fn coin_unit(&self) -> u64 {
        WEI_PER_LAMPORT
    }

    fn write_call(&self, call: &TypedCall<'_>, book: &dyn CallBook) -> HostResult<Bytes> {
        let invocation = invocation::typed(call, book)?;
        invocation.to_bytes().map_err(|error| HostError::fault(FaultKind::Border, error.to_string()))
    }

    fn raw_call(&self, _caller: Address, from: Abi, input: &Bytes) -> Result<Bytes, String> {
        let invocation =
            if from == Abi::Solidity { Invocation::from_solidity(input)? } else { Invocation::of_data(input.clone()) };
        invocation.to_bytes().map_err(|error| error.to_string())
    }

    fn is_raw_call(&self, from: Abi, input: &[u8]) -> bool {
        from == Abi::Solidity && Invocation::is_invoke(input)
    }

    fn read_call(&self, account: &[u8]) -> Option<Bytes> {
        Invocation::reading(Pubkey::try_from(account).ok()?).to_bytes().ok()
    }

    /// The failure's number as 4 bytes, little-endian; [`FOREIGN_FAULT_CODE`] where it has none of 32 bits.
    fn write_failure(&self, failure: CalleeFailure<'_>) -> Bytes {
        let code = failure.fault.code.and_then(|code| u32::try_from(code).ok());
        code.unwrap_or(FOREIGN_FAULT_CODE).to_le_bytes().into()
    }
}
