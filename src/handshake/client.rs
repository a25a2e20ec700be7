//! The client's side of the handshake (RFC 5246 §7.3):
//!
//! 1. → ClientHello (see [`super::client_hello`])
//! 2. ← ServerHello
//! 3. ← Certificate, CertificateStatus (if agreed on, and even then not always)
//! 4. ← ServerKeyExchange (ECDHE only)
//! 5. ← CertificateRequest (if the server wants one)
//! 6. ← ServerHelloDone, after which the server's chain is verified, and our certificate chosen
//! 7. → Certificate (if one was requested), ClientKeyExchange, CertificateVerify (signed first), ChangeCipherSpec, Finished
//! 8. ← NewSessionTicket (if agreed on), ChangeCipherSpec, Finished
//!
//! If the session is resumed: 1, 2, 8, and then → ChangeCipherSpec, Finished.
//!
//! The states stand below in this order. Each is built from the one before it, and holds what is known by then.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::client_config::{ClientConfig, RecordLimit};
use super::credential::Credential;
use super::evidence::{KeyExchangeChecked, PeerVerified};
use super::exchange::on_peer_share;
use super::finish::{Authenticated, AwaitChangeCipherSpec, AwaitFinished, Established, Keyed, NewSession, OurFinished};
use super::flight::Flight;
use super::input::Input;
use super::keys::{MasterSeed, Role, connection_keys, master_secret};
use super::need::{
    AnswerBody, KeyUse, Need, Peer, PeerChain, RequestId, SelectCertificateRequest, SignRequest, VerifyRequest,
    server_name_text,
};
use super::negotiate::{Negotiated, RecordLimits, Session, TicketDue, agree_on_mac_order, agree_on_master_secret};
use super::policy::SecureRenegotiation;
use super::transcript::Transcript;
use crate::crypto::{KeyExchange, PremasterSecret, PublicKey, random_premaster};
use crate::error::{CertificateError, CertificateErrorKind, Error, Lacking, ProviderError, Violation};
use crate::record::{Opener, Sealer};
use crate::session::{ClientSession, Handle, MAX_TICKET};
use crate::wire::{
    COMPRESSION_NULL, CertificateRequest, ClientCertificateType, EcdheServerKeyExchange, ExtensionType, HandshakeType,
    MAX_PLAINTEXT, Message, NamedGroup, NewSessionTicket, ProtocolVersion, Random, Reader, ServerExtensions,
    ServerHello, SignatureScheme, decode_certificate, decode_certificate_status, put_certificate,
    put_certificate_verify, put_ecdhe_client_key_exchange, put_rsa_client_key_exchange, signed_params,
};

/// What does not change during a client's connection.
pub(crate) struct ClientSide {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) server_name: ServerName<'static>,
    pub(crate) now: UnixTime,
}

/// What the client waits for.
pub(crate) enum ClientState {
    ServerHello(AwaitServerHello),
    Certificate(AwaitCertificate),
    CertificateStatus(AwaitCertificateStatus),
    ServerKeyExchange(AwaitServerKeyExchange),
    CertificateRequest(AwaitCertificateRequest),
    ServerHelloDone(AwaitServerHelloDone),
    Verdict(AwaitVerdict),
    CertificateChoice(AwaitCertificateChoice),
    Signature(AwaitSignature),
    NewSessionTicket(AwaitNewSessionTicket),
    ChangeCipherSpec(AwaitChangeCipherSpec),
    Finished(AwaitFinished),
    Established(Established),
}

