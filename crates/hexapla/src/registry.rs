//! The VMs of this workspace: one line and one feature for each.

use hexapla_executor::{ChainConfig, Executor};
use hexapla_toolkit::{Toolkit, Toolkits};
use hexapla_vm::{DuplicateVm, VmSet};
use std::sync::Arc;

/// The VMs cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// WASM cannot.
    #[cfg(feature = "wasm")]
    #[error(transparent)]
    Wasm(#[from] hexapla_wasm::SetupError),
    /// Solana's VM cannot.
    #[cfg(feature = "svm")]
    #[error(transparent)]
    Svm(#[from] hexapla_svm::SetupError),
    /// A VM was named twice.
    #[error(transparent)]
    Duplicate(#[from] DuplicateVm),
    /// They do not suit the chain.
    #[error(transparent)]
    Executor(#[from] hexapla_executor::SetupError),
}

/// How the VMs run; none of it changes what a transaction does or costs.
#[derive(Clone, Debug, Default)]
pub struct VmConfig {
    /// Of WASM.
    #[cfg(feature = "wasm")]
    pub wasm: hexapla_wasm::Config,
    /// Of Solana.
    #[cfg(feature = "svm")]
    pub svm: hexapla_svm::Config,
}

/// All VMs beside the EVM whose features are on.
pub fn standard_vms(config: VmConfig) -> Result<VmSet, SetupError> {
    let vms = VmSet::default();
    #[cfg(feature = "wasm")]
    let vms = vms.with(hexapla_wasm::StylusVm::new(with_instances_for_all_threads(config.wasm))?)?;
    #[cfg(feature = "svm")]
    let vms = vms.with(hexapla_svm::SvmVm::new(config.svm)?)?;
    Ok(vms)
}

/// The toolkits of the EVM and of all VMs whose features are on.
pub fn toolkits() -> Toolkits {
    Toolkits::new([
        Arc::new(hexapla_evm_toolkit::EvmToolkit) as Arc<dyn Toolkit>,
        #[cfg(feature = "wasm")]
        Arc::new(hexapla_wasm_toolkit::WasmToolkit),
        #[cfg(feature = "svm")]
        Arc::new(hexapla_svm_toolkit::SvmToolkit),
    ])
}

/// An executor with all VMs whose features are on, in their default settings.
pub fn standard(config: ChainConfig) -> Result<Executor, SetupError> {
    Ok(Executor::new(config, standard_vms(VmConfig::default())?)?)
}

/// The pool of WASM instances is raised to what every core can need at once, so that it never runs dry.
#[cfg(feature = "wasm")]
fn with_instances_for_all_threads(config: hexapla_wasm::Config) -> hexapla_wasm::Config {
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    let instances = u32::try_from(threads * hexapla_executor::border::BORDER_DEPTH_MAX).unwrap_or(u32::MAX);
    hexapla_wasm::Config { pool_size: config.pool_size.max(instances), ..config }
}
