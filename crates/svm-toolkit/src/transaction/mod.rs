//! Transactions of Solana's own form.
//!
//! - [`call`]: instructions, typed and raw
//! - [`message`]: messages, and transactions of them
//! - [`options`]: what transactions and deployments can say
//! - [`signer`]: keypairs of tests
//! - [`loader`]: the transactions that bring a program onto the chain

mod call;
mod loader;
mod message;
mod options;
mod signer;
#[cfg(test)]
mod tests;

use crate::accounts::stored;
use hexapla_primitives::{Bytes, NativeId};
use hexapla_svm_types::{Invocation, StoredAccount, genesis::programdata_of};
use hexapla_toolkit::{
    AccountUse, Deployment, DeploymentPlan, FieldSpec, Fields, NativeCall, StateView, TestSigner, ToolError,
    TransactionFormat, TransactionRequest, TypedNativeCall, UnsignedTransaction,
};
use loader::{HOLDER_HEAD_BYTES, Loading};
use options::{DEPLOY_OPTIONS, MAX_LEN, OPTIONS, UNIT_PRICE};

/// How Solidity invokes any program.
const INVOKE: &str = "invoke((bytes32,bool,bool)[],bytes)(bytes)";
/// Solana's transactions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Transactions;

impl TransactionFormat for Transactions {
    fn test_signer(&self, name: &str) -> Box<dyn TestSigner> {
        Box::new(signer::Keypair::of_name(name))
    }

    fn options(&self) -> &'static [FieldSpec] {
        &OPTIONS
    }

    fn options_of_deployments(&self) -> &'static [&'static str] {
        &[UNIT_PRICE]
    }

    fn deploy_options(&self) -> &'static [FieldSpec] {
        &DEPLOY_OPTIONS
    }

    fn check_deployment(&self, name: &str, code: &Bytes, options: &Fields) -> Result<(), ToolError> {
        if options.number(MAX_LEN).is_none_or(|max_len| max_len >= code.len() as u64) {
            return Ok(());
        }
        let message = format!("`{name}` has {} bytes, which is more than `{MAX_LEN}`", code.len());
        Err(ToolError::new("scenario::out_of_range", message)
            .at(MAX_LEN, "too little")
            .with_help("leave it out, or leave room for what upgrades may bring"))
    }

    fn call(&self, call: &TypedNativeCall<'_>) -> Result<NativeCall, ToolError> {
        call::typed(call)
    }

    fn build(
        &self,
        request: &TransactionRequest<'_>,
        state: &dyn StateView,
        names: &dyn Fn(&NativeId) -> String,
    ) -> Result<UnsignedTransaction, ToolError> {
        message::build(request, state, names)
    }

    fn assemble(&self, unsigned: &UnsignedTransaction, signatures: &[Bytes]) -> Result<Bytes, ToolError> {
        message::assemble(unsigned, signatures)
    }

    fn deploy(&self, deployment: &Deployment<'_>, _: &dyn StateView) -> Result<DeploymentPlan, ToolError> {
        let (loading, mut signers) = loading(deployment)?;
        let room = deployment.options.number(MAX_LEN).unwrap_or(deployment.code.len() as u64);
        signers.push(deployment.name.0.to_owned());
        Ok(plan(deployment, &loading, loading.deployment(room), signers))
    }

    fn upgrade(&self, deployment: &Deployment<'_>, state: &dyn StateView) -> Result<DeploymentPlan, ToolError> {
        let (loading, signers) = loading(deployment)?;
        let holder = stored(state.object(&StoredAccount::key(&programdata_of(&loading.program)))?.as_ref())?;
        let room = holder.data.len().saturating_sub(HOLDER_HEAD_BYTES);
        Ok(plan(deployment, &loading, loading.upgrade(room), signers))
    }

    fn raw_call(&self, accounts: &[AccountUse], data: &Bytes) -> Bytes {
        let accounts = accounts.iter().filter_map(|account| call::meta(account).ok()).collect();
        Invocation { accounts, ..Invocation::of_data(data.clone()) }.to_solidity()
    }

    fn raw_call_signature(&self) -> &'static str {
        INVOKE
    }
}

/// A deployment in keys, and the name of its buffer's keypair.
fn loading<'d>(deployment: &Deployment<'d>) -> Result<(Loading<'d>, Vec<String>), ToolError> {
    let (name, number) = deployment.name;
    let buffer = format!("{name}/buffer/{number}");
    let payer = crate::address::key_of(deployment.payer)?;
    let loading = Loading {
        payer,
        authority: deployment.authority.map_or(Ok(payer), crate::address::key_of)?,
        program: crate::address::key_of(deployment.contract)?,
        buffer: signer::Keypair::of_name(&buffer).key(),
        code: deployment.code,
    };
    Ok((loading, vec![buffer]))
}

fn plan(
    deployment: &Deployment<'_>,
    loading: &Loading<'_>,
    mut transactions: Vec<Vec<NativeCall>>,
    signers: Vec<String>,
) -> DeploymentPlan {
    if deployment.authority.is_none() {
        transactions.push(loading.finality());
    }
    DeploymentPlan { transactions, signers }
}
