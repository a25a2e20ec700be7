//! Decisions that the caller may have to make: requests and their answers.
//!
//! A request is owned and can be moved to another thread. It creates its own answer, so an answer of the wrong kind is
//! impossible. The answer identifies its request, so an answer to another request is recognized.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::credential::{AuthorityNames, Credential};
use super::offer::ClientOffer;
use super::peer::PeerChain;
use super::psk::PresharedKey;
use super::server_config::ServerConfig;
use crate::crypto::{DecryptedPremaster, PublicKey, Secret};
use crate::error::{AlertDescription, Bytes, CertificateError, ProviderError};
use crate::session::{OpenedTicket, SealedTicket, ServerSession, Verified};
use crate::wire::{ClientCertificateType, SignatureScheme};

/// A decision that the connection waits for. Answer it with [`Connection::answer`](crate::Connection::answer).
///
/// Each request but [`DecryptRequest`] can also be answered by `declined_with`, which ends the handshake with an alert of your
/// choice:
///
/// ```
/// use tls12::{AlertDescription, Answer, Need};
///
/// /// A server whose client certificates are checked elsewhere, which is too busy.
/// fn answer(need: Need) -> Option<Answer> {
///     match need {
///         Need::VerifyPeer(request) => Some(request.declined_with(AlertDescription::AccessDenied)),
///         _ => None,
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use = "the connection waits until this is answered"]
#[non_exhaustive]
pub enum Need {
    /// Choose the configuration for a client, based on its ClientHello.
    SelectConfig(SelectConfigRequest),
    /// Sign with the private key of this side's certificate.
    Sign(SignRequest),
    /// Decrypt a premaster secret with the private key of this side's certificate.
    DecryptPremaster(DecryptRequest),
    /// Decide whether the peer's certificate chain is trusted.
    VerifyPeer(VerifyRequest),
    /// Choose the certificate for a server that requests one.
    SelectCertificate(SelectCertificateRequest),
    /// Choose the pre-shared key for a server.
    SelectPsk(SelectPskRequest),
    /// Find the pre-shared key for a client's identity, which the client sent, or which the session has that it offers.
    FindPsk(FindPskRequest),
    /// Find a session by its ID.
    FindSession(FindSessionRequest),
    /// Open a ticket.
    OpenTicket(OpenTicketRequest),
    /// Seal a session in a ticket.
    SealTicket(SealTicketRequest),
}

impl Need {
    pub(crate) fn id(&self) -> RequestId {
        match self {
            Self::SelectConfig(request) => request.id,
            Self::Sign(request) => request.id,
            Self::DecryptPremaster(request) => request.id,
            Self::VerifyPeer(request) => request.id,
            Self::SelectCertificate(request) => request.id,
            Self::SelectPsk(request) => request.id,
            Self::FindPsk(request) => request.id,
            Self::FindSession(request) => request.id,
            Self::OpenTicket(request) => request.id,
            Self::SealTicket(request) => request.id,
        }
    }
}

/// The answer to a [`Need`], created by its request.
#[must_use = "give it to Connection::answer"]
pub struct Answer {
    pub(crate) id: RequestId,
    pub(crate) body: AnswerBody,
}

impl fmt::Debug for Answer {
    /// Its contents may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}

pub(crate) enum AnswerBody {
    /// The handshake must end with this alert for the peer.
    Declined(AlertDescription),
    Config(Arc<ServerConfig>),
    Signature(Result<Vec<u8>, ProviderError>),
    Premaster(DecryptedPremaster),
    Verdict(Result<Verified, CertificateError>),
    Certificate(Option<Arc<Credential>>),
    SelectedPsk(Option<PresharedKey>),
    FoundPsk(Option<Secret>),
    Session(Option<ServerSession>),
    OpenedTicket(Option<OpenedTicket>),
    SealedTicket(Option<SealedTicket>),
}

/// Identifies a request: unique in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(usize);

impl RequestId {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A request for the configuration of a client's connection: see [`Connection::accept`](crate::Connection::accept).
#[derive(Debug)]
pub struct SelectConfigRequest {
    pub(crate) id: RequestId,
    pub(crate) offer: Arc<ClientOffer>,
}

impl SelectConfigRequest {
    /// Returns what the client offers: name, protocols, suites, groups, schemes. None of this is authenticated yet.
    #[must_use]
    pub fn offer(&self) -> &ClientOffer {
        &self.offer
    }

    /// Answers with the configuration.
    pub fn selected(self, config: Arc<ServerConfig>) -> Answer {
        Answer { id: self.id, body: AnswerBody::Config(config) }
    }

