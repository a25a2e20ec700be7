//! The server's side of the handshake (RFC 5246 §7.3):
//!
//! 1. ← ClientHello, after which a session or ticket is looked up
//! 2. → ServerHello, Certificate, CertificateStatus (if the client asked and there is one)
//! 3. → ServerKeyExchange (ECDHE only), which is signed first; CertificateRequest (if wanted), ServerHelloDone
//! 4. ← Certificate (if requested), ClientKeyExchange, CertificateVerify (if a certificate was shown)
//! 5. ← ChangeCipherSpec, after which a client's chain is verified, and an encrypted premaster secret decrypted
//! 6. ← Finished
//! 7. → NewSessionTicket (if agreed on), ChangeCipherSpec, Finished
//!
//! If the session is resumed: 1, ServerHello, 7, and then ← ChangeCipherSpec, Finished.
//!
//! The states stand below in this order. Each is built from the one before it, and holds what is known by then.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::credential::Credential;
use super::evidence::{KeyExchangeChecked, PeerVerified, PossessionChecked};
use super::exchange::on_peer_share;
use super::finish::{
    Authenticated, AwaitChangeCipherSpec, AwaitFinished, Checked, Established, Keyed, NewSession, OurFinished,
};
use super::flight::{Flight, KeptSession};
use super::input::Input;
use super::keys::{MasterSeed, Role, connection_keys, master_secret};
use super::need::{
    AnswerBody, DecryptRequest, FindSessionRequest, KeyUse, Need, OpenTicketRequest, Peer, PeerChain, RequestId,
    SealTicketRequest, SignRequest, VerifyRequest,
};
use super::negotiate::{Exchange, Negotiated, Selection, Session, TicketDue, agree_on_protocol, allows, candidates};
use super::offer::ClientOffer;
use super::policy::Agreement;
use super::server_config::{ServerConfig, Sessions, TicketPolicy};
use super::server_hello::{Extras, negotiate, send_server_hello};
use super::transcript::Transcript;
use crate::crypto::{DecryptedPremaster, KeyShare, PremasterSecret, PublicKey, random_premaster};
use crate::error::{CertificateError, CertificateErrorKind, Error, ProviderError, Violation};
use crate::record::{Opener, Sealer};
use crate::session::{MAX_AGE, MAX_TICKET, OpenedTicket, Renewal, SealedTicket, ServerSession};
use crate::wire::{
    CertificateVerify, ClientCertificateType, Empty, HandshakeType, MAX_SESSION_ID, Message, NamedGroup,
    SignatureScheme, decode_certificate, decode_ecdhe_client_key_exchange, decode_rsa_client_key_exchange,
    ecdhe_params, put_certificate, put_certificate_request, put_certificate_status, put_ecdhe_server_key_exchange,
    put_message, put_new_session_ticket, signed_params,
};

/// What does not change during a server's connection.
pub(crate) struct ServerSide {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) now: UnixTime,
}

/// What the server waits for.
pub(crate) enum ServerState {
    ClientHello(AwaitClientHello),
    Session(AwaitSession),
    Signature(AwaitSignature),
    Certificate(AwaitCertificate),
    ClientKeyExchange(AwaitClientKeyExchange),
    CertificateVerify(AwaitCertificateVerify),
    ClientChangeCipherSpec(AwaitClientChangeCipherSpec),
    Verdict(AwaitVerdict),
    Premaster(AwaitPremaster),
    Ticket(AwaitTicket),
    RenewedTicket(AwaitRenewedTicket),
    ChangeCipherSpec(AwaitChangeCipherSpec),
    Finished(AwaitFinished),
    Established(Established),
}

