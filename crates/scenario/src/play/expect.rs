//! The comparison of what a transaction did with `expect`.

use super::{
    Player,
    events::{is_event, written_event},
    failure::{has_code, is_failure, layers, note, written_failure},
    report::{Check, Sent, StepReport, Update},
    send::Results,
};
use crate::{
    explain::{fault::fault_text, value::ValueFormatter},
    format::{At, Step},
    problem::{Problem, Result},
};
use hexapla_abi::{Function, Tree, Type, Value};
use hexapla_primitives::{Address, Fault};
use std::ops::Range;

/// The outcome of one comparison.
pub(super) struct Outcome {
    pub(super) holds: bool,
    pub(super) expected: String,
    pub(super) observed: String,
    /// The observed value as the file would have it; `None` where the key had better go.
    pub(super) update: Option<Tree>,
}

pub(super) fn check(what: impl Into<String>, span: &Range<usize>, path: &[&str], outcome: Outcome) -> Check {
    let Outcome { holds, expected, observed, update } = outcome;
    Check { what: what.into(), holds, expected, observed, span: span.clone(), updates: vec![change(path, update)] }
}

pub(super) fn change(path: &[&str], value: Option<Tree>) -> Update {
    Update { path: path.iter().map(|key| (*key).to_owned()).collect(), value }
}

