//! The comparison of what a transaction did with `expect`.

use super::{
    Player,
    events::{is_event, written_event},
    pattern::{Pattern, declared, is_value, written, written_call},
    report::{Check, Sent, StepReport, Update},
    send::Results,
};
use crate::{
    explain::{
        fault::fault_text,
        value::{ValueFormatter, number_text},
    },
    format::{At, Step},
    problem::{Problem, Result},
};
use hexapla_abi::{Revert, Tree, Value};
use hexapla_primitives::{Address, Fault, FaultKind};
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
    let path = path.iter().map(|key| (*key).to_owned()).collect();
    let Outcome { holds, expected, observed, update } = outcome;
    Check { what: what.into(), holds, expected, observed, span: span.clone(), update: Update { path, value: update } }
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
            report.checks.extend(sent.receipt.fault.as_ref().map(|seen| fault_kind(fault, seen)));
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
        if let (Some(code), Some(fault)) = (&expect.code, &sent.receipt.fault) {
            report.checks.push(fault_code(code, fault));
        }
        report.checks.extend(expect.gas_used.as_ref().map(|gas| gas_used(gas, sent)));
        Ok(())
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
        let fault = sent.receipt.fault.as_ref();
        let observed =
            fault.map_or_else(|| "success".to_owned(), |fault| format!("failure: {}", self.fault_text(fault)));
        let is_failure = step.expect.is_failure();
        let update = fault.map(|fault| Tree::String(self.written_fault(fault)));
        let (span, key) = match (&step.expect.reverts, &step.expect.fault) {
            (Some(reverts), _) => (&reverts.span, "reverts"),
            (None, Some(fault)) => (&fault.span, "fault"),
            (None, None) => (&step.span, "reverts"),
        };
        let expected = if is_failure { "failure" } else { "success" }.to_owned();
        check("status", span, &[key], Outcome { holds: is_failure == fault.is_some(), expected, observed, update })
    }

    pub(super) fn fault_text(&self, fault: &Fault) -> String {
        fault_text(&ValueFormatter::new(&self.world.names, fault.contract), fault)
    }

    fn reverts(&self, expected: &At<String>, sent: &Sent) -> Result<Option<Check>> {
        let Some(fault) = &sent.receipt.fault else {
            return Ok(None);
        };
        let outcome = Outcome {
            holds: self.is_fault(fault, &expected.value)?,
            expected: if expected.value.is_empty() { "no reason".to_owned() } else { expected.value.clone() },
            observed: self.fault_text(fault),
            update: Some(self.written_fault(fault).into()),
        };
        Ok(Some(check("reverts", &expected.span, &["reverts"], outcome)))
    }

    fn is_fault(&self, fault: &Fault, text: &str) -> Result<bool> {
        if text.is_empty() {
            return Ok(fault.kind == FaultKind::Revert && fault.data.is_empty());
        }
        let names = &self.world.names;
        let declared = Pattern::parse(text).filter(|pattern| declared(names, fault.contract, pattern.name).is_some());
        let Some(Pattern { name, args, .. }) = declared else {
            return Ok(self.fault_text(fault).contains(text));
        };
        let revert = Revert::decode(&fault.data, names.interfaces_from(fault.contract));
        let Revert::Custom(error, values) = revert else {
            // A failure of a VM whose failures are numbers: the text begins with the name that belongs to its number.
            let text = self.fault_text(fault);
            return Ok(args.is_none_or(|args| args.is_empty())
                && text.strip_prefix(name).is_some_and(|rest| rest.starts_with(" (")));
        };
        let Some(args) = args.filter(|_| error.name == name) else {
            return Ok(error.name == name);
        };
        if args.len() != values.len() {
            let message = format!("{} has {} values, {} given", error.signature, values.len(), args.len());
            return Err(Problem::new("hexapla::scenario::error", message));
        }
        for ((param, value), arg) in error.inputs.iter().zip(&values).zip(args) {
            if !is_value(names, fault.contract, &param.ty, arg, value)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The failure as `reverts` would have it.
    fn written_fault(&self, fault: &Fault) -> String {
        let names = &self.world.names;
        match Revert::decode(&fault.data, names.interfaces_from(fault.contract)) {
            Revert::Custom(error, values) => written_call(names, fault.contract, &error.name, &values),
            Revert::Reason(reason) => reason,
            Revert::Empty if fault.kind == FaultKind::Revert => String::new(),
            _ => self.fault_text(fault),
        }
    }

    fn returns(&self, expected: &At<Tree>, sent: &Sent, results: Option<Results<'_>>) -> Result<Check> {
        let results = results.ok_or_else(|| {
            Problem::new("hexapla::scenario::returns", "the results of raw calls have no types")
                .with_help("compare `output` instead")
        })?;
        let function = results.function;
        let trees = match &expected.value {
            Tree::Array(items) => items.clone(),
            one => vec![one.clone()],
        };
        let takes = function.outputs.len();
        if trees.len() != takes {
            let message = format!("{} returns {takes} values, {} given", function.signature, trees.len());
            return Err(Problem::new("hexapla::scenario::returns", message));
        }
        let wanted = function.outputs.iter().zip(trees);
        let wanted = wanted.map(|(param, tree)| self.value(&param.ty, &At::new(tree, expected.span.clone())));
        let wanted = wanted.collect::<Result<Vec<_>>>()?;
        let formatter = ValueFormatter::new(&self.world.names, Address::ZERO);
        let outcome = match results.decode(&self.world.names, &sent.receipt.output) {
            Ok(values) => Outcome {
                holds: values == wanted,
                expected: formatter.values(&wanted),
                observed: formatter.values(&values),
                update: Some(values.iter().map(|value| self.observed(value)).collect()),
            },
            Err(error) => {
                Outcome { holds: false, expected: formatter.values(&wanted), observed: error.to_string(), update: None }
            }
        };
        Ok(check("returns", &expected.span, &["returns"], outcome))
    }

    fn events(&self, expected: &At<Vec<At<String>>>, sent: &Sent) -> Result<Check> {
        let (names, logs) = (&self.world.names, &sent.receipt.logs);
        let mut holds = expected.value.len() == logs.len();
        for (text, log) in expected.value.iter().zip(logs) {
            let same = is_event(names, log, &text.value);
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

    /// A value as the file would have it.
    pub(super) fn observed(&self, value: &Value) -> Tree {
        match value {
            Value::Uint(number) => u32::try_from(*number).map_or_else(|_| number_text(*number).into(), Tree::from),
            Value::Array(items) | Value::Tuple(items) => items.iter().map(|item| self.observed(item)).collect(),
            Value::Bool(_) | Value::Int(_) | Value::String(_) | Value::Struct { .. } | Value::Option(_) => {
                crate::explain::value::json(&self.world.names, value)
            }
            other => Tree::String(written(&self.world.names, Address::ZERO, other)),
        }
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

fn fault_code(expected: &At<u64>, seen: &Fault) -> Check {
    let observed = seen.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
    let outcome = Outcome {
        holds: seen.code == Some(expected.value),
        expected: expected.value.to_string(),
        observed,
        update: seen.code.map(Tree::from),
    };
    check("code", &expected.span, &["code"], outcome)
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
