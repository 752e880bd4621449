//! An engine of several VMs in a program of your own: deploy a Stylus and a Solidity contract, call across, read the
//! result and the state root. `cargo run -p hexapla --example embed`

use hexapla::{Chain, ChainConfig, Contract, abi::Interface, primitives::*, wasm};

const ALICE: Address = address!("0x00000000000000000000000000000000000a11ce");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut chain = Chain::in_memory(hexapla::standard(ChainConfig::default())?);
    chain.fund([(ALICE, U256::from(10).pow(U256::from(18)))])?;

    // An ERC-20 in WASM (Stylus) and a vault for any ERC-20 in Solidity (OpenZeppelin's ERC-4626).
    let abi = Interface::detect(include_str!("../../../contracts/wasm/erc20/erc20.abi.json"))?;
    let module = include_bytes!("../../../contracts/wasm/erc20/erc20.wasm");
    let token = Contract::deploy(&mut chain, ALICE, wasm::deploy_code(module), abi, &[])?;
    let vault = include_str!("../../../contracts/evm/vault4626/Vault4626.json");
    let vault = Contract::from_artifact(&mut chain, ALICE, vault, &[token.address().into()])?;
    token.send(&mut chain, ALICE, "mint", &[ALICE.into(), 1000_u64.into()])?;
    token.send(&mut chain, ALICE, "approve", &[vault.address().into(), 1000_u64.into()])?;

    // The vault calls the token with Solidity's own CALL; the token runs in WASM; both are one atomic transaction.
    let deposit = vault.send(&mut chain, ALICE, "deposit", &[600_u64.into(), ALICE.into()])?.committed;
    for crossing in &deposit.receipt.crossings {
        println!("{} -> {}: {} gas, {:?}", crossing.from.vm, crossing.to.vm, crossing.gas_used, crossing.native_used);
    }
    println!(
        "events of the token: {:?}",
        token.events(&deposit.receipt).iter().map(ToString::to_string).collect::<Vec<_>>()
    );
    println!("shares: {}, state root: {}", vault.view(&chain, "balanceOf", &[ALICE.into()])?[0], deposit.root);
    Ok(())
}
