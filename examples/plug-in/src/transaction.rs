//! Transactions of this VM's own form.
//!
//! ```text
//! signature 64 ‖ "calc/1" ‖ chain id 8 ‖ wallet 32 ‖ nonce 8 ‖ gas limit 8 ‖ price 8 ‖ length 1 ‖ contract ‖ data
//! ```
//!
//! Numbers are little-endian. The wallet, an ed25519 key, signs everything behind the signature. The data is a call as
//! text, or `=` and a program: then the transaction deploys the contract.

use crate::{
    convention::CALL_BYTES_MAX,
    program::PROGRAM_BYTES_MAX,
    store::{KEY_BYTES, is_contract_name},
};
use ed25519_dalek::{Signature, VerifyingKey};
use hexapla_primitives::Bytes;

/// How what is signed begins. Nothing else that a wallet signs may begin so.
const DOMAIN: [u8; 6] = *b"calc/1";
/// What stands before a program.
const DEPLOYS: u8 = b'=';
/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;

/// Why bytes are not a transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// They end too early, or begin otherwise.
    #[error("the transaction is malformed: its {0} is missing or wrong")]
    Malformed(&'static str),
    /// A contract's name cannot be one.
    #[error("{0:?} is not a contract's name: up to 31 of `a` to `z`, `0` to `9` and `-`")]
    BadName(String),
    /// The data is too long.
    #[error("the data has {given} bytes; at most {max} are allowed")]
    TooLong {
        /// Its length.
        given: usize,
        /// The limit.
        max: usize,
    },
    /// The signature is not the wallet's.
    #[error("the signature does not hold for this wallet and transaction")]
    BadSignature,
}

/// What a transaction does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Calls a contract.
    Call(Bytes),
    /// Deploys it with this program.
    Deploy(Bytes),
}

/// A transaction without its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The chain that it is for.
    pub chain_id: u64,
    /// The wallet that signs and pays.
    pub wallet: [u8; KEY_BYTES],
    /// How many transactions the wallet has sent before.
    pub nonce: u64,
    /// Most gas that it can use.
    pub gas_limit: u64,
    /// What it pays for gas, in wei.
    pub price: u64,
    /// The contract's name.
    pub contract: Bytes,
    /// What it does.
    pub action: Action,
}

impl Action {
    /// Reads the data of a transaction.
    pub fn of_data(data: &[u8]) -> Self {
        match data.strip_prefix(&[DEPLOYS]) {
            Some(program) => Self::Deploy(Bytes::copy_from_slice(program)),
            None => Self::Call(Bytes::copy_from_slice(data)),
        }
    }

    /// The data of a transaction.
    pub fn to_data(&self) -> Bytes {
        match self {
            Self::Call(call) => call.clone(),
            Self::Deploy(program) => [&[DEPLOYS][..], program].concat().into(),
        }
    }

    fn check(&self) -> Result<(), TransactionError> {
        let (given, max) = match self {
            Self::Call(call) => (call.len(), CALL_BYTES_MAX),
            Self::Deploy(program) => (program.len(), PROGRAM_BYTES_MAX),
        };
        if given > max { Err(TransactionError::TooLong { given, max }) } else { Ok(()) }
    }
}

impl Transaction {
    /// What is signed.
    ///
    /// # Errors
    ///
    /// A name or the data is too long.
    pub fn to_bytes(&self) -> Result<Bytes, TransactionError> {
        check_name(&self.contract)?;
        self.action.check()?;
        let length = u8::try_from(self.contract.len()).unwrap_or(u8::MAX);
        let mut bytes = DOMAIN.to_vec();
        bytes.extend(self.chain_id.to_le_bytes());
        bytes.extend(self.wallet);
        bytes.extend([self.nonce, self.gas_limit, self.price].iter().flat_map(|number| number.to_le_bytes()));
        bytes.push(length);
        bytes.extend(&self.contract);
        bytes.extend(&self.action.to_data());
        Ok(bytes.into())
    }

