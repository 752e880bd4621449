//! A chain in memory with two actors on each VM.

use crate::{Chain, Script, ScriptCall, SvmActor, contracts};
use hexapla::{
    ChainConfig, Receipt, TxEnv, VmConfig,
    svm::{AccountMeta, alias, spl},
    wasm,
};
use hexapla_primitives::{Address, Bytes, U256, VmId, address};

/// Who signs the transactions.
pub const USER: Address = address!("0x00000000000000000000000000000000000a11ce");

/// Which VM an actor lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The EVM.
    Evm,
    /// WASM.
    Wasm,
    /// Solana.
    Svm,
}

impl Side {
    /// Those that share an ABI and can catch failures, and so every ordered pair of different VMs: `(side, side.other())`.
    pub const ALL: [Self; 2] = [Self::Evm, Self::Wasm];

    /// The other one of [`Side::ALL`].
    pub const fn other(self) -> Self {
        match self {
            Self::Evm => Self::Wasm,
            Self::Wasm | Self::Svm => Self::Evm,
        }
    }

    /// Its tag.
    pub const fn vm(self) -> VmId {
        match self {
            Self::Evm => VmId::EVM,
            Self::Wasm => VmId::WASM,
            Self::Svm => VmId::SVM,
        }
    }
}

/// A chain in memory with two actors on each VM.
pub struct Stage {
    /// The chain.
    pub chain: Chain,
    evm: [Address; 2],
    wasm: [Address; 2],
    svm: [SvmActor; 4],
}

impl Stage {
    /// The usual one.
    pub fn new() -> Self {
        Self::with(wasm::Config::default())
    }

    /// With WASM settings.
    pub fn with(config: wasm::Config) -> Self {
        Self::with_vms(VmConfig { wasm: config, ..VmConfig::default() })
    }

    /// With settings of the VMs.
    pub fn with_vms(vms: VmConfig) -> Self {
        Self::build(ChainConfig::default(), vms)
    }

    /// With rules of the chain.
    pub fn on(config: ChainConfig) -> Self {
        Self::build(config, VmConfig::default())
    }

    fn build(config: ChainConfig, vms: VmConfig) -> Self {
        let mut chain = Chain::with(config, vms);
        chain.fund([(USER, U256::from(10).pow(U256::from(24)))]).expect("memory does not fail");
        let mut deploy = |init_code: Bytes| {
            let tx = chain.create(USER, init_code).expect("memory does not fail");
            let committed = chain.transact(tx).expect("the transaction is valid");
            assert!(committed.receipt.is_success(), "deployment failed: {:?}", committed.receipt.fault);
            committed.receipt.created.expect("a deployment creates")
        };
        let evm = [deploy(contracts::evm("actor/Actor")), deploy(contracts::evm("actor/Actor"))];
        let wasm = [deploy(contracts::wasm_init_code("actor/actor")), deploy(contracts::wasm_init_code("actor/actor"))];
        let svm = [0, 1, 2, 3].map(SvmActor::new);
        chain.insert_accounts(spl::genesis()).expect("memory does not fail");
        svm.iter().for_each(|actor| actor.deploy(&mut chain));
        Self { chain, evm, wasm, svm }
    }

    /// The first actor of a VM.
    pub fn actor(&self, side: Side) -> Address {
        self.actors(side)[0]
    }

    /// Both actors of a VM.
    pub const fn actors(&self, side: Side) -> [Address; 2] {
        match side {
            Side::Evm => self.evm,
            Side::Wasm => self.wasm,
            Side::Svm => panic!("actors on Solana have accounts: see Stage::svm"),
        }
    }

    /// The actors on Solana.
    pub const fn svm(&self) -> &[SvmActor; 4] {
        &self.svm
    }

    /// Call data that runs `script` on a contract of any VM. On Solana it is given its own state, to be changed, and the
    /// aliases of all actors of the other VMs.
    pub fn data(&self, to: Address, script: Script) -> Bytes {
        let Some(actor) = self.svm.iter().find(|actor| actor.address() == to) else { return script.into() };
        let aliases: Vec<AccountMeta> = self
            .evm
            .iter()
            .chain(&self.wasm)
            .map(|contract| AccountMeta::new_readonly(alias(*contract), false))
            .collect();
        actor.call(script, &aliases)
    }

    /// A script that calls through `path`, each link passing failures on, and runs `last` at its end.
    pub fn through(&self, path: &[Address], last: Script) -> Script {
        path.iter().rev().fold(last, |inner, to| Script::new().call(ScriptCall::to(*to, self.data(*to, inner))))
    }

    /// A transaction that runs a script.
    pub fn tx(&self, actor: Address, script: Script) -> TxEnv {
        self.chain.call(USER, actor, self.data(actor, script)).expect("memory does not fail")
    }

    /// Runs a script in a transaction and commits it.
    pub fn run(&mut self, actor: Address, script: Script) -> Receipt {
        let tx = self.tx(actor, script);
        self.chain.transact(tx).expect("the transaction is valid").receipt
    }

    /// Runs a script and forgets what it did.
    pub fn try_run(&self, actor: Address, script: Script) -> Receipt {
        self.chain.simulate(self.tx(actor, script)).expect("the transaction is valid")
    }

    /// A storage word.
    pub fn word(&self, account: Address, key: u64) -> u64 {
        if let Some(actor) = self.svm.iter().find(|actor| actor.address() == account) {
            return actor.word(&self.chain, key as usize);
        }
        self.chain.word(account, U256::from(key)).expect("memory does not fail").to()
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}
