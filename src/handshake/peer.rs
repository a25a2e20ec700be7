//! Whom a connection is to be with, and who says whether it is.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};
use rustls_pki_types::{CertificateDer, IpAddr, ServerName, UnixTime};

use crate::crypto::SignatureAlgorithms;
use crate::error::{CertificateError, CertificateErrorKind, Error};
use crate::session::Verified;
use crate::wire::decode_certificate;

/// A certificate chain as the peer sent it, and all that a verdict on it depends on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PeerChain {
    /// The certificates in the order in which they came: the peer's own first. Never empty.
    pub certificates: Arc<[CertificateDer<'static>]>,
    /// Whom it must be a certificate of.
    pub peer: Peer,
    /// What the peer does with its key in this handshake.
    pub key_use: KeyUse,
    /// The time at which it must be valid.
    pub now: UnixTime,
    /// The signature algorithms that the provider verifies.
    pub algorithms: SignatureAlgorithms,
    /// The OCSP response that the server sent with it, in DER (RFC 6066 §8).
    pub ocsp_response: Option<Arc<[u8]>>,
    /// The SignedCertificateTimestampList that the server sent with it (RFC 6962 §3.3).
    pub sct_list: Option<Arc<[u8]>>,
}

impl PeerChain {
    /// A chain to be verified, `certificates` leaf first.
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

/// The fewest bytes that a certificate can have: the signature alone and the key take more. What is shorter is none; so a message
/// of a given size holds only so many.
const MIN_CERTIFICATE: usize = 64;

/// The certificates of a Certificate message, to be kept.
pub(crate) fn read_chain(body: &[u8]) -> Result<Arc<[CertificateDer<'static>]>, Error> {
    let list = decode_certificate(body)?;
    if list.iter().any(|certificate| certificate.len() < MIN_CERTIFICATE) {
        let what = "a certificate in the chain is too short to be one";
        return Err(CertificateError::new(CertificateErrorKind::Malformed, what).into());
    }
    Ok(list.iter().map(CertificateDer::into_owned).collect())
}

/// Whom a certificate must belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peer {
    /// A server of this name.
    Server(ServerName<'static>),
    /// A client.
    Client,
}

/// The name of a server as text: [`ServerName::to_str`] without `std`.
pub(crate) fn server_name_text(name: &ServerName<'_>) -> String {
    match name {
        ServerName::DnsName(dns) => dns.as_ref().to_string(),
        ServerName::IpAddress(IpAddr::V4(v4)) => Ipv4Addr::from(*v4.as_ref()).to_string(),
        ServerName::IpAddress(IpAddr::V6(v6)) => Ipv6Addr::from(*v6.as_ref()).to_string(),
        _ => String::from("a name of a kind that certificates have not got"),
    }
}

/// What a peer does with the key of its certificate (the keyUsage of RFC 5280 §4.2.1.3 that it needs).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyUse {
    /// It signs the key exchange.
    DigitalSignature,
    /// It decrypts the premaster secret.
    KeyEncipherment,
}

/// Verifies certificate chains in the loop. `tls12::verify::TrustStore` is one; write your own to decide otherwise.
pub trait VerifyPeer: fmt::Debug + Send + Sync {
    /// Whether `chain` is to be trusted for what it is used for, and for how long: [`Verified::default`] says nothing of the
    /// time.
    ///
    /// # Errors
    /// Why not. The error's kind decides which alert the peer gets.
    fn verify(&self, chain: &PeerChain) -> Result<Verified, CertificateError>;

    /// What the verdicts depend on besides the chain and the time, as a hash: two verifiers of the same identity say the same
    /// of every chain, in whichever process they are. A session whose chain was accepted by a verifier of this identity is
    /// resumed without another look at the chain, for as long as the verdict holds. Default: none, so that the chain is
    /// verified each time that its session is to be resumed.
    fn identity(&self) -> Option<[u8; 32]> {
        None
    }

    /// The handshake with `peer` is complete: whoever showed these certificates, its own first, has the key of the first.
    /// This is the time to remember them, which would be too early in [`Self::verify`]. It is called at the end of each
    /// handshake with a peer that has certificates, also one that resumes a session. Default: nothing.
    ///
    /// # Errors
    /// Why the connection is to be refused after all, such as that another key was remembered meanwhile.
    fn established(&self, peer: &Peer, certificates: &[CertificateDer<'_>]) -> Result<(), CertificateError> {
        let _ = (peer, certificates);
        Ok(())
    }
}
