//! The getters of a connection, a session, a credential, a policy and a configuration.
#![cfg(all(feature = "ring", feature = "std"))]

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use crate::support::pair::{End, Pair};
use crate::support::pki::{KeyKind, PKI, Pinned, SERVER_NAME, now};
use tls12::crypto::{CipherSuite, Protection, ring};
use tls12::session::{ServerMemoryStore, ServerSessionStore};
use tls12::{
    Agreement, AlertDescription, CertificateDer, ClientAuth, ClientConfig, ClientTrust, Credential, Error, ExternalKey,
    NamedGroup, Need, NewSession, Policy, PresharedKey, Role, SecureRenegotiation, ServerConfig, SignatureScheme,
    UnboundSessions, UnfitReason,
};

const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const PSK_GCM: &str = "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256";

fn suite(name: &str) -> &'static CipherSuite {
    CipherSuite::from_name(name).unwrap()
}

fn credential(kind: KeyKind) -> Credential {
    PKI.client(kind).credential(&*ring::provider())
}

fn server_credential() -> Credential {
    PKI.server(KeyKind::Rsa).credential(&*ring::provider())
}

#[test]
fn a_connection_says_where_it_stands() {
    let client = ClientConfig::builder(Pinned::server()).build().unwrap();
    let server = ServerConfig::builder(server_credential()).build().unwrap();
    let mut pair = Pair::new(client, server);
    assert_eq!((pair.client.connection.role(), pair.server.connection.role()), (Role::Client, Role::Server));
    assert!(pair.client.connection.is_handshaking() && pair.server.connection.is_handshaking());
    pair.run();
    for end in [&pair.client, &pair.server] {
        assert!(!end.connection.is_handshaking() && !end.connection.peer_closed() && end.connection.error().is_none());
    }
    pair.client.connection.close(&mut pair.client.output);
    pair.run();
    assert!(pair.server.connection.peer_closed() && !pair.client.connection.peer_closed());

    // A ServerHello is not what a server awaits; the role is known after the error too.
    pair.server.output.clear();
    let mut failed = End::server(ServerConfig::builder(server_credential()).build().unwrap(), now());
    failed.input = vec![22, 3, 3, 0, 4, 2, 0, 0, 0];
    let error = failed.run().unwrap_err();
    assert_eq!(error.alert(), Some(AlertDescription::UnexpectedMessage));
    assert_eq!((failed.connection.error(), failed.connection.role()), (Some(&error), Role::Server));
    assert!(!failed.connection.is_handshaking());
}

/// The sessions that a server was given to keep.
#[derive(Debug)]
struct Watched(ServerMemoryStore, Mutex<Vec<Vec<u8>>>);

impl ServerSessionStore for Watched {
    fn find(&self, id: &[u8], now: tls12::UnixTime) -> Option<tls12::session::ServerSession> {
        self.0.find(id, now)
    }

    fn keep(&self, id: &[u8], session: tls12::session::ServerSession, now: tls12::UnixTime) {
        self.1.lock().unwrap().push(id.to_vec());
        self.0.keep(id, session, now);
    }

    fn forget(&self, id: &[u8]) {
        self.0.forget(id);
    }
}

/// So that the sessions of one client can be taken out of a store.
#[test]
fn sessions_say_whose_they_are() {
    let store = Arc::new(Watched(ServerMemoryStore::new(NonZeroUsize::new(8).unwrap()), Mutex::default()));
    let server = ServerConfig::builder(server_credential())
        .client_auth(ClientAuth::Request(ClientTrust::new(Arc::new(Anybody))))
        .session_store(Arc::clone(&store) as _)
        .no_tickets()
        .build()
        .unwrap();
    let mut sessions = Vec::new();
    for kind in [Some(KeyKind::Rsa), Some(KeyKind::P256), None] {
        let client = ClientConfig::builder(Pinned::server()).credentials(kind.map(credential)).build().unwrap();
        let mut pair = Pair::new(client, Arc::clone(&server));
        pair.run();
        pair.assert_connected();
        sessions.push(pair.client.client_session());
    }
    let ids = store.1.lock().unwrap().clone();
    let kept: Vec<_> = ids.iter().map(|id| store.0.find(id, now()).unwrap()).collect();
    let own = |kind| PKI.client(kind).certificate.clone();
    assert_eq!(kept[0].peer_certificates(), [own(KeyKind::Rsa)]);
    assert_eq!(kept[1].peer_certificates(), [own(KeyKind::P256)]);
    assert!(kept[2].peer_certificates().is_empty());
    for (ours, theirs) in kept.iter().zip(&sessions) {
        assert_eq!((ours.server_name(), theirs.server_name()), (Some(SERVER_NAME), Some(SERVER_NAME)));
        assert_eq!((ours.suite(), theirs.suite()), (theirs.suite(), ours.suite()));
        assert_eq!((ours.created(), theirs.created()), (now(), now()));
        assert_eq!((ours.psk_identity(), theirs.psk_identity()), (None, None));
        assert_eq!(theirs.peer_certificates(), [PKI.server(KeyKind::Rsa).certificate.clone()]);
    }
    // The client with the RSA key is locked out.
    store.0.retain(|session| session.peer_certificates().first() != Some(&own(KeyKind::Rsa)));
    let left: Vec<bool> = ids.iter().map(|id| store.0.find(id, now()).is_some()).collect();
    assert_eq!(left, [false, true, true]);
}

