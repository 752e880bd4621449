//! Bytes of the Solidity ABI into values.
//!
//! Accepts what `solc`'s ABI decoder v2 accepts: offsets may be in any order and overlap, bytes after the last value are
//! ignored, the padding behind `bytes` and `string` is not looked at. Refuses what it refuses: words with dirty bits
//! (`uintN` and `intN` out of range, an `address` with high bytes, a `bool` other than 0 or 1, `bytesN` with a tail),
//! offsets and lengths beyond the data. Refuses beyond that: text that is not UTF-8, and data that unfolds too far.
//!
//! Work and memory are linear in the data, whatever it holds: a word is read at most [`UNFOLD_MAX`] times on average, and
//! values have at most [`parts_max`] parts. Finding how the values of a type stand takes as long as reading one of them
//! (at most [`MAX_TYPE_DEPTH`](crate::MAX_TYPE_DEPTH) times that), and is done once for each list that has elements.

use alloc::{borrow::ToOwned, string::ToString, vec::Vec};

use alloy_primitives::{Address, B256, Bytes, Function, I256, U256};

use super::{UNFOLD_MAX, names::check_supported, parts_max};
use crate::{
    error::CodecError,
    text::brief,
    types::Type,
    value::{Value, int_fits, uint_fits},
};

const OUT_OF_RANGE: &str = "the number is out of range";

/// Bytes of a word.
pub(super) const WORD: usize = 32;

/// Decodes a sequence of values (arguments, results), whose heads begin at the first byte.
pub(super) fn decode_sequence<'t>(
    types: impl Iterator<Item = &'t Type> + Clone,
    data: &[u8],
) -> Result<Vec<Value>, CodecError> {
    types.clone().try_for_each(check_supported)?;
    let words = data.len() / WORD + 1;
    let limit = words.saturating_mul(UNFOLD_MAX);
    let mut decoder = Decoder { data, words_left: limit, limit, parts_left: parts_max(data.len()) };
    decoder.sequence(types, 0)
}

/// Decodes one word of a type that fits one.
pub(super) fn decode_word(ty: &Type, word: B256) -> Result<Value, CodecError> {
    decode_sequence(core::iter::once(ty), word.as_slice()).map(|mut values| values.pop().unwrap_or(Value::Unit))
}

struct Decoder<'a> {
    data: &'a [u8],
    /// Words that may still be read. A word that is read twice counts twice.
    words_left: usize,
    limit: usize,
    /// Parts that may still be made.
    parts_left: usize,
}

