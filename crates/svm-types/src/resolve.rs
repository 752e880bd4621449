//! The accounts of a typed instruction: those that were given, and those that follow from the program's interface.
//!
//! This is the one place that decides which accounts an instruction has and who signs it, for contracts of other VMs that
//! call a program and for tools that write transactions. They differ in two things: whose signature there is
//! ([`Authority`]), and who pays for the work (`charge`).

#[cfg(test)]
mod tests;

use crate::limits::SEED_BYTES_MAX;
use hexapla_abi::{
    Abi, AddressBook, AnyCodec, Derivation, Function, SeedSource, Type, Value,
    interface::{AccountParam, AccountSource, Seed},
};
use hexapla_primitives::Bytes;
use solana_instruction::AccountMeta;
use solana_pubkey::{Pubkey, PubkeyError};
use std::sync::Arc;

/// Most parts of a value that is a seed: one for each of its bytes, and as many around them.
const SEED_PARTS_MAX: usize = 2 * SEED_BYTES_MAX;

/// Whose signature there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// A contract of another VM calls. It signs as its alias wherever a signer is left open, optional or not; no other
    /// account signs, whatever the interface says.
    Contract(Pubkey),
    /// A transaction is written, which others can sign as well. Its payer stands where a signer is left open; an optional
    /// one is left out unless it is given.
    Payer(Pubkey),
}

/// A typed instruction whose accounts are to be found.
#[derive(Clone, Copy)]
pub struct Instruction<'a> {
    /// The program that is called.
    pub program: Pubkey,
    /// The function, with the accounts that its interface names.
    pub function: &'a Function,
    /// Its arguments.
    pub values: &'a [Value],
    /// Who signs.
    pub authority: Authority,
    /// How derived accounts are found, see [`hexapla_abi::derivations`] and [`derivations_of`].
    pub derivations: &'a [Derivation],
    /// The keys of addresses.
    pub book: &'a dyn AddressBook,
}

/// The accounts of an instruction cannot be found. `C` is what the work may fail with that is charged for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError<C> {
    /// The work cannot be paid.
    #[error("the work cannot be paid")]
    Charge(C),
    /// A seed names an account that the function does not have, or that cannot be found.
    #[error("a seed of {function} is an account that is not known")]
    UnknownAccount {
        /// The function.
        function: String,
        /// The account that the seed names, where it has a name.
        account: Arc<str>,
    },
    /// A seed names an argument that the call does not have.
    #[error("a seed of {function} is an argument that the call does not have")]
    UnknownArgument {
        /// The function.
        function: String,
        /// The path of the argument, with dots; empty where it is known by its place only.
        path: String,
    },
    /// Accounts are derived from each other.
    #[error("the accounts of {function} are derived from each other")]
    Cycle {
        /// The function.
        function: String,
    },
    /// An argument has more bytes than a seed can have.
    #[error("an argument is too long for a seed, which has at most {SEED_BYTES_MAX} bytes")]
    SeedTooLong {
        /// The derived account.
        account: Arc<str>,
    },
    /// An argument cannot be written as a seed.
    #[error("{0}")]
    Argument(String),
    /// What derives an account is no key of a program.
    #[error("the program of a derived account is no key")]
    Program {
        /// The derived account.
        account: Arc<str>,
    },
    /// The seeds give no address.
    #[error("an account cannot be derived: {reason}")]
    NoAddress {
        /// The derived account.
        account: Arc<str>,
        /// Why not.
        reason: String,
    },
}

type Resolved<T, C> = Result<T, ResolveError<C>>;

