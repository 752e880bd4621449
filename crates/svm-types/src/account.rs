//! A Solana account as it is stored.
//!
//! The lamports stand in the account leaf of the canonical address, in wei. Everything else is an object of the SVM's
//! column under the account's 32-byte key. An account of the System program without data has no object: a wallet is
//! only its balance.

use hexapla_primitives::{Address, Bytes, ObjectKey, VmId, identity::canonical_of};
use solana_pubkey::Pubkey;
use solana_sdk_ids::system_program;
use std::cell::RefCell;

/// Wei in a lamport.
pub const WEI_PER_LAMPORT: u64 = 1_000_000_000;

/// Set in the first byte of an object whose account holds a program.
const EXECUTABLE: u8 = 1;
/// Length of what stands before the data: flags and owner.
const HEAD_BYTES: usize = 33;

/// What an account has beside its lamports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAccount {
    /// The program that owns it.
    pub owner: Pubkey,
    /// Whether it is a program.
    pub executable: bool,
    /// Its data.
    pub data: Bytes,
}

impl Default for StoredAccount {
    fn default() -> Self {
        Self { owner: system_program::ID, executable: false, data: Bytes::new() }
    }
}

impl StoredAccount {
    /// The key of the account's object.
    pub fn key(account: &Pubkey) -> ObjectKey {
        ObjectKey::new(VmId::SVM, account.to_bytes())
    }

    /// Reads an object; `None` is an account without one. `Err` where the bytes are no account.
    pub fn from_object(object: Option<&Bytes>) -> Result<Self, &'static str> {
        let Some(object) = object else { return Ok(Self::default()) };
        let (owner, executable, _) = parts(object)?;
        Ok(Self { owner, executable, data: object.slice(HEAD_BYTES..) })
    }

    /// The object of an account; `None` for one that is only its balance.
    pub fn to_object(&self) -> Option<Bytes> {
        object_of(&self.owner, self.executable, &self.data)
    }
}

/// Owner, whether it is executable, and data of a stored account.
pub fn parts(object: &[u8]) -> Result<(Pubkey, bool, &[u8]), &'static str> {
    let too_short = "a stored account is too short";
    let (flags, rest) = object.split_first().ok_or(too_short)?;
    let (owner, data) = rest.split_first_chunk().ok_or(too_short)?;
    Ok((Pubkey::new_from_array(*owner), flags & EXECUTABLE != 0, data))
}

/// The object of an account of these; `None` for one that is only its balance.
pub fn object_of(owner: &Pubkey, executable: bool, data: &[u8]) -> Option<Bytes> {
    if *owner == system_program::ID && !executable && data.is_empty() {
        return None;
    }
    let mut object = Vec::with_capacity(HEAD_BYTES + data.len());
    object.push(if executable { EXECUTABLE } else { 0 });
    object.extend_from_slice(owner.as_ref());
    object.extend_from_slice(data);
    Some(object.into())
}

/// The canonical address of a Solana account.
pub fn canonical(account: &Pubkey) -> Address {
    let place = usize::from(account.as_array()[0]);
    KNOWN.with_borrow_mut(|known| match known.get_mut(place) {
        Some(Some((key, address))) if key == account => *address,
        entry => {
            let address = canonical_of(VmId::SVM, account.as_ref());
            if let Some(entry) = entry {
                *entry = Some((*account, address));
            }
            address
        }
    })
}

thread_local! {
    /// Addresses that were asked for lately, by the first byte of the key: hashing is what they cost, and a transaction
    /// asks for those of its accounts several times.
    static KNOWN: RefCell<Vec<Option<(Pubkey, Address)>>> = RefCell::new(vec![None; 256]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_of_an_account_is_fixed() {
        let account =
            StoredAccount { owner: Pubkey::new_from_array([7; 32]), executable: true, data: vec![1, 2].into() };
        let object = account.to_object().unwrap();
        assert_eq!(object[..], [&[1u8][..], &[7; 32], &[1, 2]].concat());
        assert_eq!(StoredAccount::from_object(Some(&object)), Ok(account));
    }

    #[test]
    fn addresses_that_are_kept_are_those_that_are_computed() {
        // Keys that begin alike push one another out of their place.
        for number in 0..1_000u16 {
            let mut key = [0; 32];
            key[0] = (number % 3) as u8;
            key[30..].copy_from_slice(&(number / 2).to_be_bytes());
            let key = Pubkey::new_from_array(key);
            assert_eq!(canonical(&key), canonical_of(VmId::SVM, key.as_ref()));
            assert_eq!(canonical(&key), canonical_of(VmId::SVM, key.as_ref()), "and again");
        }
    }

    #[test]
    fn a_wallet_has_no_object_and_damaged_ones_are_refused() {
        assert_eq!(StoredAccount::default().to_object(), None);
        assert_eq!(StoredAccount::from_object(None), Ok(StoredAccount::default()));
        assert!(StoredAccount::from_object(Some(&vec![0; 32].into())).is_err());
    }
}
