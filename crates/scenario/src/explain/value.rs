//! Values as people read them: names for addresses, powers of ten, errors inside bytes.

use super::fault::declared_error;
use crate::world::names::Names;
use alloy_primitives::hex;
use hexapla_abi::{EventValue, Tree, Value, text::escape, value_to_json};
use hexapla_primitives::{Address, B256, U256};

/// Numbers from this many digits on are shown as multiples of 10^18 where that is exact and short.
const SCALED_FROM_DIGITS: usize = 16;
const ETHER_DIGITS: usize = 18;
const FRACTION_DIGITS_MAX: usize = 6;
/// Lists longer than this are cut.
const ITEMS_MAX: usize = 4;
/// Bytes longer than this are cut.
const BYTES_MAX: usize = 20;
/// Numbers from this many digits on are hashes or masks: hex says more.
const HEX_FROM_DIGITS: usize = 50;
/// Errors carry bytes that carry errors: not deeper than this.
const NESTED_MAX: usize = 3;

/// Shows values to people.
#[derive(Clone, Copy)]
pub struct ValueFormatter<'n> {
    names: &'n Names,
    /// The contract whose errors come first.
    at: Address,
    depth: usize,
}

impl<'n> ValueFormatter<'n> {
    /// Shows values with these names; the errors of the contract `at` come first.
    pub const fn new(names: &'n Names, at: Address) -> Self {
        Self { names, at, depth: 0 }
    }

    pub(super) const fn names(&self) -> &'n Names {
        self.names
    }

    pub(super) const fn at(&self) -> Address {
        self.at
    }

    /// For what stands inside of bytes; `None` where that has gone on long enough.
    pub(super) fn inside(self) -> Option<Self> {
        (self.depth < NESTED_MAX).then_some(Self { depth: self.depth + 1, ..self })
    }

    /// One value.
    pub fn value(&self, value: &Value) -> String {
        match value {
            Value::Uint(number) => number_text(*number),
            Value::Address(address) => self.names.short(*address),
            Value::Array(items) => self.list("[", items, "]"),
            Value::Tuple(items) => self.list("(", items, ")"),
            Value::Struct { name, fields } => {
                let fields = fields.iter().map(|(name, value)| self.named(name, value)).collect::<Vec<_>>();
                format!("{}{{{}}}", escape(name), fields.join(", "))
            }
            Value::Option(Some(value)) => format!("some({})", self.value(value)),
            Value::Bytes(bytes) if self.key_name(bytes).is_some() => self.key_name(bytes).unwrap_or_default(),
            Value::Bytes(bytes) => declared_error(self, bytes).unwrap_or_else(|| bytes_text(bytes)),
            other => format!("{other:#}"),
        }
    }

    /// The name of the key that 32 bytes are, where it has one.
    fn key_name(&self, bytes: &[u8]) -> Option<String> {
        self.names.name_of_word(&B256::try_from(bytes).ok()?).map(str::to_owned)
    }

    /// `name: value`, or the value alone.
    pub fn named(&self, name: &str, value: &Value) -> String {
        with_name(name, self.value(value))
    }

    /// A field of an event.
    pub fn event_value(&self, name: &str, value: &EventValue) -> String {
        match value {
            EventValue::Plain(value) => self.named(name, value),
            EventValue::Hash(hash) => with_name(name, format!("hash {hash}")),
        }
    }

    /// Values with a comma between them.
    pub fn values(&self, values: &[Value]) -> String {
        values.iter().map(|value| self.value(value)).collect::<Vec<_>>().join(", ")
    }

    fn list(&self, open: &str, items: &[Value], close: &str) -> String {
        let shown = self.values(items.get(..ITEMS_MAX).unwrap_or(items));
        let more = items.len().saturating_sub(ITEMS_MAX);
        let rest = if more > 0 { format!(", … {more} more") } else { String::new() };
        format!("{open}{shown}{rest}{close}")
    }
}

/// `0x1234…`, cut: a hash in the middle, other bytes at the end.
fn bytes_text(bytes: &[u8]) -> String {
    let text = hex::encode_prefixed(bytes);
    match (text.get(..10), text.get(text.len().saturating_sub(8)..)) {
        (Some(head), Some(tail)) if bytes.len() == 32 => format!("{head}…{tail}"),
        (Some(head), _) if bytes.len() > BYTES_MAX => format!("{head}… ({} bytes)", bytes.len()),
        _ => text,
    }
}

fn with_name(name: &str, value: String) -> String {
    if name.is_empty() { value } else { format!("{}: {value}", escape(name)) }
}

/// `1000e18` for 10^21, `990.60291e18`; all other numbers in full, very large ones in hex.
pub fn number_text(number: U256) -> String {
    let digits = number.to_string();
    let significant = digits.trim_end_matches('0');
    let scaled = digits.len() >= SCALED_FROM_DIGITS
        && digits.len() - significant.len() >= ETHER_DIGITS - FRACTION_DIGITS_MAX
        && significant.len() <= ETHER_DIGITS;
    if !scaled && digits.len() >= HEX_FROM_DIGITS {
        return format!("{number:#x}");
    }
    if !scaled {
        return Value::Uint(number).to_string();
    }
    let padded = format!("{digits:0>width$}", width = ETHER_DIGITS + 1);
    let (whole, fraction) = padded.split_at(padded.len() - ETHER_DIGITS);
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{whole}{dot}{fraction}e18")
}

/// A value for programs: lossless, with names for addresses that have one.
pub fn json(names: &Names, value: &Value) -> Tree {
    match value {
        Value::Address(address) => Tree::String(names.full(*address)),
        Value::Array(items) | Value::Tuple(items) => items.iter().map(|item| json(names, item)).collect(),
        Value::Struct { fields, .. } => {
            Tree::Object(fields.iter().map(|(name, value)| (name.to_string(), json(names, value))).collect())
        }
        other => value_to_json(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_round_numbers_are_scaled_and_others_are_exact() {
        let shown = |text: &str| number_text(text.parse().unwrap());
        assert_eq!(shown("1000000000000000000000"), "1000e18");
        assert_eq!(shown("990602910000000000000"), "990.60291e18");
        assert_eq!(shown("5000000000000000"), "0.005e18");
        assert_eq!(shown("990602910000000000001"), "990_602_910_000_000_000_001");
        assert_eq!(shown("100000"), "100_000");
        assert_eq!(shown("0"), "0");
        assert_eq!(shown(&U256::MAX.to_string()), format!("0x{}", "f".repeat(64)));
    }
}
