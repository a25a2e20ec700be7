//! What a recording reveals: by default neither keys nor data, and the master secret only if it was asked for.

use std::sync::{Arc, Mutex};

use crate::support::kept::{Kept, Secrets};
use crate::support::pki::{PKI, now};
use crate::support::psk::Psk;
use crate::support::recording::to_hex;
use crate::{Recorded, replay_whole};
use tls12::crypto::{CipherSuite, ring};
use tls12::session::TicketKeys;
use tls12::verify::{TrustStore, Verifier};
use tls12::{ClientConfig, KeyLog, Policy, ServerConfig};

const DATA: &[u8] = b"the secret that the two sides exchange";

#[derive(Default)]
struct Masters(Mutex<Vec<[u8; 48]>>);

impl KeyLog for Masters {
    fn log(&self, _: &str, _: &[u8; 32], secret: &[u8]) {
        self.0.lock().unwrap().push(secret.try_into().unwrap());
    }
}

/// All forms in which bytes could be hidden in a text. Base64 at each of its three phases, without what depends on neighbours.
fn forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let base64 = |bytes: &[u8]| -> Vec<u8> {
        let triples = bytes.chunks_exact(3).map(|triple| u32::from_be_bytes([0, triple[0], triple[1], triple[2]]));
        triples.flat_map(|bits| [18, 12, 6, 0].map(|shift| ALPHABET[(bits >> shift) as usize & 63])).collect()
    };
    let hex = to_hex(bytes);
    let mut forms = vec![bytes.to_vec(), hex.clone().into_bytes(), hex.to_uppercase().into_bytes()];
    forms.extend((0..3).map(|phase| base64(&bytes[phase..])));
    forms
}

fn contains(text: &str, bytes: &[u8]) -> bool {
    forms(bytes).iter().any(|form| text.as_bytes().windows(form.len()).any(|window| window == form))
}

/// The recordings of a connection, and what must not be in them: by name.
fn secrets_of(suite: &str, resumed: bool, secrets: Secrets) -> ([String; 2], Vec<(&'static str, Vec<u8>)>) {
    let suite = CipherSuite::from_name(suite).unwrap();
    let (masters, provider) = (Arc::new(Masters::default()), ring::provider());
    let policy = Policy::legacy().suites([suite]);
    let (client, server) = if suite.key_exchange.is_psk() {
        (
            ClientConfig::builder_with_psk_only(provider.clone()).preshared_key(Psk::PLAIN.ours()),
            ServerConfig::builder_with_psk_only(provider.clone()).preshared_keys([Psk::PLAIN.ours()]),
        )
    } else {
        let trust = Verifier::new(TrustStore::from_der([PKI.root.clone()]).unwrap());
        (ClientConfig::builder(Arc::new(trust)), ServerConfig::builder(PKI.credential(&*provider)))
    };
    let client = client.policy(policy.clone()).key_log(masters.clone()).build().unwrap();
    let server = server.policy(policy).tickets(Arc::new(TicketKeys::new(provider))).build().unwrap();
    let run = |session| {
        let mut recorded = Recorded::new(secrets, &client, &server, session);
        recorded.pair.run();
        recorded.pair.assert_connected();
        for end in [&mut recorded.pair.client, &mut recorded.pair.server] {
            end.connection.seal(DATA, &mut end.output).unwrap();
        }
        recorded.pair.run();
        assert_eq!((&*recorded.pair.client.data, &*recorded.pair.server.data), (DATA, DATA));
        recorded
    };
    let mut recorded = run(None);
    if resumed {
        let session = recorded.pair.client.client_session();
        recorded = run(Some(session));
        assert!(recorded.pair.client.info().resumed());
    }
    let mut exported = [0; 32];
    let _ = recorded.pair.client.connection.export(b"EXPERIMENTAL-test", None, &mut exported);
    let mut hidden = vec![
        ("the master secret", masters.0.lock().unwrap()[0].to_vec()),
        ("the private key", PKI.server_key.secret_pkcs8_der().to_vec()),
        // The middle of the key, with its private exponent, in case that only a part is there.
        ("a part of the private key", PKI.server_key.secret_pkcs8_der()[350..400].to_vec()),
        ("the data", DATA.to_vec()),
        ("the pre-shared key", Psk::PLAIN.key.to_vec()),
    ];
    if exported != [0; 32] {
        hidden.push(("exported keys", exported.to_vec()));
    }
    (recorded.texts(), hidden)
}

const SUITES: [&str; 4] = [
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_PSK_WITH_AES_128_GCM_SHA256",
];

#[test]
fn by_default_nothing_secret_is_recorded() {
    for suite in SUITES {
        for resumed in [false, true] {
            let (texts, hidden) = secrets_of(suite, resumed, Secrets::Withheld);
            for text in texts {
                for (name, bytes) in &hidden {
                    assert!(!contains(&text, bytes), "{suite}, resumed: {resumed}: {name} is in the recording");
                }
                replay_whole(&text);
            }
        }
    }
}

/// The search finds what is there: the master secret, if it was asked for; and nothing else is there then.
#[test]
fn with_secrets_the_master_secret_is_recorded_and_no_other() {
    for suite in SUITES {
        for resumed in [false, true] {
            let (texts, hidden) = secrets_of(suite, resumed, Secrets::Included);
            for text in texts {
                for (name, bytes) in &hidden {
                    assert_eq!(contains(&text, bytes), *name == "the master secret", "{suite}: {name}");
                }
                replay_whole(&text);
            }
        }
    }
}

#[test]
fn the_search_finds_every_form() {
    let base64 = "xxdGhlIHNlY3JldCB0aGF0xx";
    assert!(contains(base64, b"the secret that") && !contains(base64, b"the secret what"));
    assert!(contains("00746865207365637265742074686174", b"the secret that"));
}

/// Every text that is printed for debugging has no secret either.
#[test]
fn nothing_is_printed() {
    let kept = Kept::default();
    let recorder = Secrets::Included.recorder(&kept);
    let printed = format!("{recorder:?} {:?} {:?}", recorder.status(), now());
    assert!(printed.starts_with("Recorder") && printed.contains("Unused"), "{printed}");
}
