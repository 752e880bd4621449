//! JSON as source code, in an order of its own: that of `serde_json` depends on what else is built with it.

use serde_json::{Map, Value as Json};

/// The order of keys that are known; others follow in the order of the alphabet.
const ORDER: &str = "address metadata kind type name version spec description code msg docs discriminator inputs outputs \
    stateMutability anonymous indexed components optional writable signer pda accounts args returns instructions events \
    errors types";
/// Values that fit so many characters stand on one line.
const LINE_CHARS: usize = 100;

/// The fields in their order.
pub(crate) fn ordered(fields: &Map<String, Json>) -> Vec<(&String, &Json)> {
    let place = |key: &str| ORDER.split_ascii_whitespace().position(|known| known == key).unwrap_or(usize::MAX);
    let mut fields = fields.iter().collect::<Vec<_>>();
    fields.sort_by_key(|(key, _)| (place(key), *key));
    fields
}

/// The document over several lines.
pub(crate) fn pretty(json: &Json) -> String {
    let mut out = String::new();
    write(json, 0, &mut out);
    out.push('\n');
    out
}

/// The value on one line.
fn compact(json: &Json) -> String {
    match json {
        Json::Array(items) => format!("[{}]", items.iter().map(compact).collect::<Vec<_>>().join(", ")),
        Json::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Json::Object(fields) => {
            let fields = ordered(fields).into_iter().map(|(key, value)| format!("{}: {}", text(key), compact(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Json::String(value) => text(value),
        scalar => scalar.to_string(),
    }
}

/// A text as a literal of JSON and of TypeScript, without a character that some reader takes for the end of a line.
pub(crate) fn text(text: &str) -> String {
    let mut out = String::new();
    for c in Json::from(text).to_string().chars() {
        match c {
            ' '..='~' => out.push(c),
            c if !c.is_control() && c.escape_debug().count() == 1 => out.push(c),
            c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    out
}

fn write(json: &Json, level: usize, out: &mut String) {
    let line = compact(json);
    if line.chars().count() <= LINE_CHARS {
        out.push_str(&line);
        return;
    }
    let indent = |level: usize| "  ".repeat(level);
    match json {
        Json::Array(items) => {
            out.push_str("[\n");
            for (index, item) in items.iter().enumerate() {
                out.push_str(&indent(level + 1));
                write(item, level + 1, out);
                out.push_str(if index + 1 == items.len() { "\n" } else { ",\n" });
            }
            out.push_str(&format!("{}]", indent(level)));
        }
        Json::Object(fields) => {
            out.push_str("{\n");
            for (index, (key, value)) in ordered(fields).into_iter().enumerate() {
                out.push_str(&format!("{}{}: ", indent(level + 1), text(key)));
                write(value, level + 1, out);
                out.push_str(if index + 1 == fields.len() { "\n" } else { ",\n" });
            }
            out.push_str(&format!("{}}}", indent(level)));
        }
        scalar => out.push_str(&compact(scalar)),
    }
}
