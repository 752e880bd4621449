//! Accounts that are objects of their VM, in the words of the interface of the contract to which they belong.

use super::value::ValueFormatter;
use crate::world::names::Names;
use hexapla_abi::{AddressBook, AddressError, AnyCodec, Field, Interface, Type, Value, text::escape};
use hexapla_primitives::{Address, B256, Bytes, NativeId, ObjectKey, VmId};
use hexapla_toolkit::{AccountPart, DecodedAccount};
use std::{cell::RefCell, collections::HashMap};

/// For an option without a value.
const NONE: &str = "none";

/// An account in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedAccount {
    /// The contract to which it belongs.
    pub owner: String,
    /// Bytes of its data.
    pub bytes: usize,
    /// What the data is, by the owner's interface.
    pub layout: Option<String>,
    /// The fields of the data with their values; none without a layout.
    pub fields: Vec<(String, String)>,
}

/// The account that an object is, where it is one.
pub fn account_of_object(names: &Names, key: &ObjectKey) -> Option<NativeId> {
    let accounts = names.toolkits().get(key.vm)?.accounts()?;
    let id = NativeId::new(key.vm, key.key.clone());
    let text = names.toolkits().format_id(&id);
    let is_id = names.toolkits().parse_id(&text).as_ref() == Some(&id);
    (is_id && accounts.object_key(&id) == *key).then_some(id)
}

/// What the object of an account holds; `None` where there is none, or it is no account.
pub fn decode_object(names: &Names, vm: VmId, object: Option<&Bytes>) -> Option<DecodedAccount> {
    names.toolkits().get(vm)?.accounts()?.decode(Some(object?)).ok()
}

/// What an account is, with ids as `id_text` writes them: [`name_and_id`], or [`Names::short_id`].
pub fn explain_account(
    names: &Names,
    stored: &DecodedAccount,
    id_text: fn(&Names, &NativeId) -> String,
) -> ExplainedAccount {
    let owner = id_text(names, &stored.owner);
    let bytes = stored.data.len();
    let program = stored.owner.canonical();
    let seen = Seen { book: names.book(stored.owner.vm), ids: RefCell::default() };
    let decoded = names.source(program).filter(|_| bytes > 0).and_then(|interface| {
        layout(interface, &seen, &stored.data).or_else(|| shorter_layout(names, interface, &seen, stored))
    });
    let decoded = decoded.map(|mut decoded| {
        add_parts(names, &seen, stored, &mut decoded);
        decoded
    });
    let Some((_, Value::Struct { name, fields })) = decoded else {
        return ExplainedAccount { owner, bytes, layout: None, fields: Vec::new() };
    };
    let ids = seen.ids.into_inner();
    let text = |value: &Value| field_text((names, id_text), stored, &ids, value);
    let fields = fields.iter().map(|(field, value)| (escape(field), text(value))).collect();
    ExplainedAccount { owner, bytes, layout: Some(escape(&name)), fields }
}

/// The data by the layouts of an interface.
pub(crate) fn layout(interface: &Interface, book: &dyn AddressBook, data: &[u8]) -> Option<(Type, Value)> {
    let codec = AnyCodec::new(interface.abi, book);
    let mut layouts = interface.layouts.iter();
    layouts.find_map(|layout| Some((layout.ty.clone(), codec.decode_account(layout, data).ok()?)))
}

/// The same where there is more than a layout has: the rest is left out. What the data is must be sure, by a discriminator or
/// by parts behind it that say what they are.
pub(crate) fn shorter_layout(
    names: &Names,
    interface: &Interface,
    book: &dyn AddressBook,
    stored: &DecodedAccount,
) -> Option<(Type, Value)> {
    let codec = AnyCodec::new(interface.abi, book);
    let accounts = names.toolkits().get(stored.owner.vm)?.accounts()?;
    let has_parts = !accounts.parts(stored).is_empty();
    let mut layouts = interface.layouts.iter().filter(|layout| has_parts || !layout.discriminator.is_empty());
    layouts.find_map(|layout| {
        let body = stored.data.strip_prefix(&layout.discriminator[..])?;
        Some((layout.ty.clone(), codec.decode_first(&layout.ty, body).ok()?))
    })
}