impl ServerState {
    /// All that may come, and what comes of it.
    pub(crate) fn step(self, side: &ServerSide, input: Input<'_>, flight: &mut Flight<'_>) -> Result<Self, Error> {
        use HandshakeType as T;
        use Input::{ChangeCipherSpec, Message as M};
        use ServerState as S;
        Ok(match (self, input) {
            (S::ClientHello(s), M(T::CLIENT_HELLO, m)) => s.client_hello(side, m, flight)?,
            (S::Certificate(s), M(T::CERTIFICATE, m)) => S::ClientKeyExchange(s.certificate(side, m)?),
            (S::ClientKeyExchange(s), M(T::CLIENT_KEY_EXCHANGE, m)) => s.client_key_exchange(side, m)?,
            (S::CertificateVerify(s), M(T::CERTIFICATE_VERIFY, m)) => {
                S::ClientChangeCipherSpec(s.certificate_verify(side, m)?)
            }
            (S::ClientChangeCipherSpec(s), ChangeCipherSpec) => s.change_cipher_spec(side, flight)?,
            (S::ChangeCipherSpec(s), ChangeCipherSpec) => S::Finished(s.change_cipher_spec(flight)),
            (S::Finished(s), M(T::FINISHED, m)) => {
                finished(s.finished(&side.config.common, Role::Server, m)?, side, flight)?
            }
            (S::Established(s), M(T::CLIENT_HELLO, _)) => {
                flight.refuse_renegotiation()?;
                S::Established(s)
            }
            (state, input) => return Err(input.unexpected(state.awaited())),
        })
    }

    /// What may come, for errors.
    pub(crate) fn awaited(&self) -> &'static str {
        match self {
            Self::ClientHello(_) => "ClientHello",
            Self::Session(_)
            | Self::Signature(_)
            | Self::Verdict(_)
            | Self::Premaster(_)
            | Self::Ticket(_)
            | Self::RenewedTicket(_) => "nothing",
            Self::Certificate(_) => "Certificate",
            Self::ClientKeyExchange(_) => "ClientKeyExchange",
            Self::CertificateVerify(_) => "CertificateVerify",
            Self::ClientChangeCipherSpec(_) | Self::ChangeCipherSpec(_) => "ChangeCipherSpec",
            Self::Finished(_) => "Finished",
            Self::Established(_) => "application data",
        }
    }

    /// Whether a decision is waited for.
    pub(crate) fn is_waiting(&self) -> bool {
        use ServerState as S;
        matches!(
            self,
            S::Session(_) | S::Signature(_) | S::Verdict(_) | S::Premaster(_) | S::Ticket(_) | S::RenewedTicket(_)
        )
    }

    /// The decision that is waited for.
    pub(crate) fn need(&self, side: &ServerSide) -> Option<Need> {
        match self {
            Self::Session(s) => Some(s.request()),
            Self::Signature(s) => Some(Need::Sign(s.request())),
            Self::Verdict(s) => Some(Need::VerifyPeer(s.request(side))),
            Self::Premaster(s) => Some(Need::DecryptPremaster(s.request())),
            Self::Ticket(s) => Some(Need::SealTicket(seal_request(side, &s.0.keyed))),
            Self::RenewedTicket(s) => Some(Need::SealTicket(seal_request(side, &s.0.keyed))),
            _ => None,
        }
    }

    /// Goes on with the answer.
    pub(crate) fn answer(self, side: &ServerSide, answer: AnswerBody, flight: &mut Flight<'_>) -> Result<Self, Error> {
        match (self, answer) {
            (Self::Session(s), AnswerBody::Session(session)) => {
                let opened = session.map(|session| OpenedTicket { session, renew: Renewal::NotDue });
                s.looked_up(side, opened, flight)
            }
            (Self::Session(s), AnswerBody::OpenedTicket(opened)) => s.looked_up(side, opened, flight),
            (Self::Signature(s), AnswerBody::Signature(signature)) => s.signed(side, &signature?, flight),
            (Self::Verdict(s), AnswerBody::Verdict(verdict)) => s.verdict(side, verdict, flight),
            (Self::Premaster(s), AnswerBody::Premaster(premaster)) => s.decrypted(side, premaster, flight),
            (Self::Ticket(s), AnswerBody::SealedTicket(ticket)) => s.sealed(side, ticket, flight),
            (Self::RenewedTicket(s), AnswerBody::SealedTicket(ticket)) => s.sealed(side, ticket, flight),
            // An answer is matched to its request before it gets here.
            _ => Err(Error::Provider(ProviderError::Failed("matching an answer to its request"))),
        }
    }
}

