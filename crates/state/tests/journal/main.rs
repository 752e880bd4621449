//! The world journal against a naive model, over random transactions.

mod model;
mod play;

use hexapla_primitives::{Address, Bytes, ObjectKey, U256, VmId, keccak256};
use hexapla_state::{BlockChanges, Location, LocationValue, Overlay, StateReader, WorldJournal};
use hexapla_statedb::StateDb;
use model::{Info, Model, World};
use play::{ACCOUNTS, KEYS, Pair, STORAGE_ONLY, Step, object, steps};
use proptest::prelude::*;
use revm::{
    bytecode::Bytecode,
    context_interface::journaled_state::{JournalTr, TransferError},
    primitives::hardfork::SpecId,
    state::AccountInfo,
};

/// How a transaction ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Its changes are taken.
    Take,
    /// The engine says first that it is over.
    CommitTx,
    /// It was invalid.
    Discard,
}

fn ends() -> impl Strategy<Value = End> {
    prop_oneof![4 => Just(End::Take), 2 => Just(End::CommitTx), 1 => Just(End::Discard)]
}

fn genesis() -> World {
    let mut world = World::default();
    let code = Bytes::from_static(&[0x60, 0x00, 0x54]);
    world.accounts.insert(ACCOUNTS[0], Info { nonce: 1, balance: U256::from(5), code });
    world.accounts.insert(ACCOUNTS[1], Info { nonce: 3, balance: U256::from(1000), ..Info::default() });
    world.accounts.insert(ACCOUNTS[2], Info { balance: U256::from(2), ..Info::default() });
    world.accounts.insert(STORAGE_ONLY, Info { balance: U256::from(1), ..Info::default() });
    world.words.insert((ACCOUNTS[0], KEYS[0]), U256::from(1));
    world.words.insert((ACCOUNTS[0], KEYS[2]), U256::from(2));
    world.words.insert((STORAGE_ONLY, KEYS[1]), U256::from(3));
    for number in 0..3 {
        world.objects.insert(object(number), vec![number as u8; number].into());
    }
    world
}

/// The world in a database, as an overlay.
fn stored(world: &World) -> Overlay {
    let mut db = StateDb::in_memory();
    let mut overlay = db.overlay().unwrap();
    for (address, info) in &world.accounts {
        overlay.insert_account(*address, account_info(info));
    }
    for ((address, key), word) in &world.words {
        overlay.insert_word(*address, *key, *word).unwrap();
    }
    for (key, object) in &world.objects {
        overlay.insert_object(key.clone(), Some(object.clone()));
    }
    db.commit(&overlay.changes()).unwrap();
    db.overlay().unwrap()
}

fn account_info(info: &Info) -> AccountInfo {
    let code = Bytecode::new_raw(info.code.clone());
    AccountInfo::new(info.balance, info.nonce, keccak256(&info.code), code)
}

/// Plays transactions one after the other on one journal.
fn play(transactions: &[(Vec<Step>, End, u32)]) {
    let world = genesis();
    let mut pair = Pair::new(stored(&world), Model::new(world));
    for (steps, end, choices) in transactions {
        for step in steps {
            pair.step(step);
            pair.compare();
        }
        match end {
            End::Take => pair.close(*choices),
            End::CommitTx => {
                pair.close(*choices);
                pair.journal.commit_tx();
            }
            End::Discard => pair.discard(),
        }
        let changes = pair.journal.take_changes();
        let (expected, after) = std::mem::take(&mut pair.model).finish();
        assert_eq!(changes.access(), expected);
        pair.journal.db_mut().commit(changes);
        pair.model = Model::new(after);
        // Nothing of it shows in the next one.
        pair.compare();
        assert!(pair.journal.take_failure().is_none());
    }
    check_changes(&pair.journal.into_database().changes(), &pair.model.before);
}

