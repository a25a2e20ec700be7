//! Which sessions resume, and what is kept and what is new in the resumed connection.

use tls12::crypto::{MacOrder, SUITES};
use tls12::{Agreement, Policy};

use super::{BOTH, By, ECDHE_CBC, ECDHE_GCM, Fleet, Meeting, Stolen, assert_resumed, client, suite};
use crate::support::forge::{Forge, HANDSHAKE, ext};
use crate::support::hello::typ;
use crate::support::pair::End;
use crate::support::pki::{PKI, SERVER_NAME, now};
use crate::support::{sent, suites};

#[test]
fn every_suite_is_resumed() {
    for by in BOTH {
        for suite in suites::of_rsa() {
            let policy = Policy::legacy().suites([suite]);
            let meeting = Meeting::new(client().policy(policy), Fleet::new(by).server());
            let full = meeting.connect();
            assert_resumed(&full, false);
            assert_eq!(full.client.info().resumption(), None);
            let meeting = Meeting { session: Some(full.client.client_session()), ..meeting };
            // Any number of times: a session is not used up.
            for _ in 0..2 {
                let resumed = meeting.connect();
                assert_resumed(&resumed, true);
                for end in [&resumed.client, &resumed.server] {
                    let info = end.info();
                    assert_eq!(info.suite().code, suite.code, "RFC 5246 §7.4.1.3");
                    assert_eq!(info.resumption(), Some(by.resumption()));
                    let before = full.client.info();
                    assert_eq!(info.group(), before.group());
                    assert_eq!(info.signature_scheme(), before.signature_scheme());
                    assert!(info.extended_master_secret());
                    assert_eq!(info.server_name(), Some(SERVER_NAME));
                }
                assert_eq!(*resumed.client.peer(), PKI.server);
                // RFC 5246 §F.1.4: new randoms make new keys.
                for side in [0, 1] {
                    assert_ne!(sent::hello(&resumed.sent[side]).random, sent::hello(&full.sent[side]).random);
                }
            }
        }
    }
}

/// RFC 5246 §7.3, figures 1 and 2; RFC 5077 §3.1, figures 1 and 2.
#[test]
fn the_flow_is_that_of_the_figures() {
    for by in BOTH {
        let meeting = Meeting::new(client(), Fleet::new(by).server());
        let full = meeting.connect();
        assert_eq!(sent::types(&full.sent[0]), [typ::CLIENT_HELLO, typ::CLIENT_KEY_EXCHANGE]);
        let mut servers = vec![typ::SERVER_HELLO, typ::CERTIFICATE, typ::SERVER_KEY_EXCHANGE, typ::SERVER_HELLO_DONE];
        if by == By::Ticket {
            servers.push(typ::NEW_SESSION_TICKET);
        }
        assert_eq!(sent::types(&full.sent[1]), servers);
        let hello = sent::hello(&full.sent[1]);
        // RFC 5077 §3.2, §3.4: an empty extension promises a ticket, and takes the place of an ID.
        let promise = (by == By::Ticket).then_some(&[][..]);
        assert_eq!((hello.extension(ext::SESSION_TICKET), hello.session_id.is_empty()), (promise, by == By::Ticket));

        let resumed = Meeting { session: Some(full.client.client_session()), ..meeting }.connect();
        assert_eq!(sent::types(&resumed.sent[0]), [typ::CLIENT_HELLO]);
        assert_eq!(sent::types(&resumed.sent[1]), [typ::SERVER_HELLO]);
        let hello = sent::hello(&resumed.sent[1]);
        assert_eq!(hello.extension(ext::SESSION_TICKET), None, "no new ticket is due");
        assert_eq!(hello.extension(ext::SERVER_NAME), None, "RFC 6066 §3: MUST NOT, when a session is resumed");
        assert!(resumed.client.sessions.is_empty(), "there is no other session to keep");
    }
}

/// RFC 6066 §3: there is no server_name for an address; the session is bound to it all the same.
#[test]
fn a_server_without_a_name_is_resumed_too() {
    for by in BOTH {
        let meeting = Meeting { name: "127.0.0.1", ..Meeting::new(client(), Fleet::new(by).server()) }.again();
        let resumed = meeting.connect();
        assert_resumed(&resumed, true);
        assert_eq!(resumed.server.info().server_name(), None);
        let elsewhere = Meeting { name: "127.0.0.2", ..meeting }.connect();
        assert_resumed(&elsewhere, false);
    }
}

