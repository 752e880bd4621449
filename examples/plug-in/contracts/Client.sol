// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// A calc contract as Solidity sees it.
interface ICalc {
    function double(uint64 a) external view returns (uint64);
    function divide(uint64 a, uint64 b) external view returns (uint64);
}

/// Calls calc contracts, and is called by them.
contract Client {
    error TooSmall(uint64 given, uint64 least);

    /// What the last call of `ask` gave.
    uint64 public last;

    /// How a call of a contract of another VM failed.
    struct Failure {
        string vm;
        address place;
        string kind;
        bytes data;
        string message;
    }

    /// An ordinary call: a failure goes on upwards.
    function ask(ICalc calc, uint64 x) external returns (uint64) {
        last = calc.double(x);
        return last;
    }

    /// A call whose failure is caught.
    function tryDivide(ICalc calc, uint64 a, uint64 b) external view returns (uint64 result, Failure memory failure) {
        try calc.divide(a, b) returns (uint64 quotient) {
            result = quotient;
        } catch (bytes memory reason) {
            // Behind the selector of `ForeignFault` stand its fields.
            assembly {
                let length := sub(mload(reason), 4)
                reason := add(reason, 4)
                mstore(reason, length)
            }
            (failure.vm, failure.place, failure.kind, failure.data, failure.message) =
                abi.decode(reason, (string, address, string, bytes, string));
        }
    }

    /// What calc contracts call.
    function triple(uint64 x) external pure returns (uint64) {
        return 3 * x;
    }

    /// The same with a rule.
    function tripleLarge(uint64 x) external pure returns (uint64) {
        if (x < 100) revert TooSmall(x, 100);
        return 3 * x;
    }
}
