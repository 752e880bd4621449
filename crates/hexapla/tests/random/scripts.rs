//! Scripts for the actors, and call data for everything else.

use crate::{
    instructions::instruction,
    rng::Rng,
    scene::{Scene, Typed, WIRES, precompiled},
    values::arguments,
};
use hexapla::{
    svm::{AccountMeta, Invocation, alias},
    system::{self, SYSTEM_CONTRACT},
};
use hexapla_abi::{Codec, SolidityCodec, Value};
use hexapla_primitives::{Address, Bytes, keccak256};
use hexapla_testing::{Script, ScriptCall, contracts};

/// Calls are nested this deep at most.
const LEVEL_MAX: u64 = 5;
/// One lamport in wei: less has no form on Solana.
const LAMPORT: u64 = 1_000_000_000;

/// A script for an actor on the EVM or on WASM.
pub(crate) fn script(rng: &mut Rng, scene: &Scene, level: u64) -> Script {
    let steps = rng.below(4) + 1;
    (0..steps).fold(Script::new(), |script, _| step(rng, scene, level, script))
}

fn step(rng: &mut Rng, scene: &Scene, level: u64, script: Script) -> Script {
    if level < LEVEL_MAX && !rng.one_in(3) {
        return script.call(call(rng, scene, level + 1));
    }
    match rng.below(20) {
        0 | 1 => script.store(rng.below(60), rng.below(3)),
        2 => script.load(rng.below(60)),
        3 => script.log(&[rng.below(9)], b"log"),
        4 => script.gas_left(),
        5 => script.burn(rng.below(50) as u32),
        6 => script.identify(),
        7 => script.store_transient(rng.below(3), rng.below(3)),
        8 => script.load_transient(rng.below(3)),
        9 => script.balance(*rng.pick(&scene.callees)),
        10 => script.code(*rng.pick(&scene.callees)),
        11 => script.environment(),
        12 => script.reentrant(),
        13 => script.grow(rng.below(3) as u32),
        14 => script.recurse(rng.below(100) as u32),
        15 => script.compute(rng.below(1_000) as u32),
        16 => script.create(&init_code(rng)),
        17 if level > 0 => script.trap(),
        18 if level > 0 => script.revert(&rng.bytes_below(40)),
        _ => script.load(rng.below(3)),
    }
}

/// Code that creates something, or fails to.
pub(crate) fn init_code(rng: &mut Rng) -> Bytes {
    match rng.below(6) {
        // Nothing; code that begins with 0xEF; code of Solana's form; a revert.
        0 => Bytes::from_static(&[0x60, 0x00, 0x60, 0x00, 0xf3]),
        1 => Bytes::from_static(&[0x60, 0xef, 0x5f, 0x53, 0x60, 0x01, 0x5f, 0xf3]),
        2 => Bytes::from_static(&[0x63, 0xef, 0xf1, 0x01, 0x02, 0x5f, 0x52, 0x60, 0x24, 0x60, 0x1c, 0xf3]),
        3 => Bytes::from_static(&[0x5f, 0x5f, 0xfd]),
        4 => contracts::wasm_init_code("counter-as/counter-as"),
        _ => rng.bytes_below(40).into(),
    }
}

/// A call of anything, in any way.
fn call(rng: &mut Rng, scene: &Scene, level: u64) -> ScriptCall {
    let (to, data) = target(rng, scene, level);
    let mut call = ScriptCall::to(to, data);
    call = match rng.below(8) {
        0 => call.read_only(),
        1 => call.delegate(),
        2 => call.value(rng.below(3) * LAMPORT + rng.below(2)),
        _ => call,
    };
    if rng.one_in(5) {
        call = call.gas(rng.below(200_000));
    }
    match rng.below(4) {
        0 => call,
        1 => call.ignore(),
        _ => call.catch(),
    }
}

