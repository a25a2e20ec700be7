//! An endpoint that also supports TLS 1.3 through another library (RFC 7507, RFC 8446 §4.1.3).

use tls12::{ClientConfigBuilder, Error, LaterVersion, Policy, ServerConfigBuilder, Side, Violation};

use super::{ECDHE_GCM, client, facing_client, facing_server, server, suite};
use crate::assert_refused;
use crate::support::forge::{Forge, Step};
use crate::support::forge::{alert, ext};
use crate::support::hello::{numbers, vector};
use crate::support::pair::{End, Pair};
use crate::support::pki::{SERVER_NAME, now};

/// inappropriate_fallback (RFC 7507 §2).
const INAPPROPRIATE_FALLBACK: u8 = 86;
/// TLS_FALLBACK_SCSV (RFC 7507 §2).
const FALLBACK_SCSV: u16 = 0x5600;
/// The ends of the random of a server that supports TLS 1.3 (RFC 8446 §4.1.3): with TLS 1.2, and with an earlier version.
const MARKS: [[u8; 8]; 2] =
    [[0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 1], [0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0]];

fn modern() -> Policy {
    Policy::legacy().later_version(LaterVersion::Supported)
}

fn modern_client() -> ClientConfigBuilder {
    client().policy(modern())
}

fn modern_server() -> ServerConfigBuilder {
    server().policy(modern())
}

/// RFC 7507 §4: after all suites; and not by a client that intends to resume a session.
#[test]
fn a_client_says_that_it_fell_back_unless_it_resumes() {
    let hello = facing_client(modern_client()).their_hello.unwrap();
    assert_eq!(hello.suites.last(), Some(&FALLBACK_SCSV));
    assert_eq!(hello.suites.iter().filter(|code| **code == FALLBACK_SCSV).count(), 1);

    let config = modern_client().build().unwrap();
    let mut first = Pair::new(config.clone(), server().build().unwrap());
    first.run();
    let session = first.client.client_session();
    let resuming = End::client(config, SERVER_NAME, Some(session), now());
    let hello = Forge::facing(resuming, suite(ECDHE_GCM)).their_hello.unwrap();
    assert!(!hello.suites.contains(&FALLBACK_SCSV));
}

/// RFC 8446 §4.1.3: such a client MUST refuse a server that supports TLS 1.3 too.
#[test]
fn a_client_refuses_the_mark_of_a_server_of_tls13() {
    for mark in MARKS {
        let mut forge = Forge::server(&modern_client().build().unwrap(), suite(ECDHE_GCM));
        forge.hello.random[24..].copy_from_slice(&mark);
        let outcome = forge.perform(Step::ServerHello);
        assert_refused!(
            forge,
            outcome,
            alert::ILLEGAL_PARAMETER,
            Side::Peer,
            Error::IllegalParameter(Violation::Downgraded)
        );
        let told = forge.target.connection.diagnosis().unwrap().to_string();
        assert!(told.contains("it supports TLS 1.3, and so does this side, but TLS 1.2 was negotiated"), "{told}");
    }
    // Another end is only a random one.
    let mut forge = Forge::server(&modern_client().build().unwrap(), suite(ECDHE_GCM));
    forge.hello.random[24..].copy_from_slice(b"DOWNGRD\x02");
    forge.connect();
}

/// RFC 7507 §3, with TLS 1.3 as the highest version.
#[test]
fn a_server_refuses_a_client_that_fell_back_to_tls12() {
    let mut forge = facing_server(modern_server());
    forge.hello.suites.push(FALLBACK_SCSV);
    let outcome = forge.perform(Step::ClientHello);
    assert_refused!(forge, outcome, INAPPROPRIATE_FALLBACK, Side::Peer, Error::InappropriateFallback);

    // A client that offers TLS 1.3 did not fall back.
    let mut forge = facing_server(modern_server());
    forge.hello.suites.push(FALLBACK_SCSV);
    forge.hello.set(ext::SUPPORTED_VERSIONS, &vector(1, &numbers(&[0x0304, 0x0303])));
    forge.connect();

    let mut forge = facing_server(modern_server());
    forge.connect();
}

/// RFC 8446 §4.1.3: a server that supports TLS 1.3 MUST mark its random when it negotiates TLS 1.2.
#[test]
fn a_server_marks_its_random() {
    let end = |server: ServerConfigBuilder| {
        let mut forge = facing_server(server);
        forge.connect();
        forge.their_hello.unwrap().random[24..].to_vec()
    };
    assert_eq!(end(modern_server()), MARKS[0]);
    assert!(!end(server()).starts_with(b"DOWNGRD"));
}

#[test]
fn two_such_endpoints_do_not_negotiate_tls12() {
    let mut pair = super::meet(modern_client(), modern_server());
    assert!(pair.client.run().is_err() && pair.server.run().is_err());
    assert_eq!(modern().later_version_rule(), LaterVersion::Supported);
    assert_eq!(Policy::legacy().later_version_rule(), LaterVersion::Unsupported);
}
