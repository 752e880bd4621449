//! Ids, and the objects in which contracts and wallets are kept.
//!
//! A contract's id is its name, a wallet's the 32 bytes of its ed25519 key. A name is shorter than a key, so no id can be
//! both, and no name can look like an alias of an account of another VM.

use crate::{
    CALC,
    program::{Program, ProgramError},
};
use hexapla_primitives::{
    Address, Bytes, GenesisAccount, HomeRecord, ObjectKey,
    identity::{canonical_of, designator, parse_designator},
};

/// Most bytes of a contract's name.
pub const NAME_BYTES_MAX: usize = 31;
/// Bytes of a wallet's key.
pub const KEY_BYTES: usize = 32;

/// Whether a text can be a contract's name.
pub fn is_contract_name(name: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.iter().all(is_part)
}

/// The canonical address of an account with this id.
pub fn address_of(id: &[u8]) -> Address {
    canonical_of(CALC, id)
}

/// The name in a contract's code on the EVM lane: a designator of this VM.
pub fn name_in(code: &[u8]) -> Option<&[u8]> {
    parse_designator(code).filter(|(vm, name)| *vm == CALC && is_contract_name(name)).map(|(_, name)| name)
}

/// Where a contract's program stands.
pub fn program_key(name: &[u8]) -> ObjectKey {
    ObjectKey::new(CALC, [b"program/", name].concat())
}

/// Where the number of a wallet's next transaction stands.
pub fn nonce_key(wallet: &[u8]) -> ObjectKey {
    ObjectKey::new(CALC, [b"nonce/", wallet].concat())
}

/// The number of a wallet's next transaction; `None` where the object is not one.
pub fn read_nonce(object: Option<&Bytes>) -> Option<u64> {
    let Some(object) = object else { return Some(0) };
    <[u8; 8]>::try_from(&object[..]).ok().map(u64::from_le_bytes)
}

/// A contract that is there from the beginning.
///
/// # Errors
///
/// The program cannot run.
pub fn genesis_contract(name: &str, program: &[u8]) -> Result<GenesisAccount, ProgramError> {
    Program::parse(program)?;
    let id = Bytes::copy_from_slice(name.as_bytes());
    let address = address_of(&id);
    let home = HomeRecord { vm: CALC, native_id: id.clone() };
    let objects =
        vec![(HomeRecord::key(address), home.to_bytes()), (program_key(&id), Bytes::copy_from_slice(program))];
    Ok(GenesisAccount { address, code: designator(CALC, &id), objects, ..GenesisAccount::default() })
}
