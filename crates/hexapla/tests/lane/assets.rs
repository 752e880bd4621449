//! Many assets in one transaction: each recipient gets its own amount of each, whichever VM holds the asset.

use super::support::*;
use hexapla::svm::{Invocation, Pubkey, alias, canonical, genesis, spl};
use hexapla_abi::{Codec, Interface, SolidityCodec, Value};
use hexapla_primitives::{Address, Bytes, U256};
use hexapla_testing::{Script, ScriptCall, Side, Stage, USER, contracts};
use proptest::prelude::*;
use solana_instruction::{AccountMeta, Instruction};
use std::{collections::BTreeMap, sync::LazyLock};

/// What the holder has of each token at the beginning.
const TOKENS: u64 = 1_000;
/// More coin than anybody has from this amount on.
const COIN_MAX: u64 = 1_200;
const RECIPIENTS: usize = 3;

static ERC20: LazyLock<Interface> = LazyLock::new(|| {
    let signatures = [
        "function transfer(address to, uint256 value) returns (bool)",
        "function mint(address to, uint256 value)",
        "function balanceOf(address owner) view returns (uint256)",
    ];
    Interface::from_solidity_signatures("Erc20", signatures).unwrap()
});

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asset {
    /// Coin, sent to an account of the EVM.
    Wei,
    /// Coin, sent to an account of Solana by the System program.
    Lamports,
    /// Tokens of a mint of SPL Token.
    Spl(usize),
    /// A token in Solidity, and one in Rust for Stylus.
    Erc20(usize),
}

const ASSETS: [Asset; 6] =
    [Asset::Wei, Asset::Lamports, Asset::Spl(0), Asset::Spl(1), Asset::Erc20(0), Asset::Erc20(1)];

/// So much of an asset to a recipient.
#[derive(Clone, Debug)]
struct Leg {
    asset: Asset,
    to: usize,
    amount: u64,
}

/// Legs that stand or fall together, and how the holder reaches itself to make them.
#[derive(Clone, Debug)]
struct Group {
    legs: Vec<Leg>,
    via: Via,
    fails: bool,
}

#[derive(Clone, Copy, Debug)]
enum Via {
    Itself,
    OtherVm,
    Program,
}

#[derive(Clone, Debug)]
enum Step {
    One(Leg),
    Many(Group),
}

fn leg() -> impl Strategy<Value = Leg> {
    let asset = prop::sample::select(ASSETS.to_vec());
    (asset, 0..RECIPIENTS, 0..1_300u64).prop_map(|(asset, to, amount)| Leg { asset, to, amount })
}

fn step() -> impl Strategy<Value = Step> {
    let via = prop::sample::select(vec![Via::Itself, Via::OtherVm, Via::Program]);
    let group = (prop::collection::vec(leg(), 1..4), via, any::<bool>());
    prop_oneof![leg().prop_map(Step::One), group.prop_map(|(legs, via, fails)| Step::Many(Group { legs, via, fails })),]
}

/// Who has how much of an asset: the holder at 0, then the recipients. Coin is in wei and has one holder, whoever the
/// recipients are.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Books(BTreeMap<(Asset, usize), U256>);

impl Books {
    fn holder(asset: Asset) -> (Asset, usize) {
        (if asset == Asset::Lamports { Asset::Wei } else { asset }, 0)
    }

    /// Whether the leg can be made; if so, it is.
    fn apply(&mut self, leg: &Leg) -> bool {
        let amount = amount(leg);
        let Some(left) = self.0[&Self::holder(leg.asset)].checked_sub(amount) else { return false };
        self.0.insert(Self::holder(leg.asset), left);
        *self.0.get_mut(&(leg.asset, leg.to + 1)).unwrap() += amount;
        true
    }

    fn sums(&self) -> BTreeMap<Asset, U256> {
        let mut sums = BTreeMap::new();
        for ((asset, _), amount) in &self.0 {
            *sums.entry(Self::holder(*asset).0).or_default() += *amount;
        }
        sums
    }
}

/// In the smallest unit of the asset.
fn amount(leg: &Leg) -> U256 {
    match leg.asset {
        Asset::Spl(_) | Asset::Erc20(_) => U256::from(leg.amount),
        Asset::Wei | Asset::Lamports if leg.amount > COIN_MAX => lamports(leg.amount * LAMPORTS),
        Asset::Wei | Asset::Lamports => lamports(leg.amount),
    }
}

/// A chain on which a contract or wallet holds some of each asset.
struct World {
    stage: Stage,
    address: Address,
    key: Pubkey,
    tokens: [Address; 2],
}

/// Keys by what they are for and a number.
fn key_of(kind: u8, number: usize) -> Pubkey {
    let mut key = [0x77; 32];
    (key[0], key[1]) = (kind, number as u8);
    Pubkey::new_from_array(key)
}

fn mint(index: usize) -> Pubkey {
    key_of(1, index)
}

/// The token account of the holder at 0, and of the recipients.
fn account(mint: usize, owner: usize) -> Pubkey {
    key_of(2 + mint as u8, owner)
}

