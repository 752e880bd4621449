//! The command line.

use crate::{
    commands::{
        abi::AbiArgs, address::AddressArgs, bind::BindArgs, check::CheckArgs, completions::CompletionsArgs,
        init::InitArgs, proof::ProofArgs, run::RunArgs, test::TestArgs, verify_proof::VerifyProofArgs,
    },
    flag::flag,
    output::Colour,
    statetest::StateTestArgs,
};
use clap::{Parser, Subcommand};

/// Runs contracts of several blockchain VMs over one provable state, where they call each other atomically.
///
/// A scenario is a TOML file with accounts, deployments, calls and expectations. Solidity contracts, Arbitrum
/// Stylus contracts and Solana programs call each other in it as if there were one VM; each transaction happens
/// entirely or not at all.
#[derive(Debug, Parser)]
#[command(name = "hexapla", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    /// When to use colours. NO_COLOR is respected.
    #[arg(long, value_enum, default_value = "auto", global = true, env = "HEXAPLA_COLOR", value_name = "WHEN")]
    pub(crate) color: Colour,
    /// Say more on stderr: times and peak memory.
    #[arg(short, long, global = true, env = "HEXAPLA_VERBOSE", value_parser = flag())]
    pub(crate) verbose: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a folder with contracts of three VMs and a scenario that holds.
    ///
    /// Writes compiled contracts with their sources, and a scenario in which they call one another in one transaction: to
    /// run, to change, and to put contracts of your own beside.
    Init(InitArgs),
    /// Run a scenario and show what happened, call by call.
    ///
    /// Plays the scenario step by step on a fresh chain. Each transaction is shown as a tree of calls over all VMs:
    /// which VM ran what with which arguments, results, events and failures, what it cost in gas and on the VM's own
    /// meter, where a call crossed from one VM into another (⇄), and what was undone by a failure (↶).
    Run(RunArgs),
    /// Run all scenarios below a folder and say which hold.
    ///
    /// Runs every `scenario.toml` and every `*.scenario.toml` below the given folders, in parallel.
    Test(TestArgs),
    /// Say whether a compiled contract can be deployed, and what it costs.
    ///
    /// Counts what its VM counts, beside the limits, deploys the contract on a chain of its own, and says what that costs
    /// or which rule refuses it.
    Check(CheckArgs),
    /// Show an account in every form.
    ///
    /// An address, an id of another VM or a name that everybody knows: where the account is at home, its address, and how
    /// it appears inside of the other VMs.
    Address(AddressArgs),
    /// Prove an account, its storage or an object of a VM against the state root.
    ///
    /// The proof has the form of `eth_getProof` (EIP-1186), so that anything that verifies Ethereum's proofs can check
    /// it: a light client, or a contract on another chain.
    Proof(ProofArgs),
    /// Check a proof against a root, without any state.
    ///
    /// Needs nothing but the proof and the root: no state, no network. The root must come from somebody you trust; the
    /// one in the file is not believed.
    VerifyProof(VerifyProofArgs),
    /// Write an interface down as source code for callers of another VM.
    ///
    /// From the interface of a contract on any VM: a Solidity interface, an Anchor IDL, a Rust crate for cross-program
    /// calls, or a TypeScript module for viem, as the projection of the interface shows it. The same file gives the
    /// same code. What cannot be expressed is left out and named on stderr, with the reason.
    Bind(BindArgs),
    /// Look at interfaces: what they say, what others see of them, and values in every ABI.
    ///
    /// Shows an interface and its projections, encodes and decodes calls, results and failures, translates a call as the
    /// border between VMs does, and says why something cannot be translated.
    Abi(AbiArgs),
    /// Run Ethereum's state tests through this executor and this trie.
    ///
    /// Reads files in the standard JSON format (GeneralStateTests). A case passes when state root and logs hash are as
    /// the test says. Cases that are known not to pass stand in a list with a reason each; a listed case that passes is
    /// a failure, so the list can only shrink.
    Statetest(StateTestArgs),
    /// Print a script that completes commands and options in a shell.
    ///
    /// The script goes to stdout; put it where the shell looks for completions.
    Completions(CompletionsArgs),
}

const EXAMPLES: &str = "\
Examples:
  hexapla init first && cd first && hexapla test  a folder that passes at once
  hexapla run examples/tour                       a story over three VMs
  hexapla run examples/tour --diff                with what each transaction changed
  hexapla run examples/tour --json | jq .root     for programs
  hexapla run examples/price-reader --log         a Solana wallet deploys and signs; what programs log
  hexapla test examples                           all scenarios below a folder
  hexapla check contract.wasm                     would it be accepted, and what does it cost?
  hexapla address system-program                  an account in every form
  hexapla proof examples/tour account token --slot 2 -o proof.json
  hexapla verify-proof proof.json --root 0x…
  hexapla statetest GeneralStateTests             is the EVM the EVM?

Exit codes: 0 everything holds, 1 an expectation or a proof does not hold, 2 the input cannot be used.
Each option can also be set by an environment variable, which its help names.";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent_and_every_option_has_a_variable() {
        let command = Cli::command();
        command.clone().debug_assert();
        for command in [&command].into_iter().chain(command.get_subcommands()) {
            for option in command.get_opts() {
                let id = option.get_id().as_str();
                assert!(
                    matches!(id, "help" | "version") || option.get_env().is_some(),
                    "{} --{id}",
                    command.get_name()
                );
            }
        }
    }
}
