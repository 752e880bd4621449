//! A chain of one-transaction blocks.
//!
//! For tools, tests and programs that embed the engine. A node orders transactions into blocks itself and uses
//! [`Executor::block`].

use hexapla_abi::{Interface, WireError};
use hexapla_executor::{
    AccountInfo, BlockEnv, BlockRun, ExecuteError, Executor, LaneChecks, Receipt, Transaction, TxEnv, TxKind,
    border::registry,
    estimate::Estimate,
    evm::{self, BlobExcessGasAndPrice, CfgEnv},
    system,
};
use hexapla_primitives::{Address, B256, Bytes, GenesisAccount, ObjectKey, U256, VmId, keccak256};
use hexapla_state::{AccessSet, BlockChanges, Overlay, StateError, StateReader};
use hexapla_statedb::{ObjectProof, StateDb, StateOptions};
use hexapla_store::KvStore;
use hexapla_trie::AccountProof;
use std::sync::Arc;

/// Gas limit of transactions that state none, in gas.
pub const DEFAULT_TX_GAS: u64 = 16_000_000;
/// Gas limit of each block, in gas.
pub const BLOCK_GAS_LIMIT: u64 = 60_000_000;
/// Blocks whose hashes contracts see (`BLOCKHASH`).
const SEEN_BLOCKS: u64 = 256;
/// Largest number and time of a block: what clients and VMs with signed times can hold.
pub const NUMBER_MAX: u64 = i64::MAX as u64;
/// There is no beacon chain.
const NO_BEACON_ROOT: B256 = B256::ZERO;
/// Time of the first block, in seconds since the epoch: 2026-01-01.
const FIRST_TIMESTAMP: u64 = 1_767_225_600;

/// Something could not be executed or stored.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The transaction is invalid, or the host failed.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// State could not be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// The chain stands in a database.
    #[error(
        "only a chain in memory can be copied or taken back; this one stands in a database: open a copy of its file"
    )]
    NotInMemory,
    /// A snapshot is of another chain.
    #[error(
        "the snapshot is of the chain {snapshot}, and this is the chain {chain_id}; roll back the chain that made it"
    )]
    OtherChain {
        /// Its chain id.
        snapshot: u64,
        /// This chain's id.
        chain_id: u64,
    },
    /// A block number or time is too large.
    #[error("numbers and times of blocks end at {NUMBER_MAX}, in seconds; skip fewer blocks")]
    TooFar,
    /// An interface is too large for the registry.
    #[error(transparent)]
    Interface(#[from] WireError),
}

/// The hash of a block: keccak256("hexapla/block" ‖ chain id ‖ number ‖ hash of the parent ‖ state root), numbers as
/// 8 bytes big-endian.
pub fn block_hash(chain_id: u64, number: u64, parent: B256, root: B256) -> B256 {
    let mut bytes = b"hexapla/block".to_vec();
    bytes.extend(chain_id.to_be_bytes());
    bytes.extend(number.to_be_bytes());
    bytes.extend(parent);
    bytes.extend(root);
    keccak256(bytes)
}

/// A chain of one-transaction blocks.
pub struct Chain {
    executor: Executor,
    db: StateDb,
    block: BlockEnv,
}

/// A chain as it was at one time: see [`Chain::snapshot`].
pub struct ChainSnapshot {
    chain_id: u64,
    db: StateDb,
    block: BlockEnv,
}

/// What a committed transaction did, with its place.
#[derive(Clone, Debug)]
pub struct Committed {
    /// What it did.
    pub receipt: Receipt,
    /// What it read and wrote.
    pub access: AccessSet,
    /// What its block changed.
    pub changes: BlockChanges,
    /// The state root after it.
    pub root: B256,
    /// Its block's number.
    pub block: u64,
}

impl Chain {
    /// A chain in memory.
    pub fn in_memory(executor: Executor) -> Self {
        Self::over(executor, StateDb::in_memory())
    }

    /// A chain on the state in a store. It goes on with the block after the last one in there, a second after it.
    pub fn open(executor: Executor, store: Arc<dyn KvStore>) -> Result<Self, ChainError> {
        Ok(Self::over(executor, StateDb::open(store)?))
    }

    /// The same with options for the state.
    pub fn open_with(executor: Executor, store: Arc<dyn KvStore>, options: StateOptions) -> Result<Self, ChainError> {
        Ok(Self::over(executor, StateDb::open_with(store, options)?))
    }

