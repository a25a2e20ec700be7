//! Records connections of ours with OpenSSL, as files under `tests/vectors/`, which `tests/handshakes/replay.rs` replays with no peer.
//! Run on demand, where `openssl` is: `cargo test --test record -- --ignored`.
#![cfg(all(feature = "ring", feature = "webpki"))]

#[path = "record/failing.rs"]
mod failing;
mod support;

use std::collections::BTreeMap;

use failing::{client_receives, client_sends, server_receives, server_sends};
use support::certified::{Certified, Kind, stranger};
use support::pki::KeyKind;
use support::player::replay;
use support::psk::Psk;
use support::recorder::{Act, End, Role, Scenario, Trust, record};
use support::recording::Recording;
use support::suites;
use support::tamper::{
    Tamper, Way, announce_too_much, choose_another_suite, choose_tls_1_0, fall_back, flip_end,
    hide_extended_master_secret, hide_secure_renegotiation, lengthen, misstate_client_extensions,
    misstate_server_extensions, offer_another_suite, replace_by_close, retype, unsolicit, warn_first, zero_share,
};
use tls12::Agreement;
use tls12::crypto::{CipherSuite, KeyExchange, MacOrder, Protection};
use tls12::wire::HandshakeType;

const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const ECDHE_CBC: &str = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";
const RSA_GCM: &str = "TLS_RSA_WITH_AES_128_GCM_SHA256";
const PSK_CBC: &str = "TLS_PSK_WITH_AES_128_CBC_SHA";
const RSA_CBC: &str = "TLS_RSA_WITH_AES_128_CBC_SHA";

/// What the peer logs of our no_renegotiation.
const REFUSAL: &str = "read:warning:no_renegotiation";

#[test]
#[ignore = "rewrites tests/vectors; needs openssl"]
fn record_all() {
    let mut files = BTreeMap::new();
    let scenarios =
        [complete(), resumed(), more(), client_sends(), client_receives(), server_sends(), server_receives()];
    for scenario in scenarios.into_iter().flatten() {
        let name = format!("{}.txt", scenario.name);
        println!("{name}");
        let recording = record(scenario);
        assert_eq!(replay(&recording, usize::MAX), recording, "{name} does not replay");
        assert!(files.insert(name, recording.to_string()).is_none(), "two scenarios have the same name");
    }
    for (name, _) in Recording::all() {
        std::fs::remove_file(Recording::directory().join(name)).unwrap();
    }
    for (name, text) in files {
        std::fs::write(Recording::directory().join(name), text).unwrap();
    }
}

/// A scenario with nothing special.
fn scenario(role: Role, name: &str, about: &str) -> Scenario {
    Scenario {
        name: format!("{}-{name}", if role == Role::Client { "client" } else { "server" }),
        about: about.to_owned(),
        role,
        suites: vec![ECDHE_GCM],
        groups: vec!["x25519", "secp256r1"],
        schemes: vec!["rsa_pss_rsae_sha256", "rsa_pkcs1_sha256"],
        extended_master_secret: Agreement::Prefer,
        encrypt_then_mac: Agreement::Prefer,
        server: Certified::new(Kind::Good),
        client: None,
        psk: None,
        trust: Trust::Root,
        peer: match role {
            Role::Client => vec!["-tls1_2"],
            Role::Server => vec!["-tls1_2", "-verify_return_error"],
        },
        tamper: None,
        acts: vec![Act::Connect, Act::ToTheEnd],
        end: End::Closed,
    }
}

fn client(name: &str, about: &str) -> Scenario {
    scenario(Role::Client, name, about)
}

fn server(name: &str, about: &str) -> Scenario {
    scenario(Role::Server, name, about)
}

/// Data each way; we close first.
fn talk_and_close() -> Vec<Act> {
    let (ours, theirs) = (b"data from us".to_vec(), b"data from the peer\n".to_vec());
    vec![Act::Connect, Act::SealAndSee(ours), Act::Say(theirs), Act::Close, Act::ToTheEnd]
}

