//! Anchor IDLs, of specification 0.1.0.
//!
//! Anchor's clients write every name in camel case, so names of one scope differ in more than their style. What an
//! instruction does hangs on its discriminator alone.

use std::{collections::HashMap, sync::Arc};

use hexapla_abi::{
    AccountLayout, AccountParam, AccountSource, Event, Field, Function, Refused, Seed, Type, Variant,
    names::{Language, Of},
};
use serde_json::{Map, Value as Json, json};

use crate::{
    json::pretty,
    names::{Scope, identifier, letters, params_in, snake, type_name},
    source::{Binding, File, Source, left_out},
};

/// Bytes of an event's discriminator.
const EVENT_BYTES: usize = 8;
/// A program that nobody has said the address of.
const NOWHERE: [u8; 32] = [0; 32];

/// The IDL in a file of the contract's name.
pub(crate) fn generate(source: &Source) -> Binding {
    let shown = source.shown();
    let mut types = Types { scope: Scope::of_every_style(), ..Types::default() };
    // The types of accounts and events are found by the names of those, so they come first.
    let accounts = shown.layouts.iter().map(|layout| types.layout(layout)).collect::<Vec<_>>();
    let events = shown.events.iter().filter_map(|event| types.event(event)).collect::<Vec<_>>();
    let mut names = Scope::of_every_style();
    let instructions = shown.functions.iter().enumerate().map(|(index, function)| {
        let name = names.claim(identifier(&function.name, Of::Item, Language::Rust));
        types.function(function, &name, &source.function_docs(index))
    });
    let instructions = instructions.collect::<Vec<_>>();
    let errors = shown.errors.iter().filter_map(|error| {
        let code = u32::from_le_bytes(error.selector.as_ref().try_into().ok()?);
        let mut json = json!({ "code": code, "name": error.name });
        if let (Some(object), false) = (json.as_object_mut(), error.message.is_empty()) {
            object.insert("msg".into(), error.message.as_str().into());
        }
        Some(json)
    });
    let address = source.location.map_or(NOWHERE, |location| location.native.0);
    let name = snake(&source.name);
    let idl = json!({
        "address": bs58::encode(address).into_string(),
        "metadata": { "name": name, "version": "0.1.0", "spec": "0.1.0", "description": source.origin() },
        "instructions": instructions,
        "accounts": accounts,
        "events": events,
        "errors": errors.collect::<Vec<_>>(),
        "types": types.definitions,
    });
    let files = vec![File { path: format!("{name}.json"), content: pretty(&idl) }];
    Binding { files, left_out: shown.refused.iter().chain(&types.left_out).cloned().collect() }
}

/// The types that the IDL defines.
#[derive(Default)]
struct Types {
    scope: Scope,
    names: HashMap<Type, String>,
    definitions: Vec<Json>,
    left_out: Vec<Refused>,
}

impl Types {
    fn layout(&mut self, layout: &AccountLayout) -> Json {
        json!({ "name": self.define_as(&layout.name, &layout.ty), "discriminator": bytes(&layout.discriminator) })
    }

    fn event(&mut self, event: &Event) -> Option<Json> {
        let fields = event.fields.iter().map(|field| Field { name: field.name.clone(), ty: field.ty.clone() });
        let ty = Type::Struct { name: event.name.as_str().into(), fields: fields.collect() };
        let Some(topic) = event.topic.as_ref().and_then(|topic| topic.get(..EVENT_BYTES)) else {
            self.left_out.push(left_out("event", &event.signature, "an IDL tells events by their discriminators"));
            return None;
        };
        Some(json!({ "name": self.define_as(&event.name, &ty), "discriminator": bytes(topic) }))
    }

    fn function(&mut self, function: &Function, name: &str, docs: &[String]) -> Json {
        let names = names(function.inputs.iter().map(|param| &*param.name));
        let args = function.inputs.iter().zip(names);
        let args = args.map(|(param, name)| json!({ "name": name, "type": self.ty(&param.ty) }));
        let args = args.collect::<Vec<_>>();
        let mut out = json!({
            "name": name,
            "discriminator": bytes(&function.selector),
            "accounts": Accounts { function }.json(),
            "args": args,
        });
        let returns = match function.outputs.as_slice() {
            [] => None,
            [only] => Some(self.ty(&only.ty)),
            several => Some(self.ty(&Type::Tuple(several.iter().map(|param| param.ty.clone()).collect()))),
        };
        if let Some(object) = out.as_object_mut() {
            if !docs.is_empty() {
                object.insert("docs".into(), docs.into());
            }
            returns.map(|returns| object.insert("returns".into(), returns));
        }
        out
    }

