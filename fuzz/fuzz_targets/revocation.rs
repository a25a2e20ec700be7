//! Certificate revocation lists, and chains that they are asked about.
//!
//! The input is the roots and the chain, as for `verify`, and then a list.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustls_pki_types::CertificateRevocationListDer;
use tls12::verify::{Revocation, UnknownStatus};
use tls12_fuzz::chains::{Input, assert_one_line, check, lenient};

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::read(data) else { return };
    for unknown in [UnknownStatus::Accept, UnknownStatus::Refuse] {
        match Revocation::from_der([CertificateRevocationListDer::from(input.rest)], unknown) {
            Ok(lists) => check(&lenient(input.store.clone()).revocation(lists), &input.chain, None),
            Err(error) => assert_one_line(&error.to_string()),
        }
    }
});
