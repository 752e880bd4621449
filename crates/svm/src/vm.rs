//! The adapter.

use crate::{
    account::StoredAccount,
    context::{AccountUse, Ground, Outbound, Plan, TopInstruction, canonical_of_key, lamports_in, run},
    error::{Failure, fault},
    foreign::BORDER,
    invocation::{self, Invocation, Mode, alias, program_of},
    programs::{self, Programs},
    runtime::{Runtime, SetupError},
    sysvars::BlockSysvars,
};
use hexapla_abi::{Abi, AddressBook};
use hexapla_primitives::{Address, Bytes, FaultKind, GasRate, NativeGas, VmId, identity::parse_designator};
use hexapla_vm::{Exit, Fatal, Frame, FrameEnd, Host, HostError, HostResult, Lane, Reentrancy, TypedCall, Vm};
use solana_instruction::error::InstructionError;
use solana_program_runtime::execution_budget::{MAX_COMPUTE_UNIT_LIMIT, MIN_HEAP_FRAME_BYTES};
use solana_pubkey::Pubkey;
use solana_transaction_context::instruction_accounts::InstructionAccount;
use std::{fmt, sync::Arc};

/// How the SVM runs programs; none of it changes a result.
#[derive(Clone, Debug)]
pub struct Config {
    /// Compile programs to native code (on x86-64); else they are interpreted.
    pub jit: bool,
    /// Most bytes of ELF files whose compiled programs are kept in memory. With zero nothing is kept, the sysvars of a
    /// block neither.
    pub cache_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { jit: true, cache_bytes: 64 << 20 }
    }
}

/// Solana programs as a VM.
#[derive(Clone)]
pub struct SvmVm {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) programs: Arc<Programs>,
    pub(crate) sysvars: Arc<BlockSysvars>,
}

impl SvmVm {
    /// Starts it.
    pub fn new(config: Config) -> Result<Self, SetupError> {
        Ok(Self {
            runtime: Arc::new(Runtime::new()?),
            programs: Arc::new(Programs::new(config.jit, config.cache_bytes)),
            sysvars: Arc::new(BlockSysvars::new(config.cache_bytes > 0)),
        })
    }

    /// Programs that are kept compiled.
    pub fn cached_programs(&self) -> usize {
        self.programs.len()
    }

    /// `used` are the compute units of programs that ran, whether they succeeded or not.
    fn call(
        &self,
        frame: &Frame,
        host: &mut dyn Host,
        gas: &mut u64,
        used: &mut Option<u64>,
    ) -> Result<Bytes, Failure> {
        let (program, invocation) = read_frame(frame)?;
        if matches!(invocation.mode, Mode::Read | Mode::Describe) {
            return read_account(&program, &invocation, host, gas);
        }
        let sysvars = self.sysvars.get(host)?;
        let caller = alias(frame.caller);
        let mut plan = plan(program, &invocation, caller, frame.depth == 0)?;
        plan.compute_units = (*gas).min(MAX_COMPUTE_UNIT_LIMIT.into());
        let ground = Ground { runtime: &self.runtime, programs: &self.programs, sysvars: &sysvars };
        let outcome = run(ground, host, plan, gas).map_err(Failure::Fatal)?;
        let paid = gas.checked_sub(outcome.compute_units_used);
        *used = Some(outcome.compute_units_used);
        *gas = paid.unwrap_or(0);
        outcome.result.map_err(|(_, failure)| failure)?;
        if paid.is_none() {
            return Err(HostError::OUT_OF_GAS.into());
        }
        Ok(invocation.output(outcome.return_data))
    }
}

impl fmt::Debug for SvmVm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SvmVm").field("cached_programs", &self.cached_programs()).finish_non_exhaustive()
    }
}

impl Vm for SvmVm {
    fn id(&self) -> VmId {
        VmId::SVM
    }

