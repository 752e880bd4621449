//! Differences that are planted on one side: a comparison that does not find them finds nothing.

use crate::{
    instructions::{memo, system},
    pair::Pair,
    stories::FUNDS,
    wallet::Wallet,
};
use solana_instruction::Instruction;

/// What was planted and is not among the differences.
pub fn missed() -> Vec<&'static str> {
    let [a, b, c] = [90, 91, 92].map(Wallet::new);
    let pay = |amount| vec![system::transfer(&a.key(), &b.key(), amount)];
    // A lamport more on one side: on who pays, on who is paid, on whom only the message names; and one that decides
    // whether the transaction succeeds.
    let cases: [(&str, &Wallet, Vec<Instruction>, &str); 4] = [
        ("a lamport of the payer", &a, pay(5), "account"),
        ("a lamport of the receiver", &b, pay(5), "account"),
        ("a lamport of a signer", &c, vec![memo(b"x", &[&c.key()])], "account"),
        ("a lamport that is missing", &a, pay(FUNDS - 5_000 + 1), "result"),
    ];
    let mut missed = Vec::new();
    for (what, whom, instructions, part) in cases {
        let found = |planted: u64| {
            let mut pair = Pair::new();
            [&a, &b, &c].into_iter().for_each(|wallet| pair.fund(&wallet.key(), FUNDS));
            pair.plant(&whom.key(), planted);
            pair.send(what, &instructions, &[&a, &c]);
            pair.differences.iter().any(|difference| difference.contains(&format!(": {part}\n")))
        };
        // Nothing is found where nothing was planted.
        if !found(1) || found(0) {
            missed.push(what);
        }
    }
    missed
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_planted_difference_of_one_lamport_is_found() {
        assert_eq!(super::missed(), Vec::<&str>::new());
    }
}
