//! Ids of accounts without a chain: as their users write them, as their VM has them, as canonical addresses.

use hexapla::toolkit::Toolkit;
use hexapla_abi::{Abi, AddressBook, AddressError, Type, Value};
use hexapla_primitives::{
    Address, B256, NativeId, VmId,
    identity::{alias_of, canonical_of_alias},
    keccak256,
};
use std::{cell::RefCell, collections::BTreeMap};

/// Bytes of an id.
const ID_BYTES: usize = B256::len_bytes();

/// The ids of the VM that has an ABI. It remembers those that it has met, so that each is found by its address again.
pub(super) struct Ids {
    abi: Abi,
    vm: Option<VmId>,
    met: RefCell<BTreeMap<Address, B256>>,
}

impl Ids {
    /// The ids of contracts with this ABI.
    pub(super) fn of(abi: Abi) -> Self {
        Self { abi, vm: hexapla::toolkits().by_abi(abi).map(Toolkit::vm), met: RefCell::default() }
    }

    /// The address behind an id that is written as its users do.
    pub(super) fn address(&self, text: &str) -> Option<Address> {
        self.id(text).map(|id| self.meet(id))
    }

    /// An argument as it is read: an id for 32 bytes is their hex.
    pub(super) fn argument(&self, ty: &Type, text: &str) -> String {
        let id = (*ty == Type::FixedBytes(ID_BYTES) && !text.trim().starts_with("0x")).then(|| self.id(text)).flatten();
        id.map_or_else(|| text.to_owned(), |id| id.to_string())
    }

    /// The value with ids as their users write them. An id stands where a variant without values does, which is shown by
    /// its name alone.
    pub(super) fn shown(&self, value: Value) -> Value {
        let all = |values: Vec<Value>| values.into_iter().map(|value| self.shown(value)).collect();
        match value {
            Value::Address(address) => match self.met.borrow().get(&address) {
                Some(id) => {
                    Value::Enum { name: "".into(), variant: self.text(id).into(), payload: Box::new(Value::Unit) }
                }
                None => Value::Address(address),
            },
            Value::Array(items) => Value::Array(all(items)),
            Value::Tuple(items) => Value::Tuple(all(items)),
            Value::Option(Some(inner)) => Value::Option(Some(Box::new(self.shown(*inner)))),
            Value::Struct { name, fields } => {
                let fields = fields.into_iter().map(|(field, value)| (field, self.shown(value))).collect();
                Value::Struct { name, fields }
            }
            Value::Enum { name, variant, payload } => {
                Value::Enum { name, variant, payload: Box::new(self.shown(*payload)) }
            }
            Value::Map(entries) => {
                Value::Map(entries.into_iter().map(|(key, value)| (self.shown(key), self.shown(value))).collect())
            }
            other => other,
        }
    }

    /// The id that a text says: in the VM's own form where its toolkit is there, else in hex, where Starknet's users leave
    /// zeros at the beginning out.
    fn id(&self, text: &str) -> Option<B256> {
        let text = text.trim();
        if let Some(vm) = self.vm {
            let toolkits = hexapla::toolkits();
            let id = toolkits.get(vm)?.addresses().parse_given(text).ok()?;
            return B256::try_from(&id.bytes[..]).ok();
        }
        self.abi.id_in_hex(text)
    }

    /// The id as its users write it.
    pub(super) fn text(&self, id: &B256) -> String {
        let toolkits = hexapla::toolkits();
        match self.vm.and_then(|vm| toolkits.get(vm)) {
            Some(toolkit) => toolkit.addresses().format(id.as_slice()),
            None => id.to_string(),
        }
    }

    fn meet(&self, id: B256) -> Address {
        if let Some(address) = canonical_of_alias(id) {
            return address;
        }
        let address = match self.vm {
            _ if id.is_zero() => Address::ZERO,
            Some(vm) => NativeId::new(vm, id.to_vec()).canonical(),
            // Nobody sees it: without a toolkit there is no other ABI in which the id has an address.
            None => Address::from_word(keccak256(id)),
        };
        self.met.borrow_mut().insert(address, id);
        address
    }
}

impl AddressBook for Ids {
    fn canonical(&self, native: &B256) -> Result<Address, AddressError> {
        Ok(self.meet(*native))
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        let met = self.met.borrow().get(&canonical).copied();
        Ok(met.unwrap_or_else(|| if canonical.is_zero() { B256::ZERO } else { alias_of(canonical) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

    #[test]
    fn an_id_that_was_read_is_found_by_its_address_and_shown_as_it_was_written() {
        for (abi, text) in [
            (Abi::Borsh, KEY),
            (Abi::Borsh, "11111111111111111111111111111111"),
            (Abi::Cairo, "0x049d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7"),
            (Abi::Fuel, "0xf8f8b6283d7fa5b672b530cbb84fcccb4ff8dc40f8176ef4544ddb1f1952ad07"),
        ] {
            let ids = Ids::of(abi);
            let address = ids.address(text).unwrap();
            assert_eq!(ids.shown(Value::Address(address)).to_string(), text);
            let native = ids.native(address).unwrap();
            assert_eq!(ids.canonical(&native), Ok(address));
        }
    }

    #[test]
    fn starknets_ids_may_be_short_and_fuels_may_not() {
        let cairo = Ids::of(Abi::Cairo);
        assert_eq!(cairo.native(cairo.address("0x49d").unwrap()).unwrap()[30..], [0x04, 0x9d]);
        assert_eq!(Ids::of(Abi::Fuel).address("0x49d"), None);
        assert_eq!(cairo.address("0x"), None);
        assert_eq!(cairo.address(&format!("0x{}", "1".repeat(65))), None);
        assert_eq!(Ids::of(Abi::Borsh).address("no key"), None);
    }

    #[test]
    fn an_alias_is_the_account_of_the_evm() {
        let address = Address::repeat_byte(5);
        let ids = Ids::of(Abi::Borsh);
        assert_eq!(ids.address(&alias_of(address).to_string()), Some(address));
        assert_eq!(ids.native(address), Ok(alias_of(address)));
        assert_eq!(ids.shown(Value::Address(address)), Value::Address(address));
    }
}
