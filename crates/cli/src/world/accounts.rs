//! The accounts of a typed instruction: those that were given, and those that follow from the program's interface.

use crate::problem::{Problem, Result};
use hexapla::svm::{AccountMeta, Pubkey};
use hexapla_abi::{
    Abi, AddressBook, AnyCodec, Function, Type, Value,
    interface::{AccountParam, AccountSource, Seed},
};
use std::{collections::BTreeMap, sync::Arc};

/// A typed instruction whose accounts are to be found.
pub(crate) struct Accounts<'a> {
    pub(crate) program: Pubkey,
    /// Signs where nobody else is named.
    pub(crate) payer: Pubkey,
    pub(crate) function: &'a Function,
    pub(crate) values: &'a [Value],
    pub(crate) given: BTreeMap<&'a str, Pubkey>,
    pub(crate) book: &'a dyn AddressBook,
}

impl Accounts<'_> {
    /// All accounts that the interface names, in its order.
    pub(crate) fn metas(&self) -> Result<Vec<AccountMeta>> {
        let accounts = &self.function.accounts;
        let mut found = accounts.iter().map(|account| self.stated(account)).collect::<Vec<_>>();
        // A derived account may be derived from another one: each round finds one at least.
        while found.iter().any(Option::is_none) {
            let derive = |(account, key): (&AccountParam, &Option<Pubkey>)| match key {
                Some(key) => Ok(Some(*key)),
                None => self.derived(account, &found),
            };
            let more = accounts.iter().zip(&found).map(derive).collect::<Result<Vec<_>>>()?;
            if more == found {
                return Err(refusal(format!("the accounts of {} are derived from each other", self.function.name)));
            }
            found = more;
        }
        let meta = |(account, key): (&AccountParam, Option<Pubkey>)| {
            let pubkey = key.unwrap_or(self.program);
            // The program's own id stands for an account that is left out.
            let is_there = !(account.optional && pubkey == self.program);
            AccountMeta { pubkey, is_signer: account.signer && is_there, is_writable: account.writable && is_there }
        };
        Ok(accounts.iter().zip(found).map(meta).collect())
    }

    /// An account that is known without a derivation.
    fn stated(&self, account: &AccountParam) -> Option<Pubkey> {
        let given = self.given.get(&*account.name).copied();
        given.or_else(|| match &account.source {
            AccountSource::Fixed(key) => Some(Pubkey::new_from_array(key.0)),
            AccountSource::Given if account.signer && !account.optional => Some(self.payer),
            AccountSource::Given => Some(self.program),
            AccountSource::Derived { .. } => None,
        })
    }

    /// A derived account; `None` while one that it follows from is not found.
    fn derived(&self, account: &AccountParam, found: &[Option<Pubkey>]) -> Result<Option<Pubkey>> {
        let AccountSource::Derived { program, seeds } = &account.source else { return Ok(None) };
        let program = match program {
            None => self.program,
            Some(seed) => match self.seed(seed, found)? {
                None => return Ok(None),
                Some(key) => Pubkey::try_from(key.as_slice())
                    .map_err(|_| refusal(format!("the program that derives {} is no key", account.name)))?,
            },
        };
        let seeds = seeds.iter().map(|seed| self.seed(seed, found)).collect::<Result<Option<Vec<_>>>>()?;
        let Some(seeds) = seeds else { return Ok(None) };
        let seeds = seeds.iter().map(Vec::as_slice).collect::<Vec<_>>();
        let derived = Pubkey::try_find_program_address(&seeds, &program);
        derived.map(|(key, _)| Some(key)).ok_or_else(|| {
            refusal(format!("the seeds of {} derive no address", account.name))
                .with_help("Solana takes at most 15 seeds of at most 32 bytes each")
        })
    }

    fn seed(&self, seed: &Seed, found: &[Option<Pubkey>]) -> Result<Option<Vec<u8>>> {
        match seed {
            Seed::Const(bytes) => Ok(Some(bytes.to_vec())),
            Seed::Account(name) => {
                let place = self.function.accounts.iter().position(|account| account.name == *name);
                let place = place.ok_or_else(|| refusal(format!("{} has no account {name}", self.function.name)))?;
                Ok(found.get(place).copied().flatten().map(|key| key.to_bytes().to_vec()))
            }
            Seed::Arg(path) => self.argument(path).map(Some),
        }
    }

    /// An argument as a seed: in Borsh, bytes and texts without their length.
    fn argument(&self, path: &[Arc<str>]) -> Result<Vec<u8>> {
        let (ty, value) = self.argument_at(path).ok_or_else(|| {
            refusal(format!("a seed of {} names the argument {}, which it has not", self.function.name, path.join(".")))
        })?;
        match value {
            Value::Bytes(bytes) => Ok(bytes.to_vec()),
            Value::String(text) => Ok(text.clone().into_bytes()),
            value => {
                let codec = AnyCodec::new(Abi::Borsh, self.book);
                let encoded = codec.encode_values(std::slice::from_ref(ty), std::slice::from_ref(value));
                encoded.map(Into::into).map_err(|error| refusal(error.to_string()))
            }
        }
    }

    fn argument_at(&self, path: &[Arc<str>]) -> Option<(&Type, &Value)> {
        let (first, rest) = path.split_first()?;
        let place = self.function.inputs.iter().position(|input| input.name == *first)?;
        let mut at = (&self.function.inputs.get(place)?.ty, self.values.get(place)?);
        for name in rest {
            let (Type::Struct { fields, .. }, Value::Struct { fields: values, .. }) = at else { return None };
            let field = fields.iter().find(|field| field.name == *name)?;
            at = (&field.ty, values.iter().find(|(known, _)| known == name).map(|(_, value)| value)?);
        }
        Some(at)
    }
}