/// 1. ClientHello is due.
pub(crate) struct AwaitClientHello;

impl AwaitClientHello {
    fn client_hello(
        self,
        side: &ServerSide,
        message: Message<'_>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let offer = Box::new(ClientOffer::decode(message.body)?);
        let mut transcript = Transcript::default();
        transcript.add(message);
        let tickets = !matches!(side.config.tickets, TicketPolicy::Off);
        let sessions = !matches!(side.config.sessions, Sessions::Off);
        // RFC 5077 §3.4: a ticket goes before an ID, which is then only an echo.
        let lookup = match &offer.session_ticket {
            Some(ticket) if tickets && !ticket.is_empty() => Some(Lookup::Ticket(ticket.clone())),
            _ if sessions && !offer.session_id.is_empty() => Some(Lookup::Id(offer.session_id.clone())),
            _ => None,
        };
        match lookup {
            Some(lookup) => Ok(ServerState::Session(AwaitSession { offer, transcript, lookup })),
            None => full_handshake(side, &offer, transcript, flight),
        }
    }
}

/// The client's session is being looked up.
pub(crate) struct AwaitSession {
    offer: Box<ClientOffer>,
    transcript: Transcript,
    lookup: Lookup,
}

enum Lookup {
    Id(Box<[u8]>),
    Ticket(Box<[u8]>),
}

impl AwaitSession {
    fn request(&self) -> Need {
        let id = RequestId::next();
        match &self.lookup {
            Lookup::Id(session_id) => Need::FindSession(FindSessionRequest { id, session_id: session_id.clone() }),
            Lookup::Ticket(ticket) => Need::OpenTicket(OpenTicketRequest { id, ticket: ticket.clone() }),
        }
    }

    fn looked_up(
        self,
        side: &ServerSide,
        opened: Option<OpenedTicket>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let Self { offer, transcript, lookup } = self;
        match opened {
            Some(opened) if may_resume(side, &offer, &opened.session)? => {
                if let (Lookup::Id(id), Sessions::InLoop(store)) = (lookup, &side.config.sessions) {
                    *flight.kept = Some(Box::new(KeptSession { store: Arc::clone(store), id }));
                }
                resume(side, &offer, opened, transcript, flight)
            }
            _ => full_handshake(side, &offer, transcript, flight),
        }
    }
}

/// Whether the session is to be resumed. If not, the handshake is a full one.
fn may_resume(side: &ServerSide, offer: &ClientOffer, session: &ServerSession) -> Result<bool, Error> {
    let config = &side.config;
    let state = &session.state;
    if !state.extended_master_secret || config.common.extended_master_secret == Agreement::Never {
        // RFC 7627 §5.3: never from without the extended master secret to with it; and without it on both sides, the
        // server SHOULD NOT either.
        return Ok(false);
    }
    // Not where another application protocol is spoken now, nor where another thing is asked of the client.
    let protocol = agree_on_protocol(config, offer)?;
    let same = session.context == config.context(protocol.as_deref())
        // RFC 6066 §3: never under another name. §4: never with another fragment length.
        && state.server_name == offer.server_name
        && state.max_fragment_length == offer.max_fragment_length();
    let suite = config.common.suites.contains(&state.suite) && allows(&config.common, state.suite, offer);
    if !(same && suite && state.age(side.now) < MAX_AGE) {
        return Ok(false);
    }
    // The name may be one that only another server with the same tickets or store has.
    candidates(config, offer)?;
    // RFC 7627 §5.3: from with it to without it, the server MUST abort.
    match offer.extended_master_secret {
        Some(Empty) => Ok(true),
        None => Err(Error::IllegalParameter(Violation::ResumedOtherMasterSecret)),
    }
}

