//! Invoking other programs.

use crate::syscalls::Slice;
use crate::{Account, Failure, ACCOUNTS_MAX, EXECUTABLE, SIGNER, WRITABLE};

/// The most bytes of instruction data that the VM lets a program hand to another.
pub const CPI_DATA_MAX: usize = 10_240;

/// `SolAccountMeta`.
#[repr(C)]
struct Meta {
    key: *const [u8; 32],
    writable: u8,
    signer: u8,
}

/// `SolAccountInfo`.
#[repr(C)]
struct Info {
    key: *const [u8; 32],
    lamports: *mut u64,
    data_len: u64,
    data: *mut u8,
    owner: *const [u8; 32],
    rent_epoch: u64,
    signer: u8,
    writable: u8,
    executable: u8,
}

/// `SolInstruction`.
#[repr(C)]
struct Instruction<'a> {
    program: *const [u8; 32],
    metas: *const Meta,
    metas_len: u64,
    data: Slice<'a>,
}

/// `SolSignerSeeds`.
#[repr(C)]
struct Signer<'a> {
    seeds: *const Slice<'a>,
    len: u64,
}

extern "C" {
    fn sol_invoke_signed_c(
        instruction: *const Instruction,
        infos: *const Info,
        infos_len: u64,
        signers: *const Signer,
        signers_len: u64,
    ) -> u64;
}

/// A derived address that signs an invocation: the address of `seed` and `bump` under the invoking program.
pub struct Seed<'a> {
    /// The seed, 32 bytes at most.
    pub seed: &'a [u8],
    /// The bump.
    pub bump: u8,
}

/// An invocation that is being put together. It starts without accounts, and is empty again after each.
#[repr(C)]
pub struct Cpi {
    metas_len: usize,
    metas: [Meta; ACCOUNTS_MAX],
    infos: [Info; ACCOUNTS_MAX],
}

impl Cpi {
    /// Adds the next account, with the flags that it shall have for the invoked program.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` for more than [`ACCOUNTS_MAX`].
    pub fn account(&mut self, account: Account, flags: u8) -> Result<(), Failure> {
        let meta = self.metas.get_mut(self.metas_len).ok_or(Failure::INVALID_ARGUMENT)?;
        self.metas_len += 1;
        meta.key = account.key();
        meta.writable = u8::from(flags & WRITABLE != 0);
        meta.signer = u8::from(flags & SIGNER != 0);
        Ok(())
    }

    /// Invokes `program` with the accounts so far. The VM finds them among `all`, the accounts of the running instruction.
    ///
    /// # Errors
    ///
    /// What the VM refuses. A failure of the invoked program does not come back: it ends this program too.
    pub fn invoke(
        &mut self,
        program: &[u8; 32],
        data: &[u8],
        all: &[Account],
        seed: Option<Seed>,
    ) -> Result<(), Failure> {
        for (info, account) in self.infos.iter_mut().zip(all) {
            info.fill(*account);
        }
        let metas_len = core::mem::take(&mut self.metas_len) as u64;
        let instruction = Instruction { program, metas: self.metas.as_ptr(), metas_len, data: Slice::of(data) };
        let bump = [seed.as_ref().map_or(0, |seed| seed.bump)];
        let seeds = [seed.as_ref().map_or(Slice::EMPTY, |seed| Slice::of(seed.seed)), Slice::of(&bump)];
        let signer = Signer { seeds: seeds.as_ptr(), len: 2 };
        let signers_len = u64::from(seed.is_some());
        // SAFETY: the structures are those of the C interface, every pointer outlives the call, and as many metas, infos
        // and signers as said are set: an instruction has at most ACCOUNTS_MAX accounts.
        Failure::check(unsafe {
            sol_invoke_signed_c(&instruction, self.infos.as_ptr(), all.len() as u64, &signer, signers_len)
        })
    }
}

impl Info {
    fn fill(&mut self, account: Account) {
        let flags = account.flags();
        self.key = account.key();
        self.lamports = account.lamports_at();
        self.data_len = account.data_len();
        self.data = account.field(Account::DATA);
        self.owner = account.owner();
        self.rent_epoch = u64::MAX;
        self.signer = u8::from(flags & SIGNER != 0);
        self.writable = u8::from(flags & WRITABLE != 0);
        self.executable = u8::from(flags & EXECUTABLE != 0);
    }
}
