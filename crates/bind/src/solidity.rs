//! Solidity interfaces.

use std::collections::{HashMap, HashSet};

use hexapla_abi::{
    Abi, CustomError, Event, Function, Mutability, Param, Refused, Type,
    names::{Language, Of},
    solidity::type_name,
};

use crate::{
    names::{Scope, comment, identifier, is_identifier, params, shouty, type_name as name_of_type},
    source::{Binding, File, Source, has_own_selector, left_out},
    text::Text,
};

/// Words that Solidity knows in certain places only; functions, events and errors may have them as names.
const CONTEXTUAL: &str = "error from layout transient revert now tx msg block abi require assert selfdestruct addmod \
    mulmod keccak256 sha256 ripemd160 ecrecover";
/// Errors that Solidity itself declares.
const BUILT_IN_ERRORS: [&str; 2] = ["Error", "Panic"];
/// Most bytes of a value in calldata or memory, which the compiler counts with 32 bits.
const BYTES_MAX: u64 = u32::MAX as u64 - WORD_BYTES;
const WORD_BYTES: u64 = 32;
/// Fields in topics, at most.
const INDEXED_MAX: usize = 3;
/// What any Solana program can be called with.
const INVOKE: &str =
    "function invoke(AccountMeta[] calldata accounts, bytes calldata data) external returns (bytes memory);";
/// The names that they need.
const INVOKES: [&str; 3] = ["AccountMeta", "invoke", "invokeSigned"];
const INVOKE_SIGNED: &str = "function invokeSigned(AccountMeta[] calldata accounts, bytes calldata data, bytes[][] calldata seeds) external returns (bytes memory);";

/// The interface `I<Name>` in a file of its name.
pub(crate) fn generate(source: &Source) -> Binding {
    let mut writer = Writer::new(source);
    let errors = writer.errors();
    let events = writer.events();
    let functions = writer.functions();
    let name = &writer.interface_name;
    let mut out = Text::default();
    out.line(0, "// SPDX-License-Identifier: UNLICENSED");
    out.line(0, "pragma solidity >=0.8.4;");
    out.gap();
    if let Some(location) = source.location {
        out.line(0, format!("address constant {} = {};", shouty(&source.name), location.canonical.to_checksum(None)));
        out.gap();
    }
    out.line(0, format!("/// @title {}", source.name));
    out.line(0, format!("/// @notice {}", source.origin()));
    out.line(0, format!("interface {name} {{"));
    let refused = source.shown().refused.iter().chain(&writer.left_out).cloned().collect::<Vec<_>>();
    let notes = refused.iter().map(|item| format!("// Left out: {}: {}\n", comment(&item.item), comment(&item.reason)));
    let notes = notes.map(|note| format!("    {note}")).collect::<Vec<_>>();
    let groups = [writer.structs, errors, events, functions, notes];
    let groups = groups.iter().filter(|group| !group.is_empty()).map(|group| group.concat()).collect::<Vec<_>>();
    out.push(&groups.join("\n"));
    out.line(0, "}");
    let path = format!("{name}.sol");
    Binding { files: vec![File { path, content: out.finish() }], left_out: refused }
}

struct Writer<'s> {
    source: &'s Source,
    interface_name: String,
    /// Names of functions, events, errors and structs.
    scope: Scope,
    /// Why a name is taken by an event or an error, which functions cannot share.
    named: HashMap<String, &'static str>,
    /// The functions by their selectors, which differ in an interface.
    selectors: HashMap<Vec<u8>, String>,
    /// Signatures of events: Solidity has one declaration for all that differ in what is indexed.
    events: HashSet<String>,
    struct_names: HashMap<Type, String>,
    structs: Vec<String>,
    left_out: Vec<Refused>,
}

impl<'s> Writer<'s> {
    fn new(source: &'s Source) -> Self {
        let shown = source.shown();
        let items = shown.functions.iter().map(|function| function.name.as_str());
        let readers = source.projection.readers().iter().map(|reader| reader.function.name.as_str());
        let events = shown.events.iter().map(|event| event.name.as_str());
        let errors = shown.errors.iter().map(|error| error.name.as_str());
        let mut scope = Scope::with(items.chain(readers).chain(events).chain(errors));
        let interface_name = scope.claim(format!("I{}", source.name));
        if is_program(source) {
            // The names of what the precompile declares; a type of the program gives way.
            for name in INVOKES {
                scope.take(name);
            }
        }
        let (named, struct_names) = (HashMap::new(), HashMap::new());
        let (structs, left_out, events, selectors) = (Vec::new(), Vec::new(), HashSet::new(), HashMap::new());
        Self { source, interface_name, scope, named, selectors, events, struct_names, structs, left_out }
    }

