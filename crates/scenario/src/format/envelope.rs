//! What an Ethereum transaction says beside its call.

use super::{
    Envelope,
    fields::{Fields, Item, by_name, number, text, tree, trees},
};
use crate::{
    problem::{Problem, Result},
    source::{At, Source},
};
use std::{ops::Range, sync::Arc};

/// Most blobs of one transaction that a scenario can ask for; the fork may allow fewer.
const BLOBS_MAX: u64 = 64;

pub(super) fn read_envelope(fields: &mut Fields<'_>) -> Result<Envelope> {
    Ok(Envelope {
        nonce: fields.optional("nonce", tree)?,
        gas_price: fields.optional("gas_price", tree)?,
        priority_fee: fields.optional("priority_fee", tree)?,
        access_list: fields
            .optional("access_list", |source, key, item| by_name(source, key, item, trees))?
            .unwrap_or_default(),
        blobs: fields.optional("blobs", blobs)?,
        delegate: fields
            .optional("delegate", |source, key, item| by_name(source, key, item, text))?
            .unwrap_or_default(),
    })
}

fn blobs(source: &Arc<Source>, key: &'static str, item: &Item<'_>) -> Result<At<u64>> {
    let count = number(source, key, item)?;
    if (1..=BLOBS_MAX).contains(&count.value) {
        return Ok(count);
    }
    Err(Problem::new("hexapla::scenario::out_of_range", format!("`blobs` goes from 1 to {BLOBS_MAX}"))
        .at(source, &count.span, "out of range")
        .with_help("leave it out for a transaction without blobs"))
}

impl Envelope {
    /// The first thing that it says, and where.
    pub(crate) fn first(&self) -> Option<(&'static str, &Range<usize>)> {
        let keys = [
            ("nonce", self.nonce.as_ref().map(|key| &key.span)),
            ("gas_price", self.gas_price.as_ref().map(|key| &key.span)),
            ("priority_fee", self.priority_fee.as_ref().map(|key| &key.span)),
            ("access_list", self.access_list.first().map(|(name, _)| &name.span)),
            ("blobs", self.blobs.as_ref().map(|key| &key.span)),
            ("delegate", self.delegate.first().map(|(name, _)| &name.span)),
        ];
        keys.into_iter().find_map(|(key, span)| Some((key, span?)))
    }
}
