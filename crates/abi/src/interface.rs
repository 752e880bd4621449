//! What a contract offers: functions, events and custom errors, whatever VM it is for.

use alloc::{collections::BTreeSet, string::String, sync::Arc, vec::Vec};

use alloy_primitives::{B256, Bytes};

use crate::types::Type;

/// The ABI in which a contract reads calls and writes results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Abi {
    /// Solidity's: EVM and Stylus contracts.
    #[default]
    Solidity,
    /// Borsh behind a discriminator: Solana programs with an Anchor or Codama IDL.
    Borsh,
    /// BCS: Move modules.
    Bcs,
    /// Serde felts: Cairo contracts.
    Cairo,
    /// Fuel's ABI, encoding version 1: Sway contracts.
    Fuel,
}

/// The typed description of a contract. Items keep the order of the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// The contract's name; empty where the source does not say it.
    pub name: String,
    /// The ABI in which the contract is called. Selectors, discriminators and layouts below are this ABI's.
    pub abi: Abi,
    /// The parameters of the constructor; `None` where there is none.
    pub constructor: Option<Constructor>,
    /// The functions. Overloads share a name.
    pub functions: Vec<Function>,
    /// The events.
    pub events: Vec<Event>,
    /// The custom errors.
    pub errors: Vec<CustomError>,
    /// The named structs and enums that the items use, each once.
    pub types: Vec<Type>,
    /// What the contract keeps in accounts of its own (Solana), so that they can be read without a call.
    pub layouts: Vec<AccountLayout>,
    /// Items of the source that cannot be expressed here, each with the reason; everything else can be used.
    pub refused: Vec<Refused>,
    /// What answers a call with no or an unknown selector, if anything does.
    pub fallback: Option<Mutability>,
    /// Whether coin can be sent without data (Solidity's `receive`).
    pub receive: bool,
}

/// What a contract is created with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constructor {
    /// The parameters.
    pub inputs: Vec<Param>,
    /// Whether coin can be sent with the creation.
    pub mutability: Mutability,
}

/// A function that can be called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// The name.
    pub name: String,
    /// The parameters.
    pub inputs: Vec<Param>,
    /// The results.
    pub outputs: Vec<Param>,
    /// What a call may do.
    pub mutability: Mutability,
    /// What names the function in call data: a selector (Solidity, Cairo), a discriminator (Anchor), a name (Move, Fuel).
    pub selector: Bytes,
    /// The text that names it in its own ABI: `transfer(address,uint256)`.
    pub signature: String,
    /// The accounts that a Solana instruction works on, in their order; empty in every other ABI.
    pub accounts: Vec<AccountParam>,
    /// Type parameters by name: the caller says each as a text, such as `0x1::aptos_coin::AptosCoin` (Move). Empty in every
    /// ABI without generic functions.
    pub type_params: Vec<Arc<str>>,
    /// Parameters before [`inputs`](Self::inputs) that no caller passes, by name: the callee's VM fills each with the
    /// account that calls (Move's `&signer`).
    pub caller_params: Vec<Arc<str>>,
}

/// An account that a Solana instruction works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountParam {
    /// The name; nested groups are joined with a dot.
    pub name: Arc<str>,
    /// Whether the instruction may change it.
    pub writable: bool,
    /// Whether it must sign. A caller of another VM signs as itself.
    pub signer: bool,
    /// Whether it may be left out (the program's own id then stands in its place).
    pub optional: bool,
    /// Where it comes from.
    pub source: AccountSource,
}

/// Where the account of an instruction comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AccountSource {
    /// The caller says it.
    #[default]
    Given,
    /// Always this one.
    Fixed(B256),
    /// Derived from seeds, a program-derived address.
    Derived {
        /// The program that owns the derivation; `None` is the called program itself.
        program: Option<Seed>,
        /// The seeds without the bump.
        seeds: Vec<Seed>,
    },
}

/// A seed of a program-derived address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seed {
    /// These bytes.
    Const(Bytes),
    /// The encoding of an argument without a length prefix; the path goes into structs.
    Arg(Vec<Arc<str>>),
    /// The key of another account of the instruction, by name.
    Account(Arc<str>),
}

/// How the data of an account is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLayout {
    /// The name.
    pub name: String,
    /// The bytes with which such data begins; may be empty.
    pub discriminator: Bytes,
    /// What follows them.
    pub ty: Type,
}

/// An item of an interface's source that has no place in the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Kind and name of the item, e.g. ``instruction `swap` ``.
    pub item: String,
    /// Why, as a sentence.
    pub reason: String,
}

/// What a call to a function may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mutability {
    /// Reads no state.
    Pure,
    /// Reads state, changes none.
    View,
    /// May change state, takes no coin.
    #[default]
    NonPayable,
    /// May change state and takes coin.
    Payable,
}

/// A parameter or a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// The name; empty where there is none.
    pub name: Arc<str>,
    /// The type.
    pub ty: Type,
}

