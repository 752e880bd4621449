//! Names of operators, which of them end a basic block, and refusals of operators and types.

use crate::error::{WasmError, offset};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
};
use wasmparser::{Operator, ValType};

/// The refusal of an operator that has no price.
pub(super) fn refused(operator: &Operator<'_>, at: impl TryInto<u64>) -> WasmError {
    WasmError::Operator { name: text_name(visitor_name(operator)), offset: offset(at) }
}

/// Refuses value types other than numbers. Floats may be moved, but no operator looks into one or makes one.
pub(super) fn check_value_type(found: ValType, place: &'static str) -> Result<(), WasmError> {
    match found {
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 => Ok(()),
        other => Err(WasmError::ValueType { found: other.to_string(), place }),
    }
}

/// Whether a basic block ends behind this operator.
pub(super) fn ends_block(operator: &Operator<'_>) -> bool {
    use Operator::*;
    leaves(operator)
        || matches!(operator, Loop { .. } | If { .. } | Else | End | BrIf { .. } | Call { .. } | CallIndirect { .. })
}

/// Whether what follows this operator cannot be reached from it.
pub(super) fn leaves(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(operator, Br { .. } | BrTable { .. } | Return | Unreachable)
}

macro_rules! define_visitor_name {
    ($(@$proposal:ident $operator:ident $({ $($field:ident: $type:ty),* })? => $visit:ident ($($annotation:tt)*))*) => {
        /// The name of the parser's visitor function, e.g. `visit_f32_add`.
        fn visitor_name(operator: &Operator<'_>) -> &'static str {
            match operator {
                $(Operator::$operator $({ $($field: _),* })? => stringify!($visit),)*
                #[allow(unreachable_patterns, reason = "the enum is open")]
                _ => "visit_unknown",
            }
        }
    };
}
wasmparser::for_each_operator!(define_visitor_name);

/// `visit_i64_atomic_rmw_add` → `i64.atomic_rmw_add`: the text format's name but for further dots.
fn text_name(visitor: &str) -> String {
    const NAMESPACES: [&str; 11] =
        ["i32", "i64", "f32", "f64", "v128", "memory", "table", "local", "global", "ref", "data"];
    let name = visitor.strip_prefix("visit_").unwrap_or(visitor);
    match name.split_once('_') {
        Some((namespace, rest)) if NAMESPACES.contains(&namespace) => format!("{namespace}.{rest}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_have_their_text_names() {
        let refused = |operator| refused(&operator, 5usize).to_string();
        assert!(refused(Operator::F32Add).starts_with("the operator f32.add at byte 5 is not allowed"));
        assert!(refused(Operator::ReturnCall { function_index: 0 }).contains("operator return_call at"));
        assert!(refused(Operator::DataDrop { data_index: 0 }).contains("data.drop"));
    }
}
