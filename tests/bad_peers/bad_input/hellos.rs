//! ClientHello and ServerHello with something wrong (RFC 5246 §7.4.1), and with something odd that is allowed.

use std::sync::Arc;

use tls12::session::TicketKeys;
use tls12::wire::NamedGroup;
use tls12::{Credential, DecodeError, DecodeFault, Error, Lacking, Policy, ServerConfig, Side, Violation};

use super::{ECDHE_GCM, RSA_CBC, RSA_GCM, both, client_config, facing_client, facing_server};
use crate::assert_refused;
use crate::support::forge::{Forge, HANDSHAKE, SERVER_KEY, Step, alert, ext};
use crate::support::hello::{Hello, message, numbers, typ, vector};
use crate::support::pair::{End, Pair};
use crate::support::pki::{PKI, SERVER_NAME, now};
use tls12::crypto::CipherSuite;

/// Says the hello as it stands.
fn say_hello(forge: &mut Forge) -> Result<(), Error> {
    let first = forge.flow()[0];
    forge.perform(first)
}

/// RFC 5246 §E.1: a server that does not support the client's version sends protocol_version.
#[test]
fn a_client_hello_of_an_older_version_is_refused() {
    for version in [0x0302, 0x0301, 0x0300, 0x0002, 0] {
        let mut forge = facing_server(ECDHE_GCM);
        forge.hello.version = version;
        let outcome = say_hello(&mut forge);
        assert!(matches!(outcome, Err(Error::Version { got }) if got == version));
        assert_refused!(forge, outcome, alert::PROTOCOL_VERSION, Side::Both, Error::Version { .. });
    }
}

/// RFC 5246 §E.1: to a higher version the server answers with its own.
#[test]
fn a_client_hello_of_a_newer_version_is_answered() {
    for version in [0x0304, 0x0305, 0x0400, 0xffff] {
        for suite in [ECDHE_GCM, RSA_CBC] {
            let mut forge = facing_server(suite);
            forge.hello.version = version;
            forge.connect();
            assert_eq!(forge.their_hello.as_ref().unwrap().version, 0x0303);
        }
    }
}

/// RFC 8446 §4.2.1: where a client lists the versions that it offers, the list alone counts; if nothing of it is spoken
/// here, protocol_version (RFC 5246 §E.1).
#[test]
fn a_client_hello_that_does_not_list_our_version_is_refused() {
    for listed in [&[0x0304][..], &[0x0a0a, 0x0304, 0x7f1c], &[0x0304, 0x0302, 0x0301]] {
        for suite in [ECDHE_GCM, RSA_CBC] {
            let mut forge = facing_server(suite);
            forge.hello.set(ext::SUPPORTED_VERSIONS, &vector(1, &numbers(listed)));
            let outcome = say_hello(&mut forge);
            let text = outcome.as_ref().unwrap_err().to_string();
            assert!(text.contains("does not offer TLS 1.2"), "{text}");
            assert_refused!(forge, outcome, alert::PROTOCOL_VERSION, Side::Both, Error::VersionNotListed);
        }
    }
    for listed in [&[0x0303][..], &[0x0304, 0x0303], &[0x0a0a, 0x0304, 0x0303, 0x0301]] {
        let mut forge = facing_server(ECDHE_GCM);
        forge.hello.set(ext::SUPPORTED_VERSIONS, &vector(1, &numbers(listed)));
        forge.connect();
        let hello = forge.their_hello.unwrap();
        // RFC 8446 §4.2.1: with a version before 1.3, the server MUST NOT answer it.
        assert_eq!((hello.version, hello.extension(ext::SUPPORTED_VERSIONS)), (0x0303, None));
    }
}

