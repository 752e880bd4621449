//! Values of a scenario, with names and saved results.

use super::Player;
use crate::{
    format::{Arg, At},
    problem::{Problem, Result},
    world::account,
};
use hexapla_abi::{Param, Tree, Type, Value};
use hexapla_primitives::{Address, Bytes, U256};

impl Player<'_> {
    /// The account that a name, an address or a saved result means.
    pub(super) fn account(&self, name: &At<String>) -> Result<Address> {
        let found = match name.value.strip_prefix('$') {
            Some(_) => match self.resolved(&Type::Address, &Tree::String(name.value.clone())) {
                Ok(Value::Address(address)) => Ok(address),
                Ok(_) => Ok(Address::ZERO),
                Err(problem) => Err(problem),
            },
            None => account(&self.world.names, &name.value),
        };
        found.map_err(|problem| problem.at(&self.scenario.source, &name.span, "this account"))
    }

    /// A pattern such as `Transfer(alice, $to, _)` with saved results in the place of arguments. Texts in quotes stay.
    pub(super) fn filled(&self, pattern: &str) -> Result<String> {
        let (mut filled, mut rest, mut quoted, mut escaped) = (String::new(), pattern, false, false);
        while let Some(letter) = rest.chars().next() {
            if letter == '$' && !quoted && filled.trim_end().ends_with(['(', ',', '[']) {
                let (reference, behind) = rest.split_at(rest.find([',', ')', ' ']).unwrap_or(rest.len()));
                match self.world.saved.resolve(&Tree::String(reference.to_owned()))? {
                    Tree::String(text) => filled.push_str(&text),
                    value => filled.push_str(&value.to_string()),
                }
                rest = behind;
                continue;
            }
            quoted ^= letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            filled.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
        Ok(filled)
    }

    /// A value of a type.
    pub(super) fn value(&self, ty: &Type, tree: &At<Tree>) -> Result<Value> {
        self.resolved(ty, &tree.value)
            .map_err(|problem| problem.at(&self.scenario.source, &tree.span, format!("expected {ty}")))
    }

    pub(super) fn resolved(&self, ty: &Type, tree: &Tree) -> Result<Value> {
        let tree = self.world.saved.resolve(tree)?;
        self.world.names.value(ty, &tree).map_err(|error| Problem::new("hexapla::scenario::value", error.to_string()))
    }

    /// A number in wei or units.
    pub(super) fn number(&self, tree: &At<Tree>) -> Result<U256> {
        match self.value(&Type::U256, tree)? {
            Value::Uint(number) => Ok(number),
            _ => Ok(U256::ZERO),
        }
    }

    pub(super) fn bytes(&self, tree: &At<Tree>) -> Result<Bytes> {
        match self.value(&Type::Bytes, tree)? {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Ok(Bytes::new()),
        }
    }

    /// Arguments of a function. Their number and names were checked when the scenario was planned.
    pub(super) fn arguments(
        &self,
        signature: &str,
        params: &[Param],
        given: Option<&At<Vec<Arg>>>,
    ) -> Result<Vec<Value>> {
        let given = given.map_or(&[][..], |args| args.value.as_slice());
        let value = |(index, param): (usize, &Param)| {
            let named = given.iter().find(|arg| arg.name.as_ref().is_some_and(|name| *name.value == *param.name));
            let tree = &named.or_else(|| given.get(index))?.value;
            Some(self.resolved(&param.ty, &tree.value).map_err(|problem| {
                let name = if param.name.is_empty() { String::new() } else { format!(" `{}`", param.name) };
                let what = format!("argument {}{name} of {signature}", index + 1);
                problem.at(&self.scenario.source, &tree.span, what)
            }))
        };
        params.iter().enumerate().filter_map(value).collect()
    }
}
