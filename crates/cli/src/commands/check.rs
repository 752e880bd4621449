//! `hexapla check`

use super::interface_in;
use crate::{
    flag::flag,
    machine::MachineArgs,
    output::{Output, Style, columns, escape_control_chars, paint},
    render::Line,
};
use clap::Args;
use hexapla::{
    ChainConfig, ChainError, Receipt, StateReader,
    evm::code_limits,
    toolkit::{Artifact, ArtifactFile, Deployable, ToolError, Toolkits},
    vm::{Count, Examination, Refusal},
};
use hexapla_abi::{Param, text::group};
use hexapla_primitives::{Address, Bytes, FaultKind, U256, VmId};
use hexapla_scenario::{
    Names, Player, Scenario, World,
    explain::{fault::fault_text, value::ValueFormatter},
    files, plan,
    problem::{Problem, Result},
    report::{Sent, StepReport},
    world::engine::Engine,
};
use serde_json::{Value as Json, json};
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

/// Options of `hexapla check`.
#[derive(Debug, Args)]
#[command(
    after_help = "The contract is deployed on a chain of its own that is thrown away. Exit code 1 where it is refused.\n\n\
Examples:\n  hexapla check target/deploy/program.so\n  hexapla check out/Vault.json 0x5FbDB2315678afecb367f032d93F642f64180aa3 500\n  hexapla check contract.hex --json | jq .accepted"
)]
pub(crate) struct CheckArgs {
    /// The compiled contract: an artefact of any form that a scenario can deploy, creation code in hex, or as bytes in a
    /// `.bin` file.
    file: PathBuf,
    /// Arguments of its constructor, as text.
    arguments: Vec<String>,
    /// The contract of a file with several.
    #[arg(long, env = "HEXAPLA_CONTRACT", value_name = "NAME")]
    contract: Option<String>,
    /// Print one JSON document instead of text.
    #[arg(long, env = "HEXAPLA_JSON", value_parser = flag())]
    json: bool,
    #[command(flatten)]
    machine: MachineArgs,
}

/// What came out.
struct Checked {
    vm: VmId,
    seen: Examination,
    deployment: Option<Deployed>,
    /// What speaks against calling it accepted, where nothing has refused it.
    doubt: Option<String>,
}

/// A deployment that succeeded.
struct Deployed {
    transactions: usize,
    gas: u64,
    /// In the VM's own unit, where a fee was paid.
    fee: Option<String>,
    /// Coin that the contract's accounts hold from then on, in the same unit.
    deposit: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &CheckArgs, output: &mut Output) -> Result<bool> {
    let engine = args.machine.engine(1)?;
    let checked = check(args, &engine)?;
    if args.json {
        output.json(&document(args, &checked))?;
    } else {
        output.result(&in_words(args, &checked, engine.toolkits()))?;
    }
    Ok(checked.seen.refusal.is_none())
}

/// What loaders say to writers of scenarios, as options of this command.
fn here(error: ToolError) -> Box<Problem> {
    let help = match error.topic {
        "artefact::which" => Some("say which one with `--contract NAME`"),
        "artefact::unlinked" => {
            Some("link it first: `forge build --libraries FILE:NAME:ADDRESS`, or deploy it in a scenario")
        }
        _ => None,
    };
    let problem = Box::<Problem>::from(error);
    match help {
        Some(help) => problem.with_help(help),
        None => problem,
    }
}