/// RFC 5246 §E.1: a version that the client does not support is a protocol_version.
#[test]
fn a_server_hello_of_another_version_is_refused() {
    for version in [0x0302, 0x0301, 0x0300] {
        let mut forge = facing_client(ECDHE_GCM);
        forge.hello.version = version;
        let outcome = say_hello(&mut forge);
        assert_refused!(forge, outcome, alert::PROTOCOL_VERSION, Side::Both, Error::Version { .. });
    }
    // RFC 5246 §7.4.1.3: the server's is the lower of the two. More than we offered is its fault.
    for version in [0x0304, 0x0400, 0xffff] {
        let mut forge = facing_client(ECDHE_GCM);
        forge.hello.version = version;
        let outcome = say_hello(&mut forge);
        let text = outcome.as_ref().unwrap_err().to_string();
        assert!(text.contains("not offered"), "{text}");
        assert_refused!(forge, outcome, alert::PROTOCOL_VERSION, Side::Peer, Error::Version { .. });
    }
}

/// RFC 5246 §7.4.1.2: the vector MUST contain, and all implementations MUST support, the null method.
#[test]
fn a_client_hello_without_null_compression_is_refused() {
    for methods in [&[1][..], &[1, 64, 255]] {
        let mut forge = facing_server(ECDHE_GCM);
        forge.hello.compression = methods.to_vec();
        let outcome = say_hello(&mut forge);
        assert_refused!(
            forge,
            outcome,
            alert::ILLEGAL_PARAMETER,
            Side::Peer,
            Error::IllegalParameter(Violation::Compression)
        );
    }
    let mut forge = facing_server(ECDHE_GCM);
    forge.hello.compression = vec![1, 0];
    forge.connect();
}

/// RFC 5246 §7.4.1.3: a single compression method from the client's list, which is null alone.
#[test]
fn a_server_hello_with_compression_is_refused() {
    let mut forge = facing_client(ECDHE_GCM);
    forge.hello.compression = vec![1];
    let outcome = say_hello(&mut forge);
    assert_refused!(
        forge,
        outcome,
        alert::ILLEGAL_PARAMETER,
        Side::Peer,
        Error::IllegalParameter(Violation::Compression)
    );
}

