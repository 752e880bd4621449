//! Random sequences from a seed.

use crate::{
    instructions::{Token, memo, rent, system},
    pair::Pair,
    wallet::Wallet,
};
use hexapla::svm::spl;
use solana_instruction::Instruction;

/// Wallets, mints and token accounts of each mint.
const WALLETS: u32 = 4;
const MINTS: usize = 2;
const ACCOUNTS: usize = 4;

/// A generator of numbers (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Mostly small, sometimes far too large.
    fn amount(&mut self) -> u64 {
        if self.below(20) == 0 { u64::MAX - self.below(3) as u64 } else { self.below(2_000) as u64 }
    }
}

struct World {
    wallets: Vec<Wallet>,
    mints: Vec<Wallet>,
    accounts: Vec<Wallet>,
}

/// Sends `steps` transactions.
pub fn run(pair: &mut Pair, seed: u64, steps: usize) {
    let mut random = Random(seed | 1);
    let base = 10_000 + (seed as u32 % 1_000) * 100;
    let world = World {
        wallets: (0..WALLETS).map(|index| Wallet::new(base + index)).collect(),
        mints: (0..MINTS as u32).map(|index| Wallet::new(base + 20 + index)).collect(),
        accounts: (0..(MINTS * ACCOUNTS) as u32).map(|index| Wallet::new(base + 40 + index)).collect(),
    };
    for wallet in &world.wallets {
        pair.fund(&wallet.key(), 50_000_000_000);
    }
    let token = Token(if seed.is_multiple_of(3) { spl::TOKEN_2022 } else { spl::TOKEN });
    set_up(pair, &world, token);
    for step in 0..steps {
        let count = 1 + random.below(3);
        let instructions: Vec<Instruction> = (0..count).map(|_| any(&mut random, &world, token)).collect();
        let mut signers: Vec<&Wallet> = vec![random.pick(&world.wallets)];
        let payer = signers[0].key();
        signers.extend(world.wallets.iter().filter(|wallet| wallet.key() != payer));
        pair.send(&format!("seed {seed}, step {step}"), &instructions, &signers);
    }
}

fn set_up(pair: &mut Pair, world: &World, token: Token) {
    let payer = &world.wallets[0];
    for (index, mint) in world.mints.iter().enumerate() {
        let authority = world.wallets[index].key();
        let create = system::create(&payer.key(), &mint.key(), rent(82), 82, &token.0);
        pair.send("set up", &[create, token.initialise_mint2(&mint.key(), 2, &authority)], &[payer, mint]);
    }
    for (index, account) in world.accounts.iter().enumerate() {
        let (mint, owner) = (world.mints[index % MINTS].key(), world.wallets[index % world.wallets.len()].key());
        let create = system::create(&payer.key(), &account.key(), rent(165), 165, &token.0);
        let initialise = token.initialise_account3(&account.key(), &mint, &owner);
        pair.send("set up", &[create, initialise], &[payer, account]);
        let authority = &world.wallets[index % MINTS];
        let minting = token.mint_to(&mint, &account.key(), &authority.key(), 10_000);
        pair.send("set up", &[minting], &[authority]);
    }
}

/// An instruction that makes sense more often than not.
fn any(random: &mut Random, world: &World, token: Token) -> Instruction {
    let place = random.below(world.accounts.len());
    let account = world.accounts[place].key();
    let same_mint = random.below(world.accounts.len() / MINTS) * MINTS + place % MINTS;
    let to = world.accounts[if random.below(10) == 0 { random.below(world.accounts.len()) } else { same_mint }].key();
    let usual = world.wallets[place % world.wallets.len()].key();
    let owner = if random.below(6) == 0 { random.pick(&world.wallets).key() } else { usual };
    let mint_place = if random.below(10) == 0 { random.below(MINTS) } else { place % MINTS };
    let (mint, authority) = (world.mints[mint_place].key(), world.wallets[mint_place].key());
    let (other, amount) = (random.pick(&world.wallets).key(), random.amount());
    match random.below(14) {
        0..=3 => token.transfer(&account, &to, &owner, amount),
        4 => token.transfer_checked([&account, &mint, &to, &owner], amount, 2),
        5 => token.mint_to(&mint, &account, &authority, amount),
        6 => token.burn(&account, &mint, &owner, amount),
        7 => token.approve(&account, &other, &owner, amount),
        8 => token.revoke(&account, &owner),
        9 => token.freeze(&account, &mint, &authority),
        10 => token.thaw(&account, &mint, &authority),
        11 => token.associated(&other, &owner, &mint, random.below(2) as u8).1,
        12 => memo(b"random", &[&other]),
        _ => system::transfer(&other, &owner, amount),
    }
}