impl ClientState {
    /// All that may come, and what comes of it.
    pub(crate) fn step(self, side: &ClientSide, input: Input<'_>, flight: &mut Flight<'_>) -> Result<Self, Error> {
        use ClientState as S;
        use HandshakeType as T;
        use Input::{ChangeCipherSpec, Message as M};
        Ok(match (self, input) {
            (S::ServerHello(s), M(T::SERVER_HELLO, m)) => s.server_hello(side, m, flight)?,
            (S::Certificate(s), M(T::CERTIFICATE, m)) => s.certificate(side, m)?,
            (S::CertificateStatus(s), M(T::CERTIFICATE_STATUS, m)) => s.certificate_status(m)?,
            (S::ServerKeyExchange(s), M(T::SERVER_KEY_EXCHANGE, m)) => {
                S::CertificateRequest(s.server_key_exchange(side, m)?)
            }
            (S::CertificateRequest(s), M(T::CERTIFICATE_REQUEST, m)) => S::ServerHelloDone(s.certificate_request(m)?),
            (S::CertificateRequest(s), M(T::SERVER_HELLO_DONE, m)) => S::Verdict(s.server_hello_done(m)?),
            (S::ServerHelloDone(s), M(T::SERVER_HELLO_DONE, m)) => S::Verdict(s.server_hello_done(m)?),
            (S::NewSessionTicket(s), M(T::NEW_SESSION_TICKET, m)) => {
                S::ChangeCipherSpec(s.new_session_ticket(side, m)?)
            }
            (S::ChangeCipherSpec(s), ChangeCipherSpec) => S::Finished(s.change_cipher_spec(flight)),
            (S::Finished(s), M(T::FINISHED, m)) => S::Established(finished(s, side, m, flight)?),
            (S::Established(s), M(T::HELLO_REQUEST, m)) => {
                hello_request(m)?;
                flight.refuse_renegotiation()?;
                S::Established(s)
            }
            // RFC 5246 §7.4.1.1: ignored by a client that is negotiating; and not part of the transcript.
            (state, M(T::HELLO_REQUEST, m)) => {
                hello_request(m)?;
                flight.tolerance.renegotiation_request()?;
                state
            }
            // RFC 6066 §8: a server that agreed to send a CertificateStatus may still not.
            (S::CertificateStatus(s), input) => s.0.exchange().step(side, input, flight)?,
            (state, input) => return Err(input.unexpected(state.awaited())),
        })
    }

    /// What may come, for errors.
    pub(crate) fn awaited(&self) -> &'static str {
        match self {
            Self::ServerHello(_) => "ServerHello",
            Self::Certificate(_) => "Certificate",
            Self::CertificateStatus(_) => "CertificateStatus or what follows it",
            Self::ServerKeyExchange(_) => "ServerKeyExchange",
            Self::CertificateRequest(_) => "CertificateRequest or ServerHelloDone",
            Self::ServerHelloDone(_) => "ServerHelloDone",
            Self::Verdict(_) | Self::CertificateChoice(_) | Self::Signature(_) => "nothing",
            Self::NewSessionTicket(_) => "NewSessionTicket",
            Self::ChangeCipherSpec(_) => "ChangeCipherSpec",
            Self::Finished(_) => "Finished",
            Self::Established(_) => "application data",
        }
    }

    /// Whether a decision is waited for.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self, Self::Verdict(_) | Self::CertificateChoice(_) | Self::Signature(_))
    }

    /// The decision that is waited for.
    pub(crate) fn need(&self, side: &ClientSide) -> Option<Need> {
        match self {
            Self::Verdict(s) => Some(Need::VerifyPeer(VerifyRequest {
                id: RequestId::next(),
                chain: Box::new(s.params.peer_chain(side)),
            })),
            Self::CertificateChoice(s) => Some(Need::SelectCertificate(s.request())),
            Self::Signature(s) => Some(Need::Sign(s.request())),
            _ => None,
        }
    }

    /// Goes on with the answer.
    pub(crate) fn answer(self, side: &ClientSide, answer: AnswerBody, flight: &mut Flight<'_>) -> Result<Self, Error> {
        match (self, answer) {
            (Self::Verdict(s), AnswerBody::Verdict(verdict)) => s.verdict(side, verdict, flight),
            (Self::CertificateChoice(s), AnswerBody::Certificate(credential)) => s.chosen(side, credential, flight),
            (Self::Signature(s), AnswerBody::Signature(signature)) => s.signed(side, &signature?, flight),
            // An answer is matched to its request before it gets here.
            _ => Err(Error::Provider(ProviderError::Failed("matching an answer to its request"))),
        }
    }
}

