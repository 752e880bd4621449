//! Links the LLVM library that bpf-linker is told not to look for.

fn main() {
    let library = std::env::var("LLVM_LIBRARY").unwrap_or_else(|_| "/lib/x86_64-linux-gnu/libLLVM.so.22.1".into());
    println!("cargo::rerun-if-env-changed=LLVM_LIBRARY");
    println!("cargo::rustc-link-arg={library}");
}
