use super::*;
use std::time::Instant;

fn u16s(v: &mut Vec<u8>, x: u16) { v.extend(x.to_le_bytes()) }
fn u32s(v: &mut Vec<u8>, x: u32) { v.extend(x.to_le_bytes()) }
fn u64s(v: &mut Vec<u8>, x: u64) { v.extend(x.to_le_bytes()) }

fn ident() -> Vec<u8> { let mut v = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0]; v.extend([0; 8]); v }

fn v3(text: &[u8]) -> Vec<u8> {
    let mut v = ident();
    u16s(&mut v, 3); u16s(&mut v, 247); u32s(&mut v, 1); u64s(&mut v, 0); u64s(&mut v, 64); u64s(&mut v, 0); u32s(&mut v, 3);
    u16s(&mut v, 64); u16s(&mut v, 56); u16s(&mut v, 1); u16s(&mut v, 0); u16s(&mut v, 0); u16s(&mut v, 0);
    u32s(&mut v, 1); u32s(&mut v, 1); u64s(&mut v, 120); u64s(&mut v, 0); u64s(&mut v, 0); u64s(&mut v, text.len() as u64); u64s(&mut v, text.len() as u64); u64s(&mut v, 8);
    v.extend(text);
    v
}

fn v0(text: &[u8]) -> Vec<u8> {
    let names = b"\0.text\0.shstrtab\0";
    let mut v = ident();
    let text_off = 64u64; let names_off = text_off + text.len() as u64; let shoff = (names_off + names.len() as u64 + 7) / 8 * 8;
    u16s(&mut v, 3); u16s(&mut v, 247); u32s(&mut v, 1); u64s(&mut v, text_off); u64s(&mut v, 0); u64s(&mut v, shoff); u32s(&mut v, 0);
    u16s(&mut v, 64); u16s(&mut v, 56); u16s(&mut v, 0); u16s(&mut v, 64); u16s(&mut v, 3); u16s(&mut v, 2);
    v.extend(text); v.extend(names); v.resize(shoff as usize, 0);
    v.extend([0; 64]);
    for (name, ty, flags, off, size) in [(1u32, 1u32, 6u64, text_off, text.len() as u64), (7, 3, 0, names_off, names.len() as u64)] {
        u32s(&mut v, name); u32s(&mut v, ty); u64s(&mut v, flags); u64s(&mut v, if ty == 1 { off } else { 0 }); u64s(&mut v, off); u64s(&mut v, size); u32s(&mut v, 0); u32s(&mut v, 0); u64s(&mut v, 8); u64s(&mut v, 0);
    }
    v
}

fn insn(op: u8, regs: u8, off: i16, imm: i32) -> [u8; 8] {
    let mut v = [0; 8]; v[0] = op; v[1] = regs; v[2..4].copy_from_slice(&off.to_le_bytes()); v[4..8].copy_from_slice(&imm.to_le_bytes()); v
}

fn measure(name: &str, elf: &[u8]) {
    let start = Instant::now();
    let n = shape::symbols(elf);
    println!("{name}: {} symbols, one per {} bytes, counted in {:.2} ns/byte", n, elf.len() / n.max(1), start.elapsed().as_nanos() as f64 / elf.len() as f64);
    let runtime = Runtime::new().unwrap();
    for _ in 0..3 {
        let start = Instant::now();
        let program: Program = match Executable::load(elf, Arc::clone(&*runtime.environment)) { Ok(p) => p, Err(e) => { println!("{name}: {e:?}"); return } };
        let load = start.elapsed();
        let start = Instant::now();
        if let Err(e) = program.verify::<RequisiteVerifier>() { println!("{name}: verify {e:?}"); return; }
        let verify = start.elapsed();
        let start = Instant::now();
        let native = compile(&program, usize::MAX);
        let jit = start.elapsed();
        let per = |d: std::time::Duration| d.as_nanos() as f64 / elf.len() as f64;
        println!("{name}: {} bytes, load {:.2} verify {:.2} jit {:.2} ns/byte; native {} ({:.1}x), mem {}", elf.len(), per(load), per(verify), per(jit), native, native as f64 / elf.len() as f64, program.mem_size());
    }
}

#[test]
fn scratch() {
    for spl in crate::spl::PROGRAMS { measure(spl.name, spl.elf()); }
    let n = 10_000_000 / 8;
    let mut text: Vec<u8> = (0..n - 1).flat_map(|_| insn(0xb7, 0, 0, 0)).collect();
    text.extend(insn(0x95, 0, 0, 0));
    measure("v3 mov", &v3(&text));
    let mut t2: Vec<u8> = (0..n - 1).flat_map(|_| insn(0xb7, 0, 0, 0)).collect(); t2.extend(insn(0x9d, 0, 0, 0));
    measure("v3 mov ret", &v3(&t2));
    measure("v0 mov", &v0(&text));
    let mut calls: Vec<u8> = (0..n - 1).flat_map(|i: i32| { let target = (i as i64 * 7_919 % (n as i64 - 1)) as i32; insn(0x85, 0x10, 0, target - i - 1) }).collect();
    calls.extend(insn(0x95, 0, 0, 0));
    measure("v0 calls", &v0(&calls));
    for gap in [8, 16] {
    for n in [10_000_000 / 8, 1_000_000 / 8, 130_000 / 8] {
        let mut calls: Vec<u8> = (0..n - 1).flat_map(|i: i32| { if i % gap != 0 { return insn(0xb7, 0, 0, 0) }; let target = (i as i64 * 7_919 % (n as i64 - 1)) as i32; insn(0x85, 0x10, 0, target - i - 1) }).collect();
        calls.extend(insn(0x95, 0, 0, 0));
        measure(&format!("v0 calls each {gap} of {n}"), &v0(&calls));
    } }
    let mut divs: Vec<u8> = (0..n - 1).flat_map(|_| insn(0x3f, 0x10, 0, 0)).collect(); divs.extend(insn(0x95, 0, 0, 0));
    measure("v0 div", &v0(&divs));
    let mut loads: Vec<u8> = (0..n - 1).flat_map(|_| insn(0x79, 0x10, 0, 0)).collect(); loads.extend(insn(0x95, 0, 0, 0));
    measure("v0 ldx", &v0(&loads));
    let mut jumps: Vec<u8> = (0..n - 1).flat_map(|_| insn(0x05, 0, 0, 0)).collect(); jumps.extend(insn(0x95, 0, 0, 0));
    measure("v0 ja", &v0(&jumps));
}
