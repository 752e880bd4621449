//! What an interface may have at most, wherever it is kept or read from bytes.
//!
//! Whoever registers an interface chooses it, and every caller of its contract works with it. So each count has a limit,
//! four to eight times what the largest published interfaces have (in brackets; Drift and Kamino are Anchor programs,
//! Seaport is an EVM contract). Types count as often as they are used, because they are written out for each use.

use alloc::{borrow::ToOwned, format, string::String};

use crate::{
    interface::{
        AccountLayout, AccountParam, AccountSource, Constructor, CustomError, Event, Function, Interface, Param,
        Refused, Seed,
    },
    text::brief,
    types::{CONSTANT_BYTES_MAX, Children, Type},
    wire::WireError,
};

/// Functions, events, errors, layouts of accounts or refused items, each (Drift: 346 errors, 246 functions).
pub const ITEMS_MAX: usize = 2048;
/// Parts of the types of one item, each written out (Drift: 182; Kamino: 136; Seaport: 64).
pub const ITEM_PARTS_MAX: usize = 1024;
/// Parameters or results of a function, fields of an event or an error (Drift: 36).
pub const PARAMS_MAX: usize = 256;
/// Accounts of an instruction, the limit of Solana's runtime (Kamino: 33).
pub const ACCOUNTS_MAX: usize = 255;
/// Seeds of a derived account; the bump is the sixteenth of Solana's runtime (Whirlpool: 5).
pub const SEEDS_MAX: usize = 15;
/// Bytes of a constant seed, the limit of Solana's runtime.
pub const SEED_BYTES_MAX: usize = 32;
/// Variants of an enum, as many as an index of one byte tells apart (Kamino: 58).
pub const VARIANTS_MAX: usize = 256;
/// Bytes of a name (Kamino: 63).
pub const NAME_BYTES_MAX: usize = 256;
/// Bytes of a selector or a discriminator. Where functions are named by text, it is the name.
pub const SELECTOR_BYTES_MAX: usize = NAME_BYTES_MAX;
/// Bytes of a signature (Seaport: 339).
pub const SIGNATURE_BYTES_MAX: usize = 4096;
/// Bytes of the meaning of an error (Kamino: 138), of what was refused or of why.
pub const TEXT_BYTES_MAX: usize = 2048;

/// Whether the interface is within every limit.
pub(crate) fn check(interface: &Interface) -> Result<(), WireError> {
    let Interface { name, constructor, functions, events, errors, types, layouts, refused, .. } = interface;
    let whole = || "the interface".to_owned();
    below("bytes of a name", whole, name.len(), NAME_BYTES_MAX)?;
    let lists = [
        ("functions", functions.len()),
        ("events", events.len()),
        ("errors", errors.len()),
        ("named types", types.len()),
        ("layouts of accounts", layouts.len()),
        ("refused items", refused.len()),
    ];
    lists.into_iter().try_for_each(|(what, given)| below(what, whole, given, ITEMS_MAX))?;
    functions.iter().try_for_each(function)?;
    events.iter().try_for_each(event)?;
    errors.iter().try_for_each(error)?;
    layouts.iter().try_for_each(layout)?;
    refused.iter().try_for_each(refusal)?;
    types.iter().try_for_each(|ty| Parts::new(&|| "a type".to_owned()).add(ty))?;
    constructor.iter().try_for_each(|Constructor { inputs, .. }| params(&|| "the constructor".to_owned(), [inputs]))
}

fn function(function: &Function) -> Result<(), WireError> {
    let item = || item("function", &function.name);
    named(&item, &function.name, &function.selector, &function.signature)?;
    params(&item, [&function.inputs, &function.outputs])?;
    below("accounts", item, function.accounts.len(), ACCOUNTS_MAX)?;
    for (what, names) in [("type parameters", &function.type_params), ("caller parameters", &function.caller_params)] {
        below(what, item, names.len(), PARAMS_MAX)?;
        names.iter().try_for_each(|name| below("bytes of a name", item, name.len(), NAME_BYTES_MAX))?;
    }
    function.accounts.iter().try_for_each(|known| account(&item, known))
}

