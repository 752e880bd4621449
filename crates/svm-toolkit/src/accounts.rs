//! Stored accounts, and those with which a chain begins.

use crate::{
    address::{id_of, key_of},
    extensions::extensions,
    programs::PROGRAMS,
};
use hexapla_primitives::{Bytes, GenesisAccount, NativeId, ObjectKey, VmId};
use hexapla_svm_types::{Pubkey, StoredAccount, genesis, spl};
use hexapla_toolkit::{
    AccountCodec, AccountPart, DecodedAccount, FieldKind, FieldSpec, Fields, Predeployed, ToolError,
};
use solana_rent::Rent;

/// Most bytes of data of an account, as on Solana.
const DATA_BYTES_MAX: u64 = 10 << 20;

/// What can be said of an account.
const FIELDS: [FieldSpec; 4] = [
    FieldSpec::optional("lamports", FieldKind::Number),
    FieldSpec::optional("owner", FieldKind::Id),
    FieldSpec::optional("space", FieldKind::Number),
    FieldSpec::optional("data", FieldKind::Bytes),
];

/// The accounts of Solana.
#[derive(Clone, Copy, Debug, Default)]
pub struct Accounts;

impl AccountCodec for Accounts {
    fn object_key(&self, id: &NativeId) -> ObjectKey {
        // What is no key has no account: nothing stands under its bytes.
        key_of(id).map_or_else(|_| ObjectKey::new(VmId::SVM, id.bytes.clone()), |key| StoredAccount::key(&key))
    }

    fn decode(&self, object: Option<&Bytes>) -> Result<DecodedAccount, ToolError> {
        let stored = stored(object)?;
        Ok(DecodedAccount { owner: id_of(&stored.owner), data: stored.data })
    }

    fn parts(&self, account: &DecodedAccount) -> Vec<AccountPart> {
        extensions(&account.owner, &account.data)
    }

    fn predeployed(&self) -> &[Predeployed] {
        &PROGRAMS
    }

    fn genesis(&self) -> Vec<GenesisAccount> {
        spl::genesis().collect()
    }

    fn account_fields(&self) -> &'static [FieldSpec] {
        &FIELDS
    }

    fn check_account(&self, fields: &Fields) -> Result<(), ToolError> {
        let space = fields.number("space");
        if space.is_some_and(|space| space > DATA_BYTES_MAX) {
            let message = format!("an account holds at most {DATA_BYTES_MAX} bytes");
            return Err(ToolError::new("scenario::out_of_range", message).at("space", "out of range"));
        }
        if space.is_some() && fields.has("data") {
            return Err(ToolError::new("scenario::key", "`space` and `data` say both what an account holds")
                .at("space", "one of them is too much")
                .with_help("`space` is for zeros, `data` for bytes that are given"));
        }
        Ok(())
    }

    fn account(&self, id: &NativeId, fields: &Fields) -> Result<GenesisAccount, ToolError> {
        self.check_account(fields)?;
        let owner = fields.id("owner").map_or(Ok(Pubkey::default()), key_of)?;
        let zeros = || vec![0; usize::try_from(fields.number("space").unwrap_or(0)).unwrap_or(usize::MAX)].into();
        let data: Bytes = fields.bytes("data").cloned().unwrap_or_else(zeros);
        let lamports = fields.number("lamports").unwrap_or_else(|| Rent::default().minimum_balance(data.len()));
        let stored = StoredAccount { owner, executable: false, data };
        Ok(genesis::account(key_of(id)?, lamports, &stored))
    }

    fn contract(&self, id: &NativeId, code: &Bytes) -> Vec<GenesisAccount> {
        key_of(id).map_or_else(|_| Vec::new(), |key| genesis::program(key, code, None).into())
    }
}

/// Reads an account's object.
pub(crate) fn stored(object: Option<&Bytes>) -> Result<StoredAccount, ToolError> {
    StoredAccount::from_object(object).map_err(|error| ToolError::new("scenario::state", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hexapla_primitives::U256;
    use hexapla_svm_types::WEI_PER_LAMPORT;
    use hexapla_toolkit::FieldValue;

    #[test]
    fn an_account_has_what_rent_asks_for_unless_it_is_said() {
        let id = id_of(&Pubkey::new_from_array([7; 32]));
        let mut fields = Fields::default();
        fields.push("space", FieldValue::Number(165));
        let account = Accounts.account(&id, &fields).unwrap();
        assert_eq!(account.balance, U256::from((128 + 165) * 6_960 * WEI_PER_LAMPORT));
        let object = Accounts.object_key(&id);
        let (_, stored) = account.objects.iter().find(|(key, _)| *key == object).unwrap();
        let decoded = Accounts.decode(Some(stored)).unwrap();
        assert_eq!(decoded, DecodedAccount { owner: id_of(&Pubkey::default()), data: vec![0; 165].into() });
        fields.push("lamports", FieldValue::Number(3));
        assert_eq!(Accounts.account(&id, &fields).unwrap().balance, U256::from(3 * WEI_PER_LAMPORT));
    }

    #[test]
    fn space_and_data_exclude_each_other_and_space_has_a_limit() {
        let error = |fields: &[(&'static str, FieldValue)]| {
            let mut given = Fields::default();
            fields.iter().for_each(|(name, value)| given.push(name, value.clone()));
            let error = Accounts.check_account(&given).unwrap_err();
            (error.field, error.to_string())
        };
        let both = error(&[("space", FieldValue::Number(1)), ("data", FieldValue::Pending)]);
        assert_eq!(both, (Some("space"), "`space` and `data` say both what an account holds".to_owned()));
        let large = error(&[("space", FieldValue::Number(DATA_BYTES_MAX + 1))]);
        assert_eq!(large, (Some("space"), "an account holds at most 10485760 bytes".to_owned()));
    }
}
