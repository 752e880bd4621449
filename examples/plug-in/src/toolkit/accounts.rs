//! Contracts and wallets as they are stored, and as a chain begins with them.

use crate::{
    CALC,
    store::{address_of, genesis_contract, is_contract_name, nonce_key, program_key},
};
use hexapla_primitives::{Bytes, GenesisAccount, HomeRecord, NativeId, ObjectKey, U256};
use hexapla_toolkit::{AccountCodec, DecodedAccount, FieldKind, FieldSpec, Fields, Predeployed, ToolError};

/// What a wallet has at the beginning, in wei.
const BALANCE: &str = "balance";
const FIELDS: [FieldSpec; 1] = [FieldSpec::required(BALANCE, FieldKind::Number)];

/// The accounts of the calculator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Accounts;

impl AccountCodec for Accounts {
    /// A contract's program, a wallet's nonce.
    fn object_key(&self, id: &NativeId) -> ObjectKey {
        if is_contract_name(&id.bytes) { program_key(&id.bytes) } else { nonce_key(&id.bytes) }
    }

    fn decode(&self, object: Option<&Bytes>) -> Result<DecodedAccount, ToolError> {
        Ok(DecodedAccount { owner: NativeId::new(CALC, Bytes::new()), data: object.cloned().unwrap_or_default() })
    }

    fn predeployed(&self) -> &[Predeployed] {
        &[]
    }

    fn genesis(&self) -> Vec<GenesisAccount> {
        Vec::new()
    }

    fn account_fields(&self) -> &'static [FieldSpec] {
        &FIELDS
    }

    fn check_account(&self, _: &Fields) -> Result<(), ToolError> {
        Ok(())
    }

    fn account(&self, id: &NativeId, fields: &Fields) -> Result<GenesisAccount, ToolError> {
        let address = address_of(&id.bytes);
        let home = HomeRecord { vm: CALC, native_id: id.bytes.clone() };
        Ok(GenesisAccount {
            address,
            balance: U256::from(fields.number(BALANCE).unwrap_or_default()),
            objects: vec![(HomeRecord::key(address), home.to_bytes())],
            ..GenesisAccount::default()
        })
    }

    /// The program was parsed when it was loaded; one that cannot run makes no contract.
    fn contract(&self, id: &NativeId, code: &Bytes) -> Vec<GenesisAccount> {
        let name = std::str::from_utf8(&id.bytes).unwrap_or_default();
        genesis_contract(name, code).into_iter().collect()
    }
}
