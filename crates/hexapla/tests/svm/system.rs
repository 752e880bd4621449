//! The system contract: interfaces, identities, and state that is read without a call.

use crate::{
    USER, chain,
    typed::{deploy, interface, key, say, send},
};
use hexapla::{
    Receipt,
    border::registry::Entry,
    svm::{Pubkey, WEI_PER_LAMPORT, alias, canonical, genesis, spl},
    system::{self, SYSTEM_CONTRACT},
};
use hexapla_abi::{Codec, Interface, SolidityCodec, Value};
use hexapla_primitives::{Address, U256, VmId, address, keccak256};
use hexapla_testing::{Chain, contracts};

const STRANGER: Address = address!("0x00000000000000000000000000000000000000bb");

fn with_system() -> Chain {
    let mut chain = chain();
    chain.insert_system_contracts().unwrap();
    chain
}

fn ask_as(chain: &mut Chain, from: Address, function: &str, arguments: &[Value]) -> Receipt {
    let function = system::interface().function(function).unwrap();
    let data = SolidityCodec::default().encode_call(function, arguments).unwrap();
    chain.transact(chain.call(from, SYSTEM_CONTRACT, data).unwrap()).unwrap().receipt
}

fn ask(chain: &mut Chain, function: &str, arguments: &[Value]) -> Vec<Value> {
    let receipt = ask_as(chain, USER, function, arguments);
    assert!(receipt.is_success(), "{}", say(&receipt));
    let function = system::interface().function(function).unwrap();
    SolidityCodec::default().decode_output(function, &receipt.output).unwrap()
}

fn wire(interface: &Interface) -> Value {
    Value::bytes(interface.to_bytes().unwrap())
}

#[test]
fn an_interface_is_set_by_the_owner_and_by_nobody_else_and_stands_in_the_state() {
    let mut chain = with_system();
    chain.fund([(STRANGER, U256::from(1))]).unwrap();
    let arguments = [Value::Address(canonical(&spl::TOKEN_2022)), Value::uint(100u8)];
    let (hook, hook_interface) = deploy(&mut chain, "hook/TransferHook", &arguments);
    let arguments = [Value::Address(hook), wire(&hook_interface)];

    let refused = ask_as(&mut chain, STRANGER, "setInterface", &arguments);
    let message = refused.fault.unwrap().message;
    assert!(message.contains("may not set the interface") && message.contains(&USER.to_string()), "{message}");
    assert_eq!(chain.object(&Entry::key(hook)).unwrap(), None);

    // `owner()` of the contract is its deployer.
    let receipt = ask_as(&mut chain, USER, "setInterface", &arguments);
    assert!(receipt.is_success(), "{}", say(&receipt));
    let hash = keccak256(hook_interface.to_bytes().unwrap());
    let answer = ask(&mut chain, "interfaceOf", &[Value::Address(hook)]);
    assert_eq!(answer, [Value::bytes(hash.0), wire(&hook_interface)]);

    // It can be replaced, and removed.
    let other = Interface::from_solidity_signatures("Other", ["function f()"]).unwrap();
    assert!(ask_as(&mut chain, USER, "setInterface", &[Value::Address(hook), wire(&other)]).is_success());
    assert_eq!(ask(&mut chain, "interfaceOf", &[Value::Address(hook)])[1], wire(&other));
    assert!(ask_as(&mut chain, USER, "setInterface", &[Value::Address(hook), Value::bytes(Vec::new())]).is_success());
    assert!(!ask_as(&mut chain, USER, "interfaceOf", &[Value::Address(hook)]).is_success());
}

#[test]
fn an_interface_is_set_by_the_creator_of_a_contract_without_an_owner() {
    let mut chain = with_system();
    let nonce = chain.reader().unwrap().account(USER).unwrap().unwrap().nonce;
    let created = chain.create(USER, contracts::wasm_init_code("oracle-as/oracle-as")).unwrap();
    let oracle = chain.transact(created).unwrap().receipt.created.unwrap();
    let data = wire(&interface("wasm/oracle-as/oracle-as.abi.json"));
    assert!(!ask_as(&mut chain, USER, "setInterface", &[Value::Address(oracle), data.clone()]).is_success());
    let wrong = [Value::Address(oracle), Value::uint(nonce + 1), data.clone()];
    assert!(!ask_as(&mut chain, USER, "setInterfaceOfCreated", &wrong).is_success());
    let right = [Value::Address(oracle), Value::uint(nonce), data];
    let receipt = ask_as(&mut chain, USER, "setInterfaceOfCreated", &right);
    assert!(receipt.is_success(), "{}", say(&receipt));
}

#[test]
fn the_interface_of_a_program_is_set_by_its_upgrade_authority() {
    let mut chain = with_system();
    let elf = contracts::svm("price-reader/price-reader");
    let [open, closed] = [51u8, 52].map(|byte| Pubkey::new_from_array([byte; 32]));
    chain.insert_accounts(genesis::program(open, &elf, Some(alias(USER)))).unwrap();
    chain.insert_accounts(genesis::program(closed, &elf, None)).unwrap();
    let data = wire(&interface("svm/price-reader/price-reader.json"));
    let set = |chain: &mut Chain, program: &Pubkey| {
        ask_as(chain, USER, "setInterface", &[Value::Address(canonical(program)), data.clone()])
    };
    let receipt = set(&mut chain, &open);
    assert!(receipt.is_success(), "{}", say(&receipt));
    assert!(!set(&mut chain, &closed).is_success(), "nobody can change a program without an authority");
}