/// Data each way, and the peer closes first. `s_client` does so at a command, `s_server -rev`, which returns each line
/// backwards, when it is asked to.
fn talk_and_be_closed(role: Role) -> Vec<Act> {
    let (talk, ask) = match role {
        Role::Client => (Act::Seal(b"su morf atad\n".to_vec()), Act::Seal(b"CLOSE\n".to_vec())),
        Role::Server => (Act::Say(vec![b'z'; 299]), Act::Command("Q")),
    };
    vec![Act::Connect, talk, Act::Until("data"), ask, Act::Until("close_notify"), Act::Close, Act::ToTheEnd]
}

/// The name of a suite in the names of files.
fn lower(suite: &CipherSuite) -> String {
    suite.name.trim_start_matches("TLS_").to_lowercase()
}

/// Both roles, each suite, both MAC orders, with and without the extended master secret, each group and scheme.
fn complete() -> Vec<Scenario> {
    const GROUPS: [&str; 3] = ["x25519", "secp256r1", "secp384r1"];
    const RSA_SCHEMES: [&str; 6] = [
        "rsa_pss_rsae_sha256",
        "rsa_pkcs1_sha256",
        "rsa_pss_rsae_sha384",
        "rsa_pkcs1_sha384",
        "rsa_pss_rsae_sha512",
        "rsa_pkcs1_sha512",
    ];
    const ECDSA_SCHEMES: [&str; 3] = ["ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512"];
    /// What ring signs with a P-256 key.
    const SIGNED: &[&str] = &["ecdsa_secp256r1_sha256"];
    let mut scenarios = Vec::new();
    for role in [Role::Client, Role::Server] {
        let ecdsa = if role == Role::Client { &ECDSA_SCHEMES } else { SIGNED };
        // So that each key exchange meets every group, scheme and kind of master secret.
        let mut counts = BTreeMap::new();
        for (suite, order) in suites::recorded_with_orders() {
            let count: &mut usize = counts.entry(format!("{:?}", suite.key_exchange)).or_default();
            let i = *count;
            *count += 1;
            let name = [lower(suite), suffix(order).to_owned()].concat();
            let mut base = known_by(suite, i, scenario(role, &name, "a whole connection"));
            let we_close = i.is_multiple_of(2);
            if !we_close && role == Role::Client {
                base.peer.push("-rev");
            }
            let (groups, schemes) = match suite.key_exchange {
                // RFC 8422 §5.1: the curve of the server's key must be among the groups as well.
                KeyExchange::EcdheEcdsa => (vec![GROUPS[i % 3], "secp256r1"], vec![ecdsa[i % ecdsa.len()]]),
                _ => (vec![GROUPS[i % 3]], vec![RSA_SCHEMES[i % 6]]),
            };
            scenarios.push(Scenario {
                suites: vec![suite.name],
                groups,
                schemes,
                extended_master_secret: if i % 3 == 1 { Agreement::Never } else { Agreement::Prefer },
                encrypt_then_mac: agreement(order),
                acts: if we_close { talk_and_close() } else { talk_and_be_closed(role) },
                ..base
            });
        }
    }
    scenarios
}

/// With the server's certificate or the pre-shared key that `suite` needs. Every other server gives a hint of the key.
fn known_by(suite: &CipherSuite, i: usize, base: Scenario) -> Scenario {
    if suite.key_exchange.is_psk() {
        Scenario { psk: Some([Psk::PLAIN, Psk::HINTED][i % 2]), ..base }
    } else {
        Scenario { server: Certified::serving(suite.key_exchange), ..base }
    }
}

fn suffix(order: Option<MacOrder>) -> &'static str {
    match order {
        None => "",
        Some(MacOrder::EncryptThenMac) => "-etm",
        Some(MacOrder::MacThenEncrypt) => "-mte",
    }
}

