//! The adapter.

use crate::{
    account::StoredAccount,
    context::{AccountUse, BlockContext, Outbound, Plan, TopInstruction, run},
    convention::SvmConvention,
    error::{Failure, fault},
    examine::examine,
    identity::{BORDER, canonical_of_key, lamports_in},
    invocation::{DERIVATION_UNITS, Invocation, Mode, alias, program_of},
    lane::{is_loader, may_be_written},
    precompiles::is_precompile,
    programs::{self, Programs},
    runtime::{Runtime, SetupError},
    sysvars::BlockSysvars,
};
use hexapla_primitives::{Address, Bytes, FaultKind, GasRate, NativeGas, VmId, identity::parse_designator};
use hexapla_vm::{
    CallConvention, Examination, Exit, Fatal, Frame, FrameEnd, Host, HostError, HostResult, Lane, Reentrancy, Vm,
};
use solana_instruction::{AccountMeta, error::InstructionError};
use solana_program_runtime::execution_budget::{MAX_COMPUTE_UNIT_LIMIT, MIN_HEAP_FRAME_BYTES};
use solana_pubkey::Pubkey;
use solana_transaction_context::instruction_accounts::InstructionAccount;
use std::{collections::HashMap, fmt, sync::Arc};

/// How the SVM runs programs; none of it changes a result.
#[derive(Clone, Debug)]
pub struct Config {
    /// Compile programs to native code (on x86-64); else they are interpreted.
    pub jit: bool,
    /// Most bytes of programs, as they were read and as native code, that are kept in memory. With zero nothing is kept,
    /// the sysvars of a block neither.
    pub cache_bytes: usize,
    /// Compute units that a program executes for each byte of its code before it is compiled; until then it is
    /// interpreted. So the time of compiling is paid for, whoever deploys programs and runs each of them once.
    pub jit_units_per_byte: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { jit: true, cache_bytes: 256 << 20, jit_units_per_byte: 2 }
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
            programs: Arc::new(Programs::new(config.jit, config.cache_bytes).compiled_after(config.jit_units_per_byte)),
            sysvars: Arc::new(BlockSysvars::new(config.cache_bytes > 0)),
        })
    }

    /// Programs that are kept in memory.
    pub fn cached_programs(&self) -> usize {
        self.programs.len()
    }

    /// `used` are the compute units of programs that ran, whether they succeeded or not.
    fn call(&self, frame: &Frame, host: &mut dyn Host, used: &mut Option<u64>) -> Result<Bytes, Failure> {
        let (program, invocation) = read_frame(frame)?;
        if matches!(invocation.mode, Mode::Read | Mode::Describe) {
            return read_account(&program, &invocation, host);
        }
        // Each address that signs is derived, and each derivation costs what the syscall charges for it.
        let derivations = DERIVATION_UNITS.saturating_mul(invocation.seeds.len() as u64);
        host.charge(derivations)?;
        let sysvars = self.sysvars.get(host)?;
        let caller = alias(frame.caller);
        let mut plan = plan(program, &invocation, caller, frame.depth == 0)?;
        plan.compute_units = MAX_COMPUTE_UNIT_LIMIT.into();
        let ground = BlockContext { runtime: &self.runtime, programs: &self.programs, sysvars: &sysvars };
        let outcome = run(ground, host, plan).map_err(Failure::Fatal)?;
        *used = Some(outcome.compute_units_used);
        outcome.result.map_err(|(_, failure)| failure)?;
        // What a program that this one called has left behind is not its answer.
        let (setter, data) = outcome.return_data;
        Ok(invocation.output(if setter == program { data } else { Vec::new() }))
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

    fn convention(&self) -> &dyn CallConvention {
        &SvmConvention
    }

    /// Many programs call whatever a stranger names.
    fn speaks_for_itself(&self) -> bool {
        false
    }

    fn owner_of(&self, code: &[u8], host: &mut dyn Host) -> HostResult<Option<Address>> {
        let Some(program) = program_of(code) else { return Ok(None) };
        let authority = programs::authority(&program, host)?;
        Ok(authority.map(|authority| canonical_of_key(&authority)))
    }

    fn run(&self, frame: &Frame, host: &mut dyn Host) -> Result<FrameEnd, Fatal> {
        let mut used = None;
        let exit = match self.call(frame, host, &mut used) {
            Ok(output) => Exit::Return(output),
            Err(failure) => Exit::Fault(fault(frame.target, failure)?),
        };
        // Not where it is the failure of a contract that a program called: then the frame has gas left.
        let mut gas = host.gas_left();
        if matches!(&exit, Exit::Fault(fault) if fault.kind == FaultKind::OutOfGas && fault.contract == frame.target) {
            gas = 0;
        }
        let native_used = used.map(|amount| NativeGas { amount, unit: "CU" });
        Ok(FrameEnd { exit, gas_left: gas, native_used })
    }

    fn lane(&self) -> Option<&dyn Lane> {
        Some(self)
    }

    fn examine(&self, code: &[u8]) -> Option<Examination> {
        Some(examine(&self.runtime, code))
    }

    /// Programs are deployed by their loader, never by an EVM creation.
    fn activate(&self, _code: &Bytes, _host: &mut dyn Host) -> HostResult<()> {
        let message = "Solana programs are deployed by the upgradeable loader, not by a create transaction";
        Err(HostError::fault(FaultKind::Create, message))
    }
}

