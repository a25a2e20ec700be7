//! See `src/targets/verify_differential.rs`.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use tls12_fuzz::mutate::mutate;

fuzz_target!(|data: &[u8]| tls12_fuzz::targets::verify_differential::target(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max: usize, seed: u32| {
    mutate("verify_differential", data, size, max, seed, fuzzer_mutate)
});