    fn over(executor: Executor, db: StateDb) -> Self {
        let blocks = db.block().unwrap_or(0);
        let block = BlockEnv {
            number: U256::from(blocks) + U256::ONE,
            timestamp: U256::from(FIRST_TIMESTAMP.saturating_add(blocks)),
            gas_limit: BLOCK_GAS_LIMIT,
            basefee: 0,
            prevrandao: Some(B256::ZERO),
            blob_excess_gas_and_price: Some(BlobExcessGasAndPrice { excess_blob_gas: 0, blob_gasprice: 1 }),
            ..BlockEnv::default()
        };
        Self { executor, db, block }
    }

    /// The chain as it is now, to come back to it with [`Chain::rollback`] any number of times. It costs next to nothing.
    ///
    /// # Errors
    ///
    /// [`ChainError::NotInMemory`].
    pub fn snapshot(&self) -> Result<ChainSnapshot, ChainError> {
        let db = self.db.fork().ok_or(ChainError::NotInMemory)?;
        Ok(ChainSnapshot { chain_id: self.executor.config().chain_id, db, block: self.block.clone() })
    }

    /// Takes back everything that has happened since the snapshot: state, root, block number and time.
    ///
    /// # Errors
    ///
    /// [`ChainError::OtherChain`], [`ChainError::NotInMemory`].
    pub fn rollback(&mut self, snapshot: &ChainSnapshot) -> Result<(), ChainError> {
        let chain_id = self.executor.config().chain_id;
        if snapshot.chain_id != chain_id {
            return Err(ChainError::OtherChain { snapshot: snapshot.chain_id, chain_id });
        }
        self.db = snapshot.db.fork().ok_or(ChainError::NotInMemory)?;
        self.block = snapshot.block.clone();
        Ok(())
    }

    /// The next block's environment; change it to change the rules of the next transaction.
    pub const fn block_mut(&mut self) -> &mut BlockEnv {
        &mut self.block
    }

    /// The next block's environment.
    pub const fn next_block(&self) -> &BlockEnv {
        &self.block
    }

    /// The executor.
    pub const fn executor(&self) -> &Executor {
        &self.executor
    }

    /// The state root.
    pub const fn root(&self) -> B256 {
        self.db.root()
    }

    /// The state as it is now, as execution reads it.
    pub fn reader(&self) -> Result<Arc<dyn StateReader>, ChainError> {
        Ok(self.db.reader()?)
    }

    /// Gives accounts native coin without a transaction, in wei.
    pub fn fund(&mut self, accounts: impl IntoIterator<Item = (Address, U256)>) -> Result<B256, ChainError> {
        self.edit(|overlay| {
            for (address, balance) in accounts {
                overlay.credit(address, balance, false)?;
            }
            Ok(())
        })
    }

    /// Changes state without a transaction: genesis.
    pub fn edit(&mut self, edit: impl FnOnce(&mut Overlay) -> Result<(), StateError>) -> Result<B256, ChainError> {
        let mut overlay = self.db.overlay()?;
        edit(&mut overlay)?;
        let changes = overlay.changes();
        // What is put in before the first block is genesis, and stands in its hash.
        if self.block.number != U256::ONE {
            return Ok(self.db.commit(&changes)?);
        }
        let chain_id = self.executor.config().chain_id;
        Ok(self.db.commit_block(&changes, 0, |root| block_hash(chain_id, 0, B256::ZERO, root))?)
    }

    /// The hash of the newest block; zero where it is not known.
    pub fn latest_blockhash(&self) -> Result<B256, ChainError> {
        let number: u64 = self.block.number.saturating_to();
        Ok(self.db.reader()?.block_hash(number.saturating_sub(1))?)
    }

    /// Puts accounts of any VM into the state without a transaction: genesis.
    pub fn insert_accounts(&mut self, accounts: impl IntoIterator<Item = GenesisAccount>) -> Result<B256, ChainError> {
        self.edit(|overlay| {
            for GenesisAccount { address, balance, code, objects } in accounts {
                let code = Some(code).filter(|code| !code.is_empty()).map(|code| evm::bytecode(&code));
                overlay.insert_account(address, AccountInfo { balance, code, ..AccountInfo::default() });
                for (key, object) in objects {
                    overlay.insert_object(key, Some(object));
                }
            }
            Ok(())
        })
    }

    /// Puts the contracts with which a chain begins into the state: the host's system contract with its interface, and
    /// those that blocks of the fork call (EIP-2935, 4788, 7002, 7251).
    pub fn insert_system_contracts(&mut self) -> Result<B256, ChainError> {
        let predeploys = evm::predeploys(self.executor.config().spec);
        self.edit(|overlay| {
            for predeploy in predeploys {
                let code = Some(evm::bytecode(&predeploy.code));
                // As if a transaction had created it.
                overlay.insert_account(predeploy.address, AccountInfo { nonce: 1, code, ..AccountInfo::default() });
            }
            Ok(())
        })?;
        self.insert_accounts([system::genesis()?])
    }

