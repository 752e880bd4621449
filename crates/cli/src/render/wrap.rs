//! Lines that fit the width of a terminal, and go on below under their own indentation.

use crate::output::RESET;
use std::{iter, mem};

/// No line is made shorter than this many columns, however deep it stands in a tree.
const ROOM_MIN: usize = 24;

/// A line with what stands before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// Before its text.
    lead: String,
    /// Before what goes on below.
    below: String,
    /// It breaks behind commas rather than between a word and the next.
    is_code: bool,
    text: String,
}

impl Line {
    /// A sentence.
    pub(crate) fn prose(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Calls, values and numbers. What goes on below stands two columns to the right.
    pub(crate) fn code(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_code: true, below: "  ".to_owned(), ..Self::default() }
    }

    /// The same with something before it, and before what goes on below.
    pub(crate) fn behind(self, lead: &str, below: &str) -> Self {
        Self { lead: format!("{lead}{}", self.lead), below: format!("{below}{}", self.below), ..self }
    }

    /// The line in as many lines as it takes at this width; in one where nobody's terminal limits it.
    pub(crate) fn fold(&self, columns: Option<usize>) -> Vec<String> {
        let Some(columns) = columns else { return vec![format!("{}{}", self.lead, self.text)] };
        let room = |before: &str| columns.saturating_sub(width(before)).max(ROOM_MIN);
        let parts = fold(&self.text, room(&self.lead), room(&self.below), self.is_code);
        let leads = iter::once(&self.lead).chain(iter::repeat(&self.below));
        leads.zip(parts).map(|(lead, part)| format!("{lead}{part}")).collect()
    }
}

/// Text that people have broken into lines at a width of their own, as paragraphs.
pub(crate) fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        // What is indented, or begins a list, stands in a line of its own.
        let is_prose = line.starts_with(|first: char| first.is_alphanumeric() || "\"'(`".contains(first));
        match paragraphs.last_mut().filter(|_| goes_on && is_prose) {
            Some(paragraph) => {
                paragraph.push(' ');
                paragraph.push_str(line.trim_end());
            }
            None => paragraphs.push(line.trim_end().to_owned()),
        }
        goes_on = is_prose;
    }
    paragraphs
}

/// Columns of a text without its colours.
pub(crate) fn width(text: &str) -> usize {
    Pieces(text).filter(|piece| matches!(piece, Piece::Visible(_))).count()
}

/// A part of a text with colours.
#[derive(Clone, Copy)]
enum Piece<'t> {
    Visible(char),
    /// An escape sequence that sets a style, or ends all.
    Style(&'t str),
}

struct Pieces<'t>(&'t str);

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        let text = self.0;
        let first = text.chars().next()?;
        if first == '\x1b'
            && let Some(end) = text.find('m')
            && let (Some(style), Some(rest)) = (text.get(..=end), text.get(end + 1..))
        {
            self.0 = rest;
            return Some(Piece::Style(style));
        }
        self.0 = text.get(first.len_utf8()..).unwrap_or_default();
        Some(Piece::Visible(first))
    }
}

/// Breaks a text so that its first line has `first` columns at most and the others `rest`.
fn fold(text: &str, first: usize, rest: usize, is_code: bool) -> Vec<String> {
    let letters = Pieces(text).filter_map(|piece| match piece {
        Piece::Visible(letter) => Some(letter),
        Piece::Style(_) => None,
    });
    let letters: Vec<char> = letters.collect();
    styled(text, &lines(&letters, first, rest, is_code))
}

/// Where lines begin and end, in letters. Blanks at which they break belong to none.
fn lines(letters: &[char], first: usize, rest: usize, is_code: bool) -> Vec<(usize, usize)> {
    let (mut lines, mut begin) = (Vec::new(), 0);
    loop {
        let room = if lines.is_empty() { first } else { rest };
        let left = letters.get(begin..).unwrap_or_default();
        if left.len() <= room {
            lines.push((begin, letters.len()));
            return lines;
        }
        let end = begin + breaking_place(left, room, is_code);
        let blanks = letters.get(begin..end).unwrap_or_default().iter().rev().take_while(|letter| **letter == ' ');
        lines.push((begin, end - blanks.count()));
        begin = end;
        while letters.get(begin) == Some(&' ') {
            begin += 1;
        }
    }
}

