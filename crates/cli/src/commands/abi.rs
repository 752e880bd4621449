//! `hexapla abi`

use super::ids::Ids;
use crate::output::{Output, escape_control_chars};
use clap::{
    Args, Subcommand,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use hexapla_abi::{
    Abi, AnyCodec, Bytes, Codec, ForeignFault, Function, Interface, Projection, Revert, Value, find_function,
    panic_meaning, parse_arguments, text::escape, value_to_json, well_known_errors,
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
    after_help = "Ids of 32 bytes are read and shown as their users write them: keys in base58, others as `0x` and hex digits. An id \
that is the alias of an EVM account is that account's address, and an address of 20 bytes is written as its alias. In another ABI \
(`--as`) an account is its canonical address.\n\n\
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
        #[arg(long, env = "HEXAPLA_RESULT_OF", value_name = "FUNCTION", conflicts_with = "error")]
        output: Option<String>,
        /// The bytes are a failure.
        #[arg(long, env = "HEXAPLA_ERROR", value_parser = crate::flag::flag())]
        error: bool,
        /// Print the result as JSON.
        #[arg(long, env = "HEXAPLA_JSON", value_parser = crate::flag::flag())]
        json: bool,
    },
    /// Print an interface as the bytes that a chain keeps.
    ///
    /// They are the last argument of `setInterface` of the system contract, by which a contract's owner registers it.
    Wire {
        /// The interface.
        file: PathBuf,
        /// The contract of a file with several.
        #[arg(long, env = "HEXAPLA_CONTRACT", value_name = "NAME")]
        contract: Option<String>,
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
        AbiCommand::Wire { file, contract } => {
            let bytes = read_one(file, contract.as_deref())?.to_bytes().map_err(|error| {
                let message = format!("{} cannot be registered", file.display());
                Problem::new("hexapla::abi::wire", message).because(error)
            })?;
            output.result(&format!("{}\n", Bytes::from(bytes)))
        }
        AbiCommand::Explain { file, function, target } => {
            let projection = Projection::new(Arc::new(read(file)?), *target);
            output.result(&escape_control_chars_in_lines(&explain(&projection, function)?))
        }
        AbiCommand::Encode { file, function, arguments, target } => {
            let source = read_noted(file, output)?;
            let ids = Ids::of(source.abi);
            let interface = seen(source, *target);
            let found = find(&interface, function, Some(arguments.len()))?;
            let given = found.inputs.iter().zip(arguments).map(|(input, text)| ids.argument(&input.ty, text));
            let given = if found.inputs.len() == arguments.len() { given.collect() } else { arguments.clone() };
            let names = |text: &str| ids.address(text);
            let values = parse_arguments(found, &given, &names).map_err(|error| refused("arguments", error))?;
            let codec = AnyCodec::new(interface.abi, &ids);
            let data = codec.encode_call(found, &values).map_err(|error| refused("arguments", error))?;
            output.result(&format!("{data}\n"))
        }
        AbiCommand::Decode { file, data, target, output: returned, error, json } => {
            let source = read_noted(file, output)?;
            let ids = Ids::of(source.abi);
            let interface = seen(source, *target);
            let mut decoded = decode(&interface, &ids, data, returned.as_deref(), *error)?;
            decoded.values = decoded.values.into_iter().map(|value| ids.shown(value)).collect();
            show(output, &decoded, *json)
        }
        AbiCommand::Translate { file, data, from, json } => {
            let projection = Projection::new(Arc::new(read_noted(file, output)?), *from);
            translate(&projection, data, *json, output)
        }
    }?;
    Ok(true)
}

fn read(file: &Path) -> Result<Interface> {
    read_one(file, None)
}

