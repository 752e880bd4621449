//! 256-bit arithmetic with the EVM's rules: modulo 2^256, and anything divided by zero is zero.

use super::{Hook, Hooks};
use crate::prices;
use hexapla_primitives::U256;

const BINARY: u64 = prices::HOOK + 3 * prices::POINTER;
const TERNARY: u64 = prices::HOOK + 4 * prices::POINTER;

impl Hooks<'_> {
    pub(crate) fn math_div(&mut self, value: u32, divisor: u32) -> Hook<()> {
        self.binary(prices::DIVIDE, value, divisor, |a, b| a.checked_div(b).unwrap_or_default())
    }

    pub(crate) fn math_mod(&mut self, value: u32, modulus: u32) -> Hook<()> {
        self.binary(prices::DIVIDE, value, modulus, |a, b| a.checked_rem(b).unwrap_or_default())
    }

    pub(crate) fn math_pow(&mut self, value: u32, exponent: u32) -> Hook<()> {
        self.session.charge(BINARY + prices::POW)?;
        let (base, power) = (self.number(value)?, self.number(exponent)?);
        let bytes = u64::try_from(power.byte_len()).unwrap_or(u64::MAX).saturating_add(1);
        self.session.charge(prices::POW_BYTE.saturating_mul(bytes))?;
        self.put_number(value, base.wrapping_pow(power))
    }

    pub(crate) fn math_add_mod(&mut self, value: u32, addend: u32, modulus: u32) -> Hook<()> {
        self.ternary(prices::ADD_MOD, value, addend, modulus, U256::add_mod)
    }

    pub(crate) fn math_mul_mod(&mut self, value: u32, multiplier: u32, modulus: u32) -> Hook<()> {
        self.ternary(prices::MUL_MOD, value, multiplier, modulus, U256::mul_mod)
    }

    fn binary(&mut self, price: u64, value: u32, other: u32, compute: impl FnOnce(U256, U256) -> U256) -> Hook<()> {
        self.session.charge(BINARY.saturating_add(price))?;
        let result = compute(self.number(value)?, self.number(other)?);
        self.put_number(value, result)
    }

    fn ternary(
        &mut self,
        price: u64,
        value: u32,
        other: u32,
        modulus: u32,
        compute: impl FnOnce(U256, U256, U256) -> U256,
    ) -> Hook<()> {
        self.session.charge(TERNARY.saturating_add(price))?;
        let result = compute(self.number(value)?, self.number(other)?, self.number(modulus)?);
        self.put_number(value, result)
    }
}
