//! Which accounts go: touched and empty ones (EIP-161), destroyed ones (EIP-6780), and never a column.

mod support;

use hexapla_primitives::{Address, Bytes, ObjectKey, U256, VmId, identity::column_account, keccak256};
use hexapla_state::{BlockChanges, Location, LocationValue, Overlay, WorldJournal};
use hexapla_statedb::StateDb;
use revm::{
    Database, bytecode::Bytecode, context_interface::journaled_state::JournalTr, primitives::hardfork::SpecId,
    state::AccountInfo,
};
use support::flat::Flat;

const RICH: Address = Address::repeat_byte(0x11);
const NOBODY: Address = Address::repeat_byte(0x22);
const EMPTY: Address = Address::repeat_byte(0x33);
const CONTRACT: Address = Address::repeat_byte(0x44);
const SLOT: U256 = U256::from_limbs([5, 0, 0, 0]);

fn key() -> ObjectKey {
    ObjectKey::new(VmId::MOVE, vec![1, 2, 3])
}

/// An account with coin, an empty one as there were before EIP-161, and a contract with storage.
fn prepared() -> StateDb {
    let mut db = StateDb::in_memory();
    let mut overlay = db.overlay().unwrap();
    overlay.insert_account(RICH, AccountInfo::from_balance(U256::from(100)));
    overlay.insert_account(EMPTY, AccountInfo::default());
    let code = Bytecode::new_raw(Bytes::from_static(&[0x5f]));
    overlay.insert_account(CONTRACT, AccountInfo::new(U256::from(3), 1, code.hash_slow(), code));
    overlay.insert_word(CONTRACT, SLOT, U256::from(9)).unwrap();
    db.commit(&overlay.changes()).unwrap();
    db
}

fn journal(overlay: Overlay, spec: SpecId) -> WorldJournal<Overlay> {
    let mut journal = WorldJournal::new(overlay);
    journal.set_spec_id(spec);
    journal
}

/// Commits a transaction and the block, which is all of it.
fn commit(db: &mut StateDb, mut journal: WorldJournal<Overlay>) -> BlockChanges {
    let transaction = journal.take_changes();
    let mut overlay = journal.into_database();
    overlay.commit(transaction);
    let changes = overlay.changes();
    db.commit(&changes).unwrap();
    changes
}

fn exists(db: &StateDb, address: Address) -> bool {
    db.reader().unwrap().account(address).unwrap().is_some()
}

#[test]
fn eip161_a_touched_empty_account_is_removed_and_an_untouched_one_stays() {
    let mut db = prepared();
    let mut journal = journal(db.overlay().unwrap(), SpecId::PRAGUE);
    journal.load_account(EMPTY).unwrap();
    commit(&mut db, journal);
    assert!(exists(&db, EMPTY), "loaded and not touched");

    let mut journal = self::journal(db.overlay().unwrap(), SpecId::PRAGUE);
    assert_eq!(journal.transfer(RICH, EMPTY, U256::ZERO).unwrap(), None);
    assert_eq!(journal.transfer(RICH, NOBODY, U256::ZERO).unwrap(), None);
    let access = journal.take_changes().access();
    assert_eq!(access.writes.get(&Location::Account(EMPTY)), Some(&LocationValue::Absent));
    assert_eq!(access.writes.len(), 1, "what does not exist is not removed");
    assert_eq!(journal.transfer(RICH, EMPTY, U256::ZERO).unwrap(), None);
    commit(&mut db, journal);
    assert!(!exists(&db, EMPTY) && !exists(&db, NOBODY));
}

#[test]
fn before_eip161_an_empty_account_stays_and_a_touch_creates_one() {
    let mut db = prepared();
    let mut journal = journal(db.overlay().unwrap(), SpecId::HOMESTEAD);
    for address in [EMPTY, NOBODY] {
        assert_eq!(journal.transfer(RICH, address, U256::ZERO).unwrap(), None);
    }
    commit(&mut db, journal);
    assert!(exists(&db, EMPTY) && exists(&db, NOBODY));
}

#[test]
fn eip6780_only_a_contract_created_in_the_transaction_is_destroyed() {
    let mut db = prepared();
    let mut journal = journal(db.overlay().unwrap(), SpecId::PRAGUE);
    journal.load_account(CONTRACT).unwrap();
    journal.touch_account(CONTRACT);
    journal.selfdestruct(CONTRACT, RICH, false).unwrap();
    journal.load_account(NOBODY).unwrap();
    let _open = journal.create_account_checkpoint(RICH, NOBODY, U256::from(1), SpecId::PRAGUE).unwrap();
    journal.touch_account(RICH);
    journal.sstore(NOBODY, SLOT, U256::from(1)).unwrap();
    journal.selfdestruct(NOBODY, NOBODY, false).unwrap();
    journal.checkpoint_commit();
    commit(&mut db, journal);
    let reader = db.reader().unwrap();
    assert_eq!(reader.word(CONTRACT, SLOT).unwrap(), U256::from(9), "its storage stays");
    assert_eq!(reader.account(CONTRACT).unwrap().unwrap().balance, U256::ZERO);
    assert_eq!(reader.account(RICH).unwrap().unwrap().balance, U256::from(102));
    assert!(!exists(&db, NOBODY));
    assert_eq!(reader.word(NOBODY, SLOT).unwrap(), U256::ZERO);
}

