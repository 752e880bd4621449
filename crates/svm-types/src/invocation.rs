//! A call of a program by a contract of another VM.
//!
//! An EVM call is bytes, a Solana instruction is bytes and accounts. A caller that speaks Solidity reaches every program
//! by two functions that each of them seems to have:
//!
//! ```solidity
//! struct AccountMeta { bytes32 pubkey; bool signer; bool writable; }
//! function invoke(AccountMeta[] calldata accounts, bytes calldata data) external returns (bytes memory);
//! function invokeSigned(AccountMeta[] calldata accounts, bytes calldata data, bytes[][] calldata seeds)
//!     external returns (bytes memory);
//! function account(bytes32 key) external view
//!     returns (uint64 lamports, bytes32 owner, bool executable, bytes memory data);
//! ```
//!
//! `signer` may be set for the caller's own alias, and with `invokeSigned` for the addresses that its seeds derive from
//! the alias (as `invoke_signed` does). `account` reads any account, whosever it is, and runs nothing. Any other call
//! data reaches the program as instruction data without accounts.

#[cfg(test)]
mod tests;

use crate::{
    account::StoredAccount,
    limits::{ACCOUNTS_MAX, DATA_BYTES_MAX, InvocationError, SEED_BYTES_MAX, SEEDS_MAX, SIGNERS_MAX, within},
};
use hexapla_abi::{Codec, Interface, SolidityCodec, Value};
use hexapla_primitives::{
    Address, Bytes,
    identity::{alias_of, parse_designator},
};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use std::sync::LazyLock;

/// A call of a program: its accounts, its data, and what the caller signs for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The accounts in the program's order.
    pub accounts: Vec<AccountMeta>,
    /// The instruction data.
    pub data: Bytes,
    /// Seeds of addresses that sign, each without the program's id and with the bump.
    pub seeds: Vec<Vec<Bytes>>,
    /// What the caller gets.
    pub mode: Mode,
}

/// What an invocation gives its caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The return data as it is.
    #[default]
    Plain,
    /// The return data as one Solidity `bytes`.
    Wrapped,
    /// The data of the only account, which belongs to the program; the program does not run.
    Read,
    /// Everything about the only account, in the Solidity ABI; the program does not run.
    Describe,
}

static INVOKE: LazyLock<Interface> = LazyLock::new(|| {
    let signatures = [
        "function invoke((bytes32,bool,bool)[] accounts, bytes data) returns (bytes)",
        "function invokeSigned((bytes32,bool,bool)[] accounts, bytes data, bytes[][] seeds) returns (bytes)",
        "function account(bytes32 key) view returns (uint64 lamports, bytes32 owner, bool executable, bytes data)",
    ];
    Interface::from_solidity_signatures("Program", signatures).unwrap_or_default()
});

impl Invocation {
    /// Says what it has too much of.
    fn check(&self) -> Result<(), InvocationError> {
        use InvocationError as E;
        within(self.accounts.len(), ACCOUNTS_MAX, E::Accounts)?;
        within(self.data.len(), DATA_BYTES_MAX, E::Data)?;
        within(self.seeds.len(), SIGNERS_MAX, E::Signers)?;
        for seeds in &self.seeds {
            within(seeds.len(), SEEDS_MAX, E::Seeds)?;
            seeds.iter().try_for_each(|seed| within(seed.len(), SEED_BYTES_MAX, E::Seed))?;
        }
        Ok(())
    }

    /// An invocation with nothing but data.
    pub fn of_data(data: Bytes) -> Self {
        Self { accounts: Vec::new(), data, seeds: Vec::new(), mode: Mode::Plain }
    }

    /// A read of an account of the program.
    pub fn reading(account: Pubkey) -> Self {
        let accounts = vec![AccountMeta::new_readonly(account, false)];
        Self { accounts, mode: Mode::Read, ..Self::of_data(Bytes::new()) }
    }

