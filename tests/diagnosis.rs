//! What a failed connection says of itself: the cause, what each side had, what to try. That the words hold the facts is
//! tested, not the words.
#![cfg(feature = "ring")]

mod support;

use std::sync::Arc;

use rustls_pki_types::ServerName;
use support::forge::{ALERT, Forge, Step, alert};
use support::hello::{message, numbers, typ, vector};
use support::pair::{End, Pair};
use support::pki::{KeyKind, PKI, Pinned, SERVER_NAME, now};
use tls12::crypto::{CipherSuite, ring};
use tls12::wire::{NamedGroup, SignatureScheme};
use tls12::{
    ClientConfig, ClientConfigBuilder, Connection, Credential, Diagnosis, Policy, Renegotiation, ServerConfig,
    ServerConfigBuilder, UnknownNames,
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

/// Each suite of either side, with what stands against it; and the setting that would bring it in.
#[test]
fn a_server_says_what_stands_against_each_suite() {
    // The client has only static RSA, which the default policy leaves out.
    let [at_client, at_server] = run(client().policy(Policy::legacy().suites([suite(RSA_GCM)])), server());
    assert_says(
        &at_server,
        &[
            RSA_GCM,
            "configuration leaves it out",
            "not offered by the client",
            ECDSA_GCM,
            "Policy::legacy on the server",
        ],
    );
    assert_says(
        &at_client,
        &["handshake_failure", "suites: TLS_RSA_WITH_AES_128_GCM_SHA256\n", SERVER_NAME, "ask the server's log"],
    );

    let ecdsa = Policy::default().suites([suite(ECDSA_GCM)]);
    let both = Policy::default().suites([suite(ECDSA_GCM), suite(ECDHE_GCM)]);
    let [_, at_server] = run(client().policy(ecdsa), server().policy(both.clone()));
    assert_says(
        &at_server,
        &[ECDSA_GCM, "no certificate with a key for it", "not offered", ECDHE_GCM, "ECDSA key beside"],
    );

    let p384 = client().policy(both.clone().groups([NamedGroup::SECP384R1]));
    let x25519 = || both.clone().groups([NamedGroup::X25519]);
    let [_, at_server] = run(p384, server().policy(x25519()));
    assert_says(&at_server, &[ECDHE_GCM, "no group in common", "secp384r1; ours x25519", "allow a group"]);

    let on_p256 = ServerConfig::builder(credential(KeyKind::P256)).policy(both.clone());
    let [_, at_server] = run(client().policy(x25519()), on_p256);
    assert_says(&at_server, &[ECDSA_GCM, "curve of the certificate's key", "on a curve that the client offers"]);

    let schemes = |scheme| both.clone().signature_schemes([scheme]);
    let [_, at_server] = run(
        client().policy(schemes(SignatureScheme::RSA_PKCS1_SHA256)),
        server().policy(schemes(SignatureScheme::RSA_PSS_RSAE_SHA512)),
    );
    assert_says(
        &at_server,
        &["no signature scheme", "rsa_pkcs1_sha256; ours rsa_pss_rsae_sha512", "Policy::signature_schemes"],
    );
}

#[test]
fn names_and_protocols_are_listed() {
    let named = || server().credential_for(["a.example"], credential(KeyKind::Rsa)).unknown_names(UnknownNames::Refuse);
    let [at_client, at_server] = run(client(), named());
    assert_says(&at_server, &[SERVER_NAME, "a.example", "UnknownNames::UseDefault"]);
    assert_says(&at_client, &["unrecognized_name", SERVER_NAME, "connect by a name"]);

    let [at_client, at_server] = run(client().protocols(["h2", "x\n"]), server().protocols(["http/1.1"]));
    assert_says(&at_server, &[r"the client offers: h2, x\n", "this server has: http/1.1"]);
    assert_says(
        &at_client,
        &["no_application_protocol", r"protocols: h2, x\n", "offer a protocol that the server speaks"],
    );
}

/// A bare handshake_failure: what was not offered is what to try; an address hides the name.
#[test]
fn a_bare_alert_is_answered_with_what_was_not_offered() {
    let told = |policy: Policy, name: &str| {
        let config = client().policy(policy).build().unwrap();
        let mut end = End::client(config, name, None, now());
        end.input.extend([ALERT, 3, 3, 0, 2, alert::FATAL, alert::HANDSHAKE_FAILURE]);
        end.run().unwrap_err();
        end.connection.diagnosis().unwrap()
    };
    let modern = told(Policy::modern(), "127.0.0.1");
    assert_says(
        &modern,
        &[
            "refused our ClientHello",
            "server_name: none",
            "Policy::legacy",
            "Policy::default",
            "rsa_pkcs1_sha1",
            "by the server's name",
        ],
    );
    let legacy = told(Policy::legacy(), SERVER_NAME).long().to_string();
    assert!(!legacy.contains("Policy::legacy") && !legacy.contains("Policy::default"), "{legacy}");
}

/// Who speaks another protocol is named.
#[test]
fn other_protocols_are_named() {
    for (greeting, name) in [
        (&b"HTTP/1.1 400 Bad Request\r\n"[..], "HTTP"),
        (b"220 mail.example ESMTP\r\n", "SMTP or FTP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH"),
        (b"* OK IMAP4rev1\r\n", "IMAP"),
        (b"+OK POP3\r\n", "POP3"),
        (b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00", "RDP"),
        (b"\x04\x01\x00\x30\x00\x00\x01\x00", "TDS"),
    ] {
        let mut end = End::client(client().build().unwrap(), SERVER_NAME, None, now());
        end.input.extend(greeting);
        end.run().unwrap_err();
        let diagnosis = end.connection.diagnosis().unwrap();
        assert_says(&diagnosis, &[name, "not TLS", &greeting[..5].escape_ascii().to_string(), "what to try"]);
    }
    let mut end = End::server(server().build().unwrap(), now());
    end.input.extend(b"GET / HTTP/1.1\r\n");
    end.run().unwrap_err();
    assert_says(&end.connection.diagnosis().unwrap(), &["HTTP", "GET /", "https"]);
}

/// A close or a reset, at each stage.
#[test]
fn a_silent_end_is_told_by_its_stage() {
    let config = client().build().unwrap();
    let mut silent = End::client(config.clone(), SERVER_NAME, None, now());
    silent.connection.end_of_input().unwrap_err();
    assert_says(
        &silent.connection.diagnosis().unwrap(),
        &["right after our ClientHello", "speaks TLS", "Policy::legacy"],
    );

    let mut halfway = Forge::server(&config, suite(ECDHE_GCM));
    halfway.up_to(Step::ServerHelloDone);
    halfway.target.connection.end_of_input().unwrap_err();
    assert_says(&halfway.target.connection.diagnosis().unwrap(), &["in the midst of the handshake"]);

    let mut probe = End::server(server().build().unwrap(), now());
    probe.connection.end_of_input().unwrap_err();
    assert_says(&probe.connection.diagnosis().unwrap(), &["before it said anything", "port scan"]);

    let mut pair = Pair::new(config, server().build().unwrap());
    pair.run();
    pair.client.connection.end_of_input().unwrap_err();
    assert_says(&pair.client.connection.diagnosis().unwrap(), &["without close_notify"]);
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
    assert!(told.cause().contains("internal_error") && !told.cause().contains("handshake"), "{told}");

    let mut again = connected();
    again.say(&message(typ::HELLO_REQUEST, &[])).unwrap();
    again.send(ALERT, &[alert::FATAL, alert::HANDSHAKE_FAILURE]).unwrap_err();
    assert_says(
        &again.target.connection.diagnosis().unwrap(),
        &["refused our ClientHello", "suites: ", "Policy::legacy"],
    );
}

/// RFC 5246 §7.4.6: an alert after a CertificateRequest, and what we had answered.
#[test]
fn a_wish_for_a_certificate_is_told() {
    let identity = PKI.client(KeyKind::Rsa);
    let root = PKI.root_name();
    let cases = [(false, "we showed none"), (true, "we showed one")];
    for (shows, shown) in cases {
        for (authorities, named) in [(vector(2, &root), "tls12"), (Vec::new(), "any authority")] {
            let config = match shows {
                false => client(),
                true => client().certificates([identity.credential(&*ring::provider())]),
            };
            let mut forge = Forge::server(&config.build().unwrap(), suite(ECDHE_GCM));
            forge.up_to(Step::ServerHelloDone);
            let schemes = numbers(&[SignatureScheme::RSA_PKCS1_SHA256.0]);
            let request = [vector(1, &[1]), vector(2, &schemes), vector(2, &authorities)].concat();
            forge.say(&message(typ::CERTIFICATE_REQUEST, &request)).unwrap();
            forge.perform(Step::ServerHelloDone).unwrap();
            forge.send(ALERT, &[alert::FATAL, alert::HANDSHAKE_FAILURE]).unwrap_err();
            let diagnosis = forge.target.connection.diagnosis().unwrap();
            assert_says(&diagnosis, &["handshake_failure", "asked for a certificate", named, shown, "what to try"]);
        }
    }
}

/// The client's alert is explained by what it was shown.
#[test]
fn a_server_that_is_not_trusted_says_by_whom_it_was_issued() {
    const UNKNOWN_CA: u8 = 48;
    let mut forge = Forge::client(&server().build().unwrap(), suite(ECDHE_GCM));
    forge.perform(Step::ClientHello).unwrap();
    forge.send(ALERT, &[alert::FATAL, UNKNOWN_CA]).unwrap_err();
    let diagnosis = forge.target.connection.diagnosis().unwrap();
    assert_says(&diagnosis, &["unknown_ca", "end below: CN=tls12", "intermediate"]);
}

/// An error that says all itself stays as it is.
#[test]
fn an_error_that_says_all_is_not_adorned() {
    let mut forge = Forge::server(&client().build().unwrap(), suite(ECDHE_GCM));
    let error = forge.perform(Step::ServerHelloDone).unwrap_err();
    let diagnosis = forge.target.connection.diagnosis().unwrap();
    assert_eq!(diagnosis.long().to_string(), error.to_string());
    assert_eq!((diagnosis.details().count(), diagnosis.advice().count()), (0, 0));
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
