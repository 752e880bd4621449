//! What stands on the chain when a story begins.

use crate::support::{LAMPORTS, Wallet, lamports, mint_account, token_account};
use hexapla::{
    AccountInfo, ChainConfig, evm,
    svm::{Pubkey, StoredAccount, alias, canonical, genesis, spl},
    system::{self, SYSTEM_CONTRACT},
};
use hexapla_abi::{Abi, Interface, Projection};
use hexapla_primitives::{Address, Bytes, U256, address};
use hexapla_testing::{Side, Stage, SvmActor, USER, contracts};
use solana_sdk_ids as ids;
use std::sync::{Arc, LazyLock};

/// Lamports of the accounts that need some.
const ENOUGH: u64 = 10_000_000;
/// Number of precompiled contracts that are tried, from address 1 on.
const PRECOMPILED: u64 = 0x12;

/// A contract with an interface, as callers of another ABI see it.
pub(crate) struct Typed {
    pub(crate) address: Address,
    pub(crate) projection: Arc<Projection>,
}

/// The chain and everything on it that transactions can name.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    /// They sign; the first two have coin.
    pub(crate) wallets: [Wallet; 3],
    /// Actors on the EVM and on WASM.
    pub(crate) contracts: Vec<Address>,
    /// Actors on Solana; the last two can be upgraded, by the first wallet and by the first contract.
    pub(crate) programs: Vec<SvmActor>,
    /// Accounts whose code is delegated to that of a contract of each VM (EIP-7702).
    pub(crate) delegated: Vec<Address>,
    /// Everything that can be called from the EVM lane.
    pub(crate) callees: Vec<Address>,
    /// Everything that an instruction can name.
    pub(crate) keys: Vec<Pubkey>,
    /// A mint and token accounts.
    pub(crate) tokens: [Pubkey; 4],
    /// Buffers of the upgradeable loader, one for each authority.
    pub(crate) buffers: [Pubkey; 2],
    /// Contracts with interfaces, for callers that speak Solidity.
    pub(crate) for_solidity: Vec<Typed>,
    /// The same for callers that speak Borsh.
    pub(crate) for_borsh: Vec<Typed>,
}

/// Interfaces that are registered by transactions, as bytes.
pub(crate) static WIRES: LazyLock<Vec<Bytes>> = LazyLock::new(|| {
    let token = Interface::from_solidity_signatures(
        "Token",
        ["function balanceOf(address) view returns (uint256)", "function transfer(address to, uint256 amount)"],
    );
    let strange =
        Interface::from_solidity_signatures("Strange", ["function f((uint8,bytes[])[][] x) returns (string)"]);
    let wires = [token, strange].map(|interface| interface.unwrap().to_bytes().unwrap().into());
    wires.into_iter().chain([Bytes::new(), Bytes::from_static(&[1, 2, 3]), Bytes::from_static(&[0xff; 64])]).collect()
});

/// The interfaces of the scene: `None` for contracts of the EVM and WASM that speak for themselves.
static INTERFACES: LazyLock<[(Pubkey, Interface); 3]> = LazyLock::new(|| {
    let read = |path: &str| {
        let text = std::fs::read_to_string(contracts::root().join(path)).unwrap();
        Interface::detect(&text).unwrap()
    };
    [
        (spl::TOKEN, read("svm/idl/spl-token.json")),
        (spl::ASSOCIATED_TOKEN, read("svm/idl/associated-token.json")),
        (ids::system_program::ID, read("svm/idl/system.json")),
    ]
});

/// Projections are the same for every scene, and are made once.
static PROJECTIONS: LazyLock<Vec<(Address, Arc<Projection>)>> = LazyLock::new(|| {
    let projection = |(key, interface): &(Pubkey, Interface)| {
        (canonical(key), Arc::new(Projection::new(Arc::new(interface.clone()), Abi::Solidity)))
    };
    INTERFACES.iter().map(projection).collect()
});

static ERC20: LazyLock<Arc<Interface>> = LazyLock::new(|| {
    let path = contracts::root().join("wasm/erc20/erc20.abi.json");
    Arc::new(Interface::detect(&std::fs::read_to_string(path).unwrap()).unwrap())
});

