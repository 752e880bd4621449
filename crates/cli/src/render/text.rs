//! A scenario for people, step by step.

use super::{
    changes,
    tree::draw,
    wrap::{Line, paragraphs, width},
};
use crate::output::{Style, escape_control_chars, paint};
use hexapla::toolkit::Currency;
use hexapla_abi::text::group;
use hexapla_primitives::U256;
use hexapla_scenario::explain::{
    fault::fault_text,
    value::{ValueFormatter, number_text},
};
use hexapla_scenario::{
    Names, Scenario,
    check::Totals,
    report::{Check, Ending, Loaded, Sent, StepKind, StepReport},
};
use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

/// Room for the step's number.
const INDENT: &str = "    ";
/// Checks that hold are wrapped at this many columns where no terminal says it.
const CHECK_COLUMNS: usize = 110;

/// What to show beside the story.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TextOptions {
    /// What each transaction changed.
    pub(crate) diff: bool,
    /// Trees of views, bytes of translated calls, root and time of each step.
    pub(crate) verbose: bool,
    /// What contracts of VMs with a log of texts have said.
    pub(crate) log: bool,
    /// Most columns of a line; as many as it takes where nothing is said.
    pub(crate) columns: Option<usize>,
}

/// Title and story.
pub(crate) fn head(scenario: &Scenario, columns: Option<usize>) -> String {
    let mut lines = vec![Line::prose(paint(Style::BOLD, &one_line(&scenario.title)))];
    if let Some(story) = &scenario.story {
        let story = escape_control_chars(story.trim_end());
        match columns {
            Some(_) => lines.extend(paragraphs(&story).into_iter().map(Line::prose)),
            None => lines.extend(story.lines().map(Line::prose)),
        }
    }
    in_columns(&lines, columns)
}

/// Lines as text.
fn in_columns(lines: &[Line], columns: Option<usize>) -> String {
    lines.iter().flat_map(|line| line.fold(columns)).fold(String::new(), |text, line| text + &line + "\n")
}

