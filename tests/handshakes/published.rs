//! The key schedule, Finished and the record layer against what others have made of them: the master secrets that OpenSSL
//! logged of the recorded connections, and a published connection.
#![cfg(all(feature = "ring", feature = "webpki"))]

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::support::conversation::{By, Conversation};
use crate::support::independent::{Keys, key_block};
use crate::support::recording::{Line, Recording};
use crate::support::scripted::Scripted;
use crate::support::suites;
use tls12::crypto::{CbcCipher, CbcKeys, CbcRecord, CipherSuite, HashAlgorithm, MacOrder, Provider, PublicKey, ring};
use tls12::wire::{
    EcdheServerKeyExchange, HandshakeType, Message, NamedGroup, SignatureScheme, decode_certificate,
    decode_ecdhe_client_key_exchange, ecdhe_params, signed_params,
};

/// Every record that we and OpenSSL sent is opened with keys that an implementation which is not ours derives from the
/// master secret that OpenSSL logged. The data is what was sealed and received, and both Finished match. (That we still
/// send the same is what `tests/handshakes/replay.rs` shows.)
#[test]
fn recorded_connections_agree_with_the_secrets_of_the_peer() {
    const CLOSE_NOTIFY: Option<&[u8; 2]> = Some(&[1, 0]);
    let mut seen = BTreeSet::new();
    for (name, connection) in connections() {
        let conversation = Conversation::of(&name, &connection);
        let (ours, theirs) = (conversation.ours(), conversation.theirs());
        let seals = connection.steps.iter().filter(|step| step.cause.word == "seal");
        assert!(ours.data == seals.flat_map(|step| step.cause.bytes()).collect::<Vec<u8>>(), "{name}");
        assert!(theirs.data == connection.outcomes("data").flat_map(Line::bytes).collect::<Vec<u8>>(), "{name}");
        assert!(!ours.refused, "{name}: a record of ours does not open");
        let failed: Vec<&str> = connection.outcomes("failed").flat_map(Line::words).collect();
        // The record that the relay changed is the one that does not open.
        assert_eq!(theirs.refused, failed.starts_with(&["sent", "bad_record_mac"]), "{name}");
        match failed[..] {
            [] => assert_eq!([ours.alerts.last(), theirs.alerts.last()], [CLOSE_NOTIFY; 2], "{name}"),
            ["sent", alert, ..] => assert_eq!(ours.alerts.last(), Some(&fatal(alert)), "{name}"),
            ["received", alert, ..] => assert_eq!(theirs.alerts.last(), Some(&fatal(alert)), "{name}"),
            _ => {}
        }
        let parameters = conversation.parameters.unwrap();
        seen.insert((connection.fact("role").to_owned(), parameters.suite.code, parameters.encrypt_then_mac));
    }
    let expected = suites::recorded_with_orders().flat_map(|(suite, order)| {
        ["client", "server"].map(|role| (role.to_owned(), suite.code, order == Some(MacOrder::EncryptThenMac)))
    });
    assert_eq!(seen, expected.collect());
}

/// Every connection that was established.
fn connections() -> impl Iterator<Item = (String, Recording)> {
    let connections = Recording::all().into_iter().flat_map(|(name, recording)| {
        recording.connections().into_iter().map(move |connection| (name.clone(), connection))
    });
    connections.filter(|(_, connection)| connection.outcomes("connected").next().is_some())
}

/// Each suite, in both roles: in a full handshake, resumed by ID and by ticket; with a client that has shown a certificate,
/// unless there is a pre-shared key, and with one that has not. What is looked at is what went over the wire, and our own account must agree with it.
#[test]
fn every_suite_is_resumed_both_ways_with_each_kind_of_client() {
    const WAYS: [Option<By>; 3] = [None, Some(By::Id), Some(By::Ticket)];
    let mut seen = BTreeSet::new();
    for (name, recording) in Recording::all() {
        // Whether the client has proved who it is, in the handshake that made the session.
        let mut client_signed = false;
        let mut identity = None;
        for connection in recording.connections() {
            let Some(connected) = connection.outcomes("connected").next() else { continue };
            let conversation = Conversation::of(&name, &connection);
            let way = conversation.resumed;
            if way.is_none() {
                client_signed = conversation.client_signed;
                identity = conversation.psk_identity.as_deref().map(|identity| identity.escape_ascii().to_string());
            }
            assert!(connected.value.contains(&format!("resumed={} ", way.is_some())), "{name}: {}", connected.value);
            let role = connection.fact("role");
            let says = |what: &str| connected.words().any(|word| word == what);
            if role == "server" {
                assert!(says(&format!("peer_certificates={}", usize::from(client_signed))), "{name}: {connected}");
            }
            assert_eq!(identity.as_deref(), connection.find_fact("psk_identity"), "{name}");
            if let Some(identity) = &identity {
                assert!(says("peer_certificates=0"), "{name}: {connected}");
                assert!(says(&format!("psk_identity={identity}")), "{name}: {connected}");
            }
            seen.insert((role.to_owned(), conversation.parameters.unwrap().suite.code, way, client_signed));
        }
    }
    for suite in suites::recorded() {
        for role in ["client", "server"] {
            for way in WAYS {
                let clients = if suite.key_exchange.is_psk() { &[false][..] } else { &[false, true] };
                for &client_signed in clients {
                    let wanted = (role.to_owned(), suite.code, way, client_signed);
                    assert!(seen.contains(&wanted), "no recording of {}: {wanted:?}", suite.name);
                }
            }
        }
    }
}

