//! 2. The ServerHello, which may resume the session that was offered.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::certificate::{AwaitCertificate, StatusDue};
use super::psk::AwaitPskServerKeyExchange;
use super::{ClientSide, ClientState};
use crate::error::{Error, Lacking, Violation};
use crate::handshake::client_config::RecordLimit;
use crate::handshake::config::Common;
use crate::handshake::evidence::PskAgreed;
use crate::handshake::finish::{Authenticated, AwaitChangeCipherSpec, Keyed, OurFinished};
use crate::handshake::flight::Flight;
use crate::handshake::keys::{Master, connection_keys};
use crate::handshake::limits::RecordLimits;
use crate::handshake::negotiate::{Negotiated, Origin, Session, TicketDue, agree_on_mac_order, agree_on_master_secret};
use crate::handshake::offer::SessionOffered;
use crate::handshake::policy::SecureRenegotiation;
use crate::handshake::previous::Previous;
use crate::handshake::resumption::Resumption;
use crate::handshake::role::Role;
use crate::handshake::transcript::Transcript;
use crate::session::{ClientSession, Handle, SignedBy};
use crate::wire::{
    COMPRESSION_NULL, Empty, ExtensionType, MAX_RECORD_SIZE_LIMIT, Message, ProtocolVersion, Random, ServerExtensions,
    ServerHello,
};

/// What the ClientHello offered.
pub(crate) struct Offered {
    pub(crate) random: Random,
    pub(crate) extensions: Vec<ExtensionType>,
    pub(crate) session: Option<Box<ClientSession>>,
    pub(crate) session_id: Box<[u8]>,
    /// The connection that is renegotiated, if it is.
    pub(crate) previous: Option<Box<Previous>>,
}

/// 2. ServerHello is due.
pub(crate) struct AwaitServerHello {
    pub(crate) offered: Box<Offered>,
    pub(crate) transcript: Transcript,
}

impl AwaitServerHello {
    pub(super) fn server_hello(
        mut self,
        side: &ClientSide,
        message: Message<'_>,
        flight: &mut Flight<'_>,
    ) -> Result<ClientState, Error> {
        let common = &side.config.common;
        let hello = ServerHello::decode(message.body)?;
        flight.greeted();
        // RFC 5246 §E.1: a version that the client does not support is a protocol_version.
        if hello.version != ProtocolVersion::TLS_1_2 {
            return Err(Error::Version { got: hello.version.0 });
        }
        common.policy.later_version.check_server(&hello.random)?;
        let suite = common.suites.iter().copied().find(|suite| suite.code == hello.cipher_suite);
        let suite = suite.ok_or(Error::IllegalParameter(Violation::SuiteNotOffered(hello.cipher_suite)))?;
        if hello.compression_method != COMPRESSION_NULL {
            return Err(Error::IllegalParameter(Violation::Compression));
        }
        let extensions = ServerExtensions::decode(hello.extensions, &self.offered.extensions)?;
        let previous = self.offered.previous.take();
        let secure_renegotiation = check_renegotiation(common, previous.as_deref(), extensions.renegotiation_info)?;
        let extended_master_secret = agree_on_master_secret(common, extensions.extended_master_secret)?;
        let mac_order = agree_on_mac_order(common, suite, extensions.encrypt_then_mac)?;
        let alpn_protocol = match &previous {
            None => alpn_protocol(side, &extensions)?,
            Some(previous) => {
                previous.check_hello(suite, mac_order, extended_master_secret)?;
                previous.alpn_protocol.clone()
            }
        };
        // RFC 5246 §7.4.1.3: an echo of the offered ID means that the session is resumed.
        let offered = if self.offered.session.is_some() { SessionOffered::Yes } else { SessionOffered::No };
        let resumed = self.offered.session.take_if(|_| hello.session_id == &*self.offered.session_id);
        let negotiated = Box::new(Negotiated {
            suite,
            client_random: self.offered.random,
            server_random: hello.random,
            extended_master_secret,
            secure_renegotiation,
            previous,
            mac_order,
            signed_by: SignedBy::default(),
            stapled: None,
            alpn_protocol,
            server_name: side.name_text(),
            limits: common.limit(limits(side, &extensions, flight)?),
            session: Session {
                id: hello.session_id.into(),
                resumed: resumed.as_deref().map(origin),
                offered,
                ticket: extensions.session_ticket.map_or(TicketDue::No, |_| TicketDue::Yes),
                not_resumable: None,
                max_fragment_length: side.config.max_fragment_length(),
                limits_fragments: extensions.max_fragment_length.is_some(),
            },
            unfit: Vec::new(),
        });
        let sct_list = extensions.signed_certificate_timestamp.map(Arc::from);
        let status = extensions.status_request.map_or(StatusDue::No, |_| StatusDue::Perhaps);
        self.transcript.add(message);
        self.transcript.hash_by(&*common.provider, suite.hash)?;
        let transcript = self.transcript;
        match (resumed, PskAgreed::by_suite(suite)) {
            (Some(session), _) => resume(side, *session, negotiated, transcript, flight),
            (None, Some(agreed)) => {
                if let Some(previous) = &negotiated.previous {
                    previous.check_peer(&[])?;
                }
                Ok(ClientState::PskServerKeyExchange(AwaitPskServerKeyExchange { negotiated, transcript, agreed }))
            }
            (None, None) => Ok(ClientState::Certificate(AwaitCertificate { negotiated, transcript, sct_list, status })),
        }
    }
}

