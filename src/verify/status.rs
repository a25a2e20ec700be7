//! Whether a certificate was revoked, by the revocation lists at hand (RFC 5280 §6.3.3).
//!
//! Every list that may say something of a certificate is looked at. Of a series, which is of one issuer, scope and key, the
//! newest list that is in its time counts, with its delta; a certificate that any series says to be revoked is. It is good
//! if the series that say nothing of it cover every reason to revoke one between them.

use alloc::vec::Vec;
use rustls_pki_types::SignatureVerificationAlgorithm;

use super::certificate::Key;
use super::crl::{self, Crl, Listed};
use super::names::Name;
use super::revocation::{Revocation, Series};
use super::scope::{Reasons, Subject};
use super::signature::is_signed_by;
use super::window::Window;

/// The most keys of one name that are tried on a list. An issuer has two for a while, when it has got a new one.
const MAX_KEYS: usize = 8;

/// What leads from the names of lists' issuers to keys: the path builder.
pub(super) trait Signers<'c> {
    /// The `nth` key, from 0, that a certificate of this name has in a valid path. First comes that of the path at hand, if
    /// the name is on it. It is asked for the next only if a list is not signed by those before.
    fn signer(&mut self, name: Name<'_>, nth: usize) -> Option<Signer<'c>>;

    /// Takes one signature from the budget, for another key than the first. False, if it is used up.
    fn may_verify(&mut self) -> bool;
}

/// A key, of which it is known whose it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signer<'c> {
    pub(super) key: Key<'c>,
    /// §6.3.3 (f): its certificate has cRLSign, or no keyUsage at all.
    pub(super) may_sign_lists: bool,
}

/// What was found, if it is not that the certificate is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotGood {
    /// It was revoked, at this second since 1970 if that is known, as the list of this index says.
    Revoked {
        at: Option<i64>,
        list: usize,
    },
    Unknown(Unknown),
    /// The budget of signatures is used up.
    TooMuchWork,
}

/// Why it is not known whether a certificate was revoked. Of several reasons the last of these is told. `list` is the index
/// of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unknown {
    /// There is no list of its issuer.
    NoList,
    /// The lists of its issuer are for other certificates.
    OtherScope { list: usize },
    /// A list of its issuer cannot be used: the index of it among those.
    Rejected { list: usize },
    /// There is only a delta, without what it is the difference to.
    OnlyDelta { list: usize },
    /// It is not signed by a key that the issuer has in a valid path.
    OtherKey { list: usize },
    /// The certificate of its issuer has a keyUsage without cRLSign.
    MayNotSign { list: usize },
    /// It is not in force before this second since 1970.
    Future { list: usize, from: i64 },
    /// It was to be renewed by this second since 1970.
    Expired { list: usize, until: i64 },
    /// It is for some of the reasons for a revocation only.
    SomeReasons { list: usize },
}

impl Unknown {
    /// The list that it is about.
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

/// How lists are judged.
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

/// Asks for the status of the certificates of one chain, and remembers which lists are signed by which keys.
pub(super) struct Inquiry<'a, 'c> {
    revocation: &'a Revocation,
    conditions: Conditions<'a>,
    /// The index of a list, a key, and whether it has signed it.
    verified: Vec<(usize, Key<'c>, bool)>,
}

/// What was found so far.
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

impl<'a, 'c> Inquiry<'a, 'c> {
    pub(super) fn new(revocation: &'a Revocation, conditions: Conditions<'a>) -> Self {
        Self { revocation, conditions, verified: Vec::new() }
    }

    /// For how long it is known that a certificate is good.
    pub(super) fn status(&mut self, subject: &Subject<'_>, signers: &mut dyn Signers<'c>) -> Result<Window, NotGood> {
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

    /// From the newest list on.
    fn ask_series(
        &mut self,
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
            // An older list of the same key is superseded, and one that says nothing adds nothing.
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
                // What it says of a certificate that is on it stays true.
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

    /// What a list says together with its deltas (§5.2.4, §6.3.3 (c), (h), (i)), and for how long.
    fn with_deltas(
        &mut self,
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

    /// Deltas without a list that they are the difference to: what is on one was revoked all the same.
    fn ask_deltas(
        &mut self,
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

    /// The key that has signed a list; or why it does not count.
    fn signer_of(
        &mut self,
        at: usize,
        list: &Crl,
        signers: &mut dyn Signers<'c>,
    ) -> Result<Result<Key<'c>, Unknown>, NotGood> {
        let mut why = Unknown::OtherKey { list: at };
        for nth in 0..MAX_KEYS {
            let Some(signer) = signers.signer(list.issuer(), nth) else { break };
            // How many lists there are is up to whoever gives them; what a peer adds are more keys.
            let is_paid = nth == 0 || self.known(at, list, signer.key).is_some() || signers.may_verify();
            if !is_paid {
                return Err(NotGood::TooMuchWork);
            }
            if !self.is_signed(at, list, signer.key) {
                continue;
            }
            if signer.may_sign_lists {
                return Ok(Ok(signer.key));
            }
            why = Unknown::MayNotSign { list: at };
        }
        Ok(Err(why))
    }

    /// Whether a key has signed a list, as far as that is known.
    fn known(&self, at: usize, list: &Crl, key: Key<'_>) -> Option<bool> {
        let verified = self.verified.iter().find(|(other, by, _)| *other == at && by.whole == key.whole);
        let is_supported = || {
            self.conditions.algorithms.iter().any(|algorithm| {
                algorithm.signature_alg_id().as_ref() == list.signature().algorithm
                    && algorithm.public_key_alg_id().as_ref() == key.algorithm
            })
        };
        verified.map(|(_, _, signed)| *signed).or_else(|| list.known_signer(key).filter(|_| is_supported()))
    }

    fn is_signed(&mut self, at: usize, list: &Crl, key: Key<'c>) -> bool {
        if let Some(signed) = self.known(at, list, key) {
            return signed;
        }
        let signed = is_signed_by(self.conditions.algorithms, key, list.signed(), list.signature());
        self.verified.push((at, key, signed));
        list.remember_signer(key, signed);
        signed
    }

    /// §6.3.3 (a): when a list counts, if it does so now.
    fn in_time(&self, at: usize, list: &Crl) -> Result<Window, Unknown> {
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
