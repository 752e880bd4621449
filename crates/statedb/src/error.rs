//! What can go wrong with the log, the checkpoints and past blocks.

/// Why the state cannot go on from its log, or does not know a block. It comes within a
/// [`StateError`](hexapla_state::StateError), see [`StateError::backend_error`](hexapla_state::StateError::backend_error).
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum HistoryError {
    /// The log is not the one of this database.
    #[error(
        "the log beside the database goes on from commit {found}, and the database holds commit {expected}; bring the \
         files of one copy together, or delete the log to go back to commit {expected}"
    )]
    OtherLog {
        /// The commit that the database holds.
        expected: u64,
        /// The commit that the log goes on from.
        found: u64,
    },
    /// The log leads to another state than it says.
    #[error(
        "commit {version} of the log, or one before it, does not lead to the state that it names; the database is corrupt, or its log is \
         of another database: bring the files of one copy together"
    )]
    OtherState {
        /// The commit up to which it was followed.
        version: u64,
    },
    /// A record of the log cannot be read.
    #[error("the log holds a record that this version does not read; use the version that wrote it")]
    UnknownRecord,
    /// A store for a snapshot has a log already.
    #[error("there is a log beside the empty database; delete it, or choose another file")]
    LogOfEmpty,
    /// The blocks in the log could not be written to the store.
    #[error(
        "the database could not be written to: {reason}; nothing that was reported as durable is lost: remove the cause \
         and open it again"
    )]
    Checkpoint {
        /// Why.
        reason: String,
    },
    /// The state after a block is not kept.
    #[error("the state after block {block} is not kept; {kept}, see `StateOptions::history_blocks`")]
    PastBlock {
        /// The block.
        block: u64,
        /// What is.
        kept: Kept,
    },
}

/// Which blocks can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// None.
    Nothing,
    /// All from the first to the second one that are blocks of this state.
    Between(u64, u64),
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => write!(f, "no block is"),
            Self::Between(first, last) if first == last => write!(f, "only block {first} is"),
            Self::Between(first, last) => write!(f, "blocks {first} to {last} are"),
        }
    }
}
