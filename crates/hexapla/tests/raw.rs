//! Transactions as Ethereum's wallets sign them: every type, executed from its bytes; what is not one is rejected.

use alloy_consensus::{EthereumTxEnvelope, SignableTransaction, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy};
use alloy_eips::{Encodable2718, eip2930::AccessList, eip7702::Authorization};
use hexapla::{
    ChainConfig, ChainError, Committed, ExecuteError, LaneChecks, SpecId, Transaction,
    primitives::{Address, B256, Bytes, U256, VmId, address, hex, keccak256},
};
use hexapla_testing::{Chain, Script, ScriptCall, Side, Stage};
use k256::ecdsa::SigningKey;

type Envelope = EthereumTxEnvelope<TxEip4844>;

const PRICE: u128 = 10;

/// A wallet of a known key.
struct Wallet(SigningKey);

impl Wallet {
    fn new(seed: u8) -> Self {
        Self(SigningKey::from_slice(&[seed; 32]).unwrap())
    }

    fn address(&self) -> Address {
        let point = self.0.verifying_key().to_encoded_point(false);
        Address::from_slice(&keccak256(&point.as_bytes()[1..])[12..])
    }

    fn signature(&self, hash: B256) -> alloy_primitives::Signature {
        self.0.sign_prehash_recoverable(hash.as_slice()).unwrap().into()
    }

    fn signed<T: SignableTransaction<alloy_primitives::Signature>>(&self, tx: T) -> Bytes
    where
        Envelope: From<alloy_consensus::Signed<T>>,
    {
        let signature = self.signature(tx.signature_hash());
        Envelope::from(tx.into_signed(signature)).encoded_2718().into()
    }
}

fn stage(wallet: &Wallet) -> Stage {
    let mut stage = Stage::new();
    stage.chain.fund([(wallet.address(), U256::from(10).pow(U256::from(18)))]).unwrap();
    stage
}

fn legacy(to: Address, nonce: u64, input: Script) -> TxLegacy {
    TxLegacy {
        chain_id: Some(31_337),
        nonce,
        gas_price: PRICE,
        gas_limit: 1_000_000,
        to: to.into(),
        input: input.into(),
        ..TxLegacy::default()
    }
}

fn dynamic(to: Address, nonce: u64, input: Script) -> TxEip1559 {
    TxEip1559 {
        chain_id: 31_337,
        nonce,
        max_fee_per_gas: PRICE,
        max_priority_fee_per_gas: 2,
        gas_limit: 1_000_000,
        to: to.into(),
        input: input.into(),
        ..TxEip1559::default()
    }
}

#[test]
fn a_signed_transaction_of_every_type_runs_from_its_bytes() {
    let wallet = Wallet::new(7);
    for side in Side::ALL {
        let mut stage = stage(&wallet);
        let to = stage.actor(side);
        let script = |value: u64| Script::new().store(1, value);
        let (chain_id, gas_limit, access_list) = (31_337, 1_000_000, AccessList::default());
        let (max_fee_per_gas, max_priority_fee_per_gas) = (PRICE, 2);
        let authorization = Authorization { chain_id: U256::ZERO, address: to, nonce: 0 };
        let signer = Wallet::new(9);
        let authorization = {
            let signature = signer.signature(authorization.signature_hash());
            authorization.into_signed(signature)
        };
        let all = [
            wallet.signed(TxLegacy { chain_id: None, ..legacy(to, 0, script(1)) }),
            wallet.signed(legacy(to, 1, script(2))),
            wallet.signed(TxEip2930 {
                chain_id,
                nonce: 2,
                gas_price: PRICE,
                gas_limit,
                to: to.into(),
                input: script(3).into(),
                access_list: access_list.clone(),
                ..TxEip2930::default()
            }),
            wallet.signed(dynamic(to, 3, script(4))),
            wallet.signed(TxEip4844 {
                chain_id,
                nonce: 4,
                gas_limit,
                max_fee_per_gas,
                max_priority_fee_per_gas,
                to,
                input: script(5).into(),
                blob_versioned_hashes: vec![B256::right_padding_from(&[1])],
                max_fee_per_blob_gas: 1,
                ..TxEip4844::default()
            }),
            wallet.signed(TxEip7702 {
                chain_id,
                nonce: 5,
                gas_limit,
                max_fee_per_gas,
                max_priority_fee_per_gas,
                to,
                input: script(6).into(),
                authorization_list: vec![authorization],
                ..TxEip7702::default()
            }),
        ];
        for (index, raw) in all.iter().enumerate() {
            let committed = stage.chain.transact_raw(VmId::EVM, raw).unwrap_or_else(|error| panic!("{index}: {error}"));
            assert!(committed.receipt.is_success(), "{index} to {side:?}: {:?}", committed.receipt.fault);
            assert_eq!(stage.word(to, 1), index as u64 + 1);
        }
        assert!(!stage.chain.code(signer.address()).unwrap().is_empty(), "the authorization was signed by its account");
    }
}

