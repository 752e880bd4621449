//! What some measurements should reach.

use super::measurement::Measurement;
use std::fmt;

/// On which side of the limit a value should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    AtLeast,
    MoreThan,
    AtMost,
}

/// A limit in one unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    side: Side,
    limit: f64,
    unit: &'static str,
}

const TARGETS: [(&str, Side, f64, &str); 24] = [
    ("translate_call_and_result", Side::AtMost, 1.0, "us"),
    ("translate_call_and_result_over_alloy_encode", Side::AtMost, 3.0, "x"),
    ("update_1_thread_vs_eth_trie_cpu", Side::AtLeast, 8.0, "x"),
    ("update_scaling_wall", Side::MoreThan, 1.0, "x"),
    ("proof_p99", Side::AtMost, 1.0, "ms"),
    ("state_proof_cold_p99", Side::AtMost, 1.0, "ms"),
    ("state_proof_warm_p99", Side::AtMost, 10.0, "us"),
    ("state_file_bytes_per_slot_at_1000000", Side::AtMost, 150.0, "B"),
    ("soak_transfers_per_core_second_at_1000000", Side::AtLeast, 20_000.0, "tx/s"),
    ("soak_last_over_first_tenth_at_3000000", Side::AtLeast, 0.6, "x"),
    ("soak_memory_one_transaction_blocks_last_over_first", Side::AtLeast, 0.8, "x"),
    ("soak_redb_one_transaction_blocks_last_over_first", Side::AtLeast, 0.8, "x"),
    ("soak_open_with_100_blocks_in_the_log", Side::AtMost, 3.0, "s"),
    ("soak_proof_cold_p99", Side::AtMost, 1.0, "ms"),
    ("soak_proof_warm_p99", Side::AtMost, 10.0, "us"),
    ("transfers_vs_revm_cpu", Side::AtMost, 1.05, "x"),
    ("erc20_transfer_wasmtime", Side::AtMost, 6.0, "us"),
    ("crossing_added_evm_to_wasm", Side::AtMost, 1.0, "us"),
    ("crossing_added_wasm_to_evm", Side::AtMost, 1.0, "us"),
    ("border_added_evm_to_spl_typed", Side::AtMost, 3.0, "us"),
    ("spl_token_transfer_over_litesvm_cpu", Side::AtMost, 1.2, "x"),
    ("metering_worst_over_evm_arithmetic", Side::AtMost, 20.0, "x"),
    ("metering_worst_over_own_typical", Side::AtMost, 5.0, "x"),
    ("tour_process_wall", Side::AtMost, 0.3, "s"),
];

/// The target of a measurement, if it has one.
pub(crate) fn of(name: &str) -> Option<Target> {
    let (_, side, limit, unit) = TARGETS.into_iter().find(|(measured, ..)| *measured == name)?;
    Some(Target { side, limit, unit })
}

/// The measurements that have a target and are not there.
pub(crate) fn missing(measured: &[&Measurement]) -> Vec<&'static str> {
    let names = TARGETS.into_iter().map(|(name, ..)| name);
    names.filter(|name| measured.iter().all(|measurement| measurement.name != *name)).collect()
}

impl Target {
    /// Whether a value reaches the target. One in a unit that cannot be compared does not.
    pub(crate) fn is_met(&self, measurement: &Measurement) -> bool {
        let (Some(scale), Some(own)) = (scale(&measurement.unit), scale(self.unit)) else {
            return measurement.unit == self.unit && self.holds(measurement.value);
        };
        self.holds(measurement.value * scale / own)
    }

    fn holds(&self, value: f64) -> bool {
        match self.side {
            Side::AtLeast => value >= self.limit,
            Side::MoreThan => value > self.limit,
            Side::AtMost => value <= self.limit,
        }
    }
}

/// Seconds in a unit of time.
fn scale(unit: &str) -> Option<f64> {
    match unit {
        "s" => Some(1.0),
        "ms" => Some(1e-3),
        "us" => Some(1e-6),
        "ns" => Some(1e-9),
        _ => None,
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::AtLeast => "≥",
            Side::MoreThan => ">",
            Side::AtMost => "≤",
        };
        write!(f, "{side} {} {}", self.limit, self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(name: &str, value: f64, unit: &str) -> bool {
        of(name).unwrap().is_met(&Measurement::new(name, value, unit))
    }

    #[test]
    fn targets_are_compared_across_units_of_time_only() {
        assert!(met("proof_p99", 999.0, "us") && !met("proof_p99", 1001.0, "us"));
        assert!(met("tour_process_wall", 300.0, "ms") && !met("tour_process_wall", 0.31, "s"));
        assert!(!met("proof_p99", 0.5, "x") && !met("update_scaling_wall", 2.0, "us"));
    }

    #[test]
    fn a_target_without_a_measurement_is_missing() {
        let measurement = Measurement::new("proof_p99", 1.0, "us");
        let missing = missing(&[&measurement]);
        assert_eq!(missing.len(), TARGETS.len() - 1);
        assert!(!missing.contains(&"proof_p99"));
    }

    #[test]
    fn each_side_of_a_limit_is_as_written() {
        assert!(met("update_1_thread_vs_eth_trie_cpu", 8.0, "x") && !met("update_1_thread_vs_eth_trie_cpu", 7.9, "x"));
        assert!(met("update_scaling_wall", 1.01, "x") && !met("update_scaling_wall", 1.0, "x"));
        assert!(met("transfers_vs_revm_cpu", 1.05, "x") && !met("transfers_vs_revm_cpu", 1.06, "x"));
        assert!(of("anything_else").is_none());
    }
}
