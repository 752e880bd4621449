//! How text and numbers of guests are shown: nothing of a guest reaches a terminal unescaped.

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
};

use core::fmt;

use alloy_primitives::{I256, Sign, U256};

/// Numbers with at least this many digits are shown in groups of three.
const GROUP_FROM_DIGITS: usize = 5;

/// The text with quotes, backslashes, control characters and invisible characters escaped as in a Rust literal, without
/// surrounding quotes. `\u{202e}` and its like, which reorder what a terminal shows, are escaped too.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\'' => out.push(c),
            ' '..='~' if c != '"' && c != '\\' => out.push(c),
            c => out.extend(c.escape_debug()),
        }
    }
    out
}

/// [`escape`] between double quotes.
pub fn quote(text: &str) -> String {
    format!("\"{}\"", escape(text))
}

/// Bytes of a guest that should be text: as quoted text where they are UTF-8, else as hex.
pub fn quote_bytes(bytes: &[u8]) -> String {
    match core::str::from_utf8(bytes) {
        Ok(text) => quote(text),
        Err(_) => format!("{} (not UTF-8)", alloy_primitives::hex::encode_prefixed(bytes)),
    }
}

/// The number with `_` between groups of three digits where it has five digits or more: `5_000_000`, `1234`.
pub fn group(number: U256) -> String {
    let digits = number.to_string();
    if digits.len() < GROUP_FROM_DIGITS {
        return digits;
    }
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

/// [`group`] with the sign.
pub fn group_signed(number: I256) -> String {
    let (sign, magnitude) = number.into_sign_and_abs();
    match sign {
        Sign::Negative => format!("-{}", group(magnitude)),
        Sign::Positive => group(magnitude),
    }
}

/// In errors, types and values are cut to at most this many bytes.
const BRIEF_BYTES_MAX: usize = 256;

/// What is shown, cut to a length that an error can hold. A hostile type or value is not written out to its end.
pub(crate) fn brief(shown: &dyn fmt::Display) -> String {
    let mut out = Truncated(String::new());
    // The only failure is that the text is longer.
    if fmt::write(&mut out, format_args!("{shown}")).is_err() {
        out.0.push('…');
    }
    out.0
}

struct Truncated(String);

impl fmt::Write for Truncated {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = BRIEF_BYTES_MAX.saturating_sub(self.0.len());
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        self.0.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
        Err(fmt::Error)
    }
}

/// The text cut to at most `chars_max` characters, with `…` where something is missing.
pub(crate) fn shorten(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
