//! Steps that are played several times: with the values of a table, or with random ones.

use super::{
    Action, Cases, Fuzz, FuzzValue, LIST_MAX,
    call::named_trees,
    checked::check_name,
    fields::{Fields, Item, list, number, text, tree},
};
use crate::{
    problem::{Problem, Result},
    source::{At, Source},
};
use hexapla_abi::{Function, Type};
use std::{ops::Range, sync::Arc};
use toml::de::DeValue;

/// Random cases of a step that does not say how many.
const RUNS: u64 = 256;
/// Most parts of a random value.
const PARTS_MAX: u64 = 100_000;
/// Most random cases of a step.
const RUNS_MAX: u64 = 1_000_000;

/// The values with which a step is played.
pub(super) fn read_cases(fields: &mut Fields<'_>, action: &Action) -> Result<Cases> {
    let table =
        fields.optional("cases", |source, key, item| Ok(At::new(read_table(source, key, item)?, item.span())))?;
    let fuzz = fields.optional("fuzz", |source, key, item| Ok(At::new(read_fuzz(source, key, item)?, item.span())))?;
    let runs = fields.optional("runs", number)?;
    let seed = fields.optional("seed", number)?;
    let source = fields.source.clone();
    let wrong = |message: String, span: &Range<usize>, label: &str, help: &str| {
        Err(Problem::new("hexapla::scenario::cases", message).at(&source, span, label).with_help(help.to_owned()))
    };
    let span = table.as_ref().map(|table| table.span.clone()).or(fuzz.as_ref().map(|fuzz| fuzz.span.clone()));
    let repeats = matches!(
        action,
        Action::Call(_) | Action::Invoke(_) | Action::Transaction(_) | Action::Check | Action::Edit(_)
    );
    if let (Some(span), false) = (&span, repeats) {
        return wrong(
            "this step is played once".to_owned(),
            span,
            "not here",
            "`cases` and `fuzz` belong to `call`, `invoke`, `instructions`, `check` and `set`",
        );
    }
    if let Some(option) = runs.as_ref().or(seed.as_ref()).filter(|_| fuzz.is_none()) {
        return wrong("`runs` and `seed` belong to `fuzz`".to_owned(), &option.span, "without `fuzz`", "leave it out");
    }
    if let Some(runs) = runs.as_ref().filter(|runs| runs.value == 0 || runs.value > RUNS_MAX) {
        let message = format!("`runs` goes from 1 to {RUNS_MAX}");
        return wrong(message, &runs.span, "out of range", "write a number in this range");
    }
    match (table, fuzz) {
        (Some(table), Some(_)) => wrong(
            "`cases` and `fuzz` both say with which values".to_owned(),
            &table.span,
            "one is enough",
            "make two steps",
        ),
        (Some(table), None) => Ok(Cases::Table(table.value)),
        (None, Some(fuzz)) => {
            let runs = runs.map_or(RUNS, |runs| runs.value);
            Ok(Cases::Fuzz(Fuzz { values: fuzz.value, runs, seed: seed.map_or(0, |seed| seed.value) }))
        }
        (None, None) => Ok(Cases::Once),
    }
}

fn read_table(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<Vec<super::Named>> {
    let rows = list(source, key, item)?;
    if rows.value.is_empty() {
        return Err(Problem::new(
            "hexapla::scenario::cases",
            "`cases` has no case, and the step would never be played",
        )
        .at(source, &rows.span, "no case")
        .with_help("write e.g. `cases = [{ amount = 1 }, { amount = 2 }]`"));
    }
    let row = |item: &&Item<'_>| {
        let row = named_trees(source, "each of `cases`", item)?;
        row.iter().try_for_each(|(name, _)| check_name(source, name))?;
        Ok(row)
    };
    rows.value.iter().map(row).collect()
}

fn read_fuzz(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<Vec<FuzzValue>> {
    let values = Fields::of(source, item, format!("`{key}`"))?.entries();
    values.into_iter().map(|(name, item)| read_value(source, name, item)).collect()
}

fn read_value(source: &Arc<Source>, name: At<String>, item: &Item<'_>) -> Result<FuzzValue> {
    check_name(source, &name)?;
    if !matches!(item.get_ref(), DeValue::Table(_)) {
        let ty = read_type(source, &text(source, &name.value, item)?)?;
        return Ok(FuzzValue { name, ty, min: None, max: None });
    }
    let mut fields = Fields::of(source, item, format!("`{}`", name.value))?;
    let ty = fields.required("type", text)?;
    let (min, max) = (fields.optional("min", tree)?, fields.optional("max", tree)?);
    let read = read_type(source, &ty)?;
    if let (Some(bound), false) = (min.as_ref().or(max.as_ref()), matches!(read, Type::Uint { .. })) {
        let message = format!("{} has no `min` and `max`", ty.value);
        return Err(Problem::new("hexapla::scenario::cases", message)
            .at(source, &bound.span, "not for this type")
            .with_help("only unsigned numbers have bounds"));
    }
    fields.finish()?;
    Ok(FuzzValue { name, ty: read, min, max })
}

/// How many parts a random value of a type can have.
fn parts(ty: &Type) -> u64 {
    match ty {
        Type::Array(item) => (LIST_MAX as u64).saturating_mul(parts(item)),
        Type::FixedArray(item, length) => (*length as u64).saturating_mul(parts(item)),
        Type::Tuple(items) => items.iter().map(parts).fold(0, u64::saturating_add),
        Type::FixedBytes(_) | Type::Bytes | Type::String => LIST_MAX as u64,
        _ => 1,
    }
}

/// A type as Solidity or Rust writes it.
fn read_type(source: &Arc<Source>, written: &At<String>) -> Result<Type> {
    let solidity = match written.value.split_at_checked(1) {
        Some(("u", bits)) if bits.parse::<u16>().is_ok() => format!("uint{bits}"),
        Some(("i", bits)) if bits.parse::<u16>().is_ok() => format!("int{bits}"),
        _ => written.value.clone(),
    };
    let function = Function::from_solidity_signature(&format!("f({solidity})"));
    let ty = function.ok().and_then(|function| Some(function.inputs.first()?.ty.clone()));
    if let Some(ty) = ty.as_ref().filter(|ty| parts(ty) > PARTS_MAX) {
        let message = format!("a random value of {ty} can have more than {PARTS_MAX} parts");
        return Err(Problem::new("hexapla::scenario::type", message)
            .at(source, &written.span, "this type")
            .with_help("take fewer or shorter lists"));
    }
    ty.ok_or_else(|| {
        Problem::new("hexapla::scenario::type", format!("`{}` is not a type", written.value))
            .at(source, &written.span, "this type")
            .with_help("write e.g. `uint256`, `u64`, `address`, `bytes`, `bool`, `uint8[]`")
    })
}
