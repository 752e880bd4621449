//! Instructions of the System program, SPL Token and others.

use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use solana_sdk_ids::{system_program, sysvar};

/// One account of an instruction.
fn meta(key: &Pubkey, flags: &str) -> AccountMeta {
    AccountMeta { pubkey: *key, is_signer: flags.contains('s'), is_writable: flags.contains('w') }
}

/// An instruction whose accounts have flags: `s` signs, `w` is written.
pub fn instruction(program: &Pubkey, accounts: &[(&Pubkey, &str)], data: &[&[u8]]) -> Instruction {
    let accounts = accounts.iter().map(|(key, flags)| meta(key, flags)).collect();
    Instruction { program_id: *program, accounts, data: data.concat() }
}

/// Lamports with which an account of this many bytes is rent-exempt.
pub fn rent(bytes: u64) -> u64 {
    (128 + bytes) * 6960
}

/// The System program.
pub mod system {
    use super::*;

    fn system(tag: u32, accounts: &[(&Pubkey, &str)], data: &[&[u8]]) -> Instruction {
        instruction(&system_program::ID, accounts, &[&tag.to_le_bytes(), &data.concat()])
    }

    /// CreateAccount.
    pub fn create(from: &Pubkey, new: &Pubkey, lamports: u64, space: u64, owner: &Pubkey) -> Instruction {
        let data = [&lamports.to_le_bytes()[..], &space.to_le_bytes(), owner.as_ref()];
        system(0, &[(from, "sw"), (new, "sw")], &data)
    }

    /// Assign.
    pub fn assign(account: &Pubkey, owner: &Pubkey) -> Instruction {
        system(1, &[(account, "sw")], &[owner.as_ref()])
    }

    /// Transfer.
    pub fn transfer(from: &Pubkey, to: &Pubkey, lamports: u64) -> Instruction {
        system(2, &[(from, "sw"), (to, "w")], &[&lamports.to_le_bytes()])
    }

    /// Allocate.
    pub fn allocate(account: &Pubkey, space: u64) -> Instruction {
        system(8, &[(account, "sw")], &[&space.to_le_bytes()])
    }

    /// InitializeNonceAccount.
    pub fn initialise_nonce(nonce: &Pubkey, authority: &Pubkey) -> Instruction {
        let accounts = [(nonce, "w"), (&sysvar::recent_blockhashes::ID, ""), (&sysvar::rent::ID, "")];
        system(6, &accounts, &[authority.as_ref()])
    }

    /// AdvanceNonceAccount.
    pub fn advance_nonce(nonce: &Pubkey, authority: &Pubkey) -> Instruction {
        system(4, &[(nonce, "w"), (&sysvar::recent_blockhashes::ID, ""), (authority, "s")], &[])
    }

    /// WithdrawNonceAccount.
    pub fn withdraw_nonce(nonce: &Pubkey, to: &Pubkey, authority: &Pubkey, lamports: u64) -> Instruction {
        let sysvars = [(&sysvar::recent_blockhashes::ID, ""), (&sysvar::rent::ID, "")];
        let accounts = [(nonce, "w"), (to, "w"), sysvars[0], sysvars[1], (authority, "s")];
        system(5, &accounts, &[&lamports.to_le_bytes()])
    }

    /// AuthorizeNonceAccount.
    pub fn authorise_nonce(nonce: &Pubkey, authority: &Pubkey, next: &Pubkey) -> Instruction {
        system(7, &[(nonce, "w"), (authority, "s")], &[next.as_ref()])
    }
}

/// SPL Token and Token-2022, whose old instructions are the same.
#[derive(Clone, Copy)]
pub struct Token(pub Pubkey);

impl Token {
    fn of(&self, tag: u8, accounts: &[(&Pubkey, &str)], data: &[&[u8]]) -> Instruction {
        instruction(&self.0, accounts, &[&[tag], &data.concat()])
    }

    /// InitializeMint.
    pub fn initialise_mint(&self, mint: &Pubkey, decimals: u8, authority: &Pubkey) -> Instruction {
        self.of(0, &[(mint, "w"), (&sysvar::rent::ID, "")], &[&[decimals], authority.as_ref(), &[0]])
    }

    /// InitializeMint2, with the same authority for freezing.
    pub fn initialise_mint2(&self, mint: &Pubkey, decimals: u8, authority: &Pubkey) -> Instruction {
        self.of(20, &[(mint, "w")], &[&[decimals], authority.as_ref(), &[1], authority.as_ref()])
    }

    /// InitializeAccount.
    pub fn initialise_account(&self, account: &Pubkey, mint: &Pubkey, owner: &Pubkey) -> Instruction {
        self.of(1, &[(account, "w"), (mint, ""), (owner, ""), (&sysvar::rent::ID, "")], &[])
    }

