//! Each host function: what it does, on all engines alike.
//!
//! Programs keep words at 0, 32, 64 …; `$write_result` gives the test what it wants to see.

mod support;

use hexapla_primitives::{Address, Bytes, FaultKind, U256, keccak256};
use hexapla_vm::{CallOutcome, Code, CreateOutcome};
use hexapla_wasm::{RunReport, prices};
use support::*;

/// Returns `len` bytes at `at`.
fn give(at: u32, len: u32) -> String {
    format!("(call $write_result (i32.const {at}) (i32.const {len})) (i32.const 0)")
}

/// Checks the price of a host function that is followed by another: what is used in between and not more than a
/// short basic block costs.
fn assert_price(report: &RunReport, index: usize, price: u64) {
    let used = report.hooks[index].ink - report.hooks[index + 1].ink;
    assert!((price..price + 10_000).contains(&used), "hook {index} used {used} ink and not {price}");
}

#[test]
fn call_data_comes_in_and_the_result_goes_out() {
    let wat = program(
        "(call $read_args (i32.const 100)) (call $write_result (i32.const 100) (local.get $len)) (i32.const 0)",
    );
    let report = Rig::new().call_wat(&wat, b"hello", &mut MockHost::new());
    assert_eq!(output(&report)[..], *b"hello");
    let names: Vec<_> = report.hooks.iter().map(|hook| hook.name).collect();
    assert_eq!(names, ["read_args", "write_result"]);
}

#[test]
fn a_status_other_than_zero_is_a_revert_with_the_result_as_data() {
    let body = format!("{} (call $write_result (i32.const 24) (i32.const 8)) (i32.const 7)", words(&[5]));
    let report = run(&body);
    let fault = report.end.exit.fault().unwrap();
    assert_eq!((fault.kind, &fault.data[..]), (FaultKind::Revert, &[0, 0, 0, 0, 0, 0, 0, 5][..]));
    assert_eq!(fault.contract, CONTRACT);
    assert!(report.end.gas_left > 0);
}

#[test]
fn exit_early_ends_at_any_depth_with_its_status() {
    let fields = r#"(memory (export "memory") 1 1)
        (func $deep (param i32) (call $exit_early (local.get 0)) unreachable)"#;
    for (status, success) in [(0, true), (1, false)] {
        let body =
            format!("(call $write_result (i32.const 0) (i32.const 3)) (call $deep (i32.const {status})) unreachable");
        let report = Rig::new().call_wat(&program_with(fields, &body), &[], &mut MockHost::new());
        assert_eq!(report.end.exit.is_success(), success);
        assert_eq!(report.end.exit.data()[..], [0, 0, 0]);
    }
}

#[test]
fn cached_writes_are_seen_by_loads_and_reach_the_host_at_the_flush_in_order() {
    let body = format!(
        "{} (call $storage_cache_bytes32 (i32.const 0) (i32.const 32))
         (call $storage_cache_bytes32 (i32.const 64) (i32.const 0))
         (call $storage_load_bytes32 (i32.const 0) (i32.const 96))
         (call $storage_flush_cache (i32.const 0)) {}",
        words(&[9, 500, 3]),
        give(96, 32)
    );
    let mut host = MockHost::new();
    assert_eq!(output(&run_in(&mut host, &body))[..], word(500)[..]);
    let number = U256::from;
    assert_eq!(host.stores, [(number(9), number(500)), (number(3), number(9))]);
}

#[test]
fn writes_that_were_never_flushed_are_lost() {
    let body = format!("{} (call $storage_cache_bytes32 (i32.const 0) (i32.const 32)) (i32.const 0)", words(&[9, 5]));
    let mut host = MockHost::new();
    output(&run_in(&mut host, &body));
    assert!(host.words.is_empty());
}

