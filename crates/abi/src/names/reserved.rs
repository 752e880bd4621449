//! Words that are no names, per language, from the languages' references.

use super::Language;

impl Language {
    /// Whether the word is no name in the language.
    pub fn reserves(self, word: &str) -> bool {
        // `_` alone, or several, name nothing.
        word.is_empty()
            || words(self).split_ascii_whitespace().any(|reserved| reserved == word)
            || self == Self::Solidity && is_sized(word)
    }
}

/// The reserved words, with white space between them.
const fn words(language: Language) -> &'static str {
    match language {
        Language::Solidity => SOLIDITY,
        Language::Rust => RUST,
        Language::Move => MOVE,
        Language::Cairo => CAIRO,
        Language::Sway => SWAY,
        Language::TypeScript => TYPESCRIPT,
    }
}

/// Whether this is one of Solidity's types with a number: `uint24`, `bytes3`, `ufixed128x18`.
fn is_sized(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let point = ["ufixed", "fixed"].into_iter().find_map(|kind| word.strip_prefix(kind)?.split_once('x'));
    if point.is_some_and(|(before, behind)| digits(before) && digits(behind)) {
        return true;
    }
    let size = ["uint", "int", "bytes"].into_iter().find_map(|kind| word.strip_prefix(kind));
    size.is_some_and(digits)
}

const SOLIDITY: &str = "abstract address after alias anonymous apply as assembly auto bool break byte bytes calldata case \
    catch constant constructor continue contract copyof default define delete do else emit enum error event external \
    fallback false final fixed for function hex if immutable implements import in indexed inline int interface internal \
    is layout let library macro mapping match memory modifier mutable new null of override partial payable pragma \
    private promise public pure receive reference relocatable return returns revert sealed sizeof static storage string \
    struct super supports switch this throw transient true try type typedef typeof ufixed uint unchecked unicode using \
    var view virtual while ether wei gwei seconds minutes hours days weeks years now msg tx block abi \
    require assert selfdestruct addmod mulmod keccak256 sha256 ripemd160 ecrecover";

const RUST: &str = "abstract as async await become box break const continue crate do dyn else enum extern false final fn \
    for gen if impl in let loop macro match mod move mut override priv pub ref return self Self static struct super \
    trait true try type typeof union unsafe unsized use virtual where while yield";

const MOVE: &str = "abort acquires address as break const continue copy else enum entry false for friend fun has if \
    invariant let loop macro match module move mut native package phantom public return script spec struct true type \
    use while bool u8 u16 u32 u64 u128 u256 vector signer";

const CAIRO: &str = "as assert break const continue do dyn else enum extern false fn for hint if impl implicits in let \
    loop macro match mod move mut nopanic of pub ref return self Self static_assert static struct super trait true try \
    type typeof unsafe use where while with yield";

const SWAY: &str = "abi as asm break configurable const continue contract deref dep else enum false fn for if impl in \
    let library match mod move mut panic predicate pub ref return script self Self static storage str struct super \
    trait true type use where while yield u8 u16 u32 u64 u256 b256 bool raw_ptr raw_slice";

const TYPESCRIPT: &str = "abstract any arguments as async await bigint boolean break case catch class const constructor \
    continue debugger declare default delete do else enum eval export extends false finally for from function get if \
    implements import in instanceof interface is keyof let module namespace never new null number object of package \
    private protected prototype public readonly require return set static string super switch symbol this throw true \
    try type typeof undefined unique unknown var void while with yield";
