//! Reads every interface file below a folder, generates all four targets, and compiles what is generated with the tools
//! that are there: rustc; solc and tsc where `check/run.sh` has fetched them; Anchor IDLs are read back. Prints counts by
//! kind, which is the first folder of a file's path, and every failure.
//!
//! `cargo xtask corpus FOLDER [OUT]`; OUT is where generated files go, else `hexapla-corpus` in the folder for temporary
//! files.

use std::{
    collections::BTreeMap,
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::Arc,
};

use hexapla_abi::Interface;
use hexapla_bind::{Binding, Options, Target, bind};

/// Share of files in percent that must be read.
const READ_MIN: usize = 95;

/// What became of the files of one kind.
#[derive(Clone, Copy, Default)]
struct Counts {
    files: usize,
    read: usize,
    items: usize,
    left_out: usize,
    generated: usize,
    compiled: usize,
    /// What was given to a compiler.
    given: usize,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.read += other.read;
        self.items += other.items;
        self.left_out += other.left_out;
        self.generated += other.generated;
        self.compiled += other.compiled;
        self.given += other.given;
    }
}

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1).map(PathBuf::from);
    let Some(folder) = arguments.next().filter(|folder| folder.is_dir()) else {
        eprintln!("usage: cargo xtask corpus FOLDER [OUT], where FOLDER holds interface files");
        return ExitCode::FAILURE;
    };
    let out = arguments.next().unwrap_or_else(|| env::temp_dir().join("hexapla-corpus"));
    let mut files = Vec::new();
    list(&folder, &mut files);
    files.sort();
    let mut corpus = Corpus { out, kinds: BTreeMap::new(), failures: Vec::new(), made: Vec::new() };
    for file in &files {
        corpus.file(&folder, file);
    }
    let solidity = corpus.solidity();
    let typescript = corpus.typescript();
    corpus.rust();
    corpus.report(&[("solc", solidity), ("tsc", typescript)])
}

/// All files below a folder.
fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { list(&path, files) } else { files.push(path) }
    }
}

/// A file whose interface was read, and where what was generated from it lies.
struct Made {
    name: String,
    kind: String,
    folder: PathBuf,
}

struct Corpus {
    out: PathBuf,
    kinds: BTreeMap<String, Counts>,
    failures: Vec<String>,
    made: Vec<Made>,
}

impl Corpus {
    fn file(&mut self, root: &Path, file: &Path) {
        let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
        let kind = name.split_once('/').map_or(".", |(kind, _)| kind).to_owned();
        let mut counts = Counts { files: 1, ..Counts::default() };
        let read = fs::read_to_string(file).map_err(|error| error.to_string()).and_then(|text| {
            catch_unwind(|| Interface::detect(&text).map_err(|error| error.to_string()))
                .unwrap_or_else(|_| Err("PANIC while it was read".to_owned()))
        });
        match read {
            Ok(mut interface) => {
                if interface.name.is_empty() {
                    interface.name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                }
                counts.read = 1;
                counts.left_out = interface.refused.len();
                let items = [interface.functions.len(), interface.events.len(), interface.errors.len()];
                counts.items = items.iter().sum::<usize>() + interface.layouts.len();
                for refused in &interface.refused {
                    println!("left out\t{name}\t{}\t{}", refused.item, refused.reason);
                }
                self.generate(&name, &kind, &Arc::new(interface), &mut counts);
            }
            Err(error) => self.failures.push(format!("read {name}: {error}")),
        }
        self.kinds.entry(kind).or_default().add(counts);
    }

    fn generate(&mut self, name: &str, kind: &str, interface: &Arc<Interface>, counts: &mut Counts) {
        let folder = self.out.join(self.made.len().to_string());
        let mut whole = true;
        for target in Target::ALL {
            let made = catch_unwind(AssertUnwindSafe(|| bind(interface, target, &Options::default())));
            let Ok(binding) = made else {
                self.failures.push(format!("generate {name}: PANIC for {}", target.name()));
                whole = false;
                continue;
            };
            if let Err(error) = write(&binding, &folder.join(target.name())) {
                self.failures.push(format!("write {name}: {error}"));
            }
            if target == Target::Anchor {
                counts.given += 1;
                match read_back(&binding) {
                    Ok(()) => counts.compiled += 1,
                    Err(error) => self.failures.push(format!("read back the Anchor IDL of {name}: {error}")),
                }
            }
        }
        counts.generated = usize::from(whole);
        self.made.push(Made { name: name.to_owned(), kind: kind.to_owned(), folder });
    }

