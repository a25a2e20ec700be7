//! Our client with our server, in memory: every suite, group, scheme and option, and every way to cut up the messages.
#![cfg(feature = "ring")]

use std::sync::Arc;

use crate::support::forge::{Forge, HANDSHAKE, Step};
use crate::support::pair::{End, Happened, Pair};
use crate::support::pki::{KeyKind, PKI, Pinned};
use crate::support::protect::{MAX_PLAINTEXT, raw_record, split_record};
use crate::support::provider::provider;
use crate::support::suites;
use tls12::crypto::{CipherSuite, MacOrder, Protection, SUITES};
use tls12::wire::{NamedGroup, SignatureScheme};
use tls12::{
    Agreement, AlertDescription, ClientConfig, ConfigError, Credential, Error, ExternalKey, Lacking, Policy,
    SecureRenegotiation, ServerConfig,
};

const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const ECDHE_CBC: &str = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";
const RSA_GCM: &str = "TLS_RSA_WITH_AES_128_GCM_SHA256";
const RSA_CBC: &str = "TLS_RSA_WITH_AES_128_CBC_SHA";

/// A client and a server with a key of this type.
fn configs_with(kind: KeyKind, client: Policy, server: Policy) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let client =
        ClientConfig::builder_with_provider(provider(), Pinned::server_with(kind)).policy(client).build().unwrap();
    let credential = PKI.server(kind).credential(&*provider());
    let server = ServerConfig::builder_with_provider(provider(), credential).policy(server).build().unwrap();
    (client, server)
}

fn configs(client: Policy, server: Policy) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    configs_with(KeyKind::Rsa, client, server)
}

fn pair(client: Policy, server: Policy) -> Pair {
    let (client, server) = configs(client, server);
    Pair::new(client, server)
}

fn only(suite: &str) -> Policy {
    Policy::legacy().suites([CipherSuite::from_name(suite).unwrap()])
}

/// Runs the handshake, which must succeed.
#[track_caller]
fn connected(client: Policy, server: Policy) -> Pair {
    connected_with(KeyKind::Rsa, client, server)
}

#[track_caller]
fn connected_with(kind: KeyKind, client: Policy, server: Policy) -> Pair {
    let (client, server) = configs_with(kind, client, server);
    let mut pair = Pair::new(client, server);
    pair.run();
    assert_connected(&pair);
    pair
}

#[track_caller]
fn assert_connected(pair: &Pair) {
    assert_eq!((&*pair.client.log, &*pair.server.log), (&[Happened::Connected][..], &[Happened::Connected][..]));
}

/// Runs the handshake, which must fail: with this error at one end, and so that the other is told by handshake_failure.
#[track_caller]
fn assert_fails(client: Policy, server: Policy, at_client: bool, lacking: Lacking) {
    let mut pair = pair(client, server);
    pair.run();
    let failed = [Happened::Failed(Error::NothingInCommon(lacking))];
    let told = [Happened::Failed(Error::Alert(AlertDescription::HandshakeFailure))];
    let (expected_client, expected_server) = if at_client { (failed, told) } else { (told, failed) };
    assert_eq!((&*pair.client.log, &*pair.server.log), (&expected_client[..], &expected_server[..]));
}

#[test]
fn every_suite_connects_and_carries_data() {
    for suite in suites::certified() {
        let kind = KeyKind::serving(suite.key_exchange);
        let mut pair = connected_with(kind, only(suite.name), Policy::legacy());
        let sent: Vec<u8> = (0..100_000_u32).map(|i| i as u8).collect();
        pair.client.connection.seal(&sent, &mut pair.client.output).unwrap();
        pair.server.connection.seal(&sent[..7], &mut pair.server.output).unwrap();
        pair.run();
        assert!(pair.server.data == sent && pair.client.data == sent[..7], "{}", suite.name);
        for info in [pair.client.connection.info().unwrap(), pair.server.connection.info().unwrap()] {
            assert_eq!(info.suite().code, suite.code);
            assert!(info.extended_master_secret() && !info.resumed());
        }
        let shown = pair.client.connection.info().unwrap().peer_certificates();
        assert_eq!(shown, std::slice::from_ref(&PKI.server(kind).certificate));
        assert!(pair.server.connection.info().unwrap().peer_certificates().is_empty());
    }
}

