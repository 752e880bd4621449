#[path = "../tests/support/mod.rs"]
mod support;
use std::time::Duration;
use support::*;
fn cpu() -> Duration {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
}
fn best<R>(n: u32, mut f: impl FnMut() -> R) -> (f64, R) {
    let mut b = f64::INFINITY; let mut r = None;
    for _ in 0..n { let s = cpu(); let x = f(); let d = (cpu() - s).as_secs_f64() * 1e6; if d < b { b = d } r = Some(x); if d > 300_000.0 { break } }
    (b, r.unwrap())
}
fn main() {
    let mut mods: Vec<(String, Vec<u8>)> = ["actor", "erc20", "erc721", "compute", "counter-as"].iter().map(|n| (n.to_string(), contract(n))).collect();
    mods.extend(hostile::all());
    let filter = std::env::args().nth(1).filter(|a| !a.starts_with("--"));
    let mut c = wasmtime::Config::new();
    c.memory_reservation(8 << 20).memory_guard_size(65536).memory_init_cow(false).cranelift_nan_canonicalization(true).wasm_backtrace_max_frames(None).generate_address_map(false).native_unwind_info(false);
    if std::env::var("NOOPT").is_ok() { c.cranelift_opt_level(wasmtime::OptLevel::None); }
    if std::env::var("FASTRA").is_ok() { c.cranelift_regalloc_algorithm(wasmtime::RegallocAlgorithm::SinglePass); }
    let e = wasmtime::Engine::new(&c).unwrap();
    let mut wc = wasmi::Config::default(); wc.compilation_mode(wasmi::CompilationMode::Eager).floats(false).ignore_custom_sections(true);
    let we = wasmi::Engine::new(&wc);
    wc.compilation_mode(wasmi::CompilationMode::Lazy);
    let wl = wasmi::Engine::new(&wc);
    println!("{:22} {:>7} {:>7} {:>5} {:>9} | us: {:>7} {:>8} {:>8} {:>7} {:>9} {:>8} {:>6} | compile ns/B | artefact", "name", "wasm", "instr", "funcs", "cgas", "decode", "instr", "wasmi", "lazy", "cranelift", "artef", "deser");
    for (name, wasm) in mods {
        if let Some(f) = &filter { if !name.contains(f.as_str()) { continue } }
        let code = hexapla_wasm::encode_program(&wasm);
        let info = match hexapla_wasm::StylusVm::inspect(&wasm) { Ok(i) => i, Err(err) => { println!("{name:22} {} REFUSED {err}", wasm.len()); continue } };
        let (td, _) = best(5, || hexapla_wasm::program::decode_program(&code).unwrap());
        let (ti, m) = best(5, || hexapla_wasm::instrument::instrument(&wasm).unwrap());
        let (tw, _) = best(5, || wasmi::Module::new(&we, &m.wasm).map(|_| ()).map_err(|e| println!("wasmi refuses {e}")));
        let (tl, _) = best(5, || wasmi::Module::new(&wl, &m.wasm).map(|_| ()).ok());
        let (tc, cm) = best(3, || wasmtime::Module::new(&e, &m.wasm));
        let Ok(cm) = cm else { println!("{name}: wasmtime refuses {:#}", cm.err().unwrap()); continue };
        let a = cm.serialize().unwrap();
        let (ts, _) = best(10, || unsafe { wasmtime::Module::deserialize(&e, &a).unwrap() });
        println!("{:22} {:7} {:7} {:5} {:9} | us: {:7.0} {:8.0} {:8.0} {:7.0} {:9.0} {:8} {:6.0} | {:6.0} ns/wasmB {:6.0} ns/instrB | {:.1}", name, wasm.len(), m.wasm.len(), info.functions, info.compile_gas, td, ti, tw, tl, tc, a.len(), ts, tc * 1e3 / wasm.len() as f64, tc * 1e3 / m.wasm.len() as f64, a.len() as f64 / m.wasm.len() as f64);
    }
}
