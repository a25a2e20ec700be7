//! Stapled OCSP responses to chains whose signatures all count as good, as those of the responses do.
//!
//! The input is the roots and the chain, as for `verify`, and then the response.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tls12_fuzz::chains::{Input, check, lenient};

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::read(data) else { return };
    check(&input.store, &input.chain, Some(input.rest));
    check(&lenient(input.store), &input.chain, Some(input.rest));
});
