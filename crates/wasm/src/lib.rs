//! WASM contracts as Arbitrum Stylus runs them, on two engines with one metering.