/// A fatal alert of those in RFC 5246 §7.2 that are met here.
fn fatal(name: &str) -> [u8; 2] {
    let code = match name {
        "bad_record_mac" => 20,
        "handshake_failure" => 40,
        other => panic!("{other}"),
    };
    [2, code]
}

/// RFC 5246 §7.2.2: whoever does not want to renegotiate says so with a warning.
#[test]
fn renegotiation_is_refused_with_a_warning() {
    const NO_RENEGOTIATION: [u8; 2] = [1, 100];
    let mut refused = BTreeSet::new();
    for (name, recording) in Recording::all() {
        if name.contains("-renegotiation.txt") {
            assert_eq!(Conversation::of(&name, &recording).ours().alerts, [NO_RENEGOTIATION], "{name}");
            refused.insert(recording.fact("role").to_owned());
        }
    }
    assert_eq!(refused.len(), 2);
}

/// The published connection, and the providers that are to agree with it.
struct Published(Recording);

impl Published {
    fn new() -> Self {
        Self(Recording::parse(include_str!("../published/ecdhe_rsa_with_aes_128_cbc_sha.txt")))
    }

    fn bytes(&self, word: &str) -> Vec<u8> {
        crate::support::recording::from_hex(self.0.fact(word))
    }

    /// The body of a handshake message.
    fn body(&self, word: &str, typ: HandshakeType) -> Vec<u8> {
        let bytes = self.bytes(word);
        let (message, rest) = Message::split(&bytes).unwrap();
        assert!(message.typ == typ && rest.is_empty());
        message.body.to_vec()
    }

    /// The randoms of client and server, which stand after header and version.
    fn randoms(&self) -> [[u8; 32]; 2] {
        ["client_hello", "server_hello"].map(|hello| self.bytes(hello)[6..38].try_into().unwrap())
    }

    /// All messages up to the ClientKeyExchange.
    fn transcript(&self) -> Vec<u8> {
        let messages = ["client_hello", "server_hello", "certificate", "server_key_exchange", "server_hello_done"];
        messages.iter().chain(&["client_key_exchange"]).flat_map(|message| self.bytes(message)).collect()
    }
}

fn providers() -> [Arc<dyn Provider>; 2] {
    [ring::provider(), Scripted::recording()]
}

#[test]
fn published_key_exchange() {
    let published = Published::new();
    let bodies = [
        published.body("server_key_exchange", HandshakeType::SERVER_KEY_EXCHANGE),
        published.body("client_key_exchange", HandshakeType::CLIENT_KEY_EXCHANGE),
    ];
    let exchange = EcdheServerKeyExchange::decode(&bodies[0]).unwrap();
    assert_eq!(exchange.group, NamedGroup::X25519);
    assert_eq!(ecdhe_params(exchange.group, exchange.public_key), exchange.params);
    let shares = [exchange.public_key, decode_ecdhe_client_key_exchange(&bodies[1]).unwrap()];
    for (private, [ours, theirs]) in [("server_private_key", shares), ("client_private_key", [shares[1], shares[0]])] {
        let provider = Scripted::replaying([published.bytes(private)]);
        let group = provider.groups().iter().find(|group| group.name() == NamedGroup::X25519).unwrap();
        let share = group.start(provider.random()).unwrap();
        assert_eq!(share.public_key(), ours);
        assert_eq!(share.agree(theirs).unwrap().expose(), published.bytes("premaster_secret"));
    }
}

