//! A peer's public key: extracted from its certificate, and matched to signature schemes.

use alloc::vec::Vec;
use core::ops::RangeInclusive;
use der::asn1::UintRef;
use der::{Decode, Reader, SliceReader};
use rustls_pki_types::{AlgorithmIdentifier, CertificateDer, alg_id};

use super::certificate::{enter_sequence, read_public_key};
use super::{KeyExchange, Provider, SignatureAlgorithms};
use crate::error::{KeyFault, ProviderError, SignatureError};
use crate::wire::{NamedGroup, SignatureScheme};

/// A public key, as in a certificate (SubjectPublicKeyInfo, RFC 5280 §4.1.2.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The content of the AlgorithmIdentifier: algorithm and parameters, in DER.
    algorithm: Vec<u8>,
    /// The content of the BIT STRING.
    key: Vec<u8>,
}

impl KeyType {
    /// Returns whether a certificate with such a key can be used in this key exchange (RFC 5246 §7.4.2, RFC 8422 §2.2,
    /// §5.10).
    #[must_use]
    pub const fn serves(self, key_exchange: KeyExchange) -> bool {
        match key_exchange {
            KeyExchange::Rsa | KeyExchange::EcdheRsa => matches!(self, Self::Rsa),
            KeyExchange::EcdheEcdsa => matches!(self, Self::Ecdsa(_) | Self::Ed25519),
            KeyExchange::Psk | KeyExchange::EcdhePsk => false,
        }
    }

    /// Returns the curve that the peer must have listed in supported_groups (RFC 8422 §5.1.1).
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
    /// Another type.
    Other,
}

impl PublicKey {
    /// Extracts the key of a certificate. The rest of the certificate is left to the verifier.
    ///
    /// # Errors
    /// [`ProviderError::InvalidPublicKey`] if the certificate is malformed up to its key.
    pub fn of_certificate(certificate: &CertificateDer<'_>) -> Result<Self, ProviderError> {
        let (algorithm, key) = read_public_key(certificate).map_err(|_| ProviderError::InvalidPublicKey)?;
        Ok(Self { algorithm, key })
    }

    /// Creates a key from its algorithm, as an `alg_id` of [`rustls_pki_types`], and the content of the BIT STRING.
    #[must_use]
    pub fn new(algorithm: AlgorithmIdentifier, key: Vec<u8>) -> Self {
        Self { algorithm: algorithm.as_ref().to_vec(), key }
    }

    /// Creates an RSA key from its RSAPublicKey in DER (RFC 8017 §A.1.1).
    #[must_use]
    pub fn rsa(key: Vec<u8>) -> Self {
        Self::new(alg_id::RSA_ENCRYPTION, key)
    }

    /// Returns the type of the key.
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

    /// Returns the content of the BIT STRING (for RSA, an RSAPublicKey).
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// Verifies that `signature` is this key's signature on `message` with `scheme`.
    ///
    /// # Errors
    /// [`SignatureError`], which tells whether the key, the scheme or the signature is at fault.
    pub fn verifies(
        &self,
        provider: &dyn Provider,
        scheme: SignatureScheme,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        if let Some(fault) = self.wrong_size(provider.rsa_key_bits()) {
            return Err(SignatureError::Key(fault));
        }
        let algorithms = provider.signature_algorithms();
        if self.fitting(&algorithms, scheme).any(|a| a.verify_signature(&self.key, message, signature).is_ok()) {
            return Ok(());
        }
        Err(match self.fault(provider.rsa_key_bits()) {
            Some(fault) => SignatureError::Key(fault),
            None if self.fits(&algorithms, scheme) => SignatureError::Mismatch,
            None => SignatureError::SchemeNotForKey,
        })
    }

    /// The fault of an RSA key whose size is not among the accepted ones, `rsa_bits`.
    pub(crate) fn wrong_size(&self, rsa_bits: RangeInclusive<u32>) -> Option<KeyFault> {
        let bits = (self.key_type() == KeyType::Rsa).then(|| rsa_modulus_bits(&self.key))??;
        let (smallest, largest) = rsa_bits.into_inner();
        match bits {
            _ if bits < smallest => Some(KeyFault::TooSmall { bits, smallest }),
            _ if bits > largest => Some(KeyFault::TooLarge { bits, largest }),
            _ => None,
        }
    }