/// RFC 5246 §7.4.1.1: its body is empty.
fn hello_request(message: Message<'_>) -> Result<(), Error> {
    Ok(Reader::new("HelloRequest", message.body).done()?)
}

/// What the ClientHello offered.
pub(crate) struct Offered {
    pub(crate) random: Random,
    pub(crate) extensions: Vec<ExtensionType>,
    pub(crate) session: Option<ClientSession>,
    pub(crate) session_id: Box<[u8]>,
}

/// 2. ServerHello is due.
pub(crate) struct AwaitServerHello {
    pub(crate) offered: Box<Offered>,
    pub(crate) transcript: Transcript,
}

impl AwaitServerHello {
    fn server_hello(
        mut self,
        side: &ClientSide,
        message: Message<'_>,
        flight: &mut Flight<'_>,
    ) -> Result<ClientState, Error> {
        let common = &side.config.common;
        let hello = ServerHello::decode(message.body)?;
        // RFC 5246 §E.1: a version that the client does not support is a protocol_version.
        if hello.version != ProtocolVersion::TLS_1_2 {
            return Err(Error::Version { got: hello.version.0 });
        }
        let suite = common.suites.iter().copied().find(|suite| suite.code == hello.cipher_suite);
        let suite = suite.ok_or(Error::IllegalParameter(Violation::SuiteNotOffered(hello.cipher_suite)))?;
        if hello.compression_method != COMPRESSION_NULL {
            return Err(Error::IllegalParameter(Violation::Compression));
        }
        let extensions = ServerExtensions::decode(hello.extensions, &self.offered.extensions)?;
        match (extensions.renegotiation_info, common.secure_renegotiation) {
            // RFC 5746 §3.4: if it is not empty, the client MUST abort the handshake.
            (Some([_, ..]), _) => return Err(Error::IllegalParameter(Violation::RenegotiationInfo)),
            (None, SecureRenegotiation::Require) => return Err(Error::NothingInCommon(Lacking::SecureRenegotiation)),
            (Some([]), _) | (None, SecureRenegotiation::Tolerate) => {}
        }
        // RFC 5246 §7.4.1.3: the ID that was offered says that the session is resumed.
        let resumed = self.offered.session.take_if(|_| hello.session_id == &*self.offered.session_id);
        let negotiated = Box::new(Negotiated {
            suite,
            client_random: self.offered.random,
            server_random: hello.random,
            extended_master_secret: agree_on_master_secret(common, extensions.extended_master_secret)?,
            mac_order: agree_on_mac_order(common, suite, extensions.encrypt_then_mac)?,
            protocol: protocol(side, &extensions)?,
            server_name: Some(server_name_text(&side.server_name).into()),
            limits: limits(side, &extensions, flight)?,
            session: Session {
                id: hello.session_id.into(),
                resumed: resumed.as_ref().map(|session| session.state.created),
                ticket: extensions.session_ticket.map_or(TicketDue::No, |_| TicketDue::Yes),
                max_fragment_length: side.config.max_fragment_length(),
            },
        });
        let sct_list = extensions.signed_certificate_timestamp.map(Arc::from);
        let status = extensions.status_request.map_or(StatusDue::No, |_| StatusDue::Perhaps);
        self.transcript.add(message);
        let transcript = self.transcript;
        match resumed {
            Some(session) => resume(side, session, negotiated, transcript),
            None => Ok(ClientState::Certificate(AwaitCertificate { negotiated, transcript, sct_list, status })),
        }
    }
}

