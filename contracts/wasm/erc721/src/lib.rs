//! An ERC-721 token for Arbitrum Stylus, written with the Stylus SDK: metadata, enumeration and safe transfers.
//!
//! It is as large as real Stylus contracts are, about 20 kB compressed. The storage layout, the ABI, the events and the
//! errors are those of a Solidity contract with the same declarations. `mint` is open to everybody: this is a token for
//! tests and examples.

// The SDK's macros name the `alloc` crate.
extern crate alloc;

use alloc::{string::String, vec::Vec};
use alloy_primitives::{Address, Bytes, FixedBytes, U256};
use alloy_sol_types::sol;
use stylus_sdk::prelude::*;

sol! {
    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);
    event Approval(address indexed owner, address indexed approved, uint256 indexed tokenId);
    event ApprovalForAll(address indexed owner, address indexed operator, bool approved);

    error InvalidOwner(address owner);
    error NonexistentToken(uint256 tokenId);
    error IncorrectOwner(address sender, uint256 tokenId, address owner);
    error InvalidReceiver(address receiver);
    error ReceiverRefused(address receiver, bytes reason);
    error InsufficientApproval(address operator, uint256 tokenId);
    error InvalidApprover(address approver);
    error InvalidOperator(address operator);
    error OutOfBoundsIndex(address owner, uint256 index);
}

sol_interface! {
    interface IReceiver {
        function onERC721Received(address operator, address from, uint256 token_id, bytes data) external returns (bytes4);
    }
}

/// Why a call failed; each variant is the Solidity error of the same name.
#[derive(SolidityError)]
pub enum Erc721Error {
    InvalidOwner(InvalidOwner),
    NonexistentToken(NonexistentToken),
    IncorrectOwner(IncorrectOwner),
    InvalidReceiver(InvalidReceiver),
    ReceiverRefused(ReceiverRefused),
    InsufficientApproval(InsufficientApproval),
    InvalidApprover(InvalidApprover),
    InvalidOperator(InvalidOperator),
    OutOfBoundsIndex(OutOfBoundsIndex),
}

/// `onERC721Received(address,address,uint256,bytes)`: what a willing receiver answers.
const RECEIVED: [u8; 4] = [0x15, 0x0b, 0x7a, 0x02];
/// ERC-165, ERC-721, its metadata and its enumeration.
const INTERFACES: [[u8; 4]; 4] =
    [[0x01, 0xff, 0xc9, 0xa7], [0x80, 0xac, 0x58, 0xcd], [0x5b, 0x5e, 0x13, 0x9f], [0x78, 0x0e, 0x9d, 0x63]];

sol_storage! {
    #[entrypoint]
    pub struct Erc721 {
        /// Slot 0: owners by token.
        mapping(uint256 => address) owners;
        /// Slot 1: numbers of tokens by owner.
        mapping(address => uint256) balances;
        /// Slot 2: who may move one token.
        mapping(uint256 => address) approvals;
        /// Slot 3: who may move all tokens of an owner.
        mapping(address => mapping(address => bool)) operators;
        /// Slot 4: all tokens.
        uint256[] tokens;
        /// Slot 5: where a token stands among all.
        mapping(uint256 => uint256) positions;
        /// Slot 6: tokens of an owner by index.
        mapping(address => mapping(uint256 => uint256)) owned;
        /// Slot 7: where a token stands among its owner's.
        mapping(uint256 => uint256) owned_positions;
        /// Slot 8: the number of the next token.
        uint256 next;
        /// Slot 9: what token addresses begin with.
        string base_uri;
    }
}

#[public]
impl Erc721 {
    pub fn name() -> String {
        "Stylus Deeds".into()
    }

    pub fn symbol() -> String {
        "DEED".into()
    }

    #[selector(name = "supportsInterface")]
    pub fn supports_interface(interface: FixedBytes<4>) -> bool {
        INTERFACES.contains(&interface.0)
    }

    #[selector(name = "tokenURI")]
    pub fn token_uri(&self, token_id: U256) -> Result<String, Erc721Error> {
        self.owner_of(token_id)?;
        let mut uri = self.base_uri.get_string();
        uri.push_str(&decimal(token_id));
        uri.push_str(".json");
        Ok(uri)
    }

    /// Open to everybody: a token for tests.
    #[selector(name = "setBaseURI")]
    pub fn set_base_uri(&mut self, uri: String) {
        self.base_uri.set_str(uri);
    }