/// RFC 7366 §3.1: what it is, is agreed on anew.
#[test]
fn encrypt_then_mac_is_agreed_on_anew() {
    for by in BOTH {
        let fleet = Fleet::new(by);
        let orders = [(Agreement::Never, MacOrder::MacThenEncrypt), (Agreement::Prefer, MacOrder::EncryptThenMac)];
        for (first, _) in orders {
            let policy = Policy::legacy().suites([suite(ECDHE_CBC)]);
            let client = |agreement| client().policy(policy.clone().encrypt_then_mac(agreement));
            let session = Meeting::new(client(first), fleet.server()).connect().client.client_session();
            for (second, order) in orders {
                let meeting = Meeting::new(client(second), fleet.server());
                let resumed = Meeting { session: Some(session.clone()), ..meeting }.connect();
                assert_resumed(&resumed, true);
                assert_eq!(resumed.client.info().mac_order(), Some(order));
                assert_eq!(resumed.server.info().mac_order(), Some(order));
            }
        }
    }
}

/// RFC 7301 §3.1: the protocol is that of this connection; where it is the same, the session is resumed.
#[test]
fn the_protocol_is_agreed_on_anew() {
    for by in BOTH {
        let fleet = Fleet::new(by);
        let server = || fleet.server().alpn_protocols(["h2", "http/1.1"]);
        let first = Meeting::new(client().alpn_protocols(["http/1.1", "h2"]), server()).again();
        let meeting = Meeting::new(client().alpn_protocols(["h2"]), server());
        let resumed = Meeting { session: first.session, ..meeting }.connect();
        assert_resumed(&resumed, true);
        assert_eq!(resumed.client.info().alpn_protocol(), Some(&b"h2"[..]));
        assert_eq!(resumed.server.info().alpn_protocol(), Some(&b"h2"[..]));
    }
}

/// With a client that shares only the primitives with ours, and has the session from the key log and the wire.
#[test]
fn our_server_resumes_with_the_forge() {
    for by in BOTH {
        for name in [ECDHE_GCM, ECDHE_CBC, SUITES[3].name] {
            let server = Fleet::new(by).server().build().unwrap();
            let stolen = Stolen::from(client(), &server, suite(name));
            for with_id in [true, false] {
                let mut forge = stolen.offered_to(&server);
                if !with_id && by == By::Ticket {
                    // RFC 5077 §3.4: the ID is only there to be echoed; without one, the echo is empty.
                    forge.hello.session_id.clear();
                }
                forge.connect();
                assert!(forge.target.info().resumed());
                assert_eq!(forge.their_hello.unwrap().session_id, forge.hello.session_id);
            }
        }
    }
}

/// With such a server.
#[test]
fn our_client_resumes_with_the_forge() {
    for by in BOTH {
        for name in [ECDHE_GCM, ECDHE_CBC, SUITES[3].name] {
            let server = Fleet::new(by).server().build().unwrap();
            let stolen = Stolen::from(client(), &server, suite(name));
            let end = End::client(client().build().unwrap(), SERVER_NAME, Some(stolen.session.clone()), now());
            let mut forge = Forge::facing(end, stolen.suite);
            let hello = forge.their_hello.clone().unwrap();
            if let Some(ticket) = &stolen.ticket {
                assert_eq!(hello.extension(ext::SESSION_TICKET), Some(ticket.as_slice()));
                assert_eq!(hello.session_id.len(), 32, "RFC 5077 §3.4: an ID to be echoed");
                assert_ne!(hello.session_id, stolen.session_id);
            } else {
                assert_eq!(hello.session_id, stolen.session_id);
                assert_eq!(hello.extension(ext::SESSION_TICKET), Some(&[][..]), "RFC 5077 §3.4: and it takes tickets");
            }
            forge.resume = Some(stolen.master.clone());
            forge.hello.session_id = hello.session_id;
            forge.connect();
            assert!(forge.target.info().resumed());
            assert!(
                forge.heard.iter().all(|(typ, message)| *typ != HANDSHAKE || message[0] != typ::CLIENT_KEY_EXCHANGE)
            );
        }
    }
}