    /// Defines the type under this name, or with a number behind it, and gives the name. An IDL finds the type of an
    /// account or event by the name of that, so each has a type of its own.
    fn define_as(&mut self, name: &str, ty: &Type) -> String {
        if self.names.get(ty).is_some_and(|known| known == name) {
            return name.to_owned();
        }
        let name = self.scope.claim(name.to_owned());
        if matches!(ty, Type::Struct { .. } | Type::Enum { .. }) {
            self.names.insert(ty.clone(), name.clone());
        }
        self.define(&name, ty);
        name
    }

    fn define(&mut self, name: &str, ty: &Type) {
        let definition = match ty {
            Type::Struct { .. } | Type::Tuple(_) | Type::Unit => match self.fields(ty) {
                None => json!({ "kind": "struct" }),
                Some(fields) => json!({ "kind": "struct", "fields": fields }),
            },
            Type::Enum { variants, .. } => {
                let mut scope = Scope::of_every_style();
                let variants = variants.iter().map(|variant| {
                    let name = scope.claim(variant.name.to_string());
                    self.variant(variant, name)
                });
                let variants = variants.collect::<Vec<_>>();
                json!({ "kind": "enum", "variants": variants })
            }
            Type::Constant(_) => json!({ "kind": "type", "alias": "bytes" }),
            other => json!({ "kind": "type", "alias": self.ty(other.of_values()) }),
        };
        let mut definition = json!({ "name": name, "type": definition });
        let custom = match ty {
            Type::Rest(_) => Some("without a length"),
            Type::Constant(_) => Some("constant"),
            _ => None,
        };
        if let (Some(custom), Some(object)) = (custom, definition.as_object_mut()) {
            object.insert("serialization".to_owned(), json!({ "custom": custom }));
            if let Type::Constant(value) = ty {
                object.insert(custom.to_owned(), bytes(value));
            }
        }
        self.definitions.push(definition);
    }

    fn variant(&mut self, variant: &Variant, name: String) -> Json {
        let mut json = Map::from_iter([("name".to_owned(), Json::from(name))]);
        let fields = match &variant.payload {
            payload @ Type::Struct { name, .. } if name.is_empty() => self.fields(payload),
            payload @ (Type::Unit | Type::Tuple(_)) => self.fields(payload),
            payload => Some(json!([self.ty(payload)])),
        };
        fields.map(|fields| json.insert("fields".to_owned(), fields));
        Json::Object(json)
    }

    /// The fields of a struct; `None` where there are none.
    fn fields(&mut self, ty: &Type) -> Option<Json> {
        match ty {
            Type::Struct { fields, .. } if !fields.is_empty() => {
                let fields = fields.iter().zip(names(fields.iter().map(|field| &*field.name)));
                Some(fields.map(|(field, name)| json!({ "name": name, "type": self.ty(&field.ty) })).collect())
            }
            Type::Tuple(types) if !types.is_empty() => Some(types.iter().map(|ty| self.ty(ty)).collect()),
            _ => None,
        }
    }

    fn ty(&mut self, ty: &Type) -> Json {
        match ty {
            Type::Bool => "bool".into(),
            Type::Address => "pubkey".into(),
            Type::Bytes => "bytes".into(),
            Type::String => "string".into(),
            Type::FixedBytes(length) | Type::FixedString(length) => json!({ "array": ["u8", length] }),
            Type::Array(inner) => json!({ "vec": self.ty(inner) }),
            Type::FixedArray(inner, length) => json!({ "array": [self.ty(inner), length] }),
            Type::Option(inner) => json!({ "option": self.ty(inner) }),
            // The bytes of a map are those of the list of its entries, sorted by key.
            Type::Map(key, value) => {
                let fields = vec![Field::new("key", (**key).clone()), Field::new("value", (**value).clone())];
                json!({ "vec": self.defined(&Type::Struct { name: "Entry".into(), fields }, "Entry") })
            }
            Type::Struct { name, .. } | Type::Enum { name, .. } => {
                let name = if name.is_empty() { "Anonymous".to_owned() } else { type_name(name, Language::Rust) };
                self.defined(ty, &name)
            }
            Type::Tuple(_) => self.defined(ty, "Tuple"),
            Type::Rest(_) => self.defined(ty, "Rest"),
            Type::Constant(_) => self.defined(ty, "Constant"),
            Type::Unit => self.defined(ty, "Unit"),
            // `u64`, `i128`; no other type has a form in Borsh.
            number => number.to_string().into(),
        }
    }

