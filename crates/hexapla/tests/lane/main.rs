//! Solana's own transactions, signed as wallets sign them.

mod assets;
mod attack;
mod checks;
mod crossing;
mod hostile;
mod loader;
mod nonce;
mod precompiles;
mod renewal;
mod replay;
mod rules;
mod support;
mod tables;
mod tree;