#[test]
fn a_destroyed_contract_may_be_created_again_without_its_storage() {
    let mut db = prepared();
    let mut journal = journal(db.overlay().unwrap(), SpecId::SHANGHAI);
    journal.load_account(CONTRACT).unwrap();
    journal.touch_account(CONTRACT);
    journal.selfdestruct(CONTRACT, RICH, false).unwrap();
    let destroyed = journal.take_changes();
    journal.db_mut().commit(destroyed);
    journal.load_account(CONTRACT).unwrap();
    let _open = journal.create_account_checkpoint(CONTRACT, CONTRACT, U256::ZERO, SpecId::SHANGHAI).unwrap();
    assert_eq!(journal.sload(CONTRACT, SLOT).unwrap().data, U256::ZERO);
    journal.sstore(CONTRACT, U256::from(6), U256::from(1)).unwrap();
    journal.checkpoint_commit();
    commit(&mut db, journal);
    let reader = db.reader().unwrap();
    assert_eq!(reader.word(CONTRACT, SLOT).unwrap(), U256::ZERO);
    assert_eq!(reader.word(CONTRACT, U256::from(6)).unwrap(), U256::from(1));
    let mut flat = Flat::default();
    flat.accounts.entry(RICH).or_default().balance = U256::from(103);
    flat.accounts.entry(EMPTY).or_default();
    flat.accounts.entry(CONTRACT).or_default().nonce = 1;
    flat.set_word(CONTRACT, U256::from(6), U256::from(1));
    assert_eq!(db.root(), flat.root());
}

#[test]
fn credit_adds_to_an_account_and_creates_one() {
    let mut db = prepared();
    let mut overlay = db.overlay().unwrap();
    overlay.credit(RICH, U256::from(1), false).unwrap();
    overlay.credit(NOBODY, U256::from(2), false).unwrap();
    db.commit(&overlay.changes()).unwrap();
    let reader = db.reader().unwrap();
    assert_eq!(reader.account(RICH).unwrap().unwrap().balance, U256::from(101));
    assert_eq!(reader.account(NOBODY).unwrap().unwrap().balance, U256::from(2));
    assert_eq!(reader.account(NOBODY).unwrap().unwrap().code_hash, keccak256([]));
}

#[test]
fn a_credit_of_nothing_touches() {
    for (address, empty_accounts_exist, existed, exists_after) in [
        (NOBODY, false, false, false),
        (NOBODY, true, false, true),
        (EMPTY, false, true, false),
        (EMPTY, true, true, true),
        (RICH, false, true, true),
        (RICH, true, true, true),
    ] {
        let mut db = prepared();
        assert_eq!(exists(&db, address), existed);
        let mut overlay = db.overlay().unwrap();
        overlay.credit(address, U256::ZERO, empty_accounts_exist).unwrap();
        assert_eq!(overlay.basic(address).unwrap().is_some(), exists_after, "{address} in the overlay");
        db.commit(&overlay.changes()).unwrap();
        assert_eq!(exists(&db, address), exists_after, "{address} {empty_accounts_exist}");
    }
}

/// An account without code, nonce and coin can hold storage only by a rule of old (EIP-7610); it goes with it.
#[test]
fn an_account_that_goes_takes_its_storage_along() {
    let mut db = prepared();
    let mut overlay = db.overlay().unwrap();
    overlay.insert_word(EMPTY, SLOT, U256::from(7)).unwrap();
    db.commit(&overlay.changes()).unwrap();
    assert!(db.reader().unwrap().has_storage(EMPTY).unwrap());

    let mut overlay = db.overlay().unwrap();
    overlay.credit(EMPTY, U256::ZERO, false).unwrap();
    assert_eq!(overlay.storage(EMPTY, SLOT).unwrap(), U256::ZERO);
    db.commit(&overlay.changes()).unwrap();
    assert_eq!(db.reader().unwrap().word(EMPTY, SLOT).unwrap(), U256::ZERO);

    let mut overlay = db.overlay().unwrap();
    overlay.credit(EMPTY, U256::from(1), false).unwrap();
    overlay.insert_word(EMPTY, U256::from(8), U256::from(8)).unwrap();
    let root = db.commit(&overlay.changes()).unwrap();
    let mut flat = Flat::default();
    flat.accounts.entry(RICH).or_default().balance = U256::from(100);
    flat.accounts.entry(EMPTY).or_default().balance = U256::from(1);
    flat.set_word(EMPTY, U256::from(8), U256::from(8));
    let contract = flat.accounts.entry(CONTRACT).or_default();
    (contract.nonce, contract.balance, contract.code) = (1, U256::from(3), Bytes::from_static(&[0x5f]));
    flat.set_word(CONTRACT, SLOT, U256::from(9));
    assert_eq!(root, flat.root());
}