/// Each suite with an implementation that shares only the primitives with ours: both roles, with all extensions and none.
#[test]
fn every_suite_connects_with_the_forge() {
    use crate::support::forge::ext::{ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET};
    let (client, server) = configs(Policy::legacy(), Policy::legacy());
    for suite in [ECDHE_GCM, ECDHE_CBC, RSA_GCM, RSA_CBC, SUITES[1].name, SUITES[3].name] {
        let suite = CipherSuite::from_name(suite).unwrap();
        for left_out in [&[][..], &[ENCRYPT_THEN_MAC], &[EXTENDED_MASTER_SECRET, ENCRYPT_THEN_MAC]] {
            for mut forge in [Forge::server(&client, suite), Forge::client(&server, suite)] {
                left_out.iter().for_each(|extension| forge.hello.remove(*extension));
                forge.connect();
                let info = forge.target.connection.info().unwrap();
                assert_eq!(info.extended_master_secret(), left_out.len() < 2);
                let order = matches!(suite.protection, Protection::Cbc(..)).then_some(match left_out {
                    [] => MacOrder::EncryptThenMac,
                    _ => MacOrder::MacThenEncrypt,
                });
                assert_eq!(info.mac_order(), order);
            }
        }
    }
}

const AGREEMENTS: [Agreement; 3] = [Agreement::Never, Agreement::Prefer, Agreement::Require];

/// What comes of what the two sides want of an extension: used or not, or which side refuses.
fn outcome(client: Agreement, server: Agreement) -> Result<bool, &'static str> {
    use Agreement::{Never, Require};
    match (client, server) {
        (Never, Require) => Err("server"),
        (Require, Never) => Err("client"),
        (Never, _) | (_, Never) => Ok(false),
        _ => Ok(true),
    }
}

/// RFC 7627 §5.2, §5.3.
#[test]
fn the_extended_master_secret_is_agreed_on() {
    for suite in [ECDHE_GCM, RSA_CBC] {
        for client in AGREEMENTS {
            for server in AGREEMENTS {
                let policies = (only(suite).extended_master_secret(client), only(suite).extended_master_secret(server));
                match outcome(client, server) {
                    Ok(used) => {
                        let pair = connected(policies.0, policies.1);
                        assert_eq!(pair.client.connection.info().unwrap().extended_master_secret(), used);
                        assert_eq!(pair.server.connection.info().unwrap().extended_master_secret(), used);
                    }
                    Err(at) => assert_fails(policies.0, policies.1, at == "client", Lacking::ExtendedMasterSecret),
                }
            }
        }
    }
}

/// RFC 7366 §2.
#[test]
fn encrypt_then_mac_is_agreed_on() {
    for suite in [ECDHE_CBC, RSA_CBC] {
        for client in AGREEMENTS {
            for server in AGREEMENTS {
                let policies = (only(suite).encrypt_then_mac(client), only(suite).encrypt_then_mac(server));
                match outcome(client, server) {
                    Ok(used) => {
                        let mut pair = connected(policies.0, policies.1);
                        let order = if used { MacOrder::EncryptThenMac } else { MacOrder::MacThenEncrypt };
                        assert_eq!(pair.client.connection.info().unwrap().mac_order(), Some(order));
                        assert_eq!(pair.server.connection.info().unwrap().mac_order(), Some(order));
                        pair.client.connection.seal(b"data", &mut pair.client.output).unwrap();
                        pair.run();
                        assert_eq!(pair.server.data, b"data");
                    }
                    Err("client") => assert_fails(policies.0, policies.1, true, Lacking::EncryptThenMac),
                    Err(_) => assert_fails(policies.0, policies.1, false, Lacking::EncryptThenMac),
                }
            }
        }
    }
}

/// RFC 7366 §3: it is for CBC suites. Who requires it takes AEADs as well, and prefers them to CBC without it.
#[test]
fn to_require_encrypt_then_mac_does_not_hinder_aeads() {
    for client in AGREEMENTS {
        for server in AGREEMENTS {
            let gcm = only(ECDHE_GCM).encrypt_then_mac(client);
            let pair = connected(gcm, only(ECDHE_GCM).encrypt_then_mac(server));
            assert_eq!(pair.client.connection.info().unwrap().mac_order(), None);
        }
    }
    let cbc_first = [ECDHE_CBC, ECDHE_GCM].map(|name| CipherSuite::from_name(name).unwrap());
    let server = Policy::default().suites(cbc_first).encrypt_then_mac(Agreement::Require);
    let pair = connected(Policy::default().encrypt_then_mac(Agreement::Never), server);
    assert_eq!(pair.server.connection.info().unwrap().suite().name, ECDHE_GCM);
}

