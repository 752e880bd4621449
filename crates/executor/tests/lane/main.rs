//! Solana's own transactions, signed as wallets sign them.

mod crossing;
mod hostile;
mod loader;
mod nonce;
mod precompiles;
mod rules;
mod support;
mod tables;
