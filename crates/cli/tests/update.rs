//! `--update` writes what is read again and holds.

mod support;

use support::Sandbox;

const HEAD: &str = "[accounts]\nalice = \"1 ether\"\nbob = 0\n";

/// Updates a scenario of one contract, and expects that it holds then; gives what was written.
fn updated(contract: &str, steps: &[String]) -> String {
    let sandbox = Sandbox::new();
    let deploy = format!("[[step]]\ndeploy = \"c\"\nartefact = \"{{cases}}/{contract}.json\"\n");
    sandbox.write("scenario.toml", &format!("{HEAD}{deploy}{}", steps.concat()));
    let ran = sandbox.hexapla(&["test", ".", "--update"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    let written = sandbox.read("scenario.toml");
    let ran = sandbox.hexapla(&["test", "."]);
    assert_eq!(ran.code, 0, "{}{}\n{written}", ran.stdout, ran.stderr);
    written
}

fn step(call: &str, args: &str, expect: &str) -> String {
    format!("[[step]]\ncall = \"c.{call}\"\nargs = [{args}]\nexpect = {{ {expect} }}\n")
}

const TEXTS: [&str; 12] =
    ["", "$x", "$$", "a, b", "\"", "\\", "(", "~", "_", "none", "0x12", "line\u{2028}\u{1b}[31m\t"];

#[test]
fn texts_and_bytes_of_all_kinds_are_written_so_that_they_hold() {
    let mut steps = Vec::new();
    for text in TEXTS {
        let escaped = text.escape_default().to_string().replace("\\u{2028}", "\\u2028").replace("\\u{1b}", "\\u001b");
        let arg = format!(
            "\"{}\"",
            escaped.replace("\\'", "'").replace('$', "$$").replacen("$$$$", "$$$", usize::from(text == "$$"))
        );
        steps.push(step("str", &arg, "returns = \"other\", events = [\"x\"]"));
        steps.push(step("two", &arg, "returns = [\"other\", \"0x\"], events = []"));
        for fails in ["err", "why", "wrap", "wrap2"] {
            steps.push(step(fails, &arg, "reverts = \"other\""));
        }
        steps.push(step("failText", &arg, "events = [\"x\"]"));
        steps.push(step("mix", &arg, "events = [\"x\"]"));
    }
    updated("Rt", &steps);
}

#[test]
fn results_events_and_failures_are_written_so_that_they_hold() {
    let key = format!("0x{}", "00".repeat(32));
    let mut steps = vec![
        step("fail", "", "events = []"),
        step("panicIn", "", "events = []"),
        step("b32", &format!("\"{key}\""), "returns = \"alice\", events = []"),
        step("b32", "\"alice\"", "returns = \"bob\", events = []"),
        step("big", "", "returns = [1, 2, 3, 4, []]"),
        step("empt", "", "returns = [[\"a\"], [], \"0x01\"]"),
        step("nothing", "", "reverts = \"Denied\", fault = \"revert\", code = 7"),
        step("ansiRevert", "", "returns = []"),
        step("ansiRevert", "", "fault = \"trap\""),
    ];
    steps.push("[[step]]\ncheck = \"a view\"\nexpect = { views = { \"c.big()\" = [1, 2, 3, 4, []] } }\n".to_owned());
    let written = updated("Rt", &steps);
    assert!(!written.contains("fault = \"revert\", code"), "{written}");
    // Zero is the key of a program of Solana, and here it is none.
    assert!(written.contains(&format!("returns = [\"{key}\"]")), "{written}");
}

#[test]
fn bytes_that_are_no_text_are_written_without_loss() {
    let calls = ["err", "rev", "raw3", "raw4", "rawText", "huge", "ansi"];
    let mut steps = calls.map(|call| step(call, "", "reverts = \"other\"")).to_vec();
    steps.push(step("ret", "", "returns = [\"hi\", 7]"));
    steps.push(step("ev", "", "events = []"));
    steps.push(step("escEvent", "", "events = []"));
    steps.push(step("pan", "17", "reverts = \"other\""));
    steps.push(step("pan", "153", "reverts = \"other\""));
    let written = updated("Txt", &steps);
    assert!(written.contains("reverts = \"0xabcdef\"") && written.contains("output = \"0x"), "{written}");
}

#[cfg(unix)]
#[test]
fn links_permissions_and_ends_of_lines_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let sandbox = Sandbox::new();
    let text =
        "\u{feff}[accounts]\r\nalice = 5\r\n[[step]]\r\ncheck = \"x\"\r\nexpect = { balance = { alice = 6 } }\r\n";
    let real = sandbox.write("real.toml", text);
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o600)).unwrap();
    symlink("real.toml", sandbox.path().join("a.scenario.toml")).unwrap();
    sandbox.hexapla(&["test", "a.scenario.toml", "--update"]);
    assert_eq!(sandbox.read("real.toml"), text.replace("alice = 6", "alice = \"5\""));
    assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(sandbox.path().join("a.scenario.toml").is_symlink());
}
