//! Wallets that sign Solana transactions, and a chain that takes them.

use ed25519_dalek::{Signer, SigningKey};
use hexapla::{
    ChainConfig, ChainError, Committed, ExecuteError,
    svm::{self, Pubkey, StoredAccount, canonical, spl},
};
use hexapla_primitives::{Address, U256, VmId, address};
use hexapla_testing::Chain;
use solana_hash::Hash;
use solana_instruction::{AccountMeta, Instruction};
use solana_message::{VersionedMessage, legacy};
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

pub(crate) const LAMPORTS: u64 = 1_000_000_000;
pub(crate) const EVM_USER: Address = address!("0x00000000000000000000000000000000000a11ce");
pub(crate) const SYSTEM: Pubkey = solana_sdk_ids::system_program::ID;

/// A key pair.
pub(crate) struct Wallet(SigningKey);

impl Wallet {
    pub(crate) fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    pub(crate) fn key(&self) -> Pubkey {
        Pubkey::new_from_array(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

/// A chain with SPL programs on which wallets 1 to 4 have 10 SOL each, and an EVM user has coin.
pub(crate) fn chain() -> Chain {
    let mut chain = Chain::new(ChainConfig::default());
    let wallets = (1..=4).map(|seed| canonical(&Wallet::new(seed).key()));
    chain.fund(wallets.map(|wallet| (wallet, lamports(10 * LAMPORTS)))).unwrap();
    chain.fund([(EVM_USER, U256::from(10).pow(U256::from(24)))]).unwrap();
    chain.insert_accounts(spl::genesis()).unwrap();
    chain
}

pub(crate) fn lamports(amount: u64) -> U256 {
    U256::from(amount) * U256::from(svm::WEI_PER_LAMPORT)
}

pub(crate) fn balance(chain: &Chain, key: &Pubkey) -> u64 {
    (chain.balance(canonical(key)).unwrap() / U256::from(svm::WEI_PER_LAMPORT)).to()
}

pub(crate) fn stored(chain: &Chain, key: &Pubkey) -> StoredAccount {
    StoredAccount::from_object(chain.object(&StoredAccount::key(key)).unwrap().as_ref()).unwrap()
}

pub(crate) fn recent(chain: &Chain) -> Hash {
    Hash::new_from_array(chain.latest_blockhash().unwrap().0)
}

/// A signed transaction; the first signer pays.
pub(crate) fn signed(instructions: &[Instruction], signers: &[&Wallet], blockhash: Hash) -> Vec<u8> {
    let message = legacy::Message::new_with_blockhash(instructions, Some(&signers[0].key()), &blockhash);
    sign(VersionedMessage::Legacy(message), signers)
}

pub(crate) fn sign(message: VersionedMessage, signers: &[&Wallet]) -> Vec<u8> {
    let bytes = bincode::serialize(&message).unwrap();
    let required = usize::from(message.header().num_required_signatures);
    let signature = |key: &Pubkey| {
        let wallet = signers.iter().find(|wallet| wallet.key() == *key).expect("every signer has a wallet");
        wallet.sign(&bytes).into()
    };
    let signatures = message.static_account_keys()[..required].iter().map(signature).collect();
    bincode::serialize(&VersionedTransaction { signatures, message }).unwrap()
}

/// Executes instructions in a block of their own.
pub(crate) fn send(chain: &mut Chain, instructions: &[Instruction], signers: &[&Wallet]) -> Committed {
    try_send(chain, instructions, signers).unwrap()
}

pub(crate) fn try_send(
    chain: &mut Chain,
    instructions: &[Instruction],
    signers: &[&Wallet],
) -> Result<Committed, ChainError> {
    let raw = signed(instructions, signers, recent(chain));
    chain.transact_raw(VmId::SVM, &raw)
}

/// The same; it must succeed.
pub(crate) fn succeed(chain: &mut Chain, instructions: &[Instruction], signers: &[&Wallet]) -> Committed {
    let committed = send(chain, instructions, signers);
    let receipt = &committed.receipt;
    assert!(receipt.is_success(), "{:?} {:#?}", receipt.fault, receipt.program_log);
    committed
}

/// The error of a failed transaction as Solana's clients see it.
pub(crate) fn error(committed: &Committed) -> TransactionError {
    let fault = committed.receipt.fault.as_ref().expect("the transaction failed");
    bincode::deserialize(&fault.data).unwrap()
}

/// The name of the reason why a transaction was refused.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, ChainError>) -> String {
    match result {
        Err(ChainError::Execute(ExecuteError::Rejected(refusal))) => refusal.name.into(),
        other => panic!("the transaction was not refused: {other:?}"),
    }
}

pub(crate) fn transfer(from: &Pubkey, to: &Pubkey, amount: u64) -> Instruction {
    let data = [&2u32.to_le_bytes()[..], &amount.to_le_bytes()].concat();
    let accounts = vec![AccountMeta::new(*from, true), AccountMeta::new(*to, false)];
    Instruction { program_id: SYSTEM, accounts, data }
}

pub(crate) fn create_account(from: &Pubkey, new: &Pubkey, lamports: u64, space: u64, owner: &Pubkey) -> Instruction {
    let data = [&0u32.to_le_bytes()[..], &lamports.to_le_bytes(), &space.to_le_bytes(), owner.as_ref()].concat();
    let accounts = vec![AccountMeta::new(*from, true), AccountMeta::new(*new, true)];
    Instruction { program_id: SYSTEM, accounts, data }
}

pub(crate) fn memo(text: &str) -> Instruction {
    Instruction { program_id: spl::MEMO, accounts: Vec::new(), data: text.into() }
}

pub(crate) fn compute_budget(tag: u8, value: &[u8]) -> Instruction {
    let data = [&[tag][..], value].concat();
    Instruction { program_id: solana_sdk_ids::compute_budget::ID, accounts: Vec::new(), data }
}

/// Lamports with which an account of this many bytes is rent-exempt.
pub(crate) fn rent(bytes: u64) -> u64 {
    (128 + bytes) * 6960
}

/// A mint of SPL Token with 6 decimals.
pub(crate) fn mint_account(authority: &Pubkey) -> StoredAccount {
    let data = [&[1, 0, 0, 0][..], authority.as_ref(), &1_000_000u64.to_le_bytes(), &[6, 1], &[0; 36]].concat();
    StoredAccount { owner: spl::TOKEN, executable: false, data: data.into() }
}

/// A token account as SPL Token writes it, of a program.
pub(crate) fn token_account(mint: &Pubkey, owner: &Pubkey, amount: u64, program: Pubkey) -> StoredAccount {
    let data = [mint.as_ref(), owner.as_ref(), &amount.to_le_bytes(), &[0; 36], &[1], &[0; 56]].concat();
    StoredAccount { owner: program, executable: false, data: data.into() }
}
