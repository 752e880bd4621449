//! Calls, creations, and what they gave back.

use super::{
    Hook, Hooks,
    memory::{length, part, twice_read},
};
use crate::prices;
use hexapla_primitives::{Address, Bytes, U256};
use hexapla_vm::{CallKind, CallRequest, CreateRequest};

/// Status of a call that succeeded.
const SUCCESS: u32 = 0;
/// Status of a call that failed; its revert data is the return data.
const FAILURE: u32 = 1;

const CALL: u64 = prices::HOOK + 3 * prices::POINTER + prices::STATE_API;

impl Hooks<'_> {
    pub(crate) fn call_contract(
        &mut self,
        contract: u32,
        data: u32,
        len: u32,
        value: u32,
        gas: u64,
        return_len: u32,
    ) -> Hook<u32> {
        self.charge_call(len)?;
        let value = self.number(value)?;
        self.call(CallKind::Call, contract, data, len, value, gas, return_len)
    }

    pub(crate) fn delegate_call_contract(
        &mut self,
        contract: u32,
        data: u32,
        len: u32,
        gas: u64,
        return_len: u32,
    ) -> Hook<u32> {
        self.charge_call(len)?;
        self.call(CallKind::Delegate, contract, data, len, U256::ZERO, gas, return_len)
    }

    pub(crate) fn static_call_contract(
        &mut self,
        contract: u32,
        data: u32,
        len: u32,
        gas: u64,
        return_len: u32,
    ) -> Hook<u32> {
        self.charge_call(len)?;
        self.call(CallKind::Static, contract, data, len, U256::ZERO, gas, return_len)
    }

    fn charge_call(&mut self, len: u32) -> Hook<()> {
        self.session.charge(CALL.saturating_add(twice_read(len)))
    }

    #[allow(clippy::too_many_arguments, reason = "the arguments of the host function")]
    fn call(
        &mut self,
        kind: CallKind,
        contract: u32,
        data: u32,
        len: u32,
        value: U256,
        gas_cap: u64,
        return_len: u32,
    ) -> Hook<u32> {
        let (to, input) = (self.address(contract)?, self.take(data, len)?);
        let request = CallRequest { value, gas_cap, ..CallRequest::new(kind, to, input) };
        let outcome = self.session.request(|host| host.call(request))?;
        self.put_length(return_len, outcome.output.len())?;
        self.session.return_data = outcome.output;
        Ok(if outcome.success { SUCCESS } else { FAILURE })
    }

    pub(crate) fn create1(&mut self, code: u32, len: u32, endowment: u32, contract: u32, revert_len: u32) -> Hook<()> {
        self.session.charge(CALL.saturating_add(twice_read(len)))?;
        let request = CreateRequest { value: self.number(endowment)?, init_code: self.take(code, len)?, salt: None };
        self.create(request, contract, revert_len)
    }

    pub(crate) fn create2(
        &mut self,
        code: u32,
        len: u32,
        endowment: u32,
        salt: u32,
        contract: u32,
        revert_len: u32,
    ) -> Hook<()> {
        self.session.charge((CALL + prices::POINTER).saturating_add(twice_read(len)))?;
        let request = CreateRequest {
            value: self.number(endowment)?,
            init_code: self.take(code, len)?,
            salt: Some(self.word(salt)?),
        };
        self.create(request, contract, revert_len)
    }

    fn create(&mut self, request: CreateRequest, contract: u32, revert_len: u32) -> Hook<()> {
        let outcome = self.session.request(|host| host.create(request))?;
        let output = match outcome.address {
            Some(_) => Bytes::new(),
            None => outcome.output,
        };
        self.put_length(revert_len, output.len())?;
        self.session.return_data = output;
        self.put(contract, outcome.address.unwrap_or(Address::ZERO).as_slice())
    }

    pub(crate) fn read_return_data(&mut self, dest: u32, offset: u32, size: u32) -> Hook<u32> {
        let data = self.session.return_data.clone();
        let part = part(&data, offset, size);
        let price = prices::HOOK + prices::STATE_API;
        self.session.charge(price.saturating_add(prices::write(length(part))))?;
        self.put(dest, part)?;
        Ok(u32::try_from(part.len()).unwrap_or(u32::MAX))
    }

    pub(crate) fn return_data_size(&mut self) -> Hook<u32> {
        self.session.charge(prices::HOOK)?;
        Ok(u32::try_from(self.session.return_data.len()).unwrap_or(u32::MAX))
    }
}
