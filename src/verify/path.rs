//! What RFC 5280 asks of a path, as far as webpki does not look: it has found it, and verified its signatures.

use alloc::vec::Vec;
use rustls_pki_types::UnixTime;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::X509Certificate;

use super::constraints::{self, Violation, Work};
use super::finding::{Finding, Place};
use super::profile::{self, Role};
use super::rule::{Allow, Allowed, Rule};
use super::window::Window;
use super::{policy, text};

/// A path: from the peer's own certificate to the root.
pub(super) struct Path<'c, 'a> {
    /// The certificates with their index in the chain, the peer's own first.
    pub(super) sent: Vec<(usize, &'c X509Certificate<'a>)>,
    /// The index of the root among the roots, and its certificate, if there is one.
    pub(super) root: (usize, Option<&'c X509Certificate<'c>>),
}

impl<'c, 'a> Path<'c, 'a> {
    /// Checks all of it.
    pub(super) fn check(&self, allowed: &Allowed, now: UnixTime) -> Result<(), Finding> {
        for (i, (index, certificate)) in self.sent.iter().enumerate() {
            let role = if i == 0 { Role::Peer } else { Role::Intermediate };
            keeps(Place::Sent(*index), profile::broken(certificate, role, allowed))?;
        }
        let (root, certificate) = self.root;
        if let Some(certificate) = certificate {
            keeps(Place::Root(root), profile::broken(certificate, Role::Root, allowed))?;
            if !allowed.has(Allow::ExpiredRoots) {
                root_is_valid(root, certificate, now)?;
            }
        }
        if !allowed.has(Allow::MissingKeyIdentifiers) {
            self.check_keys()?;
        }
        self.check_length()?;
        self.check_names()?;
        if policy::allow(self.sent.iter().rev().map(|(_, certificate)| *certificate)) {
            Ok(())
        } else {
            Err(Finding::Policy)
        }
    }

    /// For how long all of it is valid.
    pub(super) fn window(&self, allowed: &Allowed) -> Window {
        let root = self.root.1.filter(|_| !allowed.has(Allow::ExpiredRoots)).map(|root| root.validity());
        let sent = self.sent.iter().map(|(_, certificate)| certificate.validity());
        sent.chain(root).fold(Window::ALWAYS, |window, validity| {
            let (from, until) = (validity.not_before.timestamp(), validity.not_after.timestamp());
            window.and(Window { from, until })
        })
    }

    /// The issuers from below: the place of each, its certificate, and how many certificates of the path are below it.
    pub(super) fn issuers(&self) -> impl Iterator<Item = (Place, &'c X509Certificate<'c>, usize)> {
        let sent = self.sent.iter().enumerate().skip(1);
        let sent = sent.map(|(below, (index, certificate))| (Place::Sent(*index), *certificate, below));
        let (index, root) = self.root;
        sent.chain(root.map(|root| (Place::Root(index), root, self.sent.len())))
    }

    /// RFC 5280 §4.2.1.2: the key identifier of an issuer is what it puts in what it issues.
    fn check_keys(&self) -> Result<(), Finding> {
        for ((_, issuer, _), (index, certificate)) in self.issuers().zip(&self.sent) {
            if !profile::names_key_of(certificate, issuer) {
                keeps(Place::Sent(*index), Some(Rule::AKI_OTHER))?;
            }
        }
        Ok(())
    }

    /// RFC 5280 §4.2.1.9, §6.1.4 (l), (m): self-issued certificates, and the peer's own, are not counted.
    fn check_length(&self) -> Result<(), Finding> {
        for (place, issuer, below) in self.issuers() {
            let limit = issuer.extensions().iter().find_map(|extension| match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(constraints) => constraints.path_len_constraint,
                _ => None,
            });
            let Some(limit) = limit.and_then(|limit| usize::try_from(limit).ok()) else { continue };
            let counted = self.sent.iter().take(below).skip(1).filter(|(_, c)| c.subject() != c.issuer()).count();
            if counted > limit {
                return Err(Finding::PathLength { place, limit, below: counted });
            }
        }
        Ok(())
    }

    /// RFC 5280 §4.2.1.10, §6.1.3 (b), (c): self-issued certificates are not looked at, but for the peer's own.
    fn check_names(&self) -> Result<(), Finding> {
        let mut work = Work::new();
        for (place, issuer, below) in self.issuers() {
            for extension in issuer.extensions() {
                let ParsedExtension::NameConstraints(names) = extension.parsed_extension() else { continue };
                for (i, (index, certificate)) in self.sent.iter().take(below).enumerate() {
                    if i > 0 && certificate.subject() == certificate.issuer() {
                        continue;
                    }
                    constraints::check(names, certificate, &mut work).map_err(|violation| match violation {
                        Violation::Name => Finding::Names { index: *index, by: place },
                        Violation::TooMuchWork => Finding::TooMuchWork,
                    })?;
                }
            }
        }
        Ok(())
    }
}

fn keeps(place: Place, broken: Option<Rule>) -> Result<(), Finding> {
    broken.map_or(Ok(()), |rule| Err(Finding::Breaks { place, rule }))
}

fn root_is_valid(index: usize, root: &X509Certificate<'_>, now: UnixTime) -> Result<(), Finding> {
    let (validity, now) = (root.validity(), text::seconds(now));
    let place = Place::Root(index);
    if now < validity.not_before.timestamp() {
        return Err(Finding::NotYetValid { place, from: validity.not_before.timestamp() });
    }
    if now > validity.not_after.timestamp() {
        return Err(Finding::Expired { place, until: validity.not_after.timestamp() });
    }
    Ok(())
}
