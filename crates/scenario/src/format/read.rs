//! The head of a scenario: title, chain, accounts.

use super::{
    Account, ChainRules, IdEntry, Invariant, Parts, Scenario, Step,
    checked::{check_name, typed},
    fields::{Fields, Item, list, number, text, text_or_texts, tree},
    ids::{read_bytes, read_ids},
    step::{read_invariants, read_step},
};
use crate::{
    files,
    nearest::did_you_mean,
    problem::{Problem, Result},
    source::{At, FILE_NAME, Source},
};
use hexapla::SpecId;
use hexapla_abi::{Type, Value};
use hexapla_primitives::{Address, U256};
use hexapla_toolkit::{AddressFormat as _, SharedAddresses, Toolkits};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use toml::de::{DeTable, DeValue};

/// Names files whose accounts, keys and steps come first.
const INCLUDE: &str = "include";

/// Forks by the names that `[chain] spec` takes.
const SPECS: [(&str, SpecId); 6] = [
    ("london", SpecId::LONDON),
    ("shanghai", SpecId::SHANGHAI),
    ("cancun", SpecId::CANCUN),
    ("prague", SpecId::PRAGUE),
    ("osaka", SpecId::OSAKA),
    ("amsterdam", SpecId::AMSTERDAM),
];

/// What one file says.
#[derive(Default)]
struct Part {
    title: Option<String>,
    story: Option<String>,
    chain: ChainRules,
    accounts: Vec<Account>,
    ids: Vec<IdEntry>,
    bytes: Vec<(At<String>, Parts)>,
    steps: Vec<Step>,
    invariants: Vec<Invariant>,
}

/// Most bytes of one file.
const BYTES_MAX: u64 = 16 << 20;
/// Most files of one scenario.
const FILES_MAX: usize = 100;

impl Scenario {
    /// Reads a scenario file, or the `scenario.toml` of a folder, with the files that it includes.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or does not say what a scenario says.
    pub fn read(path: &Path, toolkits: &Toolkits) -> Result<Self> {
        let path = if path.is_dir() { path.join(FILE_NAME) } else { path.to_owned() };
        let text = read_text(&path)?;
        Self::of_text(path, text, toolkits)
    }

    /// Reads a scenario whose text is at hand. What it includes is read from files beside its path.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or the text does not say what a scenario says.
    pub fn of_text(path: PathBuf, text: String, toolkits: &Toolkits) -> Result<Self> {
        let own = Source::new(path.clone(), text.clone());
        let mut files = Files { files: vec![(path, text)], order: Vec::new() };
        files.include(0, &mut Vec::new())?;
        let included = files.files.into_iter().skip(1);
        let source = Arc::new(included.fold(own, |source, (path, text)| source.with(path, text)));
        Self::parse(&source, &files.order, toolkits)
    }

    /// Reads files in the order in which they count; the scenario's own is the last.
    fn parse(source: &Arc<Source>, order: &[usize], toolkits: &Toolkits) -> Result<Self> {
        let texts = source.texts();
        let (mut all, mut included_steps) = (Part::default(), 0);
        for text in order.iter().filter_map(|file| texts.get(*file)) {
            included_steps = all.steps.len();
            let part = Part::read(source, text, included_steps, toolkits)?;
            all = all.followed_by(part);
        }
        if all.steps.is_empty() {
            let problem = Problem::new("hexapla::scenario::empty", format!("{} has no steps", source.path().display()));
            return Err(problem.with_help("a step begins with `[[step]]`; docs/scenario.md shows some"));
        }
        let Part { title, story, chain, accounts, ids, bytes, steps, invariants } = all;
        let title = title.unwrap_or_else(|| named_after(source.path()));
        let (source, toolkits) = (source.clone(), toolkits.clone());
        Ok(Self { source, toolkits, title, story, chain, accounts, ids, bytes, steps, invariants, included_steps })
    }
}

/// The name of a file, or of the folder of a `scenario.toml`: the same wherever it is.
fn named_after(path: &Path) -> String {
    let whole = path.canonicalize();
    let path = whole.as_deref().unwrap_or(path);
    let named = if path.ends_with(FILE_NAME) { path.parent().unwrap_or(path) } else { path };
    named.file_name().map_or_else(|| FILE_NAME.to_owned(), |name| name.to_string_lossy().into_owned())
}

