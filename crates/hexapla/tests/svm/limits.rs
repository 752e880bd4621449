//! Limits of a call of a program, tried at the limit and one beyond it, by users and by contracts, on both engines.

use crate::USER;
use hexapla::{
    AccountInfo, Chain, ChainConfig, Executor, Receipt, VmSet, evm,
    svm::{AccountMeta, Config, Invocation, Pubkey, SvmVm, alias, canonical, genesis, limits, spl},
};
use hexapla_primitives::{Address, Bytes, FaultKind, U256};
use hexapla_testing::{Script, ScriptCall, SvmActor, contracts, crossings};

/// From where a program is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    User,
    Contract,
}

const WAYS: [Way; 2] = [Way::User, Way::Contract];

/// A program that does nothing.
const NOTHING: Pubkey = Pubkey::new_from_array([0x77; 32]);
/// A contract that returns as many bytes as word 0 of its call data says.
const RETURNER: Address = Address::repeat_byte(0x99);
const RETURNER_CODE: Bytes = Bytes::from_static(&[0x5f, 0x35, 0x5f, 0xf3]);

/// A program of sBPF version 0 with these instructions, each of 8 bytes.
pub(crate) fn elf(text: &[u8]) -> Vec<u8> {
    const NAMES: &[u8] = b"\0.text\0.shstrtab\0";
    let (head, length) = (64u64, text.len() as u64);
    let sections = (head + length + NAMES.len() as u64).next_multiple_of(8);
    let mut file = [&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0][..], &[0; 8], &[3, 0, 247, 0, 1, 0, 0, 0]].concat();
    for word in [head, 0, sections] {
        file.extend(word.to_le_bytes());
    }
    file.extend([0, 0, 0, 0, 64, 0, 56, 0, 0, 0, 64, 0, 3, 0, 2, 0]);
    file.extend_from_slice(text);
    file.extend(NAMES);
    file.resize(usize::try_from(sections).unwrap() + 64, 0);
    let names = (7u32, 3u32, 0u64, 0u64, head + length, NAMES.len() as u64);
    for (name, kind, flags, address, offset, size) in [(1, 1, 6, head, head, length), names] {
        file.extend([name, kind].iter().flat_map(|field: &u32| field.to_le_bytes()));
        file.extend([flags, address, offset, size, 0, 8, 0].iter().flat_map(|field: &u64| field.to_le_bytes()));
    }
    file
}

/// `r0 = 0; exit`
pub(crate) const RETURN_ZERO: [u8; 16] = [0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0];

struct World {
    chain: Chain,
    contract: Address,
    actor: SvmActor,
    engine: &'static str,
}

/// The same chain with native code from the first instruction on, and with none.
fn worlds() -> [World; 2] {
    [("native code", true), ("interpreter", false)].map(|(engine, jit)| {
        let vm = SvmVm::new(Config { jit, jit_units_per_byte: 0, ..Config::default() }).unwrap();
        let vms = VmSet::default().with(vm).unwrap();
        let mut chain = Chain::in_memory(Executor::new(ChainConfig::default(), vms).unwrap());
        chain.fund([(USER, U256::from(10).pow(U256::from(24)))]).unwrap();
        let create = chain.create(USER, contracts::evm("actor/Actor")).unwrap();
        let contract = chain.transact(create).unwrap().receipt.created.unwrap();
        chain.insert_accounts(spl::genesis()).unwrap();
        chain.insert_accounts(genesis::program(NOTHING, &elf(&RETURN_ZERO), None)).unwrap();
        let code = Some(evm::bytecode(&RETURNER_CODE));
        let returner = AccountInfo { code, nonce: 1, ..AccountInfo::default() };
        chain
            .edit(|overlay| {
                overlay.insert_account(RETURNER, returner);
                Ok(())
            })
            .unwrap();
        let actor = SvmActor::new(0);
        actor.deploy(&mut chain);
        World { chain, contract, actor, engine }
    })
}

impl World {
    fn receipt(&self, way: Way, program: &Pubkey, data: &Bytes) -> Receipt {
        let to = canonical(program);
        let tx = match way {
            Way::User => self.chain.call(USER, to, data.clone()),
            Way::Contract => {
                let script = Script::new().call(ScriptCall::to(to, data.clone()).ignore());
                self.chain.call(USER, self.contract, Bytes::from(script))
            }
        };
        self.chain.simulate(tx.unwrap()).unwrap()
    }

