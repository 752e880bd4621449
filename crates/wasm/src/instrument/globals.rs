//! The globals that instrumented modules export.

/// Exported global with the ink that is left; a negative value says that it was used up.
pub const INK_GLOBAL: &str = "__hexapla_ink";
/// Exported global with the words of stack that are left.
pub const STACK_GLOBAL: &str = "__hexapla_stack";
/// Exported global that is 0, or [`STATUS_STACK_OVERFLOW`].
pub const STATUS_GLOBAL: &str = "__hexapla_status";
/// The value of [`STATUS_GLOBAL`] after the stack budget was used up.
pub const STATUS_STACK_OVERFLOW: i32 = 1;
