//! See `src/targets/capture.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tls12_fuzz::targets::capture::target(data));
