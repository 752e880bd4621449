//! A signed transaction serves once, in one lane of one chain.

use super::support::*;
use hexapla::{
    ChainConfig, ChainError, ExecuteError, LaneChecks,
    evm::TransactionType,
    svm::{canonical, spl},
};
use hexapla_primitives::{Address, Bytes, U256, VmId};
use hexapla_testing::Chain;
use solana_hash::Hash;
use solana_instruction::{AccountMeta, Instruction};
use solana_message::{VersionedMessage, compiled_instruction::CompiledInstruction, legacy};
use solana_nonce::{state::State, versions::Versions};
use solana_sdk_ids::sysvar;

/// Transfers that 0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F, whose key is 32 times 0x46, signed for the chain 31337: a
/// legacy one, one of EIP-2930 and one of EIP-1559.
const SIGNED_FOR_ETHEREUM: [&str; 3] = [
    "f86980843b9aca00825208943535353535353535353535353535353535353535843b9aca008082f4f5a04da006f958beba78ec54443df4a3f52237253f7ae8cbdb17dccf3feaa57f3126a0019eaaa8306f366e277715d6e41afa4bee8135c761ab986717869f263508858a",
    "01f86b827a6980843b9aca00827530943535353535353535353535353535353535353535843b9aca0080c001a010c283aac7b35b4ae6fab201d36e8322c3408331149982e16013a5bcb917081ca06839b80890722907998087b5187cc7fe4f8bd36307708000d1ca8872403cb296",
    "02f86c827a698001843b9aca00827530943535353535353535353535353535353535353535843b9aca0080c001a092a762e0123945455b7afe675e5ab98fb1586de43e5682514b9454d6edced724a028c5fb5954857cd90182687087c2894de85dfc8827051325cf8cbcfccc7f6bb6",
];

/// The same chain with another id.
fn other_chain() -> Chain {
    populated(ChainConfig { chain_id: 31_338, ..ChainConfig::default() }, 0)
}

/// A chain like that of [`chain`], on which wallet 4 has some lamports more.
fn populated(config: ChainConfig, more: u64) -> Chain {
    let mut chain = Chain::new(config);
    chain.insert_accounts(spl::genesis()).unwrap();
    let wallets = (1..=4).map(|seed| canonical(&Wallet::new(seed).key()));
    chain.fund(wallets.map(|wallet| (wallet, lamports(10 * LAMPORTS)))).unwrap();
    chain.fund([(EVM_USER, U256::from(10).pow(U256::from(24)))]).unwrap();
    chain.fund([(canonical(&Wallet::new(4).key()), lamports(more))]).unwrap();
    chain
}

/// Bytes that an Ethereum node reads as a transaction of EIP-1559 and Solana's lane as one of two signers: the call data
/// holds a message of Solana, whose last instruction takes the rest of the transaction for its data.
fn of_both_forms(chain: &Chain, alice: &Wallet, bob: &Wallet) -> Vec<u8> {
    let rlp = |bytes: &[u8]| match bytes {
        [byte] if *byte < 0x80 => vec![*byte],
        bytes if bytes.len() < 56 => [&[0x80 + bytes.len() as u8], bytes].concat(),
        bytes => [&[0xb9], &(bytes.len() as u16).to_be_bytes()[..], bytes].concat(),
    };
    let tail = [&[0xc0, 0x01][..], &rlp(&[0x11; 32]), &rlp(&[0x12; 32])].concat();
    let transfer = transfer(&alice.key(), &bob.key(), LAMPORTS);
    let mut message = legacy::Message::new_with_blockhash(&[transfer], Some(&bob.key()), &recent(chain));
    message.account_keys.push(spl::MEMO);
    message.header.num_readonly_unsigned_accounts += 1;
    let memo = CompiledInstruction { program_id_index: 3, accounts: Vec::new(), data: tail.clone() };
    message.instructions.push(memo);
    assert_eq!(message.header.num_required_signatures, 2);
    let message = bincode::serialize(&VersionedMessage::Legacy(message)).unwrap();
    let message = message.strip_suffix(&tail[..]).expect("the data of the last instruction stands at the end");
    let fields =
        [vec![0x7a, 0x69], vec![], vec![1], vec![0x3b, 0x9a, 0xca, 0], vec![0x75, 0x30], vec![0x35; 20], vec![]];
    let head: Vec<u8> = fields.iter().flat_map(|field| rlp(field)).collect();
    // Type, head of the list, fields, head of the call data: then come 2 × 64 bytes of signatures, all told.
    let filled = 1 + 2 * 64 - (1 + 3 + head.len() + 3);
    let data = [&vec![0x5a; filled][..], message].concat();
    assert!(data.len() > 255, "the length has two bytes");
    let list = [head, rlp(&data), tail].concat();
    [&[2, 0xf9][..], &(list.len() as u16).to_be_bytes(), &list].concat()
}

