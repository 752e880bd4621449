//! Steps that are played several times.

use super::{
    Player,
    fuzz::{Shrinking, Values, values},
    report::StepReport,
};
use crate::{
    format::{At, Fuzz, Named, Step},
    problem::{Problem, Result},
};
use hexapla_abi::{Tree, Type, Value};
use hexapla_primitives::U256;

/// Tries to make a case that fails smaller.
const SHRINKS_MAX: usize = 4_096;

impl Player<'_> {
    /// Plays a step with the values of a row.
    pub(super) fn case(&mut self, step: &Step, row: &Named) -> Result<StepReport> {
        let values = row.iter().map(|(name, tree)| Ok((name.value.clone(), self.world.saved.resolve(&tree.value)?)));
        let values = values.collect::<Result<Values>>()?;
        let played = self.with_values(step, &values);
        let mut report = played.map_err(|problem| problem.in_case(&described(&values)))?;
        report.label = Some(labelled(step, &described(&values)));
        Ok(report)
    }

    /// Plays a step with random values until it fails, and then with smaller ones that fail too. Each time begins with the
    /// same state, and nothing stays.
    pub(super) fn fuzz(&mut self, step: &Step, fuzz: &Fuzz) -> Result<StepReport> {
        let saved = self.world.saved.clone();
        let report = self.random_cases(step, fuzz);
        self.world.saved = saved;
        report
    }

    fn random_cases(&mut self, step: &Step, fuzz: &Fuzz) -> Result<StepReport> {
        let before = self.world.chain.snapshot().map_err(|error| self.of_step(step, error.into()))?;
        let mut random = values(&self.bounds(fuzz)?, fuzz.seed, &self.world.names);
        let mut held = None;
        for run in 1..=fuzz.runs {
            let mut case = random.next()?;
            let report = self.with_values(step, &case.current());
            self.world.chain.rollback(&before)?;
            if is_failure(&report) {
                return self.smallest(step, fuzz, run, &mut case, report, &before);
            }
            held = Some(report?);
        }
        let mut report = held.unwrap_or_else(|| StepReport::check(step));
        report.root = self.world.chain.root();
        report.note = Some(format!("{} random cases hold (seed {})", fuzz.runs, fuzz.seed));
        report.sent = None;
        Ok(report)
    }

    fn smallest(
        &mut self,
        step: &Step,
        fuzz: &Fuzz,
        run: u64,
        case: &mut Shrinking,
        report: Result<StepReport>,
        before: &hexapla::ChainSnapshot,
    ) -> Result<StepReport> {
        let mut smallest = (case.current(), report);
        for _ in 0..SHRINKS_MAX {
            let last_failed = case.current() == smallest.0;
            if !(if last_failed { case.simplify() } else { case.complicate() }) {
                break;
            }
            let values = case.current();
            let report = self.with_values(step, &values);
            self.world.chain.rollback(before)?;
            if is_failure(&report) {
                smallest = (values, report);
            }
        }
        let (values, report) = smallest;
        let place = format!("{}; run {run} of {}, seed {}", described(&values), fuzz.runs, fuzz.seed);
        let mut report = report.map_err(|problem| problem.in_case(&place))?;
        report.root = self.world.chain.root();
        report.label = Some(labelled(step, &place));
        Ok(report)
    }

    /// Plays a step while names mean these values. Expectations that do not hold are not written into the file: they are of
    /// one case of several.
    fn with_values(&mut self, step: &Step, values: &Values) -> Result<StepReport> {
        let saved = &mut self.world.saved;
        let outer =
            values.iter().map(|(name, value)| (name, saved.replace(name, Some(value.clone())))).collect::<Vec<_>>();
        let report = self.step(step);
        for (name, value) in outer {
            self.world.saved.replace(name, value);
        }
        let mut report = report?;
        report.checks.iter_mut().for_each(|check| check.updates.clear());
        report.later_steps_cannot_run = false;
        Ok(report)
    }

    fn bounds(&self, fuzz: &Fuzz) -> Result<Vec<(String, Type, U256, U256)>> {
        let bound = |ty: &Type, tree: &Option<At<Tree>>, default: U256| -> Result<U256> {
            match tree {
                Some(tree) => match self.value(ty, tree)? {
                    Value::Uint(bound) => Ok(bound),
                    _ => Ok(default),
                },
                None => Ok(default),
            }
        };
        let value = |value: &crate::format::FuzzValue| {
            let largest = match value.ty {
                Type::Uint { bits } => U256::MAX >> (256 - usize::from(bits)),
                _ => U256::MAX,
            };
            let (min, max) = (bound(&value.ty, &value.min, U256::ZERO)?, bound(&value.ty, &value.max, largest)?);
            if min > max {
                return Err(Problem::new("hexapla::scenario::cases", format!("no number is from {min} to {max}"))
                    .at(&self.scenario.source, &value.name.span, "these bounds")
                    .with_help("`min` is at most `max`"));
            }
            Ok((value.name.value.clone(), value.ty.clone(), min, max))
        };
        fuzz.values.iter().map(value).collect()
    }
}

fn is_failure(report: &Result<StepReport>) -> bool {
    report.as_ref().map_or(true, |report| report.failures().next().is_some())
}

fn labelled(step: &Step, case: &str) -> String {
    step.label.as_ref().map_or_else(|| format!("({case})"), |label| format!("{label} ({case})"))
}

fn described(values: &Values) -> String {
    let value = |(name, value): &(String, Tree)| match value {
        Tree::String(text) => format!("{name} = {text}"),
        other => format!("{name} = {other}"),
    };
    values.iter().map(value).collect::<Vec<_>>().join(", ")
}
