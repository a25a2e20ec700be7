//! Which of several chains is shown: one whose signatures the peer verifies (RFC 5246 §7.4.2, §7.4.6); if there is none, the
//! best one anyway.
#![cfg(feature = "ring")]

use std::sync::Arc;

use crate::support::forge::{Forge, HANDSHAKE, Step};
use crate::support::hello::{Fields, ext, numbers, typ, vector};
use crate::support::pair::{End, Pair};
use crate::support::pki::{KeyKind, PKI, SERVER_NAME, now};
use crate::support::sent;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SignatureAlgorithm};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tls12::crypto::{CipherSuite, Provider, ring};
use tls12::wire::SignatureScheme;
use tls12::{
    CertificateError, ClientAuth, ClientConfig, ClientTrust, Credential, PeerChain, Policy, ServerConfig, Verified,
    VerifyPeer,
};

/// It is not about trust here.
#[derive(Debug)]
struct Anybody;

impl VerifyPeer for Anybody {
    fn verify(&self, _: &PeerChain) -> Result<Verified, CertificateError> {
        Ok(Verified::always())
    }
}

/// A P-256 key, and certificates of it by authorities that sign by these algorithms: each with its authority's own.
struct Made {
    key: KeyPair,
    issuers: Vec<CertifiedIssuer<'static, KeyPair>>,
}

impl Made {
    fn by(algorithms: &[&'static SignatureAlgorithm]) -> Self {
        let issuers = algorithms.iter().map(|algorithm| {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            CertifiedIssuer::self_signed(params, KeyPair::generate_for(algorithm).unwrap()).unwrap()
        });
        Self { key: KeyPair::generate().unwrap(), issuers: issuers.collect() }
    }

    fn credentials(&self) -> Vec<Credential> {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let key = ring::provider().load_private_key(key).unwrap();
        let issue = |issuer: &CertifiedIssuer<'_, KeyPair>| {
            let params = CertificateParams::new([SERVER_NAME.to_string()]).unwrap();
            let leaf = params.signed_by(&self.key, issuer).unwrap().der().clone();
            // The authority has signed itself, which nobody verifies.
            Credential::new(vec![leaf, issuer.der().clone()], Arc::clone(&key)).unwrap()
        };
        self.issuers.iter().map(issue).collect()
    }

