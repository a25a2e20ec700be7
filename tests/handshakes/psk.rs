//! Pre-shared keys in place of certificates (RFC 4279, RFC 5487, RFC 5489, RFC 7905, RFC 8442).
#![cfg(feature = "ring")]

use std::sync::{Arc, Mutex};

use crate::support::hello::typ;
use crate::support::independent::{hash, prf};
use crate::support::pair::{End, Happened, Pair};
use crate::support::pki::{PKI, Pinned, SERVER_NAME, now};
use crate::support::{sent, suites};
use tls12::crypto::{CipherSuite, KeyExchange, Secret, ring};
use tls12::session::ClientSession;
use tls12::{
    Agreement, AlertDescription, Answer, ClientAuth, ClientConfig, ClientTrust, ConfigError, Error, KeyLog, Need,
    Policy, PresharedKey, ServerConfig, Side,
};

const IDENTITY: &[u8] = b"meter 17";
const KEY: [u8; 16] = *b"sixteen bytes...";

fn psk(identity: &[u8], key: &[u8]) -> PresharedKey {
    PresharedKey::new(identity, Secret::new(key.to_vec())).unwrap()
}

fn named(name: &str) -> &'static CipherSuite {
    CipherSuite::from_name(name).unwrap()
}

fn plain() -> &'static CipherSuite {
    named("TLS_PSK_WITH_AES_128_GCM_SHA256")
}

fn ecdhe() -> &'static CipherSuite {
    named("TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA")
}

/// Both know the one key, and no certificate.
fn configs(policy: Policy, client: PresharedKey) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let server = ServerConfig::builder_with_psk_only(ring::provider()).policy(policy.clone());
    let client = ClientConfig::builder_with_psk_only(ring::provider()).policy(policy).preshared_key(client);
    (client.build().unwrap(), server.preshared_keys([psk(IDENTITY, &KEY)]).build().unwrap())
}

fn only(suite: &'static CipherSuite) -> Policy {
    Policy::legacy().suites([suite])
}

fn pair_with(suite: &'static CipherSuite, client: PresharedKey) -> Pair {
    let (client, server) = configs(only(suite), client);
    Pair::new(client, server)
}

/// The numbers as IANA has them; and all are there that the RFCs above define with AES or ChaCha20 and a full tag.
#[test]
fn the_suites_have_their_numbers() {
    let codes: Vec<u16> = suites::psk().map(|suite| suite.code).collect();
    let expected = [
        0xd001, 0xd002, 0xccac, 0xc035, 0xc036, 0xc037, 0xc038, 0x00a8, 0x00a9, 0xccab, 0x008c, 0x008d, 0x00ae, 0x00af,
    ];
    assert_eq!(codes, expected);
}

#[test]
fn every_suite_connects_and_carries_data() {
    for suite in suites::psk() {
        let mut pair = pair_with(suite, psk(IDENTITY, &KEY));
        pair.run();
        pair.assert_connected();
        pair.exchange_data(20_000);
        for info in [pair.client.info(), pair.server.info()] {
            assert_eq!(info.suite().code, suite.code);
            assert_eq!(info.group().is_some(), suite.key_exchange == KeyExchange::EcdhePsk, "{}", suite.name);
            assert_eq!(info.psk_identity(), Some(IDENTITY));
            assert!(info.peer_certificates().is_empty() && info.own_certificates().is_empty());
            assert!(info.extended_master_secret());
        }
    }
}