    /// Files that a compiler refuses are named by the folder in which they lie.
    fn compiled(&mut self, tool: &str, complaints: &str) {
        for index in 0..self.made.len() {
            let made = &self.made[index];
            let own = format!("{}/{tool}/", made.folder.display());
            let complaint = complaints.lines().find(|line| line.contains(&own));
            let counts = self.kinds.entry(made.kind.clone()).or_default();
            counts.given += 1;
            match complaint {
                None => counts.compiled += 1,
                Some(complaint) => self.failures.push(format!("compile {} for {tool}: {complaint}", made.name)),
            }
        }
    }

    /// Whether solc was there.
    fn solidity(&mut self) -> bool {
        let check = Path::new(env!("CARGO_MANIFEST_DIR")).join("check");
        let solc = check.join("../../../contracts/evm/node_modules/solc");
        if !solc.is_dir() {
            return false;
        }
        let mut command = Command::new("node");
        command.arg(check.join("solidity.cjs")).arg(solc).arg(&self.out).arg("--errors");
        let Some(complaints) = output(&mut command) else { return false };
        self.compiled("solidity", &complaints);
        true
    }

    /// Whether tsc was there.
    fn typescript(&mut self) -> bool {
        let check = Path::new(env!("CARGO_MANIFEST_DIR")).join("check");
        let tsc = check.join("node_modules/.bin/tsc");
        if !tsc.exists() {
            return false;
        }
        let options = r#"{"compilerOptions": {"strict": true, "noEmit": true, "module": "nodenext", "target": "es2023",
            "lib": ["es2023"], "types": []}, "include": ["*/typescript/*.ts"]}"#;
        if fs::write(self.out.join("tsconfig.json"), options).is_err() {
            return false;
        }
        let mut command = Command::new(tsc);
        command.args(["--pretty", "false", "--project"]).arg(&self.out).current_dir("/");
        let Some(complaints) = output(&mut command) else { return false };
        // Paths without the root, because the compiler's are relative.
        let rooted = complaints.lines().map(|line| format!("/{}\n", line.trim_start_matches('/'))).collect::<String>();
        self.compiled("typescript", &rooted);
        true
    }

    fn rust(&mut self) {
        let compiler = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
        let mut complaints = String::new();
        for made in &self.made {
            let folder = made.folder.join("rust");
            let mut command = Command::new(&compiler);
            command.args(["--edition", "2021", "--crate-type", "lib", "--crate-name", "cpi", "--emit", "metadata"]);
            command.args(["--cfg", "feature=\"alloc\"", "--check-cfg", "cfg(feature, values(\"alloc\"))"]);
            command.arg("--out-dir").arg(&folder).arg(folder.join("src/lib.rs"));
            match output(&mut command) {
                None => complaints.push_str(&format!("{}/: rustc cannot be started\n", folder.display())),
                Some(said) if said.contains("error") => {
                    let first = said.lines().find(|line| line.starts_with("error")).unwrap_or_default();
                    complaints.push_str(&format!("{}/: {first}\n", folder.display()));
                }
                Some(_) => {}
            }
        }
        self.compiled("rust", &complaints);
    }

    fn report(self, tools: &[(&str, bool)]) -> ExitCode {
        println!("kind\tfiles\tread\titems\tleft out\tgenerated\tcompiled");
        let mut all = Counts::default();
        let line = |kind: &str, counts: &Counts| {
            let Counts { files, read, items, left_out, generated, compiled, given } = counts;
            println!("{kind}\t{files}\t{read}\t{items}\t{left_out}\t{generated}\t{compiled} of {given}");
        };
        for (kind, counts) in &self.kinds {
            line(kind, counts);
            all.add(*counts);
        }
        line("all", &all);
        for failure in &self.failures {
            println!("FAILED to {failure}");
        }
        for (tool, _) in tools.iter().filter(|(_, there)| !there) {
            println!("not compiled with {tool}, which is not there: `sh crates/bind/check/run.sh` fetches it");
        }
        let enough = all.read * 100 >= all.files * READ_MIN;
        match enough && all.generated == all.read && all.compiled == all.given && all.files > 0 {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    }
}

fn write(binding: &Binding, folder: &Path) -> std::io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    for file in &binding.files {
        let path = folder.join(&file.path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, &file.content)?;
    }
    Ok(())
}

/// An IDL has everything that its generator put into it.
fn read_back(binding: &Binding) -> Result<(), String> {
    let idl = binding.files.iter().find(|file| file.path.ends_with(".json")).ok_or("there is none")?;
    let interface = Interface::from_anchor_idl(&idl.content).map_err(|error| error.to_string())?;
    match interface.refused.first() {
        None => Ok(()),
        Some(refused) => Err(format!("{}: {}", refused.item, refused.reason)),
    }
}

/// What a command says; `None` where it cannot be started.
fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    Some(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}
