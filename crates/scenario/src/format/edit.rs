//! Steps that change the chain without a transaction.

use super::{
    Action, Attach, Edit, Moment,
    call::{Read, named_trees, read_storage},
    checked::check_name,
    fields::{Fields, Item, number, text, tree},
    ids::read_account,
};
use crate::{
    problem::{Problem, Result},
    source::{At, Source},
};
use hexapla_toolkit::Toolkits;
use std::sync::Arc;
use toml::de::DeValue;

/// Spans of time by their names, in seconds.
const SPANS: [(&str, u64); 5] = [("second", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400), ("week", 604_800)];

pub(super) fn read_edit(toolkits: &Toolkits, fields: &mut Fields<'_>) -> Result<Read> {
    let (edit, span) =
        fields.required("set", |source, _, item| Ok((read_state(toolkits, source, item)?, item.span())))?;
    Ok((Action::Edit(edit), span, None))
}

fn read_state(toolkits: &Toolkits, source: &Arc<Source>, item: &Item<'_>) -> Result<Edit> {
    let mut fields = Fields::of(source, item, "`set`")?;
    let mut edit = Edit {
        balance: fields.optional("balance", named_trees)?.unwrap_or_default(),
        nonce: fields.optional("nonce", named_trees)?.unwrap_or_default(),
        code: fields.optional("code", named_trees)?.unwrap_or_default(),
        storage: fields.optional("storage", read_storage)?.unwrap_or_default(),
        ..Edit::default()
    };
    for toolkit in toolkits.iter() {
        let (currency, vm) = (toolkit.currency(), toolkit.vm());
        if toolkit.transactions().is_some() {
            let balances = fields.optional(currency.unit, named_trees)?.unwrap_or_default();
            edit.units.extend(balances.into_iter().map(|(name, tree)| (currency, name, tree)));
        }
        let Some(section) = toolkit.words().section else { continue };
        let read = |source: &Arc<Source>, key: &'static str, item: &Item<'_>| {
            let entries = Fields::of(source, item, format!("`{key}`"))?.entries();
            let account = |(name, item): (At<String>, &Item<'_>)| {
                let mut fields = Fields::of(source, item, format!("the account `{}`", name.value))?;
                let account = read_account(toolkit, &mut fields)?;
                fields.finish()?;
                Ok((vm, name, account))
            };
            entries.into_iter().map(account).collect::<Result<Vec<_>>>()
        };
        edit.accounts.extend(fields.optional(section, read)?.unwrap_or_default());
    }
    fields.finish()?;
    Ok(edit)
}

pub(super) fn read_warp(fields: &mut Fields<'_>) -> Result<Read> {
    let moment = fields.required("warp", |source, key, item| moment(source, key, item, &SPANS))?;
    let span = moment.span.clone();
    Ok((Action::Warp(moment), span, None))
}

pub(super) fn read_roll(fields: &mut Fields<'_>) -> Result<Read> {
    let moment = fields.required("roll", |source, key, item| moment(source, key, item, &[("block", 1)]))?;
    let span = moment.span.clone();
    Ok((Action::Roll(moment), span, None))
}

/// A number, or a text that says how much later: `+5`, `+2 days`.
fn moment(source: &Arc<Source>, key: &str, item: &Item<'_>, units: &[(&str, u64)]) -> Result<At<Moment>> {
    if !matches!(item.get_ref(), DeValue::String(_)) {
        return number(source, key, item).map(|number| At::new(Moment::At(number.value), number.span));
    }
    let written = text(source, key, item)?;
    let later = written.value.strip_prefix('+').and_then(|rest| later(rest, units));
    let later = later.ok_or_else(|| {
        let units = units.iter().map(|(unit, _)| format!("`{unit}s`")).collect::<Vec<_>>().join(", ");
        Problem::new("hexapla::scenario::moment", format!("`{key}` cannot be read: {:?}", written.value))
            .at(source, &written.span, "neither a number nor how much later")
            .with_help(format!("write a number, or e.g. \"+10\"; a unit may follow: {units}"))
    })?;
    Ok(At::new(Moment::After(later), written.span))
}

fn later(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '_').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit = unit.trim();
    let factor = match unit {
        "" => 1,
        unit => units.iter().find(|(known, _)| unit.strip_suffix('s').unwrap_or(unit) == *known)?.1,
    };
    digits.replace('_', "").parse::<u64>().ok()?.checked_mul(factor)
}

pub(super) fn read_snapshot(fields: &mut Fields<'_>) -> Result<Read> {
    let name = fields.required("snapshot", text)?;
    check_name(&fields.source, &name)?;
    let span = name.span.clone();
    Ok((Action::Snapshot(name), span, None))
}

pub(super) fn read_rollback(fields: &mut Fields<'_>) -> Result<Read> {
    let name = fields.required("rollback", text)?;
    let span = name.span.clone();
    Ok((Action::Rollback(name), span, None))
}

pub(super) fn read_attach(fields: &mut Fields<'_>) -> Result<Read> {
    let name = fields.required("attach", text)?;
    check_name(&fields.source, &name)?;
    let span = name.span.clone();
    let attach = Attach {
        name,
        address: fields.required("address", tree)?,
        abi: fields.optional("abi", text)?,
        like: fields.optional("like", text)?,
    };
    if let (Some(abi), Some(_)) = (&attach.abi, &attach.like) {
        return Err(Problem::new("hexapla::scenario::attach", "`abi` and `like` both say which interface it has")
            .at(&fields.source, &abi.span, "one of them is enough")
            .with_help("leave one out"));
    }
    Ok((Action::Attach(attach), span, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_much_later_is_read_with_units_and_nothing_else() {
        let read = |text: &str| later(text, &SPANS);
        assert_eq!(read("5"), Some(5));
        assert_eq!(read("1_000 seconds"), Some(1_000));
        assert_eq!(read("1 day"), Some(86_400));
        assert_eq!(read("2 weeks"), Some(1_209_600));
        for wrong in ["", "days", "1 daysies", "-1", "1.5 days", "18446744073709551615 weeks", "99999999999999999999"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
