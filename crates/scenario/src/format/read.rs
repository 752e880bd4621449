//! The head of a scenario: title, chain, accounts.

use super::{
    Account, ChainRules, Scenario,
    checked::{check_name, typed},
    fields::{Fields, Item, list, number, text, tree},
    ids::{read_bytes, read_ids},
    step::read_step,
};
use crate::{
    nearest::did_you_mean,
    problem::{Problem, Result},
    source::{At, FILE_NAME, Source},
};
use hexapla::SpecId;
use hexapla_abi::{Type, Value};
use hexapla_primitives::{Address, U256};
use hexapla_toolkit::{AddressFormat as _, SharedAddresses, Toolkits};
use std::{path::Path, sync::Arc};
use toml::de::{DeTable, DeValue};

/// Forks by the names that `[chain] spec` takes.
const SPECS: [(&str, SpecId); 6] = [
    ("london", SpecId::LONDON),
    ("shanghai", SpecId::SHANGHAI),
    ("cancun", SpecId::CANCUN),
    ("prague", SpecId::PRAGUE),
    ("osaka", SpecId::OSAKA),
    ("amsterdam", SpecId::AMSTERDAM),
];

impl Scenario {
    /// Reads a scenario file, or the `scenario.toml` of a folder.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or does not say what a scenario says.
    pub fn read(path: &Path, toolkits: &Toolkits) -> Result<Self> {
        Self::parse(&Self::source(path)?, toolkits)
    }

    /// Reads the scenario file, or the `scenario.toml` of a folder.
    fn source(path: &Path) -> Result<Arc<Source>> {
        let path = if path.is_dir() { path.join(FILE_NAME) } else { path.to_owned() };
        let bytes = std::fs::read(&path).map_err(|error| {
            let problem = Problem::file(&path, "read the scenario", error);
            if path.ends_with(FILE_NAME) {
                problem.with_help("a scenario is a folder with a `scenario.toml`, or a TOML file; docs/scenario.md says what is in it")
            } else {
                problem
            }
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            Problem::new("hexapla::scenario::encoding", format!("{} is not UTF-8 text", path.display()))
                .because(error.utf8_error())
                .with_help("a scenario is a TOML file; save it as UTF-8")
        })?;
        Ok(Arc::new(Source::new(path, text)))
    }

    fn parse(source: &Arc<Source>, toolkits: &Toolkits) -> Result<Self> {
        let document = DeTable::parse(source.text()).map_err(|error| syntax(source, &error))?;
        let mut fields = Fields::new(source, document.get_ref(), 0..0, "the scenario");
        let title = fields.optional("title", text)?.map(|title| title.value);
        let story = fields.optional("story", text)?.map(|story| story.value);
        let chain = fields.optional("chain", read_chain)?.unwrap_or_default();
        let accounts = fields.optional("accounts", read_accounts)?.unwrap_or_default();
        let mut ids = Vec::new();
        for toolkit in toolkits.iter() {
            let Some(section) = toolkit.words().section else { continue };
            let read = |source: &Arc<Source>, key: &'static str, item: &Item<'_>| read_ids(toolkit, key, source, item);
            ids.extend(fields.optional(section, read)?.unwrap_or_default());
        }
        let bytes = fields.optional("bytes", read_bytes)?.unwrap_or_default();
        let steps = match fields.optional("step", list)? {
            Some(items) => {
                let read = |(index, item): (usize, &&Item<'_>)| read_step(toolkits, source, index + 1, item);
                items.value.iter().enumerate().map(read).collect()
            }
            None => Ok(Vec::new()),
        };
        fields.finish()?;
        let steps: Vec<_> = steps?;
        if steps.is_empty() {
            let problem = Problem::new("hexapla::scenario::empty", format!("{} has no steps", source.path().display()));
            return Err(problem.with_help("a step begins with `[[step]]`; docs/scenario.md shows some"));
        }
        let title = title.unwrap_or_else(|| source.path().display().to_string());
        let (source, toolkits) = (source.clone(), toolkits.clone());
        Ok(Self { source, toolkits, title, story, chain, accounts, ids, bytes, steps })
    }
}

fn syntax(source: &Arc<Source>, error: &toml::de::Error) -> Box<Problem> {
    let span = error.span().unwrap_or(0..0);
    Problem::new("hexapla::scenario::syntax", "the scenario is not valid TOML").at(source, &span, error.message())
}

fn read_chain(source: &Arc<Source>, _: &str, item: &Item<'_>) -> Result<ChainRules> {
    let mut fields = Fields::of(source, item, "`[chain]`")?;
    let rules = ChainRules {
        chain_id: fields.optional("chain_id", number)?.map(|id| id.value),
        spec: fields.optional("spec", spec)?,
        tx_gas_cap: fields.optional("tx_gas_cap", number)?.map(|cap| cap.value),
        timestamp: fields.optional("timestamp", number)?.map(|time| time.value),
    };
    fields.finish()?;
    Ok(rules)
}

fn spec(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<SpecId> {
    let name = text(source, key, item)?;
    let found = SPECS.iter().find(|(known, _)| *known == name.value.to_lowercase());
    found.map(|(_, spec)| *spec).ok_or_else(|| {
        Problem::new("hexapla::scenario::unknown_fork", format!("there is no fork `{}`", name.value))
            .at(source, &name.span, "unknown fork")
            .with_help(did_you_mean(&name.value, SPECS.map(|(known, _)| known)))
    })
}

fn read_accounts(source: &Arc<Source>, _: &str, item: &Item<'_>) -> Result<Vec<Account>> {
    Fields::of(source, item, "`[accounts]`")?
        .entries()
        .into_iter()
        .map(|(name, item)| read_account(source, name, item))
        .collect()
}

fn read_account(source: &Arc<Source>, name: At<String>, item: &Item<'_>) -> Result<Account> {
    check_name(source, &name)?;
    let derived = SharedAddresses.of_name(&name.value).canonical();
    if !matches!(item.get_ref(), DeValue::Table(_)) {
        let balance = wei(source, &name.value, item)?;
        return Ok(Account { name, address: derived, balance });
    }
    let mut fields = Fields::of(source, item, format!("the account `{}`", name.value))?;
    let address = fields.optional("address", address)?.unwrap_or(derived);
    let balance = fields.optional("balance", wei)?.unwrap_or_default();
    fields.finish()?;
    Ok(Account { name, address, balance })
}

fn address(source: &Arc<Source>, key: &'static str, item: &Item<'_>) -> Result<Address> {
    match typed(source, &Type::Address, &tree(source, key, item)?)? {
        Value::Address(address) => Ok(address),
        _ => Ok(Address::ZERO),
    }
}

fn wei(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<U256> {
    match typed(source, &Type::U256, &tree(source, key, item)?)? {
        Value::Uint(wei) => Ok(wei),
        _ => Ok(U256::ZERO),
    }
}