    fn defined(&mut self, ty: &Type, name: &str) -> Json {
        let known = self.names.get(ty).cloned();
        let name = known.unwrap_or_else(|| {
            let name = self.scope.claim(identifier(name, Of::Type, Language::Rust));
            self.names.insert(ty.clone(), name.clone());
            self.define(&name, ty);
            name
        });
        json!({ "defined": { "name": name } })
    }
}

fn bytes(bytes: &[u8]) -> Json {
    bytes.iter().copied().collect()
}

/// Names of arguments or fields.
fn names<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    // `_` is nothing in camel case.
    let names = names.map(|name| if letters(name).is_empty() { "" } else { name });
    params_in(Scope::of_every_style(), names, Language::Rust)
}

/// The accounts of a function.
struct Accounts<'f> {
    function: &'f Function,
}

impl Accounts<'_> {
    fn json(&self) -> Json {
        self.group("", &self.function.accounts.iter().collect::<Vec<_>>())
    }

    /// The accounts of a group, whose name and a dot stand before theirs, with the groups in it.
    fn group(&self, prefix: &str, accounts: &[&AccountParam]) -> Json {
        let name = |account: &AccountParam| account.name.get(prefix.len()..).unwrap_or_default().to_owned();
        let group = |account: &AccountParam| name(account).split_once('.').map(|(group, _)| group.to_owned());
        let runs = accounts.chunk_by(|one, other| group(one).is_some() && group(one) == group(other));
        let runs = runs.flat_map(|run| match run.first().and_then(|account| group(account)) {
            Some(group) => vec![json!({ "name": group, "accounts": self.group(&format!("{prefix}{group}."), run) })],
            None => run.iter().map(|account| self.account(prefix, &name(account), account)).collect(),
        });
        runs.collect()
    }

    fn account(&self, prefix: &str, name: &str, account: &AccountParam) -> Json {
        let mut json = Map::from_iter([("name".to_owned(), Json::from(name))]);
        let flags = [("writable", account.writable), ("signer", account.signer), ("optional", account.optional)];
        json.extend(flags.iter().filter(|(_, set)| *set).map(|(flag, _)| ((*flag).to_owned(), true.into())));
        match &account.source {
            AccountSource::Given => {}
            AccountSource::Fixed(id) => {
                json.insert("address".into(), bs58::encode(id).into_string().into());
            }
            AccountSource::Derived { program, seeds } => {
                let seeds = seeds.iter().map(|seed| self.seed(prefix, seed)).collect::<Vec<_>>();
                let mut pda = json!({ "seeds": seeds });
                if let (Some(object), Some(program)) = (pda.as_object_mut(), program) {
                    object.insert("program".into(), self.seed(prefix, program));
                }
                json.insert("pda".into(), pda);
            }
        }
        Json::Object(json)
    }

    /// The seed of an account in the group with this prefix.
    fn seed(&self, prefix: &str, seed: &Seed) -> Json {
        match seed {
            Seed::Const(value) => json!({ "kind": "const", "value": bytes(value) }),
            Seed::Arg(path) => json!({ "kind": "arg", "path": self.argument(path).join(".") }),
            Seed::Account(name) => match name.strip_prefix(prefix) {
                Some(near) if !near.contains('.') => json!({ "kind": "account", "path": near }),
                _ => self.far(name),
            },
        }
    }

    /// An account of another group: clients look for accounts in the group of the derived one, and nowhere else.
    fn far(&self, name: &str) -> Json {
        match self.function.accounts.iter().find(|account| *account.name == *name).map(|account| &account.source) {
            Some(AccountSource::Fixed(id)) => json!({ "kind": "const", "value": bytes(&**id) }),
            _ => json!({ "kind": "account", "path": name }),
        }
    }

    /// The path to an argument or to a field in it, in the names that they have in the IDL.
    fn argument(&self, path: &[Arc<str>]) -> Vec<String> {
        let inputs = self.function.inputs.iter();
        let mut known = inputs.map(|input| (&*input.name, &input.ty)).collect::<Vec<_>>();
        let names = path.iter().map(|segment| {
            let index = known.iter().position(|(name, _)| *name == &**segment);
            let shown = index.and_then(|index| names(known.iter().map(|(name, _)| *name)).into_iter().nth(index));
            known = match index.and_then(|index| known.get(index)) {
                Some((_, Type::Struct { fields, .. })) => {
                    fields.iter().map(|field| (&*field.name, &field.ty)).collect()
                }
                _ => Vec::new(),
            };
            shown.unwrap_or_else(|| segment.to_string())
        });
        names.collect()
    }
}
