//! Records of the log: what a block changed, and from which state to which.
//!
//! A record is a byte, 1, that says its form, and RLP: [version, root before, root after, [] or [[block number, block
//! hash]], accounts, objects, codes]. The version is that of the state after it, see [`Position`]. An account is
//! [address, wiped, [] or [[nonce, balance, code hash]], [[slot, value] …]], an object is
//! [vm, key, [] or [blob]], and a code is [hash, code]. All are in ascending order.

use crate::view::Position;
use alloy_rlp::{Encodable as _, RlpDecodable, RlpEncodable};
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, U256, VmId};
use hexapla_state::{AccountChange, BlockChanges};
use revm::state::AccountInfo;

/// The form that this version writes and reads.
const FORM: u8 = 1;

/// What a block changed.
#[derive(Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(crate) struct Record {
    /// The version after it.
    pub(crate) version: u64,
    pub(crate) root_before: B256,
    pub(crate) root: B256,
    block: Vec<BlockRecord>,
    accounts: Vec<AccountRecord>,
    objects: Vec<ObjectRecord>,
    codes: Vec<CodeRecord>,
}

#[derive(Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
struct BlockRecord {
    number: u64,
    hash: B256,
}

#[derive(Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
struct AccountRecord {
    address: Address,
    wiped: bool,
    info: Vec<InfoRecord>,
    words: Vec<WordRecord>,
}

#[derive(Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
struct InfoRecord {
    nonce: u64,
    balance: U256,
    code_hash: B256,
}

#[derive(Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
struct WordRecord {
    slot: U256,
    value: U256,
}

#[derive(Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
struct ObjectRecord {
    vm: u8,
    key: Bytes,
    blob: Vec<Bytes>,
}

#[derive(Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
struct CodeRecord {
    hash: B256,
    code: Bytes,
}

impl Record {
    /// The record of a block that leads from one state to another.
    pub(crate) fn new(before: Position, after: Position, block: Option<(u64, B256)>, changes: &BlockChanges) -> Self {
        let account = |(address, change): (&Address, &AccountChange)| AccountRecord {
            address: *address,
            wiped: change.wiped,
            info: change.info.iter().map(InfoRecord::of).collect(),
            words: change.words.iter().map(|(slot, value)| WordRecord { slot: *slot, value: *value }).collect(),
        };
        let object = |(key, blob): (&ObjectKey, &Option<Bytes>)| ObjectRecord {
            vm: key.vm.0,
            key: key.key.clone(),
            blob: blob.iter().cloned().collect(),
        };
        let code = |(hash, code): (&B256, &Bytes)| CodeRecord { hash: *hash, code: code.clone() };
        Self {
            version: after.version,
            root_before: before.root,
            root: after.root,
            block: block.map(|(number, hash)| BlockRecord { number, hash }).into_iter().collect(),
            accounts: changes.accounts.iter().map(account).collect(),
            objects: changes.objects.iter().map(object).collect(),
            codes: changes.codes.iter().map(code).collect(),
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + self.length());
        bytes.push(FORM);
        alloy_rlp::Encodable::encode(self, &mut bytes);
        bytes
    }

    /// `None` if these bytes are no record of this form.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (form, rlp) = bytes.split_first()?;
        if *form != FORM {
            return None;
        }
        alloy_rlp::decode_exact(rlp).ok()
    }

    /// The block's number and hash, if it is one.
    pub(crate) fn block(&self) -> Option<(u64, B256)> {
        self.block.first().map(|block| (block.number, block.hash))
    }

    /// What it changed.
    pub(crate) fn into_changes(self) -> BlockChanges {
        let account = |account: AccountRecord| {
            let words = account.words.into_iter().map(|word| (word.slot, word.value)).collect();
            let info = account.info.first().map(InfoRecord::account);
            (account.address, AccountChange { info, wiped: account.wiped, words })
        };
        let object =
            |object: ObjectRecord| (ObjectKey::new(VmId(object.vm), object.key), object.blob.into_iter().next());
        BlockChanges {
            accounts: self.accounts.into_iter().map(account).collect(),
            objects: self.objects.into_iter().map(object).collect(),
            codes: self.codes.into_iter().map(|code| (code.hash, code.code)).collect(),
        }
    }
}

impl InfoRecord {
    fn of(info: &AccountInfo) -> Self {
        Self { nonce: info.nonce, balance: info.balance, code_hash: info.code_hash }
    }

    fn account(&self) -> AccountInfo {
        AccountInfo {
            nonce: self.nonce,
            balance: self.balance,
            code_hash: self.code_hash,
            code: None,
            ..AccountInfo::default()
        }
    }
}
