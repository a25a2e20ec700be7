//! The ServerHello that answers a ClientHello (RFC 5246 §7.4.1.3).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::config::Common;
use super::flight::Flight;
use super::negotiate::{
    Negotiated, Session, TicketDue, agree_on_limits, agree_on_mac_order, agree_on_master_secret, agree_on_protocol,
};
use super::offer::ClientOffer;
use super::server::ServerSide;
use super::transcript::Transcript;
use crate::crypto::{CipherSuite, MacOrder};
use crate::error::Error;
use crate::wire::{
    Empty, ExtensionType, MAX_RECORD_SIZE_LIMIT, Random, put_alpn, put_ec_point_formats, put_empty,
    put_max_fragment_length, put_record_size_limit, put_renegotiation_info, put_sct_list, put_server_hello,
};

/// What a ServerHello says beside what was negotiated; nothing of it if the session is resumed.
#[derive(Default)]
pub(super) struct Extras<'a> {
    /// The certificate was chosen by the client's server_name.
    pub(super) server_name: Option<Empty>,
    /// A CertificateStatus follows.
    pub(super) status_request: Option<Empty>,
    /// The timestamps of the certificate.
    pub(super) sct_list: Option<&'a [u8]>,
}

/// What is agreed on with the client, under `suite`.
pub(super) fn negotiate(
    side: &ServerSide,
    offer: &ClientOffer,
    suite: &'static CipherSuite,
    session: Session,
) -> Result<Box<Negotiated>, Error> {
    let common: &Common = &side.config.common;
    let mut server_random: Random = [0; 32];
    common.provider.random().fill(&mut server_random)?;
    Ok(Box::new(Negotiated {
        suite,
        client_random: offer.random,
        server_random,
        extended_master_secret: agree_on_master_secret(common, offer.extended_master_secret)?,
        mac_order: agree_on_mac_order(common, suite, offer.encrypt_then_mac)?,
        protocol: agree_on_protocol(&side.config, offer)?,
        server_name: offer.server_name.clone(),
        limits: agree_on_limits(&side.config, offer),
        session,
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
    if session.max_fragment_length.is_some() {
        // RFC 6066 §4: immediately, for handshake messages too.
        flight.limit_fragments(limits.send);
    }
    flight.message(transcript, |out| {
        put_server_hello(out, server_random, &session.id, suite.code, |out| {
            put_extensions(out, side, offer, negotiated, extras);
        });
    })
}

/// Appends the extensions: each only if the client sent it (RFC 5246 §7.4.1.4).
fn put_extensions(
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
    if let Some(protocol) = &negotiated.protocol {
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
