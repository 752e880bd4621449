//! Instructions: typed ones, with the accounts that the interface asks for, and raw ones.

use crate::address::{id_of, key_of};
use hexapla_abi::{AnyCodec, Codec as _, interface::AccountParam};
use hexapla_primitives::identity::canonical_of_alias;
use hexapla_svm_types::{
    AccountMeta, Pubkey,
    resolve::{Authority, Instruction, ResolveError, derivations_of},
};
use hexapla_toolkit::{AccountUse, NativeCall, ToolError, TypedNativeCall};
use std::convert::Infallible;

/// An account of an instruction in Solana's form.
pub(super) fn meta(account: &AccountUse) -> Result<AccountMeta, ToolError> {
    let pubkey = key_of(&account.id)?;
    Ok(AccountMeta { pubkey, is_signer: account.signer, is_writable: account.writable })
}

/// A typed instruction.
pub(super) fn typed(call: &TypedNativeCall<'_>) -> Result<NativeCall, ToolError> {
    let (target, program, payer) = (call.target, key_of(call.target.contract)?, key_of(call.payer)?);
    let data = AnyCodec::new(target.interface.abi, call.book).encode_call(target.function, call.values);
    let data = data.map_err(|error| ToolError::new("scenario::encoding", error.to_string()))?;
    let mut accounts = resolved(call, program, payer)?;
    for account in call.listed {
        accounts.push(meta(account)?);
    }
    // A contract of another VM is called by the first account that signs: by the payer, where none is named.
    let is_contract = canonical_of_alias(program.to_bytes().into()).is_some();
    if is_contract && !accounts.iter().any(|account| account.is_signer) {
        accounts.push(AccountMeta::new_readonly(payer, true));
    }
    let accounts = accounts.iter().map(account_use).collect();
    Ok(NativeCall { contract: id_of(&program), accounts, data })
}

fn account_use(meta: &AccountMeta) -> AccountUse {
    AccountUse { id: id_of(&meta.pubkey), signer: meta.is_signer, writable: meta.is_writable }
}

fn resolved(call: &TypedNativeCall<'_>, program: Pubkey, payer: Pubkey) -> Result<Vec<AccountMeta>, ToolError> {
    let function = call.target.function;
    let named = |account: &AccountParam| {
        let found = call.named.iter().find(|(name, _)| *name == &*account.name);
        found.map(|(_, id)| key_of(id)).transpose()
    };
    let given = function.accounts.iter().map(named).collect::<Result<Vec<_>, _>>()?;
    let authority = Authority::Payer(payer);
    let accounts = derivations_of(function, &given).and_then(|derivations| {
        let derivations = &derivations[..];
        let instruction =
            Instruction { program, function, values: call.values, authority, derivations, book: call.book };
        instruction.accounts(given, &mut || Ok::<(), Infallible>(()))
    });
    accounts.map_err(refused)
}

fn refused(error: ResolveError<Infallible>) -> ToolError {
    use ResolveError as E;
    let refused = |message: String| ToolError::new("scenario::accounts", message);
    match error {
        E::Charge(never) => match never {},
        E::UnknownAccount { function, account } => refused(format!("{function} has no account {account}")),
        E::UnknownArgument { function, path } => {
            refused(format!("a seed of {function} names the argument {path}, which it has not"))
        }
        E::Program { account } => refused(format!("the program that derives {account} is no key")),
        E::SeedTooLong { account } | E::NoAddress { account, .. } => {
            refused(format!("the seeds of {account} derive no address"))
                .with_help("Solana takes at most 15 seeds of at most 32 bytes each")
        }
        error @ (E::Cycle { .. } | E::Argument(_)) => refused(error.to_string()),
    }
}