#[test]
fn f10_what_was_signed_for_ethereum_is_nothing_in_the_lane_of_solana() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let root = chain.root();
    for text in SIGNED_FOR_ETHEREUM {
        let raw: Bytes = text.parse().unwrap();
        assert_eq!(refusal(chain.transact_raw(VmId::SVM, &raw)), "SanitizeFailure", "{raw}");
        assert_eq!(refusal(chain.simulate_raw(VmId::SVM, &raw, LaneChecks::NONE)), "SanitizeFailure", "{raw}");
    }
    let both = of_both_forms(&chain, &alice, &bob);
    let unchecked = chain.simulate_raw(VmId::SVM, &both, LaneChecks::NONE).unwrap();
    assert!(unchecked.program_log.iter().any(|line| line.contains("11111111111111111111111111111111 success")));
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &both)), "SignatureFailure");
    assert_eq!(chain.root(), root);
}

#[test]
fn f10_what_was_signed_for_solana_is_nothing_in_any_other_lane() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let root = chain.root();
    let raw = signed(&[transfer(&alice.key(), &bob.key(), 1)], &[&alice], recent(&chain));
    let others = [VmId::WASM, VmId::INTERFACE, VmId::IDENTITY, VmId(200)].map(|vm| (vm, "NoLane"));
    for (vm, name) in others.into_iter().chain([(VmId::EVM, "Decode")]) {
        let Err(refused) = chain.executor().decode(vm, &raw, LaneChecks::ALL) else { panic!("{vm} takes it") };
        assert_eq!(refused.name, name, "{vm}");
        assert_eq!(refusal(chain.transact_raw(vm, &raw)), name, "{vm}");
        assert_eq!(refusal(chain.simulate_raw(vm, &raw, LaneChecks::NONE)), name, "{vm}");
    }
    assert_eq!(chain.root(), root);
    assert!(chain.transact_raw(VmId::SVM, &raw).unwrap().receipt.is_success(), "it still serves in its own");
}

#[test]
fn f10_a_transaction_of_ethereum_serves_once_and_on_its_chain_only() {
    let mut chain = chain();
    let root = chain.root();
    let to = Address::repeat_byte(7);
    let call = |chain: &Chain| {
        let mut tx = chain.call(EVM_USER, to, Bytes::new()).unwrap();
        tx.value = U256::ONE;
        tx
    };
    for kind in [TransactionType::Legacy, TransactionType::Eip2930, TransactionType::Eip1559] {
        let mut foreign = call(&chain);
        (foreign.tx_type, foreign.chain_id) = (kind as u8, Some(1));
        let refused = chain.transact(foreign).unwrap_err();
        assert!(matches!(refused, ChainError::Execute(ExecuteError::Invalid(_))), "{kind:?}: {refused:?}");
        if kind != TransactionType::Legacy {
            let mut nowhere = call(&chain);
            (nowhere.tx_type, nowhere.chain_id) = (kind as u8, None);
            assert!(chain.transact(nowhere).is_err(), "{kind:?}: a typed transaction names its chain");
        }
        assert_eq!(chain.root(), root, "{kind:?}");
    }

    let tx = call(&chain);
    assert!(other_chain().transact(tx.clone()).is_err(), "the other chain has another id");
    assert!(chain.transact(tx.clone()).unwrap().receipt.is_success());
    assert!(chain.transact(tx.clone()).is_err(), "its nonce is used");
    assert!(chain.simulate(tx.clone()).is_err(), "its nonce is used");
    let (first, second) = {
        let tx = call(&chain);
        chain.block(|run| (run.execute(tx.clone()).is_ok(), run.execute(tx).is_ok())).unwrap()
    };
    assert!(first && !second, "nor does one serve twice in a block");
    assert_eq!(chain.balance(to).unwrap(), U256::from(2));
}

