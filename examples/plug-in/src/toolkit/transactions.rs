//! Signers of tests, calls, transactions, deployments.

use crate::{
    CALC,
    convention::{Call, RAW},
    program::Program,
    store::{KEY_BYTES, is_contract_name, nonce_key, read_nonce},
    transaction::{Action, SIGNATURE_BYTES, Transaction},
};
use ed25519_dalek::{Signer as _, SigningKey};
use hexapla_abi::Value;
use hexapla_primitives::{Bytes, NativeId, keccak256};
use hexapla_toolkit::{
    AccountUse, Deployment, DeploymentPlan, FieldKind, FieldSpec, Fields, NativeCall, Payload, StateView, TestSigner,
    ToolError, TransactionFormat, TransactionRequest, TypedNativeCall, UnsignedTransaction,
};

/// The secret of a test's wallet is keccak256 of this and the name: anybody knows it.
const WALLET_DOMAIN: &str = "calc/wallet/";
/// Gas limit where nobody says one.
const GAS_LIMIT: u64 = 2_000_000;
/// What a transaction pays for gas, in wei.
const PRICE: &str = "price";
const OPTIONS: [FieldSpec; 1] = [FieldSpec::optional(PRICE, FieldKind::Number)];
/// Where nobody says it.
const PRICE_WEI: u64 = 1;

/// Transactions of the calculator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Transactions;

struct Wallet {
    id: NativeId,
    key: SigningKey,
}

impl TestSigner for Wallet {
    fn id(&self) -> &NativeId {
        &self.id
    }

    fn sign(&self, payload: &[u8]) -> Bytes {
        self.key.sign(payload).to_bytes().into()
    }
}

impl TransactionFormat for Transactions {
    fn test_signer(&self, name: &str) -> Box<dyn TestSigner> {
        let key = SigningKey::from_bytes(&keccak256(format!("{WALLET_DOMAIN}{name}")));
        Box::new(Wallet { id: NativeId::new(CALC, key.verifying_key().to_bytes().to_vec()), key })
    }

    /// A contract's id is its name.
    fn contract_id(&self, name: &str) -> NativeId {
        NativeId::new(CALC, name.as_bytes().to_vec())
    }

    fn options(&self) -> &'static [FieldSpec] {
        &OPTIONS
    }

    fn options_of_deployments(&self) -> &'static [&'static str] {
        &[PRICE]
    }

    fn deploy_options(&self) -> &'static [FieldSpec] {
        &[]
    }

    fn check_deployment(&self, name: &str, code: &Bytes, _: &Fields) -> Result<(), ToolError> {
        if !is_contract_name(name.as_bytes()) {
            let message = format!("`{name}` cannot be the name of a calc contract");
            let help = "write up to 31 of `a` to `z`, `0` to `9` and `-`";
            return Err(ToolError::new("scenario::id", message).with_help(help));
        }
        let parsed = Program::parse(code);
        parsed
            .map(drop)
            .map_err(|error| ToolError::new("artefact::form", format!("`{name}` cannot run")).because(error))
    }

    fn call(&self, call: &TypedNativeCall<'_>) -> Result<NativeCall, ToolError> {
        let argument = |value: &Value| match value {
            Value::Uint(number) => u64::try_from(*number).ok(),
            _ => None,
        };
        let function = call.target.function.name.clone();
        let arguments: Option<Vec<u64>> = call.values.iter().map(argument).collect();
        let arguments = arguments.ok_or_else(|| {
            ToolError::new("scenario::value", format!("the arguments of {function} are not all numbers of 64 bits"))
        })?;
        let data = Call { function, arguments }.to_text().into_bytes().into();
        Ok(NativeCall { contract: call.target.contract.clone(), accounts: Vec::new(), data })
    }

    fn build(
        &self,
        request: &TransactionRequest<'_>,
        state: &dyn StateView,
        names: &dyn Fn(&NativeId) -> String,
    ) -> Result<UnsignedTransaction, ToolError> {
        let [call] = request.calls else {
            let message = format!("a calc transaction makes one call; {} were given", request.calls.len());
            return Err(ToolError::new("scenario::transaction", message).with_help("write a step for each"));
        };
        if call.contract.vm != CALC {
            let message = format!("{} is not a calc contract", names(&call.contract));
            return Err(ToolError::new("scenario::transaction", message)
                .with_help("calc wallets call calc contracts, which call all others"));
        }
        let wallet = <[u8; KEY_BYTES]>::try_from(&request.payer.bytes[..])
            .map_err(|_| ToolError::new("scenario::signer", format!("{} is not a wallet", names(request.payer))))?;
        let stored = state.object(&nonce_key(&wallet))?;
        let nonce = read_nonce(stored.as_ref()).ok_or_else(|| {
            ToolError::new("scenario::state", format!("the nonce of {} is damaged", names(request.payer)))
        })?;
        let transaction = Transaction {
            chain_id: state.chain_id(),
            wallet,
            nonce,
            gas_limit: request.limit.unwrap_or(GAS_LIMIT),
            price: request.options.number(PRICE).unwrap_or(PRICE_WEI),
            contract: call.contract.bytes.clone(),
            action: Action::of_data(&call.data),
        };
        let cannot =
            |error| ToolError::new("scenario::transaction", "the transaction cannot be written").because(error);
        let body = transaction.to_bytes().map_err(cannot)?;
        let payloads = vec![Payload { signer: request.payer.clone(), bytes: body.clone() }];
        Ok(UnsignedTransaction { payloads, body, leading_calls: 0 })
    }

    fn assemble(&self, unsigned: &UnsignedTransaction, signatures: &[Bytes]) -> Result<Bytes, ToolError> {
        match signatures {
            [signature] if signature.len() == SIGNATURE_BYTES => Ok([&signature[..], &unsigned.body].concat().into()),
            _ => {
                let message = format!("a calc transaction has one signature of {SIGNATURE_BYTES} bytes");
                Err(ToolError::new("scenario::transaction", message))
            }
        }
    }

    fn deploy(&self, deployment: &Deployment<'_>, _: &dyn StateView) -> Result<DeploymentPlan, ToolError> {
        let data = Action::Deploy(deployment.code.clone()).to_data();
        let call = NativeCall { contract: deployment.contract.clone(), accounts: Vec::new(), data };
        Ok(DeploymentPlan { transactions: vec![vec![call]], signers: Vec::new() })
    }

    fn upgrade(&self, deployment: &Deployment<'_>, _: &dyn StateView) -> Result<DeploymentPlan, ToolError> {
        let message = format!("`{}` cannot get new code: calc contracts stay as they are", deployment.name.0);
        Err(ToolError::new("scenario::upgrade", message).with_help("deploy another contract"))
    }

    fn raw_call(&self, _: &[AccountUse], data: &Bytes) -> Bytes {
        [RAW, data].concat().into()
    }

    fn raw_call_signature(&self) -> &'static str {
        "call()"
    }
}
