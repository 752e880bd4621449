//! Any bytes as an interface.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| hexapla_fuzz::wire(input));
