// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/**
 * @title Actor: a contract whose calldata is its program
 *
 * Tests need contracts that store, call, log, fail and burn gas in every imaginable order. Instead of one contract per
 * case there is this one: the calldata is a script, read from left to right; whatever the steps append is the return
 * data. `contracts/wasm/actor` reads the same script format, so that one test case runs on both VMs.
 *
 * All integers are big-endian. `len4 data` is a 4-byte length followed by that many bytes.
 *
 *   01 key32 val32     store a word
 *   02 key32           load a word, append it
 *   03 kind1 mode1 to20 value32 gas8 len4 data
 *                      call. kind: 0 CALL, 1 STATICCALL, 2 DELEGATECALL (the value counts for kind 0 only).
 *                      gas8: cap, ff…ff means all there is. mode: 0 bubble (a failure reverts with the callee's data,
 *                      a success appends the return data), 1 catch (append status1 len4 data, status 1 = ok),
 *                      2 ignore (append nothing)
 *   04 n1 topic32*n len4 data
 *                      log with n <= 4 topics
 *   05 len4 data       revert with data
 *   06 n4              burn gas: word = 0, then n times word = keccak256(word)
 *   07                 append caller20 this20 value32
 *   08                 trap (INVALID: all gas is gone)
 *   09 key32 val32     store a transient word
 *   0a key32           load a transient word, append it
 *   0b                 append the gas left as a word
 *   0c value32 len4 initcode
 *                      create, append the new address20 (zero when it failed)
 *   0d addr20          append the balance as a word
 *   0e addr20          append the code size as a word and the code hash
 *   0f                 append one byte: re-entered? The EVM cannot know and appends 00
 *   10 pages4          grow the linear memory; nothing to do in the EVM
 *   11                 append chain id, block number, timestamp, origin, gas price, coinbase, base fee and block gas
 *                      limit as eight words (addresses left-padded)
 *   12 n4              recurse n levels deep; the EVM stack holds 202 of them, more is an exceptional halt
 *   13 n4              n rounds of a 64-bit xorshift
 *
 * The end of the script returns the output; an empty script returns nothing. An unknown opcode, kind, mode or topic
 * count and a cut-off operand revert with the ten ASCII bytes `bad script`; steps before it have run by then, and are
 * undone by the revert.
 */