/// RFC 7301 §3.1: the protocol is one of those that were offered.
fn protocol(side: &ClientSide, extensions: &ServerExtensions<'_>) -> Result<Option<Box<[u8]>>, Error> {
    let chosen = extensions.alpn.map(|chosen| {
        let offered = side.config.protocols.iter().find(|offered| ***offered == *chosen);
        offered.cloned().ok_or(Error::IllegalParameter(Violation::ProtocolNotOffered))
    });
    chosen.transpose()
}

/// The limits on records that the server agreed to.
fn limits(
    side: &ClientSide,
    extensions: &ServerExtensions<'_>,
    flight: &mut Flight<'_>,
) -> Result<RecordLimits, Error> {
    match (side.config.record_limit, extensions.max_fragment_length, extensions.record_size_limit) {
        (RecordLimit::MaxFragmentLength(asked), Some(agreed), _) => {
            // RFC 6066 §4: a length that differs from the one requested is an illegal_parameter.
            if asked != agreed {
                return Err(Error::IllegalParameter(Violation::RecordSize));
            }
            // RFC 6066 §4: immediately, for handshake messages too.
            flight.limit_fragments(asked.bytes());
            Ok(RecordLimits::both(asked))
        }
        (RecordLimit::RecordSizeLimit(ours), _, Some(theirs)) => {
            Ok(RecordLimits { send: usize::from(theirs).min(MAX_PLAINTEXT), receive: usize::from(ours) })
        }
        _ => Ok(RecordLimits::NONE),
    }
}

/// The server resumes the session: the keys are there.
fn resume(
    side: &ClientSide,
    session: ClientSession,
    negotiated: Box<Negotiated>,
    transcript: Transcript,
) -> Result<ClientState, Error> {
    let state = session.state;
    // RFC 5246 §7.4.1.3: the suite is that of the session.
    if state.suite != negotiated.suite {
        return Err(Error::IllegalParameter(Violation::ResumedOtherSuite));
    }
    // RFC 7627 §5.3: only sessions with the extended master secret are offered; without it here, the client MUST abort.
    if state.extended_master_secret != negotiated.extended_master_secret {
        return Err(Error::IllegalParameter(Violation::ResumedOtherMasterSecret));
    }
    let common = &side.config.common;
    let (opener, sealer) = connection_keys(&common.provider, &negotiated, &state.master, Role::Client)?;
    let peer = Authenticated {
        verified: PeerVerified::by_session(&state),
        exchange: KeyExchangeChecked::by_session(&state),
        group: None,
        certificates: state.peer_certificates.into(),
    };
    common.log_master_secret(&negotiated.client_random, &state.master);
    let keyed = Box::new(Keyed { negotiated, master: state.master, transcript, peer, ticket: None });
    Ok(AwaitChangeCipherSpec { keyed, opener, ours: OurFinished::Due(sealer) }.after_ticket())
}

/// Whether a CertificateStatus may come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StatusDue {
    No,
    Perhaps,
}

/// 3. Certificate is due.
pub(crate) struct AwaitCertificate {
    negotiated: Box<Negotiated>,
    transcript: Transcript,
    sct_list: Option<Arc<[u8]>>,
    status: StatusDue,
}

impl AwaitCertificate {
    fn certificate(mut self, side: &ClientSide, message: Message<'_>) -> Result<ClientState, Error> {
        let chain = decode_certificate(message.body)?;
        let Some(first) = chain.first() else {
            return Err(CertificateError::new(CertificateErrorKind::Missing, "").into());
        };
        let key = PublicKey::of_certificate(first).map_err(|_| {
            CertificateError::new(CertificateErrorKind::Malformed, "no public key is found in the server's certificate")
        })?;
        // RFC 5246 §7.4.2: the key MUST be appropriate for the key exchange; RFC 8422 §5.1: on a curve that was offered.
        let on_offered_curve = key.key_type().curve().is_none_or(|curve| side.config.common.groups.contains(&curve));
        if !key.key_type().serves(self.negotiated.suite.key_exchange) || !on_offered_curve {
            return Err(Error::IllegalParameter(Violation::CertificateKey));
        }
        self.transcript.add(message);
        let Self { negotiated, transcript, sct_list, status } = self;
        let certificates = chain.into_iter().map(CertificateDer::into_owned).collect();
        let server = Server { certificates, key, sct_list, ocsp_response: None };
        let identified = Box::new(Identified { negotiated, transcript, server });
        Ok(match status {
            StatusDue::No => identified.exchange(),
            StatusDue::Perhaps => ClientState::CertificateStatus(AwaitCertificateStatus(identified)),
        })
    }
}

