//! See `src/targets/conversation.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tls12_fuzz::targets::conversation::target(data));
