//! The accounts of an instruction: flags, nested groups, fixed addresses and seeds.

use std::{collections::BTreeSet, sync::Arc};

use alloy_primitives::B256;
use serde_json::Value as Json;

use crate::{
    interface::{AccountParam, AccountSource, Param, Seed},
    source::{ACCOUNTS_MAX, Problem, SEEDS_MAX, byte_list, child, flag, list, text, text_or_empty},
    text::{quote, shorten},
    types::Type,
};

/// Base58 digits of 32 bytes at most.
const BASE58_CHARS_MAX: usize = 44;
/// The deepest nesting of account groups.
const GROUP_DEPTH_MAX: usize = 8;

/// The accounts of one instruction while they are read.
pub(super) struct Accounts<'a> {
    names: BTreeSet<String>,
    inputs: &'a [Param],
    read: Vec<AccountParam>,
}

impl Accounts<'_> {
    /// Reads the accounts in their order; those of a nested group have the group's name and a dot before their own.
    pub(super) fn read(accounts: &[Json], inputs: &[Param]) -> Result<Vec<AccountParam>, Problem> {
        let mut names = BTreeSet::new();
        collect_names(accounts, "", 0, &mut names)?;
        if names.len() > ACCOUNTS_MAX {
            return Err(Problem::too_many("accounts", names.len(), ACCOUNTS_MAX));
        }
        let mut reader = Accounts { names, inputs, read: Vec::new() };
        reader.group(accounts, "")?;
        Ok(reader.read)
    }

    fn group(&mut self, accounts: &[Json], prefix: &str) -> Result<(), Problem> {
        for account in accounts {
            let name = format!("{prefix}{}", text(account, "name")?);
            if account.get("accounts").is_some() {
                self.group(list(account, "accounts")?, &format!("{name}."))?;
                continue;
            }
            let source = self.source(account, prefix)?;
            self.read.push(AccountParam {
                name: name.into(),
                writable: flag(account, "writable"),
                signer: flag(account, "signer"),
                optional: flag(account, "optional"),
                source,
            });
        }
        Ok(())
    }

    fn source(&self, account: &Json, prefix: &str) -> Result<AccountSource, Problem> {
        match account.get("address").and_then(Json::as_str) {
            Some(address) => return Ok(AccountSource::Fixed(base58_id(address)?)),
            None if account.get("pda").is_none_or(Json::is_null) => return Ok(AccountSource::Given),
            None => {}
        }
        let pda = child(account, "pda")?;
        let seeds = list(pda, "seeds")?;
        if seeds.len() > SEEDS_MAX {
            return Err(Problem::too_many("seeds", seeds.len(), SEEDS_MAX));
        }
        let seeds = seeds.iter().map(|seed| self.seed(seed, prefix));
        let seeds = seeds.collect::<Result<Option<Vec<_>>, _>>()?;
        let program = match pda.get("program") {
            None | Some(Json::Null) => Some(None),
            Some(program) => self.seed(program, prefix)?.map(Some),
        };
        Ok(match (seeds, program) {
            (Some(seeds), Some(program)) => AccountSource::Derived { program, seeds },
            _ => AccountSource::Given,
        })
    }

    /// A seed, or `None` for one that only the program can find: it reads the data of an account.
    fn seed(&self, seed: &Json, prefix: &str) -> Result<Option<Seed>, Problem> {
        match text(seed, "kind")? {
            "const" => Ok(Some(Seed::Const(byte_list(child(seed, "value")?)?.into()))),
            "arg" => Ok(self.argument(text(seed, "path")?).map(Seed::Arg)),
            "account" => {
                let path = text(seed, "path")?;
                let inside = format!("{prefix}{path}");
                let name = [inside.as_str(), path].into_iter().find(|name| self.names.contains(*name));
                Ok(name.map(|name| Seed::Account(name.into())))
            }
            other => Err(Problem::malformed(format!("{} is not a kind of seed", quote(&shorten(other, 40))))),
        }
    }

    /// The path to an argument or to a field in it, if there is one.
    fn argument(&self, path: &str) -> Option<Vec<Arc<str>>> {
        let mut segments = path.split('.');
        let first = segments.next()?;
        let mut ty = &self.inputs.iter().find(|input| *input.name == *first)?.ty;
        for segment in segments {
            let Type::Struct { fields, .. } = ty else { return None };
            ty = &fields.iter().find(|field| *field.name == *segment)?.ty;
        }
        Some(path.split('.').map(Into::into).collect())
    }
}

/// The names of all accounts, which must differ.
fn collect_names(accounts: &[Json], prefix: &str, depth: usize, names: &mut BTreeSet<String>) -> Result<(), Problem> {
    if depth > GROUP_DEPTH_MAX {
        let reason = format!("groups of accounts are nested deeper than {GROUP_DEPTH_MAX} levels");
        return Err(Problem::malformed(reason));
    }
    for account in accounts {
        let name = format!("{prefix}{}", text_or_empty(account, "name"));
        if account.get("accounts").is_some() {
            collect_names(list(account, "accounts")?, &format!("{name}."), depth + 1, names)?;
        } else if !names.insert(name.clone()) {
            return Err(Problem::malformed(format!("two accounts have the name {}", quote(&shorten(&name, 80)))));
        }
    }
    Ok(())
}

/// The 32 bytes of an id in base58.
pub(crate) fn base58_id(text: &str) -> Result<B256, Problem> {
    let not_an_id = || {
        let reason = format!("{} is not 32 bytes in base58", quote(&shorten(text, BASE58_CHARS_MAX)));
        Problem::malformed(reason)
    };
    if text.len() > BASE58_CHARS_MAX {
        return Err(not_an_id());
    }
    let bytes = bs58::decode(text).into_vec().map_err(|_| not_an_id())?;
    B256::try_from(bytes.as_slice()).map_err(|_| not_an_id())
}
