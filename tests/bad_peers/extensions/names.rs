//! The name that the client asks for, and the certificate that the server shows (RFC 6066 §3).

use std::sync::{Arc, LazyLock};

use tls12::crypto::ring;
use tls12::wire::{NamedGroup, SignatureScheme};
use tls12::{
    AlertDescription, ClientConfig, ConfigError, DecodeError, Error, Policy, ServerConfig, ServerConfigBuilder, Side,
    UnknownNames, Violation,
};

use super::{Anybody, client, credential, facing_client, facing_server, meet_as, server, suite};
use crate::assert_refused;
use crate::support::forge::{Step, alert, ext};
use crate::support::hello::vector;
use crate::support::pair::Pair;
use crate::support::pki::{Identity, KeyKind, PKI};
use crate::support::sent;

/// unrecognized_name (RFC 6066 §3).
const UNRECOGNIZED_NAME: u8 = 112;

/// One certificate for each of these; what stands in it does not matter here.
struct Identities {
    default: Identity,
    exact: Identity,
    wild: Identity,
    deep: Identity,
}

static ALL: LazyLock<Identities> = LazyLock::new(|| {
    let new = || PKI.new_client(KeyKind::P256);
    Identities { default: new(), exact: new(), wild: new(), deep: new() }
});

fn named(unknown: UnknownNames) -> ServerConfigBuilder {
    let of = |identity: &Identity| identity.credential(&*ring::provider());
    ServerConfig::builder(of(&ALL.default))
        .credential_for(["*.wild.example"], of(&ALL.wild))
        .credential_for(["Exact.example", "exact.wild.example"], of(&ALL.exact))
        .credential_for(["*.deep.wild.example"], of(&ALL.deep))
        .unknown_names(unknown)
}

/// What a client is shown that asks for `name`.
#[track_caller]
fn shown(name: &str, unknown: UnknownNames) -> Pair {
    let pair = meet_as(name, ClientConfig::builder(Arc::new(Anybody)), named(unknown));
    pair.assert_connected();
    pair
}

/// RFC 6066 §3: names are compared without regard to case.
#[test]
fn the_certificate_is_that_of_the_name() {
    for unknown in [UnknownNames::UseDefault, UnknownNames::Refuse] {
        for (name, expected) in [
            ("exact.example", &ALL.exact),
            ("EXACT.Example", &ALL.exact),
            ("a.wild.example", &ALL.wild),
            ("A.WILD.example", &ALL.wild),
            // A full name goes before a wildcard.
            ("exact.wild.example", &ALL.exact),
            ("deep.wild.example", &ALL.wild),
            ("a.deep.wild.example", &ALL.deep),
        ] {
            let pair = shown(name, unknown);
            assert_eq!(*pair.client.peer(), expected.certificate, "{name}");
            assert_eq!(pair.server.info().server_name(), Some(name));
            // RFC 6066 §3: who uses the name SHALL say so, by an empty extension.
            assert_eq!(sent::hello(&pair.sent[1]).extension(ext::SERVER_NAME), Some(&[][..]));
        }
    }
}

/// No label more or less than the wildcard's one (RFC 6125 §6.4.3).
const UNKNOWN: [&str; 5] =
    ["other.example", "wild.example", "a.b.wild.example", "a.exact.example", "a.b.deep.wild.example"];

/// An empty label is no label that a wildcard stands for. Our own client cannot ask for it.
#[test]
fn a_wildcard_does_not_stand_for_nothing() {
    let mut forge = facing_server(named(UnknownNames::Refuse));
    forge.hello.set(ext::SERVER_NAME, &vector(2, &[vec![0], vector(2, b".wild.example")].concat()));
    let outcome = forge.perform(Step::ClientHello);
    assert_refused!(forge, outcome, UNRECOGNIZED_NAME, Side::Both, Error::UnrecognizedName);
}

/// RFC 6066 §3: a server that does not know the name may continue. It has used the name, to find that it has no other
/// certificate, and acknowledges it.
#[test]
fn an_unknown_name_has_the_default_certificate() {
    for name in UNKNOWN {
        let pair = shown(name, UnknownNames::UseDefault);
        assert_eq!(*pair.client.peer(), ALL.default.certificate, "{name}");
        assert_eq!(sent::hello(&pair.sent[1]).extension(ext::SERVER_NAME), Some(&[][..]));
        assert_eq!(pair.server.info().server_name(), Some(name));
    }
}

