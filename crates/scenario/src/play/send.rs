//! Deployments and calls.

use super::{
    Player,
    report::{Check, Sent, StepKind, StepReport},
};
use crate::{
    explain::{
        frame::{ExplainedCall, explain, explain_event, gas_by_vm},
        transaction::own_failure,
    },
    format::{At, Call, Deploy, IdEntry, Sending, Step},
    problem::{Problem, Result},
    world::{
        artifact::{self, Contract, Request},
        names::Names,
    },
};
use alloy_primitives::utils::format_ether;
use hexapla::{AccessSet, ChainError, ExecuteError, Receipt, TxEnv, evm::InvalidTransaction};
use hexapla_abi::{
    Abi, AnyCodec, Codec as _, CodecError, Function, Interface, SolidityCodec, Tree, Value, value_to_json,
};
use hexapla_primitives::{Address, Bytes, U256, VmId};
use hexapla_toolkit::{Currency, Toolkit};

/// How to read what a transaction returns.
#[derive(Clone, Copy)]
pub(super) struct Results<'f> {
    pub(super) function: &'f Function,
    pub(super) abi: Abi,
}

impl<'f> Results<'f> {
    /// Those of a call in the EVM lane.
    pub(super) fn of_evm(function: &'f Function) -> Self {
        Self { function, abi: Abi::default() }
    }

    pub(super) fn decode(self, names: &Names, output: &[u8]) -> Result<Vec<Value>, CodecError> {
        AnyCodec::new(self.abi, &names.book_of(self.abi)).decode_output(self.function, output)
    }
}

/// A step was to save results, and what came back is none.
fn unsaved(names: &At<Vec<At<String>>>, results: Results<'_>, output: &Bytes, error: &CodecError) -> Check {
    let names_text = names.value.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(", ");
    Check {
        what: format!("save {names_text}"),
        holds: false,
        expected: format!("what {} returns", results.function.signature),
        observed: format!("{output}: {error}"),
        span: names.span.clone(),
        updates: Vec::new(),
    }
}

/// What to do about a transaction that is not valid, where its reason says it.
fn refusal_help(error: &ChainError) -> Option<String> {
    let ChainError::Execute(ExecuteError::Invalid(invalid)) = error else { return None };
    match invalid {
        InvalidTransaction::RejectCallerWithCode => {
            Some("contracts do not sign; `impersonate = true` sends in their name".to_owned())
        }
        InvalidTransaction::LackOfFundForMaxFee { fee, balance } => {
            let (needed, has) = (with_unit(**fee), with_unit(**balance));
            Some(format!("the sender has {has} and needs {needed}; `set = {{ balance = {{ … }} }}` gives more"))
        }
        InvalidTransaction::TxGasLimitGreaterThanCap { cap, .. } => {
            Some(format!("write at most `gas = {cap}`, or raise `tx_gas_cap` in `[chain]`"))
        }
        _ => None,
    }
}

/// `1.5 ether`
fn with_unit(wei: U256) -> String {
    format!("{} ether", format_ether(wei).trim_end_matches('0').trim_end_matches('.'))
}

/// Most items of an interface that a deployment names as left out.
const LEFT_OUT_MAX: usize = 3;

/// What the file of an interface has that cannot be called or read, in words.
fn left_out(interface: &Interface) -> Option<String> {
    let items = interface.refused.iter().take(LEFT_OUT_MAX);
    let named = items.map(|refused| format!("{} ({})", refused.item, refused.reason)).collect::<Vec<_>>();
    let more = match interface.refused.len().saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {more} more, which `hexapla abi inspect` lists"),
    };
    (!named.is_empty()).then(|| format!("left out of its interface: {}{more}", named.join(", ")))
}