    /// Whether call data in the Solidity ABI calls `invoke` or `invokeSigned`.
    pub fn is_invoke(input: &[u8]) -> bool {
        input.get(..4).is_some_and(|selector| INVOKE.function_by_selector(selector).is_some())
    }

    /// Reads call data in the Solidity ABI.
    pub fn from_solidity(input: &Bytes) -> Result<Self, String> {
        if !Self::is_invoke(input) {
            return Ok(Self::of_data(input.clone()));
        }
        let (_, values) = SolidityCodec::default().decode_call(&INVOKE, input).map_err(|error| error.to_string())?;
        if let [Value::Bytes(key)] = values.as_slice() {
            let key = Pubkey::try_from(&key[..]).map_err(|_| "an account's key has 32 bytes")?;
            return Ok(Self { mode: Mode::Describe, ..Self::reading(key) });
        }
        let mut values = values.into_iter();
        let (Some(Value::Array(accounts)), Some(Value::Bytes(data))) = (values.next(), values.next()) else {
            return Err("invoke takes accounts and data".into());
        };
        let accounts = accounts.into_iter().map(meta).collect::<Option<Vec<_>>>().ok_or("an account is malformed")?;
        let seeds = match values.next() {
            Some(Value::Array(seeds)) => {
                seeds.into_iter().map(seed_list).collect::<Option<_>>().ok_or("seeds are malformed")?
            }
            _ => Vec::new(),
        };
        Ok(Self { accounts, data, seeds, mode: Mode::Wrapped })
    }

    /// The call data with which a caller that speaks Solidity makes this invocation.
    pub fn to_solidity(&self) -> Bytes {
        let account = |meta: &AccountMeta| {
            let key = Value::bytes(meta.pubkey.to_bytes().to_vec());
            Value::Tuple(vec![key, Value::Bool(meta.is_signer), Value::Bool(meta.is_writable)])
        };
        let mut values =
            vec![Value::Array(self.accounts.iter().map(account).collect()), Value::Bytes(self.data.clone())];
        if !self.seeds.is_empty() {
            let seeds = |seeds: &Vec<Bytes>| Value::Array(seeds.iter().cloned().map(Value::Bytes).collect());
            values.push(Value::Array(self.seeds.iter().map(seeds).collect()));
        }
        let name = if self.seeds.is_empty() { "invoke" } else { "invokeSigned" };
        let encoded = INVOKE.function(name).map(|invoke| SolidityCodec::default().encode_call(invoke, &values));
        encoded.and_then(Result::ok).unwrap_or_default()
    }

    /// Return data in the form that the caller expects.
    pub fn output(&self, data: Vec<u8>) -> Bytes {
        if self.mode != Mode::Wrapped {
            return data.into();
        }
        let function = INVOKE.functions.first();
        let encoded = function.map(|invoke| SolidityCodec::default().encode_output(invoke, &[Value::bytes(data)]));
        encoded.and_then(Result::ok).unwrap_or_default()
    }

    /// What `account` answers.
    pub fn description(lamports: u64, stored: &StoredAccount) -> Bytes {
        let values = [
            Value::uint(lamports),
            Value::bytes(stored.owner.to_bytes().to_vec()),
            Value::Bool(stored.executable),
            Value::Bytes(stored.data.clone()),
        ];
        let encoded =
            INVOKE.function("account").map(|account| SolidityCodec::default().encode_output(account, &values));
        encoded.and_then(Result::ok).unwrap_or_default()
    }