    /// InitializeAccount3.
    pub fn initialise_account3(&self, account: &Pubkey, mint: &Pubkey, owner: &Pubkey) -> Instruction {
        self.of(18, &[(account, "w"), (mint, "")], &[owner.as_ref()])
    }

    /// MintTo.
    pub fn mint_to(&self, mint: &Pubkey, to: &Pubkey, authority: &Pubkey, amount: u64) -> Instruction {
        self.of(7, &[(mint, "w"), (to, "w"), (authority, "s")], &[&amount.to_le_bytes()])
    }

    /// Transfer.
    pub fn transfer(&self, from: &Pubkey, to: &Pubkey, owner: &Pubkey, amount: u64) -> Instruction {
        self.of(3, &[(from, "w"), (to, "w"), (owner, "s")], &[&amount.to_le_bytes()])
    }

    /// TransferChecked.
    pub fn transfer_checked(&self, [from, mint, to, owner]: [&Pubkey; 4], amount: u64, decimals: u8) -> Instruction {
        let accounts = [(from, "w"), (mint, ""), (to, "w"), (owner, "s")];
        self.of(12, &accounts, &[&amount.to_le_bytes(), &[decimals]])
    }

    /// Approve.
    pub fn approve(&self, account: &Pubkey, delegate: &Pubkey, owner: &Pubkey, amount: u64) -> Instruction {
        self.of(4, &[(account, "w"), (delegate, ""), (owner, "s")], &[&amount.to_le_bytes()])
    }

    /// Revoke.
    pub fn revoke(&self, account: &Pubkey, owner: &Pubkey) -> Instruction {
        self.of(5, &[(account, "w"), (owner, "s")], &[])
    }

    /// SetAuthority; `kind` is 0 for minting, 1 for freezing, 2 for the owner, 3 for closing.
    pub fn set_authority(&self, account: &Pubkey, current: &Pubkey, kind: u8, next: Option<&Pubkey>) -> Instruction {
        let next = next.map_or(vec![0], |next| [&[1], next.as_ref()].concat());
        self.of(6, &[(account, "w"), (current, "s")], &[&[kind], &next])
    }

    /// Burn.
    pub fn burn(&self, account: &Pubkey, mint: &Pubkey, owner: &Pubkey, amount: u64) -> Instruction {
        self.of(8, &[(account, "w"), (mint, "w"), (owner, "s")], &[&amount.to_le_bytes()])
    }

    /// CloseAccount.
    pub fn close(&self, account: &Pubkey, to: &Pubkey, owner: &Pubkey) -> Instruction {
        self.of(9, &[(account, "w"), (to, "w"), (owner, "s")], &[])
    }

    /// FreezeAccount.
    pub fn freeze(&self, account: &Pubkey, mint: &Pubkey, authority: &Pubkey) -> Instruction {
        self.of(10, &[(account, "w"), (mint, ""), (authority, "s")], &[])
    }

    /// ThawAccount.
    pub fn thaw(&self, account: &Pubkey, mint: &Pubkey, authority: &Pubkey) -> Instruction {
        self.of(11, &[(account, "w"), (mint, ""), (authority, "s")], &[])
    }

    /// GetAccountDataSize: answers with return data.
    pub fn account_size(&self, mint: &Pubkey) -> Instruction {
        self.of(21, &[(mint, "")], &[])
    }

    /// The associated account of a wallet, and the instruction that creates it.
    pub fn associated(&self, payer: &Pubkey, wallet: &Pubkey, mint: &Pubkey, tag: u8) -> (Pubkey, Instruction) {
        let program = hexapla::svm::spl::ASSOCIATED_TOKEN;
        let seeds = [wallet.as_ref(), self.0.as_ref(), mint.as_ref()];
        let (account, _) = Pubkey::find_program_address(&seeds, &program);
        let accounts =
            [(payer, "sw"), (&account, "w"), (wallet, ""), (mint, ""), (&system_program::ID, ""), (&self.0, "")];
        (account, instruction(&program, &accounts, &[&[tag]]))
    }
}

/// Memo, signed by some.
pub fn memo(text: &[u8], signers: &[&Pubkey]) -> Instruction {
    let accounts: Vec<_> = signers.iter().map(|key| (*key, "s")).collect();
    instruction(&hexapla::svm::spl::MEMO, &accounts, &[text])
}

/// An instruction of the Compute Budget program.
pub fn budget(tag: u8, value: &[u8]) -> Instruction {
    instruction(&solana_sdk_ids::compute_budget::ID, &[], &[&[tag], value])
}
