//! `hexapla proof`

use super::proved::{account_words, slot_of};
use crate::{
    machine::{MachineArgs, open_database},
    output::Output,
};
use clap::{Args, Subcommand};
use hexapla::ChainConfig;
use hexapla_abi::{Type, Value, parse_value};
use hexapla_primitives::{Address, B256, Bytes, ObjectKey, VmId};
use hexapla_scenario::problem::{Problem, Result};
use hexapla_scenario::{
    Player, Scenario, World,
    nearest::did_you_mean,
    plan,
    play::{object_of_contract, vm_named},
    report::Ending,
    world::{account, name_store},
};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Options of `hexapla proof`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hexapla proof examples/tour account vault --slot 0x2\n  hexapla proof examples/tour object wasm token -o proof.json\n  hexapla proof examples/spl-vault object svm bob-gold      a token account\n  hexapla proof --db state.redb account alice"
)]
pub(crate) struct ProofArgs {
    /// The scenario at whose end the proof is taken.
    #[arg(required_unless_present = "db", conflicts_with = "db")]
    scenario: Option<PathBuf>,
    /// A state that `hexapla run --db` has kept, in place of a scenario.
    #[arg(long, value_name = "FILE", env = "HEXAPLA_DB")]
    db: Option<PathBuf>,
    /// Write the proof into this file.
    #[arg(short, long, value_name = "FILE", env = "HEXAPLA_OUTPUT", global = true)]
    output: Option<PathBuf>,
    #[command(flatten)]
    machine: MachineArgs,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// An account: nonce, balance, code hash, storage root, and storage slots.
    Account {
        /// Name in the scenario, or address.
        account: String,
        /// A storage slot, as a number. May be given several times.
        #[arg(long = "slot", value_name = "SLOT", env = "HEXAPLA_SLOT", value_delimiter = ',')]
        slots: Vec<String>,
    },
    /// An object: a byte-valued piece of a VM's state, such as the record that a Stylus program may run.
    Object {
        /// The VM whose column holds it.
        vm: String,
        /// Its key in hex; or the name or id of an account that is an object of this VM; or the name of a contract, for
        /// what the VM keeps about its code.
        key: String,
    },
}

/// A proof and the root it is against.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rooted<P> {
    state_root: B256,
    #[serde(flatten)]
    proof: P,
}

/// Runs the command.
pub(crate) fn run(args: &ProofArgs, output: &mut Output) -> Result<bool> {
    let mut world = match (&args.scenario, &args.db) {
        (_, Some(db)) => open(args, db)?,
        (Some(scenario), None) => end_of(args, scenario)?,
        (None, None) => {
            return Err(Problem::new("hexapla::proof::of_what", "neither a scenario nor a database is given"));
        }
    };
    let state_root = world.chain.root();
    let text = match &args.what {
        What::Account { account: name, slots } => {
            let address = account(&world.names, name)?;
            hint(&world, address, output);
            let slots = slots.iter().map(|slot| slot_of(slot)).collect::<Result<Vec<_>>>()?;
            pretty(&Rooted { state_root, proof: world.chain.account_proof(address, &slots)? })?
        }
        What::Object { vm, key } => {
            let key = object_key(&world, vm, key)?;
            let proof = world.chain.object_proof(&key)?;
            // The file holds what is proved and nothing else: whoever reads it decodes it anew.
            account_words(&world.names, &proof).iter().for_each(|line| output.note(line));
            pretty(&Rooted { state_root, proof })?
        }
    };
    match &args.output {
        Some(file) => std::fs::write(file, &text).map_err(|error| Problem::file(file, "write the proof to", error))?,
        None => output.result(&text)?,
    }
    output.detail(&format!("proved against the state root {state_root}"));
    Ok(true)
}

fn pretty(proof: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(proof);
    let text =
        text.map_err(|error| Problem::new("hexapla::output", "the proof cannot be written as JSON").because(error))?;
    Ok(text + "\n")
}

/// The state in a file.
fn open(args: &ProofArgs, db: &PathBuf) -> Result<World> {
    let store = open_database(db, true)?;
    let engine = args.machine.engine(1)?;
    let names = name_store::read(&*store, engine.toolkits().clone())?;
    Ok(World::new(engine.chain(ChainConfig::default(), Some(store))?, names))
}

/// The state at the end of a scenario.
fn end_of(args: &ProofArgs, path: &Path) -> Result<World> {
    let scenario = Scenario::read(path, &hexapla::toolkits())?;
    let plan = plan::plan(&scenario, args.machine.cache_folder().as_deref())?;
    let mut player = Player::new(&scenario, plan, &args.machine.engine(1)?, None)?;
    let mut failures = 0;
    let ending = player.play(|report, _| {
        failures += report.failures().count();
        Ok(())
    })?;
    if failures == 0 && ending == Ending::Complete {
        return Ok(player.into_world());
    }
    let message = format!("the scenario {} does not hold, so its end state is not what it says", scenario.place());
    Err(Problem::new("hexapla::proof::scenario", message).with_help("`hexapla run` shows what is wrong"))
}

/// Says where the data of an account stands that is an object of its VM.
fn hint(world: &World, address: Address, output: &Output) {
    let id = world.names.id_of(address);
    let has_data = world.names.toolkits().get(id.vm).is_some_and(|toolkit| toolkit.accounts().is_some());
    if has_data {
        let name = world.names.full_id(&id);
        output.note(&format!("this proves its coin; what it holds is proved by `object {} {name}`", id.vm));
    }
}

/// The object of an account, by its name or id, where accounts of the VM are objects.
fn account_key(world: &World, vm: VmId, key: &str) -> Option<ObjectKey> {
    let accounts = world.names.toolkits().get(vm)?.accounts()?;
    Some(accounts.object_key(&world.names.id(key)?))
}

fn object_key(world: &World, vm: &str, key: &str) -> Result<ObjectKey> {
    let vm = vm_named(vm)?;
    if let Some(key) = account_key(world, vm, key) {
        return Ok(key);
    }
    if let Some(address) = world.names.address(key) {
        let key = object_of_contract(world.names.toolkits(), &world.chain, address, key)?;
        return if key.vm == vm {
            Ok(key)
        } else {
            Err(Problem::new("hexapla::no_object", format!("it belongs to {}", key.vm)))
        };
    }
    match parse_value(&Type::Bytes, key) {
        Ok(Value::Bytes(bytes)) => Ok(ObjectKey::new(vm, bytes)),
        Ok(_) => Ok(ObjectKey::new(vm, Bytes::new())),
        Err(error) => {
            let known = world.names.iter().map(|(name, _)| name);
            Err(Problem::new("hexapla::proof::key", error.to_string()).with_help(did_you_mean(key, known)))
        }
    }
}
