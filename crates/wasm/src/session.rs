//! What one running frame knows and owns, whichever engine runs it.

use crate::{lease::HostLease, prices, words::StorageCache};
use alloc::{borrow::Cow, vec::Vec};
use core::fmt;
use hexapla_primitives::{Address, Bytes, FaultKind, U256};
use hexapla_vm::{Environment, Fatal, Frame, HostError};

/// A failure that WASM itself knows, in the same words on every engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trap {
    Unreachable,
    MemoryOutOfBounds,
    TableOutOfBounds,
    IndirectCallToNull,
    IndirectCallType,
    IntegerOverflow,
    DivisionByZero,
    /// A host function was given a pointer outside the memory.
    Pointer,
    /// `emit_log` with more than four topics, or with less data than topics.
    Log,
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "unreachable code was executed",
            Self::MemoryOutOfBounds => "the memory was accessed out of its bounds",
            Self::TableOutOfBounds => "the table was accessed out of its bounds",
            Self::IndirectCallToNull => "an empty element of the table was called",
            Self::IndirectCallType => "a function was called indirectly with another type",
            Self::IntegerOverflow => "an integer division overflowed",
            Self::DivisionByZero => "an integer was divided by zero",
            Self::Pointer => "a host function was given a pointer outside the memory",
            Self::Log => "emit_log was given a wrong number of topics",
        })
    }
}

/// Why a program stops before its entry point returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    OutOfInk,
    StackOverflow,
    /// `exit_early` with a status.
    Exit(u32),
    Trap(Trap),
    /// The host refused a request.
    Host {
        kind: FaultKind,
        message: Cow<'static, str>,
    },
    Fatal(Fatal),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfInk => f.write_str("the frame ran out of ink"),
            Self::StackOverflow => f.write_str("the program used up its stack"),
            Self::Exit(status) => write!(f, "the program exited with status {status}"),
            Self::Trap(trap) => trap.fmt(f),
            Self::Host { message, .. } => f.write_str(message),
            Self::Fatal(fatal) => fatal.fmt(f),
        }
    }
}

impl core::error::Error for Stop {}
impl wasmi::errors::HostError for Stop {}

impl From<HostError> for Stop {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Fault { kind, message } => Self::Host { kind, message },
            HostError::Fatal(fatal) => Self::Fatal(fatal),
        }
    }
}

impl From<Fatal> for Stop {
    fn from(fatal: Fatal) -> Self {
        Self::Fatal(fatal)
    }
}

/// One call of a host function, as a trace shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookCall {
    /// The host function.
    pub name: &'static str,
    /// Ink left before it.
    pub ink: u64,
}

/// The frame as its host functions see it.
pub(crate) struct FrameView {
    pub(crate) caller: Address,
    pub(crate) target: Address,
    pub(crate) value: U256,
    pub(crate) reentrant: bool,
    pub(crate) input: Bytes,
}

/// State of one run.
pub(crate) struct Session {
    pub(crate) frame: FrameView,
    pub(crate) host: HostLease,
    /// Ink left; valid while a host function runs, and in the engine's global otherwise.
    pub(crate) ink: u64,
    /// Ink that went to the host for its services, calls of other contracts among them.
    pub(crate) ink_of_host: u64,
    /// Gas that the ink meter cannot hold.
    pub(crate) aside: u64,
    /// Pages of memory that are paid for.
    pub(crate) pages: u32,
    pub(crate) output: Bytes,
    pub(crate) return_data: Bytes,
    pub(crate) storage: StorageCache,
    /// Calls of host functions, if they are wanted.
    pub(crate) trace: Option<Vec<HookCall>>,
}

impl Session {
    pub(crate) fn new(frame: &Frame, host: HostLease, ink: u64, aside: u64, pages: u32, traced: bool) -> Self {
        Self {
            frame: FrameView {
                caller: frame.caller,
                target: frame.target,
                value: frame.value,
                reentrant: frame.reentrant,
                input: frame.input.clone(),
            },
            host,
            ink,
            ink_of_host: 0,
            aside,
            pages,
            output: Bytes::new(),
            return_data: Bytes::new(),
            storage: StorageCache::default(),
            trace: traced.then(Vec::new),
        }
    }

    /// Takes ink, or all of it and stops.
    pub(crate) fn charge(&mut self, ink: u64) -> Result<(), Stop> {
        match self.ink.checked_sub(ink) {
            Some(left) => {
                self.ink = left;
                Ok(())
            }
            None => {
                self.ink = 0;
                Err(Stop::OutOfInk)
            }
        }
    }

    /// Takes whole gas.
    pub(crate) fn charge_gas(&mut self, gas: u64) -> Result<(), Stop> {
        self.charge(gas.saturating_mul(prices::INK_PER_GAS))
    }

    /// Asks the host for something that costs gas. The host sees the whole gas that the ink buys; the part of the
    /// ink below one gas is kept.
    pub(crate) fn request<R>(
        &mut self,
        request: impl FnOnce(&mut dyn hexapla_vm::Host) -> hexapla_vm::HostResult<R>,
    ) -> Result<R, Stop> {
        let bought = (self.ink / prices::INK_PER_GAS).saturating_add(self.aside);
        let (result, used) = self.host.with(|host| {
            host.lower_gas_to(bought);
            let before = host.gas_left();
            let result = request(host);
            (result, before.saturating_sub(host.gas_left()))
        })?;
        let used = used.saturating_mul(prices::INK_PER_GAS);
        self.ink = self.ink.saturating_sub(used);
        self.ink_of_host = self.ink_of_host.saturating_add(used);
        Ok(result?)
    }

    /// Looks something up in the environment.
    pub(crate) fn environment<R>(&self, look: impl FnOnce(&Environment) -> R) -> Result<R, Stop> {
        Ok(self.host.with(|host| look(host.environment()))?)
    }
}
