//! Values of a peer that are unknown to us, and a client that fell back (RFC 7507).

use tls12::{Error, Side};

use super::{ECDHE_CBC, ECDHE_GCM, RSA_GCM, client, facing_client, facing_server, server, suite};
use crate::assert_refused;
use crate::support::forge::{Forge, Step, alert, ext};
use crate::support::hello::{numbers, vector};

/// inappropriate_fallback (RFC 7507 §2).
const INAPPROPRIATE_FALLBACK: u8 = 86;
/// TLS_FALLBACK_SCSV (RFC 7507 §2).
const FALLBACK_SCSV: u16 = 0x5600;
/// key_share of TLS 1.3 (RFC 8446 §4.2.8).
const KEY_SHARE: u16 = 51;
/// Reserved by RFC 8701, to see whether unknown values are ignored: 0x0a0a, 0x1a1a, and so on.
const GREASE: [u16; 4] = [0x0a0a, 0x3a3a, 0xcaca, 0xfafa];

/// RFC 5246 §7.4.1.2, §7.4.1.4; RFC 8701 §4: unknown suites, extensions, groups, schemes, formats and names are ignored,
/// wherever they stand.
#[test]
fn unknown_values_are_ignored() {
    for (grease, name) in std::iter::zip(GREASE, [ECDHE_GCM, ECDHE_CBC, RSA_GCM, ECDHE_GCM]) {
        for first in [true, false] {
            let with = |known: &[u16]| if first { [&[grease], known].concat() } else { [known, &[grease]].concat() };
            let mut forge = Forge::client(&server().alpn_protocols(["h2"]).build().unwrap(), suite(name));
            forge.hello.suites = with(&forge.hello.suites);
            forge.hello.session_id = vec![7; 32];
            forge.hello.set(ext::SUPPORTED_GROUPS, &vector(2, &numbers(&with(&[forge.group.0]))));
            forge.hello.set(ext::SIGNATURE_ALGORITHMS, &vector(2, &numbers(&with(&[forge.scheme.0]))));
            forge.hello.set(ext::EC_POINT_FORMATS, &vector(1, &[0x0a, 0, 0x1a]));
            let names = [vector(1, &grease.to_be_bytes()), vector(1, b"h2")].concat();
            forge.hello.set(ext::ALPN, &vector(2, &names));
            // RFC 8446 §4.2.1, §4.2.8: what a client of TLS 1.3 sends beside.
            forge.hello.set(ext::SUPPORTED_VERSIONS, &vector(1, &numbers(&with(&[0x0304, 0x0303]))));
            forge.hello.set(KEY_SHARE, &vector(2, &[grease.to_be_bytes().as_slice(), &vector(2, &[0])].concat()));
            let place = if first { 0 } else { forge.hello.extensions.len() };
            forge.hello.extensions.insert(place, (grease, vec![]));
            forge.hello.extensions.push((grease ^ 0x1010, vec![0]));
            forge.hello.compression = vec![1, 0, 0x0a];
            forge.connect();
            let hello = forge.their_hello.unwrap();
            for typ in [grease, grease ^ 0x1010, ext::SUPPORTED_VERSIONS, KEY_SHARE] {
                assert_eq!(hello.extension(typ), None, "RFC 5246 §7.4.1.4: nor answered");
            }
            assert_eq!(forge.target.info().alpn_protocol(), Some(&b"h2"[..]));
        }
    }
}

/// RFC 7507 §3: with a lower version, the client did what it did for want of something better, and there is something.
#[test]
fn a_fallback_is_refused() {
    for version in [0x0300, 0x0301, 0x0302] {
        for place in [0, 1] {
            let mut forge = facing_server(server());
            forge.hello.version = version;
            forge.hello.suites.insert(place, FALLBACK_SCSV);
            let outcome = forge.perform(Step::ClientHello);
            assert_refused!(forge, outcome, INAPPROPRIATE_FALLBACK, Side::Peer, Error::InappropriateFallback);
        }
        // Without the signal it is only an old client.
        let mut forge = facing_server(server());
        forge.hello.version = version;
        let outcome = forge.perform(Step::ClientHello);
        assert_refused!(forge, outcome, alert::PROTOCOL_VERSION, Side::Both, Error::Version { .. });
    }
}

/// RFC 7507 §3: with a version that is not lower than our highest, the signal says nothing. A client of TLS 1.3 that fell
/// back to 1.2 is where it should be, as far as we are concerned.
#[test]
fn a_fallback_to_our_own_version_is_none() {
    for version in [0x0303, 0x0304, 0x0399] {
        let mut forge = facing_server(server());
        forge.hello.version = version;
        forge.hello.suites.push(FALLBACK_SCSV);
        forge.connect();
    }
}

/// We have nothing to fall back to, so we never say that we did; nor do we offer anything but TLS 1.2.
#[test]
fn our_hello_is_of_tls_1_2_only() {
    let forge = facing_client(client());
    let hello = forge.their_hello.unwrap();
    assert_eq!(hello.version, 0x0303);
    assert!(!hello.suites.contains(&FALLBACK_SCSV));
    assert_eq!(hello.extension(ext::SUPPORTED_VERSIONS), None);
}

/// RFC 8446 §4.1.3: a server of TLS 1.3 marks its random when it chooses 1.2; that is for clients that offer 1.3.
#[test]
fn the_downgrade_mark_of_tls_1_3_is_nothing_to_us() {
    for last in [0, 1] {
        let mut forge = Forge::server(&client().build().unwrap(), suite(ECDHE_GCM));
        forge.hello.random[24..].copy_from_slice(&[0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, last]);
        forge.connect();
    }
}
