//! Addresses between a VM and the rest, by home records and aliases.
//!
//! Zero is zero on both sides: it stands for "nobody" in every ABI, and in no other way can it come out.

use hexapla_abi::{AddressBook, AddressError};
use hexapla_primitives::{
    Address, B256, Bytes, HomeRecord, VmId,
    identity::{alias_of, canonical_of, canonical_of_alias, is_malformed_alias},
};
use hexapla_vm::{BorderState, Fatal};
use std::cell::RefCell;

/// The address book of one VM over the state of a transaction.
pub(super) struct StateBook<'a> {
    vm: VmId,
    /// Nothing may be written: accounts that are only looked at get no home record.
    read_only: bool,
    state: RefCell<&'a mut dyn BorderState>,
    failure: RefCell<Option<Fatal>>,
}

impl<'a> StateBook<'a> {
    pub(super) fn new(vm: VmId, read_only: bool, state: &'a mut dyn BorderState) -> Self {
        Self { vm, read_only, state: RefCell::new(state), failure: RefCell::new(None) }
    }

    /// A fault of the host that the codec could only report as an address without a form.
    pub(super) fn check(self) -> Result<(), Fatal> {
        self.failure.into_inner().map_or(Ok(()), Err)
    }

    fn record(&self, canonical: Address) -> Result<Option<HomeRecord>, AddressError> {
        match self.state.borrow_mut().object(&HomeRecord::key(canonical)) {
            Ok(record) => Ok(record.and_then(|record| HomeRecord::from_bytes(&record))),
            Err(fatal) => Err(self.fail(fatal)),
        }
    }

    fn fail(&self, fatal: Fatal) -> AddressError {
        let error = AddressError(fatal.0.clone());
        *self.failure.borrow_mut() = Some(fatal);
        error
    }
}

impl AddressBook for StateBook<'_> {
    fn canonical(&self, native: &B256) -> Result<Address, AddressError> {
        if let Some(canonical) = canonical_of_alias(*native) {
            // An account has one id in a VM: its own where it is at home, else its alias.
            return match self.record(canonical)? {
                Some(record) if record.vm == self.vm => Err(AddressError(format!(
                    "{native} is the alias of an account that is at home here; use its own id"
                ))),
                _ => Ok(canonical),
            };
        }
        if native.is_zero() {
            return Ok(Address::ZERO);
        }
        if is_malformed_alias(*native) {
            return Err(AddressError(format!("{native} is a malformed alias")));
        }
        let canonical = canonical_of(self.vm, native.as_slice());
        match self.record(canonical)? {
            Some(record) if record.vm == self.vm && record.native_id[..] == native[..] => {}
            Some(_) => return Err(AddressError(format!("another account already has the address of {native}"))),
            None if self.read_only => {}
            None => {
                let record = HomeRecord { vm: self.vm, native_id: Bytes::copy_from_slice(native.as_slice()) };
                let written = self.state.borrow_mut().set_object(&HomeRecord::key(canonical), Some(record.to_bytes()));
                written.map_err(|fatal| self.fail(fatal))?;
            }
        }
        Ok(canonical)
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        if canonical.is_zero() {
            return Ok(B256::ZERO);
        }
        match self.record(canonical)? {
            Some(record) if record.vm == self.vm => B256::try_from(&record.native_id[..])
                .map_err(|_| AddressError(format!("the id of {canonical} is not 32 bytes long"))),
            _ => Ok(alias_of(canonical)),
        }
    }
}
