//! litesvm as an oracle of hexapla's Solana lane.
//!
//! - [`pair`]: one signed transaction through both, and everything compared
//! - [`instructions`]: instructions of the System program, SPL Token and others
//! - [`stories`]: fixed sequences, failures included
//! - [`planted`]: differences that are planted, to see that they are found
//! - [`random`]: random sequences from a seed

pub mod instructions;
pub mod pair;
pub mod planted;
pub mod random;
pub mod stories;
pub mod wallet;