impl Instruction<'_> {
    /// All accounts that the interface names, in its order. `given` are the keys that the caller has named, in the same
    /// order; they stand before whatever would follow from the interface. `charge` is called before each try of a bump.
    ///
    /// # Errors
    ///
    /// A [`ResolveError`] that says which account cannot be found and why.
    pub fn accounts<C>(
        &self,
        given: Vec<Option<Pubkey>>,
        charge: &mut dyn FnMut() -> Result<(), C>,
    ) -> Resolved<Vec<AccountMeta>, C> {
        let params = &self.function.accounts;
        let mut given = given.into_iter();
        let stated = params.iter().map(|account| given.next().flatten().or_else(|| self.stated(account)));
        let mut known: Vec<Option<Pubkey>> = stated.collect();
        let mut waiting: Vec<&Derivation> =
            self.derivations.iter().filter(|derivation| known.get(derivation.account) == Some(&None)).collect();
        // A derived account may be derived from another one: each round finds one at least, and the first round all where
        // each derivation stands behind those that it needs.
        while !waiting.is_empty() {
            let mut later = Vec::new();
            for derivation in &waiting {
                if !self.can_derive(derivation, &known) {
                    later.push(*derivation);
                    continue;
                }
                let key = self.derive(derivation, &known, charge)?;
                if let Some(place) = known.get_mut(derivation.account) {
                    *place = Some(key);
                }
            }
            if later.len() == waiting.len() {
                return Err(ResolveError::Cycle { function: self.function.name.clone() });
            }
            waiting = later;
        }
        Ok(params.iter().zip(known).map(|(account, key)| self.meta(account, key)).collect())
    }

    /// An account that is known without a derivation. The program's own id stands for one that is left out.
    fn stated(&self, account: &AccountParam) -> Option<Pubkey> {
        match (&account.source, self.authority) {
            (AccountSource::Fixed(key), _) => Some(Pubkey::new_from_array(key.0)),
            (AccountSource::Given, Authority::Contract(alias)) if account.signer => Some(alias),
            (AccountSource::Given, Authority::Payer(payer)) if account.signer && !account.optional => Some(payer),
            (AccountSource::Given, _) => Some(self.program),
            (AccountSource::Derived { .. }, _) => None,
        }
    }

    fn meta(&self, account: &AccountParam, key: Option<Pubkey>) -> AccountMeta {
        let pubkey = key.unwrap_or(self.program);
        let is_there = !(account.optional && pubkey == self.program);
        let signs = match self.authority {
            Authority::Contract(alias) => pubkey == alias,
            Authority::Payer(_) => is_there,
        };
        AccountMeta { pubkey, is_signer: account.signer && signs, is_writable: account.writable && is_there }
    }

    /// Whether the accounts are found that a derivation needs. One that the function does not have is no reason to wait.
    fn can_derive(&self, derivation: &Derivation, known: &[Option<Pubkey>]) -> bool {
        let mut seeds = derivation.program.iter().chain(&derivation.seeds);
        seeds.all(|seed| !matches!(seed, SeedSource::Account(place) if known.get(*place) == Some(&None)))
    }

    fn derive<C>(
        &self,
        derivation: &Derivation,
        known: &[Option<Pubkey>],
        charge: &mut dyn FnMut() -> Result<(), C>,
    ) -> Resolved<Pubkey, C> {
        let account = self.function.accounts.get(derivation.account).map(|account| account.name.clone());
        let account = account.unwrap_or_else(|| "".into());
        // The first try is paid before the seeds are found.
        charge().map_err(ResolveError::Charge)?;
        let seed = |seed| self.seed(&account, seed, known);
        let program = match &derivation.program {
            None => self.program,
            Some(program) => {
                Pubkey::try_from(&seed(program)?[..]).map_err(|_| ResolveError::Program { account: account.clone() })?
            }
        };
        let seeds = derivation.seeds.iter().map(seed).collect::<Resolved<Vec<_>, C>>()?;
        find(account, &seeds, &program, charge)
    }

    fn seed<C>(&self, account: &Arc<str>, seed: &SeedSource, known: &[Option<Pubkey>]) -> Resolved<Bytes, C> {
        match seed {
            SeedSource::Const(bytes) => Ok(bytes.clone()),
            SeedSource::Account(place) => {
                let key = known.get(*place).copied().flatten();
                let key = key.ok_or_else(|| ResolveError::UnknownAccount {
                    function: self.function.name.clone(),
                    account: "".into(),
                })?;
                Ok(Bytes::copy_from_slice(key.as_ref()))
            }
            SeedSource::Argument(path) => {
                let (ty, value) = self.argument(path).ok_or_else(|| ResolveError::UnknownArgument {
                    function: self.function.name.clone(),
                    path: String::new(),
                })?;
                self.bytes_of(account, ty, value)
            }
        }
    }

    /// The argument to which a path of places goes.
    fn argument(&self, path: &[usize]) -> Option<(&Type, &Value)> {
        let (first, rest) = path.split_first()?;
        let mut ty = &self.function.inputs.get(*first)?.ty;
        let mut value = self.values.get(*first)?;
        for place in rest {
            let (Value::Struct { fields: values, .. }, Type::Struct { fields, .. }) = (value, ty) else { return None };
            value = &values.get(*place)?.1;
            ty = &fields.get(*place)?.ty;
        }
        Some((ty, value))
    }

    /// The bytes of an argument as a seed: fixed-size values in Borsh, bytes and text without their length.
    fn bytes_of<C>(&self, account: &Arc<str>, ty: &Type, value: &Value) -> Resolved<Bytes, C> {
        // Refused before it is copied or encoded: a call pays for its arguments once, and may use them in many seeds.
        if !may_be_seed(value, &mut { SEED_PARTS_MAX }) {
            return Err(ResolveError::SeedTooLong { account: account.clone() });
        }
        match value {
            Value::Bytes(bytes) => Ok(bytes.clone()),
            Value::String(text) => Ok(Bytes::copy_from_slice(text.as_bytes())),
            Value::Address(address) => {
                let key = self.book.native(*address).map_err(|error| ResolveError::Argument(error.0))?;
                Ok(Bytes::copy_from_slice(key.as_slice()))
            }
            value => {
                let codec = AnyCodec::new(Abi::Borsh, self.book);
                let encoded = codec.encode_values(std::slice::from_ref(ty), std::slice::from_ref(value));
                encoded.map_err(|error| ResolveError::Argument(error.to_string()))
            }
        }
    }
}