/// An event that the contract may emit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The name.
    pub name: String,
    /// The fields.
    pub fields: Vec<EventParam>,
    /// The first topic of the log, which names the event; `None` for an anonymous one.
    pub topic: Option<B256>,
    /// The text that names it in its own ABI: `Transfer(address,address,uint256)`.
    pub signature: String,
}

/// A field of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventParam {
    /// The name; empty where there is none.
    pub name: Arc<str>,
    /// The type.
    pub ty: Type,
    /// Whether it stands in a topic (Solidity's `indexed`, Cairo's `key`) and not in the data.
    pub indexed: bool,
}

/// An error that the contract may raise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomError {
    /// The name.
    pub name: String,
    /// The fields.
    pub inputs: Vec<Param>,
    /// What names the error in the failure's data: a selector (Solidity), the code as four little-endian bytes (Solana).
    pub selector: Bytes,
    /// What it means, where the source says it.
    pub message: String,
    /// The text that names it in its own ABI: `TooRisky(uint256,uint256)`.
    pub signature: String,
}

/// Named types in the order in which they are found.
#[derive(Default)]
struct Named<'t> {
    types: Vec<Type>,
    seen: BTreeSet<&'t Type>,
}

impl<'t> Named<'t> {
    fn visit(&mut self, ty: &'t Type) {
        let named = matches!(ty, Type::Struct { name, .. } | Type::Enum { name, .. } if !name.is_empty());
        if named && !self.seen.insert(ty) {
            return;
        }
        ty.children().for_each(|child| self.visit(child));
        if named {
            self.types.push(ty.clone());
        }
    }
}

impl Interface {
    /// The types of all items, as often as they are used.
    pub(crate) fn used_types(&self) -> impl Iterator<Item = &Type> {
        let Self { constructor, functions, events, errors, layouts, .. } = self;
        let inputs = constructor.iter().flat_map(|Constructor { inputs, .. }| inputs);
        let params = functions.iter().flat_map(|Function { inputs, outputs, .. }| inputs.iter().chain(outputs));
        let errors = errors.iter().flat_map(|CustomError { inputs, .. }| inputs);
        let fields = events.iter().flat_map(|Event { fields, .. }| fields).map(|field| &field.ty);
        let params = inputs.chain(params).chain(errors).map(|param| &param.ty);
        params.chain(fields).chain(layouts.iter().map(|layout| &layout.ty))
    }

    /// The named structs and enums of all items, each once, inner ones first.
    pub(crate) fn named_types(&self) -> Vec<Type> {
        let mut named = Named::default();
        self.used_types().for_each(|ty| named.visit(ty));
        named.types
    }

    /// The name, or words that stand for it where there is none.
    pub fn display_name(&self) -> &str {
        if self.name.is_empty() { "the interface" } else { &self.name }
    }

    /// The function with this selector.
    pub fn function_by_selector(&self, selector: &[u8]) -> Option<&Function> {
        self.functions.iter().find(|function| *function.selector == *selector)
    }

    /// All functions of this name: more than one where it is overloaded.
    pub fn functions_by_name<'i>(&'i self, name: &str) -> impl Iterator<Item = &'i Function> {
        self.functions.iter().filter(move |function| function.name == name)
    }

    /// The function of this name, where exactly one has it. [`find_function`](crate::find_function) explains failures.
    pub fn function(&self, name: &str) -> Option<&Function> {
        let mut found = self.functions_by_name(name);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The function with this signature, as [`Function::signature`] writes it.
    pub fn function_by_signature(&self, signature: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.signature == signature)
    }

    /// The event whose logs begin with this topic.
    pub fn event_by_topic(&self, topic: &B256) -> Option<&Event> {
        self.events.iter().find(|event| event.topic.as_ref() == Some(topic))
    }

    /// The first event of this name.
    pub fn event(&self, name: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.name == name)
    }

    /// The custom error with this selector.
    pub fn error_by_selector(&self, selector: &[u8]) -> Option<&CustomError> {
        self.errors.iter().find(|error| *error.selector == *selector)
    }

    /// The first custom error of this name.
    pub fn error(&self, name: &str) -> Option<&CustomError> {
        self.errors.iter().find(|error| error.name == name)
    }
}

impl Function {
    /// The types of the parameters.
    pub fn input_types(&self) -> impl Iterator<Item = &Type> {
        self.inputs.iter().map(|param| &param.ty)
    }

    /// The types of the results.
    pub fn output_types(&self) -> impl Iterator<Item = &Type> {
        self.outputs.iter().map(|param| &param.ty)
    }

    /// Whether a call changes nothing.
    pub fn is_read_only(&self) -> bool {
        matches!(self.mutability, Mutability::Pure | Mutability::View)
    }
}

impl Mutability {
    /// Solidity's word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pure => "pure",
            Self::View => "view",
            Self::NonPayable => "nonpayable",
            Self::Payable => "payable",
        }
    }
}

impl Param {
    /// A parameter; an empty name where there is none.
    pub fn new(name: &str, ty: Type) -> Self {
        Self { name: name.into(), ty }
    }
}
