//! `hexapla abi`

use crate::output::{Output, escape_control_chars};
use clap::{
    Args, Subcommand,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use hexapla::toolkit::Toolkit;
use hexapla_abi::{
    Abi, AddressBook, AddressError, AnyCodec, Bytes, Codec, Function, Interface, Projection, Revert, Value,
    find_function, parse_arguments, text::escape, value_to_json,
};
use hexapla_primitives::{
    Address, B256, NativeId, VmId,
    identity::{alias_of, canonical_of_alias},
};
use hexapla_scenario::problem::{Problem, Result};
use serde_json::{Value as Json, json};
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Options of `hexapla abi`.
#[derive(Debug, Args)]
#[command(
    after_help = "Addresses in data: an id of 32 bytes is the alias of an EVM account, or it is shown as the canonical address \
that hexapla gives it; a canonical address is written as its alias. Which account it really is, only a chain knows.\n\n\
Examples:\n  hexapla abi inspect target/idl/stake.json --as solidity\n  hexapla abi encode stake.json stake 7 --as solidity\n  \
hexapla abi decode out/Bank.json 0x…\n  hexapla abi translate stake.json 0x… --from solidity"
)]
pub(crate) struct AbiArgs {
    #[command(subcommand)]
    command: AbiCommand,
}

#[derive(Debug, Subcommand)]
enum AbiCommand {
    /// Show an interface, or what developers of another ABI see of it.
    Inspect {
        /// The interface: a Solidity ABI, artefact or source, an Anchor, Shank or Codama IDL, a Cairo class, a Fuel ABI.
        file: PathBuf,
        /// The contract of a file with several.
        #[arg(long, env = "HEXAPLA_CONTRACT", value_name = "NAME")]
        contract: Option<String>,
        /// As this ABI sees it.
        #[arg(long = "as", value_parser = abi_parser(), env = "HEXAPLA_AS", value_name = "ABI")]
        target: Option<Abi>,
        /// Print the result as JSON.
        #[arg(long, env = "HEXAPLA_JSON", value_parser = crate::flag::flag())]
        json: bool,
    },
    /// Say how each value of a function is translated, or why an item is refused.
    Explain {
        /// The interface.
        file: PathBuf,
        /// The function, as the other ABI names it, or a part of the name of a refused item.
        function: String,
        /// The other ABI.
        #[arg(long = "as", value_parser = abi_parser(), env = "HEXAPLA_AS", value_name = "ABI")]
        target: Abi,
    },
    /// Encode a call.
    Encode {
        /// The interface.
        file: PathBuf,
        /// The function: its name, or its signature where the name is not enough.
        function: String,
        /// The arguments, as text.
        arguments: Vec<String>,
        /// In this ABI, by what it sees of the interface.
        #[arg(long = "as", value_parser = abi_parser(), env = "HEXAPLA_AS", value_name = "ABI")]
        target: Option<Abi>,
    },
    /// Decode a call, a result, or the data of a failure.
    Decode {
        /// The interface.
        file: PathBuf,
        /// The bytes, in hex.
        data: Bytes,
        /// In this ABI, by what it sees of the interface.
        #[arg(long = "as", value_parser = abi_parser(), env = "HEXAPLA_AS", value_name = "ABI")]
        target: Option<Abi>,
        /// The bytes are what this function returned.
        #[arg(long, env = "HEXAPLA_OUTPUT", value_name = "FUNCTION", conflicts_with = "error")]
        output: Option<String>,
        /// The bytes are a failure: an error of the interface, or one that every contract can have, such as
        /// `Error(string)` and `Panic(uint256)`.
        #[arg(long, env = "HEXAPLA_ERROR", value_parser = crate::flag::flag())]
        error: bool,
        /// Print the result as JSON.
        #[arg(long, env = "HEXAPLA_JSON", value_parser = crate::flag::flag())]
        json: bool,
    },
    /// Translate a call, as the border does: from what another ABI sees of the interface into the contract's own ABI.
    Translate {
        /// The interface.
        file: PathBuf,
        /// The call, in hex.
        data: Bytes,
        /// The caller's ABI.
        #[arg(long, value_parser = abi_parser(), env = "HEXAPLA_FROM", value_name = "ABI")]
        from: Abi,
        /// Print the result as JSON.
        #[arg(long, env = "HEXAPLA_JSON", value_parser = crate::flag::flag())]
        json: bool,
    },
}

