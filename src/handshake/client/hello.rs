//! The ClientHello that a configuration makes (RFC 5246 §7.4.1.2).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::ClientSide;
use super::extension_list::ExtensionList;
use super::grease::Greased;
use super::server_hello::{AwaitServerHello, Offered};
use crate::error::Error;
use crate::handshake::client_config::{AskFor, ClientConfig, RecordLimit};
use crate::handshake::flight::Flight;
use crate::handshake::policy::Agreement;
use crate::handshake::previous::Previous;
use crate::handshake::transcript::Transcript;
use crate::session::{ClientSession, Handle};
use crate::wire::{
    ExtensionType, Random, put_alpn, put_client_hello, put_ec_point_formats, put_empty, put_max_fragment_length,
    put_padding, put_record_size_limit, put_renegotiation_info, put_server_name, put_session_ticket,
    put_signature_algorithms, put_status_request, put_supported_groups,
};

/// Sends the ClientHello, which offers `session`. `previous` is the connection that is renegotiated.
pub(crate) fn client_hello(
    side: &ClientSide,
    session: Option<ClientSession>,
    previous: Option<Box<Previous>>,
    flight: &mut Flight<'_>,
) -> Result<AwaitServerHello, Error> {
    let common = &side.config.common;
    let random = common.provider.random();
    // RFC 5077 §3.4: a server that accepts the ticket echoes an ID that the client generates. Both are drawn by one call, since
    // each may be a system call.
    let mut drawn: [Random; 2] = [[0; 32]; 2];
    let handle = session.as_ref().map(|session| &session.handle);
    match (handle, &mut drawn) {
        (Some(Handle::Ticket { .. }), both) => random.fill(both.as_flattened_mut())?,
        (_, [client_random, _]) => random.fill(client_random)?,
    }
    let [client_random, id] = drawn;
    let session_id = match handle {
        None => Box::default(),
        Some(Handle::Id(id)) => id.clone(),
        Some(Handle::Ticket { .. }) => Box::from(id),
    };
    let shape = &side.config.shape;
    let greased = Greased::new(shape.grease, random)?;
    let mut extensions = extensions(side, session.as_ref(), previous.as_deref(), greased.as_ref());
    // RFC 7685 §3: the server MUST NOT echo the padding, so it is not among them; nor what means nothing (RFC 8701 §3.1).
    let types = extensions.types().collect();
    if let Some(greased) = &greased {
        greased.surround(&mut extensions);
    }
    let signal = common.policy.later_version.signal(session.is_some());
    let suites = || {
        let greased = greased.iter().map(|greased| greased.suite);
        greased.chain(common.suites.iter().map(|suite| suite.code)).chain(signal)
    };
    let put_hello = |out: &mut Vec<u8>, extensions: &mut ExtensionList| {
        extensions.sort_by_key(|typ| shape.place(typ));
        put_client_hello(out, &client_random, &session_id, suites(), |out| {
            extensions.put(out);
        });
    };
    let mut transcript = Transcript::default();
    let put = |out: &mut Vec<u8>| {
        let start = out.len();
        put_hello(out, &mut extensions);
        let lacking = shape.min_len.saturating_sub(out.len() - start);
        if lacking > 0 {
            out.truncate(start);
            extensions.add(ExtensionType::PADDING, |out| put_padding(out, lacking));
            put_hello(out, &mut extensions);
        }
    };
    match previous {
        None => {
            flight.limit_sent(common.send_limit);
            flight.first_hello(&mut transcript, put)?;
        }
        Some(_) => flight.message(&mut transcript, put)?,
    }
    let offered = Box::new(Offered {
        random: client_random,
        extensions: types,
        session: session.map(Box::new),
        session_id,
        previous,
    });
    Ok(AwaitServerHello { offered, transcript })
}