contract Actor {
    fallback() external payable {
        assembly {
            // The program owns the whole memory: Solidity never gets control back. The output starts at OUT and is the
            // last thing in memory, so the bytes behind its end serve as scratch space for calldata copies.
            function bad() {
                mstore(0, shl(176, 0x62616420736372697074)) // "bad script"
                revert(0, 10)
            }

            // Reverts unless `n` operand bytes follow at `ip`.
            function need(ip, n) {
                if gt(add(ip, n), calldatasize()) { bad() }
            }

            // Reads `len4 data` at `ip`: where the data starts and how long it is.
            function readBytes(ip) -> data, len {
                need(ip, 4)
                len := shr(224, calldataload(ip))
                data := add(ip, 4)
                need(data, len)
            }

            function call_(ip, out) -> nextIp, nextOut {
                need(ip, 62)
                let kind := byte(0, calldataload(ip))
                let mode := byte(0, calldataload(add(ip, 1)))
                if or(gt(kind, 2), gt(mode, 2)) { bad() }
                let to := shr(96, calldataload(add(ip, 2)))
                let value := calldataload(add(ip, 22))
                let cap := shr(192, calldataload(add(ip, 54)))
                let data, len := readBytes(add(ip, 62))
                nextIp := add(data, len)
                calldatacopy(out, data, len)
                // More gas than there is means 63/64 of what there is (EIP-150).
                if eq(cap, 0xffffffffffffffff) { cap := not(0) }

                let ok
                switch kind
                case 0 { ok := call(cap, to, value, out, len, 0, 0) }
                case 1 { ok := staticcall(cap, to, out, len, 0, 0) }
                default { ok := delegatecall(cap, to, out, len, 0, 0) }

                nextOut := out
                switch mode
                case 0 {
                    returndatacopy(out, 0, returndatasize())
                    if iszero(ok) { revert(out, returndatasize()) }
                    nextOut := add(out, returndatasize())
                }
                case 1 {
                    mstore8(out, ok)
                    mstore(add(out, 1), shl(224, returndatasize()))
                    returndatacopy(add(out, 5), 0, returndatasize())
                    nextOut := add(add(out, 5), returndatasize())
                }
            }

            function log_(ip, out) -> nextIp {
                need(ip, 1)
                let n := byte(0, calldataload(ip))
                if gt(n, 4) { bad() }
                let topics := add(ip, 1)
                let end := add(topics, mul(n, 32))
                need(topics, mul(n, 32))
                let data, len := readBytes(end)
                nextIp := add(data, len)
                calldatacopy(out, data, len)
                let t0 := calldataload(topics)
                let t1 := calldataload(add(topics, 32))
                let t2 := calldataload(add(topics, 64))
                switch n
                case 0 { log0(out, len) }
                case 1 { log1(out, len, t0) }
                case 2 { log2(out, len, t0, t1) }
                case 3 { log3(out, len, t0, t1, t2) }
                default { log4(out, len, t0, t1, t2, calldataload(add(topics, 96))) }
            }

            function chain_(out) -> nextOut {
                mstore(out, chainid())
                mstore(add(out, 0x20), number())
                mstore(add(out, 0x40), timestamp())
                mstore(add(out, 0x60), origin())
                mstore(add(out, 0x80), gasprice())
                mstore(add(out, 0xa0), coinbase())
                mstore(add(out, 0xc0), basefee())
                mstore(add(out, 0xe0), gaslimit())
                nextOut := add(out, 0x100)
            }

            // Not a tail call, and the result depends on every level: no compiler can turn it into a loop.
            function recurse(n) -> r {
                if n {
                    r := recurse(sub(n, 1))
                    r := xor(mul(r, 31), n)
                }
            }

            function xorshift(n) -> x {
                x := 0x9e3779b97f4a7c15
                for { } n { n := sub(n, 1) } {
                    x := and(xor(x, shl(13, x)), 0xffffffffffffffff)
                    x := xor(x, shr(7, x))
                    x := and(xor(x, shl(17, x)), 0xffffffffffffffff)
                }
            }

            let OUT := 0x80
            let out := OUT
            let ip := 0
            for { } lt(ip, calldatasize()) { } {
                let op := byte(0, calldataload(ip))
                ip := add(ip, 1)
                switch op
                case 0x01 {
                    need(ip, 64)
                    sstore(calldataload(ip), calldataload(add(ip, 32)))
                    ip := add(ip, 64)
                }
                case 0x02 {
                    need(ip, 32)
                    mstore(out, sload(calldataload(ip)))
                    out := add(out, 32)
                    ip := add(ip, 32)
                }
                case 0x03 { ip, out := call_(ip, out) }
                case 0x04 { ip := log_(ip, out) }
                case 0x05 {
                    let data, len := readBytes(ip)
                    calldatacopy(out, data, len)
                    revert(out, len)
                }
                case 0x06 {
                    need(ip, 4)
                    mstore(0, 0)
                    for { let n := shr(224, calldataload(ip)) } n { n := sub(n, 1) } {
                        mstore(0, keccak256(0, 32))
                    }
                    ip := add(ip, 4)
                }
                case 0x07 {
                    mstore(out, shl(96, caller()))
                    mstore(add(out, 20), shl(96, address()))
                    mstore(add(out, 40), callvalue())
                    out := add(out, 72)
                }
                case 0x08 { invalid() }
                case 0x09 {
                    need(ip, 64)
                    tstore(calldataload(ip), calldataload(add(ip, 32)))
                    ip := add(ip, 64)
                }
                case 0x0a {
                    need(ip, 32)
                    mstore(out, tload(calldataload(ip)))
                    out := add(out, 32)
                    ip := add(ip, 32)
                }
                case 0x0b {
                    mstore(out, gas())
                    out := add(out, 32)
                }
                case 0x0c {
                    need(ip, 32)
                    let data, len := readBytes(add(ip, 32))
                    calldatacopy(out, data, len)
                    mstore(out, shl(96, create(calldataload(ip), out, len)))
                    out := add(out, 20)
                    ip := add(data, len)
                }
                case 0x0d {
                    need(ip, 20)
                    mstore(out, balance(shr(96, calldataload(ip))))
                    out := add(out, 32)
                    ip := add(ip, 20)
                }
                case 0x0e {
                    need(ip, 20)
                    let account := shr(96, calldataload(ip))
                    mstore(out, extcodesize(account))
                    mstore(add(out, 32), extcodehash(account))
                    out := add(out, 64)
                    ip := add(ip, 20)
                }
                case 0x0f {
                    mstore8(out, 0)
                    out := add(out, 1)
                }
                case 0x10 {
                    need(ip, 4)
                    ip := add(ip, 4)
                }
                case 0x11 { out := chain_(out) }
                case 0x12 {
                    need(ip, 4)
                    // Written behind the output, where it counts as used but is not part of the result.
                    mstore(out, recurse(shr(224, calldataload(ip))))
                    ip := add(ip, 4)
                }
                case 0x13 {
                    need(ip, 4)
                    mstore(out, xorshift(shr(224, calldataload(ip))))
                    ip := add(ip, 4)
                }
                default { bad() }
            }
            return(OUT, sub(out, OUT))
        }
    }
}