    /// One compute unit for one gas: both are set so that a unit is a few nanoseconds.
    fn gas_rate(&self) -> GasRate {
        GasRate { unit: "CU", per_gas: 1 }
    }

    fn reentrancy(&self) -> Reentrancy {
        Reentrancy::DirectSelfOnly
    }

    fn native_stack_bytes(&self) -> usize {
        512 << 10
    }

    fn owns(&self, code: &[u8]) -> bool {
        parse_designator(code).is_some_and(|(vm, id)| vm == VmId::SVM && id.len() == 32)
    }

    fn abi(&self) -> Abi {
        Abi::Borsh
    }

    fn coin_unit(&self) -> u64 {
        crate::account::WEI_PER_LAMPORT
    }

    fn write_call(&self, call: &TypedCall<'_>, book: &dyn AddressBook, gas: &mut u64) -> HostResult<Bytes> {
        Ok(invocation::typed(call, book, gas)?.to_bytes())
    }

    fn raw_call(&self, _caller: Address, from: Abi, input: &Bytes) -> Result<Bytes, String> {
        let invocation =
            if from == Abi::Solidity { Invocation::from_solidity(input)? } else { Invocation::of_data(input.clone()) };
        Ok(invocation.to_bytes())
    }

    fn is_raw_call(&self, from: Abi, input: &[u8]) -> bool {
        from == Abi::Solidity && Invocation::is_invoke(input)
    }

    fn owner_of(&self, code: &[u8], host: &mut dyn Host, gas: &mut u64) -> HostResult<Option<Address>> {
        let Some(program) = program_of(code) else { return Ok(None) };
        let authority = programs::authority(&program, host, gas)?;
        Ok(authority.map(|authority| canonical_of_key(&authority)))
    }

    fn read_call(&self, account: &[u8]) -> Option<Bytes> {
        Some(Invocation::reading(Pubkey::try_from(account).ok()?).to_bytes())
    }

    fn run(&self, frame: &Frame, host: &mut dyn Host) -> Result<FrameEnd, Fatal> {
        let (mut gas, mut used) = (frame.gas_limit, None);
        let exit = match self.call(frame, host, &mut gas, &mut used) {
            Ok(output) => Exit::Return(output),
            Err(failure) => Exit::Fault(fault(frame.target, failure)?),
        };
        // Not where it is the failure of a contract that a program called: then the frame has gas left.
        if matches!(&exit, Exit::Fault(fault) if fault.kind == FaultKind::OutOfGas && fault.contract == frame.target) {
            gas = 0;
        }
        let native_used = used.map(|amount| NativeGas { amount, unit: "CU" });
        Ok(FrameEnd { exit, gas_left: gas, native_used })
    }

    fn lane(&self) -> Option<&dyn Lane> {
        Some(self)
    }

    /// Programs are deployed by their loader, never by an EVM creation.
    fn activate(&self, _code: &Bytes, _gas: &mut u64, _host: &mut dyn Host) -> HostResult<()> {
        let message = "Solana programs are deployed by the upgradeable loader, not by a create transaction";
        Err(HostError::fault(FaultKind::Create, message))
    }
}

/// The data of an account that belongs to the program, or everything about any.
fn read_account(
    program: &Pubkey,
    invocation: &Invocation,
    host: &mut dyn Host,
    gas: &mut u64,
) -> Result<Bytes, Failure> {
    let refused = |message: String| Failure::Fault(FaultKind::Border, message);
    let meta = invocation.accounts.first().ok_or_else(|| refused("no account is named".into()))?;
    let object = host.object(gas, &StoredAccount::key(&meta.pubkey))?;
    let stored = StoredAccount::from_object(object.as_ref()).map_err(|error| Failure::Fatal(Fatal(error.into())))?;
    if invocation.mode == Mode::Describe {
        let balance = host.balance(gas, canonical_of_key(&meta.pubkey))?;
        return Ok(Invocation::description(lamports_in(balance), &stored));
    }
    if stored.owner != *program {
        return Err(refused(format!("the account {} belongs to {}, not to {program}", meta.pubkey, stored.owner)));
    }
    Ok(stored.data)
}

