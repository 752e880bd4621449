//! Fixed sequences, failures included.
//!
//! Left out is where litesvm takes a short way: it charges nothing for transactions whose program is none, and counts
//! no program data in what a transaction loads; hexapla does as agave does.

use crate::{
    instructions::{Token, budget, memo, rent, system},
    pair::Pair,
    wallet::Wallet,
};
use hexapla::svm::spl;
use solana_pubkey::Pubkey;
use solana_sdk_ids::system_program;

/// Lamports of each wallet at the beginning.
pub const FUNDS: u64 = 100_000_000_000;
/// Bytes of a mint and of a token account.
const MINT_BYTES: u64 = 82;
const ACCOUNT_BYTES: u64 = 165;

/// Runs all sequences.
pub fn run(pair: &mut Pair) {
    let wallets: Vec<Wallet> = (1..5).map(Wallet::new).collect();
    for wallet in &wallets {
        pair.fund(&wallet.key(), FUNDS);
    }
    system_program(pair, &wallets);
    nonces(pair, &wallets);
    durable_nonces(pair, &wallets);
    tokens(pair, &wallets, Token(spl::TOKEN), 100);
    tokens(pair, &wallets, Token(spl::TOKEN_2022), 200);
    memos(pair, &wallets);
    refusals(pair, &wallets);
}

fn system_program(pair: &mut Pair, wallets: &[Wallet]) {
    let (a, b, new) = (&wallets[0], &wallets[1], Wallet::new(50));
    let (a_key, b_key, new_key) = (a.key(), b.key(), new.key());
    pair.send("transfer", &[system::transfer(&a_key, &b_key, 1_000_000)], &[a]);
    pair.send("transfer to itself", &[system::transfer(&a_key, &a_key, 5)], &[a]);
    pair.send("transfer of too much", &[system::transfer(&a_key, &b_key, 2 * FUNDS)], &[a]);
    pair.send("transfer below rent", &[system::transfer(&a_key, &Wallet::new(51).key(), 5)], &[a]);
    pair.send("create", &[system::create(&a_key, &new_key, rent(100), 100, &system_program::ID)], &[a, &new]);
    pair.send("create again", &[system::create(&a_key, &new_key, rent(100), 100, &system_program::ID)], &[a, &new]);
    pair.send("transfer from data", &[system::transfer(&new_key, &a_key, 5)], &[a, &new]);
    pair.send("assign", &[system::assign(&new_key, &spl::TOKEN)], &[a, &new]);
    pair.send("assign what is not one's own", &[system::assign(&new_key, &system_program::ID)], &[a, &new]);
    let big = Wallet::new(52);
    pair.send("allocate too much", &[system::allocate(&big.key(), 11 << 20)], &[a, &big]);
    pair.send("allocate without rent", &[system::allocate(&big.key(), 10)], &[a, &big]);
    let many: Vec<_> = (1..=10).map(|amount| system::transfer(&a_key, &b_key, amount)).collect();
    pair.send("ten transfers", &many, &[a]);
    pair.send("all it has", &[system::transfer(&wallets[3].key(), &a_key, FUNDS - 5_000)], &[&wallets[3]]);
    pair.send("nothing left", &[system::transfer(&wallets[3].key(), &a_key, 1)], &[&wallets[3]]);
}

fn nonces(pair: &mut Pair, wallets: &[Wallet]) {
    let (a, b, nonce) = (&wallets[0], &wallets[1], Wallet::new(60));
    let (a_key, b_key, key) = (a.key(), b.key(), nonce.key());
    let create = system::create(&a_key, &key, rent(80) + 500, 80, &system_program::ID);
    pair.send("nonce", &[create, system::initialise_nonce(&key, &a_key)], &[a, &nonce]);
    pair.send("nonce again", &[system::initialise_nonce(&key, &a_key)], &[a]);
    pair.send("advance", &[system::advance_nonce(&key, &a_key)], &[a]);
    pair.send("advance by another", &[memo(b"first", &[]), system::advance_nonce(&key, &b_key)], &[b]);
    pair.send("authorise", &[system::authorise_nonce(&key, &a_key, &b_key)], &[a]);
    pair.send("authorise after", &[system::authorise_nonce(&key, &a_key, &b_key)], &[a]);
    pair.send("withdraw a little", &[system::withdraw_nonce(&key, &a_key, &b_key, 500)], &[b]);
    pair.send("withdraw below rent", &[system::withdraw_nonce(&key, &a_key, &b_key, 1)], &[b]);
    pair.send("withdraw all", &[system::withdraw_nonce(&key, &a_key, &b_key, rent(80))], &[b]);
}

