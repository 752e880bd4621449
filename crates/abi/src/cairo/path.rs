//! Cairo's types as text: `core::array::Span::<(core::felt252, core::integer::u8)>`.

use std::fmt;

use crate::{
    source::Problem,
    text::{quote, shorten},
    types::{MAX_TYPE_DEPTH, separated},
};

/// A type as the text says it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Path<'t> {
    /// A path with its generic arguments.
    Named(&'t str, Vec<Path<'t>>),
    /// `(A, B)`.
    Tuple(Vec<Path<'t>>),
    /// `[T; N]`.
    Fixed(Box<Path<'t>>, &'t str),
}

impl<'t> Path<'t> {
    /// Reads the text of a type.
    pub(super) fn parse(text: &'t str) -> Result<Self, Problem> {
        let mut reader = Reader { rest: text };
        let not_a_type = || Problem::malformed(format!("{} is not a type of Cairo", quote(&shorten(text, 80))));
        let path = reader.path(0).ok_or_else(not_a_type)?;
        if reader.rest.trim().is_empty() { Ok(path) } else { Err(not_a_type()) }
    }
}

impl fmt::Display for Path<'_> {
    /// As the compiler writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name, arguments) if arguments.is_empty() => f.write_str(name),
            Self::Named(name, arguments) => {
                write!(f, "{name}::<")?;
                separated(f, arguments, |f, argument| argument.fmt(f))?;
                f.write_str(">")
            }
            Self::Tuple(items) => {
                f.write_str("(")?;
                separated(f, items, |f, item| item.fmt(f))?;
                f.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
            Self::Fixed(element, length) => write!(f, "[{element}; {length}]"),
        }
    }
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn eat(&mut self, mark: &str) -> bool {
        match self.rest.trim_start().strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// What stands before the first of these marks.
    fn until(&mut self, marks: &[char]) -> &'t str {
        let end = self.rest.find(marks).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        word.trim()
    }

    fn path(&mut self, depth: usize) -> Option<Path<'t>> {
        if depth > MAX_TYPE_DEPTH {
            return None;
        }
        // A snapshot is written as the value is.
        while self.eat("@") {}
        if self.eat("(") {
            return self.list(")", depth).map(Path::Tuple);
        }
        if self.eat("[") {
            let element = self.path(depth + 1)?;
            let length = if self.eat(";") { self.until(&[']']) } else { return None };
            return self.eat("]").then(|| Path::Fixed(Box::new(element), length));
        }
        let name = self.until(&['<', '>', '(', ')', '[', ']', ',', ';', '@']);
        if !self.eat("<") {
            return (!name.is_empty()).then_some(Path::Named(name, Vec::new()));
        }
        let name = name.strip_suffix("::").unwrap_or(name);
        let arguments = self.list(">", depth)?;
        (!name.is_empty()).then_some(Path::Named(name, arguments))
    }

    /// Types with commas between them, and the mark at the end.
    fn list(&mut self, end: &str, depth: usize) -> Option<Vec<Path<'t>>> {
        let mut paths = Vec::new();
        while !self.eat(end) {
            paths.push(self.path(depth + 1)?);
            if !self.eat(",") {
                return self.eat(end).then_some(paths);
            }
        }
        Some(paths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named<'t>(name: &'t str, arguments: Vec<Path<'t>>) -> Path<'t> {
        Path::Named(name, arguments)
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(Path::parse("core::felt252").unwrap(), named("core::felt252", vec![]));
        let span = Path::parse("core::array::Span::<(core::felt252, [core::integer::u8; 3])>").unwrap();
        let fixed = Path::Fixed(Box::new(named("core::integer::u8", vec![])), "3");
        let pair = Path::Tuple(vec![named("core::felt252", vec![]), fixed]);
        assert_eq!(span, named("core::array::Span", vec![pair]));
        assert_eq!(
            Path::parse("@core::array::Array::<a::B>").unwrap(),
            named("core::array::Array", vec![named("a::B", vec![])])
        );
        assert_eq!(Path::parse("()").unwrap(), Path::Tuple(vec![]));
        assert_eq!(Path::parse("(a::B,)").unwrap(), Path::Tuple(vec![named("a::B", vec![])]));
    }

    #[test]
    fn what_is_no_type_is_an_error() {
        for text in ["", "(", "a::B::<", "a::B::<c>>", "[a; ", "[a]", "a b>", ",", "<a>", &"(".repeat(5000)] {
            assert!(Path::parse(text).is_err(), "{text:?}");
        }
    }
}
