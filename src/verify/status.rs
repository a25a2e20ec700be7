//! Whether a certificate was revoked, according to the available revocation lists (RFC 5280 §6.3.3).
//!
//! Every list that may cover a certificate is consulted. Of a series, which has one issuer, scope and key, the newest
//! current list counts, with its delta. A certificate is revoked if any series lists it. It is good if the series that
//! do not list it cover all revocation reasons between them.

use alloc::vec::Vec;
use rustls_pki_types::SignatureVerificationAlgorithm;

use super::certificate::Key;
use super::crl::{self, Crl, Listed};
use super::names::Name;
use super::revocation::{Revocation, Series};
use super::scope::{Reasons, Subject};
use super::window::Window;

/// The maximum number of keys of one name that are tried on a list. An issuer has two for a while after changing its
/// key.
const MAX_KEYS: usize = 8;

/// Finds keys by the name of a list's issuer. The path builder implements this.
pub(super) trait Signers<'c> {
    /// Returns the `nth` key, from 0, of a certificate with this name and a valid path. The key on the current path
    /// comes first, if the name is on it. The next key is requested only if none of the previous ones signed the list.
    fn signer(&mut self, name: Name<'_>, nth: usize) -> Option<Signer<'c>>;

    /// Whether a key signed the list with this index, if that was verified before.
    fn known(&self, at: usize, key: Key<'_>) -> Option<bool>;

    /// Verifies whether a key signed the list with this index. `None` if the budget of signatures is used up.
    fn verify(&mut self, at: usize, list: &Crl, key: Key<'c>) -> Option<bool>;
}

/// A key whose owner is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signer<'c> {
    pub(super) key: Key<'c>,
    /// §6.3.3 (f): its certificate has cRLSign, or no keyUsage at all.
    pub(super) may_sign_lists: bool,
}

/// The result if the certificate is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotGood {
    /// It was revoked, at this Unix time if known, according to the list with this index.
    Revoked {
        at: Option<i64>,
        list: usize,
    },
    Unknown(Unknown),
    /// The budget of signatures is used up.
    TooMuchWork,
}

/// Why the status of a certificate is unknown. Of several reasons, the last one in this order is reported. `list` is
/// the index of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unknown {
    /// There is no list of its issuer.
    NoList,
    /// The lists of its issuer cover other certificates.
    OtherScope { list: usize },
    /// A list of its issuer cannot be used: its index among the rejected ones.
    Rejected { list: usize },
    /// There is only a delta CRL, without its base.
    OnlyDelta { list: usize },
    /// It is not signed by a key of its issuer that has a valid path.
    OtherKey { list: usize },
    /// The certificate of its issuer has a keyUsage without cRLSign.
    MayNotSign { list: usize },
    /// It is not valid before this Unix time, in seconds.
    Future { list: usize, from: i64 },
    /// Its nextUpdate was this Unix time, in seconds.
    Expired { list: usize, until: i64 },
    /// It covers only some revocation reasons.
    SomeReasons { list: usize },
}

impl Unknown {
    /// The index of the list.
    pub(super) const fn list(self) -> Option<usize> {
        match self {
            Self::NoList | Self::Rejected { .. } => None,
            Self::OtherScope { list }
            | Self::OnlyDelta { list }
            | Self::OtherKey { list }
            | Self::MayNotSign { list }
            | Self::Future { list, .. }
            | Self::Expired { list, .. }
            | Self::SomeReasons { list } => Some(list),
        }
    }
}

/// The conditions under which lists count.
#[derive(Clone, Copy)]
pub(super) struct Conditions<'a> {
    /// In seconds since 1970.
    pub(super) now: i64,
    /// Whether lists count after their nextUpdate.
    pub(super) expired: Expired,
    pub(super) algorithms: &'a [&'a dyn SignatureVerificationAlgorithm],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    Refused,
    Allowed,
}

