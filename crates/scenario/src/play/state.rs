//! The comparison of the state with `expect`: balances, storage, views.

use super::{
    Player,
    expect::{Outcome, check},
    pattern::split_arguments,
    plan::found,
    report::{Check, StepReport},
};
use crate::{
    explain::{
        fault::revert_text,
        value::{ValueFormatter, number_text},
    },
    format::{At, Expect},
    problem::{Problem, Result},
};
use hexapla_abi::{Codec as _, Function, SolidityCodec, Tree, Type, Value};
use hexapla_primitives::{Address, FaultKind};

impl Player<'_> {
    /// Compares balances, storage and views with the state as it is now.
    pub(super) fn expect_state(&self, expect: &Expect, report: &mut StepReport) -> Result<()> {
        for (name, tree) in &expect.balance {
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
        for (name, slots) in &expect.storage {
            for (slot, tree) in slots {
                report.checks.push(self.slot(name, slot, tree)?);
            }
        }
        self.expect_accounts(expect, report)?;
        for (view, tree) in &expect.views {
            let checked = self.view(view, tree);
            report.checks.push(checked.map_err(|problem| problem.at(&self.scenario.source, &view.span, "this view"))?);
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
        let to = crate::world::account(&self.world.names, target.trim())?;
        let interface = self.world.names.interface(to).ok_or_else(|| {
            Problem::new("hexapla::scenario::no_interface", format!("`{target}` has no interface"))
                .with_help("name its `abi` where it is deployed")
        })?;
        let function = &found(interface, name, args.len())
            .map_err(|error| Problem::new("hexapla::scenario::unknown_function", error.to_string()))?;
        let output = self.look(to, function, &args)?;
        let formatter = ValueFormatter::new(&self.world.names, to);
        let expected = self.view_values(function, tree)?;
        let outcome = match output {
            Ok(values) => Outcome {
                holds: values == expected,
                expected: formatter.values(&expected),
                observed: formatter.values(&values),
                update: match (function.outputs.as_slice(), values.as_slice()) {
                    ([param], [one]) => self.observed(&param.ty, one),
                    _ => self.written_results(function, &values),
                },
            },
            Err(failure) => {
                Outcome { holds: false, expected: formatter.values(&expected), observed: failure, update: None }
            }
        };
        Ok(check(view.value.clone(), &tree.span, &["views", &view.value], outcome))
    }

    fn view_values(&self, function: &Function, tree: &At<Tree>) -> Result<Vec<Value>> {
        let value = |ty: &Type, value: &Tree| self.value(ty, &At::new(value.clone(), tree.span.clone()));
        match (function.outputs.as_slice(), &tree.value) {
            ([one], tree) => Ok(vec![value(&one.ty, tree)?]),
            (outputs, Tree::Array(items)) if outputs.len() == items.len() => {
                outputs.iter().zip(items).map(|(param, item)| value(&param.ty, item)).collect()
            }
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
        let trees = args.iter().map(|arg| self.world.saved.resolve(&Tree::String((*arg).to_owned())));
        let trees = trees.collect::<Result<Vec<_>>>()?;
        let values =
            function.inputs.iter().zip(&trees).zip(args).map(|((param, tree), arg)| match arg.starts_with('$') {
                true => self.world.names.value(&param.ty, tree),
                false => self.world.names.value_of_text(&param.ty, arg),
            });
        let values = values.collect::<Result<Vec<_>, _>>();
        let values = values.map_err(|error| Problem::new("hexapla::scenario::value", error.to_string()))?;
        let codec = SolidityCodec::default();
        let input = codec.encode_call(function, &values);
        let input = input.map_err(|error| Problem::new("hexapla::scenario::arguments", error.to_string()))?;
        let receipt = self.world.chain.simulate(self.world.chain.call(self.first_account(), to, input)?)?;
        Ok(match &receipt.fault {
            Some(fault) if fault.kind == FaultKind::Revert => {
                Err(format!("failure: {}", revert_text(&ValueFormatter::new(&self.world.names, to), &fault.data)))
            }
            Some(fault) => Err(format!("failure: {}", self.fault_text(fault))),
            None => codec.decode_output(function, &receipt.output).map_err(|error| error.to_string()),
        })
    }
}
