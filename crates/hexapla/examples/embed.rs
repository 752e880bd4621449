//! An execution engine of two VMs in a program of your own: build it, deploy a Solidity and a Stylus contract, call
//! across, read the result and the state root. `cargo run -p hexapla --example embed`

use hexapla::{Chain, ChainConfig, Committed, wasm};
use hexapla_abi::{Artefact, Codec, SolidityCodec, Value};
use hexapla_primitives::{Address, Bytes, U256, address};
use std::error::Error;

const ALICE: Address = address!("0x00000000000000000000000000000000000a11ce");

fn main() -> Result<(), Box<dyn Error>> {
    let mut chain = Chain::in_memory(hexapla::standard(ChainConfig::default())?);
    chain.fund([(ALICE, U256::from(10).pow(U256::from(18)))])?;

    // An ERC-20 in WASM (Stylus) and a vault for any ERC-20 in Solidity (OpenZeppelin's ERC-4626).
    let token_abi =
        Artefact::from_json(include_str!("../../../contracts/wasm/erc20/erc20.abi.json"))?.interface.ok_or("no ABI")?;
    let token = deploy(&mut chain, wasm::deploy_code(include_bytes!("../../../contracts/wasm/erc20/erc20.wasm")))?;
    let vault_json = Artefact::from_json(include_str!("../../../contracts/evm/vault4626/Vault4626.json"))?;
    let vault_abi = vault_json.interface.ok_or("no ABI")?;
    let constructor = vault_abi.constructor.as_ref().ok_or("no constructor")?;
    let arguments = SolidityCodec::default().encode_constructor(constructor, &[Value::Address(token)])?;
    let vault = deploy(&mut chain, [vault_json.bytecode.ok_or("no bytecode")?, arguments].concat().into())?;

    let call = |abi: &hexapla_abi::Interface, name: &str, arguments: &[Value]| -> Result<Bytes, Box<dyn Error>> {
        Ok(SolidityCodec::default().encode_call(abi.function(name).ok_or("no such function")?, arguments)?)
    };
    let uint = |amount: u64| Value::Uint(U256::from(amount));
    send(&mut chain, token, call(&token_abi, "mint", &[Value::Address(ALICE), uint(1000)])?)?;
    send(&mut chain, token, call(&token_abi, "approve", &[Value::Address(vault), uint(1000)])?)?;

    // The vault calls the token with Solidity's own CALL; the token runs in WASM; both are one atomic transaction.
    let deposit = send(&mut chain, vault, call(&vault_abi, "deposit", &[uint(600), Value::Address(ALICE)])?)?;
    for crossing in &deposit.receipt.crossings {
        let native =
            crossing.native_used.map_or(String::new(), |native| format!(" = {} {}", native.amount, native.unit));
        println!("{} -> {}: {} gas{native}", crossing.from.vm, crossing.to.vm, crossing.gas_used);
    }
    let shares =
        chain.simulate(chain.call(ALICE, vault, call(&vault_abi, "balanceOf", &[Value::Address(ALICE)])?)?)?;
    println!("shares: {}, state root: {}", U256::from_be_slice(&shares.output), chain.root());
    Ok(())
}

fn deploy(chain: &mut Chain, init_code: Bytes) -> Result<Address, Box<dyn Error>> {
    let committed = chain.transact(chain.create(ALICE, init_code)?)?;
    committed.receipt.created.ok_or_else(|| format!("not deployed: {:?}", committed.receipt.fault).into())
}

fn send(chain: &mut Chain, to: Address, input: Bytes) -> Result<Committed, Box<dyn Error>> {
    let committed = chain.transact(chain.call(ALICE, to, input)?)?;
    match &committed.receipt.fault {
        None => Ok(committed),
        Some(fault) => Err(fault.to_string().into()),
    }
}