#[test]
fn sessions_say_which_identity_they_are_of() {
    let psk = || PresharedKey::new(b"meter 17", tls12::crypto::Secret::new(b"sixteen bytes...".to_vec())).unwrap();
    let client = ClientConfig::builder_with_psk_only(ring::provider()).preshared_key(psk()).build().unwrap();
    let server = ServerConfig::builder_with_psk_only(ring::provider()).preshared_keys([psk()]).session_store_later();
    let mut pair = Pair::new(client, server.no_tickets().build().unwrap());
    pair.run();
    pair.assert_connected();
    let NewSession::Server { session, .. } = pair.server.sessions.pop().unwrap() else { panic!("no server's session") };
    let known = Some(&b"meter 17"[..]);
    assert_eq!((session.psk_identity(), pair.client.client_session().psk_identity()), (known, known));
    assert_eq!(session.suite(), suite(PSK_GCM));
}

#[derive(Debug)]
struct Anybody;

impl tls12::VerifyPeer for Anybody {
    fn verify(&self, _: &tls12::PeerChain) -> Result<tls12::Verified, tls12::CertificateError> {
        Ok(tls12::Verified::always())
    }
}

#[test]
fn a_credential_says_what_it_is_and_whether_it_fits() {
    let rsa = credential(KeyKind::Rsa);
    assert_eq!(rsa.certificates(), [PKI.client(KeyKind::Rsa).certificate.clone()]);
    assert_eq!(rsa.private_key().unwrap().public_key(), rsa.public_key());
    assert!(rsa.external_key().is_none());
    let schemes = [SignatureScheme::RSA_PSS_RSAE_SHA256];
    let elsewhere = Credential::external(rsa.certificates().to_vec(), ExternalKey::new(schemes)).unwrap();
    assert_eq!(elsewhere.external_key().unwrap().schemes, schemes);
    assert!(elsewhere.private_key().is_none() && elsewhere.public_key() == rsa.public_key());

    // A server that takes ECDSA by one scheme, of one authority.
    let p256 = credential(KeyKind::P256);
    let unfit = |names: Vec<Vec<u8>>, policy: Policy, credential: &Credential| {
        let auth = ClientAuth::Request(ClientTrust::new(Arc::new(Anybody)).authorities(names));
        let server = ServerConfig::builder(server_credential()).policy(policy).client_auth(auth).build().unwrap();
        let client = ClientConfig::builder(Pinned::server()).credentials_later().build().unwrap();
        let mut pair = Pair::new(Arc::clone(&client), server);
        pair.run();
        match pair.client.pending.take() {
            Some(Need::SelectCertificate(request)) => credential.unfit_for(&request, &client),
            other => panic!("{other:?}"),
        }
    };
    let all = Policy::default().suites([suite(ECDHE_GCM)]);
    let rsa_only = all.clone().signature_schemes([SignatureScheme::RSA_PSS_RSAE_SHA256]);
    let other = vec![0x30, 11, 0x31, 9, 0x30, 7, 6, 3, 0x55, 4, 3, 0x0c, 0];
    assert_eq!(unfit(Vec::new(), all.clone(), &p256), None);
    assert_eq!(unfit(vec![PKI.root_name()], all.clone(), &p256), None);
    assert_eq!(unfit(vec![other], all, &p256), Some(UnfitReason::Authority));
    assert!(matches!(
        unfit(Vec::new(), rsa_only.clone(), &p256),
        Some(UnfitReason::SignatureScheme | UnfitReason::KeyType)
    ));
    assert_eq!(unfit(Vec::new(), rsa_only, &rsa), None);
}

