//! Which combinations of features must build. The default ones do in every other step.

use super::step::Step;

/// The crates that a bare machine needs: together, since none asks for a default feature of another.
const CORE: &str = "--package hexapla-primitives --package hexapla-abi --package hexapla-trie --package hexapla-state \
                    --package hexapla-vm --package hexapla-evm --package hexapla-wasm --package hexapla-executor \
                    --no-default-features";

/// Packages with the features that are checked beside the default ones. This list only grows.
const COMBINATIONS: [&str; 4] = [
    CORE,
    "--package hexapla --no-default-features",
    "--package hexapla --no-default-features --features wasm",
    "--package hexapla-scenario --no-default-features",
];

/// A check per combination.
pub(super) fn steps() -> impl Iterator<Item = Step> {
    COMBINATIONS.iter().map(|combination| Step::new(&format!("check --locked {combination}")))
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
            let is_named = |line: &&&str| line.contains(&format!("--package {name} "));
            let checked = COMBINATIONS.iter().filter(is_named).any(|line| line.contains("--no-default-features"));
            assert!(checked, "add {name} to the list");
        }
    }
}
