//! Sessions as bytes: kept between runs of a program, or shared by a fleet.

use std::sync::Arc;

use tls12::session::{ClientSession, ServerSession};
use tls12::wire::MaxFragmentLength;
use tls12::{ClientAuth, ClientTrust, NewSession, RecordLimit};

use super::{BOTH, By, Fleet, Meeting, assert_resumed, client, credential};
use crate::support::pair::{End, Pair};
use crate::support::pki::{PKI, Pinned, SERVER_NAME, now};

fn client_session(by: By) -> (Meeting, ClientSession) {
    let meeting = Meeting::new(client(), Fleet::new(by).server());
    let session = meeting.connect().client.client_session();
    (meeting, session)
}

/// One with a chain, a name, a context and a fragment length.
fn server_session() -> ServerSession {
    let server = Fleet::new(By::Id).server().session_store_later();
    let server =
        server.client_auth(ClientAuth::Require(ClientTrust::new(Pinned::server()))).session_context(*b"context");
    let limit = RecordLimit::MaxFragmentLength(MaxFragmentLength::B1024);
    let client = client().credentials([credential()]).record_limit(limit);
    match Meeting::new(client, server).connect().server.sessions.pop() {
        Some(NewSession::Server { session, .. }) => session,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_session_comes_back_from_its_bytes() {
    for by in BOTH {
        let (meeting, session) = client_session(by);
        let bytes = session.to_bytes();
        let read = ClientSession::from_bytes(bytes.expose()).unwrap();
        assert_eq!(read.to_bytes().expose(), bytes.expose());
        assert_resumed(&Meeting { session: Some(read), ..meeting }.connect(), true);
    }
    let session = server_session();
    let bytes = session.to_bytes();
    let read = ServerSession::from_bytes(bytes.expose()).unwrap();
    assert_eq!(read.to_bytes().expose(), bytes.expose());
    assert_eq!(read.created().as_secs(), session.created().as_secs());
}

#[test]
fn what_is_cut_off_or_longer_is_no_session() {
    for by in BOTH {
        let bytes = client_session(by).1.to_bytes();
        for len in 0..bytes.expose().len() {
            assert!(ClientSession::from_bytes(&bytes.expose()[..len]).is_err(), "{len}");
        }
        assert!(ClientSession::from_bytes(&[bytes.expose(), &[0]].concat()).is_err());
    }
    let bytes = server_session().to_bytes();
    for len in 0..bytes.expose().len() {
        assert!(ServerSession::from_bytes(&bytes.expose()[..len]).is_err(), "{len}");
    }
    assert!(ServerSession::from_bytes(&[bytes.expose(), &[0]].concat()).is_err());
}

/// Bytes that were damaged may be a session or none; whatever they are, nothing panics, and nobody is connected who does
/// not have the secret.
#[test]
fn damaged_bytes_harm_nothing() {
    for by in BOTH {
        let (meeting, session) = client_session(by);
        let bytes = session.to_bytes();
        let flip = |bit: usize| {
            let mut damaged = bytes.expose().to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            ClientSession::from_bytes(&damaged).ok()
        };
        let mut resumed = 0;
        // All but the certificates, which are only carried along, and stand at the end.
        let end = bytes.expose().windows(100).position(|window| *window == PKI.server[..100]).unwrap();
        for session in (0..8 * end).filter_map(flip) {
            assert!(ClientSession::from_bytes(session.to_bytes().expose()).is_ok());
            let client = End::client(Arc::clone(&meeting.client), SERVER_NAME, Some(session), now());
            let mut pair = Pair::of(client, End::server(Arc::clone(&meeting.server), now()));
            pair.run();
            // Where only one of the two went on as if nothing were wrong, neither connects.
            assert_eq!(pair.client.is_connected(), pair.server.is_connected());
            if pair.client.is_connected() {
                assert_eq!(pair.client.info().resumed(), pair.server.info().resumed());
                pair.exchange_data(10);
                resumed += usize::from(pair.client.info().resumed());
            }
        }
        // Two times and a lifetime may differ; the verdict on the server, as its verifier is asked again; what certificates
        // the client had, as the server did not ask for one; and the group and schemes of the first handshake, which are only
        // told. Nothing else.
        const VERDICT: usize = 8 * (1 + 8 + 8 + 1 + 32);
        const CERTIFICATES: usize = 8 * 32;
        const SIGNED_BY: usize = 8 * 3 * 2;
        assert!(resumed <= 64 + 64 + 32 + VERDICT + CERTIFICATES + SIGNED_BY, "{resumed}");
    }
    let bytes = server_session().to_bytes();
    for bit in 0..8 * bytes.expose().len() {
        let mut damaged = bytes.expose().to_vec();
        damaged[bit / 8] ^= 1 << (bit % 8);
        if let Ok(session) = ServerSession::from_bytes(&damaged) {
            assert!(ServerSession::from_bytes(session.to_bytes().expose()).is_ok());
        }
    }
}

/// What is printed of a session says which it is, and nothing that is secret.
#[test]
fn a_session_is_printed_without_its_secret() {
    for by in BOTH {
        let (_, session) = client_session(by);
        let text = format!("{session:?}");
        assert!(text.contains("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256") && text.contains(SERVER_NAME), "{text}");
        assert!(!text.contains("master") && !text.contains("ticket"), "{text}");
    }
    let text = format!("{:?}", server_session());
    assert!(text.contains(SERVER_NAME) && !text.contains("master"), "{text}");
}