    /// Whether an item of this kind can have the name; overloads of functions and events can share one.
    fn is_free(&mut self, what: &'static str, name: &str) -> Result<(), String> {
        let contextual = CONTEXTUAL.split_ascii_whitespace().any(|word| word == name);
        if !is_identifier(name) || Language::Solidity.reserves(name) && !contextual {
            return Err("its name is no name in Solidity, and the call's selector is made of it".to_owned());
        }
        match self.named.insert(name.to_owned(), what) {
            Some(other) if other != what || what == "error" => {
                self.named.insert(name.to_owned(), other);
                Err(format!("{} {other} of the interface has this name", if other == what { "another" } else { "the" }))
            }
            _ => Ok(()),
        }
    }

    fn errors(&mut self) -> Vec<String> {
        let errors = &self.source.shown().errors;
        errors
            .iter()
            .filter_map(|error| self.error(error).map_err(|reason| self.leave("error", &error.signature, reason)).ok())
            .collect()
    }

    fn error(&mut self, error: &CustomError) -> Result<String, String> {
        let fields = self.params(&error.inputs, "", &mut Scope::default())?;
        if BUILT_IN_ERRORS.contains(&error.name.as_str()) {
            return Err("every contract has an error of this name without declaring it".to_owned());
        }
        self.is_free("error", &error.name)?;
        let mut out = Text::default();
        if !error.message.is_empty() {
            out.line(1, format!("/// @notice {}", comment(&error.message)));
        }
        out.line(1, format!("error {}({});", error.name, fields.join(", ")));
        Ok(out.finish())
    }

    fn events(&mut self) -> Vec<String> {
        let events = &self.source.shown().events;
        events
            .iter()
            .filter_map(|event| self.event(event).map_err(|reason| self.leave("event", &event.signature, reason)).ok())
            .collect()
    }

    fn event(&mut self, event: &Event) -> Result<String, String> {
        let anonymous = event.topic.is_none();
        let indexed = event.fields.iter().filter(|field| field.indexed).count();
        if indexed > INDEXED_MAX + usize::from(anonymous) {
            return Err(format!("{indexed} of its fields are indexed, Solidity allows {INDEXED_MAX}"));
        }
        let names = params(event.fields.iter().map(|field| &*field.name), Language::Solidity);
        let fields = event.fields.iter().zip(names).map(|(field, name)| {
            let ty = self.ty(&field.ty)?;
            Ok(format!("{ty}{} {name}", if field.indexed { " indexed" } else { "" }))
        });
        let fields = fields.collect::<Result<Vec<_>, String>>()?;
        if !self.events.insert(event.signature.clone()) {
            return Err("another event of the interface has this name and these types".to_owned());
        }
        self.is_free("event", &event.name)?;
        let end = if anonymous { " anonymous" } else { "" };
        Ok(format!("    event {}({}){end};\n", event.name, fields.join(", ")))
    }

    fn functions(&mut self) -> Vec<String> {
        let shown = self.source.shown();
        let mut out = Vec::new();
        for (index, function) in shown.functions.iter().enumerate() {
            let docs = self.source.function_docs(index);
            match self.function(function, &docs) {
                Ok(text) => out.push(text),
                Err(reason) => self.leave("function", &function.signature, reason),
            }
        }
        for reader in self.source.projection.readers() {
            let layout = self.source.projection.source().layouts.get(reader.layout);
            let layout = comment(layout.map(|layout| layout.name.as_str()).unwrap_or_default());
            let docs = [format!("The data of an account as `{layout}`, read without calling the program.")];
            match self.function(&reader.function, &docs) {
                Ok(text) => out.push(text),
                Err(reason) => self.leave("reader", &reader.function.signature, reason),
            }
        }
        if is_program(self.source) {
            let taken =
                |name| shown.functions.iter().any(|function| function.name == name) || self.named.contains_key(name);
            if !INVOKES.into_iter().any(taken) {
                self.structs.push(account_meta());
                out.push(invoke());
            }
        }
        if shown.receive {
            out.push("    receive() external payable;\n".to_owned());
        }
        if let Some(mutability) = shown.fallback {
            let payable = if mutability == Mutability::Payable { " payable" } else { "" };
            out.push(format!("    fallback() external{payable};\n"));
        }
        out
    }

    fn function(&mut self, function: &Function, docs: &[String]) -> Result<String, String> {
        has_own_selector(function)?;
        let mut names = Scope::default();
        let inputs = self.params(&function.inputs, " calldata", &mut names)?;
        let outputs = self.params(&function.outputs, " memory", &mut names)?;
        if let Some(other) = self.selectors.get(&function.selector[..]) {
            return Err(format!("{other} has the same selector"));
        }
        self.is_free("function", &function.name)?;
        self.selectors.insert(function.selector.to_vec(), function.signature.clone());
        let mutability = match function.mutability {
            Mutability::NonPayable => String::new(),
            other => format!(" {}", other.name()),
        };
        let returns = match outputs.as_slice() {
            [] => String::new(),
            outputs => format!(" returns ({})", outputs.join(", ")),
        };
        let mut out = Text::default();
        for (index, line) in docs.iter().enumerate() {
            let tag = ["@notice ", "@dev "].get(index).unwrap_or(&"");
            out.line(1, format!("/// {tag}{line}"));
        }
        out.line(1, format!("function {}({}) external{mutability}{returns};", function.name, inputs.join(", ")));
        Ok(out.finish())
    }

