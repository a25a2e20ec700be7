//! Messages about certificates: Certificate, CertificateRequest, CertificateVerify (RFC 5246 §7.4.2, §7.4.4, §7.4.8),
//! CertificateStatus (RFC 6066 §8).

use alloc::vec::Vec;
use rustls_pki_types::CertificateDer;

use super::{
    ClientCertificateType, CodePoints, HandshakeType, LengthOf, Reader, SignatureScheme, put_code_points, put_message,
    put_vec,
};
use crate::error::{DecodeError, DecodeFault};

/// The certificates of a Certificate message, in their wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateList<'a>(&'a [u8]);

impl<'a> CertificateList<'a> {
    /// Returns an iterator over the certificates, the sender's own first.
    pub fn iter(self) -> impl Iterator<Item = CertificateDer<'a>> {
        let mut list = Reader::new("Certificate", self.0);
        core::iter::from_fn(move || list.vec24().ok().map(CertificateDer::from))
    }

    /// Returns whether the list is empty, as from a client without a certificate.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// Decodes the body of a Certificate.
///
/// # Errors
/// [`DecodeError`] if it is malformed, or a certificate is empty.
pub fn decode_certificate(body: &[u8]) -> Result<CertificateList<'_>, DecodeError> {
    let mut reader = Reader::new("Certificate", body);
    let certificates = reader.vec24()?;
    reader.done()?;
    let mut list = Reader::new("Certificate", certificates);
    while !list.is_empty() {
        if list.vec24()?.is_empty() {
            return Err(list.error(DecodeFault::Length));
        }
    }
    Ok(CertificateList(certificates))
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

/// The distinguished names of CAs, in the wire format of a CertificateRequest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Authorities<'a>(&'a [u8]);

impl<'a> Authorities<'a> {
    /// Wraps a list that was decoded before.
    pub(crate) const fn of(list: &'a [u8]) -> Self {
        Self(list)
    }

    /// The list.
    pub(crate) const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Returns an iterator over the names, each in DER.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let mut names = Reader::new("CertificateRequest", self.0);
        core::iter::from_fn(move || names.vec16().ok())
    }
}

/// A CertificateRequest.
#[derive(Clone, Debug)]
pub struct CertificateRequest<'a> {
    /// The certificate types that the server accepts (ClientCertificateType).
    pub certificate_types: &'a [u8],
    /// The signature schemes that the server supports.
    pub signature_algorithms: CodePoints<'a>,
    /// The distinguished names, in DER, of acceptable CAs. If empty, any CA is acceptable.
    pub authorities: Authorities<'a>,
}

impl<'a> CertificateRequest<'a> {
    /// Decodes the body of a CertificateRequest.
    ///
    /// # Errors
    /// [`DecodeError`] if it is malformed.
    pub fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("CertificateRequest", body);
        let certificate_types = reader.vec8()?;
        if certificate_types.is_empty() {
            return Err(reader.error(DecodeFault::Length));
        }
        let signature_algorithms = reader.code_points()?;
        let authorities = reader.vec16()?;
        reader.done()?;
        let mut names = Reader::new("CertificateRequest", authorities);
        while !names.is_empty() {
            // RFC 5246 §7.4.4: opaque DistinguishedName<1..2^16-1>.
            if names.vec16()?.is_empty() {
                return Err(names.error(DecodeFault::Length));
            }
        }
        Ok(Self { certificate_types, signature_algorithms, authorities: Authorities(authorities) })
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

/// A CertificateVerify: the client's signature over all previous handshake messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateVerify<'a> {
    /// The scheme of the signature.
    pub scheme: SignatureScheme,
    /// The signature.
    pub signature: &'a [u8],
}

impl<'a> CertificateVerify<'a> {
    /// Decodes the body of a CertificateVerify.
    ///
    /// # Errors
    /// [`DecodeError`] if it is malformed.
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

/// Decodes the body of a CertificateStatus: an OCSP response in DER.
///
/// # Errors
/// [`DecodeError`] if it is malformed, empty, or of another type.
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
