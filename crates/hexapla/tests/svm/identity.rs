//! One account, one identity: an address that crosses comes out as the same account on the other side, and what is the
//! address of nobody is refused at the border.

use crate::typed::{deploy, interface, key, send};
use hexapla::{
    CallNode, Receipt,
    svm::{AccountMeta, Invocation, Pubkey, StoredAccount, alias, canonical, genesis, spl},
    system::{self, SYSTEM_CONTRACT},
};
use hexapla_abi::{Abi, Codec, Interface, Projection, SolidityCodec, Value};
use hexapla_primitives::{Address, B256, Bytes, U256, VmId};
use hexapla_testing::{Script, ScriptCall, Side, Stage, USER, contracts, crossings};
use proptest::{prelude::*, test_runner::TestRunner};
use std::{cell::RefCell, collections::BTreeMap};

/// Solana accounts that the chain knows.
const KNOWN: [Pubkey; 3] = [known(1), known(2), known(3)];

const fn known(byte: u8) -> Pubkey {
    Pubkey::new_from_array([byte; 32])
}

/// A chain with a token on each VM of Solidity's ABI and a Solana program that asks them about a holder.
struct World {
    stage: Stage,
    tokens: [Address; 2],
    oracle: Address,
    reader: Address,
    shown: Projection,
}

const STATE: Pubkey = known(32);

impl World {
    fn new() -> Self {
        let mut stage = Stage::new();
        let chain = &mut stage.chain;
        chain.insert_system_contracts().unwrap();
        let arguments = [Value::string("Gold"), Value::string("AU"), Value::uint(1_000u16)];
        let (token, token_interface) = deploy(chain, "token/Token", &arguments);
        let [stylus, oracle] = ["erc20/erc20", "oracle-as/oracle-as"].map(|name| {
            let tx = chain.create(USER, contracts::wasm_init_code(name)).unwrap();
            chain.transact(tx).unwrap().receipt.created.unwrap()
        });
        let oracle_interface = interface("wasm/oracle-as/oracle-as.abi.json");
        chain.set_interface(token, &token_interface).unwrap();
        chain.set_interface(stylus, &interface("wasm/erc20/erc20.abi.json")).unwrap();
        chain.set_interface(oracle, &oracle_interface).unwrap();
        assert!(send(chain, (oracle, &oracle_interface), "setPrice", &[Value::uint(1u8)]).is_success());

        let program = known(31);
        let reader = interface("svm/price-reader/price-reader.json");
        let valuation = StoredAccount { owner: program, executable: false, data: vec![0; 96].into() };
        let elf = contracts::svm("price-reader/price-reader");
        let accounts =
            genesis::program(program, &elf, None).into_iter().chain([genesis::account(STATE, 10_000_000, &valuation)]);
        let wallets = KNOWN.map(|key| genesis::account(key, 10_000_000, &StoredAccount::default()));
        chain.insert_accounts(accounts.chain(wallets)).unwrap();
        chain.set_interface(canonical(&program), &reader).unwrap();
        let shown = Projection::new(reader.into(), Abi::Solidity);
        Self { stage, tokens: [token, stylus], oracle, reader: canonical(&program), shown }
    }

    /// The call data with which the program is asked about a holder.
    fn question(&self, token: Address, holder: Address) -> Bytes {
        let arguments = [key(&STATE), key(&alias(token)), key(&alias(self.oracle)), Value::Address(holder)];
        let value_of = self.shown.interface().function("valueOf").unwrap();
        SolidityCodec::default().encode_call(value_of, &arguments).unwrap()
    }

    /// Calls the program, as a user or through a contract.
    fn ask(&self, from: Option<Side>, data: Bytes) -> Receipt {
        let Some(side) = from else {
            return self.stage.chain.simulate(self.stage.chain.call(USER, self.reader, data).unwrap()).unwrap();
        };
        let script = Script::new().call(ScriptCall::to(self.reader, data));
        self.stage.try_run(self.stage.actor(side), script)
    }

    /// Instruction data for a token, sent by a program that knows nothing of it.
    fn send(&mut self, token: Address, data: &[u8]) -> Receipt {
        let actor = self.stage.svm()[0];
        let call = actor.call(Script::new().invoke(1, &[], data), &[AccountMeta::new_readonly(alias(token), false)]);
        self.stage.chain.transact(self.stage.chain.call(USER, actor.address(), call).unwrap()).unwrap().receipt
    }

