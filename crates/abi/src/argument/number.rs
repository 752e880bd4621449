//! Whole numbers as humans write them.

use alloy_primitives::U256;

/// No number of 256 bits has more decimal digits.
const DECIMAL_DIGITS_MAX: usize = 78;

/// Why a text is not a whole number of at most 256 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberError {
    NotANumber,
    NotWhole,
    TooLarge,
    /// A number, and behind it a word that is no unit.
    UnknownUnit,
}

/// What a number that was written with a unit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Ethereum's coin: `wei`, `gwei`, `ether`.
    Wei,
    /// Solana's coin: `lamport`, `lamports`, `sol`.
    Lamports,
}

/// A whole number as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) negative: bool,
    pub(super) magnitude: U256,
    pub(super) unit: Option<Unit>,
}

/// Units, what they count, and their powers of ten. One that ends as another comes first.
const UNITS: [(&str, Unit, i64); 6] = [
    ("gwei", Unit::Wei, 9),
    ("wei", Unit::Wei, 0),
    ("ether", Unit::Wei, 18),
    ("lamports", Unit::Lamports, 0),
    ("lamport", Unit::Lamports, 0),
    ("sol", Unit::Lamports, 9),
];

/// `-1_000`, `0xff`, `1.5e18`, `1.5 ether`, `5gwei`, `2 sol`.
pub(super) fn parse_number(text: &str) -> Result<Number, NumberError> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (magnitude, unit) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (parse_hex(digits)?, None),
        None if has_word(text) && split_unit(text).1.is_none() => return Err(NumberError::UnknownUnit),
        None => parse_decimal(text)?,
    };
    Ok(Number { negative: negative && !magnitude.is_zero(), magnitude, unit })
}

fn parse_hex(text: &str) -> Result<U256, NumberError> {
    let digits = without_separators(text, |c| c.is_ascii_hexdigit())?;
    U256::from_str_radix(&digits, 16).map_err(|_| NumberError::TooLarge)
}

fn parse_decimal(text: &str) -> Result<(U256, Option<Unit>), NumberError> {
    let (text, unit, power) = split_unit(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, without_separators(fraction, |c| c.is_ascii_digit())?),
        None => (mantissa, String::new()),
    };
    let whole = without_separators(whole, |c| c.is_ascii_digit())?;
    let places = i64::try_from(fraction.len()).map_err(|_| NumberError::TooLarge)?;
    Ok((scale(&format!("{whole}{fraction}"), exponent + power - places)?, unit))
}

/// The number with these digits times ten to the power.
fn scale(digits: &str, power: i64) -> Result<U256, NumberError> {
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Ok(U256::ZERO);
    }
    let distance = usize::try_from(power.unsigned_abs()).map_err(|_| NumberError::TooLarge)?;
    let digits = if power < 0 {
        let kept = digits.len().checked_sub(distance).ok_or(NumberError::NotWhole)?;
        let (kept, dropped) = digits.split_at_checked(kept).ok_or(NumberError::NotWhole)?;
        if dropped.contains(|c| c != '0') {
            return Err(NumberError::NotWhole);
        }
        kept.to_owned()
    } else {
        if digits.len().saturating_add(distance) > DECIMAL_DIGITS_MAX {
            return Err(NumberError::TooLarge);
        }
        format!("{digits}{}", "0".repeat(distance))
    };
    if digits.is_empty() {
        return Err(NumberError::NotWhole);
    }
    U256::from_str_radix(&digits, 10).map_err(|_| NumberError::TooLarge)
}

/// The text before the unit, what the unit counts, and its power of ten.
fn split_unit(text: &str) -> (&str, Option<Unit>, i64) {
    let found =
        UNITS.iter().find_map(|(name, unit, power)| Some((text.strip_suffix(name)?.trim_end(), Some(*unit), *power)));
    found.unwrap_or((text, None, 0))
}

/// Whether the text is a number with a word behind it: `1.5 eth`.
fn has_word(text: &str) -> bool {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let is_number = number.trim_end().chars().all(|c| c.is_ascii_digit() || c == '_' || c == '.');
    number.len() < text.len() && number.starts_with(|c: char| c.is_ascii_digit()) && is_number
}

fn parse_exponent(text: &str) -> Result<i64, NumberError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberError::NotANumber);
    }
    // Anything longer is as far out of range as this.
    let exponent = digits.parse::<i32>().map_or(i64::from(i32::MAX), i64::from);
    Ok(if text.starts_with('-') { -exponent } else { exponent })
}

/// The digits without the `_` between them.
fn without_separators(text: &str, is_digit: impl Fn(char) -> bool) -> Result<String, NumberError> {
    let well_formed = text.split('_').all(|group| !group.is_empty() && group.chars().all(&is_digit));
    if well_formed { Ok(text.replace('_', "")) } else { Err(NumberError::NotANumber) }
}
