//! Ids and bytes of a scenario that follow from names, found as soon as the names are known.

use super::{World, account, unresolved::Unresolved};
use crate::{
    format::{AccountRef, At, IdEntry, IdForm, OptionValue, Options, Part, Parts},
    nearest::did_you_mean,
    problem::{Problem, Result, UNKNOWN_NAME},
};
use hexapla_abi::{Tree, Type, Value, value_from_tree};
use hexapla_primitives::{Address, Bytes, GenesisAccount, NativeId, U256, VmId};
use hexapla_toolkit::{
    AccountUse, AddressFormat, FieldKind, FieldValue, Fields, SharedAddresses, StateView, ToolError, Toolkit,
};

impl World {
    /// What shall be found when its names are known.
    pub(crate) fn resolve_later(&mut self, ids: Vec<IdEntry>, bytes: Vec<(String, Parts)>) {
        self.unresolved = Unresolved { ids, bytes };
    }

    /// Finds the ids and bytes whose names are all known now.
    pub(crate) fn resolve_names(&mut self) {
        loop {
            let before = (self.unresolved.ids.len(), self.unresolved.bytes.len());
            for entry in std::mem::take(&mut self.unresolved.ids) {
                match self.find_id(&entry) {
                    Ok(id) => self.names.add_id(&entry.name.value, &id),
                    Err(_) => self.unresolved.ids.push(entry),
                }
            }
            for (name, parts) in std::mem::take(&mut self.unresolved.bytes) {
                match self.bytes_of(&parts) {
                    Ok(bytes) => self.saved.insert(&name, Tree::String(bytes.to_string())),
                    Err(_) => self.unresolved.bytes.push((name, parts)),
                }
            }
            if before == (self.unresolved.ids.len(), self.unresolved.bytes.len()) {
                return;
            }
        }
    }

    fn find_id(&self, entry: &IdEntry) -> Result<NativeId> {
        let format = self.address_format(entry.vm);
        match &entry.form {
            IdForm::OfName => Ok(format.of_name(&entry.name.value)),
            IdForm::Signer => {
                let transactions = self.toolkits().get(entry.vm).and_then(Toolkit::transactions);
                let signer = transactions.map(|transactions| transactions.test_signer(&entry.name.value));
                signer.map(|signer| signer.id().clone()).ok_or_else(|| no_toolkit(entry.vm))
            }
            IdForm::Given(text) => Ok(format.parse_given(&text.value)?),
            IdForm::Derived { derivation, fields } => Ok(format.derive(derivation, &self.fields(entry.vm, fields)?)?),
        }
    }

    /// How ids of a VM are written.
    pub(crate) fn address_format(&self, vm: VmId) -> &dyn AddressFormat {
        self.toolkits().get(vm).map_or(&SharedAddresses, Toolkit::addresses)
    }

    /// The VM of ids of whose VM nothing is said: the first with a section of its own.
    pub(crate) fn default_vm(&self) -> VmId {
        let own = self.toolkits().iter().find(|toolkit| toolkit.words().section.is_some());
        own.map_or(VmId::EVM, Toolkit::vm)
    }

    /// The account that a name means, or a text as an id of `vm`.
    pub(crate) fn id(&self, vm: VmId, text: &str) -> Result<NativeId> {
        if let Some(id) = self.names.id(text) {
            return Ok(id);
        }
        if text.starts_with('$')
            && let Tree::String(meant) = self.saved.resolve(&Tree::String(text.to_owned()))?
            && !meant.starts_with('$')
        {
            return self.id(vm, &meant);
        }
        if text.starts_with("0x") {
            return Ok(self.address_format(vm).parse_given(text)?);
        }
        let names = self.names.iter().map(|(name, _)| name);
        Err(Problem::new(UNKNOWN_NAME, format!("there is no account, contract or key `{text}`"))
            .with_help(did_you_mean(text, names)))
    }

    /// The values of options, with names resolved.
    pub(crate) fn fields(&self, vm: VmId, options: &Options) -> Result<Fields> {
        let mut fields = Fields::default();
        for (spec, value) in options.iter() {
            let value = match (&value.value, spec.kind) {
                (OptionValue::Number(number), _) => FieldValue::Number(*number),
                (OptionValue::Id(text), _) => FieldValue::Id(self.id(vm, text)?),
                (OptionValue::Ids(texts), _) => {
                    FieldValue::Ids(texts.iter().map(|text| self.id(vm, &text.value)).collect::<Result<_>>()?)
                }
                (OptionValue::Parts(parts), FieldKind::Parts) => {
                    let parts = parts.iter().map(|part| self.part(part).map(Bytes::from));
                    FieldValue::Parts(parts.collect::<Result<_>>()?)
                }
                (OptionValue::Parts(parts), _) => FieldValue::Bytes(self.concatenated(parts)?),
            };
            fields.push(spec.name, value);
        }
        Ok(fields)
    }

    /// The bytes that parts make.
    pub(crate) fn bytes_of(&self, parts: &Parts) -> Result<Bytes> {
        self.concatenated(&parts.value)
    }

