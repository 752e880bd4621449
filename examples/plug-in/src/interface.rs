//! What a program offers, for callers of other VMs.

use crate::{
    fault::{Code, data_of},
    program::{Function, Program, Step},
};
use hexapla_abi::{Abi, CustomError, Interface, Mutability, Param, Type};

/// Names of arguments.
const ARGUMENTS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
/// All numbers.
const NUMBER: Type = Type::Uint { bits: 64 };

/// The interface of a contract with this name.
pub fn interface_of(name: &str, program: &Program) -> Interface {
    Interface {
        name: name.to_owned(),
        abi: Abi::Bcs,
        functions: program.functions().iter().map(function).collect(),
        errors: Code::ALL.into_iter().map(error).collect(),
        ..Interface::default()
    }
}

fn function(function: &Function) -> hexapla_abi::Function {
    let inputs: Vec<Param> = ARGUMENTS.iter().take(function.inputs).map(|name| Param::new(name, NUMBER)).collect();
    let types: Vec<String> = inputs.iter().map(|input| input.ty.to_string()).collect();
    hexapla_abi::Function {
        name: function.name.clone(),
        signature: format!("{}({})", function.name, types.join(",")),
        inputs,
        outputs: (0..function.outputs).map(|_| Param::new("", NUMBER)).collect(),
        mutability: mutability(&function.steps),
        selector: function.name.clone().into_bytes().into(),
        ..hexapla_abi::Function::default()
    }
}

fn mutability(steps: &[Step]) -> Mutability {
    let changes = |step: &Step| matches!(step, Step::Put | Step::Call(_) | Step::Try(_));
    if steps.iter().any(changes) {
        Mutability::NonPayable
    } else if steps.contains(&Step::Get) {
        Mutability::View
    } else {
        Mutability::Pure
    }
}

fn error(code: Code) -> CustomError {
    CustomError {
        name: code.name().to_owned(),
        inputs: Vec::new(),
        selector: data_of(code.number()),
        message: code.message().to_owned(),
        signature: format!("{}()", code.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn the_registry_takes_it_and_solidity_sees_functions_and_errors() {
        let program = Program::parse(b"add_up: + +\nkept: get\nkeep: put").unwrap();
        let interface = interface_of("sum", &program);
        interface.verify().unwrap();
        let projection = hexapla_abi::Projection::new(Arc::new(interface), Abi::Solidity);
        let shown = projection.interface();
        let signatures: Vec<_> = shown.functions.iter().map(|function| function.signature.as_str()).collect();
        assert_eq!(signatures, ["addUp(uint64,uint64,uint64)", "kept()", "keep(uint64)"]);
        assert!(shown.refused.is_empty() && shown.errors.len() == Code::ALL.len(), "{:?}", shown.refused);
    }
}
