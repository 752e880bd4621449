// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";

/**
 * @title Checks `eth_getProof` answers with OpenZeppelin's TrieProof
 *
 * The trie is the secure one: keys are keccak256(address) and keccak256(slot). Only inclusion can be proven: for an
 * absent account or an empty slot TrieProof has no proof, and the call reverts.
 */
contract ProofCheck {
    using RLP for bytes;
    using RLP for Memory.Slice;

    /// @notice The proof of the account leaf was refused; `reason` is TrieProof's own error code.
    error InvalidAccountProof(TrieProof.ProofError reason);
    /// @notice The proof of the storage slot was refused; `reason` is TrieProof's own error code.
    error InvalidStorageProof(TrieProof.ProofError reason);
    /// @notice The account leaf is not the list [nonce, balance, storageRoot, codeHash].
    error MalformedAccount(uint256 fields);

    /// @notice The account's leaf under `stateRoot`.
    function verifyAccount(bytes32 stateRoot, address account, bytes[] memory proof)
        public
        pure
        returns (uint256 nonce, uint256 balance, bytes32 storageRoot, bytes32 codeHash)
    {
        (bytes memory leaf, TrieProof.ProofError err) =
            TrieProof.tryTraverse(stateRoot, bytes.concat(keccak256(abi.encodePacked(account))), proof);
        if (err != TrieProof.ProofError.NO_ERROR) revert InvalidAccountProof(err);

        Memory.Slice[] memory fields = leaf.decodeList();
        if (fields.length != 4) revert MalformedAccount(fields.length);
        nonce = fields[0].readUint256();
        balance = fields[1].readUint256();
        storageRoot = fields[2].readBytes32();
        codeHash = fields[3].readBytes32();
    }

    /// @notice The word in `slot` of the account's storage under `stateRoot`.
    function verifySlot(
        bytes32 stateRoot,
        address account,
        bytes[] memory accountProof,
        bytes32 slot,
        bytes[] memory storageProof
    ) external pure returns (uint256 value) {
        (,, bytes32 storageRoot,) = verifyAccount(stateRoot, account, accountProof);
        (bytes memory leaf, TrieProof.ProofError err) =
            TrieProof.tryTraverse(storageRoot, bytes.concat(keccak256(bytes.concat(slot))), storageProof);
        if (err != TrieProof.ProofError.NO_ERROR) revert InvalidStorageProof(err);
        value = leaf.decodeUint256();
    }
}