/// The server's certificates, the key in the first of them, and what came with them.
struct Server {
    certificates: Arc<[CertificateDer<'static>]>,
    key: PublicKey,
    sct_list: Option<Arc<[u8]>>,
    ocsp_response: Option<Arc<[u8]>>,
}

/// All that is known when the server has shown its certificate. Boxed, as it is moved from state to state.
struct Identified {
    negotiated: Box<Negotiated>,
    transcript: Transcript,
    server: Server,
}

impl Identified {
    /// What comes next depends on the key exchange.
    fn exchange(self: Box<Self>) -> ClientState {
        match KeyExchangeChecked::by_encryption(self.negotiated.suite) {
            None => ClientState::ServerKeyExchange(AwaitServerKeyExchange(self)),
            Some(checked) => {
                let exchange = ServerExchange { checked, kind: ExchangeKind::Rsa };
                ClientState::CertificateRequest(AwaitCertificateRequest(ServerParams { identified: self, exchange }))
            }
        }
    }
}

/// CertificateStatus may come.
pub(crate) struct AwaitCertificateStatus(Box<Identified>);

impl AwaitCertificateStatus {
    fn certificate_status(mut self, message: Message<'_>) -> Result<ClientState, Error> {
        self.0.server.ocsp_response = Some(decode_certificate_status(message.body)?.into());
        self.0.transcript.add(message);
        Ok(self.0.exchange())
    }
}

/// The server's part of the key exchange.
struct ServerExchange {
    checked: KeyExchangeChecked,
    kind: ExchangeKind,
}

enum ExchangeKind {
    Rsa,
    Ecdhe { group: NamedGroup, public_key: Vec<u8> },
}

/// 4. ServerKeyExchange is due.
pub(crate) struct AwaitServerKeyExchange(Box<Identified>);

impl AwaitServerKeyExchange {
    fn server_key_exchange(self, side: &ClientSide, message: Message<'_>) -> Result<AwaitCertificateRequest, Error> {
        let Self(mut identified) = self;
        let Identified { negotiated, server, .. } = &*identified;
        let common = &side.config.common;
        let algorithms = common.provider.signature_algorithms();
        let EcdheServerKeyExchange { params, group, public_key, scheme, signature } =
            EcdheServerKeyExchange::decode(message.body)?;
        // RFC 8422 §5.4: one of those in the client's supported_groups.
        if !common.groups.contains(&group) {
            return Err(Error::IllegalParameter(Violation::GroupNotOffered(group.0)));
        }
        // RFC 5246 §7.4.3: the scheme MUST be one of those offered, and fit the key.
        if !common.schemes.contains(&scheme) || !server.key.fits(algorithms, scheme) {
            return Err(Error::IllegalParameter(Violation::SchemeNotOffered(scheme.0)));
        }
        let signed = signed_params(&negotiated.client_random, &negotiated.server_random, params);
        let checked = KeyExchangeChecked::by_signature(&server.key, algorithms, scheme, &signed, signature)?;
        let kind = ExchangeKind::Ecdhe { group, public_key: public_key.to_vec() };
        identified.transcript.add(message);
        let exchange = ServerExchange { checked, kind };
        Ok(AwaitCertificateRequest(ServerParams { identified, exchange }))
    }
}

/// All that the server has said by its key exchange.
struct ServerParams {
    identified: Box<Identified>,
    exchange: ServerExchange,
}

/// 5. CertificateRequest may come, or ServerHelloDone.
pub(crate) struct AwaitCertificateRequest(ServerParams);

impl AwaitCertificateRequest {
    fn certificate_request(mut self, message: Message<'_>) -> Result<AwaitServerHelloDone, Error> {
        let CertificateRequest { certificate_types, signature_algorithms, authorities } =
            CertificateRequest::decode(message.body)?;
        let wanted = Wanted {
            types: certificate_types.iter().copied().map(ClientCertificateType).collect(),
            schemes: signature_algorithms.iter().map(SignatureScheme).collect(),
            authorities: authorities.into_iter().map(Vec::from).collect(),
        };
        self.0.identified.transcript.add(message);
        Ok(AwaitServerHelloDone { params: self.0, client_auth: ClientAuth::Requested(wanted) })
    }