fn wallet_of(recipient: usize) -> Pubkey {
    key_of(9, recipient)
}

fn address_of(recipient: usize) -> Address {
    Address::repeat_byte(0xd0 + recipient as u8)
}

fn erc20(function: &str, arguments: &[Value]) -> Bytes {
    SolidityCodec::default().encode_call(ERC20.function(function).unwrap(), arguments).unwrap()
}

impl World {
    /// The holder is a contract of this VM, or a wallet.
    fn new(side: Option<Side>) -> Self {
        let mut stage = Stage::new();
        let wallet = Wallet::new(1).key();
        let (address, key) = match side {
            Some(side) => (stage.actor(side), alias(stage.actor(side))),
            None => (canonical(&wallet), wallet),
        };
        // A little less than a lamport more, which must stay where it is.
        stage.chain.fund([(address, lamports(10 * LAMPORTS) + U256::from(3))]).unwrap();
        let mut accounts = Vec::new();
        for index in 0..2 {
            accounts.push(genesis::account(mint(index), 10_000_000, &mint_account(&key)));
            for owner in 0..=RECIPIENTS {
                let (owner_key, tokens) = if owner == 0 { (key, TOKENS) } else { (wallet_of(owner - 1), 0) };
                let stored = token_account(&mint(index), &owner_key, tokens, spl::TOKEN);
                accounts.push(genesis::account(account(index, owner), 10_000_000, &stored));
            }
        }
        accounts
            .extend((0..RECIPIENTS).map(|index| genesis::account(wallet_of(index), 10_000_000, &Default::default())));
        stage.chain.insert_accounts(accounts).unwrap();

        let path = contracts::root().join("evm/token/Token.json");
        let interface = Interface::detect(&std::fs::read_to_string(path).unwrap()).unwrap();
        let arguments = [Value::string("Token"), Value::string("TOK"), Value::uint(TOKENS)];
        let constructor = interface.constructor.clone().unwrap();
        let arguments = SolidityCodec::default().encode_constructor(&constructor, &arguments).unwrap();
        let codes =
            [[contracts::evm("token/Token"), arguments].concat(), contracts::wasm_init_code("erc20/erc20").to_vec()];
        let tokens = codes.map(|code| {
            let tx = stage.chain.create(USER, code).unwrap();
            stage.chain.transact(tx).unwrap().receipt.created.expect("a token is deployed")
        });
        for (token, function) in tokens.into_iter().zip(["transfer", "mint"]) {
            let data = erc20(function, &[Value::Address(address), Value::uint(TOKENS)]);
            let tx = stage.chain.call(USER, token, data).unwrap();
            assert!(stage.chain.transact(tx).unwrap().receipt.is_success());
        }
        Self { stage, address, key, tokens }
    }

    /// What the chain says.
    fn books(&self) -> Books {
        let coin = |address| self.stage.chain.balance(address).unwrap();
        let mut books = BTreeMap::from([((Asset::Wei, 0), coin(self.address))]);
        for recipient in 0..RECIPIENTS {
            books.insert((Asset::Wei, recipient + 1), coin(address_of(recipient)));
            books.insert((Asset::Lamports, recipient + 1), coin(canonical(&wallet_of(recipient))));
        }
        for (index, token) in self.tokens.into_iter().enumerate() {
            for owner in 0..=RECIPIENTS {
                let data = stored(&self.stage.chain, &account(index, owner)).data;
                let amount = u64::from_le_bytes(data[64..72].try_into().unwrap());
                books.insert((Asset::Spl(index), owner), U256::from(amount));
                let address = if owner == 0 { self.address } else { address_of(owner - 1) };
                let call = self.stage.chain.call(USER, token, erc20("balanceOf", &[Value::Address(address)])).unwrap();
                let answer = self.stage.chain.simulate(call).unwrap().output;
                books.insert((Asset::Erc20(index), owner), U256::from_be_slice(&answer));
            }
        }
        Books(books)
    }

    /// The instruction with which a leg is made, where the asset stands on Solana or the holder does.
    fn instruction(&self, leg: &Leg) -> Instruction {
        let coin = |to| transfer(&self.key, &to, (amount(leg) / lamports(1)).to());
        match leg.asset {
            Asset::Wei => coin(alias(address_of(leg.to))),
            Asset::Lamports => coin(wallet_of(leg.to)),
            Asset::Spl(mint) => {
                let accounts = vec![
                    AccountMeta::new(account(mint, 0), false),
                    AccountMeta::new(account(mint, leg.to + 1), false),
                    AccountMeta::new_readonly(self.key, true),
                ];
                let data = [&[3u8][..], &leg.amount.to_le_bytes()].concat();
                Instruction { program_id: spl::TOKEN, accounts, data }
            }
            Asset::Erc20(token) => {
                let data = erc20("transfer", &[Value::Address(address_of(leg.to)), Value::Uint(amount(leg))]);
                let accounts = vec![AccountMeta::new_readonly(self.key, true)];
                Instruction { program_id: alias(self.tokens[token]), accounts, data: data.to_vec() }
            }
        }
    }

