//! What applies to every extension (RFC 5246 §7.4.1.4): it is not sent twice, not sent unless requested, and not a byte longer
//! or shorter than its RFC says.

use tls12::wire::{ExtensionType, MaxFragmentLength};
use tls12::{Agreement, AskFor, Error, Policy, RecordLimit, Side, Violation};

use super::{ECDHE_GCM, RSA_GCM, client, facing_client, facing_server, only, server, suite};
use crate::assert_refused;
use crate::support::forge::{Forge, Role, Step, alert, ext};
use crate::support::hello::{numbers, vector};
use crate::support::pair::End;
use crate::support::pki::now;

/// Each extension that a client may send, with a good content.
fn of_client() -> Vec<(u16, Vec<u8>)> {
    vec![
        (ext::SERVER_NAME, vector(2, &[vec![0], vector(2, b"server.example")].concat())),
        (ext::MAX_FRAGMENT_LENGTH, vec![1]),
        (ext::STATUS_REQUEST, vec![1, 0, 0, 0, 0]),
        (ext::SUPPORTED_GROUPS, vector(2, &numbers(&[29, 0x0a0a]))),
        (ext::EC_POINT_FORMATS, vector(1, &[0])),
        (ext::SIGNATURE_ALGORITHMS, vector(2, &numbers(&[0x0401, 0x0a0a]))),
        (ext::ALPN, vector(2, &[vector(1, b"h2"), vector(1, b"http/1.1")].concat())),
        (ext::SIGNED_CERTIFICATE_TIMESTAMP, vec![]),
        (ext::ENCRYPT_THEN_MAC, vec![]),
        (ext::EXTENDED_MASTER_SECRET, vec![]),
        (ext::RECORD_SIZE_LIMIT, vec![4, 0]),
        (ext::SESSION_TICKET, vec![]),
        (ext::SUPPORTED_VERSIONS, vector(1, &numbers(&[0x0304, 0x0303]))),
        (ext::RENEGOTIATION_INFO, vec![0]),
    ]
}

/// Each extension that a server may answer, with a good content.
fn of_server() -> Vec<(u16, Vec<u8>)> {
    vec![
        (ext::SERVER_NAME, vec![]),
        (ext::MAX_FRAGMENT_LENGTH, vec![1]),
        (ext::STATUS_REQUEST, vec![]),
        (ext::EC_POINT_FORMATS, vector(1, &[0])),
        (ext::ALPN, vector(2, &vector(1, b"h2"))),
        (ext::SIGNED_CERTIFICATE_TIMESTAMP, vector(2, &vector(2, b"timestamp"))),
        (ext::ENCRYPT_THEN_MAC, vec![]),
        (ext::EXTENDED_MASTER_SECRET, vec![]),
        (ext::RECORD_SIZE_LIMIT, vec![4, 0]),
        (ext::SESSION_TICKET, vec![]),
        (ext::RENEGOTIATION_INFO, vec![0]),
    ]
}

/// A bad client, and a server that knows every extension.
fn before_a_server() -> Forge {
    facing_server(server().alpn_protocols(["h2"]))
}

/// A bad server, and a client that offers this extension among others.
fn before_a_client(typ: u16) -> Forge {
    let limit = match typ {
        ext::MAX_FRAGMENT_LENGTH => RecordLimit::MaxFragmentLength(MaxFragmentLength::B512),
        _ => RecordLimit::RecordSizeLimit(512),
    };
    facing_client(client().alpn_protocols(["h2"]).record_limit(limit))
}

/// A bad peer that plays `role`, and one of ours that knows this extension.
fn facing(role: Role, typ: u16) -> Forge {
    match role {
        Role::Client => before_a_server(),
        Role::Server => before_a_client(typ),
    }
}

/// Each extension with who may say it, and its good content.
fn each() -> impl Iterator<Item = (Role, u16, Vec<u8>)> {
    let of = |role| move |(typ, content)| (role, typ, content);
    of_client().into_iter().map(of(Role::Client)).chain(of_server().into_iter().map(of(Role::Server)))
}

/// Says the hello as it stands.
fn say_hello(forge: &mut Forge) -> Result<(), Error> {
    forge.perform(forge.flow()[0])
}

/// What the other tests change is good as it is.
#[test]
fn each_is_accepted() {
    for (role, typ, content) in each() {
        let mut forge = facing(role, typ);
        forge.hello.set(typ, &content);
        say_hello(&mut forge).unwrap_or_else(|error| panic!("{typ}, {role:?}: {error}"));
    }
    let mut forge = before_a_server();
    of_client().into_iter().for_each(|(typ, content)| forge.hello.set(typ, &content));
    forge.connect();
}

