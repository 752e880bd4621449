//! Solidity that is generated from interfaces with hostile names always compiles: what solc asks of it is checked here
//! without solc. `check/run.sh` gives the files that this test writes to solc itself.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use hexapla_abi::{
    Abi, AccountLayout, AccountParam, AccountSource, B256, CustomError, Event, EventParam, Field, Function, Interface,
    Mutability, Param, Seed, Type, Variant,
    names::Language,
    solidity::{signature_of, type_name},
};
use hexapla_bind::{Options, Target, bind};

/// Interfaces that are made.
const INTERFACES: usize = 500;

/// Names that are none, that mean something in Solidity, or that others become in another style.
const NAMES: &[&str] = &[
    "",
    " ",
    "_",
    "__",
    "$",
    "0",
    "9lives",
    "a",
    "A",
    "I",
    "Contract",
    "IContract",
    "transfer",
    "Transfer",
    "TRANSFER",
    "total_supply",
    "totalSupply",
    "total_supply_",
    "totalSupply_",
    "TotalSupply",
    "hx_00",
    "hh_00",
    "address",
    "mapping",
    "function",
    "interface",
    "contract",
    "event",
    "error",
    "Error",
    "Panic",
    "struct",
    "uint256",
    "uint",
    "uint7",
    "bytes32",
    "bytes33",
    "int",
    "fixed",
    "ufixed128x18",
    "revert",
    "require",
    "assert",
    "this",
    "super",
    "now",
    "tx",
    "msg",
    "block",
    "abi",
    "type",
    "from",
    "layout",
    "transient",
    "at",
    "leave",
    "constructor",
    "fallback",
    "receive",
    "virtual",
    "override",
    "immutable",
    "unchecked",
    "using",
    "let",
    "assembly",
    "true",
    "null",
    "wei",
    "days",
    "hex",
    "unicode",
    "memory",
    "calldata",
    "storage",
    "payable",
    "view",
    "external",
    "indexed",
    "anonymous",
    "returns",
    "arg0",
    "arg1",
    "AccountMeta",
    "invoke",
    "invokeSigned",
    "readPool",
    "read_pool",
    "Pool",
    "Tuple",
    "Tuple_2",
    "COption",
    "grüß",
    "名",
    "😀",
    "a b",
    "a-b",
    "a.b",
    "a::b",
    "a\nb",
    "a*/b",
    "/*",
    "*/",
    "//",
    "\u{202e}abc",
    "\u{0}",
    "@notice",
    "many_msg_babbage",
    "collate_propagate_storage",
    "burn",
    "keccak256",
    "gasleft",
    "blockhash",
    "selfdestruct",
    "Self",
    "r#type",
    "\"; }",
    "}",
    "\\",
    "very_long_name_that_goes_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_\
     on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on",
];

