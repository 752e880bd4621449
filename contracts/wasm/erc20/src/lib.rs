//! An ERC-20 token for Arbitrum Stylus, written with the Stylus SDK.
//!
//! The storage layout, the ABI, the events and the errors are those of a Solidity contract with the same declarations,
//! so wallets and Solidity contracts cannot tell it from one. `mint` is open to everybody: this is a token for tests
//! and examples.

// The SDK's macros name the `alloc` crate.
extern crate alloc;

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;
use stylus_sdk::prelude::*;

sol! {
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    error InsufficientBalance(address from, uint256 have, uint256 want);
    error InsufficientAllowance(address owner, address spender, uint256 have, uint256 want);
    error InvalidReceiver(address receiver);
    error SupplyOverflow(uint256 supply, uint256 minted);
}

/// Why a call failed; each variant is the Solidity error of the same name.
#[derive(SolidityError)]
pub enum Erc20Error {
    InsufficientBalance(InsufficientBalance),
    InsufficientAllowance(InsufficientAllowance),
    InvalidReceiver(InvalidReceiver),
    SupplyOverflow(SupplyOverflow),
}

sol_storage! {
    #[entrypoint]
    pub struct Erc20 {
        /// Slot 0: balances by owner.
        mapping(address => uint256) balances;
        /// Slot 1: allowances by owner, then by spender.
        mapping(address => mapping(address => uint256)) allowances;
        /// Slot 2: the sum of all balances.
        uint256 total_supply;
    }
}

#[public]
impl Erc20 {
    pub fn name() -> String {
        "Stylus Dollar".into()
    }

    pub fn symbol() -> String {
        "sUSD".into()
    }

    pub fn decimals() -> u8 {
        18
    }

    pub fn total_supply(&self) -> U256 {
        self.total_supply.get()
    }

    pub fn balance_of(&self, owner: Address) -> U256 {
        self.balances.get(owner)
    }

    pub fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.getter(owner).get(spender)
    }

    pub fn transfer(&mut self, to: Address, value: U256) -> Result<bool, Erc20Error> {
        let from = self.vm().msg_sender();
        self.move_tokens(from, to, value)?;
        Ok(true)
    }

    /// The largest allowance stands for "without limit" and is not used up, as in most ERC-20 tokens.
    pub fn transfer_from(&mut self, from: Address, to: Address, value: U256) -> Result<bool, Erc20Error> {
        let spender = self.vm().msg_sender();
        let have = self.allowances.getter(from).get(spender);
        if have < value {
            let error = InsufficientAllowance { owner: from, spender, have, want: value };
            return Err(Erc20Error::InsufficientAllowance(error));
        }
        if have != U256::MAX {
            self.allowances.setter(from).setter(spender).set(have - value);
        }
        self.move_tokens(from, to, value)?;
        Ok(true)
    }

    pub fn approve(&mut self, spender: Address, value: U256) -> bool {
        let owner = self.vm().msg_sender();
        self.allowances.setter(owner).insert(spender, value);
        self.vm().log(Approval { owner, spender, value });
        true
    }

    /// Open to everybody: a token for tests.
    pub fn mint(&mut self, to: Address, value: U256) -> Result<(), Erc20Error> {
        let supply = self.total_supply.get();
        let Some(new_supply) = supply.checked_add(value) else {
            return Err(Erc20Error::SupplyOverflow(SupplyOverflow { supply, minted: value }));
        };
        refuse_zero(to)?;
        self.total_supply.set(new_supply);
        self.credit(to, value);
        self.vm().log(Transfer { from: Address::ZERO, to, value });
        Ok(())
    }
}

impl Erc20 {
    fn move_tokens(&mut self, from: Address, to: Address, value: U256) -> Result<(), Erc20Error> {
        refuse_zero(to)?;
        let have = self.balances.get(from);
        if have < value {
            return Err(Erc20Error::InsufficientBalance(InsufficientBalance { from, have, want: value }));
        }
        self.balances.setter(from).set(have - value);
        self.credit(to, value);
        self.vm().log(Transfer { from, to, value });
        Ok(())
    }

    /// Cannot overflow: a balance is never more than the supply, and the supply was checked when it was minted.
    fn credit(&mut self, to: Address, value: U256) {
        let mut balance = self.balances.setter(to);
        let new_balance = balance.get() + value;
        balance.set(new_balance);
    }
}

fn refuse_zero(receiver: Address) -> Result<(), Erc20Error> {
    if receiver == Address::ZERO {
        return Err(Erc20Error::InvalidReceiver(InvalidReceiver { receiver }));
    }
    Ok(())
}
