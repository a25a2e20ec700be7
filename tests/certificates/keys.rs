//! Handshakes with keys of every type on either side, every group and every signature scheme: certificates made by `rcgen`,
//! verified by `verify::TrustStore`.
#![cfg(all(feature = "ring", feature = "webpki"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::sync::Arc;

use crate::support::forge::{Forge, ext};
use crate::support::hello::{Fields, Hello};
use crate::support::pair::{Happened, Pair};
use crate::support::pki::{KeyKind, PKI, now};
use rustls_pki_types::{CertificateDer, ServerName};
use tls12::crypto::{CipherSuite, ring};
use tls12::verify::{TrustStore, Verifier};
use tls12::wire::{NamedGroup, SignatureScheme};
use tls12::{
    CertificateErrorKind, ClientAuth, ClientConfig, ClientTrust, ConfigError, Error, KeyUse, Lacking, Peer, PeerChain,
    Policy, ServerConfig, VerifyPeer,
};

fn trust() -> Arc<dyn VerifyPeer> {
    Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap())
}

fn client(policy: Policy) -> Arc<ClientConfig> {
    ClientConfig::builder(trust()).policy(policy).build().unwrap()
}

fn server(kind: KeyKind, policy: Policy) -> Arc<ServerConfig> {
    build_server(kind, policy).unwrap()
}

fn build_server(kind: KeyKind, policy: Policy) -> Result<Arc<ServerConfig>, ConfigError> {
    let credential = PKI.server(kind).credential(&*ring::provider());
    ServerConfig::builder(credential).policy(policy).build()
}

/// The pair at its end.
fn run(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> Pair {
    let mut pair = Pair::new(client, server);
    pair.run();
    pair
}

#[track_caller]
fn connected(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> Pair {
    let pair = run(client, server);
    let (client, server) = (&pair.client, &pair.server);
    assert!(client.is_connected() && server.is_connected(), "{:?} {:?}", client.log, server.log);
    pair
}

/// The server refuses, since the two sides lack this.
#[track_caller]
fn refused(client: Arc<ClientConfig>, server: Arc<ServerConfig>, lacking: Lacking) {
    let pair = run(client, server);
    assert_eq!(pair.server.log, [Happened::Failed(Error::NothingInCommon(lacking))]);
    assert!(!pair.client.is_connected());
}

#[test]
fn servers_with_every_type_of_key() {
    for kind in KeyKind::ALL {
        let pair = connected(client(Policy::default()), server(kind, Policy::default()));
        let info = pair.client.connection.info().unwrap();
        assert_eq!(info.peer_certificates(), [PKI.server(kind).certificate.clone()], "{kind:?}");
    }
}

#[test]
fn clients_with_every_type_of_key() {
    for kind in KeyKind::ALL {
        let credential = PKI.client(kind).credential(&*ring::provider());
        let client = ClientConfig::builder(trust()).credentials([credential]).build().unwrap();
        let server = ServerConfig::builder(PKI.credential(&*ring::provider()))
            .client_auth(ClientAuth::Require(ClientTrust::new(trust())))
            .build()
            .unwrap();
        let pair = connected(client, server);
        let info = pair.server.connection.info().unwrap();
        assert_eq!(info.peer_certificates(), [PKI.client(kind).certificate.clone()], "{kind:?}");
    }
}

/// RFC 5246 §7.4.8: the client signs by a scheme that the server takes, on whichever curve its key is; where the server takes
/// several, by that whose hash fits the curve.
#[test]
fn ecdsa_keys_sign_with_the_hash_that_the_peer_takes() {
    use SignatureScheme as S;
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::P521] {
        for hash in [S::ECDSA_SHA256, S::ECDSA_SHA384, S::ECDSA_SHA512, S::ECDSA_SHA1] {
            let policy = Policy::default().signature_schemes([hash]);
            let credential = PKI.client(kind).credential(&*ring::provider());
            let client = ClientConfig::builder(trust()).policy(policy.clone()).credentials([credential]);
            let own = PKI.server(KeyKind::P256).credential(&*ring::provider());
            let server =
                ServerConfig::builder(own).policy(policy).client_auth(ClientAuth::Require(ClientTrust::new(trust())));
            let pair = connected(client.build().unwrap(), server.build().unwrap());
            assert_eq!(pair.client.info().signature_scheme(), Some(hash));
        }
    }
    let fitting = [S::ECDSA_SHA256, S::ECDSA_SHA384, S::ECDSA_SHA512];
    for (kind, scheme) in [KeyKind::P256, KeyKind::P384, KeyKind::P521].into_iter().zip(fitting) {
        let pair = connected(client(Policy::default()), server(kind, Policy::default()));
        assert_eq!(pair.client.info().signature_scheme(), Some(scheme));
        let named = connected(client(Policy::default()), server(kind, Policy::default().signature_schemes(fitting)));
        assert_eq!(named.client.info().signature_scheme(), Some(S::ECDSA_SHA256), "as the policy says");
    }
}

/// In certificates every curve goes with every hash: here they are OpenSSL's.
#[test]
fn chains_signed_on_every_curve_with_every_hash() {
    for made in crate::made_by_openssl::CURVES {
        let (root, leaves) = made.certificates();
        let store = TrustStore::from_der([root]).unwrap();
        let verifier = Verifier::new(store);
        assert_eq!(leaves.len(), 3);
        for leaf in leaves {
            let verdict = |leaf: CertificateDer<'static>| {
                let server = Peer::Server(ServerName::try_from("a.example").unwrap());
                let algorithms = ring::provider().signature_algorithms();
                verifier.verify(&PeerChain::new(Arc::from([leaf]), server, KeyUse::DigitalSignature, now(), algorithms))
            };
            assert_eq!(verdict(leaf.clone()).map(drop), Ok(()));
            // The signature is the last thing in a certificate.
            let mut changed = leaf.to_vec();
            *changed.last_mut().unwrap() ^= 1;
            assert_eq!(verdict(changed.into()).unwrap_err().kind, CertificateErrorKind::BadSignature);
        }
    }
}