impl Part {
    fn read(source: &Arc<Source>, toml: &str, steps_before: usize, toolkits: &Toolkits) -> Result<Self> {
        let document = DeTable::parse(toml).map_err(|error| syntax(source, &error))?;
        let mut fields = Fields::new(source, document.get_ref(), 0..0, "the scenario");
        let title = fields.optional("title", text)?.map(|title| title.value);
        let story = fields.optional("story", text)?.map(|story| story.value);
        fields.optional(INCLUDE, text_or_texts)?;
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
                let read =
                    |(index, item): (usize, &&Item<'_>)| read_step(toolkits, source, steps_before + index + 1, item);
                items.value.iter().enumerate().map(read).collect()
            }
            None => Ok(Vec::new()),
        };
        let invariants = fields
            .optional("invariants", |source, _, item| read_invariants(toolkits, source, item))?
            .unwrap_or_default();
        fields.finish()?;
        Ok(Self { title, story, chain, accounts, ids, bytes, steps: steps?, invariants })
    }

    /// Both, where what the later one says of the chain and of itself counts.
    fn followed_by(mut self, later: Self) -> Self {
        self.title = later.title;
        self.story = later.story;
        self.chain = ChainRules {
            chain_id: later.chain.chain_id.or(self.chain.chain_id),
            spec: later.chain.spec.or(self.chain.spec),
            tx_gas_cap: later.chain.tx_gas_cap.or(self.chain.tx_gas_cap),
            timestamp: later.chain.timestamp.or(self.chain.timestamp),
        };
        self.accounts.extend(later.accounts);
        self.ids.extend(later.ids);
        self.bytes.extend(later.bytes);
        self.steps.extend(later.steps);
        self.invariants.extend(later.invariants);
        self
    }
}

/// The files of a scenario while they are found.
struct Files {
    /// The scenario's own, then those that it includes.
    files: Vec<(PathBuf, String)>,
    /// Which of them count one behind the other: each behind those that it includes.
    order: Vec<usize>,
}

impl Files {
    /// Adds what a file includes, and then the file. `within` are the files that include it.
    fn include(&mut self, file: usize, within: &mut Vec<PathBuf>) -> Result<()> {
        let Some((path, text)) = self.files.get(file).cloned() else { return Ok(()) };
        let source = Arc::new(Source::new(path.clone(), text));
        within.push(identity(&path));
        for included in includes(&source)? {
            let below = source.relative(&included.value, &included.span);
            let problem = |message: String, help: &str| {
                Problem::new("hexapla::scenario::include", message)
                    .at(&source, &included.span, "this file")
                    .with_help(help)
            };
            if within.contains(&identity(&below)) {
                let message = format!("{} includes itself", below.display());
                return Err(problem(message, "put what both need into a third file"));
            }
            // What two files include is there once.
            if self.files.iter().any(|(known, _)| identity(known) == identity(&below)) {
                continue;
            }
            if self.files.len() == FILES_MAX {
                return Err(problem(format!("a scenario has at most {FILES_MAX} files"), "put some of them together"));
            }
            // A pipe might never say anything.
            if below.exists() && !below.is_file() {
                return Err(problem(format!("{} is not a file", below.display()), "name a TOML file"));
            }
            let text = read_text(&below).map_err(|problem| problem.at(&source, &included.span, "this file"))?;
            self.files.push((below, text));
            self.include(self.files.len() - 1, within)?;
        }
        within.pop();
        self.order.push(file);
        Ok(())
    }
}

/// What a file is known by, however its path is written.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The files that a file includes.
fn includes(source: &Arc<Source>) -> Result<Vec<At<String>>> {
    let document = DeTable::parse(source.text()).map_err(|error| syntax(source, &error))?;
    let item = document.get_ref().get(INCLUDE);
    let files = item.map(|item| text_or_texts(source, INCLUDE, item)).transpose()?;
    Ok(files.map(|files| files.value).unwrap_or_default())
}

fn read_text(path: &Path) -> Result<String> {
    let bytes =
        files::read(path, "read the scenario", BYTES_MAX).map_err(|problem| match path.ends_with(FILE_NAME) {
            true => problem.with_help(
                "a scenario is a folder with a `scenario.toml`, or a TOML file; docs/scenario.md says what is in it",
            ),
            false => problem,
        })?;
    String::from_utf8(bytes).map_err(|error| {
        Problem::new("hexapla::scenario::encoding", format!("{} is not UTF-8 text", path.display()))
            .because(error.utf8_error())
            .with_help("a scenario is a TOML file; save it as UTF-8")
    })
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
