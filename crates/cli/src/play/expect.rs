//! The comparison of what happened with `expect`.

use super::{
    Player,
    events::{is_event, written_event},
    pattern::{Pattern, declared, is_value, split_arguments, written, written_call},
    report::{Check, Sent, StepReport, Update},
};
use crate::{
    explain::{
        fault::{fault_text, revert_text},
        value::{Shower, number_text},
    },
    problem::{Problem, Result},
    scenario::{At, Step},
};
use hexapla_abi::{Codec as _, Function, Revert, SolidityCodec, Tree, Type, Value, find_function};
use hexapla_primitives::{Address, Fault, FaultKind};
use std::ops::Range;

/// Expected and observed text of a check that holds need not be told apart from each other.
struct Outcome {
    holds: bool,
    expected: String,
    observed: String,
    /// The observed value as the file would have it; `None` where the key had better go.
    update: Option<Tree>,
}

fn check(what: impl Into<String>, span: &Range<usize>, path: &[&str], outcome: Outcome) -> Check {
    let path = path.iter().map(|key| (*key).to_owned()).collect();
    let Outcome {
        holds,
        expected,
        observed,
        update,
    } = outcome;
    Check {
        what: what.into(),
        holds,
        expected,
        observed,
        span: span.clone(),
        update: Update { path, value: update },
    }
}

