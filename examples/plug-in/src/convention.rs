//! How contracts are called, and what they get of failures.
//!
//! A call is text, `divide 12 4`: a wallet signs it so, and the call tree shows it so. The border asks
//! [`CallConvention::write_call`] for it where a contract of another VM calls by the interface. Results are BCS, and so are
//! the calls that contracts make, as of every contract with this ABI.

use crate::{
    fault::data_of,
    program::{ARITY_MAX, is_function_name, read_number},
    store::KEY_BYTES,
};
use hexapla_abi::{Abi, Value};
use hexapla_primitives::{Address, Bytes, FaultKind};
use hexapla_vm::{
    AccountIds, CallBook, CallConvention, CalleeFailure, FOREIGN_FAULT_CODE, HostError, HostResult, TypedCall,
};

/// Most bytes of a call.
pub const CALL_BYTES_MAX: usize = 512;
/// What stands before the text of a raw call of a contract with an interface.
pub(crate) const RAW: &[u8] = b"calc:";
/// Gas of writing an argument as text.
const ARGUMENT_GAS: u64 = 20;

/// A call: a function's name and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The function.
    pub function: String,
    /// The arguments.
    pub arguments: Vec<u64>,
}

impl Call {
    /// Reads a call in either form: text begins with a letter, BCS with a length below the letters.
    pub fn read(input: &[u8]) -> Option<Self> {
        if input.len() > CALL_BYTES_MAX {
            return None;
        }
        let call = match input.split_first()? {
            (first, _) if first.is_ascii_lowercase() => Self::read_text(input)?,
            (length, rest) => Self::read_bcs(usize::from(*length), rest)?,
        };
        (is_function_name(&call.function) && call.arguments.len() <= ARITY_MAX).then_some(call)
    }

    fn read_text(input: &[u8]) -> Option<Self> {
        let mut words = std::str::from_utf8(input).ok()?.split_ascii_whitespace();
        let function = words.next()?.to_owned();
        Some(Self { function, arguments: words.map(read_number).collect::<Option<_>>()? })
    }

    fn read_bcs(length: usize, rest: &[u8]) -> Option<Self> {
        let (name, arguments) = rest.split_at_checked(length)?;
        let (arguments, rest) = arguments.as_chunks::<8>();
        let function = std::str::from_utf8(name).ok()?.to_owned();
        let arguments = arguments.iter().map(|argument| u64::from_le_bytes(*argument)).collect();
        rest.is_empty().then_some(Self { function, arguments })
    }

    /// The call as text.
    pub fn to_text(&self) -> String {
        self.arguments.iter().fold(self.function.clone(), |text, argument| format!("{text} {argument}"))
    }
}

/// Results of a function, as they are returned: BCS.
pub fn write_results(results: &[u64]) -> Bytes {
    results.iter().flat_map(|result| result.to_le_bytes()).collect()
}

/// The convention of calc contracts.
#[derive(Clone, Copy, Debug, Default)]
pub struct CalcConvention;

impl CallConvention for CalcConvention {
    fn abi(&self) -> Abi {
        Abi::Bcs
    }

    fn account_ids(&self) -> AccountIds {
        AccountIds::Own(1..=KEY_BYTES)
    }

    fn write_call(&self, call: &TypedCall<'_>, book: &dyn CallBook) -> HostResult<Bytes> {
        let count = u64::try_from(call.values.len()).unwrap_or(u64::MAX);
        book.charge(ARGUMENT_GAS.saturating_mul(count))?;
        let arguments = call.values.iter().map(number).collect::<Option<Vec<u64>>>();
        let arguments = arguments.ok_or_else(|| {
            HostError::fault(FaultKind::Border, "calc functions take numbers of 64 bits and nothing else")
        })?;
        Ok(Call { function: call.function.name.clone(), arguments }.to_text().into_bytes().into())
    }

    /// Text as it is, with or without what marks it as a raw call.
    fn raw_call(&self, _: Address, _: Abi, input: &Bytes) -> Result<Bytes, String> {
        let text = if input.starts_with(RAW) { input.slice(RAW.len()..) } else { input.clone() };
        match Call::read(&text) {
            Some(_) => Ok(text),
            None => Err("a call of a calc contract is text such as `double 21`".to_owned()),
        }
    }

    fn is_raw_call(&self, from: Abi, input: &[u8]) -> bool {
        from == Abi::Solidity && input.starts_with(RAW)
    }

    /// The failure's number; [`FOREIGN_FAULT_CODE`] where it has none.
    fn write_failure(&self, failure: CalleeFailure<'_>) -> Bytes {
        data_of(failure.fault.code.unwrap_or_else(|| FOREIGN_FAULT_CODE.into()))
    }
}

fn number(value: &Value) -> Option<u64> {
    if let Value::Uint(number) = value { u64::try_from(*number).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_as_text_and_as_bcs() {
        let call = Call { function: "divide".into(), arguments: vec![12, 4] };
        assert_eq!(call.to_text(), "divide 12 4");
        assert_eq!(Call::read(b"divide 12 4"), Some(call.clone()));
        let bcs = [&b"\x06divide"[..], &12_u64.to_le_bytes(), &4_u64.to_le_bytes()].concat();
        assert_eq!(Call::read(&bcs), Some(call));
    }

    #[test]
    fn what_is_no_call_is_none() {
        let many = format!("f{}", " 1".repeat(ARITY_MAX + 1));
        let long = format!("f {}", " ".repeat(CALL_BYTES_MAX));
        let junk: [&[u8]; 9] =
            [b"", b"\0", b"\x06div", b"\x01f1234567", b"f -1", b"f 1.5", b"F 1", many.as_bytes(), long.as_bytes()];
        for input in junk {
            assert_eq!(Call::read(input), None, "{input:?}");
        }
    }
}
