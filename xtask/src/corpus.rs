//! `cargo xtask corpus FOLDER`: interface files as people have them are read, bound and compiled.

use crate::cargo::cargo;
use std::path::PathBuf;

/// Runs the example `corpus` of the bindings, which has the rules.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let (folder, out) = match arguments {
        [folder] => (folder, None),
        [folder, out] => (folder, Some(out)),
        _ => {
            return Err("corpus: say a folder of interface files, and one for what is generated if you like".to_owned());
        }
    };
    // The example runs in the root of the repository, and paths are said where the user stands.
    let absolute = |path: &String| std::path::absolute(path).map_err(|error| format!("corpus: {path}: {error}"));
    let folder = absolute(folder)?;
    if !folder.is_dir() {
        return Err(format!("corpus: {} is no folder", folder.display()));
    }
    let out: Option<PathBuf> = out.map(absolute).transpose()?;
    let mut command = cargo(&["run", "--locked", "--quiet", "--package", "hexapla-bind", "--example", "corpus", "--"]);
    command.arg(folder).args(out);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("corpus: FAILED ({status})")),
        Err(error) => Err(format!("corpus: cargo cannot be started: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_must_be_said_and_be_there() {
        assert!(run(&[]).unwrap_err().contains("say a folder"));
        let error = run(&["/no/such/folder".to_owned()]).unwrap_err();
        assert_eq!(error, "corpus: /no/such/folder is no folder");
    }
}
