//! `hexapla bind`

use super::proved::known_names;
use crate::output::Output;
use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use hexapla::toolkit::BindingTarget;
use hexapla_abi::{ArgumentError, Type, Value, parse_value};
use hexapla_bind::{Binding, Location, Options, Target, bind};
use hexapla_primitives::{
    Address, B256,
    identity::{alias_of, canonical_of_alias},
};
use hexapla_scenario::problem::{Problem, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Options of `hexapla bind`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hexapla bind target/idl/stake.json --to solidity --out contracts/\n  hexapla bind out/Bank.json --to rust --out bank-cpi --address 0x…\n  hexapla bind out/Bank.json --to anchor > bank.json"
)]
pub(crate) struct BindArgs {
    /// The interface: a Solidity ABI, artefact or source, an Anchor, Shank or Codama IDL, a Cairo class, a Fuel ABI.
    file: PathBuf,
    /// The contract of a file with several, such as the output of a compiler.
    #[arg(long, env = "HEXAPLA_CONTRACT", value_name = "NAME")]
    contract: Option<String>,
    /// What to generate.
    #[arg(long, value_parser = target_parser(), env = "HEXAPLA_TO", value_name = "LANGUAGE")]
    to: Target,
    /// The contract's name, in place of the file's own.
    #[arg(long, env = "HEXAPLA_NAME", value_name = "NAME")]
    name: Option<String>,
    /// Where the contract stands: its canonical address, or for Solana programs its 32 bytes in hex.
    ///
    /// Generated code then has a constant for it. In an Anchor IDL and a Rust crate a canonical address is written as its
    /// alias, the 32 bytes in which it appears inside of Solana programs.
    #[arg(long, env = "HEXAPLA_ADDRESS", value_name = "ADDRESS")]
    address: Option<String>,
    /// Write into this file, or below this folder; a Rust crate needs a folder. Without it, to the standard output.
    #[arg(long, env = "HEXAPLA_OUT", value_name = "PATH")]
    out: Option<PathBuf>,
}

/// `--to`: the targets that a toolkit names.
fn target_parser() -> impl TypedValueParser<Value = Target> {
    let value = |target: &Target| named(*target).map(|known| PossibleValue::new(known.name).help(known.about));
    let of_name = |name: String| Target::ALL.into_iter().find(|target| target.name() == name);
    PossibleValuesParser::new(Target::ALL.iter().filter_map(value).collect::<Vec<_>>())
        .try_map(move |name| of_name(name).ok_or("there is no such target"))
}

/// What a toolkit says about a target.
fn named(target: Target) -> Option<BindingTarget> {
    let toolkits = hexapla::toolkits();
    let targets = toolkits.iter().flat_map(|toolkit| toolkit.binding_targets());
    targets.copied().find(|known| known.name == target.name())
}

/// Runs the command.
pub(crate) fn run(args: &BindArgs, output: &mut Output) -> Result<bool> {
    let interface = super::interface_in(&args.file, args.contract.as_deref(), "hexapla::bind::interface")?;
    let location = args.address.as_deref().map(|text| location(text, args.to)).transpose()?;
    let options = Options { name: args.name.clone(), location };
    let made = bind(&Arc::new(interface), args.to, &options);
    write(&made, args.out.as_deref(), output)?;
    for item in &made.left_out {
        output.note(&crate::output::escape_control_chars(&format!("left out: {}: {}", item.item, item.reason)));
    }
    Ok(true)
}

/// Where the contract stands, in both forms.
fn location(text: &str, to: Target) -> Result<Location> {
    let problem = |message: String, help: &str| Err(Problem::new("hexapla::bind::address", message).with_help(help));
    match parse_value(&Type::Address, text) {
        Ok(Value::Address(canonical)) => {
            // Of a contract that everybody knows, the id is known too.
            let known = known_names().id_of(canonical);
            let native = B256::try_from(&known.bytes[..]).unwrap_or_else(|_| alias_of(canonical));
            return Ok(Location { canonical, native });
        }
        Err(error @ ArgumentError::Checksum { .. }) => return problem(error.to_string(), "check each letter"),
        _ => {}
    }
    let id = hexapla::toolkits().parse_id(text).and_then(|id| B256::try_from(&id.bytes[..]).ok());
    let Some(native) = id.or_else(|| text.parse::<B256>().ok()) else {
        let toolkits = hexapla::toolkits();
        let words = toolkits.with_transactions().next().map(|(toolkit, _)| toolkit.words());
        let kind = words.map_or("contract", |words| words.contract);
        let help = format!(
            "write `0x` and 40 hex digits; or the id of a {kind} as its users write it, or as `0x` and 64 hex digits"
        );
        return problem(format!("{text} is no address"), &help);
    };
    match (canonical_of_alias(native), to) {
        (Some(canonical), _) => Ok(Location { canonical, native }),
        (None, to) if named(to).is_some_and(|target| target.by_native_id) => {
            Ok(Location { canonical: Address::ZERO, native })
        }
        (None, _) => problem(
            format!("{text} is an id of 32 bytes, contracts of the EVM call the canonical address"),
            "give the canonical address, `0x` and 40 hex digits",
        ),
    }
}

fn write(made: &Binding, out: Option<&Path>, output: &mut Output) -> Result<()> {
    let (Some(out), files) = (out, made.files.as_slice()) else {
        let [file] = made.files.as_slice() else {
            let message = "a Rust crate is more than one file and cannot go to the standard output";
            return Err(Problem::new("hexapla::bind::out", message).with_help("name a folder with --out"));
        };
        return output.result(&file.content);
    };
    for file in files {
        let is_file = files.len() == 1 && !out.is_dir() && !out.as_os_str().to_string_lossy().ends_with('/');
        let path = if is_file { out.to_path_buf() } else { out.join(&file.path) };
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        folder.map_err(|error| Problem::file(&path, "make the folder of", error))?;
        fs::write(&path, &file.content).map_err(|error| Problem::file(&path, "write", error))?;
        output.note(&format!("wrote {}", path.display()));
    }
    Ok(())
}
