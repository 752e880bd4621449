//! What a transaction of Solana may not do, a call from another VM may not do either, and for the same reason.

use super::support::*;
use hexapla::{
    Receipt,
    svm::{
        BORDER, CALL_WITH_VALUE, Invocation, Pubkey, StoredAccount, alias, canonical,
        genesis::{self, programdata_of},
        spl,
    },
};
use hexapla_primitives::{Bytes, U256, VmId};
use hexapla_testing::{Script, ScriptCall, Side, Stage, SvmActor, USER, crossings};
use solana_instruction::{AccountMeta, Instruction};
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_sdk_ids::{
    bpf_loader_upgradeable as loader, config, feature, loader_v4, native_loader, stake, sysvar, vote,
};

const MEMO: &[u8] = include_bytes!("../../../../contracts/svm/programs/spl_memo-4.0.0.so");

/// From where an instruction reaches a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// From a wallet, in a transaction of Solana's own form.
    Wallet,
    /// From a program that a wallet calls.
    Program,
    /// From a user of the EVM lane.
    User,
    /// From a contract of another VM.
    Contract(Side),
}

const WAYS: [Way; 5] = [Way::Wallet, Way::Program, Way::User, Way::Contract(Side::Evm), Way::Contract(Side::Wasm)];

/// A chain with accounts for the instructions below, some of which belong to whoever signs on the way.
struct World {
    stage: Stage,
    way: Way,
    me: Pubkey,
}

/// Accounts that belong to the signer and to a stranger.
const MINT: Pubkey = key(100);
const THEIR_MINT: Pubkey = key(101);
const MINE: Pubkey = key(102);
const THEIRS: Pubkey = key(103);
/// What looks like a token account of the signer, but belongs to another program.
const FALSE: Pubkey = key(104);
const PROGRAM: Pubkey = key(105);
const THEIR_PROGRAM: Pubkey = key(106);
const FIXED_PROGRAM: Pubkey = key(107);
const BUFFER: Pubkey = key(108);
const THEIR_BUFFER: Pubkey = key(109);
/// A buffer of the signer that holds no program.
const JUNK_BUFFER: Pubkey = key(110);
/// Nobody's.
const NEW: Pubkey = key(111);
/// The stranger's, of the stranger's mint.
const THEIR_OWN: Pubkey = key(112);

const fn key(byte: u8) -> Pubkey {
    Pubkey::new_from_array([byte; 32])
}

fn stranger() -> Pubkey {
    Wallet::new(2).key()
}

/// The actor that the instructions below call, and the one through which a wallet calls programs.
fn actor() -> SvmActor {
    SvmActor::new(0)
}

fn relay() -> SvmActor {
    SvmActor::new(3)
}

fn buffer(authority: &Pubkey, code: &[u8]) -> StoredAccount {
    let state = UpgradeableLoaderState::Buffer { authority_address: Some(*authority) };
    let data = [&bincode::serialize(&state).unwrap(), code].concat();
    StoredAccount { owner: loader::ID, executable: false, data: data.into() }
}

impl World {
    fn new(way: Way) -> Self {
        let mut stage = Stage::new();
        let me = match way {
            Way::Wallet | Way::Program => Wallet::new(1).key(),
            Way::User => alias(USER),
            Way::Contract(side) => alias(stage.actor(side)),
        };
        let wallets = [1, 2].map(|seed| (canonical(&Wallet::new(seed).key()), lamports(10 * LAMPORTS)));
        let contracts = Side::ALL.map(|side| (stage.actor(side), lamports(10 * LAMPORTS)));
        stage.chain.fund(wallets.into_iter().chain(contracts)).unwrap();
        let them = stranger();
        let accounts = [
            (MINT, mint_account(&me)),
            (THEIR_MINT, mint_account(&them)),
            (MINE, token_account(&MINT, &me, 1_000, spl::TOKEN)),
            (THEIRS, token_account(&MINT, &them, 1_000, spl::TOKEN)),
            (THEIR_OWN, token_account(&THEIR_MINT, &them, 1_000, spl::TOKEN)),
            (FALSE, token_account(&MINT, &me, 1_000, actor().program)),
            (BUFFER, buffer(&me, MEMO)),
            (THEIR_BUFFER, buffer(&them, MEMO)),
            (JUNK_BUFFER, buffer(&me, &[0; 500])),
        ];
        let accounts = accounts.map(|(key, stored)| genesis::account(key, 100_000_000, &stored));
        let programs = [(PROGRAM, Some(me)), (THEIR_PROGRAM, Some(them)), (FIXED_PROGRAM, None)];
        let programs = programs.into_iter().flat_map(|(key, authority)| genesis::program(key, MEMO, authority));
        stage.chain.insert_accounts(accounts.into_iter().chain(programs)).unwrap();
        Self { stage, way, me }
    }

