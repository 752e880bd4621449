#!/usr/bin/env bash
# Builds the WASM artefacts of this folder:   ./build.sh [actor] [erc20] [erc721] [compute] [counter-as] [oracle-as]
#
# Needs a Rust compiler 1.96 whose sysroot holds the library sources, and wasm-ld (LLVM 19). On Debian 12:
#
#   apt-get install rustc-web cargo-web rust-web-src libstd-rust-web-dev lld-19
#
# and for counter-as and oracle-as Node.js 20 with npm. Taken from the environment:
#
#   CARGO             cargo                          (default: cargo)
#   RUSTC             the compiler                   (default: /usr/bin/rustc)
#   WASM_LD           the linker                     (default: wasm-ld-19)
#   CARGO_TARGET_DIR  for intermediate files         (default: a folder under ${TMPDIR:-/tmp})
#   CARGO_HOME        as cargo itself uses it        (default: ~/.cargo)
set -euo pipefail
cd "$(dirname "$0")"

export RUSTC="${RUSTC:-/usr/bin/rustc}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${TMPDIR:-/tmp}/hexapla-contracts-target}"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="${WASM_LD:-wasm-ld-19}"
# The compiler is a stable one; -Zbuild-std and -Zlocation-detail are what we need from the unstable side.
export RUSTC_BOOTSTRAP=1

# WebAssembly MVP plus what every engine has had for years. No reference types, no multi-value, no floats.
features="+bulk-memory,+mutable-globals,+sign-ext,-multivalue,-reference-types,-nontrapping-fptoint"
flags=(
  -Ctarget-cpu=mvp
  "-Ctarget-feature=$features"
  # One page of memory to start with instead of 17: the default shadow stack is 1 MiB.
  -Clink-arg=-zstack-size=32768
  # No source paths in panic messages: the bytes must not depend on where the build runs.
  -Zlocation-detail=none
  "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
  "--remap-path-prefix=$("$RUSTC" --print sysroot)=sysroot"
  "--remap-path-prefix=$PWD=."
)
CARGO_ENCODED_RUSTFLAGS="$(IFS=$'\x1f'; echo "${flags[*]}")"
export CARGO_ENCODED_RUSTFLAGS

# build_rust NAME CRATES: the crates of the standard library to build along, separated by commas.
build_rust() {
  "${CARGO:-cargo}" build --manifest-path "$1/Cargo.toml" --locked --release --lib \
    --target wasm32-unknown-unknown "-Zbuild-std=$2"
  install -m 644 "$CARGO_TARGET_DIR/wasm32-unknown-unknown/release/$1.wasm" "$1/$1.wasm"
}

if [ $# -eq 0 ]; then
  set -- actor erc20 erc721 compute counter-as oracle-as
fi
for contract in "$@"; do
  case "$contract" in
    actor) build_rust actor core ;;
    erc20 | erc721 | compute) build_rust "$contract" std,panic_abort ;;
    counter-as | oracle-as) (cd "$contract" && npm ci --no-audit --no-fund && npm run build) ;;
    *) echo "no such contract: $contract" >&2; exit 1 ;;
  esac
  sha256sum "$contract/$contract.wasm"
done
