//! What error messages say of a word that was given: how it is shown, and what is near to it.

use crate::text::shorten;

/// At most this many near names are suggested.
const SUGGESTIONS_MAX: usize = 3;

/// The labels of the names that are near to the given one, the nearest first.
pub(super) fn nearest<'n>(given: &str, known: impl Iterator<Item = (&'n str, &'n str)>) -> Vec<String> {
    let given = shorten(&given.to_lowercase(), 64);
    let distance = |name: &str| strsim::damerau_levenshtein(&given, &shorten(&name.to_lowercase(), 64));
    let limit = given.chars().count() / 3 + 1;
    let mut near = known.map(|(name, label)| (distance(name), label)).collect::<Vec<_>>();
    near.retain(|(distance, _)| *distance <= limit);
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(SUGGESTIONS_MAX).map(|(_, label)| label.to_owned()).collect()
}

/// The text as error messages show it: quoted and cut.
pub(super) fn shown(text: &str) -> String {
    crate::text::quote(&shorten(text, 80))
}