    /// Sends an instruction on the way; what its failure says, if it fails.
    fn send(&mut self, instruction: &Instruction) -> Result<(), String> {
        let failure = |receipt: Receipt| receipt.fault.map_or(Ok(()), |fault| Err(fault.message));
        let (to, chain) = (canonical(&instruction.program_id), &mut self.stage.chain);
        let wallet = Wallet::new(1);
        match self.way {
            Way::Wallet => failure(send(chain, std::slice::from_ref(instruction), &[&wallet]).receipt),
            Way::Program => failure(send(chain, &[relayed(instruction)], &[&wallet]).receipt),
            Way::User => {
                failure(chain.transact(chain.call(USER, to, invocation(instruction)).unwrap()).unwrap().receipt)
            }
            Way::Contract(side) => {
                let script = Script::new().call(ScriptCall::to(to, invocation(instruction)).ignore());
                let receipt = self.stage.run(self.stage.actor(side), script);
                assert!(receipt.is_success(), "the contract goes on: {:?}", receipt.fault);
                let calls = crossings(&receipt);
                let call = calls.iter().find(|call| call.to == to).expect("a crossing");
                call.fault.as_ref().map_or(Ok(()), |fault| Err(fault.message.clone()))
            }
        }
    }

    /// Everything about some accounts but the signer's.
    fn picture(&self, instruction: &Instruction) -> Vec<(Pubkey, U256, StoredAccount)> {
        let keys = instruction.accounts.iter().map(|meta| meta.pubkey).filter(|key| *key != self.me);
        keys.map(|key| (key, self.stage.chain.balance(canonical(&key)).unwrap(), stored(&self.stage.chain, &key)))
            .collect()
    }
}

/// The call data with which an instruction is sent from another VM.
fn invocation(instruction: &Instruction) -> Bytes {
    let data = Bytes::copy_from_slice(&instruction.data);
    Invocation { accounts: instruction.accounts.clone(), ..Invocation::of_data(data) }.to_solidity()
}

/// An instruction for the relay, which invokes the given one with the flags that its accounts have there.
fn relayed(instruction: &Instruction) -> Instruction {
    relayed_with(instruction, |meta| meta)
}

/// The same, where the relay itself is given its accounts with other flags.
fn relayed_with(instruction: &Instruction, outer: impl Fn(AccountMeta) -> AccountMeta) -> Instruction {
    let flags = |meta: &AccountMeta| u8::from(meta.is_signer) | u8::from(meta.is_writable) << 1;
    let inner: Vec<(u8, u8)> =
        instruction.accounts.iter().enumerate().map(|(index, meta)| (index as u8 + 1, flags(meta))).collect();
    let script = Script::new().invoke(inner.len() as u8 + 1, &inner, &instruction.data);
    let mut accounts = vec![AccountMeta::new(relay().state, false)];
    accounts.extend(instruction.accounts.iter().cloned().map(outer));
    accounts.push(AccountMeta::new_readonly(instruction.program_id, false));
    Instruction { program_id: relay().program, accounts, data: Bytes::from(script).to_vec() }
}

/// An instruction whose accounts have flags: `s` signs, `w` is written.
fn instruction(program_id: Pubkey, accounts: &[(Pubkey, &str)], data: &[&[u8]]) -> Instruction {
    let meta = |(pubkey, flags): &(Pubkey, &str)| AccountMeta {
        pubkey: *pubkey,
        is_signer: flags.contains('s'),
        is_writable: flags.contains('w'),
    };
    Instruction { program_id, accounts: accounts.iter().map(meta).collect(), data: data.concat() }
}