/// Transactions that name the hash of a nonce account instead of a block's.
fn durable_nonces(pair: &mut Pair, wallets: &[Wallet]) {
    let (a, b, nonce) = (&wallets[0], &wallets[1], Wallet::new(61));
    let (a_key, b_key, key) = (a.key(), b.key(), nonce.key());
    let create = system::create(&a_key, &key, rent(80), 80, &system_program::ID);
    pair.send("durable nonce", &[create, system::initialise_nonce(&key, &a_key)], &[a, &nonce]);
    pair.send("a block between", &[memo(b"between", &[])], &[b]);
    let (advance, pay) = (system::advance_nonce(&key, &a_key), system::transfer(&a_key, &b_key, 5));
    let now = |pair: &Pair| (key, pair.nonce(&key).expect("the nonce is there"));

    let (account, first) = now(pair);
    let used = [advance.clone(), pay.clone()];
    let mut succeeded = vec![
        pair.send_with_nonce("use of a nonce", &used, &[a], (&account, first)),
        pair.send_with_nonce("use of a used nonce", &[advance.clone(), memo(b"again", &[])], &[a], (&account, first)),
    ];
    let second = now(pair).1;
    let too_much = [advance.clone(), system::transfer(&a_key, &b_key, 2 * FUNDS)];
    succeeded.extend([
        pair.send_with_nonce("a stranger", &[system::advance_nonce(&key, &b_key)], &[b], (&account, second)),
        pair.send_with_nonce("not at first", &[pay.clone(), advance.clone()], &[a], (&account, second)),
        pair.send_with_nonce("not at all", std::slice::from_ref(&pay), &[a], (&account, second)),
        pair.send_with_nonce("failing use of a nonce", &too_much, &[a], (&account, second)),
        pair.send_with_nonce("after a failure", &[advance.clone(), memo(b"late", &[])], &[a], (&account, second)),
    ]);
    let third = now(pair).1;
    succeeded.push(pair.send_with_nonce("another pays", &[advance.clone(), pay], &[b, a], (&account, third)));
    let fourth = now(pair).1;
    succeeded.push(pair.send_with_nonce("advanced alone", &[advance], &[a], (&account, fourth)));
    if succeeded != [true, false, false, false, false, false, false, true, true] {
        pair.differences.push(format!("the uses of a nonce succeed otherwise than they should: {succeeded:?}"));
    }
}

fn tokens(pair: &mut Pair, wallets: &[Wallet], token: Token, seed: u32) {
    let [a, b, c, _] = wallets else { return };
    let (a_key, b_key, c_key) = (a.key(), b.key(), c.key());
    let (mint, other, from, to) =
        (Wallet::new(seed), Wallet::new(seed + 1), Wallet::new(seed + 2), Wallet::new(seed + 3));
    let [m, o, f, t] = [&mint, &other, &from, &to].map(Wallet::key);
    let create = |key: &Pubkey, bytes| system::create(&a_key, key, rent(bytes), bytes, &token.0);
    pair.send("mint", &[create(&m, MINT_BYTES), token.initialise_mint2(&m, 6, &a_key)], &[a, &mint]);
    pair.send("mint again", &[token.initialise_mint2(&m, 6, &a_key)], &[a]);
    pair.send("old mint", &[create(&o, MINT_BYTES), token.initialise_mint(&o, 0, &b_key)], &[a, &other]);
    pair.send("account", &[create(&f, ACCOUNT_BYTES), token.initialise_account3(&f, &m, &a_key)], &[a, &from]);
    pair.send("old account", &[create(&t, ACCOUNT_BYTES), token.initialise_account(&t, &m, &b_key)], &[a, &to]);
    pair.send("account size", &[token.account_size(&m)], &[a]);
    pair.send("mint to", &[token.mint_to(&m, &f, &a_key, 1_000_000)], &[a]);
    pair.send("mint to by another", &[token.mint_to(&m, &f, &b_key, 1)], &[b]);
    pair.send("mint too much", &[token.mint_to(&m, &f, &a_key, u64::MAX)], &[a]);
    pair.send("move", &[token.transfer(&f, &t, &a_key, 1_000)], &[a]);
    pair.send("move to itself", &[token.transfer(&f, &f, &a_key, 10)], &[a]);
    pair.send("move nothing", &[token.transfer(&f, &t, &a_key, 0)], &[a]);
    pair.send("move too much", &[token.transfer(&f, &t, &a_key, 10_000_000)], &[a]);
    pair.send("move what is another's", &[token.transfer(&f, &t, &b_key, 1)], &[b]);
    let mut unsigned = token.transfer(&f, &t, &a_key, 1);
    unsigned.accounts[2].is_signer = false;
    pair.send("move unsigned", &[unsigned], &[b]);
    pair.send("move checked", &[token.transfer_checked([&f, &m, &t, &a_key], 7, 6)], &[a]);
    pair.send("wrong decimals", &[token.transfer_checked([&f, &m, &t, &a_key], 7, 5)], &[a]);
    pair.send("wrong mint", &[token.transfer_checked([&f, &o, &t, &a_key], 7, 0)], &[a]);
    pair.send("approve", &[token.approve(&f, &c_key, &a_key, 50)], &[a]);
    pair.send("move as delegate", &[token.transfer(&f, &t, &c_key, 20)], &[c]);
    pair.send("more than approved", &[token.transfer(&f, &t, &c_key, 31)], &[c]);
    pair.send("revoke", &[token.revoke(&f, &a_key)], &[a]);
    pair.send("after revoke", &[token.transfer(&f, &t, &c_key, 1)], &[c]);
    pair.send("freeze", &[token.freeze(&t, &m, &a_key)], &[a]);
    pair.send("move to frozen", &[token.transfer(&f, &t, &a_key, 1)], &[a]);
    pair.send("burn frozen", &[token.burn(&t, &m, &b_key, 1)], &[b]);
    pair.send("thaw", &[token.thaw(&t, &m, &a_key)], &[a]);
    pair.send("thaw twice", &[token.thaw(&t, &m, &a_key)], &[a]);
    pair.send("freeze without authority", &[token.freeze(&t, &o, &a_key)], &[a]);
    pair.send("burn", &[token.burn(&t, &m, &b_key, 27)], &[b]);
    pair.send("burn with wrong mint", &[token.burn(&t, &o, &b_key, 1)], &[b]);
    pair.send("hand on minting", &[token.set_authority(&m, &a_key, 0, Some(&b_key))], &[a]);
    pair.send("mint by the old one", &[token.mint_to(&m, &f, &a_key, 1)], &[a]);
    pair.send("end minting", &[token.set_authority(&m, &b_key, 0, None)], &[b]);
    pair.send("mint after the end", &[token.mint_to(&m, &f, &b_key, 1)], &[b]);
    pair.send("hand on an account", &[token.set_authority(&t, &b_key, 2, Some(&c_key))], &[b]);
    pair.send("close with tokens", &[token.close(&t, &a_key, &c_key)], &[c]);
    pair.send("empty and close", &[token.transfer(&t, &f, &c_key, 1_000), token.close(&t, &a_key, &c_key)], &[c]);
    associated(pair, [a, b, c], token, &m, &f);
}

