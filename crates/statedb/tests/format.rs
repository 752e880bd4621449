//! The form of the rows, as committed hashes. A database of an earlier version must stay readable: whoever changes a
//! hash here changes the format, and says so in the store's format number and the changelog.

mod support;

use hexapla_primitives::{Address, Bytes, ObjectKey, U256, VmId, keccak256};
use hexapla_state::{BlockChanges, StateReader};
use hexapla_statedb::StateDb;
use hexapla_store::{Batch, KvStore, MemoryStore, Table};
use revm::{bytecode::Bytecode, state::AccountInfo};
use std::sync::Arc;
use support::Random;

const ACCOUNTS: u64 = 3000;
const OBJECTS: u64 = 3000;

/// The number of rows of each table, and the hash of all of them.
const FORMAT: [(&str, usize, &str); 9] = [
    ("account", 3007, "0x3af8f34127e45559d28abde98e0b26004a830f56157585c9894fd4ed995c5603"),
    ("word", 4467, "0x69847d7c19093245d31e91360a3556b4604365820f24a814088ed98ed7b2bf91"),
    ("object", 2974, "0xb524c3fac647cbf912696d36f3e578c21c27ae63f322b083ec444116b0b871b2"),
    ("object-hash", 2974, "0x7e23ccfdb3ec45dd33723b9d3876c7c440c8b08f42f7f316fc70658cab8ad7a7"),
    ("code", 1947, "0x234f9ddbbae598621293daa4767695677f0a942513d5bb5754ed4266d0efe1fe"),
    ("account-node", 17, "0xc4e20565fdcf887c0c26a7c27e64391654b3d04c88fc418552e4db27c69c0841"),
    ("storage-node", 7, "0x88b05386da3a3ec1d81d684b52051e19fb8d7d274ac8b94f50535e337c1b814d"),
    ("block-hash", 5, "0xf633f25902ad876e5dff8a8c3868609db80ebc5ed0f2b5b3855f608f23a39b3b"),
    ("meta", 4, "0xfb54f55d2071404f4eb9c58b3a67b4f9bcdfcb37da60b411d42e41ba98608259"),
];

/// Thousands of rows of every kind, the same on every machine.
fn seeded() -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::default());
    let mut db = StateDb::open(store.clone()).unwrap();
    let mut overlay = db.overlay().unwrap();
    let mut random = Random(0x0068_6578_6170_6c61);
    for _ in 0..ACCOUNTS {
        let address = Address::from_slice(&random.bytes(20));
        let (nonce, balance) = (number(&mut random).as_limbs()[0], number(&mut random));
        let length = random.below(3) * random.below(50);
        let code = Bytecode::new_raw(Bytes::from([vec![0; length.min(1) as usize], random.bytes(length)].concat()));
        overlay.insert_account(address, AccountInfo::new(balance, nonce, code.hash_slow(), code));
        for _ in 0..random.below(4) {
            overlay.insert_word(address, number(&mut random), number(&mut random)).unwrap();
        }
    }
    for _ in 0..OBJECTS {
        let vm = VmId(random.below(7) as u8 * 33);
        let (key_length, length) = (random.below(70), random.below(3) * random.below(200));
        let key = ObjectKey::new(vm, random.bytes(key_length));
        overlay.insert_object(key, Some(random.bytes(length).into()));
    }
    db.commit(&overlay.changes()).unwrap();
    for number in [0, 1, 255, 256, u64::MAX] {
        db.commit_block(&BlockChanges::default(), number, |_| keccak256(number.to_be_bytes())).unwrap();
    }
    store
}

/// A number of any length.
fn number(random: &mut Random) -> U256 {
    let length = random.below(33);
    U256::from_be_slice(&random.bytes(length))
}

/// Of a table, the number of rows and keccak256 over length and bytes of each key and value.
fn hash_of(store: &MemoryStore, table: &'static str) -> (usize, String) {
    let (mut count, mut all) = (0, Vec::new());
    let visit = &mut |key: &[u8], value: &[u8]| {
        count += 1;
        for bytes in [key, value] {
            all.extend((bytes.len() as u64).to_be_bytes());
            all.extend(bytes);
        }
        true
    };
    store.snapshot().unwrap().scan_prefix(Table(table), b"", visit).unwrap();
    (count, keccak256(all).to_string())
}

#[test]
fn rows_have_the_committed_form() {
    let store = seeded();
    let found = FORMAT.map(|(table, ..)| (table, hash_of(&store, table)));
    let expected = FORMAT.map(|(table, count, hash)| (table, (count, hash.to_owned())));
    assert_eq!(found, expected, "the form of the rows has changed");
}

#[test]
fn rows_written_by_hand_read_as_documented() {
    let store = Arc::new(MemoryStore::default());
    let address = Address::repeat_byte(0xab);
    let mut batch = Batch::new();
    // RLP of [5, 6, "", ""].
    batch.put(Table("account"), keccak256(address).to_vec(), vec![0xc4, 5, 6, 0x80, 0x80]);
    let slot = keccak256([&[0; 31][..], &[7]].concat());
    batch.put(Table("word"), [keccak256(address), slot].concat(), vec![1, 2]);
    batch.put(Table("object"), vec![2, 0xaa, 0xbb], vec![9; 3]);
    batch.put(Table("code"), keccak256([0x5f]).to_vec(), vec![0x5f]);
    batch.put(Table("block-hash"), 258u64.to_be_bytes().to_vec(), vec![4; 32]);
    store.write(batch).unwrap();
    let reader = StateDb::open(store).unwrap().reader().unwrap();
    check_by_hand(&*reader, address);
}

fn check_by_hand(reader: &dyn StateReader, address: Address) {
    let info = reader.account(address).unwrap().unwrap();
    assert_eq!((info.nonce, info.balance, info.code_hash), (5, U256::from(6), keccak256([])));
    assert_eq!(reader.word(address, U256::from(7)).unwrap(), U256::from(0x0102));
    let key = ObjectKey::new(VmId::SVM, vec![0xaa, 0xbb]);
    assert_eq!(reader.object(&key).unwrap(), Some(Bytes::from(vec![9; 3])));
    assert_eq!(reader.code(keccak256([0x5f])).unwrap().original_bytes(), Bytes::from(vec![0x5f]));
    assert_eq!(reader.block_hash(258).unwrap(), [4; 32]);
}

#[test]
fn a_database_of_another_format_is_refused_with_a_sentence() {
    let opened = |format: Option<u32>| {
        let store = Arc::new(MemoryStore::default());
        let mut batch = Batch::new();
        // The first format did not say its number.
        batch.put(Table("meta"), b"root".as_slice(), vec![7; 32]);
        if let Some(number) = format {
            batch.put(Table("meta"), b"format".as_slice(), number.to_be_bytes().to_vec());
        }
        store.write(batch).unwrap();
        StateDb::open(store).err().map(|error| error.to_string())
    };
    assert_eq!(opened(Some(3)), None);
    for (format, number) in [(None, 1), (Some(2), 2), (Some(4), 4)] {
        let error = opened(format).unwrap();
        assert!(error.contains(&format!("format {number}, and this version reads format 3")), "{error}");
        assert!(error.contains("use the version that wrote it"), "{error}");
    }
}
