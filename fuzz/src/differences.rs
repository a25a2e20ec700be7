//! Our verdict beside webpki's on the same certificates. `tests/differential` does the same with OpenSSL, and with chains
//! that are signed; here they are found by coverage.

use rustls_pki_types::{CertificateDer, ServerName};
use tls12::verify::Verifier;
use tls12::{CertificateError, CertificateErrorKind as Kind, KeyUse, Peer, PeerChain, VerifyPeer};
use webpki::Error;

use crate::chains::Input;
use crate::mode::{SERVER_NAME, now};
use crate::provider::ALGORITHMS;

/// Asks both about a server.
///
/// # Panics
/// If one accepts and the other does not, and no rule says why.
pub fn compare(input: &Input<'_>) {
    let Some(own) = input.chain.first() else { return };
    let ours = our_verdict(input, &input.chain);
    let mut theirs = their_verdict(input, &input.chain);
    if let (Ok(()), Err(_)) = (&ours, &theirs) {
        // Of several paths, webpki reports the error that says most, which may be that of another path than ours.
        theirs = their_verdict(input, &needed(input));
    }
    let why = match (&ours, &theirs) {
        (Ok(()), Err(_)) if input.roots.contains(own) => {
            Some("a certificate that is itself in the store is trusted as it is")
        }
        (Ok(()), Err(Error::NameConstraintViolation)) if has_directory_names(input) => {
            Some("constraints on directory names are compared with them; to webpki any is a violation")
        }
        (Ok(()), Err(error)) => only_we_accept(error),
        (Err(error), Ok(())) if error.kind == Kind::UnknownIssuer && !input.store.rejected().is_empty() => {
            Some("webpki reads less of a root, and takes one that we do not")
        }
        (Err(error), Ok(())) => only_webpki_accepts(error),
        _ => return,
    };
    assert!(why.is_some(), "we: {ours:?}, webpki: {theirs:?}");
}

fn our_verdict(input: &Input<'_>, chain: &[CertificateDer<'static>]) -> Result<(), CertificateError> {
    let peer = Peer::Server(ServerName::try_from(SERVER_NAME).unwrap());
    let chain = PeerChain::new(chain.into(), peer, KeyUse::DigitalSignature, now(), ALGORITHMS);
    Verifier::new(input.store.clone()).verify(&chain).map(drop)
}

fn their_verdict(input: &Input<'_>, chain: &[CertificateDer<'static>]) -> Result<(), Error> {
    let (own, others) = chain.split_first().unwrap();
    let anchors: Vec<_> = input.roots.iter().filter_map(|root| webpki::anchor_from_trusted_cert(root).ok()).collect();
    let known = ALGORITHMS;
    let algorithms: Vec<_> = known.all().collect();
    let own = webpki::EndEntityCert::try_from(own)?;
    own.verify_for_usage(&algorithms, &anchors, others, now(), webpki::KeyUsage::server_auth(), None, None)?;
    own.verify_is_valid_for_subject_name(&ServerName::try_from(SERVER_NAME).unwrap())
}

/// The chain without the certificates that are on none of our paths, or on one of several.
fn needed(input: &Input<'_>) -> Vec<CertificateDer<'static>> {
    let mut chain = input.chain.to_vec();
    for at in (1..chain.len()).rev() {
        let mut without = chain.clone();
        without.remove(at);
        if our_verdict(input, &without).is_ok() {
            chain = without;
        }
    }
    chain
}

/// Whether a certificate has one that is no issuer's or subject's: in its constraints, or beside its DNS names.
fn has_directory_names(input: &Input<'_>) -> bool {
    /// The tag of directoryName, and of the Name in it (RFC 5280 §4.2.1.6).
    const DIRECTORY_NAME: u8 = 0xa4;
    const SEQUENCE: u8 = 0x30;
    let is_one = |bytes: &[u8]| matches!(bytes, [DIRECTORY_NAME, _, SEQUENCE, _]);
    input.chain.iter().chain(&input.roots).any(|certificate| certificate.windows(4).any(is_one))
}

/// Why we accept what webpki does not.
fn only_we_accept(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::UnknownIssuer => "names are compared by RFC 5280 §7.1, and of anchors less is read",
        Error::UnsupportedCriticalExtension => {
            "policies are processed (RFC 5280 §6.1.3 (d)), and identifiers are known"
        }
        Error::CaUsedAsEndEntity => "an authority's certificate as a peer's is a note",
        Error::BadDerTime => "times before 1970 are times",
        Error::TrailingData(_) => "unique identifiers are read",
        Error::RequiredEkuNotFoundContext(_) => "anyExtendedKeyUsage restricts nothing (RFC 5280 §4.2.1.12)",
        Error::ExtensionValueInvalid | Error::BadDer => "an extension that is not needed need not be readable",
        _ => return None,
    })
}

/// Why we do not accept what webpki does.
fn only_webpki_accepts(error: &CertificateError) -> Option<&'static str> {
    let says = |words| error.explanation.contains(words);
    Some(match error.kind {
        Kind::Malformed => "certificates are read in one strict pass",
        Kind::Constraint if says("policy") => "webpki knows no policies",
        Kind::Constraint if says("pathLenConstraint") => {
            "an anchor's path length holds, and self-issued ones do not count"
        }
        Kind::Constraint => "names of all forms are held against constraints (RFC 5280 §6.1.3 (b), (c))",
        Kind::Expired | Kind::NotYetValid if says("your root") => "an anchor's validity holds",
        Kind::WrongPurpose if says("keyUsage") => "keyUsage holds (RFC 5280 §6.1.4 (n), RFC 5246 §7.4.2)",
        Kind::UnknownIssuer if says("but not as an issuer") => "what is trusted itself is no authority",
        Kind::UnknownIssuer if says("cannot be a root") => "certificates are read in one strict pass",
        Kind::UnsupportedAlgorithm => "a peer's key must be one that signs, and keys have a size",
        Kind::BadStatusResponse | Kind::RevocationUnknown => "a certificate may demand a staple (RFC 7633)",
        _ => return None,
    })
}
