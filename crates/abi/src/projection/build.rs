//! Projections are made.

use alloc::{
    collections::BTreeSet,
    format,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};

use alloy_primitives::{Bytes, hex};

use super::{AccountArgument, Index, Plan, Projection, Reader, target};
use crate::{
    derive::derivations,
    image::{Image, ImageError},
    interface::{
        Abi, AccountLayout, AccountParam, AccountSource, Constructor, CustomError, Event, EventParam, Function,
        Interface, Mutability, Param, Refused,
    },
    names::{Of, distinct, translated},
    selectors::Selectors,
    text::{brief, escape},
    types::Type,
};

/// Bytes of an account's id.
const ID_BYTES: usize = 32;
/// The first argument of a payable function where coin is an argument.
const LAMPORTS: &str = "lamports";

impl Projection {
    /// The interface in the terms of another ABI. What cannot be shown is in the `refused` of
    /// [`interface`](Self::interface), with the reason.
    pub fn new(source: Arc<Interface>, target: Abi) -> Self {
        projection(source, target)
    }
}

/// The interface in the terms of another ABI.
fn projection(source: Arc<Interface>, target: Abi) -> Projection {
    let pair = AbiPair { from: source.abi, to: target };
    let mut interface = Interface { name: source.name.clone(), abi: target, ..Interface::default() };
    interface.refused.clone_from(&source.refused);
    let names = function_names(&source, pair);
    let mut builder = ProjectionBuilder { interface, same: pair.same(), selectors: BTreeSet::new() };
    let functions = source.functions.iter().zip(names).enumerate();
    let functions = functions.filter_map(|(index, (function, name))| {
        let shown = pair.function(index, function, name).map_err(reason).and_then(|(function, plan)| {
            builder.claims(&function.selector)?;
            Ok((function, plan))
        });
        let (function, plan) = builder.kept("function", &function.signature, shown)?;
        builder.interface.functions.push(function);
        Some(plan)
    });
    let functions = functions.collect();
    builder.selectors.clear();
    let names = distinct(source.errors.iter().map(|error| pair.name(&error.name, Of::Type)));
    let errors = source.errors.iter().zip(names).enumerate().filter_map(|(index, (error, name))| {
        let shown = pair.error(index, error, name).map_err(reason).and_then(|(shown, plan)| {
            builder.claims(&shown.selector)?;
            Ok((shown, plan))
        });
        let (error, plan) = builder.kept("error", &error.signature, shown)?;
        builder.interface.errors.push(error);
        Some(plan)
    });
    let errors = errors.collect();
    builder.selectors.clear();
    let names = distinct(source.events.iter().map(|event| pair.name(&event.name, Of::Type)));
    let events = source.events.iter().zip(names).enumerate().filter_map(|(index, (event, name))| {
        let shown = pair.event(index, event, name).map_err(reason).and_then(|(shown, plan)| {
            if let Some(topic) = shown.topic {
                builder.claims(&topic.into())?;
            }
            Ok((shown, plan))
        });
        let (event, plan) = builder.kept("event", &event.signature, shown)?;
        builder.interface.events.push(event);
        Some(plan)
    });
    let events = events.collect();
    if let Some(constructor) = &source.constructor {
        let shown = pair.constructor(constructor).map_err(reason);
        builder.interface.constructor = builder.kept("constructor", "", shown);
    }
    let readers = readers(&source, pair, &mut builder);
    builder.interface.types = builder.interface.named_types();
    if pair.same() {
        builder.interface = (*source).clone();
    }
    finished(Projection {
        interface: builder.interface,
        functions,
        errors,
        events,
        readers,
        source,
        index: Index::default(),
        weight: 0,
    })
}

/// The projection with what is computed from all of it.
fn finished(mut projection: Projection) -> Projection {
    projection.index = Index {
        functions: Selectors::new(projection.interface.functions.iter().map(|function| &function.selector)),
        readers: Selectors::new(projection.readers.iter().map(|reader| &reader.function.selector)),
        source_errors: Selectors::new(projection.source.errors.iter().map(|error| &error.selector)),
    };
    projection.weight = projection.weighed();
    projection
}

/// What is made so far.
struct ProjectionBuilder {
    interface: Interface,
    /// Whether the source is of the same ABI.
    same: bool,
    /// The selectors of the items of one kind.
    selectors: BTreeSet<Bytes>,
}

impl ProjectionBuilder {
    fn claims(&mut self, selector: &Bytes) -> Result<(), String> {
        // In the same ABI the items stay what they are.
        if self.same || self.selectors.insert(selector.clone()) {
            return Ok(());
        }
        Err(format!("another item has the same selector {selector}"))
    }

