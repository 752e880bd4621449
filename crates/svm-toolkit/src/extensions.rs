//! What stands behind the data of Token-2022's mints and token accounts.
//!
//! An account with extensions has the data of a token account's size, a byte that says what it is, and then each extension
//! as its number (two bytes), the length of its data (two bytes) and the data. A mint, which is shorter, is filled up with
//! zeros. What is not laid out so has no extensions here.

use heck::ToSnakeCase as _;
use hexapla_abi::{Interface, Type};
use hexapla_primitives::Bytes;
use hexapla_svm_types::{Pubkey, spl};
use hexapla_toolkit::{AccountPart, NativeId};
use std::sync::LazyLock;

/// Bytes of a token account without extensions.
const ACCOUNT_BYTES: usize = 165;
/// Bytes of a mint without extensions.
const MINT_BYTES: usize = 82;
/// The byte behind the data that says that the account is a mint, and the one for a token account.
const IS_MINT: u8 = 1;
const IS_ACCOUNT: u8 = 2;

/// The extensions, each with its number as discriminator.
static LAYOUTS: LazyLock<Interface> =
    LazyLock::new(|| Interface::detect(include_str!("../idl/token-2022-extensions.json")).unwrap_or_default());

/// The extensions of an account that belongs to `owner`.
pub(crate) fn extensions(owner: &NativeId, data: &Bytes) -> Vec<AccountPart> {
    let of_token_2022 = Pubkey::try_from(&owner.bytes[..]).is_ok_and(|key| key == spl::TOKEN_2022);
    let Some((base, behind)) = data.split_at_checked(ACCOUNT_BYTES).filter(|_| of_token_2022) else {
        return Vec::new();
    };
    let entries = match behind.split_first() {
        Some((&IS_MINT, entries)) if base.iter().skip(MINT_BYTES).all(|byte| *byte == 0) => entries,
        Some((&IS_ACCOUNT, entries)) => entries,
        _ => return Vec::new(),
    };
    parts(entries)
}

/// Number, length and data of each extension, as far as they are whole. Number 0 is room that nothing takes.
fn parts(mut entries: &[u8]) -> Vec<AccountPart> {
    let mut parts = Vec::new();
    while let Some(([number_low, number_high, length @ ..], rest)) = entries.split_first_chunk::<4>() {
        let number = u16::from_le_bytes([*number_low, *number_high]);
        let Some((data, rest)) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length))) else { break };
        if number == 0 {
            break;
        }
        parts.push(part(number, data));
        entries = rest;
    }
    parts
}

/// An extension that nobody knows is its bytes.
fn part(number: u16, data: &[u8]) -> AccountPart {
    let data = Bytes::copy_from_slice(data);
    let known = LAYOUTS.layouts.iter().find(|layout| layout.discriminator[..] == number.to_le_bytes());
    match known {
        Some(layout) => AccountPart { name: layout.name.to_snake_case(), ty: layout.ty.clone(), data },
        None => AccountPart { name: format!("extension_{number}"), ty: Type::rest(Type::Bytes), data },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::id_of;

    /// The names in a mint of Token-2022 with these bytes behind it.
    fn names(behind: &[u8]) -> Vec<String> {
        let data = [&[0; ACCOUNT_BYTES][..], behind].concat().into();
        extensions(&id_of(&spl::TOKEN_2022), &data).into_iter().map(|part| part.name).collect()
    }

    #[test]
    fn every_extension_has_a_number_of_its_own_and_none_is_left_out() {
        assert_eq!(LAYOUTS.refused, []);
        let numbers = LAYOUTS.layouts.iter().map(|layout| layout.discriminator.to_vec()).collect::<Vec<_>>();
        assert_eq!(numbers, (1..=28).map(|number| vec![number, 0]).collect::<Vec<_>>());
        let names =
            LAYOUTS.layouts.iter().map(|layout| layout.name.as_str()).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(names.len(), 28);
    }

    #[test]
    fn extensions_are_read_one_after_the_other_and_unknown_ones_are_bytes() {
        let close = [&[IS_MINT, 3, 0, 32, 0][..], &[7; 32]].concat();
        assert_eq!(names(&close), ["mint_close_authority"]);
        let more = [&close[..], &[9, 0, 0, 0], &[99, 0, 2, 0, 5, 6]].concat();
        assert_eq!(names(&more), ["mint_close_authority", "non_transferable", "extension_99"]);
        assert_eq!(names(&[&more[..], &[0; 8]].concat()).len(), 3, "room that nothing takes");
    }

    #[test]
    fn what_is_cut_short_or_laid_out_otherwise_has_no_more_extensions() {
        assert_eq!(names(&[IS_MINT, 3, 0, 32, 0, 7]), [""; 0], "the data are cut short");
        assert_eq!(names(&[IS_MINT, 3, 0, 32]), [""; 0], "the length is cut short");
        assert_eq!(names(&[3, 3, 0, 0, 0]), [""; 0], "neither mint nor account");
        let data: Bytes = [&[1; ACCOUNT_BYTES][..], &[IS_MINT, 9, 0, 0, 0]].concat().into();
        assert_eq!(extensions(&id_of(&spl::TOKEN_2022), &data), [], "a mint is filled up with zeros");
        let data: Bytes = [&[1; ACCOUNT_BYTES][..], &[IS_ACCOUNT, 7, 0, 0, 0]].concat().into();
        assert_eq!(extensions(&id_of(&spl::TOKEN_2022), &data).len(), 1);
        assert_eq!(extensions(&id_of(&spl::TOKEN), &data), [], "of another program");
    }
}
