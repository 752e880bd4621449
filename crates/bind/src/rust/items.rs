//! Instructions, errors, events and accounts of a Rust crate.

use hexapla_abi::{
    AccountParam, AccountSource, Function, Param, Refused, Seed, Type,
    names::{Language, Of},
    text::escape,
};

use super::types::{ON_HEAP, Types, on_heap};
use crate::{
    names::{Scope, comment, identifier, params, shouty, snake},
    source::{Source, left_out},
    text::Text,
};

const RESULT: &str = "::core::result::Result";

/// A module per function.
pub(super) fn instructions(source: &Source, types: &mut Types, refused: &mut Vec<Refused>) -> Vec<String> {
    let mut scope = Scope::default();
    let functions = source.shown().functions.iter().enumerate();
    let modules = functions.filter_map(|(index, function)| {
        let made = instruction(function, &source.function_docs(index), types);
        let (head, body) =
            made.map_err(|reason| refused.push(left_out("function", &function.signature, reason))).ok()?;
        let name = scope.claim(identifier(&function.name, Of::Item, Language::Rust));
        Some(module(&head, &name, &body))
    });
    modules.collect()
}

fn module(head: &str, name: &str, body: &str) -> String {
    format!("{head}    pub mod {name} {{\n{body}    }}\n")
}

/// What stands before the module, and what is in it.
fn instruction(function: &Function, docs: &[String], types: &mut Types) -> Result<(String, String), String> {
    let mut head = Text::default();
    head.line(1, format!("/// `{}`", comment(&function.signature).replace('`', "'")));
    if !docs.is_empty() {
        // As preformatted text, so that nothing in it is a link or HTML.
        head.line(1, "///");
        head.line(1, "/// ```text");
        docs.iter().for_each(|line| head.line(1, format!("/// {}", line.replace("```", "'''"))));
        head.line(1, "/// ```");
    }
    let mut out = Text::default();
    discriminator(&function.selector, "What the instruction's data begins with.", &mut out);
    let heap = function.input_types().any(on_heap);
    let fields = function.inputs.iter().map(|param| (&*param.name, &param.ty)).collect::<Vec<_>>();
    out.line(2, "/// The arguments.");
    out.push(&types.structure("Args", 2, &fields, heap)?);
    out.gap();
    data(heap, &mut out);
    accounts_of(&function.accounts, &mut out);
    if !function.outputs.is_empty() {
        output(&function.outputs, types, &mut out)?;
    }
    Ok((head.finish(), out.finish()))
}

fn discriminator(bytes: &[u8], docs: &str, out: &mut Text) {
    out.line(2, format!("/// {docs}"));
    out.line(2, format!("pub const DISCRIMINATOR: [u8; {}] = {bytes:?};", bytes.len()));
    out.gap();
}

fn data(heap: bool, out: &mut Text) {
    let gate = |out: &mut Text| {
        if heap {
            out.line(2, ON_HEAP)
        }
    };
    out.line(2, "/// Writes the instruction's data into the buffer and says how many bytes it takes.");
    gate(out);
    out.line(2, format!("pub fn data(args: &Args, buffer: &mut [u8]) -> {RESULT}<usize, crate::rt::Error> {{"));
    out.line(3, "let mut out = crate::rt::Buffer::new(buffer);");
    out.line(3, "crate::rt::Write::put(&mut out, &DISCRIMINATOR)?;");
    out.line(3, "crate::rt::Borsh::write(args, &mut out)?;");
    out.line(3, format!("{RESULT}::Ok(out.length())"));
    out.line(2, "}");
    out.gap();
    out.line(2, "/// The instruction's data.");
    out.line(2, ON_HEAP);
    out.line(2, format!("pub fn data_vec(args: &Args) -> {RESULT}<::alloc::vec::Vec<u8>, crate::rt::Error> {{"));
    out.line(3, "let mut out = ::alloc::vec::Vec::new();");
    out.line(3, "crate::rt::Write::put(&mut out, &DISCRIMINATOR)?;");
    out.line(3, "crate::rt::Borsh::write(args, &mut out)?;");
    out.line(3, format!("{RESULT}::Ok(out)"));
    out.line(2, "}");
}

fn accounts_of(accounts: &[AccountParam], out: &mut Text) {
    let flat = accounts.iter().map(|account| account.name.replace('.', "_")).collect::<Vec<_>>();
    let names = params(flat.iter().map(String::as_str), Language::Rust);
    let named = accounts.iter().zip(&names).collect::<Vec<_>>();
    out.gap();
    out.line(2, "/// The accounts that the caller says.");
    out.line(2, "#[derive(Clone, Copy, Debug, PartialEq, Eq)]");
    out.line(2, "pub struct Accounts {");
    for (account, name) in &named {
        if matches!(account.source, AccountSource::Fixed(_)) {
            continue;
        }
        out.line(3, format!("/// {}", account_docs(account)));
        let ty = if account.optional { "::core::option::Option<crate::rt::Pubkey>" } else { "crate::rt::Pubkey" };
        out.line(3, format!("pub {name}: {ty},"));
    }
    out.line(2, "}");
    out.gap();
    out.line(2, "impl Accounts {");
    out.line(
        3,
        "/// All accounts in their order, for the program with this id, which stands for one that is left out.",
    );
    out.line(3, "#[allow(unused_variables)]");
    let count = accounts.len();
    out.line(3, format!("pub fn metas(&self, program: &crate::rt::Pubkey) -> [crate::rt::AccountMeta; {count}] {{"));
    out.line(4, "[");
    for (account, name) in &named {
        let AccountParam { signer, writable, optional, source, .. } = account;
        let meta = |key: &str| format!("crate::rt::AccountMeta::new({key}, {signer}, {writable})");
        out.line(5, match source {
            AccountSource::Fixed(id) => format!("{},", meta(&format!("{:?}", id.0))),
            _ if *optional => format!(
                "match self.{name} {{ ::core::option::Option::Some(key) => {}, ::core::option::Option::None => crate::rt::AccountMeta::new(*program, false, false) }},",
                meta("key")
            ),
            _ => format!("{},", meta(&format!("self.{name}"))),
        });
    }
    out.line(4, "]");
    out.line(3, "}");
    out.line(2, "}");
}

