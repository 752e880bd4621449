//! Values of a scenario, with names and saved results.

use super::Player;
use crate::{
    format::{Arg, At},
    nearest::known_as,
    problem::Result,
    world::{account, value},
};
use hexapla_abi::{Param, Tree, Type, Value};
use hexapla_primitives::{Address, Bytes, U256};
use hexapla_toolkit::Currency;

/// `argument 2 `amount` of transfer(address,uint256)`
pub(super) fn argument_label(index: usize, param: &Param, signature: &str) -> String {
    let name = if param.name.is_empty() { String::new() } else { format!(" `{}`", param.name) };
    format!("argument {}{name} of {signature}", index + 1)
}

/// What is given for a parameter: by its name, or by its place.
pub(super) fn argument<'a>(given: &'a [Arg], params: &[Param], index: usize) -> Option<&'a Arg> {
    let known = || params.iter().map(|param| &*param.name);
    let is_meant = |arg: &Arg| {
        let name = arg.name.as_ref().and_then(|name| known_as(&name.value, known()));
        name.is_some_and(|name| params.get(index).is_some_and(|param| *param.name == *name))
    };
    given.iter().find(|arg| is_meant(arg)).or_else(|| given.get(index))
}

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

    /// A pattern such as `Transfer(alice, $to, _)` with saved results in the place of arguments, or
    /// in the place of all of it. Texts in quotes stay.
    pub(super) fn filled(&self, pattern: &str) -> Result<String> {
        let (mut filled, mut rest, mut quoted, mut escaped) = (String::new(), pattern, false, false);
        while let Some(letter) = rest.chars().next() {
            // A reason may begin with anything: only what was saved is meant.
            let is_whole = filled.is_empty() && rest.strip_prefix('$').is_some_and(|name| self.world.saved.has(name));
            let begins = is_whole || filled.trim_end().ends_with(['(', ',', '[']);
            if letter == '$' && !quoted && begins {
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
        value(&self.world.names, ty, &tree)
    }

    /// A balance as a VM counts it, in wei or in units of 64 bits.
    pub(super) fn amount(&self, currency: Currency, tree: &At<Tree>) -> Result<U256> {
        match currency.wei {
            1 => self.number(tree),
            _ => self.number_of(&Type::Uint { bits: 64 }, tree),
        }
    }

    /// A number in wei, or any other.
    pub(super) fn number(&self, tree: &At<Tree>) -> Result<U256> {
        self.number_of(&Type::U256, tree)
    }

    pub(super) fn number_of(&self, ty: &Type, tree: &At<Tree>) -> Result<U256> {
        match self.value(ty, tree)? {
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
            let tree = &argument(given, params, index)?.value;
            let resolved = self.resolved(&param.ty, &tree.value);
            Some(resolved.map_err(|problem| {
                problem.at(&self.scenario.source, &tree.span, argument_label(index, param, signature))
            }))
        };
        params.iter().enumerate().filter_map(value).collect()
    }
}
