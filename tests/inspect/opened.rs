//! What is opened, and with which secrets.

use std::num::NonZeroUsize;
use std::sync::Arc;

use rustls_pki_types::PrivateKeyDer;
use tls12::crypto::{KeyExchange, Protection, Provider, SUITES, ring};
use tls12::inspect::{Check, Fault, Inspector, MAX_CANDIDATES, Outcome, SecretSource, Unknown, Verdict};
use tls12::session::{ServerMemoryStore, TicketKeys};
use tls12::verify::TrustStore;
use tls12::wire::NamedGroup;
use tls12::{Agreement, ClientAuth, ClientConfig, ClientTrust, Policy, Renegotiation, ServerConfig};

use super::capture::{Captured, DATA, Log, configs, credential, is_static, outcomes, psk, suite};
use super::forged::captured;
use super::support::forge::{APPLICATION_DATA, Forge, Step};
use super::support::hello::{ext, vector};
use super::support::pair::{End, Pair};
use super::support::pki::{KeyKind, PKI, Pinned, SERVER_NAME, now};
use super::support::scripted::Scripted;

const ECDHE_RSA: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const ECDHE_ECDSA: &str = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";

/// With a key log, whole and byte by byte; static RSA and PSK with the long-term key too, which also verifies the master
/// secret.
#[test]
fn every_suite_is_opened_and_verified() {
    for suite in SUITES {
        let orders: &[Agreement] = match suite.protection {
            Protection::Cbc(..) => &[Agreement::Prefer, Agreement::Never],
            _ => &[Agreement::Prefer],
        };
        for order in orders {
            for binding in [Agreement::Prefer, Agreement::Never] {
                let log = Arc::new(Log::default());
                let policy = Policy::legacy().encrypt_then_mac(*order).extended_master_secret(binding);
                let (client, server) = configs(suite, policy, &log);
                let captured = Captured::of(client, server, &log);
                let mut with_key = Inspector::new(ring::provider());
                with_key.secrets.add_preshared_key(psk());
                let key = ring::provider().load_private_key(PrivateKeyDer::Pkcs8(PKI.server_key.clone_key()));
                with_key.secrets.add_rsa_key(key.unwrap());
                let by_key = is_static(suite).then(|| captured.read_with(&mut with_key));
                let log = [captured.read(), captured.read_in_pieces(&mut captured.inspector(), 1)];
                for (read, logged) in log.into_iter().zip([true; 2]).chain(by_key.into_iter().map(|read| (read, false)))
                {
                    let name = suite.name;
                    assert_eq!(read.faults(), [], "{name}");
                    assert_eq!(read.summary.verdict(), Verdict::Verified, "{name}: {:?}", read.summary);
                    assert_eq!(read.data(), DATA, "{name}");
                    assert_eq!(read.summary.supported_suite(), Some(suite));
                    assert_eq!((read.summary.handshakes, read.summary.resumed), (1, Some(false)));
                    let source = match suite.key_exchange {
                        _ if logged => SecretSource::KeyLog,
                        KeyExchange::Rsa => SecretSource::RsaKey,
                        _ => SecretSource::PresharedKey,
                    };
                    assert_eq!(read.sources(), [source], "{name}");
                    let master = outcomes(&read.items, Check::MasterSecret);
                    let given = Outcome::Unknown(Unknown::MasterSecretGiven);
                    assert_eq!(master, [if logged { &given } else { &Outcome::Verified }], "{name}");
                    assert_eq!(outcomes(&read.items, Check::Finished), [&Outcome::Verified; 2]);
                }
            }
        }
    }
}

