//! Runs the real binary in folders of its own.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};
use tempfile::TempDir;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository is there")
}

/// A folder of one test, with contracts in reach.
pub(crate) struct Sandbox(TempDir);

/// What the binary said.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file. `{contracts}` in it is the folder of the committed contracts, `{cases}` that of the tests' own.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let contracts = root().join("contracts").display().to_string();
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").display().to_string();
        fs::write(&path, text.replace("{contracts}", &contracts).replace("{cases}", &cases)).expect("a file");
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).expect("a file")
    }

    /// Runs hexapla here. Compiled contracts are kept for all tests in the build folder.
    pub(crate) fn hexapla(&self, args: &[&str]) -> Ran {
        run(Command::new(env!("CARGO_BIN_EXE_hexapla")).args(args).current_dir(self.path()))
    }
}

/// Runs hexapla at the repository's root on a terminal of so many columns.
pub(crate) fn in_columns(columns: usize, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hexapla"));
    clean(&mut command);
    finished(command.args(args).current_dir(root()).env("COLUMNS", columns.to_string()))
}

/// Plays a scenario in a folder of its own.
pub(crate) fn play(scenario: &str) -> (Sandbox, Ran) {
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", scenario);
    let ran = sandbox.hexapla(&["run", "."]);
    (sandbox, ran)
}

/// Runs hexapla at the repository's root.
pub(crate) fn at_root(args: &[&str]) -> Ran {
    run(Command::new(env!("CARGO_BIN_EXE_hexapla")).args(args).current_dir(root()))
}

/// Nothing of the user's own settings, and one cache of compiled contracts for all tests. With `HEXAPLA_MODES=all` the
/// interpreters run everything, and nothing is kept in memory: what is printed must not change.
fn clean(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HEXAPLA_")) {
        command.env_remove(name);
    }
    if std::env::var_os("HEXAPLA_MODES").is_some() {
        command.envs([("HEXAPLA_ENGINE", "wasmi"), ("HEXAPLA_SVM_ENGINE", "interpreter")]);
        command.env("HEXAPLA_NO_MEMORY_CACHE", "true");
    }
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hexapla-cache");
    command.env("XDG_CACHE_HOME", cache).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("COLUMNS")
}

fn run(command: &mut Command) -> Ran {
    finished(clean(command))
}

fn finished(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
}

impl Ran {
    /// Fails unless the exit code is the expected one.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, what: &str) -> Self {
        assert!(self.stderr.contains(what), "{what:?} is not in stderr:\n{}", self.stderr);
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in:\n{}", self.stdout))
    }
}

impl Sandbox {
    /// Runs hexapla here with something on its standard input.
    pub(crate) fn hexapla_reading(&self, input: &str, args: &[&str]) -> Ran {
        let file = self.write("stdin", input);
        let input = fs::File::open(file).expect("a file");
        run(Command::new(env!("CARGO_BIN_EXE_hexapla")).args(args).current_dir(self.path()).stdin(input))
    }

    /// Begins hexapla here; its output goes into the file `stdout`.
    pub(crate) fn begin(&self, args: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hexapla"));
        let stdout = fs::File::create(self.path().join("stdout")).expect("a file");
        command.args(args).current_dir(self.path()).stdout(stdout).stderr(Stdio::null());
        clean(&mut command).spawn().expect("the binary runs")
    }

    /// Runs hexapla here and kills it while it works.
    pub(crate) fn kill_after(&self, milliseconds: u64, args: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hexapla"));
        command.args(args).current_dir(self.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = clean(&mut command).spawn().expect("the binary runs");
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        // It may have ended already, which is as good.
        let _ = child.kill();
        child.wait().expect("it ended");
    }
}
