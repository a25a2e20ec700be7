//! The verdict on a chain.

use alloc::vec::Vec;

use super::breach::{Breach, Breaches};
use super::build::{Builder, Path, Read};
use super::certificate::{Certificate, Key, Signature};
use super::finding::{Finding, Place};
use super::leaf::{self, Named};
use super::listed::{Judge, Own};
use super::name_constraints::Budget;
use super::ocsp::{self, NoStatus, Status, Unusable};
use super::rule::Allow;
use super::settings::Settings;
use super::signature::Algorithms;
use super::store::TrustStore;
use super::text;
use super::verdict::{Basis, Verdict};
use super::walk::{Target, in_time};
use super::window::Window;
use crate::handshake::{Peer, PeerChain};

/// The maximum size of a certificate, in bytes, as in rustls-webpki. Certificates on the web have up to 8 kB.
pub(super) const MAX_CERTIFICATE: usize = 0xffff;

/// The maximum number of certificates in a chain. A message of 64 kB has no room for more usable ones, but it has room
/// for 16,000 empty ones, each of which takes a hundred times its size once parsed.
pub(super) const MAX_CERTIFICATES: usize = 256;

/// Reads the certificates of a chain.
pub(super) fn read(chain: &PeerChain) -> Vec<Read<'_>> {
    chain.certificates.iter().take(MAX_CERTIFICATES).map(|der| Certificate::parse(der)).collect()
}

/// Verifies a parsed chain against the roots of `store`.
pub(super) fn check(
    store: &TrustStore,
    settings: &Settings,
    chain: &PeerChain,
    read: &[Read<'_>],
) -> Result<Verdict, Finding> {
    if let Some(index) = chain.certificates.iter().position(|der| der.len() > MAX_CERTIFICATE) {
        return Err(Finding::TooLarge(index));
    }
    if chain.certificates.len() > MAX_CERTIFICATES {
        return Err(Finding::TooMany);
    }
    let own = match read.first() {
        None => return Err(Finding::NoCertificate),
        Some(Err(why)) => return Err(Finding::Unreadable { index: 0, why }),
        Some(Ok(own)) => own,
    };
    if let Some(root) = store.itself(own.der) {
        return trusted_itself(own, root, settings, chain);
    }
    let named = leaf::name(own, &chain.peer, &settings.allowed);
    let algorithms = algorithms(settings, chain);
    let found = by_path(store, settings, chain, read, &algorithms, named.as_ref().ok());
    let mut verdict = found.map_err(|finding| match finding {
        // The missing issuer may be the certificate that could not be parsed.
        Finding::NoIssuer(_) => unreadable(read).unwrap_or(finding),
        finding => finding,
    })?;
    // Report an error of the path before an error of the name.
    named?;
    leaf::key(own, chain, &settings.allowed)?;
    for index in read.iter().enumerate().filter(|(_, read)| read.is_err()).map(|(index, _)| index) {
        if settings.required.has(Breach::Unreadable.rule()) {
            return Err(Finding::Breaks { index, breach: Breach::Unreadable });
        }
        let mut breaches = Breaches::default();
        breaches.add(Breach::Unreadable);
        verdict.notes.push((index, breaches));
    }
    Ok(verdict)
}

/// The first certificate that cannot be parsed.
fn unreadable(read: &[Read<'_>]) -> Option<Finding> {
    let mut read = read.iter().enumerate();
    read.find_map(|(index, read)| read.as_ref().err().map(|why| Finding::Unreadable { index, why }))
}

/// Checks a certificate that is itself in the store: the caller vouches for it, whoever issued it and whatever it could
/// issue. It must still name the peer, be valid at the time, and be for this purpose.
fn trusted_itself(
    own: &Certificate<'_>,
    root: usize,
    settings: &Settings,
    chain: &PeerChain,
) -> Result<Verdict, Finding> {
    let window = in_time(Place::Sent(0), own.validity, text::seconds(chain.now))?;
    // What is trusted by itself needs no name, where there is none to compare.
    if chain.peer != Peer::UnnamedServer {
        leaf::name(own, &chain.peer, &settings.allowed)?;
    }
    if !leaf::serves(own, &chain.peer, settings) {
        return Err(Finding::Purpose(0));
    }
    leaf::key(own, chain, &settings.allowed)?;
    Ok(Verdict { window, basis: Basis::Itself { root }, notes: Vec::new() })
}

/// The algorithms that verify signatures on certificates.
fn algorithms<'c>(
    settings: &Settings,
    chain: &'c PeerChain,
) -> Vec<&'c dyn rustls_pki_types::SignatureVerificationAlgorithm> {
    let all = chain.algorithms.all();
    if settings.allowed.has(Allow::Sha1Signatures) {
        all.chain(chain.algorithms.all_by_name_only()).collect()
    } else {
        all.collect()
    }
}

