//! Words and marks of Solidity's source.

/// Words and marks that are still to come.
#[derive(Clone, Debug)]
pub(in crate::solidity) struct Tokens<'t> {
    list: std::sync::Arc<Vec<&'t str>>,
    at: usize,
    end: usize,
}

impl<'t> Tokens<'t> {
    /// Splits the text; comments are passed over.
    pub(in crate::solidity) fn new(text: &'t str, bytes_max: usize) -> Result<Self, String> {
        if text.len() > bytes_max {
            return Err(format!("it has {} bytes, the limit is {bytes_max}", text.len()));
        }
        let mut list = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = match first {
                c if c.is_whitespace() => c.len_utf8(),
                '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
                '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
                '"' | '\'' => literal(rest, first),
                c if is_part(c) => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
                c => c.len_utf8(),
            };
            let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
            if !first.is_whitespace() && !token.starts_with("//") && !token.starts_with("/*") {
                list.push(token);
            }
            rest = after;
        }
        let end = list.len();
        Ok(Self { list: list.into(), at: 0, end })
    }

    pub(in crate::solidity) fn peek(&self) -> Option<&'t str> {
        if self.at < self.end { self.list.get(self.at).copied() } else { None }
    }

    pub(in crate::solidity) fn next(&mut self) -> Option<&'t str> {
        let token = self.peek()?;
        self.at = self.at.saturating_add(1);
        Some(token)
    }

    /// Takes the token, if it is the next one.
    pub(in crate::solidity) fn eat(&mut self, token: &str) -> bool {
        let is_next = self.peek() == Some(token);
        if is_next {
            self.next();
        }
        is_next
    }

    pub(in crate::solidity) fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) {
            return Ok(());
        }
        Err(match self.peek() {
            Some(found) => format!("expected {token}, found {}", crate::text::escape(&crate::text::shorten(found, 40))),
            None => format!("expected {token}, found its end"),
        })
    }

    /// Passes over a group in brackets, which begins here, and gives what is in it.
    pub(in crate::solidity) fn skip_group(&mut self) -> Result<Self, String> {
        let begin = self.at.saturating_add(1);
        let mut depth = 0_usize;
        while let Some(token) = self.next() {
            match token {
                "(" | "[" | "{" => depth = depth.saturating_add(1),
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return Ok(Self { list: self.list.clone(), at: begin, end: self.at.saturating_sub(1) });
            }
        }
        Err("a bracket is not closed".to_owned())
    }

    /// Passes over a declaration, and gives it without its `;` or its body in braces.
    pub(in crate::solidity) fn skip_declaration(&mut self) -> Result<Self, String> {
        let begin = self.at;
        while let Some(token) = self.peek() {
            let end = self.at;
            match token {
                ";" => {
                    self.next();
                    return Ok(Self { list: self.list.clone(), at: begin, end });
                }
                "{" => {
                    self.skip_group()?;
                    return Ok(Self { list: self.list.clone(), at: begin, end });
                }
                "(" | "[" => drop(self.skip_group()?),
                _ => drop(self.next()),
            }
        }
        Ok(Self { list: self.list.clone(), at: begin, end: self.end })
    }

    /// The first token; empty where there is none.
    pub(in crate::solidity) fn first(&self) -> &'t str {
        self.peek().unwrap_or_default()
    }

    /// The beginning, for messages.
    pub(in crate::solidity) fn shown(&self) -> String {
        let words = self.list.get(self.at..self.end).unwrap_or_default().iter().take(2).copied().collect::<Vec<_>>();
        crate::text::shorten(&words.join(" "), 80)
    }
}

/// Bytes of a text in quotes, with its quotes.
fn literal(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, c)| {
        let ends = !escaped && *c == quote;
        escaped = !escaped && *c == '\\';
        ends
    });
    end.map_or(rest.len(), |(at, c)| at + c.len_utf8())
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '.')
}

/// Whether the token is a name or a number.
pub(in crate::solidity) fn is_word(token: &str) -> bool {
    token.starts_with(is_part)
}
