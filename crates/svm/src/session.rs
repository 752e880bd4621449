//! What the SVM entries of one transaction share.
//!
//! agave's `InvokeContext` has no place for data of ours, and its native programs are plain functions. Both therefore
//! find the entry they run in through this thread: entries nest like calls, and each is in place for as long as it runs.

use scoped_tls_hkt::scoped_thread_local;
use solana_instruction::error::InstructionError;
use solana_program_runtime::{invoke_context::InvokeContext, program_cache_entry::ProgramCacheEntry};
use solana_pubkey::Pubkey;
use solana_sbpf::{error::EbpfError, vm::ContextObject as _};
use solana_svm_log_collector::LogCollector;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

pub(crate) type BoxedError = Box<dyn std::error::Error>;

/// The way out of agave, into the host.
pub(crate) trait HostBridge {
    /// agave has just entered a program. Whether its end is wanted too.
    fn call_begins(&mut self, agave: &InvokeContext<'_, '_>) -> bool;

    /// The program that was `given` compute units ends.
    fn call_ends(&mut self, agave: &InvokeContext<'_, '_>, given: u64, failure: Option<InstructionError>);

    /// Whether code that is deployed is paid for by its length: everywhere but in Solana's lane.
    fn pays_for_code(&self) -> bool;

    /// A program has executed this many compute units by itself.
    fn executed(&mut self, program: &Arc<ProgramCacheEntry>, units: u64);

    /// A program has used up the compute units of its transaction.
    fn units_used_up(&mut self);

    /// The program that agave has just entered is the alias of a contract of another VM.
    fn alias_entered(&mut self, agave: &mut InvokeContext<'_, '_>) -> Result<(), InstructionError>;
}

scoped_thread_local!(static mut DOOR: for<'a> &'a mut (dyn HostBridge + 'a));

thread_local! {
    static WAITING: RefCell<Vec<SuspendedInvocation>> = const { RefCell::new(Vec::new()) };
    /// How often entries of this thread have written code.
    static CODE_CHANGES: Cell<u64> = const { Cell::new(0) };
    /// Compute units that were used inside the running program by what it called.
    static USED_ABOVE: Cell<u64> = const { Cell::new(0) };
}

/// Code was written, or removed.
pub(crate) fn code_changed() {
    CODE_CHANGES.set(CODE_CHANGES.get().wrapping_add(1));
}

/// A number that differs whenever code was written in between. Only the host's state says which.
pub(crate) fn code_changes() -> u64 {
    CODE_CHANGES.get()
}

/// Runs something, and says how many compute units it used by itself, without what it called.
pub(crate) fn metered<'a, 'b, R>(
    agave: &mut InvokeContext<'a, 'b>,
    run: impl FnOnce(&mut InvokeContext<'a, 'b>) -> R,
) -> (R, u64) {
    let (given, outside) = (agave.get_remaining(), USED_ABOVE.replace(0));
    let result = run(agave);
    let used = given.saturating_sub(agave.get_remaining());
    let own = used.saturating_sub(USED_ABOVE.get());
    USED_ABOVE.set(outside.saturating_add(used));
    (result, own)
}

/// An entry that waits for a call of one of its programs to another VM.
#[derive(Clone, Default)]
pub(crate) struct SuspendedInvocation {
    /// The programs on its instruction stack.
    pub(crate) programs: Vec<Pubkey>,
    /// Accounts that its frames hold and did not hand over: nobody may change them.
    pub(crate) frozen: Vec<Pubkey>,
    /// Aliases that its frames only look at: their balances may move, and the frames see that when they have ended.
    pub(crate) looked_at: Vec<Pubkey>,
    /// Instructions in its trace.
    pub(crate) trace: usize,
    /// Height of its instruction stack.
    pub(crate) height: usize,
    /// Its log, with which the entries above go on.
    pub(crate) log: Option<Rc<RefCell<LogCollector>>>,
}

/// Runs `work` with `door` in place.
pub(crate) fn with_door<R>(door: &mut (dyn HostBridge + '_), work: impl FnOnce() -> R) -> R {
    DOOR.set(door, work)
}

/// Runs a program that agave has just entered, and tells of it.
pub(crate) fn told<'a, R>(
    agave: &mut InvokeContext<'a, 'a>,
    run: impl FnOnce(&mut InvokeContext<'a, 'a>) -> Result<R, BoxedError>,
) -> Result<R, BoxedError> {
    if !DOOR.is_set() {
        return run(agave);
    }
    let given = agave.get_remaining();
    let is_told = DOOR.with(|door| door.call_begins(agave));
    let program = running(agave);
    let (result, own) = metered(agave, run);
    if let Some(program) = program {
        DOOR.with(|door| door.executed(&program, own));
    }
    if let Err(error) = &result
        && matches!(error.downcast_ref(), Some(EbpfError::ExceededMaxInstructions))
    {
        DOOR.with(|door| door.units_used_up());
    }
    if is_told {
        let failed =
            |error: &BoxedError| error.downcast_ref().cloned().unwrap_or(InstructionError::ProgramFailedToComplete);
        DOOR.with(|door| door.call_ends(agave, given, result.as_ref().err().map(failed)));
    }
    result
}

/// The program that runs, if it is none of the native ones.
fn running(agave: &InvokeContext<'_, '_>) -> Option<Arc<ProgramCacheEntry>> {
    let program = *agave.transaction_context.get_current_instruction_context().ok()?.get_program_key().ok()?;
    agave.program_cache_for_tx_batch.find(&program)
}

/// Whether code that is deployed is paid for by its length.
pub(crate) fn pays_for_code() -> bool {
    DOOR.is_set() && DOOR.with(|door| door.pays_for_code())
}

/// Goes through the door.
pub(crate) fn alias_entered(agave: &mut InvokeContext<'_, '_>) -> Result<(), InstructionError> {
    if !DOOR.is_set() {
        return Err(InstructionError::UnsupportedProgramId);
    }
    DOOR.with(|door| metered(agave, |agave| door.alias_entered(agave)).0)
}

/// Runs `work` while an entry waits. Nothing is left behind if it panics.
pub(crate) fn waiting<R>(entry: SuspendedInvocation, work: impl FnOnce() -> R) -> R {
    struct Guard;
    impl Drop for Guard {
        fn drop(&mut self) {
            WAITING.with_borrow_mut(Vec::pop);
        }
    }
    WAITING.with_borrow_mut(|waiting| waiting.push(entry));
    let _guard = Guard;
    work()
}

/// Whether an entry waits.
pub(crate) fn is_nested() -> bool {
    WAITING.with_borrow(|waiting| !waiting.is_empty())
}

/// Whether an entry that waits is running `program`.
pub(crate) fn is_running(program: &Pubkey) -> bool {
    WAITING.with_borrow(|waiting| waiting.iter().any(|entry| entry.programs.contains(program)))
}

/// Whether an entry that waits holds `account` frozen.
pub(crate) fn is_frozen(account: &Pubkey) -> bool {
    WAITING.with_borrow(|waiting| waiting.iter().any(|entry| entry.frozen.contains(account)))
}

/// Trace and height that the entries below have used.
pub(crate) fn used() -> (usize, usize) {
    WAITING.with_borrow(|waiting| {
        waiting.iter().fold((0, 0), |(trace, height), entry| (trace + entry.trace, height + entry.height))
    })
}

/// The log of the transaction, if an entry waits.
pub(crate) fn log() -> Option<Rc<RefCell<LogCollector>>> {
    WAITING.with_borrow(|waiting| waiting.last().and_then(|entry| entry.log.clone()))
}