/// What stands in one line cannot look like lines of ours.
fn one_line(text: &str) -> String {
    escape_control_chars(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// One step.
pub(crate) fn step(report: &StepReport, names: &Names, options: TextOptions) -> String {
    let mut lines = Vec::new();
    if let Some(label) = &report.label {
        lines.push(Line::prose(paint(Style::BOLD, &one_line(label))));
    }
    lines.extend(report.note.iter().map(|note| Line::prose(escape_control_chars(note))));
    if let Some(sent) = &report.sent {
        sent_lines(report, sent, names, options, &mut lines);
    }
    check_lines(report, options, &mut lines);
    if options.verbose {
        lines.push(Line::code(paint(Style::DIM, &format!("root {}, {}", report.root, time(report.elapsed)))));
    }
    // Only a story has room between its steps: views without a label stand close together.
    let gap = if report.number == 1 || report.label.is_some() || lines.len() > 2 { "\n" } else { "" };
    let number = paint(Style::DIM, &format!("{:>3} ", report.number));
    let lead = |index| if index == 0 { number.as_str() } else { INDENT };
    let lines: Vec<Line> =
        lines.into_iter().enumerate().map(|(index, line)| line.behind(lead(index), INDENT)).collect();
    format!("{gap}{}", in_columns(&lines, options.columns))
}

fn sent_lines(report: &StepReport, sent: &Sent, names: &Names, options: TextOptions, lines: &mut Vec<Line>) {
    if let Some(loaded) = &sent.loaded {
        loaded_lines(report, sent, loaded, (names, options), lines);
    }
    let Some(call) = &sent.call else { return };
    // Who looks is nobody in particular, unless the step says it.
    let sender = sent.sender.as_ref().or((report.kind != StepKind::View).then_some(&call.from));
    // A transaction of several instructions says it itself.
    let sender = sender.filter(|sender| !call.text.starts_with(&format!("{sender} signs")));
    let sender = sender.map(|sender| paint(Style::DIM, &format!("{sender}: "))).unwrap_or_default();
    let mut tree = draw(call, &sender, options.verbose);
    let is_plain_view = report.kind == StepKind::View && sent.receipt.is_success() && !options.verbose;
    if is_plain_view {
        let vm = paint(Style::of_vm(&call.vm), &format!("[{}]", call.vm));
        let result = call.result_text.as_ref().map(|text| format!(" → {text}")).unwrap_or_default();
        tree = vec![Line::code(format!("{vm} {sender}{}{result}", call.text))];
    }
    lines.append(&mut tree);
    if options.log {
        lines.extend(sent.receipt.program_log.iter().map(|line| log_line(names, line)));
    }
    if report.kind != StepKind::View {
        lines.push(Line::code(gas_line(sent)));
    }
    diff_lines(report, sent, names, options, lines);
}

fn diff_lines(report: &StepReport, sent: &Sent, names: &Names, options: TextOptions, lines: &mut Vec<Line>) {
    if let (true, Some(access)) = (options.diff, &sent.access) {
        let changes = changes::lines(names, access, &report.objects).into_iter();
        lines.extend(changes.map(|line| Line::code(format!("{} {line}", paint(Style::DIM, "±")))));
    }
}

/// The transactions of a loader, as one line, and the failure of the last.
fn loaded_lines(
    report: &StepReport,
    sent: &Sent,
    loaded: &Loaded,
    (names, options): (&Names, TextOptions),
    lines: &mut Vec<Line>,
) {
    if let Some(fault) = &sent.receipt.fault {
        let text = fault_text(&ValueFormatter::new(names, fault.contract), fault);
        let which = format!("transaction {} of {}", loaded.transactions, loaded.planned);
        lines.push(Line::code(format!("the loader's {which}{}", paint(Style::BAD, &format!(" ✗ {text}")))));
    }
    if options.log {
        lines.extend(sent.receipt.program_log.iter().map(|line| log_line(names, line)));
    }
    let unit = if loaded.transactions == 1 { "transaction" } else { "transactions" };
    let gas = group(U256::from(loaded.gas_used));
    let fee = paint(Style::DIM, &fee_text(sent.fee(), sent.currency));
    let by = sent.sender.as_ref().map(|sender| format!(" by {sender}")).unwrap_or_default();
    let text = format!("{} {unit}{by}, {gas} gas: {}{fee}", loaded.transactions, vm_gas(&sent.gas_by_vm));
    lines.push(Line::code(format!("{}{text}", paint(Style::DIM, "= "))));
    diff_lines(report, sent, names, options, lines);
}

/// `fee 5_000 wei`
fn fee_text(wei: U256, currency: Currency) -> String {
    format!("fee {} {}", group(currency.of_wei(wei)), currency.unit)
}

/// A line that a program has logged, with names for keys.
fn log_line(names: &Names, line: &str) -> Line {
    let line = escape_control_chars(&names.with_names_for_ids(line).replace('\n', " "));
    let lead = paint(Style::DIM, "  log │ ");
    Line::code(paint(Style::DIM, &super::shortened(&line))).behind(&lead, &lead)
}

/// `98_123 gas: evm 45_678 · wasm 31_020 · transaction 21_425`
fn gas_line(sent: &Sent) -> String {
    let frames: u64 = sent.gas_by_vm.values().sum();
    let used = sent.receipt.gas_used;
    let rest = match used.checked_sub(frames) {
        // Gas costs nothing in the EVM's lane of a scenario. In the lanes that take a fee all gas is that of frames.
        Some(0) if !sent.receipt.fee.is_zero() => fee_text(sent.receipt.fee, sent.currency),
        Some(rest) => format!("transaction {}", group(U256::from(rest))),
        None => format!("transaction and refund -{}", group(U256::from(frames - used))),
    };
    let text = format!("{} gas: {}{}", group(U256::from(used)), vm_gas(&sent.gas_by_vm), paint(Style::DIM, &rest));
    format!("{}{text}", paint(Style::DIM, "= "))
}

fn vm_gas(sums: &BTreeMap<String, u64>) -> String {
    let mut text = String::new();
    for (vm, gas) in sums {
        let _ = write!(text, "{} · ", paint(Style::of_vm(vm), &format!("{vm} {}", group(U256::from(*gas)))));
    }
    text
}

fn check_lines(report: &StepReport, options: TextOptions, lines: &mut Vec<Line>) {
    let held =
        report.checks.iter().filter(|check| check.holds && !is_implied(check)).map(held_text).collect::<Vec<_>>();
    let room = options.columns.map_or(CHECK_COLUMNS, |columns| columns.saturating_sub(INDENT.len() + 2));
    for line in wrapped(&held, room) {
        lines.push(Line::code(format!("{} {line}", paint(Style::GOOD, "✓"))));
    }
    for check in report.failures() {
        lines.push(Line::code(format!("{} {}", paint(Style::BAD, "✗"), paint(Style::BAD, &check.what))));
        lines.extend(labelled("expected", &check.expected));
        lines.extend(labelled("observed", &check.observed));
    }
}

/// That a transaction succeeded goes without saying.
fn is_implied(check: &Check) -> bool {
    check.what == "status"
}

/// What the tree shows need not be said again.
fn held_text(check: &Check) -> String {
    match check.what.as_str() {
        what @ ("returns" | "events" | "reverts" | "fault" | "gas used" | "output") => what.to_owned(),
        what => format!("{what} = {}", check.observed),
    }
}

fn labelled(label: &str, text: &str) -> Vec<Line> {
    let (lead, below) = (format!("  {label:>8}  "), " ".repeat(12));
    let line = |(index, line): (usize, &str)| {
        Line::code(super::shortened(line)).behind(if index == 0 { &lead } else { &below }, &below)
    };
    text.lines().enumerate().map(line).collect()
}

fn wrapped(parts: &[String], room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if width(line) + width(part) + 2 <= room => {
                line.push_str(", ");
                line.push_str(part);
            }
            _ => lines.push(part.clone()),
        }
    }
    lines
}

/// The last lines.
pub(crate) fn tail(summary: &Totals, ending: Ending, elapsed: Duration, columns: Option<usize>) -> String {
    let verdict = match (summary.failures, ending) {
        (0, Ending::Complete) => paint(Style::GOOD, &format!("all {} checks hold", summary.checks)),
        (failures, Ending::Complete) => {
            paint(Style::BAD, &format!("{failures} of {} checks do not hold", summary.checks))
        }
        (_, Ending::StoppedAt(step)) => paint(Style::BAD, &format!("stopped at step {step}, which later ones need")),
    };
    let frames: u64 = summary.gas_by_vm.values().sum();
    let rest = number_text(U256::from(summary.gas.saturating_sub(frames)));
    let gas = group(U256::from(summary.gas));
    let lines = [
        format!("{} transactions, {verdict}", summary.transactions),
        format!("{gas} gas: {}transactions {rest}", vm_gas(&summary.gas_by_vm)),
        format!("state root {}", summary.root),
        format!("time {}", time(elapsed)),
    ];
    format!("\n{}", in_columns(&lines.map(Line::code), columns))
}

/// `41.2 ms`
pub(crate) fn time(elapsed: Duration) -> String {
    format!("{:.1} ms", elapsed.as_secs_f64() * 1000.0)
}