    /// Calls a program; what its failure says, if it fails.
    fn call(&self, way: Way, program: &Pubkey, data: &Bytes) -> Result<(), (FaultKind, String)> {
        let receipt = self.receipt(way, program, data);
        let fault = match way {
            Way::User => receipt.fault,
            Way::Contract => {
                assert!(receipt.is_success(), "the contract goes on: {:?}", receipt.fault);
                crossings(&receipt).into_iter().find(|call| call.to == canonical(program)).unwrap().fault.clone()
            }
        };
        fault.map_or(Ok(()), |fault| Err((fault.kind, fault.message)))
    }
}

fn keys(count: usize) -> Vec<AccountMeta> {
    let key = |index: usize| {
        let mut key = [7; 32];
        key[..8].copy_from_slice(&(index as u64).to_le_bytes());
        AccountMeta::new_readonly(Pubkey::new_from_array(key), false)
    };
    (0..count).map(key).collect()
}

fn with_accounts(accounts: Vec<AccountMeta>) -> Bytes {
    Invocation { accounts, ..Invocation::of_data(Bytes::from_static(b"hi")) }.to_solidity()
}

/// A call must succeed up to a limit and be refused with a sentence beyond it.
fn at_limit(what: &str, limit: usize, says: &str, call: impl Fn(usize) -> Result<(), (FaultKind, String)>) {
    for within in [limit - 1, limit] {
        assert_eq!(call(within), Ok(()), "{what}: {within}");
    }
    for beyond in [limit + 1, limit + 2] {
        let (_, message) = call(beyond).expect_err(what);
        assert!(message.contains(says), "{what}: {beyond}: {message}");
    }
}

#[test]
fn a_call_takes_255_accounts_whoever_makes_it() {
    for world in worlds() {
        for way in WAYS {
            let what = format!("accounts by {way:?} with {}", world.engine);
            at_limit(&what, limits::ACCOUNTS_MAX, "an instruction takes at most 255", |count| {
                world.call(way, &NOTHING, &with_accounts(keys(count)))
            });
            // As many times the same one: they are counted, and looked at once.
            at_limit(&what, limits::ACCOUNTS_MAX, "an instruction takes at most 255", |count| {
                world.call(way, &NOTHING, &with_accounts(vec![keys(1).remove(0); count]))
            });
        }
    }
}

#[test]
fn a_call_takes_10_kib_of_data_whoever_makes_it() {
    for world in worlds() {
        for way in WAYS {
            let what = format!("data by {way:?} with {}", world.engine);
            at_limit(&what, limits::DATA_BYTES_MAX, "a call takes at most 10240", |length| {
                world.call(way, &NOTHING, &Invocation::of_data(vec![0x5a; length].into()).to_solidity())
            });
        }
    }
}

/// Seeds of these lengths that derive an address from the contract.
fn derivable(contract: Address, lengths: &[usize]) -> Vec<Bytes> {
    let seeds = |byte: u8| lengths.iter().map(|length| Bytes::from(vec![byte; *length])).collect::<Vec<_>>();
    let derives = |seeds: &Vec<Bytes>| {
        let parts: Vec<&[u8]> = seeds.iter().map(|seed| &seed[..]).collect();
        Pubkey::create_program_address(&parts, &alias(contract)).is_ok()
    };
    (0..=u8::MAX).map(seeds).find(derives).unwrap_or_else(|| seeds(0))
}

#[test]
fn a_call_is_signed_by_16_derived_addresses_of_16_seeds_of_32_bytes() {
    for world in worlds() {
        let call = |lists: usize, seeds: usize, bytes: usize| {
            let seeds = derivable(world.contract, &vec![bytes; seeds]);
            let invocation = Invocation { seeds: vec![seeds; lists], ..Invocation::of_data(Bytes::from_static(b"hi")) };
            world.call(Way::Contract, &NOTHING, &invocation.to_solidity())
        };
        at_limit(world.engine, limits::SIGNERS_MAX, "at most 16 derived addresses sign", |lists| call(lists, 2, 8));
        at_limit(world.engine, limits::SEEDS_MAX, "derived from at most 16", |seeds| call(1, seeds, 32));
        at_limit(world.engine, limits::SEED_BYTES_MAX, "at most 32 are allowed", |bytes| call(16, 16, bytes));
    }
}

