//! Certificate verification: whom to trust, and what is wrong when the answer is no.
//!
//! A [`TrustStore`] holds roots and verifies chains against them: path, signatures, validity, names, purpose. It is a
//! [`VerifyPeer`](crate::VerifyPeer); a verifier of your own is one method. None that accepts everything is offered.
//!
//! ```
//! # use std::sync::Arc;
//! # use tls12::crypto::SignatureAlgorithms;
//! use rustls_pki_types::{ServerName, UnixTime};
//! use tls12::verify::TrustStore;
//! use tls12::{CertificateErrorKind, KeyUse, Peer, PeerChain, VerifyPeer};
//!
//! # let key = rcgen::KeyPair::generate()?;
//! # let mut params = rcgen::CertificateParams::default();
//! # params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
//! # params.distinguished_name.push(rcgen::DnType::CommonName, "Example Root");
//! # let root = rcgen::CertifiedIssuer::self_signed(params, key)?;
//! # let pem = root.pem();
//! # let key = rcgen::KeyPair::generate()?;
//! # let leaf = rcgen::CertificateParams::new(["a.example".to_string()])?.signed_by(&key, &root)?.der().clone();
//! # let algorithms = SignatureAlgorithms { all: webpki::ALL_VERIFICATION_ALGS, by_scheme: &[], by_name_only: &[] };
//! let store = TrustStore::from_pem(pem.as_bytes())?;
//! for rejected in store.rejected() {
//!     eprintln!("warning: {rejected}");
//! }
//!
//! // A connection asks this in its handshake; here it is asked by hand.
//! let server = Peer::Server(ServerName::try_from("b.example")?);
//! let chain = PeerChain::new(Arc::new([leaf]), server, KeyUse::DigitalSignature, UnixTime::now(), algorithms);
//! let error = store.verify(&chain).unwrap_err();
//! assert_eq!(error.kind, CertificateErrorKind::NameMismatch);
//! assert!(error.explanation.contains("valid for a.example; you asked for b.example"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is checked
//! - A path leads to a root, and every signature on it verifies (at least 2048 bits of RSA).
//! - Every certificate on it is valid at the time given. The root's own validity is not looked at: it is trusted for
//!   being in the store (RFC 5280 §6.1.1).
//! - Every issuer on it is a CA (basicConstraints, and keyCertSign if it has a keyUsage), within path length and name
//!   constraints; roots are checked for this when they are added.
//! - Where certificates have an extendedKeyUsage, it allows serverAuth; where the peer's own has a keyUsage, it allows
//!   what the key is used for (RFC 5246 §7.4.2).
//! - The peer's own certificate names the server in its subjectAltName. The common name is not looked at.
//!
//! Revocation is not checked.

mod certificate;
mod chain;
mod explain;
mod finding;
mod store;
mod text;

pub use store::{RejectedRoot, RootProblem, TrustStore, TrustStoreError};

use alloc::string::String;
use rustls_pki_types::CertificateDer;

/// The subject of a certificate as text for people, such as `CN=server.example, O=Example`: escaped and bounded, so that
/// it can be shown whoever wrote it. None, if the certificate cannot be read.
#[must_use]
pub fn subject(certificate: &CertificateDer<'_>) -> Option<String> {
    certificate::parse(certificate).map(|parsed| text::name(parsed.subject()))
}