/// An ABI on the command line: its name in small letters.
fn abi_parser() -> impl TypedValueParser<Value = Abi> {
    let value = |abi: &Abi| PossibleValue::new(abi.name().to_lowercase()).help(abi.about());
    let named = |name: String| Abi::ALL.into_iter().find(|abi| abi.name().to_lowercase() == name).unwrap_or_default();
    PossibleValuesParser::new(Abi::ALL.iter().map(value).collect::<Vec<_>>()).map(named)
}

/// Addresses without a chain: by the rule of aliases, and by the hash of ids of the VM that has the ABI.
struct Offline(Option<VmId>);

impl Offline {
    fn of(abi: Abi) -> Self {
        Self(hexapla::toolkits().by_abi(abi).map(Toolkit::vm))
    }
}

impl AddressBook for Offline {
    fn canonical(&self, native: &B256) -> std::result::Result<Address, AddressError> {
        let known = if native.is_zero() { Some(Address::ZERO) } else { canonical_of_alias(*native) };
        let id = self.0.map(|vm| NativeId::new(vm, native.to_vec()));
        known.or_else(|| id.map(|id| id.canonical())).ok_or_else(|| {
            AddressError(format!("{native} is no alias, and ids of a VM without a toolkit have no address here"))
        })
    }

    fn native(&self, canonical: Address) -> std::result::Result<B256, AddressError> {
        Ok(if canonical.is_zero() { B256::ZERO } else { alias_of(canonical) })
    }
}

/// Runs the command.
pub(crate) fn run(args: &AbiArgs, output: &mut Output) -> Result<bool> {
    match &args.command {
        AbiCommand::Inspect { file, contract, target, json } => {
            let interface = seen(read_one(file, contract.as_deref())?, *target);
            if *json {
                output.json(&to_json(&interface))
            } else {
                output.result(&escape_control_chars_in_lines(&text_of(&interface)))
            }
        }
        AbiCommand::Explain { file, function, target } => {
            let projection = Projection::new(Arc::new(read(file)?), *target);
            output.result(&escape_control_chars_in_lines(&explain(&projection, function)?))
        }
        AbiCommand::Encode { file, function, arguments, target } => {
            let interface = seen(read(file)?, *target);
            let found = find(&interface, function, Some(arguments.len()))?;
            let values = parse_arguments(found, arguments, &|_| None).map_err(|error| refused("arguments", error))?;
            let book = Offline::of(interface.abi);
            let codec = AnyCodec::new(interface.abi, &book);
            let data = codec.encode_call(found, &values).map_err(|error| refused("arguments", error))?;
            output.result(&format!("{data}\n"))
        }
        AbiCommand::Decode { file, data, target, output: returned, error, json } => {
            let interface = seen(read(file)?, *target);
            let (name, values) = decode(&interface, data, returned.as_deref(), *error)?;
            show(output, &name, &values, *json)
        }
        AbiCommand::Translate { file, data, from, json } => {
            let projection = Projection::new(Arc::new(read(file)?), *from);
            translate(&projection, data, *json, output)
        }
    }?;
    Ok(true)
}

fn read(file: &Path) -> Result<Interface> {
    read_one(file, None)
}

fn read_one(file: &Path, contract: Option<&str>) -> Result<Interface> {
    super::interface_in(file, contract, "hexapla::abi::interface")
}

/// The interface itself, or what another ABI sees of it.
fn seen(interface: Interface, target: Option<Abi>) -> Interface {
    match target {
        Some(target) => Projection::new(Arc::new(interface), target).interface().clone(),
        None => interface,
    }
}

