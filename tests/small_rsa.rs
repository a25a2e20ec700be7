//! RSA keys of 1024 bits: encrypted to where they are asked for by name, by verifier and provider, and nowhere else.
#![cfg(all(feature = "ring", feature = "webpki"))]
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose, PublicKeyData};
use rsa::PrivateKey;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::traits::PublicKeyParts;
use rustls_pki_types::{ServerName, UnixTime};
use tls12::crypto::{Provider, PublicKey, Secret, ring};
use tls12::verify::{Allow, TrustStore, Verifier};
use tls12::{CertificateErrorKind, KeyUse, Peer, PeerChain, VerifyPeer};

/// The public half, for rcgen.
struct Rsa(Vec<u8>);

impl PublicKeyData for Rsa {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

fn key(bits: usize) -> PrivateKey {
    PrivateKey::new_with_exp(&mut rand::rng(), bits, rsa::BoxedUint::from(65_537_u64)).unwrap()
}

#[test]
fn small_keys_are_encrypted_to_only_by_name() {
    let small = key(1024);
    let public = PublicKey::rsa(small.to_public_key().to_pkcs1_der().unwrap().into_vec());
    let encrypt = |provider: Arc<dyn Provider>| {
        provider.rsa_encrypt(&public, &Secret::new(vec![3; 48]), provider.random()).map_err(drop)
    };
    assert_eq!(encrypt(ring::provider()), Err(()));
    let encrypted = encrypt(ring::provider_for_small_rsa_keys()).unwrap();
    assert_eq!(encrypted.len(), small.size());
    // RFC 8017 §7.2.2, by the other half of the key.
    let decrypted = small.decrypt(rsa::Pkcs1v15Encrypt, &encrypted).unwrap();
    assert_eq!(decrypted, [3; 48]);
}

#[test]
fn small_keys_are_trusted_only_by_name() {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let store = TrustStore::from_der([root.der().clone()]).unwrap();
    let verdict = |public: Vec<u8>, verifier: &dyn VerifyPeer| {
        let mut params = CertificateParams::new(["a.example".to_owned()]).unwrap();
        params.use_authority_key_identifier_extension = true;
        let end = params.signed_by(&Rsa(public), &root).unwrap().der().clone();
        let server = Peer::Server(ServerName::try_from("a.example").unwrap());
        let algorithms = ring::provider().signature_algorithms();
        let chain = PeerChain::new([end].into(), server, KeyUse::KeyEncipherment, UnixTime::now(), algorithms);
        verifier.verify(&chain).map(drop).map_err(|error| error.kind)
    };
    let relaxed = Verifier::new(store.clone()).allow(Allow::SmallRsaKeys);
    let small = key(1024).to_public_key().to_pkcs1_der().unwrap().into_vec();
    assert_eq!(verdict(small.clone(), &store), Err(CertificateErrorKind::UnsupportedAlgorithm));
    assert_eq!(verdict(small, &relaxed), Ok(()));
    // By hand (RFC 8017 §A.1.1), with a modulus of 127 bytes: SEQUENCE { INTEGER, INTEGER 65537 }.
    let smaller = [&[0x30, 0x81, 0x88, 2, 0x81, 0x80, 0][..], &[0xff; 127], &[2, 3, 1, 0, 1]].concat();
    assert_eq!(verdict(smaller, &relaxed), Err(CertificateErrorKind::UnsupportedAlgorithm));
}
