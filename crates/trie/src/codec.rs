//! The RLP of nodes (Yellow Paper, appendix D), both ways. Decoding is strict and total: it accepts
//! exactly what encoding can produce for 32-byte keys, and never panics.

use alloc::vec::Vec;
use alloy_primitives::B256;
use alloy_rlp::Header;

use crate::{nibbles::Path, node::Reference};

/// The RLP of the empty string, which stands for an absent child.
pub(crate) const EMPTY_STRING: u8 = 0x80;

/// Room for the longest RLP header before a list.
const HEADER_BYTES_MAX: usize = 9;

/// A buffer in which one node at a time is encoded.
#[derive(Default)]
pub(crate) struct Encoder {
    buffer: Vec<u8>,
}

impl Encoder {
    /// The RLP list with the payload that `write` appends.
    fn list(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        self.buffer.clear();
        self.buffer.extend_from_slice(&[0; HEADER_BYTES_MAX]);
        write(&mut self.buffer);
        let payload = self.buffer.len() - HEADER_BYTES_MAX;
        let start = write_header_before(&mut self.buffer, HEADER_BYTES_MAX, 0xc0, payload);
        &self.buffer[start..]
    }

    pub(crate) fn leaf(&mut self, path: &[u8], value: &[u8]) -> &[u8] {
        self.list(|out| {
            write_path(out, path, true);
            write_string(out, value);
        })
    }

    pub(crate) fn extension(&mut self, path: &[u8], child: &Reference) -> &[u8] {
        self.list(|out| {
            write_path(out, path, false);
            out.extend_from_slice(child.as_slice());
        })
    }

    /// A branch; `child` appends the reference to each of the 16 children in turn.
    pub(crate) fn branch(&mut self, mut child: impl FnMut(usize, &mut Vec<u8>)) -> &[u8] {
        self.list(|out| {
            out.reserve(16 * 33 + 1);
            (0..16).for_each(|index| child(index, out));
            out.push(EMPTY_STRING);
        })
    }
}

/// Writes a header for a payload so that it ends at `end`; returns where it begins.
fn write_header_before(buffer: &mut [u8], end: usize, offset: u8, payload: usize) -> usize {
    if payload < 56 {
        buffer[end - 1] = offset + payload as u8;
        return end - 1;
    }
    let length = (payload as u64).to_be_bytes();
    let zeros = (payload as u64).leading_zeros() as usize / 8;
    let start = end - (8 - zeros) - 1;
    buffer[start] = offset + 55 + (8 - zeros) as u8;
    buffer[start + 1..end].copy_from_slice(&length[zeros..]);
    start
}

/// Appends a byte string.
fn write_string(out: &mut Vec<u8>, bytes: &[u8]) {
    if let [byte @ 0..=0x7f] = bytes {
        out.push(*byte);
        return;
    }
    let mut header = [0; HEADER_BYTES_MAX];
    let start = write_header_before(&mut header, HEADER_BYTES_MAX, 0x80, bytes.len());
    out.extend_from_slice(&header[start..]);
    out.extend_from_slice(bytes);
}

/// Appends a path in the hex-prefix encoding, as a string.
fn write_path(out: &mut Vec<u8>, path: &[u8], leaf: bool) {
    let flag = if leaf { 0x20 } else { 0x00 };
    let bytes = path.len() / 2 + 1;
    if bytes > 1 {
        out.push(0x80 + bytes as u8);
    }
    let pairs = if path.len().is_multiple_of(2) {
        out.push(flag);
        path
    } else {
        out.push(flag | 0x10 | path[0]);
        &path[1..]
    };
    out.extend(pairs.chunks_exact(2).map(|pair| (pair[0] << 4) | pair[1]));
}

/// Why some bytes are not a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The bytes are not canonical RLP.
    #[error("it is not canonical RLP ({0})")]
    Rlp(alloy_rlp::Error),
    /// There are bytes behind the node.
    #[error("there are bytes behind its end")]
    TrailingBytes,
    /// A list that is neither a branch (17 items) nor a leaf or extension (2 items).
    #[error("it has {0} items, and a node has 2 or 17")]
    ItemCount(usize),
    /// A path that is not in the hex-prefix encoding.
    #[error("its path is not in the hex-prefix encoding")]
    Path,
    /// A child that is neither empty, nor a hash, nor a node shorter than 32 bytes.
    #[error("a child is neither empty, nor a hash, nor a node shorter than 32 bytes")]
    Child,
    /// A value in a branch, an empty value in a leaf, or a value that is a list.
    #[error("its value is not a non-empty string at the end of a 32-byte key")]
    Value,
    /// The shape is not the one of a trie over 32-byte keys.
    #[error("it does not fit where it stands in a trie over 32-byte keys")]
    Shape,
}

