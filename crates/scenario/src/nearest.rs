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
    fn a_near_name_is_suggested_and_else_all_are_listed() {
        let known = ["deposit", "withdraw"];
        assert_eq!(did_you_mean("depositt", known), "did you mean `deposit`?");
        assert_eq!(did_you_mean("xyz", known), "known here: `deposit`, `withdraw`");
        assert_eq!(did_you_mean("xyz", []), "there are none so far");
    }
}