#[test]
fn every_group() {
    for group in [NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1, NamedGroup::SECP521R1] {
        let policy = || Policy::default().groups([group]);
        let pair = connected(client(policy()), server(KeyKind::Rsa, Policy::default()));
        assert_eq!(pair.server.connection.info().unwrap().group(), Some(group));
        let pair = connected(client(Policy::default()), server(KeyKind::Rsa, policy()));
        assert_eq!(pair.client.connection.info().unwrap().group(), Some(group));
    }
}

/// What each type of key signs by, and by no other. RFC 5246 §7.4.1.4.1 does not tie the hash to the curve of an ECDSA key.
#[test]
fn every_scheme() {
    use SignatureScheme as S;
    let rsa = [
        S::RSA_PSS_RSAE_SHA256,
        S::RSA_PSS_RSAE_SHA384,
        S::RSA_PSS_RSAE_SHA512,
        S::RSA_PKCS1_SHA256,
        S::RSA_PKCS1_SHA384,
        S::RSA_PKCS1_SHA512,
        S::RSA_PKCS1_SHA1,
    ];
    let ecdsa = [S::ECDSA_SHA256, S::ECDSA_SHA384, S::ECDSA_SHA512, S::ECDSA_SHA1];
    for kind in KeyKind::ALL {
        let own = match kind {
            KeyKind::Rsa => &rsa[..],
            KeyKind::P256 | KeyKind::P384 | KeyKind::P521 => &ecdsa,
            KeyKind::Ed25519 => &[S::ED25519],
        };
        for scheme in rsa.into_iter().chain(ecdsa).chain([S::ED25519]) {
            let policy = || Policy::default().signature_schemes([scheme]);
            if own.contains(&scheme) {
                connected(client(policy()), server(kind, policy()));
            } else {
                let own = Policy::default().signature_schemes(own.iter().copied());
                refused(client(policy()), server(kind, own), Lacking::SignatureScheme);
                assert_eq!(build_server(kind, policy()).err(), Some(ConfigError::NoSuiteForKey));
            }
        }
    }
}

