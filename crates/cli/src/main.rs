//! The binary hexapla: run scenarios, Ethereum state tests, proofs.
fn main() {}