#[test]
fn policies_say_what_they_allow() {
    let aead = |suite: &CipherSuite| matches!(suite.protection, Protection::Aead(_));
    assert!(Policy::modern().allowed_suites().all(|suite| aead(suite) && suite.key_exchange.is_ephemeral()));
    assert!(Policy::default().allowed_suites().any(|suite| !aead(suite)));
    let policy = Policy::default();
    assert_eq!((policy.allowed_groups(), policy.allowed_signature_schemes()), (None, None));
    assert_eq!(policy.extended_master_secret_agreement(), Agreement::Prefer);
    assert_eq!(policy.secure_renegotiation_rule(), SecureRenegotiation::Require);
    assert_eq!(policy.unbound_sessions_rule(), UnboundSessions::Refuse);
    let legacy = Policy::legacy();
    assert_eq!(legacy.secure_renegotiation_rule(), SecureRenegotiation::Tolerate);
    assert_eq!(legacy.unbound_sessions_rule(), UnboundSessions::Resume);
    let mine = legacy
        .suites([suite(PSK_GCM), suite(ECDHE_GCM)])
        .groups([NamedGroup::SECP384R1])
        .signature_schemes([SignatureScheme::ED25519])
        .extended_master_secret(Agreement::Require)
        .encrypt_then_mac(Agreement::Never);
    assert!(mine.allowed_suites().eq([suite(PSK_GCM), suite(ECDHE_GCM)]));
    assert_eq!(mine.allowed_groups(), Some(&[NamedGroup::SECP384R1][..]));
    assert_eq!(mine.allowed_signature_schemes(), Some(&[SignatureScheme::ED25519][..]));
    assert_eq!(mine.extended_master_secret_agreement(), Agreement::Require);
    assert_eq!(mine.encrypt_then_mac_agreement(), Agreement::Never);
}

#[test]
fn configurations_say_what_they_are_of() {
    let policy = Policy::default().suites([suite(ECDHE_GCM)]).groups([NamedGroup::X25519]);
    let provider = ring::provider();
    let client = ClientConfig::builder_with_provider(Arc::clone(&provider), Pinned::server())
        .policy(policy.clone())
        .alpn_protocols(["h2", "http/1.1"])
        .credentials([credential(KeyKind::P256), credential(KeyKind::Rsa)])
        .build()
        .unwrap();
    assert!(Arc::ptr_eq(client.provider(), &provider));
    assert!(client.suites().eq([suite(ECDHE_GCM)]) && client.policy().allowed_suites().eq(client.suites()));
    assert_eq!(client.groups(), [NamedGroup::X25519]);
    assert!(client.signature_schemes().contains(&SignatureScheme::ED25519));
    assert!(client.alpn_protocols().eq([&b"h2"[..], b"http/1.1"]));
    let shown: Vec<&[CertificateDer<'_>]> = client.credentials().iter().map(|one| one.certificates()).collect();
    assert_eq!(shown, [KeyKind::P256, KeyKind::Rsa].map(|kind| [PKI.client(kind).certificate.clone()]));
    assert!(client.session_store().is_some());
    let bare = client.to_builder().no_session_store().credentials_later().build().unwrap();
    assert!(bare.session_store().is_none() && bare.credentials().is_empty());

    let server = ServerConfig::builder(server_credential()).policy(policy).alpn_protocols(["h2"]).build().unwrap();
    assert!(server.suites().eq([suite(ECDHE_GCM)]) && server.alpn_protocols().eq([&b"h2"[..]]));
    assert!(server.credentials().map(|one| one.certificates()).eq([[PKI.server(KeyKind::Rsa).certificate.clone()]]));
    assert!(matches!(server.client_auth(), ClientAuth::None));
}

/// What was set holds in the configuration that is derived, and what is set anew replaces it.
#[test]
fn one_configuration_is_derived_from_another() {
    let client = ClientConfig::builder(Pinned::server()).alpn_protocols(["h2"]).session_context(*b"context");
    let client = client.credentials([credential(KeyKind::P256)]).build().unwrap();
    let server = ServerConfig::builder(server_credential())
        .alpn_protocols(["h2", "http/1.1"])
        .client_auth(ClientAuth::Require(ClientTrust::new(Arc::new(Anybody))))
        .build()
        .unwrap();
    let mut first = Pair::new(Arc::clone(&client), Arc::clone(&server));
    first.run();
    first.assert_connected();
    assert_eq!(first.client.info().alpn_protocol(), Some(&b"h2"[..]));

    // The same again, as a copy: the client's certificate is asked for and shown, the session is resumed.
    let mut copy = Pair::of(
        End::client(client.to_builder().build().unwrap(), SERVER_NAME, Some(first.client.client_session()), now()),
        End::server(server.to_builder().build().unwrap(), now()),
    );
    copy.run();
    copy.assert_connected();
    assert!(copy.client.info().resumed() && copy.server.info().resumed());
    assert_eq!(copy.server.peer(), &PKI.client(KeyKind::P256).certificate);

    // With one thing changed.
    let spoken = client.to_builder().alpn_protocols(["http/1.1"]).build().unwrap();
    let mut changed = Pair::new(spoken, server.to_builder().client_auth(ClientAuth::None).build().unwrap());
    changed.run();
    changed.assert_connected();
    assert_eq!(changed.client.info().alpn_protocol(), Some(&b"http/1.1"[..]));
    assert!(changed.server.info().peer_certificates().is_empty());
    let silent = client.to_builder().credentials([]).build().unwrap();
    let mut refused = Pair::new(silent, server);
    refused.run();
    assert!(matches!(refused.server.failure(), Some(Error::Certificate(_))), "{:?}", refused.server.log);
}
