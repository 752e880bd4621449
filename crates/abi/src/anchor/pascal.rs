//! Names of Rust's types out of names in another style.

/// The name as Rust has it: what begins with a capital stays as it is, `priceUpdate` and `price_update` become
/// `PriceUpdate`. Anchor before 0.30 made the discriminators of accounts and events of that name, while IDLs that went
/// through TypeScript have names in camel case.
pub(super) fn pascal(name: &str) -> String {
    if name.starts_with(char::is_uppercase) {
        return name.to_owned();
    }
    let words = name.split(['_', '-', '.', ' ']).filter(|word| !word.is_empty());
    words.map(capitalised).collect()
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_types_stay_and_others_become_some() {
        let cases = [
            ("priceUpdateV2", "PriceUpdateV2"),
            ("price_update", "PriceUpdate"),
            ("AMMConfig", "AMMConfig"),
            ("Pool_V2", "Pool_V2"),
            ("x", "X"),
            ("", ""),
        ];
        cases.iter().for_each(|(given, expected)| assert_eq!(pascal(given), *expected));
    }
}
