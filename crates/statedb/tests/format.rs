//! The form of the rows, as committed hashes. A database of an earlier version must stay readable: whoever changes a
//! hash here changes the format, and says so in the store's format number and the changelog.

mod support;

use hexapla_primitives::{Address, Bytes, ObjectKey, U256, VmId, keccak256};
use hexapla_state::StateReader;
use hexapla_statedb::StateDb;
use hexapla_store::{Batch, KvStore, MemoryStore, Table};
use revm::{bytecode::Bytecode, state::AccountInfo};
use std::sync::Arc;
use support::Random;

const ACCOUNTS: u64 = 3000;
const OBJECTS: u64 = 3000;

/// The number of rows of each table, and the hash of all of them.
const FORMAT: [(&str, usize, &str); 8] = [
    ("account", 3007, "0x3a0d514a940e52a1f87f8a253e5c21d8318beab0b94dc1cc301a2d7555977de4"),
    ("word", 4467, "0x43edde442644474ca39edff6247e3ad00867f6fd19fa8e45d2b82a9b5ea0dbd9"),
    ("object", 2974, "0xb524c3fac647cbf912696d36f3e578c21c27ae63f322b083ec444116b0b871b2"),
    ("code", 1947, "0x234f9ddbbae598621293daa4767695677f0a942513d5bb5754ed4266d0efe1fe"),
    ("account-node", 4029, "0x59c4f980f41eb3274d4f92c68744692c9126f4365a59f867e443a148f4d9eed2"),
    ("storage-node", 10313, "0x4cf7554cd81e60fa7e97af2f8164eb4a60ccd3011bf1a087f5ce19e4d538141d"),
    ("block-hash", 5, "0xf633f25902ad876e5dff8a8c3868609db80ebc5ed0f2b5b3855f608f23a39b3b"),
    ("meta", 1, "0xb5bbad54e4c3e0ad836d84dd33ff50071042defc28f833445a82ddf0576e088d"),
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
        db.insert_block_hash(number, keccak256(number.to_be_bytes())).unwrap();
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
    let code_hash = keccak256([]);
    let row = alloy_trie::TrieAccount { nonce: 5, balance: U256::from(6), code_hash, ..Default::default() };
    batch.put(Table("account"), address.to_vec(), alloy_rlp::encode(row));
    batch.put(Table("word"), [address.as_slice(), &[0; 31], &[7]].concat(), vec![1, 2]);
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
