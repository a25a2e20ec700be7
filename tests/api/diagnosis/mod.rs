//! The diagnosis of a failed connection: the cause, what each side supports, what to try. The facts in it are tested, not the
//! wording.
#![cfg(feature = "ring")]

mod chosen;
mod client_certificates;
mod refusals;
mod renegotiation;
mod sentences;
mod sessions;
mod texts;

use std::sync::Arc;

use crate::support::forge::{ALERT, Forge, HANDSHAKE, Step, alert};
use crate::support::hello::{message, typ};
use crate::support::pair::{End, Pair};
use crate::support::pki::{KeyKind, PKI, Pinned, SERVER_NAME, now};
use rustls_pki_types::ServerName;
use tls12::crypto::{CipherSuite, Secret, ring};
use tls12::wire::NamedGroup;
use tls12::{
    Advice, ClientConfig, ClientConfigBuilder, Connection, Credential, Diagnosis, Error, OtherProtocol, Policy,
    PresharedKey, Renegotiation, ServerConfig, ServerConfigBuilder, Side, SuiteSetting,
};

const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const ECDSA_GCM: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
const RSA_GCM: &str = "TLS_RSA_WITH_AES_128_GCM_SHA256";

fn suite(name: &str) -> &'static CipherSuite {
    CipherSuite::from_name(name).unwrap()
}

fn client() -> ClientConfigBuilder {
    ClientConfig::builder(Pinned::server())
}

fn credential(kind: KeyKind) -> Credential {
    PKI.server(kind).credential(&*ring::provider())
}

fn server() -> ServerConfigBuilder {
    ServerConfig::builder(credential(KeyKind::Rsa))
}

/// Runs a handshake that fails; what client and server say.
fn run(client: ClientConfigBuilder, server: ServerConfigBuilder) -> [Diagnosis; 2] {
    let mut pair = Pair::new(client.build().unwrap(), server.build().unwrap());
    pair.run();
    [&pair.client, &pair.server].map(|end| end.connection.diagnosis().unwrap())
}

/// Whether the long form says all of this, in this order.
#[track_caller]
fn assert_says(diagnosis: &Diagnosis, facts: &[&str]) {
    let long = diagnosis.long().to_string();
    let mut rest = long.as_str();
    for fact in facts {
        let at = rest.find(fact).unwrap_or_else(|| panic!("there is no {fact:?} in {rest:?} of {long}"));
        rest = &rest[at + fact.len()..];
    }
    let line = diagnosis.to_string();
    assert!(line.starts_with(diagnosis.cause()) && !line.contains('\n'), "{line}");
}

#[test]
fn there_is_nothing_to_say_of_what_works() {
    let mut pair = Pair::new(client().build().unwrap(), server().build().unwrap());
    assert!(pair.client.connection.diagnosis().is_none());
    pair.run();
    pair.assert_connected();
    assert!(pair.client.connection.diagnosis().is_none() && pair.server.connection.diagnosis().is_none());
}

/// What a client of this policy that connects to `name` says of this fatal alert in answer to its ClientHello.
fn refused_by(policy: Policy, name: &str, alert: u8) -> Diagnosis {
    let mut end = End::client(client().policy(policy).build().unwrap(), name, None, now());
    end.input.extend([ALERT, 3, 3, 0, 2, alert::FATAL, alert]);
    end.run().unwrap_err();
    end.connection.diagnosis().unwrap()
}

/// Whether some advice is as `is` says.
fn advises(diagnosis: &Diagnosis, is: impl Fn(&Advice) -> bool) -> bool {
    diagnosis.advice().iter().any(is)
}

