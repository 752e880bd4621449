//! What an audit found, as tests: unpaid work, results that depend on a cache, authority from the wrong place. Names carry
//! the number of the finding; `SECURITY.md` says what counts as a vulnerability.

mod attack;
mod authority;
mod caches;
mod paid;

use hexapla::{AccountInfo, Chain, Receipt, TxEnv, evm, system};
use hexapla_abi::{Abi, Codec, Interface, SolidityCodec, Value};
use hexapla_primitives::{Address, Bytes};
use hexapla_testing::{Stage, USER};

/// Puts a contract with this EVM code into the state.
fn contract(chain: &mut Chain, at: Address, code: &[u8]) {
    let code = Some(evm::bytecode(&Bytes::copy_from_slice(code)));
    let info = AccountInfo { code, nonce: 1, ..AccountInfo::default() };
    let put = |overlay: &mut hexapla_state::Overlay| {
        overlay.insert_account(at, info);
        Ok(())
    };
    chain.edit(put).unwrap();
}

/// Executes a transaction in a block of its own, without a call tree.
fn untraced(chain: &mut Chain, tx: TxEnv) -> Receipt {
    chain.block(|run| run.execute(tx)).unwrap().unwrap()
}

/// Calls the system contract.
fn ask(chain: &mut Chain, from: Address, function: &str, arguments: &[Value]) -> Receipt {
    let function = system::interface().function(function).unwrap();
    let data = SolidityCodec::default().encode_call(function, arguments).unwrap();
    chain.transact(chain.call(from, system::SYSTEM_CONTRACT, data).unwrap()).unwrap().receipt
}

/// A stage with the system contract.
fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.chain.insert_system_contracts().unwrap();
    stage
}

/// An interface as the registry takes it.
fn wire(interface: &Interface) -> Value {
    assert_eq!(interface.abi, Abi::Solidity);
    Value::bytes(interface.to_bytes().unwrap())
}

/// What a failed transaction says.
fn message(receipt: &Receipt) -> String {
    receipt.fault.as_ref().map_or_else(|| "it succeeded".to_owned(), |fault| fault.message.clone())
}

/// A call of a contract by the user.
fn call(chain: &Chain, to: Address, data: impl Into<Bytes>) -> TxEnv {
    chain.call(USER, to, data.into()).unwrap()
}
