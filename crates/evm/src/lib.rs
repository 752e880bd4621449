//! The EVM (revm) over the world journal, with calls to other VMs intercepted.