fn find<'i>(interface: &'i Interface, name: &str, arguments: Option<usize>) -> Result<&'i Function> {
    find_function(interface, name, arguments).map_err(|error| refused("function", error))
}

fn refused(what: &str, error: impl std::fmt::Display) -> Box<Problem> {
    Problem::new("hexapla::abi::refused", format!("the {what} cannot be used: {error}"))
}

fn decode(interface: &Interface, data: &[u8], returned: Option<&str>, error: bool) -> Result<(String, Vec<Value>)> {
    let book = Offline::of(interface.abi);
    let codec = AnyCodec::new(interface.abi, &book);
    let not_decoded = |error| refused("data", error);
    if let Some(name) = returned {
        let function = find(interface, name, None)?;
        let values = codec.decode_output(function, data).map_err(not_decoded)?;
        return Ok((function.signature.clone(), values));
    }
    if error {
        return match codec.decode_error(interface, data) {
            Ok((error, values)) => Ok((error.signature.clone(), values)),
            Err(error) => built_in(interface, data).ok_or_else(|| not_decoded(error)),
        };
    }
    let (function, values) = codec.decode_call(interface, data).map_err(not_decoded)?;
    Ok((function.signature.clone(), values))
}

/// A failure that no interface declares, because every contract can fail so.
fn built_in(interface: &Interface, data: &[u8]) -> Option<(String, Vec<Value>)> {
    if interface.abi != Abi::default() {
        return None;
    }
    Some(match Revert::decode(data, []) {
        Revert::Reason(reason) => ("Error(string)".to_owned(), vec![Value::String(reason)]),
        Revert::Panic(code) => ("Panic(uint256)".to_owned(), vec![Value::Uint(code)]),
        Revert::ForeignFault(fault) => (
            "ForeignFault(string,address,string,bytes,string)".to_owned(),
            vec![
                Value::String(fault.vm),
                Value::Address(fault.at),
                Value::String(fault.kind),
                Value::Bytes(fault.data),
                Value::String(fault.message),
            ],
        ),
        _ => return None,
    })
}

fn show(output: &mut Output, name: &str, values: &[Value], json: bool) -> Result<()> {
    if json {
        return output.json(&json!({ "item": name, "values": values.iter().map(value_to_json).collect::<Vec<_>>() }));
    }
    let lines = values.iter().fold(format!("{name}\n"), |lines, value| lines + &format!("  {value}\n"));
    output.result(&escape_control_chars_in_lines(&lines))
}

fn translate(projection: &Projection, data: &[u8], json: bool, output: &mut Output) -> Result<()> {
    let shown = projection.interface();
    let book = Offline::of(shown.abi);
    let (function, values) =
        AnyCodec::new(shown.abi, &book).decode_call(shown, data).map_err(|error| refused("data", error))?;
    let place = shown.functions.iter().position(|known| core::ptr::eq(known, function)).unwrap_or_default();
    let arguments = projection.arguments(place, values.clone()).map_err(|error| refused("arguments", error))?;
    let Some(source) = projection.function(place) else {
        return Err(refused("function", "it is none of the contract's own"));
    };
    let book = Offline::of(projection.source().abi);
    let own = AnyCodec::new(projection.source().abi, &book).encode_call(source, &arguments.values);
    let own = own.map_err(|error| refused("arguments", error))?;
    let accounts: Vec<String> =
        arguments.accounts.iter().map(|key| key.map_or_else(|| "none".to_owned(), |key| key.to_string())).collect();
    if json {
        let list = |values: &[Value]| values.iter().map(value_to_json).collect::<Vec<Json>>();
        return output.json(&json!({
            "from": { "abi": shown.abi.name(), "function": function.signature, "values": list(&values) },
            "to": { "abi": projection.source().abi.name(), "function": source.signature,
                    "values": list(&arguments.values), "accounts": accounts, "coin": arguments.coin, "data": own },
        }));
    }
    let mut text = format!("{} {}\n", shown.abi.name(), function.signature);
    for value in &values {
        let _ = writeln!(text, "  {value}");
    }
    let _ = writeln!(text, "{} {}", projection.source().abi.name(), source.signature);
    for account in accounts {
        let _ = writeln!(text, "  account {account}");
    }
    if let Some(coin) = arguments.coin {
        let _ = writeln!(text, "  coin {coin}");
    }
    for value in &arguments.values {
        let _ = writeln!(text, "  {value}");
    }
    let _ = writeln!(text, "{own}");
    output.result(&escape_control_chars_in_lines(&text))
}

