//! Checks the certificates of a path against the revocation lists (RFC 5280 §6.1.3 (a) (3), §6.3).

use alloc::string::ToString;

use super::build::{Builder, Path};
use super::certificate::{Certificate, Key};
use super::crl::Crl;
use super::finding::Finding;
use super::name_constraints::Budget;
use super::names::Name;
use super::revocation::Revocation;
use super::rule::Allow;
use super::scope::Subject;
use super::settings::Settings;
use super::signature::Algorithms;
use super::status::{Conditions, Expired, Inquiry, NotGood, Signer, Signers, Unknown};
use super::walk::{Target, Walk, Walked};
use super::window::Window;

/// What other sources say about the peer's own certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// A stapled OCSP response says that it was not revoked.
    Good,
    Unknown,
}

/// The inputs for validating a path.
pub(super) struct Judge<'j> {
    pub(super) settings: &'j Settings,
    pub(super) algorithms: Algorithms<'j>,
    /// In seconds since 1970.
    pub(super) now: i64,
}

impl<'j> Judge<'j> {
    /// Validates a path.
    pub(super) fn walk<'b>(
        &self,
        builder: &Builder<'b>,
        path: Path<'_>,
        target: Target<'_>,
        budget: &mut Budget,
    ) -> Result<Walked, Finding> {
        let anchor = builder.anchor(path.anchor).ok_or(Finding::TooMuchWork)?;
        let down = path.sent.iter().rev();
        let down: alloc::vec::Vec<_> = down.filter_map(|index| Some((*index, builder.certificate(*index)?))).collect();
        let Self { settings, now, .. } = *self;
        Walk { down: &down, anchor: (path.anchor, anchor), target, settings, now }.walk(budget)
    }

    /// Refuses revoked certificates and, if `revocation` says so, those of unknown status. Returns for how long the
    /// lists are valid.
    pub(super) fn lists<'b>(
        &self,
        builder: &mut Builder<'b>,
        path: Path<'_>,
        revocation: &Revocation,
        own: Own,
        budget: &mut Budget,
    ) -> Result<Window, Finding> {
        self.lists_of(builder, path, revocation, own, budget, OfSigners::Asked)
    }

    fn lists_of<'b>(
        &self,
        builder: &mut Builder<'b>,
        path: Path<'_>,
        revocation: &Revocation,
        own: Own,
        budget: &mut Budget,
        signers: OfSigners,
    ) -> Result<Window, Finding> {
        let allowed = self.settings.allowed.has(Allow::ExpiredCrls);
        let expired = if allowed { Expired::Allowed } else { Expired::Refused };
        let conditions = Conditions { now: self.now, expired, algorithms: self.algorithms };
        let inquiry = Inquiry { revocation, conditions };
        let mut issuers = Issuers { judge: self, builder, path, budget, revocation, signers };
        let mut window = Window::ALWAYS;
        // From the anchor down: a certificate can be relied on only if those above it can.
        for index in path.sent.iter().rev() {
            let Some(certificate) = issuers.builder.certificate(*index) else { continue };
            let is_own = path.sent.first() == Some(index);
            match inquiry.status(&Subject::of(certificate), &mut issuers) {
                Ok(good) => window = window.and(good),
                Err(NotGood::Unknown(_)) if revocation.accepts_unknown(is_own) || is_own && own == Own::Good => (),
                Err(why) => return Err(finding(*index, why, revocation)),
            }
        }
        Ok(window)
    }
}

fn finding(index: usize, why: NotGood, revocation: &Revocation) -> Finding {
    match why {
        NotGood::Revoked { at, list } => Finding::Listed { index, at, list: revocation.origin(list) },
        NotGood::Unknown(Unknown::NoList) if revocation.is_by_staple() => Finding::StatusNotStapled,
        NotGood::Unknown(why) => {
            let list = match why {
                Unknown::Rejected { list } => revocation.rejected().get(list).map(ToString::to_string),
                why => why.list().map(|list| revocation.origin(list)),
            };
            Finding::StatusUnknown { index, why, list: list.unwrap_or_default() }
        }
        NotGood::TooMuchWork => Finding::TooMuchWork,
    }
}

/// The candidates for the signer of a list: first the certificates on the path, then the other anchors, then other
/// certificates of the chain that have a valid path.
struct Issuers<'i, 'j, 'b> {
    judge: &'i Judge<'j>,
    builder: &'i mut Builder<'b>,
    path: Path<'i>,
    budget: &'i mut Budget,
    revocation: &'i Revocation,
    signers: OfSigners,
}

