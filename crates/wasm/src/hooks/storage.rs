//! Words of the frame's account, transient words, and events.

use super::{Hook, Hooks};
use crate::{
    prices,
    session::{Stop, Trap},
};
use alloc::vec::Vec;
use hexapla_primitives::B256;

const TWO_POINTERS: u64 = prices::HOOK + 2 * prices::POINTER;
const MAX_TOPICS: u32 = 4;
const TOPIC_BYTES: u32 = 32;

impl Hooks<'_> {
    pub(crate) fn storage_load_bytes32(&mut self, key: u32, dest: u32) -> Hook<()> {
        self.session.charge(TWO_POINTERS)?;
        let key = self.number(key)?;
        if let Some(value) = self.session.storage.get(key) {
            return self.put_number(dest, value);
        }
        self.session.charge(prices::STATE_API)?;
        let value = self.session.request(|host| host.load_word(key))?;
        self.session.storage.learn(key, value);
        self.put_number(dest, value)
    }

    pub(crate) fn storage_cache_bytes32(&mut self, key: u32, value: u32) -> Hook<()> {
        self.session.charge(TWO_POINTERS)?;
        if self.session.ink / prices::INK_PER_GAS <= prices::STORE_SENTRY_GAS {
            self.session.ink = 0;
            return Err(Stop::OutOfInk);
        }
        let (key, value) = (self.number(key)?, self.number(value)?);
        if self.session.storage.get(key).is_none() {
            let cached = self.session.storage.len();
            self.session.charge_gas(prices::cache_word(cached))?;
        }
        self.session.storage.write(key, value);
        Ok(())
    }

    pub(crate) fn storage_flush_cache(&mut self, clear: u32) -> Hook<()> {
        self.session.charge(prices::HOOK + prices::STATE_API)?;
        for (key, value) in self.session.storage.take_dirty() {
            self.session.request(|host| host.store_word(key, value))?;
        }
        if clear != 0 {
            self.session.storage.clear();
        }
        Ok(())
    }

    pub(crate) fn transient_load_bytes32(&mut self, key: u32, dest: u32) -> Hook<()> {
        self.session.charge(TWO_POINTERS + prices::STATE_API)?;
        let key = self.number(key)?;
        let value = self.session.request(|host| host.load_transient(key))?;
        self.put_number(dest, value)
    }

    pub(crate) fn transient_store_bytes32(&mut self, key: u32, value: u32) -> Hook<()> {
        self.session.charge(TWO_POINTERS + prices::STATE_API)?;
        let (key, value) = (self.number(key)?, self.number(value)?);
        self.session.request(|host| host.store_transient(key, value))
    }

    /// `data` begins with the topics.
    pub(crate) fn emit_log(&mut self, data: u32, len: u32, topics: u32) -> Hook<()> {
        let price = prices::HOOK + prices::STATE_API;
        self.session.charge(price.saturating_add(prices::read(len.into())))?;
        if topics > MAX_TOPICS || len < topics * TOPIC_BYTES {
            return Err(Stop::Trap(Trap::Log));
        }
        let bytes = self.take(data, len)?;
        let split = bytes.len().min(usize::try_from(topics * TOPIC_BYTES).unwrap_or(usize::MAX));
        let (head, _) = bytes.split_at(split);
        let topics: Vec<_> = head.chunks_exact(32).map(B256::from_slice).collect();
        let data = bytes.slice(split..);
        self.session.request(|host| host.log(&topics, data))
    }
}
