//! Ids as people write them: `calc:meter` is a contract, `calc:` and 64 hex digits a wallet.

use crate::{
    CALC,
    store::{KEY_BYTES, is_contract_name},
};
use hexapla_primitives::{NativeId, VmId, hex};
use hexapla_toolkit::{AddressFormat, ToolError};

/// How an id begins as text.
const PREFIX: &str = "calc:";
/// Digits of a key of which the short form shows the beginning and the end.
const SHORT_DIGITS: usize = 6;

/// The ids of the calculator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ids;

impl AddressFormat for Ids {
    fn vm(&self) -> VmId {
        CALC
    }

    fn parse(&self, text: &str) -> Option<NativeId> {
        let text = text.strip_prefix(PREFIX)?;
        if is_contract_name(text.as_bytes()) {
            return Some(NativeId::new(CALC, text.as_bytes().to_vec()));
        }
        let key = hex::decode(text).ok().filter(|key| key.len() == KEY_BYTES)?;
        Some(NativeId::new(CALC, key))
    }

    fn parse_given(&self, text: &str) -> Result<NativeId, ToolError> {
        self.parse(text).ok_or_else(|| {
            ToolError::new("scenario::key", format!("{text:?} is not an id of calc"))
                .with_help("write `calc:` and a contract's name, or `calc:` and the 64 hex digits of a wallet's key")
        })
    }

    fn format(&self, id: &[u8]) -> String {
        match std::str::from_utf8(id) {
            Ok(name) if is_contract_name(id) => format!("{PREFIX}{name}"),
            _ => format!("{PREFIX}{}", hex::encode(id)),
        }
    }

    fn short(&self, id: &[u8]) -> String {
        let text = self.format(id);
        if is_contract_name(id) {
            return text;
        }
        let head = text.get(..PREFIX.len() + SHORT_DIGITS).unwrap_or(&text);
        let tail = text.get(text.len().saturating_sub(SHORT_DIGITS)..).unwrap_or_default();
        format!("{head}…{tail}")
    }

    /// The contract of this name.
    fn of_name(&self, name: &str) -> NativeId {
        NativeId::new(CALC, name.as_bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_keys_are_read_as_they_are_written() {
        for id in [b"meter".to_vec(), vec![7; KEY_BYTES]] {
            let text = Ids.format(&id);
            assert_eq!(Ids.parse(&text), Some(NativeId::new(CALC, id)), "{text}");
        }
        assert_eq!(Ids.short(&[7; KEY_BYTES]), "calc:070707…070707");
        for text in ["meter", "calc:", "calc:Meter", "calc:07_07", "calc:a b"] {
            assert_eq!(Ids.parse(text), None, "{text}");
        }
        assert!(Ids.parse_given("x").unwrap_err().to_string().contains("not an id of calc"));
    }
}