/// System: Transfer.
fn pay(from: Pubkey, to: Pubkey, flags: [&str; 2], lamports: u64) -> Instruction {
    instruction(SYSTEM, &[(from, flags[0]), (to, flags[1])], &[&2u32.to_le_bytes(), &lamports.to_le_bytes()])
}

/// SPL Token: Transfer of one.
fn token_transfer(accounts: [(Pubkey, &str); 3]) -> Instruction {
    instruction(spl::TOKEN, &accounts, &[&[3], &1u64.to_le_bytes()])
}

/// SPL Token: MintTo.
fn mint_to(mint: Pubkey, to: Pubkey, authority: Pubkey) -> Instruction {
    instruction(spl::TOKEN, &[(mint, "w"), (to, "w"), (authority, "s")], &[&[7], &1u64.to_le_bytes()])
}

/// The actor, with its state and further accounts.
fn act(state: &str, others: &[(Pubkey, &str)], script: Script) -> Instruction {
    let accounts = [&[(actor().state, state)], others].concat();
    instruction(actor().program, &accounts, &[&Bytes::from(script)])
}

/// The actor overwrites a byte of an account.
fn overwrite(account: (Pubkey, &str)) -> Instruction {
    instruction(actor().program, &[(actor().state, "w"), account], &[&[0x22, 1, 0, 0, 0, 64, 0, 0, 0, 1, 0xaa]])
}

/// The upgradeable loader: Upgrade.
fn upgrade(program: Pubkey, buffer: Pubkey, me: Pubkey) -> Instruction {
    let sysvars = [(sysvar::rent::ID, ""), (sysvar::clock::ID, "")];
    let accounts = [(programdata_of(&program), "w"), (program, "w"), (buffer, "w"), (stranger(), "w")];
    let accounts = [&accounts[..], &sysvars, &[(me, "s")]].concat();
    instruction(loader::ID, &accounts, &[&3u32.to_le_bytes()])
}

/// The upgradeable loader: SetAuthority.
fn hand_on(program: Pubkey, me: Pubkey) -> Instruction {
    let accounts = [(programdata_of(&program), "w"), (me, "s"), (stranger(), "")];
    instruction(loader::ID, &accounts, &[&4u32.to_le_bytes()])
}

/// The upgradeable loader: Write.
fn write(buffer: Pubkey, me: Pubkey) -> Instruction {
    let data: [&[u8]; 4] = [&1u32.to_le_bytes(), &0u32.to_le_bytes(), &1u64.to_le_bytes(), &[7]];
    instruction(loader::ID, &[(buffer, "w"), (me, "s")], &data)
}

/// The upgradeable loader: Close.
fn close(program: Pubkey, me: Pubkey) -> Instruction {
    let accounts = [(programdata_of(&program), "w"), (stranger(), "w"), (me, "s"), (program, "w")];
    instruction(loader::ID, &accounts, &[&5u32.to_le_bytes()])
}

/// The Associated Token program: Create, at an address that need not be the right one.
fn associated(account: Pubkey, me: Pubkey) -> Instruction {
    let accounts = [(me, "sw"), (account, "w"), (stranger(), ""), (MINT, ""), (SYSTEM, ""), (spl::TOKEN, "")];
    instruction(spl::ASSOCIATED_TOKEN, &accounts, &[&[0]])
}

fn associated_of_stranger() -> Pubkey {
    let seeds = [stranger().to_bytes(), spl::TOKEN.to_bytes(), MINT.to_bytes()];
    Pubkey::find_program_address(&[&seeds[0], &seeds[1], &seeds[2]], &spl::ASSOCIATED_TOKEN).0
}

/// What is wrong, what the refusal says of it, and the instruction of a signer. Programs may not call every instruction
/// of the loaders, so these are not tried through one.
type Case = (&'static str, &'static str, fn(Pubkey) -> Instruction);

