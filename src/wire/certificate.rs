//! What is said with and of certificates: Certificate, CertificateRequest, CertificateVerify (RFC 5246 §7.4.2, §7.4.4,
//! §7.4.8), CertificateStatus (RFC 6066 §8).

use alloc::vec::Vec;
use rustls_pki_types::CertificateDer;

use super::{
    ClientCertificateType, CodePoints, HandshakeType, LengthOf, Reader, SignatureScheme, put_code_points, put_message,
    put_vec,
};
use crate::error::{DecodeError, DecodeFault};

/// Reads the body of a Certificate: the chain, the sender's own certificate first. It may be empty (a client without one).
///
/// # Errors
/// [`DecodeError`], if it is malformed, or a certificate is empty.
pub fn decode_certificate(body: &[u8]) -> Result<Vec<CertificateDer<'_>>, DecodeError> {
    let mut reader = Reader::new("Certificate", body);
    let mut list = Reader::new("Certificate", reader.vec24()?);
    reader.done()?;
    let mut chain = Vec::new();
    while !list.is_empty() {
        let certificate = list.vec24()?;
        if certificate.is_empty() {
            return Err(list.error(DecodeFault::Length));
        }
        chain.push(CertificateDer::from(certificate));
    }
    Ok(chain)
}

/// Appends a Certificate to `out`.
pub fn put_certificate(out: &mut Vec<u8>, chain: &[CertificateDer<'_>]) {
    put_message(out, HandshakeType::CERTIFICATE, |out| {
        put_vec(out, LengthOf::U24, |out| {
            for certificate in chain {
                put_vec(out, LengthOf::U24, |out| out.extend(certificate.as_ref()));
            }
        });
    });
}

/// A CertificateRequest.
#[derive(Clone, Debug)]
pub struct CertificateRequest<'a> {
    /// The types of certificate that the server accepts (ClientCertificateType).
    pub certificate_types: &'a [u8],
    /// The signature schemes that the server verifies.
    pub signature_algorithms: CodePoints<'a>,
    /// The distinguished names, in DER, of acceptable authorities. None named: any.
    pub authorities: Vec<&'a [u8]>,
}

impl<'a> CertificateRequest<'a> {
    /// Reads the body of a CertificateRequest.
    ///
    /// # Errors
    /// [`DecodeError`], if it is malformed.
    pub fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("CertificateRequest", body);
        let certificate_types = reader.vec8()?;
        if certificate_types.is_empty() {
            return Err(reader.error(DecodeFault::Length));
        }
        let signature_algorithms = reader.code_points()?;
        let mut names = Reader::new("CertificateRequest", reader.vec16()?);
        reader.done()?;
        let mut authorities = Vec::new();
        while !names.is_empty() {
            let name = names.vec16()?;
            // RFC 5246 §7.4.4: opaque DistinguishedName<1..2^16-1>.
            if name.is_empty() {
                return Err(names.error(DecodeFault::Length));
            }
            authorities.push(name);
        }
        Ok(Self { certificate_types, signature_algorithms, authorities })
    }
}

/// Appends a CertificateRequest to `out`. `authorities` are distinguished names in DER.
pub fn put_certificate_request(
    out: &mut Vec<u8>,
    types: &[ClientCertificateType],
    schemes: &[SignatureScheme],
    authorities: &[Vec<u8>],
) {
    put_message(out, HandshakeType::CERTIFICATE_REQUEST, |out| {
        put_vec(out, LengthOf::U8, |out| out.extend(types.iter().map(|typ| typ.0)));
        put_vec(out, LengthOf::U16, |out| put_code_points(out, schemes.iter().map(|scheme| scheme.0)));
        put_vec(out, LengthOf::U16, |out| {
            for name in authorities {
                put_vec(out, LengthOf::U16, |out| out.extend(name));
            }
        });
    });
}

/// A CertificateVerify: the client's signature over all messages so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateVerify<'a> {
    /// The scheme of the signature.
    pub scheme: SignatureScheme,
    /// The signature.
    pub signature: &'a [u8],
}

impl<'a> CertificateVerify<'a> {
    /// Reads the body of a CertificateVerify.
    ///
    /// # Errors
    /// [`DecodeError`], if it is malformed.
    pub fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("CertificateVerify", body);
        let scheme = SignatureScheme(reader.u16()?);
        let signature = reader.vec16()?;
        reader.done()?;
        Ok(Self { scheme, signature })
    }
}

/// Appends a CertificateVerify to `out`.
pub fn put_certificate_verify(out: &mut Vec<u8>, scheme: SignatureScheme, signature: &[u8]) {
    put_message(out, HandshakeType::CERTIFICATE_VERIFY, |out| {
        out.extend(scheme.0.to_be_bytes());
        put_vec(out, LengthOf::U16, |out| out.extend(signature));
    });
}

/// The only type of certificate status that is defined: an OCSP response (RFC 6066 §8).
pub const STATUS_TYPE_OCSP: u8 = 1;

/// Reads the body of a CertificateStatus: an OCSP response in DER.
///
/// # Errors
/// [`DecodeError`], if it is malformed, empty, or of another type.
pub fn decode_certificate_status(body: &[u8]) -> Result<&[u8], DecodeError> {
    let mut reader = Reader::new("CertificateStatus", body);
    if reader.u8()? != STATUS_TYPE_OCSP {
        return Err(reader.error(DecodeFault::Value));
    }
    let response = reader.vec24()?;
    if response.is_empty() {
        return Err(reader.error(DecodeFault::Length));
    }
    reader.done()?;
    Ok(response)
}

/// Appends a CertificateStatus with an OCSP response to `out`.
pub fn put_certificate_status(out: &mut Vec<u8>, response: &[u8]) {
    put_message(out, HandshakeType::CERTIFICATE_STATUS, |out| {
        out.push(STATUS_TYPE_OCSP);
        put_vec(out, LengthOf::U24, |out| out.extend(response));
    });
}
