//! Logs by the interface of their emitter, then by the standards that everybody knows.

use crate::world::names::Names;
use hexapla_abi::{Codec as _, Event, EventValue, Interface, SolidityCodec};
use hexapla_primitives::Log;
use std::sync::LazyLock;

/// The events of ERC-20, ERC-721 and ERC-1155.
static STANDARDS: LazyLock<Interface> = LazyLock::new(|| {
    let event = |name: &str, fields: &[(&str, bool)]| {
        let inputs = fields.iter().map(|(field, indexed)| {
            let (ty, name) = field.split_once(' ').unwrap_or((field, ""));
            serde_json::json!({ "type": ty, "name": name, "indexed": indexed })
        });
        serde_json::json!({ "type": "event", "name": name, "inputs": inputs.collect::<Vec<_>>() })
    };
    let (who, whom) = (("address from", true), ("address to", true));
    let (owner, operator) = (("address owner", true), ("address operator", true));
    let abi = serde_json::json!([
        event("Transfer", &[who, whom, ("uint256 value", false)]),
        event("Approval", &[owner, ("address spender", true), ("uint256 value", false)]),
        event("Transfer", &[who, whom, ("uint256 tokenId", true)]),
        event("Approval", &[owner, ("address approved", true), ("uint256 tokenId", true)]),
        event("ApprovalForAll", &[owner, operator, ("bool approved", false)]),
        event("TransferSingle", &[operator, who, whom, ("uint256 id", false), ("uint256 value", false)]),
        event("TransferBatch", &[operator, who, whom, ("uint256[] ids", false), ("uint256[] values", false)]),
        event("URI", &[("string value", false), ("uint256 id", true)]),
    ]);
    Interface::detect(&abi.to_string()).unwrap_or_default()
});

/// A log as a declaration has it.
pub(crate) struct Decoded {
    pub(crate) event: Event,
    pub(crate) values: Vec<EventValue>,
}

/// The declarations that fit a log: of the emitter's interface, or else of the standards. None of other contracts: what
/// their words happen to fit they did not mean. Several fit where a log does not say which it is.
pub(crate) fn decode(names: &Names, log: &Log) -> Vec<Decoded> {
    let own = names.interface(log.address).map(|interface| fitting(interface, log)).unwrap_or_default();
    if own.is_empty() { fitting(&STANDARDS, log) } else { own }
}

/// Declarations with the log's first topic, else those that have none.
fn fitting(interface: &Interface, log: &Log) -> Vec<Decoded> {
    let named = |event: &&Event| event.topic.is_some() && event.topic.as_ref() == log.topics().first();
    let named = interface.events.iter().filter(named).filter_map(|event| decode_as(event, log)).collect::<Vec<_>>();
    if !named.is_empty() {
        return named;
    }
    interface.events.iter().filter(|event| event.topic.is_none()).filter_map(|event| decode_as(event, log)).collect()
}

fn decode_as(event: &Event, log: &Log) -> Option<Decoded> {
    let alone = Interface { events: vec![event.clone()], ..Interface::default() };
    let decoded = SolidityCodec::default().decode_event(&alone, log.topics(), &log.data.data).ok()?;
    let (event, values) = (decoded.event.clone(), decoded.values);
    Some(Decoded { event, values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hexapla_primitives::{Address, B256, Bytes};
    use std::sync::Arc;

    #[test]
    fn all_declarations_of_the_emitter_that_fit_are_given_and_none_of_others() {
        let declared = r#"[
            { "type": "event", "name": "One", "anonymous": true, "inputs": [{ "type": "uint256", "indexed": true }] },
            { "type": "event", "name": "Two", "anonymous": true, "inputs": [{ "type": "bytes32", "indexed": true }] },
            { "type": "event", "name": "Named", "inputs": [{ "type": "uint256", "name": "a" }] }
        ]"#;
        let mut names = Names::default();
        let (emitter, other) = (Address::repeat_byte(1), Address::repeat_byte(2));
        names.add_contract("emitter", emitter, Some(Arc::new(Interface::detect(declared).unwrap())), 0);
        let fitting = |address: Address| {
            let log = Log::new(address, vec![B256::repeat_byte(7)], Bytes::new()).unwrap();
            decode(&names, &log).into_iter().map(|decoded| decoded.event.name).collect::<Vec<_>>()
        };
        assert_eq!(fitting(emitter), ["One", "Two"]);
        assert!(fitting(other).is_empty());
    }

    #[test]
    fn the_standards_can_be_read() {
        assert_eq!(STANDARDS.events.len(), 8);
    }
}
