//! Which code signs.
#![allow(clippy::unwrap_used)]

use rsa::pkcs1::EncodeRsaPrivateKey;

use super::*;
use crate::crypto::common::random::Draws;
use crate::crypto::ring;

#[test]
fn the_faster_code_signs() {
    let provider = ring::provider();
    let generated = rsa::PrivateKey::new(&mut Draws::new(provider.random()), 2048).unwrap();
    let der = generated.to_pkcs1_der().unwrap();
    let signs_by_library = |primitives: &dyn Primitives| {
        let key = RsaKey::new(primitives, der.as_bytes()).unwrap();
        (key.signer.is_some(), key.key.is_vectorized())
    };
    let (by_ring, is_vectorized) = signs_by_library(&ring::Ring);
    assert_eq!(by_ring, !is_vectorized);
    #[cfg(feature = "aws-lc-rs")]
    assert!(signs_by_library(&crate::crypto::aws_lc_rs::AwsLc).0);
}
