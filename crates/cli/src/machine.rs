//! Engines, caches and database as the command line asks for them.

use clap::{
    Arg, ArgAction, ArgMatches, Command, FromArgMatches,
    builder::{PossibleValue, PossibleValuesParser, ValueParser},
};
use hexapla::{EngineOption, EngineOptionKind, VmConfig, engine_options};
use hexapla_scenario::problem::{Problem, Result};
use hexapla_scenario::world::engine::{Engine, setup_problem};
use hexapla_store::{KvStore, RedbStore};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

const HEADING: &str = "Engine";
const NO_CACHE: &str = "no-cache";
const NO_MEMORY_CACHE: &str = "no-memory-cache";

/// Options of all commands that execute something: those that the VMs declare, and those about caches.
#[derive(Clone, Debug, Default)]
pub(crate) struct MachineArgs {
    choices: Vec<(&'static EngineOption, String)>,
    folders: Vec<(&'static EngineOption, Option<PathBuf>)>,
    no_cache: bool,
    no_memory_cache: bool,
}

impl clap::Args for MachineArgs {
    fn augment_args(command: Command) -> Command {
        let mut command = command.next_help_heading(HEADING);
        for option in engine_options() {
            command = command.arg(arg_of(option));
            if matches!(option.kind, EngineOptionKind::Folder) {
                command = command.arg(flag(NO_CACHE, "Compile contracts anew each time").conflicts_with(option.name));
            }
        }
        let about = "Keep nothing in memory that was compiled or computed: every call begins anew. Slow, and good for \
                     tests only";
        command.arg(flag(NO_MEMORY_CACHE, about)).next_help_heading(None)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn arg_of(option: &'static EngineOption) -> Arg {
    let arg = Arg::new(option.name).long(option.name).env(variable(option.name)).help(option.about);
    match option.kind {
        EngineOptionKind::Choice(choices) => {
            let values = choices.iter().map(|(name, about)| PossibleValue::new(*name).help(*about));
            let default = choices.first().map_or("", |(name, _)| name);
            let name = option.name.to_uppercase().replace('-', "_");
            arg.value_name(name).value_parser(PossibleValuesParser::new(values)).default_value(default)
        }
        EngineOptionKind::Folder => arg.value_name("DIR").value_parser(ValueParser::path_buf()),
    }
}

fn flag(name: &'static str, about: &'static str) -> Arg {
    Arg::new(name).long(name).env(variable(name)).help(about).action(ArgAction::SetTrue)
}

/// `HEXAPLA_CACHE_DIR`
fn variable(option: &str) -> String {
    format!("HEXAPLA_{}", option.to_uppercase().replace('-', "_"))
}

impl FromArgMatches for MachineArgs {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let mut args = Self::default();
        args.update_from_arg_matches(matches)?;
        Ok(args)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        *self = Self { no_memory_cache: matches.get_flag(NO_MEMORY_CACHE), ..Self::default() };
        for option in engine_options() {
            match option.kind {
                EngineOptionKind::Choice(_) => {
                    let chosen = matches.get_one::<String>(option.name).cloned();
                    self.choices.extend(chosen.map(|chosen| (option, chosen)));
                }
                EngineOptionKind::Folder => {
                    self.no_cache = matches.get_flag(NO_CACHE);
                    self.folders.push((option, matches.get_one::<PathBuf>(option.name).cloned()));
                }
            }
        }
        Ok(())
    }
}

impl MachineArgs {
    /// The VMs, for `threads` threads that run transactions at once.
    pub(crate) fn engine(&self, threads: usize) -> Result<Engine> {
        let mut config = VmConfig::default();
        config.for_threads(threads);
        for (option, name) in &self.choices {
            option.choose(&mut config, name);
        }
        for (option, given) in &self.folders {
            option.choose_folder(&mut config, self.folder(given.as_deref()).as_ref());
        }
        if self.no_memory_cache {
            config.without_memory();
        }
        let vms = hexapla::standard_vms(config).map_err(|error| setup_problem(&error))?;
        let engine = Engine::new(vms, hexapla::toolkits());
        Ok(if self.no_memory_cache { engine.uncached() } else { engine })
    }

    /// Where compiled contracts are kept, if anywhere.
    pub(crate) fn cache_folder(&self) -> Option<PathBuf> {
        self.folder(self.folders.iter().find_map(|(_, given)| given.as_deref()))
    }

    /// A folder that was asked for must be usable; the default one is only a convenience.
    fn folder(&self, given: Option<&Path>) -> Option<PathBuf> {
        if self.no_cache {
            return None;
        }
        let given = given.map(Path::to_owned);
        given.or_else(|| default_cache_folder().filter(|folder| make_private(folder).is_ok()))
    }
}

/// `$XDG_CACHE_HOME/hexapla`, else `~/.cache/hexapla`; nothing where neither is known.
fn default_cache_folder() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))?;
    Some(base.join("hexapla"))
}

/// Creates the folder so that only its owner can write there.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Opens a database file, and looks through all of it first: a damaged one must not become a wrong proof.
pub(crate) fn open_database(path: &PathBuf, must_exist: bool) -> Result<Arc<dyn KvStore>> {
    if must_exist {
        std::fs::metadata(path).map_err(|error| Problem::file(path, "open the database", error))?;
    }
    Ok(Arc::new(RedbStore::open_checked(path)?))
}