/// 2. Resumes the session: sends ServerHello, and all but the ticket that may be due.
fn resume(
    side: &ServerSide,
    offer: &ClientOffer,
    opened: OpenedTicket,
    mut transcript: Transcript,
    flight: &mut Flight<'_>,
) -> Result<ServerState, Error> {
    let common = &side.config.common;
    let OpenedTicket { session: ServerSession { state, .. }, renew } = opened;
    let ticket = match (renew, &offer.session_ticket) {
        (Renewal::Due, Some(_)) => TicketDue::Yes,
        _ => TicketDue::No,
    };
    let session = Session {
        id: offer.session_id.clone(),
        resumed: Some(state.created),
        ticket,
        max_fragment_length: offer.max_fragment_length(),
    };
    let negotiated = negotiate(side, offer, state.suite, session)?;
    send_server_hello(side, offer, &negotiated, &Extras::default(), &mut transcript, flight)?;
    let (opener, sealer) = connection_keys(&common.provider, &negotiated, &state.master, Role::Server)?;
    common.log_master_secret(&negotiated.client_random, &state.master);
    let peer = Authenticated {
        verified: PeerVerified::by_session(&state),
        exchange: KeyExchangeChecked::by_session(&state),
        group: None,
        certificates: state.peer_certificates.into(),
    };
    let resumed = Resumed {
        keyed: Box::new(Keyed { negotiated, master: state.master, transcript, peer, ticket: None }),
        opener,
        sealer,
    };
    match ticket {
        TicketDue::Yes => Ok(ServerState::RenewedTicket(AwaitRenewedTicket(resumed))),
        TicketDue::No => Ok(ServerState::ChangeCipherSpec(resumed.finish(side, flight)?)),
    }
}

/// A resumed session with its new keys.
struct Resumed {
    keyed: Box<Keyed>,
    opener: Opener,
    sealer: Sealer,
}

impl Resumed {
    /// Sends ChangeCipherSpec and Finished.
    fn finish(self, side: &ServerSide, flight: &mut Flight<'_>) -> Result<AwaitChangeCipherSpec, Error> {
        let Self { mut keyed, opener, sealer } = self;
        let ours = keyed.send_finished(&side.config.common, Role::Server, sealer, flight)?;
        Ok(AwaitChangeCipherSpec { keyed, opener, ours: OurFinished::Sent(ours) })
    }
}

/// 2. Sends ServerHello and Certificate; for ECDHE, makes the key share.
fn full_handshake(
    side: &ServerSide,
    offer: &ClientOffer,
    mut transcript: Transcript,
    flight: &mut Flight<'_>,
) -> Result<ServerState, Error> {
    let common = &side.config.common;
    let Selection { suite, exchange, credential, by_name } = Selection::of(&side.config, offer)?;
    let negotiated = negotiate(side, offer, suite, new_session(side, offer)?)?;
    let staple = &credential.staple;
    let ocsp_response = staple.ocsp_response.as_ref().filter(|_| offer.status_request.is_some());
    let extras = Extras {
        server_name: by_name,
        status_request: ocsp_response.map(|_| Empty),
        sct_list: staple.sct_list.as_deref().filter(|_| offer.signed_certificate_timestamp.is_some()),
    };
    send_server_hello(side, offer, &negotiated, &extras, &mut transcript, flight)?;
    flight.message(&mut transcript, |out| put_certificate(out, &credential.chain))?;
    if let Some(response) = ocsp_response {
        flight.message(&mut transcript, |out| put_certificate_status(out, response))?;
    }
    let hello = Hello { negotiated, transcript, credential, client_version: offer.version.0 };
    match exchange {
        Exchange::Rsa => hello.done(side, ServerExchange::Rsa, flight),
        Exchange::Ecdhe { group, scheme } => {
            let share = common.group(group)?.start(common.provider.random())?;
            Ok(ServerState::Signature(AwaitSignature { hello, group, share, scheme }))
        }
    }
}