#[test]
fn published_signature() {
    let published = Published::new();
    let body = published.body("certificate", HandshakeType::CERTIFICATE);
    let key = PublicKey::of_certificate(&decode_certificate(&body).unwrap().iter().next().unwrap()).unwrap();
    let body = published.body("server_key_exchange", HandshakeType::SERVER_KEY_EXCHANGE);
    let exchange = EcdheServerKeyExchange::decode(&body).unwrap();
    let [client, server] = published.randoms();
    let provider = ring::provider();
    let verifies = |client, server, params| {
        let signed = signed_params(client, server, params);
        key.verifies(&*provider, exchange.scheme, &signed, exchange.signature).is_ok()
    };
    assert_eq!(exchange.scheme, SignatureScheme::RSA_PKCS1_SHA256);
    assert!(verifies(&client, &server, exchange.params));
    assert!(!verifies(&server, &client, exchange.params));
}

#[test]
fn published_key_schedule() {
    let published = Published::new();
    let [client, server] = published.randoms();
    let master = published.bytes("master_secret");
    for provider in providers() {
        let prf = |secret: &[u8], label: &str, seed: &[u8], len| {
            let mut out = vec![0; len];
            provider.hmac_key(HashAlgorithm::Sha256, secret).unwrap().prf(label.as_bytes(), seed, &mut out).unwrap();
            out
        };
        // RFC 5246 §8.1, §6.3: the order of the randoms differs.
        let premaster = published.bytes("premaster_secret");
        assert_eq!(prf(&premaster, "master secret", &[client, server].concat(), 48), master);
        let keys = ["client_mac_key", "server_mac_key", "client_cipher_key", "server_cipher_key"];
        let keys: Vec<u8> = keys.iter().flat_map(|key| published.bytes(key)).collect();
        assert_eq!(prf(&master, "key expansion", &[server, client].concat(), keys.len()), keys);
        // §7.4.9.
        let mut transcript = published.transcript();
        for side in ["client", "server"] {
            let hash = provider.hash(HashAlgorithm::Sha256, &transcript).unwrap();
            let verify_data = prf(&master, &format!("{side} finished"), hash.as_ref(), 12);
            assert_eq!(verify_data, published.bytes(&format!("{side}_verify_data")));
            transcript.extend([20, 0, 0, 12]);
            transcript.extend(verify_data);
        }
    }
    // The implementation that the recordings are checked by is itself checked.
    let suite = CipherSuite::from_name("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA").unwrap();
    let keys = |side| Keys {
        mac: published.bytes(&format!("{side}_mac_key")),
        cipher: published.bytes(&format!("{side}_cipher_key")),
        iv: Vec::new(),
    };
    assert_eq!(key_block(suite, &master, &client, &server), (keys("client"), keys("server")));
}

#[test]
fn published_records() {
    let published = Published::new();
    let finished = |side: &str| [vec![20, 0, 0, 12], published.bytes(&format!("{side}_verify_data"))].concat();
    let of_client = vec![
        ("client_finished_record", finished("client")),
        ("client_ping_record", b"ping".to_vec()),
        ("client_close_record", vec![1, 0]),
    ];
    let of_server = vec![("server_finished_record", finished("server")), ("server_pong_record", b"pong".to_vec())];
    for (side, records) in [("client", of_client), ("server", of_server)] {
        let [mac, cipher] = ["mac", "cipher"].map(|key| published.bytes(&format!("{side}_{key}_key")));
        let keys = CbcKeys::new(&cipher, &mac);
        let setup = (CbcCipher::Aes128, HashAlgorithm::Sha1, MacOrder::MacThenEncrypt);
        let provider = ring::provider();
        let mut opener = provider.cbc_opener(setup.0, setup.1, setup.2, keys).unwrap();
        let mut sealer = provider.cbc_sealer(setup.0, setup.1, setup.2, keys).unwrap();
        for (sequence, (record, text)) in (0_u64..).zip(records) {
            let record = published.bytes(record);
            let (header, fragment) = record.split_at(5);
            let (iv, sealed) = fragment.split_first_chunk::<16>().unwrap();
            // RFC 5246 §6.2.3.1: the number, then type and version.
            let header: [u8; 11] = [&sequence.to_be_bytes(), &header[..3]].concat().try_into().unwrap();
            let mut opened = sealed.to_vec();
            let len = opener.open(header, iv, &mut opened);
            assert_eq!(len.map(|len| &opened[..len]), Some(&*text));
            let mut body = vec![0; sealed.len()];
            body[..text.len()].copy_from_slice(&text);
            sealer.seal(&mut [CbcRecord::new(header, *iv, &mut body, text.len())]).unwrap();
            assert_eq!(body, sealed);
        }
    }
}
