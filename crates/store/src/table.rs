//! Names of tables.

/// The name of a table. Tables exist as soon as something is written to them; a table nobody wrote
/// to reads as empty. Names that begin with a NUL byte are reserved for the store itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Table(pub &'static str);