/// Whether signers of lists that are not on the path are checked against lists themselves. The signers of those lists
/// are not, or the search would never end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OfSigners {
    Asked,
    NotAsked,
}

impl<'b> Issuers<'_, '_, 'b> {
    /// The candidates in their order; those that are not on the path only if they have the name.
    fn candidate(&mut self, at: usize) -> Option<Candidate<'b>> {
        let (on_path, anchors) = (self.path.sent.len(), self.builder.store.anchors.len());
        if at == 0 {
            return self.anchor(self.path.anchor);
        }
        let at = at.checked_sub(1)?;
        // The lowest certificate of the path issues nothing.
        if let Some(index) = self.path.sent.iter().skip(1).nth(at) {
            return Some(self.sent(*index));
        }
        let at = at.checked_sub(on_path.saturating_sub(1))?;
        if at < anchors {
            return if at == self.path.anchor { Some(Candidate::None) } else { self.anchor(at) };
        }
        let at = at.checked_sub(anchors)?;
        self.builder.chain.get(at)?;
        Some(if self.path.sent.contains(&at) && self.path.sent.first() != Some(&at) {
            Candidate::None
        } else {
            match self.builder.certificate(at) {
                Some(certificate) => Candidate::Beside(at, certificate),
                None => Candidate::None,
            }
        })
    }

    /// Whether a path leads to this certificate, and nothing on it was revoked (§6.3.3 (f)).
    fn leads_to(&mut self, index: usize) -> bool {
        let (judge, budget, revocation, signers) = (self.judge, &mut *self.budget, self.revocation, self.signers);
        let found = self.builder.find(index, &mut |builder: &mut Builder<'b>, path: Path<'_>| {
            judge.walk(builder, path, Target::ListSigner, budget)?;
            match signers {
                OfSigners::NotAsked => Ok(Window::ALWAYS),
                OfSigners::Asked => {
                    judge.lists_of(builder, path, revocation, Own::Unknown, budget, OfSigners::NotAsked)
                }
            }
        });
        found.is_ok()
    }

    fn anchor(&self, index: usize) -> Option<Candidate<'b>> {
        let anchor = self.builder.anchor(index)?;
        let signer = anchor.key().map(|key| Signer { key, may_sign_lists: anchor.signs_lists });
        Some(signer.map_or(Candidate::None, |signer| Candidate::Known(anchor.name(), signer)))
    }

    fn sent(&self, index: usize) -> Candidate<'b> {
        self.builder.certificate(index).map_or(Candidate::None, |c| Candidate::Known(c.subject, signer(c)))
    }
}

/// A candidate for the signer of a list.
enum Candidate<'b> {
    None,
    /// It is known to have a valid path.
    Known(Name<'b>, Signer<'b>),
    /// It was sent, at this index, and a path is still to be looked for.
    Beside(usize, &'b Certificate<'b>),
}

fn signer<'b>(certificate: &Certificate<'b>) -> Signer<'b> {
    let may_sign_lists = certificate.extensions.key_usage.is_none_or(|usage| usage.signs_lists());
    Signer { key: certificate.key, may_sign_lists }
}

impl<'b> Signers<'b> for Issuers<'_, '_, 'b> {
    fn signer(&mut self, name: Name<'_>, nth: usize) -> Option<Signer<'b>> {
        let (mut found, mut at) = (0_usize, 0_usize);
        while let Some(candidate) = self.candidate(at) {
            at = at.saturating_add(1);
            let signer = match candidate {
                Candidate::Known(subject, signer) if subject.is_same(name) => signer,
                Candidate::Beside(index, certificate) if certificate.subject.is_same(name) => {
                    if !self.leads_to(index) {
                        continue;
                    }
                    signer(certificate)
                }
                _ => continue,
            };
            if found == nth {
                return Some(signer);
            }
            found = found.saturating_add(1);
        }
        None
    }

    fn known(&self, at: usize, key: Key<'_>) -> Option<bool> {
        self.builder.signer_of_list(at, key)
    }

    fn verify(&mut self, at: usize, list: &Crl, key: Key<'b>) -> Option<bool> {
        self.builder.verify_list(at, key, list.signed(), list.signature())
    }
}
