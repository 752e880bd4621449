//! Finding items by what names them in data, without going through all of them.

use alloc::vec::Vec;

use alloy_primitives::Bytes;

/// Items by their selectors. Where several begin the data, the longest is meant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selectors {
    /// In the order of the selectors.
    items: Vec<Item>,
}

#[derive(Clone, Debug)]
struct Item {
    selector: Bytes,
    /// The item's place among its kind.
    place: usize,
    /// Where the longest selector stands that begins this one.
    shorter: Option<usize>,
}

impl Selectors {
    /// The selectors of items in their order. Of equal ones the first stands.
    pub(crate) fn new<'s>(selectors: impl Iterator<Item = &'s Bytes>) -> Self {
        let mut sorted = selectors.enumerate().map(|(place, selector)| (selector, place)).collect::<Vec<_>>();
        sorted.sort_unstable();
        sorted.dedup_by_key(|(selector, _)| *selector);
        let mut items: Vec<Item> = Vec::with_capacity(sorted.len());
        // Those that begin the one before, the longest last.
        let mut open: Vec<usize> = Vec::new();
        for (selector, place) in sorted {
            while open.pop_if(|at| !items.get(*at).is_some_and(|item| selector.starts_with(&item.selector))).is_some() {
            }
            let shorter = open.last().copied();
            open.push(items.len());
            items.push(Item { selector: selector.clone(), place, shorter });
        }
        Self { items }
    }

    /// The item with the longest selector that begins the data: its place, and the selector's length.
    pub(crate) fn beginning(&self, data: &[u8]) -> Option<(usize, usize)> {
        // All that begin the data stand before it in order, and begin one another.
        let mut at = self.items.partition_point(|item| &item.selector[..] <= data).checked_sub(1);
        loop {
            let item = self.items.get(at?)?;
            if data.starts_with(&item.selector) {
                return Some((item.place, item.selector.len()));
            }
            at = item.shorter;
        }
    }

    /// The item with exactly this selector.
    pub(crate) fn exactly(&self, selector: &[u8]) -> Option<usize> {
        let at = self.items.binary_search_by(|item| item.selector[..].cmp(selector)).ok()?;
        self.items.get(at).map(|item| item.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_selector_that_begins_the_data_is_found_as_by_going_through_all() {
        let alphabet = [&b"ab"[..], b"a", b"", b"abc", b"b", b"ba", b"abca", b"ab", b"c"];
        let mut words = alphabet.to_vec();
        words.extend([&b"abcab"[..], b"ac", b"bb", b"ca", b"d", b"abd"]);
        for mask in 0_u32..1 << alphabet.len() {
            let chosen = alphabet.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1);
            let chosen = chosen.map(|(_, word)| Bytes::from_static(word)).collect::<Vec<_>>();
            let index = Selectors::new(chosen.iter());
            for word in &words {
                let fits = |item: &(usize, &Bytes)| word.starts_with(item.1);
                let longest = chosen.iter().enumerate().filter(fits).map(|(_, selector)| selector.len()).max();
                let first = |length| chosen.iter().position(|known| known.len() == length && word.starts_with(known));
                let expected = longest.and_then(|length| Some((first(length)?, length)));
                assert_eq!(index.beginning(word), expected, "{chosen:?} {word:?}");
                assert_eq!(index.exactly(word), chosen.iter().position(|known| *known == **word));
            }
        }
    }
}
