//! The system contract: what the host itself offers to contracts of every VM.
//!
//! It stands at [`SYSTEM_CONTRACT`] and speaks the Solidity ABI; contracts of other ABIs call its projection, because it
//! has an interface like any other contract. It registers interfaces, translates identities, and reads state of any
//! contract without a call.

mod interface;

use crate::border::registry::{self, Entry};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use core::fmt::Display;
use hexapla_abi::{Codec, CodecError, Interface, SolidityCodec, Value, WireError};
use hexapla_primitives::{
    Address, B256, Bytes, Fault, FaultKind, GasRate, GenesisAccount, HomeRecord, ObjectKey, VmId, address,
    identity::{alias_of, canonical_of, canonical_of_alias, designator, is_malformed_alias},
    keccak256,
    platform::Lazy,
};
use hexapla_vm::{
    AccountIds, CallKind, CallRequest, Exit, Fatal, Frame, FrameEnd, Host, HostError, HostResult, Reentrancy, Vm, VmSet,
};

/// Where the system contract stands: "hexapla" and 0xff.
pub const SYSTEM_CONTRACT: Address = address!("0x00000000000000000000000068657861706c61ff");

/// What it offers.
pub const SIGNATURES: [&str; 8] = [
    "function setInterface(address account, bytes data)",
    "function setInterfaceOfCreated(address account, uint64 nonce, bytes data)",
    "function interfaceOf(address account) view returns (bytes32 hash, bytes data)",
    "function canonicalOf(uint8 vm, bytes id) view returns (address)",
    "function homeOf(address account) view returns (uint8 vm, bytes id)",
    "function aliasOf(address account) view returns (bytes32)",
    "function word(address account, uint256 key) view returns (uint256)",
    "function object(uint8 vm, bytes key) view returns (bytes)",
];

static INTERFACE: Lazy<Interface> = Lazy::new(interface::written_out);

/// Gas of decoding a call and encoding its result.
const CALL_GAS: u64 = 200;
/// Gas of each word of 32 bytes of call data and of results, for decoding and encoding.
const WORD_GAS: u64 = 6;
/// Gas of checking a byte of an interface.
const CHECK_BYTE_GAS: u64 = 16;

/// Calls below that of a creator who sets an interface. So the contract's `owner()` has room for calls of its own: a
/// creator must not be able to make it fail.
const CREATOR_DEPTH_MAX: usize = 32;

/// The interface of the system contract.
pub fn interface() -> &'static Interface {
    &INTERFACE
}

/// The code of the system contract.
pub fn code() -> Bytes {
    designator(VmId::INTERFACE, b"hexapla")
}

/// The account of the system contract, with its interface.
pub fn genesis() -> Result<GenesisAccount, WireError> {
    let code = code();
    let objects = registry::objects(SYSTEM_CONTRACT, keccak256(&code), interface())?.into();
    Ok(GenesisAccount { address: SYSTEM_CONTRACT, code, objects, ..GenesisAccount::default() })
}

/// The system contract as a VM of its own.
#[derive(Debug)]
pub struct SystemVm {
    /// The others, which know who owns their contracts.
    vms: VmSet,
}

impl SystemVm {
    /// The system contract of a chain with these VMs.
    pub fn new(vms: VmSet) -> Self {
        Self { vms }
    }

