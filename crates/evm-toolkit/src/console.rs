//! The address to which contracts under test write lines: `console.log` of Hardhat's and Foundry's `console.sol`.
//!
//! No contract stands there, and a call of it does nothing. Its functions are `log` with up to four arguments of `uint256`,
//! `string`, `bool` and `address`, in the older spelling `uint` too, and with one argument of other types.

use hexapla_abi::{Function, Interface};
use hexapla_primitives::{Address, address, keccak256};
use hexapla_toolkit::WellKnown;
use std::sync::{Arc, LazyLock};

/// `console.log` as ASCII.
const ADDRESS: Address = address!("000000000000000000636f6e736f6c652e6c6f67");
/// Types of arguments that can be combined.
const TYPES: [&str; 4] = ["uint256", "string", "bool", "address"];
/// Most arguments.
const ARGUMENTS_MAX: usize = 4;
/// Functions beside them.
const OTHERS: [&str; 9] = [
    "log(int256)",
    "log(int)",
    "log(string,int256)",
    "log(bytes)",
    "logInt(int256)",
    "logUint(uint256)",
    "logString(string)",
    "logBool(bool)",
    "logAddress(address)",
];

static INTERFACE: LazyLock<Arc<Interface>> = LazyLock::new(|| Arc::new(interface()));

/// The console.
pub(crate) fn console() -> WellKnown {
    WellKnown { name: "console", address: ADDRESS, interface: INTERFACE.clone() }
}

fn interface() -> Interface {
    let mut lists = vec![Vec::new()];
    let mut functions = Vec::new();
    for _ in 0..=ARGUMENTS_MAX {
        for types in &lists {
            let signature = format!("log({})", types.join(","));
            functions.extend(function(&signature, &signature));
            if signature.contains("uint256") {
                functions.extend(function(&signature, &signature.replace("uint256", "uint")));
            }
        }
        let longer = |types: &Vec<&'static str>| TYPES.map(|ty| [types.as_slice(), &[ty]].concat());
        lists = lists.iter().flat_map(longer).collect();
    }
    functions.extend(OTHERS.iter().filter_map(|signature| function(signature, signature)));
    functions.extend((1..=32).filter_map(|bytes| {
        let signature = format!("logBytes{bytes}(bytes{bytes})");
        function(&signature, &signature)
    }));
    functions.extend(function("logBytes(bytes)", "logBytes(bytes)"));
    Interface { functions, ..Interface::default() }
}

/// A function whose selector is that of a spelling.
fn function(signature: &str, spelling: &str) -> Option<Function> {
    let mut function = Function::from_solidity_signature(signature).ok()?;
    function.selector = keccak256(spelling).0.iter().copied().take(4).collect();
    Some(function)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hexapla_abi::{Codec as _, SolidityCodec, Value};
    use hexapla_primitives::hex;

    /// Calls as `console.sol` makes them; selectors as its source has them.
    #[test]
    fn lines_of_both_spellings_are_read() {
        let interface = interface();
        for (selector, signature) in [
            ("51973ec9", "log()"),
            ("f82c50f1", "log(uint256)"),
            ("f5b1bba9", "log(uint256)"),
            ("41304fac", "log(string)"),
            ("b60e72cc", "log(string,uint256)"),
            ("9710a9d0", "log(string,uint256)"),
            ("319af333", "log(string,address)"),
        ] {
            let found = interface.functions.iter().filter(|function| hex::encode(&function.selector) == selector);
            let found = found.map(|function| function.signature.as_str()).collect::<Vec<_>>();
            assert_eq!(found, [signature], "{selector}");
        }
        let line = hex::decode("41304fac0000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000268690000000000000000000000000000000000000000000000000000000000000000").unwrap();
        let (function, values) = SolidityCodec::default().decode_call(&interface, &line).unwrap();
        assert_eq!((function.signature.as_str(), values), ("log(string)", vec![Value::String("hi".to_owned())]));
    }
}
