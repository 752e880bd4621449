//! Ids as text, and ids that follow from names and seeds.

use crate::{FieldSpec, Fields, ToolError};
use hexapla_abi::{AddressBook, AddressError};
use hexapla_primitives::{Address, B256, Bytes, NativeId, VmId, hex, identity::alias_of, keccak256};

/// A way in which an id follows from other things. Its first field is the one by whose name people choose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DerivationSpec {
    /// What it follows from.
    pub fields: &'static [FieldSpec],
}

impl DerivationSpec {
    /// Its name: that of its first field.
    pub fn name(&self) -> &'static str {
        self.fields.first().map_or("", |field| field.name)
    }
}

/// The ids of one VM.
pub trait AddressFormat: Send + Sync {
    /// The VM.
    fn vm(&self) -> VmId;

    /// Reads an id in the form in which people write it.
    fn parse(&self, text: &str) -> Option<NativeId>;

    /// The same, and any other form that says an id of this VM where one is expected.
    ///
    /// # Errors
    ///
    /// A sentence that says which forms there are.
    fn parse_given(&self, text: &str) -> Result<NativeId, ToolError>;

    /// An id of this VM as people write it.
    fn format(&self, id: &[u8]) -> String;

    /// Enough of it to recognise it.
    fn short(&self, id: &[u8]) -> String;

    /// The id that a name gives where nothing else says which. Nobody can sign for it.
    fn of_name(&self, name: &str) -> NativeId;

    /// Accounts that everybody knows by a name, in the order in which people look for them. One account may have several.
    fn known(&self) -> Vec<(&'static str, NativeId)> {
        Vec::new()
    }

    /// The ways in which ids can follow from other things.
    fn derivations(&self) -> &'static [DerivationSpec] {
        &[]
    }

    /// An id that follows from these fields, in the way of this name.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the fields.
    fn derive(&self, derivation: &str, fields: &Fields) -> Result<NativeId, ToolError> {
        let _ = fields;
        Err(ToolError::new("scenario::key", format!("ids of {} are not derived by `{derivation}`", self.vm())))
    }

    /// The bytes by which an account appears inside of this VM: its id where it is at home here, an alias of its canonical
    /// address where it is not.
    fn seen(&self, id: &NativeId) -> Bytes {
        if id.vm == self.vm() { id.bytes.clone() } else { Bytes::copy_from_slice(alias_of(id.canonical()).as_slice()) }
    }
}

/// Accounts that a name gives: the last 20 bytes of keccak256 of this and the name.
const NAME_DOMAIN: &str = "hexapla/name/";

/// The addresses of 20 bytes that the EVM's accounts have, and those of VMs that share them.
#[derive(Clone, Copy, Debug, Default)]
pub struct SharedAddresses;

impl AddressFormat for SharedAddresses {
    fn vm(&self) -> VmId {
        VmId::EVM
    }

    fn parse(&self, text: &str) -> Option<NativeId> {
        let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 40)?;
        hex::decode(digits).ok().map(|bytes| NativeId::new(VmId::EVM, bytes))
    }

    fn parse_given(&self, text: &str) -> Result<NativeId, ToolError> {
        self.parse(text).ok_or_else(|| {
            ToolError::new("scenario::key", format!("{text:?} is no address")).with_help("write `0x` and 40 hex digits")
        })
    }

    fn format(&self, id: &[u8]) -> String {
        match Address::try_from(id) {
            Ok(address) => address.to_checksum(None),
            Err(_) => hex::encode_prefixed(id),
        }
    }

    /// `0x5FbD…0aa3`; small addresses (precompiled contracts, the zero address) as numbers.
    fn short(&self, id: &[u8]) -> String {
        let text = self.format(id);
        match text.trim_start_matches("0x").trim_start_matches('0') {
            "" => "0x0".to_owned(),
            digits if digits.len() <= 4 => format!("0x{digits}"),
            _ => format!("{}…{}", text.get(..6).unwrap_or_default(), text.get(38..).unwrap_or_default()),
        }
    }

    fn of_name(&self, name: &str) -> NativeId {
        NativeId::of_address(Address::from_word(keccak256(format!("{NAME_DOMAIN}{name}"))))
    }
}

/// The address book of one VM without state: the address of an id follows from it, and only ids that are known by `id_of`
/// are found by their addresses; all other accounts appear as aliases.
pub struct IdBook<F> {
    /// The VM.
    pub vm: VmId,
    /// The id that an address is known to have.
    pub id_of: F,
}

impl<F: Fn(Address) -> Option<NativeId>> AddressBook for IdBook<F> {
    fn canonical(&self, native: &B256) -> Result<Address, AddressError> {
        if native.is_zero() {
            return Ok(Address::ZERO);
        }
        Ok(NativeId::new(self.vm, Bytes::copy_from_slice(native.as_slice())).canonical())
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        if canonical.is_zero() {
            return Ok(B256::ZERO);
        }
        let known = (self.id_of)(canonical).filter(|id| id.vm == self.vm);
        Ok(known.and_then(|id| B256::try_from(&id.bytes[..]).ok()).unwrap_or_else(|| alias_of(canonical)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_written_and_shortened() {
        let text = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
        let id = SharedAddresses.parse(&text.to_lowercase()).unwrap();
        assert_eq!((id.vm, SharedAddresses.format(&id.bytes)), (VmId::EVM, text.to_owned()));
        assert_eq!(SharedAddresses.short(&id.bytes), "0x5FbD…0aa3");
        assert_eq!(SharedAddresses.short(&[0; 20]), "0x0");
        let mut four = [0; 20];
        four[19] = 4;
        assert_eq!(SharedAddresses.short(&four), "0x4");
        assert_eq!(SharedAddresses.parse("alice"), None);
        let error = SharedAddresses.parse_given("0x12").unwrap_err();
        assert_eq!((error.topic, error.message.as_str()), ("scenario::key", "\"0x12\" is no address"));
        assert_eq!(SharedAddresses.of_name("alice"), SharedAddresses.of_name("alice"));
        assert_ne!(SharedAddresses.of_name("alice"), SharedAddresses.of_name("bob"));
    }

    #[test]
    fn equal_bytes_are_different_accounts_on_different_vms() {
        let native = B256::repeat_byte(7);
        let book = |vm| IdBook { vm, id_of: |_| None };
        let [one, two] = [VmId(200), VmId(201)].map(|vm| book(vm).canonical(&native).unwrap());
        assert_ne!(one, two);
        let known = |address| (address == one).then(|| NativeId::new(VmId(200), native.to_vec()));
        assert_eq!(IdBook { vm: VmId(200), id_of: known }.native(one), Ok(native));
        assert_eq!(IdBook { vm: VmId(201), id_of: known }.native(one), Ok(alias_of(one)), "another VM sees an alias");
        assert_eq!(book(VmId(200)).canonical(&alias_of(two)), Ok(two));
    }
}
