//! Text from outside, without anything that a terminal would obey.

use std::fmt::Write as _;

/// Text with `\u{fffd}` for what a terminal would obey or not show.
pub fn escape_control_chars(text: &str) -> String {
    text.chars().map(|c| if c == '\n' || is_visible(c) { c } else { '\u{fffd}' }).collect()
}

/// The same, but each byte that is replaced becomes a `?`, so that positions stay what they are.
pub fn escape_control_chars_in_place(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.push(c),
            c if is_visible(c) => shown.push(c),
            c => shown.push_str("????".get(..c.len_utf8()).unwrap_or_default()),
        }
    }
    shown
}

/// JSON with such characters as `\u` escapes; they stand in its texts only.
pub fn escape_control_chars_in_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || is_visible(c) {
            shown.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    shown
}

/// Neither a control character nor one that reorders or hides others. Marks that join the letter before them are visible.
fn is_visible(c: char) -> bool {
    matches!(c, ' '..='~') || !c.is_control() && String::from_iter(['a', c]).escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_replaced_and_the_rest_is_not() {
        let text = "a\u{1b}[2J\u{9b}\u{202e}→ é \"\\";
        assert_eq!(escape_control_chars(text), "a\u{fffd}[2J\u{fffd}\u{fffd}→ é \"\\");
        let scripts = "नमस्ते สวัสดี שָׁלוֹם cafe\u{301}";
        assert_eq!(escape_control_chars(scripts), scripts);
        assert_eq!(escape_control_chars_in_place(text), "a?[2J?????→ é \"\\");
        assert_eq!(escape_control_chars_in_place(text).len(), text.len());
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped_in_json_and_the_rest_is_not() {
        let text = "a\u{1b}[2J\u{9b}\u{202e}→ é \"\\";
        let json = serde_json::to_string(text).unwrap();
        assert!(!escape_control_chars_in_json(&json).contains(['\u{1b}', '\u{9b}', '\u{202e}']));
        assert_eq!(serde_json::from_str::<String>(&escape_control_chars_in_json(&json)).unwrap(), text);
    }
}