#[test]
fn a_word_that_has_not_changed_is_not_written() {
    let mut host = MockHost::new();
    host.words.insert(U256::from(9), U256::from(5));
    let body = format!(
        "{} (call $storage_load_bytes32 (i32.const 0) (i32.const 64))
         (call $storage_cache_bytes32 (i32.const 0) (i32.const 32))
         (call $storage_flush_cache (i32.const 0))
         (call $storage_flush_cache (i32.const 0)) (i32.const 0)",
        words(&[9, 5])
    );
    output(&run_in(&mut host, &body));
    assert!(host.stores.is_empty());
}

#[test]
fn a_clearing_flush_makes_the_next_load_ask_the_host() {
    let load = "(call $storage_load_bytes32 (i32.const 0) (i32.const 64))";
    let flush = |clear| format!("(call $storage_flush_cache (i32.const {clear}))");
    let body = |clear| {
        format!("{} {load} {load} {} {load} (call $tx_ink_price) drop (i32.const 0)", words(&[9]), flush(clear))
    };
    let cached = prices::HOOK + 2 * prices::POINTER;
    let asked = |gas: u64| cached + prices::STATE_API + gas * prices::INK_PER_GAS;
    for (clear, third_load) in [(1, asked(100)), (0, cached)] {
        let report = run(&body(clear));
        assert_price(&report, 0, asked(2_100));
        assert_price(&report, 1, cached);
        assert_price(&report, 3, third_load);
    }
}

#[test]
fn transient_words_go_to_the_host_at_once() {
    let body = format!(
        "{} (call $transient_store_bytes32 (i32.const 0) (i32.const 32))
         (call $transient_load_bytes32 (i32.const 0) (i32.const 64)) {}",
        words(&[9, 5]),
        give(64, 32)
    );
    let mut host = MockHost::new();
    assert_eq!(output(&run_in(&mut host, &body))[..], word(5)[..]);
    assert_eq!(host.transient.get(&U256::from(9)), Some(&U256::from(5)));
}

const CALLS: [(&str, &str, &str); 3] = [
    ("call_contract", "(i32.const 32)", "Call"),
    ("delegate_call_contract", "", "Delegate"),
    ("static_call_contract", "", "Static"),
];

#[test]
fn calls_pass_their_arguments_and_give_status_and_return_data() {
    for (name, value, kind) in CALLS {
        for (success, status) in [(true, 0), (false, 1)] {
            let mut host = MockHost::new();
            host.outcomes.push_back(CallOutcome { success, output: Bytes::from_static(b"returned"), fault: None });
            // The callee's address is the first 20 bytes, the call data the word behind.
            let body = format!(
                "{} (if (i32.ne (call ${name} (i32.const 0) (i32.const 24) (i32.const 8) {value} (i64.const 77)
                       (i32.const 64)) (i32.const {status})) (then unreachable))
                 (if (i32.ne (i32.load (i32.const 64)) (i32.const 8)) (then unreachable))
                 (if (i32.ne (call $return_data_size) (i32.const 8)) (then unreachable))
                 (if (i32.ne (call $read_return_data (i32.const 100) (i32.const 2) (i32.const 99)) (i32.const 6))
                   (then unreachable))
                 (if (call $read_return_data (i32.const 200) (i32.const 8) (i32.const 1)) (then unreachable))
                 {}",
                words(&[5, 3]),
                give(100, 6)
            );
            let report = run_in(&mut host, &body);
            assert_eq!(output(&report)[..], *b"turned", "{name}");
            let sent = if value.is_empty() { 0 } else { 3 };
            let expected = format!("{kind} {} value {sent} input 0x0000000000000005 cap 77", Address::ZERO);
            assert_eq!(host.calls, [expected]);
        }
    }
}