    /// The item; one that cannot be shown is noted.
    fn kept<T>(&mut self, what: &str, name: &str, shown: Result<T, String>) -> Option<T> {
        let refused = |reason| Refused { item: format!("{what} `{}`", brief(&escape(name))), reason };
        shown.map_err(|reason| self.interface.refused.push(refused(reason))).ok()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn reason(error: ImageError) -> String {
    error.to_string()
}

/// From which ABI to which.
#[derive(Clone, Copy)]
struct AbiPair {
    from: Abi,
    to: Abi,
}

impl AbiPair {
    fn same(self) -> bool {
        self.from == self.to
    }

    fn image(self, ty: &Type) -> Result<Image, ImageError> {
        Image::new(ty, self.from, self.to)
    }

    fn name(self, name: &str, of: Of) -> String {
        if self.same() { name.into() } else { translated(name, of, self.from.language(), self.to.language()) }
    }

    /// The name of a parameter; one without a name stays so, and groups of accounts are joined with `_`.
    fn param_name(self, name: &str) -> String {
        if name.is_empty() { String::new() } else { self.name(&name.replace('.', "_"), Of::Item) }
    }

    fn images<'t>(self, types: impl Iterator<Item = &'t Type>) -> Result<Vec<Image>, ImageError> {
        types.map(|ty| self.image(ty)).collect()
    }

    fn function(self, source: usize, function: &Function, name: String) -> Result<(Function, Plan), ImageError> {
        let inputs = self.images(function.input_types())?;
        let outputs = self.images(function.output_types())?;
        if self.same() {
            return Ok((function.clone(), Plan { source, inputs, outputs, ..Plan::default() }));
        }
        let derivations = derivations(function)?;
        one_signer(&function.accounts)?;
        let coin = self.to == Abi::Borsh && function.mutability == Mutability::Payable;
        let accounts = self.accounts(&function.accounts)?;
        let first = coin.then(|| (LAMPORTS.to_string(), Type::Uint { bits: 64 }));
        let ids = accounts.iter().map(|account| (self.param_name(&account.name), account.image.image().clone()));
        let types = function.type_params.iter().map(|name| (self.param_name(name), Type::String));
        let params = first.into_iter().chain(types).chain(ids).chain(self.shown(&function.inputs, &inputs));
        let inputs_shown = params_of(params);
        let outputs_shown = params_of(self.shown(&function.outputs, &outputs));
        let types = inputs_shown.iter().map(|param| &param.ty).collect::<Vec<_>>();
        let signature = target::signature(self.to, &name, &types)?;
        let shown = Function {
            selector: target::selector(self.to, &name, &signature),
            name,
            inputs: inputs_shown,
            outputs: outputs_shown,
            mutability: function.mutability,
            signature,
            accounts: if coin { [payer()].into() } else { Vec::new() },
            ..Function::default()
        };
        let type_params = function.type_params.len();
        Ok((shown, Plan { source, accounts, coin, type_params, inputs, outputs, derivations }))
    }

    /// The accounts that the caller says: those that are given and do not sign.
    fn accounts(self, accounts: &[AccountParam]) -> Result<Vec<AccountArgument>, ImageError> {
        let given = accounts.iter().filter(|account| account.source == AccountSource::Given && !account.signer);
        let arguments = given.map(|account| {
            let image = self.image(&Type::FixedBytes(ID_BYTES))?;
            Ok(AccountArgument { name: account.name.clone(), optional: account.optional, image })
        });
        arguments.collect()
    }

    fn shown(self, params: &[Param], images: &[Image]) -> impl Iterator<Item = (String, Type)> {
        params.iter().zip(images).map(move |(param, image)| (self.param_name(&param.name), image.image().clone()))
    }

    fn error(self, source: usize, error: &CustomError, name: String) -> Result<(CustomError, Plan), ImageError> {
        let hidden = !self.same() && target::errors_are_numbers(self.to);
        let fields = if hidden { &[] } else { error.inputs.as_slice() };
        let inputs = self.images(fields.iter().map(|param| &param.ty))?;
        let shown = params_of(self.shown(fields, &inputs));
        let types = inputs.iter().map(Image::image).collect::<Vec<_>>();
        let signature = target::signature(self.to, &name, &types)?;
        let selector = target::error_selector(self.from, self.to, error, source, [&name, &signature]);
        let shown = CustomError { selector, name, inputs: shown, message: error.message.clone(), signature };
        let shown = if self.same() { error.clone() } else { shown };
        Ok((shown, Plan { source, inputs, ..Plan::default() }))
    }

    fn event(self, source: usize, event: &Event, name: String) -> Result<(Event, Plan), ImageError> {
        let inputs = self.images(event.fields.iter().map(|field| &field.ty))?;
        let names = distinct_params(event.fields.iter().map(|field| self.param_name(&field.name)));
        let fields = names.zip(&inputs);
        let fields = fields.map(|(name, image)| EventParam { name, ty: image.image().clone(), indexed: false });
        let fields = fields.collect();
        let types = inputs.iter().map(Image::image).collect::<Vec<_>>();
        let signature = target::signature(self.to, &name, &types)?;
        let topic = Some(target::topic(self.to, &name, &signature));
        let shown = if self.same() { event.clone() } else { Event { name, fields, topic, signature } };
        Ok((shown, Plan { source, inputs, ..Plan::default() }))
    }

    fn constructor(self, constructor: &Constructor) -> Result<Constructor, ImageError> {
        let inputs = self.images(constructor.inputs.iter().map(|param| &param.ty))?;
        Ok(Constructor {
            inputs: params_of(self.shown(&constructor.inputs, &inputs)),
            mutability: constructor.mutability,
        })
    }
}

/// That the caller stands for one account at most: who signs as all of several would be all of them.
fn one_signer(accounts: &[AccountParam]) -> Result<(), ImageError> {
    let signs = |account: &&AccountParam| account.signer && !account.optional && account.source == AccountSource::Given;
    let signers = accounts.iter().filter(signs).map(|account| escape(&account.name)).collect::<Vec<_>>();
    if signers.len() < 2 { Ok(()) } else { Err(ImageError::SeveralSigners { accounts: brief(&signers.join(" and ")) }) }
}

/// The account that pays for a payable function.
fn payer() -> AccountParam {
    AccountParam { name: "payer".into(), writable: true, signer: true, optional: false, source: AccountSource::Given }
}

fn params_of(params: impl Iterator<Item = (String, Type)>) -> Vec<Param> {
    let (names, types): (Vec<_>, Vec<_>) = params.unzip();
    distinct_params(names.into_iter()).zip(types).map(|(name, ty)| Param { name, ty }).collect()
}

/// Names of parameters, which differ where they are not empty.
fn distinct_params(names: impl Iterator<Item = String>) -> impl Iterator<Item = Arc<str>> {
    let names = names.collect::<Vec<_>>();
    let mut named = distinct(names.iter().filter(|name| !name.is_empty()).cloned()).into_iter();
    names.into_iter().map(move |name| if name.is_empty() { name } else { named.next().unwrap_or(name) }.into())
}

/// Names of the projected functions. Overloads get their selector behind the name, for ABIs that know names only.
fn function_names(source: &Interface, pair: AbiPair) -> Vec<String> {
    if pair.same() {
        return source.functions.iter().map(|function| function.name.clone()).collect();
    }
    let mut seen = BTreeSet::new();
    let overloaded = source.functions.iter().map(|function| &function.name).filter(|name| !seen.insert(*name));
    let overloaded = overloaded.cloned().collect::<BTreeSet<_>>();
    let names = source.functions.iter().map(|function| {
        let name = pair.name(&function.name, Of::Item);
        let suffix = || hex::encode(&function.selector);
        if overloaded.contains(&function.name) { format!("{name}_{}", suffix()) } else { name }
    });
    distinct(names)
}

/// The readers, whose names differ from those of the functions; the layouts go into the interface.
fn readers(source: &Interface, pair: AbiPair, builder: &mut ProjectionBuilder) -> Vec<Reader> {
    let functions = builder.interface.functions.iter().map(|function| function.name.clone()).collect::<Vec<_>>();
    let reader = |layout: &AccountLayout| pair.name(&format!("read_{}", lower(&layout.name)), Of::Item);
    let names = functions.iter().cloned().chain(source.layouts.iter().map(reader));
    let names = distinct(names).into_iter().skip(functions.len());
    let mut readers = Vec::new();
    for (index, (layout, name)) in source.layouts.iter().zip(names).enumerate() {
        let shown = pair.image(&layout.ty).and_then(|image| {
            let account = pair.image(&Type::FixedBytes(ID_BYTES))?;
            let signature = target::signature(pair.to, &name, &[account.image()])?;
            let function = Function {
                selector: target::selector(pair.to, &name, &signature),
                name,
                inputs: [Param::new("account", account.image().clone())].into(),
                outputs: [Param::new("", image.image().clone())].into(),
                mutability: Mutability::View,
                signature,
                ..Function::default()
            };
            Ok(Reader { function, layout: index, image })
        });
        if let Some(reader) = builder.kept("account layout", &layout.name, shown.map_err(reason)) {
            let ty = reader.image.image().clone();
            let (name, discriminator) = (pair.name(&layout.name, Of::Type), layout.discriminator.clone());
            builder.interface.layouts.push(AccountLayout { name, discriminator, ty });
            readers.push(reader);
        }
    }
    readers
}

/// The name of a type as the end of a function's name in snake case.
fn lower(name: &str) -> String {
    translated(name, Of::Type, crate::names::Language::Rust, crate::names::Language::Rust)
        .chars()
        .enumerate()
        .flat_map(|(index, c)| [(index > 0 && c.is_ascii_uppercase()).then_some('_'), Some(c.to_ascii_lowercase())])
        .flatten()
        .collect()
}
