//! Differences as sentences.

use std::fmt::Display;

/// Bytes shown where data differs.
const SHOWN_BYTES: usize = 16;

/// What is not as the fixture says.
#[derive(Debug, Default)]
pub(super) struct Differences(Vec<String>);

impl Differences {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, sentence: impl Into<String>) {
        self.0.push(sentence.into());
    }

    /// Compares a number or the like.
    pub(super) fn value<T: PartialEq + Display>(&mut self, what: &str, got: T, expected: T) {
        if got != expected {
            self.add(format!("{what}: {got}, expected {expected}"));
        }
    }

    /// Compares whether it failed. Numbers of errors are not compared: no consensus rests on them.
    pub(super) fn success(&mut self, got: Result<(), &str>, expected_code: i64) {
        match (got, expected_code) {
            (Err(error), 0) => self.add(format!("result: failed ({error}), expected success")),
            (Ok(()), code) if code != 0 => self.add(format!("result: success, expected failure with code {code}")),
            _ => {}
        }
    }

    /// Compares data.
    pub(super) fn bytes(&mut self, what: &str, got: &[u8], expected: &[u8]) {
        if got == expected {
            return;
        }
        let at = got.iter().zip(expected).take_while(|(got, expected)| got == expected).count();
        let (got_length, expected_length) = (got.len(), expected.len());
        let (got, expected) = (shown(got, at), shown(expected, at));
        self.add(format!(
            "{what}: differs at byte {at}: {got} of {got_length} bytes, expected {expected} of {expected_length}"
        ));
    }

    /// Compares memory, whose zeros at the end a fixture may leave out.
    pub(super) fn memory(&mut self, what: &str, got: &[u8], expected: &[u8]) {
        self.bytes(what, without_zeros(got), without_zeros(expected));
    }
}

impl From<Differences> for Vec<String> {
    fn from(differences: Differences) -> Self {
        differences.0
    }
}

fn shown(bytes: &[u8], at: usize) -> String {
    let rest = bytes.get(at..).unwrap_or_default();
    let hex: String = rest.iter().take(SHOWN_BYTES).map(|byte| format!("{byte:02x}")).collect();
    let more = if rest.len() > SHOWN_BYTES { "…" } else { "" };
    if rest.is_empty() { "its end".into() } else { format!("0x{hex}{more}") }
}

fn without_zeros(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_say_what_is_and_what_should_be() {
        let mut differences = Differences::default();
        differences.value("units", 1, 1);
        differences.success(Err("no"), 7);
        differences.success(Ok(()), 0);
        differences.memory("heap", &[1, 0, 0], &[1]);
        assert!(differences.is_empty());
        differences.value("units", 1, 2);
        differences.success(Err("no"), 0);
        differences.success(Ok(()), 7);
        differences.memory("heap", &[1, 2], &[1, 3, 4]);
        differences.bytes("data", &[0], &[]);
        let sentences: Vec<String> = differences.into();
        assert_eq!(
            sentences,
            [
                "units: 1, expected 2",
                "result: failed (no), expected success",
                "result: success, expected failure with code 7",
                "heap: differs at byte 1: 0x02 of 2 bytes, expected 0x0304 of 3",
                "data: differs at byte 0: 0x00 of 1 bytes, expected its end of 0",
            ]
        );
    }
}
