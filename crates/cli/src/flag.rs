//! Flags.

/// Flags from the environment: `1`, `yes` and the like are true; empty, `0`, `no` and `false` are not.
pub(crate) fn flag() -> clap::builder::FalseyValueParser {
    clap::builder::FalseyValueParser::new()
}
