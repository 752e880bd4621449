//! Limits on the types that a source may describe.

use super::Problem;
use crate::{text::escape, types::MAX_TYPE_DEPTH};

/// Parts that one parameter's type may have once everything it names is written out.
const PARTS_MAX: usize = 1 << 14;
/// The same for all types of a file together.
const PARTS_OF_ALL_MAX: usize = 1 << 18;

/// How many nodes and names are followed to a part. Names and aliases take a step, but are no level of the type.
const STEPS_MAX: usize = 2 * MAX_TYPE_DEPTH;
/// So many bytes of a type's name count as one part.
const NAME_BYTES: usize = 64;

/// Counts the parts of types while they are built, and knows which named types are being built.
///
/// A type that names others is written out, so that a short file could stand for a type without end, or one with 2³² parts.
#[derive(Debug)]
pub(crate) struct Guard {
    open: Vec<String>,
    parts_left: usize,
    all_left: usize,
}

impl Default for Guard {
    fn default() -> Self {
        Self { open: Vec::new(), parts_left: PARTS_MAX, all_left: PARTS_OF_ALL_MAX }
    }
}

impl Guard {
    /// Begins with the type of another parameter.
    pub(crate) fn start(&mut self) {
        self.open.clear();
        self.parts_left = PARTS_MAX;
    }

    /// Counts a part that is reached in `depth` steps from the parameter's own type.
    pub(crate) fn part(&mut self, depth: usize) -> Result<(), Problem> {
        if depth >= STEPS_MAX {
            return Err(Problem::inexpressible(format!("the type is nested deeper than {MAX_TYPE_DEPTH} levels")));
        }
        self.parts_left = take(self.parts_left, "a type", PARTS_MAX)?;
        self.all_left = take(self.all_left, "the types of the file together", PARTS_OF_ALL_MAX)?;
        Ok(())
    }

    /// Begins with the definition of a named type.
    pub(crate) fn open(&mut self, name: &str) -> Result<(), Problem> {
        if self.open.iter().any(|open| open == name) {
            let reason = format!("the type {} contains itself, a value of it could have any depth", escape(name));
            return Err(Problem::inexpressible(reason));
        }
        self.open.push(name.to_owned());
        // The name becomes a part of each type that uses this one.
        (0..name.len() / NAME_BYTES).try_for_each(|_| self.part(0))
    }

    /// Ends the definition begun last.
    pub(crate) fn close(&mut self) {
        self.open.pop();
    }
}

fn take(left: usize, what: &str, limit: usize) -> Result<usize, Problem> {
    left.checked_sub(1)
        .ok_or_else(|| Problem::inexpressible(format!("{what} may have at most {limit} parts, written out in full")))
}