fn agreement(order: Option<MacOrder>) -> Agreement {
    match order {
        Some(MacOrder::MacThenEncrypt) => Agreement::Never,
        _ => Agreement::Prefer,
    }
}

/// Both roles, each suite: a session that is resumed by ID and one by ticket, with a client that shows a certificate, if
/// it can, and with one that does not. RSA and P-256 clients take turns, and so do the MAC orders.
fn resumed() -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for role in [Role::Client, Role::Server] {
        for (i, suite) in suites::recorded().enumerate() {
            for (t, by) in ["id", "ticket"].into_iter().enumerate() {
                let clients: &[&str] = if suite.key_exchange.is_psk() { &[""] } else { &["", "-client_certificate"] };
                for (c, who) in clients.iter().enumerate() {
                    let is_cbc = matches!(suite.protection, Protection::Cbc(..));
                    let orders = [MacOrder::EncryptThenMac, MacOrder::MacThenEncrypt];
                    let order = is_cbc.then_some(orders[(i + t + c) % 2]);
                    let kind = [KeyKind::P256, KeyKind::Rsa][(i + t) % 2];
                    let name = format!("{}{}-resumed_by_{by}{who}", lower(suite), suffix(order));
                    let mut base = known_by(suite, i, scenario(role, &name, "a session is made, and resumed"));
                    if by == "id" {
                        base.peer.push("-no_ticket");
                    }
                    scenarios.push(Scenario {
                        suites: vec![suite.name],
                        schemes: vec!["ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256"],
                        client: (c == 1).then(|| Certified::client(kind)),
                        encrypt_then_mac: agreement(order),
                        acts: resume(),
                        ..base
                    });
                }
            }
        }
    }
    scenarios
}

/// A connection that makes a session, and one that resumes it.
fn resume() -> Vec<Act> {
    let first = [Act::Connect, Act::Close, Act::ToTheEnd, Act::Again];
    first.into_iter().chain(talk_and_close()).collect()
}

/// Connections that do not fail, though something is unusual.
fn more() -> Vec<Scenario> {
    let long = || {
        vec![Act::Connect, Act::SealAndSee(vec![7; 16_500]), Act::Say(vec![b'9'; 16_500]), Act::Close, Act::ToTheEnd]
    };
    vec![
        Scenario {
            suites: vec![ECDHE_CBC],
            acts: long(),
            ..client("long_data", "more data than one record holds, each way")
        },
        Scenario {
            suites: vec![ECDHE_GCM],
            acts: long(),
            ..server("long_data", "more data than one record holds, each way")
        },
        Scenario {
            server: Certified::new(Kind::WithIntermediate),
            acts: talk_and_close(),
            ..client("intermediate", "the server's chain has two certificates")
        },
        Scenario {
            server: Certified::new(Kind::WithIntermediate),
            acts: talk_and_close(),
            ..server("intermediate", "our chain has two certificates")
        },
        Scenario {
            trust: Trust::Verdict("trusted"),
            acts: talk_and_close(),
            ..client("verdict", "the verdict on the server's chain is an answer")
        },
        Scenario {
            peer: vec!["-tls1_2", "-verify", "1"],
            acts: talk_and_close(),
            ..client("certificate_request", "the server asks for a certificate, and does without")
        },
        Scenario {
            peer: vec!["-tls1_2", "-servername", "another.example", "-cert2", "certificate", "-key2", "key"],
            acts: talk_and_close(),
            ..client("unrecognized_name", "the server warns that it does not know the name")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::FromPeer, HandshakeType::SERVER_HELLO, warn_first)),
            acts: talk_and_close(),
            ..client("user_canceled", "the relay adds a warning before the ServerHello")
        },
        Scenario {
            tamper: Some(Tamper::message(Way::FromPeer, HandshakeType::CLIENT_HELLO, warn_first)),
            acts: talk_and_close(),
            ..server("user_canceled", "the relay adds a warning before the ClientHello")
        },
    ]
}
