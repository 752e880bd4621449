//! Transactions of a VM's own form: calls, signers, deployments.

use crate::{FieldSpec, Fields, ToolError};
use hexapla_abi::{AddressBook, Function, Interface, Value};
use hexapla_primitives::{B256, Bytes, NativeId, ObjectKey};

/// An account that a call uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountUse {
    /// Which.
    pub id: NativeId,
    /// Whether it signs.
    pub signer: bool,
    /// Whether the call may change it.
    pub writable: bool,
}

/// A call as the VM has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeCall {
    /// The contract.
    pub contract: NativeId,
    /// The accounts that it uses, in its order.
    pub accounts: Vec<AccountUse>,
    /// Its data.
    pub data: Bytes,
}

/// What a typed call calls.
#[derive(Clone, Copy)]
pub struct CallTarget<'a> {
    /// The contract.
    pub contract: &'a NativeId,
    /// The interface, in the VM's own terms.
    pub interface: &'a Interface,
    /// The function.
    pub function: &'a Function,
}

/// A call of a function with values.
#[derive(Clone, Copy)]
pub struct TypedNativeCall<'a> {
    /// What is called.
    pub target: CallTarget<'a>,
    /// Who pays, and signs where nobody else is named.
    pub payer: &'a NativeId,
    /// The arguments.
    pub values: &'a [Value],
    /// Accounts by the names that the interface gives them.
    pub named: &'a [(&'a str, NativeId)],
    /// Accounts behind those.
    pub listed: &'a [AccountUse],
    /// The ids of addresses.
    pub book: &'a dyn AddressBook,
}

/// The state that a transaction is written for.
pub trait StateView {
    /// An object.
    ///
    /// # Errors
    ///
    /// The state cannot be read.
    fn object(&self, key: &ObjectKey) -> Result<Option<Bytes>, ToolError>;

    /// The hash of the newest block.
    ///
    /// # Errors
    ///
    /// The state cannot be read.
    fn latest_block_hash(&self) -> Result<B256, ToolError>;

    /// The id of the chain (EIP-155), for transactions that are bound to it.
    fn chain_id(&self) -> u64;
}

/// A transaction that is to be written.
#[derive(Clone, Copy)]
pub struct TransactionRequest<'a> {
    /// Who pays, and signs first.
    pub payer: &'a NativeId,
    /// Most units of the VM's own meter; what the VM takes by default where nobody says it.
    pub limit: Option<u64>,
    /// What the toolkit's options say, see [`TransactionFormat::options`].
    pub options: &'a Fields,
    /// What it calls.
    pub calls: &'a [NativeCall],
}

/// Bytes that somebody must sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Who.
    pub signer: NativeId,
    /// The bytes.
    pub bytes: Bytes,
}

/// A transaction without its signatures. Whoever has the keys signs the payloads, here or elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedTransaction {
    /// What is to be signed, in order.
    pub payloads: Vec<Payload>,
    /// Everything but the signatures.
    pub body: Bytes,
    /// Calls that the options have put before those that were asked for.
    pub leading_calls: usize,
}

/// Somebody who can sign in tests: anybody who knows the name has the key.
pub trait TestSigner: Send + Sync {
    /// Whose signatures these are.
    fn id(&self) -> &NativeId;

    /// The signature of a payload.
    fn sign(&self, payload: &[u8]) -> Bytes;
}

/// A contract that comes, or gets new code, by the VM's own transactions.
#[derive(Clone, Copy)]
pub struct Deployment<'a> {
    /// The contract's name, and the number of the deployment among those of the scenario: what is only needed on the way
    /// has ids that follow from them.
    pub name: (&'a str, usize),
    /// Its id.
    pub contract: &'a NativeId,
    /// Who pays.
    pub payer: &'a NativeId,
    /// Who may change it; `None` where nobody may.
    pub authority: Option<&'a NativeId>,
    /// The code.
    pub code: &'a Bytes,
    /// What the toolkit's options say, see [`TransactionFormat::deploy_options`].
    pub options: &'a Fields,
}

/// The transactions of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentPlan {
    /// The calls of each.
    pub transactions: Vec<Vec<NativeCall>>,
    /// The names of test signers that must sign beside payer and authority.
    pub signers: Vec<String>,
}

/// Transactions of one VM's own form.
pub trait TransactionFormat: Send + Sync {
    /// The signer that a name gives.
    fn test_signer(&self, name: &str) -> Box<dyn TestSigner>;

    /// The id of a contract of this name that a signer deploys. By default its own signer's, as on Solana, where it must
    /// sign its deployment.
    fn contract_id(&self, name: &str) -> NativeId {
        self.test_signer(name).id().clone()
    }

    /// What a transaction can say beside its calls.
    fn options(&self) -> &'static [FieldSpec];

    /// Which of them the transactions of a deployment take as well, by name.
    fn options_of_deployments(&self) -> &'static [&'static str];

    /// What a deployment can say beside its code.
    fn deploy_options(&self) -> &'static [FieldSpec];

    /// Checks the options of a deployment of this code.
    ///
    /// # Errors
    ///
    /// A sentence, and the option that is wrong. `name` is the contract's.
    fn check_deployment(&self, name: &str, code: &Bytes, options: &Fields) -> Result<(), ToolError>;

    /// A call of a function: encoded, with the accounts that the interface asks for.
    ///
    /// # Errors
    ///
    /// A sentence that says which account or argument is missing or wrong.
    fn call(&self, call: &TypedNativeCall<'_>) -> Result<NativeCall, ToolError>;

    /// Writes a transaction.
    ///
    /// # Errors
    ///
    /// It cannot be written: an option is wrong, it is too large, the state cannot be read. Ids in the sentence are shown
    /// by `names`.
    fn build(
        &self,
        request: &TransactionRequest<'_>,
        state: &dyn StateView,
        names: &dyn Fn(&NativeId) -> String,
    ) -> Result<UnsignedTransaction, ToolError>;

    /// The transaction with signatures of all payloads, in their order.
    ///
    /// # Errors
    ///
    /// The body or a signature is none.
    fn assemble(&self, unsigned: &UnsignedTransaction, signatures: &[Bytes]) -> Result<Bytes, ToolError>;

    /// The transactions that deploy a contract.
    ///
    /// # Errors
    ///
    /// The state cannot be read, or the deployment cannot be written.
    fn deploy(&self, deployment: &Deployment<'_>, state: &dyn StateView) -> Result<DeploymentPlan, ToolError>;

    /// The transactions that put new code into the place of a contract's old one.
    ///
    /// # Errors
    ///
    /// The state cannot be read, or the deployment cannot be written.
    fn upgrade(&self, deployment: &Deployment<'_>, state: &dyn StateView) -> Result<DeploymentPlan, ToolError>;

    /// The call data with which a contract of the EVM makes a call of bytes, and the signature of the function that it
    /// calls.
    fn raw_call(&self, accounts: &[AccountUse], data: &Bytes) -> Bytes;

    /// The signature of the function that [`TransactionFormat::raw_call`] calls, with what it returns.
    fn raw_call_signature(&self) -> &'static str;
}
