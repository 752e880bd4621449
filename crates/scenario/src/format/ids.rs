//! Names of ids in the section of their VM, `[bytes]`, and the parts of which bytes are made.

use super::{
    checked::{check_name, typed},
    fields::{Fields, Item, boolean, list, number, text, texts, tree},
    native::{AccountRef, IdEntry, IdForm, OptionValue, Options, Part, Parts},
};
use crate::{
    problem::{Problem, Result},
    source::{At, Source},
};
use hexapla_abi::{Type, Value};
use hexapla_toolkit::{DerivationSpec, FieldKind, FieldSpec, Toolkit};
use std::sync::Arc;
use toml::de::DeValue;

/// An id as text. Beside it stands what the toolkit calls a signer, and its derivations.
const GIVEN: &str = "key";
/// What stands before the name of an account that an instruction changes, or that signs it.
const FLAGS: [&str; 2] = ["writable", "signer"];
/// Numbers of parts and their sizes in bytes.
const NUMBERS: [(&str, usize); 5] = [("u8", 1), ("u16", 2), ("u32", 4), ("u64", 8), ("u128", 16)];

/// The names of a VM's ids.
pub(super) fn read_ids(
    toolkit: &dyn Toolkit,
    section: &str,
    source: &Arc<Source>,
    item: &Item<'_>,
) -> Result<Vec<IdEntry>> {
    let entries = Fields::of(source, item, format!("`[{section}]`"))?.entries();
    entries.into_iter().map(|(name, item)| read_id(toolkit, source, name, item)).collect()
}

fn read_id(toolkit: &dyn Toolkit, source: &Arc<Source>, name: At<String>, item: &Item<'_>) -> Result<IdEntry> {
    check_name(source, &name)?;
    let vm = toolkit.vm();
    if !matches!(item.get_ref(), DeValue::Table(_)) {
        let form = IdForm::Given(text(source, &name.value, item)?);
        return Ok(IdEntry { name, vm, form, account: Options::default() });
    }
    let mut fields = Fields::of(source, item, format!("the key `{}`", name.value))?;
    let form = read_form(toolkit, &mut fields, &name)?;
    let account = read_account(toolkit, &mut fields)?;
    fields.finish()?;
    Ok(IdEntry { name, vm, form, account })
}

fn read_form(toolkit: &dyn Toolkit, fields: &mut Fields<'_>, name: &At<String>) -> Result<IdForm> {
    let derivations = toolkit.addresses().derivations();
    let signer = toolkit.words().signer;
    let known = [GIVEN, signer].into_iter().chain(derivations.iter().map(DerivationSpec::name)).collect::<Vec<_>>();
    let given = known.iter().copied().filter(|form| fields.has(form)).collect::<Vec<_>>();
    match given.as_slice() {
        [] => Ok(IdForm::OfName),
        [form] if *form == GIVEN => Ok(IdForm::Given(fields.required(GIVEN, text)?)),
        [form] if *form == signer => Ok(match fields.required(signer, boolean)? {
            true => IdForm::Signer,
            false => IdForm::OfName,
        }),
        [derivation] => {
            let specs =
                derivations.iter().find(|known| known.name() == *derivation).map_or(&[][..], |known| known.fields);
            Ok(IdForm::Derived { derivation, fields: read_options(fields, specs.iter().copied())? })
        }
        several => {
            let message = format!("the key `{}` is given several times: {}", name.value, several.join(", "));
            let known = known.iter().map(|form| format!("`{form}`")).collect::<Vec<_>>();
            let known = match known.split_last() {
                Some((last, others)) => format!("{} and {last}", others.join(", ")),
                None => String::new(),
            };
            Err(Problem::new("hexapla::scenario::key", message)
                .at(&fields.source, &name.span, "this key")
                .with_help(format!("say one of {known}; without them the name gives the key")))
        }
    }
}