/// Whether a session is to be offered to this server. RFC 7627 §5.3: one without the extended master secret SHOULD NOT
/// be offered; the policy may allow it.
pub(super) fn fits(side: &ClientSide, session: &ClientSession) -> bool {
    let ClientSession { state, handle, credentials } = session;
    let takes_handle = matches!(handle, Handle::Id(_)) || side.config.tickets == AskFor::Yes;
    session.is_fresh(side.now())
        && takes_handle
        // A session keeps the client identity with which it was created.
        && credentials.as_ref().is_none_or(|credentials| *credentials == side.config.credentials_id)
        && state.server_name == side.name_text()
        && side.config.common.suites.contains(&state.suite)
        && side.config.common.accepts(state.signed_by.group, state.signed_by.server)
        && state.max_fragment_length == side.config.max_fragment_length()
        && side.config.common.may_resume(state.extended_master_secret)
}

/// The extensions that the configuration requires, in the default order: empty ones first, since some servers do not
/// accept one at the end.
pub(super) fn extensions(
    side: &ClientSide,
    session: Option<&ClientSession>,
    previous: Option<&Previous>,
    greased: Option<&Greased>,
) -> ExtensionList {
    use ExtensionType as T;
    let ClientConfig { common, alpn_protocols, tickets, record_limit, .. } = &*side.config;
    let mut all = ExtensionList::new();
    let mut add = |typ: ExtensionType, put: &dyn Fn(&mut Vec<u8>)| all.add(typ, put);
    // RFC 5746 §3.5: in a renegotiation, the client's verify_data.
    let client_finished = previous.map_or(&[][..], Previous::client_finished);
    add(T::RENEGOTIATION_INFO, &|out| put_renegotiation_info(out, client_finished));
    if let Some(name) = side.config.indicated(side.server_name.as_ref()) {
        add(T::SERVER_NAME, &|out| put_server_name(out, name));
    }
    if common.extended_master_secret != Agreement::Never {
        add(T::EXTENDED_MASTER_SECRET, &|out| put_empty(out, T::EXTENDED_MASTER_SECRET));
    }
    if side.config.uses_cbc() && common.encrypt_then_mac != Agreement::Never {
        add(T::ENCRYPT_THEN_MAC, &|out| put_empty(out, T::ENCRYPT_THEN_MAC));
    }
    match (session.map(|session| &session.handle), tickets) {
        (Some(Handle::Ticket { ticket, .. }), AskFor::Yes) => {
            add(T::SESSION_TICKET, &|out| put_session_ticket(out, ticket))
        }
        (_, AskFor::Yes) => add(T::SESSION_TICKET, &|out| put_session_ticket(out, &[])),
        (_, AskFor::No) => {}
    }
    // The following extensions are useless for servers without certificates.
    let certificates = common.any_suite(|suite| !suite.key_exchange.is_psk());
    if certificates && side.config.certificate_timestamps == AskFor::Yes {
        add(T::SIGNED_CERTIFICATE_TIMESTAMP, &|out| put_empty(out, T::SIGNED_CERTIFICATE_TIMESTAMP));
    }
    if certificates && side.config.certificate_status == AskFor::Yes {
        add(T::STATUS_REQUEST, &|out| put_status_request(out));
    }
    // A renegotiation does not change the protocol.
    if !alpn_protocols.is_empty() && previous.is_none() {
        add(T::ALPN, &|out| put_alpn(out, alpn_protocols.iter().map(AsRef::as_ref)));
    }
    match *record_limit {
        RecordLimit::None => {}
        RecordLimit::MaxFragmentLength(length) => {
            add(T::MAX_FRAGMENT_LENGTH, &|out| put_max_fragment_length(out, length));
        }
        RecordLimit::RecordSizeLimit(limit) => add(T::RECORD_SIZE_LIMIT, &|out| put_record_size_limit(out, limit)),
    }
    if common.any_suite(|suite| suite.key_exchange.is_ephemeral()) {
        let groups: Vec<_> = greased.iter().map(|greased| &greased.group).chain(&common.groups).copied().collect();
        add(T::SUPPORTED_GROUPS, &|out| put_supported_groups(out, &groups));
        add(T::EC_POINT_FORMATS, &|out| put_ec_point_formats(out));
    }
    if certificates && !common.schemes.is_empty() {
        let schemes: Vec<_> = greased.iter().map(|greased| &greased.scheme).chain(&common.schemes).copied().collect();
        add(T::SIGNATURE_ALGORITHMS, &|out| put_signature_algorithms(out, &schemes));
    }
    all
}