    pub fn balance_of(&self, owner: Address) -> Result<U256, Erc721Error> {
        if owner == Address::ZERO {
            return Err(Erc721Error::InvalidOwner(InvalidOwner { owner }));
        }
        Ok(self.balances.get(owner))
    }

    pub fn owner_of(&self, token_id: U256) -> Result<Address, Erc721Error> {
        let owner = self.owners.get(token_id);
        if owner == Address::ZERO {
            return Err(Erc721Error::NonexistentToken(NonexistentToken { tokenId: token_id }));
        }
        Ok(owner)
    }

    pub fn total_supply(&self) -> U256 {
        U256::from(self.tokens.len())
    }

    pub fn token_by_index(&self, index: U256) -> Result<U256, Erc721Error> {
        let out_of_bounds = OutOfBoundsIndex { owner: Address::ZERO, index };
        self.tokens.get(index).ok_or(Erc721Error::OutOfBoundsIndex(out_of_bounds))
    }

    pub fn token_of_owner_by_index(&self, owner: Address, index: U256) -> Result<U256, Erc721Error> {
        if index >= self.balances.get(owner) {
            return Err(Erc721Error::OutOfBoundsIndex(OutOfBoundsIndex { owner, index }));
        }
        Ok(self.owned.getter(owner).get(index))
    }

    pub fn get_approved(&self, token_id: U256) -> Result<Address, Erc721Error> {
        self.owner_of(token_id)?;
        Ok(self.approvals.get(token_id))
    }

    pub fn is_approved_for_all(&self, owner: Address, operator: Address) -> bool {
        self.operators.getter(owner).get(operator)
    }

    pub fn approve(&mut self, approved: Address, token_id: U256) -> Result<(), Erc721Error> {
        let owner = self.owner_of(token_id)?;
        let approver = self.vm().msg_sender();
        if approver != owner && !self.is_approved_for_all(owner, approver) {
            return Err(Erc721Error::InvalidApprover(InvalidApprover { approver }));
        }
        self.approvals.insert(token_id, approved);
        self.vm().log(Approval { owner, approved, tokenId: token_id });
        Ok(())
    }

    pub fn set_approval_for_all(&mut self, operator: Address, approved: bool) -> Result<(), Erc721Error> {
        if operator == Address::ZERO {
            return Err(Erc721Error::InvalidOperator(InvalidOperator { operator }));
        }
        let owner = self.vm().msg_sender();
        self.operators.setter(owner).insert(operator, approved);
        self.vm().log(ApprovalForAll { owner, operator, approved });
        Ok(())
    }

    pub fn transfer_from(&mut self, from: Address, to: Address, token_id: U256) -> Result<(), Erc721Error> {
        self.check_authority(from, token_id)?;
        self.move_token(from, to, token_id)
    }

    #[selector(name = "safeTransferFrom")]
    pub fn safe_transfer_from(&mut self, from: Address, to: Address, token_id: U256) -> Result<(), Erc721Error> {
        self.transfer_safely(from, to, token_id, Vec::new())
    }

    #[selector(name = "safeTransferFrom")]
    pub fn safe_transfer_from_with_data(
        &mut self,
        from: Address,
        to: Address,
        token_id: U256,
        data: Bytes,
    ) -> Result<(), Erc721Error> {
        self.transfer_safely(from, to, token_id, data.to_vec())
    }

    /// Open to everybody: a token for tests.
    pub fn mint(&mut self, to: Address) -> Result<U256, Erc721Error> {
        let token_id = self.create(to)?;
        Ok(token_id)
    }

    /// The same, for a receiver that must agree.
    pub fn safe_mint(&mut self, to: Address, data: Bytes) -> Result<U256, Erc721Error> {
        let token_id = self.create(to)?;
        self.ask_receiver(Address::ZERO, to, token_id, data.to_vec())?;
        Ok(token_id)
    }

    pub fn burn(&mut self, token_id: U256) -> Result<(), Erc721Error> {
        let owner = self.owner_of(token_id)?;
        self.check_authority(owner, token_id)?;
        self.approvals.delete(token_id);
        self.owners.delete(token_id);
        self.leave(owner, token_id);
        self.leave_all(token_id);
        self.vm().log(Transfer { from: owner, to: Address::ZERO, tokenId: token_id });
        Ok(())
    }
}