#[test]
fn creations_give_the_address_or_nothing_and_the_revert_data() {
    for (name, salt, shown) in
        [("create1", "", "None".to_owned()), ("create2", "(i32.const 64)", format!("Some({})", word(7)))]
    {
        for address in [Some(OTHER), None] {
            let mut host = MockHost::new();
            host.creations.push_back(CreateOutcome { address, output: Bytes::from_static(b"why"), fault: None });
            let body = format!(
                "{} (call ${name} (i32.const 24) (i32.const 8) (i32.const 32) {salt} (i32.const 128) (i32.const 160))
                 (if (i32.ne (call $return_data_size) (i32.load (i32.const 160))) (then unreachable))
                 {}",
                words(&[5, 3, 7]),
                give(128, 36)
            );
            let report = run_in(&mut host, &body);
            let given = output(&report);
            assert_eq!(given[..20], *address.unwrap_or_default());
            assert_eq!(given[32], if address.is_some() { 0 } else { 3 }, "length of the revert data");
            assert_eq!(host.calls, [format!("create value 3 salt {shown} code 0x0000000000000005")]);
        }
    }
}

#[test]
fn events_have_up_to_four_topics_and_data() {
    for topics in 0..=4u32 {
        let mut host = MockHost::new();
        let len = topics * 32 + 5;
        let body = format!(
            "{} (call $emit_log (i32.const 0) (i32.const {len}) (i32.const {topics})) (i32.const 0)",
            words(&[1, 2, 3, 4])
        );
        output(&run_in(&mut host, &body));
        let log = &host.logs[0];
        let expected: Vec<_> = [1, 2, 3, 4].map(word).into_iter().take(topics as usize).collect();
        assert_eq!(log.topics(), expected);
        assert_eq!(log.data.data.len(), 5);
    }
}

#[test]
fn accounts_show_balance_and_code() {
    let mut host = MockHost::new();
    host.balances.insert(Address::ZERO, U256::from(11));
    let code = Code { hash: keccak256(b"code of it"), bytes: Bytes::from_static(b"code of it") };
    host.codes.insert(Address::ZERO, code.clone());
    let body = format!(
        "(call $account_balance (i32.const 0) (i32.const 32))
         (call $account_codehash (i32.const 0) (i32.const 64))
         (if (i32.ne (call $account_code_size (i32.const 0)) (i32.const 10)) (then unreachable))
         (if (i32.ne (call $account_code (i32.const 0) (i32.const 8) (i32.const 9) (i32.const 96)) (i32.const 2))
           (then unreachable))
         (if (call $account_code (i32.const 0) (i32.const -1) (i32.const -1) (i32.const 96)) (then unreachable))
         {}",
        give(32, 66)
    );
    let given = output(&run_in(&mut host, &body));
    assert_eq!(given[..32], *word(11));
    assert_eq!(given[32..64], *code.hash);
    assert_eq!(given[64..], *b"it");
}

#[test]
fn the_environment_is_the_hosts() {
    let host = MockHost::new();
    let environment = host.environment.clone();
    let numbers = [
        ("block_gas_limit", environment.block.gas_limit),
        ("block_number", environment.block.number),
        ("block_timestamp", environment.block.timestamp),
        ("chainid", environment.chain_id),
    ];
    for (name, value) in numbers {
        output(&run(&format!("(i64.ne (call ${name}) (i64.const {value}))")));
    }
    let word_of = |value: u128| U256::from(value).to_be_bytes::<32>().to_vec();
    let memory = [
        ("block_basefee", word_of(environment.block.base_fee.into())),
        ("block_coinbase", environment.block.beneficiary.to_vec()),
        ("contract_address", CONTRACT.to_vec()),
        ("msg_sender", CALLER.to_vec()),
        ("tx_gas_price", word_of(environment.tx.gas_price)),
        ("tx_origin", environment.tx.origin.to_vec()),
    ];
    for (name, value) in memory {
        let len = u32::try_from(value.len()).unwrap();
        let report = run(&format!("(call ${name} (i32.const 1)) {}", give(1, len)));
        assert_eq!(output(&report)[..], value, "{name}");
    }
}

