//! Information about an established connection.

use alloc::boxed::Box;
use alloc::sync::Arc;
use rustls_pki_types::CertificateDer;

use super::credential::UnfitCertificate;
use super::limits::RecordLimits;
use super::negotiate::{Negotiated, Session};
use super::offer::SessionOffered;
use super::resumption::{NotResumable, Resumption};
use crate::crypto::{CipherSuite, MacOrder, Protection};
use crate::session::{PeerIdentity, SignedBy, Stapled};
use crate::wire::{Empty, NamedGroup, SignatureScheme};

/// The negotiated parameters, and the identity of the peer.
#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    suite: &'static CipherSuite,
    signed_by: SignedBy,
    stapled: Option<Arc<Stapled>>,
    extended_master_secret: bool,
    secure_renegotiation: Option<Empty>,
    mac_order: MacOrder,
    session: SessionOutcome,
    not_resumable: Option<NotResumable>,
    alpn_protocol: Option<Box<[u8]>>,
    server_name: Option<Box<str>>,
    limits: RecordLimits,
    peer: PeerIdentity,
    own_certificates: Arc<[CertificateDer<'static>]>,
    unfit: Box<[UnfitCertificate]>,
}

/// Whether a session was offered, and whether it was resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionOutcome {
    /// The client offered none. On a client that was given one: it has expired, is another server's, does not fit the
    /// configuration, or its chain is not trusted any more.
    NotOffered,
    /// The client offered one, and the server preferred a full handshake. (A client may also send a session ID that it
    /// made up, as TLS 1.3 clients do: a server cannot tell the difference.)
    Declined,
    /// It was resumed.
    Resumed(Resumption),
}

impl SessionOutcome {
    fn of(session: &Session) -> Self {
        match (session.resumed, session.offered) {
            (Some(origin), _) => Self::Resumed(origin.by),
            (None, SessionOffered::Yes) => Self::Declined,
            (None, SessionOffered::No) => Self::NotOffered,
        }
    }
}

impl ConnectionInfo {
    pub(crate) fn new(
        negotiated: &Negotiated,
        peer: PeerIdentity,
        own_certificates: Arc<[CertificateDer<'static>]>,
    ) -> Self {
        let Negotiated {
            suite,
            signed_by,
            stapled,
            extended_master_secret,
            secure_renegotiation,
            mac_order,
            alpn_protocol,
            server_name,
            session,
            limits,
            unfit,
            ..
        } = negotiated;
        Self {
            suite,
            signed_by: *signed_by,
            stapled: stapled.clone(),
            extended_master_secret: *extended_master_secret,
            secure_renegotiation: *secure_renegotiation,
            mac_order: *mac_order,
            session: SessionOutcome::of(session),
            not_resumable: session.not_resumable,
            alpn_protocol: alpn_protocol.clone(),
            server_name: server_name.clone(),
            limits: *limits,
            peer,
            own_certificates,
            unfit: unfit.as_slice().into(),
        }
    }

    /// Returns the cipher suite.
    #[must_use]
    pub fn suite(&self) -> &'static CipherSuite {
        self.suite
    }

    /// Returns the group of the ECDHE key exchange, or that of the original handshake for a resumed session. `None` for
    /// static RSA, and for a pre-shared key without ECDHE.
    #[must_use]
    pub fn group(&self) -> Option<NamedGroup> {
        self.signed_by.group
    }

    /// Returns the scheme with which the server signed its ECDHE key share, in the original handshake for a resumed session.
    /// `None` for static RSA, and with a pre-shared key.
    #[must_use]
    pub fn signature_scheme(&self) -> Option<SignatureScheme> {
        self.signed_by.server
    }

    /// Returns the scheme with which the client signed its CertificateVerify (RFC 5246 §7.4.8), in the original handshake
    /// for a resumed session. `None` if it presented no certificate.
    #[must_use]
    pub fn client_signature_scheme(&self) -> Option<SignatureScheme> {
        self.signed_by.client
    }

    /// Returns, on a client, the OCSP response, in DER, that the server sent with its chain (RFC 6066 §8), in the original
    /// handshake for a resumed session. If the verifier checks OCSP responses, it has accepted this one.
    #[must_use]
    pub fn ocsp_response(&self) -> Option<&[u8]> {
        self.stapled.as_deref().map(|stapled| &*stapled.ocsp_response).filter(|response| !response.is_empty())
    }

