//! Instructions of Solana: for a transaction of its lane, or for a contract that invokes a program.

use crate::{
    rng::Rng,
    scene::{Scene, Typed},
    scripts::{script, svm_script},
    support::{LAMPORTS, SYSTEM, compute_budget, create_account, rent, transfer},
    values::arguments,
};
use hexapla::svm::{AccountMeta, CALL_WITH_VALUE, Pubkey, alias, canonical, genesis::programdata_of, spl};
use hexapla_abi::{Abi, AddressBook, AddressError, AnyCodec, Codec};
use hexapla_primitives::{Address, B256, Bytes};
use solana_instruction::Instruction;
use solana_sdk_ids::{bpf_loader_upgradeable, sysvar};

/// An instruction that means something, or nothing.
pub(crate) fn instruction(rng: &mut Rng, scene: &Scene, level: u64) -> Instruction {
    let mut made = match rng.below(14) {
        0..=3 => acting(rng, scene, level),
        4 | 5 => aliased(rng, scene, level),
        6 => typed(rng, scene),
        7 | 8 => system(rng, scene),
        9 | 10 => token(rng, scene),
        11 => loader(rng, scene),
        _ => anything(rng, scene),
    };
    if rng.one_in(6) {
        spoil(rng, scene, &mut made);
    }
    made
}

/// An actor runs a script, with its state, contracts and anything else.
fn acting(rng: &mut Rng, scene: &Scene, level: u64) -> Instruction {
    let actor = *rng.pick(&scene.programs);
    let mut accounts = vec![AccountMeta::new(actor.state, false)];
    accounts.extend(rng.some(4, |rng| meta(rng, scene)));
    accounts.extend(scene.contracts.iter().map(|contract| AccountMeta::new_readonly(alias(*contract), false)));
    Instruction { program_id: actor.program, accounts, data: Bytes::from(svm_script(rng, scene, level)).to_vec() }
}

/// A contract of another VM is called, perhaps with coin.
fn aliased(rng: &mut Rng, scene: &Scene, level: u64) -> Instruction {
    let contract = if rng.one_in(4) { *rng.pick(&scene.callees) } else { *rng.pick(&scene.contracts) };
    let mut data = Vec::new();
    if rng.one_in(4) {
        data.extend(CALL_WITH_VALUE);
        data.extend(rng.below(3).to_le_bytes());
    }
    data.extend(Bytes::from(script(rng, scene, level)));
    let mut accounts = vec![AccountMeta::new(wallet(rng, scene), !rng.one_in(4))];
    accounts.extend(rng.some(3, |rng| meta(rng, scene)));
    Instruction { program_id: alias(contract), accounts, data }
}

/// A contract of another VM is called by its interface.
fn typed(rng: &mut Rng, scene: &Scene) -> Instruction {
    let Typed { address, projection } = rng.pick(&scene.for_borsh);
    let function = rng.pick(&projection.interface().functions);
    let values = arguments(rng, scene, function).unwrap_or_default();
    let data = AnyCodec::new(Abi::Borsh, &Aliases).encode_call(function, &values).unwrap_or_default();
    let accounts = vec![AccountMeta::new(wallet(rng, scene), true)];
    Instruction { program_id: alias(*address), accounts, data: data.to_vec() }
}

/// Every account is known by its alias.
struct Aliases;

impl AddressBook for Aliases {
    fn canonical(&self, native: &B256) -> Result<Address, AddressError> {
        Ok(canonical(&Pubkey::new_from_array(native.0)))
    }

    fn native(&self, canonical: Address) -> Result<B256, AddressError> {
        Ok(B256::new(alias(canonical).to_bytes()))
    }
}

/// The System program moves coin and creates accounts.
fn system(rng: &mut Rng, scene: &Scene) -> Instruction {
    let from = wallet(rng, scene);
    let to = *rng.pick(&scene.keys);
    let amount = *rng.pick(&[0, 1, 5_000, rent(0), LAMPORTS, 20 * LAMPORTS, u64::MAX]);
    match rng.below(4) {
        0 => {
            let bytes = rng.below(300);
            create_account(&from, &scene.wallets[2].key(), rent(bytes), bytes, rng.pick(&scene.keys))
        }
        _ => transfer(&from, &to, amount),
    }
}

