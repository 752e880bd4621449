//! The messages of fixtures: as the crate protosol has them, and the few fields that fixtures of 2024 have elsewhere.

use super::{Kind, Refusal};
use agave_feature_set::{FEATURE_NAMES, FeatureSet};
use prost::Message;
use protosol::protos::{FeatureSet as FeatureIds, FixtureMetadata, InputDataRegion, InstrContext, SyscallContext};
use solana_pubkey::Pubkey;
use solana_svm_feature_set::SVMFeatureSet;
use std::{collections::HashMap, sync::LazyLock};

/// Length of a public key.
const KEY_BYTES: usize = 32;

/// A fixture of any kind: input and output still encoded.
#[derive(Clone, PartialEq, Message)]
struct AnyFixture {
    #[prost(message, optional, tag = "1")]
    metadata: Option<FixtureMetadata>,
    #[prost(bytes = "vec", optional, tag = "2")]
    input: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "3")]
    output: Option<Vec<u8>>,
}

/// Where instructions of 2024 have their features.
#[derive(Clone, PartialEq, Message)]
struct EarlierInstruction {
    #[prost(message, optional, tag = "9")]
    epoch: Option<EarlierEpoch>,
}

#[derive(Clone, PartialEq, Message)]
struct EarlierEpoch {
    #[prost(message, optional, tag = "1")]
    features: Option<FeatureIds>,
}

/// The parts of a syscall's context that need a second look.
#[derive(Clone, PartialEq, Message)]
struct RawSyscallContext {
    #[prost(message, optional, tag = "1")]
    vm: Option<EarlierVm>,
    #[prost(bytes = "vec", tag = "2")]
    instruction: Vec<u8>,
}

/// Where contexts of 2024 have the program's input.
#[derive(Clone, PartialEq, Message)]
struct EarlierVm {
    #[prost(message, repeated, tag = "5")]
    input: Vec<InputDataRegion>,
}

/// A fixture taken apart.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) kind: Kind,
    pub(super) input: Vec<u8>,
    pub(super) output: Vec<u8>,
}

/// Takes a fixture apart. One without an entry point is an instruction if it has a program and an output.
pub(super) fn split(fixture: &[u8]) -> Result<Parts, Refusal> {
    let AnyFixture { metadata, input, output } = AnyFixture::decode(fixture)?;
    let unreadable = |what| Refusal::Unreadable(format!("not a fixture: it has no {what}"));
    let input = input.ok_or_else(|| unreadable("input"))?;
    let kind = match metadata {
        Some(metadata) => Kind::of(&metadata.fn_entrypoint).ok_or_else(|| {
            let name: String = metadata.fn_entrypoint.escape_debug().take(80).collect();
            Refusal::Skipped(format!("fixtures of the entry point {name} are not run"))
        })?,
        None => {
            let program = InstrContext::decode(&input[..]).map(|context| context.program_id.len());
            if program != Ok(KEY_BYTES) {
                return Err(unreadable("entry point"));
            }
            Kind::Instruction
        }
    };
    // An effect in which everything is zero is empty, and some encoders leave it out.
    Ok(Parts { kind, input, output: output.unwrap_or_default() })
}

/// An instruction and the rules it runs by.
pub(super) struct Instruction {
    pub(super) context: InstrContext,
    pub(super) features: SVMFeatureSet,
    /// As in 2024: all accounts of the fixture are accounts of the transaction. Now only those that a message with this
    /// instruction would have.
    pub(super) earlier: bool,
}

impl Instruction {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut context = InstrContext::decode(bytes)?;
        let epoch = EarlierInstruction::decode(bytes)?.epoch;
        let earlier = epoch.is_some() && context.features.is_none();
        let ids = context.features.take().or(epoch.and_then(|epoch| epoch.features)).unwrap_or_default();
        Ok(Self { context, features: features(&ids), earlier })
    }
}

/// A syscall's or program's context.
pub(super) struct Syscall {
    pub(super) context: SyscallContext,
    pub(super) instruction: Instruction,
    /// The input of a program of 2024.
    pub(super) input: Vec<InputDataRegion>,
}

impl Syscall {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let raw = RawSyscallContext::decode(bytes)?;
        Ok(Self {
            context: SyscallContext::decode(bytes)?,
            instruction: Instruction::decode(&raw.instruction)?,
            input: raw.vm.unwrap_or_default().input,
        })
    }
}

/// The features that a fixture switches on. Those that this version of agave does not know are passed over, as by all
/// who run fixtures: they are switched on for good, or they are newer.
pub(super) fn features(ids: &FeatureIds) -> SVMFeatureSet {
    static KNOWN: LazyLock<HashMap<u64, Pubkey>> =
        LazyLock::new(|| FEATURE_NAMES.keys().map(|key| (short(key), *key)).collect());
    let mut features = FeatureSet::default();
    for key in ids.features.iter().filter_map(|id| KNOWN.get(id)) {
        features.activate(key, 0);
    }
    features.runtime_features()
}

/// The first eight bytes of a key, by which fixtures name features.
fn short(key: &Pubkey) -> u64 {
    let bytes = key.to_bytes();
    u64::from_le_bytes(std::array::from_fn(|place| bytes[place]))
}

/// A public key.
pub(super) fn key(bytes: &[u8], what: &str) -> Result<Pubkey, Refusal> {
    Pubkey::try_from(bytes)
        .map_err(|_| Refusal::Unreadable(format!("{what} has {} bytes; a key has {KEY_BYTES}", bytes.len())))
}
