//! A call whose arguments are values.

use crate::HostResult;
use hexapla_abi::{AddressBook, Derivation, Function, Value};
use hexapla_primitives::{Address, B256};

/// A call of a function with its arguments, as an adapter puts it into its VM's form.
#[derive(Clone, Copy, Debug)]
pub struct TypedCall<'a> {
    /// Canonical address of the account that calls.
    pub caller: Address,
    /// The code of the called contract, as it stands in state.
    pub code: &'a [u8],
    /// The function.
    pub function: &'a Function,
    /// Its arguments.
    pub values: &'a [Value],
    /// The accounts that the caller named, where the ABI has such: one for each that the function leaves open.
    pub accounts: &'a [Option<B256>],
    /// How the function's derived accounts are found, each behind those that it needs.
    pub derivations: &'a [Derivation],
}

/// The address book of a call that is being translated, with the gas that pays for it.
pub trait CallBook {
    /// The addresses; each look-up is paid like any read of state.
    fn addresses(&self) -> &dyn AddressBook;

    /// Takes gas for work that the adapter does.
    fn charge(&self, gas: u64) -> HostResult<()>;
}
