// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @dev The risk engine is a WASM contract. For Solidity it is an interface like any other.
interface IRiskEngine {
    function appraise(address vault, uint32 rounds) external returns (uint256 value);
    function assess(address vault, address partner, uint32 rounds) external returns (uint256 score);
}

/**
 * @title The vault of the tour: Solidity in the middle of WASM contracts
 *
 * It holds a token that is a WASM contract, and asks a WASM engine for computations that are too heavy for Solidity;
 * the engine calls back into the vault while it computes. One of its operations has a leg that may fail, in which case
 * everything that leg did in either VM is undone and the vault goes on.
 *
 * A contract for an example: anybody may rebalance.
 */
contract TourVault {
    using SafeERC20 for IERC20;

    IERC20 public immutable token;
    IRiskEngine public immutable engine;

    /// @notice What each customer owns. The vault's own address stands for its reserve, which the fees make.
    mapping(address owner => uint256) public holdings;
    /// @notice What each partner has been given to work with.
    mapping(address partner => uint256) public investedWith;
    /// @notice The result of the last appraisal.
    uint256 public lastAppraisal;

    /// @notice The days that `rebalance` has the engine simulate.
    uint32 public constant RISK_ROUNDS = 1_000;

    event Deposited(address indexed owner, uint256 amount, uint256 fee);
    event Withdrawn(address indexed owner, uint256 amount);
    event Appraised(uint256 value, uint32 rounds);
    event Invested(address indexed partner, uint256 amount, uint256 score);
    event LegFailed(bytes reason);
    event Rebalanced(bool invested, uint256 assets);

    error NotEnough(address owner, uint256 have, uint256 want);
    error OnlyTheVaultItself(address caller);

    constructor(IERC20 token_, IRiskEngine engine_) {
        token = token_;
        engine = engine_;
    }

    /// @notice Takes `amount` tokens from the caller, who must have approved them. One percent is the vault's fee.
    function deposit(uint256 amount) external {
        uint256 fee = amount / 100;
        holdings[msg.sender] += amount - fee;
        holdings[address(this)] += fee;
        token.safeTransferFrom(msg.sender, address(this), amount);
        emit Deposited(msg.sender, amount, fee);
    }

    /// @notice Pays out `amount` of what the caller owns.
    function withdraw(uint256 amount) external {
        uint256 have = holdings[msg.sender];
        if (have < amount) revert NotEnough(msg.sender, have, amount);
        holdings[msg.sender] = have - amount;
        token.safeTransfer(msg.sender, amount);
        emit Withdrawn(msg.sender, amount);
    }

    /// @notice The tokens that are in the vault right now.
    function totalAssets() public view returns (uint256) {
        return token.balanceOf(address(this));
    }

    /// @notice Has the engine value the vault. On the way it asks back for `totalAssets` and `holdings`.
    function appraise(uint32 rounds) external returns (uint256 value) {
        value = engine.appraise(address(this), rounds);
        lastAppraisal = value;
        emit Appraised(value, rounds);
    }

    /**
     * @notice Tries to invest `amount` with `partner`.
     *
     * The tokens move first, then the engine judges the result. When it refuses, the move, the vault's bookkeeping and
     * the engine's own count are undone together; the reason is logged, and the transaction goes on.
     */
    function rebalance(address partner, uint256 amount) external returns (bool invested) {
        try this.tryInvest(partner, amount, RISK_ROUNDS) returns (uint256 score) {
            invested = true;
            emit Invested(partner, amount, score);
        } catch (bytes memory reason) {
            emit LegFailed(reason);
        }
        emit Rebalanced(invested, totalAssets());
    }

    /// @notice The leg of `rebalance` that may fail; a call of its own, so that it can be undone on its own.
    function tryInvest(address partner, uint256 amount, uint32 rounds) external returns (uint256 score) {
        if (msg.sender != address(this)) revert OnlyTheVaultItself(msg.sender);
        investedWith[partner] += amount;
        token.safeTransfer(partner, amount);
        score = engine.assess(address(this), partner, rounds);
    }
}