impl Player<'_> {
    /// Compares what a transaction or view did.
    pub(super) fn expect_sent(
        &self,
        step: &Step,
        sent: &Sent,
        function: Option<&Function>,
        report: &mut StepReport,
    ) -> Result<()> {
        let expect = &step.expect;
        let place = |span: &Range<usize>| {
            let (source, span) = (self.scenario.source.clone(), span.clone());
            move |problem: Box<Problem>| problem.at(&source, &span, "this expectation")
        };
        report.checks.push(self.status(step, sent));
        if let Some(reverts) = &expect.reverts {
            report
                .checks
                .extend(self.reverts(reverts, sent).map_err(place(&reverts.span))?);
        }
        if let Some(fault) = &expect.fault {
            report
                .checks
                .extend(sent.receipt.fault.as_ref().map(|seen| fault_kind(fault, seen)));
        }
        let succeeded = sent.receipt.is_success();
        if let (Some(returns), true) = (&expect.returns, succeeded) {
            report
                .checks
                .push(self.returns(returns, sent, function).map_err(place(&returns.span))?);
        }
        if let Some(output) = &expect.output {
            let (expected, observed) = (self.bytes(output)?, &sent.receipt.output);
            let outcome = Outcome {
                holds: expected == *observed,
                expected: expected.to_string(),
                observed: observed.to_string(),
                update: Some(observed.to_string().into()),
            };
            report.checks.push(check("output", &output.span, &["output"], outcome));
        }
        if let Some(events) = &expect.events {
            report.checks.push(self.events(events, sent)?);
        }
        if let Some(gas) = &expect.gas_used {
            let observed = sent.receipt.gas_used;
            let outcome = Outcome {
                holds: gas.value == observed,
                expected: gas.value.to_string(),
                observed: observed.to_string(),
                update: Some(observed.into()),
            };
            report.checks.push(check("gas used", &gas.span, &["gas_used"], outcome));
        }
        Ok(())
    }

    /// Success, unless a failure is expected.
    fn status(&self, step: &Step, sent: &Sent) -> Check {
        let fault = sent.receipt.fault.as_ref();
        let observed = fault.map_or_else(
            || "success".to_owned(),
            |fault| format!("failure: {}", self.fault_text(fault)),
        );
        let is_failure = step.expect.is_failure();
        let update = fault.map(|fault| Tree::String(self.written_fault(fault)));
        let (span, key) = match (&step.expect.reverts, &step.expect.fault) {
            (Some(reverts), _) => (&reverts.span, "reverts"),
            (None, Some(fault)) => (&fault.span, "fault"),
            (None, None) => (&step.span, "reverts"),
        };
        let expected = if is_failure { "failure" } else { "success" }.to_owned();
        check(
            "status",
            span,
            &[key],
            Outcome {
                holds: is_failure == fault.is_some(),
                expected,
                observed,
                update,
            },
        )
    }

    fn fault_text(&self, fault: &Fault) -> String {
        fault_text(&Shower::new(&self.world.names, fault.contract), fault)
    }

    fn reverts(&self, expected: &At<String>, sent: &Sent) -> Result<Option<Check>> {
        let Some(fault) = &sent.receipt.fault else {
            return Ok(None);
        };
        let outcome = Outcome {
            holds: self.is_fault(fault, &expected.value)?,
            expected: if expected.value.is_empty() {
                "no reason".to_owned()
            } else {
                expected.value.clone()
            },
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
            return Ok(false);
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

    fn returns(&self, expected: &At<Tree>, sent: &Sent, function: Option<&Function>) -> Result<Check> {
        let function = function.ok_or_else(|| {
            Problem::new("hexapla::scenario::returns", "the results of raw calls have no types")
                .with_help("compare `output` instead")
        })?;
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
        let shower = Shower::new(&self.world.names, Address::ZERO);
        let outcome = match SolidityCodec::default().decode_output(function, &sent.receipt.output) {
            Ok(values) => Outcome {
                holds: values == wanted,
                expected: shower.values(&wanted),
                observed: shower.values(&values),
                update: Some(values.iter().map(|value| self.observed(value)).collect()),
            },
            Err(error) => Outcome {
                holds: false,
                expected: shower.values(&wanted),
                observed: error.to_string(),
                update: None,
            },
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

    /// Compares balances, storage and views with the state as it is now.
    pub(super) fn expect_state(&self, step: &Step, report: &mut StepReport) -> Result<()> {
        for (name, tree) in &step.expect.balance {
            let (expected, observed) = (self.number(tree)?, self.world.chain.balance(self.account(name)?)?);
            let update = Some(number_text(observed).into());
            let outcome = Outcome {
                holds: expected == observed,
                expected: number_text(expected),
                observed: number_text(observed),
                update,
            };
            report.checks.push(check(
                format!("balance of {}", name.value),
                &tree.span,
                &["balance", &name.value],
                outcome,
            ));
        }
        for (name, slots) in &step.expect.storage {
            for (slot, tree) in slots {
                report.checks.push(self.slot(name, slot, tree)?);
            }
        }
        for (view, tree) in &step.expect.views {
            let checked = self.view(view, tree);
            report
                .checks
                .push(checked.map_err(|problem| problem.at(&self.scenario.source, &view.span, "this view"))?);
        }
        Ok(())
    }

    fn slot(&self, name: &At<String>, slot: &At<String>, tree: &At<Tree>) -> Result<Check> {
        let key = self.number(&At::new(Tree::String(slot.value.clone()), slot.span.clone()))?;
        let (expected, observed) = (self.number(tree)?, self.world.chain.word(self.account(name)?, key)?);
        let outcome = Outcome {
            holds: expected == observed,
            expected: format!("{expected:#x}"),
            observed: format!("{observed:#x}"),
            update: Some(format!("{observed:#x}").into()),
        };
        let what = format!("slot {} of {}", slot.value, name.value);
        Ok(check(what, &tree.span, &["storage", &name.value, &slot.value], outcome))
    }

    /// `token.balanceOf(bob)` against a value.
    fn view(&self, view: &At<String>, tree: &At<Tree>) -> Result<Check> {
        let not_a_view = || {
            Problem::new("hexapla::scenario::view", format!("{:?} is not a view", view.value))
                .with_help("write `contract.function(arguments)`, e.g. `token.balanceOf(bob)`")
        };
        let (target, rest) = view.value.split_once('.').ok_or_else(not_a_view)?;
        let (name, args) = rest.split_once('(').ok_or_else(not_a_view)?;
        let args = split_arguments(args.strip_suffix(')').ok_or_else(not_a_view)?);
        let to = super::account(&self.world.names, target.trim())?;
        let interface = self.world.names.interface(to).ok_or_else(|| {
            Problem::new(
                "hexapla::scenario::no_interface",
                format!("`{target}` has no interface"),
            )
            .with_help("name its `abi` where it is deployed")
        })?;
        let function = find_function(interface, name, Some(args.len()))
            .map_err(|error| Problem::new("hexapla::scenario::unknown_function", error.to_string()))?;
        let output = self.look(to, function, &args)?;
        let shower = Shower::new(&self.world.names, to);
        let expected = self.view_values(function, tree)?;
        let outcome = match output {
            Ok(values) => Outcome {
                holds: values == expected,
                expected: shower.values(&expected),
                observed: shower.values(&values),
                update: Some(match values.as_slice() {
                    [one] => self.observed(one),
                    values => values.iter().map(|value| self.observed(value)).collect(),
                }),
            },
            Err(failure) => Outcome {
                holds: false,
                expected: shower.values(&expected),
                observed: failure,
                update: None,
            },
        };
        Ok(check(view.value.clone(), &tree.span, &["views", &view.value], outcome))
    }

    fn view_values(&self, function: &Function, tree: &At<Tree>) -> Result<Vec<Value>> {
        let value = |ty: &Type, value: &Tree| self.value(ty, &At::new(value.clone(), tree.span.clone()));
        match (function.outputs.as_slice(), &tree.value) {
            ([one], tree) => Ok(vec![value(&one.ty, tree)?]),
            (outputs, Tree::Array(items)) if outputs.len() == items.len() => outputs
                .iter()
                .zip(items)
                .map(|(param, item)| value(&param.ty, item))
                .collect(),
            (outputs, _) => {
                let message = format!("{} returns {} values", function.signature, outputs.len());
                Err(Problem::new("hexapla::scenario::returns", message).at(
                    &self.scenario.source,
                    &tree.span,
                    "write a list of them",
                ))
            }
        }
    }

    /// Calls a function without leaving a trace; the failure in words.
    fn look(&self, to: Address, function: &Function, args: &[&str]) -> Result<Result<Vec<Value>, String>> {
        let trees = args
            .iter()
            .map(|arg| self.world.saved.resolve(&Tree::String((*arg).to_owned())));
        let trees = trees.collect::<Result<Vec<_>>>()?;
        let values = function
            .inputs
            .iter()
            .zip(&trees)
            .zip(args)
            .map(|((param, tree), arg)| match arg.starts_with('$') {
                true => hexapla_abi::value_from_tree(&param.ty, tree, &|name| self.world.names.address(name)),
                false => hexapla_abi::parse_value_with(&param.ty, arg, &|name| self.world.names.address(name)),
            });
        let values = values.collect::<Result<Vec<_>, _>>();
        let values = values.map_err(|error| Problem::new("hexapla::scenario::value", error.to_string()))?;
        let codec = SolidityCodec::default();
        let input = codec.encode_call(function, &values);
        let input = input.map_err(|error| Problem::new("hexapla::scenario::arguments", error.to_string()))?;
        let receipt = self
            .world
            .chain
            .simulate(self.world.chain.call(self.first_account(), to, input)?)?;
        Ok(match &receipt.fault {
            Some(fault) if fault.kind == FaultKind::Revert => Err(format!(
                "failure: {}",
                revert_text(&Shower::new(&self.world.names, to), &fault.data)
            )),
            Some(fault) => Err(format!("failure: {}", self.fault_text(fault))),
            None => codec
                .decode_output(function, &receipt.output)
                .map_err(|error| error.to_string()),
        })
    }

    /// A value as the file would have it.
    fn observed(&self, value: &Value) -> Tree {
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

/// One event a line; none in words.
fn lines<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let texts = texts.collect::<Vec<_>>();
    if texts.is_empty() {
        "none".to_owned()
    } else {
        texts.join("\n")
    }
}
