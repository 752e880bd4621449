//! Real Stylus contracts are deployed in one ordinary transaction, under the fork's own gas cap.

use hexapla::{Chain, ChainConfig, Committed, wasm};
use hexapla_primitives::{Address, Bytes, U256, address, keccak256};

const ALICE: Address = address!("0x00000000000000000000000000000000000a11ce");
const BOB: Address = Address::repeat_byte(0xB0);
/// EIP-7825.
const TX_GAS_CAP: u64 = 1 << 24;
/// Nearly what code may have at most (EIP-170).
const CODE_BYTES: usize = 24_000;

fn chain() -> Chain {
    let mut chain = Chain::in_memory(hexapla::standard(ChainConfig::default()).unwrap());
    chain.fund([(ALICE, U256::from(10).pow(U256::from(18)))]).unwrap();
    chain
}

fn deploy(chain: &mut Chain, wasm: &[u8]) -> (Committed, Address) {
    let mut tx = chain.create(ALICE, wasm::deploy_code(wasm)).unwrap();
    tx.gas_limit = TX_GAS_CAP;
    let committed = chain.transact(tx).unwrap();
    let created = committed.receipt.created.unwrap_or_else(|| panic!("{:?}", committed.receipt.fault));
    (committed, created)
}

fn data(signature: &str, arguments: &[U256]) -> Bytes {
    let words = arguments.iter().flat_map(|argument| argument.to_be_bytes::<32>());
    keccak256(signature)[..4].iter().copied().chain(words).collect::<Vec<u8>>().into()
}

fn number(address: Address) -> U256 {
    U256::from_be_slice(address.as_slice())
}

#[test]
fn an_erc721_of_the_stylus_sdk_is_deployed_under_the_cap_and_works() {
    let module = hexapla_testing::contracts::wasm("erc721/erc721");
    let mut chain = chain();
    let (committed, token) = deploy(&mut chain, &module);
    assert!(committed.receipt.gas_used < TX_GAS_CAP - 1_000_000, "{} gas", committed.receipt.gas_used);

    let mut send = |signature: &str, arguments: &[U256]| {
        let tx = chain.call(ALICE, token, data(signature, arguments)).unwrap();
        let receipt = chain.transact(tx).unwrap().receipt;
        assert!(receipt.fault.is_none(), "{signature}: {:?}", receipt.fault);
        receipt.output
    };
    for token_id in 0..3 {
        assert_eq!(send("mint(address)", &[number(ALICE)])[..], U256::from(token_id).to_be_bytes::<32>());
    }
    let one = U256::from(1);
    send("safeTransferFrom(address,address,uint256)", &[number(ALICE), number(BOB), one]);
    assert_eq!(U256::from_be_slice(&send("ownerOf(uint256)", &[one])), number(BOB));
    assert_eq!(U256::from_be_slice(&send("balanceOf(address)", &[number(ALICE)])), U256::from(2));
    assert_eq!(
        U256::from_be_slice(&send("tokenOfOwnerByIndex(address,uint256)", &[number(ALICE), one])),
        U256::from(2)
    );
    send("burn(uint256)", &[U256::ZERO]);
    assert_eq!(U256::from_be_slice(&send("totalSupply()", &[])), U256::from(2));
    let tx = chain.call(ALICE, token, data("ownerOf(uint256)", &[U256::ZERO])).unwrap();
    let fault = chain.transact(tx).unwrap().receipt.fault.unwrap();
    assert!(fault.data.starts_with(&keccak256("NonexistentToken(uint256)")[..4]), "{fault}");
}

#[test]
fn a_program_of_as_many_bytes_as_code_may_have_is_deployed_under_the_cap() {
    let mut module = Vec::new();
    for functions in 100.. {
        let next = hexapla_testing::program_of(functions);
        if wasm::encode_program(&next).len() > CODE_BYTES {
            break;
        }
        module = next;
    }
    let code_bytes = wasm::encode_program(&module).len();
    assert!(code_bytes > CODE_BYTES - 1_000, "{code_bytes} bytes");
    assert!(module.len() > 3 * code_bytes, "it compresses as real programs do: {} bytes", module.len());
    let (committed, _) = deploy(&mut chain(), &module);
    assert!(committed.receipt.gas_used < TX_GAS_CAP);
}
