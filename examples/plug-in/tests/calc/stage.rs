//! A chain in memory with contracts of all VMs.

use calc_vm::{
    interface::interface_of,
    program::Program,
    store::{address_of, genesis_contract},
};
use hexapla::{
    Chain, ChainConfig, Executor, Receipt, VmConfig,
    svm::{AccountMeta, alias},
    wasm,
};
use hexapla_abi::{
    Abi, AccountParam, AccountSource, Codec, CustomError, Function, Interface, Mutability, Param, SolidityCodec, Type,
    Value,
};
use hexapla_primitives::{Address, Bytes, U256, address};
use hexapla_testing::{Script, ScriptCall, SvmActor, contracts};
use std::path::Path;

/// Who signs the transactions of the EVM's lane.
pub(crate) const USER: Address = address!("0x00000000000000000000000000000000000a11ce");

/// A chain with a Solidity contract, actors on all VMs, a counter on Stylus, and a calc contract `meter`.
pub(crate) struct Stage {
    pub(crate) chain: Chain,
    /// `contracts/Client.sol`.
    pub(crate) client: Address,
    pub(crate) evm_actor: Address,
    pub(crate) wasm_actor: Address,
    /// A counter in AssemblyScript, on Stylus.
    pub(crate) counter: Address,
    pub(crate) svm_actor: SvmActor,
    pub(crate) meter: Address,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let executor = Executor::new(ChainConfig::default(), calc_vm::vms(VmConfig::default()).unwrap()).unwrap();
        let mut chain = Chain::in_memory(executor);
        chain.fund([(USER, U256::from(10).pow(U256::from(24)))]).unwrap();
        chain.insert_system_contracts().unwrap();
        let client =
            deploy(&mut chain, artifact("Client.json")["bytecode"]["object"].as_str().unwrap().parse().unwrap());
        let evm_actor = deploy(&mut chain, contracts::evm("actor/Actor"));
        let wasm_actor = deploy(&mut chain, contracts::wasm_init_code("actor/actor"));
        let counter = deploy(&mut chain, contracts::wasm_init_code("counter-as/counter-as"));
        let svm_actor = SvmActor::new(0);
        svm_actor.deploy(&mut chain);
        chain.set_interface(client, &client_interface()).unwrap();
        let counter_interface =
            std::fs::read_to_string(contracts::root().join("wasm/counter-as/counter-as.abi.json")).unwrap();
        chain.set_interface(counter, &Interface::detect(&counter_interface).unwrap()).unwrap();
        chain.set_interface(svm_actor.address(), &svm_actor_interface(&svm_actor)).unwrap();
        let meter = address_of(b"meter");
        let mut stage = Self { chain, client, evm_actor, wasm_actor, counter, svm_actor, meter };
        stage.add("meter", "double: 2 *\ndivide: /\nkeep: put\nkept: get");
        stage
    }

    /// Puts a calc contract on the chain, with its interface.
    pub(crate) fn add(&mut self, name: &str, text: &str) -> Address {
        self.chain.insert_accounts([genesis_contract(name, text.as_bytes()).unwrap()]).unwrap();
        let program = Program::parse(text.as_bytes()).unwrap();
        self.chain.set_interface(address_of(name.as_bytes()), &interface_of(name, &program)).unwrap();
        address_of(name.as_bytes())
    }

    /// A transaction of the EVM's lane with these bytes.
    pub(crate) fn send(&mut self, to: Address, data: impl Into<Bytes>) -> Receipt {
        let tx = self.chain.call(USER, to, data).unwrap();
        self.chain.transact(tx).unwrap().receipt
    }

    /// The same with a limit of gas.
    pub(crate) fn send_with_gas(&mut self, to: Address, data: impl Into<Bytes>, gas_limit: u64) -> Receipt {
        let tx = self.chain.call(USER, to, data).unwrap();
        self.chain.transact(hexapla::TxEnv { gas_limit, ..tx }).unwrap().receipt
    }

    /// A call of the Solidity contract, and what it returned.
    pub(crate) fn client(&mut self, function: &str, arguments: &[Value]) -> Result<Vec<Value>, Receipt> {
        let interface = client_interface();
        let function = interface.function(function).unwrap();
        let data = SolidityCodec::default().encode_call(function, arguments).unwrap();
        let receipt = self.send(self.client, data);
        match receipt.is_success() {
            true => Ok(SolidityCodec::default().decode_output(function, &receipt.output).unwrap()),
            false => Err(receipt),
        }
    }

    /// A call of a function of a calc contract without results or with one, by somebody who speaks Solidity's ABI.
    pub(crate) fn ask(
        &mut self,
        contract: Address,
        signature: &str,
        arguments: &[u64],
    ) -> Result<Option<u64>, Receipt> {
        let receipt = self.send(contract, solidity_call(signature, arguments));
        match (receipt.is_success(), receipt.output.len()) {
            (true, 0) => Ok(None),
            (true, _) => Ok(Some(U256::from_be_slice(&receipt.output).to())),
            (false, _) => Err(receipt),
        }
    }

    /// The transaction with which the user runs a script on the actor on Solana that calls `to`.
    pub(crate) fn sent_from_solana(&mut self, to: Address, data: impl Into<Bytes>) -> Receipt {
        let accounts = [AccountMeta::new_readonly(alias(to), false)];
        let input = self.svm_actor.call(Script::new().call(ScriptCall::to(to, data)), &accounts);
        self.send(self.svm_actor.address(), input)
    }
}

