//! The committed artefacts in `contracts/`.

use hexapla_primitives::Bytes;
use std::path::{Path, PathBuf};

/// The folder of contracts in this repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts")
}

/// Init code of an EVM artefact, e.g. `actor/Actor`.
pub fn evm(name: &str) -> Bytes {
    let path = root().join("evm").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    let json: serde_json::Value = serde_json::from_str(&text).expect("artefacts are JSON");
    json["bytecode"]["object"].as_str().expect("artefacts have bytecode").parse().expect("bytecode is hex")
}

/// The plain module of a WASM artefact, e.g. `actor/actor`.
pub fn wasm(name: &str) -> Vec<u8> {
    let path = root().join("wasm").join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// The ELF file of a Solana artefact, e.g. `actor/actor`.
pub fn svm(name: &str) -> Vec<u8> {
    let path = root().join("svm").join(format!("{name}.so"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// Init code that deploys a WASM artefact.
pub fn wasm_init_code(name: &str) -> Bytes {
    hexapla_wasm::deploy_code(&wasm(name))
}
