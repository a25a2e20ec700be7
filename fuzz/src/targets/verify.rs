//! Certificate chains before a trust store. Every signature counts as good, so that none hides what lies behind it.
//!
//! The input is two lists of certificates, each as the body of a Certificate message: the roots, then the chain.

use crate::chains::{Input, check, lenient, pinned};

pub fn target(data: &[u8]) {
    let Some(input) = Input::read(data) else { return };
    check(&input.store, &input.chain, None);
    if let Some(verifier) = pinned(&input.chain) {
        check(&verifier, &input.chain, None);
    }
    assert!(input.store.names().all(|name| !name.is_empty()));
    check(&lenient(input.store), &input.chain, None);
}
