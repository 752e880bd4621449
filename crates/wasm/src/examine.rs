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
    counts.push(Count { what: "pages of memory at the start", found: info.initial_pages.into(), limit: PAGES });
    counts.push(Count { what: "pages of memory at most", found: info.max_pages.into(), limit: PAGES });
    let limit = Some(limits::MAX_FRAME_WORDS);
    counts.push(Count { what: "words of the largest frame", found: info.largest_frame, limit });
    counts.push(Count { what: "bytes of the instrumented module", found: info.instrumented_bytes, limit: None });
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

const PAGES: Option<u64> = Some(limits::MAX_MEMORY_PAGES as u64);

/// What the sections hold, up to the first that cannot be read.
fn counts(wasm: &[u8]) -> Vec<Count> {
    let bytes = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut counts = vec![Count { what: "bytes of the module", found: bytes(wasm), limit: BYTES }];
    let mut custom = 0u64;
    for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
        if let Payload::CustomSection(section) = &payload {
            custom = custom.saturating_add(bytes(section.data()));
        }
        let Some((what, found, limit)) = section(&payload) else { continue };
        counts.push(Count { what, found: found.into(), limit: Some(limit) });
    }
    if custom > 0 {
        counts.insert(1, Count { what: "of them in sections that are not run", found: custom, limit: None });
    }
    counts
}

const BYTES: Option<u64> = Some(limits::MAX_WASM_BYTES as u64);

fn section(payload: &Payload<'_>) -> Option<(&'static str, u32, u64)> {
    Some(match payload {
        Payload::TypeSection(reader) => ("function types", reader.count(), limits::MAX_TYPES),
        Payload::ImportSection(reader) => ("imports", reader.count(), limits::MAX_IMPORTS),
        Payload::FunctionSection(reader) => ("functions", reader.count(), limits::MAX_FUNCTIONS),
        Payload::GlobalSection(reader) => ("globals", reader.count(), limits::MAX_GLOBALS),
        Payload::ElementSection(reader) => ("element segments", reader.count(), limits::MAX_ELEMENT_SEGMENTS),
        Payload::DataSection(reader) => ("data segments", reader.count(), limits::MAX_DATA_SEGMENTS),
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
        assert!(count.limit.is_some_and(|limit| count.found > limit));
    }
}
