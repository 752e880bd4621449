//! Words every layer shares: VM tags, canonical addresses and aliases, units, gas, faults.
