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
    /// Keeps the state after a block, and of the earlier ones those that are at most `blocks` older and belong to the same
    /// history.
    pub(crate) fn add(&mut self, block: u64, view: View, blocks: u64) {
        self.views.split_off(&block);
        self.views.insert(block, view);
        self.views = self.views.split_off(&block.saturating_sub(blocks));
    }

    /// Drops the oldest states until what only they need is at most about `bytes_max`.
    pub(crate) fn shrink(&mut self, current: &[Arc<Recent>], bytes_max: usize) {
        if self.tries.as_ref().is_some_and(|(_, tries)| tries.memory() > bytes_max) {
            self.tries = None;
        }
        while self.views.len() > 1 && self.memory(current) > bytes_max {
            self.views.pop_first();
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
        let mut seen: Vec<_> = current.iter().map(Arc::as_ptr).collect();
        let mut bytes = tries;
        // States of one checkpoint have the same parts, and stand next to one another.
        for view in self.views.values() {
            for recent in &view.recent {
                if !seen.contains(&Arc::as_ptr(recent)) {
                    seen.push(Arc::as_ptr(recent));
                    bytes += recent.bytes();
                }
            }
        }
        bytes
    }
}