/// A child as it stands in its parent.
#[derive(Clone, Copy)]
pub(crate) enum Child<'a> {
    Empty,
    Hash(B256),
    /// The RLP of a node shorter than 32 bytes.
    Inline(&'a [u8]),
}

/// A node, as its RLP says.
#[allow(clippy::large_enum_variant, reason = "it lives on the stack, for a moment")]
pub(crate) enum Decoded<'a> {
    /// The root of a trie without keys.
    Empty,
    Leaf {
        path: Path,
        value: &'a [u8],
    },
    Extension {
        path: Path,
        child: Child<'a>,
    },
    Branch {
        children: [Child<'a>; 16],
    },
}

/// One RLP item.
#[derive(Clone, Copy)]
struct Item<'a> {
    list: bool,
    payload: &'a [u8],
    /// The item with its header.
    whole: &'a [u8],
}

impl<'a> Item<'a> {
    /// Takes the first item off `bytes`.
    fn take(bytes: &mut &'a [u8]) -> Result<Self, NodeError> {
        let all = *bytes;
        let header = Header::decode(bytes).map_err(NodeError::Rlp)?;
        let (payload, rest) =
            bytes.split_at_checked(header.payload_length).ok_or(NodeError::Rlp(alloy_rlp::Error::InputTooShort))?;
        let whole = all.get(..all.len() - rest.len()).ok_or(NodeError::Child)?;
        *bytes = rest;
        Ok(Self { list: header.list, payload, whole })
    }

    fn child(self) -> Result<Child<'a>, NodeError> {
        match (self.list, self.payload.len()) {
            (true, _) if self.whole.len() < 32 => Ok(Child::Inline(self.whole)),
            (false, 0) => Ok(Child::Empty),
            (false, 32) => Ok(Child::Hash(B256::from_slice(self.payload))),
            _ => Err(NodeError::Child),
        }
    }
}

/// Reads a node.
pub(crate) fn decode(mut rlp: &[u8]) -> Result<Decoded<'_>, NodeError> {
    if rlp == [EMPTY_STRING] {
        return Ok(Decoded::Empty);
    }
    let node = Item::take(&mut rlp)?;
    if !rlp.is_empty() {
        return Err(NodeError::TrailingBytes);
    }
    if !node.list {
        return Err(NodeError::ItemCount(1));
    }
    let mut rest = node.payload;
    let mut items = [Item { list: false, payload: &[], whole: &[] }; 17];
    let mut count = 0;
    while !rest.is_empty() {
        let item = Item::take(&mut rest)?;
        *items.get_mut(count).ok_or(NodeError::ItemCount(count + 1))? = item;
        count += 1;
    }
    match count {
        2 => decode_short(items[0], items[1]),
        17 => decode_branch(&items),
        _ => Err(NodeError::ItemCount(count)),
    }
}

fn decode_branch<'a>(items: &[Item<'a>; 17]) -> Result<Decoded<'a>, NodeError> {
    let [items @ .., value] = items;
    if value.list || !value.payload.is_empty() {
        return Err(NodeError::Value);
    }
    let mut children = [Child::Empty; 16];
    for (child, item) in children.iter_mut().zip(items) {
        *child = item.child()?;
    }
    Ok(Decoded::Branch { children })
}

fn decode_short<'a>(path: Item<'a>, second: Item<'a>) -> Result<Decoded<'a>, NodeError> {
    if path.list {
        return Err(NodeError::Path);
    }
    let (path, leaf) = decode_path(path.payload)?;
    if leaf {
        if second.list || second.payload.is_empty() {
            return Err(NodeError::Value);
        }
        return Ok(Decoded::Leaf { path, value: second.payload });
    }
    match (path.len(), second.child()?) {
        (0, _) => Err(NodeError::Path),
        (_, Child::Empty) => Err(NodeError::Child),
        (_, child) => Ok(Decoded::Extension { path, child }),
    }
}

/// Reads a path in the hex-prefix encoding; also whether it is the path of a leaf.
fn decode_path(bytes: &[u8]) -> Result<(Path, bool), NodeError> {
    let (first, rest) = bytes.split_first().ok_or(NodeError::Path)?;
    let mut path = Path::EMPTY;
    let fits = match first >> 4 {
        0 | 2 if first & 0x0f == 0 => true,
        1 | 3 => path.push(first & 0x0f),
        _ => return Err(NodeError::Path),
    };
    if fits && rest.iter().all(|byte| path.push(byte >> 4) && path.push(byte & 0x0f)) {
        return Ok((path, first & 0x20 != 0));
    }
    Err(NodeError::Path)
}
