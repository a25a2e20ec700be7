//! See `src/targets/staple.rs`.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use tls12_fuzz::mutate::mutate;

fuzz_target!(|data: &[u8]| tls12_fuzz::targets::staple::target(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max: usize, seed: u32| {
    mutate("staple", data, size, max, seed, fuzzer_mutate)
});