impl Scene {
    pub(crate) fn new() -> Self {
        let mut stage = Stage::on(ChainConfig::default());
        let wallets = [1, 2, 3].map(Wallet::new);
        let contracts: Vec<Address> = Side::ALL.iter().flat_map(|side| stage.actors(*side)).collect();
        let rich = wallets[..2].iter().map(|wallet| canonical(&wallet.key())).chain(contracts.iter().copied());
        let rich: Vec<_> = rich.map(|account| (account, lamports(10 * LAMPORTS))).collect();
        stage.chain.fund(rich).unwrap();
        stage.chain.insert_system_contracts().unwrap();
        let authorities = [wallets[0].key(), alias(contracts[0])];
        let programs = programs(&mut stage, authorities);
        let buffers = buffers(&mut stage, authorities);
        let tokens = tokens(&mut stage, &wallets, alias(contracts[0]));
        let delegated = delegated(&mut stage, &contracts, &programs);
        let erc20 = deploy(&mut stage, contracts::wasm_init_code("erc20/erc20"));
        let mut scene = Self {
            stage,
            wallets,
            contracts,
            programs,
            delegated,
            callees: Vec::new(),
            keys: Vec::new(),
            tokens,
            buffers,
            for_solidity: Vec::new(),
            for_borsh: Vec::new(),
        };
        scene.give_interfaces(erc20);
        scene.callees = scene.all_callees(erc20);
        scene.keys = scene.all_keys();
        scene
    }

    fn give_interfaces(&mut self, erc20: Address) {
        for (key, interface) in &*INTERFACES {
            self.stage.chain.set_interface(canonical(key), interface).unwrap();
        }
        self.stage.chain.set_interface(erc20, &ERC20).unwrap();
        let typed = |(address, projection): &(Address, Arc<Projection>)| Typed {
            address: *address,
            projection: Arc::clone(projection),
        };
        self.for_solidity = PROJECTIONS.iter().map(typed).collect();
        let system = Arc::new(system::interface().clone());
        for (address, interface) in [(erc20, Arc::clone(&*ERC20)), (SYSTEM_CONTRACT, system)] {
            let projected = |target| Arc::new(Projection::new(Arc::clone(&interface), target));
            self.for_borsh.push(Typed { address, projection: projected(Abi::Borsh) });
            self.for_solidity.push(Typed { address, projection: projected(Abi::Solidity) });
        }
    }

    fn all_callees(&self, erc20: Address) -> Vec<Address> {
        let programs = spl::PROGRAMS.iter().map(|program| program.id);
        let native = [ids::system_program::ID, ids::bpf_loader_upgradeable::ID];
        let accounts = [USER, Address::ZERO, Address::repeat_byte(0x99), SYSTEM_CONTRACT, erc20];
        let precompiled = (1..PRECOMPILED).map(precompiled);
        let actors = self.programs.iter().map(SvmActor::address);
        let keys = programs.chain(native).map(|key| canonical(&key));
        let own = self.contracts.iter().chain(&self.delegated).copied();
        own.chain(actors).chain(keys).chain(accounts).chain(precompiled).collect()
    }

    fn all_keys(&self) -> Vec<Pubkey> {
        let mut keys: Vec<Pubkey> = self.wallets.iter().map(Wallet::key).collect();
        for actor in &self.programs {
            keys.extend([actor.program, actor.state, genesis::programdata_of(&actor.program)]);
        }
        keys.extend(self.contracts.iter().chain(&self.delegated).map(|contract| alias(*contract)));
        keys.extend(spl::PROGRAMS.iter().flat_map(|program| [program.id, genesis::programdata_of(&program.id)]));
        keys.extend(self.tokens.iter().chain(&self.buffers));
        let wallet = alias(canonical(&self.wallets[1].key()));
        keys.extend([USER, Address::ZERO, SYSTEM_CONTRACT, precompiled(2), self.programs[0].address()].map(alias));
        keys.extend([wallet, alias(COLUMN), BORDER, Pubkey::default(), Pubkey::new_from_array([0xee; 32])]);
        keys.extend(NATIVE);
        keys
    }

    /// An actor of any VM, or an account with its code.
    pub(crate) fn actor(&self, address: Address) -> Option<&SvmActor> {
        self.programs.iter().find(|actor| actor.address() == address)
    }
}

/// The account below which the objects of Solana's column stand.
const COLUMN: Address = address!("0x00000000000000000000000068657861706c6102");
/// Stands for the caller in a call across the border.
const BORDER: Pubkey = hexapla::svm::BORDER;

