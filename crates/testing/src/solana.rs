//! Actors on Solana.

use crate::{Script, contracts};
use hexapla::{
    Chain,
    svm::{AccountMeta, Invocation, Pubkey, StoredAccount, canonical, genesis},
};
use hexapla_primitives::{Address, Bytes};

/// Words in the state of an actor.
const WORDS: usize = 64;
/// Lamports of the state account: more than rent needs.
pub(crate) const STATE_LAMPORTS: u64 = 1_000_000_000;

/// An actor on Solana, with its state account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SvmActor {
    /// The program.
    pub program: Pubkey,
    /// The account that holds its words.
    pub state: Pubkey,
}

impl SvmActor {
    /// The keys of the actor of this number.
    pub fn new(number: u8) -> Self {
        let key = |kind: u8| {
            Pubkey::new_from_array([&[kind, number][..], &[0xac; 30]].concat().try_into().expect("32 bytes"))
        };
        Self { program: key(1), state: key(2) }
    }

    /// Puts it on a chain.
    pub fn deploy(&self, chain: &mut Chain) {
        let state = StoredAccount { owner: self.program, executable: false, data: vec![0; WORDS * 8].into() };
        let [program, code] = genesis::program(self.program, &contracts::svm("actor/actor"), None);
        let accounts = [program, code, genesis::account(self.state, STATE_LAMPORTS, &state)];
        chain.insert_accounts(accounts).expect("memory does not fail");
    }

    /// Its canonical address.
    pub fn address(&self) -> Address {
        canonical(&self.program)
    }

    /// Call data that runs a script on it, its state first and then `others`.
    pub fn call(&self, script: Script, others: &[AccountMeta]) -> Bytes {
        let state = AccountMeta::new(self.state, false);
        let accounts = std::iter::once(state).chain(others.iter().cloned()).collect();
        Invocation { accounts, ..Invocation::of_data(script.into()) }.to_solidity()
    }

    /// A word of its state.
    pub fn word(&self, chain: &Chain, key: usize) -> u64 {
        let object = chain.object(&StoredAccount::key(&self.state)).expect("memory does not fail");
        let stored = StoredAccount::from_object(object.as_ref()).expect("a stored account");
        u64::from_le_bytes(stored.data[key * 8..key * 8 + 8].try_into().expect("8 bytes"))
    }
}