fn refusal(message: impl Into<String>) -> Box<Problem> {
    Problem::new("hexapla::scenario::accounts", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::names::Names;
    use hexapla_abi::Interface;
    use std::slice;

    const IDL: &str = r#"{
        "address": "11111111111111111111111111111112",
        "metadata": { "name": "bank", "version": "0.1.0", "spec": "0.1.0" },
        "instructions": [{
            "name": "open", "discriminator": [1, 2, 3, 4, 5, 6, 7, 8],
            "accounts": [
                { "name": "record", "writable": true, "pda": { "seeds": [
                    { "kind": "const", "value": [114, 101, 99] },
                    { "kind": "account", "path": "vault" },
                    { "kind": "arg", "path": "terms.number" }
                ] } },
                { "name": "vault", "pda": { "seeds": [{ "kind": "account", "path": "owner" }, { "kind": "arg", "path": "terms.label" }] } },
                { "name": "owner", "signer": true, "writable": true },
                { "name": "referrer", "writable": true, "optional": true },
                { "name": "system", "address": "11111111111111111111111111111111" }
            ],
            "args": [{ "name": "terms", "type": { "defined": { "name": "Terms" } } }]
        }],
        "types": [{ "name": "Terms", "type": { "kind": "struct", "fields": [
            { "name": "label", "type": "string" }, { "name": "number", "type": "u64" }
        ] } }]
    }"#;

    fn metas(given: BTreeMap<&str, Pubkey>) -> Vec<AccountMeta> {
        let interface = Interface::detect(IDL).unwrap();
        let terms = Value::Struct {
            name: "Terms".into(),
            fields: vec![("label".into(), Value::String("gold".into())), ("number".into(), Value::uint(7_u64))],
        };
        let accounts = Accounts {
            program: PROGRAM,
            payer: PAYER,
            function: &interface.functions[0],
            values: slice::from_ref(&terms),
            given,
            book: &Names::default(),
        };
        accounts.metas().unwrap()
    }

    const PROGRAM: Pubkey = Pubkey::new_from_array([2; 32]);
    const PAYER: Pubkey = Pubkey::new_from_array([3; 32]);
    const OTHER: Pubkey = Pubkey::new_from_array([4; 32]);

    fn derived(seeds: &[&[u8]]) -> Pubkey {
        Pubkey::find_program_address(seeds, &PROGRAM).0
    }

    #[test]
    fn derived_accounts_follow_from_arguments_and_from_each_other_whatever_their_order() {
        let vault = derived(&[PAYER.as_ref(), b"gold"]);
        let record = derived(&[b"rec", vault.as_ref(), &7_u64.to_le_bytes()]);
        let expected = [
            AccountMeta::new(record, false),
            AccountMeta::new_readonly(vault, false),
            AccountMeta::new(PAYER, true),
            AccountMeta::new_readonly(PROGRAM, false),
            AccountMeta::new_readonly(Pubkey::default(), false),
        ];
        assert_eq!(metas(BTreeMap::new()), expected);
    }

    #[test]
    fn what_is_given_stands_before_what_would_follow() {
        let metas = metas(BTreeMap::from([("vault", OTHER), ("referrer", OTHER)]));
        assert_eq!(metas[0].pubkey, derived(&[b"rec", OTHER.as_ref(), &7_u64.to_le_bytes()]));
        assert_eq!((metas[1].pubkey, metas[3].clone()), (OTHER, AccountMeta::new(OTHER, false)));
    }
}