/// Determines the status of the certificates of one path.
#[derive(Clone, Copy)]
pub(super) struct Inquiry<'a> {
    pub(super) revocation: &'a Revocation,
    pub(super) conditions: Conditions<'a>,
}

/// The results so far.
struct Findings {
    covered: Reasons,
    window: Window,
    unknown: Unknown,
}

impl Findings {
    fn note(&mut self, why: Unknown) {
        self.unknown = self.unknown.max(why);
    }
}

impl Inquiry<'_> {
    /// Returns for how long a certificate is known to be good.
    pub(super) fn status<'c>(self, subject: &Subject<'_>, signers: &mut dyn Signers<'c>) -> Result<Window, NotGood> {
        let mut findings = Findings { covered: Reasons::NONE, window: Window::ALWAYS, unknown: Unknown::NoList };
        let revocation = self.revocation;
        for series in revocation.series_for(subject.issuer) {
            let Some(first) = series.lists.first().or(series.deltas.first()) else { continue };
            let Some(list) = revocation.list(*first) else { continue };
            let reasons = list.scope().covers(list.issuer(), subject);
            if reasons != Reasons::NONE {
                self.ask_series(series, reasons, subject, signers, &mut findings)?;
            } else if list.issuer().is_same(subject.issuer) {
                findings.note(Unknown::OtherScope { list: *first });
            }
        }
        if findings.covered == Reasons::ALL {
            return Ok(findings.window);
        }
        if let Some(list) = revocation.rejected_of(subject.issuer) {
            findings.note(Unknown::Rejected { list });
        }
        Err(NotGood::Unknown(findings.unknown))
    }

    /// From the newest list to the oldest.
    fn ask_series<'c>(
        self,
        series: &Series,
        reasons: Reasons,
        subject: &Subject<'_>,
        signers: &mut dyn Signers<'c>,
        findings: &mut Findings,
    ) -> Result<(), NotGood> {
        let revocation = self.revocation;
        let mut heads: Vec<Key<'_>> = Vec::new();
        for &at in &series.lists {
            let Some(list) = revocation.list(at) else { continue };
            let listed = list.find(subject);
            // An older list of the same key is superseded.
            if !heads.is_empty() && (list.names_key() || listed.is_none()) {
                continue;
            }
            let key = match self.signer_of(at, list, signers)? {
                Ok(key) => key,
                Err(why) => {
                    findings.note(why);
                    continue;
                }
            };
            if heads.iter().any(|head| head.whole == key.whole) {
                continue;
            }
            match self.in_time(at, list) {
                Ok(window) => {
                    heads.push(key);
                    let (listed, window) = self.with_deltas(series, at, key, (listed, window), subject, signers)?;
                    revoked(listed)?;
                    findings.covered = findings.covered.or(reasons);
                    findings.window = findings.window.and(window);
                    if reasons != Reasons::ALL {
                        findings.note(Unknown::SomeReasons { list: at });
                    }
                }
                // A listed certificate stays revoked.
                Err(why) => {
                    revoked(listed.map(|listed| (at, listed)))?;
                    findings.note(why);
                }
            }
        }
        if heads.is_empty() {
            self.ask_deltas(series, subject, signers, findings)?;
        }
        Ok(())
    }

    /// The status according to a list and its deltas (§5.2.4, §6.3.3 (c), (h), (i)), and for how long it holds.
    fn with_deltas<'c>(
        self,
        series: &Series,
        base: usize,
        key: Key<'_>,
        (listed, window): (Option<Listed>, Window),
        subject: &Subject<'_>,
        signers: &mut dyn Signers<'c>,
    ) -> Result<(Option<(usize, Listed)>, Window), NotGood> {
        let revocation = self.revocation;
        let by_base = (listed.map(|listed| (base, listed)), window);
        let Some(list) = revocation.list(base) else { return Ok(by_base) };
        for &at in &series.deltas {
            let Some(delta) = revocation.list(at) else { continue };
            if crl::compare(delta.number(), list.number()).is_le() {
                break;
            }
            let in_delta = delta.find(subject);
            let time = self.in_time(at, delta).ok();
            let fits = delta.base().is_some_and(|number| crl::compare(number, list.number()).is_le());
            let counts = time.filter(|_| fits);
            if counts.is_none() && !matches!(in_delta, Some(Listed::Revoked(_))) {
                continue;
            }
            match (self.signer_of(at, delta, signers)?, in_delta, counts) {
                (Ok(_), Some(Listed::Revoked(_)), _) => return Ok((in_delta.map(|listed| (at, listed)), window)),
                (Ok(by), Some(Listed::Removed), Some(time)) if by.whole == key.whole => {
                    return Ok((None, window.and(time)));
                }
                (Ok(by), None, Some(time)) if by.whole == key.whole => return Ok((by_base.0, window.and(time))),
                _ => (),
            }
        }
        Ok(by_base)
    }

    /// Consults deltas without a base: a certificate on one is revoked anyway.
    fn ask_deltas<'c>(
        self,
        series: &Series,
        subject: &Subject<'_>,
        signers: &mut dyn Signers<'c>,
        findings: &mut Findings,
    ) -> Result<(), NotGood> {
        let revocation = self.revocation;
        for &at in &series.deltas {
            let Some(delta) = revocation.list(at) else { continue };
            findings.note(Unknown::OnlyDelta { list: at });
            match delta.find(subject) {
                Some(listed) if self.signer_of(at, delta, signers)?.is_ok() => return revoked(Some((at, listed))),
                _ => (),
            }
        }
        Ok(())
    }

    /// Returns the key that signed a list, or why the list does not count.
    fn signer_of<'c>(
        self,
        at: usize,
        list: &Crl,
        signers: &mut dyn Signers<'c>,
    ) -> Result<Result<Key<'c>, Unknown>, NotGood> {
        let mut why = Unknown::OtherKey { list: at };
        for nth in 0..MAX_KEYS {
            let Some(signer) = signers.signer(list.issuer(), nth) else { break };
            if !self.is_signed(at, list, signer.key, signers).ok_or(NotGood::TooMuchWork)? {
                continue;
            }
            if signer.may_sign_lists {
                return Ok(Ok(signer.key));
            }
            why = Unknown::MayNotSign { list: at };
        }
        Ok(Err(why))
    }

    /// Whether a key signed a list. `None` if the budget of signatures is used up.
    fn is_signed<'c>(self, at: usize, list: &Crl, key: Key<'c>, signers: &mut dyn Signers<'c>) -> Option<bool> {
        let is_supported = || {
            self.conditions.algorithms.iter().any(|algorithm| {
                algorithm.signature_alg_id().as_ref() == list.signature().algorithm
                    && algorithm.public_key_alg_id().as_ref() == key.algorithm
            })
        };
        let known = signers.known(at, key).or_else(|| list.known_signer(key).filter(|_| is_supported()));
        if known.is_some() {
            return known;
        }
        let signed = signers.verify(at, list, key)?;
        list.remember_signer(key, signed);
        Some(signed)
    }

    /// §6.3.3 (a): when a list is valid, if it is valid now.
    fn in_time(self, at: usize, list: &Crl) -> Result<Window, Unknown> {
        let Conditions { now, expired, .. } = self.conditions;
        let Window { from, until } = list.window;
        let until = if expired == Expired::Allowed { i64::MAX } else { until };
        if now < from {
            Err(Unknown::Future { list: at, from })
        } else if now > until {
            Err(Unknown::Expired { list: at, until })
        } else {
            Ok(Window { from, until })
        }
    }
}

fn revoked(listed: Option<(usize, Listed)>) -> Result<(), NotGood> {
    match listed {
        Some((list, Listed::Revoked(at))) => Err(NotGood::Revoked { at, list }),
        _ => Ok(()),
    }
}
