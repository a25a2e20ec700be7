//! Path validation according to RFC 5280 §6.1, from the trust anchor down to the target certificate, clause by clause
//! in the order of §6.1.2 to §6.1.5.
//!
//! The path was found by [`build`](super::build), which has verified the signatures (§6.1.3 (a) (1)) and compared the
//! names of issuers and subjects (a) (4). Revocation (a) (3) is checked last, for the whole path
//! ([`listed`](super::listed)), since it may need more signatures.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::alt_names::{CommonName, GeneralName};
use super::anchor::Anchor;
use super::breach::{Breach, Breaches};
use super::certificate::{Certificate, Version};
use super::finding::{BadName, Finding, Place};
use super::leaf;
use super::name_constraints::{Budget, NameConstraints, Violation};
use super::policies::{Last, State};
use super::rule::Allow;
use super::settings::Settings;
use super::text;
use super::window::Window;
use crate::handshake::Peer;

/// The purpose of validating a path.
#[derive(Clone, Copy)]
pub(super) enum Target<'t> {
    /// To authenticate a peer, by this common name if there is one.
    Peer { peer: &'t Peer, common_name: Option<&'t CommonName> },
    /// To verify the signature of a revocation list.
    ListSigner,
}

/// A path, with its certificates.
pub(super) struct Walk<'w, 'b> {
    /// From the certificate that the anchor issued to the target, each with its index in the chain.
    pub(super) down: &'w [(usize, &'b Certificate<'b>)],
    /// The trust anchor, with its index.
    pub(super) anchor: (usize, &'b Anchor),
    pub(super) target: Target<'w>,
    pub(super) settings: &'w Settings,
    /// In seconds since 1970.
    pub(super) now: i64,
}

/// The result for a valid path: how long it holds, and which rules its issuers violated.
pub(super) struct Walked {
    pub(super) window: Window,
    pub(super) notes: Vec<(usize, Breaches)>,
}

/// §6.1.2 (g), (k): the constraints on the certificates below.
struct Working<'b> {
    constraints: Vec<(Place, NameConstraints<'b>)>,
    /// How many intermediates may follow, and which certificate says so.
    max_path_length: Option<(Place, u64)>,
    /// How many intermediates that count have followed since.
    below: u64,
    window: Window,
    notes: Vec<(usize, Breaches)>,
}

impl<'b> Walk<'_, 'b> {
    /// Validates the path. `budget` limits the comparison of names.
    pub(super) fn walk(&self, budget: &mut Budget) -> Result<Walked, Finding> {
        let mut working = self.start()?;
        let mut policies = State::new(self.down.iter().map(|(_, certificate)| *certificate), &self.settings.policies);
        for (at, &(index, certificate)) in self.down.iter().enumerate() {
            let last = if at.saturating_add(1) == self.down.len() { Last::Yes } else { Last::No };
            let policy = |why| Finding::Policy { index, why };
            // §6.1.3 (a) (2).
            working.window = working.window.and(self.in_time(Place::Sent(index), certificate.validity)?);
            self.version(index, certificate)?;
            // §6.1.3 (b), (c): self-issued intermediates are exempt.
            if last == Last::Yes || !certificate.is_self_issued() {
                self.names(index, certificate, &working, budget)?;
            }
            // §6.1.3 (d) to (f).
            policies.process(certificate, last).map_err(policy)?;
            self.purpose(index, certificate)?;
            if last == Last::No {
                // §6.1.4 (a), (b), (h) to (j).
                policies.prepare(certificate).map_err(policy)?;
                let issued = self.down.get(at.saturating_add(1)).map_or(index, |(issued, _)| *issued);
                self.prepare(index, certificate, issued, &mut working)?;
            }
            // §6.1.4 (o), §6.1.5 (e).
            if certificate.extensions.unknown_critical.is_some() {
                return Err(Finding::UnknownCritical { index });
            }
            self.note(at, last, &mut working)?;
        }
        // §6.1.5 (a), (b), (g).
        if let Some((index, certificate)) = self.down.last() {
            policies.wrap_up(certificate).map_err(|why| Finding::Policy { index: *index, why })?;
        }
        Ok(Walked { window: working.window, notes: working.notes })
    }

