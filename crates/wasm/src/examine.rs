//! What activation sees in a module: counts beside their limits, prices, the reason of a refusal.
//!
//! Counting goes on where the module is refused, as far as it can be read: the counts show what is too much.

use crate::{
    error::{ProgramError, WasmError},
    footprint::Footprint,
    instrument::{self, Instrumented, ModuleInfo},
    limits, prices,
    program::{decode_program, is_program},
};
use alloc::{borrow::Cow, format, string::ToString, vec, vec::Vec};
use hexapla_vm::{Cost, Count, Examination, Refusal};
use wasmparser::{Parser, Payload};

/// Looks at a module, or at the program that it becomes.
pub(crate) fn examine(code: &[u8]) -> Examination {
    let wasm = match is_program(code) {
        true => match decode_program(code) {
            Ok(wasm) => Cow::Owned(wasm),
            Err(error) => return refused(Vec::new(), &error),
        },
        false => Cow::Borrowed(code),
    };
    let counts = counts(&wasm);
    let measured = instrument::instrument(&wasm).and_then(|module| Ok((Footprint::of(&module.wasm)?, module)));
    match measured {
        Ok((footprint, module)) => accepted(counts, code, &footprint, &module),
        Err(error) => refused(counts, &error.into()),
    }
}

fn accepted(mut counts: Vec<Count>, code: &[u8], footprint: &Footprint, module: &Instrumented) -> Examination {
    let info = &module.info;
    let pages = limits::MAX_MEMORY_PAGES.into();
    counts.push(Count::same("pages of memory at the start", info.initial_pages.into(), pages));
    counts.push(Count::same("pages of memory at most", info.max_pages.into(), pages));
    counts.push(Count::same("words of the largest frame", info.largest_frame, limits::MAX_FRAME_WORDS));
    counts.push(Count::free("bytes of the instrumented module", info.instrumented_bytes));
    Examination { counts, costs: costs(code, footprint, info), refusal: None }
}

/// Prices of the first activation and of each entry.
fn costs(code: &[u8], footprint: &Footprint, info: &ModuleInfo) -> Vec<Cost> {
    let memory = prices::memory_growth(0, info.initial_pages);
    let entry =
        Cost { what: "each call, before the contract begins", gas: prices::init(footprint).saturating_add(memory) };
    let activation = |code_bytes| Cost {
        what: "activation, in the transaction that deploys it",
        gas: prices::activation(code_bytes, info, footprint),
    };
    match code_bytes(code) {
        Some(code_bytes) => vec![activation(code_bytes), entry],
        None => vec![entry],
    }
}

/// Bytes of the program, by which activation is paid.
fn code_bytes(code: &[u8]) -> Option<u64> {
    if is_program(code) {
        return code.len().try_into().ok();
    }
    #[cfg(feature = "std")]
    return crate::encode_program(code).len().try_into().ok();
    #[cfg(not(feature = "std"))]
    None
}

fn refused(counts: Vec<Count>, error: &ProgramError) -> Examination {
    let refusal = Refusal { rule: format!("wasm::{}", rule(error)), reason: error.to_string() };
    Examination { counts, costs: Vec::new(), refusal: Some(refusal) }
}

/// The name of the rule that a module breaks.
const fn rule(error: &ProgramError) -> &'static str {
    match error {
        ProgramError::Prefix
        | ProgramError::Dictionary(_)
        | ProgramError::Truncated
        | ProgramError::Corrupt
        | ProgramError::Trailing(_) => "program",
        ProgramError::TooLarge => "limit",
        ProgramError::Wasm(error) => match error {
            WasmError::Invalid { .. } => "invalid",
            WasmError::Operator { .. } => "operator",
            WasmError::ValueType { .. } => "type",
            WasmError::Limit { .. } => "limit",
            WasmError::Forbidden { .. } => "forbidden",
            WasmError::UnknownImport { .. } | WasmError::ImportSignature { .. } => "import",
            WasmError::Export { .. } | WasmError::ReservedExport { .. } => "export",
            WasmError::Engine(_) | WasmError::Instrumenter(_) => "engine",
        },
    }
}

