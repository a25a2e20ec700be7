//! 2, 3. The server's first flight: ServerHello, Certificate and what goes with it, CertificateRequest, ServerHelloDone.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::CertificateDer;

use super::client_auth::{AwaitCertificate, Client};
use super::key_exchange::{AwaitClientKeyExchange, AwaitSignature, ServerExchange};
use super::{ServerSide, ServerState};
use crate::crypto::{CipherSuite, MacOrder};
use crate::error::Error;
use crate::handshake::config::Common;
use crate::handshake::evidence::{PeerVerified, PskAgreed};
use crate::handshake::flight::Flight;
use crate::handshake::journal::Refusal;
use crate::handshake::negotiate::{
    Exchange, Negotiated, Selection, Session, TicketDue, agree_on_limits, agree_on_mac_order, agree_on_master_secret,
    agree_on_protocol,
};
use crate::handshake::objection::lacking;
use crate::handshake::offer::{ClientOffer, OfferedName};
use crate::handshake::resumption::NotResumable;
use crate::handshake::server_config::{Sessions, TicketPolicy};
use crate::handshake::transcript::Transcript;
use crate::session::SignedBy;
use crate::wire::{
    ClientCertificateType, Empty, ExtensionType, HandshakeType, MAX_RECORD_SIZE_LIMIT, MAX_SESSION_ID, Random,
    SignatureScheme, put_alpn, put_certificate, put_certificate_request, put_certificate_status, put_ec_point_formats,
    put_empty, put_max_fragment_length, put_message, put_record_size_limit, put_renegotiation_info, put_sct_list,
    put_server_hello,
};

/// 2. Sends ServerHello and Certificate; for ECDHE, generates the key share.
pub(super) fn full_handshake(
    side: &ServerSide,
    offer: &ClientOffer,
    mut transcript: Transcript,
    flight: &mut Flight<'_>,
) -> Result<ServerState, Error> {
    let common = &side.config.common;
    let selection = Selection::of(&side.config, offer)
        .and_then(|found| found.ok_or_else(|| Error::NothingInCommon(lacking(&side.config, offer))));
    let selection = noting_refusal(selection, side, offer, flight)?;
    let Selection { suite, exchange } = selection;
    let negotiated = negotiate(side, offer, suite, new_session(side, offer)?);
    let negotiated = noting_refusal(negotiated, side, offer, flight)?;
    let credential = exchange.credential();
    let staple = credential.map(|credential| &credential.staple);
    let ocsp_response =
        staple.and_then(|staple| staple.ocsp_response.as_ref()).filter(|_| offer.status_request.is_some());
    let sct_list = staple.and_then(|staple| staple.sct_list.as_deref());
    let extras = Extras {
        // RFC 6066 §3: a server that uses the name, to choose a certificate or for other aspects of its security policy,
        // acknowledges it. This one always does: a session can be resumed only under its name.
        server_name: offer.server_name().map(|_| Empty),
        status_request: ocsp_response.map(|_| Empty),
        sct_list: sct_list.filter(|_| offer.signed_certificate_timestamp.is_some()),
    };
    send_server_hello(side, offer, &negotiated, &extras, &mut transcript, flight)?;
    let shown = credential.map_or_else(Arc::default, |credential| Arc::clone(&credential.chain));
    if credential.is_some() {
        flight.message(&mut transcript, |out| put_certificate(out, &shown))?;
    }
    if let Some(response) = ocsp_response {
        flight.message(&mut transcript, |out| put_certificate_status(out, response))?;
    }
    let share = |group| common.key_share(group);
    let hello = Box::new(Hello { negotiated, transcript, shown, client_version: offer.version.0 });
    match exchange {
        Exchange::Rsa(credential) => hello.done(side, ServerExchange::Rsa(credential), flight),
        Exchange::Ecdhe { group, scheme, credential } => {
            Ok(ServerState::Signature(AwaitSignature { hello, credential, group, share: share(group)?, scheme }))
        }
        Exchange::Psk => hello.with_psk(side, None, flight),
        Exchange::EcdhePsk(group) => hello.with_psk(side, Some((group, share(group)?)), flight),
    }
}

