//! In which order the derived accounts of an instruction are found, and where each of their seeds comes from.
//!
//! A derived account may have the key of another one as a seed, whatever the place of either. The order is found once, when
//! an interface is read or projected; who finds the accounts then walks it from the first to the last. Names are resolved
//! to places at the same time.

use alloc::{
    collections::{BTreeMap, VecDeque},
    string::String,
    sync::Arc,
    vec::Vec,
};

use alloy_primitives::Bytes;

use crate::{
    interface::{AccountSource, Function, Seed},
    text::{brief, escape},
    types::{Field, Type},
};

/// How one derived account is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivation {
    /// Its place in [`Function::accounts`].
    pub account: usize,
    /// The program that owns it; `None` is the called program itself.
    pub program: Option<SeedSource>,
    /// The seeds without the bump.
    pub seeds: Vec<SeedSource>,
}

/// Where a seed comes from, with names resolved to places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeedSource {
    /// These bytes.
    Const(Bytes),
    /// The key of the account with this place, which is not derived or is found earlier.
    Account(usize),
    /// An argument: the place of the parameter, then those of fields inside of it.
    Argument(Vec<usize>),
}

/// Why the derived accounts of an instruction cannot be found, whatever its arguments are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DerivationError {
    /// Two accounts have the same name, which seeds name accounts by.
    #[error("two accounts have the name {name}")]
    SameName {
        /// The name.
        name: String,
    },
    /// A seed is the key of an account that the instruction does not have.
    #[error("a seed of the account {account} is the key of the account {named}, which the instruction does not have")]
    UnknownAccount {
        /// The derived account.
        account: String,
        /// The name that nobody has.
        named: String,
    },
    /// A seed is an argument that the instruction does not have.
    #[error("a seed of the account {account} is the argument {path}, which the instruction does not have")]
    UnknownArgument {
        /// The derived account.
        account: String,
        /// The path, joined with dots.
        path: String,
    },
    /// Accounts are derived from each other.
    #[error("the account {account} is derived from an account that is derived from it")]
    Cycle {
        /// The first of those that cannot be found.
        account: String,
    },
}

/// The derivations of a function's accounts, each behind those that it needs. Work is linear in the accounts, the seeds
/// and the parts of the parameters' types, but for the logarithm of looking names up.
///
/// # Errors
///
/// A [`DerivationError`] that names the account.
pub fn derivations(function: &Function) -> Result<Vec<Derivation>, DerivationError> {
    if !function.accounts.iter().any(|account| matches!(account.source, AccountSource::Derived { .. })) {
        return Ok(Vec::new());
    }
    let mut names = Names::new(function)?;
    let mut unordered = Vec::new();
    for (index, account) in function.accounts.iter().enumerate() {
        if let AccountSource::Derived { program, seeds } = &account.source {
            let program = program.iter().map(|seed| names.source(&account.name, seed)).next().transpose()?;
            let seeds = seeds.iter().map(|seed| names.source(&account.name, seed)).collect::<Result<_, _>>()?;
            unordered.push(Derivation { account: index, program, seeds });
        }
    }
    ordered(function, unordered)
}

/// What seeds may name.
struct Names<'f> {
    function: &'f Function,
    accounts: BTreeMap<&'f str, usize>,
    inputs: BTreeMap<&'f str, usize>,
    /// The fields of structs that a path went through, by where their list stands.
    fields: BTreeMap<*const Field, BTreeMap<&'f str, usize>>,
}

impl<'f> Names<'f> {
    fn new(function: &'f Function) -> Result<Self, DerivationError> {
        let mut accounts = BTreeMap::new();
        for (index, account) in function.accounts.iter().enumerate() {
            if accounts.insert(&*account.name, index).is_some() {
                return Err(DerivationError::SameName { name: shown(&account.name) });
            }
        }
        let inputs = first_places(function.inputs.iter().map(|input| &*input.name));
        Ok(Self { function, accounts, inputs, fields: BTreeMap::new() })
    }

    fn source(&mut self, account: &str, seed: &Seed) -> Result<SeedSource, DerivationError> {
        match seed {
            Seed::Const(bytes) => Ok(SeedSource::Const(bytes.clone())),
            Seed::Account(name) => match self.accounts.get(&**name) {
                Some(index) => Ok(SeedSource::Account(*index)),
                None => Err(DerivationError::UnknownAccount { account: shown(account), named: shown(name) }),
            },
            Seed::Arg(path) => self.argument(path).map(SeedSource::Argument).ok_or_else(|| {
                DerivationError::UnknownArgument { account: shown(account), path: shown(&path.join(".")) }
            }),
        }
    }

    fn argument(&mut self, path: &[Arc<str>]) -> Option<Vec<usize>> {
        let (first, rest) = path.split_first()?;
        let index = *self.inputs.get(&**first)?;
        let mut ty = &self.function.inputs.get(index)?.ty;
        let mut places = Vec::from([index]);
        for name in rest {
            let Type::Struct { fields, .. } = ty else { return None };
            let known = self.fields.entry(fields.as_ptr());
            let known = known.or_insert_with(|| first_places(fields.iter().map(|field| &*field.name)));
            let index = *known.get(&**name)?;
            ty = &fields.get(index)?.ty;
            places.push(index);
        }
        Some(places)
    }
}

/// The place of each name; of names that come twice the first.
fn first_places<'n>(names: impl Iterator<Item = &'n str>) -> BTreeMap<&'n str, usize> {
    let mut places = BTreeMap::new();
    names.enumerate().for_each(|(index, name)| {
        places.entry(name).or_insert(index);
    });
    places
}

/// Puts each derivation behind those that it needs; of several that could be next, the first that became so.
fn ordered(function: &Function, unordered: Vec<Derivation>) -> Result<Vec<Derivation>, DerivationError> {
    let place_of = unordered.iter().enumerate().map(|(place, derivation)| (derivation.account, place));
    let place_of = place_of.collect::<BTreeMap<_, _>>();
    let mut waiting = Vec::new();
    let mut needed_by = unordered.iter().map(|_| Vec::new()).collect::<Vec<_>>();
    for (place, derivation) in unordered.iter().enumerate() {
        let sources = derivation.program.iter().chain(&derivation.seeds);
        let needed =
            sources.filter_map(|source| if let SeedSource::Account(index) = source { Some(index) } else { None });
        let needed = needed.filter_map(|index| place_of.get(index)).collect::<Vec<_>>();
        waiting.push(needed.len());
        for other in needed {
            needed_by.get_mut(*other).into_iter().for_each(|list: &mut Vec<usize>| list.push(place));
        }
    }
    let mut ready = waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(place, _)| place);
    let mut ready = ready.by_ref().collect::<VecDeque<_>>();
    let mut unordered = unordered.into_iter().map(Some).collect::<Vec<_>>();
    let mut order = Vec::new();
    while let Some(place) = ready.pop_front() {
        order.extend(unordered.get_mut(place).and_then(Option::take));
        for next in needed_by.get(place).into_iter().flatten() {
            let Some(count) = waiting.get_mut(*next) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                ready.push_back(*next);
            }
        }
    }
    match unordered.iter().flatten().next().and_then(|left| function.accounts.get(left.account)) {
        None => Ok(order),
        Some(account) => Err(DerivationError::Cycle { account: shown(&account.name) }),
    }
}

/// A name as errors show it.
fn shown(name: &str) -> String {
    brief(&escape(name))
}
