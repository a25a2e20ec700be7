//! What the outside world may have to decide: the requests, their answers, and the traits that answer in the loop.
//!
//! A request is owned and can be moved to another thread. It makes its own answer, so that an answer of the wrong kind
//! cannot be written; the answer knows its request, so that one to another request is told apart.

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
#[derive(Debug)]
#[must_use = "the connection waits until this is answered"]
#[non_exhaustive]
pub enum Need {
    /// Choose the configuration for a client, by its ClientHello.
    SelectConfig(SelectConfigRequest),
    /// Sign with the private key of our certificate.
    Sign(SignRequest),
    /// Decrypt a premaster secret with the private key of our certificate.
    DecryptPremaster(DecryptRequest),
    /// Say whether the peer's certificate chain is to be trusted.
    VerifyPeer(VerifyRequest),
    /// Choose the certificate that we show to a server that asks for one.
    SelectCertificate(SelectCertificateRequest),
    /// Choose the pre-shared key that we use with a server.
    SelectPsk(SelectPskRequest),
    /// Find the pre-shared key of a client's identity.
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

/// The answer to a [`Need`], made by its request.
#[must_use = "give it to Connection::answer"]
pub struct Answer {
    pub(crate) id: RequestId,
    pub(crate) body: AnswerBody,
}

impl fmt::Debug for Answer {
    /// What it says may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}

pub(crate) enum AnswerBody {
    Config(Result<Arc<ServerConfig>, AlertDescription>),
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

/// Which request an answer belongs to: different for every request of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(usize);

impl RequestId {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Asks for the configuration by which to answer a client: see [`Connection::accept`](crate::Connection::accept).
#[derive(Debug)]
pub struct SelectConfigRequest {
    pub(crate) id: RequestId,
    pub(crate) offer: Box<ClientOffer>,
}

impl SelectConfigRequest {
    /// What the client offers: names, protocols, suites, groups, schemes. Nothing of it is authenticated yet.
    #[must_use]
    pub fn offer(&self) -> &ClientOffer {
        &self.offer
    }

    /// Answers with the configuration.
    pub fn selected(self, config: Arc<ServerConfig>) -> Answer {
        Answer { id: self.id, body: AnswerBody::Config(Ok(config)) }
    }

    /// Answers that this client is not served: the handshake fails with `handshake_failure`.
    pub fn declined(self) -> Answer {
        self.declined_with(AlertDescription::HandshakeFailure)
    }

    /// The same, but the client is told by this alert, such as `unrecognized_name`.
    pub fn declined_with(self, alert: AlertDescription) -> Answer {
        Answer { id: self.id, body: AnswerBody::Config(Err(alert)) }
    }
}

/// Asks for a signature by the private key of our certificate.
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
    /// The public half of the key to sign with.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The scheme to sign by.
    #[must_use]
    pub fn scheme(&self) -> SignatureScheme {
        self.scheme
    }

    /// What is to be signed. It is not hashed yet: that is part of the scheme.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Answers with the signature.
    pub fn signed(self, signature: Vec<u8>) -> Answer {
        Answer { id: self.id, body: AnswerBody::Signature(Ok(signature)) }
    }

    /// Answers that there will be none: the handshake fails with `internal_error`.
    pub fn failed(self, error: ProviderError) -> Answer {
        Answer { id: self.id, body: AnswerBody::Signature(Err(error)) }
    }
}

/// Asks to decrypt the premaster secret of static RSA key exchange.
///
/// A failure must not be told apart from success by anybody: always answer, and after the same time. The connection
/// goes on with a random premaster then, and fails at the client's Finished (RFC 5246 §7.4.7.1).
pub struct DecryptRequest {
    pub(crate) id: RequestId,
    pub(crate) key: PublicKey,
    pub(crate) ciphertext: Vec<u8>,
}

/// What the client sent is not printed.
impl fmt::Debug for DecryptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptRequest")
            .field("key", &self.key)
            .field("ciphertext", &Bytes(self.ciphertext.len()))
            .finish_non_exhaustive()
    }
}

impl DecryptRequest {
    /// The public half of the key to decrypt with.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// What the client sent.
    #[must_use]
    pub fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }

    /// Answers with what came of it. The version in it is checked by the connection.
    pub fn decrypted(self, premaster: DecryptedPremaster) -> Answer {
        Answer { id: self.id, body: AnswerBody::Premaster(premaster) }
    }
}

/// Asks for a verdict on the peer's certificate chain.
#[derive(Debug)]
pub struct VerifyRequest {
    pub(crate) id: RequestId,
    pub(crate) chain: Box<PeerChain>,
}