fn account(item: &dyn Fn() -> String, account: &AccountParam) -> Result<(), WireError> {
    below("bytes of a name", item, account.name.len(), NAME_BYTES_MAX)?;
    let AccountSource::Derived { program, seeds } = &account.source else { return Ok(()) };
    below("seeds of an account", item, seeds.len(), SEEDS_MAX)?;
    program.iter().chain(seeds).try_for_each(|seed| match seed {
        Seed::Const(bytes) => below("bytes of a seed", item, bytes.len(), SEED_BYTES_MAX),
        Seed::Account(name) => below("bytes of a name", item, name.len(), NAME_BYTES_MAX),
        Seed::Arg(path) => {
            below("steps to a seed", item, path.len(), crate::MAX_TYPE_DEPTH)?;
            path.iter().try_for_each(|name| below("bytes of a name", item, name.len(), NAME_BYTES_MAX))
        }
    })
}

fn event(event: &Event) -> Result<(), WireError> {
    let item = || item("event", &event.name);
    named(&item, &event.name, &[], &event.signature)?;
    below("fields", item, event.fields.len(), PARAMS_MAX)?;
    let mut parts = Parts::new(&item);
    event.fields.iter().try_for_each(|field| {
        below("bytes of a name", item, field.name.len(), NAME_BYTES_MAX)?;
        parts.add(&field.ty)
    })
}

fn error(error: &CustomError) -> Result<(), WireError> {
    let item = || item("error", &error.name);
    named(&item, &error.name, &error.selector, &error.signature)?;
    below("bytes of a meaning", item, error.message.len(), TEXT_BYTES_MAX)?;
    params(&item, [&error.inputs])
}

fn layout(layout: &AccountLayout) -> Result<(), WireError> {
    let item = || item("account layout", &layout.name);
    named(&item, &layout.name, &layout.discriminator, "")?;
    Parts::new(&item).add(&layout.ty)
}

fn refusal(refused: &Refused) -> Result<(), WireError> {
    let item = || "a refused item".to_owned();
    below("bytes", item, refused.item.len(), TEXT_BYTES_MAX)?;
    below("bytes", item, refused.reason.len(), TEXT_BYTES_MAX)
}

fn named(item: &dyn Fn() -> String, name: &str, selector: &[u8], signature: &str) -> Result<(), WireError> {
    below("bytes of a name", item, name.len(), NAME_BYTES_MAX)?;
    below("bytes of a selector", item, selector.len(), SELECTOR_BYTES_MAX)?;
    below("bytes of a signature", item, signature.len(), SIGNATURE_BYTES_MAX)
}

fn params<const N: usize>(item: &dyn Fn() -> String, lists: [&[Param]; N]) -> Result<(), WireError> {
    let mut parts = Parts::new(item);
    lists.into_iter().try_for_each(|params| {
        below("parameters", item, params.len(), PARAMS_MAX)?;
        params.iter().try_for_each(|param| {
            below("bytes of a name", item, param.name.len(), NAME_BYTES_MAX)?;
            parts.add(&param.ty)
        })
    })
}

/// The parts of one item.
struct Parts<'i> {
    item: &'i dyn Fn() -> String,
    count: usize,
}

impl<'i> Parts<'i> {
    fn new(item: &'i dyn Fn() -> String) -> Self {
        Self { item, count: 0 }
    }

    /// Counts a type and everything in it; ends at the limit, whatever is left.
    fn add(&mut self, ty: &Type) -> Result<(), WireError> {
        self.count = self.count.saturating_add(1);
        below("parts of types", self.item, self.count, ITEM_PARTS_MAX)?;
        let name = |name: &str| below("bytes of a name", self.item, name.len(), NAME_BYTES_MAX);
        if let Type::Constant(bytes) = ty {
            below("bytes of a constant", self.item, bytes.len(), CONSTANT_BYTES_MAX)?;
        }
        if let Type::Struct { name: own, .. } | Type::Enum { name: own, .. } = ty {
            name(own)?;
        }
        match ty.children() {
            Children::Fields(fields) => fields.iter().try_for_each(|field| name(&field.name))?,
            Children::Variants(variants) => {
                below("variants of an enum", self.item, variants.len(), VARIANTS_MAX)?;
                variants.iter().try_for_each(|variant| name(&variant.name))?;
            }
            _ => {}
        }
        ty.children().try_for_each(|child| self.add(child))
    }
}

fn item(what: &str, name: &str) -> String {
    format!("the {what} {}", brief(&crate::text::escape(name)))
}

fn below(what: &'static str, item: impl Fn() -> String, given: usize, limit: usize) -> Result<(), WireError> {
    if given <= limit { Ok(()) } else { Err(WireError::Limit { item: item(), what, given, limit }) }
}
