//! Options that a toolkit declares: their names and kinds, so that whoever reads them can check them and name what is
//! wrong, and values for them.

use hexapla_primitives::{Bytes, NativeId};

/// An option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it must be there.
    pub required: bool,
}

impl FieldSpec {
    /// An option that must be there.
    pub const fn required(name: &'static str, kind: FieldKind) -> Self {
        Self { name, kind, required: true }
    }

    /// An option that may be missing.
    pub const fn optional(name: &'static str, kind: FieldKind) -> Self {
        Self { name, kind, required: false }
    }
}

/// What an option holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A whole number of 64 bits.
    Number,
    /// The id of an account, by name or as text.
    Id,
    /// Ids of accounts.
    Ids,
    /// Bytes, made of parts one behind the other.
    Bytes,
    /// Parts, each for itself.
    Parts,
}

/// What an option holds in one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// Of [`FieldKind::Number`].
    Number(u64),
    /// Of [`FieldKind::Id`].
    Id(NativeId),
    /// Of [`FieldKind::Ids`].
    Ids(Vec<NativeId>),
    /// Of [`FieldKind::Bytes`].
    Bytes(Bytes),
    /// Of [`FieldKind::Parts`].
    Parts(Vec<Bytes>),
    /// It is there, and the names in it are not known yet.
    Pending,
}

/// Values of options by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(&'static str, FieldValue)>);

impl Fields {
    /// Adds a value.
    pub fn push(&mut self, name: &'static str, value: FieldValue) {
        self.0.push((name, value));
    }

    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an option was given.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// What was given for an option.
    pub fn get(&self, name: &str) -> Option<&FieldValue> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// A number.
    pub fn number(&self, name: &str) -> Option<u64> {
        if let Some(FieldValue::Number(number)) = self.get(name) { Some(*number) } else { None }
    }

    /// An id.
    pub fn id(&self, name: &str) -> Option<&NativeId> {
        if let Some(FieldValue::Id(id)) = self.get(name) { Some(id) } else { None }
    }

    /// Ids; none where the option was not given.
    pub fn ids(&self, name: &str) -> &[NativeId] {
        if let Some(FieldValue::Ids(ids)) = self.get(name) { ids } else { &[] }
    }

    /// Bytes.
    pub fn bytes(&self, name: &str) -> Option<&Bytes> {
        if let Some(FieldValue::Bytes(bytes)) = self.get(name) { Some(bytes) } else { None }
    }

    /// Parts; none where the option was not given.
    pub fn parts(&self, name: &str) -> &[Bytes] {
        if let Some(FieldValue::Parts(parts)) = self.get(name) { parts } else { &[] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_name_and_kind_alone() {
        let mut fields = Fields::default();
        assert!(fields.is_empty() && !fields.has("space"));
        fields.push("space", FieldValue::Number(7));
        fields.push("owner", FieldValue::Pending);
        assert_eq!((fields.number("space"), fields.bytes("space")), (Some(7), None));
        assert!(fields.has("owner") && fields.id("owner").is_none());
        assert!(fields.ids("space").is_empty() && fields.parts("seeds").is_empty());
    }
}