/// How many letters go into a line with so much room: up to the best place for a break, or all that fit where there is none.
fn breaking_place(letters: &[char], room: usize, is_code: bool) -> usize {
    let letter = |at: usize| letters.get(at).copied().unwrap_or(' ');
    let before = |at: usize| letter(at.wrapping_sub(1));
    let after = |at: usize| letter(at + 1);
    let is_blank = |at: usize| letter(at) == ' ';
    let places = || (1..=room).rev();
    // Behind a comma and before a mark, a line of code ends well.
    let good = |at: usize| is_blank(at) && (!is_code || before(at) == ',' || MARKS.contains(&after(at)));
    // A name and its number, or what stands behind a colon, stay together where that is possible.
    let fair = |at: usize| match is_blank(at) {
        true => before(at) != ':' && !after(at).is_ascii_digit() && !MARKS.contains(&before(at)),
        // Behind the name of what is called, not behind a parenthesis that stands alone.
        false => is_code && before(at) == '(' && letter(at) != ')' && letter(at.wrapping_sub(2)) != ' ',
    };
    let found = places().take_while(|at| at * 2 > room).find(|at| good(*at));
    let found = found.or_else(|| places().take_while(|at| at * 2 > room).find(|at| fair(*at)));
    let found = found.or_else(|| places().take_while(|at| at * 4 > room).find(|at| good(*at)));
    found.or_else(|| places().find(|at| is_blank(*at))).unwrap_or(room)
}

/// Marks that begin a new part of a line.
const MARKS: [char; 7] = ['→', '✗', '↶', '⇄', '·', '=', '±'];

/// The lines with their colours, each of which begins and ends without any.
fn styled(text: &str, lines: &[(usize, usize)]) -> Vec<String> {
    let mut styled = Vec::with_capacity(lines.len());
    let (mut line, mut style, mut at) = (String::new(), String::new(), 0);
    let mut places = lines.iter().copied();
    let (_, mut end) = places.next().unwrap_or_default();
    let mut begin = 0;
    for piece in Pieces(text) {
        let letter = match piece {
            Piece::Style(code) => {
                style = if code == RESET { String::new() } else { code.to_owned() };
                line.push_str(code);
                continue;
            }
            Piece::Visible(letter) => letter,
        };
        if at >= end
            && let Some(next) = places.next()
        {
            if !style.is_empty() {
                line.push_str(RESET);
            }
            styled.push(mem::replace(&mut line, style.clone()));
            (begin, end) = next;
        }
        if at >= begin {
            line.push(letter);
        }
        at += 1;
    }
    styled.push(line);
    styled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_behind_commas_and_go_on_under_their_indentation() {
        let line =
            Line::code("[evm 5 gas] vault.pay(to: bob, amount: 600e18, rounds: 1000) → true").behind("├─ ", "│  ");
        let folded = line.fold(Some(41));
        assert_eq!(folded, ["├─ [evm 5 gas] vault.pay(to: bob,", "│    amount: 600e18, rounds: 1000) → true"]);
        assert_eq!(line.fold(None).len(), 1);
        assert!(line.fold(Some(30)).iter().all(|line| width(line) <= 30), "{:?}", line.fold(Some(30)));
    }

    #[test]
    fn a_call_is_broken_behind_its_parenthesis_and_a_remark_is_not() {
        let fold = |text: &str| Line::code(text).fold(Some(40));
        assert_eq!(
            fold("program.initialize_account(account: bob-usd)"),
            ["program.initialize_account(", "  account: bob-usd)"]
        );
        assert_eq!(
            fold("token.balanceOf(owner: vault_of) (static)"),
            ["token.balanceOf(owner: vault_of)", "  (static)"]
        );
    }

    #[test]
    fn what_has_no_blank_is_broken_where_the_room_ends_and_nothing_is_lost() {
        let word = "x".repeat(200);
        let folded = Line::code(word.clone()).fold(Some(64));
        assert!(folded.iter().all(|line| width(line) <= 64));
        assert_eq!(folded.iter().map(|line| line.trim_start()).collect::<String>(), word);
    }

    #[test]
    fn colours_end_with_each_line_and_begin_again() {
        let red = format!("\x1b[31m{}{RESET}", ["words"; 12].join(" "));
        let folded = Line::prose(red).fold(Some(30));
        assert_eq!(folded.len(), 3);
        for line in folded {
            assert!(line.starts_with("\x1b[31m") && line.ends_with(RESET) && width(&line) <= 30, "{line:?}");
        }
    }

    #[test]
    fn no_text_is_lost_at_any_width() {
        let text = "a: 1, bb → ccc ✗ dddd, e = f: 2  ↶ undone · gas 12_345 and some words more than that";
        let letters = |text: &str| text.chars().filter(|letter| *letter != ' ').collect::<String>();
        for columns in 1..100 {
            for line in [Line::code(text), Line::prose(text), Line::code(text).behind("│  │  ", "│  │  ")] {
                let folded = line.fold(Some(columns)).concat().replace('│', "");
                assert_eq!(letters(&folded), letters(text), "{columns}");
            }
        }
    }

    #[test]
    fn prose_is_filled_anew_and_lists_are_kept() {
        let text = "one line\nand another.\n\nA list:\n- one\n- two\nend";
        assert_eq!(paragraphs(text), ["one line and another.", "", "A list:", "- one", "- two", "end"]);
    }
}
