//! What a human wrote, before it is known of which type it should be.

use std::fmt;

use serde_json::Value as Json;

use crate::{
    error::ArgumentError,
    text::quote,
    types::{MAX_TYPE_DEPTH, separated},
};

/// Text or JSON as a tree.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Text in quotes, or text of JSON.
    Quoted(String),
    /// Text without quotes.
    Bare(String),
    /// A whole number of JSON.
    Number(String),
    /// A number of JSON that may have lost digits.
    Float(String),
    /// A boolean of JSON.
    Bool(bool),
    /// JSON's null.
    Null,
    /// `[a, b]`
    List(Vec<Node>),
    /// `(a, b)`
    Tuple(Vec<Node>),
    /// `{a: b}`
    Entries(Vec<(Node, Node)>),
    /// `name(a, b)`
    Call(String, Vec<Node>),
    /// `name {a: b}`
    Named(String, Vec<(Node, Node)>),
}

impl Node {
    /// Reads a text that may be a list, tuple, struct …
    pub(super) fn parse(text: &str) -> Result<Self, ArgumentError> {
        let mut parser = Parser { chars: text.chars().collect(), at: 0, text };
        let node = parser.node(false, 0)?;
        parser.expect_end()?;
        Ok(node)
    }

    /// Reads the text of a scalar: quoted, or as it is. Around anything but text, white space has no meaning.
    pub(super) fn parse_scalar(text: &str, is_text: bool) -> Result<Self, ArgumentError> {
        if text.trim_start().starts_with('"') {
            return Self::parse(text);
        }
        Ok(Self::Bare(if is_text { text } else { text.trim() }.to_owned()))
    }

    /// The same tree.
    pub(super) fn from_tree(tree: &Json) -> Self {
        match tree {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) if number.is_f64() => Self::Float(number.to_string()),
            Json::Number(number) => Self::Number(number.to_string()),
            Json::String(text) => Self::Quoted(text.clone()),
            Json::Array(items) => Self::List(items.iter().map(Self::from_tree).collect()),
            Json::Object(fields) => Self::Entries(
                fields.iter().map(|(key, value)| (Self::Quoted(key.clone()), Self::from_tree(value))).collect(),
            ),
        }
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Quoted(text) | Self::Bare(text) | Self::Number(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = |f: &mut fmt::Formatter<'_>, nodes: &[Self]| separated(f, nodes, |f, node| node.fmt(f));
        let entries = |f: &mut fmt::Formatter<'_>, entries: &[(Self, Self)]| {
            f.write_str("{")?;
            separated(f, entries, |f, (key, value)| write!(f, "{key}: {value}"))?;
            f.write_str("}")
        };
        match self {
            Self::Quoted(text) => f.write_str(&quote(text)),
            Self::Bare(text) | Self::Number(text) | Self::Float(text) => f.write_str(&crate::text::escape(text)),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Null => f.write_str("null"),
            Self::List(nodes) => {
                f.write_str("[")?;
                all(f, nodes)?;
                f.write_str("]")
            }
            Self::Tuple(nodes) => {
                f.write_str("(")?;
                all(f, nodes)?;
                f.write_str(")")
            }
            Self::Call(name, nodes) => {
                write!(f, "{}(", crate::text::escape(name))?;
                all(f, nodes)?;
                f.write_str(")")
            }
            Self::Entries(fields) => entries(f, fields),
            Self::Named(name, fields) => {
                write!(f, "{} ", crate::text::escape(name))?;
                entries(f, fields)
            }
        }
    }
}

struct Parser<'t> {
    chars: Vec<char>,
    at: usize,
    text: &'t str,
}