/// Numbers that look random and are the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn name(&mut self) -> String {
        let name = NAMES[self.roll(NAMES.len())].to_owned();
        // Now and then several become one.
        if self.roll(6) == 0 { name + NAMES[self.roll(NAMES.len())] } else { name }
    }

    fn ty(&mut self, depth: usize) -> Type {
        let inner = |dice: &mut Self| Box::new(dice.ty(depth - 1));
        match self.roll(if depth == 0 { 9 } else { 15 }) {
            0 => Type::Bool,
            1 => Type::Uint { bits: [8, 24, 64, 256][self.roll(4)] },
            2 => Type::Int { bits: [8, 64, 256][self.roll(3)] },
            3 => Type::Address,
            4 => Type::Bytes,
            5 => Type::FixedBytes([0, 1, 32, 64][self.roll(4)]),
            6 | 7 => Type::String,
            8 => [Type::Unit, Type::Function, Type::Felt][self.roll(3)].clone(),
            9 => Type::Array(inner(self)),
            10 => Type::FixedArray(inner(self), [0, 1, 3, 1 << 24][self.roll(4)]),
            11 => Type::Option(inner(self)),
            12 => Type::Tuple((0..self.roll(4)).map(|_| self.ty(depth - 1)).collect()),
            13 => {
                let fields = (0..self.roll(5)).map(|_| Field::new(&self.name(), self.ty(depth - 1)));
                Type::Struct { fields: fields.collect(), name: self.name().into() }
            }
            _ => {
                let variants = (0..1 + self.roll(3)).map(|_| Variant::new(&self.name(), self.ty(depth - 1)));
                Type::Enum { variants: variants.collect(), name: self.name().into() }
            }
        }
    }

    fn params(&mut self) -> Vec<Param> {
        (0..self.roll(5)).map(|_| Param::new(&self.name(), self.ty(3))).collect()
    }

    fn account(&mut self) -> AccountParam {
        let source = match self.roll(5) {
            0 => AccountSource::Fixed(B256::repeat_byte(7)),
            1 => AccountSource::Derived {
                program: None,
                seeds: vec![Seed::Const(self.name().into_bytes().into()), Seed::Account(self.name().into())],
            },
            _ => AccountSource::Given,
        };
        let (writable, signer, optional) = (self.roll(2) == 0, self.roll(6) == 0, self.roll(4) == 0);
        AccountParam { name: self.name().into(), writable, signer, optional, source }
    }

    fn function(&mut self, abi: Abi) -> Function {
        let (name, inputs, outputs) = (self.name(), self.params(), self.params());
        let accounts = if abi == Abi::Borsh { (0..self.roll(4)).map(|_| self.account()).collect() } else { Vec::new() };
        let mutability =
            [Mutability::Pure, Mutability::View, Mutability::NonPayable, Mutability::Payable][self.roll(4)];
        let selector = u64::try_from(self.roll(1 << 30)).unwrap().to_le_bytes().to_vec().into();
        let mut function = Function { name, inputs, outputs, mutability, accounts, selector, ..Function::default() };
        if abi == Abi::Solidity
            && let Ok(signature) = signature_of(&function.name, function.input_types())
            && let Ok(known) = Function::from_solidity_signature(&signature)
        {
            (function.signature, function.selector) = (signature, known.selector);
        }
        function
    }

    fn interface(&mut self) -> Interface {
        let abi = Abi::ALL[self.roll(Abi::ALL.len())];
        let mut functions = (0..self.roll(8)).map(|_| self.function(abi)).collect::<Vec<_>>();
        // The same again: solc knows overloads by their types alone.
        functions.extend(functions.first().cloned().filter(|_| self.roll(2) == 0));
        let events = (0..self.roll(4)).map(|_| {
            let fields = self.params().into_iter();
            let fields = fields.map(|param| EventParam { name: param.name, ty: param.ty, indexed: self.roll(3) == 0 });
            let (fields, name) = (fields.collect(), self.name());
            Event { name, fields, topic: (self.roll(4) > 0).then(|| B256::repeat_byte(9)), signature: String::new() }
        });
        let events = events.collect();
        let errors = (0..self.roll(5)).map(|_| {
            let (name, inputs, message) = (self.name(), self.params(), self.name());
            let selector = u32::try_from(self.roll(1 << 30)).unwrap().to_le_bytes().to_vec().into();
            CustomError { signature: format!("{name}()"), name, inputs, message, selector }
        });
        let errors = errors.collect();
        let layouts = (0..if abi == Abi::Borsh { self.roll(3) } else { 0 })
            .map(|_| AccountLayout { name: self.name(), discriminator: Vec::new().into(), ty: self.ty(3) })
            .collect();
        Interface { name: self.name(), abi, functions, events, errors, layouts, ..Interface::default() }
    }
}

/// Words and signs of Solidity, without comments.
fn tokens(source: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for line in source.lines() {
        let code = line.split("//").next().unwrap();
        let mut word = String::new();
        for c in code.chars() {
            if c.is_ascii_alphanumeric() || "_$.>=".contains(c) {
                word.push(c);
                continue;
            }
            tokens.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            assert!(c == ' ' || "{}()[];,".contains(c), "{c:?} in {line:?}");
            tokens.extend((c != ' ').then(|| c.to_string()));
        }
        tokens.extend((!word.is_empty()).then_some(word));
    }
    tokens
}

/// Words that may be names although Solidity knows them in places.
const SOFT: &str = "error from layout transient revert now tx msg abi require assert selfdestruct addmod mulmod keccak256 \
    sha256 ripemd160 ecrecover block at leave";

fn assert_name(name: &str, all: &str) {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let body = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    assert!(begins && body && name != "_", "{name:?} is no name in\n{all}");
    let soft = SOFT.split_ascii_whitespace().any(|word| word == name);
    assert!(soft || !Language::Solidity.reserves(name), "{name:?} is reserved in\n{all}");
}

fn is_builtin_type(word: &str) -> bool {
    matches!(word, "bool" | "address" | "bytes" | "string" | "function")
        || type_name(&Type::U256).is_ok()
            && ["uint", "int", "bytes"]
                .iter()
                .any(|kind| word.strip_prefix(kind).is_some_and(|digits| digits.parse::<u16>().is_ok()))
}

