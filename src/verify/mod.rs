//! Certificate verification: which peers to trust, and why a chain was refused.
//!
//! A [`TrustStore`] holds roots and verifies chains against them: path, signatures, validity, names, purpose. It
//! implements [`VerifyPeer`](crate::VerifyPeer), which you can implement yourself with one method. There is no verifier
//! that accepts every certificate.
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
//! # let algorithms = SignatureAlgorithms::from_static(webpki::ALL_VERIFICATION_ALGS, &[], &[]);
//! let store = TrustStore::from_pem(pem.as_bytes())?;
//! for rejected in store.rejected() {
//!     eprintln!("warning: {rejected}");
//! }
//!
//! // A connection calls the verifier during its handshake; this calls it directly.
//! let server = Peer::Server(ServerName::try_from("b.example")?);
//! let chain = PeerChain::new(Arc::new([leaf]), server, KeyUse::DigitalSignature, UnixTime::now(), algorithms);
//! let error = store.verify(&chain).unwrap_err();
//! assert_eq!(error.kind, CertificateErrorKind::NameMismatch);
//! assert!(error.explanation.contains("valid for a.example, but not for b.example"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is checked
//! - A path leads to a root, and every signature on it verifies (RSA keys have at least 2048 bits); or the certificate
//!   itself is in the store, such as the self-signed one of a device.
//! - The path is valid according to RFC 5280 §6.1: times, names and their constraints, path lengths, policies,
//!   purposes. Violations of rules that RFC 5280 sets for CAs only are noted, not refused: [`rfc5280`] has a table of
//!   both.
//! - The server's certificate names it in its subjectAltName. The common name is ignored.
//! - If the certificate has a keyUsage, it allows what the key is used for (RFC 5246 §7.4.2).
//! - A stapled OCSP response, if there is one, says that the certificate is not revoked; and there is one if the
//!   certificate requires it.
//!
//! # What can be set
//! A [`Verifier`] made from the store has the other settings:
//!
//! | to | use |
//! |---|---|
//! | trust a self-signed device | [`TrustStore::add`] its certificate, or pin it: [`Pin`], [`Verifier::pinned`] |
//! | trust it though it has expired, or its key is small | [`Pin::despite`] |
//! | trust the key that a server presents first, and no other from then on | `FirstUse` |
//! | relax one check, by its name | [`Verifier::allow`] |
//! | refuse violations that are only noted | [`Verifier::require`], [`Verifier::strict`] |
//! | get the notes, and the path that was found | [`Verifier::judge`] |
//! | refuse revoked certificates | [`Verifier::revocation`] |
//! | require certificate policies | [`Verifier::policies`] |
//! | accept another purpose, such as Remote Desktop's | [`Verifier::accept_purpose`] |
//! | allow more or fewer intermediates | [`Verifier::max_intermediates`] |
//! | avoid verifying the same chain again | `Verifier::cache` |
//! | verify clients | `TrustStore::client_trust` |
//!
//! # How it works
//! `certificate` parses each certificate once. `build` finds paths: an issuer is identified by its name and its key;
//! key identifiers only order the candidates. `walk` validates each path from the root down, in the order of RFC 5280
//! §6.1.2 to §6.1.5, with `names`, `name_constraints` and `policies`, and `listed` checks the revocation lists. A
//! failed check returns a finding, which `words` turns into text. The work for one chain is limited to 32 signatures,
//! 2,000 candidate issuers, and 250,000 name comparisons.
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
mod name_constraints;
mod names;
mod ocsp;
mod pin;
mod pinned;
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
#[cfg(test)]
mod test_certificates;
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

/// Returns the subject of a certificate as human-readable text, such as `CN=server.example, O=Example`. It is escaped
/// and bounded, so it is safe to display whoever wrote it. Returns `None` if the certificate cannot be parsed.
#[must_use]
pub fn subject(certificate: &CertificateDer<'_>) -> Option<String> {
    certificate::Certificate::parse(certificate).ok().map(|parsed| text::name(parsed.subject))
}
