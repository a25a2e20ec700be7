//! The intended peer of a connection, and the trait that verifies it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};
use rustls_pki_types::{CertificateDer, IpAddr, ServerName, UnixTime};

use crate::crypto::SignatureAlgorithms;
use crate::error::{CertificateError, CertificateErrorKind, Error};
use crate::record::MAX_MESSAGE;
use crate::session::Verified;
use crate::wire::decode_certificate;

/// A certificate chain as the peer sent it, and everything that a verdict on it depends on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PeerChain {
    /// The certificates in the order in which they were received, the peer's own first. Never empty.
    pub certificates: Arc<[CertificateDer<'static>]>,
    /// The intended peer.
    pub peer: Peer,
    /// How the peer uses its key in this handshake.
    pub key_use: KeyUse,
    /// The time at which the chain must be valid.
    pub now: UnixTime,
    /// The signature algorithms that the provider supports.
    pub algorithms: SignatureAlgorithms,
    /// The OCSP response that the server sent with it, in DER (RFC 6066 §8).
    pub ocsp_response: Option<Arc<[u8]>>,
    /// The SignedCertificateTimestampList that the server sent with it (RFC 6962 §3.3).
    pub sct_list: Option<Arc<[u8]>>,
}

impl PeerChain {
    /// Creates a chain to verify. The peer's own certificate is the first of `certificates`.
    #[must_use]
    pub fn new(
        certificates: Arc<[CertificateDer<'static>]>,
        peer: Peer,
        key_use: KeyUse,
        now: UnixTime,
        algorithms: SignatureAlgorithms,
    ) -> Self {
        Self { certificates, peer, key_use, now, algorithms, ocsp_response: None, sct_list: None }
    }
}

/// The minimum length of a certificate, in bytes: the signature and the key alone take more. It bounds the number of
/// certificates in a message of a given size.
const MIN_CERTIFICATE: usize = 64;

/// How long a peer's certificate chain may be: a longer one is refused before it is kept, or verified.
///
/// ```
/// let mut limit = tls12::ChainLimit::default();
/// limit.certificates = 4;
/// limit.bytes = 8192;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ChainLimit {
    /// The maximum number of certificates.
    pub certificates: usize,
    /// The maximum total length of the certificates, in bytes.
    pub bytes: usize,
}

impl ChainLimit {
    /// The number of certificates that OpenSSL follows by default (`X509_VERIFY_PARAM` has a depth of 100).
    pub const DEFAULT_CERTIFICATES: usize = 100;

    /// The length of the longest handshake message that is accepted, 2^16 bytes.
    pub const DEFAULT_BYTES: usize = MAX_MESSAGE;

    /// Refuses a chain whose certificates have these lengths, in bytes, if that is longer.
    pub(crate) fn check(self, lengths: impl Iterator<Item = usize>) -> Result<(), CertificateError> {
        let (certificates, bytes) =
            lengths.fold((0, 0), |(count, bytes): (usize, usize), len| (count + 1, bytes + len));
        let Self { certificates: most, bytes: most_bytes } = self;
        if certificates <= most && bytes <= most_bytes {
            return Ok(());
        }
        let what = format!(
            "it has {certificates} certificates of {bytes} bytes, and the limit here is {most} of {most_bytes} bytes"
        );
        Err(CertificateError::new(CertificateErrorKind::ChainTooLong, what))
    }
}

impl Default for ChainLimit {
    fn default() -> Self {
        Self { certificates: Self::DEFAULT_CERTIFICATES, bytes: Self::DEFAULT_BYTES }
    }
}

/// The certificates of a Certificate message, to be kept.
pub(crate) fn read_chain(body: &[u8], limit: ChainLimit) -> Result<Arc<[CertificateDer<'static>]>, Error> {
    let list = decode_certificate(body)?;
    limit.check(list.iter().map(|certificate| certificate.len()))?;
    if list.iter().any(|certificate| certificate.len() < MIN_CERTIFICATE) {
        let what = "the chain contains a certificate that is too short";
        return Err(CertificateError::new(CertificateErrorKind::Malformed, what).into());
    }
    Ok(list.iter().map(CertificateDer::into_owned).collect())
}

/// The intended owner of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peer {
    /// A server with this name.
    Server(ServerName<'static>),
    /// A server without a name: it can be identified only by its certificate or its key.
    UnnamedServer,
    /// A client.
    Client,
}

/// The name of a server as text: [`ServerName::to_str`] without `std`.
pub(crate) fn server_name_text(name: &ServerName<'_>) -> String {
    match name {
        ServerName::DnsName(dns) => dns.as_ref().to_string(),
        ServerName::IpAddress(IpAddr::V4(v4)) => Ipv4Addr::from(*v4.as_ref()).to_string(),
        ServerName::IpAddress(IpAddr::V6(v6)) => Ipv6Addr::from(*v6.as_ref()).to_string(),
        _ => String::from("a name of an unsupported type"),
    }
}

/// How a peer uses the key of its certificate (the keyUsage of RFC 5280 §4.2.1.3 that it needs).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyUse {
    /// It signs the key exchange.
    DigitalSignature,
    /// It decrypts the premaster secret.
    KeyEncipherment,
}

/// Verifies certificate chains, during the call that processes input. `tls12::verify::TrustStore` implements it;
/// implement it yourself for other decisions.
pub trait VerifyPeer: fmt::Debug + Send + Sync {
    /// Verifies that `chain` is trusted for its use, and returns for how long. [`Verified::default`] trusts it for this
    /// handshake only.
    ///
    /// # Errors
    /// [`CertificateError`] if it is not trusted. Its kind determines the alert that is sent to the peer.
    fn verify(&self, chain: &PeerChain) -> Result<Verified, CertificateError>;

    /// Returns a hash of everything besides the chain and the time that the verdicts depend on: two verifiers with the
    /// same identity give the same verdict on every chain, even in different processes. A session whose chain was
    /// accepted by a verifier with this identity is resumed without verifying the chain again, for as long as the
    /// verdict holds. The default is `None`: the chain is verified each time its session is to be resumed.
    fn identity(&self) -> Option<[u8; 32]> {
        None
    }

    /// Called when the handshake with `peer` is complete: the peer has proved possession of the key of the first of
    /// these certificates. This is the time to remember them; [`Self::verify`] would be too early. It is called at the
    /// end of each handshake with a peer that has certificates, including one that resumes a session. The default does
    /// nothing.
    ///
    /// # Errors
    /// [`CertificateError`] to refuse the connection after all, for example if another key has been remembered in the
    /// meantime.
    fn established(&self, peer: &Peer, certificates: &[CertificateDer<'_>]) -> Result<(), CertificateError> {
        let _ = (peer, certificates);
        Ok(())
    }
}