#[rustfmt::skip]
const REFUSED: [Case; 19] = [
    ("coin of who did not sign", "missing required signature", |me| pay(stranger(), me, ["w", "w"], 5)),
    ("tokens of another owner", "error: 0x4", |me| token_transfer([(THEIRS, "w"), (MINE, "w"), (me, "s")])),
    ("tokens without a signature", "missing required signature", |_| token_transfer([(THEIRS, "w"), (MINE, "w"), (stranger(), "")])),
    ("tokens to a read-only account", "data of a read-only account", |me| token_transfer([(MINE, "w"), (THEIRS, ""), (me, "s")])),
    ("tokens of an account that is none", "modified data of an account it does not own", |me| token_transfer([(FALSE, "w"), (THEIRS, "w"), (me, "s")])),
    ("minting by a stranger", "error: 0x4", |me| mint_to(THEIR_MINT, THEIR_OWN, me)),
    ("data of a read-only account", "data of a read-only account", |_| act("", &[], Script::new().store(1, 1))),
    ("coin of a read-only account", "balance of a read-only account", |_| act("w", &[(THEIRS, "")], Script::new().move_lamports(0, 1, 5))),
    ("coin of another program's account", "spent from the balance of an account it does not own", |_| act("w", &[(THEIRS, "w")], Script::new().move_lamports(1, 0, 5))),
    ("data of another program's account", "modified data of an account it does not own", |_| overwrite((THEIRS, "w"))),
    ("data of a loader's account", "modified data of an account it does not own", |_| overwrite((BUFFER, "w"))),
    ("a new account without rent", "insufficient funds for rent", |me| pay(me, NEW, ["sw", "w"], rent(0) - 1)),
    ("an old account left without rent", "insufficient funds for rent", |_| act("w", &[(THEIRS, "w")], Script::new().move_lamports(0, 1, 999_999_999))),
    ("an address that is not derived", "not result in a valid address", |me| associated(NEW, me)),
    ("an upgrade by a stranger", "Incorrect authority", |me| upgrade(THEIR_PROGRAM, BUFFER, me)),
    ("an upgrade with another's code", "Incorrect authority", |me| upgrade(PROGRAM, THEIR_BUFFER, me)),
    ("an upgrade to what is no program", "invalid account data", |me| upgrade(PROGRAM, JUNK_BUFFER, me)),
    ("a stranger's program handed on", "Incorrect authority", |me| hand_on(THEIR_PROGRAM, me)),
    ("the end of a program without authority", "immutable", |me| close(FIXED_PROGRAM, me)),
];

#[rustfmt::skip]
const REFUSED_TO_PROGRAMS: [Case; 1] =
    [("another's buffer", "Incorrect authority", |me| write(THEIR_BUFFER, me))];

/// The same without what is wrong.
#[rustfmt::skip]
const ALLOWED: [Case; 10] = [
    ("a look at the transaction", "", |_| act("w", &[(sysvar::instructions::ID, "")], Script::new().store(2, 2))),
    ("coin", "", |me| pay(me, stranger(), ["sw", "w"], 5)),
    ("tokens", "", |me| token_transfer([(MINE, "w"), (THEIRS, "w"), (me, "s")])),
    ("minting", "", |me| mint_to(MINT, MINE, me)),
    ("data", "", |_| act("w", &[], Script::new().store(1, 1))),
    ("coin of an own account", "", |_| act("w", &[(THEIRS, "w")], Script::new().move_lamports(0, 1, 5))),
    ("a new account", "", |me| pay(me, NEW, ["sw", "w"], rent(0))),
    ("a derived address", "", |me| associated(associated_of_stranger(), me)),
    ("an upgrade", "", |me| upgrade(PROGRAM, BUFFER, me)),
    ("a program handed on", "", |me| hand_on(PROGRAM, me)),
];

#[test]
fn f07_what_a_wallet_may_not_do_is_refused_on_every_way_for_the_same_reason() {
    let mut said: Vec<String> = Vec::new();
    for way in WAYS {
        let mut world = World::new(way);
        let of_programs = REFUSED_TO_PROGRAMS.iter().filter(|_| way != Way::Program);
        for (place, (what, reason, make)) in REFUSED.iter().chain(of_programs).enumerate() {
            let instruction = make(world.me);
            let before = world.picture(&instruction);
            let Err(message) = world.send(&instruction) else { panic!("{what} is allowed to {way:?}") };
            assert!(message.contains(reason), "{what} is refused to {way:?}, but: {message}");
            assert_eq!(world.picture(&instruction), before, "{what} by {way:?} leaves something");
            match said.get(place) {
                None => said.push(message),
                Some(first) => assert_eq!(*first, message, "{what} by {way:?} and {:?}", WAYS[0]),
            }
        }
        for (what, _, make) in ALLOWED {
            let instruction = make(world.me);
            let before = world.picture(&instruction);
            let sent = world.send(&instruction);
            assert_eq!(sent, Ok(()), "{what} is refused to {way:?}");
            assert_ne!(world.picture(&instruction), before, "{what} by {way:?} does nothing");
        }
    }
}