/// Reads the interface, and says what concerns all that is done with it: what is left out of the file itself, not of one of
/// its items.
fn read_noted(file: &Path, output: &mut Output) -> Result<Interface> {
    let interface = read(file)?;
    for part in interface.refused.iter().filter(|part| part.item.starts_with('`')) {
        output.note(&escape_control_chars(&format!("{}: {}", part.item, part.reason)));
    }
    Ok(interface)
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

/// What bytes say.
struct Decoded {
    /// The signature of the function or the error.
    item: String,
    values: Vec<Value>,
    /// What it means, where more is known than values.
    meaning: Option<String>,
}

impl Decoded {
    fn new(signature: &str, values: Vec<Value>) -> Self {
        Self { item: signature.to_owned(), values, meaning: None }
    }

    fn meaning(self, meaning: &str) -> Self {
        Self { meaning: (!meaning.is_empty()).then(|| meaning.to_owned()), ..self }
    }
}

fn decode(interface: &Interface, ids: &Ids, data: &[u8], returned: Option<&str>, error: bool) -> Result<Decoded> {
    let codec = AnyCodec::new(interface.abi, ids);
    let not_decoded = |error| refused("data", error);
    if let Some(name) = returned {
        let function = find(interface, name, None)?;
        let values = codec.decode_output(function, data).map_err(not_decoded)?;
        return Ok(Decoded::new(&function.signature, values));
    }
    if error {
        return match codec.decode_error(interface, data) {
            Ok((error, values)) => Ok(Decoded::new(&error.signature, values).meaning(&error.message)),
            Err(unknown) => known_error(interface.abi, data).ok_or_else(|| not_decoded(unknown)),
        };
    }
    let (function, values) = codec.decode_call(interface, data).map_err(not_decoded)?;
    Ok(Decoded::new(&function.signature, values))
}

/// The errors that every Solidity contract may raise without declaring them, and those of well-known standards.
fn known_error(abi: Abi, data: &[u8]) -> Option<Decoded> {
    if abi != Abi::default() {
        return None;
    }
    Some(match Revert::decode(data, [well_known_errors()]) {
        Revert::Reason(reason) => Decoded::new("Error(string)", vec![Value::String(reason)]),
        Revert::Panic(code) => {
            let meaning = panic_meaning(code).unwrap_or("not a code that Solidity defines");
            Decoded::new("Panic(uint256)", vec![Value::Uint(code)]).meaning(meaning)
        }
        Revert::ForeignFault(fault) => {
            let texts = [fault.vm, fault.kind, fault.message].map(Value::String);
            let [vm, kind, message] = texts;
            let values = vec![vm, Value::Address(fault.at), kind, Value::Bytes(fault.data), message];
            Decoded::new(ForeignFault::SIGNATURE, values).meaning("a call into another VM failed")
        }
        Revert::Custom(error, values) => Decoded::new(&error.signature, values).meaning(&error.message),
        Revert::Empty | Revert::Unknown(_) => return None,
    })
}

fn show(output: &mut Output, decoded: &Decoded, json: bool) -> Result<()> {
    let Decoded { item, values, meaning } = decoded;
    if json {
        let values = values.iter().map(value_to_json).collect::<Vec<_>>();
        let mut shown = json!({ "item": item, "values": values });
        if let (Some(meaning), Some(object)) = (meaning, shown.as_object_mut()) {
            object.insert("meaning".to_owned(), meaning.as_str().into());
        }
        return output.json(&shown);
    }
    let meaning = meaning.as_ref().map(|meaning| format!(": {meaning}")).unwrap_or_default();
    let lines = values.iter().fold(format!("{item}{meaning}\n"), |lines, value| lines + &format!("  {value}\n"));
    output.result(&escape_control_chars_in_lines(&lines))
}

fn translate(projection: &Projection, data: &[u8], json: bool, output: &mut Output) -> Result<()> {
    let shown = projection.interface();
    let book = Ids::of(shown.abi);
    let (function, values) =
        AnyCodec::new(shown.abi, &book).decode_call(shown, data).map_err(|error| refused("data", error))?;
    let place = shown.functions.iter().position(|known| core::ptr::eq(known, function)).unwrap_or_default();
    let arguments = projection.arguments(place, values.clone()).map_err(|error| refused("arguments", error))?;
    let Some(source) = projection.function(place) else {
        return Err(refused("function", "it is none of the contract's own"));
    };
    let book = Ids::of(projection.source().abi);
    let own = AnyCodec::new(projection.source().abi, &book).encode_call(source, &arguments.values);
    let own = own.map_err(|error| refused("arguments", error))?;
    let accounts = arguments.accounts.iter().map(|key| key.map_or_else(|| "none".to_owned(), |key| book.text(&key)));
    let accounts = accounts.collect::<Vec<_>>();
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
