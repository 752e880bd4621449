//! `hexapla completions`

use crate::output::Output;
use clap::Args;
use clap_complete::Shell;
use hexapla_scenario::problem::Result;

/// Options of `hexapla completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hexapla completions bash > ~/.local/share/bash-completion/completions/hexapla
  hexapla completions zsh > \"${fpath[1]}/_hexapla\"
  hexapla completions fish > ~/.config/fish/completions/hexapla.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell that will read the script.
    shell: Shell,
}

/// Runs the command. `command` is the whole command line, which is described above this module.
pub(crate) fn run(args: &CompletionsArgs, mut command: clap::Command, output: &mut Output) -> Result<bool> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "hexapla", &mut script);
    output.result(&String::from_utf8_lossy(&script))?;
    Ok(true)
}
