//! Keys: in base58, and those that follow from names, seeds and wallets.

use crate::names;
use hexapla_primitives::{B256, NativeId, VmId, keccak256};
use hexapla_svm_types::{Pubkey, spl};
use hexapla_toolkit::{AddressFormat, DerivationSpec, FieldKind, FieldSpec, Fields, ToolError};

/// Keys that nobody gives: keccak256 of this and the name.
const KEY_DOMAIN: &str = "hexapla/key/";

/// An address derived from seeds and a program.
const SEEDS: DerivationSpec = DerivationSpec {
    fields: &[FieldSpec::required("seeds", FieldKind::Parts), FieldSpec::required("program", FieldKind::Id)],
};
/// The associated token account of a wallet for a mint.
const ASSOCIATED: DerivationSpec = DerivationSpec {
    fields: &[
        FieldSpec::required("associated", FieldKind::Id),
        FieldSpec::required("mint", FieldKind::Id),
        FieldSpec::optional("token_program", FieldKind::Id),
        FieldSpec::optional("program", FieldKind::Id),
    ],
};

/// The keys of Solana's accounts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keys;

impl AddressFormat for Keys {
    fn vm(&self) -> VmId {
        VmId::SVM
    }

    fn parse(&self, text: &str) -> Option<NativeId> {
        text.parse::<Pubkey>().ok().map(|key| id_of(&key))
    }

    fn parse_given(&self, text: &str) -> Result<NativeId, ToolError> {
        let hex = || text.parse::<B256>().ok().filter(|_| text.starts_with("0x"));
        let key = self.parse(text).or_else(|| hex().map(|key| NativeId::new(VmId::SVM, key.to_vec())));
        key.ok_or_else(|| {
            ToolError::new("scenario::key", format!("{text:?} is no key"))
                .with_help("a key has 32 bytes, in base58 or as `0x` and 64 hex digits")
        })
    }

    fn format(&self, id: &[u8]) -> String {
        Pubkey::try_from(id).map_or_else(|_| hexapla_primitives::hex::encode_prefixed(id), |key| key.to_string())
    }

    fn short(&self, id: &[u8]) -> String {
        let text = self.format(id);
        match (text.get(..6), text.get(text.len().saturating_sub(4)..)) {
            (Some(head), Some(tail)) if text.len() > 12 => format!("{head}…{tail}"),
            _ => text,
        }
    }

    fn of_name(&self, name: &str) -> NativeId {
        NativeId::new(VmId::SVM, keccak256(format!("{KEY_DOMAIN}{name}")).to_vec())
    }

    fn known(&self) -> Vec<(&'static str, NativeId)> {
        names::accounts().map(|(name, key)| (name, id_of(&key))).collect()
    }

    fn derivations(&self) -> &'static [DerivationSpec] {
        &[SEEDS, ASSOCIATED]
    }

    fn derive(&self, derivation: &str, fields: &Fields) -> Result<NativeId, ToolError> {
        let key = |name: &'static str| {
            let id = fields.id(name).ok_or_else(|| missing(derivation, name))?;
            key_of(id)
        };
        if derivation == SEEDS.name() {
            let seeds = fields.parts("seeds").iter().map(|seed| &seed[..]).collect::<Vec<_>>();
            return derived(&seeds, &key("program")?);
        }
        let token = match (fields.has("token_program"), fields.has("program")) {
            (true, true) => {
                let message = "`token_program` and `program` say both whose account it is";
                return Err(ToolError::new("scenario::key", message).at("program", "one of them is too much"));
            }
            (true, false) => key("token_program")?,
            (false, true) => key("program")?,
            (false, false) => spl::TOKEN,
        };
        let (wallet, mint) = (key("associated")?, key("mint")?);
        derived(&[wallet.as_ref(), token.as_ref(), mint.as_ref()], &spl::ASSOCIATED_TOKEN)
    }
}

fn missing(derivation: &str, name: &'static str) -> ToolError {
    ToolError::new("scenario::missing_key", format!("a key by `{derivation}` lacks `{name}`")).at(name, "missing")
}

fn derived(seeds: &[&[u8]], program: &Pubkey) -> Result<NativeId, ToolError> {
    let found = Pubkey::try_find_program_address(seeds, program);
    found.map(|(key, _)| id_of(&key)).ok_or_else(|| {
        ToolError::new("scenario::key", "the seeds derive no address")
            .with_help("Solana takes at most 15 seeds of at most 32 bytes each")
    })
}

/// The id of a key.
pub fn id_of(key: &Pubkey) -> NativeId {
    NativeId::new(VmId::SVM, key.to_bytes().to_vec())
}