/// RFC 6066 §3: or it is refused by a fatal unrecognized_name.
#[test]
fn an_unknown_name_may_be_refused() {
    for name in UNKNOWN {
        let pair = meet_as(name, ClientConfig::builder(Arc::new(Anybody)), named(UnknownNames::Refuse));
        assert_eq!(pair.server.failure(), Some(&Error::UnrecognizedName), "{name}");
        assert_eq!(pair.client.failure(), Some(&Error::Alert(AlertDescription::UnrecognizedName)));
    }
}

/// A name of 255 bytes is kept, the longest that the DNS has (RFC 1035 §2.3.4); a longer one is no name.
#[test]
fn a_name_is_kept_up_to_the_length_of_the_dns() {
    for (len, is_kept) in [(255, true), (256, false)] {
        let name = "a".repeat(len);
        let mut forge = facing_server(server());
        forge.hello.set(ext::SERVER_NAME, &vector(2, &[vec![0], vector(2, name.as_bytes())].concat()));
        forge.connect();
        assert_eq!(forge.target.info().server_name(), is_kept.then_some(&*name));
    }
}

/// RFC 6066 §3: literal addresses are not sent; who asks for no name has the default certificate.
#[test]
fn no_name_has_the_default_certificate() {
    for unknown in [UnknownNames::UseDefault, UnknownNames::Refuse] {
        for address in ["192.0.2.1", "2001:db8::1"] {
            let pair = shown(address, unknown);
            assert_eq!(sent::hello(&pair.sent[0]).extension(ext::SERVER_NAME), None);
            assert_eq!(*pair.client.peer(), ALL.default.certificate);
            assert_eq!(pair.server.info().server_name(), None);
            assert_eq!(pair.client.info().server_name(), Some(address));
        }
    }
}

/// RFC 6066 §3: a list of one host_name, without a trailing dot.
#[test]
fn the_name_is_sent_as_the_rfc_has_it() {
    for name in ["server.example", "server.example."] {
        let pair = meet_as(name, client(), server());
        let expected = vector(2, &[vec![0], vector(2, b"server.example")].concat());
        assert_eq!(sent::hello(&pair.sent[0]).extension(ext::SERVER_NAME), Some(&expected[..]));
        pair.assert_connected();
    }
}

