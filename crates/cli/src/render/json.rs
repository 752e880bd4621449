//! Everything as one document.
//!
//! It holds no times and nothing of the machine: the same scenario gives the same bytes everywhere, with every engine.

use super::changes::{Change, changes};
use hexapla::Receipt;
use hexapla_primitives::B256;
use hexapla_scenario::explain::frame::{ExplainedCall, ExplainedEvent};
use hexapla_scenario::{
    Names, Scenario,
    check::Totals,
    report::{Check, Ending, Loaded, StepKind, StepReport},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A scenario and what came out of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document<'r> {
    title: &'r str,
    story: Option<&'r str>,
    ok: bool,
    /// The step that later ones need and that failed.
    stopped_at: Option<usize>,
    /// Accounts and contracts by name.
    names: BTreeMap<&'r str, String>,
    /// Ids of accounts that have one of their own VM, by name.
    keys: BTreeMap<&'r str, String>,
    steps: Vec<StepDocument<'r>>,
    gas_used: u64,
    gas_by_vm: &'r BTreeMap<String, u64>,
    root: B256,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StepDocument<'r> {
    number: usize,
    kind: StepKind,
    label: Option<&'r str>,
    note: Option<&'r str>,
    call: Option<&'r ExplainedCall>,
    events: &'r [ExplainedEvent],
    gas_by_vm: Option<&'r BTreeMap<String, u64>>,
    changes: Vec<Change>,
    checks: Vec<CheckDocument<'r>>,
    /// The transactions of a loader, of which `receipt` is the last one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    loaded: Option<Loaded>,
    receipt: Option<&'r Receipt>,
    receipt_digest: Option<B256>,
    root: B256,
}

#[derive(Debug, Serialize)]
struct CheckDocument<'r> {
    what: &'r str,
    holds: bool,
    expected: &'r str,
    observed: &'r str,
}

/// The document of a scenario.
pub(crate) fn document<'r>(
    scenario: &'r Scenario,
    steps: &'r [StepReport],
    summary: &'r Totals,
    ending: Ending,
    names: &'r Names,
) -> Document<'r> {
    Document {
        title: &scenario.title,
        story: scenario.story.as_deref(),
        ok: summary.failures == 0 && ending == Ending::Complete,
        stopped_at: match ending {
            Ending::Complete => None,
            Ending::StoppedAt(step) => Some(step),
        },
        names: names.iter().map(|(name, address)| (name, address.to_checksum(None))).collect(),
        keys: names.ids().map(|(name, id)| (name, names.toolkits().format_id(id))).collect(),
        steps: steps.iter().map(step_document).collect(),
        gas_used: summary.gas,
        gas_by_vm: &summary.gas_by_vm,
        root: summary.root,
    }
}

fn step_document(report: &StepReport) -> StepDocument<'_> {
    let sent = report.sent.as_ref();
    StepDocument {
        number: report.number,
        kind: report.kind,
        label: report.label.as_deref(),
        note: report.note.as_deref(),
        call: sent.and_then(|sent| sent.call.as_ref()),
        events: sent.map_or(&[], |sent| sent.events.as_slice()),
        gas_by_vm: sent.map(|sent| &sent.gas_by_vm),
        changes: sent.and_then(|sent| sent.access.as_ref()).map(changes).unwrap_or_default(),
        checks: report.checks.iter().map(check_document).collect(),
        loaded: sent.and_then(|sent| sent.loaded),
        receipt: sent.map(|sent| &sent.receipt),
        receipt_digest: sent.map(|sent| sent.receipt.digest()),
        root: report.root,
    }
}

fn check_document(check: &Check) -> CheckDocument<'_> {
    CheckDocument { what: &check.what, holds: check.holds, expected: &check.expected, observed: &check.observed }
}