fn explain(projection: &Projection, name: &str) -> Result<String> {
    let interface = projection.interface();
    let mut text = String::new();
    for (place, function) in interface.functions.iter().enumerate().filter(|(_, function)| function.name == name) {
        let source = projection.function(place).map_or("", |source| source.signature.as_str());
        let _ = writeln!(text, "{source} → {}", function.signature);
        for line in projection.explain(place) {
            let _ = writeln!(text, "  {line}");
        }
    }
    for refused in interface.refused.iter().filter(|refused| refused.item.contains(name)) {
        let _ = writeln!(text, "{} is refused: {}", refused.item, refused.reason);
    }
    if text.is_empty() {
        let known: Vec<&str> = interface.functions.iter().map(|function| function.name.as_str()).collect();
        return Err(refused("function", format!("{name} is none of {}", known.join(", "))));
    }
    Ok(text)
}

fn text_of(interface: &Interface) -> String {
    let mut text = format!("{} ({})\n", escape(interface.display_name()), interface.abi.name());
    let mut line = |line: String| text.push_str(&format!("  {line}\n"));
    for function in &interface.functions {
        let outputs: Vec<String> = function.output_types().map(ToString::to_string).collect();
        let returns = if outputs.is_empty() { String::new() } else { format!(" → {}", outputs.join(", ")) };
        let (signature, mutability) = (escape(&function.signature), function.mutability.name());
        line(format!("{signature}{returns}  {mutability} {}", function.selector));
        for account in &function.accounts {
            let signer = if account.signer { ", signer" } else { "" };
            let writable = if account.writable { ", writable" } else { "" };
            line(format!("  account {}{signer}{writable}", escape(&account.name)));
        }
    }
    interface.events.iter().for_each(|event| line(format!("event {}", escape(&event.signature))));
    interface.errors.iter().for_each(|error| {
        line(format!("error {} {}", escape(&error.signature), escape(&error.message)).trim_end().to_owned());
    });
    interface.layouts.iter().for_each(|layout| line(format!("account data {}: {}", escape(&layout.name), layout.ty)));
    interface.refused.iter().for_each(|item| line(format!("refused {}: {}", item.item, item.reason)));
    text
}

fn to_json(interface: &Interface) -> Json {
    let functions: Vec<Json> = interface
        .functions
        .iter()
        .map(|function| {
            json!({
                "name": function.name,
                "signature": function.signature,
                "selector": function.selector,
                "mutability": function.mutability.name(),
                "inputs": function.inputs.iter().map(|input| json!({ "name": &*input.name, "type": input.ty.to_string() })).collect::<Vec<_>>(),
                "outputs": function.output_types().map(ToString::to_string).collect::<Vec<_>>(),
                "accounts": function.accounts.iter().map(|account| &*account.name).collect::<Vec<_>>(),
            })
        })
        .collect();
    let refused = interface.refused.iter().map(|item| json!({ "item": item.item, "reason": item.reason }));
    json!({
        "name": interface.name,
        "abi": interface.abi.name(),
        "functions": functions,
        "events": interface.events.iter().map(|event| &event.signature).collect::<Vec<_>>(),
        "errors": interface.errors.iter().map(|error| &error.signature).collect::<Vec<_>>(),
        "layouts": interface.layouts.iter().map(|layout| &layout.name).collect::<Vec<_>>(),
        "refused": refused.collect::<Vec<_>>(),
    })
}

/// Names in files are not ours: no line of them can do anything to a terminal.
fn escape_control_chars_in_lines(text: &str) -> String {
    text.lines().fold(String::new(), |lines, line| lines + &escape_control_chars(line) + "\n")
}