/// Among several certificates for a name: the suites, groups and schemes of the client decide; then the server's order of
/// suites, and then that of the certificates.
#[test]
fn the_certificate_is_one_that_the_client_can_use() {
    let [rsa, p256] = [KeyKind::Rsa, KeyKind::P256].map(|kind| PKI.server(kind));
    let all = Policy::legacy;
    let cases: [(Policy, &Identity); 6] = [
        (all(), p256),
        (all().suites([suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")]), rsa),
        (all().suites([suite("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")]), p256),
        // RFC 8422 §5.1: the curve of the key must be among those that the client lists.
        (all().groups([NamedGroup::X25519]), rsa),
        // RFC 5246 §7.4.2: the server's signature must be by a scheme that the client lists.
        (all().signature_schemes([SignatureScheme::RSA_PSS_RSAE_SHA256]), rsa),
        (all().signature_schemes([SignatureScheme::ECDSA_SHA256]), p256),
    ];
    for (policy, expected) in cases {
        for for_name in [true, false] {
            let [rsa, p256] = [rsa, p256].map(|identity| identity.credential(&*ring::provider()));
            let server = match for_name {
                true => named(UnknownNames::Refuse)
                    .credential_for(["both.example"], rsa)
                    .credential_for(["both.example"], p256),
                false => ServerConfig::builder(rsa).credential(p256),
            };
            let client = ClientConfig::builder(Arc::new(Anybody)).policy(policy.clone());
            let pair = meet_as("both.example", client, server);
            pair.assert_connected();
            assert_eq!(*pair.client.peer(), expected.certificate, "{policy:?}");
        }
    }
}

/// The certificate of another name is not shown for want of a fitting one.
#[test]
fn a_name_whose_certificate_does_not_fit_is_not_served_by_another() {
    let server = server().credential_for(["only.example"], PKI.server(KeyKind::P256).credential(&*ring::provider()));
    let rsa = Policy::legacy().suites([suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")]);
    let pair = meet_as("only.example", ClientConfig::builder(Arc::new(Anybody)).policy(rsa), server);
    assert!(matches!(pair.server.failure(), Some(Error::NothingInCommon(_))), "{:?}", pair.server.log);
    assert_eq!(pair.client.failure(), Some(&Error::Alert(AlertDescription::HandshakeFailure)));
}

#[test]
fn a_name_that_nobody_can_ask_for_is_refused_when_it_is_configured() {
    for name in ["", "*", "*.", ".", "a..b", "a b", "*.*.example", "a.*.example", "exämple", "a.example.", "*a.example"]
    {
        let error = server().credential_for([name], credential()).build().err().unwrap();
        assert!(matches!(error, ConfigError::ServerName(_)), "{name}: {error:?}");
        // One bad name among good ones.
        let error = server().credential_for(["a.example", name], credential()).build().err().unwrap();
        assert!(matches!(error, ConfigError::ServerName(_)), "{name}: {error:?}");
    }
    let none: [&str; 0] = [];
    let error = server().credential_for(none, credential()).build().err().unwrap();
    assert_eq!(error, ConfigError::ServerName("".into()));
    assert!(error.to_string().contains("no name"), "{error}");
    for name in ["a", "a.example", "*.example", "xn--exmple-cua.example", "a_b.example", "127.0.0.1.example"] {
        assert!(server().credential_for([name], credential()).build().is_ok(), "{name}");
    }
}

/// RFC 6066 §3: a list with at least one name, and one of each type at most.
#[test]
fn a_malformed_name_is_refused() {
    let host = |name: &[u8]| [vec![0], vector(2, name)].concat();
    for content in [
        vec![],
        vector(2, &[]),
        vector(2, &host(b"")),
        vector(2, &host(b"a.example")[..5]),
        [vector(2, &host(b"a.example")), vec![0]].concat(),
    ] {
        let mut forge = facing_server(server());
        forge.hello.set(ext::SERVER_NAME, &content);
        let outcome = forge.perform(Step::ClientHello);
        assert_refused!(
            forge,
            outcome,
            alert::DECODE_ERROR,
            Side::Peer,
            Error::Decode(DecodeError { structure: "server_name", .. })
        );
    }
    // RFC 5246 §7.2.2: what is well-formed and not allowed is an illegal_parameter.
    for content in [host(b"a\0b"), host(b"\0"), [host(b"a.example"), host(b"b.example")].concat()] {
        let mut forge = facing_server(server());
        forge.hello.set(ext::SERVER_NAME, &vector(2, &content));
        let outcome = forge.perform(Step::ClientHello);
        assert_refused!(
            forge,
            outcome,
            alert::ILLEGAL_PARAMETER,
            Side::Peer,
            Error::IllegalParameter(Violation::ServerName)
        );
    }
    // RFC 6066 §3: names of other types may come to be.
    let mut forge = facing_server(server());
    let other = [vec![9], vector(2, b"anything \0")].concat();
    forge.hello.set(ext::SERVER_NAME, &vector(2, &[other, host(b"a.example")].concat()));
    forge.connect();
    assert_eq!(forge.target.info().server_name(), Some("a.example"));
}

/// A name that no server can be called, such as one in UTF-8, is an unknown one: served or refused as those are, and not kept.
/// Neither is a session, which may be resumed under the same name only (RFC 6066 §3).
#[test]
fn a_name_that_is_no_host_name_is_an_unknown_one() {
    let host = |name: &[u8]| vector(2, &[vec![0], vector(2, name)].concat());
    let longest = [b'a'; 255];
    let names = ["exämple".as_bytes(), b"a\x1b[2Jb", b"a b", &[b'a'; 256], &[b'a'; 60_000]];
    for (name, is_kept) in names.map(|name| (name, false)).into_iter().chain([(&longest[..], true)]) {
        let mut forge = facing_server(server());
        forge.hello.set(ext::SERVER_NAME, &host(name));
        forge.hello.set(ext::SESSION_TICKET, &[]);
        forge.perform(Step::ClientHello).unwrap();
        let promised = forge.their_hello.as_ref().unwrap().extension(ext::SESSION_TICKET).is_some();
        assert_eq!(promised, is_kept, "whether there is a ticket");
        let mut forge = facing_server(server());
        forge.hello.set(ext::SERVER_NAME, &host(name));
        forge.connect();
        assert_eq!(forge.target.info().server_name().is_some(), is_kept);

        let mut forge = facing_server(server().unknown_names(UnknownNames::Refuse));
        forge.hello.set(ext::SERVER_NAME, &host(name));
        let outcome = forge.perform(Step::ClientHello);
        assert_refused!(forge, outcome, 112, Side::Both, Error::UnrecognizedName);
    }
}

/// RFC 6066 §3: the server's extension is empty.
#[test]
fn a_server_has_nothing_to_say_of_the_name() {
    let mut forge = facing_client(client());
    forge.hello.set(ext::SERVER_NAME, &vector(2, b"a"));
    let outcome = forge.perform(Step::ServerHello);
    assert_refused!(
        forge,
        outcome,
        alert::DECODE_ERROR,
        Side::Peer,
        Error::Decode(DecodeError { structure: "server_name", .. })
    );
    let mut forge = facing_client(client());
    forge.hello.set(ext::SERVER_NAME, &[]);
    forge.connect();
}
