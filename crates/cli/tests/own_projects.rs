//! `docs/own-projects.md`, tried: its scenarios and commands, with the committed contracts where each tool writes them.

mod support;

use std::{fs, path::Path};
use support::{Sandbox, root};

const PLACES: [(&str, &str); 4] = [
    ("contracts/evm/lender/Lender.json", "out/Lender.sol/Lender.json"),
    ("contracts/svm/price-reader/price-reader.so", "target/deploy/price_reader.so"),
    ("contracts/svm/price-reader/price-reader.json", "target/idl/price_reader.json"),
    ("contracts/wasm/oracle-as/oracle-as.wasm", "target/wasm32-unknown-unknown/release/oracle.wasm"),
];

/// What `cargo stylus export-abi` prints.
const EXPORTED: &str = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.23;\n\ninterface IOracle {\n    \
    function price() external view returns (uint256);\n\n    function setPrice(uint256 new_price) external;\n}\n";

/// The blocks of a page in this language.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let begin = format!("```{language}\n");
    page.split(&begin).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn every_scenario_and_command_of_the_page_works() {
    let sandbox = Sandbox::new();
    for (from, to) in PLACES {
        let to = sandbox.path().join(to);
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(root().join(from), to).expect("a copy");
    }
    sandbox.write("IOracle.sol", EXPORTED);
    let page = fs::read_to_string(Path::new(&root()).join("docs/own-projects.md")).expect("the page");
    let scenarios = blocks(&page, "toml");
    assert_eq!(scenarios.len(), 3);
    for scenario in scenarios {
        let name = scenario.lines().next().and_then(|line| line.strip_prefix("# ")).expect("its name");
        sandbox.write(name, scenario);
    }
    let commands: Vec<&str> = blocks(&page, "console")
        .into_iter()
        .flat_map(str::lines)
        .filter_map(|line| line.strip_prefix("$ hexapla "))
        .collect();
    assert!(commands.len() > 7, "{commands:?}");
    for command in commands {
        sandbox.hexapla(&command.split(' ').collect::<Vec<_>>()).exits(0);
    }
    assert!(sandbox.read("report.xml").contains("failures=\"0\" errors=\"0\""));
}
