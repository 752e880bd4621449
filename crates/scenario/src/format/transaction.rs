//! Steps with several calls that are signed together.

use super::{
    Action, Instruction, NamedAccounts, Sending, Transaction,
    call::{Read, read_args, read_terms, split_target},
    fields::{Fields, Item, boolean, head, list, text, text_or_texts},
    ids::{read_parts, read_uses},
};
use crate::{
    problem::{Problem, Result},
    source::{At, Source},
};
use hexapla_toolkit::Toolkits;
use std::sync::Arc;

/// Instructions that are signed together.
pub(super) fn read_transaction(toolkits: &Toolkits, fields: &mut Fields<'_>) -> Result<Read> {
    let instructions = fields.required("instructions", |source, key, item| {
        let items = list(source, key, item)?;
        let read = |(index, item): (usize, &Item<'_>)| read_instruction(source, index + 1, item);
        Ok(At::new(items.value.into_iter().enumerate().map(read).collect::<Result<Vec<_>>>()?, items.span))
    })?;
    let span = match instructions.value.first() {
        Some(first) => first.program.span.clone(),
        None => {
            let example = toolkits.with_transactions().next().map_or("", |(toolkit, _)| toolkit.words().calls_example);
            return Err(Problem::new("hexapla::scenario::instructions", "a transaction has at least one instruction")
                .at(&fields.source, &instructions.span, "none here")
                .with_help(format!("write e.g. `{example}`")));
        }
    };
    let transaction = Transaction {
        instructions: instructions.value,
        is_static: fields.optional("static", boolean)?.unwrap_or_default(),
        save: fields.optional("save", text_or_texts)?,
        sending: Sending { from: fields.optional("from", text)?, ..read_terms(toolkits, fields)? },
    };
    Ok((Action::Transaction(transaction), span, None))
}

fn read_instruction(source: &Arc<Source>, number: usize, item: &Item<'_>) -> Result<Instruction> {
    let mut fields = Fields::of(source, item, format!("instruction {number}"))?;
    let instruction = match (fields.has("call"), fields.has("invoke")) {
        (true, false) => {
            let (program, function) = split_target(fields.required("call", text)?);
            if function.is_none() {
                let problem = Problem::new("hexapla::scenario::no_function", "the call does not say which function");
                return Err(problem
                    .at(source, &program.span, "a program without a function")
                    .with_help("write `program.function`, or give the bytes with `invoke` and `data`"));
            }
            Instruction {
                program,
                function,
                named: fields.optional("accounts", read_named_accounts)?.unwrap_or_default(),
                listed: fields.optional("remaining_accounts", read_uses)?.unwrap_or_default(),
                args: fields.optional("args", read_args)?,
                data: None,
            }
        }
        (false, true) => Instruction {
            program: fields.required("invoke", text)?,
            function: None,
            named: Vec::new(),
            listed: fields.optional("accounts", read_uses)?.unwrap_or_default(),
            args: None,
            data: fields.optional("data", read_parts)?,
        },
        _ => {
            let span = head(source, &fields.span);
            return Err(Problem::new(
                "hexapla::scenario::action",
                format!("instruction {number} does not say what to call"),
            )
            .at(source, &span, "this instruction")
            .with_help("an instruction has one of `call` and `invoke`"));
        }
    };
    fields.finish()?;
    Ok(instruction)
}

/// Keys by the names that an interface gives the accounts.
pub(super) fn read_named_accounts(source: &Arc<Source>, key: &str, item: &Item<'_>) -> Result<NamedAccounts> {
    let fields = Fields::of(source, item, format!("`{key}` of a call"))?;
    let read = |(name, item): (At<String>, &Item<'_>)| {
        let account = text(source, &format!("the account `{}`", name.value), item)?;
        Ok((name, account))
    };
    fields.entries().into_iter().map(read).collect()
}
