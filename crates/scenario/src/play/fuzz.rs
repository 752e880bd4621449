//! Random values of the types of an interface, and smaller ones.

use crate::{
    format::LIST_MAX,
    problem::{Problem, Result},
    world::names::Names,
};
use alloy_primitives::I256;
use hexapla_abi::{Tree, Type};
use hexapla_primitives::{Address, U256};
use proptest::{
    collection::vec,
    prelude::{BoxedStrategy, Just, Strategy, any},
    prop_oneof,
    strategy::{NewTree, Union, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// Values under names.
pub(super) type Values = Vec<(String, Tree)>;

/// Random values, the same for the same seed.
pub(super) struct Random {
    runner: TestRunner,
    strategy: BoxedStrategy<Values>,
}

/// A case that can be made smaller.
pub(super) struct Shrinking(Box<dyn ValueTree<Value = Values>>);

impl Random {
    pub(super) fn next(&mut self) -> Result<Shrinking> {
        let tree = self.strategy.new_tree(&mut self.runner);
        tree.map(Shrinking).map_err(|reason| Problem::new("hexapla::scenario::cases", reason.message().to_owned()))
    }
}

impl Shrinking {
    pub(super) fn current(&self) -> Values {
        self.0.current()
    }

    /// Makes it smaller; whether there is something smaller.
    pub(super) fn simplify(&mut self) -> bool {
        self.0.simplify()
    }

    /// Takes back a part of the last step, which went too far; whether there is something between.
    pub(super) fn complicate(&mut self) -> bool {
        self.0.complicate()
    }
}

/// Values of these types; numbers from the first bound to the second. Addresses are often those that have names.
pub(super) fn values(types: &[(String, Type, U256, U256)], seed: u64, names: &Names) -> Random {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { failure_persistence: None, ..Config::default() };
    let runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let known = names.iter().map(|(_, address)| address).collect::<Vec<_>>();
    let strategies = types.iter().map(|(name, ty, min, max)| {
        let name = name.clone();
        let of_type = if matches!(ty, Type::Uint { .. }) { between(*min, *max) } else { of_type(ty, &known) };
        of_type.prop_map(move |tree| (name.clone(), tree)).boxed()
    });
    Random { runner, strategy: strategies.collect::<Vec<_>>().boxed() }
}

fn of_type(ty: &Type, known: &[Address]) -> BoxedStrategy<Tree> {
    match ty {
        Type::Bool => any::<bool>().prop_map(Tree::Bool).boxed(),
        Type::Uint { bits } => between(U256::ZERO, U256::MAX >> (256 - usize::from(*bits))),
        Type::Int { bits } => {
            let unused = 256 - usize::from(*bits);
            word().prop_map(move |word| Tree::String(I256::from_raw(word << unused).asr(unused).to_string())).boxed()
        }
        Type::Address => {
            let random = any::<[u8; 20]>().prop_map(|bytes| Tree::String(Address::from(bytes).to_string()));
            let named = known.iter().map(|address| Just(Tree::String(address.to_string())).boxed());
            // The smallest is the first.
            let zero = Just(Tree::String(Address::ZERO.to_string())).boxed();
            let all = [zero].into_iter().chain(named).collect::<Vec<_>>();
            prop_oneof![Union::new(all), random].boxed()
        }
        Type::FixedBytes(length) => vec(any::<u8>(), *length).prop_map(hex).boxed(),
        Type::Bytes => vec(any::<u8>(), 0..=LIST_MAX).prop_map(hex).boxed(),
        Type::String => {
            let letters = vec(any::<char>(), 0..=LIST_MAX);
            // A text that begins with `$` would be a reference.
            letters.prop_map(|letters| Tree::String(letters.into_iter().collect::<String>().replace('$', ""))).boxed()
        }
        Type::Array(item) => vec(of_type(item, known), 0..=LIST_MAX).prop_map(Tree::Array).boxed(),
        Type::FixedArray(item, length) => vec(of_type(item, known), *length).prop_map(Tree::Array).boxed(),
        Type::Tuple(types) => {
            let items = types.iter().map(|ty| of_type(ty, known)).collect::<Vec<_>>();
            items.prop_map(Tree::Array).boxed()
        }
        // The signatures by which types are named have no others.
        _ => Just(Tree::Null).boxed(),
    }
}

/// Numbers in a range, of every number of bits alike, and often its ends. The smallest is the first bound.
#[derive(Debug)]
struct Between {
    min: U256,
    max: U256,
}

/// A number from `low` to `high` for which a failure is looked for.
#[derive(Debug)]
struct Number {
    low: U256,
    number: U256,
    high: U256,
}

impl Strategy for Between {
    type Tree = Number;
    type Value = U256;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let random = (0..10_u8, word()).new_tree(runner)?;
        let number = match random.current() {
            (0, _) => self.min,
            (1, _) => self.max,
            (_, word) => match (self.max - self.min).checked_add(U256::ONE) {
                Some(count) => self.min + word % count,
                None => word,
            },
        };
        Ok(Number { low: self.min, number, high: number })
    }
}

impl Number {
    /// Halfway between the bounds; whether that is another number.
    fn move_on(&mut self) -> bool {
        let middle = self.low + ((self.high - self.low) >> 1);
        let moves = middle != self.number;
        self.number = middle;
        moves
    }
}

impl ValueTree for Number {
    type Value = U256;

    fn current(&self) -> U256 {
        self.number
    }

    fn simplify(&mut self) -> bool {
        self.high = self.number;
        self.low < self.high && self.move_on()
    }

    fn complicate(&mut self) -> bool {
        if self.number >= self.high {
            return false;
        }
        self.low = self.number + U256::ONE;
        self.move_on()
    }
}

fn between(min: U256, max: U256) -> BoxedStrategy<Tree> {
    Between { min, max }.prop_map(|number| Tree::String(number.to_string())).boxed()
}

/// Words with every number of bits alike.
fn word() -> impl Strategy<Value = U256> {
    let word = |(bits, limbs): (usize, [u64; 4])| match bits {
        0 => U256::ZERO,
        bits => U256::from_limbs(limbs) & (U256::MAX >> (256 - bits)),
    };
    (0..=256_usize, any::<[u64; 4]>()).prop_map(word)
}

fn hex(bytes: Vec<u8>) -> Tree {
    Tree::String(hexapla_primitives::Bytes::from(bytes).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hexapla_abi::value_from_tree;

    #[test]
    fn random_values_are_of_their_types_within_their_bounds_and_the_same_for_the_same_seed() {
        let types = [
            Type::Uint { bits: 8 },
            Type::U256,
            Type::Int { bits: 24 },
            Type::Bool,
            Type::Address,
            Type::Bytes,
            Type::FixedBytes(3),
            Type::String,
            Type::Array(Box::new(Type::FixedArray(Box::new(Type::Tuple(vec![Type::Bool, Type::String])), 2))),
        ];
        let bounds = |ty: &Type| match ty {
            Type::Uint { bits: 8 } => (U256::from(3), U256::from(250)),
            _ => (U256::ZERO, U256::MAX),
        };
        let typed = types.iter().map(|ty| (ty.to_string(), ty.clone(), bounds(ty).0, bounds(ty).1)).collect::<Vec<_>>();
        let cases = |seed| {
            let mut random = values(&typed, seed, &Names::default());
            (0..300).map(|_| random.next().unwrap().current()).collect::<Vec<_>>()
        };
        let seen = cases(7);
        for (ty, (_, tree)) in seen.iter().flat_map(|case| types.iter().zip(case)) {
            value_from_tree(ty, tree, &|_| None).unwrap_or_else(|error| panic!("{ty}: {error}: {tree}"));
        }
        let small = seen.iter().map(|case| case[0].1.as_str().unwrap().parse::<u64>().unwrap()).collect::<Vec<_>>();
        assert_eq!((small.iter().min(), small.iter().max()), (Some(&3), Some(&250)));
        assert_eq!(seen, cases(7));
        assert_ne!(seen, cases(8));
    }
}