impl<'a> Decoder<'a> {
    /// Values of different types whose heads stand one after the other from `base`, which their offsets count from.
    fn sequence<'t>(&mut self, types: impl Iterator<Item = &'t Type>, base: usize) -> Result<Vec<Value>, CodecError> {
        let mut head = base;
        let count = types.size_hint().0;
        self.make(count)?;
        let mut values = Vec::with_capacity(count);
        for ty in types {
            let layout = layout(ty);
            values.push(self.element(ty, layout.dynamic, base, head)?);
            head = head.saturating_add(layout.head);
        }
        Ok(values)
    }

    /// `length` values of one type. The caller has checked that the data has room for their heads.
    fn elements(&mut self, inner: &Type, length: usize, base: usize) -> Result<Vec<Value>, CodecError> {
        // Each element reads the words of its type, which pays for finding the layout; no element pays for nothing.
        if length == 0 {
            return Ok(Vec::new());
        }
        self.make(length)?;
        let Layout { dynamic, head } = layout(inner);
        (0..length)
            .map(|index| self.element(inner, dynamic, base, base.saturating_add(index.saturating_mul(head))))
            .collect()
    }

    fn element(&mut self, ty: &Type, dynamic: bool, base: usize, head: usize) -> Result<Value, CodecError> {
        let at = if dynamic { self.offset(ty, base, head)? } else { head };
        self.value(ty, at)
    }

    fn value(&mut self, ty: &Type, at: usize) -> Result<Value, CodecError> {
        match ty {
            Type::Bytes => self.bytes(ty, at).map(|(_, bytes)| Value::Bytes(Bytes::copy_from_slice(bytes))),
            Type::String => {
                let (at, bytes) = self.bytes(ty, at)?;
                let text = core::str::from_utf8(bytes).map_err(|_| CodecError::InvalidUtf8 { at })?;
                Ok(Value::String(text.to_owned()))
            }
            Type::Array(inner) => {
                let length = self.length(ty, at, || layout(inner).head)?;
                Ok(Value::Array(self.elements(inner, length, at.saturating_add(WORD))?))
            }
            Type::FixedArray(inner, n) => {
                self.room_for(ty, at, n.saturating_mul(layout(inner).head))?;
                Ok(Value::Array(self.elements(inner, *n, at)?))
            }
            Type::Tuple(types) => Ok(Value::Tuple(self.sequence(types.iter(), at)?)),
            Type::Struct { name, fields } => {
                let values = self.sequence(fields.iter().map(|field| &field.ty), at)?;
                let names = fields.iter().map(|field| field.name.clone());
                Ok(Value::Struct { name: name.clone(), fields: names.zip(values).collect() })
            }
            scalar => {
                let word = self.word(scalar, at)?;
                scalar_value(scalar, word).map_err(|rule| CodecError::InvalidWord {
                    ty: brief(scalar),
                    at,
                    word: B256::new(*word),
                    rule,
                })
            }
        }
    }

    /// The position that the offset at `head` points to.
    fn offset(&mut self, ty: &Type, base: usize, head: usize) -> Result<usize, CodecError> {
        let available = self.data.len().saturating_sub(base);
        let word = self.word(ty, head)?;
        match small_number(word) {
            Some(offset) if offset <= available => Ok(base.saturating_add(offset)),
            _ => Err(CodecError::OffsetOutOfBounds {
                ty: brief(ty),
                at: head,
                offset: U256::from_be_bytes(*word).to_string(),
                available,
            }),
        }
    }

    /// The length at `at`, of which each unit takes at least `unit` bytes of what follows. The unit of a large type is
    /// costly to find, and not needed for the many empty lists that hostile data may hold.
    fn length(&mut self, ty: &Type, at: usize, unit: impl FnOnce() -> usize) -> Result<usize, CodecError> {
        let word = self.word(ty, at)?;
        let available = self.data.len().saturating_sub(at.saturating_add(WORD));
        match small_number(word) {
            Some(0) => Ok(0),
            Some(length) if length.saturating_mul(unit()) <= available => Ok(length),
            _ => Err(CodecError::LengthOutOfBounds {
                ty: brief(ty),
                at,
                length: U256::from_be_bytes(*word).to_string(),
                available,
            }),
        }
    }

    /// The bytes whose length stands at `at`, and where they begin.
    fn bytes(&mut self, ty: &Type, at: usize) -> Result<(usize, &'a [u8]), CodecError> {
        let length = self.length(ty, at, || 1)?;
        self.spend(length.div_ceil(WORD))?;
        let begin = at.saturating_add(WORD);
        Ok((begin, self.data.get(begin..begin.saturating_add(length)).unwrap_or_default()))
    }

    fn word(&mut self, ty: &Type, at: usize) -> Result<&'a [u8; WORD], CodecError> {
        self.spend(1)?;
        match self.data.get(at..).and_then(<[u8]>::first_chunk) {
            Some(word) => Ok(word),
            None => Err(self.too_short(ty, at, WORD)),
        }
    }

    fn room_for(&self, ty: &Type, at: usize, needed: usize) -> Result<(), CodecError> {
        if at.checked_add(needed).is_some_and(|end| end <= self.data.len()) {
            return Ok(());
        }
        Err(self.too_short(ty, at, needed))
    }

    #[cold]
    fn too_short(&self, ty: &Type, at: usize, needed: usize) -> CodecError {
        CodecError::TooShort { ty: brief(ty), at, needed, available: self.data.len() }
    }

    /// Counts parts (elements, fields) before they are made.
    fn make(&mut self, parts: usize) -> Result<(), CodecError> {
        match self.parts_left.checked_sub(parts) {
            Some(left) => {
                self.parts_left = left;
                Ok(())
            }
            None => Err(CodecError::TooManyParts { limit: parts_max(self.data.len()), bytes: self.data.len() }),
        }
    }

    fn spend(&mut self, words: usize) -> Result<(), CodecError> {
        match self.words_left.checked_sub(words) {
            Some(left) => {
                self.words_left = left;
                Ok(())
            }
            None => Err(CodecError::UnfoldsTooFar { limit: self.limit }),
        }
    }
}