    fn concatenated(&self, parts: &[Part]) -> Result<Bytes> {
        let parts = parts.iter().map(|part| self.part(part)).collect::<Result<Vec<_>>>()?;
        Ok(parts.concat().into())
    }

    fn part(&self, part: &Part) -> Result<Vec<u8>> {
        match part {
            Part::Text(text) if text.value.starts_with('$') => {
                let resolved = self.saved.resolve(&Tree::String(text.value.clone()))?;
                typed_bytes(&resolved)
            }
            Part::Text(text) if text.value.starts_with("0x") => typed_bytes(&Tree::String(text.value.clone())),
            Part::Text(text) => {
                let vm = self.default_vm();
                Ok(self.address_format(vm).seen(&self.id(vm, &text.value)?).to_vec())
            }
            Part::Little { bytes, value } => {
                let number =
                    self.number_of(&value.value, Type::Uint { bits: 8 * u16::try_from(*bytes).unwrap_or(32) })?;
                Ok(number.to_le_bytes::<32>().iter().take(*bytes).copied().collect())
            }
            Part::Word(value) => Ok(self.number_of(&value.value, Type::U256)?.to_be_bytes::<32>().to_vec()),
            Part::Utf8(text) => Ok(match self.saved.resolve(&Tree::String(text.clone()))? {
                Tree::String(text) => text.into_bytes(),
                value => value.to_string().into_bytes(),
            }),
            Part::Address(name) => Ok(account(&self.names, &name.value)?.to_vec()),
            Part::Sized(parts) => {
                let bytes = self.bytes_of(parts)?;
                let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
                Ok([&length[..], &bytes].concat())
            }
            Part::Invoke { accounts, data } => {
                let vm = self.default_vm();
                let (accounts, data) = (self.accounts(vm, accounts)?, self.bytes_of(data)?);
                let transactions = self.toolkits().get(vm).and_then(Toolkit::transactions);
                let transactions = transactions.ok_or_else(|| no_toolkit(vm))?;
                Ok(transactions.raw_call(&accounts, &data).into())
            }
        }
    }

    /// The accounts of a call.
    pub(crate) fn accounts(&self, vm: VmId, accounts: &[AccountRef]) -> Result<Vec<AccountUse>> {
        let of = |account: &AccountRef| {
            let id = self.id(vm, &account.id.value)?;
            Ok(AccountUse { id, signer: account.signer, writable: account.writable })
        };
        accounts.iter().map(of).collect()
    }

    fn number_of(&self, tree: &Tree, ty: Type) -> Result<U256> {
        let tree = self.saved.resolve(tree)?;
        match value_from_tree(&ty, &tree, &|_| None) {
            Ok(Value::Uint(number)) => Ok(number),
            Ok(_) => Ok(U256::ZERO),
            Err(error) => Err(Problem::new("hexapla::scenario::value", error.to_string())),
        }
    }

    /// The account that an entry puts into the state at the beginning.
    pub(crate) fn genesis_account(&self, entry: &IdEntry) -> Result<Option<GenesisAccount>> {
        let accounts = self.toolkits().get(entry.vm).and_then(Toolkit::accounts);
        let Some(accounts) = accounts.filter(|_| !entry.account.is_empty()) else { return Ok(None) };
        let (id, fields) = (self.find_id(entry)?, self.fields(entry.vm, &entry.account)?);
        Ok(Some(accounts.account(&id, &fields)?))
    }

    /// The id of a contract that a call names: a name, an id of `vm`, or an address.
    pub(crate) fn callee(&self, vm: VmId, name: &At<String>) -> Result<NativeId> {
        match name.value.parse::<Address>() {
            Ok(address) => Ok(NativeId::of_address(address)),
            Err(_) => self.id(vm, &name.value),
        }
    }
}

/// The state as toolkits read it.
impl StateView for World {
    fn object(&self, key: &hexapla_primitives::ObjectKey) -> Result<Option<Bytes>, ToolError> {
        self.chain.object(key).map_err(unreadable)
    }

    fn latest_block_hash(&self) -> Result<hexapla_primitives::B256, ToolError> {
        self.chain.latest_blockhash().map_err(unreadable)
    }

    fn chain_id(&self) -> u64 {
        self.chain.executor().config().chain_id
    }
}

fn unreadable(error: hexapla::ChainError) -> ToolError {
    ToolError::new("state", "the state cannot be read or written")
        .because(error)
        .with_help("the message says which file and what to do")
}

fn no_toolkit(vm: VmId) -> Box<Problem> {
    Problem::new("hexapla::unknown_vm", format!("there is no toolkit of the VM `{vm}`"))
}

fn typed_bytes(tree: &Tree) -> Result<Vec<u8>> {
    match value_from_tree(&Type::Bytes, tree, &|_| None) {
        Ok(Value::Bytes(bytes)) => Ok(bytes.into()),
        Ok(_) => Ok(Vec::new()),
        Err(error) => Err(Problem::new("hexapla::scenario::value", error.to_string())),
    }
}
