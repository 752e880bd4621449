//! The actor: a contract whose calldata is its program.
//!
//! Tests need contracts that store, call, log, fail and burn gas in every imaginable order. Instead of one contract per
//! case there is this one: the calldata is a script, read from left to right; whatever the steps append is the return
//! data. `contracts/evm/actor/Actor.sol` reads the same script format and lists the opcodes; this one differs in
//!
//! - `0f` appends 01 when the contract is already on the call stack (`msg_reentrant`), else 00;
//! - `10 pages4` really grows the linear memory, and reverts with `no memory` when the engine refuses;
//! - `12 n4` recurses on the wasm stack, as deep as the host allows.
//!
//! There is no SDK and no allocator in here: the imports are exactly the calls that a script can make. Memory is the
//! script, then the output, which grows at the end of the linear memory.

#![no_std]

mod hooks;
mod memory;

use core::hint::black_box;
use memory::Output;

/// Why a script ended before its last step.
enum Stop {
    /// An unknown opcode or a cut-off operand.
    BadScript,
    /// The engine refused to grow the memory.
    NoMemory,
    /// The revert data is the output from this offset on.
    Revert { from: usize },
}

#[no_mangle]
pub extern "C" fn user_entrypoint(len: usize) -> u32 {
    // Never grows anything. A module whose memory can grow must import this function.
    unsafe { hooks::pay_for_memory_grow(0) };
    let Some((script, output)) = memory::load_args(len) else { return refuse(b"no memory") };
    let mut actor = Actor { script, at: 0, output, dirty: false };
    match actor.run() {
        Ok(()) => {
            if actor.dirty {
                unsafe { hooks::storage_flush_cache(0) };
            }
            actor.output.write_result(0);
            0
        }
        Err(Stop::Revert { from }) => {
            actor.output.write_result(from);
            1
        }
        Err(Stop::BadScript) => refuse(b"bad script"),
        Err(Stop::NoMemory) => refuse(b"no memory"),
    }
}

fn refuse(reason: &[u8]) -> u32 {
    unsafe { hooks::write_result(reason.as_ptr(), reason.len()) };
    1
}

struct Actor {
    script: &'static [u8],
    at: usize,
    output: Output,
    /// Storage writes wait in the host's cache.
    dirty: bool,
}

impl Actor {
    fn run(&mut self) -> Result<(), Stop> {
        while self.at < self.script.len() {
            match self.u8()? {
                0x01 => self.store()?,
                0x02 => self.load(hooks::storage_load_bytes32)?,
                0x03 => self.call()?,
                0x04 => self.log()?,
                0x05 => return self.revert(),
                0x06 => self.burn()?,
                0x07 => self.whoami()?,
                0x08 => core::arch::wasm32::unreachable(),
                0x09 => self.store_transient()?,
                0x0a => self.load(hooks::transient_load_bytes32)?,
                0x0b => self.push_u64(unsafe { hooks::evm_gas_left() })?,
                0x0c => self.create()?,
                0x0d => self.balance()?,
                0x0e => self.code()?,
                0x0f => self.output.push(&[unsafe { hooks::msg_reentrant() } as u8])?,
                0x10 => memory::grow(self.u32()? as usize)?,
                0x11 => self.chain()?,
                0x12 => {
                    black_box(recurse(self.u32()?));
                }
                0x13 => {
                    black_box(xorshift(self.u32()?));
                }
                _ => return Err(Stop::BadScript),
            }
        }
        Ok(())
    }

    // Operands