    /// The discriminator under which programs call `balanceOf` of a token.
    fn balance_of(&self) -> Bytes {
        let shown = Projection::new(interface("wasm/erc20/erc20.abi.json").into(), Abi::Borsh);
        shown.interface().function("balance_of").unwrap().selector.clone()
    }
}

fn to(receipt: &Receipt, contract: Address) -> &CallNode {
    let call = crossings(receipt).into_iter().find(|call| call.to == contract);
    call.unwrap_or_else(|| panic!("{contract} is not called: {:?}", receipt.fault))
}

/// The key under which programs know an account.
fn native(holder: Address) -> Pubkey {
    let at_home = KNOWN.into_iter().find(|key| canonical(key) == holder);
    at_home.unwrap_or(if holder.is_zero() { Pubkey::default() } else { alias(holder) })
}

fn holders() -> impl Strategy<Value = Address> {
    let known = prop::sample::select(KNOWN.map(|key| canonical(&key)).to_vec());
    prop_oneof![4 => any::<[u8; 20]>().prop_map(Address::from), 1 => known, 1 => Just(Address::ZERO), 1 => Just(USER)]
}

#[test]
fn f09_an_address_is_one_account_on_the_way_into_a_program_and_out_again() {
    let world = World::new();
    let seen = RefCell::new(BTreeMap::new());
    let routes: Vec<(Option<Side>, Address)> = [None, Some(Side::Evm), Some(Side::Wasm)]
        .into_iter()
        .flat_map(|from| world.tokens.map(|token| (from, token)))
        .collect();
    let routes = prop::sample::select(routes);
    let property =
        TestRunner::new(ProptestConfig::with_cases(40)).run(&(holders(), routes), |(holder, (from, token))| {
            let receipt = world.ask(from, world.question(token, holder));
            prop_assert!(receipt.is_success(), "{:?}", receipt.fault);
            let given = &to(&receipt, world.reader).translation.as_ref().unwrap().input;
            let given = Invocation::from_bytes(given).unwrap().data;
            let (known_as, word) = (native(holder).to_bytes(), holder.into_word());
            prop_assert_eq!(&given[8..], &known_as, "what the program gets");
            let asked = to(&receipt, token);
            let asked = asked.translation.as_ref().unwrap();
            prop_assert_eq!(&asked.sent[8..], &known_as, "what the program passes on");
            prop_assert_eq!(&asked.input[4..], &word[..]);
            let before = seen.borrow_mut().insert(native(holder), holder);
            prop_assert!(before.is_none_or(|before| before == holder), "two accounts have one key");
            Ok(())
        });
    property.unwrap();
}

#[test]
fn f09_a_key_is_one_account_on_the_way_out_of_a_program_and_in_again() {
    let world = RefCell::new(World::new());
    let (tokens, balance_of) = (world.borrow().tokens, world.borrow().balance_of());
    let keys = prop_oneof![any::<[u8; 32]>().prop_map(Pubkey::from), prop::sample::select(KNOWN.to_vec())];
    let strategy = (keys, prop::sample::select(tokens.to_vec()));
    let property = TestRunner::new(ProptestConfig::with_cases(16)).run(&strategy, |(key, token)| {
        let mut world = world.borrow_mut();
        let receipt = world.send(token, &[&balance_of, key.as_ref()].concat());
        prop_assert!(receipt.is_success(), "{:?}", receipt.fault);
        let asked = to(&receipt, token).translation.as_ref().unwrap();
        prop_assert_eq!(&asked.arguments, &[Value::Address(canonical(&key))]);
        // It is the same key again for whoever uses the address.
        let receipt = world.ask(Some(Side::Wasm), world.question(token, canonical(&key)));
        prop_assert_eq!(&to(&receipt, token).translation.as_ref().unwrap().sent[8..], key.as_ref());
        // And it has no second one.
        let second = world.send(token, &[&balance_of, alias(canonical(&key)).as_ref()].concat());
        let fault = to(&second, token).fault.as_ref();
        prop_assert!(fault.is_some_and(|fault| fault.message.contains("is at home")), "{:?}", fault);
        Ok(())
    });
    property.unwrap();
}