/// How the session that is to be made can be resumed. Without the extended master secret it will not be (RFC 7627 §5.3).
fn new_session(side: &ServerSide, offer: &ClientOffer) -> Result<Session, Error> {
    let config = &side.config;
    let resumable = offer.extended_master_secret.is_some() && config.common.extended_master_secret != Agreement::Never;
    let mut session = Session {
        id: Box::default(),
        resumed: None,
        ticket: TicketDue::No,
        max_fragment_length: offer.max_fragment_length(),
    };
    if resumable && offer.session_ticket.is_some() && !matches!(config.tickets, TicketPolicy::Off) {
        session.ticket = TicketDue::Yes;
    } else if resumable && !matches!(config.sessions, Sessions::Off) {
        let mut id = [0; MAX_SESSION_ID];
        config.common.provider.random().fill(&mut id)?;
        session.id = Box::from(id);
    }
    Ok(session)
}

/// What the two hellos settled.
struct Hello {
    negotiated: Box<Negotiated>,
    transcript: Transcript,
    credential: Arc<Credential>,
    /// The version that the client offered, which an encrypted premaster secret must carry (RFC 5246 §7.4.7.1).
    client_version: u16,
}

impl Hello {
    /// Sends CertificateRequest if one is wanted, and ServerHelloDone.
    fn done(
        mut self,
        side: &ServerSide,
        exchange: ServerExchange,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let verifier = side.config.client_auth.verifier();
        if let Some(verifier) = verifier {
            let types = [ClientCertificateType::RSA_SIGN, ClientCertificateType::ECDSA_SIGN];
            flight.message(&mut self.transcript, |out| {
                put_certificate_request(out, &types, &side.config.common.schemes, &verifier.authorities);
            })?;
        }
        flight.message(&mut self.transcript, |out| put_message(out, HandshakeType::SERVER_HELLO_DONE, |_| {}))?;
        Ok(match verifier {
            Some(_) => ServerState::Certificate(AwaitCertificate { hello: self, exchange }),
            None => {
                let client = Client::Anonymous(PeerVerified::anonymous(&side.config)?);
                ServerState::ClientKeyExchange(AwaitClientKeyExchange { hello: self, exchange, client })
            }
        })
    }
}

/// Our part of the key exchange.
enum ServerExchange {
    Rsa,
    Ecdhe { group: NamedGroup, share: Box<dyn KeyShare> },
}

/// 3. The key exchange is being signed.
pub(crate) struct AwaitSignature {
    hello: Hello,
    group: NamedGroup,
    share: Box<dyn KeyShare>,
    scheme: SignatureScheme,
}

impl AwaitSignature {
    fn params(&self) -> Vec<u8> {
        ecdhe_params(self.group, self.share.public_key())
    }

    fn request(&self) -> SignRequest {
        let Negotiated { client_random, server_random, .. } = &*self.hello.negotiated;
        SignRequest {
            id: RequestId::next(),
            key: self.hello.credential.public_key.clone(),
            scheme: self.scheme,
            message: signed_params(client_random, server_random, &self.params()),
        }
    }

    /// Sends ServerKeyExchange.
    fn signed(mut self, side: &ServerSide, signature: &[u8], flight: &mut Flight<'_>) -> Result<ServerState, Error> {
        let params = self.params();
        flight.message(&mut self.hello.transcript, |out| {
            put_ecdhe_server_key_exchange(out, &params, self.scheme, signature);
        })?;
        self.hello.done(side, ServerExchange::Ecdhe { group: self.group, share: self.share }, flight)
    }
}

/// 4. The client's Certificate is due.
pub(crate) struct AwaitCertificate {
    hello: Hello,
    exchange: ServerExchange,
}

