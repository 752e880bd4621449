//! `hexapla init`

use crate::output::{Output, Style, escape_control_chars, paint};
use clap::Args;
use hexapla_scenario::problem::{Problem, Result};
use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// The files, by their paths in the new folder.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/template.rs"));

/// Options of `hexapla init`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hexapla init first && cd first && hexapla test")]
pub(crate) struct InitArgs {
    /// The folder, which is made where there is none. Nothing in it is overwritten.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

/// Runs the command.
pub(crate) fn run(args: &InitArgs, output: &mut Output) -> Result<bool> {
    let taken: Vec<&str> =
        FILES.iter().map(|(path, _)| *path).filter(|path| args.folder.join(path).symlink_metadata().is_ok()).collect();
    if !taken.is_empty() {
        let message = format!("{} has files of these names already: {}", args.folder.display(), taken.join(", "));
        let help = "nothing was written; name another folder: `hexapla init FOLDER`";
        return Err(Problem::new("hexapla::init::exists", message).with_help(help));
    }
    let folders = FILES.iter().flat_map(|(path, _)| Path::new(path).ancestors().skip(1));
    if let Some(file) =
        folders.map(|path| folder_at(&args.folder, path)).find(|path| path.symlink_metadata().is_ok() && !path.is_dir())
    {
        let message = format!("{} is not a folder, and files belong into it", file.display());
        let help = "nothing was written; name another folder: `hexapla init FOLDER`";
        return Err(Problem::new("hexapla::init::exists", message).with_help(help));
    }
    for (path, bytes) in FILES {
        let file = args.folder.join(path);
        write(&file, bytes).map_err(|error| Problem::file(&file, "write", error))?;
        output.result(&format!("{}\n", escape_control_chars(&file.display().to_string())))?;
    }
    let go = match args.folder.as_os_str() == "." {
        true => String::new(),
        false => format!("cd {} && ", escape_control_chars(&args.folder.display().to_string())),
    };
    output.note(&format!("now: {}", paint(Style::BOLD, &format!("{go}hexapla test"))));
    Ok(true)
}

/// A folder below the new one, or that itself. A slash at the end would hide a file.
fn folder_at(folder: &Path, path: &Path) -> PathBuf {
    if path.as_os_str().is_empty() { folder.to_owned() } else { folder.join(path) }
}

/// Writes a file that is not there yet, and the folders in which it stands.
fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::File::create_new(file)?.write_all(bytes)
}
