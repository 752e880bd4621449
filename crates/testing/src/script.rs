//! Scripts for the actor contracts. `contracts/README.md` gives the format.

use hexapla_primitives::{Address, B256, Bytes, U256};

/// What the caller does with the end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallMode {
    /// A failure fails the caller with the same data; a success appends the return data.
    Bubble,
    /// Appends status, length and data.
    Catch,
    /// Appends nothing.
    Ignore,
}

/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Call = 0,
    Static = 1,
    Delegate = 2,
}

/// A call that a script makes; see [`Script::call`].
#[derive(Clone, Debug)]
pub struct ScriptCall {
    kind: Kind,
    mode: CallMode,
    to: Address,
    value: U256,
    gas: u64,
    data: Bytes,
}

impl ScriptCall {
    /// An ordinary call with all gas there is, whose failure goes on upwards.
    pub fn to(to: Address, data: impl Into<Bytes>) -> Self {
        Self { kind: Kind::Call, mode: CallMode::Bubble, to, value: U256::ZERO, gas: u64::MAX, data: data.into() }
    }

    /// As a static call.
    pub fn read_only(mut self) -> Self {
        self.kind = Kind::Static;
        self
    }

    /// As a delegate call.
    pub fn delegate(mut self) -> Self {
        self.kind = Kind::Delegate;
        self
    }

    /// With native coin, in wei.
    pub fn value(mut self, wei: u64) -> Self {
        self.value = U256::from(wei);
        self
    }

    /// With a gas cap.
    pub fn gas(mut self, cap: u64) -> Self {
        self.gas = cap;
        self
    }

    /// With the failure caught.
    pub fn catch(mut self) -> Self {
        self.mode = CallMode::Catch;
        self
    }

    /// With the result ignored.
    pub fn ignore(mut self) -> Self {
        self.mode = CallMode::Ignore;
        self
    }
}

/// What an actor shall do, step by step.
#[derive(Clone, Debug, Default)]
pub struct Script(Vec<u8>);

impl Script {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything that `next` does after this.
    pub fn then(mut self, next: Self) -> Self {
        self.0.extend(next.0);
        self
    }

    /// Stores a word.
    pub fn store(self, key: u64, value: u64) -> Self {
        self.op(0x01).word(key).word(value)
    }

    /// Loads a word and appends it.
    pub fn load(self, key: u64) -> Self {
        self.op(0x02).word(key)
    }

    /// Makes a call.
    pub fn call(self, call: ScriptCall) -> Self {
        let mut this = self.op(0x03);
        this.0.extend([call.kind as u8, call.mode as u8]);
        this.0.extend(call.to);
        this.0.extend(call.value.to_be_bytes::<32>());
        this.0.extend(call.gas.to_be_bytes());
        this.bytes(&call.data)
    }

    /// Emits an event.
    pub fn log(self, topics: &[u64], data: &[u8]) -> Self {
        let mut this = self.op(0x04);
        this.0.push(topics.len() as u8);
        for topic in topics {
            this = this.word(*topic);
        }
        this.bytes(data)
    }

    /// Reverts.
    pub fn revert(self, data: &[u8]) -> Self {
        self.op(0x05).bytes(data)
    }

    /// Hashes a word `rounds` times.
    pub fn burn(self, rounds: u32) -> Self {
        self.op(0x06).number(rounds)
    }

    /// Appends caller, own address and value.
    pub fn identify(self) -> Self {
        self.op(0x07)
    }

    /// Does what the VM forbids.
    pub fn trap(self) -> Self {
        self.op(0x08)
    }

    /// Stores a transient word.
    pub fn store_transient(self, key: u64, value: u64) -> Self {
        self.op(0x09).word(key).word(value)
    }

    /// Loads a transient word and appends it.
    pub fn load_transient(self, key: u64) -> Self {
        self.op(0x0a).word(key)
    }

    /// Appends the gas left.
    pub fn gas_left(self) -> Self {
        self.op(0x0b)
    }

    /// Creates a contract and appends its address.
    pub fn create(self, init_code: &[u8]) -> Self {
        self.op(0x0c).word(0).bytes(init_code)
    }

    /// Appends the balance of an account.
    pub fn balance(self, account: Address) -> Self {
        let mut this = self.op(0x0d);
        this.0.extend(account);
        this
    }

    /// Appends code size and code hash of an account.
    pub fn code(self, account: Address) -> Self {
        let mut this = self.op(0x0e);
        this.0.extend(account);
        this
    }

    /// Appends whether the contract is already on the call stack (WASM only; the EVM appends 0).
    pub fn reentrant(self) -> Self {
        self.op(0x0f)
    }

    /// Grows the memory (WASM only).
    pub fn grow(self, pages: u32) -> Self {
        self.op(0x10).number(pages)
    }

    /// Appends chain id, number, timestamp, origin, gas price, coinbase, base fee and gas limit.
    pub fn environment(self) -> Self {
        self.op(0x11)
    }

    /// Recurses.
    pub fn recurse(self, levels: u32) -> Self {
        self.op(0x12).number(levels)
    }

    /// Computes.
    pub fn compute(self, rounds: u32) -> Self {
        self.op(0x13).number(rounds)
    }

    /// Invokes a program with accounts given by index and flags (1 signer, 2 writable), and appends what it returns
    /// (Solana only).
    pub fn invoke(self, program: u8, accounts: &[(u8, u8)], data: &[u8]) -> Self {
        let mut this = self.op(0x20);
        this.0.extend([program, u8::try_from(accounts.len()).expect("at most 64 accounts")]);
        this.0.extend(accounts.iter().flat_map(|(index, flags)| [*index, *flags]));
        this.0.push(0);
        this.bytes(data)
    }

    /// Debits one account and credits another (Solana only).
    pub fn move_lamports(self, from: u8, to: u8, lamports: u64) -> Self {
        let mut this = self.op(0x21);
        this.0.extend([from, to]);
        this.0.extend(lamports.to_be_bytes());
        this
    }

    /// Appends the lamports of an account as 8 bytes, its owner and the length of its data as 8 bytes (Solana only).
    pub fn describe_account(self, account: u8) -> Self {
        let mut this = self.op(0x23);
        this.0.push(account);
        this
    }

    /// Appends the height of the instruction stack as 8 bytes (Solana only).
    pub fn stack_height(self) -> Self {
        self.op(0x24)
    }

    fn op(mut self, op: u8) -> Self {
        self.0.push(op);
        self
    }

    fn word(mut self, value: u64) -> Self {
        self.0.extend(B256::from(U256::from(value)));
        self
    }

    fn number(mut self, value: u32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    fn bytes(self, data: &[u8]) -> Self {
        let mut this = self.number(u32::try_from(data.len()).expect("a script's data fits 4 GiB"));
        this.0.extend(data);
        this
    }
}

impl From<Script> for Bytes {
    fn from(script: Script) -> Self {
        script.0.into()
    }
}