/// An option as programs in C would have it, as an option: a tag of 0 or 1, and a value in any case.
pub(crate) fn as_option(ty: &Type, value: &Value) -> Option<(Type, Value)> {
    match (ty, value) {
        (Type::Struct { name, fields }, Value::Struct { fields: values, .. }) if **name == *"COption" => {
            let ([_, field], [(_, tag), (_, value)]) = (fields.as_slice(), values.as_slice()) else { return None };
            let is_some = *tag != Value::uint(0_u8);
            Some((Type::Option(Box::new(field.ty.clone())), Value::Option(is_some.then(|| Box::new(value.clone())))))
        }
        _ => None,
    }
}

/// Parts of an account's data that say themselves what they are, as further fields. One that is not what it says is its
/// bytes.
pub(crate) fn add_parts(
    names: &Names,
    book: &dyn AddressBook,
    stored: &DecodedAccount,
    (ty, value): &mut (Type, Value),
) {
    let (Type::Struct { fields, .. }, Value::Struct { fields: values, .. }) = (ty, value) else { return };
    let Some(toolkit) = names.toolkits().get(stored.owner.vm) else { return };
    let codec = AnyCodec::new(toolkit.abi(), book);
    let parts = toolkit.accounts().map(|accounts| accounts.parts(stored)).unwrap_or_default();
    for AccountPart { name, ty, data } in parts {
        let decoded = codec.decode_values(std::slice::from_ref(&ty), &data).ok().and_then(|mut values| values.pop());
        let (ty, value) = match decoded {
            Some(value) => (ty, value),
            None => (Type::rest(Type::Bytes), Value::Bytes(data)),
        };
        values.push((name.as_str().into(), value));
        fields.push(Field { name: name.into(), ty });
    }
}

/// An address book that remembers the ids of the addresses it gave.
struct Seen<B> {
    book: B,
    ids: RefCell<HashMap<Address, B256>>,
}

impl<B: AddressBook> AddressBook for Seen<B> {
    fn canonical(&self, native: &B256) -> Result<Address, AddressError> {
        let address = self.book.canonical(native)?;
        self.ids.borrow_mut().insert(address, *native);
        Ok(address)
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        self.book.native(canonical)
    }
}

fn field_text(
    (names, id_text): (&Names, fn(&Names, &NativeId) -> String),
    stored: &DecodedAccount,
    ids: &HashMap<Address, B256>,
    value: &Value,
) -> String {
    match value {
        Value::Address(address) => match ids.get(address) {
            Some(id) => id_text(names, &NativeId::new(stored.owner.vm, id.to_vec())),
            None => names.full(*address),
        },
        Value::Option(Some(value)) => format!("some({})", field_text((names, id_text), stored, ids, value)),
        Value::Option(None) => NONE.to_owned(),
        // An option of fixed length: a number that says whether the value behind it is one.
        Value::Struct { name, fields } if **name == *"COption" => match fields.as_slice() {
            [(_, Value::Uint(tag)), _] if tag.is_zero() => NONE.to_owned(),
            [_, (_, value)] => format!("some({})", field_text((names, id_text), stored, ids, value)),
            _ => value.to_string(),
        },
        other => ValueFormatter::new(names, stored.owner.canonical()).value(other),
    }
}

/// `spl-token (Tokenkeg…)`, or the id alone.
pub fn name_and_id(names: &Names, id: &NativeId) -> String {
    let text = names.toolkits().format_id(id);
    names.name_of_id(id).map_or_else(|| text.clone(), |name| format!("{name} ({text})"))
}