/// RFC 8422 §5.1.1: the curve of an ECDSA key must be among those that the client lists; Ed25519 is none of them.
#[test]
fn a_key_on_a_curve_that_the_client_does_not_list_is_not_used() {
    let groups = [NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1, NamedGroup::SECP521R1];
    for (kind, curve) in [
        (KeyKind::P256, NamedGroup::SECP256R1),
        (KeyKind::P384, NamedGroup::SECP384R1),
        (KeyKind::P521, NamedGroup::SECP521R1),
    ] {
        let others = groups.into_iter().filter(|group| *group != curve);
        refused(client(Policy::default().groups(others)), server(kind, Policy::default()), Lacking::Certificate);
        let with_curve = Policy::default().groups([NamedGroup::X25519, curve]);
        connected(client(with_curve), server(kind, Policy::default()));
    }
    for kind in [KeyKind::Ed25519, KeyKind::Rsa] {
        connected(client(Policy::default().groups([NamedGroup::X25519])), server(kind, Policy::default()));
    }
}

/// Most preferred first, and none with SHA-1.
#[test]
fn what_is_offered_by_default() {
    let suite = CipherSuite::from_name("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256").unwrap();
    let offered = |policy| -> [Vec<usize>; 2] {
        let hello: Hello = Forge::server(&client(policy), suite).their_hello.unwrap();
        [ext::SUPPORTED_GROUPS, ext::SIGNATURE_ALGORITHMS].map(|extension| {
            let mut list = Fields(Fields(hello.extension(extension).unwrap()).vector(2));
            std::iter::from_fn(|| (!list.0.is_empty()).then(|| list.number(2))).collect()
        })
    };
    for policy in [Policy::modern(), Policy::default(), Policy::legacy()] {
        let [groups, schemes] = offered(policy);
        assert_eq!(groups, [29, 23, 24, 25]);
        assert_eq!(schemes, [0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601]);
    }
    let [_, schemes] = offered(Policy::default().signature_schemes([SignatureScheme::RSA_PKCS1_SHA1]));
    assert_eq!(schemes, [0x0201]);
}

/// It takes both sides to name it.
#[test]
fn sha1_is_used_only_where_a_policy_names_it() {
    let named = || Policy::default().signature_schemes([SignatureScheme::RSA_PKCS1_SHA1]);
    connected(client(named()), server(KeyKind::Rsa, named()));
    refused(client(named()), server(KeyKind::Rsa, Policy::default()), Lacking::SignatureScheme);
    refused(client(Policy::default()), server(KeyKind::Rsa, named()), Lacking::SignatureScheme);
    // 0x0101 is rsa_pkcs1_md5.
    let unknown = SignatureScheme(0x0101);
    let error = ClientConfig::builder(trust()).policy(Policy::default().signature_schemes([unknown])).build();
    assert_eq!(error.err(), Some(ConfigError::UnsupportedScheme(unknown)));
}

/// RFC 5246 §7.4.1.4.1: a client that names no schemes means SHA-1.
#[test]
fn a_client_that_names_no_schemes_is_served_with_sha1_if_the_policy_names_it() {
    let suite = CipherSuite::from_name("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256").unwrap();
    let policies =
        [(Policy::default().signature_schemes([SignatureScheme::RSA_PKCS1_SHA1]), true), (Policy::default(), false)];
    for (policy, served) in policies {
        let mut forge = Forge::client(&server(KeyKind::Rsa, policy), suite);
        forge.scheme = SignatureScheme::RSA_PKCS1_SHA1;
        forge.hello.remove(ext::SIGNATURE_ALGORITHMS);
        if served {
            forge.connect();
        } else {
            let first = forge.flow()[0];
            assert_eq!(forge.perform(first), Err(Error::NothingInCommon(Lacking::SignatureScheme)));
        }
    }
}