fn associated(pair: &mut Pair, [a, b, _]: [&Wallet; 3], token: Token, mint: &Pubkey, from: &Pubkey) {
    let (a_key, b_key) = (a.key(), b.key());
    let (account, create) = token.associated(&a_key, &b_key, mint, 0);
    let (_, idempotent) = token.associated(&a_key, &b_key, mint, 1);
    pair.send("associated", std::slice::from_ref(&create), &[a]);
    pair.send("associated again", &[create], &[a]);
    pair.send("associated, idempotent", std::slice::from_ref(&idempotent), &[a]);
    pair.send("pay", &[idempotent, token.transfer(from, &account, &a_key, 5)], &[a]);
    let (_, of_no_mint) = token.associated(&a_key, &b_key, &a_key, 0);
    pair.send("associated to no mint", &[of_no_mint], &[a]);
}

fn memos(pair: &mut Pair, wallets: &[Wallet]) {
    let (a, b) = (&wallets[0], &wallets[1]);
    pair.send("memo", &[memo("schöne Grüße".as_bytes(), &[])], &[a]);
    pair.send("signed memo", &[memo(b"both", &[&a.key(), &b.key()])], &[a, b]);
    pair.send("no text", &[memo(&[0xff, 0xfe], &[])], &[a]);
    let long = "x".repeat(800);
    pair.send("long memo", &[memo(long.as_bytes(), &[])], &[a]);
}

fn refusals(pair: &mut Pair, wallets: &[Wallet]) {
    let (a, b) = (&wallets[0], &wallets[1]);
    let transfer = system::transfer(&a.key(), &b.key(), 1);
    pair.send("unsigned", &[system::transfer(&b.key(), &a.key(), 1)], &[a]);
    let units = |units: u32| budget(2, &units.to_le_bytes());
    pair.send("priority", &[units(10_000), budget(3, &5_000_000u64.to_le_bytes()), transfer.clone()], &[a]);
    pair.send("few units", &[units(400), transfer.clone()], &[a]);
    pair.send("too few units for a program", &[units(500), memo(b"a memo", &[])], &[a]);
    pair.send("twice the same", &[units(400), units(400), transfer.clone()], &[a]);
    pair.send("no instruction of the budget", &[budget(9, &[]), transfer.clone()], &[a]);
    pair.send("odd heap", &[budget(1, &33_000u32.to_le_bytes()), transfer.clone()], &[a]);
    pair.send("a greater heap", &[budget(1, &(256u32 << 10).to_le_bytes()), memo(b"heap", &[])], &[a]);
    pair.send("size zero", &[budget(4, &0u32.to_le_bytes()), transfer.clone()], &[a]);
    pair.send("unaffordable", &[units(1_400_000), budget(3, &u64::MAX.to_le_bytes()), transfer], &[a]);
}