/// The data of an account that belongs to the program, or everything about any.
fn read_account(program: &Pubkey, invocation: &Invocation, host: &mut dyn Host) -> Result<Bytes, Failure> {
    let refused = |message: String| Failure::Fault(FaultKind::Border, message);
    let meta = invocation.accounts.first().ok_or_else(|| refused("no account is named".into()))?;
    let object = host.object(&StoredAccount::key(&meta.pubkey))?;
    let stored = StoredAccount::from_object(object.as_ref()).map_err(|error| Failure::Fatal(Fatal(error.into())))?;
    if invocation.mode == Mode::Describe {
        let balance = host.balance(canonical_of_key(&meta.pubkey))?;
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
    if is_precompile(&program) {
        return Err(refused(
            "signature checks are paid for by the fee of a transaction of Solana's own form; they cannot be called",
        ));
    }
    let invocation = Invocation::from_bytes(&frame.input).ok_or_else(|| refused("the call data is no instruction"))?;
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
    let mut places = Places::default();
    let mut metas = Vec::with_capacity(invocation.accounts.len() + 1);
    let has_loader = is_loader(&program) || invocation.accounts.iter().any(|meta| is_loader(&meta.pubkey));
    let writes = |meta: &AccountMeta| meta.is_writable && may_be_written(&meta.pubkey, &program, has_loader);
    for meta in &invocation.accounts {
        let signs = meta.is_signer && meta.pubkey == caller;
        if direct && meta.is_signer && !signs {
            return Err(InstructionError::PrivilegeEscalation.into());
        }
        let writes = writes(meta);
        metas.push(InstructionAccount::new(places.of(meta.pubkey, signs, writes)?, signs, writes));
    }
    let program_place = places.of(program, false, false)?;
    let (top, data, outbound) = if direct {
        (program_place, invocation.data.to_vec(), None)
    } else {
        metas.push(InstructionAccount::new(program_place, false, false));
        let signers = invocation.seeds.iter().map(|seeds| signer(seeds, &caller)).collect::<Result<_, _>>()?;
        let mut instruction = invocation.instruction(program);
        instruction.accounts.iter_mut().for_each(|meta| meta.is_writable = writes(meta));
        let outbound = Outbound { instruction, signers };
        (places.of(BORDER, false, false)?, Vec::new(), Some(outbound))
    };
    // One privilege for each account, as a message gives it.
    for meta in &mut metas {
        if let Some((account, signs)) = places.accounts.get(usize::from(meta.index_in_transaction)) {
            meta.set_is_signer(*signs);
            meta.set_is_writable(account.writable);
        }
    }
    Ok(Plan {
        accounts: places.accounts.into_iter().map(|(account, _)| account).collect(),
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

/// The accounts of an entry, each once: how it is used, and whether it signs.
#[derive(Default)]
struct Places {
    accounts: Vec<(AccountUse, bool)>,
    known: HashMap<Pubkey, u16>,
}

impl Places {
    /// The place of an account, with the privileges of all its uses.
    fn of(&mut self, key: Pubkey, signs: bool, writes: bool) -> Result<u16, Failure> {
        let next = u16::try_from(self.accounts.len()).map_err(|_| InstructionError::MaxAccountsExceeded)?;
        let place = *self.known.entry(key).or_insert(next);
        if place == next {
            self.accounts.push((AccountUse { key, writable: false }, false));
        }
        if let Some((account, signer)) = self.accounts.get_mut(usize::from(place)) {
            account.writable |= writes;
            *signer |= signs;
        }
        Ok(place)
    }
}