/// Native programs and sysvars.
const NATIVE: [Pubkey; 19] = [
    ids::system_program::ID,
    ids::bpf_loader::ID,
    ids::bpf_loader_upgradeable::ID,
    ids::bpf_loader_deprecated::ID,
    ids::loader_v4::ID,
    ids::compute_budget::ID,
    ids::ed25519_program::ID,
    ids::secp256k1_program::ID,
    ids::native_loader::ID,
    ids::incinerator::ID,
    ids::vote::ID,
    ids::stake::ID,
    ids::sysvar::clock::ID,
    ids::sysvar::rent::ID,
    ids::sysvar::instructions::ID,
    ids::sysvar::recent_blockhashes::ID,
    ids::sysvar::slot_hashes::ID,
    ids::sysvar::epoch_rewards::ID,
    ids::sysvar::stake_history::ID,
];

/// The address of a precompiled contract.
pub(crate) fn precompiled(number: u64) -> Address {
    Address::from_word(U256::from(number).into())
}

fn deploy(stage: &mut Stage, init_code: Bytes) -> Address {
    let tx = stage.chain.create(USER, init_code).unwrap();
    let receipt = stage.chain.transact(tx).unwrap().receipt;
    receipt.created.unwrap_or_else(|| panic!("{:?}", receipt.fault))
}

/// The actors of the stage, and two more that can be changed.
fn programs(stage: &mut Stage, authorities: [Pubkey; 2]) -> Vec<SvmActor> {
    let mut programs = stage.svm().to_vec();
    for (number, authority) in (70..).zip(authorities) {
        let actor = SvmActor::new(number);
        let state = StoredAccount { owner: actor.program, executable: false, data: vec![0; 512].into() };
        let [program, code] = genesis::program(actor.program, &contracts::svm("actor/actor"), Some(authority));
        let accounts = [program, code, genesis::account(actor.state, ENOUGH, &state)];
        stage.chain.insert_accounts(accounts).unwrap();
        programs.push(actor);
    }
    programs
}

/// A buffer with the memo program for each authority.
fn buffers(stage: &mut Stage, authorities: [Pubkey; 2]) -> [Pubkey; 2] {
    let memo = spl::PROGRAMS.iter().find(|program| program.id == spl::MEMO).unwrap();
    let keys = [0x71, 0x72].map(|byte| Pubkey::new_from_array([byte; 32]));
    for (key, authority) in keys.iter().zip(authorities) {
        let data = [&[1, 0, 0, 0, 1][..], authority.as_ref(), memo.elf()].concat();
        let stored = StoredAccount { owner: ids::bpf_loader_upgradeable::ID, executable: false, data: data.into() };
        stage.chain.insert_accounts([genesis::account(*key, LAMPORTS, &stored)]).unwrap();
    }
    keys
}

/// A mint of the first wallet, and accounts of two wallets and of a contract.
fn tokens(stage: &mut Stage, wallets: &[Wallet; 3], contract: Pubkey) -> [Pubkey; 4] {
    let keys = [0x61, 0x62, 0x63, 0x64].map(|byte| Pubkey::new_from_array([byte; 32]));
    let [mint, ..] = keys;
    let owners = [wallets[0].key(), wallets[1].key(), contract];
    let mut accounts = vec![genesis::account(mint, ENOUGH, &mint_account(&owners[0]))];
    for (key, owner) in keys[1..].iter().zip(owners) {
        accounts.push(genesis::account(*key, ENOUGH, &token_account(&mint, &owner, 1_000, spl::TOKEN)));
    }
    stage.chain.insert_accounts(accounts).unwrap();
    keys
}

/// Accounts whose code is delegated to a contract of each VM.
fn delegated(stage: &mut Stage, contracts: &[Address], programs: &[SvmActor]) -> Vec<Address> {
    let targets = [contracts[0], contracts[2], programs[0].address()];
    let accounts = [0xe0, 0xe1, 0xe2].map(Address::repeat_byte);
    for (account, target) in accounts.iter().zip(targets) {
        let code = [&[0xef, 0x01, 0x00][..], target.as_slice()].concat();
        let info = AccountInfo {
            code: Some(evm::bytecode(&code.into())),
            nonce: 1,
            balance: lamports(LAMPORTS),
            ..AccountInfo::default()
        };
        stage
            .chain
            .edit(|overlay| {
                overlay.insert_account(*account, info);
                Ok(())
            })
            .unwrap();
    }
    accounts.into()
}
