//! RSA keys: which sizes are accepted, and how a private key is read (RFC 8017 §A.1).

use der::asn1::UintRef;
use der::{Decode, Encode, Reader, SliceReader};
use rustls_pki_types::alg_id;

use super::primitives::PARTS;
use crate::crypto::certificate::enter_sequence;
use crate::crypto::{PublicKey, bit_length};
use crate::error::ProviderError;

/// The minimum size of a modulus, in bits. Factoring 1024 bits is feasible (NIST SP 800-131A rev. 2 §6).
pub(super) const MIN_MODULUS_BITS: u32 = 2048;
/// The minimum size of a peer's modulus where small keys are accepted, in bits.
#[cfg(feature = "static-rsa")]
pub(super) const SMALL_MODULUS_BITS: u32 = 1024;
/// The maximum size of a peer's modulus, in bits, as for signatures: this limits the work.
pub(super) const MAX_PUBLIC_MODULUS_BITS: u32 = 8192;
/// The length of the smallest public exponent of a private key, 65537 (FIPS 186-5 §5.4: odd, and larger than 2^16), which ring
/// takes too.
const MIN_EXPONENT_BITS: u32 = 17;
/// The maximum length of the public exponent of a private key, as in ring, AWS-LC and the `rsa` crate.
const MAX_EXPONENT_BITS: u32 = 33;
/// The largest modulus of a private key, in bits: what ring signs with.
const MAX_PRIVATE_MODULUS_BITS: u32 = 4096;
/// What follows the public exponent: the private exponent, two primes, two exponents, and the coefficient.
const SECRET_NUMBERS: usize = 6;

/// Reads an RSAPrivateKey (RFC 8017 §A.1.2), checks the size of its public numbers, and returns these as a public key. Whether the
/// numbers are consistent is for whoever signs with them to check.
pub(super) fn public_half(pkcs1: &[u8]) -> Result<PublicKey, ProviderError> {
    use ProviderError::InvalidPrivateKey;
    let public = public_numbers(pkcs1)
        .map_err(|_| InvalidPrivateKey("it is not an RSAPrivateKey (RFC 8017 A.1.2) with two primes"))?;
    let [modulus, exponent] = &public;
    let bits = bit_length(modulus.as_bytes());
    if bits < MIN_MODULUS_BITS {
        return Err(InvalidPrivateKey("its modulus has fewer than 2048 bits"));
    }
    if bits > MAX_PRIVATE_MODULUS_BITS {
        return Err(InvalidPrivateKey("its modulus has more than 4096 bits"));
    }
    if bit_length(exponent.as_bytes()) < MIN_EXPONENT_BITS {
        return Err(InvalidPrivateKey("its public exponent is below 65537"));
    }
    if exponent.as_bytes().last().is_some_and(|byte| byte & 1 == 0) {
        return Err(InvalidPrivateKey("its public exponent is even"));
    }
    if bit_length(exponent.as_bytes()) > MAX_EXPONENT_BITS {
        return Err(InvalidPrivateKey("its public exponent has more than 33 bits"));
    }
    // RSAPublicKey is a sequence of the two.
    let encoded = public.to_der().map_err(|_| PARTS)?;
    Ok(PublicKey::new(alg_id::RSA_ENCRYPTION, encoded))
}

/// The modulus and the public exponent of an RSAPrivateKey with two primes.
fn public_numbers(pkcs1: &[u8]) -> der::Result<[UintRef<'_>; 2]> {
    let mut reader = SliceReader::new(pkcs1)?;
    enter_sequence(&mut reader)?;
    // The version: two-prime.
    if u8::decode(&mut reader)? != 0 {
        return Err(der::Tag::Integer.value_error().into());
    }
    let public = [UintRef::decode(&mut reader)?, UintRef::decode(&mut reader)?];
    for _ in 0..SECRET_NUMBERS {
        UintRef::decode(&mut reader)?;
    }
    reader.finish()?;
    Ok(public)
}