    fn call(&self, frame: &Frame, host: &mut dyn Host) -> HostResult<Bytes> {
        let words = frame.input.len().div_ceil(32) as u64;
        host.charge(CALL_GAS.saturating_add(WORD_GAS.saturating_mul(words)))?;
        if !frame.value.is_zero() {
            return Err(refused("the system contract takes no coin"));
        }
        let (function, arguments) =
            SolidityCodec::default().decode_call(&INTERFACE, &frame.input).map_err(malformed)?;
        let results = match (function.name.as_str(), arguments.as_slice()) {
            ("setInterface", [Value::Address(contract), Value::Bytes(data)]) => {
                self.check_owner(*contract, frame.caller, host)?;
                self.register(*contract, data, host)?
            }
            ("setInterfaceOfCreated", [Value::Address(contract), Value::Uint(nonce), Value::Bytes(data)]) => {
                if frame.depth > CREATOR_DEPTH_MAX {
                    let message = format!("a creator sets an interface from at most {CREATOR_DEPTH_MAX} calls deep");
                    return Err(refused(message));
                }
                if frame.caller.create(nonce.to()) != *contract {
                    return Err(refused(format!("{} did not create {contract} with the nonce {nonce}", frame.caller)));
                }
                self.check_creator(*contract, frame.caller, host)?;
                self.register(*contract, data, host)?
            }
            ("interfaceOf", [Value::Address(contract)]) => {
                let entry = host.object(&Entry::key(*contract))?.and_then(|bytes| Entry::from_bytes(&bytes));
                let Some(entry) = entry else {
                    return Err(refused(format!("{contract} has no interface")));
                };
                let data = host.object(&entry.body_key())?.unwrap_or_default();
                vec![Value::bytes(entry.hash.0), Value::Bytes(data)]
            }
            ("canonicalOf", [Value::Uint(vm), Value::Bytes(id)]) => {
                vec![Value::Address(self.canonical(VmId(vm.to()), id, host)?)]
            }
            ("homeOf", [Value::Address(account)]) => {
                let home = host.home_of(*account)?;
                let home = home.unwrap_or(HomeRecord { vm: VmId::EVM, native_id: Bytes::from(account.to_vec()) });
                vec![Value::uint(home.vm.0), Value::Bytes(home.native_id)]
            }
            ("aliasOf", [Value::Address(account)]) => vec![Value::bytes(alias_of(*account).0)],
            ("word", [Value::Address(account), Value::Uint(key)]) => {
                vec![Value::Uint(host.word_of(*account, *key)?)]
            }
            ("object", [Value::Uint(vm), Value::Bytes(key)]) => {
                let object = host.object(&ObjectKey::new(VmId(vm.to()), key.clone()))?;
                vec![Value::Bytes(object.unwrap_or_default())]
            }
            _ => return Err(refused(format!("{} is not built", function.signature))),
        };
        let output = SolidityCodec::default().encode_output(function, &results).map_err(malformed)?;
        host.charge(WORD_GAS.saturating_mul(output.len().div_ceil(32) as u64))?;
        Ok(output)
    }

    /// The account behind an id, as it is on the way through the border. Some VMs share canonical addresses; in all
    /// others an account has an id of its own where it is at home, and an alias of 32 bytes elsewhere.
    fn canonical(&self, vm: VmId, id: &Bytes, host: &mut dyn Host) -> HostResult<Address> {
        if vm != VmId::EVM && self.vms.get(vm).is_none() {
            return Err(refused(format!("{vm} has no accounts on this chain")));
        }
        let has =
            |expected: &dyn Display| refused(format!("an id of {vm} has {expected} bytes, this one has {}", id.len()));
        let lengths = match self.vms.convention(vm).account_ids() {
            AccountIds::Canonical => return Address::try_from(&id[..]).map_err(|_| has(&20)),
            AccountIds::Own(lengths) => lengths,
        };
        // 32 bytes may be an alias, whatever ids the VM has of its own.
        let bytes = B256::try_from(&id[..]).ok();
        if let Some(alias) = bytes.filter(|bytes| is_malformed_alias(*bytes)) {
            return Err(refused(format!("{alias} is a malformed alias")));
        }
        if let (Some(alias), Some(canonical)) = (bytes, bytes.and_then(canonical_of_alias)) {
            let home = host.home_of(canonical)?;
            if home.is_some_and(|home| home.vm == vm && home.native_id.len() == B256::len_bytes()) {
                return Err(refused(format!("{alias} is the alias of an account that is at home in {vm}")));
            }
            return Ok(canonical);
        }
        if !lengths.contains(&id.len()) {
            return Err(match lengths.start() == lengths.end() {
                true => has(lengths.start()),
                false => has(&format_args!("{} to {}", lengths.start(), lengths.end())),
            });
        }
        if bytes.is_some_and(|bytes| bytes.is_zero()) {
            return Ok(Address::ZERO);
        }
        Ok(canonical_of(vm, id))
    }

    /// Only a contract itself and its owner may say what its interface is: the owner that its VM knows, or the one that
    /// the contract names (`owner()`, ERC-173). A VM in which strangers can make a contract call does not take a call for
    /// the contract's own word.
    fn check_owner(&self, contract: Address, caller: Address, host: &mut dyn Host) -> HostResult<()> {
        let code = host.code(contract)?;
        let vm = self.vms.owner_of(&code.bytes);
        if caller == contract && vm.is_none_or(|vm| vm.speaks_for_itself()) {
            return Ok(());
        }
        let owner = match vm {
            Some(vm) if !vm.speaks_for_itself() => vm.owner_of(&code.bytes, host)?,
            _ => named_owner(contract, host)?.flatten(),
        };
        if owner == Some(caller) {
            return Ok(());
        }
        let known = owner.map_or_else(|| "it has no owner".to_owned(), |owner| format!("its owner is {owner}"));
        Err(refused(format!("{caller} may not set the interface of {contract}: {known}")))
    }

