//! Contracts as text: one function on each line, a name and its steps in reverse Polish notation.
//!
//! ```text
//! # Arguments stand on the stack before the first step.
//! double: 2 *
//! keep: put
//! kept: get
//! triple: call 0x5FbDB2315678afecb367f032d93F642f64180aa3 triple
//! ```
//!
//! A program is checked when it is read: each function's arguments and results are counted, so that a step finds its
//! operands whenever the caller has given as many arguments as the function takes. There are no loops, so a call takes no
//! more steps than the program has.

use hexapla_primitives::Address;

/// Most bytes of a program.
pub const PROGRAM_BYTES_MAX: usize = 4096;
/// Most functions of a program.
pub const FUNCTIONS_MAX: usize = 64;
/// Most bytes of a function's name: it is named in calls with one byte of length.
pub const FUNCTION_NAME_BYTES_MAX: usize = 64;
/// Most arguments or results of a function.
pub const ARITY_MAX: usize = 8;

/// Why a text is not a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// It is too long.
    #[error("the program has {0} bytes; at most {PROGRAM_BYTES_MAX} are allowed")]
    TooLong(usize),
    /// It is not text.
    #[error("the program is not UTF-8 text")]
    NotText,
    /// It has no function.
    #[error("the program has no function; write a line such as `double: 2 *`")]
    Empty,
    /// It has too many functions.
    #[error("the program has more than {FUNCTIONS_MAX} functions")]
    TooMany,
    /// A line is not a function.
    #[error("line {line} is not a function; write `name: steps`")]
    NoName {
        /// Which line, counted from one.
        line: usize,
    },
    /// A name cannot be one of a function.
    #[error(
        "line {line}: {name:?} is not a name: up to {FUNCTION_NAME_BYTES_MAX} of `a` to `z`, `0` to `9` and `_`, a letter first"
    )]
    BadName {
        /// Which line.
        line: usize,
        /// The name.
        name: String,
    },
    /// Two functions have the same name.
    #[error("line {line}: there is a function {name:?} already")]
    SameName {
        /// Which line.
        line: usize,
        /// The name.
        name: String,
    },
    /// A word is not a step.
    #[error("line {line}: {word:?} is not a step; steps are numbers below 2^64, + - * / get put call try")]
    BadStep {
        /// Which line.
        line: usize,
        /// The word.
        word: String,
    },
    /// Behind `call` or `try` does not stand what is called.
    #[error(
        "line {line}: write the callee's address and function behind `call`, e.g. `call 0x5FbDB2315678afecb367f032d93F642f64180aa3 double`"
    )]
    BadCallee {
        /// Which line.
        line: usize,
    },
    /// A function takes or gives too much.
    #[error(
        "line {line}: the function takes {inputs} arguments and gives {outputs} results; at most {ARITY_MAX} each are allowed"
    )]
    Arity {
        /// Which line.
        line: usize,
        /// Its arguments.
        inputs: usize,
        /// Its results.
        outputs: usize,
    },
}

/// A step of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Puts a number on the stack.
    Push(u64),
    /// Replaces the two topmost numbers.
    Arithmetic(Operator),
    /// Puts the contract's word on the stack.
    Get,
    /// Takes a number off the stack into the contract's word.
    Put,
    /// Replaces the topmost number by what another contract makes of it.
    Call(Callee),
    /// The same; above it stands 0, or 1 where the call failed and the number is the failure's.
    Try(Callee),
}

/// What arithmetic does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
}

/// A function of another contract, of any VM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callee {
    /// The contract's canonical address.
    pub contract: Address,
    /// The function's name, as this VM's ABI has it.
    pub function: String,
    /// Whether its argument has 256 bits, written `name:u256`; else it has 64.
    pub is_wide: bool,
}

impl Step {
    /// How many numbers it takes off the stack, and how many it leaves.
    const fn effect(&self) -> (usize, usize) {
        match self {
            Self::Push(_) | Self::Get => (0, 1),
            Self::Arithmetic(_) => (2, 1),
            Self::Put => (1, 0),
            Self::Call(_) => (1, 1),
            Self::Try(_) => (1, 2),
        }
    }
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its steps.
    pub steps: Vec<Step>,
    /// How many arguments it takes.
    pub inputs: usize,
    /// How many results it gives.
    pub outputs: usize,
}

/// A contract's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    functions: Vec<Function>,
}

impl Program {
    /// Reads a program.
    ///
    /// # Errors
    ///
    /// A [`ProgramError`] that names the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProgramError> {
        if bytes.len() > PROGRAM_BYTES_MAX {
            return Err(ProgramError::TooLong(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ProgramError::NotText)?;
        let mut functions: Vec<Function> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            let function = read_function(line, index.saturating_add(1))?;
            if functions.iter().any(|known| known.name == function.name) {
                return Err(ProgramError::SameName { line: index.saturating_add(1), name: function.name });
            }
            if functions.len() >= FUNCTIONS_MAX {
                return Err(ProgramError::TooMany);
            }
            functions.push(function);
        }
        if functions.is_empty() { Err(ProgramError::Empty) } else { Ok(Self { functions }) }
    }

