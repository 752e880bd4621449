//! `hexapla address`

use crate::{
    flag::flag,
    output::{Output, Style, escape_control_chars, paint},
};
use clap::Args;
use hexapla::{
    system::SYSTEM_CONTRACT,
    toolkit::{AddressFormat as _, SharedAddresses, Toolkit, Toolkits},
};
use hexapla_primitives::{
    Address, B256, Bytes, NativeId, VmId,
    identity::{canonical_of_alias, is_malformed_alias},
};
use hexapla_scenario::{
    nearest::did_you_mean,
    problem::{Problem, Result},
};
use serde::{Serialize, Serializer};
use std::fmt::Write as _;

/// The name of the contract through which the host serves contracts, as scenarios have it.
const SYSTEM_CONTRACT_NAME: &str = "hexapla";
/// Most of a text that a message repeats.
const SHOWN_CHARS_MAX: usize = 100;
/// Hex digits of an address, and of an id of 32 bytes.
const ADDRESS_DIGITS: usize = 40;
const WORD_DIGITS: usize = 64;

/// Options of `hexapla address`.
#[derive(Debug, Args)]
#[command(
    after_help = "An address in capitals and small letters has a checksum (EIP-55), which must be right. Behind the address of an \
account that is at home on another VM stands a hash: only a chain knows the way back, except for names that \
everybody knows.\n\n\
Examples:\n  hexapla address 0x5FbDB2315678afecb367f032d93F642f64180aa3\n  hexapla address system-program\n  hexapla address --name alice"
)]
pub(crate) struct AddressArgs {
    /// An address or id in any form, or a name that everybody knows.
    #[arg(required = true, value_name = "TEXT")]
    texts: Vec<String>,
    /// The texts are names of a scenario: show the accounts that it makes of them where it says nothing else.
    #[arg(long, env = "HEXAPLA_OF_NAME", value_parser = flag())]
    name: bool,
    /// Print one JSON document instead of text.
    #[arg(long, env = "HEXAPLA_JSON", value_parser = flag())]
    json: bool,
}

/// An account in every form.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    /// The text that means it.
    given: String,
    /// The VM at which it is at home.
    #[serde(serialize_with = "name")]
    vm: VmId,
    /// What else is known about it.
    about: Option<String>,
    /// The names by which everybody knows it.
    names: Vec<&'static str>,
    /// The address under which it stands in the state.
    address: String,
    /// That of its home first.
    forms: Vec<Form>,
}

/// How an account appears inside of some VMs.
#[derive(Debug, Serialize)]
struct Form {
    /// The VMs.
    vms: Vec<String>,
    /// Whether it is at home there.
    home: bool,
    /// As people write it.
    text: String,
    /// Its bytes.
    hex: Bytes,
}

/// A VM by its name.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn name<S: Serializer>(vm: &VmId, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(vm)
}

/// Runs the command.
pub(crate) fn run(args: &AddressArgs, output: &mut Output) -> Result<bool> {
    let toolkits = hexapla::toolkits();
    let accounts = args.texts.iter().map(|text| match args.name {
        true => Ok(of_name(&toolkits, text)),
        false => of_text(&toolkits, text),
    });
    let accounts: Vec<Account> = accounts.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    if args.json {
        output.json(&accounts)?;
    } else {
        let texts: Vec<String> = accounts.iter().map(|account| in_words(account, &toolkits)).collect();
        output.result(&texts.join("\n"))?;
    }
    Ok(true)
}

/// The accounts that a text means: several where VMs write different ids alike.
fn of_text(toolkits: &Toolkits, text: &str) -> Result<Vec<Account>> {
    let text = text.trim();
    let ids = match names(toolkits).find(|(name, _)| *name == text) {
        Some((_, id)) => vec![id],
        None => ids_in(toolkits, text)?,
    };
    Ok(ids.into_iter().map(|id| account(toolkits, text, id, None)).collect())
}