    /// §6.1.2. §6.1.1 (d) lets an anchor constrain what is below it, and RFC 5937 says how.
    fn start(&self) -> Result<Working<'b>, Finding> {
        let (index, anchor) = self.anchor;
        let place = Place::Root(index);
        let window = match self.settings.allowed.has(Allow::ExpiredRoots) {
            true => Window::ALWAYS,
            false => self.in_time(place, anchor.validity)?,
        };
        let mut working = Working {
            constraints: Vec::new(),
            max_path_length: anchor.path_len.map(|limit| (place, limit)),
            below: 0,
            window,
            notes: Vec::new(),
        };
        constrain(place, anchor.name_constraints.as_deref(), &mut working)?;
        Ok(working)
    }

    fn in_time(&self, place: Place, validity: Window) -> Result<Window, Finding> {
        in_time(place, validity, self.now)
    }

    /// A certificate of version 1 or 2 cannot state what it is for.
    fn version(&self, index: usize, certificate: &Certificate<'_>) -> Result<(), Finding> {
        if certificate.version == Version::Old && !self.settings.allowed.has(Allow::OldVersions) {
            return Err(Finding::OldVersion(index));
        }
        Ok(())
    }

    /// §6.1.3 (b), (c).
    fn names(
        &self,
        index: usize,
        certificate: &Certificate<'_>,
        working: &Working<'_>,
        budget: &mut Budget,
    ) -> Result<(), Finding> {
        let stand_in = match self.target {
            Target::Peer { common_name, .. } if self.down.last().is_some_and(|(last, _)| *last == index) => common_name,
            _ => None,
        };
        for (by, constraints) in &working.constraints {
            let kept = constraints.check(certificate, budget);
            kept.map_err(|violation| bad_name(index, *by, violation))?;
            if let Some(common_name) = stand_in {
                let kept = constraints.check_name(common_name.as_dns_name(), budget);
                kept.map_err(|violation| bad_name(index, *by, violation))?;
            }
        }
        Ok(())
    }

    /// §4.2.1.12, for a peer: checked for the intermediates too, which is not in §6.1 but common practice.
    fn purpose(&self, index: usize, certificate: &Certificate<'_>) -> Result<(), Finding> {
        match self.target {
            Target::Peer { peer, .. } if !leaf::serves(certificate, peer, self.settings) => {
                Err(Finding::Purpose(index))
            }
            _ => Ok(()),
        }
    }

    /// §6.1.4 (g), (k) to (n), for all but the last certificate.
    fn prepare(
        &self,
        index: usize,
        certificate: &Certificate<'b>,
        issued: usize,
        working: &mut Working<'b>,
    ) -> Result<(), Finding> {
        let extensions = &certificate.extensions;
        let place = Place::Sent(index);
        // (g)
        constrain(place, extensions.name_constraints, working)?;
        // (k): for an intermediate of an old version, unlike a root, no caller vouches.
        if certificate.version == Version::Old || !certificate.is_authority() {
            return Err(Finding::NotAuthority { index, issued });
        }
        // (l)
        if !certificate.is_self_issued() {
            working.below = working.below.saturating_add(1);
            if let Some((place, limit)) = working.max_path_length.filter(|(_, limit)| working.below > *limit) {
                return Err(Finding::PathLength { place, limit, below: self.intermediates_below(place) });
            }
        }
        // (m)
        if let Some(limit) = extensions.basic_constraints.and_then(|constraints| constraints.path_len) {
            let left = working.max_path_length.map(|(_, limit)| limit.saturating_sub(working.below));
            if left.is_none_or(|left| limit < left) {
                working.max_path_length = Some((place, limit));
                working.below = 0;
            }
        }
        // (n)
        if extensions.key_usage.is_some_and(|usage| !usage.signs_certificates()) {
            return Err(Finding::NoCertSign { index, issued });
        }
        Ok(())
    }

    /// The number of intermediates below an issuer that are not self-issued.
    fn intermediates_below(&self, place: Place) -> u64 {
        let below = match place {
            Place::Root(_) => 0,
            Place::Sent(index) => {
                self.down.iter().position(|(other, _)| *other == index).map_or(0, |at| at.saturating_add(1))
            }
        };
        let last = self.down.len().saturating_sub(1);
        let intermediates =
            self.down.iter().take(last).skip(below).filter(|(_, certificate)| !certificate.is_self_issued());
        u64::try_from(intermediates.count()).unwrap_or(u64::MAX)
    }

    /// Notes the rules of §4 that a certificate violates, and refuses it if such a rule is required.
    fn note(&self, at: usize, last: Last, working: &mut Working<'_>) -> Result<(), Finding> {
        let Some(&(index, certificate)) = self.down.get(at) else { return Ok(()) };
        let mut breaches = certificate.breaches;
        let issuer_key = match at.checked_sub(1).and_then(|above| self.down.get(above)) {
            Some((_, issuer)) => issuer.extensions.subject_key,
            None => self.anchor.1.subject_key.as_deref(),
        };
        let is_other = certificate.extensions.authority_key.zip(issuer_key).is_some_and(|(wanted, has)| wanted != has);
        breaches.add_if(is_other, Breach::OtherAuthorityKey);
        let is_peer = last == Last::Yes && matches!(self.target, Target::Peer { .. });
        breaches.add_if(is_peer && certificate.is_authority(), Breach::AuthorityAsPeer);
        if let Some(breach) = breaches.iter().find(|breach| self.settings.required.has(breach.rule())) {
            return Err(Finding::Breaks { index, breach });
        }
        if !breaches.is_empty() {
            working.notes.push((index, breaches));
        }
        Ok(())
    }
}

