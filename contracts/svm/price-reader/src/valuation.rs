//! The record in the state account, and the arithmetic that fills it.

use svm_sdk::{Account, Failure, WRITABLE};

use crate::fault::Fault;

/// SHA-256("account:Valuation"), the first 8 bytes: what the record starts with.
const DISCRIMINATOR: [u8; 8] = [0x87, 0x18, 0x15, 0xbc, 0x0d, 0xb5, 0x5d, 0x8f];

/// How many bytes a record has: discriminator, holder, balance, price, value, updates.
const RECORD_BYTES: usize = 8 + 32 + 3 * 16 + 8;

/// Where the number of updates stands.
const UPDATES: usize = RECORD_BYTES - 8;

/// One token in its smallest units is 10^18 = BILLION * BILLION.
const BILLION: u64 = 1_000_000_000;

/// A balance, its price, and their product; each a 128-bit number, little-endian.
pub struct Valuation<'a> {
    holder: &'a [u8; 32],
    balance: [u8; 16],
    price: [u8; 16],
    pub value: [u8; 16],
}

/// Refuses a state account that cannot take a record of `program`: before anybody is asked anything.
pub fn check(state: Account, program: &[u8; 32]) -> Result<(), Failure> {
    if state.owner() != program {
        return Err(Fault::WrongOwner.into());
    }
    if state.flags() & WRITABLE == 0 {
        return Err(Fault::StateNotWritable.into());
    }
    let mut record = [0; RECORD_BYTES];
    if !state.read(0, &mut record) {
        return Err(Fault::StateTooSmall.into());
    }
    if !record.starts_with(&DISCRIMINATOR) && record.iter().any(|byte| *byte != 0) {
        return Err(Fault::NotAValuation.into());
    }
    Ok(())
}

impl<'a> Valuation<'a> {
    /// Value = balance * price / 10^18, rounded down. The price is that of a whole token.
    pub fn new(holder: &'a [u8; 32], balance: [u8; 16], price: [u8; 16]) -> Result<Self, Failure> {
        let mut product = multiply(limbs(&balance), limbs(&price));
        divide(&mut product, BILLION);
        divide(&mut product, BILLION);
        let (low, high) = product.split_at(4);
        if high.iter().any(|limb| *limb != 0) {
            return Err(Fault::ValueTooLarge.into());
        }
        let mut value = [0; 16];
        for (bytes, limb) in value.chunks_exact_mut(4).zip(low) {
            bytes.copy_from_slice(&limb.to_le_bytes());
        }
        Ok(Self { holder, balance, price, value })
    }

    /// Overwrites the record, and counts the update.
    pub fn write(&self, state: Account) -> Result<(), Failure> {
        let mut record = [0; RECORD_BYTES];
        let mut updates = [0; 8];
        let read = state.read(UPDATES as u64, &mut updates);
        let fields: [&[u8]; 6] = [
            &DISCRIMINATOR,
            self.holder,
            &self.balance,
            &self.price,
            &self.value,
            &u64::from_le_bytes(updates).wrapping_add(1).to_le_bytes(),
        ];
        for (to, from) in record.iter_mut().zip(fields.into_iter().flatten()) {
            *to = *from;
        }
        if read && state.write(0, &record) {
            Ok(())
        } else {
            Err(Fault::StateTooSmall.into())
        }
    }
}

/// Digits to the base 2^32, the lowest first.
fn limbs(number: &[u8; 16]) -> [u32; 4] {
    let mut limbs = [0; 4];
    for (limb, bytes) in limbs.iter_mut().zip(number.chunks_exact(4)) {
        *limb = bytes.iter().rfold(0, |limb, byte| limb << 8 | u32::from(*byte));
    }
    limbs
}

/// Never overflows: two numbers of four digits have a product of eight.
fn multiply(left: [u32; 4], right: [u32; 4]) -> [u32; 8] {
    let mut product = [0u32; 8];
    for (shift, left) in left.into_iter().enumerate() {
        let mut carry = 0;
        for (digit, right) in product.iter_mut().skip(shift).zip(right.into_iter().chain([0])) {
            let sum = u64::from(left) * u64::from(right) + u64::from(*digit) + carry;
            *digit = sum as u32;
            carry = sum >> 32;
        }
    }
    product
}

/// Divides by a number below 2^32, rounding down.
fn divide(number: &mut [u32; 8], divisor: u64) {
    let mut remainder = 0;
    for digit in number.iter_mut().rev() {
        let dividend = remainder << 32 | u64::from(*digit);
        *digit = (dividend / divisor) as u32;
        remainder = dividend % divisor;
    }
}