impl Parser<'_> {
    /// A key ends at a colon, any other bare text does not.
    fn node(&mut self, is_key: bool, depth: usize) -> Result<Node, ArgumentError> {
        // Options and payloads have brackets of their own.
        if depth > 2 * MAX_TYPE_DEPTH {
            return Err(self.error(&format!("brackets are nested deeper than {} levels", 2 * MAX_TYPE_DEPTH)));
        }
        self.skip_space();
        match self.peek() {
            None => Err(self.error("a value is missing")),
            Some('"') => self.quoted('"').map(Node::Quoted),
            Some('\'') => self.quoted('\'').map(Node::Quoted),
            Some('[') => self.list(']', depth).map(Node::List),
            Some('(') => self.list(')', depth).map(Node::Tuple),
            Some('{') => self.entries(depth).map(Node::Entries),
            Some(_) => self.bare(is_key, depth),
        }
    }

    fn bare(&mut self, is_key: bool, depth: usize) -> Result<Node, ArgumentError> {
        let ends = |c: char| ",[](){}\"".contains(c) || (is_key && c == ':');
        let begin = self.at;
        while self.peek().is_some_and(|c| !ends(c)) {
            self.at += 1;
        }
        let text = self.chars.get(begin..self.at).unwrap_or_default().iter().collect::<String>().trim().to_owned();
        match self.peek() {
            Some('(') if !text.is_empty() => Ok(Node::Call(text, self.list(')', depth)?)),
            Some('{') if !text.is_empty() => Ok(Node::Named(text, self.entries(depth)?)),
            _ if text.is_empty() => Err(self.error("a value is missing")),
            _ => Ok(Node::Bare(text)),
        }
    }

    /// Nodes between brackets; a comma behind the last one is allowed.
    fn list(&mut self, close: char, depth: usize) -> Result<Vec<Node>, ArgumentError> {
        self.at += 1;
        let mut nodes = Vec::new();
        while !self.take(close) {
            nodes.push(self.node(false, depth + 1)?);
            self.comma_or(close)?;
        }
        Ok(nodes)
    }

    fn entries(&mut self, depth: usize) -> Result<Vec<(Node, Node)>, ArgumentError> {
        self.at += 1;
        let mut entries = Vec::new();
        while !self.take('}') {
            let key = self.node(true, depth + 1)?;
            if !self.take(':') {
                return Err(self.error("expected `:` behind the name"));
            }
            entries.push((key, self.node(false, depth + 1)?));
            self.comma_or('}')?;
        }
        Ok(entries)
    }

    /// Takes a comma, or sees the bracket that closes.
    fn comma_or(&mut self, close: char) -> Result<(), ArgumentError> {
        if self.take(',') || self.peek() == Some(close) {
            return Ok(());
        }
        Err(self.error(&format!("expected `,` or `{close}`")))
    }

    fn quoted(&mut self, quote: char) -> Result<String, ArgumentError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(self.error("the closing quote is missing")),
                Some(c) if c == quote => return Ok(text),
                Some('\\') => text.push(self.escaped()?),
                Some(c) => text.push(c),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, ArgumentError> {
        match self.next() {
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('0') => Ok('\0'),
            Some(c @ ('\\' | '"' | '\'')) => Ok(c),
            Some('u') => self.code_point(),
            _ => Err(self.error("unknown escape; known are \\n \\r \\t \\0 \\\\ \\\" \\' \\u{…}")),
        }
    }

    /// `{1f600}` behind `\u`.
    fn code_point(&mut self) -> Result<char, ArgumentError> {
        let mut digits = String::new();
        if self.next() == Some('{') {
            while let Some(c) = self.next().filter(|c| c.is_ascii_hexdigit()) {
                digits.push(c);
            }
        }
        let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
        code.ok_or_else(|| self.error("expected a Unicode code point such as \\u{1f600}"))
    }

    fn expect_end(&mut self) -> Result<(), ArgumentError> {
        self.skip_space();
        if self.peek().is_none() { Ok(()) } else { Err(self.error("there is more text behind the value")) }
    }

    /// Skips white space and takes the character if it comes next.
    fn take(&mut self, c: char) -> bool {
        self.skip_space();
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += 1;
        c
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn error(&self, reason: &str) -> ArgumentError {
        let at = self.at.min(self.chars.len()) + 1;
        ArgumentError::Syntax { given: super::words::shown(self.text), at, reason: reason.to_owned() }
    }
}