fn account_docs(account: &AccountParam) -> String {
    let flags = [(account.writable, "writable"), (account.signer, "signs"), (account.optional, "may be left out")];
    let mut words = flags.iter().filter(|(set, _)| *set).map(|(_, word)| (*word).to_owned()).collect::<Vec<_>>();
    if let AccountSource::Derived { seeds, .. } = &account.source {
        words.push(format!("derived from {}", seeds.iter().map(seed).collect::<Vec<_>>().join(", ")));
    }
    if words.is_empty() {
        "Read only.".to_owned()
    } else {
        format!("`{}`", comment(&words.join("; ")).replace('`', "'"))
    }
}

fn seed(seed: &Seed) -> String {
    match seed {
        Seed::Const(bytes) => format!("{bytes}"),
        Seed::Arg(path) => format!("the argument {}", escape(&path.join("."))),
        Seed::Account(name) => format!("the account {}", escape(name)),
    }
}

fn output(outputs: &[Param], types: &mut Types, out: &mut Text) -> Result<(), String> {
    let ty = match outputs {
        [only] => types.ty(&only.ty)?,
        several => types.ty(&Type::Tuple(several.iter().map(|param| param.ty.clone()).collect()))?,
    };
    out.gap();
    let heap = outputs.iter().any(|param| on_heap(&param.ty));
    out.line(2, "/// Reads the return data.");
    if heap {
        out.line(2, ON_HEAP);
    }
    out.line(2, format!("pub fn decode_output(data: &[u8]) -> {RESULT}<{ty}, crate::rt::Error> {{"));
    out.line(3, "crate::rt::decode(&[], data)");
    out.line(2, "}");
    Ok(())
}

/// A constant per error.
pub(super) fn errors(source: &Source) -> Vec<String> {
    let mut scope = Scope::default();
    let errors = source.shown().errors.iter().filter_map(|error| {
        let code = u32::from_le_bytes(error.selector.as_ref().try_into().ok()?);
        let name = match shouty(&error.name) {
            name if name.is_empty() => format!("ERROR_{code}"),
            name => name,
        };
        let meaning = if error.message.is_empty() { &error.signature } else { &error.message };
        let meaning = comment(meaning).replace('`', "'");
        Some(format!("    /// `{meaning}`\n    pub const {}: u32 = {code};\n", scope.claim(name)))
    });
    errors.collect()
}

/// A module per event.
pub(super) fn events(source: &Source, types: &mut Types, refused: &mut Vec<Refused>) -> Vec<String> {
    let mut scope = Scope::default();
    let events = source.shown().events.iter().filter_map(|event| {
        let fields = event.fields.iter().map(|field| (&*field.name, &field.ty)).collect::<Vec<_>>();
        let heap = fields.iter().any(|(_, ty)| on_heap(ty));
        let shape = types.structure("Data", 2, &fields, heap);
        let shape = shape.map_err(|reason| refused.push(left_out("event", &event.signature, reason))).ok()?;
        let mut out = Text::default();
        discriminator(event.topic.as_ref()?.get(..8)?, "What the event's data begins with.", &mut out);
        out.line(2, "/// The fields.");
        out.push(&shape);
        out.gap();
        decoder("decode", "Data", "Reads what the program logged, the discriminator included.", heap, &mut out);
        let head = format!("    /// `{}`\n", comment(&event.signature).replace('`', "'"));
        Some(module(&head, &scope.claim(module_name(&event.name)), &out.finish()))
    });
    events.collect()
}

/// A module per account layout.
pub(super) fn accounts(source: &Source, types: &mut Types, refused: &mut Vec<Refused>) -> Vec<String> {
    let mut scope = Scope::default();
    let layouts = source.shown().layouts.iter().filter_map(|layout| {
        let ty = types.ty(&layout.ty);
        let ty = ty.map_err(|reason| refused.push(left_out("account layout", &layout.name, reason))).ok()?;
        let mut out = Text::default();
        discriminator(&layout.discriminator, "What the account's data begins with.", &mut out);
        decoder(
            "decode_account",
            &ty,
            "Reads an account's data, the discriminator included.",
            on_heap(&layout.ty),
            &mut out,
        );
        let head = format!("    /// `{}`\n", comment(&layout.name).replace('`', "'"));
        Some(module(&head, &scope.claim(module_name(&layout.name)), &out.finish()))
    });
    layouts.collect()
}

fn module_name(name: &str) -> String {
    match snake(name) {
        name if name.is_empty() => identifier("nameless", Of::Item, Language::Rust),
        name => identifier(&name, Of::Item, Language::Rust),
    }
}

fn decoder(how: &str, ty: &str, docs: &str, heap: bool, out: &mut Text) {
    out.line(2, format!("/// {docs}"));
    if heap {
        out.line(2, ON_HEAP);
    }
    out.line(2, format!("pub fn decode(data: &[u8]) -> {RESULT}<{ty}, crate::rt::Error> {{"));
    out.line(3, format!("crate::rt::{how}(&DISCRIMINATOR, data)"));
    out.line(2, "}");
}
