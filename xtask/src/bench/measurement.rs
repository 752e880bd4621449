//! What a bench prints: lines `bench <name> <value> <unit>`.

use std::fmt;

/// A measured value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Measurement {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
}

impl Measurement {
    pub(crate) fn new(name: &str, value: f64, unit: &str) -> Self {
        Self { name: name.to_owned(), value, unit: unit.to_owned() }
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("bench ")?.split_whitespace();
        let (name, value, unit) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
        words.next().is_none().then(|| Self::new(name, value, unit))
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.name, self.value, self.unit)
    }
}

/// All measurements in a bench's output, in order.
pub(crate) fn all_in(text: &str) -> Vec<Measurement> {
    text.lines().filter_map(Measurement::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_of_the_form_count() {
        let text = "bench a 1.50 us\nnoise\nbench b x us\nbench c 1\nbench d 2 x extra\n bench e 1 s\nbench f 3 x\n";
        assert_eq!(all_in(text), [Measurement::new("a", 1.5, "us"), Measurement::new("f", 3.0, "x")]);
    }
}
