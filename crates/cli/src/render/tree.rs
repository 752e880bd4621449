//! A call tree, drawn.

use super::wrap::Line;
use crate::output::{Style, paint};
use hexapla::CallKind;
use hexapla_abi::text::group;
use hexapla_primitives::U256;
use hexapla_scenario::explain::{
    frame::{
        CallOutcome, ExplainedCall, ExplainedEvent, ExplainedInstruction, ExplainedItem, Failure, InstructionOutcome,
    },
    value::number_text,
};

/// Behind what a failure around it has undone.
const UNDONE: &str = "  ↶ undone";

/// The lines of a tree, without indentation; with the bytes of translated calls, if they are wanted. `sender` is who sent
/// it, where that is to be said.
pub(super) fn draw(root: &ExplainedCall, sender: &str, with_bytes: bool) -> Vec<Line> {
    let mut lines = vec![Line::code(call_line(root, Some(sender))).behind("", &trunk(root))];
    draw_bytes(root, "", with_bytes, &mut lines);
    draw_items(root, "", with_bytes, &mut lines);
    lines
}

/// What the caller sent and what the callee saw, and the same for the results.
fn draw_bytes(call: &ExplainedCall, indent: &str, wanted: bool, lines: &mut Vec<Line>) {
    let Some(sides) = call.bytes.as_ref().filter(|_| wanted) else { return };
    let lead = paint(Style::DIM, &format!("{indent}{}", branch(call)));
    for (what, [caller, callee]) in [("input", &sides.input), ("output", &sides.output)] {
        for (side, bytes) in [("caller", caller), ("callee", callee)] {
            let text = super::shortened(&bytes.to_string());
            lines.push(Line::code(paint(Style::DIM, &format!("{what}, {side}: {text}"))).behind(&lead, &lead));
        }
    }
}

/// Before what stands below the line of a call.
fn branch(call: &ExplainedCall) -> &'static str {
    if call.items.is_empty() { "   " } else { "│  " }
}

/// Before what goes on below the line of a call.
fn trunk(call: &ExplainedCall) -> String {
    if call.items.is_empty() { String::new() } else { paint(Style::DIM, "│ ") }
}

fn draw_items(call: &ExplainedCall, indent: &str, with_bytes: bool, lines: &mut Vec<Line>) {
    let last = call.items.len().saturating_sub(1);
    for (index, item) in call.items.iter().enumerate() {
        let (branch, below) = if index == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let begin = paint(Style::DIM, &format!("{indent}{branch}"));
        let goes_on = paint(Style::DIM, &format!("{indent}{below}"));
        match item {
            ExplainedItem::Event(event) => lines.push(Line::code(event_line(event)).behind(&begin, &goes_on)),
            ExplainedItem::Instruction(instruction) => {
                lines.push(Line::code(instruction_line(instruction)).behind(&begin, &goes_on));
            }
            ExplainedItem::Call(call) => {
                let line = Line::code(call_line(call, None)).behind("", &trunk(call));
                lines.push(line.behind(&begin, &goes_on));
                draw_bytes(call, &format!("{indent}{below}"), with_bytes, lines);
                draw_items(call, &format!("{indent}{below}"), with_bytes, lines);
            }
        }
    }
}

fn instruction_line(instruction: &ExplainedInstruction) -> String {
    match instruction.outcome {
        InstructionOutcome::Stands => instruction.text.clone(),
        InstructionOutcome::Undone => {
            format!("{}{}", paint(Style::UNDONE, &instruction.text), paint(Style::BAD, UNDONE))
        }
        InstructionOutcome::Failed => format!("{}{}", instruction.text, paint(Style::BAD, " ✗")),
        InstructionOutcome::NotReached => paint(Style::DIM, &format!("{}  not reached", instruction.text)),
    }
}

fn event_line(event: &ExplainedEvent) -> String {
    let text = if event.undone { paint(Style::UNDONE, &event.text) } else { event.text.clone() };
    let undone = if event.undone { paint(Style::BAD, UNDONE) } else { String::new() };
    format!("{} {text}{undone}", paint(Style::DIM, "emit"))
}

/// `[wasm 22_450 gas, 224_500_000 ink] ⇄ token.transfer(to: bob, value: 5) → true`
fn call_line(call: &ExplainedCall, sender: Option<&str>) -> String {
    let (is_root, sender) = (sender.is_some(), sender.unwrap_or_default());
    let tag = paint(Style::of_vm(&call.vm), &tag(call));
    let crossing = if call.crossing && !is_root { paint(Style::BOLD, "⇄ ") } else { String::new() };
    let text = if call.outcome == CallOutcome::Undone { paint(Style::UNDONE, &call.text) } else { call.text.clone() };
    format!("{tag} {crossing}{sender}{text}{}{}{}", terms(call), result(call), outcome(call, is_root))
}

fn tag(call: &ExplainedCall) -> String {
    let native = call.native.map(|native| format!(", {} {}", millions(native.amount), native.unit)).unwrap_or_default();
    format!("[{} {} gas{native}]", call.vm, group(U256::from(call.gas)))
}

/// Native units are small and their numbers long; the exact one is in the JSON document.
fn millions(amount: u64) -> String {
    match amount {
        0..1_000_000 => group(U256::from(amount)),
        _ => format!("{}.{}M", group(U256::from(amount / 1_000_000)), amount / 100_000 % 10),
    }
}

/// How it was called, where that is not the ordinary way.
fn terms(call: &ExplainedCall) -> String {
    let mut terms = Vec::new();
    if !call.value.is_zero() {
        terms.push(format!("{} wei", number_text(call.value)));
    }
    match call.kind {
        CallKind::Static => terms.push("static".to_owned()),
        CallKind::Delegate => terms.push("delegate".to_owned()),
        CallKind::Call | CallKind::Create => {}
    }
    if terms.is_empty() { String::new() } else { paint(Style::DIM, &format!(" ({})", terms.join(", "))) }
}

fn result(call: &ExplainedCall) -> String {
    call.result_text.as_ref().map(|text| format!(" → {text}")).unwrap_or_default()
}

fn outcome(call: &ExplainedCall, is_root: bool) -> String {
    match &call.outcome {
        CallOutcome::Stands => String::new(),
        CallOutcome::Undone => paint(Style::BAD, UNDONE),
        CallOutcome::Failed(failure) => paint(Style::BAD, &failure_text(failure, is_root)),
    }
}

fn failure_text(failure: &Failure, is_root: bool) -> String {
    let caught = failure.caught_by.as_ref().map(|by| format!("  ↶ caught by {by}")).unwrap_or_default();
    if failure.passed_on && !is_root && failure.caught_by.is_none() {
        return " ✗ hands the failure on".to_owned();
    }
    format!(" ✗ {}{caught}", failure.text)
}
