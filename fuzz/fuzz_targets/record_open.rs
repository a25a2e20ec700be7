//! See `src/targets/record_open.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tls12_fuzz::targets::record_open::target(data));