#[test]
fn each_derived_address_that_signs_costs_what_the_syscall_takes() {
    let [world, _] = worlds();
    let gas = |lists: usize| {
        let seeds = vec![derivable(world.contract, &[1]); lists];
        let data = Invocation { seeds, ..Invocation::of_data(Bytes::from_static(b"hi")) }.to_solidity();
        let receipt = world.receipt(Way::Contract, &NOTHING, &data);
        assert!(receipt.crossings[0].fault.is_none(), "{:?}", receipt.crossings[0].fault);
        receipt.crossings[0].gas_used
    };
    assert!(gas(16) - gas(1) >= 15 * 1_500, "{} and {}", gas(1), gas(16));
}

/// The actor calls itself, level in level.
fn nested(levels: usize) -> Script {
    (0..levels).fold(Script::new(), |inner, _| Script::new().invoke(1, &[(0, 2), (1, 0)], &Bytes::from(inner)))
}

#[test]
fn instructions_are_stacked_nine_high_with_the_border_among_them() {
    for world in worlds() {
        for (way, limit) in [(Way::User, 8), (Way::Contract, 7)] {
            let what = format!("stack by {way:?} with {}", world.engine);
            at_limit(&what, limit, "call depth too deep", |levels| {
                let program = AccountMeta::new_readonly(world.actor.program, false);
                world.call(way, &world.actor.program, &world.actor.call(nested(levels), &[program]))
            });
        }
    }
}

#[test]
fn a_call_makes_64_instructions_with_the_border_among_them() {
    for world in worlds() {
        for (way, limit) in [(Way::User, 63), (Way::Contract, 62)] {
            let what = format!("trace by {way:?} with {}", world.engine);
            at_limit(&what, limit, "Max instruction trace length exceeded", |calls| {
                let script = (0..calls).fold(Script::new(), |script, _| script.invoke(1, &[], b"hi"));
                let memo = AccountMeta::new_readonly(NOTHING, false);
                world.call(way, &world.actor.program, &world.actor.call(script, &[memo]))
            });
        }
    }
}

#[test]
fn a_program_takes_1024_bytes_from_a_contract() {
    for world in worlds() {
        let call = |length: usize| {
            let ask = ScriptCall::to(RETURNER, U256::from(length).to_be_bytes::<32>().to_vec()).ignore();
            let contract = AccountMeta::new_readonly(alias(RETURNER), false);
            world.call(Way::User, &world.actor.program, &world.actor.call(Script::new().call(ask), &[contract]))
        };
        at_limit(world.engine, 1_024, "realloc", call);
    }
}

/// A contract that pays one lamport pays one, whatever seeds its user gives it.
#[test]
fn seeds_that_are_too_long_do_not_rewrite_what_a_contract_signs_for() {
    let [mut world, _] = worlds();
    let (me, mallory) = (alias(world.contract), Pubkey::new_from_array([0x66; 32]));
    let lamports = |amount: u64| U256::from(amount) * U256::from(1_000_000_000u64);
    world.chain.fund([(world.contract, lamports(10_000_000_000))]).unwrap();
    let first = derivable(world.contract, &[1, 0]);
    let filler = derivable(world.contract, &[32; 16]);
    let mut smuggled = Vec::new();
    for _ in 0..120 {
        smuggled.extend(16u16.to_le_bytes());
        filler.iter().for_each(|seed| smuggled.extend([&32u16.to_le_bytes(), &seed[..]].concat()));
    }
    // System: Transfer of 5 SOL.
    smuggled.extend([&2u32.to_le_bytes()[..], &5_000_000_000u64.to_le_bytes(), &[0; 4]].concat());
    assert_eq!(smuggled.len(), 65_536, "a length of 16 bits is zero");
    let mut seeds = vec![vec![first[0].clone(), smuggled.into()]];
    seeds.extend((0..120).map(|_| Vec::new()));
    let data = [&2u32.to_le_bytes()[..], &1u64.to_le_bytes()].concat();
    let accounts = vec![AccountMeta::new(me, true), AccountMeta::new(mallory, false)];
    let call = Invocation { accounts, seeds, ..Invocation::of_data(data.into()) }.to_solidity();
    let system = solana_sdk_ids::system_program::ID;
    let (_, message) = world.call(Way::Contract, &system, &call).expect_err("nothing is signed");
    assert!(message.contains("121 lists of seeds"), "{message}");
    let script = Script::new().call(ScriptCall::to(canonical(&system), call).ignore());
    let tx = world.chain.call(USER, world.contract, Bytes::from(script)).unwrap();
    world.chain.transact(tx).unwrap();
    assert_eq!(world.chain.balance(canonical(&mallory)).unwrap(), U256::ZERO);
}
