//! The name that was probably meant.

/// `did you mean …?` for a name near to a known one; else the known names.
pub fn did_you_mean<'n>(given: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(given, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "there are none so far".to_owned(),
        None => {
            let names = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
            format!("known here: {}", names.join(", "))
        }
    }
}

/// The known name that is written so, or the only one whose words are the same: `newAccount` for `new_account`.
pub(crate) fn known_as<'n>(given: &str, known: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    let words = |name: &str| name.replace('_', "").to_lowercase();
    let mut exact = known.clone().filter(|name| *name == given);
    let mut same = known.filter(|name| words(name) == words(given));
    exact.next().or_else(|| same.next().filter(|_| same.next().is_none()))
}

fn nearest<'n>(given: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let given: String = given.chars().take(64).collect::<String>().to_lowercase();
    let limit = given.chars().count() / 3 + 1;
    known
        .map(|name| (strsim::damerau_levenshtein(&given, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= limit && *distance < name.chars().count())
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_either_spelling_unless_two_would_be_meant() {
        assert_eq!(known_as("newAccount", ["space", "new_account"].into_iter()), Some("new_account"));
        assert_eq!(known_as("new_account", ["newAccount"].into_iter()), Some("newAccount"));
        assert_eq!(known_as("aB", ["a_b", "aB"].into_iter()), Some("aB"));
        assert_eq!(known_as("ab", ["a_b", "aB"].into_iter()), None);
        assert_eq!(known_as("new", ["new_account"].into_iter()), None);
    }

    #[test]
    fn a_near_name_is_suggested_and_else_all_are_listed() {
        let known = ["deposit", "withdraw"];
        assert_eq!(did_you_mean("depositt", known), "did you mean `deposit`?");
        assert_eq!(did_you_mean("xyz", known), "known here: `deposit`, `withdraw`");
        assert_eq!(did_you_mean("xyz", []), "there are none so far");
    }
}