/// An ephemeral private key of the client, drawn from a script.
#[test]
fn an_ephemeral_key_opens_its_conversation() {
    let log = Arc::new(Log::default());
    let scripted = Scripted::recording();
    let policy = Policy::legacy().suites([suite(ECDHE_ECDSA)]).groups([NamedGroup::X25519, NamedGroup::SECP256R1]);
    let provider: Arc<dyn Provider> = scripted.clone();
    let client = ClientConfig::builder_with_provider(provider, Pinned::server_with(KeyKind::P256)).policy(policy);
    let server = ServerConfig::builder(credential(KeyKind::P256)).policy(Policy::legacy());
    let captured = Captured::of(client, server, &log);
    let mut inspector = Inspector::new(ring::provider());
    for drawn in scripted.take_drawn().into_iter().filter(|drawn| drawn.len() == 32) {
        let replaying = Scripted::replaying([drawn]);
        let group = replaying.groups().iter().find(|group| group.name() == NamedGroup::X25519).unwrap();
        inspector.secrets.add_key_share(group.start(replaying.random()).unwrap());
    }
    let read = captured.read_with(&mut inspector);
    assert_eq!(read.sources(), [SecretSource::KeyShare]);
    assert_eq!((read.data(), read.summary.verdict()), (DATA.map(<[u8]>::to_vec), Verdict::Verified));
}

/// A key log may have lines for the same client random that belong to something else.
#[test]
fn of_several_lines_the_right_one_counts() {
    let log = Arc::new(Log::default());
    let (client, server) = configs(suite(ECDHE_ECDSA), Policy::legacy(), &log);
    let mut captured = Captured::of(client, server, &log);
    let wrong = captured.key_log.trim().rsplit_once(' ').unwrap().0.to_owned() + " " + &"5a".repeat(48);
    captured.key_log = format!("# a comment\n{wrong}\n{}{wrong}\nCLIENT_RANDOM 00 11\n", captured.key_log);
    assert_eq!(captured.inspector().secrets.add_key_log(&captured.key_log), 3);
    assert_eq!(captured.read().summary.verdict(), Verdict::Verified);

    captured.key_log = wrong;
    let read = captured.read();
    assert_eq!((read.data(), read.summary.verdict()), ([vec![], vec![]], Verdict::Unknown));
    assert!(read.summary.unknown.iter().any(|found| found.what == Unknown::NoSecretFits));
    assert!(!format!("{:?}", captured.inspector()).contains("90, 90"));
}

/// Those beyond the limit are not tried.
#[test]
fn candidates_are_limited() {
    for (wrong, verdict) in [(MAX_CANDIDATES - 1, Verdict::Verified), (MAX_CANDIDATES, Verdict::Unknown)] {
        let log = Arc::new(Log::default());
        let (client, server) = configs(suite("TLS_PSK_WITH_AES_128_CBC_SHA"), Policy::legacy(), &log);
        let captured = Captured::of(client, server, &log);
        let start = captured.key_log.trim().rsplit_once(' ').unwrap().0;
        let mut inspector = Inspector::new(ring::provider());
        for i in 0..wrong {
            inspector.secrets.add_key_log(&format!("{start} {i:096x}"));
        }
        inspector.secrets.add_key_log(&captured.key_log);
        assert_eq!(captured.read_with(&mut inspector).summary.verdict(), verdict);
    }
}

/// Only the first connection is in the key log.
#[test]
fn a_session_is_followed_over_connections() {
    for by_ticket in [false, true] {
        let log = Arc::new(Log::default());
        let (client, server) = configs(suite(ECDHE_RSA), Policy::legacy(), &log);
        let server = match by_ticket {
            true => server.tickets(Arc::new(TicketKeys::new(ring::provider()))).no_session_store(),
            false => server.session_store(Arc::new(ServerMemoryStore::new(NonZeroUsize::new(9).unwrap()))).no_tickets(),
        };
        let (client, server) = (client.build().unwrap(), server.build().unwrap());
        let mut pair = Pair::new(client.clone(), server.clone());
        let first = Captured::run(&mut pair, &log);
        let mut inspector = first.inspector();
        let session = Some(pair.client.client_session());
        let mut pair = Pair::of(End::client(client, SERVER_NAME, session, now()), End::server(server, now()));
        let second = Captured::run(&mut pair, &log);
        assert!(pair.client.info().resumed());

        // Without the first, the second cannot be opened.
        assert_eq!(second.read_with(&mut inspector).data(), [b"", b""]);
        assert_eq!(first.read_with(&mut inspector).summary.verdict(), Verdict::Verified);
        assert_eq!(inspector.sessions.len(), 1);
        let read = second.read_with(&mut inspector);
        assert_eq!((read.sources(), read.summary.resumed), (vec![SecretSource::Session], Some(true)));
        assert_eq!((read.data(), read.summary.verdict()), (DATA.map(<[u8]>::to_vec), Verdict::Verified));
    }
}