/// RFC 4279 §2: Certificate and CertificateRequest are omitted, and ServerKeyExchange too, if there is no hint.
#[test]
fn there_are_no_more_messages_than_needed() {
    let client_auth = || ClientAuth::Require(ClientTrust::new(Pinned::server()));
    for (hint, server_key_exchange) in [(&b""[..], None), (b"meters", Some(typ::SERVER_KEY_EXCHANGE))] {
        let server = ServerConfig::builder(PKI.credential(&*ring::provider())).policy(only(plain()));
        // The certificate is for other suites; that there is a verifier makes no difference here.
        let suites = [plain(), named("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")];
        let server = server.policy(Policy::legacy().suites(suites)).client_auth(client_auth());
        let server = server.preshared_keys([psk(IDENTITY, &KEY)]).psk_identity_hint(hint).build().unwrap();
        let (client, _) = configs(only(plain()), psk(IDENTITY, &KEY));
        let mut pair = Pair::new(client, server);
        pair.run();
        pair.assert_connected();
        let expected: Vec<u8> =
            [Some(typ::SERVER_HELLO), server_key_exchange, Some(typ::SERVER_HELLO_DONE), Some(typ::NEW_SESSION_TICKET)]
                .into_iter()
                .flatten()
                .collect();
        assert_eq!(sent::types(&pair.sent[1]), expected);
        assert_eq!(sent::types(&pair.sent[0]), [typ::CLIENT_HELLO, typ::CLIENT_KEY_EXCHANGE]);
    }
}

/// Keeps the last secret that is logged.
#[derive(Default)]
struct Log(Mutex<Vec<u8>>);

impl KeyLog for Log {
    fn log(&self, _: &str, _: &[u8; 32], secret: &[u8]) {
        *self.0.lock().unwrap() = secret.to_vec();
    }
}

/// RFC 4279 §2, RFC 7627 §4: computed once more by the HMAC of another crate.
#[test]
fn the_master_secret_is_made_of_zeros_and_the_key() {
    for suite in suites::psk().filter(|suite| suite.key_exchange == KeyExchange::Psk) {
        for binding in [Agreement::Prefer, Agreement::Never] {
            let log = Arc::new(Log::default());
            let policy = only(suite).extended_master_secret(binding);
            let (_, server) = configs(policy.clone(), psk(IDENTITY, &KEY));
            let client = ClientConfig::builder_with_psk_only(ring::provider()).policy(policy).key_log(log.clone());
            let mut pair = Pair::new(client.preshared_key(psk(IDENTITY, &KEY)).build().unwrap(), server);
            pair.run();
            pair.assert_connected();
            let premaster = [&[0, 16][..], &[0; 16], &[0, 16], &KEY].concat();
            let [client, server] = [0, 1].map(|side| sent::messages(&pair.sent[side]));
            let seed = match binding {
                Agreement::Never => [0, 1].map(|side| sent::hello(&pair.sent[side]).random).concat(),
                _ => {
                    let until_done = server.iter().take_while(|message| message[0] != typ::NEW_SESSION_TICKET);
                    let all: Vec<u8> =
                        client[..1].iter().chain(until_done).chain(&client[1..2]).flatten().copied().collect();
                    hash(suite, &all)
                }
            };
            let label = match binding {
                Agreement::Never => "master secret",
                _ => "extended master secret",
            };
            assert_eq!(*log.0.lock().unwrap(), prf(suite, &premaster, label, &[&seed], 48), "{}", suite.name);
        }
    }
}

/// What is asked for outside the connection: the key by the hint, and by the identity.
#[test]
fn keys_can_be_found_later() {
    fn answer(need: Need) -> Answer {
        match need {
            Need::SelectPsk(request) => {
                assert_eq!(request.hint(), b"meters");
                request.selected(Some(psk(IDENTITY, &KEY)))
            }
            Need::FindPsk(request) => {
                assert_eq!(request.identity(), IDENTITY);
                request.found(Some(Secret::new(KEY.to_vec())))
            }
            other => panic!("{other:?}"),
        }
    }
    for suite in [plain(), ecdhe()] {
        let client = ClientConfig::builder_with_psk_only(ring::provider()).policy(only(suite)).preshared_key_later();
        let server = ServerConfig::builder_with_psk_only(ring::provider()).policy(only(suite)).preshared_keys_later();
        let server = server.psk_identity_hint(*b"meters").build().unwrap();
        let mut pair = Pair::new(client.build().unwrap(), server);
        pair.run_deciding(answer);
        pair.assert_connected();
        pair.exchange_data(100);
        assert!([&pair.client, &pair.server].iter().all(|end| end.log[0] == Happened::Suspended));
    }
}

