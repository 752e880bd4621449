//! Any bytes as a value of any type, with the codec of this ABI.
#![no_main]

use hexapla_abi::Abi;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| hexapla_fuzz::decode(Abi::Cairo, input));
