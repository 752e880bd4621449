//! The steps of a scenario.

use super::{
    Action, Call, Deploy, Expect, InterfaceChoice, Invariant, Invoke, ObjectName, Options, Prove, Proved, Register,
    Sending, Step,
    call::{Read, deploy_options, named_trees, read_args, read_storage, read_terms, split_target},
    cases::read_cases,
    checked::{check_name, typed},
    edit::{read_attach, read_edit, read_roll, read_rollback, read_snapshot, read_warp},
    fields::{Fields, Item, boolean, by_name, number, text, text_or_texts, texts, tree, trees},
    ids::{read_options, read_parts, read_uses},
    transaction::{read_named_accounts, read_transaction},
};
use crate::{
    problem::{Problem, Result},
    source::{At, Source},
};
use hexapla_abi::{Tree, Type, Value};
use hexapla_primitives::{B256, U256};
use hexapla_toolkit::Toolkits;
use std::{ops::Range, sync::Arc};
use toml::de::DeValue;

/// The keys that say what a step does; each step has one of them.
const ACTIONS: [&str; 15] = [
    "deploy",
    "upgrade",
    "call",
    "invoke",
    "instructions",
    "check",
    "prove",
    "prove_object",
    "set",
    "warp",
    "roll",
    "snapshot",
    "rollback",
    "attach",
    "register",
];

pub(super) fn read_step(toolkits: &Toolkits, source: &Arc<Source>, number: usize, item: &Item<'_>) -> Result<Step> {
    let fields = Fields::of(source, item, format!("step {number}"))?;
    let given: Vec<_> = ACTIONS.into_iter().filter(|action| fields.has(action)).collect();
    let action = match given.as_slice() {
        [one] => *one,
        other => return Err(not_one_action(&fields, number, other)),
    };
    let mut fields = Fields::of(source, item, format!("step {number}, a `{action}`,"))?;
    let label = fields.optional("label", text)?.map(|label| label.value);
    let (action, span, headline) = match action {
        "deploy" => read_deploy(toolkits, &mut fields)?,
        "upgrade" => read_upgrade(toolkits, &mut fields)?,
        "call" => read_call(toolkits, &mut fields)?,
        "invoke" => read_invoke(toolkits, &mut fields)?,
        "instructions" => read_transaction(toolkits, &mut fields)?,
        "check" => read_check(&mut fields)?,
        "set" => read_edit(toolkits, &mut fields)?,
        "warp" => read_warp(&mut fields)?,
        "roll" => read_roll(&mut fields)?,
        "snapshot" => read_snapshot(&mut fields)?,
        "rollback" => read_rollback(&mut fields)?,
        "attach" => read_attach(&mut fields)?,
        "register" => read_register(toolkits, &mut fields)?,
        _ => read_prove(&mut fields)?,
    };
    let expect = match action {
        Action::Prove(_) => Expect::default(),
        Action::Edit(_)
        | Action::Warp(_)
        | Action::Roll(_)
        | Action::Snapshot(_)
        | Action::Rollback(_)
        | Action::Attach(_) => {
            fields.optional("expect", |source, _, item| read_expect(toolkits, source, item, false))?.unwrap_or_default()
        }
        Action::Check => fields.required("expect", |source, _, item| read_expect(toolkits, source, item, false))?,
        _ => {
            fields.optional("expect", |source, _, item| read_expect(toolkits, source, item, true))?.unwrap_or_default()
        }
    };
    let cases = read_cases(&mut fields, &action)?;
    fields.finish()?;
    Ok(Step { number, span, label: label.or(headline), action, cases, expect })
}

fn not_one_action(fields: &Fields<'_>, number: usize, given: &[&str]) -> Box<Problem> {
    let message = match given {
        [] => format!("step {number} does not say what to do"),
        several => format!("step {number} says several things at once: {}", several.join(", ")),
    };
    let span = fields.span.clone();
    Problem::new("hexapla::scenario::action", message)
        .at(&fields.source, &super::fields::head(&fields.source, &span), "this step")
        .with_help(format!("a step has one of {}", ACTIONS.map(|action| format!("`{action}`")).join(", ")))
}

fn read_deploy(toolkits: &Toolkits, fields: &mut Fields<'_>) -> Result<Read> {
    let name = fields.required("deploy", text)?;
    check_name(&fields.source, &name)?;
    let span = name.span.clone();
    let deploy = Deploy {
        name,
        artefact: fields.either("artifact", "artefact", text)?,
        contract: fields.optional("contract", text)?,
        abi: fields.optional("abi", text)?,
        interface: fields.optional("interface", read_interface)?,
        libraries: fields
            .optional("libraries", |source, key, item| by_name(source, key, item, text))?
            .unwrap_or_default(),
        id: fields.optional("id", text)?,
        authority: fields.optional("authority", text)?,
        options: read_options(fields, deploy_options(toolkits))?,
        sending: read_sending(toolkits, fields)?,
    };
    Ok((Action::Deploy(deploy), span, None))
}

