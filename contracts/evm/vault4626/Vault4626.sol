// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";

/// @title OpenZeppelin's ERC-4626 vault over any ERC-20, whichever VM that token runs on.
contract Vault4626 is ERC4626 {
    constructor(IERC20 asset_) ERC20("Vault share", "vSHR") ERC4626(asset_) {}
}