fn check(args: &CheckArgs, engine: &Engine) -> Result<Checked> {
    let toolkits = engine.toolkits();
    let bytes = files::read(&args.file, "read the contract", files::BYTES_MAX)?;
    let bytes = Bytes::from(bytes);
    let cache = args.machine.cache_folder();
    let file =
        ArtifactFile { path: &args.file, bytes: &bytes, contract: args.contract.as_deref(), cache: cache.as_deref() };
    let forms = toolkits.artifact_forms();
    let (toolkit, loader) = toolkits.owner_of(&file).ok_or_else(|| {
        let message = format!("{} is not a compiled contract", args.file.display());
        Problem::new("hexapla::artefact::form", message).with_help(format!("compiled contracts are {forms}"))
    })?;
    let vm = toolkit.vm();
    let mut checked = Checked {
        vm,
        seen: engine.examine(vm, &loader.deployed(&bytes)).unwrap_or_default(),
        deployment: None,
        doubt: None,
    };
    if checked.seen.refusal.is_some() {
        return Ok(checked);
    }
    let artifact = loader.load(&file, &forms).map_err(here)?;
    let beside = args.file.with_extension(loader.interface_extension());
    if let Deployable::Creation(creation) = &artifact.code {
        checked.count_creation(creation, vm);
    }
    match inputs(&artifact, &beside)? {
        inputs if !inputs.is_empty() && args.arguments.is_empty() => {
            let types: Vec<String> = inputs.iter().map(|input| format!("{} {}", input.ty, input.name)).collect();
            let types = escape_control_chars(&types.join(", "));
            checked.doubt = Some(format!("not deployed: its constructor takes {types}, to be given behind the file"));
        }
        _ if checked.seen.refusal.is_none() => deploy(args, engine, cache.as_deref(), &artifact, &mut checked)?,
        _ => {}
    }
    Ok(checked)
}

/// What the constructor takes, by the interface in the artifact or in the file beside it.
fn inputs(artifact: &Artifact, beside: &Path) -> Result<Vec<Param>> {
    let found = match &artifact.interface {
        Some(interface) => Some(interface.clone()),
        None if beside.is_file() => Some(interface_in(beside, None, "hexapla::artefact::interface")?),
        None => None,
    };
    Ok(found.and_then(|interface| interface.constructor).map(|constructor| constructor.inputs).unwrap_or_default())
}

impl Checked {
    /// The limits of code that a create transaction brings.
    fn count_creation(&mut self, creation: &Bytes, vm: VmId) {
        let (most, _) = code_limits(ChainConfig::default().spec);
        let (found, limit) = (number(creation.len()), number(most));
        self.seen.counts.push(Count::same("bytes of creation code", found, limit));
        if found > limit {
            let reason = format!("the creation code has {found} bytes; the limit is {limit} (EIP-3860)");
            self.seen.refusal = Some(Refusal { rule: format!("{vm}::creation-size"), reason });
        }
    }