    /// Parameters as they are declared; their names differ from all that the scope has.
    fn params(&mut self, list: &[Param], location: &str, scope: &mut Scope) -> Result<Vec<String>, String> {
        let shown = list.iter().map(|param| {
            let mut shown = self.ty(&param.ty)?;
            if is_reference(&param.ty) {
                shown.push_str(location);
            }
            if !param.name.is_empty() {
                shown.push(' ');
                shown.push_str(&scope.claim(identifier(&param.name, Of::Item, Language::Solidity)));
            }
            Ok(shown)
        });
        shown.collect()
    }

    /// The type as Solidity writes it; a struct is declared when it is met first.
    fn ty(&mut self, ty: &Type) -> Result<String, String> {
        type_name(ty).map_err(|error| error.to_string())?;
        if static_bytes(ty) > BYTES_MAX {
            return Err(format!("a value of a type of it takes more than {BYTES_MAX} bytes"));
        }
        Ok(match ty {
            Type::Array(inner) => format!("{}[]", self.ty(inner)?),
            Type::FixedArray(inner, length) => format!("{}[{length}]", self.ty(inner)?),
            Type::Function => "function() external".to_owned(),
            Type::Struct { name, fields } => {
                let fields = fields.iter().map(|field| (&*field.name, &field.ty)).collect::<Vec<_>>();
                self.structure(ty, name, &fields)?
            }
            Type::Tuple(types) => {
                let fields = types.iter().map(|ty| ("", ty)).collect::<Vec<_>>();
                self.structure(ty, "Tuple", &fields)?
            }
            scalar => type_name(scalar).map_err(|error| error.to_string())?,
        })
    }

    fn structure(&mut self, ty: &Type, name: &str, fields: &[(&str, &Type)]) -> Result<String, String> {
        if let Some(name) = self.struct_names.get(ty) {
            return Ok(name.clone());
        }
        let names = params(fields.iter().map(|(name, _)| *name), Language::Solidity);
        let lines = fields.iter().zip(names).map(|((_, ty), name)| Ok(format!("{} {name};", self.ty(ty)?)));
        let lines = lines.collect::<Result<Vec<_>, String>>()?;
        let name = if name.is_empty() { "Tuple".to_owned() } else { name_of_type(name, Language::Solidity) };
        let name = self.scope.claim(identifier(&name, Of::Type, Language::Solidity));
        self.struct_names.insert(ty.clone(), name.clone());
        let mut out = Text::default();
        out.line(1, format!("struct {name} {{"));
        lines.iter().for_each(|line| out.line(2, line));
        out.line(1, "}");
        self.structs.push(out.finish());
        Ok(name)
    }

    fn leave(&mut self, what: &str, name: &str, reason: String) {
        self.left_out.push(left_out(what, name, reason));
    }
}

/// Whether the contract is a Solana program.
fn is_program(source: &Source) -> bool {
    source.projection.source().abi == Abi::Borsh
}

/// Bytes that every value of the type takes at least; what has any length counts as one word.
fn static_bytes(ty: &Type) -> u64 {
    match ty {
        Type::FixedArray(inner, length) => {
            static_bytes(inner).saturating_mul(u64::try_from(*length).unwrap_or(u64::MAX))
        }
        Type::Tuple(_) | Type::Struct { .. } => ty.children().map(static_bytes).fold(0, u64::saturating_add),
        _ => WORD_BYTES,
    }
}

fn is_reference(ty: &Type) -> bool {
    !matches!(
        ty,
        Type::Bool | Type::Uint { .. } | Type::Int { .. } | Type::Address | Type::FixedBytes(_) | Type::Function
    )
}

fn account_meta() -> String {
    let mut out = Text::default();
    out.line(1, "struct AccountMeta {");
    ["bytes32 pubkey;", "bool signer;", "bool writable;"].iter().for_each(|line| out.line(2, line));
    out.line(1, "}");
    out.finish()
}

fn invoke() -> String {
    let mut out = Text::default();
    out.line(1, "/// @notice Calls the program with raw accounts and instruction data.");
    out.line(1, INVOKE);
    out.line(1, "/// @notice The same, signing for the addresses that are derived from the caller with these seeds.");
    out.line(1, INVOKE_SIGNED);
    out.finish()
}
