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
}

/// Sign (`true` for negative) and magnitude of `-1_000`, `0xff`, `1.5e18`, `1.5 ether`, `5gwei`.
pub(super) fn parse_number(text: &str) -> Result<(bool, U256), NumberError> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let magnitude = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => parse_hex(digits)?,
        None => parse_decimal(text)?,
    };
    Ok((negative && !magnitude.is_zero(), magnitude))
}

fn parse_hex(text: &str) -> Result<U256, NumberError> {
    let digits = without_separators(text, |c| c.is_ascii_hexdigit())?;
    U256::from_str_radix(&digits, 16).map_err(|_| NumberError::TooLarge)
}

fn parse_decimal(text: &str) -> Result<U256, NumberError> {
    let (text, unit) = split_unit(text);
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
    scale(&format!("{whole}{fraction}"), exponent + unit - places)
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

/// The text before the unit and the unit's power of ten.
fn split_unit(text: &str) -> (&str, i64) {
    let units = [("gwei", 9), ("wei", 0), ("ether", 18)];
    let found = units.iter().find_map(|(name, power)| Some((text.strip_suffix(name)?.trim_end(), *power)));
    found.unwrap_or((text, 0))
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