/// Whether the head holds an offset and the value stands elsewhere.
pub(super) fn is_dynamic(ty: &Type) -> bool {
    layout(ty).dynamic
}

/// How a value of a type stands in a sequence.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// Whether the head holds an offset.
    pub(super) dynamic: bool,
    /// Bytes of the head; never 0 for a supported type.
    pub(super) head: usize,
}

/// How values of the type stand in a sequence.
pub(super) fn layout(ty: &Type) -> Layout {
    #[cfg(all(test, feature = "std"))]
    tests::VISITED.with(|visited| visited.set(visited.get() + 1));
    let inner = match ty {
        Type::Bytes | Type::String | Type::Array(_) => {
            return Layout { dynamic: true, head: WORD };
        }
        Type::FixedArray(inner, n) => {
            let Layout { dynamic, head } = layout(inner);
            Layout { dynamic, head: n.saturating_mul(head) }
        }
        Type::Tuple(_) | Type::Struct { .. } => {
            let layouts = ty.children().map(layout);
            layouts.fold(Layout { dynamic: false, head: 0 }, |sum, next| Layout {
                dynamic: sum.dynamic || next.dynamic,
                head: sum.head.saturating_add(next.head),
            })
        }
        _ => Layout { dynamic: false, head: WORD },
    };
    if inner.dynamic { Layout { head: WORD, ..inner } } else { inner }
}

/// A number that fits the address space.
fn small_number(word: &[u8; WORD]) -> Option<usize> {
    let (high, low) = word.split_last_chunk::<8>()?;
    if is_zero(high) { usize::try_from(u64::from_be_bytes(*low)).ok() } else { None }
}

