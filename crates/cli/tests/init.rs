//! `hexapla init`: a folder that passes at once, and never at the cost of what is there.

mod support;

use support::{Sandbox, root};

#[test]
fn a_new_folder_passes_at_once_with_contracts_of_three_vms_in_one_transaction() {
    let sandbox = Sandbox::new();
    let ran = sandbox.hexapla(&["init", "first"]).exits(0);
    assert!(ran.stdout.contains("first/lending.scenario.toml\n"), "{}", ran.stdout);
    ran.says("cd first && hexapla test");
    let ran = sandbox.hexapla(&["test", "first"]).exits(0);
    assert!(ran.stdout.contains("1 passed in") && ran.stderr.is_empty(), "{}{}", ran.stdout, ran.stderr);
    let document = sandbox.hexapla(&["run", "first/lending.scenario.toml", "--json"]).exits(0).json();
    let lent = document["steps"].as_array().and_then(|steps| steps.iter().find(|step| step["number"] == 7));
    let gas = lent.expect("the seventh step")["gasByVm"].as_object().expect("gas by VM").clone();
    assert_eq!(gas.keys().collect::<Vec<_>>(), ["evm", "svm", "wasm"]);
}

#[test]
fn the_current_folder_passes_at_once() {
    let sandbox = Sandbox::new();
    sandbox.hexapla(&["init"]).exits(0).says("now: hexapla test");
    sandbox.hexapla(&["test"]).exits(0);
}

#[test]
fn nothing_is_overwritten() {
    let sandbox = Sandbox::new();
    sandbox.write("sources/Lender.sol", "mine");
    sandbox.hexapla(&["init"]).exits(2).says("sources/Lender.sol").says("nothing was written");
    assert_eq!(sandbox.read("sources/Lender.sol"), "mine");
    assert!(!sandbox.path().join("README.md").exists());
    sandbox.hexapla(&["init", "other"]).exits(0);
    sandbox.hexapla(&["init", "other"]).exits(2).says("hexapla::init::exists");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "");
    sandbox.hexapla(&["init", "file/below"]).exits(2).says("file/below");
}

#[test]
fn the_commands_of_its_readme_work() {
    let sandbox = Sandbox::new();
    sandbox.hexapla(&["init"]).exits(0);
    let readme = sandbox.read("README.md");
    let commands = readme.lines().filter_map(|line| line.strip_prefix("$ hexapla "));
    let inline = readme.split('`').filter_map(|text| text.strip_prefix("hexapla "));
    let mut tried = 0;
    for command in commands.chain(inline) {
        let command = command.split('#').next().unwrap_or_default().replace("FILE", "contracts/oracle.wasm");
        sandbox.hexapla(&command.split_whitespace().collect::<Vec<_>>()).exits(0);
        tried += 1;
    }
    assert!(tried > 5, "{tried} commands");
}

#[test]
fn its_contracts_are_the_committed_ones() {
    let sandbox = Sandbox::new();
    sandbox.hexapla(&["init"]).exits(0);
    let committed = std::fs::read(root().join("contracts/svm/price-reader/price-reader.so")).expect("a program");
    assert_eq!(std::fs::read(sandbox.path().join("contracts/price-reader.so")).expect("a program"), committed);
}

#[cfg(unix)]
#[test]
fn what_stands_in_the_way_is_said_before_anything_is_written() {
    let sandbox = Sandbox::new();
    sandbox.write("taken/contracts", "a file");
    sandbox.hexapla(&["init", "taken"]).exits(2).says("contracts is not a folder");
    assert_eq!(std::fs::read_dir(sandbox.path().join("taken")).unwrap().count(), 1);
    sandbox.hexapla(&["init", "taken/contracts"]).exits(2).says("is not a folder");
    std::fs::create_dir(sandbox.path().join("link")).unwrap();
    std::os::unix::fs::symlink("nowhere", sandbox.path().join("link/sources")).unwrap();
    sandbox.hexapla(&["init", "link"]).exits(2).says("sources is not a folder");
}
