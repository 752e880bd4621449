//! Custom errors that many contracts share, so that they can be read without a contract's own interface: those of tokens
//! (EIP-6093) and of OpenZeppelin's contracts, each with what it means.

use std::sync::LazyLock;

use crate::interface::Interface;

/// Declarations and their meanings.
const ERRORS: &[(&str, &str)] = &[
    (
        "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
        "the sender has too few tokens",
    ),
    ("error ERC20InvalidSender(address sender)", "tokens cannot come from this account"),
    ("error ERC20InvalidReceiver(address receiver)", "this account cannot receive tokens"),
    (
        "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
        "the spender is not allowed so many tokens",
    ),
    ("error ERC20InvalidApprover(address approver)", "this account cannot approve"),
    ("error ERC20InvalidSpender(address spender)", "this account cannot be approved"),
    ("error ERC721InvalidOwner(address owner)", "this account cannot own a token"),
    ("error ERC721NonexistentToken(uint256 tokenId)", "there is no token of this number"),
    ("error ERC721IncorrectOwner(address sender, uint256 tokenId, address owner)", "the token has another owner"),
    ("error ERC721InvalidSender(address sender)", "tokens cannot come from this account"),
    ("error ERC721InvalidReceiver(address receiver)", "this account cannot receive tokens"),
    (
        "error ERC721InsufficientApproval(address operator, uint256 tokenId)",
        "the operator is not approved for the token",
    ),
    ("error ERC721InvalidApprover(address approver)", "this account cannot approve"),
    ("error ERC721InvalidOperator(address operator)", "this account cannot be an operator"),
    (
        "error ERC1155InsufficientBalance(address sender, uint256 balance, uint256 needed, uint256 tokenId)",
        "the sender has too few tokens of this number",
    ),
    ("error ERC1155InvalidSender(address sender)", "tokens cannot come from this account"),
    ("error ERC1155InvalidReceiver(address receiver)", "this account cannot receive tokens"),
    (
        "error ERC1155MissingApprovalForAll(address operator, address owner)",
        "the operator is not approved by the owner",
    ),
    ("error ERC1155InvalidApprover(address approver)", "this account cannot approve"),
    ("error ERC1155InvalidOperator(address operator)", "this account cannot be an operator"),
    ("error ERC1155InvalidArrayLength(uint256 idsLength, uint256 valuesLength)", "the lists differ in length"),
    ("error ERC2612ExpiredSignature(uint256 deadline)", "the permit is too late"),
    ("error ERC2612InvalidSigner(address signer, address owner)", "the permit is not signed by the owner"),
    (
        "error ERC4626ExceededMaxDeposit(address receiver, uint256 assets, uint256 max)",
        "the vault takes no such deposit for this account",
    ),
    (
        "error ERC4626ExceededMaxMint(address receiver, uint256 shares, uint256 max)",
        "the vault makes not so many shares for this account",
    ),
    (
        "error ERC4626ExceededMaxWithdraw(address owner, uint256 assets, uint256 max)",
        "the vault gives not so much to this account",
    ),
    (
        "error ERC4626ExceededMaxRedeem(address owner, uint256 shares, uint256 max)",
        "the vault takes not so many shares of this account",
    ),
    ("error OwnableUnauthorizedAccount(address account)", "the account is not the owner"),
    ("error OwnableInvalidOwner(address owner)", "this account cannot be the owner"),
    ("error AccessControlUnauthorizedAccount(address account, bytes32 neededRole)", "the account lacks the role"),
    ("error AccessControlBadConfirmation()", "a role is given up by its holder alone"),
    ("error EnforcedPause()", "the contract is paused"),
    ("error ExpectedPause()", "the contract is not paused"),
    ("error ReentrancyGuardReentrantCall()", "the contract is entered again while it runs"),
    ("error InvalidInitialization()", "the contract is initialized already"),
    ("error NotInitializing()", "this runs in the initialization alone"),
    ("error SafeERC20FailedOperation(address token)", "the token refuses, or is none"),
    ("error AddressEmptyCode(address target)", "there is no code at the address"),
    ("error FailedCall()", "a call failed without a reason"),
    ("error InsufficientBalance(uint256 balance, uint256 needed)", "the contract has too little coin"),
    ("error ECDSAInvalidSignature()", "the signature is not valid"),
    ("error InvalidAccountNonce(address account, uint256 currentNonce)", "the signature is for another nonce"),
];

/// Errors of well-known standards, with their meanings as messages.
static KNOWN: LazyLock<Interface> = LazyLock::new(|| {
    let declared = Interface::from_solidity_signatures("known", ERRORS.iter().map(|(declaration, _)| *declaration));
    let mut interface = declared.unwrap_or_default();
    for (error, (_, meaning)) in interface.errors.iter_mut().zip(ERRORS) {
        (*meaning).clone_into(&mut error.message);
    }
    interface
});

/// Custom errors that many contracts share, with their meanings as messages: those of EIP-6093 and of OpenZeppelin.
pub fn well_known_errors() -> &'static Interface {
    &KNOWN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_error_is_read_with_its_meaning_and_has_a_selector_of_its_own() {
        let errors = &well_known_errors().errors;
        assert_eq!(errors.len(), ERRORS.len());
        for (error, (declaration, meaning)) in errors.iter().zip(ERRORS) {
            let name = error.signature.split('(').next().unwrap();
            assert!(declaration.contains(&format!("error {name}(")), "{declaration}");
            assert_eq!(error.message, *meaning);
        }
        assert_eq!(well_known_errors().verify(), Ok(()));
        let selector = |name: &str| errors.iter().find(|error| error.name == name).unwrap().selector.to_string();
        // As OpenZeppelin's own artefacts have them.
        assert_eq!(selector("ERC20InsufficientBalance"), "0xe450d38c");
        assert_eq!(selector("ERC20InsufficientAllowance"), "0xfb8f41b2");
        assert_eq!(selector("OwnableUnauthorizedAccount"), "0x118cdaa7");
    }
}