fn ids_in(toolkits: &Toolkits, text: &str) -> Result<Vec<NativeId>> {
    let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) else {
        return match toolkits.parse_id(text) {
            Some(id) => Ok(vec![checked(id, text)?]),
            None => Err(nobody(toolkits, text)),
        };
    };
    if let Some(wrong) = digits.chars().find(|digit| !digit.is_ascii_hexdigit()) {
        let message = format!("{text:?} is no address: {wrong:?} is no hex digit");
        return Err(Problem::new("hexapla::address::form", message));
    }
    match digits.len() {
        ADDRESS_DIGITS => Ok(vec![with_checksum(toolkits, digits)?]),
        WORD_DIGITS => words(toolkits, &format!("0x{digits}")),
        count => {
            let message = format!("{text:?} has {count} hex digits");
            let help = format!("an address has {ADDRESS_DIGITS}, an id of 32 bytes {WORD_DIGITS}");
            Err(Problem::new("hexapla::address::length", message).with_help(help))
        }
    }
}

/// An address, whose checksum must be right where it has one. The id behind it, where everybody knows that.
fn with_checksum(toolkits: &Toolkits, digits: &str) -> Result<NativeId> {
    let lower = format!("0x{}", digits.to_lowercase());
    let id = SharedAddresses.parse_given(&lower)?;
    let right = SharedAddresses.format(&id.bytes);
    let has_checksum = digits.contains(|digit: char| digit.is_ascii_lowercase())
        && digits.contains(|digit: char| digit.is_ascii_uppercase());
    if has_checksum && right != format!("0x{digits}") {
        let message = format!("the checksum of the address 0x{digits} is wrong (EIP-55)");
        let help = format!(
            "a letter or digit is not as it was: compare it with where it comes from; if all are, it is {right}"
        );
        return Err(Problem::new("hexapla::address::checksum", message).with_help(help));
    }
    let canonical = id.canonical();
    let known = names(toolkits).map(|(_, id)| id).find(|known| known.canonical() == canonical);
    Ok(known.unwrap_or(id))
}

/// 32 bytes: an alias, or an id on each VM that has such.
fn words(toolkits: &Toolkits, text: &str) -> Result<Vec<NativeId>> {
    let formats = own_formats(toolkits).filter_map(|toolkit| toolkit.addresses().parse_given(text).ok());
    let mut ids = formats.map(|id| checked(id, text)).collect::<Result<Vec<_>>>()?;
    ids.dedup();
    match ids.is_empty() {
        true => Err(nobody(toolkits, text)),
        false => Ok(ids),
    }
}

/// An id, or the account behind it where it is an alias.
fn checked(id: NativeId, text: &str) -> Result<NativeId> {
    let word = B256::try_from(&id.bytes[..]).unwrap_or_default();
    if is_malformed_alias(word) {
        let message = format!("{text} begins as the alias of an address does, and has none behind that");
        let help = "the zero address is the zero id on every VM, and has no alias";
        return Err(Problem::new("hexapla::address::alias", message).with_help(help));
    }
    Ok(canonical_of_alias(word).map_or(id, NativeId::of_address))
}

fn nobody(toolkits: &Toolkits, text: &str) -> Box<Problem> {
    let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    let is_hex = text.chars().all(|digit| digit.is_ascii_hexdigit());
    let help = match text.len() {
        ADDRESS_DIGITS | WORD_DIGITS if is_hex => format!("hex begins with 0x: 0x{text}"),
        _ => {
            let known: Vec<&str> = names(toolkits).map(|(name, _)| name).collect();
            format!("{}; `--name` shows what a scenario makes of a name", did_you_mean(text, known))
        }
    };
    Problem::new("hexapla::address::form", format!("{shown:?} is no address, no id and no known name")).with_help(help)
}

