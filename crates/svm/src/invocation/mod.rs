//! The invocation that a typed call by another VM means.

#[cfg(test)]
mod tests;

use hexapla_abi::{Abi, AnyCodec, Codec as _, interface::AccountSource};
use hexapla_primitives::FaultKind;
pub use hexapla_svm_types::invocation::*;
use hexapla_svm_types::resolve::{Authority, Instruction, ResolveError};
use hexapla_vm::{CallBook, HostError, HostResult, TypedCall};
use solana_instruction::AccountMeta;
use solana_pubkey::Pubkey;

/// Compute units of trying one bump seed, as the syscalls charge it.
pub(crate) const DERIVATION_UNITS: u64 = 1_500;

/// The invocation that a typed call means: accounts by the interface, arguments in Borsh.
pub(crate) fn typed(call: &TypedCall<'_>, book: &dyn CallBook) -> HostResult<Invocation> {
    let program = program_of(call.code).ok_or_else(|| refusal("the code is no Solana program"))?;
    let codec = AnyCodec::new(Abi::Borsh, book.addresses());
    let data = codec.encode_call(call.function, call.values).map_err(|error| refusal(error.to_string()))?;
    Ok(Invocation { accounts: accounts(call, book, program)?, ..Invocation::of_data(data) })
}

/// The accounts of a typed call. The caller is a contract: it signs as its alias, and names only the accounts that the
/// interface leaves open and that do not sign.
fn accounts(call: &TypedCall<'_>, book: &dyn CallBook, program: Pubkey) -> HostResult<Vec<AccountMeta>> {
    let instruction = Instruction {
        program,
        function: call.function,
        values: call.values,
        authority: Authority::Contract(alias(call.caller)),
        derivations: call.derivations,
        book: book.addresses(),
    };
    let mut named = call.accounts.iter();
    let given = call.function.accounts.iter().map(|account| {
        let is_open = account.source == AccountSource::Given && !account.signer;
        let named = if is_open { named.next().copied().flatten() } else { None };
        named.map(|key| Pubkey::new_from_array(key.0))
    });
    instruction.accounts(given.collect(), &mut || book.charge(DERIVATION_UNITS)).map_err(|error| match error {
        ResolveError::Charge(error) => error,
        error => refusal(error.to_string()),
    })
}

fn refusal(message: impl Into<String>) -> HostError {
    HostError::fault(FaultKind::Border, message.into())
}
