//! What a VM sees in code that somebody wants to deploy, before there is a chain.

use alloc::{string::String, vec::Vec};

/// What a VM sees in code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examination {
    /// What is counted, in the order in which people look at it.
    pub counts: Vec<Count>,
    /// What it costs.
    pub costs: Vec<Cost>,
    /// Why it cannot be deployed.
    pub refusal: Option<Refusal>,
}

/// Something of which there may be only so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// In the plural: `functions`.
    pub what: &'static str,
    /// How much there is.
    pub found: u64,
    /// How much there may be; `None` where nothing limits it.
    pub limit: Option<u64>,
    /// How much there may be on the chains that the VM comes from; `None` where nothing limits it there.
    pub limit_at_home: Option<u64>,
}

impl Count {
    /// A count whose limit is that of the chains that the VM comes from.
    pub const fn same(what: &'static str, found: u64, limit: u64) -> Self {
        Self { what, found, limit: Some(limit), limit_at_home: Some(limit) }
    }

    /// A count that has a limit here alone.
    pub const fn here(what: &'static str, found: u64, limit: u64) -> Self {
        Self { what, found, limit: Some(limit), limit_at_home: None }
    }

    /// A count without a limit.
    pub const fn free(what: &'static str, found: u64) -> Self {
        Self { what, found, limit: None, limit_at_home: None }
    }

    /// Whether there is more than may be.
    pub fn exceeds(&self) -> bool {
        self.limit.is_some_and(|limit| self.found > limit)
    }

    /// Whether there is more than may be on the chains that the VM comes from.
    pub fn exceeds_at_home(&self) -> bool {
        self.limit_at_home.is_some_and(|limit| self.found > limit)
    }
}

/// A price in gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// What it is paid for.
    pub what: &'static str,
    /// How much.
    pub gas: u64,
}

/// Why code cannot be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The name of the rule, which stays what it is when the sentence changes.
    pub rule: String,
    /// A sentence.
    pub reason: String,
}
