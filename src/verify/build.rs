//! Finds paths from a certificate to the trust anchors, one at a time, until one is valid: depth first, the most likely
//! issuer first, within one budget.
//!
//! An issuer is identified by its name and its key: a path continues only if the signature verifies. Key identifiers
//! order the candidates and decide nothing (RFC 5280 §4.2.1.1: they are "a means of identifying the public key").
//! [`walk`](super::walk) checks everything else about a path.

use alloc::vec::Vec;

use super::anchor::{Anchor, Issues};
use super::certificate::{Certificate, Key, Signature};
use super::finding::{Finding, Place};
use super::rule::Allow;
use super::settings::Settings;
use super::signature::{self, Algorithms, MIN_RSA_BITS, SMALL_RSA_BITS, Unsigned};
use super::store::TrustStore;

/// The maximum number of signatures that are verified to find a path, on the certificates themselves, a stapled OCSP
/// response and the certificates of its responders: twice as many as a path of the default length has, plus a few for
/// issuers of the same name. Verifying one P-521 signature takes longer than a whole handshake, so
/// this is lower than the limit of 100 in rustls-webpki and Go.
const MAX_SIGNATURES: usize = 32;
/// The maximum number of candidate issuers that are tried for one chain, whether their key matches or not.
const MAX_STEPS: usize = 2_000;
/// The cost of validating a path that leads to a root, in steps.
const STEPS_OF_A_WALK: usize = 20;
/// The maximum number of bytes of names in the peer's certificates that are compared character by character, because
/// they are not identical byte for byte: this takes about as long as verifying the maximum number of signatures.
const MAX_WRITTEN: usize = 1 << 20;

/// A certificate of the chain, as far as it can be read.
pub(super) type Read<'a> = Result<Certificate<'a>, super::der::Fault>;

/// A path that leads to a trust anchor.
#[derive(Clone, Copy)]
pub(super) struct Path<'p> {
    /// The indices of its certificates in the chain, from the lowest to the one that the anchor issued.
    pub(super) sent: &'p [usize],
    /// The index of the anchor.
    pub(super) anchor: usize,
}

/// Looks for paths.
pub(super) struct Builder<'b> {
    pub(super) store: &'b TrustStore,
    pub(super) chain: &'b [Read<'b>],
    algorithms: Algorithms<'b>,
    max_intermediates: usize,
    /// The smallest RSA key that may have signed anything, in bits.
    least_bits: usize,
    signatures: usize,
    steps: usize,
    written: usize,
    /// Signatures that were verified: the index of the certificate, the key, and the result.
    verified: Vec<(usize, Key<'b>, Result<(), Unsigned>)>,
    /// The index of a revocation list, a key, and whether the key signed the list.
    lists: Vec<(usize, Key<'b>, bool)>,
}

/// How likely an issuer is to be the right one, most likely first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Likeness {
    /// Its name is identical, and it has the wanted key identifier.
    Identified,
    /// Its name is identical, and one of the two has no key identifier.
    Named,
    /// Its name is identical, but it has a different key identifier.
    OtherKey,
    /// Its name matches according to RFC 5280 §7.1, but is encoded differently.
    Written,
}

/// The search in progress for one certificate.
struct Search<'s, 'b, T> {
    path: Vec<usize>,
    /// Judges a path that has been found.
    judge: &'s mut dyn FnMut(&mut Builder<'b>, Path<'_>) -> Result<T, Finding>,
    /// What was wrong with the first path that led to an anchor.
    refused: Option<Finding>,
    /// The longest path that led to no anchor, and what was wrong at its end.
    ended: Option<(Vec<usize>, Finding)>,
}