impl Player<'_> {
    /// Compares what a transaction or view did.
    pub(super) fn expect_sent(
        &self,
        step: &Step,
        sent: &Sent,
        results: Option<Results<'_>>,
        report: &mut StepReport,
    ) -> Result<()> {
        let expect = &step.expect;
        let place = |span: &Range<usize>| {
            let (source, span) = (self.scenario.source.clone(), span.clone());
            move |problem: Box<Problem>| problem.at(&source, &span, "this expectation")
        };
        report.checks.push(self.status(step, sent));
        if let Some(reverts) = &expect.reverts {
            report.checks.extend(self.reverts(reverts, sent).map_err(place(&reverts.span))?);
        }
        if let Some(fault) = &expect.fault {
            let fault = At::new(self.filled(&fault.value).map_err(place(&fault.span))?, fault.span.clone());
            report.checks.extend(sent.failure.as_ref().map(|seen| fault_kind(&fault, seen)));
        }
        let succeeded = sent.receipt.is_success();
        if let (Some(returns), true) = (&expect.returns, succeeded) {
            report.checks.push(self.returns(returns, sent, results).map_err(place(&returns.span))?);
        }
        if let Some(output) = &expect.output {
            report.checks.push(self.output(output, sent)?);
        }
        if let Some(events) = &expect.events {
            report.checks.push(self.events(events, sent)?);
        }
        if let (Some(code), Some(fault)) = (&expect.code, &sent.failure) {
            report.checks.push(self.fault_code(code, fault));
        }
        report.checks.extend(expect.gas_used.as_ref().map(|gas| gas_used(gas, sent)));
        Ok(())
    }

    fn fault_code(&self, expected: &At<u64>, seen: &Fault) -> Check {
        let code = layers(&self.world.names, seen).iter().find_map(|layer| layer.code);
        let outcome = Outcome {
            holds: has_code(&self.world.names, seen, expected.value),
            expected: expected.value.to_string(),
            observed: code.map_or_else(|| "none".to_owned(), |code| code.to_string()),
            update: code.map(Tree::from),
        };
        let updates = match code {
            Some(code) => vec![change(&["code"], Some(Tree::from(code)))],
            None => [vec![change(&["code"], None)], self.written_fault(seen)].concat(),
        };
        Check { updates, ..check("code", &expected.span, &["code"], outcome) }
    }

    fn output(&self, expected: &At<Tree>, sent: &Sent) -> Result<Check> {
        let (bytes, observed) = (self.bytes(expected)?, &sent.receipt.output);
        let outcome = Outcome {
            holds: bytes == *observed,
            expected: bytes.to_string(),
            observed: observed.to_string(),
            update: Some(observed.to_string().into()),
        };
        Ok(check("output", &expected.span, &["output"], outcome))
    }

    /// Success, unless a failure is expected.
    fn status(&self, step: &Step, sent: &Sent) -> Check {
        let fault = sent.failure.as_ref();
        let observed =
            fault.map_or_else(|| "success".to_owned(), |fault| format!("failure: {}", self.fault_text(fault)));
        let is_failure = step.expect.is_failure();
        let (span, key) = match (&step.expect.reverts, &step.expect.fault) {
            (Some(reverts), _) => (&reverts.span, "reverts"),
            (None, Some(fault)) => (&fault.span, "fault"),
            (None, None) => (&step.span, "reverts"),
        };
        let expected = if is_failure { "failure" } else { "success" }.to_owned();
        let outcome = Outcome { holds: is_failure == fault.is_some(), expected, observed, update: None };
        let updates = match fault {
            Some(fault) => [vec![change(&["returns"], None)], self.written_fault(fault)].concat(),
            None => ["reverts", "fault", "code"].map(|key| change(&[key], None)).to_vec(),
        };
        Check { updates, ..check("status", span, &[key], outcome) }
    }

    pub(super) fn fault_text(&self, fault: &Fault) -> String {
        fault_text(&ValueFormatter::new(&self.world.names, fault.contract), fault)
    }

    fn reverts(&self, expected: &At<String>, sent: &Sent) -> Result<Option<Check>> {
        let Some(fault) = &sent.failure else {
            return Ok(None);
        };
        let names = &self.world.names;
        let text = &self.filled(&expected.value)?;
        let holds = is_failure(names, fault, text)?;
        let note = note(names, text).filter(|_| !holds).map(|note| format!("; {note}")).unwrap_or_default();
        let outcome = Outcome {
            holds,
            expected: if text.is_empty() { "no reason".to_owned() } else { text.clone() },
            observed: format!("{}{note}", self.fault_text(fault)),
            update: None,
        };
        let updates = self.written_fault(fault);
        Ok(Some(Check { updates, ..check("reverts", &expected.span, &["reverts"], outcome) }))
    }

    /// What the file says about a failure that is observed: by its name or reason, or by its kind where it has neither.
    pub(super) fn written_fault(&self, fault: &Fault) -> Vec<Update> {
        match written_failure(&self.world.names, fault) {
            Some(text) if self.filled(&text).is_ok_and(|filled| filled == text) => {
                vec![change(&["reverts"], Some(text.into()))]
            }
            _ => vec![change(&["reverts"], None), change(&["fault"], Some(fault.kind.name().into()))],
        }
    }

    fn returns(&self, expected: &At<Tree>, sent: &Sent, results: Option<Results<'_>>) -> Result<Check> {
        let results = results.ok_or_else(|| {
            Problem::new("hexapla::scenario::returns", "the results of raw calls have no types")
                .with_help("compare `output` instead")
        })?;
        let function = results.function;
        let wanted = self.wanted(function, expected)?;
        let formatter = ValueFormatter::new(&self.world.names, Address::ZERO);
        let values = match results.decode(&self.world.names, &sent.receipt.output) {
            Ok(values) => values,
            // What the interface does not say can be compared by its bytes alone.
            Err(error) => {
                let (shown, observed) = (formatter.values(&wanted), error.to_string());
                let outcome = Outcome { holds: false, expected: shown, observed, update: None };
                let by_bytes = change(&["output"], Some(sent.receipt.output.to_string().into()));
                let updates = vec![change(&["returns"], None), by_bytes];
                return Ok(Check { updates, ..check("returns", &expected.span, &["returns"], outcome) });
            }
        };
        let outcome = Outcome {
            holds: values == wanted,
            expected: formatter.values(&wanted),
            observed: formatter.values(&values),
            update: self.written_results(function, &values),
        };
        Ok(check("returns", &expected.span, &["returns"], outcome))
    }

    /// The values that a function is expected to return: a list of them, or the only one alone. Of a struct with one field
    /// the field's value alone will do.
    pub(super) fn wanted(&self, function: &Function, expected: &At<Tree>) -> Result<Vec<Value>> {
        let value = |ty: &Type, tree: &Tree| {
            let tree = At::new(tree.clone(), expected.span.clone());
            let whole = self.value(ty, &tree);
            match ty {
                Type::Struct { name, fields } if whole.is_err() => match fields.as_slice() {
                    [field] => self
                        .value(&field.ty, &tree)
                        .map(|value| Value::Struct { name: name.clone(), fields: vec![(field.name.clone(), value)] })
                        .or(whole),
                    _ => whole,
                },
                _ => whole,
            }
        };
        let (outputs, tree) = (function.outputs.as_slice(), &expected.value);
        let trees = match (outputs, tree) {
            ([one], Tree::Array(items)) => {
                let listed = if let [item] = items.as_slice() { value(&one.ty, item).ok() } else { None };
                return listed.map_or_else(|| value(&one.ty, tree), Ok).map(|value| vec![value]);
            }
            (_, Tree::Array(items)) => items.as_slice(),
            (_, one) => std::slice::from_ref(one),
        };
        let takes = outputs.len();
        if trees.len() != takes {
            let message = format!("{} returns {takes} values, {} given", function.signature, trees.len());
            return Err(Problem::new("hexapla::scenario::returns", message));
        }
        outputs.iter().zip(trees).map(|(param, tree)| value(&param.ty, tree)).collect()
    }

    /// Results as the file would have them, as a list; `None` where they cannot be written.
    pub(super) fn written_results(&self, function: &Function, values: &[Value]) -> Option<Tree> {
        let values = function.outputs.iter().zip(values);
        values.map(|(param, value)| self.observed(&param.ty, value)).collect::<Option<Vec<_>>>().map(Tree::Array)
    }

    fn events(&self, expected: &At<Vec<At<String>>>, sent: &Sent) -> Result<Check> {
        let (names, logs) = (&self.world.names, &sent.receipt.logs);
        let mut holds = expected.value.len() == logs.len();
        for (text, log) in expected.value.iter().zip(logs) {
            let same = self.filled(&text.value).and_then(|text| is_event(names, log, &text));
            holds &= same.map_err(|problem| problem.at(&self.scenario.source, &text.span, "this event"))?;
        }
        let observed = logs.iter().map(|log| written_event(names, log)).collect::<Vec<_>>();
        let outcome = Outcome {
            holds,
            expected: lines(expected.value.iter().map(|text| text.value.as_str())),
            observed: lines(observed.iter().map(String::as_str)),
            update: Some(observed.into()),
        };
        Ok(check("events", &expected.span, &["events"], outcome))
    }
}

fn fault_kind(expected: &At<String>, seen: &Fault) -> Check {
    let observed = seen.kind.name();
    let outcome = Outcome {
        holds: expected.value == observed,
        expected: expected.value.clone(),
        observed: observed.to_owned(),
        update: Some(observed.into()),
    };
    check("fault", &expected.span, &["fault"], outcome)
}

fn gas_used(expected: &At<u64>, sent: &Sent) -> Check {
    let observed = sent.gas_used();
    let outcome = Outcome {
        holds: expected.value == observed,
        expected: expected.value.to_string(),
        observed: observed.to_string(),
        update: Some(observed.into()),
    };
    check("gas used", &expected.span, &["gas_used"], outcome)
}

/// One event a line; none in words.
fn lines<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let texts = texts.collect::<Vec<_>>();
    if texts.is_empty() { "none".to_owned() } else { texts.join("\n") }
}
