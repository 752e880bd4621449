//! WASM modules, packed into programs.

use hexapla_primitives::{Bytes, hex, keccak256};
use hexapla_toolkit::{Artifact, ArtifactFile, ArtifactLoader, Deployable, Recognition, ToolError};
use hexapla_wasm::{StylusVm, encode_program, program};
use std::{fs, path::Path};

/// How a module begins.
const MAGIC: &[u8] = b"\0asm";
/// Bytes before the first section.
const HEAD_BYTES: usize = 8;
/// The id of sections that say nothing to a VM.
const CUSTOM_SECTION: u8 = 0;
/// Another version may pack a module into other bytes.
const PACKER: &str = env!("CARGO_PKG_VERSION");

/// Modules of WASM.
#[derive(Clone, Copy, Debug, Default)]
pub struct Modules;

impl ArtifactLoader for Modules {
    fn forms(&self) -> &'static [&'static str] {
        &["`.wasm` modules"]
    }

    fn recognise(&self, file: &ArtifactFile<'_>) -> Recognition {
        match file.extension() {
            "wasm" => Recognition::ByName,
            _ if file.bytes.starts_with(MAGIC) => Recognition::ByContent,
            _ => Recognition::No,
        }
    }

    fn deployed(&self, bytes: &Bytes) -> Bytes {
        stripped(bytes)
    }

    fn load(&self, file: &ArtifactFile<'_>, _: &str) -> Result<Artifact, ToolError> {
        if !file.bytes.starts_with(MAGIC) {
            let message = format!("{} is not a compiled contract", file.path.display());
            let help = "a `.wasm` file begins with \\0asm; this one does not";
            return Err(ToolError::new("artefact::form", message).with_help(help));
        }
        let stripped = stripped(file.bytes);
        let file = &ArtifactFile { bytes: &stripped, ..*file };
        let name = || format!("{}-{PACKER}.program", hex::encode(keccak256(file.bytes)));
        let place = file.cache.map(|folder| folder.join(name()));
        let program = match place.as_deref().and_then(|place| kept(place, file.bytes)) {
            Some(program) => program,
            None => pack(file, place.as_deref())?,
        };
        Ok(Artifact { code: Deployable::Creation(program::init_code(&program)), interface: None })
    }

    fn constructor_selector(&self) -> Option<[u8; 4]> {
        Some(program::CONSTRUCTOR)
    }

    fn calls_constructor(&self, creation: &Bytes) -> bool {
        program::is_deployment(creation)
    }

    fn creation_with_call(&self, creation: &Bytes, call: &Bytes) -> Bytes {
        program::init_code_with_call(creation, call)
    }

    fn interface_extension(&self) -> &'static str {
        "abi.json"
    }
}

/// The module without custom sections, as `cargo stylus` deploys it: names and debug information of a build can be larger
/// than its code. Bytes that are no module stay as they are; what is wrong with them is said later.
fn stripped(module: &Bytes) -> Bytes {
    let mut kept = Vec::with_capacity(module.len());
    let (head, mut rest) = module.split_at(HEAD_BYTES.min(module.len()));
    kept.extend_from_slice(head);
    while let [id, behind @ ..] = rest {
        let Some((size, size_bytes)) = leb128(behind) else { return module.clone() };
        let Some((section, next)) = rest.split_at_checked(1 + size_bytes + size) else { return module.clone() };
        if *id != CUSTOM_SECTION {
            kept.extend_from_slice(section);
        }
        rest = next;
    }
    kept.into()
}

/// A number of up to 32 bits as WASM writes it, and its bytes.
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut number = 0_u64;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(u32::try_from(number).ok()?).ok()?, index + 1));
        }
    }
    None
}

/// The program of a module: checked, since what activation would refuse is better said before anything is deployed.
fn pack(file: &ArtifactFile<'_>, keep_in: Option<&Path>) -> Result<Bytes, ToolError> {
    StylusVm::inspect(file.bytes).map_err(|error| {
        ToolError::new("artefact::wasm", format!("{} cannot run as a contract", file.path.display()))
            .because(error)
            .with_help("Stylus contracts are plain WASM modules that import functions of `vm_hooks` only")
    })?;
    let program = encode_program(file.bytes);
    if let Some(place) = keep_in {
        keep(place, &program);
    }
    Ok(program)
}

/// The packed module that [`keep`] wrote, if it is whole and of this module.
fn kept(file: &Path, module: &[u8]) -> Option<Bytes> {
    let program = fs::read(file).ok()?;
    let same = program::decode_program(&program).is_ok_and(|unpacked| unpacked == module);
    same.then(|| program.into())
}

/// Packing a module takes longer than running most scenarios. Failing to keep the result costs the next run some time
/// and nothing else.
fn keep(file: &Path, program: &[u8]) {
    let unfinished = file.with_extension(format!("{}.tmp", std::process::id()));
    let written = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&unfinished, program));
    if written.and_then(|()| fs::rename(&unfinished, file)).is_err() {
        let _ = fs::remove_file(&unfinished);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_sections_are_left_out_and_broken_modules_stay_as_they_are() {
        let module = |sections: &[&[u8]]| Bytes::from([MAGIC, &[1, 0, 0, 0], &sections.concat()].concat());
        let types: &[u8] = &[1, 4, 1, 0x60, 0, 0];
        let long = [&[0, 0xac, 0x02][..], &[4], b"name", &[7; 295]].concat();
        assert_eq!(stripped(&module(&[&long, types, &[0, 2, 1, 120]])), module(&[types]));
        assert_eq!(stripped(&module(&[types])), module(&[types]));
        for broken in [&[1][..], &[1, 9, 0], &[0, 0x80, 0x80, 0x80, 0x80, 0x80], &[0, 0xff, 0xff, 0xff, 0xff, 0x7f]] {
            assert_eq!(stripped(&module(&[types, broken])), module(&[types, broken]));
        }
        assert_eq!(stripped(&Bytes::from_static(b"\0as")), Bytes::from_static(b"\0as"));
    }

    #[test]
    fn a_module_is_known_by_its_name_or_its_first_bytes_and_checked() {
        let of = |name: &str, bytes: &'static [u8]| {
            let bytes = Bytes::from_static(bytes);
            let file = ArtifactFile { path: Path::new(name), bytes: &bytes, contract: None, cache: None };
            (Modules.recognise(&file), Modules.load(&file, "").map(drop).map_err(|error| error.to_string()))
        };
        let (how, loaded) = of("a.wasm", b"xyz");
        assert_eq!(how, Recognition::ByName);
        assert_eq!(loaded, Err("a.wasm is not a compiled contract".to_owned()));
        let (how, loaded) = of("a", b"\0asm\x01\0\0\0");
        assert_eq!(how, Recognition::ByContent);
        assert_eq!(loaded, Err("a cannot run as a contract".to_owned()));
        assert_eq!(of("a.json", b"{}").0, Recognition::No);
    }
}