/// RFC 4279 §2: unknown_psk_identity.
#[test]
fn an_unknown_identity_is_named_so() {
    for suite in [plain(), ecdhe()] {
        let mut pair = pair_with(suite, psk(b"meter 18", &KEY));
        pair.run();
        assert_eq!(pair.server.log, [Happened::Failed(Error::UnknownPskIdentity)]);
        assert_eq!(pair.client.log, [Happened::Failed(Error::Alert(AlertDescription::UnknownPskIdentity))]);
        assert_eq!(Error::UnknownPskIdentity.side(), Side::Both);
    }
}

/// RFC 4279 §2: and a wrong key shows at the client's Finished, which an unknown identity can be made to look like.
#[test]
fn a_wrong_key_fails_at_finished() {
    let wrong = psk(IDENTITY, b"another key");
    for suite in suites::psk() {
        let mut known = pair_with(suite, wrong.clone());
        known.run();
        assert_eq!(known.server.log, [Happened::Failed(Error::BadRecordMac)], "{}", suite.name);
        let server = ServerConfig::builder_with_psk_only(ring::provider()).policy(only(suite)).preshared_keys_later();
        let (client, _) = configs(only(suite), psk(b"meter 18", &KEY));
        let mut hidden = Pair::new(client, server.build().unwrap());
        hidden.run_deciding(|need| match need {
            Need::FindPsk(request) => request.found(Some(Secret::new(vec![0x5a; 32]))),
            other => panic!("{other:?}"),
        });
        assert_eq!(hidden.server.log.last(), known.server.log.last());
        assert_eq!(hidden.client.log, known.client.log);
    }
}

/// A key that a server looks up has the same limits as one that it is configured with: anybody could use an empty one.
#[test]
fn a_key_of_no_length_or_too_long_is_not_used() {
    for (suite, len) in [(plain(), 0), (ecdhe(), 0), (plain(), 513)] {
        assert!(matches!(PresharedKey::new(IDENTITY, Secret::new(vec![1; len])), Err(ConfigError::PresharedKey)));
        let server = ServerConfig::builder_with_psk_only(ring::provider()).policy(only(suite)).preshared_keys_later();
        let (client, _) = configs(only(suite), psk(IDENTITY, &KEY));
        let mut pair = Pair::new(client, server.build().unwrap());
        pair.run_deciding(|need| match need {
            Need::FindPsk(request) => request.found(Some(Secret::new(vec![1; len]))),
            other => panic!("{other:?}"),
        });
        let error = pair.server.failure().unwrap();
        assert_eq!((error, error.side()), (&Error::PresharedKeyLength { length: len, limit: 512 }, Side::Local));
        assert!(
            error.to_string().ends_with(&format!("of {len} bytes for the client, but it must have 1 to 512")),
            "{error}"
        );
        assert_eq!(pair.client.log.last(), Some(&Happened::Failed(Error::Alert(AlertDescription::InternalError))));
    }
}

/// Selfie (2019): who has one key for both directions takes itself for its peer, if an attacker sends its hello back to it. With a
/// key for each direction it does not.
#[test]
fn a_key_for_each_direction_is_not_taken_by_its_own_side() {
    for suite in [plain(), ecdhe()] {
        // To connect with, and to be connected to.
        let endpoint = |there: PresharedKey, here: PresharedKey| {
            let (client, _) = configs(only(suite), there);
            let server = ServerConfig::builder_with_psk_only(ring::provider()).policy(only(suite));
            Pair::new(client, server.preshared_keys([here]).build().unwrap())
        };
        let mut same = endpoint(psk(IDENTITY, &KEY), psk(IDENTITY, &KEY));
        same.run();
        same.assert_connected();
        let mut another = endpoint(psk(b"from a to b", &KEY), psk(b"from b to a", b"another key"));
        another.run();
        assert_eq!(another.server.log, [Happened::Failed(Error::UnknownPskIdentity)]);
    }
}

