//! What can go wrong, as error codes.

use svm_sdk::{log, Failure};

/// The codes below 6000 are Anchor's; the others stand in `price-reader.json` with the same sentences.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Fault {
    UnknownInstruction = 101,
    BadArguments = 102,
    StateNotWritable = 2000,
    MissingAccount = 3005,
    WrongOwner = 3007,
    BalanceTooLarge = 6000,
    PriceTooLarge = 6001,
    ValueTooLarge = 6002,
    BadAnswer = 6003,
    StateTooSmall = 6004,
    NotAValuation = 6005,
}

impl Fault {
    fn sentence(self) -> &'static str {
        match self {
            Self::UnknownInstruction => "The only instruction is value_of",
            Self::BadArguments => "value_of takes one public key of 32 bytes",
            Self::StateNotWritable => "The state account must be writable",
            Self::MissingAccount => "The accounts are state, token and oracle",
            Self::WrongOwner => "The state account must belong to this program",
            Self::BalanceTooLarge => "The balance exceeds 128 bits",
            Self::PriceTooLarge => "The price exceeds 128 bits",
            Self::ValueTooLarge => "The value exceeds 128 bits",
            Self::BadAnswer => "A contract answered something other than one 256-bit number",
            Self::StateTooSmall => "The state account must hold 96 bytes",
            Self::NotAValuation => "The state account holds something other than a valuation",
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        log(fault.sentence().as_bytes());
        Self::custom(fault as u32)
    }
}
