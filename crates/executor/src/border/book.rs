//! Addresses between a VM and the rest, by home records and aliases.
//!
//! Zero is zero on both sides: it stands for "nobody" in every ABI, and in no other way can it come out. Each look-up and
//! each new home record is paid by the frame whose call is translated, as any access to state.

use alloc::{format, string::ToString};
use core::cell::RefCell;
use hexapla_abi::{AddressBook, AddressError};
use hexapla_primitives::{
    Address, B256, Bytes, FaultKind, HomeRecord, VmId,
    identity::{alias_of, canonical_of_alias, is_malformed_alias},
};
use hexapla_vm::{BorderState, CallBook, HostError, HostResult};

/// Gas of each part of a value that bytes become: it takes memory, and a word of 32 bytes in other ABIs.
const PART_GAS: u64 = 6;

/// The address book of one VM over the state of a transaction.
pub(super) struct StateBook<'a> {
    vm: VmId,
    state: RefCell<&'a mut dyn BorderState>,
    failure: RefCell<Option<HostError>>,
}

impl<'a> StateBook<'a> {
    pub(super) fn new(vm: VmId, state: &'a mut dyn BorderState) -> Self {
        Self { vm, state: RefCell::new(state), failure: RefCell::new(None) }
    }

    /// Why state was not read or written, which the codec could only report as an address without a form.
    pub(super) fn check(self) -> HostResult<()> {
        self.failure.into_inner().map_or(Ok(()), Err)
    }

    fn record(&self, canonical: Address) -> Result<Option<HomeRecord>, AddressError> {
        match self.state.borrow_mut().object(&HomeRecord::key(canonical)) {
            Ok(read) => Ok(read.and_then(|record| HomeRecord::from_bytes(&record))),
            Err(error) => Err(self.fail(error)),
        }
    }

    fn fail(&self, error: HostError) -> AddressError {
        let said = AddressError(error.to_string());
        *self.failure.borrow_mut() = Some(error);
        said
    }
}

impl CallBook for StateBook<'_> {
    fn addresses(&self) -> &dyn AddressBook {
        self
    }

    fn charge(&self, gas: u64) -> HostResult<()> {
        self.state.borrow_mut().charge(gas)
    }
}

impl AddressBook for StateBook<'_> {
    fn canonical(&self, native: &B256) -> Result<Address, AddressError> {
        if let Some(canonical) = canonical_of_alias(*native) {
            // An account has one id in a VM: its own where it is at home, else its alias.
            return match self.record(canonical)? {
                Some(record) if record.vm == self.vm && record.native_id.len() == B256::len_bytes() => Err(
                    AddressError(format!("{native} is the alias of an account that is at home here; use its own id")),
                ),
                _ => Ok(canonical),
            };
        }
        if native.is_zero() {
            return Ok(Address::ZERO);
        }
        if is_malformed_alias(*native) {
            return Err(AddressError(format!("{native} is a malformed alias")));
        }
        let home = HomeRecord { vm: self.vm, native_id: Bytes::copy_from_slice(native.as_slice()) };
        match self.state.borrow_mut().set_home(&home) {
            Ok(()) => Ok(home.canonical()),
            Err(HostError::Fault { kind: FaultKind::Border, message }) => Err(AddressError(message.into())),
            Err(error) => Err(self.fail(error)),
        }
    }

    fn pay_for_parts(&self, parts: usize) -> Result<(), AddressError> {
        let gas = PART_GAS.saturating_mul(u64::try_from(parts).unwrap_or(u64::MAX));
        CallBook::charge(self, gas).map_err(|error| self.fail(error))
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        if canonical.is_zero() {
            return Ok(B256::ZERO);
        }
        match self.record(canonical)? {
            // An id of another length has no place in call data: the alias stands for it.
            Some(record) if record.vm == self.vm => {
                Ok(B256::try_from(&record.native_id[..]).unwrap_or_else(|_| alias_of(canonical)))
            }
            _ => Ok(alias_of(canonical)),
        }
    }
}
