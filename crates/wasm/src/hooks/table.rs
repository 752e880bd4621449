//! The names and signatures of the host functions.

use alloc::{string::ToString, vec::Vec};
use core::fmt;

/// A value type of the host interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookType {
    /// A number of 32 bits: a length, a status, or a pointer into the program's memory.
    I32,
    /// A number of 64 bits.
    I64,
}

/// A host function as a program imports it from the module `vm_hooks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookSignature {
    /// Its name.
    pub name: &'static str,
    /// Parameters.
    pub params: &'static [HookType],
    /// The result, if it has one.
    pub result: Option<HookType>,
}

/// Calls `$callback! { $($arguments)*; … }` with the list of all host functions,
/// each as `name(parameter: type, …) -> type;` where `()` is no result.
macro_rules! for_each_hook {
    ($callback:ident $(, $argument:expr)*) => {
        $callback! { ($($argument),*)
            read_args(dest: u32) -> ();
            write_result(data: u32, len: u32) -> ();
            exit_early(status: u32) -> ();
            storage_load_bytes32(key: u32, dest: u32) -> ();
            storage_cache_bytes32(key: u32, value: u32) -> ();
            storage_flush_cache(clear: u32) -> ();
            transient_load_bytes32(key: u32, dest: u32) -> ();
            transient_store_bytes32(key: u32, value: u32) -> ();
            call_contract(contract: u32, data: u32, len: u32, value: u32, gas: u64, return_len: u32) -> u32;
            delegate_call_contract(contract: u32, data: u32, len: u32, gas: u64, return_len: u32) -> u32;
            static_call_contract(contract: u32, data: u32, len: u32, gas: u64, return_len: u32) -> u32;
            create1(code: u32, len: u32, endowment: u32, contract: u32, revert_len: u32) -> ();
            create2(code: u32, len: u32, endowment: u32, salt: u32, contract: u32, revert_len: u32) -> ();
            read_return_data(dest: u32, offset: u32, size: u32) -> u32;
            return_data_size() -> u32;
            emit_log(data: u32, len: u32, topics: u32) -> ();
            account_balance(account: u32, dest: u32) -> ();
            account_code(account: u32, offset: u32, size: u32, dest: u32) -> u32;
            account_code_size(account: u32) -> u32;
            account_codehash(account: u32, dest: u32) -> ();
            block_basefee(dest: u32) -> ();
            block_coinbase(dest: u32) -> ();
            block_gas_limit() -> u64;
            block_number() -> u64;
            block_timestamp() -> u64;
            chainid() -> u64;
            contract_address(dest: u32) -> ();
            evm_gas_left() -> u64;
            evm_ink_left() -> u64;
            msg_reentrant() -> u32;
            msg_sender(dest: u32) -> ();
            msg_value(dest: u32) -> ();
            native_keccak256(data: u32, len: u32, dest: u32) -> ();
            math_div(value: u32, divisor: u32) -> ();
            math_mod(value: u32, modulus: u32) -> ();
            math_pow(value: u32, exponent: u32) -> ();
            math_add_mod(value: u32, addend: u32, modulus: u32) -> ();
            math_mul_mod(value: u32, multiplier: u32, modulus: u32) -> ();
            pay_for_memory_grow(pages: u32) -> ();
            tx_gas_price(dest: u32) -> ();
            tx_ink_price() -> u32;
            tx_origin(dest: u32) -> ();
        }
    };
}
pub(crate) use for_each_hook;

macro_rules! type_of {
    (u32) => {
        Some(HookType::I32)
    };
    (u64) => {
        Some(HookType::I64)
    };
    (()) => {
        None
    };
}

macro_rules! param_of {
    (u32) => {
        HookType::I32
    };
    (u64) => {
        HookType::I64
    };
}

macro_rules! signatures {
    (() $($name:ident($($param:ident: $type:tt),*) -> $result:tt;)*) => {
        /// All host functions.
        pub const HOOKS: &[HookSignature] = &[$(HookSignature {
            name: stringify!($name),
            params: &[$(param_of!($type)),*],
            result: type_of!($result),
        }),*];
    };
}
for_each_hook!(signatures);

/// The import that a module with a growing memory must have.
pub(crate) const PAY_FOR_MEMORY_GROW: &str = "pay_for_memory_grow";

/// The host function with this name.
pub(crate) fn find(name: &str) -> Option<&'static HookSignature> {
    HOOKS.iter().find(|hook| hook.name == name)
}

impl fmt::Display for HookType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
        })
    }
}

impl fmt::Display for HookSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params: Vec<_> = self.params.iter().map(ToString::to_string).collect();
        let result = self.result.map(|result| result.to_string());
        write!(f, "({}) -> ({})", params.join(", "), result.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interface_has_forty_two_functions_with_distinct_names() {
        let names: std::collections::BTreeSet<_> = HOOKS.iter().map(|hook| hook.name).collect();
        assert_eq!((HOOKS.len(), names.len()), (42, 42));
        let call = find("call_contract").unwrap();
        assert_eq!(call.to_string(), "(i32, i32, i32, i32, i64, i32) -> (i32)");
    }
}
