//! Both stacks return the same verdict, in the same words, and a refusal causes no fallback.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::client::danger::ServerCertVerifier;
use rustls::version::{TLS12, TLS13};
use rustls_pki_types::UnixTime;
use tls12::io::both::{Connector, RustlsVerifier, Stack, certificate_error};
use tls12::verify::{FirstUse, Pin, TrustStore, Verifier};
use tls12::{
    CertificateError, CertificateErrorKind, ChainLimit, ClientConfig, PeerChain, Policy, Verified, VerifyPeer,
};

use crate::peers::Server;
use crate::support::pki::{KeyKind, PKI, Pki};
use crate::{connect, dial, name, roots};

/// Connects to a server of TLS 1.3, and to an old one with the same certificate.
fn both_refuse(verifier: &Arc<dyn VerifyPeer>, server_name: &'static str, kind: CertificateErrorKind, words: &str) {
    let servers = (Server::openssl(&["-tls1_3"]), Server::openssl(&["-tls1_2", "-cipher", "AES128-SHA"]));
    let (Some(new), Some(old)) = servers else { return };
    let config = ClientConfig::builder(Arc::clone(verifier)).policy(Policy::legacy()).build().unwrap();
    let connector = Connector::new(&config).unwrap();
    let fallbacks = connector.fallbacks();
    let refused = |server: &Server| {
        let address = server.address;
        connector.connect_with(server_name.try_into().unwrap(), address.port(), || dial(address)).unwrap_err()
    };
    let modern = refused(&new);
    assert_eq!((modern.stack(), connector.fallbacks() - fallbacks), (Some(Stack::Rustls), 0), "{modern}");
    let ancient = refused(&old);
    // The fallback came before the certificate.
    assert_eq!((ancient.stack(), connector.fallbacks() - fallbacks), (Some(Stack::Tls12), 1), "{ancient}");
    let [of_rustls, of_tls12] = [&modern, &ancient].map(|error| error.certificate_error().unwrap());
    assert_eq!((of_rustls.kind, of_tls12.kind), (kind, kind));
    assert_eq!(of_rustls.to_string(), of_tls12.to_string());
    assert_eq!(modern.error().to_string(), ancient.error().to_string());
    assert!(of_rustls.to_string().contains(words), "{of_rustls}");
    let causes = |error: &tls12::CertificateError| error.details.as_ref().map(|details| details.causes.clone());
    assert_eq!(causes(of_rustls), causes(of_tls12));
    assert!(of_rustls.report().to_string().contains("certificate 1 of 1"), "{}", of_rustls.report());
}

#[test]
fn another_name_is_refused_alike() {
    let verifier: Arc<dyn VerifyPeer> = roots();
    both_refuse(&verifier, "other.example", CertificateErrorKind::NameMismatch, "other.example");
}

#[test]
fn an_unknown_root_is_refused_alike() {
    let root = Pki::new("another root").root;
    let verifier: Arc<dyn VerifyPeer> = Arc::new(TrustStore::from_der([root]).unwrap());
    both_refuse(&verifier, "server.example", CertificateErrorKind::UnknownIssuer, "another root");
}

#[test]
fn another_pin_is_refused_alike() {
    let pin = Pin::certificate(&PKI.server(KeyKind::P256).certificate);
    let verifier: Arc<dyn VerifyPeer> = Arc::new(Verifier::pinned([pin]).unwrap());
    both_refuse(&verifier, "server.example", CertificateErrorKind::NotPinned, "");
}

#[test]
fn a_chain_that_is_too_long_is_refused_alike() {
    let servers = (Server::openssl(&["-tls1_3"]), Server::openssl(&["-tls1_2", "-cipher", "AES128-SHA"]));
    let (Some(new), Some(old)) = servers else { return };
    let mut limit = ChainLimit::default();
    limit.bytes = 100;
    let config = crate::client().chain_limit(limit).build().unwrap();
    let connector = Connector::new(&config).unwrap();
    let [of_rustls, of_tls12] = [new, old].map(|server| connect(&connector, server.address).unwrap_err());
    for (error, stack) in [(&of_rustls, Stack::Rustls), (&of_tls12, Stack::Tls12)] {
        let verdict = error.certificate_error().unwrap();
        assert_eq!((error.stack(), verdict.kind), (Some(stack), CertificateErrorKind::ChainTooLong));
        assert!(verdict.to_string().contains("the limit here is 100 of 100 bytes"), "{verdict}");
    }
    assert_eq!(of_rustls.error().to_string(), of_tls12.error().to_string());
}

/// The key that rustls saw first is the one that this crate expects.
#[test]
fn trust_on_first_use_is_common_to_both() {
    let servers = (Server::openssl(&["-tls1_3"]), Server::openssl(&["-tls1_2", "-cipher", "AES128-SHA"]));
    let (Some(new), Some(old)) = servers else { return };
    let first_use: Arc<dyn VerifyPeer> = Arc::new(FirstUse::default());
    let config = ClientConfig::builder(Arc::clone(&first_use)).policy(Policy::legacy()).build().unwrap();
    let connector = Connector::new(&config).unwrap();
    let info = crate::converse(connect(&connector, new.address).unwrap());
    assert_eq!(info.stack, Stack::Rustls);
    // Before the old server is met, so that only the new one can have shown the key.
    let other = RustlsVerifier::new(first_use);
    let certificate = &PKI.server(KeyKind::P256).certificate;
    let refused = other.verify_server_cert(certificate, &[], &name(), &[], UnixTime::now()).unwrap_err();
    assert!(certificate_error(&refused).is_some(), "{refused}");
    assert_eq!(crate::converse(connect(&connector, old.address).unwrap()).stack, Stack::Tls12);
}

/// Trusts everything, except in these of its verdicts, counted from 0.
#[derive(Debug)]
struct Moody {
    refuses: Range<usize>,
    verdicts: AtomicUsize,
}

impl VerifyPeer for Moody {
    fn verify(&self, _: &PeerChain) -> Result<Verified, CertificateError> {
        let verdict = self.verdicts.fetch_add(1, Ordering::Relaxed);
        match self.refuses.contains(&verdict) {
            true => Err(CertificateError::new(CertificateErrorKind::Revoked, "in the meantime")),
            false => Ok(Verified::default()),
        }
    }
}

/// rustls resumes a session without a verdict. We make up for it, and make a full handshake if it is a refusal.
#[test]
fn the_chain_of_a_resumed_session_is_verified_again() {
    for versions in [&[&TLS13][..], &[&TLS12]] {
        let address = Server::rustls(versions).address;
        for (refuses, expected) in [(9..10, Some(true)), (1..2, Some(false)), (1..9, None)] {
            let verifier = Arc::new(Moody { refuses: refuses.clone(), verdicts: AtomicUsize::new(0) });
            let connector = Connector::new(&ClientConfig::builder(verifier.clone()).build().unwrap()).unwrap();
            assert!(!crate::converse(connect(&connector, address).unwrap()).resumed);
            assert_eq!(verifier.verdicts.load(Ordering::Relaxed), 1);
            let second = connect(&connector, address);
            assert_eq!(second.as_ref().map(|stream| stream.info().resumed).ok(), expected, "{refuses:?}");
            if let Err(error) = second {
                assert_eq!(error.certificate_error().unwrap().kind, CertificateErrorKind::Revoked);
                assert_eq!((error.stack(), connector.fallbacks()), (Some(Stack::Rustls), 0));
            }
            let verdicts = if expected == Some(true) { 2 } else { 3 };
            assert_eq!(verifier.verdicts.load(Ordering::Relaxed), verdicts, "{refuses:?}");
        }
    }
}
