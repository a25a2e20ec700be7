//! See `src/targets/server.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tls12_fuzz::targets::server::target(data));