impl Player<'_> {
    pub(super) fn deploy(&mut self, step: &Step, deploy: &Deploy, contract: Contract) -> Result<StepReport> {
        let left_out = contract.interface.as_deref().and_then(left_out);
        let mut report = self.deployed(step, deploy, contract)?;
        let notes = report.note.take().into_iter().chain(left_out).collect::<Vec<_>>();
        report.note = (!notes.is_empty()).then(|| notes.join("; "));
        Ok(report)
    }

    fn deployed(&mut self, step: &Step, deploy: &Deploy, contract: Contract) -> Result<StepReport> {
        if let Some(id) = contract.id.as_ref().filter(|_| contract.is_native()) {
            return match self.scenario.deployer(deploy) {
                Some(_) => self.load(step, deploy, &contract, id),
                None => self.install(step, deploy, &contract, id),
            };
        }
        let contract = self.linked(deploy, contract)?;
        let from = self.sender(&deploy.sending)?;
        let name = &deploy.name.value;
        // The contract's own name may stand in its arguments: where it will be is known.
        let nonce = self.world.chain.create(from, Bytes::new())?.nonce;
        let created = from.create(nonce);
        let is_called = self.calls_constructor(&contract);
        let address = if is_called { created.create(1) } else { created };
        let code = contract.code.bytes();
        // Its interface says what a failure of its constructor means.
        self.world.names.add_contract(name, address, contract.interface.clone(), code.len());
        self.world.resolve_names();
        let init_code = self.init_code(deploy, &contract)?;
        let tx = self.world.chain.create(from, init_code)?;
        let (receipt, access) = self.transact(step, tx, &deploy.sending)?;
        let is_created = receipt.created.is_some();
        if let (true, Some(told)) = (is_created, &contract.registered) {
            self.world.chain.set_interface(address, told)?;
        }
        let mut report = StepReport::of(step, StepKind::Deploy);
        report.later_steps_cannot_run = !is_created && !step.expect.is_failure();
        let mut tree = self.tree(&receipt);
        if let Some(root) = tree.as_mut().filter(|_| is_called) {
            root.text = format!("deploys {name}");
        }
        let report = self.finish(step, VmId::EVM, report, receipt, Some(access), (tree, None));
        if !is_created {
            self.world.names.remove(name);
        }
        report
    }

    /// The contract with the addresses of its libraries.
    fn linked(&self, deploy: &Deploy, contract: Contract) -> Result<Contract> {
        if deploy.libraries.is_empty() {
            return Ok(contract);
        }
        let libraries =
            deploy.libraries.iter().map(|(name, library)| Ok((name.value.as_str(), self.account(library)?)));
        let libraries = libraries.collect::<Result<Vec<_>>>()?;
        let file = self.scenario.source.relative(&deploy.artefact.value, &deploy.artefact.span);
        let which = deploy.contract.as_ref().map(|which| which.value.as_str());
        let request =
            Request { file: &file, contract: which, abi: None, interface: None, libraries: &libraries, cache: None };
        let loaded = artifact::load(&self.scenario.toolkits, request);
        let loaded =
            loaded.map_err(|problem| problem.at(&self.scenario.source, &deploy.artefact.span, "this artefact"))?;
        Ok(Contract { code: loaded.code, ..contract })
    }

    /// Whether the constructor is a function of the contract, which its deployment calls.
    fn calls_constructor(&self, contract: &Contract) -> bool {
        contract.constructor().is_some() && self.scenario.toolkits.constructor_of(contract.code.bytes()).is_some()
    }

    /// Creation code with the constructor's arguments.
    fn init_code(&self, deploy: &Deploy, contract: &Contract) -> Result<Bytes> {
        let code = contract.code.bytes();
        let Some(constructor) = contract.constructor() else {
            return Ok(code.clone());
        };
        let signature = format!("the constructor of {}", deploy.name.value);
        let args = self.arguments(&signature, &constructor.inputs, deploy.sending.args.as_ref())?;
        let args = SolidityCodec::default()
            .encode_constructor(constructor, &args)
            .map_err(|error| self.encoding(error, &deploy.name.span))?;
        Ok(match self.scenario.toolkits.constructor_of(code) {
            Some((loader, selector)) => loader.creation_with_call(code, &[&selector[..], &args].concat().into()),
            None => [&code[..], &args].concat().into(),
        })
    }

    pub(super) fn call(&mut self, step: &Step, call: &Call, function: Option<&Function>) -> Result<StepReport> {
        let input = match (function, &call.raw) {
            (Some(function), _) => {
                let args = self.arguments(&function.signature, &function.inputs, call.sending.args.as_ref())?;
                let encoded = SolidityCodec::default().encode_call(function, &args);
                encoded.map_err(|error| self.encoding(error, &call.to.span))?
            }
            (None, Some(raw)) => self.bytes(raw)?,
            (None, None) => Bytes::new(),
        };
        let to = self.account(&call.to)?;
        let dry_run = call.is_static.unwrap_or_else(|| function.is_some_and(Function::is_read_only));
        self.send(step, &call.sending, to, input, function, (dry_run, call.save.as_ref()))
    }

    /// Sends a call, or only looks what it would give, and saves its results.
    pub(super) fn send(
        &mut self,
        step: &Step,
        sending: &Sending,
        to: Address,
        input: Bytes,
        function: Option<&Function>,
        (dry_run, save): (bool, Option<&At<Vec<At<String>>>>),
    ) -> Result<StepReport> {
        let tx = self.world.chain.call(self.sender(sending)?, to, input)?;
        let (kind, receipt, access) = if dry_run {
            self.looks_only(sending)?;
            let tx = self.with_terms(tx, sending)?;
            let receipt = self.world.chain.simulate(tx).map_err(|error| self.not_sent(step, error))?;
            (StepKind::View, receipt, None)
        } else {
            let (receipt, access) = self.transact(step, tx, sending)?;
            (StepKind::Transaction, receipt, Some(access))
        };
        let mut report = StepReport::of(step, kind);
        let results = function.map(Results::of_evm);
        if let Some(checks) = self.save(save, results, &receipt)? {
            report.later_steps_cannot_run = !checks.is_empty() || !step.expect.is_failure();
            report.checks.extend(checks);
        }
        let tree = self.tree(&receipt);
        self.finish(step, VmId::EVM, report, receipt, access, (tree, results))
    }

    /// A name, or that of the account which a saved result means.
    fn shown_name(&self, name: &str) -> String {
        let saved = name.starts_with('$').then(|| self.account(&At::new(name.to_owned(), 0..0)).ok()).flatten();
        saved.map_or_else(|| name.to_owned(), |address| self.world.names.short(address))
    }

    fn encoding(&self, error: hexapla_abi::CodecError, span: &std::ops::Range<usize>) -> Box<Problem> {
        Problem::new("hexapla::scenario::encoding", error.to_string()).at(&self.scenario.source, span, "this call")
    }

    pub(super) fn sender(&self, sending: &Sending) -> Result<Address> {
        let Some(from) = &sending.from else { return Ok(self.first_account()) };
        let address = self.account(from)?;
        let is_signer = |entry: &IdEntry| self.world.names.resolve(&entry.name.value) == Some(address);
        match self.scenario.signers().find(|entry| from.value.starts_with('$') && is_signer(entry)) {
            None => Ok(address),
            Some(signer) => {
                let message = format!("`{}` signs transactions of another lane", signer.name.value);
                Err(Problem::new("hexapla::scenario::lane", message)
                    .at(&self.scenario.source, &from.span, "sent in the lane of accounts")
                    .with_help("name it in `from` itself: who sends decides the lane before anything is played"))
            }
        }
    }

    /// The native coin as a VM counts it.
    pub(super) fn currency(&self, vm: VmId) -> Currency {
        self.scenario.toolkits.get(vm).map_or(Currency { unit: "wei", wei: 1 }, Toolkit::currency)
    }

    fn transact(&mut self, step: &Step, tx: TxEnv, sending: &Sending) -> Result<(Receipt, AccessSet)> {
        let tx = self.with_terms(tx, sending)?;
        let committed = match sending.impersonate {
            true => self.world.chain.transact_as(tx),
            false => self.world.chain.transact(tx),
        };
        let committed = committed.map_err(|error| self.not_sent(step, error))?;
        Ok((committed.receipt, committed.access))
    }

    pub(super) fn not_sent(&self, step: &Step, error: ChainError) -> Box<Problem> {
        let help = refusal_help(&error);
        let problem = Box::<Problem>::from(error).at(&self.scenario.source, &step.span, "this step");
        match help {
            Some(help) => problem.with_help(help),
            None => problem,
        }
    }

    /// Saves the results under the names that the step gives them. Where there are none to save, what failed, if not the
    /// transaction itself.
    pub(super) fn save(
        &mut self,
        names: Option<&At<Vec<At<String>>>>,
        results: Option<Results<'_>>,
        receipt: &Receipt,
    ) -> Result<Option<Vec<Check>>> {
        let Some(names) = names else { return Ok(None) };
        if !receipt.is_success() {
            return Ok(Some(Vec::new()));
        }
        let values = match results {
            Some(results) => match results.decode(&self.world.names, &receipt.output) {
                Ok(values) => values.iter().map(value_to_json).collect(),
                Err(error) => return Ok(Some(vec![unsaved(names, results, &receipt.output, &error)])),
            },
            None => vec![Tree::String(receipt.output.to_string())],
        };
        match (names.value.as_slice(), values.as_slice()) {
            ([name], [value]) => self.world.saved.insert(&name.value, value.clone()),
            ([name], values) => self.world.saved.insert(&name.value, Tree::Array(values.to_vec())),
            (names, values) if names.len() == values.len() => {
                names.iter().zip(values).for_each(|(name, value)| self.world.saved.insert(&name.value, value.clone()));
            }
            (wanted, values) => {
                let message =
                    format!("{} results are to be saved, but the function returns {}", wanted.len(), values.len());
                let problem = Problem::new("hexapla::scenario::save", message);
                return Err(problem.at(&self.scenario.source, &names.span, "these names"));
            }
        }
        Ok(None)
    }

    /// The call tree of a transaction of the EVM lane.
    fn tree(&self, receipt: &Receipt) -> Option<ExplainedCall> {
        receipt.trace.as_ref().map(|trace| explain(&self.world.names, trace))
    }

    /// `lane` is the VM of whose form the transaction is.
    pub(super) fn finish(
        &mut self,
        step: &Step,
        lane: VmId,
        mut report: StepReport,
        receipt: Receipt,
        access: Option<AccessSet>,
        (call, results): (Option<ExplainedCall>, Option<Results<'_>>),
    ) -> Result<StepReport> {
        let names = &self.world.names;
        let events = receipt.logs.iter().map(|log| explain_event(names, log)).collect();
        let gas_by_vm = receipt.trace.as_ref().map(gas_by_vm).unwrap_or_default();
        let currency = self.currency(lane);
        let failure = receipt.fault.clone().map(|fault| own_failure(names, lane, fault));
        let sender = step.action.sender().map(|name| self.shown_name(name));
        let sent = Sent { sender, receipt, failure, call, events, gas_by_vm, access, loaded: None, currency };
        self.expect_sent(step, &sent, results, &mut report)?;
        report.sent = Some(sent);
        Ok(report)
    }
}