#[test]
fn f10_a_transaction_of_solana_serves_on_its_chain_only() {
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let mut chain = populated(ChainConfig::default(), 0);
    let raw = signed(&[transfer(&alice.key(), &bob.key(), 5)], &[&alice], recent(&chain));
    // Another id, and the same id with another genesis.
    for mut other in [other_chain(), populated(ChainConfig::default(), 1)] {
        let root = other.root();
        assert_eq!(refusal(other.transact_raw(VmId::SVM, &raw)), "BlockhashNotFound");
        assert_eq!(other.root(), root);
        // The same instructions serve once they are signed for that chain.
        succeed(&mut other, &[transfer(&alice.key(), &bob.key(), 5)], &[&alice]);
    }
    assert!(chain.transact_raw(VmId::SVM, &raw).unwrap().receipt.is_success());
}

#[test]
fn f10_a_durable_nonce_serves_on_its_chain_only() {
    let (alice, bob, nonce) = (Wallet::new(1), Wallet::new(2), Wallet::new(30));
    let system = |accounts, data| Instruction { program_id: SYSTEM, accounts, data };
    let recents = AccountMeta::new_readonly(sysvar::recent_blockhashes::ID, false);
    let nonce_meta = AccountMeta::new(nonce.key(), false);
    let initialise = system(
        vec![nonce_meta.clone(), recents.clone(), AccountMeta::new_readonly(sysvar::rent::ID, false)],
        [&6u32.to_le_bytes()[..], alice.key().as_ref()].concat(),
    );
    let create = create_account(&alice.key(), &nonce.key(), rent(80), 80, &SYSTEM);
    let advance =
        system(vec![nonce_meta, recents, AccountMeta::new_readonly(alice.key(), true)], 4u32.to_le_bytes().into());
    let hash = |chain: &Chain| {
        let versions: Versions = bincode::deserialize(&stored(chain, &nonce.key()).data).unwrap();
        let State::Initialized(data) = versions.state() else { panic!("the nonce is not initialised") };
        data.blockhash()
    };
    let mut chains = [populated(ChainConfig::default(), 0), other_chain(), populated(ChainConfig::default(), 1)];
    let signed_for: Vec<(Hash, Vec<u8>)> = chains
        .iter_mut()
        .map(|chain| {
            succeed(chain, &[create.clone(), initialise.clone()], &[&alice, &nonce]);
            chain.block(|_| ()).unwrap();
            let transfer = transfer(&alice.key(), &bob.key(), 5);
            (hash(chain), signed(&[advance.clone(), transfer], &[&alice], hash(chain)))
        })
        .collect();
    for (index, chain) in chains.iter_mut().enumerate() {
        for (other, (_, raw)) in signed_for.iter().enumerate().filter(|(other, _)| *other != index) {
            assert_eq!(refusal(chain.transact_raw(VmId::SVM, raw)), "BlockhashNotFound", "{other} on {index}");
        }
        assert_eq!(hash(chain), signed_for[index].0, "the nonce is not used up");
        assert!(chain.transact_raw(VmId::SVM, &signed_for[index].1).unwrap().receipt.is_success(), "{index}");
    }
}

#[test]
fn f10_a_transaction_of_solana_serves_once_however_it_ended_and_is_written() {
    let mut chain = chain();
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let hash = recent(&chain);
    let good = signed(&[transfer(&alice.key(), &bob.key(), 5)], &[&alice], hash);
    let failing = signed(&[transfer(&alice.key(), &bob.key(), 50 * LAMPORTS)], &[&alice], hash);
    for raw in [&good, &failing] {
        let (first, second) = chain
            .block(|run| (run.execute_raw(VmId::SVM, raw).is_ok(), run.execute_raw(VmId::SVM, raw).is_ok()))
            .unwrap();
        assert!(first && !second, "a transaction does not serve twice in a block");
        assert_eq!(refusal(chain.transact_raw(VmId::SVM, raw)), "AlreadyProcessed");
    }

    // The other form of an Ed25519 signature, which some verifiers take: its second half plus the order of the group.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut other_form = good.clone();
    let mut carry = 0;
    for (byte, order) in other_form[33..65].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    assert_eq!(carry, 0);
    assert_eq!(refusal(chain.transact_raw(VmId::SVM, &other_form)), "SignatureFailure");
    // Even where signatures are not looked at: it is the message that is remembered.
    let unsigned = LaneChecks { signatures: false, recency: true };
    assert_eq!(refusal(chain.simulate_raw(VmId::SVM, &other_form, unsigned)), "AlreadyProcessed");
    assert_eq!(balance(&chain, &bob.key()), 10 * LAMPORTS + 5);
}
