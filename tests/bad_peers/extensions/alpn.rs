//! The application protocol (RFC 7301).

use tls12::{AlertDescription, ConfigError, DecodeError, Error, Side, Violation};

use super::{client, connect, facing_client, facing_server, meet, server};
use crate::assert_refused;
use crate::support::forge::{Step, alert, ext};
use crate::support::hello::vector;
use crate::support::sent;

/// no_application_protocol (RFC 7301 §3.2).
const NO_APPLICATION_PROTOCOL: u8 = 120;

/// The content of the extension.
fn names(names: &[&[u8]]) -> Vec<u8> {
    vector(2, &names.iter().flat_map(|name| vector(1, name)).collect::<Vec<u8>>())
}

/// RFC 7301 §3.2: the server chooses, by its preference.
#[test]
fn the_protocol_is_the_servers_choice_among_the_clients() {
    for (offered, known, chosen) in [
        (&["h2", "http/1.1"][..], &["http/1.1", "h2"][..], Some("http/1.1")),
        (&["http/1.1", "h2"], &["h2", "http/1.1"], Some("h2")),
        (&["a", "b", "c"], &["x", "c"], Some("c")),
        (&["a"], &["a"], Some("a")),
        (&[], &["a"], None),
        (&["a"], &[], None),
        (&[], &[], None),
    ] {
        let pair = connect(client().alpn_protocols(offered), server().alpn_protocols(known));
        for end in [&pair.client, &pair.server] {
            assert_eq!(end.info().alpn_protocol(), chosen.map(str::as_bytes));
        }
        let in_hello = sent::hello(&pair.sent[0]).extension(ext::ALPN).map(<[u8]>::to_vec);
        let offered: Vec<&[u8]> = offered.iter().map(|name| name.as_bytes()).collect();
        assert_eq!(in_hello, (!offered.is_empty()).then(|| names(&offered)));
        // RFC 7301 §3.1: exactly one.
        let answer = sent::hello(&pair.sent[1]).extension(ext::ALPN).map(<[u8]>::to_vec);
        assert_eq!(answer, chosen.map(|name| names(&[name.as_bytes()])));
    }
}

/// Names are bytes of any value, and of 1 to 255 of them.
#[test]
fn a_name_may_be_any_bytes() {
    let longest = [0xff; 255];
    for name in [&b"\0"[..], &[0x0a, 0x0a], &longest] {
        let pair = connect(client().alpn_protocols([name]), server().alpn_protocols([&b"other"[..], name]));
        assert_eq!(pair.client.info().alpn_protocol(), Some(name));
    }
}

/// RFC 7301 §3.2: if there is none in common, no_application_protocol.
#[test]
fn nothing_in_common_ends_the_handshake() {
    let pair = meet(client().alpn_protocols(["h2", "H"]), server().alpn_protocols(["http/1.1", "h"]));
    assert_eq!(pair.server.failure(), Some(&Error::NoApplicationProtocol));
    assert_eq!(pair.client.failure(), Some(&Error::Alert(AlertDescription::NoApplicationProtocol)));
    let mut forge = facing_server(server().alpn_protocols(["h2"]));
    // RFC 8701: a reserved name.
    forge.hello.set(ext::ALPN, &names(&[&[0x0a, 0x0a], b"h3"]));
    let outcome = forge.perform(Step::ClientHello);
    assert_refused!(forge, outcome, NO_APPLICATION_PROTOCOL, Side::Both, Error::NoApplicationProtocol);
}

/// RFC 7301 §3.1: names are not empty, and there is at least one.
#[test]
fn a_malformed_list_is_refused() {
    for content in [
        vec![],
        vec![0],
        names(&[]),
        names(&[b""]),
        names(&[b"h2", b""]),
        vec![0, 3, 2, b'h'],
        vec![0, 3, 3, b'h', b'2'],
        [names(&[b"h2"]), vec![0]].concat(),
    ] {
        let mut forge = facing_server(server().alpn_protocols(["h2"]));
        forge.hello.set(ext::ALPN, &content);
        let outcome = forge.perform(Step::ClientHello);
        let structure = "application_layer_protocol_negotiation";
        assert!(matches!(&outcome, Err(Error::Decode(error)) if error.structure == structure), "{outcome:?}");
        assert_refused!(forge, outcome, alert::DECODE_ERROR, Side::Peer, Error::Decode(_));

        let mut forge = facing_client(client().alpn_protocols(["h2"]));
        forge.hello.set(ext::ALPN, &content);
        let outcome = forge.perform(Step::ServerHello);
        assert_refused!(forge, outcome, alert::DECODE_ERROR, Side::Peer, Error::Decode(_));
    }
}

/// RFC 7301 §3.1: the server's list MUST contain exactly one name.
#[test]
fn two_choices_are_refused() {
    let mut forge = facing_client(client().alpn_protocols(["h2", "http/1.1"]));
    forge.hello.set(ext::ALPN, &names(&[b"h2", b"http/1.1"]));
    let outcome = forge.perform(Step::ServerHello);
    assert_refused!(
        forge,
        outcome,
        alert::DECODE_ERROR,
        Side::Peer,
        Error::Decode(DecodeError { structure: "application_layer_protocol_negotiation", .. })
    );
}

/// RFC 7301 §3.1: one of those that were offered.
#[test]
fn a_choice_that_was_not_offered_is_refused() {
    for chosen in [&b"h3"[..], b"h", b"h2 ", b"H2", b"\0"] {
        let mut forge = facing_client(client().alpn_protocols(["h2", "http/1.1"]));
        forge.hello.set(ext::ALPN, &names(&[chosen]));
        let outcome = forge.perform(Step::ServerHello);
        assert_refused!(
            forge,
            outcome,
            alert::ILLEGAL_PARAMETER,
            Side::Peer,
            Error::IllegalParameter(Violation::ProtocolNotOffered)
        );
    }
}

#[test]
fn a_list_that_cannot_be_sent_is_refused_when_it_is_configured() {
    let long = vec![b'a'; 255];
    let lists: [Vec<&[u8]>; 3] = [vec![b""], vec![b"h2", b""], vec![&[0; 256]]];
    for list in lists.into_iter().chain([vec![&long[..]; 65]]) {
        assert_eq!(client().alpn_protocols(&list).build().err(), Some(ConfigError::AlpnProtocol));
        assert_eq!(server().alpn_protocols(&list).build().err(), Some(ConfigError::AlpnProtocol));
    }
    assert!(connect(client().alpn_protocols(vec![&long[..]; 64]), server()).client.info().alpn_protocol().is_none());
}