/// Words that were set for an account which does not exist are not state: no root could show them.
#[test]
fn words_without_an_account_are_not_kept() {
    let mut db = prepared();
    let root = db.root();
    let mut overlay = db.overlay().unwrap();
    overlay.insert_word(NOBODY, SLOT, U256::from(1)).unwrap();
    assert_eq!(db.commit(&overlay.changes()).unwrap(), root);
    assert_eq!(db.reader().unwrap().word(NOBODY, SLOT).unwrap(), U256::ZERO);
}

fn with_object() -> StateDb {
    let mut db = prepared();
    let mut overlay = db.overlay().unwrap();
    overlay.insert_object(key(), Some(Bytes::from_static(b"object")));
    db.commit(&overlay.changes()).unwrap();
    db
}

#[test]
fn a_column_stays_when_it_is_touched_and_when_its_last_object_goes() {
    let column = column_account(key().vm);
    let mut db = with_object();
    let root = db.root();
    let mut journal = journal(db.overlay().unwrap(), SpecId::PRAGUE);
    journal.transfer(RICH, column, U256::ZERO).unwrap();
    commit(&mut db, journal);
    assert_eq!(db.root(), root, "a touch changes nothing");

    let mut journal = self::journal(db.overlay().unwrap(), SpecId::PRAGUE);
    journal.set_object(&key(), None).unwrap();
    journal.transfer(RICH, column, U256::ZERO).unwrap();
    commit(&mut db, journal);
    let info = db.reader().unwrap().account(column).unwrap().unwrap();
    assert_eq!((info.nonce, info.balance), (1, U256::ZERO));
    assert!(!db.reader().unwrap().has_storage(column).unwrap());

    let mut overlay = db.overlay().unwrap();
    overlay.credit(column, U256::ZERO, false).unwrap();
    db.commit(&overlay.changes()).unwrap();
    assert!(exists(&db, column));
}

#[test]
fn a_new_column_that_is_touched_in_its_first_block_stays() {
    let column = column_account(key().vm);
    let mut db = prepared();
    let mut journal = journal(db.overlay().unwrap(), SpecId::PRAGUE);
    journal.set_object(&key(), Some(Bytes::from_static(b"object"))).unwrap();
    let first = journal.take_changes();
    journal.db_mut().commit(first);
    // The account does not show in the block before its end, so this is a touch of an empty account.
    journal.transfer(RICH, column, U256::ZERO).unwrap();
    commit(&mut db, journal);
    assert!(exists(&db, column));
    db.object_proof(&key()).unwrap().verify(db.root()).unwrap();
}

#[test]
fn coin_of_a_column_and_its_objects_stand_in_one_account() {
    let column = column_account(key().vm);
    let mut db = prepared();
    let mut overlay = db.overlay().unwrap();
    overlay.credit(column, U256::from(4), false).unwrap();
    db.commit(&overlay.changes()).unwrap();
    assert_eq!(db.reader().unwrap().account(column).unwrap().unwrap().nonce, 0, "without objects an account as any");
    let mut overlay = db.overlay().unwrap();
    overlay.insert_object(key(), Some(Bytes::from_static(b"object")));
    overlay.credit(column, U256::from(5), false).unwrap();
    db.commit(&overlay.changes()).unwrap();
    let info = db.reader().unwrap().account(column).unwrap().unwrap();
    assert_eq!((info.nonce, info.balance), (1, U256::from(9)));
    // Whatever a change claims of a column: it stays, with its objects.
    let mut claims = BlockChanges::default();
    claims.accounts.entry(column).or_default().wiped = true;
    db.commit(&claims).unwrap();
    let info = db.reader().unwrap().account(column).unwrap().unwrap();
    assert_eq!((info.nonce, info.balance), (1, U256::ZERO));
    let proof = db.object_proof(&key()).unwrap();
    proof.verify(db.root()).unwrap();
    assert!(proof.object.is_some());
}

#[test]
fn an_object_that_comes_and_goes_within_a_block_makes_no_column() {
    let mut db = prepared();
    let root = db.root();
    let mut journal = journal(db.overlay().unwrap(), SpecId::PRAGUE);
    journal.set_object(&key(), Some(Bytes::from_static(b"object"))).unwrap();
    let first = journal.take_changes();
    journal.db_mut().commit(first);
    journal.set_object(&key(), None).unwrap();
    commit(&mut db, journal);
    assert_eq!(db.root(), root);
}