#[test]
fn f07_nobody_signs_for_another_on_any_way() {
    for way in WAYS {
        let mut world = World::new(way);
        for theirs in [stranger(), alias(USER), alias(world.stage.actors(Side::Evm)[1]), relay().state] {
            if theirs == world.me {
                continue;
            }
            let forged = pay(theirs, world.me, ["sw", "w"], 5);
            let before = world.picture(&forged);
            match way {
                Way::Wallet => {
                    // The place of their signature holds the wallet's own.
                    let message = solana_message::legacy::Message::new_with_blockhash(
                        std::slice::from_ref(&forged),
                        Some(&world.me),
                        &recent(&world.stage.chain),
                    );
                    let own = Wallet::new(1).sign(&bincode::serialize(&message).unwrap());
                    let message = solana_message::VersionedMessage::Legacy(message);
                    let signatures = vec![own.into(); 2];
                    let raw = bincode::serialize(&solana_transaction::versioned::VersionedTransaction {
                        signatures,
                        message,
                    });
                    let sent = world.stage.chain.transact_raw(VmId::SVM, &raw.unwrap());
                    assert_eq!(refusal(sent), "SignatureFailure", "{theirs}");
                }
                Way::Program => {
                    let signs = |meta: AccountMeta| AccountMeta { is_signer: meta.pubkey == world.me, ..meta };
                    let relayed = relayed_with(&forged, signs);
                    let sent = send(&mut world.stage.chain, &[relayed], &[&Wallet::new(1)]).receipt;
                    let message = sent.fault.expect("it is refused").message;
                    assert!(message.contains("unauthorized signer"), "{theirs} by {way:?}: {message}");
                }
                Way::User | Way::Contract(_) => {
                    let message = world.send(&forged).expect_err("nobody signed");
                    assert!(message.contains("unauthorized signer"), "{theirs} by {way:?}: {message}");
                }
            }
            assert_eq!(world.picture(&forged), before, "{theirs} by {way:?}");
        }
    }
}

#[test]
fn f07_nobody_writes_to_what_is_reserved() {
    for way in WAYS {
        let mut world = World::new(way);
        // Programs and sysvars that are there, and keys behind which nothing stands.
        let native = [sysvar::clock::ID, sysvar::rent::ID, SYSTEM, BORDER, native_loader::ID, loader_v4::ID];
        let others = [stake::ID, vote::ID, config::ID, feature::ID, sysvar::fees::ID, spl::ADDRESS_LOOKUP_TABLE];
        for reserved in native.into_iter().chain(others) {
            let payment = pay(world.me, reserved, ["sw", "w"], rent(0));
            let before = world.picture(&payment);
            let Err(message) = world.send(&payment) else { panic!("{reserved} was paid by {way:?}") };
            // Between programs the flag itself is refused already, as on Solana.
            let known = ["balance of a read-only account", "unauthorized signer or writable account"];
            assert!(known.iter().any(|known| message.contains(known)), "{reserved} by {way:?}: {message}");
            assert_eq!(world.picture(&payment), before, "{reserved} by {way:?}");
        }
    }
}

#[test]
fn f07_a_program_cannot_write_to_what_it_was_given_to_read() {
    let mut world = World::new(Way::Program);
    let writes = [pay(world.me, stranger(), ["sw", "w"], 5), act("w", &[], Script::new().store(1, 1))];
    for inner in writes {
        let before = world.picture(&inner);
        let relayed = relayed_with(&inner, |meta| AccountMeta { is_writable: false, ..meta });
        let fault = send(&mut world.stage.chain, &[relayed], &[&Wallet::new(1)]).receipt.fault.expect("it is refused");
        assert!(fault.message.contains("unauthorized signer or writable account"), "{}", fault.message);
        assert_eq!(world.picture(&inner), before);
    }
}