#[test]
fn a_client_without_a_key_for_the_server_says_so() {
    let client = ClientConfig::builder_with_psk_only(ring::provider()).policy(only(plain())).preshared_key_later();
    let (_, server) = configs(only(plain()), psk(IDENTITY, &KEY));
    let mut pair = Pair::new(client.build().unwrap(), server);
    pair.run_deciding(|need| match need {
        Need::SelectPsk(request) => request.selected(None),
        other => panic!("{other:?}"),
    });
    assert!(pair.client.connection.end_of_input().is_err_and(|error| error == Error::NoPresharedKey));
    assert_eq!(pair.server.log, [Happened::Failed(Error::Alert(AlertDescription::HandshakeFailure))]);
}

fn resume(client: Arc<ClientConfig>, server: Arc<ServerConfig>, session: ClientSession) -> Pair {
    let mut pair = Pair::of(End::client(client, SERVER_NAME, Some(session), now()), End::server(server, now()));
    pair.run();
    pair.assert_connected();
    pair
}

/// A session keeps the identity, also as bytes; it is resumed only under the same identity, while the server has its key.
#[test]
fn a_session_belongs_to_its_identity() {
    for suite in [plain(), ecdhe()] {
        let (client, server) = configs(only(suite), psk(IDENTITY, &KEY));
        let mut first = Pair::new(client.clone(), server.clone());
        first.run();
        let session = ClientSession::from_bytes(first.client.client_session().to_bytes().expose()).unwrap();
        let again = resume(client.clone(), server.clone(), session.clone());
        for end in [&again.client, &again.server] {
            assert!(end.info().resumed());
            assert_eq!(end.info().psk_identity(), Some(IDENTITY));
        }
        // Another identity, which the server knows as well, as it does the tickets.
        let both = [psk(IDENTITY, &KEY), psk(b"meter 18", &KEY)];
        let tickets = Arc::new(tls12::session::TicketKeys::new(ring::provider()));
        let serving = |keys: &[PresharedKey]| {
            let server = ServerConfig::builder_with_psk_only(ring::provider()).policy(only(suite));
            server.preshared_keys(keys.iter().cloned()).tickets(tickets.clone()).build().unwrap()
        };
        let (other, _) = configs(only(suite), both[1].clone());
        let mut second = Pair::new(client.clone(), serving(&both));
        second.run();
        let session = second.client.client_session();
        assert!(!resume(other, serving(&both), session.clone()).client.info().resumed());
        // The key is taken away: whoever had it is not let in by a session of it.
        assert!(resume(client.clone(), serving(&both), session.clone()).client.info().resumed());
        let mut barred =
            Pair::of(End::client(client, SERVER_NAME, Some(session), now()), End::server(serving(&both[1..]), now()));
        barred.run();
        assert_eq!(barred.server.failure(), Some(&Error::UnknownPskIdentity));
    }
}

/// Certificates and keys side by side: whichever the client has, by the order of the server's suites.
#[test]
fn a_server_can_have_both() {
    let server = ServerConfig::builder(PKI.credential(&*ring::provider())).policy(Policy::legacy());
    let server = server.preshared_keys([psk(IDENTITY, &KEY)]).build().unwrap();
    let with_certificates = ClientConfig::builder(Pinned::server()).policy(Policy::legacy());
    let with_both = ClientConfig::builder(Pinned::server()).policy(Policy::legacy()).preshared_key(psk(IDENTITY, &KEY));
    let with_psk = ClientConfig::builder_with_psk_only(ring::provider()).preshared_key(psk(IDENTITY, &KEY));
    for (client, is_psk) in [(with_certificates, false), (with_both, false), (with_psk, true)] {
        let mut pair = Pair::new(client.build().unwrap(), server.clone());
        pair.run();
        pair.assert_connected();
        assert_eq!(pair.server.info().suite().key_exchange.is_psk(), is_psk);
        assert!(pair.server.info().suite().key_exchange.is_ephemeral());
    }
}

