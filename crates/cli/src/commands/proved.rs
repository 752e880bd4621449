//! What proofs are about, in words.

use hexapla::{ObjectProof, toolkit::Toolkits};
use hexapla_abi::{Type, Value, parse_value};
use hexapla_primitives::{B256, NativeId};
use hexapla_scenario::{
    Names,
    explain::account::explain_account,
    problem::{Problem, Result},
};

/// A storage slot as people write it.
pub(super) fn slot_of(text: &str) -> Result<B256> {
    match parse_value(&Type::U256, text) {
        Ok(Value::Uint(slot)) => Ok(slot.into()),
        Ok(_) => Ok(B256::ZERO),
        Err(error) => {
            let help = "slots are numbers: 0, 0x2, or 0x and 64 hex digits for places in mappings";
            Err(Problem::new("hexapla::proof::slot", error.to_string()).with_help(help))
        }
    }
}

/// The names that everybody knows, for those who have no chain.
pub(super) fn known_names() -> Names {
    let toolkits: Toolkits = hexapla::toolkits();
    let mut names = Names::new(toolkits.clone());
    for (_, accounts) in toolkits.with_accounts() {
        for contract in accounts.predeployed() {
            names.add_id(contract.name, &contract.id);
            if let Some(interface) = &contract.interface {
                names.set_source(contract.id.canonical(), interface.clone());
            }
        }
    }
    names
}

/// The account that is an object, where it is one.
pub(super) fn account_of(names: &Names, proof: &ObjectProof) -> Option<NativeId> {
    let accounts = names.toolkits().get(proof.key.vm)?.accounts()?;
    let id = NativeId::new(proof.key.vm, proof.key.key.clone());
    let name = names.toolkits().format_id(&id);
    let is_account = names.toolkits().parse_id(&name).as_ref() == Some(&id);
    (is_account && accounts.object_key(&id) == proof.key).then_some(id)
}

/// What an account is and holds, a line each; none for an object that is no account.
pub(super) fn account_words(names: &Names, proof: &ObjectProof) -> Vec<String> {
    let Some(id) = account_of(names, proof) else { return Vec::new() };
    let mut words = vec![format!("the {} account {}", id.vm, named(names, &id))];
    let accounts = names.toolkits().get(id.vm).and_then(|toolkit| toolkit.accounts());
    let stored = accounts.and_then(|accounts| accounts.decode(proof.object.as_ref()).ok());
    let Some(stored) = stored.filter(|_| proof.object.is_some()) else {
        words.push("has no data and belongs to nobody".to_owned());
        return words;
    };
    let account = explain_account(names, &stored);
    words.push(format!("belongs to {}", account.owner));
    words.push(match &account.layout {
        Some(layout) => format!("holds {} bytes, by the layout {layout}:", account.bytes),
        None => format!("holds {} bytes: {:#}", account.bytes, Value::Bytes(stored.data)),
    });
    words.extend(account.fields.iter().map(|(field, value)| format!("  {field} = {value}")));
    words
}

/// The name of an account with its id, or the id.
fn named(names: &Names, id: &NativeId) -> String {
    let text = names.toolkits().format_id(id);
    names.name_of_id(id).map_or_else(|| text.clone(), |name| format!("{name} ({text})"))
}