    fn server_hello_done(self, message: Message<'_>) -> Result<AwaitVerdict, Error> {
        AwaitServerHelloDone { params: self.0, client_auth: ClientAuth::NotRequested }.server_hello_done(message)
    }
}

/// Whether the server wants a certificate of ours.
enum ClientAuth {
    NotRequested,
    Requested(Wanted),
}

/// What a CertificateRequest asks for.
struct Wanted {
    types: Vec<ClientCertificateType>,
    schemes: Vec<SignatureScheme>,
    authorities: Vec<Vec<u8>>,
}

/// 6. ServerHelloDone is due.
pub(crate) struct AwaitServerHelloDone {
    params: ServerParams,
    client_auth: ClientAuth,
}

impl AwaitServerHelloDone {
    fn server_hello_done(mut self, message: Message<'_>) -> Result<AwaitVerdict, Error> {
        Reader::new("ServerHelloDone", message.body).done()?;
        self.params.identified.transcript.add(message);
        Ok(AwaitVerdict { params: self.params, client_auth: self.client_auth })
    }
}

impl ServerParams {
    fn peer_chain(&self, side: &ClientSide) -> PeerChain {
        let Identified { negotiated, server, .. } = &*self.identified;
        PeerChain {
            certificates: Arc::clone(&server.certificates),
            peer: Peer::Server(side.server_name.clone()),
            // RFC 5246 §7.4.2: the key usage that each key exchange needs.
            key_use: match negotiated.suite.key_exchange {
                KeyExchange::Rsa => KeyUse::KeyEncipherment,
                KeyExchange::EcdheRsa | KeyExchange::EcdheEcdsa => KeyUse::DigitalSignature,
            },
            now: side.now,
            algorithms: side.config.common.provider.signature_algorithms(),
            ocsp_response: server.ocsp_response.clone(),
            sct_list: server.sct_list.clone(),
        }
    }
}

/// It is our turn, once the server's chain is verified.
pub(crate) struct AwaitVerdict {
    params: ServerParams,
    client_auth: ClientAuth,
}

impl AwaitVerdict {
    fn verdict(
        self,
        side: &ClientSide,
        verdict: Result<(), CertificateError>,
        flight: &mut Flight<'_>,
    ) -> Result<ClientState, Error> {
        let verified = PeerVerified::by_verdict(verdict)?;
        let Self { params, client_auth } = self;
        match client_auth {
            ClientAuth::Requested(wanted) => {
                Ok(ClientState::CertificateChoice(AwaitCertificateChoice { params, verified, wanted }))
            }
            ClientAuth::NotRequested => send_key_exchange(side, params, verified, flight)?.finish(side, flight),
        }
    }
}

/// Our certificate is being chosen.
pub(crate) struct AwaitCertificateChoice {
    params: ServerParams,
    verified: PeerVerified,
    wanted: Wanted,
}

impl AwaitCertificateChoice {
    fn request(&self) -> SelectCertificateRequest {
        let Wanted { types, schemes, authorities } = &self.wanted;
        SelectCertificateRequest {
            id: RequestId::next(),
            types: types.clone(),
            schemes: schemes.clone(),
            authorities: authorities.clone(),
        }
    }

