//! Who an account is, in every VM.
//!
//! - *canonical address*: 20 bytes, under which any account stands in the state trie;
//! - *native id*: the account's id in its home VM;
//! - *alias*: the 32 bytes in which an account appears inside a VM that is not its home.
//!
//! The way from a canonical address back to a native id is state: the [`HomeRecord`] of the account, an object of the
//! identity column, written when the account is first used.

use crate::{ObjectKey, VmId};
use alloy_primitives::{Address, B256, Bytes, Keccak256, address};

const ACCOUNT_DOMAIN: &[u8] = b"hexapla/account/v1";
const ALIAS_PREFIX: [u8; 12] = *b"\0hexapla-evm";
const DESIGNATOR_PREFIX: [u8; 3] = [0xEF, 0xF1, 0x01];

/// The canonical address of an account whose home VM has ids other than 20-byte addresses:
/// the last 20 bytes of keccak256(`hexapla/account/v1` ‖ vm ‖ native id).
pub fn canonical_of(vm: VmId, native_id: &[u8]) -> Address {
    let mut hasher = Keccak256::new();
    hasher.update(ACCOUNT_DOMAIN);
    hasher.update([vm.0]);
    hasher.update(native_id);
    Address::from_word(hasher.finalize())
}

/// An account by its id in its home VM. Equal bytes are different accounts on different VMs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NativeId {
    /// The home VM.
    pub vm: VmId,
    /// The id there.
    pub bytes: Bytes,
}

impl NativeId {
    /// The account with this id.
    pub fn new(vm: VmId, bytes: impl Into<Bytes>) -> Self {
        Self { vm, bytes: bytes.into() }
    }

    /// An account of the EVM, and of VMs that share its addresses.
    pub fn of_address(address: Address) -> Self {
        Self::new(VmId::EVM, address.to_vec())
    }

    /// The canonical address: of the EVM's accounts the id itself, of an alias the account behind it, of all others a hash.
    pub fn canonical(&self) -> Address {
        let is_address = [VmId::EVM, VmId::WASM].contains(&self.vm) && self.bytes.len() == 20;
        if is_address {
            return Address::from_slice(&self.bytes);
        }
        let alias = B256::try_from(&self.bytes[..]).ok().and_then(canonical_of_alias);
        alias.unwrap_or_else(|| canonical_of(self.vm, &self.bytes))
    }
}

/// Who an account is in its home VM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomeRecord {
    /// The home VM.
    pub vm: VmId,
    /// Its id there.
    pub native_id: Bytes,
}

impl HomeRecord {
    /// Where the record of an account stands.
    pub fn key(canonical: Address) -> ObjectKey {
        ObjectKey::new(VmId::IDENTITY, canonical.into_array())
    }

    /// The record as it is stored: the VM's tag and the id.
    pub fn to_bytes(&self) -> Bytes {
        [[self.vm.0].as_slice(), &self.native_id].concat().into()
    }

    /// Reads a record.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (vm, native_id) = bytes.split_first()?;
        Some(Self { vm: VmId(*vm), native_id: Bytes::copy_from_slice(native_id) })
    }

    /// The address of the account.
    pub fn canonical(&self) -> Address {
        canonical_of(self.vm, &self.native_id)
    }
}

/// The form in which the account `canonical` appears inside a VM with 32-byte ids that is not its home:
/// `0x00 ‖ "hexapla-evm" ‖ canonical`. No key can sign for it, and it fits a Cairo felt.
pub fn alias_of(canonical: Address) -> B256 {
    let mut alias = B256::ZERO;
    alias[..12].copy_from_slice(&ALIAS_PREFIX);
    alias[12..].copy_from_slice(canonical.as_slice());
    alias
}

/// The canonical address behind an alias; `None` for any other 32 bytes and for the alias of the zero address.
pub fn canonical_of_alias(alias: B256) -> Option<Address> {
    let address = Address::from_slice(&alias[12..]);
    (alias[..12] == ALIAS_PREFIX && !address.is_zero()).then_some(address)
}

/// Whether 32 bytes look like an alias but are none: the prefix with the zero address.
pub fn is_malformed_alias(id: B256) -> bool {
    id[..12] == ALIAS_PREFIX && canonical_of_alias(id).is_none()
}

/// The code that a contract of another VM shows on the EVM lane: `0xEFF1 ‖ version ‖ vm ‖ native id`.
/// It is not empty, so that Solidity's `EXTCODESIZE` check and wallets see a contract.
pub fn designator(vm: VmId, native_id: &[u8]) -> Bytes {
    [DESIGNATOR_PREFIX.as_slice(), &[vm.0], native_id].concat().into()
}

/// Reads a designator of the current version.
pub fn parse_designator(code: &[u8]) -> Option<(VmId, &[u8])> {
    let (vm, native_id) = code.strip_prefix(&DESIGNATOR_PREFIX)?.split_first()?;
    Some((VmId(*vm), native_id))
}

/// The code-less account whose storage trie is the column of `vm`: `0x…68657861706c61 ‖ vm` ("hexapla").
pub const fn column_account(vm: VmId) -> Address {
    let mut account = address!("0x00000000000000000000000068657861706c6100");
    account.0.0[19] = vm.0;
    account
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f09_aliases_are_reversible_and_malformed_ones_are_refused() {
        let canonical = address!("0x00000000219ab540356cBB839Cbe05303d7705Fa");
        let alias = alias_of(canonical);
        assert_eq!(canonical_of_alias(alias), Some(canonical));
        for byte in 0..12 {
            let mut malformed = alias;
            malformed[byte] ^= 1;
            assert_eq!(canonical_of_alias(malformed), None, "byte {byte}");
        }
        assert_eq!(canonical_of_alias(alias_of(Address::ZERO)), None);
    }

    #[test]
    fn a_native_id_stands_for_one_account() {
        let address = address!("0x00000000219ab540356cBB839Cbe05303d7705Fa");
        assert_eq!(NativeId::of_address(address).canonical(), address);
        assert_eq!(NativeId::new(VmId::SVM, alias_of(address).to_vec()).canonical(), address);
        let id = |vm| NativeId::new(vm, vec![1; 32]).canonical();
        assert_eq!(id(VmId::SVM), canonical_of(VmId::SVM, &[1; 32]));
        assert_ne!(id(VmId::SVM), id(VmId::MOVE));
        assert_eq!(NativeId::new(VmId::SVM, vec![1; 20]).canonical(), canonical_of(VmId::SVM, &[1; 20]));
    }

    #[test]
    fn designators_carry_vm_and_native_id() {
        let code = designator(VmId::SVM, &[7; 32]);
        assert_eq!(parse_designator(&code), Some((VmId::SVM, [7u8; 32].as_slice())));
        assert_eq!(parse_designator(&code[..3]), None);
        assert_eq!(parse_designator(&[0xEF, 0x01, 0, 0]), None);
    }

    #[test]
    fn canonical_addresses_differ_between_vms_and_columns_between_each_other() {
        assert_ne!(canonical_of(VmId::SVM, &[1; 32]), canonical_of(VmId::MOVE, &[1; 32]));
        assert_ne!(column_account(VmId::SVM), column_account(VmId::MOVE));
        assert_eq!(column_account(VmId::WASM).as_slice()[12..], *b"hexapla\x01");
    }
}
