//! Inspectors are told what happens on all VMs, in order, and change nothing.

use hexapla::{
    Inspector, StateEvent, Transaction,
    primitives::{Address, VmId},
    vm::{Frame, FrameEnd},
};
use hexapla_testing::{Script, ScriptCall, Side, Stage};
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }
}

impl Inspector for Notes {
    fn call_begins(&mut self, frame: &Frame) {
        self.note(format!("call {}", frame.vm));
    }

    fn call_ends(&mut self, end: &FrameEnd, created: Option<Address>) {
        assert_eq!(created, None);
        self.note(format!("end {}", end.exit.is_success()));
    }

    fn state(&mut self, event: &StateEvent) {
        match event {
            StateEvent::WordRead { key, value, .. } => self.note(format!("read {key} {value}")),
            StateEvent::WordWritten { key, value, .. } => self.note(format!("write {key} {value}")),
            StateEvent::Log(log) => self.note(format!("log {}", log.data.topics().len())),
            StateEvent::ObjectRead { .. } | StateEvent::ObjectWritten { .. } => {}
        }
    }
}

#[test]
fn calls_words_and_failures_of_all_vms_are_told_in_order() {
    let [evm, wasm] = [Side::Evm, Side::Wasm];
    for (outer, inner) in [(evm, wasm), (wasm, evm)] {
        let mut stage = Stage::new();
        let deep = Script::new().store(7, 70).load(7);
        let failing = Script::new().store(8, 80).revert(b"no");
        let script = Script::new()
            .store(1, 10)
            .call(ScriptCall::to(stage.actor(inner), deep))
            .call(ScriptCall::to(stage.actor(inner), failing).catch())
            .load(1);
        let tx = Transaction::from(stage.tx(stage.actor(outer), script));
        let notes = Notes::default();
        let (watched, unwatched) = stage
            .chain
            .block(|run| {
                let watched = run.inspect(&tx, Box::new(notes.clone())).unwrap().receipt;
                (watched, run.run(&tx, false).unwrap().receipt)
            })
            .unwrap();
        assert_eq!(watched, unwatched, "watching changes nothing");
        assert!(watched.is_success());
        let told = notes.0.lock().unwrap().clone();
        let calls: Vec<_> = told.iter().filter(|text| text.starts_with("call") || text.starts_with("end")).collect();
        let vm = |side| if side == evm { VmId::EVM } else { VmId::WASM };
        let expected = [
            format!("call {}", vm(outer)),
            format!("call {}", vm(inner)),
            "end true".into(),
            format!("call {}", vm(inner)),
            "end false".into(),
            "end true".into(),
        ];
        assert_eq!(calls, expected.iter().collect::<Vec<_>>(), "{told:#?}");
        // What a Stylus program keeps in its cache when it reverts was never written.
        for (text, inside) in [("write 1 10", 1), ("write 7 70", 2)] {
            let place = told.iter().position(|told| told == text).unwrap_or_else(|| panic!("{text} in {told:#?}"));
            let depth = told[..place].iter().fold(0, |depth, told| match told.split(' ').next() {
                Some("call") => depth + 1,
                Some("end") => depth - 1,
                _ => depth,
            });
            assert_eq!(depth, inside, "{text} in {told:#?}");
        }
    }
}