    /// Reads what is signed.
    ///
    /// # Errors
    ///
    /// A sentence that names the part.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TransactionError> {
        let rest = bytes.strip_prefix(&DOMAIN).ok_or(TransactionError::Malformed("domain"))?;
        let (chain_id, rest) = take::<8>(rest, "chain id")?;
        let (wallet, rest) = take::<KEY_BYTES>(rest, "wallet")?;
        let (nonce, rest) = take::<8>(rest, "nonce")?;
        let (gas_limit, rest) = take::<8>(rest, "gas limit")?;
        let (price, rest) = take::<8>(rest, "price")?;
        let ([length], rest) = take::<1>(rest, "contract")?;
        let (contract, data) =
            rest.split_at_checked(usize::from(length)).ok_or(TransactionError::Malformed("contract"))?;
        check_name(contract)?;
        let action = Action::of_data(data);
        action.check()?;
        Ok(Self {
            chain_id: u64::from_le_bytes(chain_id),
            wallet,
            nonce: u64::from_le_bytes(nonce),
            gas_limit: u64::from_le_bytes(gas_limit),
            price: u64::from_le_bytes(price),
            contract: Bytes::copy_from_slice(contract),
            action,
        })
    }

    /// Reads a signed transaction, and checks the signature if `verify`. Gives what is signed as well.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong.
    pub fn from_signed(raw: &[u8], verify: bool) -> Result<(Self, &[u8]), TransactionError> {
        let (signature, body) = take::<SIGNATURE_BYTES>(raw, "signature")?;
        // The limits come first: nobody hashes megabytes.
        let transaction = Self::from_bytes(body)?;
        if verify {
            let key = VerifyingKey::from_bytes(&transaction.wallet).map_err(|_| TransactionError::BadSignature)?;
            let checked = key.verify_strict(body, &Signature::from_bytes(&signature));
            checked.map_err(|_| TransactionError::BadSignature)?;
        }
        Ok((transaction, body))
    }
}

fn check_name(name: &[u8]) -> Result<(), TransactionError> {
    if is_contract_name(name) {
        return Ok(());
    }
    Err(TransactionError::BadName(String::from_utf8_lossy(name).into_owned()))
}

fn take<'b, const N: usize>(bytes: &'b [u8], part: &'static str) -> Result<([u8; N], &'b [u8]), TransactionError> {
    let (taken, rest) = bytes.split_first_chunk::<N>().ok_or(TransactionError::Malformed(part))?;
    Ok((*taken, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_read_as_it_was_written_and_every_cut_is_an_error() {
        for action in [Action::Call(b"double 21".into()), Action::Deploy(b"double: 2 *".into())] {
            let contract = Bytes::from_static(b"meter");
            let wallet = [7; KEY_BYTES];
            let written = Transaction { chain_id: 1, wallet, nonce: 2, gas_limit: 3, price: 4, contract, action };
            let bytes = written.to_bytes().unwrap();
            assert_eq!(Transaction::from_bytes(&bytes), Ok(written));
            let head = DOMAIN.len() + 8 + KEY_BYTES + 24 + 1 + 5;
            for end in 0..head {
                assert!(Transaction::from_bytes(&bytes[..end]).is_err(), "{end}");
            }
        }
    }

    #[test]
    fn what_is_too_long_is_not_written() {
        let (chain_id, nonce, gas_limit, price) = (1, 2, 3, 4);
        let of = |contract: &str, action| {
            let contract = Bytes::copy_from_slice(contract.as_bytes());
            Transaction { chain_id, wallet: [7; 32], nonce, gas_limit, price, contract, action }.to_bytes()
        };
        let call = |length: usize| Action::Call(vec![b'a'; length].into());
        assert!(of("meter", call(CALL_BYTES_MAX)).is_ok());
        let error = TransactionError::TooLong { given: CALL_BYTES_MAX + 1, max: CALL_BYTES_MAX };
        assert_eq!(of("meter", call(CALL_BYTES_MAX + 1)), Err(error));
        assert!(matches!(of(&"a".repeat(32), call(1)), Err(TransactionError::BadName(_))));
    }
}