impl VerifyRequest {
    /// What is to be verified.
    #[must_use]
    pub fn chain(&self) -> &PeerChain {
        &self.chain
    }

    /// Answers with the verdict, such as a [`VerifyPeer`](crate::VerifyPeer) gives; `Ok(Verified::default())` trusts the chain
    /// now and says nothing of later.
    pub fn verified(self, verdict: Result<Verified, CertificateError>) -> Answer {
        Answer { id: self.id, body: AnswerBody::Verdict(verdict) }
    }
}

/// Asks which certificate to show to the server.
#[derive(Debug)]
pub struct SelectCertificateRequest {
    pub(crate) id: RequestId,
    pub(crate) types: Vec<ClientCertificateType>,
    pub(crate) schemes: Vec<SignatureScheme>,
    pub(crate) authorities: AuthorityNames,
}

impl SelectCertificateRequest {
    /// The types of key that will do.
    #[must_use]
    pub fn certificate_types(&self) -> &[ClientCertificateType] {
        &self.types
    }

    /// The signature schemes that the server verifies.
    #[must_use]
    pub fn signature_schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    /// The distinguished names, in DER, of the authorities whose certificates will do. None: any.
    pub fn authorities(&self) -> impl Iterator<Item = &[u8]> {
        self.authorities.iter()
    }

    /// Answers with a certificate, or with none. One of another type, or whose key signs by no scheme that the server
    /// verifies, is not shown.
    pub fn selected(self, credential: Option<Arc<Credential>>) -> Answer {
        Answer { id: self.id, body: AnswerBody::Certificate(credential) }
    }
}

/// Asks which pre-shared key to use with the server.
#[derive(Debug)]
pub struct SelectPskRequest {
    pub(crate) id: RequestId,
    pub(crate) hint: Box<[u8]>,
}

impl SelectPskRequest {
    /// The server's psk_identity_hint; empty, if it gave none. It is not authenticated, and means what the two sides have
    /// agreed that it means (RFC 4279 §5.2).
    #[must_use]
    pub fn hint(&self) -> &[u8] {
        &self.hint
    }

    /// Answers with the key, or that there is none for this server: then the handshake fails.
    pub fn selected(self, psk: Option<PresharedKey>) -> Answer {
        Answer { id: self.id, body: AnswerBody::SelectedPsk(psk) }
    }
}

/// Asks for the pre-shared key of the identity that a client names.
#[derive(Debug)]
pub struct FindPskRequest {
    pub(crate) id: RequestId,
    pub(crate) identity: Box<[u8]>,
}

impl FindPskRequest {
    /// The identity. Anybody can send any: it is proved only by the client's Finished.
    #[must_use]
    pub fn identity(&self) -> &[u8] {
        &self.identity
    }

    /// Answers with the key, or that the identity is not known: then the client is told so by `unknown_psk_identity`. To
    /// hide which identities are known, answer with a random key: the handshake then fails at the client's Finished, as it
    /// does with a wrong key (RFC 4279 §2).
    pub fn found(self, key: Option<Secret>) -> Answer {
        Answer { id: self.id, body: AnswerBody::FoundPsk(key) }
    }
}

/// Asks for the session of an ID.
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
    /// The ID.
    #[must_use]
    pub fn session_id(&self) -> &[u8] {
        &self.session_id
    }

    /// Answers with the session, or that there is none: then the handshake is a full one.
    pub fn found(self, session: Option<ServerSession>) -> Answer {
        Answer { id: self.id, body: AnswerBody::Session(session) }
    }
}

/// Asks for the session in a ticket.
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
    /// The ticket.
    #[must_use]
    pub fn ticket(&self) -> &[u8] {
        &self.ticket
    }

    /// Answers with the session, or that there is none: then the handshake is a full one.
    pub fn opened(self, session: Option<OpenedTicket>) -> Answer {
        Answer { id: self.id, body: AnswerBody::OpenedTicket(session) }
    }
}

/// Asks for a ticket.
#[derive(Debug)]
pub struct SealTicketRequest {
    pub(crate) id: RequestId,
    pub(crate) session: Box<ServerSession>,
}

impl SealTicketRequest {
    /// The session to be sealed.
    #[must_use]
    pub fn session(&self) -> &ServerSession {
        &self.session
    }

    /// Answers with the ticket, or that there is none: then the client is told so.
    pub fn sealed(self, ticket: Option<SealedTicket>) -> Answer {
        Answer { id: self.id, body: AnswerBody::SealedTicket(ticket) }
    }
}

const _: () = {
    const fn assert_send<T: Send + 'static>() {}
    assert_send::<Need>();
    assert_send::<Answer>();
};