/// New code for a program. What belongs to a program for as long as it lives cannot be said again.
fn read_upgrade(toolkits: &Toolkits, fields: &mut Fields<'_>) -> Result<Read> {
    let name = fields.required("upgrade", text)?;
    let span = name.span.clone();
    let upgrade = Deploy {
        name,
        artefact: fields.either("artifact", "artefact", text)?,
        contract: None,
        abi: fields.optional("abi", text)?,
        interface: fields.optional("interface", read_interface)?,
        libraries: Vec::new(),
        id: None,
        authority: fields.optional("authority", text)?,
        options: Options::default(),
        sending: Sending { from: fields.optional("from", text)?, ..read_terms(toolkits, fields)? },
    };
    Ok((Action::Upgrade(upgrade), span, None))
}

fn read_interface(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<At<InterfaceChoice>> {
    let choice = match item.get_ref() {
        DeValue::Boolean(true) => InterfaceChoice::Own,
        DeValue::Boolean(false) => InterfaceChoice::Nothing,
        _ => InterfaceChoice::File(text(source, key, item)?.value),
    };
    Ok(At::new(choice, item.span()))
}

fn read_invoke(toolkits: &Toolkits, fields: &mut Fields<'_>) -> Result<Read> {
    let program = fields.required("invoke", text)?;
    let span = program.span.clone();
    let invoke = Invoke {
        program,
        accounts: fields.optional("accounts", read_uses)?.unwrap_or_default(),
        data: fields.optional("data", read_parts)?,
        save: fields.optional("save", text_or_texts)?,
        sending: Sending { from: fields.optional("from", text)?, ..read_terms(toolkits, fields)? },
    };
    Ok((Action::Invoke(invoke), span, None))
}

fn read_call(toolkits: &Toolkits, fields: &mut Fields<'_>) -> Result<Read> {
    let target = fields.required("call", text)?;
    let span = target.span.clone();
    let (to, function) = split_target(target);
    let call = Call {
        to,
        function,
        raw: fields.optional("raw", tree)?,
        is_static: fields.optional("static", boolean)?,
        accounts: fields.optional("accounts", read_named_accounts)?.unwrap_or_default(),
        remaining_accounts: fields.optional("remaining_accounts", read_uses)?.unwrap_or_default(),
        save: fields.optional("save", text_or_texts)?,
        sending: read_sending(toolkits, fields)?,
    };
    if let (Some(raw), true) = (&call.raw, call.function.is_some() || call.sending.args.is_some()) {
        let problem = Problem::new("hexapla::scenario::raw", "`raw` replaces function and `args`");
        return Err(problem
            .at(&fields.source, &raw.span, "raw call data")
            .with_help("write `call = \"contract\"` and `raw`"));
    }
    Ok((Action::Call(call), span, None))
}

fn read_register(toolkits: &Toolkits, fields: &mut Fields<'_>) -> Result<Read> {
    let contract = fields.required("register", text)?;
    let span = contract.span.clone();
    let register = Register {
        contract,
        interface: fields.required("interface", text)?,
        sending: Sending { from: fields.optional("from", text)?, ..read_terms(toolkits, fields)? },
    };
    Ok((Action::Register(register), span, None))
}

fn read_check(fields: &mut Fields<'_>) -> Result<Read> {
    let headline = fields.required("check", text)?;
    Ok((Action::Check, headline.span, Some(headline.value)))
}

fn read_prove(fields: &mut Fields<'_>) -> Result<Read> {
    let account = fields.optional("prove", text)?;
    let (what, span) = match account {
        Some(account) => {
            let slots = fields.optional("slots", slots)?.unwrap_or_default();
            let span = account.span.clone();
            (Proved::Account { account, slots }, span)
        }
        None => {
            let (name, span) = fields.required("prove_object", read_object_name)?;
            (Proved::Object(name), span)
        }
    };
    let save = fields.required("save", text)?;
    check_name(&fields.source, &save)?;
    let tamper = fields.optional("tamper", text_or_texts)?.map(|parts| parts.value).unwrap_or_default();
    Ok((Action::Prove(Prove { what, save, tamper }), span, None))
}

fn read_object_name(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<(ObjectName, Range<usize>)> {
    if !matches!(item.get_ref(), DeValue::Table(_)) {
        let contract = text(source, key, item)?;
        let span = contract.span.clone();
        return Ok((ObjectName::OfContract(contract), span));
    }
    let mut fields = Fields::of(source, item, "`prove_object`")?;
    let name = ObjectName::Key { vm: fields.required("vm", text)?, key: fields.required("key", tree)? };
    fields.finish()?;
    Ok((name, item.span()))
}

fn slots(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<Vec<At<B256>>> {
    let slots = trees(source, key, item)?.value;
    slots.iter().map(|slot| Ok(At::new(word(source, slot)?.into(), slot.span.clone()))).collect()
}

fn word(source: &Arc<Source>, tree: &At<Tree>) -> Result<U256> {
    match typed(source, &Type::U256, tree)? {
        Value::Uint(word) => Ok(word),
        _ => Ok(U256::ZERO),
    }
}

fn read_sending(toolkits: &Toolkits, fields: &mut Fields<'_>) -> Result<Sending> {
    Ok(Sending {
        from: fields.optional("from", text)?,
        args: fields.optional("args", read_args)?,
        value: fields.optional("value", tree)?,
        ..read_terms(toolkits, fields)?
    })
}

/// What must hold after each step.
pub(super) fn read_invariants(toolkits: &Toolkits, source: &Arc<Source>, item: &Item<'_>) -> Result<Vec<Invariant>> {
    let Expect { balance, units, state, storage, views, .. } = read_expect(toolkits, source, item, false)?;
    let invariant = |what: At<String>, expect: Expect| Invariant { what, expect };
    let balance = balance
        .into_iter()
        .map(|entry| invariant(entry.0.clone(), Expect { balance: vec![entry], ..Expect::default() }));
    let units =
        units.into_iter().map(|entry| invariant(entry.1.clone(), Expect { units: vec![entry], ..Expect::default() }));
    let state =
        state.into_iter().map(|entry| invariant(entry.0.clone(), Expect { state: vec![entry], ..Expect::default() }));
    let storage = storage
        .into_iter()
        .map(|entry| invariant(entry.0.clone(), Expect { storage: vec![entry], ..Expect::default() }));
    let views =
        views.into_iter().map(|entry| invariant(entry.0.clone(), Expect { views: vec![entry], ..Expect::default() }));
    Ok(balance.chain(units).chain(state).chain(storage).chain(views).collect())
}

/// `expect`; without a transaction only the state can be compared.
fn read_expect(toolkits: &Toolkits, source: &Arc<Source>, item: &Item<'_>, of_transaction: bool) -> Result<Expect> {
    let mut fields = Fields::of(source, item, "`expect`")?;
    let mut expect = Expect::default();
    if of_transaction {
        expect.returns = fields.optional("returns", tree)?;
        expect.output = fields.optional("output", tree)?;
        expect.reverts = fields.optional("reverts", text)?;
        expect.fault = fields.optional("fault", text)?;
        expect.invalid = fields.optional("invalid", text)?;
        expect.code = fields.optional("code", number)?;
        expect.events = fields.optional("events", texts)?;
        expect.gas_used = fields.optional("gas_used", number)?;
        if let (Some(returns), true) = (&expect.returns, expect.is_failure()) {
            let message = "`returns` is compared where a step succeeds, and this one shall fail";
            return Err(Problem::new("hexapla::scenario::expect", message)
                .at(source, &returns.span, "never compared")
                .with_help("leave out either `returns`, or `reverts`, `fault`, `code` and `invalid`"));
        }
    }
    if let Some((key, span)) = expect.of_transaction().filter(|_| expect.invalid.is_some())
        && key != "invalid"
    {
        let message = format!("`{key}` compares what a transaction did, and this one shall not be accepted");
        return Err(Problem::new("hexapla::scenario::expect", message)
            .at(source, span, "never compared")
            .with_help("leave out either `invalid`, or what is said of its failure, output, events and gas"));
    }
    expect.balance = fields.optional("balance", named_trees)?.unwrap_or_default();
    for toolkit in toolkits.iter().filter(|toolkit| toolkit.transactions().is_some()) {
        let currency = toolkit.currency();
        let balances = fields.optional(currency.unit, named_trees)?.unwrap_or_default();
        expect.units.extend(balances.into_iter().map(|(name, tree)| (currency, name, tree)));
    }
    expect.state = fields.optional("state", named_trees)?.unwrap_or_default();
    expect.views = fields.optional("views", named_trees)?.unwrap_or_default();
    expect.storage = fields.optional("storage", read_storage)?.unwrap_or_default();
    fields.finish()?;
    Ok(expect)
}
