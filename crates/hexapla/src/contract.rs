//! Contracts by name: calls with values, results and events as values.

use crate::{Chain, ChainError, Committed, Receipt, TxEnv};
use hexapla_abi::{
    Abi, ArgumentError, Artefact, Codec as _, CodecError, DecodedEvent, Function, Interface, InterfaceError,
    Projection, SolidityCodec, Value, error::ArtefactError, find_function,
};
use hexapla_primitives::{Address, Bytes, Fault};
use std::sync::Arc;

/// A contract is not called, or it failed.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// The chain could not execute or store something.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The contract has no such function.
    #[error(transparent)]
    Function(#[from] ArgumentError),
    /// An argument does not fit, or a result is not what the interface says.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A file is not an artifact.
    #[error(transparent)]
    Artifact(#[from] ArtefactError),
    /// A file is not an interface.
    #[error(transparent)]
    Interface(#[from] InterfaceError),
    /// The artifact has no code: it is of an interface or an abstract contract.
    #[error("the artifact has no creation code; use that of a contract that can be deployed")]
    NoCode,
    /// Arguments were given for a contract without a constructor.
    #[error("the contract has no constructor and {given} arguments were given; give none")]
    NoConstructor {
        /// How many.
        given: usize,
    },
    /// The contract failed; nothing that the call did stands.
    #[error("{call}: {fault}")]
    Failed {
        /// What was called.
        call: String,
        /// How it failed.
        fault: Box<Fault>,
    },
}

/// A contract of any VM, as callers of the EVM's lane use it: functions by name, arguments and results as values.
///
/// ```
/// use hexapla::{Chain, ChainConfig, Contract, primitives::{Address, U256, address}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// const ALICE: Address = address!("0x00000000000000000000000000000000000a11ce");
/// let mut chain = Chain::in_memory(hexapla::standard(ChainConfig::default())?);
/// chain.fund([(ALICE, U256::from(10).pow(U256::from(18)))])?;
/// let vault = include_str!("../../../contracts/evm/vault4626/Vault4626.json");
/// let vault = Contract::from_artifact(&mut chain, ALICE, vault, &[ALICE.into()])?;
/// assert_eq!(vault.view(&chain, "asset", &[])?, [ALICE.into()]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Contract {
    address: Address,
    interface: Arc<Interface>,
}

/// What a call of a contract did.
#[derive(Clone, Debug)]
pub struct Called {
    /// What the function returned.
    pub results: Vec<Value>,
    /// Receipt, access set, changes and root.
    pub committed: Committed,
}

impl Contract {
    /// A contract that is there. An interface of another ABI is shown as contracts of Solidity see it; the chain translates
    /// calls by it only where it is registered there ([`Chain::set_interface`]).
    pub fn new(address: Address, interface: Interface) -> Self {
        if interface.abi == Abi::Solidity {
            return Self { address, interface: Arc::new(interface) };
        }
        let projection = Projection::new(Arc::new(interface), Abi::Solidity);
        let mut shown = projection.interface().clone();
        shown.functions.extend(projection.readers().iter().map(|reader| reader.function.clone()));
        Self { address, interface: Arc::new(shown) }
    }

    /// Deploys creation code with the arguments of its constructor. Creation code of a WASM module is made by
    /// `hexapla::wasm::deploy_code`; where its interface has a constructor, that is called in the same transaction, by the
    /// account that creates the program.
    ///
    /// # Errors
    ///
    /// A [`ContractError`]; nothing is deployed then.
    pub fn deploy(
        chain: &mut Chain,
        from: Address,
        creation_code: impl Into<Bytes>,
        interface: Interface,
        arguments: &[Value],
    ) -> Result<Self, ContractError> {
        let code: Bytes = creation_code.into();
        let encoded = match &interface.constructor {
            Some(constructor) => SolidityCodec::default().encode_constructor(constructor, arguments)?,
            None if arguments.is_empty() => Bytes::new(),
            None => return Err(ContractError::NoConstructor { given: arguments.len() }),
        };
        let toolkits = crate::toolkits();
        let constructor = toolkits.constructor_of(&code).filter(|_| interface.constructor.is_some());
        let init_code = match constructor {
            Some((loader, selector)) => loader.creation_with_call(&code, &[&selector[..], &encoded].concat().into()),
            None if encoded.is_empty() => code.clone(),
            None => [&code[..], &encoded].concat().into(),
        };
        let call = format!("the creation of {}", interface.display_name());
        let receipt = chain.transact(chain.create(from, init_code)?)?.receipt;
        match receipt.created.filter(|_| receipt.is_success()) {
            Some(creator) if constructor.is_some() => Ok(Self::new(creator.create(1), interface)),
            Some(address) => Ok(Self::new(address, interface)),
            None => Err(failed(call, &receipt)),
        }
    }

    /// Deploys what a JSON artifact of Foundry, Hardhat or solc holds.
    ///
    /// # Errors
    ///
    /// A [`ContractError`]; nothing is deployed then.
    pub fn from_artifact(
        chain: &mut Chain,
        from: Address,
        json: &str,
        arguments: &[Value],
    ) -> Result<Self, ContractError> {
        let artifact = Artefact::from_json(json)?;
        let code = artifact.bytecode.ok_or(ContractError::NoCode)?;
        Self::deploy(chain, from, code, artifact.interface.unwrap_or_default(), arguments)
    }

    /// Where it stands.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Its interface, as callers of the EVM's lane see it.
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// A transaction that calls a function: change gas limit, value or price before it is executed.
    ///
    /// # Errors
    ///
    /// There is no such function, or an argument does not fit.
    pub fn transaction(
        &self,
        chain: &Chain,
        from: Address,
        function: &str,
        arguments: &[Value],
    ) -> Result<TxEnv, ContractError> {
        let function = self.function(function, arguments)?;
        let input = SolidityCodec::default().encode_call(function, arguments)?;
        Ok(chain.call(from, self.address, input)?)
    }

    /// Calls a function in a block of its own.
    ///
    /// # Errors
    ///
    /// A [`ContractError`]. A failed call stands in the chain with its fee, and changes nothing else.
    pub fn send(
        &self,
        chain: &mut Chain,
        from: Address,
        function: &str,
        arguments: &[Value],
    ) -> Result<Called, ContractError> {
        let committed = chain.transact(self.transaction(chain, from, function, arguments)?)?;
        let results = self.results(function, arguments, &committed.receipt)?;
        Ok(Called { results, committed })
    }

    /// What a function returns now; nothing changes.
    ///
    /// # Errors
    ///
    /// A [`ContractError`].
    pub fn view(&self, chain: &Chain, function: &str, arguments: &[Value]) -> Result<Vec<Value>, ContractError> {
        let receipt = chain.simulate(self.transaction(chain, Address::ZERO, function, arguments)?)?;
        self.results(function, arguments, &receipt)
    }

    /// The events of this contract in a receipt, in order. Those that its interface does not declare are left out.
    pub fn events<'c>(&'c self, receipt: &Receipt) -> Vec<DecodedEvent<'c>> {
        let own = receipt.logs.iter().filter(|log| log.address == self.address);
        let codec = SolidityCodec::default();
        own.filter_map(|log| codec.decode_event(&self.interface, log.data.topics(), &log.data.data).ok()).collect()
    }

    fn function(&self, name: &str, arguments: &[Value]) -> Result<&Function, ContractError> {
        Ok(find_function(&self.interface, name, Some(arguments.len()))?)
    }

    fn results(&self, name: &str, arguments: &[Value], receipt: &Receipt) -> Result<Vec<Value>, ContractError> {
        if !receipt.is_success() {
            return Err(failed(format!("{}.{name}", self.interface.display_name()), receipt));
        }
        let function = self.function(name, arguments)?;
        Ok(SolidityCodec::default().decode_output(function, &receipt.output)?)
    }
}

fn failed(call: String, receipt: &Receipt) -> ContractError {
    let fault = receipt.fault.clone().unwrap_or_else(|| Fault {
        vm: hexapla_primitives::VmId::EVM,
        contract: Address::ZERO,
        kind: hexapla_primitives::FaultKind::Create,
        data: Bytes::new(),
        code: None,
        message: "no contract was created".into(),
    });
    ContractError::Failed { call, fault: Box::new(fault) }
}
