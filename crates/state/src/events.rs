//! What a transaction does to state while it runs, for those who watch.

use hexapla_primitives::{Address, Bytes, Log, ObjectKey, U256};

/// Something that has happened to state. What a frame did stays told when the frame fails and is undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateEvent {
    /// A storage word was read.
    WordRead {
        /// Whose.
        account: Address,
        /// Its key.
        key: U256,
        /// The word.
        value: U256,
    },
    /// A storage word was written.
    WordWritten {
        /// Whose.
        account: Address,
        /// Its key.
        key: U256,
        /// The new word.
        value: U256,
    },
    /// An object was read.
    ObjectRead {
        /// Which.
        key: ObjectKey,
        /// Its bytes; `None` where there is none.
        value: Option<Bytes>,
    },
    /// An object was written or removed.
    ObjectWritten {
        /// Which.
        key: ObjectKey,
        /// The new bytes; `None` where it was removed.
        value: Option<Bytes>,
    },
    /// An event was emitted.
    Log(Log),
}