/// A call in Solidity's ABI.
pub(crate) fn solidity_call(signature: &str, arguments: &[u64]) -> Bytes {
    let interface = Interface::from_solidity_signatures("I", [format!("function {signature}").as_str()]).unwrap();
    let arguments: Vec<Value> = arguments.iter().map(|argument| Value::uint(*argument)).collect();
    SolidityCodec::default().encode_call(&interface.functions[0], &arguments).unwrap()
}

fn deploy(chain: &mut Chain, init_code: Bytes) -> Address {
    let receipt = chain.transact(chain.create(USER, init_code).unwrap()).unwrap().receipt;
    receipt.created.unwrap_or_else(|| panic!("the deployment failed: {:?}", receipt.fault))
}

/// A file of `contracts/`.
fn artifact(name: &str) -> serde_json::Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts").join(name);
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The interface of `contracts/Client.sol`.
pub(crate) fn client_interface() -> Interface {
    Interface::detect(&artifact("Client.json").to_string()).unwrap()
}

/// Two steps of the actor's script as instructions with a number: it logs the number, or fails with its first four bytes.
fn svm_actor_interface(actor: &SvmActor) -> Interface {
    let state = AccountParam {
        name: "state".into(),
        writable: true,
        signer: false,
        optional: false,
        source: AccountSource::Fixed(actor.state.to_bytes().into()),
    };
    let instruction = |name: &str, discriminator: &'static [u8]| Function {
        name: name.into(),
        inputs: vec![Param::new("number", Type::Uint { bits: 64 })],
        outputs: Vec::new(),
        mutability: Mutability::NonPayable,
        selector: Bytes::from_static(discriminator),
        signature: format!("{name}(u64)"),
        accounts: vec![state.clone()],
        ..Function::default()
    };
    let errors = vec![CustomError {
        name: "Rejected".into(),
        inputs: Vec::new(),
        selector: 7_u32.to_be_bytes().into(),
        message: String::new(),
        signature: "Rejected()".into(),
    }];
    let functions = vec![instruction("note", &[4, 0, 0, 0, 0, 8]), instruction("fail", &[5, 0, 0, 0, 8])];
    Interface { name: "actor".into(), abi: Abi::Borsh, functions, errors, ..Interface::default() }
}

/// Fails the test with what a transaction says of itself.
pub(crate) fn say(receipt: &Receipt) -> String {
    format!("{:?}\n{:#?}\n{:#?}", receipt.fault, receipt.crossings, receipt.program_log)
}

/// The settings of WASM that nobody changes: named here so that the test says which VMs stand beside the calculator.
#[test]
fn the_calculator_stands_beside_the_others() {
    let stage = Stage::new();
    let vms = calc_vm::vms(VmConfig { wasm: wasm::Config::default(), ..VmConfig::default() }).unwrap();
    assert!(vms.get(calc_vm::CALC).is_some() && vms.get(hexapla_primitives::VmId::SVM).is_some());
    assert_ne!(stage.chain.root(), hexapla_primitives::B256::ZERO);
}
