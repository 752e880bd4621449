//! Fixtures and helpers that the tests of several crates share.