    /// 7. Sends Certificate and ClientKeyExchange.
    fn chosen(
        mut self,
        side: &ClientSide,
        credential: Option<Arc<Credential>>,
        flight: &mut Flight<'_>,
    ) -> Result<ClientState, Error> {
        let common = &side.config.common;
        let usable = credential.and_then(|credential| {
            let scheme = credential.scheme(common, &self.wanted.schemes)?;
            Some((credential, scheme))
        });
        // RFC 5246 §7.4.6: without a suitable certificate, the message has an empty list.
        let chain = usable.as_ref().map(|(credential, _)| &*credential.chain).unwrap_or_default();
        flight.message(&mut self.params.identified.transcript, |out| put_certificate(out, chain))?;
        let ready = send_key_exchange(side, self.params, self.verified, flight)?;
        match usable {
            None => ready.finish(side, flight),
            Some((credential, scheme)) => Ok(ClientState::Signature(AwaitSignature { ready, credential, scheme })),
        }
    }
}

/// Everything is there to finish.
struct Ready {
    keyed: Box<Keyed>,
    opener: Opener,
    sealer: Sealer,
}

impl Ready {
    /// Sends ChangeCipherSpec and Finished.
    fn finish(self, side: &ClientSide, flight: &mut Flight<'_>) -> Result<ClientState, Error> {
        let Self { mut keyed, opener, sealer } = self;
        let ours = keyed.send_finished(&side.config.common, Role::Client, sealer, flight)?;
        Ok(AwaitChangeCipherSpec { keyed, opener, ours: OurFinished::Sent(ours) }.after_ticket())
    }
}

/// Sends ClientKeyExchange, and derives the keys.
fn send_key_exchange(
    side: &ClientSide,
    params: ServerParams,
    verified: PeerVerified,
    flight: &mut Flight<'_>,
) -> Result<Ready, Error> {
    let common = &side.config.common;
    let ServerParams { identified, exchange } = params;
    let Identified { negotiated, mut transcript, server } = *identified;
    let (premaster, group) = key_exchange(side, &server.key, exchange.kind, &mut transcript, flight)?;
    let seed = MasterSeed::new(common, &negotiated, &transcript)?;
    let master = master_secret(common, &negotiated, &premaster, &seed)?;
    let (opener, sealer) = connection_keys(&common.provider, &negotiated, &master, Role::Client)?;
    let peer = Authenticated { verified, exchange: exchange.checked, group, certificates: server.certificates };
    let keyed = Box::new(Keyed { negotiated, master, transcript, peer, ticket: None });
    Ok(Ready { keyed, opener, sealer })
}

/// Sends ClientKeyExchange; returns the premaster secret, and the group if there is one.
fn key_exchange(
    side: &ClientSide,
    server_key: &PublicKey,
    exchange: ExchangeKind,
    transcript: &mut Transcript,
    flight: &mut Flight<'_>,
) -> Result<(PremasterSecret, Option<NamedGroup>), Error> {
    let common = &side.config.common;
    let random = common.provider.random();
    match exchange {
        ExchangeKind::Rsa => {
            // RFC 5246 §7.4.7.1: the version is the one that the ClientHello offered.
            let premaster = random_premaster(ProtocolVersion::TLS_1_2.0, random)?;
            let encrypted = common.provider.rsa_encrypt(server_key, &premaster, random).map_err(on_server_key)?;
            flight.message(transcript, |out| put_rsa_client_key_exchange(out, &encrypted))?;
            Ok((premaster, None))
        }
        ExchangeKind::Ecdhe { group, public_key } => {
            let share = common.group(group)?.start(random)?;
            let ours = share.public_key().to_vec();
            let premaster = share.agree(&public_key).map_err(on_peer_share)?;
            flight.message(transcript, |out| put_ecdhe_client_key_exchange(out, &ours))?;
            Ok((premaster, Some(group)))
        }
    }
}

/// A key that cannot be encrypted to is the fault of the certificate that it stands in.
fn on_server_key(error: ProviderError) -> Error {
    match error {
        ProviderError::InvalidPublicKey => CertificateError::new(
            CertificateErrorKind::UnsupportedAlgorithm,
            "the RSA key in the server's certificate is malformed, or of a size that is not supported",
        )
        .into(),
        other => other.into(),
    }
}

/// All messages so far are being signed with the key of our certificate.
pub(crate) struct AwaitSignature {
    ready: Ready,
    credential: Arc<Credential>,
    scheme: SignatureScheme,
}

impl AwaitSignature {
    fn request(&self) -> SignRequest {
        SignRequest {
            id: RequestId::next(),
            key: self.credential.public_key.clone(),
            scheme: self.scheme,
            message: self.ready.keyed.transcript.messages().to_vec(),
        }
    }

