//! The world a scenario runs in: a chain, and the names and interfaces that people know its accounts by.
//!
//! - [`machine`]: engine, caches and database as the command line asks for them
//! - [`artefact`]: compiled contracts from files
//! - [`names`]: names, addresses, keys, interfaces
//! - [`keys`]: keys and bytes that follow from names
//! - [`accounts`]: the accounts of a typed instruction
//! - [`keypairs`]: keys that can sign, and transactions that they sign
//! - [`loader`]: a program's way onto the chain: the transactions of its loader
//! - [`solana`]: the Solana programs with which a chain begins
//! - [`saved`]: results that later steps use as `$name`
//! - [`values`]: values as people write them, with names for keys
//! - [`roll`]: names that are kept in a database file, so that proofs can be asked for by name later

pub(crate) mod accounts;
pub(crate) mod artefact;
pub(crate) mod keypairs;
pub(crate) mod keys;
pub(crate) mod loader;
pub(crate) mod machine;
pub(crate) mod names;
pub(crate) mod roll;
pub(crate) mod saved;
pub(crate) mod solana;
pub(crate) mod values;

use hexapla::Chain;
use keypairs::Keypairs;
use keys::Waiting;
use names::Names;
use saved::Saved;

/// Chain, names and saved results.
pub(crate) struct World {
    pub(crate) chain: Chain,
    pub(crate) names: Names,
    pub(crate) saved: Saved,
    pub(crate) waiting: Waiting,
    pub(crate) keypairs: Keypairs,
}

impl World {
    pub(crate) fn new(chain: Chain) -> Self {
        Self {
            chain,
            names: Names::default(),
            saved: Saved::default(),
            waiting: Waiting::default(),
            keypairs: Keypairs::default(),
        }
    }
}
