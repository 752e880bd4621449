#!/bin/sh
# Compiles the committed Solidity samples with the solc that contracts/evm locks (npm ci installs it there).
# The Rust samples are compiled by the tests of this crate, which need no more than rustc.
# Passed with solc 0.8.37.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
evm="$here/../../../contracts/evm"
[ -d "$evm/node_modules/solc" ] || npm --prefix "$evm" ci --ignore-scripts
node "$here/solidity.cjs" "$evm/node_modules/solc" "$here/../samples"