/// RFC 8422 §4: the server's first choice that the client offers too.
#[test]
fn the_group_is_the_servers_choice_among_the_clients() {
    const X: NamedGroup = NamedGroup::X25519;
    const P256: NamedGroup = NamedGroup::SECP256R1;
    const P384: NamedGroup = NamedGroup::SECP384R1;
    let lists: [&[NamedGroup]; 7] = [&[X], &[P256], &[P384], &[X, P256], &[P256, X], &[P384, P256], &[P384, X, P256]];
    for client in lists {
        for server in lists {
            let policies = [client, server].map(|groups| only(ECDHE_GCM).groups(groups.iter().copied()));
            let [client_policy, server_policy] = policies;
            match server.iter().find(|group| client.contains(group)) {
                Some(group) => {
                    let pair = connected(client_policy, server_policy);
                    assert_eq!(pair.client.connection.info().unwrap().group(), Some(*group));
                    assert_eq!(pair.server.connection.info().unwrap().group(), Some(*group));
                }
                None => assert_fails(client_policy, server_policy, false, Lacking::Group),
            }
        }
    }
    // RFC 8422 §5.1: without a group in common no ECDHE suite is chosen; another may be.
    let pair = connected(Policy::legacy().groups([X]), Policy::legacy().groups([P256]));
    let info = pair.server.connection.info().unwrap();
    assert!(info.suite().name == RSA_GCM && info.group().is_none());
}

/// RFC 5246 §7.4.1.4.1, §7.4.3.
#[test]
fn every_signature_scheme_signs() {
    let schemes = [
        SignatureScheme::RSA_PSS_RSAE_SHA256,
        SignatureScheme::RSA_PSS_RSAE_SHA384,
        SignatureScheme::RSA_PSS_RSAE_SHA512,
        SignatureScheme::RSA_PKCS1_SHA256,
        SignatureScheme::RSA_PKCS1_SHA384,
        SignatureScheme::RSA_PKCS1_SHA512,
    ];
    for client in schemes {
        connected(only(ECDHE_GCM).signature_schemes([client]), only(ECDHE_GCM));
        for server in schemes {
            let policies = [client, server].map(|scheme| only(ECDHE_GCM).signature_schemes([scheme]));
            let [client_policy, server_policy] = policies;
            if client == server {
                let pair = connected(client_policy, server_policy);
                let told = [&pair.client, &pair.server].map(|end| end.info().signature_scheme());
                assert_eq!(told, [Some(client); 2]);
            } else {
                assert_fails(client_policy, server_policy, false, Lacking::SignatureScheme);
            }
        }
    }
}

/// RFC 5746 §3.6: our server answers, so a client that requires it is content, whatever the server's own policy says.
#[test]
fn secure_renegotiation_is_always_there_between_us() {
    for client in [SecureRenegotiation::Require, SecureRenegotiation::Tolerate] {
        for server in [SecureRenegotiation::Require, SecureRenegotiation::Tolerate] {
            connected(Policy::default().secure_renegotiation(client), Policy::default().secure_renegotiation(server));
        }
    }
}

#[test]
fn the_suite_is_the_servers_choice_among_the_clients() {
    let suites = [ECDHE_CBC, RSA_CBC, ECDHE_GCM].map(|name| CipherSuite::from_name(name).unwrap());
    for first in 0..suites.len() {
        let mut server = suites;
        server.rotate_left(first);
        let pair = connected(Policy::legacy().suites(suites), Policy::legacy().suites(server));
        assert_eq!(pair.client.connection.info().unwrap().suite(), server[0]);
    }
    assert_fails(only(RSA_CBC), only(ECDHE_GCM), false, Lacking::CipherSuite);
    assert_fails(Policy::modern(), only(ECDHE_CBC), false, Lacking::CipherSuite);
    assert_fails(Policy::default(), only(RSA_GCM), false, Lacking::CipherSuite);
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let client = |policy: Policy| {
        ClientConfig::builder_with_provider(provider(), Pinned::server()).policy(policy).build().map(|_| ())
    };
    assert_eq!(client(Policy::default().suites([])), Err(ConfigError::NoSuites));
    assert_eq!(client(Policy::default().groups([])), Err(ConfigError::NoGroups));
    assert_eq!(client(Policy::default().signature_schemes([])), Err(ConfigError::NoSchemes));
    assert_eq!(client(only(RSA_CBC).groups([]).signature_schemes([])), Ok(()));
    let group = NamedGroup(0x7777);
    assert_eq!(client(Policy::default().groups([group])), Err(ConfigError::UnsupportedGroup(group)));
    let scheme = SignatureScheme(0x7777);
    assert_eq!(client(Policy::default().signature_schemes([scheme])), Err(ConfigError::UnsupportedScheme(scheme)));

    let server = |credential: Credential, policy| {
        ServerConfig::builder_with_provider(provider(), credential).policy(policy).build().map(|_| ())
    };
    let external = |key| Credential::external(vec![PKI.server.clone()], key).unwrap();
    let schemes = vec![SignatureScheme::RSA_PKCS1_SHA256];
    let signs = || external(ExternalKey::new(schemes.clone()));
    let decrypts = || external(ExternalKey::default().with_decryption());
    assert_eq!(server(signs(), only(RSA_CBC)), Err(ConfigError::NoSuiteForKey));
    assert_eq!(server(decrypts(), only(ECDHE_GCM)), Err(ConfigError::NoSuiteForKey));
    assert_eq!(server(decrypts(), Policy::legacy()), Ok(()));
    let no_key = || ExternalKey::default();
    assert_eq!(server(external(no_key()), Policy::legacy()), Err(ConfigError::NoSuiteForKey));
    assert!(matches!(Credential::external(Vec::new(), no_key()), Err(ConfigError::NoCertificate)));
    let garbage = vec![b"no certificate".to_vec().into()];
    assert!(matches!(Credential::external(garbage, no_key()), Err(ConfigError::Certificate)));
    let key = || provider().load_private_key(PKI.server_key.clone_key().into()).unwrap();
    assert!(matches!(Credential::new(vec![PKI.root.clone()], key()), Err(ConfigError::KeyMismatch)));
    let long = vec![PKI.server.clone(); 60_000 / PKI.server.len() + 1];
    assert!(matches!(Credential::new(long, key()), Err(ConfigError::ChainTooLong)));
}