/// The first bump from 255 down that gives an address without a key. The first try is paid for; each other one is here.
fn find<C>(
    account: Arc<str>,
    seeds: &[Bytes],
    program: &Pubkey,
    charge: &mut dyn FnMut() -> Result<(), C>,
) -> Resolved<Pubkey, C> {
    for bump in (0..=u8::MAX).rev() {
        if bump < u8::MAX {
            charge().map_err(ResolveError::Charge)?;
        }
        let bump = [bump];
        let with_bump: Vec<&[u8]> = seeds.iter().map(|seed| &seed[..]).chain([&bump[..]]).collect();
        match Pubkey::create_program_address(&with_bump, program) {
            Ok(key) => return Ok(key),
            Err(PubkeyError::InvalidSeeds) => {}
            Err(error) => return Err(ResolveError::NoAddress { account, reason: error.to_string() }),
        }
    }
    Err(ResolveError::NoAddress { account, reason: "no bump gives an address without a key".into() })
}

/// Whether a value may have as few bytes as a seed has at most. It looks at no more parts than such a value has.
fn may_be_seed(value: &Value, parts_left: &mut usize) -> bool {
    let Some(left) = parts_left.checked_sub(1) else { return false };
    *parts_left = left;
    match value {
        Value::Bytes(bytes) => bytes.len() <= SEED_BYTES_MAX,
        Value::String(text) => text.len() <= SEED_BYTES_MAX,
        Value::Array(items) | Value::Tuple(items) => items.iter().all(|item| may_be_seed(item, parts_left)),
        Value::Struct { fields, .. } => fields.iter().all(|(_, item)| may_be_seed(item, parts_left)),
        Value::Map(entries) => {
            entries.iter().all(|(key, item)| may_be_seed(key, parts_left) && may_be_seed(item, parts_left))
        }
        Value::Option(Some(inner)) => may_be_seed(inner, parts_left),
        Value::Enum { payload, .. } => may_be_seed(payload, parts_left),
        _ => true,
    }
}

/// How those derived accounts of a function are found that nobody gives, in the order of the function's accounts.
/// [`hexapla_abi::derivations`] puts all of them into the order in which they can be found, and rejects what has none;
/// here a given account may open a circle.
///
/// # Errors
///
/// [`ResolveError::UnknownAccount`] and [`ResolveError::UnknownArgument`], with the names.
pub fn derivations_of<C>(function: &Function, given: &[Option<Pubkey>]) -> Resolved<Vec<Derivation>, C> {
    let mut derivations = Vec::new();
    for (place, account) in function.accounts.iter().enumerate() {
        let AccountSource::Derived { program, seeds } = &account.source else { continue };
        if given.get(place).copied().flatten().is_some() {
            continue;
        }
        let program = program.as_ref().map(|seed| source_of(function, seed)).transpose()?;
        let seeds = seeds.iter().map(|seed| source_of(function, seed)).collect::<Result<_, _>>()?;
        derivations.push(Derivation { account: place, program, seeds });
    }
    Ok(derivations)
}

fn source_of<C>(function: &Function, seed: &Seed) -> Resolved<SeedSource, C> {
    match seed {
        Seed::Const(bytes) => Ok(SeedSource::Const(bytes.clone())),
        Seed::Account(name) => {
            let place = function.accounts.iter().position(|account| account.name == *name);
            place
                .map(SeedSource::Account)
                .ok_or_else(|| ResolveError::UnknownAccount { function: function.name.clone(), account: name.clone() })
        }
        Seed::Arg(path) => places_of(function, path)
            .map(SeedSource::Argument)
            .ok_or_else(|| ResolveError::UnknownArgument { function: function.name.clone(), path: path.join(".") }),
    }
}

/// The places of an argument and of the fields inside of it to which a path of names goes.
fn places_of(function: &Function, path: &[Arc<str>]) -> Option<Vec<usize>> {
    let (first, rest) = path.split_first()?;
    let first = function.inputs.iter().position(|input| input.name == *first)?;
    let mut places = vec![first];
    let mut ty = &function.inputs.get(first)?.ty;
    for name in rest {
        let Type::Struct { fields, .. } = ty else { return None };
        let place = fields.iter().position(|field| field.name == *name)?;
        places.push(place);
        ty = &fields.get(place)?.ty;
    }
    Some(places)
}
