//! The identifiers of RSA signatures that rustls-pki-types does not define.

use rustls_pki_types::AlgorithmIdentifier;

/// RFC 8017 §A.2.4. It is used only where it is named.
pub(in crate::crypto) const RSA_PKCS1_SHA1: AlgorithmIdentifier =
    AlgorithmIdentifier::from_slice(&[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00]);
/// Those without the NULL for parameters, which must be accepted as well (RFC 4055 §5).
pub(in crate::crypto) const RSA_PKCS1_SHA256_BARE: AlgorithmIdentifier =
    AlgorithmIdentifier::from_slice(&[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]);
pub(in crate::crypto) const RSA_PKCS1_SHA384_BARE: AlgorithmIdentifier =
    AlgorithmIdentifier::from_slice(&[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c]);
pub(in crate::crypto) const RSA_PKCS1_SHA512_BARE: AlgorithmIdentifier =
    AlgorithmIdentifier::from_slice(&[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d]);
