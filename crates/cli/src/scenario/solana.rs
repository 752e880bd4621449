//! What a scenario says about Solana.

use super::{Arg, At, Call, Sending};
use hexapla_abi::Tree;

/// Bytes made of parts, one behind the other.
pub(crate) type Parts = At<Vec<Part>>;

/// A part of some bytes.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// Hex, the 32 bytes of a key or of a name, or `$saved` bytes.
    Text(At<String>),
    /// A number of this many bytes, little-endian.
    Little { bytes: usize, value: At<Tree> },
    /// A number of 32 bytes, big-endian: a word of the EVM.
    Word(At<Tree>),
    /// The bytes of a text.
    Utf8(String),
    /// The 20 bytes of an address.
    Address(At<String>),
    /// Parts behind their length, 4 bytes, big-endian.
    Sized(Parts),
    /// The call data with which Solidity invokes a program with these accounts and this instruction data.
    Invoke { accounts: Vec<AccountUse>, data: Parts },
}

/// An account of an instruction, written `writable signer alice`.
#[derive(Clone, Debug)]
pub(crate) struct AccountUse {
    pub(crate) key: At<String>,
    pub(crate) signer: bool,
    pub(crate) writable: bool,
}

/// An entry of `[keys]`.
#[derive(Clone, Debug)]
pub(crate) struct KeyEntry {
    pub(crate) name: At<String>,
    pub(crate) form: KeyForm,
    /// An account that is there at the beginning.
    pub(crate) account: Option<AccountEntry>,
}

/// Which key.
#[derive(Clone, Debug)]
pub(crate) enum KeyForm {
    /// The one that the name gives.
    OfName,
    /// Base58 or hex.
    Key(At<String>),
    /// The public key of the keypair that the name gives: it can sign.
    Keypair,
    /// Derived from seeds and a program.
    Derived { seeds: Parts, program: At<String> },
    /// The associated token account of a wallet for a mint.
    Associated { wallet: At<String>, mint: At<String>, program: Option<At<String>> },
}

/// A Solana account at the beginning.
#[derive(Clone, Debug)]
pub(crate) struct AccountEntry {
    /// What rent asks for, by default.
    pub(crate) lamports: Option<u64>,
    /// The System program by default.
    pub(crate) owner: Option<At<String>>,
    pub(crate) data: AccountData,
}

/// Data of an account at the beginning.
#[derive(Clone, Debug)]
pub(crate) enum AccountData {
    /// So many zeros.
    Zeros(u64),
    /// These bytes.
    Parts(Parts),
}

/// An instruction of a transaction that keypairs sign.
#[derive(Clone, Debug)]
pub(crate) struct Instruction {
    /// Name or key.
    pub(crate) program: At<String>,
    /// As the program's own interface has it; nothing for a raw instruction.
    pub(crate) function: Option<At<String>>,
    /// Accounts by the names that the interface gives them.
    pub(crate) named: NamedAccounts,
    /// All accounts of a raw instruction; of a typed one those behind the named ones.
    pub(crate) listed: Vec<AccountUse>,
    pub(crate) args: Option<At<Vec<Arg>>>,
    pub(crate) data: Option<Parts>,
}

/// Keys under the names of an instruction's accounts, in the order of the file.
pub(crate) type NamedAccounts = Vec<(At<String>, At<String>)>;

/// Instructions that stand or fall together.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) instructions: Vec<Instruction>,
    /// Only looks.
    pub(crate) is_static: bool,
    pub(crate) save: Option<At<Vec<At<String>>>>,
    pub(crate) sending: Sending,
}

impl Call {
    /// The same as an instruction that a keypair signs.
    pub(crate) fn instruction(&self) -> Instruction {
        Instruction {
            program: self.to.clone(),
            function: self.function.clone(),
            named: self.accounts.clone(),
            listed: self.remaining_accounts.clone(),
            args: self.sending.args.clone(),
            data: None,
        }
    }
}

impl Invoke {
    /// The same as an instruction that a keypair signs.
    pub(crate) fn instruction(&self) -> Instruction {
        Instruction {
            program: self.program.clone(),
            function: None,
            named: Vec::new(),
            listed: self.accounts.clone(),
            args: None,
            data: self.data.clone(),
        }
    }
}

/// A raw instruction.
#[derive(Debug)]
pub(crate) struct Invoke {
    pub(crate) program: At<String>,
    pub(crate) accounts: Vec<AccountUse>,
    pub(crate) data: Option<Parts>,
    pub(crate) save: Option<At<Vec<At<String>>>>,
    pub(crate) sending: Sending,
}
