//! Which combinations of features must build. The default ones do in every other step.

use super::step::Step;

/// Packages with the features that are checked beside the default ones. This list only grows.
const COMBINATIONS: [(&str, &str); 4] = [
    ("hexapla-abi", "--no-default-features"),
    ("hexapla-trie", "--no-default-features"),
    ("hexapla-evm", "--no-default-features"),
    ("hexapla-wasm", "--no-default-features"),
];

/// A check per combination. One package at a time: cargo would join the features of several.
pub(super) fn steps() -> impl Iterator<Item = Step> {
    COMBINATIONS.iter().map(|(package, features)| Step::new(&format!("check --locked --package {package} {features}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn every_package_with_default_features_is_checked_without_them() {
        let output = crate::cargo::cargo(&["metadata", "--no-deps", "--format-version", "1", "--offline"]).output();
        let metadata: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
        let has_default = |package: &&Value| package["features"]["default"].as_array().is_some_and(|on| !on.is_empty());
        for package in metadata["packages"].as_array().unwrap().iter().filter(has_default) {
            let name = package["name"].as_str().unwrap();
            assert!(COMBINATIONS.contains(&(name, "--no-default-features")), "add {name} to the list");
        }
    }
}
