//! See `src/targets/verify_differential.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tls12_fuzz::targets::verify_differential::target(data));
