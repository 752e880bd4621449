//! VM-neutral types, values and interfaces, and one codec per contract ABI.