#[test]
fn f07_a_transaction_inside_of_a_call_is_only_data() {
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    for way in WAYS.into_iter().filter(|way| *way != Way::Wallet) {
        let mut world = World::new(way);
        let raw = signed(&[transfer(&alice.key(), &bob.key(), LAMPORTS)], &[&alice], recent(&world.stage.chain));
        let wrapped =
            Invocation { accounts: vec![AccountMeta::new(MINE, false)], ..Invocation::of_data(raw.clone().into()) };
        let frame = wrapped.to_bytes().unwrap();
        // A transaction, a frame of the border as the host would write it, and one of a mode that there is not.
        let unknown = [&[9][..], &frame[1..]].concat();
        for data in [&raw[..], &frame, &unknown] {
            for program in [SYSTEM, spl::TOKEN] {
                let accounts = [(alice.key(), "w"), (bob.key(), "w"), (SYSTEM, "")];
                let nested = instruction(program, &accounts, &[data]);
                let before = stored(&world.stage.chain, &MINE);
                assert!(world.send(&nested).is_err(), "{program} by {way:?}");
                assert_eq!(balance(&world.stage.chain, &bob.key()), 10 * LAMPORTS, "{program} by {way:?}");
                assert_eq!(stored(&world.stage.chain, &MINE), before, "{program} by {way:?}");
            }
        }
        // Raw, without accounts, as a user of the EVM lane would send it to a program by mistake.
        for data in [raw.clone(), frame.to_vec(), unknown] {
            let call = world.stage.chain.call(USER, canonical(&SYSTEM), data).unwrap();
            assert!(!world.stage.chain.transact(call).unwrap().receipt.is_success());
        }
        let sent = world.stage.chain.transact_raw(VmId::SVM, &raw).unwrap();
        assert!(sent.receipt.is_success(), "in its own lane it still serves: {:?}", sent.receipt.fault);
        assert_eq!(balance(&world.stage.chain, &bob.key()), 11 * LAMPORTS);
    }
}

#[test]
fn f07_coin_goes_along_with_a_call_only_from_who_signed_for_it() {
    let (alice, bob) = (Wallet::new(1), Wallet::new(2));
    let value = [&CALL_WITH_VALUE[..], &5u64.to_le_bytes()].concat();
    for side in Side::ALL {
        for way in [Way::Wallet, Way::Program] {
            let mut world = World::new(way);
            let contract = world.stage.actor(side);
            let (held, program) = (world.stage.chain.balance(contract).unwrap(), canonical(&relay().program));
            let rent_of_program = world.stage.chain.balance(program).unwrap();
            let unpaid: [&[(Pubkey, &str)]; 4] =
                [&[], &[(bob.key(), "w")], &[(bob.key(), "s")], &[(relay().state, "w"), (bob.key(), "")]];
            for accounts in unpaid {
                let call = instruction(alias(contract), accounts, &[&value]);
                let sent = if way == Way::Wallet { call } else { relayed(&call) };
                let receipt = send(&mut world.stage.chain, &[sent], &[&alice, &bob]).receipt;
                let fault = receipt.fault.unwrap_or_else(|| panic!("{accounts:?} pay for {side:?} by {way:?}"));
                let signs = way == Way::Program || accounts.iter().any(|(_, flags)| flags.contains('s'));
                let reason = if signs { "pays for it" } else { "missing required signature" };
                assert!(fault.message.contains(reason), "{accounts:?} {side:?} {way:?}: {}", fault.message);
                assert_eq!(world.stage.chain.balance(contract).unwrap(), held, "{accounts:?} {side:?} {way:?}");
                assert_eq!(world.stage.chain.balance(program).unwrap(), rent_of_program, "{accounts:?} {side:?}");
                assert_eq!(balance(&world.stage.chain, &bob.key()), 10 * LAMPORTS, "{accounts:?} {side:?} {way:?}");
            }
            let paid = instruction(alias(contract), &[(bob.key(), "sw")], &[&value]);
            let sent = if way == Way::Wallet { paid } else { relayed(&paid) };
            succeed(&mut world.stage.chain, &[sent], &[&alice, &bob]);
            assert_eq!(world.stage.chain.balance(contract).unwrap(), held + lamports(5), "{side:?} {way:?}");
            assert_eq!(balance(&world.stage.chain, &bob.key()), 10 * LAMPORTS - 5, "{side:?} {way:?}");
        }
    }
}
