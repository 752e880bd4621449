//! Exchange between gas, the one unit of cost, and a VM's own unit.

use serde::{Deserialize, Serialize};

/// How many native units one gas buys. Versioned with the VM that publishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GasRate {
    /// Name of the native unit, e.g. `ink`.
    pub unit: &'static str,
    /// Native units per gas; never zero.
    pub per_gas: u64,
}

impl GasRate {
    /// The EVM's own: one gas is one gas.
    pub const EVM: Self = Self { unit: "gas", per_gas: 1 };

    /// Native units that `gas` buys. Saturates at `u64::MAX`, which no real limit reaches.
    pub const fn to_native(self, gas: u64) -> u64 {
        gas.saturating_mul(self.per_gas)
    }

    /// Gas still owned when `native` units are left: rounded down, so that a caller never gets back more than is left.
    pub const fn gas_left(self, native: u64) -> u64 {
        native / self.per_gas
    }

    /// Gas that pays for `native` units: rounded up.
    pub const fn gas_used(self, native: u64) -> u64 {
        native.div_ceil(self.per_gas)
    }
}

/// An amount on a VM's own meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NativeGas {
    /// Amount in `unit`.
    pub amount: u64,
    /// Name of the unit, e.g. `ink`.
    pub unit: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchange_rounds_against_the_caller_and_saturates() {
        let ink = GasRate { unit: "ink", per_gas: 10_000 };
        assert_eq!(ink.gas_left(19_999), 1);
        assert_eq!(ink.gas_used(10_001), 2);
        assert_eq!(ink.to_native(u64::MAX), u64::MAX);
    }
}