#[test]
fn the_message_is_the_frames() {
    let rig = Rig::new();
    let wat = program(&format!("(call $msg_value (i32.const 0)) (call $msg_reentrant) drop {}", give(0, 32)));
    let mut host = MockHost::new();
    let mut frame = frame(&wat::parse_str(wat).unwrap(), &[]);
    frame.value = U256::MAX;
    rig.activate(&frame, &mut host);
    assert_eq!(output(&rig.run(&frame, &mut host))[..], [0xFF; 32]);
    let mut frame = support::frame(&wat::parse_str(program("call $msg_reentrant")).unwrap(), &[]);
    rig.activate(&frame, &mut host);
    assert!(rig.run(&frame, &mut host).end.exit.is_success());
    frame.reentrant = true;
    assert!(!rig.run(&frame, &mut host).end.exit.is_success());
}

#[test]
fn the_meter_can_be_read_in_both_units() {
    let body = format!(
        "(i64.store (i32.const 0) (call $evm_ink_left)) (i64.store (i32.const 8) (call $evm_gas_left))
         (i64.store (i32.const 16) (i64.extend_i32_u (call $tx_ink_price))) {}",
        give(0, 24)
    );
    let report = run(&body);
    let given = output(&report);
    let number = |at: usize| u64::from_le_bytes(given[at..at + 8].try_into().unwrap());
    assert_eq!(number(0), report.hooks[0].ink - prices::HOOK);
    assert_eq!(number(8), (report.hooks[1].ink - prices::HOOK) / prices::INK_PER_GAS);
    assert_eq!(number(16), prices::INK_PER_GAS);
}

#[test]
fn keccak_is_keccak_and_priced_by_words() {
    for len in [0u32, 32, 64, 65, 1_000] {
        let body =
            format!("(call $native_keccak256 (i32.const 0) (i32.const {len}) (i32.const 2000)) {}", give(2_000, 32));
        let report = run(&body);
        let data = vec![0; len as usize];
        assert_eq!(output(&report)[..], keccak256(data)[..]);
        let price = prices::KECCAK + prices::KECCAK_WORD * u64::from(len.div_ceil(32));
        assert_price(&report, 0, price);
    }
}

#[test]
fn arithmetic_is_the_evms() {
    let max = u64::MAX;
    let cases: [(&str, &[u64], U256); 10] = [
        ("math_div", &[100, 7], U256::from(14)),
        ("math_div", &[100, 0], U256::ZERO),
        ("math_mod", &[100, 7], U256::from(2)),
        ("math_mod", &[100, 0], U256::ZERO),
        ("math_pow", &[3, 5], U256::from(243)),
        ("math_pow", &[2, 256], U256::ZERO),
        ("math_add_mod", &[max, max, 10], U256::from(0)),
        ("math_add_mod", &[1, 1, 0], U256::ZERO),
        ("math_mul_mod", &[max, max, 1_000], U256::from(225)),
        ("math_mul_mod", &[3, 3, 0], U256::ZERO),
    ];
    for (name, operands, expected) in cases {
        let pointers: String = (0..operands.len()).map(|index| format!("(i32.const {})", index * 32)).collect();
        let report = run(&format!("{} (call ${name} {pointers}) {}", words(operands), give(0, 32)));
        assert_eq!(output(&report)[..], expected.to_be_bytes::<32>(), "{name} {operands:?}");
    }
}

#[test]
fn pow_is_priced_by_the_significant_bytes_of_the_exponent() {
    for (exponent, bytes) in [(0, 0), (1, 1), (255, 1), (256, 2), (u64::MAX, 8)] {
        let body = format!("{} (call $math_pow (i32.const 0) (i32.const 32)) {}", words(&[3, exponent]), give(0, 32));
        let base = prices::HOOK + 3 * prices::POINTER + prices::POW;
        let price = base + prices::POW_BYTE * (bytes + 1);
        assert_price(&run(&body), 0, price);
    }
}