/// RFC 5246 §7.4.1.4: there MUST NOT be more than one extension of the same type; known or not, alike or not.
#[test]
fn none_may_come_twice() {
    let unknown = [Role::Client, Role::Server].map(|role| (role, 0x1234, vec![7]));
    for (role, typ, content) in each().chain(unknown) {
        for second in [content.clone(), vec![], vec![0; 3]] {
            for place in [0, 1] {
                let mut forge = facing(role, typ);
                forge.hello.set(typ, &content);
                forge.hello.extensions.insert(place, (typ, second.clone()));
                let outcome = say_hello(&mut forge);
                let told =
                    matches!(outcome, Err(Error::IllegalParameter(Violation::DuplicateExtension(t))) if t == typ);
                assert!(told, "{typ}, {role:?}: {outcome:?}");
                assert_refused!(forge, outcome, alert::DECODE_ERROR, Side::Peer, Error::IllegalParameter(_));
            }
        }
    }
}

/// RFC 5246 §7.2.2: a decode_error, where a length is wrong; the error names the extension.
#[test]
fn none_may_be_a_byte_shorter_or_longer() {
    // RFC 5077 §3.2: a client's ticket is whatever its server made it.
    for (role, typ, content) in each().filter(|(role, typ, _)| (*role, *typ) != (Role::Client, ext::SESSION_TICKET)) {
        let cut = (0..content.len()).map(|len| content[..len].to_vec());
        for wrong in cut.chain([[&content[..], &[0]].concat()]) {
            let mut forge = facing(role, typ);
            forge.hello.set(typ, &wrong);
            let outcome = say_hello(&mut forge);
            let name = ExtensionType(typ).name();
            let told = matches!(&outcome, Err(Error::Decode(error)) if Some(error.structure) == name);
            assert!(told, "{name:?}, {role:?}, {wrong:?}: {outcome:?}");
            assert_refused!(forge, outcome, alert::DECODE_ERROR, Side::Peer, Error::Decode(_));
        }
    }
}

/// RFC 5246 §7.4.1.4: a client that receives an extension that it did not request MUST send unsupported_extension.
#[test]
fn none_may_come_unasked() {
    let rsa = || client().policy(only(RSA_GCM));
    let without = [
        (ext::MAX_FRAGMENT_LENGTH, client()),
        (ext::RECORD_SIZE_LIMIT, client()),
        (ext::MAX_FRAGMENT_LENGTH, client().record_limit(RecordLimit::RecordSizeLimit(512))),
        (ext::RECORD_SIZE_LIMIT, client().record_limit(RecordLimit::MaxFragmentLength(MaxFragmentLength::B512))),
        (ext::ALPN, client()),
        (ext::STATUS_REQUEST, client().certificate_status(AskFor::No)),
        (ext::SIGNED_CERTIFICATE_TIMESTAMP, client().certificate_timestamps(AskFor::No)),
        (ext::SESSION_TICKET, client().tickets(AskFor::No)),
        (ext::EXTENDED_MASTER_SECRET, client().policy(Policy::legacy().extended_master_secret(Agreement::Never))),
        (ext::ENCRYPT_THEN_MAC, client().policy(Policy::legacy().encrypt_then_mac(Agreement::Never))),
        // RFC 7366 §2: it is of CBC suites only; RFC 8422 §4: and these of ECC suites.
        (ext::ENCRYPT_THEN_MAC, rsa()),
        (ext::EC_POINT_FORMATS, rsa()),
        (ext::SUPPORTED_GROUPS, rsa()),
        // RFC 8446 §4.2.1: of TLS 1.3; and one that nobody knows.
        (ext::SUPPORTED_VERSIONS, client()),
        (0x0a0a, client()),
    ];
    for (typ, client) in without {
        let client = client.build().unwrap();
        let good = of_server().into_iter().find(|(other, _)| *other == typ).map_or(vec![], |(_, content)| content);
        for content in [good, vec![7]] {
            let mut forge = Forge::server(&client, suite(ECDHE_GCM));
            let offered = forge.their_hello.as_ref().unwrap();
            assert_eq!(offered.extension(typ), None);
            forge.hello.suites = vec![offered.suites[0]];
            forge.hello.set(typ, &content);
            let outcome = say_hello(&mut forge);
            assert!(matches!(outcome, Err(Error::UnsolicitedExtension(told)) if told == typ), "{typ}: {outcome:?}");
            assert_refused!(forge, outcome, alert::UNSUPPORTED_EXTENSION, Side::Peer, Error::UnsolicitedExtension(_));
        }
    }
    // RFC 6066 §3: a client that calls an address has asked for no name.
    let client = End::client(client().build().unwrap(), "192.0.2.1", None, now());
    let mut forge = Forge::facing(client, suite(ECDHE_GCM));
    forge.hello.set(ext::SERVER_NAME, &[]);
    let outcome = forge.perform(Step::ServerHello);
    assert_refused!(
        forge,
        outcome,
        alert::UNSUPPORTED_EXTENSION,
        Side::Peer,
        Error::UnsolicitedExtension(ext::SERVER_NAME)
    );
}
