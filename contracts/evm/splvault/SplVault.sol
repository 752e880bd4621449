// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @dev The SPL token program as Solidity sees it. The authority over the source is the caller's alias.
interface ISplToken {
    function transferChecked(bytes32 source, bytes32 mint, bytes32 destination, uint64 amount, uint8 decimals) external;
}

/// @dev The associated token program as Solidity sees it. The caller's alias pays; the token account is derived.
interface IAssociatedToken {
    function createIdempotent(bytes32 wallet, bytes32 mint, bytes32 tokenProgram) external;
}

/**
 * @title A Solidity vault that holds SPL tokens
 *
 * Its tokens are in an ordinary token account of Solana whose owner is the vault's alias, the 32-byte key under which
 * Solana knows this contract. To Solidity the Solana programs are interfaces like any other: a payment that the token
 * program refuses is caught like any other failure.
 */
contract SplVault {
    /// @dev What the alias of every contract starts with; its address follows.
    bytes12 private constant ALIAS_PREFIX = "\x00hexapla-evm";

    /// @dev The id of the token program on Solana.
    bytes32 private constant TOKEN_PROGRAM_ID = 0x06ddf6e1d765a193d9cbe146ceeb79ac1cb485ed5f5b37913a8cf5857eff00a9;

    ISplToken public immutable tokenProgram;
    IAssociatedToken public immutable ataProgram;
    /// @notice What kind of token the vault holds.
    bytes32 public immutable mint;
    /// @notice The decimals of the mint, which the token program compares.
    uint8 public immutable decimals;
    /// @notice The vault's token account: the associated token account of its alias and the mint.
    bytes32 public immutable account;
    /// @notice Who may have the vault pay: the deployer.
    address public immutable owner;

    event Paid(bytes32 to, uint64 amount);
    event PaymentFailed(bytes32 to, uint64 amount, bytes reason);

    error OnlyTheOwner(address caller);
    error UnequalLengths(uint256 receivers, uint256 amounts);

    modifier onlyOwner() {
        if (msg.sender != owner) revert OnlyTheOwner(msg.sender);
        _;
    }

    constructor(address tokenProgram_, address ataProgram_, bytes32 mint_, uint8 decimals_, bytes32 account_) {
        tokenProgram = ISplToken(tokenProgram_);
        ataProgram = IAssociatedToken(ataProgram_);
        mint = mint_;
        decimals = decimals_;
        account = account_;
        owner = msg.sender;
    }

    /// @notice The key under which Solana knows this contract.
    function solanaAlias() public view returns (bytes32) {
        return bytes32(abi.encodePacked(ALIAS_PREFIX, address(this)));
    }

    /// @notice Creates the vault's token account if there is none. Anybody may; the vault's alias pays its rent.
    function open() external {
        ataProgram.createIdempotent(solanaAlias(), mint, TOKEN_PROGRAM_ID);
    }

    /// @notice Pays `amount`, in the token's smallest units, to the token account `to`.
    function pay(bytes32 to, uint64 amount) external onlyOwner {
        tokenProgram.transferChecked(account, mint, to, amount, decimals);
        emit Paid(to, amount);
    }

    /// @notice Makes many payments. One that fails is noted in an event and undone; the others stand.
    /// @return paid How many succeeded.
    function payAll(bytes32[] calldata to, uint64[] calldata amounts) external onlyOwner returns (uint256 paid) {
        if (to.length != amounts.length) revert UnequalLengths(to.length, amounts.length);
        for (uint256 i = 0; i < to.length; i++) {
            try tokenProgram.transferChecked(account, mint, to[i], amounts[i], decimals) {
                paid += 1;
                emit Paid(to[i], amounts[i]);
            } catch (bytes memory reason) {
                emit PaymentFailed(to[i], amounts[i], reason);
            }
        }
    }
}
