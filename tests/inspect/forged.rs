//! Conversations that our own two sides would not have, in which one of them breaks the rules of the handshake.

use std::sync::Arc;

use tls12::crypto::ring;
use tls12::inspect::{Check, Direction, Fault, ItemKind, Outcome, Unknown, Verdict};
use tls12::verify::TrustStore;
use tls12::{ClientAuth, ClientConfig, ClientTrust, Policy, ServerConfig, SignatureError};

use super::capture::{Captured, Log, configs, credential, outcomes, suite};
use super::support::forge::{Forge, NAMED_CURVE, Role, Step, certificate};
use super::support::pki::{KeyKind, PKI, Pinned};

const ECDHE_RSA: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const ECDHE_ECDSA: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";

/// How often a message is repeated.
const MANY: usize = 999;

/// Everything that passed the forge.
pub fn captured(forge: &Forge, log: &Log) -> Captured {
    let direction = |role| if role == Role::Client { Direction::ClientToServer } else { Direction::ServerToClient };
    let segments = forge.wire.iter().map(|(role, bytes)| (direction(*role), bytes.clone())).collect();
    Captured { segments, key_log: log.text() }
}

/// A forge that plays the server, and the key log of its client.
fn server() -> (Forge, Arc<Log>) {
    let log = Arc::new(Log::default());
    let config = ClientConfig::builder(Pinned::server()).policy(Policy::legacy()).key_log(log.clone());
    (Forge::server(&config.build().unwrap(), suite(ECDHE_RSA)), log)
}

/// RFC 5246 §7.3: no message comes twice in a handshake. What is computed for it is computed once: hostile input would
/// otherwise have a chain of certificates verified, or a long transcript hashed, for each few bytes.
#[test]
fn a_message_that_is_repeated_is_unexpected_and_costs_nothing() {
    let log = Arc::new(Log::default());
    let (client, server) = configs(suite(ECDHE_ECDSA), Policy::legacy(), &log);
    let client = client.credentials([PKI.client(KeyKind::P256).credential(&*ring::provider())]);
    let store = Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap());
    let server = server.client_auth(ClientAuth::Require(ClientTrust::new(store.clone())));
    let captured = Captured::of(client, server, &log).by_record();
    let mut inspector = captured.inspector();
    inspector.server_verifier = Some(store.clone());
    inspector.client_verifier = Some(store);
    let whole = captured.read_with(&mut inspector);
    let mut repeated = Vec::new();
    for item in &whole.items {
        let ItemKind::Handshake(message) = &item.kind else { continue };
        let of_sender = captured.segments.iter().enumerate().filter(|(_, (sender, _))| *sender == item.place.direction);
        let segment = of_sender.map(|(i, _)| i).nth(item.place.record.try_into().unwrap()).unwrap();
        // A second ClientHello begins another handshake; Finished is protected.
        if matches!(message.bytes[0], 1 | 20) {
            continue;
        }
        let len = u16::try_from(message.bytes.len()).unwrap().to_be_bytes();
        let record = [&[22, 3, 3][..], &len, &message.bytes].concat();
        let mut longer = captured.clone();
        longer.segments.insert(segment + 1, (item.place.direction, record.repeat(MANY)));
        let read = longer.read_with(&mut inspector);
        let name = message.typ;
        assert_eq!(outcomes(&read.items, Check::Message), vec![&Outcome::Failed(Fault::Unexpected); MANY], "{name}");
        for check in [Check::Chain, Check::ServerKeyExchange, Check::CertificateVerify, Check::SecureRenegotiation] {
            assert_eq!(outcomes(&read.items, check), outcomes(&whole.items, check), "{name}, {check}");
        }
        repeated.push(message.bytes[0]);
    }
    // ServerHello, Certificate, ServerKeyExchange, CertificateRequest, ServerHelloDone; Certificate, ClientKeyExchange,
    // CertificateVerify; NewSessionTicket.
    assert_eq!(repeated, [2, 11, 12, 13, 14, 11, 16, 15, 4]);
}

/// RFC 5246 §7.4.9: Finished comes after ChangeCipherSpec, so that it is protected.
#[test]
fn a_finished_in_plaintext_is_unexpected() {
    let (mut forge, log) = server();
    forge.up_to(Step::ChangeCipherSpec);
    forge.target.connection.close(&mut forge.target.output);
    forge.hear();
    let finished = forge.make(Step::Finished);
    let _ = forge.say(&finished);
    let mut captured = captured(&forge, &log);
    captured.segments.push((Direction::ServerToClient, vec![21, 3, 3, 0, 2, 1, 0]));
    let read = captured.read();
    assert_eq!((read.faults(), read.summary.verdict()), (vec![Fault::Unexpected], Verdict::Failed));
    assert_eq!((outcomes(&read.items, Check::Finished), read.summary.handshakes), (vec![&Outcome::Verified], 0));
}

/// RFC 5246 §7.4.8: a client that has sent a certificate proves with CertificateVerify that it has the key. And §7.3:
/// without ServerKeyExchange, nothing is signed by the server.
#[test]
fn a_missing_signature_is_noticed() {
    let log = Arc::new(Log::default());
    let trust = ClientTrust::new(Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap()));
    let config = ServerConfig::builder(credential(KeyKind::Rsa)).policy(Policy::legacy()).key_log(log.clone());
    let config = config.client_auth(ClientAuth::Require(trust)).build().unwrap();
    let mut forge = Forge::client(&config, suite(ECDHE_RSA));
    forge.perform(Step::ClientHello).unwrap();
    forge.say(&certificate(&[&PKI.server])).unwrap();
    forge.perform(Step::ClientKeyExchange).unwrap();
    let before = captured(&forge, &log).read();
    assert_eq!(before.faults(), []);
    let _ = forge.change_cipher_spec();
    assert_eq!(captured(&forge, &log).read().faults(), [Fault::Unexpected]);

    // Nothing is missing from this one but the server's message, which its own record has.
    let log = Arc::new(Log::default());
    let (client, server) = configs(suite(ECDHE_ECDSA), Policy::legacy(), &log);
    let whole = Captured::of(client, server, &log).by_record();
    assert_eq!(whole.read().faults(), []);
    let without: Vec<_> = whole.segments.iter().filter(|(_, record)| record[0] != 22 || record[5] != 12).collect();
    assert_eq!(without.len(), whole.segments.len() - 1);
    let without = Captured { segments: without.into_iter().cloned().collect(), key_log: whole.key_log };
    assert_eq!(without.read().faults()[0], Fault::Unexpected);
}

/// A scheme that is not supported says nothing about the signature; one that does not match does.
#[test]
fn what_is_not_supported_is_no_fault() {
    /// Of the message: its header, the curve type, the group, and a public key of X25519 with its length.
    const SCHEME: usize = 4 + 1 + 2 + 1 + 32;
    let unknown = Outcome::Unknown(Unknown::Signature(SignatureError::SchemeNotForKey));
    let wrong = Outcome::Failed(Fault::Signature(SignatureError::Mismatch));
    for (at, to, expected) in [(SCHEME, 0xfe, unknown), (SCHEME + 60, 0xfe, wrong)] {
        let (mut forge, log) = server();
        forge.up_to(Step::ServerKeyExchange);
        let public = forge.start_share();
        let mut message = forge.server_key_exchange(NAMED_CURVE, &public);
        message[at] ^= to;
        let _ = forge.say(&message);
        let read = captured(&forge, &log).read();
        assert_eq!(outcomes(&read.items, Check::ServerKeyExchange), [&expected]);
        assert_ne!(read.summary.verdict(), Verdict::Verified);
    }
}