    /// Declines to serve this client: the handshake fails with `handshake_failure`.
    pub fn declined(self) -> Answer {
        self.declined_with(AlertDescription::HandshakeFailure)
    }
}

/// The answer that ends the handshake, which every request but [`DecryptRequest`] can be given.
macro_rules! can_decline {
    ($($request:ident)*) => { $(
        impl $request {
            /// Ends the handshake with this alert, which is fatal. The connection fails with
            /// [`Error::Declined`](crate::Error::Declined).
            pub fn declined_with(self, alert: AlertDescription) -> Answer {
                Answer { id: self.id, body: AnswerBody::Declined(alert) }
            }
        }
    )* };
}

can_decline! {
    SelectConfigRequest SignRequest VerifyRequest SelectCertificateRequest SelectPskRequest FindPskRequest FindSessionRequest
    OpenTicketRequest SealTicketRequest
}

/// A request for a signature with the private key of this side's certificate.
pub struct SignRequest {
    pub(crate) id: RequestId,
    pub(crate) key: PublicKey,
    pub(crate) scheme: SignatureScheme,
    pub(crate) message: Vec<u8>,
}

/// The message is not printed.
impl fmt::Debug for SignRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignRequest")
            .field("key", &self.key)
            .field("scheme", &self.scheme)
            .field("message", &Bytes(self.message.len()))
            .finish_non_exhaustive()
    }
}

impl SignRequest {
    /// Returns the public key of the key to sign with.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Returns the signature scheme.
    #[must_use]
    pub fn scheme(&self) -> SignatureScheme {
        self.scheme
    }

    /// Returns the message to sign. It has not been hashed, which is part of the scheme.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Answers with the signature.
    pub fn signed(self, signature: Vec<u8>) -> Answer {
        Answer { id: self.id, body: AnswerBody::Signature(Ok(signature)) }
    }

    /// Answers that signing failed: the handshake fails with `internal_error`.
    pub fn failed(self, error: ProviderError) -> Answer {
        Answer { id: self.id, body: AnswerBody::Signature(Err(error)) }
    }
}

/// A request to decrypt the premaster secret of a static RSA key exchange.
///
/// Failure must be indistinguishable from success: always answer, and after the same time. After a failure the
/// connection continues with a random premaster secret, and fails at the client's Finished (RFC 5246 §7.4.7.1).
/// Therefore no answer ends the handshake at once.
pub struct DecryptRequest {
    pub(crate) id: RequestId,
    pub(crate) key: PublicKey,
    pub(crate) ciphertext: Vec<u8>,
}

/// The ciphertext is not printed.
impl fmt::Debug for DecryptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptRequest")
            .field("key", &self.key)
            .field("ciphertext", &Bytes(self.ciphertext.len()))
            .finish_non_exhaustive()
    }
}

impl DecryptRequest {
    /// Returns the public key of the key to decrypt with.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Returns the encrypted premaster secret.
    #[must_use]
    pub fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }

    /// Answers with the result. The connection checks the version in it.
    pub fn decrypted(self, premaster: DecryptedPremaster) -> Answer {
        Answer { id: self.id, body: AnswerBody::Premaster(premaster) }
    }
}

/// A request for a verdict on the peer's certificate chain.
#[derive(Debug)]
pub struct VerifyRequest {
    pub(crate) id: RequestId,
    pub(crate) chain: Box<PeerChain>,
}

impl VerifyRequest {
    /// Returns the chain to verify.
    #[must_use]
    pub fn chain(&self) -> &PeerChain {
        &self.chain
    }

    /// Answers with the verdict, as a [`VerifyPeer`](crate::VerifyPeer) returns it. `Ok(Verified::default())` trusts
    /// the chain now, but not for later resumption.
    pub fn verified(self, verdict: Result<Verified, CertificateError>) -> Answer {
        Answer { id: self.id, body: AnswerBody::Verdict(verdict) }
    }
}

/// A request for the certificate to present to the server.
#[derive(Debug)]
pub struct SelectCertificateRequest {
    pub(crate) id: RequestId,
    pub(crate) types: Vec<ClientCertificateType>,
    pub(crate) schemes: Vec<SignatureScheme>,
    pub(crate) authorities: AuthorityNames,
}

impl SelectCertificateRequest {
    /// Returns the accepted types of certificates.
    #[must_use]
    pub fn certificate_types(&self) -> &[ClientCertificateType] {
        &self.types
    }

    /// Returns the signature schemes that the server accepts.
    #[must_use]
    pub fn signature_schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    /// Returns the distinguished names, in DER, of acceptable CAs. If there are none, any CA is acceptable.
    pub fn authorities(&self) -> impl Iterator<Item = &[u8]> {
        self.authorities.iter()
    }

    /// Answers with a certificate, or with none. A certificate of another type, or whose key supports no scheme that
    /// the server accepts, is not sent.
    pub fn selected(self, credential: Option<Arc<Credential>>) -> Answer {
        Answer { id: self.id, body: AnswerBody::Certificate(credential) }
    }
}

