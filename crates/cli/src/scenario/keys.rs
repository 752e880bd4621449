//! `[keys]` and `[bytes]`, and the parts of which bytes are made.

use super::{
    fields::{Fields, Item, boolean, list, number, text, texts, tree},
    read::check_name,
    solana::{AccountData, AccountEntry, AccountUse, KeyEntry, KeyForm, Part, Parts},
    source::{At, Source},
};
use crate::problem::{Problem, Result};
use std::sync::Arc;
use toml::de::DeValue;

/// Most bytes of data of an account, as on Solana.
const DATA_BYTES_MAX: u64 = 10 << 20;
/// What stands before the name of an account that an instruction changes, or that signs it.
const FLAGS: [&str; 2] = ["writable", "signer"];
/// Numbers of parts and their sizes in bytes.
const NUMBERS: [(&str, usize); 5] = [("u8", 1), ("u16", 2), ("u32", 4), ("u64", 8), ("u128", 16)];

pub(super) fn read_keys(source: &Arc<Source>, _: &str, item: &Item<'_>) -> Result<Vec<KeyEntry>> {
    let entries = Fields::of(source, item, "`[keys]`")?.entries();
    entries.into_iter().map(|(name, item)| read_key(source, name, item)).collect()
}

fn read_key(source: &Arc<Source>, name: At<String>, item: &Item<'_>) -> Result<KeyEntry> {
    check_name(source, &name)?;
    if !matches!(item.get_ref(), DeValue::Table(_)) {
        let form = KeyForm::Key(text(source, &name.value, item)?);
        return Ok(KeyEntry { name, form, account: None });
    }
    let mut fields = Fields::of(source, item, format!("the key `{}`", name.value))?;
    let forms =
        ["key", "keypair", "seeds", "associated"].into_iter().filter(|form| fields.has(form)).collect::<Vec<_>>();
    let form = match forms.as_slice() {
        [] => KeyForm::OfName,
        ["key"] => KeyForm::Key(fields.required("key", text)?),
        ["keypair"] => match fields.required("keypair", boolean)? {
            true => KeyForm::Keypair,
            false => KeyForm::OfName,
        },
        ["seeds"] => KeyForm::Derived {
            seeds: fields.required("seeds", read_parts)?,
            program: fields.required("program", text)?,
        },
        ["associated"] => KeyForm::Associated {
            wallet: fields.required("associated", text)?,
            mint: fields.required("mint", text)?,
            program: fields.optional("program", text)?,
        },
        several => {
            let message = format!("the key `{}` is given several times: {}", name.value, several.join(", "));
            return Err(Problem::new("hexapla::scenario::key", message).at(source, &name.span, "this key").with_help(
                "say one of `key`, `keypair`, `seeds` and `associated`; without them the name gives the key",
            ));
        }
    };
    let account = read_account(source, &mut fields)?;
    fields.finish()?;
    Ok(KeyEntry { name, form, account })
}

fn read_account(source: &Arc<Source>, fields: &mut Fields<'_>) -> Result<Option<AccountEntry>> {
    let lamports = fields.optional("lamports", number)?.map(|lamports| lamports.value);
    let owner = fields.optional("owner", text)?;
    let space = fields.optional("space", number)?;
    let data = fields.optional("data", read_parts)?;
    if let Some(space) = space.as_ref().filter(|space| space.value > DATA_BYTES_MAX) {
        let message = format!("an account holds at most {DATA_BYTES_MAX} bytes");
        return Err(Problem::new("hexapla::scenario::out_of_range", message).at(source, &space.span, "out of range"));
    }
    let data = match (space, data) {
        (Some(space), Some(_)) => {
            return Err(Problem::new("hexapla::scenario::key", "`space` and `data` say both what an account holds")
                .at(source, &space.span, "one of them is too much")
                .with_help("`space` is for zeros, `data` for bytes that are given"));
        }
        (_, Some(data)) => AccountData::Parts(data),
        (None, None) if lamports.is_none() && owner.is_none() => return Ok(None),
        (space, None) => AccountData::Zeros(space.map_or(0, |space| space.value)),
    };
    Ok(Some(AccountEntry { lamports, owner, data }))
}

pub(super) fn read_bytes(source: &Arc<Source>, _: &str, item: &Item<'_>) -> Result<Vec<(At<String>, Parts)>> {
    let entries = Fields::of(source, item, "`[bytes]`")?.entries();
    let read = |(name, item): (At<String>, _)| {
        check_name(source, &name)?;
        let parts = read_parts(source, &name.value, item)?;
        Ok((name, parts))
    };
    entries.into_iter().map(read).collect()
}

/// A part, or a list of parts.
pub(super) fn read_parts(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<Parts> {
    let parts = match item.get_ref() {
        DeValue::Array(_) => list(source, key, item)?
            .value
            .into_iter()
            .map(|item| read_part(source, key, item))
            .collect::<Result<_>>()?,
        _ => vec![read_part(source, key, item)?],
    };
    Ok(At::new(parts, item.span()))
}

fn read_part(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<Part> {
    if !matches!(item.get_ref(), DeValue::Table(_)) {
        return text(source, &format!("each part of `{key}`"), item).map(Part::Text);
    }
    let mut fields = Fields::of(source, item, format!("a part of `{key}`"))?;
    let mut part = None;
    for (name, bytes) in NUMBERS {
        if let Some(value) = fields.optional(name, tree)? {
            part = Some(Part::Little { bytes, value });
        }
    }
    if let Some(word) = fields.optional("word", tree)? {
        part = Some(Part::Word(word));
    }
    if let Some(utf8) = fields.optional("text", text)? {
        part = Some(Part::Utf8(utf8.value));
    }
    if let Some(address) = fields.optional("address", text)? {
        part = Some(Part::Address(address));
    }
    if let Some(parts) = fields.optional("sized", read_parts)? {
        part = Some(Part::Sized(parts));
    }
    if let Some(accounts) = fields.optional("invoke", read_uses)? {
        part = Some(Part::Invoke { accounts, data: fields.required("data", read_parts)? });
    }
    let span = fields.span.clone();
    fields.finish()?;
    part.ok_or_else(|| {
        Problem::new("hexapla::scenario::part", format!("a part of `{key}` says nothing"))
            .at(source, &span, "this part")
            .with_help("write hex, a name, or e.g. `{ u64 = 500 }`, `{ word = 42 }`, `{ text = \"hi\" }`")
    })
}

/// The accounts of an instruction.
pub(super) fn read_uses(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<Vec<AccountUse>> {
    texts(source, key, item)?.value.into_iter().map(|text| read_use(source, text)).collect()
}

fn read_use(source: &Arc<Source>, text: At<String>) -> Result<AccountUse> {
    let mut words = text.value.split_whitespace().collect::<Vec<_>>();
    let key = words.pop().unwrap_or_default().to_owned();
    if let Some(unknown) = words.iter().find(|word| !FLAGS.contains(word)) {
        let message = format!("`{unknown}` says nothing about an account");
        return Err(Problem::new("hexapla::scenario::account_use", message)
            .at(source, &text.span, "this account")
            .with_help("write the account's name, with `writable`, `signer` or both before it"));
    }
    let has = |flag| words.contains(&flag);
    let (writable, signer) = (has("writable"), has("signer"));
    Ok(AccountUse { key: At::new(key, text.span), signer, writable })
}
