//! Stapled OCSP responses to chains whose signatures all count as good, as those of the responses do.
//!
//! The input is the roots and the chain, as for `verify`, and then the response.

use crate::chains::{Input, check, lenient};

pub fn target(data: &[u8]) {
    let Some(input) = Input::read(data) else { return };
    check(&input.store, &input.chain, Some(input.rest));
    check(&lenient(input.store), &input.chain, Some(input.rest));
}