    /// What came of a create transaction or of a loader's transactions, which took so much coin, in wei.
    fn add(&mut self, sent: &Sent, names: &Names, spent: U256) {
        let receipt = &sent.receipt;
        if let Some(fault) = &receipt.fault {
            let reason = fault_text(&ValueFormatter::new(names, fault.contract), fault);
            let logged = receipt.program_log.iter().rfind(|line| !line.starts_with("Program "));
            let reason = logged.map_or_else(|| reason.clone(), |line| format!("{reason}: {line}"));
            let reason = match fault.kind {
                FaultKind::OutOfGas => format!("{reason}; a transaction has at most {} gas", numeral(TX_GAS_MAX)),
                _ => reason,
            };
            let rule = format!("{}::{}", fault.vm, fault.kind);
            self.seen.refusal = Some(Refusal { rule, reason });
            return;
        }
        let coin = |wei: U256| {
            (!wei.is_zero()).then(|| format!("{} {}", group(sent.currency.of_wei(wei)), sent.currency.unit))
        };
        self.deployment = Some(Deployed {
            transactions: sent.transactions(),
            gas: sent.gas_used(),
            fee: coin(sent.fee()),
            deposit: coin(spent.saturating_sub(sent.fee())),
        });
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Deploys the contract on a chain of its own.
fn deploy(
    args: &CheckArgs,
    engine: &Engine,
    cache: Option<&Path>,
    artifact: &Artifact,
    checked: &mut Checked,
) -> Result<()> {
    let text = scenario_of(args, engine.toolkits(), artifact, checked.vm)?;
    let scenario = Scenario::of_text(PathBuf::from("check"), text, engine.toolkits())?;
    // What is wrong stands in the arguments of this command, not in the text of the scenario.
    let wrong = |problem: Box<Problem>| {
        let message = format!("{} cannot be deployed like this: {}", args.file.display(), problem.message());
        Problem::new("hexapla::check::arguments", message)
            .with_help("the constructor's arguments stand behind the file")
    };
    let plan = plan::plan(&scenario, cache).map_err(wrong)?;
    let mut player = Player::new(&scenario, plan, engine, None)?;
    let before = balance(player.world())?;
    let mut last: Option<StepReport> = None;
    player
        .play(|report, _| {
            last = Some(report);
            Ok(())
        })
        .map_err(wrong)?;
    let world = player.world();
    if let Some(sent) = last.as_ref().and_then(|report| report.sent.as_ref()) {
        checked.add(sent, &world.names, before.saturating_sub(balance(world)?));
        let counts = creation_counts(&*world.chain.reader()?, &sent.receipt)?;
        if counts.first().is_some_and(|code| code.found == 0) {
            let doubt = "deployed without code: what runs in the contract is not what creates it, and creates nothing";
            checked.doubt = Some(doubt.to_owned());
        }
        checked.seen.counts.extend(counts);
    }
    Ok(())
}

/// The coin of who deploys.
fn balance(world: &World) -> Result<U256> {
    let deployer = world.names.address(DEPLOYER).unwrap_or_default();
    Ok(world.chain.balance(deployer)?)
}

/// What a create transaction has left and used.
fn creation_counts(state: &dyn StateReader, receipt: &Receipt) -> Result<Vec<Count>> {
    let Some(created) = receipt.created else { return Ok(Vec::new()) };
    let (_, most) = code_limits(ChainConfig::default().spec);
    Ok(vec![
        Count::same("bytes of code in the state", code_bytes(state, created)?, number(most)),
        Count::same("gas of its transaction", receipt.gas_used, TX_GAS_MAX),
    ])
}

fn code_bytes(state: &dyn StateReader, address: Address) -> Result<u64> {
    let Some(account) = state.account(address).map_err(ChainError::from)? else { return Ok(0) };
    let code = state.code(account.code_hash).map_err(ChainError::from)?;
    Ok(number(code.original_byte_slice().len()))
}

/// A scenario that deploys the contract and does nothing else.
fn scenario_of(args: &CheckArgs, toolkits: &Toolkits, artifact: &Artifact, vm: VmId) -> Result<String> {
    let quoted = |text: &str| Json::from(text).to_string();
    let path = std::path::absolute(&args.file).map_err(|error| Problem::file(&args.file, "find", error))?;
    let path = path.to_str().ok_or_else(|| {
        let message = format!("the path {} is not UTF-8", args.file.display());
        Problem::new("hexapla::check::path", message).with_help("move the file to another place")
    })?;
    let mut text = format!("[accounts]\n{DEPLOYER} = \"1000000000 ether\"\n");
    if let (Deployable::Native(_), Some(toolkit)) = (&artifact.code, toolkits.get(vm))
        && let (words, Some(section)) = (toolkit.words(), toolkit.words().section)
    {
        let (signer, unit) = (words.signer, toolkit.currency().unit);
        text = format!("[{section}]\n{DEPLOYER} = {{ {signer} = true, {unit} = {COIN} }}\n");
    }
    let _ = writeln!(text, "[[step]]\ndeploy = \"checked\"\nfrom = \"{DEPLOYER}\"\nartefact = {}", quoted(path));
    if matches!(artifact.code, Deployable::Creation(_)) {
        let _ = writeln!(text, "gas = {TX_GAS_MAX}");
    }
    if let Some(contract) = &args.contract {
        let _ = writeln!(text, "contract = {}", quoted(contract));
    }
    if !args.arguments.is_empty() {
        let arguments: Vec<String> = args.arguments.iter().map(|argument| quoted(argument)).collect();
        let _ = writeln!(text, "args = [{}]", arguments.join(", "));
    }
    Ok(text)
}

/// Most gas of a transaction (EIP-7825).
const TX_GAS_MAX: u64 = 1 << 24;

/// The name of who deploys.
const DEPLOYER: &str = "deployer";

/// What the deployer has, in units of the VM: more than any program costs.
const COIN: u64 = 1_000_000_000_000_000;

fn document(args: &CheckArgs, checked: &Checked) -> Json {
    let seen = &checked.seen;
    let counts = seen.counts.iter().map(|count| {
        json!({
            "what": count.what, "found": count.found, "limit": count.limit, "limitAtHome": count.limit_at_home,
        })
    });
    let costs = seen.costs.iter().map(|cost| json!({ "what": cost.what, "gas": cost.gas }));
    json!({
        "file": args.file.display().to_string(),
        "vm": checked.vm.to_string(),
        "accepted": seen.refusal.is_none(),
        "refusal": seen.refusal.as_ref().map(|refusal| json!({ "rule": refusal.rule, "reason": refusal.reason })),
        "counts": counts.collect::<Vec<_>>(),
        "costs": costs.collect::<Vec<_>>(),
        "deployment": checked.deployment.as_ref().map(|deployed| json!({
            "transactions": deployed.transactions, "gas": deployed.gas, "fee": deployed.fee,
            "deposit": deployed.deposit,
        })),
        "doubt": checked.doubt,
    })
}

fn in_words(args: &CheckArgs, checked: &Checked, toolkits: &Toolkits) -> String {
    let mut text = format!(
        "{} {}\n",
        paint(Style::BOLD, &escape_control_chars(&args.file.display().to_string())),
        paint(Style::of_vm(&checked.vm.to_string()), &format!("[{}]", checked.vm))
    );
    let seen = &checked.seen;
    let ecosystem = toolkits.get(checked.vm).map_or("", |toolkit| toolkit.words().ecosystem);
    if !seen.counts.is_empty() {
        let header = format!("  {:38}{:>12}{:>12}{:>14}", "", "found", "limit", format!("on {ecosystem}"));
        let _ = writeln!(text, "{}", paint(Style::DIM, &header));
    }
    for count in &seen.counts {
        let limit = |limit: Option<u64>| limit.map_or_else(|| "–".to_owned(), numeral);
        let (here, there) = (limit(count.limit), limit(count.limit_at_home));
        let row = format!("  {:38}{:>12}{here:>12}{there:>14}", count.what, numeral(count.found));
        let _ = writeln!(text, "{}", if count.exceeds() { paint(Style::BAD, &row) } else { row });
    }
    for part in &seen.costs {
        let _ = writeln!(text, "  {:56}{:>16} gas", part.what, numeral(part.gas));
    }
    if let Some(deployed) = &checked.deployment {
        let unit = if deployed.transactions == 1 { "transaction" } else { "transactions" };
        let what = format!("deployment, {} {unit}", deployed.transactions);
        let _ = writeln!(text, "  {what:56}{:>16} gas", numeral(deployed.gas));
        let coins = [("fee", &deployed.fee), ("deposit of its accounts", &deployed.deposit)];
        for (what, coin) in coins.iter().filter_map(|(what, coin)| Some((what, coin.as_ref()?))) {
            let _ = writeln!(text, "  {what:38}{coin:>38}");
        }
    }
    let beyond: Vec<&str> = seen
        .counts
        .iter()
        .filter(|count| count.exceeds_at_home() && !count.exceeds())
        .map(|count| count.what)
        .collect();
    if !beyond.is_empty() {
        let _ = writeln!(text, "{}", paint(Style::BAD, &format!("more than {ecosystem} takes: {}", beyond.join(", "))));
    }
    let verdict = match (&seen.refusal, &checked.doubt) {
        (Some(refusal), _) => {
            paint(Style::BAD, &format!("refused by {}: {}", refusal.rule, escape_control_chars(&refusal.reason)))
        }
        (None, Some(doubt)) => format!("not refused, but {doubt}"),
        (None, None) => paint(Style::GOOD, "accepted"),
    };
    text + &Line::prose(verdict).fold(columns()).join("\n") + "\n"
}

fn numeral(number: u64) -> String {
    group(U256::from(number))
}
