//! A peer's public key: found in its certificate, matched to signature schemes.

use alloc::vec::Vec;
use rustls_pki_types::{AlgorithmIdentifier, CertificateDer, alg_id};

use super::certificate::read_public_key;
use super::{KeyExchange, SignatureAlgorithms};
use crate::error::ProviderError;
use crate::wire::{NamedGroup, SignatureScheme};

/// A public key as certificates carry it (SubjectPublicKeyInfo, RFC 5280 §4.1.2.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The content of the AlgorithmIdentifier: algorithm and parameters, in DER.
    algorithm: Vec<u8>,
    /// The content of the BIT STRING.
    key: Vec<u8>,
}

impl KeyType {
    /// Whether a certificate with such a key serves this key exchange (RFC 5246 §7.4.2, RFC 8422 §2.2, §5.10).
    #[must_use]
    pub const fn serves(self, key_exchange: KeyExchange) -> bool {
        match key_exchange {
            KeyExchange::Rsa | KeyExchange::EcdheRsa => matches!(self, Self::Rsa),
            KeyExchange::EcdheEcdsa => matches!(self, Self::Ecdsa(_) | Self::Ed25519),
            KeyExchange::Psk | KeyExchange::EcdhePsk => false,
        }
    }

    /// The curve that the peer must have listed in supported_groups (RFC 8422 §5.1.1).
    #[must_use]
    pub const fn curve(self) -> Option<NamedGroup> {
        match self {
            Self::Ecdsa(curve) => Some(curve),
            Self::Rsa | Self::Ed25519 | Self::Other => None,
        }
    }
}

/// The type of a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyType {
    /// RSA (`rsaEncryption`).
    Rsa,
    /// ECDSA on this curve.
    Ecdsa(NamedGroup),
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// Another one.
    Other,
}

impl PublicKey {
    /// The key of a certificate. Nothing else of the certificate is looked at: that is the verifier's.
    ///
    /// # Errors
    /// [`ProviderError::InvalidPublicKey`], if the certificate is malformed up to its key.
    pub fn of_certificate(certificate: &CertificateDer<'_>) -> Result<Self, ProviderError> {
        let (algorithm, key) = read_public_key(certificate).map_err(|_| ProviderError::InvalidPublicKey)?;
        Ok(Self { algorithm, key })
    }

    /// A key of this algorithm: the `alg_id` of [`rustls_pki_types`], and the content of the BIT STRING.
    #[must_use]
    pub fn new(algorithm: AlgorithmIdentifier, key: Vec<u8>) -> Self {
        Self { algorithm: algorithm.as_ref().to_vec(), key }
    }

    /// An RSA key, from its RSAPublicKey in DER (RFC 8017 §A.1.1).
    #[must_use]
    pub fn rsa(key: Vec<u8>) -> Self {
        Self::new(alg_id::RSA_ENCRYPTION, key)
    }

    /// Its type.
    #[must_use]
    pub fn key_type(&self) -> KeyType {
        let known = [
            (alg_id::RSA_ENCRYPTION, KeyType::Rsa),
            (alg_id::ECDSA_P256, KeyType::Ecdsa(NamedGroup::SECP256R1)),
            (alg_id::ECDSA_P384, KeyType::Ecdsa(NamedGroup::SECP384R1)),
            (alg_id::ECDSA_P521, KeyType::Ecdsa(NamedGroup::SECP521R1)),
            (alg_id::ED25519, KeyType::Ed25519),
        ];
        let found = known.iter().find(|(id, _)| id.as_ref() == self.algorithm);
        found.map_or(KeyType::Other, |(_, typ)| *typ)
    }

    /// The key itself: the content of the BIT STRING (for RSA, an RSAPublicKey).
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// Whether `signature` is this key's signature of `message` by `scheme`. A scheme that does not fit the key, or is
    /// not among `algorithms`, verifies nothing.
    #[must_use]
    pub fn verifies(
        &self,
        algorithms: SignatureAlgorithms,
        scheme: SignatureScheme,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        self.fitting(algorithms, scheme)
            .any(|algorithm| algorithm.verify_signature(&self.key, message, signature).is_ok())
    }

    /// Whether this key can sign by `scheme` at all.
    pub(crate) fn fits(&self, algorithms: SignatureAlgorithms, scheme: SignatureScheme) -> bool {
        self.fitting(algorithms, scheme).next().is_some()
    }

    fn fitting(
        &self,
        algorithms: SignatureAlgorithms,
        scheme: SignatureScheme,
    ) -> impl Iterator<Item = &'static dyn rustls_pki_types::SignatureVerificationAlgorithm> {
        let schemes = algorithms.by_scheme.iter().chain(algorithms.by_name_only);
        let of_scheme = schemes.filter(move |(s, _)| *s == scheme);
        of_scheme
            .flat_map(|(_, algorithms)| algorithms.iter().copied())
            .filter(|a| a.public_key_alg_id().as_ref() == self.algorithm)
    }
}
