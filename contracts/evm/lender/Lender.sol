// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @dev The Solana program as Solidity sees it. `hexapla bind price-reader.json --to solidity` writes all of it.
interface IPriceReader {
    function valueOf(bytes32 state, bytes32 token, bytes32 oracle, address holder) external returns (uint128);
}

/**
 * @title A lender that asks a program on Solana what a pledge is worth
 *
 * Members pledge points. Before it lends, the lender has a Solana program value the pledge. The program asks back: this
 * contract for the balance, and an oracle in WASM for the price. All of it is one transaction.
 */
contract Lender {
    /// @dev What the alias of every contract starts with, its 32-byte key on Solana; its address follows.
    bytes12 private constant ALIAS_PREFIX = "\x00hexapla-evm";

    IPriceReader public immutable reader;
    /// @notice The account on Solana in which the program writes down what it has found.
    bytes32 public immutable valuation;
    /// @notice The key on Solana of the contract that knows the price.
    bytes32 public immutable oracle;

    mapping(address member => uint256) public balanceOf;
    mapping(address member => uint256) public debtOf;

    event Pledged(address indexed member, uint256 points);
    event Lent(address indexed member, uint256 amount, uint256 worth);

    error WorthTooLittle(uint256 worth, uint256 debt);

    constructor(IPriceReader reader_, bytes32 valuation_, bytes32 oracle_) {
        reader = reader_;
        valuation = valuation_;
        oracle = oracle_;
    }

    function pledge(uint256 points) external {
        balanceOf[msg.sender] += points;
        emit Pledged(msg.sender, points);
    }

    /// @notice Lends an amount to a member whose pledge is worth all that is owed. Gives what it is worth.
    function lend(uint256 amount) external returns (uint256 worth) {
        bytes32 myself = bytes32(ALIAS_PREFIX) | bytes32(uint256(uint160(address(this))));
        uint256 debt = debtOf[msg.sender] += amount;
        worth = reader.valueOf(valuation, myself, oracle, msg.sender);
        if (worth < debt) revert WorthTooLittle(worth, debt);
        emit Lent(msg.sender, amount, worth);
    }
}