/// Records the facts that explain a refusal.
pub(super) fn noting_refusal<T>(
    result: Result<T, Error>,
    side: &ServerSide,
    offer: &ClientOffer,
    flight: &mut Flight<'_>,
) -> Result<T, Error> {
    if let (Err(error), Some(journal)) = (&result, flight.journal.as_mut()) {
        journal.refusal = Refusal::of(error, &side.config, offer);
    }
    result
}

/// How the new session can be resumed. It cannot without the extended master secret (RFC 7627 §5.3), nor with a name
/// that is not kept, since it may only be resumed with the same name (RFC 6066 §3).
pub(super) fn new_session(side: &ServerSide, offer: &ClientOffer) -> Result<Session, Error> {
    let config = &side.config;
    let extended_master_secret = agree_on_master_secret(&config.common, offer.extended_master_secret)?;
    let keeps = config.common.keeps_session(extended_master_secret);
    let resumable = keeps && offer.name != OfferedName::Other;
    let mut session = Session {
        id: Box::default(),
        resumed: None,
        offered: offer.session(),
        ticket: TicketDue::No,
        not_resumable: None,
        max_fragment_length: offer.max_fragment_length(),
        limits_fragments: offer.max_fragment_length().is_some(),
    };
    if resumable && offer.session_ticket().is_some() && !matches!(config.tickets, TicketPolicy::Off) {
        session.ticket = TicketDue::Yes;
    } else if resumable && !matches!(config.sessions, Sessions::Off) {
        let mut id = [0; MAX_SESSION_ID];
        config.common.provider.random().fill(&mut id)?;
        session.id = Box::from(id);
    } else {
        let reason = if keeps { NotResumable::NotOffered } else { NotResumable::NoExtendedMasterSecret };
        session.not_resumable = Some(reason);
    }
    Ok(session)
}

/// The result of the two hellos. Boxed, as it is moved from state to state.
pub(super) struct Hello {
    pub(super) negotiated: Box<Negotiated>,
    pub(super) transcript: Transcript,
    /// This side's chain, as it was sent; empty with a pre-shared key.
    pub(super) shown: Arc<[CertificateDer<'static>]>,
    /// The version that the client offered, which an encrypted premaster secret must contain (RFC 5246 §7.4.7.1).
    pub(super) client_version: u16,
}

impl Hello {
    /// Sends CertificateRequest if a certificate is requested, and ServerHelloDone.
    pub(super) fn done(
        mut self: Box<Self>,
        side: &ServerSide,
        exchange: ServerExchange,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        // RFC 4279 §2: with a pre-shared key, CertificateRequest is omitted.
        let psk = PskAgreed::by_suite(self.negotiated.suite);
        let verifier = side.config.client_auth.trust().filter(|_| psk.is_none());
        if let Some(verifier) = verifier {
            let types = certificate_types(&side.config.common.schemes);
            flight.message(&mut self.transcript, |out| {
                put_certificate_request(out, &types, &side.config.common.schemes, &verifier.authorities);
            })?;
        }
        flight.message(&mut self.transcript, |out| put_message(out, HandshakeType::SERVER_HELLO_DONE, |_| {}))?;
        Ok(match verifier {
            Some(_) => ServerState::Certificate(AwaitCertificate { hello: self, exchange }),
            None => {
                self.transcript.forget_messages();
                let client = Client::Anonymous(match psk {
                    Some(agreed) => PeerVerified::by_psk(&agreed),
                    None => PeerVerified::anonymous(&side.config)?,
                });
                ServerState::ClientKeyExchange(AwaitClientKeyExchange { hello: self, exchange, client })
            }
        })
    }
}

/// The types of key that sign by these schemes (RFC 5246 §7.4.4; RFC 8422 §5.5: ecdsa_sign is for EdDSA too).
fn certificate_types(schemes: &[SignatureScheme]) -> Vec<ClientCertificateType> {
    use SignatureScheme as S;
    let is_ecdsa = |scheme: &S| {
        matches!(*scheme, S::ECDSA_SHA1 | S::ECDSA_SHA256 | S::ECDSA_SHA384 | S::ECDSA_SHA512 | S::ED25519)
    };
    let rsa = schemes.iter().any(|scheme| !is_ecdsa(scheme)).then_some(ClientCertificateType::RSA_SIGN);
    let ecdsa = schemes.iter().any(is_ecdsa).then_some(ClientCertificateType::ECDSA_SIGN);
    rsa.into_iter().chain(ecdsa).collect()
}

/// Further contents of a ServerHello, all empty if the session is resumed.
#[derive(Default)]
pub(super) struct Extras<'a> {
    /// The certificate was chosen by the client's server_name.
    pub(super) server_name: Option<Empty>,
    /// A CertificateStatus follows.
    pub(super) status_request: Option<Empty>,
    /// The timestamps of the certificate.
    pub(super) sct_list: Option<&'a [u8]>,
}

