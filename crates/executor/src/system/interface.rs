//! The interface of the system contract, written out: the parser of signatures needs the standard library.

use alloc::vec::Vec;
use hexapla_abi::{Function, Interface, Mutability, Param, Type, solidity::signature_of};
use hexapla_primitives::{Bytes, keccak256};

/// Names and types of parameters or results.
type Params = &'static [(&'static str, Type)];

/// A function: name, parameters, results, what a call may do.
struct Signature(&'static str, Params, Params, Mutability);

const VM: (&str, Type) = ("vm", Type::Uint { bits: 8 });
const ACCOUNT: (&str, Type) = ("account", Type::Address);
const WORD: Type = Type::Uint { bits: 256 };

static SIGNATURES: [Signature; 8] = [
    Signature("setInterface", &[ACCOUNT, ("data", Type::Bytes)], &[], Mutability::NonPayable),
    Signature(
        "setInterfaceOfCreated",
        &[ACCOUNT, ("nonce", Type::Uint { bits: 64 }), ("data", Type::Bytes)],
        &[],
        Mutability::NonPayable,
    ),
    Signature("interfaceOf", &[ACCOUNT], &[("hash", Type::FixedBytes(32)), ("data", Type::Bytes)], Mutability::View),
    Signature("canonicalOf", &[VM, ("id", Type::Bytes)], &[("", Type::Address)], Mutability::View),
    Signature("homeOf", &[ACCOUNT], &[VM, ("id", Type::Bytes)], Mutability::View),
    Signature("aliasOf", &[ACCOUNT], &[("", Type::FixedBytes(32))], Mutability::View),
    Signature("word", &[ACCOUNT, ("key", WORD)], &[("", WORD)], Mutability::View),
    Signature("object", &[VM, ("key", Type::Bytes)], &[("", Type::Bytes)], Mutability::View),
];

/// The interface.
pub(super) fn written_out() -> Interface {
    let functions = SIGNATURES.iter().map(function).collect();
    Interface { name: "Hexapla".into(), functions, ..Interface::default() }
}

fn function(Signature(name, inputs, outputs, mutability): &Signature) -> Function {
    // Every type above has a form in Solidity's ABI.
    let signature = signature_of(name, inputs.iter().map(|(_, ty)| ty)).unwrap_or_default();
    let selector = keccak256(&signature).iter().take(4).copied().collect::<Bytes>();
    Function {
        name: (*name).into(),
        inputs: params(inputs),
        outputs: params(outputs),
        mutability: *mutability,
        selector,
        signature,
        ..Function::default()
    }
}

fn params(params: Params) -> Vec<Param> {
    params.iter().map(|(name, ty)| Param { name: (*name).into(), ty: ty.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_signatures_say() {
        let parsed = Interface::from_solidity_signatures("Hexapla", crate::system::SIGNATURES).unwrap();
        assert_eq!(written_out(), parsed);
    }
}