impl Erc721 {
    fn create(&mut self, to: Address) -> Result<U256, Erc721Error> {
        refuse_zero(to)?;
        let token_id = self.next.get();
        self.next.set(token_id + U256::from(1));
        self.positions.insert(token_id, U256::from(self.tokens.len()));
        self.tokens.push(token_id);
        self.owners.insert(token_id, to);
        self.join(to, token_id);
        self.vm().log(Transfer { from: Address::ZERO, to, tokenId: token_id });
        Ok(token_id)
    }

    fn transfer_safely(&mut self, from: Address, to: Address, token_id: U256, data: Vec<u8>) -> Result<(), Erc721Error> {
        self.check_authority(from, token_id)?;
        self.move_token(from, to, token_id)?;
        self.ask_receiver(from, to, token_id, data)
    }

    fn check_authority(&self, owner: Address, token_id: U256) -> Result<(), Erc721Error> {
        let sender = self.vm().msg_sender();
        let allowed = sender == owner
            || self.is_approved_for_all(owner, sender)
            || self.get_approved(token_id)? == sender;
        if allowed {
            return Ok(());
        }
        Err(Erc721Error::InsufficientApproval(InsufficientApproval { operator: sender, tokenId: token_id }))
    }

    fn move_token(&mut self, from: Address, to: Address, token_id: U256) -> Result<(), Erc721Error> {
        refuse_zero(to)?;
        let owner = self.owner_of(token_id)?;
        if owner != from {
            return Err(Erc721Error::IncorrectOwner(IncorrectOwner { sender: from, tokenId: token_id, owner }));
        }
        self.approvals.delete(token_id);
        self.leave(from, token_id);
        self.join(to, token_id);
        self.owners.insert(token_id, to);
        self.vm().log(Transfer { from, to, tokenId: token_id });
        Ok(())
    }

    fn join(&mut self, owner: Address, token_id: U256) {
        let count = self.balances.get(owner);
        self.owned.setter(owner).insert(count, token_id);
        self.owned_positions.insert(token_id, count);
        self.balances.insert(owner, count + U256::from(1));
    }

    /// The owner's last token takes the place of the one that leaves.
    fn leave(&mut self, owner: Address, token_id: U256) {
        let last = self.balances.get(owner) - U256::from(1);
        let position = self.owned_positions.get(token_id);
        let mut owned = self.owned.setter(owner);
        let moved = owned.get(last);
        owned.insert(position, moved);
        owned.delete(last);
        self.owned_positions.insert(moved, position);
        self.owned_positions.delete(token_id);
        self.balances.insert(owner, last);
    }

    /// The last of all tokens takes the place of the one that leaves.
    fn leave_all(&mut self, token_id: U256) {
        let position = self.positions.get(token_id);
        if let Some(moved) = self.tokens.pop() {
            if moved != token_id {
                if let Some(mut place) = self.tokens.setter(position) {
                    place.set(moved);
                }
                self.positions.insert(moved, position);
            }
        }
        self.positions.delete(token_id);
    }

    /// A receiver with code must answer with the selector of the question.
    fn ask_receiver(&mut self, from: Address, to: Address, token_id: U256, data: Vec<u8>) -> Result<(), Erc721Error> {
        if self.vm().code_size(to) == 0 {
            return Ok(());
        }
        let operator = self.vm().msg_sender();
        let context = Call::new_mutating(self);
        let answer = IReceiver::from(to).on_erc_721_received(self.vm(), context, operator, from, token_id, data.into());
        match answer {
            Ok(answer) if answer.0 == RECEIVED => Ok(()),
            Ok(_) => Err(Erc721Error::InvalidReceiver(InvalidReceiver { receiver: to })),
            Err(error) => {
                let reason = Vec::<u8>::from(error).into();
                Err(Erc721Error::ReceiverRefused(ReceiverRefused { receiver: to, reason }))
            }
        }
    }
}

fn refuse_zero(receiver: Address) -> Result<(), Erc721Error> {
    if receiver == Address::ZERO {
        return Err(Erc721Error::InvalidReceiver(InvalidReceiver { receiver }));
    }
    Ok(())
}

/// A number in decimal digits.
fn decimal(mut number: U256) -> String {
    let mut digits = Vec::new();
    loop {
        let (rest, digit) = number.div_rem(U256::from(10));
        digits.push(char::from(b'0' + digit.to::<u8>()));
        number = rest;
        if number.is_zero() {
            return digits.into_iter().rev().collect();
        }
    }
}