    /// The credential that signs.
    pub(crate) fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Sends CertificateVerify.
    fn signed(mut self, side: &ClientSide, signature: &[u8], flight: &mut Flight<'_>) -> Result<ClientState, Error> {
        let transcript = &mut self.ready.keyed.transcript;
        flight.message(transcript, |out| put_certificate_verify(out, self.scheme, signature))?;
        self.ready.finish(side, flight)
    }
}

impl AwaitChangeCipherSpec {
    /// 8. NewSessionTicket is due first, if the ServerHello promised it.
    fn after_ticket(self) -> ClientState {
        match self.keyed.negotiated.session.ticket {
            TicketDue::Yes => ClientState::NewSessionTicket(AwaitNewSessionTicket(self)),
            TicketDue::No => ClientState::ChangeCipherSpec(self),
        }
    }
}

/// NewSessionTicket is due.
pub(crate) struct AwaitNewSessionTicket(AwaitChangeCipherSpec);

impl AwaitNewSessionTicket {
    fn new_session_ticket(mut self, side: &ClientSide, message: Message<'_>) -> Result<AwaitChangeCipherSpec, Error> {
        let NewSessionTicket { lifetime_hint, ticket } = NewSessionTicket::decode(message.body)?;
        // RFC 5077 §3.3: an empty one says that the server has thought better of it.
        if (1..=MAX_TICKET).contains(&ticket.len()) {
            let ticket = Handle::Ticket { ticket: ticket.into(), lifetime_hint, received: side.now };
            self.0.keyed.ticket = Some(ticket);
        }
        self.0.keyed.transcript.add(message);
        Ok(self.0)
    }
}

/// The server's Finished has come.
fn finished(
    state: AwaitFinished,
    side: &ClientSide,
    message: Message<'_>,
    flight: &mut Flight<'_>,
) -> Result<Established, Error> {
    let common = &side.config.common;
    let mut checked = state.finished(common, Role::Client, message)?;
    let session = new_session(&mut checked.keyed, side.now);
    checked.complete(common, Role::Client, session, flight)
}

/// The session that the server lets us resume. RFC 7627 §5.3: one without the extended master secret is not worth keeping.
fn new_session(keyed: &mut Keyed, now: UnixTime) -> Option<NewSession> {
    let Session { id, resumed, .. } = &keyed.negotiated.session;
    let by_id = || (!id.is_empty() && resumed.is_none()).then(|| Handle::Id(id.clone()));
    let handle = keyed.ticket.take().or_else(by_id).filter(|_| keyed.negotiated.extended_master_secret)?;
    Some(NewSession::Client(ClientSession { state: keyed.session_state(now), handle }))
}