/// Negotiates the parameters with the client, with `suite`.
pub(super) fn negotiate(
    side: &ServerSide,
    offer: &ClientOffer,
    suite: &'static CipherSuite,
    session: Session,
) -> Result<Box<Negotiated>, Error> {
    let common: &Common = &side.config.common;
    let mut server_random: Random = [0; 32];
    common.provider.random().fill(&mut server_random)?;
    common.policy.later_version.mark(&mut server_random);
    Ok(Box::new(Negotiated {
        suite,
        client_random: offer.random,
        server_random,
        extended_master_secret: agree_on_master_secret(common, offer.extended_master_secret)?,
        secure_renegotiation: offer.renegotiation_info,
        previous: None,
        mac_order: agree_on_mac_order(common, suite, offer.encrypt_then_mac)?,
        signed_by: SignedBy::default(),
        stapled: None,
        alpn_protocol: agree_on_protocol(&side.config, offer)?,
        server_name: offer.server_name().map(Box::from),
        limits: agree_on_limits(&side.config, offer),
        session,
        unfit: Vec::new(),
    }))
}

/// Sends the ServerHello.
pub(super) fn send_server_hello(
    side: &ServerSide,
    offer: &ClientOffer,
    negotiated: &Negotiated,
    extras: &Extras<'_>,
    transcript: &mut Transcript,
    flight: &mut Flight<'_>,
) -> Result<(), Error> {
    let Negotiated { server_random, suite, session, limits, .. } = negotiated;
    flight.limit_sent(side.config.common.send_limit);
    if session.max_fragment_length.is_some() {
        // RFC 6066 §4: immediately, for handshake messages too.
        flight.limit_fragments(*limits);
    }
    flight.message(transcript, |out| {
        put_server_hello(out, server_random, &session.id, suite.code, |out| {
            put_extensions(out, side, offer, negotiated, extras);
        });
    })?;
    Ok(transcript.hash_by(&*side.config.common.provider, suite.hash)?)
}

/// Appends the extensions: each only if the client sent it (RFC 5246 §7.4.1.4).
pub(super) fn put_extensions(
    out: &mut Vec<u8>,
    side: &ServerSide,
    offer: &ClientOffer,
    negotiated: &Negotiated,
    extras: &Extras<'_>,
) {
    use ExtensionType as T;
    if offer.renegotiation_info.is_some() {
        put_renegotiation_info(out, &[]);
    }
    if extras.server_name.is_some() {
        put_empty(out, T::SERVER_NAME);
    }
    if negotiated.extended_master_secret {
        put_empty(out, T::EXTENDED_MASTER_SECRET);
    }
    if negotiated.mac_order == MacOrder::EncryptThenMac {
        put_empty(out, T::ENCRYPT_THEN_MAC);
    }
    if negotiated.suite.key_exchange.is_ephemeral() && offer.point_formats.is_some() {
        put_ec_point_formats(out);
    }
    if let Some(protocol) = &negotiated.alpn_protocol {
        put_alpn(out, core::iter::once(&**protocol));
    }
    if negotiated.session.ticket == TicketDue::Yes {
        put_empty(out, T::SESSION_TICKET);
    }
    if extras.status_request.is_some() {
        put_empty(out, T::STATUS_REQUEST);
    }
    if let Some(list) = extras.sct_list {
        put_sct_list(out, list);
    }
    if offer.record_size_limit.is_some() {
        put_record_size_limit(out, side.config.record_size_limit.unwrap_or(MAX_RECORD_SIZE_LIMIT));
    }
    if let Some(length) = negotiated.session.max_fragment_length {
        put_max_fragment_length(out, length);
    }
}
