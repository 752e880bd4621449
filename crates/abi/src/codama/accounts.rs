//! The accounts of an instruction, and the derived addresses that programs define.

use std::collections::HashMap;

use alloy_primitives::Bytes;
use heck::ToSnakeCase as _;
use serde_json::Value as Json;

use super::constants::constant_bytes;
use crate::{
    anchor::base58_id,
    interface::{AccountParam, AccountSource, Param, Seed},
    source::{ACCOUNTS_MAX, Problem, SEEDS_MAX, child, flag, list, text, text_or_empty},
    text::{quote, shorten},
};

/// The programs of an IDL, of which one is read.
pub(super) struct Programs<'j> {
    own: &'j Json,
    by_name: HashMap<&'j str, &'j Json>,
    /// The definitions of derived addresses, by the program's name and their own.
    pdas: HashMap<(&'j str, &'j str), &'j Json>,
}

impl<'j> Programs<'j> {
    pub(super) fn new(own: &'j Json, all: &[&'j Json]) -> Result<Self, Problem> {
        let mut programs = Self { own, by_name: HashMap::new(), pdas: HashMap::new() };
        for program in all {
            let name = text_or_empty(program, "name");
            programs.by_name.insert(name, program);
            programs.pdas.extend(list(program, "pdas")?.iter().map(|pda| ((name, text_or_empty(pda, "name")), pda)));
        }
        Ok(programs)
    }

    /// The accounts of an instruction with these arguments.
    pub(super) fn accounts(&self, instruction: &Json, inputs: &[Param]) -> Result<Vec<AccountParam>, Problem> {
        let accounts = list(instruction, "accounts")?;
        if accounts.len() > ACCOUNTS_MAX {
            return Err(Problem::too_many("accounts", accounts.len(), ACCOUNTS_MAX));
        }
        let left_out = text_or_empty(instruction, "optionalAccountStrategy") == "omitted";
        let names = accounts.iter().map(|account| Ok(text(account, "name")?.to_snake_case()));
        let names = names.collect::<Result<Vec<_>, Problem>>()?;
        let read = accounts.iter().zip(&names).enumerate().map(|(index, (account, name))| {
            if names.iter().take(index).any(|earlier| earlier == name) {
                return Err(Problem::malformed(format!("two accounts have the name {}", quote(&shorten(name, 80)))));
            }
            let signs = account.get("isSigner").is_some_and(|signer| signer == "either");
            Ok(AccountParam {
                name: name.as_str().into(),
                writable: flag(account, "isWritable"),
                signer: signs || flag(account, "isSigner"),
                optional: flag(account, "isOptional") && !left_out,
                source: match account.get("defaultValue") {
                    Some(value) => self.source(value, &names, inputs)?,
                    None => AccountSource::Given,
                },
            })
        });
        read.collect()
    }

    fn source(&self, value: &Json, accounts: &[String], inputs: &[Param]) -> Result<AccountSource, Problem> {
        match text(value, "kind")? {
            "publicKeyValueNode" => Ok(AccountSource::Fixed(base58_id(text(value, "publicKey")?)?)),
            "programIdValueNode" => Ok(AccountSource::Fixed(base58_id(text(self.own, "publicKey")?)?)),
            "pdaValueNode" => {
                let derived = self.derived(value, accounts, inputs)?;
                Ok(derived.unwrap_or_default())
            }
            // The wallet, another account of the same instruction, a condition: for the caller to say.
            _ => Ok(AccountSource::Given),
        }
    }

    /// The derivation of an address; `None` where a seed is of a kind that only a client's own code can find.
    fn derived(&self, value: &Json, accounts: &[String], inputs: &[Param]) -> Result<Option<AccountSource>, Problem> {
        let Some((pda, owner)) = self.pda(child(value, "pda")?)? else { return Ok(None) };
        let (defined, given) = (list(pda, "seeds")?, list(value, "seeds")?);
        let most = defined.len().max(given.len());
        if most > SEEDS_MAX {
            return Err(Problem::too_many("seeds", most, SEEDS_MAX));
        }
        let mut seeds = Vec::new();
        for seed in defined {
            let seed = match text(seed, "kind")? {
                "constantPdaSeedNode" => self.constant_seed(child(seed, "type")?, child(seed, "value")?)?,
                "variablePdaSeedNode" => {
                    let name = text(seed, "name")?;
                    match given.iter().find(|given| text_or_empty(given, "name") == name) {
                        Some(given) => {
                            self.variable_seed(child(seed, "type")?, child(given, "value")?, accounts, inputs)?
                        }
                        None => None,
                    }
                }
                other => return Err(Problem::malformed(format!("{} is no seed", quote(&shorten(other, 60))))),
            };
            let Some(seed) = seed else { return Ok(None) };
            seeds.push(seed);
        }
        let own = base58_id(text(self.own, "publicKey")?)?;
        let program = match value.get("programId").filter(|program| !program.is_null()) {
            Some(program) => match account_name(program, accounts) {
                Some(name) => Some(Seed::Account(name.into())),
                None => return Ok(None),
            },
            None => {
                Some(base58_id(owner)?).filter(|owner| *owner != own).map(|owner| Seed::Const(owner.to_vec().into()))
            }
        };
        Ok(Some(AccountSource::Derived { program, seeds }))
    }

    /// The definition that a node is or links to, and the id of the program that owns it.
    fn pda<'p>(&'p self, node: &'p Json) -> Result<Option<(&'p Json, &'p str)>, Problem> {
        let (pda, program) = if text(node, "kind")? == "pdaLinkNode" {
            let name = match node.get("program") {
                Some(link) => text(link, "name")?,
                None => text_or_empty(self.own, "name"),
            };
            let program = self.by_name.get(name).copied();
            let pda = self.pdas.get(&(name, text(node, "name")?)).copied();
            let (Some(program), Some(pda)) = (program, pda) else { return Ok(None) };
            (pda, program)
        } else {
            (node, self.own)
        };
        let owner = pda.get("programId").and_then(Json::as_str);
        Ok(Some((pda, owner.map_or_else(|| text(program, "publicKey"), Ok)?)))
    }

    fn constant_seed(&self, ty: &Json, value: &Json) -> Result<Option<Seed>, Problem> {
        if text(value, "kind")? == "programIdValueNode" {
            return Ok(Some(Seed::Const(base58_id(text(self.own, "publicKey")?)?.to_vec().into())));
        }
        Ok(known_bytes(ty, value)?.map(Seed::Const))
    }

    fn variable_seed(
        &self,
        ty: &Json,
        value: &Json,
        accounts: &[String],
        inputs: &[Param],
    ) -> Result<Option<Seed>, Problem> {
        match text(value, "kind")? {
            "accountValueNode" => Ok(account_name(value, accounts).map(|name| Seed::Account(name.into()))),
            // A seed with a length before it is not what the model's seeds are.
            "argumentValueNode" if text_or_empty(ty, "kind") == "sizePrefixTypeNode" => Ok(None),
            "argumentValueNode" => {
                let name = text(value, "name")?.to_snake_case();
                let known = inputs.iter().any(|input| *input.name == *name);
                Ok(known.then(|| Seed::Arg(vec![name.into()])))
            }
            _ => self.constant_seed(ty, value),
        }
    }
}

/// The bytes of a constant, or `None` for one that only a client's own code knows.
fn known_bytes(ty: &Json, value: &Json) -> Result<Option<Bytes>, Problem> {
    match constant_bytes(ty, value) {
        Ok(bytes) => Ok(Some(bytes.into())),
        Err(Problem::Inexpressible(_)) => Ok(None),
        Err(malformed) => Err(malformed),
    }
}

fn account_name(node: &Json, accounts: &[String]) -> Option<String> {
    let name = Some(node).filter(|node| text_or_empty(node, "kind") == "accountValueNode")?;
    let name = text_or_empty(name, "name").to_snake_case();
    accounts.contains(&name).then_some(name)
}