    /// Which of the authorities has signed the chain.
    fn which(&self, chain: &[CertificateDer<'_>]) -> usize {
        self.issuers.iter().position(|issuer| issuer.der() == &chain[1]).unwrap()
    }
}

const SHA256: SignatureScheme = SignatureScheme::ECDSA_SHA256;
const SHA384: SignatureScheme = SignatureScheme::ECDSA_SHA384;
const ED25519: SignatureScheme = SignatureScheme::ED25519;

fn made() -> Made {
    Made::by(&[&rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ED25519])
}

/// What the peer says that it verifies, and which chain it is shown.
const CASES: [(&[SignatureScheme], usize); 6] = [
    (&[SHA384, SHA256, ED25519], 0),
    (&[SHA256, SHA384], 0),
    (&[SHA256], 1),
    (&[SHA256, ED25519], 1),
    // The leaf's key does not sign by Ed25519, but SHA-512 is none of the chains'.
    (&[SignatureScheme::ECDSA_SHA512], 0),
    (&[SignatureScheme::ECDSA_SHA512, ED25519], 2),
];

/// RFC 5246 §7.4.2: all certificates MUST be signed by a pair that the client names.
#[test]
fn a_server_shows_a_chain_that_the_client_verifies() {
    let made = made();
    for (schemes, shown) in CASES {
        let mut credentials = made.credentials().into_iter();
        let first = credentials.next().unwrap();
        let server = credentials.fold(ServerConfig::builder(first), tls12::ServerConfigBuilder::credential);
        let policy = Policy::default().signature_schemes(schemes.iter().copied());
        let client = ClientConfig::builder(Arc::new(Anybody)).policy(policy).build().unwrap();
        let mut pair =
            Pair::of(End::client(client, SERVER_NAME, None, now()), End::server(server.build().unwrap(), now()));
        pair.run();
        pair.assert_connected();
        assert_eq!(made.which(pair.client.info().peer_certificates()), shown, "{schemes:?}");
    }
}

/// RFC 8446 §4.2.3: signature_algorithms_cert takes the place of signature_algorithms for certificates.
#[test]
fn signature_algorithms_cert_is_heard() {
    let made = made();
    let mut credentials = made.credentials().into_iter();
    let first = credentials.next().unwrap();
    let server = credentials.fold(ServerConfig::builder(first), tls12::ServerConfigBuilder::credential);
    let server = server.build().unwrap();
    for (for_certificates, shown) in [(None, 1), (Some(SHA384), 0), (Some(ED25519), 2)] {
        let suite = CipherSuite::from_name("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256").unwrap();
        let mut forge = Forge::client(&server, suite);
        forge.hello.set(ext::SUPPORTED_GROUPS, &vector(2, &numbers(&[29, 23])));
        forge.hello.set(ext::SIGNATURE_ALGORITHMS, &vector(2, &numbers(&[SHA256.0])));
        if let Some(scheme) = for_certificates {
            forge.hello.set(50, &vector(2, &numbers(&[scheme.0])));
        }
        let hello = forge.hello.client();
        let mut end = End::server(Arc::clone(&server), now());
        end.input.extend([&[HANDSHAKE, 3, 1][..], &vector(2, &hello)].concat());
        end.run().unwrap();
        let body = sent::body(&end.output, typ::CERTIFICATE).unwrap();
        let mut list = Fields(&body[3..]);
        let chain = [0, 1].map(|_| CertificateDer::from(list.vector(3).to_vec()));
        assert_eq!(made.which(&chain), shown, "{for_certificates:?}");
    }
}

/// RFC 5246 §7.4.6: so does a client, by the schemes of the CertificateRequest.
#[test]
fn a_client_shows_a_chain_that_the_server_verifies() {
    let made = made();
    for (schemes, shown) in CASES {
        let client = ClientConfig::builder(Arc::new(Anybody)).credentials(made.credentials()).build().unwrap();
        let auth = ClientAuth::Require(ClientTrust::new(Arc::new(Anybody)));
        let server = ServerConfig::builder(PKI.server(KeyKind::P256).credential(&*ring::provider()));
        let policy = Policy::default().signature_schemes(schemes.iter().copied());
        let server = server.client_auth(auth).policy(policy).build().unwrap();
        let mut pair = Pair::of(End::client(client, SERVER_NAME, None, now()), End::server(server, now()));
        pair.run();
        pair.assert_connected();
        assert_eq!(made.which(pair.server.info().peer_certificates()), shown, "{schemes:?}");
    }
}

/// RFC 5246 §7.4.4: the types that a server asks for are those of the schemes that it verifies; §7.4.6: a client shows no
/// certificate of another type.
#[test]
fn the_types_of_certificates_are_those_of_the_schemes() {
    let rsa = SignatureScheme::RSA_PKCS1_SHA256;
    for (schemes, types) in [(&[rsa][..], &[1][..]), (&[rsa, SHA256], &[1, 64]), (&[rsa, ED25519], &[1, 64])] {
        let provider: Arc<dyn Provider> = ring::provider();
        let policy = Policy::default().signature_schemes(schemes.iter().copied());
        let auth = ClientAuth::Request(ClientTrust::new(Arc::new(Anybody)));
        let server = ServerConfig::builder(PKI.credential(&*provider)).policy(policy).client_auth(auth);
        let mut forge = Forge::client(
            &server.build().unwrap(),
            CipherSuite::from_name("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256").unwrap(),
        );
        forge.perform(Step::ClientHello).unwrap();
        let asked =
            |(content, message): &&(u8, Vec<u8>)| *content == HANDSHAKE && message[0] == typ::CERTIFICATE_REQUEST;
        assert_eq!(Fields(&forge.heard.iter().find(asked).unwrap().1[4..]).vector(1), types);
    }
    // One that is chosen later must fit too: the forge asks for rsa_sign only.
    let client = ClientConfig::builder(Arc::new(Anybody)).credentials_later().build().unwrap();
    let mut forge = Forge::server(&client, CipherSuite::from_name("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256").unwrap());
    forge.target.answer = Some(|need| match need {
        tls12::Need::SelectCertificate(request) => {
            let chosen = PKI.client(KeyKind::P256).credential(&*ring::provider());
            request.selected(Some(Arc::new(chosen)))
        }
        other => panic!("{other:?}"),
    });
    forge.up_to(Step::ServerHelloDone);
    forge.perform(Step::CertificateRequest).unwrap();
    forge.finish_from(Step::ServerHelloDone);
    assert!(forge.target.info().own_certificates().is_empty());
}