/// Somebody, and call data that means something to them.
pub(crate) fn target(rng: &mut Rng, scene: &Scene, level: u64) -> (Address, Bytes) {
    match rng.below(16) {
        0..=5 => {
            let contracts: Vec<Address> = scene.contracts.iter().chain(&scene.delegated).copied().collect();
            (*rng.pick(&contracts), script(rng, scene, level).into())
        }
        6..=8 => {
            let invoked = instruction(rng, scene, level);
            let program = hexapla::svm::canonical(&invoked.program_id);
            let accounts = invoked.accounts;
            (program, Invocation { accounts, ..Invocation::of_data(invoked.data.into()) }.to_solidity())
        }
        9 => {
            let actor = *rng.pick(&scene.programs);
            (actor.address(), actor_call(rng, scene, actor.address(), level))
        }
        10 => (*rng.pick(&scene.callees), account_read(rng, scene)),
        11 => (SYSTEM_CONTRACT, system_call(rng, scene)),
        12 | 13 => typed_call(rng, scene),
        14 => {
            let number = rng.below(0x12) + 1;
            (precompiled(number), precompiled_input(rng))
        }
        _ => (*rng.pick(&scene.callees), rng.bytes_below(80).into()),
    }
}

/// Input of a precompiled contract: junk, and lengths that some of them refuse.
pub(crate) fn precompiled_input(rng: &mut Rng) -> Bytes {
    let length = *rng.pick(&[0usize, 1, 32, 64, 96, 128, 160, 192, 213, 384]);
    let fill = *rng.pick(&[0u8, 1, 0xff]);
    vec![fill; length].into()
}

/// A call of an actor on Solana, with its state and the aliases of all contracts.
fn actor_call(rng: &mut Rng, scene: &Scene, address: Address, level: u64) -> Bytes {
    let Some(actor) = scene.actor(address) else { return Bytes::new() };
    let contracts = scene.contracts.iter().map(|contract| AccountMeta::new_readonly(alias(*contract), false));
    actor.call(svm_script(rng, scene, level), &contracts.collect::<Vec<_>>())
}

/// `account(bytes32)` of a program: reads any account.
fn account_read(rng: &mut Rng, scene: &Scene) -> Bytes {
    let selector = &keccak256("account(bytes32)")[..4];
    [selector, rng.pick(&scene.keys).as_ref()].concat().into()
}

/// A call of the system contract.
fn system_call(rng: &mut Rng, scene: &Scene) -> Bytes {
    let functions = &system::interface().functions;
    let function = rng.pick(functions);
    let mut values = arguments(rng, scene, function).unwrap_or_default();
    if function.name.starts_with("setInterface")
        && let Some(data) = values.last_mut()
    {
        *data = Value::Bytes(rng.pick(&WIRES).clone());
    }
    SolidityCodec::default().encode_call(function, &values).unwrap_or_default()
}

/// A call by the interface of a contract, in Solidity's form.
fn typed_call(rng: &mut Rng, scene: &Scene) -> (Address, Bytes) {
    let Typed { address, projection } = rng.pick(&scene.for_solidity);
    let interface = projection.interface();
    let readers = projection.readers().iter().map(|reader| &reader.function);
    let functions: Vec<_> = interface.functions.iter().chain(readers).collect();
    let function = *rng.pick(&functions);
    let values = arguments(rng, scene, function).unwrap_or_default();
    (*address, SolidityCodec::default().encode_call(function, &values).unwrap_or_default())
}

/// A script for an actor on Solana.
pub(crate) fn svm_script(rng: &mut Rng, scene: &Scene, level: u64) -> Script {
    let steps = rng.below(4) + 1;
    (0..steps).fold(Script::new(), |script, _| svm_step(rng, scene, level, script))
}

fn svm_step(rng: &mut Rng, scene: &Scene, level: u64, script: Script) -> Script {
    if level < LEVEL_MAX && rng.one_in(3) {
        let to = *rng.pick(&scene.contracts);
        let inner = self::script(rng, scene, level + 1);
        return script.call(ScriptCall::to(to, inner).value(rng.below(2) * LAMPORT));
    }
    if level < LEVEL_MAX && rng.one_in(4) {
        let accounts: Vec<(u8, u8)> = rng.some(4, |rng| (rng.byte_below(6), rng.byte_below(4)));
        let data = instruction(rng, scene, level + 1).data;
        return script.invoke(rng.byte_below(6), &accounts, &data);
    }
    match rng.below(10) {
        0..=2 => script.store(rng.below(66), rng.next()),
        3 => script.load(rng.below(60)),
        4 => script.move_lamports(rng.byte_below(4), rng.byte_below(4), rng.below(3) * 1_000),
        5 => script.log(&[1], b"x"),
        6 => script.describe_account(rng.byte_below(6)),
        7 => script.stack_height(),
        8 => script.burn(rng.below(50) as u32),
        _ if rng.one_in(3) => script.revert(b"no"),
        _ => script.gas_left(),
    }
}