/// What the overlay hands to the database, over the genesis, is the model's world.
fn check_changes(changes: &BlockChanges, world: &World) {
    let mut db = StateDb::in_memory();
    let mut overlay = db.overlay().unwrap();
    for (address, info) in genesis().accounts {
        overlay.insert_account(address, account_info(&info));
    }
    for ((address, key), word) in genesis().words {
        overlay.insert_word(address, key, word).unwrap();
    }
    for (key, object) in genesis().objects {
        overlay.insert_object(key, Some(object));
    }
    db.commit(&overlay.changes()).unwrap();
    db.commit(changes).unwrap();
    let reader = db.reader().unwrap();
    for address in ACCOUNTS {
        let found = reader.account(address).unwrap().map(|info| (info.nonce, info.balance, info.code_hash));
        let expected = world.accounts.get(&address).map(|info| (info.nonce, info.balance, keccak256(&info.code)));
        assert_eq!(found, expected, "{address}");
        for key in KEYS {
            assert_eq!(reader.word(address, key).unwrap(), world.word(address, key), "word {key} of {address}");
        }
    }
    for number in 0..6 {
        assert_eq!(reader.object(&object(number)).unwrap(), world.objects.get(&object(number)).cloned());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_journal_agrees_with_the_model(
        transactions in proptest::collection::vec((steps(), ends(), any::<u32>()), 1..4)
    ) {
        play(&transactions);
    }
}

fn journal() -> WorldJournal<Overlay> {
    let mut journal = WorldJournal::new(stored(&genesis()));
    journal.set_spec_id(SpecId::PRAGUE);
    journal
}

#[test]
fn a_reverted_frame_leaves_reads_and_no_writes() {
    let mut journal = journal();
    let checkpoint = journal.checkpoint();
    journal.set_object(&object(0), None).unwrap();
    journal.set_object(&object(5), Some(Bytes::from_static(b"new"))).unwrap();
    journal.load_account(ACCOUNTS[0]).unwrap();
    journal.sstore(ACCOUNTS[0], KEYS[0], U256::from(9)).unwrap();
    journal.checkpoint_revert(checkpoint);
    assert_eq!(journal.object(&object(0)).unwrap(), Some(Bytes::new()));
    assert_eq!(journal.object(&object(5)).unwrap(), None);
    let access = journal.take_changes().access();
    assert!(access.writes.is_empty());
    let reads: Vec<_> = access.reads.into_iter().collect();
    assert_eq!(reads.len(), 4, "an account, a word and two objects");
    assert!(reads.contains(&(Location::Word(ACCOUNTS[0], KEYS[0]), LocationValue::Word(U256::from(1)))));
    assert!(reads.contains(&(Location::Object(object(0)), LocationValue::Object(keccak256([])))));
    assert!(reads.contains(&(Location::Object(object(5)), LocationValue::Absent)));
}

#[test]
fn a_write_of_the_old_value_is_no_write() {
    let mut journal = journal();
    journal.set_object(&object(1), None).unwrap();
    journal.set_object(&object(1), Some(vec![1].into())).unwrap();
    journal.load_account(ACCOUNTS[0]).unwrap();
    journal.sstore(ACCOUNTS[0], KEYS[0], U256::from(7)).unwrap();
    journal.sstore(ACCOUNTS[0], KEYS[0], U256::from(1)).unwrap();
    assert!(journal.take_changes().access().writes.is_empty());
}

#[test]
fn objects_of_the_same_key_in_two_columns_are_two_objects() {
    let mut journal = journal();
    let (here, there) = (ObjectKey::new(VmId::SVM, vec![9]), ObjectKey::new(VmId::MOVE, vec![9]));
    journal.set_object(&here, Some(Bytes::from_static(b"here"))).unwrap();
    assert_eq!(journal.object(&there).unwrap(), None);
    journal.set_object(&there, Some(Bytes::from_static(b"there"))).unwrap();
    assert_eq!(journal.object(&here).unwrap(), Some(Bytes::from_static(b"here")));
}

#[test]
fn eip7610_storage_without_code_is_a_collision_and_opens_no_checkpoint() {
    let mut journal = journal();
    for address in [ACCOUNTS[1], STORAGE_ONLY] {
        journal.load_account(address).unwrap();
    }
    let refused = journal.create_account_checkpoint(ACCOUNTS[1], STORAGE_ONLY, U256::ZERO, SpecId::PRAGUE);
    assert_eq!(refused.err(), Some(TransferError::CreateCollision));
    assert_eq!(journal.depth(), 0);
    assert!(journal.take_failure().is_none());
}

/// A collision is also what the journal answers when the database fails, so that must be told apart.
#[test]
fn a_failing_database_is_a_failure_and_not_a_collision() {
    let mut journal = WorldJournal::new(Overlay::new(std::sync::Arc::new(Failing)));
    let refused = journal.create_account_checkpoint(Address::ZERO, ACCOUNTS[3], U256::ZERO, SpecId::PRAGUE);
    assert_eq!(refused.err(), Some(TransferError::CreateCollision));
    assert!(journal.take_failure().is_some());
    assert!(journal.take_failure().is_none(), "it is told once");
}

/// A database that reads nothing.
struct Failing;

type Read<T> = Result<T, hexapla_state::StateError>;

fn failure<T>() -> Read<T> {
    Err(hexapla_state::StateError::CorruptRow { table: "test", key: String::new() })
}

impl StateReader for Failing {
    fn account(&self, _: Address) -> Read<Option<AccountInfo>> {
        failure()
    }
    fn word(&self, _: Address, _: U256) -> Read<U256> {
        failure()
    }
    fn has_storage(&self, _: Address) -> Read<bool> {
        failure()
    }
    fn object(&self, _: &ObjectKey) -> Read<Option<Bytes>> {
        failure()
    }
    fn code(&self, _: hexapla_primitives::B256) -> Read<Bytecode> {
        failure()
    }
    fn block_hash(&self, _: u64) -> Read<hexapla_primitives::B256> {
        failure()
    }
}