    /// Gives a contract an interface without a transaction: genesis.
    pub fn set_interface(&mut self, contract: Address, interface: &Interface) -> Result<B256, ChainError> {
        let code_hash = self.db.reader()?.account(contract)?.map_or(B256::ZERO, |account| account.code_hash);
        let objects = registry::objects(contract, code_hash, interface)?;
        self.edit(|overlay| {
            for (key, object) in objects {
                overlay.insert_object(key, Some(object));
            }
            Ok(())
        })
    }

    /// A call of `to`, ready for [`Chain::transact`]: the sender's next nonce, no gas price.
    pub fn call(&self, from: Address, to: Address, input: impl Into<Bytes>) -> Result<TxEnv, ChainError> {
        self.transaction(from, TxKind::Call(to), input.into())
    }

    /// A creation, likewise. Code of another VM is wrapped as that VM says, e.g.
    /// by `hexapla_wasm::deploy_code`.
    pub fn create(&self, from: Address, init_code: impl Into<Bytes>) -> Result<TxEnv, ChainError> {
        self.transaction(from, TxKind::Create, init_code.into())
    }

    fn transaction(&self, from: Address, kind: TxKind, data: Bytes) -> Result<TxEnv, ChainError> {
        let nonce = self.db.reader()?.account(from)?.map_or(0, |account| account.nonce);
        let chain_id = Some(self.executor.config().chain_id);
        Ok(TxEnv { caller: from, kind, data, nonce, chain_id, gas_limit: DEFAULT_TX_GAS, ..TxEnv::default() })
    }

    /// Executes a transaction in a block of its own and commits it durably.
    pub fn transact(&mut self, tx: impl Into<Transaction>) -> Result<Committed, ChainError> {
        let tx = tx.into();
        self.execute_in_block(self.executor.cfg(), |run| run.execute_with_access(tx, true))
    }

    /// The same for a transaction as the users of a VM sign it.
    pub fn transact_raw(&mut self, vm: VmId, raw: &[u8]) -> Result<Committed, ChainError> {
        self.transact(self.decode(vm, raw, LaneChecks::ALL)?)
    }

    /// Decodes a transaction as the users of a VM sign it.
    pub fn decode(&self, vm: VmId, raw: &[u8], checks: LaneChecks) -> Result<Transaction, ChainError> {
        self.executor.decode(vm, raw, checks).map_err(|rejection| ExecuteError::Rejected(rejection).into())
    }

    /// The same in the name of an account that cannot send, such as a contract (EIP-3607 does not hold): for tests.
    pub fn transact_as(&mut self, tx: TxEnv) -> Result<Committed, ChainError> {
        self.execute_in_block(self.cfg_for_anybody(), |run| run.execute_with_access(tx, true))
    }

    /// The chain's settings, but contracts may send too.
    fn cfg_for_anybody(&self) -> CfgEnv {
        let mut cfg = self.executor.cfg();
        cfg.disable_eip3607 = true;
        cfg
    }

    /// Executes a transaction in one block and commits it durably. What `work` gives back is the receipt and the access
    /// set of the block.
    fn execute_in_block(
        &mut self,
        cfg: CfgEnv,
        work: impl FnOnce(&mut BlockRun) -> Result<(Receipt, AccessSet), ExecuteError> + Send,
    ) -> Result<Committed, ChainError> {
        let block = self.block.number.saturating_to();
        let ((receipt, access), changes, root) = self.make_block(cfg, work)?;
        Ok(Committed { receipt, access, changes, root, block })
    }

    /// Executes several transactions in one block and commits it durably; gives back what `work` gives.
    pub fn block<R: Send>(&mut self, work: impl FnOnce(&mut BlockRun) -> R + Send) -> Result<R, ChainError> {
        Ok(self.make_block(self.executor.cfg(), |run| Ok(work(run)))?.0)
    }

    /// Makes a block and commits it: what `work` gave, what the block changed, and the root after it. Where something in it
    /// fails, there is no block.
    fn make_block<R: Send>(
        &mut self,
        cfg: CfgEnv,
        work: impl FnOnce(&mut BlockRun) -> Result<R, ExecuteError> + Send,
    ) -> Result<(R, BlockChanges, B256), ChainError> {
        let parent = self.latest_blockhash()?;
        let work = |run: &mut BlockRun| {
            run.begin(parent, NO_BEACON_ROOT)?;
            let done = work(run)?;
            run.end().map(|_| done)
        };
        let (done, overlay) = self.executor.block_with(self.db.overlay()?, self.block.clone(), cfg, work);
        let done = done?;
        let changes = overlay.changes();
        drop(overlay);
        let root = self.commit(&changes)?;
        self.advance(1);
        Ok((done, changes, root))
    }