/// A suite with a pre-shared key is neither offered nor chosen where there is none.
#[test]
fn without_a_key_there_are_no_suites_for_it() {
    let client = ClientConfig::builder(Pinned::server()).policy(Policy::legacy()).build().unwrap();
    let pair = Pair::new(client, configs(Policy::legacy(), psk(IDENTITY, &KEY)).1);
    let offered = sent::hello(&pair.client.output).suites;
    assert!(suites::psk().all(|suite| !offered.contains(&suite.code)));
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let client = || ClientConfig::builder_with_psk_only(ring::provider());
    let server = || ServerConfig::builder_with_psk_only(ring::provider());
    let rsa = named("TLS_RSA_WITH_AES_128_GCM_SHA256");
    let one = || psk(IDENTITY, &KEY);
    assert_eq!(PresharedKey::new(b"", Secret::new(Vec::new())).err(), Some(ConfigError::PresharedKey));
    assert_eq!(PresharedKey::new(b"", Secret::new(vec![1; 513])).err(), Some(ConfigError::PresharedKey));
    assert_eq!(PresharedKey::new(&[b'x'; 1025], Secret::new(vec![1])).err(), Some(ConfigError::PresharedKey));
    assert!(PresharedKey::new(&[b'x'; 1024], Secret::new(vec![1; 512])).is_ok());
    assert_eq!(client().build().err(), Some(ConfigError::NoCredential));
    assert_eq!(server().build().err(), Some(ConfigError::NoCredential));
    let twice = server().preshared_keys([one(), psk(b"meter\xff", &KEY), psk(b"meter\xff", b"k")]);
    assert_eq!(twice.build().err(), Some(ConfigError::PskIdentityTwice(r"meter\xff".into())));
    let named_without = ClientConfig::builder(Pinned::server()).policy(only(plain()));
    assert_eq!(named_without.build().err(), Some(ConfigError::NoPresharedKey(plain().name)));
    let certificates = client().preshared_key(one()).policy(only(rsa));
    assert_eq!(certificates.build().err(), Some(ConfigError::OnlyPresharedKeys(rsa.name)));
    let useless = ClientConfig::builder(Pinned::server()).policy(only(rsa)).preshared_key(one());
    assert_eq!(useless.build().err(), Some(ConfigError::NoSuiteForPsk));
    let hint = server().preshared_keys([one()]).psk_identity_hint(vec![b'x'; 1025]);
    assert_eq!(hint.build().err(), Some(ConfigError::PresharedKey));
}

