//! What is the same for all blocks of a chain: features, prices, syscalls, native programs.

use crate::{guard, identity::BORDER};
use solana_program_runtime::{
    execution_budget::{SVMTransactionExecutionBudget, SVMTransactionExecutionCost},
    invoke_context::BuiltinFunctionRegisterer,
    loaded_programs::{ProgramRuntimeEnvironment, ProgramRuntimeEnvironments},
    program_cache_entry::ProgramCacheEntry,
};
use solana_pubkey::Pubkey;
use solana_sbpf::program::BuiltinFunctionDefinition;
use solana_sdk_ids::{
    bpf_loader, bpf_loader_deprecated, bpf_loader_upgradeable, compute_budget, ed25519_program, secp256k1_program,
    secp256r1_program, system_program,
};
use solana_svm_feature_set::SVMFeatureSet;
use std::sync::Arc;

/// The SVM cannot start.
#[derive(Debug, thiserror::Error)]
#[error("the SVM cannot start: {0}")]
pub struct SetupError(String);

/// Native programs: they exist without being stored.
pub(crate) const NATIVE_PROGRAMS: [Pubkey; 9] = [
    BORDER,
    system_program::ID,
    bpf_loader::ID,
    bpf_loader_deprecated::ID,
    bpf_loader_upgradeable::ID,
    compute_budget::ID,
    ed25519_program::ID,
    secp256k1_program::ID,
    secp256r1_program::ID,
];

/// The rules of the chain for Solana programs.
pub(crate) struct Runtime {
    pub(crate) features: SVMFeatureSet,
    pub(crate) budget: SVMTransactionExecutionBudget,
    pub(crate) cost: SVMTransactionExecutionCost,
    pub(crate) environment: ProgramRuntimeEnvironment,
    pub(crate) environments: ProgramRuntimeEnvironments,
    /// The native programs that run.
    pub(crate) builtins: Vec<(Pubkey, Arc<ProgramCacheEntry>)>,
    /// What runs when the alias of a contract of another VM is called.
    pub(crate) alias: Arc<ProgramCacheEntry>,
}

impl Runtime {
    pub(crate) fn new() -> Result<Self, SetupError> {
        Self::with_features(features())
    }

    /// The same with other features of Solana.
    pub(crate) fn with_features(features: SVMFeatureSet) -> Result<Self, SetupError> {
        let budget = SVMTransactionExecutionBudget::new_with_defaults(features.raise_cpi_nesting_limit_to_8);
        let environment = solana_syscalls::create_program_runtime_environment(&features, &budget, false, false)
            .map_err(|error| SetupError(error.to_string()))?;
        let builtins = [
            (system_program::ID, guard::System::register as BuiltinFunctionRegisterer),
            (bpf_loader::ID, guard::Loader::register as _),
            (bpf_loader_deprecated::ID, guard::Loader::register as _),
            (bpf_loader_upgradeable::ID, guard::Loader::register as _),
            (compute_budget::ID, guard::ComputeBudget::register as _),
        ];
        Ok(Self {
            features,
            budget,
            cost: SVMTransactionExecutionCost::default(),
            environments: ProgramRuntimeEnvironments::new(environment.clone(), environment.clone()),
            environment,
            builtins: builtins.map(|(id, register)| (id, builtin(register))).into(),
            alias: builtin(guard::Alias::register as _),
        })
    }

    /// The native program of this id.
    pub(crate) fn builtin(&self, id: &Pubkey) -> Option<&Arc<ProgramCacheEntry>> {
        self.builtins.iter().find(|(known, _)| known == id).map(|(_, builtin)| builtin)
    }
}

fn builtin(register: BuiltinFunctionRegisterer) -> Arc<ProgramCacheEntry> {
    Arc::new(ProgramCacheEntry::new_builtin(0, 0, register))
}

/// The features of Solana's mainnet, with sBPF v0 to v3, and without the ways in which programs would see the host's
/// own buffers of account data: nested contexts must be able to replace them.
fn features() -> SVMFeatureSet {
    SVMFeatureSet {
        disable_sbpf_v0_execution: false,
        disable_sbpf_v0_v1_v2_deployment: false,
        virtual_address_space_adjustments: false,
        account_data_direct_mapping: false,
        direct_account_pointers_in_program_input: false,
        ..SVMFeatureSet::all_enabled()
    }
}