#[test]
fn f09_addresses_pass_between_solidity_and_stylus_as_they_are() {
    let world = World::new();
    let [token, stylus] = world.tokens;
    let erc20 = Interface::from_solidity_signatures(
        "Erc20",
        ["function transfer(address to, uint256 value) returns (bool)", "function mint(address to, uint256 value)"],
    );
    let erc20 = erc20.unwrap();
    let nobody = |holder: &Address| !holder.is_zero();
    let property =
        TestRunner::new(ProptestConfig::with_cases(20)).run(&holders().prop_filter("zero", nobody), |holder| {
            for (from, to, function) in [(Side::Evm, stylus, "mint"), (Side::Wasm, token, "transfer")] {
                let arguments = [Value::Address(holder), Value::uint(0u8)];
                let data = SolidityCodec::default().encode_call(erc20.function(function).unwrap(), &arguments).unwrap();
                let script = Script::new().call(ScriptCall::to(to, data.clone()));
                let receipt = world.stage.try_run(world.stage.actor(from), script);
                prop_assert!(receipt.is_success(), "{:?}", receipt.fault);
                prop_assert_eq!(&crossings(&receipt).last().unwrap().input, &data);
                prop_assert_eq!(receipt.logs[0].topics()[2], holder.into_word(), "from {:?}", from);
            }
            Ok(())
        });
    property.unwrap();
}

#[test]
fn f09_what_is_no_address_does_not_leave_a_program() {
    let mut world = World::new();
    let balance_of = world.balance_of();
    let whole = alias(USER).to_bytes();
    let cases: [(&str, Vec<u8>, &str); 5] = [
        ("the alias of nobody", alias(Address::ZERO).to_bytes().to_vec(), "malformed alias"),
        ("the alias of a Solana account", alias(canonical(&KNOWN[0])).to_bytes().to_vec(), "is at home"),
        ("a byte too few", whole[..31].to_vec(), "does not fit the interface"),
        ("a byte too many", [&whole[..], &[0]].concat(), "does not fit the interface"),
        ("nothing", Vec::new(), "does not fit the interface"),
    ];
    for token in world.tokens {
        for (what, bytes, reason) in &cases {
            let receipt = world.send(token, &[&balance_of, &bytes[..]].concat());
            let fault = crossings(&receipt).iter().rev().find_map(|call| call.fault.clone());
            let message = fault.unwrap_or_else(|| panic!("{what} passes to {token}")).message;
            assert!(!receipt.is_success() && message.contains(reason), "{what} to {token}: {message}");
        }
        assert!(world.send(token, &[&balance_of, &whole[..]].concat()).is_success());
    }
}

#[test]
fn f09_what_is_no_address_does_not_get_into_a_program() {
    let world = World::new();
    let good = world.question(world.tokens[0], USER);
    let with = |place: usize, byte: u8| {
        let mut data = good.to_vec();
        data[place] = byte;
        Bytes::from(data)
    };
    // The holder is the last word, the accounts are those before it.
    let holder = good.len() - 32;
    let account = |place: usize, key: Pubkey| {
        let mut data = good.to_vec();
        data[4 + 32 * place..36 + 32 * place].copy_from_slice(key.as_ref());
        Bytes::from(data)
    };
    let cases = [
        ("a dirty address", with(holder, 1), "no address"),
        ("a dirty address", with(holder + 11, 1), "no address"),
        ("a word too short", good.slice(..good.len() - 1), "does not fit the interface"),
        ("no holder", good.slice(..holder), "does not fit the interface"),
        ("nobody's account", account(1, Pubkey::default()), "the account token of"),
        ("the alias of nobody", account(1, alias(Address::ZERO)), "malformed alias"),
        ("the alias of a Solana account", account(1, alias(canonical(&KNOWN[0]))), "at home"),
    ];
    for from in [None, Some(Side::Evm), Some(Side::Wasm)] {
        assert!(world.ask(from, good.clone()).is_success());
        for (what, data, reason) in &cases {
            let receipt = world.ask(from, data.clone());
            let message = to(&receipt, world.reader).fault.clone().unwrap_or_else(|| panic!("{what} passes")).message;
            assert!(message.contains(reason), "{what} from {from:?}: {message}");
        }
    }
}