pub(super) fn read_account(toolkit: &dyn Toolkit, fields: &mut Fields<'_>) -> Result<Options> {
    let Some(accounts) = toolkit.accounts() else { return Ok(Options::default()) };
    let account = read_options(fields, accounts.account_fields().iter().copied())?;
    let checked = accounts.check_account(&account.known());
    checked.map_err(|error| account.problem(error, &fields.source))?;
    Ok(account)
}

/// The options of these specifications that are there.
pub(super) fn read_options(fields: &mut Fields<'_>, specs: impl IntoIterator<Item = FieldSpec>) -> Result<Options> {
    let mut options = Options::default();
    for spec in specs {
        let read = |source: &Arc<Source>, key: &'static str, item: &Item<'_>| read_option(source, key, item, spec.kind);
        let value =
            if spec.required { Some(fields.required(spec.name, read)?) } else { fields.optional(spec.name, read)? };
        if let Some(value) = value {
            options.push(spec, value);
        }
    }
    Ok(options)
}

fn read_option(source: &Arc<Source>, key: &str, item: &Item<'_>, kind: FieldKind) -> Result<At<OptionValue>> {
    let value = match kind {
        FieldKind::Number => OptionValue::Number(read_amount(source, key, item)?),
        FieldKind::Id => OptionValue::Id(text(source, key, item)?.value),
        FieldKind::Ids => OptionValue::Ids(texts(source, key, item)?.value),
        FieldKind::Bytes | FieldKind::Parts => OptionValue::Parts(read_parts(source, key, item)?.value),
    };
    Ok(At::new(value, item.span()))
}

/// A number, or a text with a unit.
fn read_amount(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<u64> {
    if !matches!(item.get_ref(), DeValue::String(text) if text.starts_with(|letter: char| letter.is_ascii_digit())) {
        return Ok(number(source, key, item)?.value);
    }
    match typed(source, &Type::Uint { bits: 64 }, &tree(source, key, item)?)? {
        Value::Uint(number) => Ok(number.saturating_to()),
        _ => Ok(0),
    }
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
pub(super) fn read_uses(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<Vec<AccountRef>> {
    texts(source, key, item)?.value.into_iter().map(|text| read_use(source, text)).collect()
}

fn read_use(source: &Arc<Source>, text: At<String>) -> Result<AccountRef> {
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
    Ok(AccountRef { id: At::new(key, text.span), signer, writable })
}

#[cfg(test)]
mod tests {
    use crate::format::Scenario;
    use miette::Diagnostic as _;

    /// What is wrong with an entry of the section of the first VM that has one: the sentence, and what to do.
    fn problem(entry: &str) -> (String, String) {
        let toolkits = hexapla::toolkits();
        let section = toolkits.iter().find_map(|toolkit| toolkit.words().section).unwrap();
        let text = format!("[{section}]\n{entry}\n[[step]]\ncheck = \"x\"\nexpect = {{}}\n");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("scenario.toml");
        std::fs::write(&file, text).unwrap();
        let problem = Scenario::read(&file, &toolkits).unwrap_err();
        assert!(problem.labels().is_some(), "the place is shown");
        (problem.to_string(), problem.help().map(|help| help.to_string()).unwrap_or_default())
    }

    #[test]
    fn options_that_a_toolkit_declares_are_checked_as_all_keys_are() {
        let unknown = problem("a = { seeds = [\"x\"], programm = \"b\" }");
        assert_eq!(unknown.0, "the key `a` lacks `program`");
        let near = problem("a = { keypair = true, spac = 3 }");
        assert_eq!(near, ("the key `a` has no key `spac`".to_owned(), "did you mean `space`?".to_owned()));
        let kind = problem("a = { space = \"many\" }");
        assert_eq!(kind.0, "`space` must be a whole number from 0 to 2^64 - 1, not a text");
        let both = problem("a = { space = 3, data = \"0x00\" }");
        assert_eq!(both.0, "`space` and `data` say both what an account holds");
        let several = problem("a = { key = \"x\", keypair = true }");
        assert_eq!(several.0, "the key `a` is given several times: key, keypair");
        let help = "say one of `key`, `keypair`, `seeds` and `associated`; without them the name gives the key";
        assert_eq!(several.1, help);
    }
}
