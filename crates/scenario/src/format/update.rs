//! Observed values written back into `expect`. Comments and the order of keys stay as they are.

use crate::{
    play::report::{StepReport, Update},
    problem::{Problem, Result},
    source::Source,
};
use hexapla_abi::Tree;
use std::fs;
use toml_edit::{Array, DocumentMut, InlineTable, Item, TableLike, Value};

/// What some editors put before UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Changes the scenario's own file so that the failed expectations in it hold, and says how many were changed. The first
/// `included_steps` stand in other files.
///
/// # Errors
///
/// The file cannot be changed.
pub fn write(source: &Source, included_steps: usize, steps: &[StepReport]) -> Result<usize> {
    let (text, changed) = updated(source.text(), included_steps, steps)?;
    if changed > 0 {
        // Behind a link, the file itself is changed.
        let path = fs::canonicalize(source.path()).map_err(|error| Problem::file(source.path(), "find", error))?;
        let unfinished = path.with_extension("toml.tmp");
        let written = fs::write(&unfinished, as_before(source.text(), &text));
        let written = written.and_then(|()| fs::set_permissions(&unfinished, fs::metadata(&path)?.permissions()));
        written.map_err(|error| Problem::file(&unfinished, "write", error))?;
        fs::rename(&unfinished, &path).map_err(|error| Problem::file(&path, "replace", error))?;
    }
    Ok(changed)
}

/// The text with the byte order mark and the ends of lines that the file has had.
fn as_before(before: &str, text: &str) -> String {
    let mark = if before.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK } else { "" };
    let text = text.trim_start_matches(BYTE_ORDER_MARK);
    match before.contains("\r\n") {
        true => format!("{mark}{}", text.replace("\r\n", "\n").replace('\n', "\r\n")),
        false => format!("{mark}{text}"),
    }
}

fn updated(text: &str, included: usize, steps: &[StepReport]) -> Result<(String, usize)> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        Problem::new("hexapla::update", "the scenario cannot be changed").because(error)
    })?;
    let mut changed = 0;
    for report in steps {
        for check in report.failures() {
            let own = report.number.checked_sub(included);
            let step = own.and_then(|number| step_mut(&mut document, number));
            let Some(step) = step else { continue };
            let applied = check.updates.iter().filter(|update| apply(step, update)).count();
            changed += usize::from(applied > 0);
        }
    }
    Ok((document.to_string(), changed))
}

/// The table of a step: of `[[step]]`, or of a list of inline tables.
fn step_mut(document: &mut DocumentMut, number: usize) -> Option<&mut dyn TableLike> {
    let index = number.checked_sub(1)?;
    match document.get_mut("step")? {
        Item::ArrayOfTables(steps) => steps.get_mut(index).map(|table| table as &mut dyn TableLike),
        Item::Value(Value::Array(steps)) => {
            steps.get_mut(index)?.as_inline_table_mut().map(|table| table as &mut dyn TableLike)
        }
        _ => None,
    }
}

/// Sets, or removes, one key below `expect`.
fn apply(step: &mut dyn TableLike, update: &Update) -> bool {
    let Some((last, parents)) = update.path.split_last() else {
        return false;
    };
    let mut table = step;
    for key in ["expect"].into_iter().chain(parents.iter().map(String::as_str)) {
        let entry = table.entry(key).or_insert_with(|| Item::Value(Value::InlineTable(InlineTable::new())));
        match entry.as_table_like_mut() {
            Some(inner) => table = inner,
            None => return false,
        }
    }
    match &update.value {
        None => table.remove(last).is_some(),
        Some(tree) => {
            let mut value = value_of(tree);
            match table.get_mut(last).and_then(Item::as_value_mut) {
                Some(old) => {
                    *value.decor_mut() = old.decor().clone();
                    *old = value;
                }
                None => {
                    table.insert(last, Item::Value(value));
                }
            }
            true
        }
    }
}

/// A tree as it is read again once it was written into a file: TOML has no null, and its numbers are smaller.
pub(crate) fn read_back(tree: &Tree) -> Tree {
    match tree {
        Tree::Null => Tree::from("none"),
        Tree::Number(number) if number.as_i64().is_none() => Tree::String(number.to_string()),
        Tree::Array(items) => items.iter().map(read_back).collect(),
        Tree::Object(fields) => fields.iter().map(|(name, tree)| (name.clone(), read_back(tree))).collect(),
        other => other.clone(),
    }
}

/// A tree that was written into a file and read from it.
#[cfg(test)]
pub(crate) fn through_file(tree: &Tree) -> Tree {
    let text = format!("value = {}", value_of(tree));
    let table = toml::de::DeTable::parse(&text).unwrap();
    super::fields::tree_of(table.get_ref().get("value").unwrap().get_ref())
}

fn value_of(tree: &Tree) -> Value {
    match tree {
        Tree::Null => Value::from("none"),
        Tree::Bool(value) => Value::from(*value),
        Tree::Number(number) => number.as_i64().map_or_else(|| Value::from(number.to_string()), Value::from),
        Tree::String(text) => Value::from(text.as_str()),
        Tree::Array(items) => Value::Array(array_of(items)),
        Tree::Object(fields) => {
            Value::InlineTable(fields.iter().map(|(key, value)| (key.as_str(), value_of(value))).collect())
        }
    }
}

fn array_of(items: &[Tree]) -> Array {
    items.iter().map(value_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn applied(text: &str, path: &[&str], value: Option<Tree>) -> String {
        let mut document: DocumentMut = text.parse().unwrap();
        let update = Update { path: path.iter().map(|key| (*key).to_owned()).collect(), value };
        assert!(apply(step_mut(&mut document, 1).unwrap(), &update));
        document.to_string()
    }

    #[test]
    fn values_are_replaced_in_place_and_comments_stay() {
        let text = "# head\n[[step]]\ncall = \"a.b\" # why\nexpect = { returns = [1], gas_used = 5 } # end\n";
        assert_eq!(applied(text, &["returns"], Some(json!([2]))), text.replace("[1]", "[2]"));
        let text = "[[step]]\ncall = \"a.b\"\n[step.expect]\nreturns = 1 # old\n";
        assert_eq!(applied(text, &["returns"], Some(json!([2]))), text.replace("= 1", "= [2]"));
    }

    #[test]
    fn missing_tables_are_made_and_keys_removed() {
        let text = "[[step]]\ncall = \"a.b\"\n";
        assert_eq!(
            applied(text, &["reverts"], Some(json!("No()"))),
            format!("{text}expect = {{ reverts = \"No()\" }}\n")
        );
        let text = "[[step]]\ncall = \"a.b\"\nexpect = { reverts = \"x\", returns = [] }\n";
        assert_eq!(applied(text, &["reverts"], None), "[[step]]\ncall = \"a.b\"\nexpect = { returns = [] }\n");
    }
}