    fn take(&mut self, len: usize) -> Result<&'static [u8], Stop> {
        let end = self.at.checked_add(len).ok_or(Stop::BadScript)?;
        let bytes = self.script.get(self.at..end).ok_or(Stop::BadScript)?;
        self.at = end;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<&'static [u8; N], Stop> {
        self.take(N)?.try_into().map_err(|_| Stop::BadScript)
    }

    fn u8(&mut self) -> Result<u8, Stop> {
        Ok(self.array::<1>()?[0])
    }

    fn u32(&mut self) -> Result<u32, Stop> {
        Ok(u32::from_be_bytes(*self.array()?))
    }

    fn u64(&mut self) -> Result<u64, Stop> {
        Ok(u64::from_be_bytes(*self.array()?))
    }

    /// `len4 data`
    fn bytes(&mut self) -> Result<&'static [u8], Stop> {
        let len = self.u32()? as usize;
        self.take(len)
    }

    // Steps

    fn store(&mut self) -> Result<(), Stop> {
        let (key, value) = (self.array::<32>()?, self.array::<32>()?);
        unsafe { hooks::storage_cache_bytes32(key.as_ptr(), value.as_ptr()) };
        self.dirty = true;
        Ok(())
    }

    fn store_transient(&mut self) -> Result<(), Stop> {
        let (key, value) = (self.array::<32>()?, self.array::<32>()?);
        unsafe { hooks::transient_store_bytes32(key.as_ptr(), value.as_ptr()) };
        Ok(())
    }

    fn load(&mut self, hook: unsafe extern "C" fn(*const u8, *mut u8)) -> Result<(), Stop> {
        let key = self.array::<32>()?;
        let mut word = [0; 32];
        unsafe { hook(key.as_ptr(), word.as_mut_ptr()) };
        self.output.push(&word)
    }

    fn call(&mut self) -> Result<(), Stop> {
        let (kind, mode) = (self.u8()?, self.u8()?);
        if kind > 2 || mode > 2 {
            return Err(Stop::BadScript);
        }
        let to = self.array::<20>()?.as_ptr();
        let value = self.array::<32>()?.as_ptr();
        let gas = self.u64()?;
        let data = self.bytes()?;
        let (data, len) = (data.as_ptr(), data.len());

        self.leave();
        let mut return_len = 0;
        let status = unsafe {
            match kind {
                0 => hooks::call_contract(to, data, len, value, gas, &mut return_len),
                1 => hooks::static_call_contract(to, data, len, gas, &mut return_len),
                _ => hooks::delegate_call_contract(to, data, len, gas, &mut return_len),
            }
        };
        let ok = status == 0;
        match mode {
            0 if ok => self.output.push_return_data(return_len),
            0 => {
                let from = self.output.len();
                self.output.push_return_data(return_len)?;
                Err(Stop::Revert { from })
            }
            1 => {
                self.output.push(&[ok as u8])?;
                self.output.push(&(return_len as u32).to_be_bytes())?;
                self.output.push_return_data(return_len)
            }
            _ => Ok(()),
        }
    }

    /// Another contract is about to run and may come back to this one: it must see our writes, and we its.
    fn leave(&mut self) {
        unsafe { hooks::storage_flush_cache(1) };
        self.dirty = false;
    }

    fn log(&mut self) -> Result<(), Stop> {
        let topics = self.u8()? as usize;
        if topics > 4 {
            return Err(Stop::BadScript);
        }
        let topic_words = self.take(32 * topics)?;
        let data = self.bytes()?;
        // The host wants topics and data in one piece; the end of the output lends the room.
        let mark = self.output.len();
        self.output.push(topic_words)?;
        self.output.push(data)?;
        let record = self.output.since(mark);
        unsafe { hooks::emit_log(record.as_ptr(), record.len(), topics) };
        self.output.truncate(mark);
        Ok(())
    }

    fn revert(&mut self) -> Result<(), Stop> {
        let data = self.bytes()?;
        let from = self.output.len();
        self.output.push(data)?;
        Err(Stop::Revert { from })
    }

    fn burn(&mut self) -> Result<(), Stop> {
        let rounds = self.u32()?;
        let mut word = [0u8; 32];
        for _ in 0..rounds {
            unsafe { hooks::native_keccak256(word.as_ptr(), word.len(), word.as_mut_ptr()) };
        }
        Ok(())
    }

    fn whoami(&mut self) -> Result<(), Stop> {
        let mut bytes = [0; 72];
        unsafe {
            hooks::msg_sender(bytes.as_mut_ptr());
            hooks::contract_address(bytes[20..].as_mut_ptr());
            hooks::msg_value(bytes[40..].as_mut_ptr());
        }
        self.output.push(&bytes)
    }

    fn create(&mut self) -> Result<(), Stop> {
        let value = self.array::<32>()?;
        let code = self.bytes()?;
        self.leave();
        let mut address = [0; 20];
        let mut revert_len = 0;
        unsafe {
            hooks::create1(code.as_ptr(), code.len(), value.as_ptr(), address.as_mut_ptr(), &mut revert_len);
        }
        self.output.push(&address)
    }

    fn balance(&mut self) -> Result<(), Stop> {
        let account = self.array::<20>()?;
        let mut word = [0; 32];
        unsafe { hooks::account_balance(account.as_ptr(), word.as_mut_ptr()) };
        self.output.push(&word)
    }

    fn code(&mut self) -> Result<(), Stop> {
        let account = self.array::<20>()?;
        self.push_u64(u64::from(unsafe { hooks::account_code_size(account.as_ptr()) }))?;
        let mut hash = [0; 32];
        unsafe { hooks::account_codehash(account.as_ptr(), hash.as_mut_ptr()) };
        self.output.push(&hash)
    }

    fn chain(&mut self) -> Result<(), Stop> {
        let mut word = [0; 32];
        unsafe {
            self.push_u64(hooks::chainid())?;
            self.push_u64(hooks::block_number())?;
            self.push_u64(hooks::block_timestamp())?;
            hooks::tx_origin(word[12..].as_mut_ptr());
            self.output.push(&word)?;
            hooks::tx_gas_price(word.as_mut_ptr());
            self.output.push(&word)?;
            word = [0; 32];
            hooks::block_coinbase(word[12..].as_mut_ptr());
            self.output.push(&word)?;
            hooks::block_basefee(word.as_mut_ptr());
            self.output.push(&word)?;
            self.push_u64(hooks::block_gas_limit())
        }
    }

    fn push_u64(&mut self, n: u64) -> Result<(), Stop> {
        let mut word = [0; 32];
        word[24..].copy_from_slice(&n.to_be_bytes());
        self.output.push(&word)
    }
}

/// Not a tail call, and the result depends on every level: no compiler can turn it into a loop. All of a level lives in
/// wasm locals, so it is the host's stack limit that ends it, not the linker's shadow stack.
#[inline(never)]
fn recurse(n: u32) -> u32 {
    if n == 0 {
        return 0;
    }
    recurse(n - 1).wrapping_mul(31) ^ n
}

#[inline(never)]
fn xorshift(rounds: u32) -> u64 {
    let mut x: u64 = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..rounds {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    x
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
