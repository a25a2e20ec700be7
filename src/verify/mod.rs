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
//! # let mut params = rcgen::CertificateParams::new(["a.example".to_string()])?;
//! # params.use_authority_key_identifier_extension = true;
//! # let leaf = params.signed_by(&key, &root)?.der().clone();
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
//! - A path leads to a root, and every signature on it verifies (at least 2048 bits of RSA); or the certificate is itself in
//!   the store, as a device's is that nobody else has issued.
//! - The path is valid by RFC 5280 §6.1: times, names and their constraints, path lengths, policies, purposes. What RFC 5280
//!   asks of authorities alone is noted and not refused: [`rfc5280`] has the table of both.
//! - The server's own certificate names it in its subjectAltName. The common name does not count.
//! - Its key may be used for what it is used for, where a keyUsage says so (RFC 5246 §7.4.2).
//! - An OCSP response that is stapled says that it was not revoked, and there is one where the certificate demands it.
//!
//! # What can be set
//! A [`Verifier`] made of the store has the rest:
//!
//! | to | use |
//! |---|---|
//! | trust a self-signed device | [`TrustStore::add`] its certificate, or pin it: [`Pin`], [`Verifier::pinned`] |
//! | trust it though it has expired, or its key is small | [`Pin::despite`] |
//! | trust whoever answers first, and nobody else from then on | `FirstUse` |
//! | relax one check, by its name | [`Verifier::allow`] |
//! | refuse what is only noted | [`Verifier::require`], [`Verifier::strict`] |
//! | see what is noted, and the path that was found | [`Verifier::judge`] |
//! | refuse what was revoked | [`Verifier::revocation`] |
//! | require certificate policies | [`Verifier::policies`] |
//! | accept another purpose, such as Remote Desktop's | [`Verifier::accept_purpose`] |
//! | follow more or fewer intermediates | [`Verifier::max_intermediates`] |
//! | not verify the same chain again | `Verifier::cache` |
//! | verify clients | `TrustStore::client_trust` |
//!
//! # How it works
//! `certificate` reads each certificate once. `build` finds paths: an issuer is one by its name and by its key; key
//! identifiers only order the candidates. `walk` follows each path down from the root, in the order of RFC 5280 §6.1.2 to
//! §6.1.5, with `names`, `name_constraints` and `policies`, and `listed` asks the revocation lists. A finding is made where a
//! check fails, and `words` says it to people. The work for one chain is limited: 32 signatures, 2,000 issuers that are tried,
//! and 250,000 comparisons of names.
//!
//! An error says which certificate, what was checked against what, and what to try:
//! [`CertificateError::report`](crate::CertificateError::report).

mod advice;
mod alt_names;
mod anchor;
mod breach;
mod build;
#[cfg(feature = "std")]
mod cache;
mod certificate;
mod chain;
mod crl;
mod der;
mod dns_names;
mod extensions;
mod finding;
#[cfg(feature = "std")]
mod first_use;
mod identity;
mod leaf;
mod listed;
#[cfg(test)]
mod made;
mod name_constraints;
mod names;
mod ocsp;
mod pin;
mod policies;
mod refused;
mod rejected;
mod revocation;
pub mod rfc5280;
mod rule;
mod scope;
mod server_name;
mod settings;
mod signature;
mod status;
mod store;
mod store_error;
mod strings;
mod text;
mod verdict;
mod verifier;
mod walk;
mod window;
mod words;

#[cfg(feature = "std")]
pub use first_use::FirstUse;
pub use pin::{Despite, Pin, PinError};
pub use policies::{CertificatePolicies, PolicyError};
pub use rejected::{CrlProblem, RejectedCrl};
pub use revocation::{Revocation, RevocationError, UnknownStatus};
pub use rule::{Allow, Rule};
pub use server_name::{NameError, server_name};
pub use store::TrustStore;
pub use store_error::{RejectedRoot, RootProblem, TrustStoreError};
pub use verdict::{Basis, Note, Verdict};
pub use verifier::Verifier;

use alloc::string::String;
use rustls_pki_types::CertificateDer;

/// The subject of a certificate as text for people, such as `CN=server.example, O=Example`: escaped and bounded, so that
/// it can be shown whoever wrote it. None, if the certificate cannot be read.
#[must_use]
pub fn subject(certificate: &CertificateDer<'_>) -> Option<String> {
    certificate::Certificate::parse(certificate).ok().map(|parsed| text::name(parsed.subject))
}