    /// The functions, in the order of the text.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The function with this name.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }
}

/// Whether a text can be the name of a function.
pub fn is_function_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= FUNCTION_NAME_BYTES_MAX
        && name.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
        && name.bytes().all(is_part)
}

fn read_function(line: &str, number: usize) -> Result<Function, ProgramError> {
    let (name, steps) = line.split_once(':').ok_or(ProgramError::NoName { line: number })?;
    let name = name.trim().to_owned();
    if !is_function_name(&name) {
        return Err(ProgramError::BadName { line: number, name });
    }
    let mut words = steps.split_whitespace();
    let mut read = Vec::new();
    while let Some(word) = words.next() {
        read.push(read_step(word, &mut words, number)?);
    }
    let (inputs, outputs) = arity(&read);
    if inputs > ARITY_MAX || outputs > ARITY_MAX {
        return Err(ProgramError::Arity { line: number, inputs, outputs });
    }
    Ok(Function { name, steps: read, inputs, outputs })
}

fn read_step<'t>(word: &str, words: &mut impl Iterator<Item = &'t str>, line: usize) -> Result<Step, ProgramError> {
    Ok(match word {
        "+" => Step::Arithmetic(Operator::Add),
        "-" => Step::Arithmetic(Operator::Sub),
        "*" => Step::Arithmetic(Operator::Mul),
        "/" => Step::Arithmetic(Operator::Div),
        "get" => Step::Get,
        "put" => Step::Put,
        "call" => Step::Call(read_callee(words).ok_or(ProgramError::BadCallee { line })?),
        "try" => Step::Try(read_callee(words).ok_or(ProgramError::BadCallee { line })?),
        word => Step::Push(read_number(word).ok_or_else(|| ProgramError::BadStep { line, word: word.to_owned() })?),
    })
}

/// A number in decimal digits and nothing else: `+1` is none.
pub fn read_number(word: &str) -> Option<u64> {
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| word.parse().ok()).flatten()
}

fn read_callee<'t>(words: &mut impl Iterator<Item = &'t str>) -> Option<Callee> {
    let contract = words.next().filter(|word| word.starts_with("0x"))?.parse().ok()?;
    let function = words.next()?;
    let (name, is_wide) = match function.strip_suffix(":u256") {
        Some(name) => (name, true),
        None => (function, false),
    };
    is_function_name(name).then(|| Callee { contract, function: name.to_owned(), is_wide })
}

/// The arguments that steps need, and the results that they leave.
fn arity(steps: &[Step]) -> (usize, usize) {
    let (mut inputs, mut depth) = (0_usize, 0_usize);
    for step in steps {
        let (takes, leaves) = step.effect();
        let missing = takes.saturating_sub(depth);
        inputs = inputs.saturating_add(missing);
        depth = depth.saturating_add(missing).saturating_sub(takes).saturating_add(leaves);
    }
    (inputs, depth)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arities(text: &str) -> Vec<(usize, usize)> {
        let program = Program::parse(text.as_bytes()).unwrap();
        program.functions().iter().map(|function| (function.inputs, function.outputs)).collect()
    }

    #[test]
    fn arguments_and_results_follow_from_the_steps() {
        let address = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
        let text = format!("# a comment\n\none: 1\nadd: +\nkeep: put\nsum: + +\nask: try {address} triple:u256");
        assert_eq!(arities(&text), [(0, 1), (2, 1), (1, 0), (3, 1), (1, 2)]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let error = |text: &str| Program::parse(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error(""), "the program has no function; write a line such as `double: 2 *`");
        assert_eq!(error("\n2 *"), "line 2 is not a function; write `name: steps`");
        assert_eq!(
            error("a: 18446744073709551616"),
            "line 1: \"18446744073709551616\" is not a step; steps are numbers below 2^64, + - * / get put call try"
        );
        assert!(error("a: call 0x12 f").starts_with("line 1: write the callee's address"));
        assert!(error("A: 1").starts_with("line 1: \"A\" is not a name"));
        assert!(error("a: 1\na: 2").ends_with("there is a function \"a\" already"));
        assert!(error("a: + + + + + + + + +").contains("takes 10 arguments"));
        assert!(error(&"a".repeat(PROGRAM_BYTES_MAX + 1)).contains("at most 4096"));
        let many = (0..=FUNCTIONS_MAX).map(|number| format!("f{number}: 1\n")).collect::<String>();
        assert_eq!(Program::parse(many.as_bytes()).unwrap_err(), ProgramError::TooMany);
        assert_eq!(Program::parse(&[0xff]).unwrap_err(), ProgramError::NotText);
    }
}