/// What the sections hold, up to the first that cannot be read.
fn counts(wasm: &[u8]) -> Vec<Count> {
    let bytes = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut counts = vec![Count::same("bytes of the module", bytes(wasm), limits::MAX_WASM_BYTES as u64)];
    let mut custom = 0u64;
    for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
        if let Payload::CustomSection(section) = &payload {
            custom = custom.saturating_add(bytes(section.data()));
        }
        counts.extend(section(&payload));
    }
    if custom > 0 {
        counts.insert(1, Count::free("of them in sections that are not run", custom));
    }
    counts
}

/// What a section holds, with the limits of nitro that `docs/stylus.md` lists.
fn section(payload: &Payload<'_>) -> Option<Count> {
    const ARBITRUM_GLOBALS: u64 = 32_768;
    const ARBITRUM_SEGMENTS: u64 = 128;
    let here_and_there = |what, found: u32, limit, limit_at_home| Count {
        what,
        found: found.into(),
        limit: Some(limit),
        limit_at_home: Some(limit_at_home),
    };
    Some(match payload {
        Payload::TypeSection(reader) => Count::here("function types", reader.count().into(), limits::MAX_TYPES),
        Payload::ImportSection(reader) => Count::here("imports", reader.count().into(), limits::MAX_IMPORTS),
        Payload::FunctionSection(reader) => Count::same("functions", reader.count().into(), limits::MAX_FUNCTIONS),
        Payload::GlobalSection(reader) => {
            here_and_there("globals", reader.count(), limits::MAX_GLOBALS, ARBITRUM_GLOBALS)
        }
        Payload::ElementSection(reader) => {
            here_and_there("element segments", reader.count(), limits::MAX_ELEMENT_SEGMENTS, ARBITRUM_SEGMENTS)
        }
        Payload::DataSection(reader) => {
            here_and_there("data segments", reader.count(), limits::MAX_DATA_SEGMENTS, ARBITRUM_SEGMENTS)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode_program;

    fn module(body: &str) -> Vec<u8> {
        let entry =
            "(memory (export \"memory\") 1 1) (func (export \"user_entrypoint\") (param i32) (result i32) i32.const 0)";
        wat::parse_str(format!("(module {body} {entry})")).unwrap()
    }

    #[test]
    fn what_is_accepted_has_its_prices_whether_it_is_packed_or_not() {
        let wasm = module("(global i32 (i32.const 7))");
        let plain = examine(&wasm);
        assert_eq!(plain.refusal, None);
        let count = |what: &str| plain.counts.iter().find(|count| count.what == what).map(|count| count.found);
        assert_eq!((count("globals"), count("functions")), (Some(1), Some(1)));
        assert_eq!(count("bytes of the module"), Some(wasm.len() as u64));
        assert!(plain.costs.iter().all(|cost| cost.gas > 0) && plain.costs.len() == 2);
        assert_eq!(examine(&encode_program(&wasm)), plain);
    }

    #[test]
    fn what_is_refused_is_counted_and_says_by_which_rule() {
        let rule = |wasm: &[u8]| examine(wasm).refusal.map(|refusal| refusal.rule).unwrap_or_default();
        assert_eq!(rule(&module("(func f32.const 1 drop)")), "wasm::operator");
        assert_eq!(rule(&module("(import \"env\" \"f\" (func))")), "wasm::import");
        assert_eq!(rule(&wat::parse_str("(module)").unwrap()), "wasm::export");
        assert_eq!(rule(b"nothing"), "wasm::invalid");
        assert_eq!(rule(&[0xEF, 0xF0, 0x00, 0x01]), "wasm::program");
        let globals = "(global i32 (i32.const 7))".repeat(usize::try_from(limits::MAX_GLOBALS).unwrap() + 1);
        let large = examine(&module(&globals));
        assert_eq!(large.refusal.map(|refusal| refusal.rule).as_deref(), Some("wasm::limit"));
        let count = large.counts.iter().find(|count| count.what == "globals").unwrap();
        assert!(count.exceeds() && !count.exceeds_at_home());
    }
}