/// RFC 5246 §7.4.1.3: a single cipher suite from the client's list.
#[test]
fn a_server_hello_with_a_suite_that_was_not_offered_is_refused() {
    let suite = CipherSuite::from_name(ECDHE_GCM).unwrap();
    let config = client_config(Policy::default().suites([suite]));
    // Known to us; of TLS 1.3; with MD5 and RC4; with nothing at all; the two signalling values.
    for code in [0x002f, 0xc030, 0x1301, 0x0004, 0x0000, 0x00ff, 0x5600] {
        let mut forge = Forge::server(&config, suite);
        forge.hello.suites = vec![code];
        let outcome = say_hello(&mut forge);
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

/// RFC 5246 §7.4.1.3: without an acceptable set of algorithms the server responds with handshake_failure.
#[test]
fn a_client_hello_with_nothing_for_us_is_refused() {
    // No suite of ours; for ECDHE, no group, or no signature scheme, of ours; RFC 5246 §7.4.1.4.1: no
    // signature_algorithms means SHA-1, which we do not sign with.
    type Change = fn(&mut Forge);
    let changes: [(Change, Lacking); 5] = [
        // Of TLS 1.3, and a signal; `suites.rs` has those with broken algorithms.
        (|forge| forge.hello.suites = vec![0x1301, 0x00ff], Lacking::CipherSuite),
        (|forge| forge.hello.set(ext::SUPPORTED_GROUPS, &[0, 4, 0, 1, 1, 0]), Lacking::Group),
        (|forge| forge.hello.set(ext::SIGNATURE_ALGORITHMS, &[0, 2, 2, 1]), Lacking::SignatureScheme),
        (|forge| forge.hello.remove(ext::SIGNATURE_ALGORITHMS), Lacking::SignatureScheme),
        (|forge| forge.hello.extensions.clear(), Lacking::SignatureScheme),
    ];
    for (change, lacking) in changes {
        let mut forge = facing_server(ECDHE_GCM);
        change(&mut forge);
        let outcome = say_hello(&mut forge);
        assert_eq!(outcome, Err(Error::NothingInCommon(lacking)));
        assert_refused!(forge, outcome, alert::HANDSHAKE_FAILURE, Side::Both, Error::NothingInCommon(_));
    }
    // Static RSA needs none of that (RFC 5246 §7.4.1.2: extensions may be left out altogether).
    let mut forge = facing_server(RSA_CBC);
    forge.hello.extensions.clear();
    forge.connect();
    assert!(forge.their_hello.unwrap().extensions.is_empty(), "RFC 5246 §7.4.1.4: none that was not asked for");
}

/// RFC 5746 §3.4 (client), §3.6 (server): if renegotiation_info is not empty, handshake_failure.
#[test]
fn a_renegotiation_info_that_is_not_empty_is_refused() {
    for content in [vec![1, 0], vector(1, &[9; 12]), vector(1, &[9; 24])] {
        for mut forge in both(ECDHE_GCM) {
            forge.hello.set(ext::RENEGOTIATION_INFO, &content);
            let outcome = say_hello(&mut forge);
            assert_refused!(
                forge,
                outcome,
                alert::HANDSHAKE_FAILURE,
                Side::Peer,
                Error::IllegalParameter(Violation::RenegotiationInfo)
            );
        }
    }
}

/// RFC 5746 §3.6: the signalling suite says the same, and is answered by the extension.
#[test]
fn the_signalling_suite_stands_for_an_empty_renegotiation_info() {
    let mut forge = facing_server(ECDHE_GCM);
    forge.hello.remove(ext::RENEGOTIATION_INFO);
    forge.hello.suites.push(0x00ff);
    forge.connect();
    assert_eq!(forge.their_hello.unwrap().extension(ext::RENEGOTIATION_INFO), Some(&[0][..]));
    // RFC 5746 §3.6: and without either, none is sent.
    let mut forge = facing_server(ECDHE_GCM);
    forge.hello.remove(ext::RENEGOTIATION_INFO);
    forge.connect();
    assert_eq!(forge.their_hello.unwrap().extension(ext::RENEGOTIATION_INFO), None);
}

/// RFC 5746 §4.1: a client may refuse a server that does not know secure renegotiation.
#[test]
fn a_server_without_secure_renegotiation_is_refused_by_default() {
    let mut forge = Forge::server(&client_config(Policy::default()), CipherSuite::from_name(ECDHE_GCM).unwrap());
    forge.hello.remove(ext::RENEGOTIATION_INFO);
    let outcome = say_hello(&mut forge);
    assert_refused!(
        forge,
        outcome,
        alert::HANDSHAKE_FAILURE,
        Side::Both,
        Error::NothingInCommon(Lacking::SecureRenegotiation)
    );
    let mut forge = facing_client(ECDHE_GCM);
    forge.hello.remove(ext::RENEGOTIATION_INFO);
    forge.connect();
}

/// RFC 8422 §5.1.2: a list of point formats without the uncompressed one MUST be an illegal_parameter.
#[test]
fn point_formats_without_uncompressed_are_refused() {
    for mut forge in both(ECDHE_GCM) {
        forge.hello.set(ext::EC_POINT_FORMATS, &[2, 1, 2]);
        let outcome = say_hello(&mut forge);
        assert_refused!(
            forge,
            outcome,
            alert::ILLEGAL_PARAMETER,
            Side::Peer,
            Error::IllegalParameter(Violation::PointFormats)
        );
    }
}

/// RFC 5246 §7.2.2: decode_error, where a length is wrong.
#[test]
fn a_malformed_extension_is_refused() {
    const CLIENTS: &[(u16, &[u8])] = &[
        (ext::SERVER_NAME, b""),
        (ext::SERVER_NAME, b"\0\0"),
        (ext::SERVER_NAME, b"\0\x04\0\0\x02a"),
        (ext::SERVER_NAME, b"\0\x04\0\0\x01ab"),
        // RFC 6066 §3: an empty name.
        (ext::SERVER_NAME, b"\0\x03\0\0\0"),
        (ext::SUPPORTED_GROUPS, &[]),
        (ext::SUPPORTED_GROUPS, &[0, 0]),
        (ext::SUPPORTED_GROUPS, &[0, 3, 0, 29, 0]),
        (ext::SUPPORTED_GROUPS, &[0, 2, 0, 29, 0]),
        (ext::SUPPORTED_GROUPS, &[0, 4, 0, 29]),
        (ext::SIGNATURE_ALGORITHMS, &[]),
        (ext::SIGNATURE_ALGORITHMS, &[0, 0]),
        (ext::SIGNATURE_ALGORITHMS, &[0, 1, 4]),
        (ext::SIGNATURE_ALGORITHMS, &[0, 2, 4, 1, 0]),
        // RFC 8446 §4.2.1: at least one version.
        (ext::SUPPORTED_VERSIONS, &[]),
        (ext::SUPPORTED_VERSIONS, &[0]),
        (ext::SUPPORTED_VERSIONS, &[1, 3]),
        (ext::SUPPORTED_VERSIONS, &[3, 3, 3, 3]),
        (ext::SUPPORTED_VERSIONS, &[4, 3, 3]),
        (ext::SUPPORTED_VERSIONS, &[2, 3, 3, 0]),
    ];
    const BOTH: &[(u16, &[u8])] = &[
        (ext::EC_POINT_FORMATS, &[]),
        (ext::EC_POINT_FORMATS, &[0]),
        (ext::EC_POINT_FORMATS, &[2, 0]),
        (ext::EC_POINT_FORMATS, &[1, 0, 0]),
        (ext::RENEGOTIATION_INFO, &[]),
        (ext::RENEGOTIATION_INFO, &[1]),
        (ext::RENEGOTIATION_INFO, &[0, 0]),
        (ext::EXTENDED_MASTER_SECRET, &[0]),
        (ext::ENCRYPT_THEN_MAC, &[0]),
    ];
    // RFC 6066 §3: the server's is empty.
    const SERVERS: &[(u16, &[u8])] = &[(ext::SERVER_NAME, b"\0\x04\0\0\x01a")];
    let refuse = |mut forge: Forge, typ, content: &[u8]| {
        forge.hello.set(typ, content);
        let outcome = say_hello(&mut forge);
        assert_refused!(forge, outcome, alert::DECODE_ERROR, Side::Peer, Error::Decode(_));
    };
    for (typ, content) in CLIENTS.iter().chain(BOTH) {
        refuse(facing_server(ECDHE_GCM), *typ, content);
    }
    for (typ, content) in SERVERS.iter().chain(BOTH) {
        refuse(facing_client(ECDHE_GCM), *typ, content);
    }
}

/// RFC 5246 §7.4.1.2, §7.4.1.3: each field in its range.
#[test]
fn a_malformed_hello_is_refused() {
    let changes: [fn(&mut Forge); 4] = [
        |forge| forge.hello.session_id = vec![0; 33],
        |forge| forge.hello.session_id = vec![0; 255],
        |forge| forge.hello.suites.clear(),
        |forge| forge.hello.compression.clear(),
    ];
    for change in changes {
        for mut forge in both(ECDHE_GCM) {
            change(&mut forge);
            let outcome = say_hello(&mut forge);
            assert_refused!(forge, outcome, alert::DECODE_ERROR, Side::Peer, Error::Decode(_));
        }
    }
    // Half a suite.
    let mut forge = facing_server(ECDHE_GCM);
    let body = [&[3, 3], [7; 32].as_slice(), &[0], &[0, 3, 0xc0, 0x2f, 0], &[1, 0]].concat();
    let outcome = forge.say(&message(typ::CLIENT_HELLO, &body));
    assert_refused!(
        forge,
        outcome,
        alert::DECODE_ERROR,
        Side::Peer,
        Error::Decode(DecodeError { structure: "ClientHello", fault: DecodeFault::Length, .. })
    );
}

/// RFC 5246 §7.4: cut off anywhere, or with a byte too many, a hello is no hello. One place excepted: before the extensions.
#[test]
fn a_hello_cut_off_anywhere_is_refused() {
    for role in [0, 1] {
        let forge = &mut both(RSA_CBC)[role];
        let first = forge.flow()[0];
        let whole = forge.make(first);
        forge.hello.extensions.clear();
        let without_extensions = forge.make(first).len();
        let cuts = (4..whole.len()).filter(|cut| *cut != without_extensions).map(|cut| whole[4..cut].to_vec());
        for body in cuts.chain([[&whole[4..], &[0]].concat()]) {
            let mut forge = both(RSA_CBC).into_iter().nth(role).unwrap();
            let outcome = forge.say(&message(whole[0], &body));
            assert_refused!(forge, outcome, alert::DECODE_ERROR, Side::Peer, Error::Decode(_));
        }
    }
}

/// RFC 7627 §5.1: an extended master secret that was not agreed on does not match at Finished.
#[test]
fn both_sides_must_agree_on_the_master_secret() {
    let mut forge = facing_server(ECDHE_GCM);
    forge.up_to(Step::ClientKeyExchange);
    forge.perform(Step::ClientKeyExchange).unwrap();
    // As if it had not been in our ClientHello.
    forge.hello.remove(ext::EXTENDED_MASTER_SECRET);
    forge.perform(Step::ChangeCipherSpec).unwrap();
    let outcome = forge.perform(Step::Finished);
    assert_refused!(forge, outcome, alert::BAD_RECORD_MAC, Side::Peer, Error::BadRecordMac);
}

/// RFC 8446 §4.2.1: where a client lists the versions that it offers, client_version says nothing, whatever it is.
#[test]
fn the_list_of_versions_alone_counts() {
    for version in [0x0302, 0x0301, 0x0300, 0x0304] {
        for suite in [ECDHE_GCM, RSA_CBC] {
            let mut forge = facing_server(suite);
            forge.hello.version = version;
            forge.hello.set(ext::SUPPORTED_VERSIONS, &vector(1, &numbers(&[0x0303])));
            forge.connect();
            assert_eq!(forge.their_hello.as_ref().unwrap().version, 0x0303);
        }
    }
}

/// A ClientHello may have any number of extensions that fits (RFC 5246 §7.4.1.2); but each type only once (§7.4.1.4).
#[test]
fn as_many_extensions_as_fit_are_taken() {
    let unknown = |count: u16| (0x2000..0x2000 + count).map(|typ| (typ, Vec::new()));
    let mut forge = facing_server(ECDHE_GCM);
    forge.hello.extensions.extend(unknown(16_000));
    forge.connect();
    let mut forge = facing_server(ECDHE_GCM);
    forge.hello.extensions.extend(unknown(16_000));
    forge.hello.extensions.push((0x2001, vec![1]));
    let outcome = say_hello(&mut forge);
    assert_refused!(
        forge,
        outcome,
        alert::DECODE_ERROR,
        Side::Peer,
        Error::IllegalParameter(Violation::DuplicateExtension(0x2001))
    );
}

/// RFC 5246 §7.4.1.2: the longest ClientHello that there can be, every vector full, is taken; one that announces a byte more is
/// refused by its header.
#[test]
fn the_longest_client_hello_is_taken() {
    const LONGEST: usize = 131_396;
    let mut forge = facing_server(ECDHE_GCM);
    forge.hello.session_id = vec![7; 32];
    forge.hello.suites.extend(0x7000..0x7000 + 32_766);
    forge.hello.compression = (0..=254).collect();
    forge.hello.set(ext::PADDING, &[]);
    let block: usize = forge.hello.extensions.iter().map(|(_, content)| 4 + content.len()).sum();
    forge.hello.set(ext::PADDING, &vec![0; 65_535 - block]);
    assert_eq!(forge.hello.client().len(), 4 + LONGEST);
    forge.connect();

    let header = |length: usize| [vec![typ::CLIENT_HELLO], vector(3, &vec![0; length])[..3].to_vec()].concat();
    let mut forge = facing_server(ECDHE_GCM);
    let outcome = forge.say(&header(LONGEST + 1));
    assert_refused!(
        forge,
        outcome,
        alert::ILLEGAL_PARAMETER,
        Side::Peer,
        Error::MessageTooLong { length: 131_397, limit: LONGEST }
    );
    // Only there and then: a client takes no longer message than before.
    let mut forge = facing_client(ECDHE_GCM);
    let outcome = forge.say(&header((1 << 16) + 1));
    assert_refused!(forge, outcome, alert::ILLEGAL_PARAMETER, Side::Peer, Error::MessageTooLong { .. });
}

/// A client that names no groups may be of the time of RFC 4492, which had no X25519: it is served in P-256.
#[test]
fn without_groups_the_exchange_is_in_p256() {
    let mut forge = facing_server(ECDHE_GCM);
    forge.hello.remove(ext::SUPPORTED_GROUPS);
    forge.group = NamedGroup::SECP256R1;
    forge.connect();
    assert_eq!(forge.target.info().group(), Some(NamedGroup::SECP256R1));

    let credential = Credential::new(vec![PKI.server.clone()], SERVER_KEY.clone()).unwrap();
    let policy = Policy::default().groups([NamedGroup::X25519]);
    let config = ServerConfig::builder(credential).policy(policy).build().unwrap();
    let mut forge = Forge::client(&config, CipherSuite::from_name(ECDHE_GCM).unwrap());
    forge.hello.remove(ext::SUPPORTED_GROUPS);
    let outcome = say_hello(&mut forge);
    assert_refused!(forge, outcome, alert::HANDSHAKE_FAILURE, Side::Both, Error::NothingInCommon(Lacking::Group));
}

/// RFC 5246 §E.1: the first ClientHello comes in a record of version 1.0, as from all other clients; what follows does not.
#[test]
fn the_first_client_hello_is_in_a_record_of_version_1_0() {
    let end = End::client(client_config(Policy::default()), SERVER_NAME, None, now());
    assert_eq!(end.output[..3], [22, 3, 1]);
    let mut forge = facing_client(ECDHE_GCM);
    forge.up_to(Step::ServerHelloDone);
    let done = forge.make(Step::ServerHelloDone);
    forge.note(&done);
    let record = forge.seal(HANDSHAKE, &done);
    forge.target.input.extend(record);
    forge.target.run().unwrap();
    assert_eq!(forge.target.output[..3], [22, 3, 3]);
}

/// RFC 5246 §7.4.1.2, §F.1.4: who could foretell the random or the ID of a session could prepare for them.
#[test]
fn what_the_server_draws_is_fresh() {
    let hello = || {
        let mut forge = facing_server(RSA_GCM);
        forge.up_to(Step::ClientKeyExchange);
        forge.their_hello.unwrap()
    };
    let (one, other) = (hello(), hello());
    assert_eq!(one.session_id.len(), 32);
    assert!(one.random != other.random && one.session_id != other.session_id);
    for drawn in [&one.random[..], &one.session_id] {
        assert!(drawn.iter().any(|byte| *byte != drawn[0]), "{drawn:?}");
    }
}

/// The client's, too; and the ID by which it offers a ticket (RFC 5077 §3.4), which the server would echo.
#[test]
fn what_the_client_draws_is_fresh() {
    let server = ServerConfig::builder(Credential::new(vec![PKI.server.clone()], SERVER_KEY.clone()).unwrap());
    let tickets = TicketKeys::new(tls12::crypto::ring::provider());
    let mut pair = Pair::new(client_config(Policy::default()), server.tickets(Arc::new(tickets)).build().unwrap());
    pair.run();
    let session = pair.client.client_session();
    for session in [None, Some(session)] {
        let hello = || {
            let end = End::client(client_config(Policy::default()), SERVER_NAME, session.clone(), now());
            // After the headers of the record and of the message.
            Hello::parse(typ::CLIENT_HELLO, &end.output[9..])
        };
        let (one, other) = (hello(), hello());
        assert_ne!(one.random, other.random);
        let mut drawn = vec![&one.random[..]];
        match session {
            None => assert!(one.session_id.is_empty()),
            Some(_) => {
                assert_ne!(one.session_id, other.session_id);
                assert_ne!(one.session_id, one.random);
                drawn.push(&one.session_id);
            }
        }
        for drawn in drawn {
            assert!(drawn.iter().any(|byte| *byte != drawn[0]), "{drawn:?}");
        }
    }
}
