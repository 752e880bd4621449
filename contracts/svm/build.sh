#!/usr/bin/env bash
# Builds the Solana programs of this folder:   ./build.sh [actor] [price-reader]
#
# Needs a Rust compiler 1.96 with the core library for bpfel-unknown-none, LLVM 22 for the linker in `linker/`, and any
# Rust from 1.95 on to build that one. On Debian 12:
#
#   apt-get install rustc-web libstd-rust-web-dev-bpf libllvm22
#
# Taken from the environment:
#
#   CARGO             cargo                          (default: cargo)
#   RUSTC             the compiler                   (default: /usr/bin/rustc)
#   HOST_RUSTC        the compiler of the linker     (default: what cargo takes)
#   LLVM_LIBRARY      libLLVM                        (default: /lib/x86_64-linux-gnu/libLLVM.so.22.1)
#   CARGO_TARGET_DIR  for intermediate files         (default: a folder under ${TMPDIR:-/tmp})
#   CARGO_HOME        as cargo itself uses it        (default: ~/.cargo)
set -euo pipefail
cd "$(dirname "$0")"

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${TMPDIR:-/tmp}/hexapla-contracts-target}"
cargo="${CARGO:-cargo}"
program_rustc="${RUSTC:-/usr/bin/rustc}"

# A debug build: it links a few kilobytes.
(
  unset RUSTC
  [ -z "${HOST_RUSTC:-}" ] || export RUSTC="$HOST_RUSTC"
  "$cargo" build --manifest-path linker/Cargo.toml --locked
)

export RUSTC="$program_rustc"
export CARGO_TARGET_BPFEL_UNKNOWN_NONE_LINKER="$CARGO_TARGET_DIR/debug/sbpf-link"
# The compiler is a stable one; -Zlocation-detail is what we need from the unstable side.
export RUSTC_BOOTSTRAP=1
flags=(
  # A frame of sBPF version 0.
  -Cllvm-args=-bpf-stack-size=4096
  # No source paths in panic messages: the bytes must not depend on where the build runs.
  -Zlocation-detail=none
  "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
  "--remap-path-prefix=$("$RUSTC" --print sysroot)=sysroot"
  "--remap-path-prefix=$PWD=."
)
CARGO_ENCODED_RUSTFLAGS="$(IFS=$'\x1f'; echo "${flags[*]}")"
export CARGO_ENCODED_RUSTFLAGS

if [ $# -eq 0 ]; then
  set -- actor price-reader
fi
for program in "$@"; do
  "$cargo" build --manifest-path "$program/Cargo.toml" --locked --release --lib --target bpfel-unknown-none
  install -m 644 "$CARGO_TARGET_DIR/bpfel-unknown-none/release/lib${program//-/_}.so" "$program/$program.so"
  sha256sum "$program/$program.so"
done