/// The token program moves, mints, approves, burns and closes.
fn token(rng: &mut Rng, scene: &Scene) -> Instruction {
    let [mint, accounts @ ..] = &scene.tokens;
    let (from, to) = (*rng.pick(accounts), *rng.pick(accounts));
    let owner = if rng.one_in(3) { alias(scene.contracts[0]) } else { wallet(rng, scene) };
    let signer = AccountMeta::new_readonly(owner, true);
    let amount = *rng.pick(&[0u64, 1, 100, 5_000]);
    let with_amount = |tag: u8| [&[tag][..], &amount.to_le_bytes()].concat();
    let (accounts, data) = match rng.below(5) {
        0 => (vec![AccountMeta::new(*mint, false), AccountMeta::new(to, false), signer], with_amount(7)),
        1 => (vec![AccountMeta::new(from, false), AccountMeta::new(*mint, false), signer], with_amount(8)),
        2 => (vec![AccountMeta::new(from, false), AccountMeta::new_readonly(to, false), signer], with_amount(4)),
        3 => (vec![AccountMeta::new(from, false), AccountMeta::new(owner, false), signer], vec![9]),
        _ => (vec![AccountMeta::new(from, false), AccountMeta::new(to, false), signer], with_amount(3)),
    };
    Instruction { program_id: spl::TOKEN, accounts, data }
}

/// A program is upgraded, closed, extended, or gets another authority.
fn loader(rng: &mut Rng, scene: &Scene) -> Instruction {
    let which = rng.below(2) as usize;
    let program = scene.programs[scene.programs.len() - 2 + which].program;
    let authority = if which == 0 { scene.wallets[0].key() } else { alias(scene.contracts[0]) };
    let (holder, buffer) = (programdata_of(&program), scene.buffers[which]);
    let signer = AccountMeta::new_readonly(authority, true);
    let (tag, accounts, more): (u32, _, Vec<u8>) = match rng.below(4) {
        0 => {
            let named = [holder, program, buffer, authority].map(|key| AccountMeta::new(key, false));
            let sysvars = [sysvar::rent::ID, sysvar::clock::ID].map(|key| AccountMeta::new_readonly(key, false));
            (3, named.into_iter().chain(sysvars).chain([signer]).collect(), Vec::new())
        }
        1 => {
            let [holder, authority, program] = [holder, authority, program].map(|key| AccountMeta::new(key, false));
            (5, vec![holder, authority, signer, program], Vec::new())
        }
        2 => {
            let [holder, program] = [holder, program].map(|key| AccountMeta::new(key, false));
            let payer = AccountMeta::new(authority, true);
            let accounts = vec![holder, program, AccountMeta::new_readonly(SYSTEM, false), payer];
            (6, accounts, 100u32.to_le_bytes().to_vec())
        }
        _ => {
            let next = AccountMeta::new_readonly(*rng.pick(&scene.keys), false);
            (4, vec![AccountMeta::new(holder, false), signer, next], Vec::new())
        }
    };
    let data = [&tag.to_le_bytes()[..], &more].concat();
    Instruction { program_id: bpf_loader_upgradeable::ID, accounts, data }
}

/// Any program, any accounts, any data.
fn anything(rng: &mut Rng, scene: &Scene) -> Instruction {
    let program_id = *rng.pick(&scene.keys);
    Instruction { program_id, accounts: rng.some(6, |rng| meta(rng, scene)), data: data(rng, scene) }
}

/// Data that begins like that of a native program or of a token program.
fn data(rng: &mut Rng, scene: &Scene) -> Vec<u8> {
    let mut data = match rng.below(3) {
        0 => Vec::new(),
        1 => (rng.below(14) as u32).to_le_bytes().to_vec(),
        _ => vec![rng.byte_below(48)],
    };
    for _ in 0..rng.below(5) {
        match rng.below(4) {
            0 => data.extend(rng.below(100).to_le_bytes()),
            1 => data.extend(rng.pick(&scene.keys).as_ref()),
            2 => data.extend((rng.next() as u32).to_le_bytes()),
            _ => data.extend([rng.next() as u8; 3]),
        }
    }
    data
}

/// Changes an instruction in one place.
fn spoil(rng: &mut Rng, scene: &Scene, instruction: &mut Instruction) {
    match rng.below(4) {
        0 => instruction.accounts.push(meta(rng, scene)),
        1 => drop(instruction.accounts.pop()),
        2 if !instruction.accounts.is_empty() => {
            let place = rng.below(instruction.accounts.len() as u64) as usize;
            instruction.accounts[place] = meta(rng, scene);
        }
        _ => instruction.data.truncate(rng.below(40) as usize),
    }
}

/// What sets limits of a transaction.
pub(crate) fn limits(rng: &mut Rng) -> Instruction {
    match rng.below(4) {
        0 => compute_budget(1, &(32_768 + 1_024 * rng.below(240) as u32).to_le_bytes()),
        1 => compute_budget(4, &(rng.below(2_000_000) as u32).to_le_bytes()),
        _ => compute_budget(2, &(rng.below(400_000) as u32).to_le_bytes()),
    }
}

fn wallet(rng: &mut Rng, scene: &Scene) -> Pubkey {
    rng.pick(&scene.wallets).key()
}

fn meta(rng: &mut Rng, scene: &Scene) -> AccountMeta {
    AccountMeta { pubkey: *rng.pick(&scene.keys), is_signer: rng.one_in(3), is_writable: rng.one_in(2) }
}