/// Looks for a path to a root.
fn by_path(
    store: &TrustStore,
    settings: &Settings,
    chain: &PeerChain,
    read: &[Read<'_>],
    algorithms: Algorithms<'_>,
    named: Option<&Named>,
) -> Result<Verdict, Finding> {
    let judge = Judge { settings, algorithms, now: text::seconds(chain.now) };
    let common_name = named.and_then(|named| match named {
        Named::ByCommonName(name) => Some(name),
        Named::Well => None,
    });
    let target = Target::Peer { peer: &chain.peer, common_name };
    let mut budget = Budget::new();
    let mut stapled = Stapled::new();
    let mut builder = Builder::new(store, read, algorithms, settings);
    builder.find(0, &mut |builder, path| {
        let walked = judge.walk(builder, path, target, &mut budget)?;
        let (staple, own) = staple(builder, path, settings, chain, &mut stapled)?;
        let lists = match &settings.revocation {
            Some(revocation) => judge.lists(builder, path, revocation, own, &mut budget)?,
            None => Window::ALWAYS,
        };
        let basis = Basis::Path { certificates: path.sent.to_vec(), root: path.anchor };
        Ok(Verdict { window: walked.window.and(staple).and(lists), basis, notes: walked.notes })
    })
}

/// What the stapled response says, by the key of the issuer. Many paths can have the same key.
type Stapled<'b> = Vec<(Key<'b>, Result<Status, Unusable>)>;

/// RFC 6066 §8: a stapled response, if there is one, must be satisfactory. RFC 7633: if the certificate requires a
/// response, there must be one.
fn staple<'b>(
    builder: &mut Builder<'b>,
    path: Path<'_>,
    settings: &Settings,
    chain: &PeerChain,
    stapled: &mut Stapled<'b>,
) -> Result<(Window, Own), Finding> {
    let (Peer::Server(_) | Peer::UnnamedServer, Some(own)) =
        (&chain.peer, path.sent.first().and_then(|own| builder.certificate(*own)))
    else {
        return Ok((Window::ALWAYS, Own::Unknown));
    };
    let status = match (&chain.ocsp_response, issuer_key(builder, path)) {
        (Some(response), Some(key)) => Some(status(builder, own, key, response, chain, stapled)?),
        _ => None,
    };
    match status {
        Some(Ok(Status::Good(window))) => Ok((window, Own::Good)),
        Some(Ok(Status::Revoked(at))) => Err(Finding::Revoked(at)),
        Some(Err(why)) if !settings.allowed.has(Allow::UnusableStaple) => Err(Finding::BadStaple(why)),
        _ if own.extensions.must_staple => Err(Finding::NotStapled),
        _ => Ok((Window::ALWAYS, Own::Unknown)),
    }
}

/// The status of a certificate that `key` signed.
fn status<'b>(
    builder: &mut Builder<'b>,
    own: &Certificate<'_>,
    key: Key<'b>,
    response: &[u8],
    chain: &PeerChain,
    stapled: &mut Stapled<'b>,
) -> Result<Result<Status, Unusable>, Finding> {
    if let Some((_, known)) = stapled.iter().find(|(issuer, _)| issuer.whole == key.whole) {
        return Ok(*known);
    }
    let issuer = ocsp::Issuer { name: own.issuer, key };
    let mut verify =
        |key: Key<'_>, message: &[u8], signature: Signature<'_>| builder.is_signed(key, message, signature);
    let status = match ocsp::status(response, own, &issuer, &mut verify, text::seconds(chain.now)) {
        Ok(status) => Ok(status),
        Err(NoStatus::Unusable(why)) => Err(why),
        Err(NoStatus::TooMuchWork) => return Err(Finding::TooMuchWork),
    };
    stapled.push((key, status));
    Ok(status)
}

/// The key that signed the lowest certificate of a path.
fn issuer_key<'b>(builder: &Builder<'b>, path: Path<'_>) -> Option<Key<'b>> {
    match path.sent.get(1) {
        Some(issuer) => builder.certificate(*issuer).map(|issuer| issuer.key),
        None => builder.anchor(path.anchor)?.key(),
    }
}