/// Checks that the time is within this validity.
pub(super) fn in_time(place: Place, validity: Window, now: i64) -> Result<Window, Finding> {
    if now < validity.from {
        return Err(Finding::NotYetValid { place, from: validity.from });
    }
    if now > validity.until {
        return Err(Finding::Expired { place, until: validity.until });
    }
    Ok(validity)
}

/// Adds the constraints of an issuer to those already in force, which amounts to their intersection.
fn constrain<'b>(place: Place, content: Option<&'b [u8]>, working: &mut Working<'b>) -> Result<(), Finding> {
    if let Some(content) = content {
        let names = NameConstraints::new(content).map_err(|why| Finding::Constraints { by: place, why })?;
        working.constraints.push((place, names));
    }
    Ok(())
}

fn bad_name(index: usize, by: Place, violation: Violation<'_>) -> Finding {
    let (name, why) = match violation {
        Violation::NotPermitted(name) => (name, BadName::NotPermitted),
        Violation::Excluded(name) => (name, BadName::Excluded),
        Violation::Incomparable(name) => (name, BadName::Incomparable),
        Violation::MalformedConstraint => {
            return Finding::Constraints { by, why: "has malformed nameConstraints (RFC 5280 §4.2.1.10)" };
        }
        Violation::TooMuchWork => return Finding::TooMuchWork,
    };
    Finding::Name { index, by, name: general_name(name), why }
}

/// A name, for people.
fn general_name(name: GeneralName<'_>) -> String {
    match name {
        GeneralName::Mail(bytes) | GeneralName::Dns(bytes) | GeneralName::Uri(bytes) => text::lossy(bytes),
        GeneralName::Directory(name) => super::names::Name::new(name).map(text::name).unwrap_or_default(),
        GeneralName::Address(bytes) => text::address(bytes).unwrap_or_else(|| text::hex(bytes)),
        GeneralName::Other(_) | GeneralName::Unknown(_) => "of an unsupported form".to_owned(),
    }
}
