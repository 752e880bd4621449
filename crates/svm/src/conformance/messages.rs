//! The messages of fixtures: as the crate protosol has them, and the few fields that fixtures of 2024 have elsewhere.

use super::fixture::{Kind, Refusal};
use agave_feature_set::{FEATURE_NAMES, FeatureSet};
use prost::Message;
use protosol::protos::{FeatureSet as FeatureIds, FixtureMetadata, InputDataRegion, InstrContext, SyscallContext};
use solana_pubkey::Pubkey;
use solana_svm_feature_set::SVMFeatureSet;
use std::{collections::HashMap, sync::LazyLock};

/// `bpf_account_data_direct_mapping` of 2024. It has two successors with keys of their own.
const DIRECT_MAPPING: Pubkey = solana_pubkey::pubkey!("GJVDwRkUPNdk9QaK4VsU4g1N41QNxhy1hevjf8kz45Mq");

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
pub(super) struct EarlierEpoch {
    #[prost(message, optional, tag = "1")]
    pub(super) features: Option<FeatureIds>,
}

/// The parts of a syscall's context that need a second look.
#[derive(Clone, PartialEq, Message)]
struct RawSyscallContext {
    #[prost(message, optional, tag = "1")]
    vm: Option<EarlierVm>,
    #[prost(message, optional, tag = "2")]
    instruction: Option<EarlierInstruction>,
    /// What a call of 2024 did, so that the program that it calls need not run.
    #[prost(bytes = "vec", optional, tag = "4")]
    effects: Option<Vec<u8>>,
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
    /// As in 2024: all accounts of the fixture are accounts of the transaction, and a signature check fails without a
    /// code. Now a transaction has only those accounts that a message with this instruction would have.
    pub(super) earlier: bool,
}

impl Instruction {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        Ok(Self::new(InstrContext::decode(bytes)?, EarlierInstruction::decode(bytes)?, false))
    }

    /// `maps_memory` is whether the feature that mapped the data of accounts into programs is known by its key of 2024.
    fn new(mut context: InstrContext, instruction: EarlierInstruction, maps_memory: bool) -> Self {
        let epoch = instruction.epoch;
        let earlier = epoch.is_some() && context.features.is_none();
        let ids = context.features.take().or(epoch.and_then(|epoch| epoch.features)).unwrap_or_default();
        let mut features = features(&ids);
        if maps_memory && ids.features.contains(&short(&DIRECT_MAPPING)) {
            (features.virtual_address_space_adjustments, features.account_data_direct_mapping) = (true, true);
        }
        Self { context, features, earlier }
    }
}

/// A syscall's or program's context.
pub(super) struct Syscall {
    pub(super) context: SyscallContext,
    pub(super) instruction: Instruction,
    /// The input of a program of 2024; `None` where the input is what the instruction's accounts serialize to.
    pub(super) input: Option<Vec<InputDataRegion>>,
    /// Whether the program that is called is not run, but its effects stand in the fixture.
    pub(super) callee_is_recorded: bool,
}

impl Syscall {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let raw = RawSyscallContext::decode(bytes)?;
        let mut context = SyscallContext::decode(bytes)?;
        let stated = context.instr_ctx.take().unwrap_or_default();
        let instruction = Instruction::new(stated, raw.instruction.unwrap_or_default(), true);
        let input = raw.vm.unwrap_or_default().input;
        Ok(Self {
            context,
            input: (instruction.earlier || !input.is_empty()).then_some(input),
            callee_is_recorded: raw.effects.is_some(),
            instruction,
        })
    }
}

/// The features that a fixture switches on. Those that this version of agave does not know are passed over, as by all
/// who run fixtures: they are switched on for good, or they are newer.
pub(super) fn feature_set(ids: &FeatureIds) -> FeatureSet {
    static KNOWN: LazyLock<HashMap<u64, Pubkey>> =
        LazyLock::new(|| FEATURE_NAMES.keys().map(|key| (short(key), *key)).collect());
    let mut features = FeatureSet::default();
    for key in ids.features.iter().filter_map(|id| KNOWN.get(id)) {
        features.activate(key, 0);
    }
    features
}

/// The part of those features that programs can see.
pub(super) fn features(ids: &FeatureIds) -> SVMFeatureSet {
    feature_set(ids).runtime_features()
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
