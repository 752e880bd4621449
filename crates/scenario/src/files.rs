//! Files of users, which may be anything.

use crate::problem::{Problem, Result};
use std::{fs::File, io::Read as _, path::Path};

/// Most bytes of a contract, an interface or a proof: more than the largest that can be used.
pub const BYTES_MAX: u64 = 64 << 20;

/// Reads a file that is not too large. `doing` says for what, as in "read the contract".
///
/// # Errors
///
/// It cannot be read, or has more bytes than `most`.
pub fn read(path: &Path, doing: &str, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes));
    read.map_err(|error| Problem::file(path, doing, error))?;
    if bytes.len() as u64 > most {
        let message = format!("cannot {doing} {}: it has more than {most} bytes", path.display());
        return Err(Problem::new("hexapla::file", message).with_help("name another file"));
    }
    Ok(bytes)
}

/// The same for a text.
///
/// # Errors
///
/// Those of [`read`], or it is not UTF-8.
pub fn read_text(path: &Path, doing: &str, most: u64) -> Result<String> {
    String::from_utf8(read(path, doing, most)?).map_err(|error| {
        Problem::new("hexapla::file", format!("cannot {doing} {}: it is not UTF-8 text", path.display()))
            .because(error.utf8_error())
    })
}
