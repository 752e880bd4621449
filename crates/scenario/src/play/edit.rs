//! Steps that change the chain without a transaction: state, time, snapshots, names of contracts that are there.

use super::{
    Player,
    report::{StepKind, StepReport},
};
use crate::{
    format::{At, Attach, Edit, Moment, Step},
    problem::{Problem, Result},
};
use hexapla::{AccountInfo, ChainError, chain::NUMBER_MAX, evm};
use hexapla_abi::{Interface, Tree, Type, Value, text::group};
use hexapla_primitives::{Address, U256};
use hexapla_toolkit::Toolkit;
use std::{ops::Range, sync::Arc};

impl Player<'_> {
    /// Puts state in place of what is there.
    pub(super) fn edit(&mut self, step: &Step, edit: &Edit) -> Result<StepReport> {
        let mut changed = Vec::new();
        for (name, tree) in &edit.balance {
            let balance = self.number(tree)?;
            self.set_account(name, |info| info.balance = balance)?;
            changed.push(format!("balance of {}", name.value));
        }
        for (currency, name, tree) in &edit.units {
            let wei = self.amount(*currency, tree)?.saturating_mul(U256::from(currency.wei));
            self.set_account(name, |info| info.balance = wei)?;
            changed.push(format!("{} of {}", currency.unit, name.value));
        }
        for (name, tree) in &edit.nonce {
            let Value::Uint(nonce) = self.value(&Type::Uint { bits: 64 }, tree)? else { continue };
            self.set_account(name, |info| info.nonce = nonce.saturating_to())?;
            changed.push(format!("nonce of {}", name.value));
        }
        for (name, tree) in &edit.code {
            self.set_code(name, tree)?;
            changed.push(format!("code of {}", name.value));
        }
        for (name, slots) in &edit.storage {
            let account = self.account(name)?;
            if self.world.chain.account(account)?.is_empty() {
                let message = format!("`{}` is an empty account, which keeps no storage (EIP-161)", name.value);
                return Err(Problem::new("hexapla::scenario::storage", message)
                    .at(&self.scenario.source, &name.span, "has no balance, nonce or code")
                    .with_help("set its `balance` or `code` too"));
            }
            for (slot, tree) in slots {
                let key = self.number(&At::new(Tree::String(slot.value.clone()), slot.span.clone()))?;
                let value = self.number(tree)?;
                self.world.chain.edit(|overlay| overlay.insert_word(account, key, value))?;
                changed.push(format!("slot {} of {}", slot.value, name.value));
            }
        }
        for (vm, name, options) in &edit.accounts {
            let id = self.native_id(*vm, name)?;
            let fields = self.world.fields(*vm, options);
            let place = |problem: Box<Problem>| problem.at(&self.scenario.source, &name.span, "this account");
            let Some(accounts) = self.scenario.toolkits.get(*vm).and_then(Toolkit::accounts) else { continue };
            let account = fields.and_then(|fields| accounts.account(&id, &fields).map_err(Into::into));
            let (account, key) = (account.map_err(place)?, accounts.object_key(&id));
            // What is there goes, also where the new account has no object.
            self.world.chain.edit(|overlay| {
                overlay.insert_object(key, None);
                Ok(())
            })?;
            self.world.chain.insert_accounts([account])?;
            changed.push(format!("account {}", name.value));
        }
        let text = if changed.is_empty() { "nothing".to_owned() } else { changed.join(", ") };
        Ok(noted(step, format!("sets {text}")))
    }

    fn set_account(&mut self, name: &At<String>, change: impl FnOnce(&mut AccountInfo)) -> Result<()> {
        let address = self.account(name)?;
        let mut info = self.world.chain.account(address)?;
        change(&mut info);
        self.world.chain.edit(|overlay| {
            overlay.insert_account(address, info);
            Ok(())
        })?;
        Ok(())
    }

    fn set_code(&mut self, name: &At<String>, tree: &At<Tree>) -> Result<()> {
        let code = self.bytes(tree)?;
        if code.first() == Some(&0xef) {
            return Err(Problem::new("hexapla::scenario::code", "code of the EVM does not begin with 0xef (EIP-3541)")
                .at(&self.scenario.source, &tree.span, "of another VM")
                .with_help("deploy it with `deploy`, or at an `id`"));
        }
        let code = evm::bytecode(&code);
        self.set_account(name, |info| {
            info.code_hash = code.hash_slow();
            info.code = Some(code);
        })
    }

    /// Sets the time of the next block.
    pub(super) fn warp(&mut self, step: &Step, moment: &At<Moment>) -> Result<StepReport> {
        let now = self.world.chain.next_block().timestamp.saturating_to::<u64>();
        let time = self.later(now, moment, "time")?;
        self.world.chain.block_mut().timestamp = U256::from(time);
        Ok(noted(step, format!("the next block's time is {time}, {} s later", grouped(time - now))))
    }

    /// Makes empty blocks up to a number.
    pub(super) fn roll(&mut self, step: &Step, moment: &At<Moment>) -> Result<StepReport> {
        let now = self.world.chain.next_block().number.saturating_to::<u64>();
        let number = self.later(now, moment, "number")?;
        let skipped = self.world.chain.skip_blocks(number - now);
        skipped.map_err(|error| self.of_chain(error, &moment.span))?;
        Ok(noted(step, format!("{} empty blocks; the next is block {}", grouped(number - now), grouped(number))))
    }

    /// A moment that is not before `now`.
    fn later(&self, now: u64, moment: &At<Moment>, what: &str) -> Result<u64> {
        let wanted = match moment.value {
            Moment::At(wanted) => Some(wanted),
            Moment::After(more) => now.checked_add(more),
        };
        let problem = match wanted {
            Some(wanted) if wanted < now => Problem::new(
                "hexapla::scenario::moment",
                format!("the next block has the {what} {now}, which is later"),
            )
            .with_help("a chain never goes back; `snapshot` and `rollback` take everything back"),
            Some(wanted) if wanted <= NUMBER_MAX => return Ok(wanted),
            _ => Problem::new("hexapla::scenario::moment", format!("the {what} of a block is at most {NUMBER_MAX}"))
                .with_help("write a smaller number"),
        };
        Err(problem.at(&self.scenario.source, &moment.span, "this block"))
    }

    fn of_chain(&self, error: ChainError, span: &Range<usize>) -> Box<Problem> {
        Box::<Problem>::from(error).at(&self.scenario.source, span, "this step")
    }

    /// Keeps the state under a name.
    pub(super) fn snapshot(&mut self, step: &Step, name: &At<String>) -> Result<StepReport> {
        let snapshot = self.world.chain.snapshot().map_err(|error| self.of_chain(error, &name.span))?;
        let names = self.world.names.iter().map(|(name, _)| name.to_owned()).collect();
        self.snapshots.insert(name.value.clone(), (snapshot, names));
        Ok(noted(step, format!("keeps the state as `{}`", name.value)))
    }

    /// Goes back to a state that was kept. It stays, and can be gone back to again.
    pub(super) fn rollback(&mut self, step: &Step, name: &At<String>) -> Result<StepReport> {
        let Some((snapshot, names)) = self.snapshots.get(&name.value) else {
            debug_assert!(false, "the plan knows all snapshots");
            return Ok(noted(step, String::new()));
        };
        let rolled_back = self.world.chain.rollback(snapshot);
        rolled_back.map_err(|error| self.of_chain(error, &name.span))?;
        // What has been deployed since is gone, and its name is free.
        let known = self.world.names.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
        for gone in known.iter().filter(|name| !names.contains(*name)) {
            self.world.names.remove(gone);
        }
        Ok(noted(step, format!("everything is as it was at `{}`", name.value)))
    }

    /// Names a contract that is there.
    pub(super) fn attach(
        &mut self,
        step: &Step,
        attach: &Attach,
        interface: Option<Arc<Interface>>,
    ) -> Result<StepReport> {
        let Value::Address(address) = self.value(&Type::Address, &attach.address)? else {
            return Err(self.no_contract(attach, Address::ZERO));
        };
        if let Some(known) = self.world.names.name(address) {
            let message = format!("the contract at {} is `{known}` already", address.to_checksum(None));
            return Err(Problem::new("hexapla::scenario::attach", message)
                .at(&self.scenario.source, &attach.address.span, "has a name")
                .with_help(format!("call it `{known}`")));
        }
        if self.world.chain.code(address)?.is_empty() {
            return Err(self.no_contract(attach, address));
        }
        let name = &attach.name.value;
        let id = self.world.names.id_of(address);
        let like = attach.like.as_ref().map(|like| self.account(like)).transpose()?;
        let source = like.and_then(|like| self.world.names.source(like).cloned());
        self.world.names.add_contract(name, address, interface, 0);
        self.world.names.add_id(name, &id);
        if let Some(source) = source {
            self.world.names.set_source(address, source);
        }
        self.world.resolve_names();
        Ok(noted(step, format!("{name} is the contract at {}", address.to_checksum(None))))
    }

    fn no_contract(&self, attach: &Attach, address: Address) -> Box<Problem> {
        let message = format!("there is no contract at {}", address.to_checksum(None));
        Problem::new("hexapla::scenario::attach", message)
            .at(&self.scenario.source, &attach.address.span, "this address")
            .with_help("name what a step before has saved, e.g. `address = \"$pair\"`")
    }
}

fn grouped(number: u64) -> String {
    group(U256::from(number))
}

fn noted(step: &Step, note: String) -> StepReport {
    let mut report = StepReport::of(step, StepKind::Edit);
    report.note = Some(note);
    report
}
