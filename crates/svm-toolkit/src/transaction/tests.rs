//! Transactions from calls to bytes.

use super::options::{MAX_LEN, TABLES, UNIT_PRICE};
use super::*;
use crate::{SvmToolkit, id_of};
use hexapla_abi::{AddressBook, Function, Interface, Value};
use hexapla_primitives::{Address, B256, ObjectKey, VmId, identity::alias_of};
use hexapla_svm_types::{Pubkey, spl};
use hexapla_toolkit::{CallTarget, FieldValue, IdBook, Toolkit as _};
use solana_message::VersionedMessage;
use solana_transaction::versioned::VersionedTransaction;
use std::collections::BTreeMap;

#[derive(Default)]
struct State(BTreeMap<ObjectKey, Bytes>);

impl StateView for State {
    fn object(&self, key: &ObjectKey) -> Result<Option<Bytes>, ToolError> {
        Ok(self.0.get(key).cloned())
    }

    fn latest_block_hash(&self) -> Result<B256, ToolError> {
        Ok(B256::repeat_byte(9))
    }

    fn chain_id(&self) -> u64 {
        31_337
    }
}

fn built(request: &TransactionRequest<'_>, state: &State) -> Result<UnsignedTransaction, ToolError> {
    Transactions.build(request, state, &|id| SvmToolkit.addresses().short(&id.bytes))
}

fn signed(unsigned: &UnsignedTransaction, names: &[&str]) -> VersionedTransaction {
    let signers: Vec<_> = names.iter().map(|name| Transactions.test_signer(name)).collect();
    let wanted: Vec<_> = unsigned.payloads.iter().map(|payload| &payload.signer).collect();
    assert_eq!(signers.iter().map(|signer| signer.id()).collect::<Vec<_>>(), wanted);
    let signatures: Vec<_> =
        signers.iter().zip(&unsigned.payloads).map(|(signer, payload)| signer.sign(&payload.bytes)).collect();
    bincode::deserialize(&Transactions.assemble(unsigned, &signatures).unwrap()).unwrap()
}

#[test]
fn a_transaction_is_built_signed_elsewhere_and_assembled() {
    let [alice, bob] = ["alice", "bob"].map(|name| Transactions.test_signer(name).id().clone());
    let accounts = vec![AccountUse { id: bob, signer: true, writable: false }];
    let calls = [NativeCall { contract: id_of(&spl::MEMO), accounts, data: Bytes::from_static(b"hi") }];
    let mut options = Fields::default();
    options.push(UNIT_PRICE, FieldValue::Number(5));
    let request = TransactionRequest { payer: &alice, limit: Some(7), options: &options, calls: &calls };
    let unsigned = built(&request, &State::default()).unwrap();
    assert_eq!(unsigned.leading_calls, 2);
    let transaction = signed(&unsigned, &["alice", "bob"]);
    for (key, signature) in transaction.message.static_account_keys().iter().zip(&transaction.signatures) {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key.to_bytes()).unwrap();
        let signature = ed25519_dalek::Signature::from_slice(signature.as_ref()).unwrap();
        key.verify_strict(&bincode::serialize(&transaction.message).unwrap(), &signature).unwrap();
    }
    assert_eq!(transaction.signatures.len(), 2);
    let VersionedMessage::Legacy(message) = &transaction.message else { panic!("no tables were named") };
    let data: Vec<_> = message.instructions.iter().map(|instruction| instruction.data.clone()).collect();
    assert_eq!(data, [vec![2, 7, 0, 0, 0], vec![3, 5, 0, 0, 0, 0, 0, 0, 0], b"hi".to_vec()]);
    assert_eq!(message.recent_blockhash.to_bytes(), [9; 32]);
    let bad = Transactions.assemble(&unsigned, &[Bytes::from_static(b"short")]);
    assert_eq!(bad.unwrap_err().to_string(), "the transaction cannot be written down");
}