/// What solc asks: names are names, differ where they must, and types are known.
fn check(source: &str) {
    let tokens = tokens(source);
    let body = tokens.iter().position(|token| token == "interface").unwrap();
    let interface = &tokens[body + 1];
    assert_name(interface, source);
    let mut structs = BTreeSet::new();
    let (mut functions, mut others) = (BTreeSet::new(), BTreeSet::from([interface.clone()]));
    let (mut signatures, mut events) = (BTreeSet::new(), BTreeSet::new());
    let mut types = Vec::new();
    let mut at = body + 3;
    while tokens[at] != "}" {
        let kind = tokens[at].as_str();
        if kind == "receive" || kind == "fallback" {
            at += tokens[at..].iter().position(|token| token == ";").unwrap() + 1;
            continue;
        }
        let name = tokens[at + 1].clone();
        assert_name(&name, source);
        let (open, close, separator) = if kind == "struct" { ("{", "}", ";") } else { ("(", ")", ",") };
        assert_eq!(tokens[at + 2], open, "{source}");
        let end = |from: usize, close: &str| from + tokens[from..].iter().position(|token| token == close).unwrap();
        let mut scope = BTreeSet::new();
        let mut signature = Vec::new();
        let mut list = |from: usize, to: usize, names: bool, signature: &mut Vec<String>| {
            let items = tokens[from..to].split(|token| token == separator).filter(|item| !item.is_empty());
            for item in items {
                let kept = |token: &&String| !["calldata", "memory", "indexed"].contains(&token.as_str());
                let item = item.iter().filter(kept).cloned().collect::<Vec<_>>();
                // A function type is `function ( ) external`.
                let base = if item[0] == "function" { 4 } else { 1 };
                let dimensions = item.iter().rposition(|token| token == "]").map_or(base, |last| last + 1);
                let rest = &item[dimensions..];
                types.push(item[0].clone());
                signature.push(item[..dimensions].concat());
                match rest {
                    [] => assert!(!names, "a field has no name in\n{source}"),
                    [name] => {
                        assert_name(name, source);
                        assert!(scope.insert(name.clone()), "{name} twice in\n{source}");
                    }
                    _ => panic!("{item:?} in\n{source}"),
                }
            }
        };
        // A function type has brackets of its own.
        let mut to = end(at, close);
        while tokens[to + 1] == "external" && separator == "," && tokens[to - 1] == "(" && to - 1 != at + 2 {
            to = to + 1 + tokens[to + 1..].iter().position(|token| token == close).unwrap();
        }
        list(at + 3, to, kind == "struct", &mut signature);
        let signature_of_item = (name.clone(), signature.clone());
        let mut next = to + 1;
        if kind == "function" {
            let last = end(to, ";");
            if let Some(returns) = tokens[to..last].iter().position(|token| token == "returns") {
                list(to + returns + 2, last - 1, false, &mut Vec::new());
            }
            next = last;
            functions.insert(name.clone());
            assert!(signatures.insert(signature_of_item), "{name} twice in\n{source}");
        } else if kind == "event" {
            next = end(to, ";");
            assert!(events.insert(signature_of_item), "{name} twice in\n{source}");
            assert!(!functions.contains(&name) && !others.contains(&format!("error {name}")), "{name} in\n{source}");
        } else {
            assert!(others.insert(name.clone()), "{name} twice in\n{source}");
            assert!(kind == "struct" || !["Error", "Panic"].contains(&name.as_str()), "{name} in\n{source}");
            structs.extend((kind == "struct").then(|| name.clone()));
        }
        at = next + usize::from(tokens[next] == ";");
    }
    assert!(functions.is_disjoint(&others), "a function shares its name in\n{source}");
    for ty in types {
        assert!(is_builtin_type(&ty) || structs.contains(&ty), "the type {ty} is not declared in\n{source}");
    }
}

#[test]
fn solidity_of_interfaces_with_hostile_names_has_legal_different_names_and_known_types() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    let mut declared = 0;
    for seed in 0..INTERFACES {
        let interface = Arc::new(Dice(seed as u64 * 7919).interface());
        let binding = bind(&interface, Target::Solidity, &Options::default());
        let source = &binding.files[0].content;
        check(source);
        let items = interface.functions.len() + interface.events.len() + interface.errors.len();
        declared += items;
        let folder = folder.join(seed.to_string()).join("solidity");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("I.sol"), source).unwrap();
    }
    assert!(declared > INTERFACES, "there is something to declare");
}

#[test]
fn every_hostile_name_alone_gives_a_parameter_that_compiles() {
    for name in NAMES {
        let inputs = vec![Param::new(name, Type::String), Param::new(name, Type::U256)];
        let function =
            Function { name: "f".into(), inputs, signature: "f(string,uint256)".into(), ..Function::default() };
        let interface = Interface { functions: vec![function], name: (*name).into(), ..Interface::default() };
        let binding = bind(&Arc::new(interface), Target::Solidity, &Options::default());
        assert_eq!(binding.left_out, [], "{name:?}");
        check(&binding.files[0].content);
    }
}