    /// Who created a contract may say what its interface is once: while it has none for its code, and where the contract
    /// does not name an owner of its own.
    fn check_creator(&self, contract: Address, creator: Address, host: &mut dyn Host) -> HostResult<()> {
        let entry = host.object(&Entry::key(contract))?.and_then(|bytes| Entry::from_bytes(&bytes));
        let code_hash = host.code(contract)?.hash;
        if entry.is_some_and(|entry| entry.code_hash == code_hash) {
            let message = format!("{contract} has an interface; from now on the contract itself or its owner sets it");
            return Err(refused(message));
        }
        match named_owner(contract, host)? {
            None => Ok(()),
            Some(Some(owner)) if owner == creator => Ok(()),
            Some(owner) => {
                let owner = owner.map_or_else(|| "nobody".to_owned(), |owner| owner.to_string());
                let message = format!("{creator} created {contract}, but its owner is {owner}, who sets the interface");
                Err(refused(message))
            }
        }
    }

    fn register(&self, contract: Address, data: &Bytes, host: &mut dyn Host) -> HostResult<Vec<Value>> {
        host.charge(CHECK_BYTE_GAS.saturating_mul(data.len() as u64))?;
        if data.is_empty() {
            host.set_object(&Entry::key(contract), None)?;
            return Ok(Vec::new());
        }
        let interface = Interface::from_bytes(data).map_err(|error| refused(error.to_string()))?;
        interface.verify().map_err(|error| refused(error.to_string()))?;
        let code = host.code(contract)?;
        if code.bytes.is_empty() {
            return Err(refused(format!("{contract} has no code: only contracts have interfaces")));
        }
        let vm = self.vms.owner_of(&code.bytes).map_or(VmId::EVM, |vm| vm.id());
        let abi = self.vms.convention(vm).abi();
        if interface.abi != abi {
            let message = format!("the interface is one of {:?}, but contracts of {vm} speak {abi:?}", interface.abi);
            return Err(refused(message));
        }
        let objects = registry::objects(contract, code.hash, &interface);
        for (key, object) in objects.map_err(|error| refused(error.to_string()))? {
            host.set_object(&key, Some(object))?;
        }
        Ok(Vec::new())
    }
}

/// What `owner()` answers: nothing, or an owner, who may be nobody. Where it had not what it needs to run, nobody knows.
fn named_owner(contract: Address, host: &mut dyn Host) -> HostResult<Option<Option<Address>>> {
    /// Selector of `owner()`.
    const OWNER: [u8; 4] = [0x8d, 0xa5, 0xcb, 0x5b];
    let outcome = host.call(CallRequest::new(CallKind::Static, contract, Bytes::from_static(&OWNER)))?;
    if let Some(fault) = &outcome.fault
        && matches!(fault.kind, FaultKind::OutOfGas | FaultKind::CallDepth | FaultKind::StackOverflow)
    {
        return Err(refused(format!("{contract} could not be asked for its owner: {}", fault.message)));
    }
    let word = outcome.output.get(..32).filter(|word| outcome.success && word.starts_with(&[0; 12]));
    Ok(word.map(|word| Some(Address::from_slice(&word[12..])).filter(|owner| !owner.is_zero())))
}

fn malformed(error: CodecError) -> HostError {
    refused(error.to_string())
}

fn refused(message: impl Into<String>) -> HostError {
    HostError::fault(FaultKind::Revert, message.into())
}

impl Vm for SystemVm {
    fn id(&self) -> VmId {
        VmId::INTERFACE
    }

    fn gas_rate(&self) -> GasRate {
        GasRate::EVM
    }

    fn reentrancy(&self) -> Reentrancy {
        Reentrancy::Allowed
    }

    fn owns(&self, code: &[u8]) -> bool {
        *code == *self::code()
    }

    fn run(&self, frame: &Frame, host: &mut dyn Host) -> Result<FrameEnd, Fatal> {
        let exit = match self.call(frame, host) {
            Ok(output) => Exit::Return(output),
            Err(HostError::Fatal(fatal)) => return Err(fatal),
            Err(HostError::Fault { kind, message }) => {
                let (data, message) = (Bytes::new(), message.into());
                Exit::Fault(Fault { vm: self.id(), contract: frame.target, kind, data, code: None, message })
            }
        };
        Ok(FrameEnd { exit, gas_left: host.gas_left(), native_used: None })
    }

    fn activate(&self, _: &Bytes, _: &mut dyn Host) -> HostResult<()> {
        Err(HostError::fault(FaultKind::Create, "the system contract cannot be created a second time"))
    }
}