    /// The call with which a contract makes a leg; it goes on if the leg fails.
    fn call(&self, leg: &Leg) -> ScriptCall {
        let call = match leg.asset {
            Asset::Wei => ScriptCall::to(address_of(leg.to), Bytes::new()).value(amount(leg).saturating_to()),
            Asset::Erc20(token) => ScriptCall::to(self.tokens[token], self.instruction(leg).data),
            Asset::Lamports | Asset::Spl(_) => {
                let Instruction { program_id, accounts, data } = self.instruction(leg);
                let invocation = Invocation { accounts, ..Invocation::of_data(data.into()) };
                ScriptCall::to(canonical(&program_id), invocation.to_solidity())
            }
        };
        call.ignore()
    }

    /// The call with which a contract makes all legs of a group.
    fn group(&self, side: Side, group: &Group) -> ScriptCall {
        let legs = group.legs.iter().fold(Script::new(), |script, leg| script.call(self.call(leg)));
        let legs = if group.fails { legs.revert(b"no") } else { legs };
        let path = match group.via {
            Via::Itself => vec![self.address],
            Via::OtherVm => vec![self.stage.actor(side.other()), self.address],
            Via::Program => vec![self.stage.svm()[0].address(), self.address],
        };
        let inner = self.stage.through(&path[1..], legs);
        ScriptCall::to(path[0], self.stage.data(path[0], inner)).catch()
    }
}

/// Whether each caught call succeeded.
fn statuses(mut output: &[u8]) -> Vec<bool> {
    let mut statuses = Vec::new();
    while let [status, rest @ ..] = output {
        let (length, rest) = rest.split_at(4);
        statuses.push(*status == 1);
        output = &rest[u32::from_be_bytes(length.try_into().unwrap()) as usize..];
    }
    statuses
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn f06_many_transfers_of_a_contract_move_their_own_amounts_and_no_more(
        side in prop::sample::select(Side::ALL.to_vec()),
        steps in prop::collection::vec(step(), 1..8),
    ) {
        let mut world = World::new(Some(side));
        let mut books = world.books();
        let before = books.sums();
        let (mut script, mut groups) = (Script::new(), Vec::new());
        for step in &steps {
            match step {
                Step::One(leg) => {
                    script = script.call(world.call(leg));
                    books.apply(leg);
                }
                Step::Many(group) => {
                    script = script.call(world.group(side, group));
                    groups.push(!group.fails);
                    let mut after = books.clone();
                    group.legs.iter().for_each(|leg| { after.apply(leg); });
                    books = if group.fails { books } else { after };
                }
            }
        }
        let receipt = world.stage.run(world.address, script);
        prop_assert!(receipt.is_success(), "{:?}", receipt.fault);
        prop_assert_eq!(statuses(&receipt.output), groups, "{:#?}", receipt.program_log);
        prop_assert_eq!(world.books(), books);
        prop_assert_eq!(world.books().sums(), before);
    }

    #[test]
    fn f06_many_transfers_of_a_wallet_move_their_own_amounts_or_none(legs in prop::collection::vec(leg(), 1..5)) {
        let mut world = World::new(None);
        let books = world.books();
        let mut after = books.clone();
        let possible = legs.iter().all(|leg| after.apply(leg));
        let instructions: Vec<_> = legs.iter().map(|leg| world.instruction(leg)).collect();
        let sent = send(&mut world.stage.chain, &instructions, &[&Wallet::new(1)]);
        prop_assert_eq!(sent.receipt.is_success(), possible, "{:?} {:#?}", sent.receipt.fault, sent.receipt.program_log);
        let mut expected = if possible { after } else { books };
        *expected.0.get_mut(&(Asset::Wei, 0)).unwrap() -= lamports(5_000);
        prop_assert_eq!(world.books(), expected);
    }
}

#[test]
fn f06_one_transaction_moves_every_asset_around_a_failing_leg() {
    for side in Side::ALL {
        for via in [Via::Itself, Via::OtherVm, Via::Program] {
            let mut world = World::new(Some(side));
            let mut books = world.books();
            let legs = |amount: u64| -> Vec<Leg> {
                let leg = |(index, asset): (usize, &Asset)| Leg {
                    asset: *asset,
                    to: index % RECIPIENTS,
                    amount: amount + index as u64,
                };
                ASSETS.iter().enumerate().map(leg).collect()
            };
            let failing = Group { legs: legs(500), via, fails: true };
            let mut script = Script::new();
            for (index, leg) in [legs(100), legs(300)].concat().iter().enumerate() {
                if index == ASSETS.len() {
                    script = script.call(world.group(side, &failing));
                }
                script = script.call(world.call(leg));
                assert!(books.apply(leg));
            }
            let receipt = world.stage.run(world.address, script);
            assert!(receipt.is_success(), "{side:?} {via:?}: {:?}", receipt.fault);
            assert_eq!(statuses(&receipt.output), [false], "{side:?} {via:?}");
            assert_eq!(world.books(), books, "{side:?} {via:?}");
        }
    }
}