    /// Returns, on a client, the SignedCertificateTimestampList that the server sent (RFC 6962 §3.3), in the original
    /// handshake for a resumed session.
    ///
    /// ```
    /// # #[cfg(feature = "ring")]
    /// # fn example(verifier: std::sync::Arc<dyn tls12::VerifyPeer>) -> Result<(), tls12::ConfigError> {
    /// use tls12::{AskFor, ClientConfig};
    ///
    /// // For a verifier that checks no timestamps: none are requested, and this returns `None`.
    /// let config = ClientConfig::builder(verifier).certificate_timestamps(AskFor::No).build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn sct_list(&self) -> Option<&[u8]> {
        self.stapled.as_deref().map(|stapled| &*stapled.sct_list).filter(|list| !list.is_empty())
    }

    /// Returns whether the extended master secret is used, which binds the keys to the whole handshake (RFC 7627).
    #[must_use]
    pub fn extended_master_secret(&self) -> bool {
        self.extended_master_secret
    }

    /// Returns whether the peer supports secure renegotiation (RFC 5746). Without it, an attacker may have spliced this
    /// side's handshake into a connection of its own to the server.
    #[must_use]
    pub fn secure_renegotiation(&self) -> bool {
        self.secure_renegotiation.is_some()
    }

    /// Returns the order of MAC and encryption (RFC 7366), if the suite is a CBC suite.
    #[must_use]
    pub fn mac_order(&self) -> Option<MacOrder> {
        matches!(self.suite.protection, Protection::Cbc(..)).then_some(self.mac_order)
    }

    /// Returns whether a session was resumed.
    #[must_use]
    pub fn resumed(&self) -> bool {
        self.resumption().is_some()
    }

    /// Returns how the server found the session, if one was resumed.
    #[must_use]
    pub fn resumption(&self) -> Option<Resumption> {
        match self.session {
            SessionOutcome::Resumed(by) => Some(by),
            SessionOutcome::NotOffered | SessionOutcome::Declined => None,
        }
    }

    /// Returns whether a session was offered, and whether it was resumed.
    ///
    /// ```
    /// # fn example(info: &tls12::ConnectionInfo) {
    /// use tls12::SessionOutcome;
    ///
    /// match info.session_outcome() {
    ///     SessionOutcome::Resumed(_) => println!("resumed"),
    ///     SessionOutcome::Declined => println!("the server wanted a full handshake"),
    ///     SessionOutcome::NotOffered => println!("there was none to offer"),
    ///     _ => {}
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn session_outcome(&self) -> SessionOutcome {
        self.session
    }

    /// Returns why the session of this connection cannot be resumed, or `None` if it can, as far as this side knows.
    #[must_use]
    pub fn not_resumable(&self) -> Option<NotResumable> {
        self.not_resumable
    }

    /// Returns the application protocol (RFC 7301), if one was negotiated.
    #[must_use]
    pub fn alpn_protocol(&self) -> Option<&[u8]> {
        self.alpn_protocol.as_deref()
    }

    /// Returns the name that the client requested (RFC 6066 §3). On a client, this is the name or address that it was
    /// given, or `None` if it was given none.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// Returns the maximum plaintext of a record that this side sends, in bytes: 2^14, unless a lower limit was negotiated
    /// (RFC 6066 §4, RFC 8449) or configured ([`ClientConfigBuilder::send_limit`](crate::ClientConfigBuilder::send_limit)).
    ///
    /// A configured limit suits peers that have little memory but do not negotiate a limit, and lets the peer decrypt the
    /// first bytes earlier:
    ///
    /// ```
    /// # #[cfg(feature = "ring")]
    /// # fn example(credential: tls12::Credential) -> Result<(), tls12::ConfigError> {
    /// use tls12::ServerConfig;
    ///
    /// // For clients with a receive buffer of 4 KiB.
    /// let config = ServerConfig::builder(credential).send_limit(4000).build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn send_limit(&self) -> usize {
        usize::from(self.limits.send)
    }

    /// Returns the maximum plaintext of a record that this side accepts, in bytes.
    #[must_use]
    pub fn receive_limit(&self) -> usize {
        usize::from(self.limits.receive)
    }

    /// How the peer was authenticated.
    pub(crate) fn peer(&self) -> &PeerIdentity {
        &self.peer
    }

    /// Returns the peer's certificate chain as it was sent, its own certificate first. It is that of the original
    /// handshake if the session was resumed, and empty for a client without a certificate and with a pre-shared key.
    #[must_use]
    pub fn peer_certificates(&self) -> &[CertificateDer<'static>] {
        self.peer.certificates()
    }

    /// Returns the identity of the pre-shared key, if the suite uses one. It is that of the original handshake if the
    /// session was resumed.
    #[must_use]
    pub fn psk_identity(&self) -> Option<&[u8]> {
        self.peer.psk()
    }

    /// Returns the chain that this side sent in this handshake, its own certificate first. It is empty if none was
    /// sent, as in a handshake that resumes a session.
    #[must_use]
    pub fn own_certificates(&self) -> &[CertificateDer<'static>] {
        &self.own_certificates
    }

    /// Returns, on a client that was asked for a certificate in this handshake, the configured certificates that do not
    /// match the request, each with the reason. If none matched, either none was sent, or one from another CA, and the
    /// server accepted that.
    #[must_use]
    pub fn unfit_certificates(&self) -> &[UnfitCertificate] {
        &self.unfit
    }
}