/// The key by which an account appears to programs: its own, or the alias of an account of another VM.
pub fn key_of(id: &NativeId) -> Result<Pubkey, ToolError> {
    Pubkey::try_from(&Keys.seen(id)[..])
        .map_err(|_| ToolError::new("scenario::key", format!("{} is no key of 32 bytes", id.bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hexapla_primitives::{Address, Bytes, identity::alias_of};
    use hexapla_toolkit::FieldValue;

    const TEXT: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

    #[test]
    fn keys_are_read_in_base58_and_hex_and_written_in_base58() {
        let id = Keys.parse(TEXT).unwrap();
        assert_eq!((id.clone(), Keys.format(&id.bytes)), (id_of(&spl::TOKEN), TEXT.to_owned()));
        assert_eq!(Keys.parse_given(&id.bytes.to_string()).unwrap(), id);
        assert_eq!(Keys.short(&id.bytes), "Tokenk…Q5DA");
        assert_eq!(Keys.short(&[0; 32]), "111111…1111");
        let error = Keys.parse_given("nobody").unwrap_err();
        assert_eq!(error.to_string(), "\"nobody\" is no key");
        assert_eq!(error.help.as_deref(), Some("a key has 32 bytes, in base58 or as `0x` and 64 hex digits"));
        assert_eq!(Keys.parse(&id.bytes.to_string()), None, "hex is a key only where one is expected");
    }

    #[test]
    fn accounts_of_other_vms_appear_as_aliases() {
        let address = Address::repeat_byte(5);
        let alias = alias_of(address);
        assert_eq!(Keys.seen(&NativeId::of_address(address))[..], alias[..]);
        let foreign = NativeId::new(VmId(200), vec![7; 32]);
        assert_eq!(Keys.seen(&foreign)[..], alias_of(foreign.canonical())[..], "equal bytes are not the same account");
        assert_eq!(key_of(&id_of(&spl::MEMO)).unwrap(), spl::MEMO);
        assert!(key_of(&NativeId::new(VmId::SVM, vec![7; 31])).is_err());
    }

    #[test]
    fn an_associated_account_is_of_the_token_program_that_is_said() {
        let derive = |programs: &[(&'static str, Pubkey)]| {
            let mut fields = Fields::default();
            fields.push("associated", FieldValue::Id(id_of(&Pubkey::new_from_array([1; 32]))));
            fields.push("mint", FieldValue::Id(id_of(&Pubkey::new_from_array([2; 32]))));
            programs.iter().for_each(|(name, key)| fields.push(name, FieldValue::Id(id_of(key))));
            Keys.derive("associated", &fields)
        };
        let of_2022 = derive(&[("token_program", spl::TOKEN_2022)]).unwrap();
        assert_eq!(of_2022, derive(&[("program", spl::TOKEN_2022)]).unwrap());
        assert_ne!(of_2022, derive(&[]).unwrap());
        assert_eq!(derive(&[("token_program", spl::TOKEN)]).unwrap(), derive(&[]).unwrap());
        let both = derive(&[("token_program", spl::TOKEN), ("program", spl::TOKEN_2022)]).unwrap_err();
        assert_eq!(both.field, Some("program"));
    }

    #[test]
    fn keys_follow_from_seeds_and_from_wallets() {
        let mut fields = Fields::default();
        fields.push("seeds", FieldValue::Parts(vec![Bytes::from_static(b"state")]));
        fields.push("program", FieldValue::Id(id_of(&spl::MEMO)));
        let expected = Pubkey::find_program_address(&[b"state"], &spl::MEMO).0;
        assert_eq!(Keys.derive("seeds", &fields).unwrap(), id_of(&expected));
        let mut fields = Fields::default();
        let (wallet, mint) = (Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32]));
        fields.push("associated", FieldValue::Id(id_of(&wallet)));
        assert_eq!(Keys.derive("associated", &fields).unwrap_err().field, Some("mint"));
        fields.push("mint", FieldValue::Id(id_of(&mint)));
        let seeds = [wallet.as_ref(), spl::TOKEN.as_ref(), mint.as_ref()];
        let expected = Pubkey::find_program_address(&seeds, &spl::ASSOCIATED_TOKEN).0;
        assert_eq!(Keys.derive("associated", &fields).unwrap(), id_of(&expected));
        let mut long = Fields::default();
        long.push("seeds", FieldValue::Parts(vec![vec![1; 33].into()]));
        long.push("program", FieldValue::Id(id_of(&spl::MEMO)));
        assert_eq!(Keys.derive("seeds", &long).unwrap_err().to_string(), "the seeds derive no address");
    }
}