/// What must not be shown is not.
#[test]
fn nothing_prints_the_key() {
    let printed = format!("{:?}", psk(b"m\"17", &KEY));
    assert_eq!(printed, r#"PresharedKey("m\"17")"#);
}

/// Changes the messages of the server's first flight, which nothing protects yet; the client's error, and what it sends.
fn with_flight(suite: &'static CipherSuite, change: impl Fn(&mut Vec<Vec<u8>>)) -> (Error, Vec<u8>) {
    let mut pair = pair_with(suite, psk(IDENTITY, &KEY));
    pair.server.input.append(&mut pair.client.output);
    pair.server.run().unwrap();
    let mut messages = sent::messages(&pair.server.output);
    change(&mut messages);
    for message in messages {
        let len = (message.len() as u16).to_be_bytes();
        pair.client.input.extend([&[22, 3, 3], &len[..], &message].concat());
    }
    let error = pair.client.run().unwrap_err();
    (error, pair.client.output)
}

fn message(typ: u8, body: &[u8]) -> Vec<u8> {
    [&[typ, 0, 0, body.len() as u8], body].concat()
}

/// Only what RFC 4279 §2 and RFC 5489 §2 provide for; each time with the right alert, and nothing after it.
#[test]
fn a_bad_server_is_refused() {
    use AlertDescription as A;
    type Change = fn(&mut Vec<Vec<u8>>);
    let cases: [(&str, &'static CipherSuite, Change, A); 8] = [
        (
            "Certificate",
            plain(),
            |flight| flight.insert(1, message(typ::CERTIFICATE, &[0, 0, 0])),
            A::UnexpectedMessage,
        ),
        (
            "CertificateRequest",
            plain(),
            |flight| flight.insert(1, message(typ::CERTIFICATE_REQUEST, &[1, 1, 0, 2, 4, 1, 0, 0])),
            A::UnexpectedMessage,
        ),
        (
            "a hint cut off",
            plain(),
            |flight| flight.insert(1, message(typ::SERVER_KEY_EXCHANGE, &[0, 2, 1])),
            A::DecodeError,
        ),
        (
            "bytes after the hint",
            plain(),
            |flight| flight.insert(1, message(typ::SERVER_KEY_EXCHANGE, &[0, 1, 1, 1])),
            A::DecodeError,
        ),
        ("no key share", ecdhe(), |flight| drop(flight.remove(1)), A::UnexpectedMessage),
        (
            "a group that was not offered",
            ecdhe(),
            |flight| flight[1] = message(typ::SERVER_KEY_EXCHANGE, &[0, 0, 3, 0, 22, 1, 4]),
            A::IllegalParameter,
        ),
        (
            "a point that is none",
            ecdhe(),
            |flight| flight[1] = message(typ::SERVER_KEY_EXCHANGE, &[0, 0, 3, 0, 23, 1, 4]),
            A::IllegalParameter,
        ),
        (
            "a signature",
            ecdhe(),
            |flight| {
                let body = [&flight[1][4..], &[4, 1, 0, 0]].concat();
                flight[1] = message(typ::SERVER_KEY_EXCHANGE, &body);
            },
            A::DecodeError,
        ),
    ];
    for (what, suite, change, alert) in cases {
        let (error, sent) = with_flight(suite, change);
        assert_eq!(error.alert(), Some(alert), "{what}: {error:?}");
        let last = sent::records(&sent).pop().unwrap();
        assert_eq!(last, (21, &[2, alert.code()][..]), "{what}");
    }
}

/// RFC 4279 §2, RFC 5489 §2: the form of ClientKeyExchange.
#[test]
fn a_bad_client_is_refused() {
    use AlertDescription as A;
    let long = [&[4, 1][..], &[b'x'; 1025]].concat();
    let cases: [(&str, &'static CipherSuite, Vec<u8>, A); 6] = [
        ("an identity cut off", plain(), vec![0, 2, 1], A::DecodeError),
        ("bytes after the identity", plain(), vec![0, 1, 1, 0], A::DecodeError),
        ("an identity longer than any", plain(), long, A::UnknownPskIdentity),
        ("no key share", ecdhe(), vec![0, 1, 1], A::DecodeError),
        ("an empty key share", ecdhe(), vec![0, 1, 1, 0], A::DecodeError),
        ("a point that is none", ecdhe(), vec![0, 1, 1, 1, 4], A::IllegalParameter),
    ];
    for (what, suite, body, alert) in cases {
        let mut pair = pair_with(suite, psk(IDENTITY, &KEY));
        pair.server.input.append(&mut pair.client.output);
        pair.server.run().unwrap();
        pair.server.output.clear();
        let len = (body.len() as u32).to_be_bytes();
        let message = [&[typ::CLIENT_KEY_EXCHANGE], &len[1..], &body].concat();
        pair.server.input.extend([&[22, 3, 3], &(message.len() as u16).to_be_bytes()[..], &message].concat());
        let error = pair.server.run().unwrap_err();
        assert_eq!(error.alert(), Some(alert), "{what}: {error:?}");
        assert_eq!(sent::records(&pair.server.output), [(21, &[2, alert.code()][..])], "{what}");
    }
}