/// A bare handshake_failure: what was not offered is what to try, by what allows it; an address hides the name.
#[test]
fn a_bare_alert_is_answered_with_what_was_not_offered() {
    let allows = |told: &Diagnosis, wanted: SuiteSetting, name: &str| {
        advises(told, |advice| match advice {
            Advice::AllowSuites { suites, setting } => {
                *setting == wanted && suites.iter().any(|suite| suite.name == name)
            }
            _ => false,
        })
    };
    const ECDHE_CBC: &str = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";
    let modern = refused_by(Policy::modern(), "127.0.0.1", alert::HANDSHAKE_FAILURE);
    assert_says(
        &modern,
        &[
            "refused our ClientHello",
            "server_name: none",
            "does not support DHE, CCM, CAMELLIA, ARIA, 3DES or RC4",
            "use Policy::default, which also allows",
            "use Policy::legacy, which also allows",
            "Policy::signature_schemes",
            "rsa_pkcs1_sha1",
            "enable one of these at the peer: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "with the server's name",
            "read the peer's log",
        ],
    );
    assert!(allows(&modern, SuiteSetting::DefaultPolicy, ECDHE_CBC));
    assert!(allows(&modern, SuiteSetting::LegacyPolicy, RSA_GCM));
    assert!(advises(&modern, |advice| *advice == Advice::ConnectByName));

    // What is allowed already is not advised.
    let legacy = refused_by(Policy::legacy(), SERVER_NAME, alert::HANDSHAKE_FAILURE);
    assert!(
        !advises(&legacy, |advice| matches!(advice, Advice::AllowSuites { .. } | Advice::ConnectByName)),
        "{legacy:?}"
    );
    // Nor a policy, where the caller has named the suites.
    let named = refused_by(Policy::default().suites([suite(ECDHE_GCM)]), SERVER_NAME, alert::HANDSHAKE_FAILURE);
    assert!(allows(&named, SuiteSetting::Named, ECDHE_CBC) && allows(&named, SuiteSetting::Named, RSA_GCM));
    assert_says(&named, &["add one of these to Policy::suites: "]);
    assert!(!advises(&named, |advice| matches!(
        advice,
        Advice::AllowSuites { setting: SuiteSetting::LegacyPolicy | SuiteSetting::DefaultPolicy, .. }
    )));
    // Suites that take a pre-shared key help only with one.
    assert!(!allows(&named, SuiteSetting::Named, "TLS_PSK_WITH_AES_128_GCM_SHA256"));
    assert!(advises(&named, |advice| *advice == Advice::ConfigurePresharedKey));

    let groups = refused_by(Policy::legacy().groups([NamedGroup::X25519]), SERVER_NAME, alert::HANDSHAKE_FAILURE);
    let missing = vec![NamedGroup::SECP256R1, NamedGroup::SECP384R1, NamedGroup::SECP521R1];
    assert!(advises(&groups, |advice| *advice == Advice::AllowGroups(missing.clone())));
    assert_says(&groups, &["add one of these to Policy::groups: secp256r1"]);
}

/// Alerts that say what they are about.
#[test]
fn alerts_to_the_client_hello_are_explained() {
    const PROTOCOL_VERSION: u8 = 70;
    const UNRECOGNIZED_NAME: u8 = 112;
    const NO_APPLICATION_PROTOCOL: u8 = 120;
    for (alert, advice, text) in [
        (PROTOCOL_VERSION, Advice::EnableTls12AtPeer, "enable TLS 1.2 at the peer"),
        (UNRECOGNIZED_NAME, Advice::ConnectByKnownName, "connect with a name that the server has"),
        (
            NO_APPLICATION_PROTOCOL,
            Advice::OfferOtherProtocols,
            "offer an application protocol that the server supports",
        ),
        (alert::INTERNAL_ERROR, Advice::ReadPeerLog, "read the peer's log"),
    ] {
        let told = refused_by(Policy::default(), SERVER_NAME, alert);
        assert_eq!(told.advice(), [advice]);
        assert_says(&told, &["refused our ClientHello with the alert", "offered: TLS 1.2 only", text]);
    }
}

