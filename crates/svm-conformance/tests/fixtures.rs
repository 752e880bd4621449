//! The binary on the committed fixtures, on changed ones, and on the public ones where there are any.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

/// A folder of one test.
struct Sandbox(TempDir);

/// What the binary said.
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Sandbox {
    fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        write(self, name, text.as_bytes());
    }

    fn run(&self, args: &[&str]) -> Ran {
        run(args, self.path())
    }
}

/// Runs the binary with nothing of the user's own settings.
fn run(args: &[&str], folder: &Path) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hexapla-svm-fixture"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HEXAPLA_")) {
        command.env_remove(name);
    }
    let Output { status, stdout, stderr } = command.args(args).current_dir(folder).output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
}

impl Ran {
    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    fn says(self, what: &str) -> Self {
        assert!(self.stderr.contains(what), "{what:?} is not in stderr:\n{}", self.stderr);
        self
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in:\n{}", self.stdout))
    }
}

/// A sandbox with the committed fixtures in its folder `fixtures`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../svm/tests/fixtures");
    for file in fs::read_dir(committed).unwrap().map(|entry| entry.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        write(&sandbox, &format!("fixtures/{name}"), &fs::read(file).unwrap());
    }
    sandbox
}

fn write(sandbox: &Sandbox, name: &str, bytes: &[u8]) {
    let path = sandbox.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The transfer, with 9851 units left in place of 9850: field 4, a varint.
fn wrong_units(sandbox: &Sandbox) -> Vec<u8> {
    let mut bytes = fs::read(sandbox.path().join("fixtures/instr-transfer.fix")).unwrap();
    let place = bytes.windows(3).rposition(|window| window == [4 << 3, 0xfa, 0x4c]).unwrap();
    bytes[place + 1] = 0xfb;
    bytes
}

#[test]
fn the_committed_fixtures_pass_on_every_engine() {
    let sandbox = sandbox();
    for engine in ["jit", "interpreter", "both"] {
        let run = sandbox.run(&["fixtures", "--engine", engine]).exits(0);
        assert!(run.stdout.contains("34 pass, 0 fail"), "{}", run.stdout);
        assert!(run.stdout.contains("instruction: 8 pass, 0 fail"), "{}", run.stdout);
        assert!(run.stdout.contains("transaction: 15 pass, 0 fail"), "{}", run.stdout);
    }
    let json = sandbox.run(&["fixtures", "--json"]).exits(0).json();
    assert_eq!(json["kinds"]["vm"]["passed"].as_u64(), Some(3));
    let one = sandbox.run(&["fixtures", "--filter", "endless"]).exits(0);
    assert!(one.stdout.contains("1 files") && one.stdout.contains("1 pass"), "{}", one.stdout);
}

#[test]
fn a_failure_says_what_differs_and_a_list_may_only_shrink() {
    let sandbox = sandbox();
    write(&sandbox, "fixtures/wrong.fix", &wrong_units(&sandbox));
    let failed = sandbox.run(&["fixtures"]).exits(1);
    assert!(failed.stdout.contains("fixtures/wrong.fix\n    compute units left: 9850, expected 9851\n"));
    assert!(failed.stdout.contains("34 pass, 1 fail"), "{}", failed.stdout);

    sandbox.write("list", "[[failure]]\nfile = \"wrong.fix\"\nreason = \"its meter is off by one\"\n");
    let listed = sandbox.run(&["fixtures", "--list", "list"]).exits(0);
    assert!(listed.stdout.contains("34 pass, 0 fail, 1 fail as listed"), "{}", listed.stdout);

    sandbox.write("list", "[[failure]]\nfile = \"vm-store.fix\"\nreason = \"it is listed although it passes\"\n");
    let passes = sandbox.run(&["fixtures/vm-store.fix", "--list", "list"]).exits(1);
    assert!(passes.stdout.contains("remove it from the list: it is listed although it passes"));
}

#[test]
fn a_group_of_a_list_explains_failures_and_is_counted() {
    let sandbox = sandbox();
    write(&sandbox, "fixtures/wrong.fix", &wrong_units(&sandbox));
    let list = |count: usize, differs: &str| {
        let group = format!("[[group]]\nunder = \"fixtures\"\ndiffers = [{differs:?}]\ncount = {count}\n");
        sandbox.write("list", &(group + "reason = \"its meter is off\"\n"));
    };
    let run = |paths: &str| sandbox.run(&[paths, "--list", "list"]);
    list(1, "compute units left: *, expected *");
    let listed = run("fixtures").exits(0);
    assert!(listed.stdout.contains("1 listed: its meter is off\n"), "{}", listed.stdout);
    list(2, "compute units left: *, expected *");
    let counted = run("fixtures").exits(1);
    let sentence = "1 fixtures below fixtures fail as listed, the list says 2: its meter is off\n";
    assert!(counted.stdout.contains(sentence), "{}", counted.stdout);
    // One file says nothing about the folder.
    run("fixtures/wrong.fix").exits(0);
    list(1, "return data: *");
    assert!(run("fixtures").exits(1).stdout.contains("1 fail"));
}

#[test]
fn junk_is_counted_and_named() {
    let sandbox = sandbox();
    let transfer = fs::read(sandbox.path().join("fixtures/instr-transfer.fix")).unwrap();
    write(&sandbox, "junk/cut.fix", &transfer[..100]);
    write(&sandbox, "junk/empty.fix", &[]);
    sandbox.write("junk/text.fix", "this is not a fixture\n");
    // Metadata with an entry point, and an empty input.
    write(&sandbox, "junk/other.fix", b"\x0a\x1d\x0a\x1bsol_compat_block_execute_v1\x12\x00");
    let run = sandbox.run(&["junk"]).exits(1);
    for part in [
        "junk/cut.fix\n    not a fixture",
        "junk/empty.fix\n    not a fixture: it has no input",
        "junk/text.fix\n    not a fixture",
        "1 skipped: fixtures of the entry point sol_compat_block_execute_v1 are not run",
        "0 pass, 0 fail, 1 skipped, 3 unreadable",
    ] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
}

#[test]
fn bad_input_says_what_is_wrong() {
    let sandbox = Sandbox::new();
    sandbox.run(&["."]).exits(2).says("no fixtures");
    sandbox.run(&["missing"]).exits(2).says("missing");
    write(&sandbox, "a.fix", &[]);
    sandbox.write("list", "[[failure]]\nfiel = \"x\"\nreason = \"y\"\n");
    sandbox.run(&[".", "--list", "list"]).exits(2).says("fiel");
}

/// The folders of fixtures below `HEXAPLA_FIXTURES`, with the list that is committed for those of 2024.
#[test]
fn public_fixtures_pass() {
    let Some(root) = std::env::var_os("HEXAPLA_FIXTURES") else {
        eprintln!("skipped public_fixtures_pass: HEXAPLA_FIXTURES is not set");
        return;
    };
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/src/expected_2024.toml");
    for name in ["svm", "svm-fixtures-of-2024"] {
        let folder = Path::new(&root).join(name);
        if !folder.is_dir() {
            eprintln!("skipped a part of public_fixtures_pass: {} does not exist", folder.display());
            continue;
        }
        let folder = folder.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        run(&[&folder.display().to_string(), "--list", list], Path::new(".")).exits(0);
    }
}