impl AwaitCertificate {
    fn certificate(mut self, side: &ServerSide, message: Message<'_>) -> Result<AwaitClientKeyExchange, Error> {
        let chain = decode_certificate(message.body)?;
        let client = match chain.first() {
            None => Client::Anonymous(PeerVerified::anonymous(&side.config)?),
            Some(first) => {
                let key = PublicKey::of_certificate(first).map_err(|_| {
                    let what = "no public key is found in the client's certificate";
                    CertificateError::new(CertificateErrorKind::Malformed, what)
                })?;
                Client::Shown { key, certificates: chain.into_iter().map(CertificateDer::into_owned).collect() }
            }
        };
        self.hello.transcript.add(message);
        Ok(AwaitClientKeyExchange { hello: self.hello, exchange: self.exchange, client })
    }
}

/// What the client has shown of itself.
enum Client {
    Anonymous(PeerVerified),
    Shown { key: PublicKey, certificates: Arc<[CertificateDer<'static>]> },
}

/// ClientKeyExchange is due.
pub(crate) struct AwaitClientKeyExchange {
    hello: Hello,
    exchange: ServerExchange,
    client: Client,
}

impl AwaitClientKeyExchange {
    fn client_key_exchange(mut self, side: &ServerSide, message: Message<'_>) -> Result<ServerState, Error> {
        self.hello.transcript.add(message);
        let seed = MasterSeed::new(&side.config.common, &self.hello.negotiated, &self.hello.transcript)?;
        let premaster = match self.exchange {
            ServerExchange::Rsa => Premaster::Encrypted(decode_rsa_client_key_exchange(message.body)?.to_vec()),
            ServerExchange::Ecdhe { group, share } => {
                let public_key = decode_ecdhe_client_key_exchange(message.body)?;
                Premaster::Shared(share.agree(public_key).map_err(on_peer_share)?, group)
            }
        };
        let agreed = Agreed { hello: Box::new(self.hello), seed: Box::new(seed), premaster };
        Ok(match self.client {
            Client::Anonymous(verified) => {
                let client = ProvenClient::Anonymous(verified);
                ServerState::ClientChangeCipherSpec(AwaitClientChangeCipherSpec { agreed, client })
            }
            Client::Shown { key, certificates } => {
                ServerState::CertificateVerify(AwaitCertificateVerify { agreed, key, certificates })
            }
        })
    }
}

/// What the key exchange settled.
struct Agreed {
    hello: Box<Hello>,
    seed: Box<MasterSeed>,
    premaster: Premaster,
}

enum Premaster {
    Encrypted(Vec<u8>),
    Shared(PremasterSecret, NamedGroup),
}

/// CertificateVerify is due.
pub(crate) struct AwaitCertificateVerify {
    agreed: Agreed,
    key: PublicKey,
    certificates: Arc<[CertificateDer<'static>]>,
}

impl AwaitCertificateVerify {
    fn certificate_verify(
        mut self,
        side: &ServerSide,
        message: Message<'_>,
    ) -> Result<AwaitClientChangeCipherSpec, Error> {
        let common = &side.config.common;
        let algorithms = common.provider.signature_algorithms();
        let verify = CertificateVerify::decode(message.body)?;
        // RFC 5246 §7.4.8: the scheme MUST be one of those in the CertificateRequest, and fit the key.
        if !common.schemes.contains(&verify.scheme) || !self.key.fits(algorithms, verify.scheme) {
            return Err(Error::IllegalParameter(Violation::SchemeNotOffered(verify.scheme.0)));
        }
        let transcript = &mut self.agreed.hello.transcript;
        let possession = PossessionChecked::by_signature(&self.key, algorithms, verify, transcript.messages())?;
        transcript.add(message);
        let client = ProvenClient::Shown { certificates: self.certificates, possession };
        Ok(AwaitClientChangeCipherSpec { agreed: self.agreed, client })
    }
}

/// A client, and the proof that it has the key of the certificate that it has shown.
enum ProvenClient {
    Anonymous(PeerVerified),
    Shown { certificates: Arc<[CertificateDer<'static>]>, possession: PossessionChecked },
}

/// 5. The client's ChangeCipherSpec is due.
///
/// Chain and premaster secret are looked at only then, when the client has no more to say before its Finished: so
/// nothing that the client can see depends on what came of the decryption.
pub(crate) struct AwaitClientChangeCipherSpec {
    agreed: Agreed,
    client: ProvenClient,
}

impl AwaitClientChangeCipherSpec {
    fn change_cipher_spec(self, side: &ServerSide, flight: &mut Flight<'_>) -> Result<ServerState, Error> {
        let Self { agreed, client } = self;
        match client {
            ProvenClient::Anonymous(verified) => agreed.with(side, verified, Arc::from([]), flight),
            ProvenClient::Shown { certificates, possession } => {
                Ok(ServerState::Verdict(AwaitVerdict { agreed, certificates, possession }))
            }
        }
    }
}

/// The client's chain is being verified.
pub(crate) struct AwaitVerdict {
    agreed: Agreed,
    certificates: Arc<[CertificateDer<'static>]>,
    possession: PossessionChecked,
}

impl AwaitVerdict {
    fn request(&self, side: &ServerSide) -> VerifyRequest {
        let chain = PeerChain::new(
            Arc::clone(&self.certificates),
            Peer::Client,
            KeyUse::DigitalSignature,
            side.now,
            side.config.common.provider.signature_algorithms(),
        );
        VerifyRequest { id: RequestId::next(), chain: Box::new(chain) }
    }

    fn verdict(
        self,
        side: &ServerSide,
        verdict: Result<(), CertificateError>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let verified = PeerVerified::by_client_verdict(verdict, self.possession)?;
        self.agreed.with(side, verified, self.certificates, flight)
    }
}

impl Agreed {
    /// Goes on with a client that is verified.
    fn with(
        self,
        side: &ServerSide,
        verified: PeerVerified,
        certificates: Arc<[CertificateDer<'static>]>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let Self { hello, seed, premaster } = self;
        let (group, secret) = match premaster {
            Premaster::Encrypted(ciphertext) => (None, Err(ciphertext)),
            Premaster::Shared(secret, group) => (Some(group), Ok(secret)),
        };
        let exchange = KeyExchangeChecked::ours(&side.config);
        let keyless = Keyless { hello, seed, peer: Authenticated { verified, exchange, group, certificates } };
        match secret {
            Ok(secret) => Ok(ServerState::Finished(keyless.keyed(side, &secret, flight)?)),
            Err(ciphertext) => Ok(ServerState::Premaster(AwaitPremaster { keyless, ciphertext })),
        }
    }
}

/// All but the premaster secret.
struct Keyless {
    hello: Box<Hello>,
    seed: Box<MasterSeed>,
    peer: Authenticated,
}

impl Keyless {
    /// Derives the keys; what follows from the client is under them.
    fn keyed(
        self,
        side: &ServerSide,
        premaster: &PremasterSecret,
        flight: &mut Flight<'_>,
    ) -> Result<AwaitFinished, Error> {
        let common = &side.config.common;
        let Self { hello, seed, peer } = self;
        let Hello { negotiated, transcript, .. } = *hello;
        let master = master_secret(common, &negotiated, premaster, &seed)?;
        let (opener, sealer) = connection_keys(&common.provider, &negotiated, &master, Role::Server)?;
        let keyed = Box::new(Keyed { negotiated, master, transcript, peer, ticket: None });
        let await_ccs = AwaitChangeCipherSpec { keyed, opener, ours: OurFinished::Due(sealer) };
        Ok(await_ccs.change_cipher_spec(flight))
    }
}

/// The premaster secret is being decrypted.
pub(crate) struct AwaitPremaster {
    keyless: Keyless,
    ciphertext: Vec<u8>,
}

impl AwaitPremaster {
    fn request(&self) -> DecryptRequest {
        DecryptRequest {
            id: RequestId::next(),
            key: self.keyless.hello.credential.public_key.clone(),
            ciphertext: self.ciphertext.clone(),
        }
    }

    fn decrypted(
        self,
        side: &ServerSide,
        premaster: DecryptedPremaster,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let version = self.keyless.hello.client_version;
        // RFC 5246 §7.4.7.1: a random value is drawn whether it is needed or not.
        let fallback = random_premaster(version, side.config.common.provider.random())?;
        let premaster = premaster.or(fallback, version);
        Ok(ServerState::Finished(self.keyless.keyed(side, &premaster, flight)?))
    }
}

/// 6. The client's Finished has come.
fn finished(checked: Checked, side: &ServerSide, flight: &mut Flight<'_>) -> Result<ServerState, Error> {
    let Session { resumed, ticket, .. } = checked.keyed.negotiated.session;
    match (resumed, ticket) {
        (None, TicketDue::Yes) => Ok(ServerState::Ticket(AwaitTicket(checked))),
        _ => Ok(ServerState::Established(complete(checked, side, flight)?)),
    }
}

/// 7. Sends our Finished if it is due, and sees to it that the session is kept.
fn complete(checked: Checked, side: &ServerSide, flight: &mut Flight<'_>) -> Result<Established, Error> {
    let config = &side.config;
    let Session { id, resumed, .. } = &checked.keyed.negotiated.session;
    let mut to_keep = None;
    if resumed.is_none() && !id.is_empty() {
        let session = server_session(side, &checked.keyed);
        match &config.sessions {
            Sessions::Off => {}
            Sessions::InLoop(store) => {
                store.keep(id, session, side.now);
                *flight.kept = Some(Box::new(KeptSession { store: Arc::clone(store), id: id.clone() }));
            }
            Sessions::Later => to_keep = Some(NewSession::Server { id: id.clone(), session }),
        }
    }
    checked.complete(&config.common, Role::Server, to_keep, flight)
}

/// The session that this handshake made or resumed.
fn server_session(side: &ServerSide, keyed: &Keyed) -> ServerSession {
    let context = side.config.context(keyed.negotiated.protocol.as_deref());
    ServerSession { state: keyed.session_state(side.now), context }
}

fn seal_request(side: &ServerSide, keyed: &Keyed) -> SealTicketRequest {
    SealTicketRequest { id: RequestId::next(), session: server_session(side, keyed) }
}

/// Sends NewSessionTicket; an empty one if there is no ticket after all, or one that is too long (RFC 5077 §3.3).
fn send_ticket(
    transcript: &mut Transcript,
    ticket: Option<SealedTicket>,
    flight: &mut Flight<'_>,
) -> Result<(), Error> {
    let ticket = ticket.filter(|sealed| sealed.ticket.len() <= MAX_TICKET);
    let (lifetime_hint, ticket) = ticket.map_or((0, Vec::new()), |sealed| (sealed.lifetime_hint, sealed.ticket));
    flight.message(transcript, |out| put_new_session_ticket(out, lifetime_hint, &ticket))
}

/// The session is being sealed in a ticket.
pub(crate) struct AwaitTicket(Checked);

impl AwaitTicket {
    fn sealed(
        mut self,
        side: &ServerSide,
        ticket: Option<SealedTicket>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        send_ticket(&mut self.0.keyed.transcript, ticket, flight)?;
        Ok(ServerState::Established(complete(self.0, side, flight)?))
    }
}

/// The session that is resumed is being sealed in another ticket.
pub(crate) struct AwaitRenewedTicket(Resumed);

impl AwaitRenewedTicket {
    fn sealed(
        mut self,
        side: &ServerSide,
        ticket: Option<SealedTicket>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        send_ticket(&mut self.0.keyed.transcript, ticket, flight)?;
        Ok(ServerState::ChangeCipherSpec(self.0.finish(side, flight)?))
    }
}
