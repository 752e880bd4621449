//! Typed calls: each side in its own ABI.

use crate::{USER, chain, invoke};
use hexapla::{
    AccountInfo, Receipt,
    svm::{Pubkey, StoredAccount, WEI_PER_LAMPORT, alias, canonical, genesis, spl},
};
use hexapla_abi::{
    Abi, AccountParam, AccountSource, Codec, CustomError, Function, Interface, Mutability, Param, Projection,
    SolidityCodec, Type, Value, describe_revert,
};
use hexapla_primitives::{Address, Bytes, U256};
use hexapla_testing::{Chain, Script, ScriptCall, SvmActor, contracts, crossings};

/// Accounts (key, signs, may be changed) and data.
type Instruction<'a> = (&'a [(Pubkey, bool, bool)], Vec<u8>);

/// An interface from a file of `contracts/`.
pub(crate) fn interface(path: &str) -> Interface {
    let path = contracts::root().join(path);
    Interface::detect(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Deploys a Solidity contract.
pub(crate) fn deploy(chain: &mut Chain, name: &str, arguments: &[Value]) -> (Address, Interface) {
    let interface = interface(&format!("evm/{name}.json"));
    let constructor = interface.constructor.clone().unwrap_or_default();
    let arguments = SolidityCodec::default().encode_constructor(&constructor, arguments).unwrap();
    let code = [contracts::evm(name), arguments].concat();
    let receipt = chain.transact(chain.create(USER, code).unwrap()).unwrap().receipt;
    (receipt.created.unwrap_or_else(|| panic!("{name}: {:?}", receipt.fault)), interface)
}

pub(crate) fn send(chain: &mut Chain, to: (Address, &Interface), function: &str, arguments: &[Value]) -> Receipt {
    let data = SolidityCodec::default().encode_call(to.1.function(function).unwrap(), arguments).unwrap();
    let tx = chain.call(USER, to.0, data).unwrap();
    chain.transact(tx).unwrap().receipt
}

pub(crate) fn key(key: &Pubkey) -> Value {
    Value::bytes(key.to_bytes().to_vec())
}

fn amount(chain: &Chain, account: &Pubkey) -> u64 {
    let object = chain.object(&StoredAccount::key(account)).unwrap();
    let stored = StoredAccount::from_object(object.as_ref()).unwrap();
    u64::from_le_bytes(stored.data[64..72].try_into().unwrap())
}

pub(crate) fn say(receipt: &Receipt) -> String {
    let crossings: Vec<_> = receipt.crossings.iter().map(|crossing| (&crossing.to, &crossing.fault)).collect();
    format!("{:?}\n{:#?}\n{:#?}", receipt.fault, crossings, receipt.program_log)
}

/// A mint of SPL Token with the user as authority, and an account of the user that holds `amount`.
fn mint(chain: &mut Chain, amount: u64) -> (Pubkey, Pubkey) {
    let [mint, account] = [11u8, 12].map(|byte| Pubkey::new_from_array([byte; 32]));
    let blank = |length: usize| StoredAccount { owner: spl::TOKEN, executable: false, data: vec![0; length].into() };
    chain
        .insert_accounts([
            genesis::account(mint, 10_000_000, &blank(82)),
            genesis::account(account, 10_000_000, &blank(165)),
        ])
        .unwrap();
    let user = alias(USER);
    let steps: [Instruction<'_>; 3] = [
        (&[(mint, false, true)], [&[20u8, 6][..], user.as_ref(), &[0]].concat()),
        (&[(account, false, true), (mint, false, false)], [&[18u8][..], user.as_ref()].concat()),
        (
            &[(mint, false, true), (account, false, true), (user, true, false)],
            [&[7u8][..], &amount.to_le_bytes()].concat(),
        ),
    ];
    for (accounts, data) in steps {
        let tx = chain.call(USER, canonical(&spl::TOKEN), invoke(accounts, &data)).unwrap();
        let receipt = chain.transact(tx).unwrap().receipt;
        assert!(receipt.is_success(), "{}", say(&receipt));
    }
    (mint, account)
}

fn with_interfaces(mut chain: Chain) -> Chain {
    for (program, path) in
        [(spl::TOKEN, "svm/idl/spl-token.json"), (spl::ASSOCIATED_TOKEN, "svm/idl/associated-token.json")]
    {
        chain.set_interface(canonical(&program), &interface(path)).unwrap();
    }
    chain
}

#[test]
fn a_solidity_vault_opens_its_token_account_pays_and_survives_a_failing_payment() {
    let mut chain = with_interfaces(chain());
    let (mint, users) = mint(&mut chain, 1_000);
    let vault = USER.create(chain.reader().unwrap().account(USER).unwrap().unwrap().nonce);
    let seeds = [alias(vault).to_bytes(), spl::TOKEN.to_bytes(), mint.to_bytes()];
    let account = Pubkey::find_program_address(&[&seeds[0], &seeds[1], &seeds[2]], &spl::ASSOCIATED_TOKEN).0;
    let arguments = [
        Value::Address(canonical(&spl::TOKEN)),
        Value::Address(canonical(&spl::ASSOCIATED_TOKEN)),
        key(&mint),
        Value::uint(6u8),
        key(&account),
    ];
    let (address, vault_interface) = deploy(&mut chain, "splvault/SplVault", &arguments);
    assert_eq!(address, vault);
    chain.fund([(vault, U256::from(10_000_000u64) * U256::from(WEI_PER_LAMPORT))]).unwrap();

    let receipt = send(&mut chain, (vault, &vault_interface), "open", &[]);
    assert!(receipt.is_success(), "{}", say(&receipt));
    let translation = crossings(&receipt)[0].translation.as_ref().expect("the call is typed");
    assert!(translation.function.contains("create_idempotent"), "{}", translation.function);
    assert_eq!(chain.balance(vault).unwrap(), U256::from(10_000_000u64 - 2_039_280) * U256::from(WEI_PER_LAMPORT));
    assert_eq!(amount(&chain, &account), 0);

    // The user fills it, in a typed call of the EVM lane.
    let token = Projection::new(interface("svm/idl/spl-token.json").into(), Abi::Solidity);
    let fill = [key(&users), key(&mint), key(&account), Value::uint(500u16), Value::uint(6u8)];
    let receipt = send(&mut chain, (canonical(&spl::TOKEN), token.interface()), "transferChecked", &fill);
    assert!(receipt.is_success(), "{}", say(&receipt));
    assert_eq!(amount(&chain, &account), 500);

    let receipt = send(&mut chain, (vault, &vault_interface), "pay", &[key(&users), Value::uint(20u8)]);
    assert!(receipt.is_success(), "{}", say(&receipt));
    assert_eq!(amount(&chain, &account), 480);

    let receivers = Value::Array(vec![key(&users), key(&users), key(&users)]);
    let amounts = Value::Array(vec![Value::uint(30u8), Value::uint(10_000u16), Value::uint(50u8)]);
    let receipt = send(&mut chain, (vault, &vault_interface), "payAll", &[receivers, amounts]);
    assert!(receipt.is_success(), "{}", say(&receipt));
    assert_eq!(amount(&chain, &account), 400, "the failing payment is undone, the others stand");
    let failed = crossings(&receipt).into_iter().find_map(|call| call.fault.as_ref()).unwrap();
    assert_eq!((failed.contract, failed.code), (canonical(&spl::TOKEN), Some(1)));
    assert!(failed.message.contains("InsufficientFunds"), "{}", failed.message);
    let noted = receipt.logs.iter().find_map(|log| {
        let event = SolidityCodec::default().decode_event(&vault_interface, log.topics(), &log.data.data).ok()?;
        (event.event.name == "PaymentFailed").then(|| event.to_string())
    });
    assert!(noted.is_some());

    // Typed reading of an account, without running the program.
    let reader =
        token.readers().iter().find(|reader| reader.function.name == "readAccount").expect("there is a reader");
    let data = SolidityCodec::default().encode_call(&reader.function, &[key(&account)]).unwrap();
    let receipt = chain.simulate(chain.call(USER, canonical(&spl::TOKEN), data).unwrap()).unwrap();
    assert!(receipt.is_success(), "{}", say(&receipt));
    let values = SolidityCodec::default().decode_output(&reader.function, &receipt.output).unwrap();
    assert!(values[0].to_string().contains("400"), "{}", values[0]);
}

#[test]
fn a_solidity_contract_is_the_transfer_hook_of_an_unmodified_token_2022_mint() {
    let mut chain = chain();
    let arguments = [Value::Address(canonical(&spl::TOKEN_2022)), Value::uint(100u8)];
    let (hook, hook_interface) = deploy(&mut chain, "hook/TransferHook", &arguments);
    let [mint, a, b] = [21u8, 22, 23].map(|byte| Pubkey::new_from_array([byte; 32]));
    let blank =
        |length: usize| StoredAccount { owner: spl::TOKEN_2022, executable: false, data: vec![0; length].into() };
    let funded =
        [(mint, 234), (a, 171), (b, 171)].map(|(key, length)| genesis::account(key, 10_000_000, &blank(length)));
    chain.insert_accounts(funded).unwrap();
    let user = alias(USER);
    let mut run = |accounts: &[(Pubkey, bool, bool)], data: Vec<u8>| {
        let tx = chain.call(USER, canonical(&spl::TOKEN_2022), invoke(accounts, &data)).unwrap();
        chain.transact(tx).unwrap().receipt
    };
    let setup: [Instruction<'_>; 5] = [
        (&[(mint, false, true)], [&[36u8, 0][..], user.as_ref(), alias(hook).as_ref()].concat()),
        (&[(mint, false, true)], [&[20u8, 6][..], user.as_ref(), &[0]].concat()),
        (&[(a, false, true), (mint, false, false)], [&[18u8][..], user.as_ref()].concat()),
        (&[(b, false, true), (mint, false, false)], [&[18u8][..], user.as_ref()].concat()),
        (&[(mint, false, true), (a, false, true), (user, true, false)], [&[7u8][..], &500u64.to_le_bytes()].concat()),
    ];
    for (accounts, data) in setup {
        let receipt = run(accounts, data);
        assert!(receipt.is_success(), "{}", say(&receipt));
    }
    let mut transfer = |amount: u64| {
        let accounts = [
            (a, false, true),
            (mint, false, false),
            (b, false, true),
            (user, true, false),
            (alias(hook), false, false),
        ];
        run(&accounts, [&[12u8][..], &amount.to_le_bytes(), &[6]].concat())
    };
    let allowed = transfer(60);
    assert!(allowed.is_success(), "{}", say(&allowed));
    let refused = transfer(101);
    assert!(!refused.is_success());
    let fault = crossings(&refused).last().unwrap().fault.as_ref().unwrap();
    assert_eq!(fault.contract, hook);
    let reason = describe_revert(&fault.data, [&hook_interface]);
    assert_eq!(reason, "LimitExceeded(amount: 101, limit: 100)", "readable on the Solidity side");
    let log = refused.program_log.join("\n");
    assert!(log.contains(&fault.data.to_string()) && log.contains("custom program error"), "and on Solana's: {log}");
    assert_eq!([amount(&chain, &a), amount(&chain, &b)], [440, 60]);
    assert_eq!(chain.word(hook, U256::ZERO).unwrap() & U256::from(u64::MAX), U256::from(100u8), "the limit");
}

#[test]
fn a_solana_program_reads_an_erc20_and_a_price_through_their_own_interfaces() {
    let mut chain = chain();
    let one = U256::from(10u64).pow(U256::from(18u64));
    let arguments = [Value::string("Gold"), Value::string("AU"), Value::Uint(U256::from(5_000u64) * one)];
    let (token, token_interface) = deploy(&mut chain, "token/Token", &arguments);
    chain.set_interface(token, &token_interface).unwrap();
    let created = chain.create(USER, contracts::wasm_init_code("oracle-as/oracle-as")).unwrap();
    let oracle = chain.transact(created).unwrap().receipt.created.unwrap();
    let oracle_interface = interface("wasm/oracle-as/oracle-as.abi.json");
    chain.set_interface(oracle, &oracle_interface).unwrap();
    let price = U256::from(3u8) * one / U256::from(2u8);
    assert!(send(&mut chain, (oracle, &oracle_interface), "setPrice", &[Value::Uint(price)]).is_success());

    let [program, state] = [31u8, 32].map(|byte| Pubkey::new_from_array([byte; 32]));
    let reader = interface("svm/price-reader/price-reader.json");
    let valuation = StoredAccount { owner: program, executable: false, data: vec![0; 96].into() };
    chain.insert_accounts(genesis::program(program, &contracts::svm("price-reader/price-reader"), None)).unwrap();
    chain.insert_accounts([genesis::account(state, 10_000_000, &valuation)]).unwrap();
    chain.set_interface(canonical(&program), &reader).unwrap();

    // A Solidity caller of the program, so that three ABIs take part: its own view of the Anchor interface.
    let shown = Projection::new(reader.into(), Abi::Solidity);
    let arguments = [key(&state), key(&alias(token)), key(&alias(oracle)), Value::Address(USER)];
    let receipt = send(&mut chain, (canonical(&program), shown.interface()), "valueOf", &arguments);
    assert!(receipt.is_success(), "{}", say(&receipt));
    let value_of = shown.interface().function("valueOf").unwrap();
    let value = SolidityCodec::default().decode_output(value_of, &receipt.output).unwrap();
    assert_eq!(value, [Value::Uint(U256::from(7_500u64) * one)]);
    let functions: Vec<_> = crossings(&receipt).iter().map(|call| call.translation.as_ref().unwrap()).collect();
    let names: Vec<_> = functions.iter().map(|translation| translation.function.as_str()).collect();
    assert!(names[0].starts_with("value_of") && names[1..] == ["balanceOf(address)", "price()"], "{names:?}");
    assert_eq!(functions[1].arguments, [Value::Address(USER)], "the key became the address that it stands for");
    assert_eq!(functions[1].results, [Value::Uint(U256::from(5_000u64) * one)]);
}

#[test]
fn a_failure_that_a_program_passes_on_is_not_taken_for_one_of_its_own() {
    let mut chain = chain();
    let (actor, contract) = (SvmActor::new(0), Address::repeat_byte(0xc0));
    actor.deploy(&mut chain);
    // Reverts with the four bytes that are also the program's own error 42, little-endian.
    let code = Bytes::from_static(&[0x63, 42, 0, 0, 0, 0x5f, 0x52, 0x60, 0x04, 0x60, 0x1c, 0xfd]);
    let code = Some(hexapla::evm::bytecode(&code));
    chain
        .edit(|overlay| {
            overlay.insert_account(contract, AccountInfo { code, nonce: 1, ..AccountInfo::default() });
            Ok(())
        })
        .unwrap();
    let run = |script: &[u8]| {
        let account = |name: &str, key: Pubkey, writable| AccountParam {
            name: name.into(),
            writable,
            signer: false,
            optional: false,
            source: AccountSource::Fixed(key.to_bytes().into()),
        };
        Function {
            name: format!("run_{}", script.len()),
            selector: Bytes::new(),
            inputs: [Param::new("script", Type::fixed_array(Type::Uint { bits: 8 }, script.len()))].into(),
            outputs: [].into(),
            mutability: Mutability::NonPayable,
            signature: "run".into(),
            accounts: vec![account("state", actor.state, true), account("contract", alias(contract), false)],
            ..Function::default()
        }
    };
    let own_error = CustomError {
        name: "MyOwn".into(),
        inputs: [].into(),
        selector: 42u32.to_le_bytes().into(),
        message: String::new(),
        signature: "MyOwn()".into(),
    };
    for (script, own) in [
        (Script::new().revert(&42u32.to_be_bytes()), true),
        (Script::new().call(ScriptCall::to(contract, Bytes::new())), false),
    ] {
        let script = Bytes::from(script);
        let functions = vec![run(&script)];
        let interface = Interface {
            name: "Actor".into(),
            abi: Abi::Borsh,
            functions,
            errors: vec![own_error.clone()],
            ..Interface::default()
        };
        chain.set_interface(actor.address(), &interface).unwrap();
        let shown = Projection::new(interface.into(), Abi::Solidity);
        let name = shown.interface().functions[0].name.clone();
        let bytes = Value::Array(script.iter().map(|byte| Value::uint(*byte)).collect());
        let receipt = send(&mut chain, (actor.address(), shown.interface()), &name, &[bytes]);
        let fault = receipt.fault.as_ref().unwrap_or_else(|| panic!("{}", say(&receipt)));
        assert_eq!(fault.message.contains("MyOwn"), own, "{}", say(&receipt));
        assert_eq!(fault.contract, if own { actor.address() } else { contract }, "{}", say(&receipt));
    }
}
