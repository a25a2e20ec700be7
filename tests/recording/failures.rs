//! Handshakes that fail: the replay ends with the same error, and the same explanation.

use std::sync::Arc;

use crate::support::kept::Secrets;
use crate::support::pki::{KeyKind, PKI, Pki};
use crate::{Recorded, replay_whole};
use tls12::crypto::{CipherSuite, ring};
use tls12::verify::{TrustStore, Verifier};
use tls12::{
    AlertDescription, CertificateErrorKind, ClientAuth, ClientConfig, ClientConfigBuilder, ClientTrust, Error, Policy,
    ServerConfig, ServerConfigBuilder,
};

fn trusting(root: &Pki) -> Arc<Verifier> {
    Arc::new(Verifier::new(TrustStore::from_der([root.root.clone()]).unwrap()))
}

fn client() -> ClientConfigBuilder {
    ClientConfig::builder(trusting(&PKI))
}

fn server() -> ServerConfigBuilder {
    ServerConfig::builder(PKI.credential(&*ring::provider()))
}

fn only(suite: &str) -> Policy {
    Policy::legacy().suites([CipherSuite::from_name(suite).unwrap()])
}

/// Runs it, and replays both sides, which must end with the errors that they ended with. Returns these, the client's first.
#[track_caller]
fn errors(mut recorded: Recorded) -> [Option<Error>; 2] {
    recorded.pair.run();
    for end in [&mut recorded.pair.client, &mut recorded.pair.server] {
        let _ = end.connection.end_of_input();
    }
    let connections = [&recorded.pair.client.connection, &recorded.pair.server.connection];
    let expected = connections.map(|connection| connection.error().cloned());
    let explained = connections.map(|connection| connection.diagnosis().map(|diagnosis| diagnosis.to_string()));
    for ((text, error), explained) in recorded.texts().into_iter().zip(&expected).zip(explained) {
        let replayed = replay_whole(&text);
        assert_eq!(replayed.error, *error);
        assert_eq!(replayed.diagnosis.map(|diagnosis| diagnosis.to_string()), explained);
    }
    expected
}

fn of(client: ClientConfigBuilder, server: ServerConfigBuilder) -> Recorded {
    Recorded::new(Secrets::Withheld, &client.build().unwrap(), &server.build().unwrap(), None)
}

#[track_caller]
fn assert_refused(error: &Option<Error>, kind: CertificateErrorKind) {
    assert!(matches!(error, Some(Error::Certificate(refused)) if refused.kind == kind), "{error:?}");
}

#[test]
fn an_untrusted_chain() {
    let stranger = ClientConfig::builder(trusting(&Pki::new("another root")));
    let [client, server] = errors(of(stranger, server()));
    assert_refused(&client, CertificateErrorKind::UnknownIssuer);
    assert_eq!(server, Some(Error::Alert(AlertDescription::UnknownCa)));
}

#[test]
fn another_name() {
    let (client, server) = (client().build().unwrap(), server().build().unwrap());
    let [client, _] = errors(Recorded::to("other.example", Secrets::Withheld, &client, &server, None));
    assert_refused(&client, CertificateErrorKind::NameMismatch);
}

#[test]
fn no_common_suite() {
    let client = client().policy(only("TLS_RSA_WITH_AES_128_CBC_SHA"));
    let [client, server] = errors(of(client, server()));
    assert!(matches!(server, Some(Error::NothingInCommon(_))), "{server:?}");
    assert_eq!(client, Some(Error::Alert(AlertDescription::HandshakeFailure)));
}

#[test]
fn a_client_certificate_that_is_not_trusted() {
    let unknown = Pki::new("another root").new_client(KeyKind::P256).credential(&*ring::provider());
    let server = server().client_auth(ClientAuth::Require(ClientTrust::new(trusting(&PKI))));
    let [client, server] = errors(of(client().credentials([unknown]), server));
    assert_refused(&server, CertificateErrorKind::UnknownIssuer);
    assert_eq!(client, Some(Error::Alert(AlertDescription::UnknownCa)));
}

/// One bit of the client's Finished is flipped on its way: by AEAD, and by both orders of CBC.
#[test]
fn a_damaged_finished() {
    for suite in ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"] {
        for secrets in Secrets::BOTH {
            let client = client().policy(only(suite)).build().unwrap();
            let server = server().policy(only(suite)).build().unwrap();
            let mut recorded = Recorded::new(secrets, &client, &server, None);
            let pair = &mut recorded.pair;
            pair.server.input.append(&mut pair.client.output);
            pair.server.run().unwrap();
            pair.client.input.append(&mut pair.server.output);
            pair.client.run().unwrap();
            *pair.client.output.last_mut().unwrap() ^= 1;
            let [client, server] = errors(recorded);
            assert_eq!(
                (client, server),
                (Some(Error::Alert(AlertDescription::BadRecordMac)), Some(Error::BadRecordMac))
            );
        }
    }
}

/// A ServerHello that was changed on its way is noticed at Finished.
#[test]
fn a_changed_hello() {
    let mut recorded = of(client(), server());
    let pair = &mut recorded.pair;
    pair.server.input.append(&mut pair.client.output);
    pair.server.run().unwrap();
    // The last byte of the random, after the headers of the record and of the message, and the version.
    pair.server.output[5 + 4 + 2 + 31] ^= 1;
    let [client, _] = errors(recorded);
    assert_eq!(client, Some(Error::BadSignature));
}

#[test]
fn no_tls_and_no_end() {
    let mut recorded = of(client(), server());
    recorded.pair.client.output.clear();
    recorded.pair.server.input.extend(b"GET / HTTP/1.1\r\n\r\n");
    let _ = recorded.pair.server.run();
    recorded.pair.server.output.clear();
    let [client, server] = errors(recorded);
    assert!(matches!(server, Some(Error::NotTls { .. })), "{server:?}");
    assert_eq!(client, Some(Error::TruncatedInHandshake));
}

#[test]
fn an_abort_and_a_reset() {
    let mut recorded = of(client(), server());
    recorded.pair.run();
    let pair = &mut recorded.pair;
    pair.client.connection.abort(AlertDescription::UserCanceled, &mut pair.client.output);
    pair.client.output.clear();
    assert_eq!(pair.server.connection.transport_reset(), Err(Error::Reset));
    let [client, server] = errors(recorded);
    assert_eq!((client, server), (Some(Error::Aborted(AlertDescription::UserCanceled)), Some(Error::Reset)));
}
