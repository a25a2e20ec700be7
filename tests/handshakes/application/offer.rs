//! What a ClientHello offers, for routing and fingerprints.

use super::{ECDHE_GCM, server, suite};
use crate::support::forge::{Forge, HANDSHAKE, ext};
use crate::support::hello::{numbers, vector};
use crate::support::pair::End;
use crate::support::pki::now;
use tls12::wire::{ExtensionType, NamedGroup};
use tls12::{ClientOffer, Connection, Need};

/// What a server is shown of the hello of a client, changed so.
fn offered(change: impl FnOnce(&mut Forge), look: impl FnOnce(&ClientOffer)) {
    let mut forge = Forge::client(&server().build().unwrap(), suite(ECDHE_GCM));
    change(&mut forge);
    let hello = forge.hello.client();
    let mut end = End::new(Connection::accept(now()), Vec::new());
    end.input.extend([&[HANDSHAKE, 3, 1][..], &vector(2, &hello)].concat());
    end.run().unwrap();
    match end.pending {
        Some(Need::SelectConfig(request)) => look(request.offer()),
        other => panic!("{other:?}"),
    }
}

/// Each field as it stands in the hello.
#[test]
fn every_part_of_a_hello_is_shown() {
    const UNKNOWN: u16 = 0x7777;
    offered(
        |forge| {
            forge.hello.random = [9; 32];
            forge.hello.session_id = vec![5; 8];
            forge.hello.suites = vec![0xc02f, 0x1301, 0x002f];
            forge.hello.compression = vec![1, 0];
            forge.hello.extensions = vec![
                (UNKNOWN, b"anything".to_vec()),
                (ext::SUPPORTED_GROUPS, vector(2, &numbers(&[29, 0x9999]))),
                (ext::EC_POINT_FORMATS, vec![2, 1, 0]),
                (ext::ALPN, vector(2, &[vector(1, b"h2"), vector(1, b"x")].concat())),
                (ext::STATUS_REQUEST, vec![1, 0, 0, 0, 0]),
                (ext::SESSION_TICKET, b"a ticket".to_vec()),
            ];
        },
        |offer| {
            assert_eq!((offer.client_version().0, offer.random()), (0x0303, &[9; 32]));
            assert_eq!((offer.session_id(), offer.session_ticket()), (&[5; 8][..], Some(&b"a ticket"[..])));
            assert_eq!((offer.suites(), offer.compression_methods()), (&[0xc02f, 0x1301, 0x002f][..], &[1, 0][..]));
            assert_eq!(offer.groups(), Some(&[NamedGroup::X25519, NamedGroup(0x9999)][..]));
            assert_eq!(offer.alpn_protocols().collect::<Vec<_>>(), [&b"h2"[..], b"x"]);
            assert!(offer.asks_for_status() && !offer.asks_for_timestamps());
            let types: Vec<u16> = offer.extensions().map(|(typ, _)| typ.0).collect();
            assert_eq!(types, [UNKNOWN, 10, 11, 16, 5, 35], "in the order of the hello");
            let unknown = offer.extensions().find(|(typ, _)| *typ == ExtensionType(UNKNOWN));
            assert_eq!(unknown.map(|(_, content)| content), Some(&b"anything"[..]));
        },
    );
}

/// What is not there is none, and what is empty is empty.
#[test]
fn what_is_not_offered_is_not_shown() {
    offered(
        |forge| forge.hello.extensions = vec![(ext::SIGNED_CERTIFICATE_TIMESTAMP, Vec::new())],
        |offer| {
            assert_eq!((offer.server_name(), offer.groups(), offer.signature_schemes()), (None, None, None));
            assert_eq!((offer.session_id(), offer.session_ticket()), (&[][..], None));
            assert_eq!(offer.alpn_protocols().count(), 0);
            assert!(!offer.asks_for_status() && offer.asks_for_timestamps());
        },
    );
    offered(
        |forge| forge.hello.extensions = vec![(ext::SESSION_TICKET, Vec::new())],
        |offer| {
            assert_eq!(offer.session_ticket(), Some(&[][..]));
            assert_eq!(offer.extensions().count(), 1);
        },
    );
    offered(
        |forge| forge.hello.extensions.clear(),
        |offer| assert_eq!((offer.extensions().count(), offer.session_ticket()), (0, None)),
    );
}
