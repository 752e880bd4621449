//! Accounts that are objects of a VM's own.

use crate::{FieldSpec, Fields, ToolError};
use hexapla_abi::{Interface, Type};
use hexapla_primitives::{Address, Bytes, GenesisAccount, NativeId, ObjectKey};
use std::sync::Arc;

/// An account as people look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedAccount {
    /// The contract whose interface says what the data is.
    pub owner: NativeId,
    /// The data; empty where there is none.
    pub data: Bytes,
}

/// A part of an account's data that says itself what it is, behind what the owner's interface describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPart {
    /// Its name, in snake case.
    pub name: String,
    /// The type of its data, in the ABI of the VM.
    pub ty: Type,
    /// Its data.
    pub data: Bytes,
}

/// A contract that is there from the beginning.
#[derive(Clone, Debug)]
pub struct Predeployed {
    /// The name under which scenarios know it.
    pub name: &'static str,
    /// Its id.
    pub id: NativeId,
    /// Its interface in its own terms.
    pub interface: Option<Arc<Interface>>,
}

/// An address with a meaning of its own, whether a contract stands there or not.
#[derive(Clone, Debug)]
pub struct WellKnown {
    /// What people call it.
    pub name: &'static str,
    /// The address.
    pub address: Address,
    /// What calls of it mean.
    pub interface: Arc<Interface>,
}

/// The accounts of one VM.
pub trait AccountCodec: Send + Sync {
    /// Where an account stands.
    fn object_key(&self, id: &NativeId) -> ObjectKey;

    /// Reads an account's object; `None` is an account without one.
    ///
    /// # Errors
    ///
    /// The bytes are no account.
    fn decode(&self, object: Option<&Bytes>) -> Result<DecodedAccount, ToolError>;

    /// The parts of an account's data that say themselves what they are. Most VMs have none.
    fn parts(&self, _account: &DecodedAccount) -> Vec<AccountPart> {
        Vec::new()
    }

    /// The contracts that are there from the beginning.
    fn predeployed(&self) -> &[Predeployed];

    /// All accounts that are there from the beginning.
    fn genesis(&self) -> Vec<GenesisAccount>;

    /// What can be said of an account that is put into the state at the beginning.
    fn account_fields(&self) -> &'static [FieldSpec];

    /// Checks what was said, before names are known.
    ///
    /// # Errors
    ///
    /// A sentence, and the field that is wrong.
    fn check_account(&self, fields: &Fields) -> Result<(), ToolError>;

    /// An account of which this is said.
    ///
    /// # Errors
    ///
    /// A sentence, and the field that is wrong.
    fn account(&self, id: &NativeId, fields: &Fields) -> Result<GenesisAccount, ToolError>;

    /// A contract as it is put into the state without a transaction, with all accounts that belong to it.
    fn contract(&self, id: &NativeId, code: &Bytes) -> Vec<GenesisAccount>;
}
