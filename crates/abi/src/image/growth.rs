//! How much larger than a value its image is.
//!
//! One rule makes more than it is given: an enum shown as a struct has a list for each variant. An image has at most a
//! constant times the parts of its value, so that a list of one-byte enums does not become a list of wide structs.

use super::{
    ImageError,
    steps::{Step, position},
};
use crate::value::Value;

/// Parts that an image may have for each part of its value, and those that any image may have.
const PARTS_PER_PART: usize = 8;
const PARTS_FREE: usize = 256;

/// Parts of values, and parts that their images have beyond them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Growth {
    parts: usize,
    added: usize,
}

impl Growth {
    /// That the images are not too large for their values.
    pub(crate) fn check(self) -> Result<(), ImageError> {
        let limit = self.parts.saturating_mul(PARTS_PER_PART).saturating_add(PARTS_FREE);
        if self.parts.saturating_add(self.added) <= limit { Ok(()) } else { Err(ImageError::TooManyParts { limit }) }
    }

    /// Counts a value of which this step makes the image.
    pub(super) fn count(&mut self, step: &Step, value: &Value) {
        self.parts = self.parts.saturating_add(1);
        match (step, value) {
            (Step::Tagged { cases, .. }, Value::Enum { variant, payload, .. }) => {
                self.added = self.added.saturating_add(cases.len());
                let inner =
                    position(cases, variant, |case| &case.name).and_then(|index| cases.get(index)?.payload.as_ref());
                self.count(inner.unwrap_or(&Step::Same), payload);
            }
            (Step::Payloads(steps), Value::Enum { variant, payload, .. }) => {
                let inner = position(steps, variant, |(name, _)| name).and_then(|index| steps.get(index));
                self.count(inner.map_or(&Step::Same, |(_, step)| step), payload);
            }
            (Step::Each(inner), Value::Array(items)) => items.iter().for_each(|item| self.count(inner, item)),
            (Step::Items(steps), Value::Tuple(items)) => {
                steps.iter().zip(items).for_each(|(step, item)| self.count(step, item));
            }
            (Step::Items(steps), Value::Struct { fields, .. }) => {
                steps.iter().zip(fields).for_each(|(step, (_, value))| self.count(step, value));
            }
            (Step::Option(inner) | Step::List(inner), Value::Option(Some(value))) => self.count(inner, value),
            (Step::Map(steps) | Step::Entries { steps, .. }, Value::Map(entries)) => entries.iter().for_each(|entry| {
                self.count(&steps.0, &entry.0);
                self.count(&steps.1, &entry.1);
            }),
            _ => {}
        }
    }
}
