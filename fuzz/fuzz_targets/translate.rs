//! Any bytes as a value of any type, carried from one ABI to another; the first byte says which two.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| hexapla_fuzz::translate(input));