#[test]
fn hostile_interfaces_are_refused_with_a_sentence() {
    let mut chain = with_system();
    let arguments = [Value::Address(canonical(&spl::TOKEN_2022)), Value::uint(100u8)];
    let (hook, hook_interface) = deploy(&mut chain, "hook/TransferHook", &arguments);
    let good = hook_interface.to_bytes().unwrap();
    for length in (1..good.len()).step_by(11) {
        let receipt =
            ask_as(&mut chain, USER, "setInterface", &[Value::Address(hook), Value::bytes(good[..length].to_vec())]);
        let fault = receipt.fault.expect("a part of an interface is none");
        assert!(fault.message.contains("interface"), "{}", fault.message);
    }
}

#[test]
fn an_interface_that_claims_what_its_abi_does_not_say_is_refused() {
    let mut chain = with_system();
    let arguments = [Value::Address(canonical(&spl::TOKEN_2022)), Value::uint(100u8)];
    let (hook, _) = deploy(&mut chain, "hook/TransferHook", &arguments);
    let mut lie = Interface::from_solidity_signatures(
        "Token",
        ["function balanceOf(address who) view returns (uint256)", "function burnAll(address who)"],
    )
    .unwrap();
    lie.functions[0].selector = lie.functions.remove(1).selector;
    let receipt = ask_as(&mut chain, USER, "setInterface", &[Value::Address(hook), wire(&lie)]);
    let fault = receipt.fault.expect("balanceOf has the selector of burnAll");
    assert!(fault.message.contains("the function balanceOf has the selector"), "{}", fault.message);
}

#[test]
fn state_of_any_contract_is_read_without_a_call() {
    let mut chain = with_system();
    let arguments = [Value::Address(canonical(&spl::TOKEN_2022)), Value::uint(100u8)];
    let (hook, _) = deploy(&mut chain, "hook/TransferHook", &arguments);
    let word = ask(&mut chain, "word", &[Value::Address(hook), Value::uint(0u8)]);
    assert_eq!(word, [Value::uint(100u8)], "a word of an EVM contract");

    let memo = Value::bytes(spl::MEMO.to_bytes().to_vec());
    let object = ask(&mut chain, "object", &[Value::uint(VmId::SVM.0), memo.clone()]);
    assert!(matches!(&object[0], Value::Bytes(bytes) if bytes.len() == 33 + 36), "an object of any VM");
    let home = ask(&mut chain, "homeOf", &[Value::Address(canonical(&spl::MEMO))]);
    assert_eq!(home, [Value::uint(VmId::SVM.0), memo.clone()]);
    let canonical_of_memo = ask(&mut chain, "canonicalOf", &[Value::uint(VmId::SVM.0), memo]);
    assert_eq!(canonical_of_memo, [Value::Address(canonical(&spl::MEMO))]);
    assert_eq!(ask(&mut chain, "aliasOf", &[Value::Address(hook)]), [key(&alias(hook))]);

    // Any account of Solana, through any program.
    let account = Interface::from_solidity_signatures(
        "Program",
        ["function account(bytes32 key) view returns (uint64 lamports, bytes32 owner, bool executable, bytes data)"],
    )
    .unwrap();
    let receipt = send(&mut chain, (canonical(&spl::TOKEN), &account), "account", &[key(&alias(USER))]);
    assert!(receipt.is_success(), "{}", say(&receipt));
    let values = SolidityCodec::default().decode_output(account.function("account").unwrap(), &receipt.output).unwrap();
    let lamports = chain.balance(USER).unwrap() / U256::from(WEI_PER_LAMPORT);
    assert_eq!(values[0], Value::Uint(lamports));
}

#[test]
fn a_user_of_the_evm_lane_uses_the_system_program_with_his_alias() {
    let mut chain = with_system();
    let to = Pubkey::new_from_array([61; 32]);
    let data = [&[2u8, 0, 0, 0][..], &1_000_000u64.to_le_bytes()].concat();
    let accounts = [(alias(USER), true, true), (to, false, true)];
    let system = Pubkey::new_from_array([0; 32]);
    let tx = chain.call(USER, canonical(&system), crate::invoke(&accounts, &data)).unwrap();
    let receipt = chain.transact(tx).unwrap().receipt;
    assert!(receipt.is_success(), "{}", say(&receipt));
    assert_eq!(chain.balance(canonical(&to)).unwrap(), U256::from(1_000_000 * WEI_PER_LAMPORT));
}

#[test]
fn a_solana_program_reads_a_word_of_the_evm_typed() {
    use hexapla::svm::AccountMeta;
    use hexapla_testing::{Script, SvmActor, crossings};

    let mut chain = with_system();
    let arguments = [Value::Address(canonical(&spl::TOKEN_2022)), Value::uint(100u8)];
    let (hook, _) = deploy(&mut chain, "hook/TransferHook", &arguments);
    let actor = SvmActor::new(0);
    actor.deploy(&mut chain);
    // What an Anchor client of the projection would send: the discriminator, a public key, a u256 in Borsh.
    let shown = hexapla_abi::Projection::new(system::interface().clone().into(), hexapla_abi::Abi::Borsh);
    let word = shown.interface().function("word").unwrap();
    let data = [&word.selector[..], alias(hook).as_ref(), &[0; 32]].concat();
    let script = Script::new().invoke(1, &[], &data);
    let call = actor.call(script, &[AccountMeta::new_readonly(alias(SYSTEM_CONTRACT), false)]);
    let receipt = chain.transact(chain.call(USER, actor.address(), call).unwrap()).unwrap().receipt;
    assert!(receipt.is_success(), "{}", say(&receipt));
    // `invoke` wraps the program's return data, which is the word in little-endian bytes.
    assert_eq!(receipt.output[64..96], U256::from(100u8).to_le_bytes::<32>());
    let reads = crossings(&receipt).last().unwrap().translation.as_ref().unwrap();
    assert_eq!(reads.function, "word(address,uint256)");
}