    /// The form in which a frame carries it. `Err` where it holds more than a call can carry.
    pub fn to_bytes(&self) -> Result<Bytes, InvocationError> {
        use InvocationError as E;
        self.check()?;
        let seeds = self.seeds.iter().map(|seeds| 1 + seeds.iter().map(|seed| 1 + seed.len()).sum::<usize>());
        let mut bytes = Vec::with_capacity(3 + 33 * self.accounts.len() + seeds.sum::<usize>() + self.data.len());
        bytes.push(match self.mode {
            Mode::Plain => 0,
            Mode::Wrapped => 1,
            Mode::Read => 2,
            Mode::Describe => 3,
        });
        push_length(&mut bytes, self.accounts.len(), E::Accounts)?;
        for account in &self.accounts {
            bytes.extend(account.pubkey.as_ref());
            bytes.push(u8::from(account.is_signer) | u8::from(account.is_writable) << 1);
        }
        push_length(&mut bytes, self.seeds.len(), E::Signers)?;
        for seeds in &self.seeds {
            push_length(&mut bytes, seeds.len(), E::Seeds)?;
            for seed in seeds {
                push_length(&mut bytes, seed.len(), E::Seed)?;
                bytes.extend(seed.iter());
            }
        }
        bytes.extend(self.data.iter());
        Ok(bytes.into())
    }

    /// Reads what [`Invocation::to_bytes`] wrote. `None` where the bytes are nothing that it can have written.
    pub fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let mut rest = Reader(bytes, 0);
        let mode = match rest.take(1)?.first()? {
            0 => Mode::Plain,
            1 => Mode::Wrapped,
            2 => Mode::Read,
            3 => Mode::Describe,
            _ => return None,
        };
        let accounts = (0..rest.length()?)
            .map(|_| {
                let pubkey = Pubkey::try_from(rest.take(32)?).ok()?;
                let flags = *rest.take(1)?.first()?;
                (flags < 4).then_some(AccountMeta { pubkey, is_signer: flags & 1 != 0, is_writable: flags & 2 != 0 })
            })
            .collect::<Option<_>>()?;
        let seeds = (0..rest.length()?)
            .map(|_| {
                let count = rest.length()?;
                (0..count)
                    .map(|_| {
                        let length = rest.length()?;
                        Some(Bytes::copy_from_slice(rest.take(length)?))
                    })
                    .collect()
            })
            .collect::<Option<_>>()?;
        let invocation = Self { accounts, data: bytes.slice(rest.1..), seeds, mode };
        invocation.check().ok().map(|()| invocation)
    }

    /// As an instruction of `program`.
    pub fn instruction(&self, program: Pubkey) -> Instruction {
        Instruction { program_id: program, accounts: self.accounts.clone(), data: self.data.to_vec() }
    }
}

/// A length as a frame carries it. Each is below 256, because none of the limits of a call is more.
fn push_length(
    bytes: &mut Vec<u8>,
    length: usize,
    error: impl FnOnce(usize) -> InvocationError,
) -> Result<(), InvocationError> {
    bytes.push(u8::try_from(length).map_err(|_| error(length))?);
    Ok(())
}

struct Reader<'a>(&'a [u8], usize);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.0.get(self.1..self.1.checked_add(length)?)?;
        self.1 += length;
        Some(taken)
    }

    fn length(&mut self) -> Option<usize> {
        self.take(1)?.first().copied().map(usize::from)
    }
}

fn meta(value: Value) -> Option<AccountMeta> {
    let fields: Vec<Value> = match value {
        Value::Struct { fields, .. } => fields.into_iter().map(|(_, value)| value).collect(),
        Value::Tuple(values) => values,
        _ => return None,
    };
    match fields.as_slice() {
        [Value::Bytes(key), Value::Bool(is_signer), Value::Bool(is_writable)] => {
            let pubkey = Pubkey::try_from(&key[..]).ok()?;
            Some(AccountMeta { pubkey, is_signer: *is_signer, is_writable: *is_writable })
        }
        _ => None,
    }
}

fn seed_list(value: Value) -> Option<Vec<Bytes>> {
    let Value::Array(seeds) = value else { return None };
    seeds.into_iter().map(|seed| if let Value::Bytes(bytes) = seed { Some(bytes) } else { None }).collect()
}

/// The program that a designator points to.
pub fn program_of(code: &[u8]) -> Option<Pubkey> {
    let (_, native_id) = parse_designator(code)?;
    Pubkey::try_from(native_id).ok()
}

/// The form in which an account of another VM appears to programs.
pub fn alias(account: Address) -> Pubkey {
    Pubkey::new_from_array(alias_of(account).0)
}