#[test]
fn lookup_tables_make_version_0_and_what_is_none_is_named() {
    let (alice, table) = (Transactions.test_signer("alice").id().clone(), Pubkey::new_from_array([8; 32]));
    let other = Pubkey::new_from_array([7; 32]);
    let accounts = vec![AccountUse { id: id_of(&other), signer: false, writable: true }];
    let calls = [NativeCall { contract: id_of(&spl::MEMO), accounts, data: Bytes::new() }];
    let mut options = Fields::default();
    options.push(TABLES, FieldValue::Ids(vec![id_of(&table)]));
    let request = TransactionRequest { payer: &alice, limit: None, options: &options, calls: &calls };
    let error = built(&request, &State::default()).unwrap_err();
    let text = table.to_string();
    let name = format!("{}…{}", &text[..6], &text[text.len() - 4..]);
    assert_eq!((error.topic, error.to_string()), ("scenario::table", format!("`{name}` is no lookup table")));
    let data = [&[0; 56][..], &other.to_bytes()].concat().into();
    let stored = StoredAccount { owner: spl::ADDRESS_LOOKUP_TABLE, executable: false, data };
    let state = State([(StoredAccount::key(&table), stored.to_object().unwrap())].into());
    let transaction = signed(&built(&request, &state).unwrap(), &["alice"]);
    let VersionedMessage::V0(message) = &transaction.message else { panic!("a table was named") };
    assert_eq!(message.address_table_lookups[0].writable_indexes, [0]);
}

#[test]
fn a_typed_call_finds_its_accounts_and_a_contract_is_called_by_its_payer() {
    let (alice, bob) = (Transactions.test_signer("alice").id().clone(), id_of(&Pubkey::new_from_array([7; 32])));
    let system = SvmToolkit.accounts().unwrap().predeployed()[0].clone();
    let interface = system.interface.unwrap();
    let function = interface.functions.iter().find(|function| function.name == "transfer_sol").unwrap();
    let book = IdBook { vm: VmId::SVM, id_of: |_| None };
    let call = |contract: &NativeId, function: &Function, interface: &Interface| {
        let (target, book): (_, &dyn AddressBook) = (CallTarget { contract, interface, function }, &book);
        let (values, named) = ([Value::uint(5_u64)], [("destination", bob.clone())]);
        Transactions.call(&TypedNativeCall { target, payer: &alice, values: &values, named: &named, listed: &[], book })
    };
    let transfer = call(&system.id, function, &interface).unwrap();
    let uses = [(alice.clone(), true, true), (bob.clone(), false, true)];
    let uses = uses.map(|(id, signer, writable)| AccountUse { id, signer, writable });
    assert_eq!((transfer.accounts, &transfer.data[..]), (uses.to_vec(), &[2, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0][..]));
    let mut without = function.clone();
    without.accounts.clear();
    let address = Address::repeat_byte(3);
    let foreign = call(&NativeId::of_address(address), &without, &interface).unwrap();
    assert_eq!(foreign.contract, NativeId::new(VmId::SVM, alias_of(address).to_vec()));
    assert_eq!(foreign.accounts, [AccountUse { id: alice.clone(), signer: true, writable: false }]);
}

#[test]
fn a_program_comes_in_pieces_and_an_upgrade_makes_room() {
    let payer = Transactions.test_signer("alice").id().clone();
    let program = Transactions.test_signer("bank").id().clone();
    let (code, options) = (Bytes::from(vec![7; 2_000]), Fields::default());
    let deployment = Deployment {
        name: ("bank", 3),
        contract: &program,
        payer: &payer,
        authority: Some(&payer),
        code: &code,
        options: &options,
    };
    let plan = Transactions.deploy(&deployment, &State::default()).unwrap();
    assert_eq!(plan.signers, ["bank/buffer/3", "bank"]);
    let tags = |plan: &DeploymentPlan| -> Vec<Vec<u8>> {
        plan.transactions.iter().map(|calls| calls.iter().map(|call| call.data[0]).collect()).collect()
    };
    assert_eq!(tags(&plan), [vec![0, 0], vec![1], vec![1], vec![1], vec![0, 2]], "create, write, write, write, deploy");
    let written: Vec<u8> = plan.transactions[1..4].iter().flat_map(|calls| calls[0].data[16..].to_vec()).collect();
    assert_eq!(written, code);
    let upgrade = Transactions.upgrade(&Deployment { authority: None, ..deployment }, &State::default()).unwrap();
    assert_eq!(tags(&upgrade)[4..], [vec![6], vec![3], vec![4]], "make room, upgrade, take the authority away");
    let mut small = Fields::default();
    small.push(MAX_LEN, FieldValue::Number(1_999));
    let error = Transactions.check_deployment("bank", &code, &small).unwrap_err();
    assert_eq!(
        (error.field, error.to_string()),
        (Some(MAX_LEN), "`bank` has 2000 bytes, which is more than `max_len`".to_owned())
    );
}
