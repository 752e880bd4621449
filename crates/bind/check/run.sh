#!/bin/sh
# Compiles and uses the committed samples with the tools that they are for: Solidity with the solc that contracts/evm locks,
# TypeScript with tsc and viem, IDLs with Anchor's client, which package.json locks here. viem and Anchor's client must
# write and read the bytes of bytes.json, which the tests of this crate compare with the codecs.
# The client of Token-2022 must write the bytes of token-2022-bytes.json, which a test compares with the codec as well.
# The Rust samples are compiled by those tests, which need no more than rustc.
# Passed with solc 0.8.37, TypeScript 7.0.2 (and 5.9.3), viem 2.57.20, @coral-xyz/anchor 0.32.1,
# @solana-program/token-2022 0.15.0, Node 20.20.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
evm="$here/../../../contracts/evm"
# Ends with 77 where the tools are not to be had: that says nothing about the bindings.
skip() {
    echo "skipped crates/bind/check: $1" >&2
    exit 77
}
fetch() {
    npm --prefix "$1" ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=60000 ||
        skip "npm cannot fetch the packages that $1/package-lock.json names"
}
command -v node >/dev/null && command -v npm >/dev/null || skip "it needs Node 20 and npm"
[ -d "$evm/node_modules/solc" ] || fetch "$evm"
[ -d "$here/node_modules" ] || fetch "$here"
node "$here/solidity.cjs" "$evm/node_modules/solc" "$here/../samples"
# What the test `hostile` has made of interfaces with hostile names, where it has run.
hostile="${CARGO_TARGET_DIR:-$here/../../../target}/tmp/hostile"
[ ! -d "$hostile" ] || node "$here/solidity.cjs" "$evm/node_modules/solc" "$hostile" --errors
"$here/node_modules/.bin/tsc" --project "$here"
node "$here/node_modules/.out/check/viem.js"
node "$here/anchor.cjs" "$here/../samples"
node "$here/token-2022.cjs" "$here/../../../contracts/svm/idl"
