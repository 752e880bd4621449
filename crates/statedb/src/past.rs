//! The states after past blocks, within a window.

use crate::{
    error::{HistoryError, Kept},
    recent::Recent,
    tries::Tries,
    view::View,
};
use hexapla_state::StateError;
use std::{collections::BTreeMap, sync::Arc};

/// States by block number.
#[derive(Default)]
pub(crate) struct Past {
    views: BTreeMap<u64, View>,
    /// The tries of the state that was proved last, and its version.
    tries: Option<(u64, Tries)>,
}

impl Past {
    /// Keeps the state after a block, where it can be read, and of the earlier ones those that are at most `blocks` older
    /// and belong to the same history.
    pub(crate) fn add(&mut self, block: u64, view: Option<View>, blocks: u64) {
        self.views.split_off(&block);
        self.views.extend(view.map(|view| (block, view)));
        self.views = self.views.split_off(&block.saturating_sub(blocks));
    }

    /// Drops the oldest states until what only they need is at most about `bytes_max`.
    pub(crate) fn shrink(&mut self, current: &[Arc<Recent>], bytes_max: usize) {
        if self.tries.as_ref().is_some_and(|(_, tries)| tries.memory() > bytes_max) {
            self.tries = None;
        }
        let mut bytes = self.memory(current);
        while bytes > bytes_max
            && self.views.len() > 1
            && let Some((_, oldest)) = self.views.pop_first()
        {
            let next = self.views.first_key_value().map_or(current, |(_, view)| &view.recent);
            bytes = bytes.saturating_sub(bytes_of_first(&oldest.recent, next));
        }
    }

    pub(crate) fn view(&self, block: u64) -> Result<&View, StateError> {
        self.views.get(&block).ok_or_else(|| {
            let kept = match (self.views.first_key_value(), self.views.last_key_value()) {
                (Some((first, _)), Some((last, _))) => Kept::Between(*first, *last),
                _ => Kept::Nothing,
            };
            StateError::backend(HistoryError::PastBlock { block, kept })
        })
    }

    /// The state after a block and its tries.
    pub(crate) fn tries(&mut self, block: u64) -> Result<(View, &mut Tries), StateError> {
        let view = self.view(block)?.clone();
        let tries = match self.tries.take() {
            Some((version, tries)) if version == view.at.version => tries,
            _ => Tries::of(&view)?,
        };
        let (_, tries) = self.tries.insert((view.at.version, tries));
        Ok((view, tries))
    }

    /// The memory that is used and that the newest state does not need, in bytes, about.
    pub(crate) fn memory(&self, current: &[Arc<Recent>]) -> usize {
        let tries = self.tries.as_ref().map_or(0, |(_, tries)| tries.memory());
        let parts = self.views.values().map(|view| &view.recent[..]);
        let next = parts.clone().skip(1).chain([current]);
        tries + parts.zip(next).map(|(parts, next)| bytes_of_first(parts, next)).sum::<usize>()
    }
}

/// The memory of what the first of two states needs, and the next one and all after it do not.
fn bytes_of_first(first: &[Arc<Recent>], next: &[Arc<Recent>]) -> usize {
    let is_shared = |part: &&Arc<Recent>| next.iter().any(|other| Arc::ptr_eq(part, other));
    first.iter().filter(|part| !is_shared(part)).map(|part| part.bytes()).sum()
}
