//! Keys, signatures and certificates that OpenSSL made: the script `make` says how.
#![allow(dead_code, reason = "each test file uses a part")]

use rsa::pkcs8::spki::SubjectPublicKeyInfoRef;
use rustls_pki_types::{AlgorithmIdentifier, CertificateDer, alg_id};
use tls12::wire::SignatureScheme;

/// What the signatures are of.
pub const MESSAGE: &[u8] = b"message";

/// A key, and what was made with it.
pub struct Made {
    pem: &'static str,
    /// The type of the key.
    pub algorithm: AlgorithmIdentifier,
    /// What we sign by with this key.
    pub scheme: SignatureScheme,
}

/// Those on the curves of ECDSA.
pub const CURVES: [Made; 3] = [
    Made { pem: include_str!("P-256.pem"), algorithm: alg_id::ECDSA_P256, scheme: SignatureScheme::ECDSA_SHA256 },
    Made { pem: include_str!("P-384.pem"), algorithm: alg_id::ECDSA_P384, scheme: SignatureScheme::ECDSA_SHA384 },
    Made { pem: include_str!("P-521.pem"), algorithm: alg_id::ECDSA_P521, scheme: SignatureScheme::ECDSA_SHA512 },
];

pub const ED25519: Made =
    Made { pem: include_str!("Ed25519.pem"), algorithm: alg_id::ED25519, scheme: SignatureScheme::ED25519 };

impl Made {
    /// What has this label, in order.
    fn all(&self, label: &str) -> Vec<Vec<u8>> {
        let sections = pem::parse_many(self.pem).unwrap();
        sections.into_iter().filter(|section| section.tag() == label).map(pem::Pem::into_contents).collect()
    }

    /// The one thing with this label.
    pub fn one(&self, label: &str) -> Vec<u8> {
        let mut all = self.all(label);
        assert_eq!(all.len(), 1, "{label}");
        all.remove(0)
    }

    /// The bits of the public key.
    pub fn public_key(&self) -> Vec<u8> {
        let spki = self.one("PUBLIC KEY");
        SubjectPublicKeyInfoRef::try_from(&spki[..]).unwrap().subject_public_key.raw_bytes().to_vec()
    }

    /// The root, and the certificates that it has signed.
    pub fn certificates(&self) -> (CertificateDer<'static>, Vec<CertificateDer<'static>>) {
        let mut all = self.all("CERTIFICATE").into_iter().map(CertificateDer::from);
        (all.next().unwrap(), all.collect())
    }
}
