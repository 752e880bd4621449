//! Every cell of the image table, with real values there and back, and the page that is printed from it.

mod common;

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use common::{abis::ABIS, value_of};
use hexapla_abi::{
    Abi, Field, I256, IMAGE_TABLE, Image, ImageError, Type, U256, Value, Variant,
    image::{Kind, Rule},
    image_of,
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

/// Values per cell.
const VALUES: usize = 64;

/// Types of each kind; together they have every kind.
fn samples() -> Vec<Type> {
    let uint = |bits| Type::Uint { bits };
    let int = |bits| Type::Int { bits };
    let structure = |fields| Type::Struct { name: "Position".into(), fields };
    let enumeration = |variants| Type::Enum { name: "Side".into(), variants };
    let numbered = |count: usize| (0..count).map(|n| Variant::new(&format!("V{n}"), Type::Unit)).collect();
    let map = |key, value| Type::Map(Box::new(key), Box::new(value));
    let mut types = vec![Type::Bool, Type::Felt, Type::Address, Type::Bytes, Type::String, Type::Unit, Type::Function];
    types.extend((1..=32).map(|bytes| uint(bytes * 8)));
    types.extend((1..=32).map(|bytes| int(bytes * 8)));
    types.extend([0, 1, 31, 32, 33, 64].map(Type::FixedBytes));
    types.extend([0, 1, 31, 32, 64].map(Type::FixedString));
    types.extend([Type::array(uint(24)), Type::array(Type::Bool), Type::option(uint(64)), Type::option(Type::Felt)]);
    types.extend([Type::fixed_array(int(24), 3), Type::fixed_array(uint(64), 0)]);
    types.extend([Type::Tuple(vec![]), Type::Tuple(vec![uint(8), Type::option(Type::Unit)])]);
    types.extend([
        structure(vec![]),
        structure(vec![Field::new("owner", Type::Address), Field::new("felt", Type::Felt)]),
    ]);
    types.extend([enumeration(numbered(1)), enumeration(numbered(256)), enumeration(numbered(257))]);
    types.push(enumeration(vec![
        Variant::new("None", Type::Unit),
        Variant::new("Limit", Type::Tuple(vec![uint(64), Type::option(Type::Bool)])),
        Variant::new("Empty", Type::Tuple(vec![])),
    ]));
    types.extend([Type::Bytes, Type::String, Type::array(Type::option(uint(64)))].map(Type::rest));
    types.extend([Type::Constant([0, 1].into()), Type::Constant(Default::default())]);
    types.extend([map(Type::String, uint(64)), map(Type::Felt, Type::Bool), map(Type::array(Type::Bool), Type::Unit)]);
    types
}

fn values(ty: &Type) -> Vec<Value> {
    let mut runner = TestRunner::deterministic();
    let strategy = value_of(ty);
    (0..VALUES).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

#[test]
fn the_samples_have_every_kind_and_the_table_has_each_once() {
    let kinds = samples().iter().map(Kind::of).collect::<BTreeSet<_>>();
    let rows = IMAGE_TABLE.iter().map(|row| row.kind).collect::<BTreeSet<_>>();
    assert_eq!(kinds, rows);
    assert_eq!(rows.len(), IMAGE_TABLE.len());
}

#[test]
fn every_cell_translates_there_and_back_or_refuses() {
    let mut cells = BTreeSet::new();
    for ty in samples() {
        for from in ABIS.into_iter().filter(|from| from.check_type(&ty).is_ok()) {
            for to in ABIS {
                let kind = Kind::of(&ty);
                let rule = kind.rule(to);
                cells.insert((kind, to));
                match Image::new(&ty, from, to) {
                    Err(ImageError::NoImage { reason, .. }) => {
                        assert_eq!(rule, Rule::Refused(reason), "{ty} in {to:?}")
                    }
                    Err(other) => panic!("{ty} from {from:?} to {to:?}: {other}"),
                    Ok(image) => {
                        assert!(from == to || !matches!(rule, Rule::Refused(_)), "{ty} in {to:?}");
                        lossless(&image, to);
                    }
                }
            }
        }
    }
    assert_eq!(cells.len(), IMAGE_TABLE.len() * ABIS.len(), "a cell was not reached");
}

fn lossless(image: &Image, to: Abi) {
    to.check_type(image.image()).unwrap();
    for value in values(image.source()) {
        let shown = image.show(value.clone()).unwrap();
        shown.check(image.image()).unwrap();
        assert_eq!(image.read(shown).unwrap(), value, "{} in {to:?}", image.source());
    }
}

/// What `number` is read as, where a type is shown by a number.
fn read(ty: &Type, from: Abi, to: Abi, shown: Value) -> Result<Value, ImageError> {
    let image = Image::new(ty, from, to).unwrap();
    shown.check(image.image()).unwrap();
    image.read(shown)
}

#[test]
fn a_number_that_does_not_fit_the_source_is_refused() {
    let uint = Type::Uint { bits: 24 };
    let limit = 1_u32 << 24;
    assert_eq!(read(&uint, Abi::Solidity, Abi::Borsh, Value::uint(limit - 1)), Ok(Value::uint(limit - 1)));
    assert!(read(&uint, Abi::Solidity, Abi::Borsh, Value::uint(limit)).is_err());

    let int = Type::Int { bits: 24 };
    let number = |n: i32| Value::Int(I256::try_from(n).unwrap());
    assert_eq!(read(&int, Abi::Solidity, Abi::Bcs, number(-(1 << 23))), Ok(number(-(1 << 23))));
    assert!(read(&int, Abi::Solidity, Abi::Bcs, number(-(1 << 23) - 1)).is_err());
    assert_eq!(read(&int, Abi::Solidity, Abi::Fuel, Value::uint(u32::MAX)), Ok(number(-1)));
    assert!(read(&int, Abi::Solidity, Abi::Fuel, Value::uint(1_u32 << 23)).is_err());

    let prime = hexapla_abi::types::felt_prime();
    assert!(read(&Type::Felt, Abi::Cairo, Abi::Solidity, Value::Uint(prime - U256::ONE)).is_ok());
    assert!(read(&Type::Felt, Abi::Cairo, Abi::Solidity, Value::Uint(prime)).is_err());
}

#[test]
fn what_stands_for_no_value_is_refused() {
    let option = Type::option(Type::Bool);
    let two = Value::Array(vec![Value::Bool(true), Value::Bool(true)]);
    assert!(read(&option, Abi::Borsh, Abi::Solidity, two).is_err());
    assert!(read(&Type::Unit, Abi::Borsh, Abi::Solidity, Value::Bool(true)).is_err());
    assert!(read(&Type::FixedBytes(33), Abi::Borsh, Abi::Solidity, Value::bytes([0; 32])).is_err());

    let variants = |payload| vec![Variant::new("None", Type::Unit), Variant::new("Some", payload)];
    let plain = Type::Enum { name: "Side".into(), variants: variants(Type::Unit) };
    assert!(read(&plain, Abi::Borsh, Abi::Solidity, Value::uint(1_u8)).is_ok());
    assert!(read(&plain, Abi::Borsh, Abi::Solidity, Value::uint(2_u8)).is_err());

    let sum = Type::Enum { name: "Side".into(), variants: variants(Type::Bool) };
    let tagged = |variant: u8, items: usize| {
        let list = Value::Array(vec![Value::Bool(true); items]);
        let fields = vec![("variant".into(), Value::uint(variant)), ("Some".into(), list)];
        read(&sum, Abi::Borsh, Abi::Solidity, Value::Struct { name: "Side".into(), fields })
    };
    assert!(tagged(0, 0).is_ok() && tagged(1, 1).is_ok());
    for (variant, items) in [(0, 1), (1, 0), (1, 2), (2, 0), (2, 1)] {
        assert!(tagged(variant, items).is_err(), "variant {variant} with {items}");
    }
}

#[test]
fn the_page_of_types_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/types.md");
    let page = page();
    if std::env::var("UPDATE_EXPECT").is_ok_and(|how| how == "overwrite") {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/types.md is not what the table says; UPDATE_EXPECT=overwrite writes it");
}

fn page() -> String {
    let mut page = String::from(PAGE_HEAD);
    page.push_str("| a type | Solidity | Borsh | BCS | Cairo | Fuel |\n|---|---|---|---|---|---|\n");
    let mut refusals = BTreeSet::new();
    for row in IMAGE_TABLE {
        write!(page, "| {} |", row.name).unwrap();
        for abi in Abi::ALL {
            let cell = match row.rule(abi) {
                Rule::Same => "=".to_owned(),
                Rule::Refused(reason) => {
                    refusals.insert(format!("- {} in {}: {reason}.\n", row.name, abi.name()));
                    "refused".to_owned()
                }
                rule => rule.words().to_owned(),
            };
            write!(page, " {cell} |").unwrap();
        }
        page.push('\n');
    }
    page.push_str("\nRefused:\n\n");
    page.extend(refusals);
    page.push_str("\n## Examples\n\n| from | type | in | image |\n|---|---|---|---|\n");
    let tagged = Type::Enum {
        name: "Order".into(),
        variants: vec![Variant::new("Market", Type::Unit), Variant::new("Limit", Type::Uint { bits: 64 })],
    };
    let map = Type::Map(Box::new(Type::String), Box::new(Type::Uint { bits: 64 }));
    for (from, ty, to) in [
        (Abi::Borsh, Type::option(Type::Address), Abi::Solidity),
        (Abi::Borsh, tagged, Abi::Solidity),
        (Abi::Borsh, map, Abi::Solidity),
        (Abi::Cairo, Type::Felt, Abi::Solidity),
        (Abi::Solidity, Type::Uint { bits: 24 }, Abi::Borsh),
        (Abi::Solidity, Type::Int { bits: 256 }, Abi::Cairo),
        (Abi::Solidity, Type::Function, Abi::Bcs),
    ] {
        let image = image_of(&ty, from, to).unwrap();
        writeln!(page, "| {} | `{ty}` | {} | `{image}` |", from.name(), to.name()).unwrap();
    }
    page.push_str(PAGE_FOOT);
    page
}

const PAGE_HEAD: &str = "# Types across ABIs

Printed from the table in `crates/abi/src/image/table.rs`, each cell of which a test fills with values, there and back.

What a type of any ABI is in another: `=` is the type itself in the other ABI's own form (`u64` of Borsh is `uint64` of
Solidity), its parts being translated by their own rows. A value that stands for none of the source type is refused;
nothing is truncated. Widths that only Solidity has, such as `uint24`, become the next of 8, 16, 32, 64, 128 and 256 bits.

";

const PAGE_FOOT: &str = "
## Why so

- **Option** is a list of no or one element in Solidity: `none` needs no made-up value, so that each value has one form.
- **Enums with payloads** hold a list per variant for the same reason, and the payload stays typed, which `bytes` is not.
- **Signed integers** where the ABI has none (Fuel), or none of that width (Cairo above 128 bits), are unsigned numbers in
  two's complement: every bit pattern that fits means one number. Read them with the language's own conversion.
- **Maps** become lists in any order. A key that comes twice is refused when the map is encoded.
- **Generic types** are instantiated before they come here; each instance is a type of its own.
- **Several results** are the same list of results everywhere: a tuple in Move, Cairo and Sway, a tuple struct in Rust.
- **Floating-point numbers** of Borsh are their bits, as fixed bytes.
";