/// Puts the handshake messages of these records, which are not protected, into records of `size` bytes.
fn fragmented(records: &[u8], size: usize) -> Vec<u8> {
    let (mut out, mut messages, mut rest) = (Vec::new(), Vec::new(), records);
    let flush = |messages: &mut Vec<u8>, out: &mut Vec<u8>| {
        let fragments = messages.chunks(size).map(|fragment| raw_record(HANDSHAKE, [3, 3], fragment));
        out.extend(fragments.flatten());
        messages.clear();
    };
    let mut is_protected = false;
    while let Some((record, later)) = split_record(rest) {
        rest = later;
        if record[0] == HANDSHAKE && !is_protected {
            messages.extend(&record[5..]);
        } else {
            is_protected = true;
            flush(&mut messages, &mut out);
            out.extend(record);
        }
    }
    flush(&mut messages, &mut out);
    out
}

/// RFC 5246 §6.2.1: message boundaries are not preserved: many in one record, or one in many.
#[test]
fn messages_may_be_fragmented_at_every_size() {
    let longest = PKI.server.len() + 64;
    for suite in [ECDHE_GCM, RSA_CBC] {
        let (client, server) = configs(only(suite), only(suite));
        for size in (1..longest).chain([MAX_PLAINTEXT]) {
            let mut pair = Pair::new(Arc::clone(&client), Arc::clone(&server));
            let give = |from: &mut End, to: &mut End| {
                to.input.extend(fragmented(&std::mem::take(&mut from.output), size));
                to.run().unwrap();
            };
            for _ in 0..2 {
                give(&mut pair.client, &mut pair.server);
                give(&mut pair.server, &mut pair.client);
            }
            assert_connected(&pair);
        }
    }
}

/// The same where they are protected: Finished, the longest and the shortest way.
#[test]
fn a_finished_may_be_fragmented_at_every_size() {
    let (client, server) = configs(Policy::legacy(), Policy::legacy());
    for suite in [ECDHE_GCM, RSA_CBC] {
        let suite = CipherSuite::from_name(suite).unwrap();
        for size in 1..=16 {
            for mut forge in [Forge::server(&client, suite), Forge::client(&server, suite)] {
                forge.up_to(Step::Finished);
                let finished = forge.make(Step::Finished);
                forge.note(&finished);
                for fragment in finished.chunks(size) {
                    forge.send(HANDSHAKE, fragment).unwrap();
                }
                forge.exchange_data();
            }
        }
    }
}

/// Where records end in the input does not matter either.
#[test]
fn bytes_may_come_one_by_one() {
    for suite in [ECDHE_GCM, ECDHE_CBC, RSA_GCM, RSA_CBC] {
        let mut pair = pair(only(suite), only(suite));
        for _ in 0..2 {
            for byte in std::mem::take(&mut pair.client.output) {
                pair.server.input.push(byte);
                pair.server.run().unwrap();
            }
            for byte in std::mem::take(&mut pair.server.output) {
                pair.client.input.push(byte);
                pair.client.run().unwrap();
            }
        }
        assert_connected(&pair);
    }
}