/// Checks the server's renegotiation_info.
fn check_renegotiation(
    common: &Common,
    previous: Option<&Previous>,
    info: Option<&[u8]>,
) -> Result<Option<Empty>, Error> {
    match (previous, info) {
        (Some(previous), info) => previous.check_info(info).map(|()| Some(Empty)),
        (None, Some([])) => Ok(Some(Empty)),
        // RFC 5746 §3.4: if it is not empty, the client MUST abort the handshake.
        (None, Some(_)) => Err(Error::IllegalParameter(Violation::RenegotiationInfo)),
        (None, None) => match common.secure_renegotiation {
            SecureRenegotiation::Require => Err(Error::NothingInCommon(Lacking::SecureRenegotiation)),
            SecureRenegotiation::Tolerate => Ok(None),
        },
    }
}

fn origin(session: &ClientSession) -> Origin {
    let by = match session.handle {
        Handle::Id(_) => Resumption::SessionId,
        Handle::Ticket { .. } => Resumption::Ticket,
    };
    Origin { created: session.state.created, by }
}

/// RFC 7301 §3.1: the protocol is one of those that were offered.
pub(super) fn alpn_protocol(side: &ClientSide, extensions: &ServerExtensions<'_>) -> Result<Option<Box<[u8]>>, Error> {
    let chosen = extensions.alpn.map(|chosen| {
        let offered = side.config.alpn_protocols.iter().find(|offered| ***offered == *chosen);
        offered.cloned().ok_or(Error::IllegalParameter(Violation::ProtocolNotOffered))
    });
    chosen.transpose()
}

/// The limits on records that the server agreed to.
pub(super) fn limits(
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
            flight.limit_fragments(side.config.common.limit(RecordLimits::both(asked)));
            Ok(RecordLimits::both(asked))
        }
        (RecordLimit::RecordSizeLimit(ours), _, Some(theirs)) => {
            Ok(RecordLimits { send: theirs.min(MAX_RECORD_SIZE_LIMIT), receive: ours })
        }
        _ => Ok(RecordLimits::NONE),
    }
}

/// The server resumes the session, so the keys can be derived.
pub(super) fn resume(
    side: &ClientSide,
    session: ClientSession,
    mut negotiated: Box<Negotiated>,
    mut transcript: Transcript,
    flight: &mut Flight<'_>,
) -> Result<ClientState, Error> {
    let ClientSession { state, credentials, .. } = session;
    // RFC 5246 §7.4.1.3: the suite is that of the session.
    if state.suite != negotiated.suite {
        return Err(Error::IllegalParameter(Violation::ResumedOtherSuite));
    }
    // RFC 7627 §5.3: with it then and without it now, or the reverse, the client MUST abort.
    match (state.extended_master_secret, negotiated.extended_master_secret) {
        (true, false) => return Err(Error::IllegalParameter(Violation::ExtendedMasterSecretLost)),
        (false, true) => return Err(Error::IllegalParameter(Violation::ExtendedMasterSecretGained)),
        (true, true) | (false, false) => {}
    }
    let common = &side.config.common;
    // RFC 6066 §4: the length applies to resumptions, too. The ServerHello need not say so again (RFC 5246 §7.4.1.4).
    if let Some(length) = state.max_fragment_length.filter(|_| state.limits_fragments) {
        negotiated.limits = common.limit(RecordLimits::both(length));
        negotiated.session.limits_fragments = true;
        flight.limit_fragments(negotiated.limits);
    }
    transcript.forget_messages();
    negotiated.signed_by = state.signed_by;
    negotiated.stapled.clone_from(&state.stapled);
    let peer = Authenticated { credentials, ..Authenticated::by_session(&state) };
    let master = Master::new(common, &negotiated, state.master.clone())?;
    let (opener, sealer) = connection_keys(&common.provider, &negotiated, &master, Role::Client)?;
    let keyed = Box::new(Keyed { negotiated, master, transcript, peer, ticket: None, false_start: None });
    Ok(AwaitChangeCipherSpec { keyed, opener, ours: OurFinished::Due(Box::new(sealer)) }.after_ticket())
}
