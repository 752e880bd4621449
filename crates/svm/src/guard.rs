//! What the host adds to agave's native programs.

use crate::{
    identity::is_alias,
    session::{self, BoxedError},
};
use hexapla_svm_types::shape;
use solana_account::{ReadableAccount, WritableAccount};
use solana_instruction::error::InstructionError;
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_program_runtime::{
    declare_process_instruction, invoke_context::InvokeContext, solana_sbpf::declare_builtin_function,
};
use solana_pubkey::Pubkey;
use solana_sbpf::program::BuiltinFunctionDefinition as _;
use solana_sdk_ids::{bpf_loader_upgradeable, native_loader, system_program};
use solana_svm_log_collector::ic_msg;

/// Compute units of entering an alias, as of the System program.
const ALIAS_UNITS: u64 = 150;

declare_builtin_function!(
    /// The loaders: runs programs, and deploys, upgrades and closes them.
    ///
    /// agave knows the programs of one `InvokeContext` only; that a program is not entered again while another entry of
    /// the same transaction is running it, is checked here.
    Loader,
    fn rust(
        agave: &mut InvokeContext<'static, 'static>,
        _arg0: u64,
        _arg1: u64,
        _arg2: u64,
        _arg3: u64,
        _arg4: u64,
    ) -> Result<u64, BoxedError> {
        let program = *agave.transaction_context.get_current_instruction_context()?.get_program_key()?;
        if session::is_running(&program) {
            return Err(InstructionError::ReentrancyNotAllowed.into());
        }
        if program == bpf_loader_upgradeable::ID {
            check_deployment(agave)?;
        }
        session::told(agave, |agave| solana_bpf_loader_program::Entrypoint::rust(agave, 0, 0, 0, 0, 0))
    }
);

/// Gas of deploying a byte of code from another VM, beside what is paid for the accounts: the loader reads and verifies it
/// and makes native code of it. In Solana's lane it costs the loader's compute units, as on Solana.
const DEPLOY_BYTE_GAS: u64 = 2;

/// Where the code stands that the loader reads by an instruction with this tag: the account's place, and the bytes before.
const fn code_place(tag: u8) -> Option<(usize, usize)> {
    match tag {
        // DeployWithMaxDataLen and Upgrade read a buffer, ExtendProgram and ExtendProgramChecked the program's own account.
        2 => Some((3, UpgradeableLoaderState::size_of_buffer_metadata())),
        3 => Some((2, UpgradeableLoaderState::size_of_buffer_metadata())),
        6 | 9 => Some((0, UpgradeableLoaderState::size_of_programdata_metadata())),
        _ => None,
    }
}

/// Code is paid for before the loader reads it, and refused where it would take far longer to read than its length says.
fn check_deployment(agave: &InvokeContext<'_, '_>) -> Result<(), BoxedError> {
    let context = &agave.transaction_context;
    let instruction = context.get_current_instruction_context()?;
    let place = match instruction.get_instruction_data() {
        [tag, 0, 0, 0, ..] => code_place(*tag),
        _ => None,
    };
    let Some((place, head)) = place else { return Ok(()) };
    // Without the account the loader itself says what is missing.
    let Some(account) = instruction.instruction_accounts().get(place) else { return Ok(()) };
    let account = context.accounts().try_borrow(account.index_in_transaction)?;
    let code = account.data().get(head..).unwrap_or_default();
    if session::pays_for_code() {
        agave.compute_meter.consume_checked(DEPLOY_BYTE_GAS.saturating_mul(code.len() as u64))?;
    }
    let (symbols, most) = (shape::symbols(code), shape::symbols_max(code.len()));
    if symbols > most {
        let bytes = code.len();
        ic_msg!(agave, "The code has {} functions and relocations; {} bytes may have {}", symbols, bytes, most);
        return Err(InstructionError::InvalidAccountData.into());
    }
    Ok(())
}

declare_builtin_function!(
    /// The System program.
    ///
    /// The alias of a contract is shown as a native program, so that it can be called. It is a wallet as well: while the
    /// System program runs, aliases are accounts of the System program, so that they can pay with their signature.
    System,
    fn rust(
        agave: &mut InvokeContext<'static, 'static>,
        _arg0: u64,
        _arg1: u64,
        _arg2: u64,
        _arg3: u64,
        _arg4: u64,
    ) -> Result<u64, BoxedError> {
        session::told(agave, system)
    }
);

fn system(agave: &mut InvokeContext<'static, 'static>) -> Result<u64, BoxedError> {
    let aliases = contract_aliases(agave)?;
    for index in &aliases {
        show(agave, *index, system_program::ID)?;
    }
    let result = solana_system_program::system_processor::Entrypoint::rust(agave, 0, 0, 0, 0, 0);
    for index in &aliases {
        let changed = {
            let account = agave.transaction_context.accounts().try_borrow(*index)?;
            *account.owner() != system_program::ID || !account.data().is_empty()
        };
        if changed {
            return Err(InstructionError::InvalidAccountOwner.into());
        }
        show(agave, *index, native_loader::ID)?;
    }
    result
}

declare_process_instruction!(Alias, ALIAS_UNITS, |agave| { session::alias_entered(agave) });

declare_process_instruction!(ComputeBudget, 150, |_agave| {
    // Its instructions are read before the transaction runs.
    Ok(())
});

/// The accounts of the running instruction that are aliases of contracts.
fn contract_aliases(agave: &InvokeContext<'_, '_>) -> Result<Vec<u16>, InstructionError> {
    let context = &agave.transaction_context;
    let instruction = context.get_current_instruction_context()?;
    let mut aliases = Vec::new();
    for account in instruction.instruction_accounts() {
        let index = account.index_in_transaction;
        if !is_alias(context.get_key_of_account_at_index(index)?) || aliases.contains(&index) {
            continue;
        }
        if *context.accounts().try_borrow(index)?.owner() == native_loader::ID {
            aliases.push(index);
        }
    }
    Ok(aliases)
}

fn show(agave: &InvokeContext<'_, '_>, index: u16, owner: Pubkey) -> Result<(), InstructionError> {
    let mut account = agave.transaction_context.accounts().try_borrow_mut(index)?;
    account.set_owner(owner);
    Ok(())
}
