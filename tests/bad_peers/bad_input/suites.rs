//! Suites with broken algorithms are not supported: none is in the table, a server chooses none, and a client takes none.

use tls12::crypto::SUITES;
use tls12::wire::suite_name;
use tls12::{Error, Lacking, Side, Violation};

use super::{ECDHE_GCM, RSA_CBC, facing_client, facing_server};
use crate::assert_refused;
use crate::support::forge::{Step, alert};

/// What the name of a suite has between underscores if it is broken, or authenticates nobody.
#[rustfmt::skip] // one kind a line
const BROKEN: &[&str] = &[
    // Blocks of 64 bits (Sweet32; RFC 9325 §4.1). MAGMA is GOST R 34.12 with such blocks (RFC 9189).
    "DES", "3DES", "DES40", "IDEA", "RC2", "MAGMA",
    // RFC 7465.
    "RC4",
    // FREAK (RFC 9325 §4.1), SLOTH.
    "EXPORT", "MD5",
    // No encryption, or no authentication (RFC 9325 §4.1).
    "NULL", "anon",
    // Finite fields (Logjam, Raccoon; RFC 9325 §4.1).
    "DH", "DHE",
];

fn is_broken(name: &str) -> bool {
    name.split('_').any(|word| BROKEN.contains(&word))
}

/// A Diffie-Hellman on elliptic curves whose key is in the certificate: one for all connections (RFC 9325 §4.1).
fn is_static_ecdh(name: &str) -> bool {
    name.starts_with("TLS_ECDH_")
}

#[test]
fn none_has_a_broken_algorithm() {
    for suite in SUITES {
        assert!(!is_broken(suite.name) && !is_static_ecdh(suite.name), "{}", suite.name);
        // The name is that of the number (IANA, "TLS Cipher Suites"), so it is the number too that is not broken.
        assert_eq!(suite_name(suite.code), Some(suite.name));
    }
}

/// All that IANA has assigned and that are broken, with one of each kind looked for.
fn broken() -> Vec<u16> {
    let named = |code: u16| suite_name(code).is_some_and(|name| is_broken(name) || is_static_ecdh(name));
    let broken: Vec<u16> = (0..=u16::MAX).filter(|code| named(*code)).collect();
    // RSA, ECDHE_RSA and PSK with 3DES; RSA with DES, IDEA and RC4, for export and not; DHE_RSA with AES and ChaCha20; DH_anon; NULL.
    for code in [
        0x000a, 0xc012, 0x008b, 0x0009, 0x0007, 0x0003, 0x0008, 0x0004, 0xc011, 0x0033, 0x009e, 0xccaa, 0x0034, 0x0000,
        0x003b,
    ] {
        assert!(broken.contains(&code), "{code:#06x}");
    }
    broken
}

#[test]
fn a_server_chooses_none() {
    for ours in [ECDHE_GCM, RSA_CBC] {
        let mut forge = facing_server(ours);
        forge.hello.suites = broken();
        let outcome = forge.perform(Step::ClientHello);
        assert_refused!(
            forge,
            outcome,
            alert::HANDSHAKE_FAILURE,
            Side::Both,
            Error::NothingInCommon(Lacking::CipherSuite)
        );
        // Nor where it could have another.
        let mut forge = facing_server(ours);
        forge.hello.suites.splice(0..0, broken());
        forge.connect();
        assert_eq!(forge.target.info().suite().name, ours);
    }
}

#[test]
fn a_client_takes_none() {
    for code in broken() {
        let mut forge = facing_client(RSA_CBC);
        assert!(!forge.their_hello.as_ref().unwrap().suites.contains(&code), "{code:#06x} is offered");
        forge.hello.suites = vec![code];
        let outcome = forge.perform(Step::ServerHello);
        assert!(matches!(outcome, Err(Error::IllegalParameter(Violation::SuiteNotOffered(c))) if c == code));
        assert_refused!(
            forge,
            outcome,
            alert::ILLEGAL_PARAMETER,
            Side::Peer,
            Error::IllegalParameter(Violation::SuiteNotOffered(_))
        );
    }
}