    /// The fault that prevents the key from being used, as far as its encoding shows. `rsa_bits` are the accepted sizes
    /// of RSA keys.
    pub(crate) fn fault(&self, rsa_bits: RangeInclusive<u32>) -> Option<KeyFault> {
        /// The first byte of an uncompressed point (RFC 8422 §5.1.2 deprecates the other formats).
        const UNCOMPRESSED: u8 = 4;
        match self.key_type() {
            KeyType::Rsa if rsa_modulus_bits(&self.key).is_none() => Some(KeyFault::Malformed),
            KeyType::Rsa => self.wrong_size(rsa_bits),
            KeyType::Ecdsa(_) => (self.key.first() != Some(&UNCOMPRESSED)).then_some(KeyFault::Malformed),
            KeyType::Ed25519 => None,
            KeyType::Other => Some(KeyFault::Unsupported(self.kind())),
        }
    }

    /// The type of the key, as human-readable text.
    pub(crate) fn kind(&self) -> &'static str {
        /// The object identifiers, with tag and length, of unsupported types of keys, and of EC keys on other curves.
        const OTHERS: [(&[u8], &str); 6] = [
            // RFC 4055 §1.2.
            (&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10], "RSASSA-PSS"),
            // RFC 3279 §2.3.2.
            (&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1], "DSA"),
            // RFC 5480 §2.1.1.
            (&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1], "EC, on a curve other than P-256, P-384 and P-521"),
            // RFC 8410 §3.
            (&[6, 3, 0x2b, 0x65, 0x71], "Ed448"),
            (&[6, 3, 0x2b, 0x65, 0x6e], "X25519"),
            (&[6, 3, 0x2b, 0x65, 0x6f], "X448"),
        ];
        match self.key_type() {
            KeyType::Rsa => "RSA",
            KeyType::Ecdsa(_) => "ECDSA",
            KeyType::Ed25519 => "Ed25519",
            KeyType::Other => {
                let known = OTHERS.iter().find(|(id, _)| self.algorithm.starts_with(id));
                known.map_or("an unknown algorithm", |(_, kind)| *kind)
            }
        }
    }

    /// Whether this key can sign with `scheme` at all.
    pub(crate) fn fits(&self, algorithms: &SignatureAlgorithms, scheme: SignatureScheme) -> bool {
        self.fitting(algorithms, scheme).next().is_some()
    }

    fn fitting<'a>(
        &self,
        algorithms: &'a SignatureAlgorithms,
        scheme: SignatureScheme,
    ) -> impl Iterator<Item = &'a dyn rustls_pki_types::SignatureVerificationAlgorithm> {
        algorithms.of_scheme(scheme).filter(|algorithm| algorithm.public_key_alg_id().as_ref() == self.algorithm)
    }
}

/// The size of the modulus of an RSAPublicKey (RFC 8017 §A.1.1), in bits; `None` if it is malformed up to there.
pub(crate) fn rsa_modulus_bits(key: &[u8]) -> Option<u32> {
    let mut reader = SliceReader::new(key).ok()?;
    enter_sequence(&mut reader).ok()?;
    let modulus = UintRef::decode(&mut reader).ok()?;
    // The exponent must follow.
    (!reader.is_finished()).then(|| bit_length(modulus.as_bytes()))
}

/// The number of bits of a public number.
pub(crate) fn bit_length(big_endian: &[u8]) -> u32 {
    let Some(start) = big_endian.iter().position(|byte| *byte != 0) else { return 0 };
    let bytes = u32::try_from(big_endian.len() - start).unwrap_or(u32::MAX);
    let unused = big_endian.get(start).map_or(0, |first| first.leading_zeros());
    bytes.saturating_mul(8) - unused
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(algorithm: &[u8]) -> PublicKey {
        PublicKey { algorithm: algorithm.to_vec(), key: std::vec![4] }
    }

    /// The identifiers are OpenSSL's encodings of such keys (`openssl pkey -pubout -outform DER`).
    #[test]
    fn kinds_that_are_not_supported_are_named() {
        for (algorithm, kind) in [
            (&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10][..], "RSASSA-PSS"),
            // secp256k1.
            (&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 10], "on a curve other"),
            // A curve of the certificate's own (RFC 5480 §2.1.1: it MUST be named; CVE-2020-0601).
            (&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 0x30, 3, 2, 1, 1], "on a curve other"),
            (&[6, 3, 0x2b, 0x65, 0x71], "Ed448"),
            (&[6, 1, 0], "unknown"),
        ] {
            let fault = key(algorithm).fault(2048..=8192).unwrap();
            assert!(matches!(fault, KeyFault::Unsupported(named) if named.contains(kind)), "{fault:?}");
        }
        assert_eq!(key(alg_id::ECDSA_P256.as_ref()).fault(2048..=8192), None);
    }

    #[test]
    fn bits_are_counted() {
        assert_eq!([&[][..], &[0, 0], &[0, 1], &[0x80, 0], &[0, 0xff, 0]].map(bit_length), [0, 0, 1, 16, 16]);
    }
}
