#![doc = include_str!("../README.md")]
//!
//! The forms of Solana that the adapter of its VM and the tools around it share. Nothing here runs a program, and nothing
//! of agave's runtime is in the tree.
//!
//! - [`account`]: a Solana account as it is stored, and its canonical address
//! - [`code`]: where the code of a program is, and its code record
//! - [`genesis`], [`spl`]: accounts and programs that are there from the beginning
//! - [`invocation`]: a call of a program by a contract of another VM: accounts, data, seeds; [`limits`]: what it may hold
//! - [`resolve`]: the accounts of a typed instruction
//! - [`table`]: address lookup tables
//! - [`shape`]: how much there is to do in reading a program

#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

pub mod account;
pub mod code;
pub mod genesis;
pub mod invocation;
pub mod limits;
pub mod resolve;
pub mod shape;
pub mod spl;
pub mod table;

pub use account::{StoredAccount, WEI_PER_LAMPORT, canonical};
pub use invocation::{Invocation, Mode, alias};
pub use limits::InvocationError;
pub use solana_instruction::AccountMeta;
pub use solana_pubkey::{Pubkey, pubkey};