/// The value of one word, or the rule that it breaks.
fn scalar_value(ty: &Type, word: &[u8; WORD]) -> Result<Value, &'static str> {
    match ty {
        Type::Bool => match small_number(word) {
            Some(0) => Ok(Value::Bool(false)),
            Some(1) => Ok(Value::Bool(true)),
            _ => Err("it must be 0 or 1"),
        },
        Type::Uint { bits } => {
            let number = U256::from_be_bytes(*word);
            if uint_fits(number, *bits) { Ok(Value::Uint(number)) } else { Err(OUT_OF_RANGE) }
        }
        Type::Int { bits } => {
            let number = I256::from_be_bytes(*word);
            if int_fits(number, *bits) { Ok(Value::Int(number)) } else { Err(OUT_OF_RANGE) }
        }
        Type::Address => match word.split_last_chunk::<20>() {
            Some((zeros, address)) if is_zero(zeros) => Ok(Value::Address(Address::new(*address))),
            _ => Err("the first 12 bytes must be zero"),
        },
        Type::FixedBytes(n) => match word.split_at_checked(*n) {
            Some((bytes, tail)) if is_zero(tail) => Ok(Value::Bytes(Bytes::copy_from_slice(bytes))),
            _ => Err("the bytes behind it must be zero"),
        },
        Type::Function => match word.split_first_chunk::<24>() {
            Some((function, tail)) if is_zero(tail) => Ok(Value::Function(Function::new(*function))),
            _ => Err("the bytes behind it must be zero"),
        },
        _ => Err("the type has no form of one word"),
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use core::cell::Cell;
    use std::{string::String, thread_local};

    use super::*;
    use crate::{solidity::encode::encode_sequence, types::Field};

    thread_local! {
        /// Types that were looked at to find how their values stand.
        pub(super) static VISITED: Cell<usize> = const { Cell::new(0) };
    }

    /// What the work looked at, and what it gave.
    fn visits<T>(work: impl FnOnce() -> T) -> (usize, T) {
        VISITED.set(0);
        let result = work();
        (VISITED.get(), result)
    }

    /// A struct of 1,111 parts, or of 1,112 with a text at its end.
    fn large(text: bool) -> Type {
        let fields = |inner: &Type| (0..10).map(|index| Field::new(&std::format!("f{index}"), inner.clone())).collect();
        let mut ty = Type::Uint { bits: 8 };
        for level in 0..3 {
            ty = Type::Struct { name: std::format!("T{level}").as_str().into(), fields: fields(&ty) };
        }
        match ty {
            Type::Struct { name, mut fields } if text => {
                fields.push(Field::new("text", Type::String));
                Type::Struct { name, fields }
            }
            other => other,
        }
    }

    fn words(words: impl IntoIterator<Item = usize>) -> Vec<u8> {
        words.into_iter().flat_map(|word| U256::from(word).to_be_bytes::<WORD>()).collect()
    }

    /// `count` offsets that all point to one word: many lists from few bytes.
    fn lists_at_one_word(count: usize, word: usize) -> Vec<u8> {
        words([WORD, count].into_iter().chain(core::iter::repeat_n(count * WORD, count)).chain([word]))
    }

    #[test]
    fn lists_of_large_types_are_decoded_in_work_linear_in_the_data() {
        for text in [false, true] {
            let lists = Type::array(Type::array(large(text)));
            let data = lists_at_one_word(10_000, 0);
            let (visited, decoded) = visits(|| decode_sequence(core::iter::once(&lists), &data));
            assert_eq!(decoded.unwrap(), [Value::Array(std::vec![Value::Array(Vec::new()); 10_000])]);
            assert!(visited <= 10 * data.len() / WORD, "{visited} for {} words", data.len() / WORD);
            // A list that says it has an element has its words, or is the last one that is looked at.
            let data = lists_at_one_word(10_000, 1);
            let (visited, decoded) = visits(|| decode_sequence(core::iter::once(&lists), &data));
            decoded.unwrap_err();
            assert!(visited <= 10 * data.len() / WORD, "{visited} for {} words", data.len() / WORD);
        }
    }

    #[test]
    fn empty_lists_of_large_types_are_encoded_in_work_linear_in_the_values() {
        let lists = Type::array(Type::array(large(true)));
        let value = Value::Array(std::vec![Value::Array(Vec::new()); 10_000]);
        let values = core::slice::from_ref(&value);
        let (visited, encoded) = visits(|| encode_sequence("lists", core::iter::once(&lists), values));
        assert_eq!(encoded.unwrap().len(), (2 + 2 * 10_000) * WORD);
        assert!(visited <= 100_000, "{visited}");
    }

    #[test]
    fn structs_around_structs_are_looked_at_once_for_each_level() {
        let wrap = |inner, level: usize| Type::Struct {
            name: String::from("W").as_str().into(),
            fields: std::vec![Field::new(&std::format!("f{level}"), inner)],
        };
        let deep = (0..30).fold(Type::String, wrap);
        let data = words([WORD].into_iter().chain(core::iter::repeat_n(WORD, 30)).chain([0]));
        let (visited, decoded) = visits(|| decode_sequence(core::iter::once(&deep), &data));
        decoded.unwrap();
        assert!(visited <= 32 * 32, "{visited}");
    }

    #[test]
    fn values_without_words_of_their_own_are_bounded_by_the_data() {
        let wrap = |inner, _| Type::Tuple(std::vec![inner]);
        for (depth, fits) in [(3, true), (7, true), (28, false)] {
            let list = Type::array((0..depth).fold(Type::Bool, wrap));
            let data = words([WORD, 1000].into_iter().chain(core::iter::repeat_n(1, 1000)));
            let decoded = decode_sequence(core::iter::once(&list), &data);
            match decoded {
                Ok(_) => assert!(fits, "{depth}"),
                Err(error) => assert!(!fits && matches!(error, CodecError::TooManyParts { .. }), "{depth}: {error}"),
            }
        }
    }
}
