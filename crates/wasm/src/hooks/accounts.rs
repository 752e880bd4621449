//! Balance and code of any account.

use super::{
    Hook, Hooks,
    memory::{length, part},
};
use crate::prices;

const TWO_POINTERS: u64 = prices::HOOK + 2 * prices::POINTER + prices::STATE_API;

impl Hooks<'_> {
    pub(crate) fn account_balance(&mut self, account: u32, dest: u32) -> Hook<()> {
        self.session.charge(TWO_POINTERS)?;
        let account = self.address(account)?;
        let balance = self.session.request(|host| host.balance(account))?;
        self.put_number(dest, balance)
    }

    pub(crate) fn account_code(&mut self, account: u32, offset: u32, size: u32, dest: u32) -> Hook<u32> {
        self.session.charge(prices::HOOK + prices::STATE_API)?;
        let account = self.address(account)?;
        let code = self.session.request(|host| host.code(account))?;
        let part = part(&code.bytes, offset, size);
        self.session.charge(prices::write(length(part)))?;
        self.put(dest, part)?;
        Ok(u32::try_from(part.len()).unwrap_or(u32::MAX))
    }

    pub(crate) fn account_code_size(&mut self, account: u32) -> Hook<u32> {
        self.session.charge(prices::HOOK + prices::STATE_API)?;
        let account = self.address(account)?;
        let code = self.session.request(|host| host.code(account))?;
        Ok(u32::try_from(code.bytes.len()).unwrap_or(u32::MAX))
    }

    pub(crate) fn account_codehash(&mut self, account: u32, dest: u32) -> Hook<()> {
        self.session.charge(TWO_POINTERS)?;
        let account = self.address(account)?;
        let code = self.session.request(|host| host.code(account))?;
        self.put(dest, code.hash.as_slice())
    }
}