/// Certificates and their signatures; and with verifiers, who the two are.
#[test]
fn both_sides_are_verified() {
    let log = Arc::new(Log::default());
    let (client, server) = configs(suite(ECDHE_ECDSA), Policy::legacy(), &log);
    let client = client.credentials([PKI.client(KeyKind::P256).credential(&*ring::provider())]);
    let store = Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap());
    let server = server.client_auth(ClientAuth::Require(ClientTrust::new(store.clone())));
    let captured = Captured::of(client, server, &log);

    let read = captured.read();
    assert_eq!(read.summary.verdict(), Verdict::Verified);
    assert_eq!(outcomes(&read.items, Check::Chain), [&Outcome::Unknown(Unknown::NoVerifier); 2]);
    for check in [Check::ServerKeyExchange, Check::CertificateVerify, Check::SecureRenegotiation] {
        assert_eq!(outcomes(&read.items, check), [&Outcome::Verified], "{check}");
    }

    let mut inspector = captured.inspector();
    inspector.server_verifier = Some(store.clone());
    inspector.client_verifier = Some(store.clone());
    let read = captured.read_with(&mut inspector);
    assert_eq!(read.summary.verdict(), Verdict::Verified);
    assert_eq!(outcomes(&read.items, Check::Chain), [&Outcome::Verified; 2]);

    // A server that nobody has pinned.
    inspector.server_verifier = Some(Pinned::server_with(KeyKind::Rsa));
    let read = captured.read_with(&mut inspector);
    assert_eq!(read.summary.verdict(), Verdict::Failed);
    assert!(matches!(read.faults()[..], [Fault::Certificate(_)]));
}

/// What a server says of the handshake before, when it renegotiates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    WhatItWas,
    Another,
    Nothing,
}

/// Under the keys of the handshake before, to which the new one is bound (RFC 5746 §3.5), or must be: §4.1, §4.4.
#[test]
fn a_renegotiation_is_read() {
    for says in [Says::WhatItWas, Says::Another, Says::Nothing] {
        let log = Arc::new(Log::default());
        let config = ClientConfig::builder(Pinned::server()).policy(Policy::legacy()).key_log(log.clone());
        let config = config.renegotiation(Renegotiation::AtMost(1)).build().unwrap();
        let mut forge = Forge::server(&config, suite(ECDHE_RSA));
        forge.up_to(Step::Finished);
        let finished = forge.make(Step::Finished);
        forge.say(&finished).unwrap();
        forge.exchange_data();
        let theirs = forge.heard.iter().rfind(|(typ, content)| *typ == 22 && content[0] == 20).unwrap().1[4..].to_vec();
        forge.transcript.clear();
        forge.premaster = None;
        forge.hello.set(ext::RENEGOTIATION_INFO, &vector(1, &[&*theirs, &finished[4..]].concat()));
        forge.hello.random[0] ^= 1;
        forge.say(&[0, 0, 0, 0]).unwrap();
        match says {
            Says::WhatItWas => {
                forge.finish_from(Step::ServerHello);
                forge.send(APPLICATION_DATA, b"again").unwrap();
            }
            Says::Another => forge.hello.set(ext::RENEGOTIATION_INFO, &vector(1, &[0; 24])),
            Says::Nothing => forge.hello.remove(ext::RENEGOTIATION_INFO),
        }
        if says != Says::WhatItWas {
            let _ = forge.perform(Step::ServerHello);
        }
        let read = captured(&forge, &log).read();
        if says == Says::WhatItWas {
            assert_eq!((read.faults(), read.summary.handshakes), (vec![], 2));
            assert_eq!(read.data(), [b"realreal".to_vec(), b"forgedforgedagain".to_vec()]);
            assert_eq!(outcomes(&read.items, Check::SecureRenegotiation), [&Outcome::Verified; 2]);
            assert_eq!(outcomes(&read.items, Check::Finished), [&Outcome::Verified; 4]);
        } else {
            assert_eq!(read.faults(), [Fault::RenegotiationInfo], "{says:?}");
        }
    }
}
