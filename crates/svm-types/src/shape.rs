//! How much there is to do in reading a program, beside its length.
//!
//! Before sBPF version 3 a call names the function by a hash, so that reading a program registers each function that is
//! called, and each relocation names a symbol. Compilers make one of these for every few hundred bytes; a program that is
//! made for it has one in each instruction, and takes a hundred times as long to read.

use solana_sbpf::{
    aligned_memory::AlignedMemory,
    ebpf::{CALL_IMM, HOST_ALIGN, INSN_SIZE},
    elf::get_sbpf_version,
    elf_parser::Elf64,
    program::SBPFVersion,
};

/// Symbols that every program may have, however short it is.
const SYMBOLS_FREE: usize = 1_024;
/// Beyond these, bytes of the program for each symbol.
const BYTES_PER_SYMBOL: usize = 64;

/// Functions and relocations that reading a program registers; those of a file that cannot be read are none.
pub fn symbols(elf: &[u8]) -> usize {
    let by_hash = get_sbpf_version(elf).is_ok_and(|version| version < SBPFVersion::V3);
    if by_hash { count(elf).unwrap_or(0) } else { 0 }
}

/// Most symbols of a program of this length. Real ones have a quarter of that; it is a limit of ours, not of Solana.
pub fn symbols_max(elf_bytes: usize) -> usize {
    SYMBOLS_FREE + elf_bytes / BYTES_PER_SYMBOL
}

fn count(elf: &[u8]) -> Option<usize> {
    let aligned = AlignedMemory::<HOST_ALIGN>::from_slice(elf);
    let bytes = aligned.as_slice();
    let elf = Elf64::parse(bytes).ok()?;
    let relocations = elf.dynamic_relocations_table().map_or(0, <[_]>::len);
    let text = elf.section_header_table().iter().find(|section| elf.section_name(section.sh_name) == Ok(b".text"))?;
    let text = bytes.get(text.file_range()?)?;
    let instructions = text.len() / INSN_SIZE;
    let mut is_target = vec![false; instructions];
    for (place, instruction) in text.chunks_exact(INSN_SIZE).enumerate() {
        let &[CALL_IMM, _, _, _, a, b, c, d] = instruction else { continue };
        let distance = i32::from_le_bytes([a, b, c, d]);
        // The place of a call of a symbol, which is among the relocations.
        if distance == -1 {
            continue;
        }
        let target = isize::try_from(distance).ok().and_then(|distance| (place + 1).checked_add_signed(distance));
        if let Some(target) = target.and_then(|target| is_target.get_mut(target)) {
            *target = true;
        }
    }
    Some(relocations + is_target.iter().filter(|is_target| **is_target).count())
}
