//! The comparison of accounts that are objects of their VM with `expect`.

use super::{
    Player,
    expect::{Outcome, check},
    report::{Check, StepReport},
};
use crate::{
    explain::{
        account::{add_parts, as_option, layout, shorter_layout},
        value::{ValueFormatter, number_text},
    },
    format::{At, Expect},
    nearest::did_you_mean,
    problem::{Problem, Result},
};
use hexapla_abi::{Tree, Type, Value};
use hexapla_primitives::Address;
use hexapla_toolkit::{DecodedAccount, Toolkit};

/// What is written for an account without data.
const NOTHING: &str = "none";

impl Player<'_> {
    /// Compares balances as VMs count them, and data.
    pub(super) fn expect_accounts(&self, expect: &Expect, report: &mut StepReport) -> Result<()> {
        for (currency, name, tree) in &expect.units {
            let wei = self.world.chain.balance(self.account(name)?)?;
            let (expected, observed) = (self.amount(*currency, tree)?, currency.of_wei(wei));
            let outcome = Outcome {
                holds: expected == observed,
                expected: number_text(expected),
                observed: number_text(observed),
                update: Some(number_text(observed).into()),
            };
            report.checks.push(check(
                format!("{} of {}", currency.unit, name.value),
                &tree.span,
                &[currency.unit, &name.value],
                outcome,
            ));
        }
        for (name, tree) in &expect.state {
            let checks = self.data(name, tree);
            report
                .checks
                .extend(checks.map_err(|problem| problem.at(&self.scenario.source, &tree.span, "this state"))?);
        }
        Ok(())
    }

    /// The data of an account: some of its fields, all of its bytes, or none.
    fn data(&self, name: &At<String>, tree: &At<Tree>) -> Result<Vec<Check>> {
        let default = self.world.default_vm();
        let id = self
            .world
            .id(default, &name.value)
            .map_err(|problem| problem.at(&self.scenario.source, &name.span, "this account"))?;
        // An account of another VM may have data as well: under its alias.
        let own = self.scenario.toolkits.get(id.vm).and_then(Toolkit::accounts);
        let accounts = own.or_else(|| self.scenario.toolkits.get(default).and_then(Toolkit::accounts));
        let accounts = accounts.ok_or_else(|| {
            Problem::new("hexapla::scenario::state", format!("{} is no account with data", name.value))
        })?;
        let stored = accounts.decode(self.world.chain.object(&accounts.object_key(&id))?.as_ref())?;
        let Tree::Object(fields) = &tree.value else {
            return Ok(vec![self.whole(name, tree, &stored)?]);
        };
        if stored.data.is_empty() {
            let (expected, observed) = (tree.value.to_string(), NOTHING.to_owned());
            let outcome = Outcome { holds: false, expected, update: Some(observed.clone().into()), observed };
            return Ok(vec![check(format!("data of {}", name.value), &tree.span, &["state", &name.value], outcome)]);
        }
        let mut decoded = self.decode(name, &stored)?;
        add_parts(&self.world.names, &self.world.names.book(stored.owner.vm), &stored, &mut decoded);
        let mut checks = Vec::new();
        self.fields(&["state", &name.value], fields, &decoded, tree, &mut checks)?;
        Ok(checks)
    }

    /// The fields of a struct at this path that are said, and those inside of them.
    fn fields(
        &self,
        path: &[&str],
        said: &serde_json::Map<String, Tree>,
        (ty, value): &(Type, Value),
        tree: &At<Tree>,
        checks: &mut Vec<Check>,
    ) -> Result<()> {
        let what = path.get(1..).unwrap_or_default().join(".");
        let Value::Struct { name: layout, fields: values } = value else {
            return Err(Problem::new("hexapla::scenario::state", format!("{what} has no fields")));
        };
        for (field, expected) in said {
            let observed = values.iter().find(|(known, _)| **known == **field).map(|(_, value)| value);
            let (Some(observed), Some(ty)) = (observed, type_of_field(ty, field)) else {
                let known = values.iter().map(|(known, _)| &**known);
                let message = format!("{layout} has no field `{field}`");
                return Err(Problem::new("hexapla::scenario::state", message).with_help(did_you_mean(field, known)));
            };
            let path = [path, &[field]].concat();
            let option = as_option(ty, observed).filter(|_| !expected.is_object() && !expected.is_array());
            let (ty, observed) = option.as_ref().map_or((ty, observed), |(ty, value)| (ty, value));
            if let (Tree::Object(inner), Value::Struct { .. }) = (expected, observed) {
                self.fields(&path, inner, &(ty.clone(), observed.clone()), tree, checks)?;
                continue;
            }
            let expected = self.value(ty, &At::new(expected.clone(), tree.span.clone()))?;
            let formatter = ValueFormatter::new(&self.world.names, Address::ZERO);
            let outcome = Outcome {
                holds: expected == *observed,
                expected: formatter.value(&expected),
                observed: formatter.value(observed),
                update: self.observed(ty, observed),
            };
            checks.push(check(format!("{what}.{field}"), &tree.span, &path, outcome));
        }
        Ok(())
    }

    /// All bytes of an account.
    fn whole(&self, name: &At<String>, tree: &At<Tree>, stored: &DecodedAccount) -> Result<Check> {
        let observed = if stored.data.is_empty() { NOTHING.to_owned() } else { stored.data.to_string() };
        let expected = match tree.value.as_str() {
            Some(NOTHING) => NOTHING.to_owned(),
            _ => self.bytes(tree)?.to_string(),
        };
        let update = Some(observed.clone().into());
        let outcome = Outcome { holds: expected == observed, expected, observed, update };
        Ok(check(format!("data of {}", name.value), &tree.span, &["state", &name.value], outcome))
    }

    /// The data by the layouts of the program to which the account belongs. Where there is more than a layout has, the
    /// rest is left out.
    fn decode(&self, name: &At<String>, stored: &DecodedAccount) -> Result<(Type, Value)> {
        let program = stored.owner.canonical();
        let Some(interface) = self.world.names.source(program) else {
            let owner = self.scenario.toolkits.format_id(&stored.owner);
            let message = format!("{} belongs to {owner}, which has no interface", name.value);
            return Err(Problem::new("hexapla::scenario::state", message).with_help("compare its bytes, as `0x…`"));
        };
        let book = self.world.names.book_of(interface.abi);
        let found = layout(interface, &book, &stored.data)
            .or_else(|| shorter_layout(&self.world.names, interface, &book, stored));
        found.ok_or_else(|| {
            let program = self.world.names.short(program);
            let message =
                format!("the {} bytes of {} have no layout that {program} declares", stored.data.len(), name.value);
            Problem::new("hexapla::scenario::state", message).with_help("compare its bytes, as `0x…`")
        })
    }
}

fn type_of_field<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let Type::Struct { fields, .. } = ty else { return None };
    fields.iter().find(|field| *field.name == *name).map(|field| &field.ty)
}