/// A request for the pre-shared key to use with the server.
#[derive(Debug)]
pub struct SelectPskRequest {
    pub(crate) id: RequestId,
    pub(crate) hint: Box<[u8]>,
    /// The identity of the session that would be offered.
    pub(crate) session: Option<Box<[u8]>>,
}

impl SelectPskRequest {
    /// Returns the server's psk_identity_hint, which is empty if there is none. It is not authenticated, and its
    /// meaning is defined by the application (RFC 4279 §5.2).
    #[must_use]
    pub fn hint(&self) -> &[u8] {
        &self.hint
    }

    /// Returns the identity of the session that is to be resumed, if the key is requested before the ClientHello: there is no hint
    /// yet, and the session is offered if the answer is the key with which it was created. Otherwise the handshake is a full
    /// one, in which the key is requested once more. Returns `None` in that request.
    #[must_use]
    pub fn session_identity(&self) -> Option<&[u8]> {
        self.session.as_deref()
    }

    /// Answers with the key, or with `None` if there is none for this server: the handshake then fails, except before the
    /// ClientHello.
    pub fn selected(self, psk: Option<PresharedKey>) -> Answer {
        Answer { id: self.id, body: AnswerBody::SelectedPsk(psk) }
    }
}

/// A request for the pre-shared key with the identity that a client sent.
#[derive(Debug)]
pub struct FindPskRequest {
    pub(crate) id: RequestId,
    pub(crate) identity: Box<[u8]>,
}

impl FindPskRequest {
    /// Returns the identity. It is not authenticated until the client's Finished. If the client offers a session, it is the
    /// identity of the session, which is resumed if the answer is the key with which it was created. Otherwise the handshake is
    /// a full one, and the key is requested once more.
    #[must_use]
    pub fn identity(&self) -> &[u8] {
        &self.identity
    }

    /// Answers with the key, which has 1 to 512 bytes, or with `None` if the identity is unknown: the handshake then fails
    /// with `unknown_psk_identity`. To hide which identities are known, answer with a random key instead: the handshake
    /// then fails at the client's Finished, as with a wrong key (RFC 4279 §2). A key of another length is an
    /// [`Error::PresharedKeyLength`](crate::Error::PresharedKeyLength).
    pub fn found(self, key: Option<Secret>) -> Answer {
        Answer { id: self.id, body: AnswerBody::FoundPsk(key) }
    }
}

/// A request for the session with an ID.
pub struct FindSessionRequest {
    pub(crate) id: RequestId,
    pub(crate) session_id: Box<[u8]>,
}

/// The ID is not printed.
impl fmt::Debug for FindSessionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FindSessionRequest").field("session_id", &Bytes(self.session_id.len())).finish_non_exhaustive()
    }
}

impl FindSessionRequest {
    /// Returns the session ID.
    #[must_use]
    pub fn session_id(&self) -> &[u8] {
        &self.session_id
    }

    /// Answers with the session, or with `None`: the handshake is then a full one.
    pub fn found(self, session: Option<ServerSession>) -> Answer {
        Answer { id: self.id, body: AnswerBody::Session(session) }
    }
}

/// A request for the session in a ticket.
pub struct OpenTicketRequest {
    pub(crate) id: RequestId,
    pub(crate) ticket: Box<[u8]>,
}

/// The ticket is not printed.
impl fmt::Debug for OpenTicketRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenTicketRequest").field("ticket", &Bytes(self.ticket.len())).finish_non_exhaustive()
    }
}

impl OpenTicketRequest {
    /// Returns the ticket.
    #[must_use]
    pub fn ticket(&self) -> &[u8] {
        &self.ticket
    }

    /// Answers with the session, or with `None`: the handshake is then a full one.
    pub fn opened(self, session: Option<OpenedTicket>) -> Answer {
        Answer { id: self.id, body: AnswerBody::OpenedTicket(session) }
    }
}

/// A request for a ticket.
#[derive(Debug)]
pub struct SealTicketRequest {
    pub(crate) id: RequestId,
    pub(crate) session: Box<ServerSession>,
}

impl SealTicketRequest {
    /// Returns the session to seal.
    #[must_use]
    pub fn session(&self) -> &ServerSession {
        &self.session
    }

    /// Answers with the ticket, or with `None`: the client then receives an empty ticket.
    pub fn sealed(self, ticket: Option<SealedTicket>) -> Answer {
        Answer { id: self.id, body: AnswerBody::SealedTicket(ticket) }
    }
}

const _: () = {
    const fn assert_send<T: Send + 'static>() {}
    assert_send::<Need>();
    assert_send::<Answer>();
};
