//! Solana programs as a VM of hexapla.