#[test]
fn f09_an_account_that_is_nobodys_or_has_another_key_cannot_be_used_in_an_instruction() {
    let mut stage = Stage::new();
    let known = genesis::account(KNOWN[0], 10_000_000, &StoredAccount::default());
    stage.chain.insert_accounts([known]).unwrap();
    let system = solana_sdk_ids::system_program::ID;
    for side in Side::ALL {
        let contract = stage.actor(side);
        stage.chain.fund([(contract, U256::from(10u8).pow(U256::from(18)))]).unwrap();
        for (to, reason) in [(alias(Address::ZERO), "malformed alias"), (alias(canonical(&KNOWN[0])), "at home")] {
            let accounts = vec![AccountMeta::new(alias(contract), true), AccountMeta::new(to, false)];
            let data = [&2u32.to_le_bytes()[..], &1_000_000u64.to_le_bytes()].concat();
            let payment = Invocation { accounts, ..Invocation::of_data(data.into()) }.to_solidity();
            let receipt = stage.run(contract, Script::new().call(ScriptCall::to(canonical(&system), payment).ignore()));
            assert!(receipt.is_success(), "{:?}", receipt.fault);
            let fault = crossings(&receipt).into_iter().find_map(|call| call.fault.as_ref());
            let message = &fault.unwrap_or_else(|| panic!("{side:?} pays {to}")).message;
            assert!(message.contains(reason), "{side:?} {to}: {message}");
        }
    }
}

#[test]
fn f09_the_system_contract_maps_ids_and_addresses_both_ways_and_refuses_the_rest() {
    let world = World::new();
    let [token, stylus] = world.tokens;
    let chain = &world.stage.chain;
    let ask = |function: &str, arguments: &[Value]| -> Result<Vec<Value>, String> {
        let function = system::interface().function(function).unwrap();
        let data = SolidityCodec::default().encode_call(function, arguments).unwrap();
        let receipt = chain.simulate(chain.call(USER, SYSTEM_CONTRACT, data).unwrap()).unwrap();
        match receipt.fault {
            Some(fault) => Err(fault.message),
            None => Ok(SolidityCodec::default().decode_output(function, &receipt.output).unwrap()),
        }
    };
    for account in [USER, token, stylus, canonical(&spl::TOKEN), canonical(&KNOWN[1]), Address::repeat_byte(0x5e)] {
        let home = ask("homeOf", &[Value::Address(account)]).unwrap();
        assert_eq!(ask("canonicalOf", &home), Ok(vec![Value::Address(account)]), "{home:?}");
        let alias = ask("aliasOf", &[Value::Address(account)]).unwrap();
        let back = ask("canonicalOf", &[Value::uint(VmId::SVM.0), alias[0].clone()]);
        // A Solana account has its key and no alias among Solana's programs.
        match home[0] == Value::uint(VmId::SVM.0) {
            true => assert!(back.unwrap_err().contains("at home"), "{account}"),
            false => assert_eq!(back, Ok(vec![Value::Address(account)])),
        }
    }
    let id = |vm: VmId, id: &[u8]| [Value::uint(vm.0), Value::bytes(id.to_vec())];
    assert_eq!(ask("canonicalOf", &id(VmId::SVM, &[0; 32])), Ok(vec![Value::Address(Address::ZERO)]));
    let refused: [(VmId, Vec<u8>, &str); 9] = [
        (VmId::SVM, alias(Address::ZERO).to_bytes().to_vec(), "malformed alias"),
        (VmId::SVM, vec![1; 31], "32 bytes"),
        (VmId::SVM, vec![1; 33], "32 bytes"),
        (VmId::SVM, USER.to_vec(), "32 bytes"),
        (VmId::SVM, Vec::new(), "32 bytes"),
        (VmId::EVM, B256::from(USER.into_word()).to_vec(), "20 bytes"),
        (VmId::WASM, vec![1; 19], "20 bytes"),
        (VmId::MOVE, vec![1; 32], "no accounts"),
        (VmId::INTERFACE, vec![1; 32], "no accounts"),
    ];
    for (vm, bytes, reason) in refused {
        let message = ask("canonicalOf", &id(vm, &bytes)).expect_err(&format!("{bytes:?} is an id of {vm}"));
        assert!(message.contains(reason), "{vm} {bytes:?}: {message}");
    }
}
