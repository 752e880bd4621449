//! Programs as they are compiled: ELF files, with the IDL beside them.

use hexapla_toolkit::{Artifact, ArtifactFile, ArtifactLoader, Deployable, Recognition, ToolError};

/// How a program begins: it is an ELF file.
const MAGIC: &[u8] = b"\x7fELF";

/// Programs of Solana.
#[derive(Clone, Copy, Debug, Default)]
pub struct Programs;

impl ArtifactLoader for Programs {
    fn forms(&self) -> &'static [&'static str] {
        &["Solana programs in `.so` files"]
    }

    fn recognise(&self, file: &ArtifactFile<'_>) -> Recognition {
        match file.extension() {
            "so" => Recognition::ByName,
            _ if file.bytes.starts_with(MAGIC) => Recognition::ByContent,
            _ => Recognition::No,
        }
    }

    fn load(&self, file: &ArtifactFile<'_>, _: &str) -> Result<Artifact, ToolError> {
        if !file.bytes.starts_with(MAGIC) {
            let message = format!("{} is not a compiled contract", file.path.display());
            let help = "a `.so` file begins with \\x7fELF; this one does not";
            return Err(ToolError::new("artefact::form", message).with_help(help));
        }
        Ok(Artifact { code: Deployable::Native(file.bytes.clone()), interface: None })
    }

    fn interface_extension(&self) -> &'static str {
        "json"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hexapla_primitives::Bytes;
    use std::path::Path;

    #[test]
    fn a_program_is_an_elf_file_whatever_its_name() {
        let of = |name: &str, bytes: &'static [u8]| {
            let bytes = Bytes::from_static(bytes);
            let file = ArtifactFile { path: Path::new(name), bytes: &bytes, contract: None, cache: None };
            (Programs.recognise(&file), Programs.load(&file, ""))
        };
        let (how, loaded) = of("program", b"\x7fELF...");
        assert_eq!(how, Recognition::ByContent);
        assert_eq!(loaded.unwrap().code, Deployable::Native(Bytes::from_static(b"\x7fELF...")));
        let (how, loaded) = of("program.so", b"text");
        assert_eq!((how, loaded.unwrap_err().topic), (Recognition::ByName, "artefact::form"));
    }
}
