// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/**
 * @title A transfer hook of a Token-2022 mint, in Solidity
 *
 * Token-2022 invokes the hook of a mint at every transfer and undoes the transfer when the hook fails. The mint names
 * this contract's alias as its hook program. The invocation is the standard one: 8 bytes that say "execute" and the
 * amount, 64 bits, little-endian. They are no selector of a Solidity function, so they arrive in the fallback.
 *
 * For the EVM a Solana program has the address that its state stands under: the last 20 bytes of
 * keccak256("hexapla/account/v1" ‖ 0x02 ‖ program id). That of Token-2022 is the only caller that may report transfers.
 * The bytes of the invocation do not say which mint: every mint that names this hook shares its limit and its counts.
 */
contract TransferHook {
    /// @dev The first 8 bytes of SHA-256("spl-transfer-hook-interface:execute").
    bytes8 private constant EXECUTE = 0x692565c54bfb661a;

    /// @notice The address of the Token-2022 program as the EVM sees it.
    address public immutable tokenProgram;
    /// @notice Who may change the limit: the deployer.
    address public immutable owner;

    /// @notice The largest transfer that is let through, in the token's smallest units.
    uint64 public limit;
    /// @notice How many transfers there have been.
    uint64 public transfers;
    /// @notice What they came to, in the token's smallest units.
    uint128 public volume;

    event Transferred(uint64 amount, uint64 transfers);
    event LimitChanged(uint64 from, uint64 to);

    error LimitExceeded(uint64 amount, uint64 limit);
    error OnlyTheTokenProgram(address caller);
    error OnlyTheOwner(address caller);
    error NotATransfer(bytes data);

    constructor(address tokenProgram_, uint64 limit_) {
        tokenProgram = tokenProgram_;
        owner = msg.sender;
        limit = limit_;
    }

    /// @notice Sets the largest transfer that is let through.
    function setLimit(uint64 limit_) external {
        if (msg.sender != owner) revert OnlyTheOwner(msg.sender);
        emit LimitChanged(limit, limit_);
        limit = limit_;
    }

    /// @notice Judges a transfer, and counts it. Returns nothing.
    fallback(bytes calldata data) external returns (bytes memory) {
        if (msg.sender != tokenProgram) revert OnlyTheTokenProgram(msg.sender);
        if (data.length != 16 || bytes8(data) != EXECUTE) revert NotATransfer(data);
        uint64 amount = littleEndian(bytes8(data[8:]));
        if (amount > limit) revert LimitExceeded(amount, limit);
        transfers += 1;
        volume += amount;
        emit Transferred(amount, transfers);
        return "";
    }

    function littleEndian(bytes8 bytes_) private pure returns (uint64 number) {
        for (uint256 i = 8; i > 0; i--) number = (number << 8) | uint8(bytes_[i - 1]);
    }
}
