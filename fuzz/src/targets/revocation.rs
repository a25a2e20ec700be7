//! Certificate revocation lists, and chains that they are asked about.
//!
//! The input is the roots and the chain, as for `verify`, and then a list.

use crate::chains::{Input, assert_one_line, check, lenient};
use rustls_pki_types::CertificateRevocationListDer;
use tls12::verify::{Revocation, UnknownStatus};

pub fn target(data: &[u8]) {
    let Some(input) = Input::read(data) else { return };
    for unknown in [UnknownStatus::Accept, UnknownStatus::Refuse] {
        match Revocation::from_der([CertificateRevocationListDer::from(input.rest)], unknown) {
            Ok(lists) => check(&lenient(input.store.clone()).revocation(lists), &input.chain, None),
            Err(error) => assert_one_line(&error.to_string()),
        }
    }
}