fn read_frame(frame: &Frame) -> Result<(Pubkey, Invocation), Failure> {
    let refused = |message: &str| Failure::Fault(FaultKind::Border, message.into());
    let program = program_of(&frame.code.bytes).ok_or_else(|| refused("the code is no Solana program"))?;
    if !frame.value.is_zero() {
        return Err(refused(
            "a Solana program takes no coin with a call; send it to an account of the program instead",
        ));
    }
    let invocation = Invocation::from_bytes(&frame.input).ok_or_else(|| refused("the call data is no instruction"))?;
    invocation.check().map_err(|message| Failure::Fault(FaultKind::Border, message))?;
    Ok((program, invocation))
}

/// The address that seeds derive from the caller's alias, as `invoke_signed` derives it from a program.
fn signer(seeds: &[Bytes], caller: &Pubkey) -> Result<Pubkey, Failure> {
    let parts: Vec<&[u8]> = seeds.iter().map(|seed| &seed[..]).collect();
    Pubkey::create_program_address(&parts, caller)
        .map_err(|error| Failure::Fault(FaultKind::Border, format!("the seeds derive no address: {error}")))
}

/// The entry of a call: for a user the instruction itself, for a contract a frame of the border, which calls the program
/// and signs for the contract's alias and for addresses derived from it.
fn plan(program: Pubkey, invocation: &Invocation, caller: Pubkey, direct: bool) -> Result<Plan, Failure> {
    let mut accounts: Vec<AccountUse> = Vec::with_capacity(invocation.accounts.len() + 2);
    let mut index_of = |key: Pubkey, writable: bool| {
        let known = accounts.iter().position(|account| account.key == key);
        let index = known.unwrap_or_else(|| {
            accounts.push(AccountUse { key, writable: false });
            accounts.len() - 1
        });
        if let Some(account) = accounts.get_mut(index) {
            account.writable |= writable;
        }
        index as u16
    };
    let mut metas = Vec::with_capacity(invocation.accounts.len() + 1);
    for meta in &invocation.accounts {
        let signs = meta.is_signer && meta.pubkey == caller;
        if direct && meta.is_signer && !signs {
            return Err(InstructionError::PrivilegeEscalation.into());
        }
        metas.push(InstructionAccount::new(index_of(meta.pubkey, meta.is_writable), signs, meta.is_writable));
    }
    let program_index = index_of(program, false);
    let (top, data, outbound) = if direct {
        (program_index, invocation.data.to_vec(), None)
    } else {
        metas.push(InstructionAccount::new(program_index, false, false));
        let signers = invocation.seeds.iter().map(|seeds| signer(seeds, &caller)).collect::<Result<_, _>>()?;
        let outbound = Outbound { instruction: invocation.instruction(program), signers };
        (index_of(BORDER, false), Vec::new(), Some(outbound))
    };
    // One privilege for each account, as a message gives it.
    for index in 0..metas.len() {
        let Some(meta) = metas.get(index).copied() else { continue };
        let same = metas.iter().filter(|other| other.index_in_transaction == meta.index_in_transaction);
        let (signer, writable) = same.fold((false, false), |(signer, writable), other| {
            (signer | other.is_signer(), writable | other.is_writable())
        });
        if let Some(meta) = metas.get_mut(index) {
            meta.set_is_signer(signer);
            meta.set_is_writable(writable);
        }
    }
    Ok(Plan {
        accounts,
        instructions: vec![TopInstruction { program: top, accounts: metas, data }],
        outbound,
        payer: caller,
        own_height: if direct { 1 } else { 2 },
        instructions_sysvar: None,
        compute_units: 0,
        heap_bytes: MIN_HEAP_FRAME_BYTES,
        load_limit: None,
    })
}
