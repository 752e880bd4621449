//! A risk engine for Arbitrum Stylus: the heavy computation that Solidity contracts cannot afford.
//!
//! It simulates the price of an asset day by day in integer arithmetic: the price starts at one, takes a pseudo-random
//! step of at most 0.82 % up or down each day, and is pulled back to one by a 64th of the distance. The same seed gives
//! the same path on every machine. Prices are in millionths.
//!
//! `appraise` and `assess` call back into the Solidity vault that asks them. They count the jobs they have finished in
//! storage slot 0, so that a test can see what became of the engine's own state when a caller undoes a call.

// The SDK's macros name the `alloc` crate.
extern crate alloc;

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;
use stylus_sdk::{prelude::*, stylus_core::calls::errors::Error as CallError};

sol! {
    error TooRisky(uint256 score, uint256 limit);
    error TooLarge(uint256 amount);
}

sol_interface! {
    interface IVault {
        function totalAssets() external view returns (uint256);
        function holdings(address owner) external view returns (uint256);
        function investedWith(address partner) external view returns (uint256);
    }
}

/// Why a job was refused. `Vault` hands on what the vault itself reverted with.
#[derive(SolidityError)]
pub enum EngineError {
    TooRisky(TooRisky),
    TooLarge(TooLarge),
    Vault(CallError),
}

/// One, in millionths.
const ONE: i64 = 1_000_000;
/// The highest score that `assess` lets pass, in basis points.
const SCORE_LIMIT_BPS: u64 = 5_000;

sol_storage! {
    #[entrypoint]
    pub struct RiskEngine {
        uint256 jobs;
    }
}

#[public]
impl RiskEngine {
    /// How many appraisals and assessments have succeeded.
    pub fn jobs(&self) -> U256 {
        self.jobs.get()
    }

    /// The average price over a simulated path of `rounds` days, in millionths; the price of day zero for no days.
    pub fn price(seed: U256, rounds: u32) -> U256 {
        U256::from(simulate(seed, rounds).average)
    }

    /// What the vault's customers own, at the average simulated price: (assets − the vault's own reserve) × price.
    pub fn appraise(&mut self, vault: Address, rounds: u32) -> Result<U256, EngineError> {
        let vault_contract = IVault::from(vault);
        let assets = vault_contract.total_assets(self.vm(), Call::new())?;
        let price = Self::price(assets, rounds);
        let reserve = vault_contract.holdings(self.vm(), Call::new(), vault)?;

        self.finish_job();
        scale(assets.saturating_sub(reserve), price, U256::from(ONE))
    }

    /// The risk of what the vault has with `partner`, in basis points: its share of everything the vault has, plus the
    /// deepest fall of the simulated price. More than 5,000 is refused.
    pub fn assess(&mut self, vault: Address, partner: Address, rounds: u32) -> Result<U256, EngineError> {
        let vault_contract = IVault::from(vault);
        let assets = vault_contract.total_assets(self.vm(), Call::new())?;
        let invested = vault_contract.invested_with(self.vm(), Call::new(), partner)?;
        let total = assets.checked_add(invested).ok_or(EngineError::TooLarge(TooLarge { amount: assets }))?;

        let fall = ONE - simulate(total, rounds).lowest;
        let share = if total.is_zero() { U256::ZERO } else { scale(invested, U256::from(10_000), total)? };
        let score = share + U256::from(fall / 100);
        let limit = U256::from(SCORE_LIMIT_BPS);
        if score > limit {
            return Err(EngineError::TooRisky(TooRisky { score, limit }));
        }

        self.finish_job();
        Ok(score)
    }
}

impl RiskEngine {
    fn finish_job(&mut self) {
        self.jobs.set(self.jobs.get() + U256::from(1));
    }
}

/// `amount * numerator / denominator`, rounded down.
fn scale(amount: U256, numerator: U256, denominator: U256) -> Result<U256, EngineError> {
    let product = amount.checked_mul(numerator).ok_or(EngineError::TooLarge(TooLarge { amount }))?;
    Ok(product / denominator)
}

/// A simulated path, in millionths.
struct Path {
    average: i64,
    lowest: i64,
}

fn simulate(seed: U256, days: u32) -> Path {
    let mut random = Xorshift::new(seed);
    let mut price = ONE;
    let mut lowest = ONE;
    let mut sum = 0;
    for _ in 0..days {
        price += price * random.step() / ONE + (ONE - price) / 64;
        lowest = lowest.min(price);
        sum += price;
    }
    Path { average: if days == 0 { ONE } else { sum / i64::from(days) }, lowest }
}

/// Marsaglia's 64-bit generator: three shifts a number. Not for secrets.
struct Xorshift(u64);

impl Xorshift {
    fn new(seed: U256) -> Self {
        let [a, b, c, d] = *seed.as_limbs();
        // The constant keeps the state from being zero for the seeds one meets; zero would stay zero for ever.
        let state = a ^ b.rotate_left(16) ^ c.rotate_left(32) ^ d.rotate_left(48) ^ 0x9e37_79b9_7f4a_7c15;
        Self(if state == 0 { 1 } else { state })
    }

    /// The day's step in millionths, from −8,192 to 8,191.
    fn step(&mut self) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 50) as i64 - 8_192
    }
}