/// The accounts that a scenario makes of a name, by what it says of it.
fn of_name(toolkits: &Toolkits, name: &str) -> Vec<Account> {
    let about = format!("the account {name:?} of a scenario");
    let mut accounts = vec![account(toolkits, name, SharedAddresses.of_name(name), Some(about))];
    for toolkit in own_formats(toolkits) {
        let words = toolkit.words();
        if let Some(transactions) = toolkit.transactions() {
            let (id, about) = (transactions.test_signer(name).id().clone(), words.signer);
            let about = format!("the {about} {name:?} of a scenario, and the {} that it deploys", words.short_contract);
            accounts.push(account(toolkits, name, id, Some(about)));
        }
        let about = format!("an id of a scenario that is only named {name:?}: nobody can sign for it");
        accounts.push(account(toolkits, name, toolkit.addresses().of_name(name), Some(about)));
    }
    accounts
}

/// The VMs with ids of their own.
fn own_formats(toolkits: &Toolkits) -> impl Iterator<Item = &dyn Toolkit> {
    toolkits.iter().filter(|toolkit| toolkit.addresses().vm() != VmId::EVM)
}

/// All names that everybody knows.
fn names(toolkits: &Toolkits) -> impl Iterator<Item = (&'static str, NativeId)> {
    let system = (SYSTEM_CONTRACT_NAME, NativeId::of_address(SYSTEM_CONTRACT));
    toolkits.iter().flat_map(|toolkit| toolkit.addresses().known()).chain([system]).collect::<Vec<_>>().into_iter()
}

fn account(toolkits: &Toolkits, given: &str, id: NativeId, about: Option<String>) -> Account {
    let address = id.canonical();
    let names = names(toolkits).filter(|(_, known)| *known == id).map(|(name, _)| name).collect();
    let mut forms = vec![shared_form(toolkits, &id, address)];
    forms.extend(own_formats(toolkits).map(|toolkit| own_form(toolkit, &id)));
    forms.sort_by_key(|form| !form.home);
    Account { given: given.to_owned(), vm: id.vm, about, names, address: address.to_checksum(None), forms }
}

/// The form in which the VMs see it that share their addresses.
fn shared_form(toolkits: &Toolkits, id: &NativeId, address: Address) -> Form {
    let sharing = toolkits.iter().filter(|toolkit| toolkit.addresses().vm() == VmId::EVM);
    Form {
        vms: sharing.map(|toolkit| toolkit.vm().to_string()).collect(),
        home: id.vm == VmId::EVM,
        text: address.to_checksum(None),
        hex: Bytes::copy_from_slice(address.as_slice()),
    }
}

fn own_form(toolkit: &dyn Toolkit, id: &NativeId) -> Form {
    let format = toolkit.addresses();
    // The zero address is the zero id, see docs/adr/0007-solana-keys-in-solidity.md.
    let is_zero = id.vm == VmId::EVM && id.canonical().is_zero();
    let hex = if is_zero { Bytes::copy_from_slice(B256::ZERO.as_slice()) } else { format.seen(id) };
    Form { vms: vec![toolkit.vm().to_string()], home: id.vm == toolkit.vm(), text: format.format(&hex), hex }
}

fn in_words(account: &Account, toolkits: &Toolkits) -> String {
    let mut text = format!("{}\n", paint(Style::BOLD, &escape_control_chars(&account.given)));
    let mut line = |label: &str, words: &str| {
        let _ = writeln!(text, "  {} {words}", paint(Style::DIM, &format!("{label:10}")));
    };
    let ecosystem = toolkits.get(account.vm).map_or("", |toolkit| toolkit.words().ecosystem);
    line("home", &format!("{} ({ecosystem})", account.vm));
    if !account.names.is_empty() {
        line("known as", &account.names.join(", "));
    }
    if let Some(about) = &account.about {
        line("is", about);
    }
    for form in &account.forms {
        let is_address = form.hex.len() == ADDRESS_DIGITS / 2;
        let alias = match (form.home, is_address) {
            (true, _) => String::new(),
            (false, true) => paint(Style::DIM, "  its address there"),
            (false, false) => paint(Style::DIM, "  its alias there"),
        };
        line(&form.vms.join(", "), &format!("{}{alias}", form.text));
        if !is_address {
            line("", &form.hex.to_string());
        }
    }
    text
}