impl<'b> Builder<'b> {
    pub(super) fn new(
        store: &'b TrustStore,
        chain: &'b [Read<'b>],
        algorithms: Algorithms<'b>,
        settings: &Settings,
    ) -> Self {
        let takes_small_keys = settings.allowed.has(Allow::SmallRsaKeys);
        Self {
            store,
            chain,
            algorithms,
            max_intermediates: settings.max_intermediates,
            least_bits: if takes_small_keys { SMALL_RSA_BITS } else { MIN_RSA_BITS },
            // A longer path that the caller allows may use as many as it has.
            signatures: MAX_SIGNATURES.max(settings.max_intermediates.saturating_mul(2)),
            steps: MAX_STEPS,
            written: MAX_WRITTEN,
            verified: Vec::new(),
            lists: Vec::new(),
        }
    }

    /// Returns the first path from the certificate at `index` that `judge` accepts, or what was wrong with the most
    /// likely one.
    pub(super) fn find<T>(
        &mut self,
        index: usize,
        judge: &mut dyn FnMut(&mut Self, Path<'_>) -> Result<T, Finding>,
    ) -> Result<T, Finding> {
        let mut search = Search { path: Vec::with_capacity(4), judge, refused: None, ended: None };
        search.path.push(index);
        match self.extend(&mut search)? {
            Some(found) => Ok(found),
            None => Err(match (search.refused, search.ended) {
                (Some(finding), _) => finding,
                (None, Some((path, finding))) => self.issued_by_trusted(&path).unwrap_or(finding),
                (None, None) => Finding::NoIssuer(index),
            }),
        }
    }

    pub(super) fn certificate(&self, index: usize) -> Option<&'b Certificate<'b>> {
        self.chain.get(index)?.as_ref().ok()
    }

    pub(super) fn anchor(&self, index: usize) -> Option<&'b Anchor> {
        self.store.anchors.get(index)
    }

    /// Whether `key` signed `message`: of an OCSP response, or of a responder's certificate. `None` if the budget is
    /// used up.
    pub(super) fn is_signed(&mut self, key: Key<'_>, message: &[u8], signature: Signature<'_>) -> Option<bool> {
        self.take_signature()?;
        Some(signature::is_signed_by(self.algorithms, key, message, signature))
    }

    /// Whether `key` signed the revocation list with this index, if that is known.
    pub(super) fn signer_of_list(&self, list: usize, key: Key<'_>) -> Option<bool> {
        let known = self.lists.iter().find(|(other, by, _)| *other == list && by.whole == key.whole);
        known.map(|(_, _, signed)| *signed)
    }

    /// Verifies whether `key` signed the revocation list with this index. `None` if the budget is used up.
    pub(super) fn verify_list(
        &mut self,
        list: usize,
        key: Key<'b>,
        message: &[u8],
        signature: Signature<'_>,
    ) -> Option<bool> {
        // The caller determines the number of lists; a peer can only add keys, so all but the first are limited.
        if self.lists.iter().any(|(other, _, _)| *other == list) {
            self.take_signature()?;
        }
        let signed = signature::is_signed_by(self.algorithms, key, message, signature);
        self.lists.push((list, key, signed));
        Some(signed)
    }

    /// Takes a signature from the budget. `None` if none is left.
    fn take_signature(&mut self) -> Option<()> {
        self.signatures = self.signatures.checked_sub(1)?;
        Some(())
    }

    /// Looks for issuers of the last certificate on the path. An error ends the search.
    fn extend<T>(&mut self, search: &mut Search<'_, 'b, T>) -> Result<Option<T>, Finding> {
        let (Some(&last), length) = (search.path.last(), search.path.len()) else { return Ok(None) };
        let Some(child) = self.certificate(last) else { return Ok(None) };
        let mut unsigned = None;
        for likeness in [Likeness::Identified, Likeness::Named, Likeness::OtherKey, Likeness::Written] {
            for (index, anchor) in self.store.anchors.iter().enumerate() {
                let is_like = anchor.issues == Issues::Yes
                    && is_like(child, anchor.name().whole, anchor.subject_key.as_deref(), likeness);
                let Some(key) = anchor.key().filter(|_| is_like) else { continue };
                match self.signed(last, key)? {
                    Ok(()) => {
                        self.spend(STEPS_OF_A_WALK)?;
                        let path = Path { sent: &search.path, anchor: index };
                        match (search.judge)(self, path) {
                            Ok(found) => return Ok(Some(found)),
                            Err(Finding::TooMuchWork) => return Err(Finding::TooMuchWork),
                            Err(finding) => _ = search.refused.get_or_insert(finding),
                        }
                    }
                    Err(why) => _ = unsigned.get_or_insert((Place::Root(index), why)),
                }
            }
            for (index, issuer) in self.chain.iter().enumerate() {
                let Ok(issuer) = issuer else { continue };
                let is_other = issuer.subject.whole != child.issuer.whole;
                if likeness == Likeness::Written && is_other {
                    let bytes = issuer.subject.whole.len().min(child.issuer.whole.len());
                    self.written = self.written.checked_sub(bytes).ok_or(Finding::TooMuchWork)?;
                }
                if !is_like(child, issuer.subject.whole, issuer.extensions.subject_key, likeness)
                    || self.repeats(&search.path, issuer)
                {
                    continue;
                }
                match self.signed(last, issuer.key)? {
                    Ok(()) if length > self.max_intermediates => {
                        search.end(Finding::TooLong { limit: self.max_intermediates });
                    }
                    Ok(()) => {
                        search.path.push(index);
                        let found = self.extend(search)?;
                        search.path.pop();
                        if found.is_some() {
                            return Ok(found);
                        }
                    }
                    Err(why) => _ = unsigned.get_or_insert((Place::Sent(index), why)),
                }
            }
        }
        search.end(match unsigned {
            Some((by, why)) => Finding::NotSigned { index: last, by, why },
            None => Finding::NoIssuer(last),
        });
        Ok(None)
    }

    /// Whether an anchor that is only trusted itself issued a certificate of the path.
    fn issued_by_trusted(&mut self, path: &[usize]) -> Option<Finding> {
        for &index in path.iter().rev() {
            let issuer = self.certificate(index)?.issuer.whole;
            for (anchor, trusted) in self.store.anchors.iter().enumerate() {
                let is_named = trusted.issues != Issues::Yes && trusted.name().whole == issuer;
                let Some(key) = trusted.key().filter(|_| is_named) else { continue };
                if self.signed(index, key).ok()?.is_ok() {
                    return Some(Finding::IssuedByTrusted { index, anchor });
                }
            }
        }
        None
    }

    /// Whether a certificate of the path has the same name and key: a path that goes through both is good only if the
    /// one without what is between them is.
    fn repeats(&self, path: &[usize], issuer: &Certificate<'_>) -> bool {
        let mut on_path = path.iter().filter_map(|index| self.certificate(*index));
        on_path.any(|other| other.key.whole == issuer.key.whole && other.subject.whole == issuer.subject.whole)
    }

    fn spend(&mut self, steps: usize) -> Result<(), Finding> {
        self.steps = self.steps.checked_sub(steps).ok_or(Finding::TooMuchWork)?;
        Ok(())
    }

    /// Whether `key` has signed the certificate at `index`. Each pair is verified once.
    fn signed(&mut self, index: usize, key: Key<'b>) -> Result<Result<(), Unsigned>, Finding> {
        self.spend(1)?;
        let known = self.verified.iter().find(|(child, by, _)| *child == index && by.whole == key.whole);
        if let Some((_, _, result)) = known {
            return Ok(*result);
        }
        let Some(child) = self.certificate(index) else { return Ok(Err(Unsigned::Mismatch)) };
        self.take_signature().ok_or(Finding::TooMuchWork)?;
        let mut result = signature::verify(self.algorithms, &key, child.signed, &child.signature);
        // A provider for small keys accepts them; the caller must have allowed them by name as well.
        if let (Ok(()), Some(bits)) = (result, key.rsa_bits().filter(|bits| *bits < self.least_bits)) {
            result = Err(Unsigned::SmallKey(bits));
        }
        self.verified.push((index, key, result));
        Ok(result)
    }
}

impl<T> Search<'_, '_, T> {
    /// Records that the path leads to no anchor. The longest such path is reported, the first among equals.
    fn end(&mut self, finding: Finding) {
        if self.ended.as_ref().is_none_or(|(longest, _)| self.path.len() > longest.len()) {
            self.ended = Some((self.path.clone(), finding));
        }
    }
}

/// Whether the owner of this name and key identifier is like the issuer of `child` in this way.
fn is_like(child: &Certificate<'_>, name: &[u8], subject_key: Option<&[u8]>, likeness: Likeness) -> bool {
    if name != child.issuer.whole {
        return likeness == Likeness::Written && child.issuer.is_same(super::names::Name { whole: name });
    }
    let wanted = child.extensions.authority_key;
    match likeness {
        Likeness::Identified => wanted.is_some() && wanted == subject_key,
        Likeness::Named => wanted.is_none() || subject_key.is_none(),
        Likeness::OtherKey => wanted.is_some() && subject_key.is_some() && wanted != subject_key,
        Likeness::Written => false,
    }
}
