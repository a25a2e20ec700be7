//! Each provider with the others: handshakes and records between each two, with every suite, group and type of key; and
//! signatures by every scheme, made by one and verified by the other. For published vectors see
//! `tests/crypto/crypto_vectors.rs`, which `TLS12_PROVIDER` runs with another provider.
#![cfg(all(feature = "ring", feature = "webpki", feature = "std", any(feature = "aws-lc-rs", feature = "rustcrypto")))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::sync::Arc;

use rustls_pki_types::PrivateKeyDer;
use support::pair::Pair;
use support::pki::{KeyKind, PKI};
use support::suites;
use tls12::crypto::{CipherSuite, MacOrder, Protection, Provider, ring};
use tls12::verify::TrustStore;
use tls12::wire::NamedGroup;
use tls12::{Agreement, ClientAuth, ClientConfig, ClientTrust, Policy, ServerConfig};

type Named = (&'static str, Arc<dyn Provider>);

fn providers() -> Vec<Named> {
    vec![
        ("ring", ring::provider()),
        #[cfg(feature = "aws-lc-rs")]
        ("aws-lc-rs", tls12::crypto::aws_lc_rs::provider()),
        #[cfg(feature = "rustcrypto")]
        ("rustcrypto", tls12::crypto::rustcrypto::provider()),
    ]
}

/// Every two of them, in both orders, but for ring with itself: that is what all other tests are of.
fn pairs() -> Vec<(Named, Named)> {
    let all = providers();
    let pairs = all.iter().flat_map(|one| all.iter().map(move |other| (one.clone(), other.clone())));
    pairs.filter(|(one, other)| [one.0, other.0] != ["ring", "ring"]).collect()
}

/// A handshake with both sides' certificates, and data both ways.
fn connect(client: &Named, server: &Named, policy: &Policy, kind: KeyKind) {
    let roots = || Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap());
    let client_config = ClientConfig::builder_with_provider(Arc::clone(&client.1), roots())
        .policy(policy.clone())
        .credentials([PKI.client(kind).credential(&*client.1)]);
    let server_config =
        ServerConfig::builder_with_provider(Arc::clone(&server.1), PKI.server(kind).credential(&*server.1))
            .policy(policy.clone())
            .client_auth(ClientAuth::Require(ClientTrust::new(roots())));
    let mut pair = Pair::new(client_config.build().unwrap(), server_config.build().unwrap());
    pair.run();
    assert!(
        pair.client.is_connected() && pair.server.is_connected(),
        "{} to {} with {policy:?}, {kind:?}: {:?}, {:?}",
        client.0,
        server.0,
        pair.client.log,
        pair.server.log
    );
    for len in [0, 1, 1000, 40_000] {
        pair.exchange_data(len);
    }
}

fn kind_for(suite: &CipherSuite) -> KeyKind {
    KeyKind::serving(suite.key_exchange)
}

#[test]
fn every_suite_works_between_every_two() {
    for (client, server) in pairs() {
        for suite in suites::certified() {
            let orders = match suite.protection {
                Protection::Cbc(..) => &[MacOrder::MacThenEncrypt, MacOrder::EncryptThenMac][..],
                _ => &[MacOrder::MacThenEncrypt],
            };
            for order in orders {
                let policy = Policy::legacy().suites([suite]).encrypt_then_mac(match order {
                    MacOrder::MacThenEncrypt => Agreement::Never,
                    MacOrder::EncryptThenMac => Agreement::Require,
                });
                connect(&client, &server, &policy, kind_for(suite));
            }
        }
    }
}

#[test]
fn every_group_and_type_of_key_works_between_every_two() {
    let groups = [NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1, NamedGroup::SECP521R1];
    for (client, server) in pairs() {
        let offered: Vec<_> = client.1.groups().iter().map(|group| group.name()).collect();
        assert_eq!(offered, groups, "{}", client.0);
        for group in groups {
            // The curves of keys must be offered too.
            let others = groups.into_iter().filter(|other| *other != group);
            let policy = Policy::default().groups(std::iter::once(group).chain(others));
            for kind in KeyKind::ALL {
                connect(&client, &server, &policy, kind);
            }
        }
    }
}

#[test]
fn what_one_signs_the_other_verifies() {
    for (signer, verifier) in pairs() {
        for kind in KeyKind::ALL {
            let load = |named: &Named| {
                let key = PrivateKeyDer::Pkcs8(PKI.server(kind).key.clone_key());
                named.1.load_private_key(key).unwrap()
            };
            let (key, other) = (load(&signer), load(&verifier));
            assert_eq!((key.public_key(), key.schemes()), (other.public_key(), other.schemes()), "{kind:?}");
            for scheme in key.schemes() {
                let mut signature = key.sign(*scheme, b"message").unwrap();
                let context = format!("{} to {}, {kind:?} by {scheme:?}", signer.0, verifier.0);
                let verify = |message: &[u8], signature: &[u8]| {
                    key.public_key().verifies(&*verifier.1, *scheme, message, signature)
                };
                verify(b"message", &signature).unwrap_or_else(|error| panic!("{context}: {error:?}"));
                assert!(verify(b"another", &signature).is_err(), "{context}");
                *signature.last_mut().unwrap() ^= 1;
                assert!(verify(b"message", &signature).is_err(), "{context}");
            }
        }
    }
}

/// The same algorithms in the same order, so that what is accepted and preferred does not depend on the provider.
#[test]
fn all_verify_by_the_same_algorithms() {
    let described = |provider: &Arc<dyn Provider>| {
        let algorithms = provider.signature_algorithms();
        let of = |a: &dyn rustls_pki_types::SignatureVerificationAlgorithm| {
            (a.public_key_alg_id().as_ref().to_vec(), a.signature_alg_id().as_ref().to_vec())
        };
        let schemes = algorithms.schemes().chain(algorithms.schemes_by_name_only());
        let by_scheme: Vec<_> =
            schemes.map(|scheme| (scheme, algorithms.of_scheme(scheme).map(of).collect::<Vec<_>>())).collect();
        (algorithms.all().map(of).collect::<Vec<_>>(), by_scheme)
    };
    let expected = described(&ring::provider());
    for (name, provider) in providers() {
        assert_eq!(described(&provider), expected, "{name}");
    }
}

/// Forms of keys that some libraries read and nobody may use in TLS: RFC 8422 §5.4.1 and §5.1.2, RFC 8017 §A.1.1.
#[test]
fn keys_have_one_form() {
    let compressed = {
        use p256::elliptic_curve::sec1::ToSec1Point;
        let key = p256::SecretKey::from_slice(&[7; 32]).unwrap();
        key.public_key().to_sec1_point(true).as_bytes().to_vec()
    };
    for (name, provider) in providers() {
        for group in provider.groups() {
            let share = || group.start(provider.random()).unwrap();
            let own = share().public_key().to_vec();
            assert!(share().agree(&own).is_ok(), "{name}, {:?}", group.name());
            for wrong in [&[][..], &own[1..], &[&own[..], &[0]].concat(), &vec![0; own.len()], &compressed] {
                assert!(share().agree(wrong).is_err(), "{name}, {:?}: {wrong:?}", group.name());
            }
        }
    }
}