#[test]
fn a_raw_transaction_does_what_the_same_call_of_its_sender_does() {
    let wallet = Wallet::new(7);
    let (mut raw, mut known) = (stage(&wallet), stage(&wallet));
    let to = raw.actor(Side::Evm);
    let script = || Script::new().call(ScriptCall::to(to, Script::new().store(1, 5)));
    let signed = wallet.signed(dynamic(to, 0, script()));
    let decoded = raw.chain.decode(VmId::EVM, &signed, LaneChecks::ALL).unwrap();
    let Transaction::Evm(tx) = &decoded else { panic!("of another lane") };
    assert_eq!((decoded.vm(), decoded.signers(), decoded.gas_limit()), (VmId::EVM, vec![wallet.address()], 1_000_000));
    assert_eq!(decoded.id()[..], keccak256(&signed)[..]);
    let executed = known.chain.transact(tx.env.clone()).unwrap();
    let Committed { receipt, root, .. } = raw.chain.transact_raw(VmId::EVM, &signed).unwrap();
    assert_eq!((receipt, root), (executed.receipt, executed.root));
}

#[test]
fn many_transactions_are_decoded_in_their_order() {
    let stage = Stage::new();
    let wallets = (1..=40).map(Wallet::new).collect::<Vec<_>>();
    let mut raw: Vec<_> =
        wallets.iter().map(|wallet| (VmId::EVM, wallet.signed(dynamic(Address::ZERO, 0, Script::new())))).collect();
    raw[11].1 = Bytes::from_static(b"junk");
    let decoded = stage.chain.executor().decode_all(&raw, LaneChecks::ALL);
    assert_eq!(decoded.len(), wallets.len());
    for (index, (decoded, wallet)) in decoded.iter().zip(&wallets).enumerate() {
        match decoded {
            Ok(tx) => assert_eq!(tx.signers(), [wallet.address()], "{index}"),
            Err(rejection) => assert_eq!((index, &*rejection.name), (11, "Decode")),
        }
    }
}

/// The first transaction of mainnet with EIP-155, from block 2,675,000 on; its sender is known from the chain.
#[test]
fn the_example_of_eip_155_has_the_sender_that_the_eip_says() {
    let raw = hex!(
        "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
    );
    let decoded = Stage::new().chain.decode(VmId::EVM, &raw, LaneChecks::ALL).unwrap();
    assert_eq!(decoded.signers(), [address!("0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F")]);
}

fn rejection(chain: &mut Chain, raw: &[u8]) -> (String, String) {
    let root = chain.root();
    let error = chain.transact_raw(VmId::EVM, raw).expect_err("it is rejected");
    assert_eq!(chain.root(), root, "nothing was charged");
    match error {
        ChainError::Execute(ExecuteError::Rejected(rejection)) => (rejection.name.into(), rejection.message),
        ChainError::Execute(ExecuteError::Invalid(invalid)) => ("Invalid".into(), invalid.to_string()),
        other => panic!("{other}"),
    }
}

#[test]
fn bytes_that_are_no_transaction_are_rejected_with_the_reason() {
    let wallet = Wallet::new(7);
    let mut stage = stage(&wallet);
    let to = stage.actor(Side::Evm);
    let whole = wallet.signed(dynamic(to, 0, Script::new()));
    let trailing = [&whole[..], &[0]].concat();
    let mut of_unknown_type = whole.to_vec();
    of_unknown_type[0] = 0x7f;
    for raw in [&[][..], b"\x02", &whole[..whole.len() - 1], &trailing, &of_unknown_type] {
        assert_eq!(rejection(&mut stage.chain, raw).0, "Decode", "{}", hex::encode(raw));
    }
    let (name, message) = rejection(&mut stage.chain, &vec![2; 200_000]);
    assert_eq!(name, "OversizedData");
    assert!(message.contains("200000 bytes") && message.contains("131072"), "{message}");
    let foreign = wallet.signed(TxEip1559 { chain_id: 1, ..dynamic(to, 0, Script::new()) });
    assert_eq!(rejection(&mut stage.chain, &foreign).0, "Invalid");
    stage.chain.transact_raw(VmId::EVM, &whole).unwrap();
    assert_eq!(rejection(&mut stage.chain, &whole).0, "Invalid", "its nonce is used");
}

#[test]
fn a_signature_with_a_high_s_is_rejected() {
    let wallet = Wallet::new(7);
    let mut stage = stage(&wallet);
    let tx = dynamic(stage.actor(Side::Evm), 0, Script::new());
    let signature = wallet.signature(tx.signature_hash());
    let order = U256::from_be_bytes(hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
    let malleable = alloy_primitives::Signature::new(signature.r(), order - signature.s(), !signature.v());
    let raw = Envelope::from(tx.into_signed(malleable)).encoded_2718();
    assert_eq!(rejection(&mut stage.chain, &raw).0, "InvalidSender");
}

#[test]
fn a_transaction_has_as_many_blobs_as_its_fork_allows() {
    for (spec, most) in [(SpecId::CANCUN, 6), (SpecId::PRAGUE, 9), (SpecId::OSAKA, 6)] {
        let wallet = Wallet::new(7);
        let mut chain = Chain::new(ChainConfig { spec, ..ChainConfig::default() });
        chain.fund([(wallet.address(), U256::from(10).pow(U256::from(18)))]).unwrap();
        let with = |blobs: usize, nonce| {
            wallet.signed(TxEip4844 {
                chain_id: 31_337,
                nonce,
                gas_limit: 1_000_000,
                max_fee_per_gas: PRICE,
                blob_versioned_hashes: vec![B256::right_padding_from(&[1]); blobs],
                max_fee_per_blob_gas: 1,
                ..TxEip4844::default()
            })
        };
        assert!(chain.transact_raw(VmId::EVM, &with(most, 0)).unwrap().receipt.is_success(), "{spec:?}");
        assert_eq!(rejection(&mut chain, &with(most + 1, 1)).0, "Invalid", "{spec:?}");
    }
}