/// Who speaks another protocol is named, and how TLS starts there.
#[test]
fn other_protocols_are_named() {
    use OtherProtocol as P;
    for (greeting, protocol, name, advice) in [
        (&b"HTTP/1.1 400 Bad Request\r\n"[..], P::HttpResponse, "HTTP", "the HTTPS port"),
        (b"220 mail.example ESMTP\r\n", P::SmtpOrFtp, "SMTP or FTP", "STARTTLS"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", P::Ssh, "SSH", "another port"),
        (b"* OK IMAP4rev1\r\n", P::Imap, "IMAP", "STARTTLS"),
        (b"+OK POP3\r\n", P::Pop3, "POP3", "STLS"),
        (b"-ERR unknown\r\n", P::Pop3OrRedis, "Redis", "the protocol's own command"),
        (b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00", P::Rdp, "RDP", "X.224"),
        (b"\x04\x01\x00\x30\x00\x00\x01\x00", P::Tds, "TDS", "PRELOGIN"),
        (b"\x30\x0c\x02\x01\x01\x61\x07", P::Ldap, "LDAP", "StartTLS"),
        (b"\x4a\x00\x00\x00\x0a8.0.36\x00", P::MySql, "MySQL", "the protocol's own request"),
        (b"AMQP\x00\x00\x09\x01", P::Amqp, "AMQP", "AMQPS"),
        (b"<?xml version='1.0'?>", P::Xmpp, "XMPP", "starttls"),
        (b"200 news.example InterNetNews ready\r\n", P::Nntp, "NNTP", "STARTTLS"),
        (b"201 no posting\r\n", P::Nntp, "NNTP", "STARTTLS"),
        (b"\"IMPLEMENTATION\" \"x\"\r\n", P::ManageSieve, "ManageSieve", "STARTTLS"),
    ] {
        let mut end = End::client(client().build().unwrap(), SERVER_NAME, None, now());
        end.input.extend(greeting);
        let error = end.run().unwrap_err();
        assert!(matches!(error, Error::NotTls { protocol: Some(known), .. } if known == protocol), "{error:?}");
        let diagnosis = end.connection.diagnosis().unwrap();
        assert_eq!(diagnosis.advice(), [Advice::StartTls(protocol)]);
        assert_says(&diagnosis, &[name, "not TLS", &greeting[..5].escape_ascii().to_string(), "what to try", advice]);
    }
    for (greeting, protocol, name, advice) in [
        (&b"GET / HTTP/1.1\r\n"[..], P::HttpRequest, "HTTP", "https"),
        (b"POST / HTTP/1.1\r\n", P::HttpRequest, "HTTP", "https"),
        (b"HEAD / HTTP/1.1\r\n", P::HttpRequest, "HTTP", "https"),
        (b"PRI * HTTP/2.0\r\n", P::Http2, "HTTP/2", "https"),
        (b"EHLO client.example\r\n", P::SmtpClient, "SMTP", "answer STARTTLS"),
        (b"HELO client.example\r\n", P::SmtpClient, "SMTP", "answer STARTTLS"),
        (b"\x12\x01\x00\x2f\x00\x00", P::Tds, "TDS", "PRELOGIN"),
        (b"\x00\x00\x00\x08\x04\xd2\x16\x2f", P::PostgreSql, "PostgreSQL", "the protocol's own request"),
    ] {
        let mut end = End::server(server().build().unwrap(), now());
        end.input.extend(greeting);
        end.run().unwrap_err();
        let diagnosis = end.connection.diagnosis().unwrap();
        assert_eq!(diagnosis.advice(), [Advice::StartTls(protocol)]);
        assert_says(&diagnosis, &[name, &greeting[..5].escape_ascii().to_string(), advice]);
    }
    let mut end = End::server(server().build().unwrap(), now());
    end.input.extend(b"who knows what");
    let error = end.run().unwrap_err();
    assert!(matches!(error, Error::NotTls { protocol: None, .. }));
    assert_says(&end.connection.diagnosis().unwrap(), &["does not speak TLS", "who k", "check the port"]);
}

/// How a peer can end a connection without an alert.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    CloseNotify,
    Fin,
    Rst,
}

impl Ending {
    const ALL: [(Self, &str); 3] =
        [(Self::CloseNotify, "close_notify)"), (Self::Fin, "without close_notify (FIN)"), (Self::Rst, "(RST)")];

    fn of(self, end: &mut End) -> Error {
        match self {
            Self::CloseNotify => {
                end.input.extend([ALERT, 3, 3, 0, 2, alert::WARNING, alert::CLOSE_NOTIFY]);
                end.run().unwrap_err()
            }
            Self::Fin => end.connection.end_of_input().unwrap_err(),
            Self::Rst => end.connection.transport_reset().unwrap_err(),
        }
    }
}

/// close_notify, FIN and RST are three things, at each stage.
#[test]
fn a_silent_end_is_told_by_its_stage() {
    let config = client().build().unwrap();
    for (ending, how) in Ending::ALL {
        let in_handshake = match ending {
            Ending::CloseNotify => Error::ClosedInHandshake,
            Ending::Fin => Error::TruncatedInHandshake,
            Ending::Rst => Error::ResetInHandshake,
        };
        let mut silent = End::client(config.clone(), SERVER_NAME, None, now());
        assert_eq!(ending.of(&mut silent), in_handshake);
        let told = silent.connection.diagnosis().unwrap();
        assert_says(&told, &[how, "right after our ClientHello", "check the port", "Policy::legacy"]);

        let mut halfway = Forge::server(&config, suite(ECDHE_GCM));
        halfway.up_to(Step::ServerHelloDone);
        assert_eq!(ending.of(&mut halfway.target), in_handshake);
        assert_says(
            &halfway.target.connection.diagnosis().unwrap(),
            &[how, "during the handshake", "read the peer's log"],
        );

        let mut probe = End::server(server().build().unwrap(), now());
        assert_eq!(ending.of(&mut probe), in_handshake);
        assert_says(&probe.connection.diagnosis().unwrap(), &[how, "before it sent a ClientHello", "port scans"]);

        let mut shy = Forge::client(&server().build().unwrap(), suite(ECDHE_GCM));
        shy.perform(Step::ClientHello).unwrap();
        assert_eq!(ending.of(&mut shy.target), in_handshake);
        let told = shy.target.connection.diagnosis().unwrap();
        assert_says(
            &told,
            &[how, "most often because it does not trust", "read the peer's log", "send its intermediate"],
        );

        // After the handshake close_notify is no failure.
        if ending != Ending::CloseNotify {
            let mut pair = Pair::new(config.clone(), server().build().unwrap());
            pair.run();
            let error = ending.of(&mut pair.client);
            let (expected, text) = match ending {
                Ending::Fin => (Error::Truncated, "without close_notify: data may be missing"),
                _ => (Error::Reset, "was reset: data may be missing"),
            };
            assert_eq!((error.side(), error.alert()), (Side::Transport, None));
            assert_eq!(error, expected);
            assert_says(&pair.client.connection.diagnosis().unwrap(), &[text]);
        }
    }
}

/// What has been closed well can be reset afterwards, as operating systems do.
#[test]
fn a_reset_after_close_notify_is_no_failure() {
    let mut pair = Pair::new(client().build().unwrap(), server().build().unwrap());
    pair.run();
    pair.client.connection.close(&mut pair.client.output);
    pair.run();
    assert_eq!(pair.server.connection.transport_reset(), Ok(()));
    assert_eq!(pair.client.connection.transport_reset(), Err(Error::Reset));
    let mut split = Pair::new(client().build().unwrap(), server().build().unwrap());
    split.run();
    let (mut receiver, _sender) = split.client.connection.split().unwrap();
    assert!(receiver.diagnosis().is_none());
    assert_eq!(receiver.transport_reset(), Err(Error::Reset));
    assert_says(&receiver.diagnosis().unwrap(), &["was reset"]);
}

/// What was known of the handshake explains nothing that comes after it, also where another may follow; and that one is
/// explained anew.
#[test]
fn what_comes_later_is_not_blamed_on_the_handshake() {
    let config = || client().renegotiation(Renegotiation::AtMost(1)).build().unwrap();
    let mut pair = Pair::new(config(), server().build().unwrap());
    pair.run();
    pair.client.connection.end_of_input().unwrap_err();
    let cut_off = pair.client.connection.diagnosis().unwrap();
    assert!(cut_off.cause().contains("without close_notify") && !cut_off.cause().contains("handshake"), "{cut_off}");

    let connected = || {
        let mut forge = Forge::server(&config(), suite(ECDHE_GCM));
        forge.connect();
        forge
    };
    let mut later = connected();
    later.send(ALERT, &[alert::FATAL, alert::INTERNAL_ERROR]).unwrap_err();
    let told = later.target.connection.diagnosis().unwrap();
    assert!(told.cause() == "the peer ended the connection with the alert internal_error", "{told}");

    let mut again = connected();
    again.say(&message(typ::HELLO_REQUEST, &[])).unwrap();
    again.send(ALERT, &[alert::FATAL, alert::HANDSHAKE_FAILURE]).unwrap_err();
    assert_says(
        &again.target.connection.diagnosis().unwrap(),
        &["refused our ClientHello", "suites: ", "Policy::legacy"],
    );
}

/// The client's alert is explained by what it was shown.
#[test]
fn what_a_client_has_against_the_server_is_explained() {
    const CERTIFICATE_REVOKED: u8 = 44;
    const CERTIFICATE_EXPIRED: u8 = 45;
    const UNKNOWN_CA: u8 = 48;
    for (alert, advice, texts) in [
        (UNKNOWN_CA, Advice::LetPeerTrust, &["unknown_ca", "our chains lead to: ", "CN=tls12", "intermediate"][..]),
        (CERTIFICATE_EXPIRED, Advice::RenewCertificate, &["certificate_expired", "renew the certificate of this side"]),
        (CERTIFICATE_REVOKED, Advice::ReplaceCertificate, &["certificate_revoked", "replace the certificate"]),
        (alert::DECRYPT_ERROR, Advice::CheckPath, &["decrypt_error", "look for a device on the path"]),
        (alert::HANDSHAKE_FAILURE, Advice::ReadPeerLog, &["handshake_failure", "read the peer's log"]),
    ] {
        let mut forge = Forge::client(&server().build().unwrap(), suite(ECDHE_GCM));
        forge.perform(Step::ClientHello).unwrap();
        forge.send(ALERT, &[alert::FATAL, alert]).unwrap_err();
        let diagnosis = forge.target.connection.diagnosis().unwrap();
        assert_eq!(diagnosis.advice(), [advice]);
        assert_says(&diagnosis, texts);
    }
    let mut early = End::server(server().build().unwrap(), now());
    early.input.extend([ALERT, 3, 3, 0, 2, alert::FATAL, alert::INTERNAL_ERROR]);
    early.run().unwrap_err();
    assert_says(
        &early.connection.diagnosis().unwrap(),
        &["gave up with the alert internal_error before it sent anything"],
    );
}

/// What only a damaged or a differing secret explains.
#[test]
fn damage_is_looked_for_between_the_two() {
    let mut forge = Forge::server(&client().build().unwrap(), suite(ECDHE_GCM));
    forge.up_to(Step::Finished);
    forge.send(HANDSHAKE, &message(typ::FINISHED, &[0; 12])).unwrap_err();
    let told = forge.target.connection.diagnosis().unwrap();
    assert_says(&told, &["the peer's Finished does not match: the two sides saw different handshakes"]);
    assert_eq!(told.advice(), [Advice::CheckPath]);

    let mut damaged = Forge::server(&client().build().unwrap(), suite(ECDHE_GCM));
    damaged.connect();
    let mut record = damaged.seal(crate::support::forge::APPLICATION_DATA, b"data");
    *record.last_mut().unwrap() ^= 1;
    assert_eq!(damaged.deliver(&record), Err(Error::BadRecordMac));
    assert_says(&damaged.target.connection.diagnosis().unwrap(), &["cannot be decrypted", "look for a device"]);

    let key = |byte| PresharedKey::new(b"camera", Secret::new(vec![byte; 16])).unwrap();
    let psk = ClientConfig::builder_with_psk_only(ring::provider()).preshared_key(key(1));
    let other = ServerConfig::builder_with_psk_only(ring::provider()).preshared_keys([key(2)]);
    let [at_client, at_server] = run(psk, other);
    assert_eq!(at_server.advice(), [Advice::ComparePresharedKeys, Advice::CheckPath]);
    assert_says(&at_client, &["bad_record_mac", "compare the pre-shared keys of both sides"]);

    let psk = ClientConfig::builder_with_psk_only(ring::provider()).preshared_key(key(1));
    let stranger = PresharedKey::new(b"other", Secret::new(vec![1; 16])).unwrap();
    let [at_client, at_server] =
        run(psk, ServerConfig::builder_with_psk_only(ring::provider()).preshared_keys([stranger]));
    assert_eq!(at_client.advice(), [Advice::CorrectPresharedIdentity]);
    assert_says(&at_client, &["unknown_psk_identity", "correct the identity of the pre-shared key"]);
    assert_eq!(at_server.advice(), [Advice::ConfigurePresharedKey]);
}

/// A server of another version.
#[test]
fn versions_are_explained() {
    let mut forge = Forge::server(&client().build().unwrap(), suite(ECDHE_GCM));
    forge.hello.version = 0x0301;
    forge.perform(Step::ServerHello).unwrap_err();
    assert_says(
        &forge.target.connection.diagnosis().unwrap(),
        &["supports TLS 1.0 at most, but this side supports TLS 1.2 only", "enable TLS 1.2 at the peer"],
    );

    let mut old = End::server(server().build().unwrap(), now());
    old.input.extend([0x80, 46, 1, 3, 1]);
    old.run().unwrap_err();
    assert_says(&old.connection.diagnosis().unwrap(), &["format of SSL 2", "disable the SSL 2 hello at the peer"]);
}

/// An error that says all itself stays as it is.
#[test]
fn an_error_that_says_all_is_not_adorned() {
    let mut forge = Forge::server(&client().build().unwrap(), suite(ECDHE_GCM));
    let error = forge.perform(Step::ServerHelloDone).unwrap_err();
    let diagnosis = forge.target.connection.diagnosis().unwrap();
    assert_eq!(diagnosis.long().to_string(), error.to_string());
    assert_eq!((diagnosis.details().count(), diagnosis.advice().len()), (0, 0));
}

/// A diagnosis outlives its connection, and can be sent elsewhere.
#[test]
fn a_diagnosis_is_a_value() {
    fn assert_value<T: Clone + Send + Sync + 'static>(_: &T) {}
    let name = ServerName::try_from(SERVER_NAME).unwrap();
    let mut connection = Connection::client(client().build().unwrap(), name, now(), &mut Vec::new()).unwrap();
    connection.end_of_input().unwrap_err();
    let diagnosis = Arc::new(connection.diagnosis().unwrap());
    drop(connection);
    assert_value(&*diagnosis);
}