    /// Makes empty blocks, each a second after the one before. The first and the last 256 are made; those between are only
    /// counted, as nobody can see more of them than their hashes (EIP-2935), which are zero.
    ///
    /// # Errors
    ///
    /// [`ChainError::TooFar`], or the state cannot be written.
    pub fn skip_blocks(&mut self, count: u64) -> Result<(), ChainError> {
        let numbers = [self.block.number, self.block.timestamp];
        if numbers.iter().any(|number| number.saturating_add(U256::from(count)) > U256::from(NUMBER_MAX)) {
            return Err(ChainError::TooFar);
        }
        let last = count.min(SEEN_BLOCKS);
        let first = (count - last).min(1);
        (0..first).try_for_each(|_| self.block(|_| ()))?;
        self.advance(count - first - last);
        (0..last).try_for_each(|_| self.block(|_| ()))
    }

    fn advance(&mut self, blocks: u64) {
        self.block.number += U256::from(blocks);
        self.block.timestamp += U256::from(blocks);
    }

    fn commit(&mut self, changes: &BlockChanges) -> Result<B256, ChainError> {
        let (chain_id, parent) = (self.executor.config().chain_id, self.latest_blockhash()?);
        let number = self.block.number.saturating_to();
        Ok(self.db.commit_block(changes, number, |root| block_hash(chain_id, number, parent, root))?)
    }

    /// Executes a transaction on the state as it is and forgets what it did. Contracts may be the sender too.
    pub fn simulate(&self, tx: impl Into<Transaction>) -> Result<Receipt, ChainError> {
        let tx = tx.into();
        self.with_scratch_state(|run| run.simulate(tx, true))
    }

    /// The same for a transaction as the users of a VM sign it.
    pub fn simulate_raw(&self, vm: VmId, raw: &[u8], checks: LaneChecks) -> Result<Receipt, ChainError> {
        self.simulate(self.decode(vm, raw, checks)?)
    }

    /// The least gas limit with which a transaction succeeds now.
    pub fn estimate_gas(&self, tx: &TxEnv) -> Result<Estimate, ChainError> {
        self.with_scratch_state(|run| run.estimate_gas(tx))
    }

    fn with_scratch_state<R: Send>(
        &self,
        work: impl FnOnce(&mut BlockRun) -> Result<R, ExecuteError> + Send,
    ) -> Result<R, ChainError> {
        let (overlay, cfg) = (self.db.overlay()?, self.cfg_for_anybody());
        let parent = self.latest_blockhash()?;
        let work = |run: &mut BlockRun| run.begin(parent, NO_BEACON_ROOT).and_then(|()| work(run));
        let (result, _) = self.executor.block_with(overlay, self.block.clone(), cfg, work);
        Ok(result?)
    }

    /// Balance of an account, in wei.
    pub fn balance(&self, address: Address) -> Result<U256, ChainError> {
        Ok(self.db.reader()?.account(address)?.map_or(U256::ZERO, |account| account.balance))
    }

    /// What the state says about an account; of one that is not there, that it has nothing.
    pub fn account(&self, address: Address) -> Result<AccountInfo, ChainError> {
        Ok(self.db.reader()?.account(address)?.unwrap_or_default())
    }

    /// A storage word.
    pub fn word(&self, address: Address, key: U256) -> Result<U256, ChainError> {
        Ok(self.db.reader()?.word(address, key)?)
    }

    /// Code of an account.
    pub fn code(&self, address: Address) -> Result<Bytes, ChainError> {
        let reader = self.db.reader()?;
        match reader.account(address)? {
            Some(account) => Ok(reader.code(account.code_hash)?.original_bytes()),
            None => Ok(Bytes::new()),
        }
    }

    /// An object of any VM's column.
    pub fn object(&self, key: &ObjectKey) -> Result<Option<Bytes>, ChainError> {
        Ok(self.db.reader()?.object(key)?)
    }

    /// Proof of an account and of some of its storage slots (EIP-1186).
    pub fn account_proof(&mut self, address: Address, slots: &[B256]) -> Result<AccountProof, ChainError> {
        Ok(self.db.account_proof(address, slots)?)
    }

    /// Proof of an object or of its absence.
    pub fn object_proof(&mut self, key: &ObjectKey) -> Result<ObjectProof, ChainError> {
        Ok(self.db.object_proof(key)?)
    }
}
