//! Certificate policies (RFC 5280 §6.1): whether a path must have one that is valid for all of it, and has none.
//!
//! Any policy will do for us, so what is asked is only whether the tree of §6.1.2 (a) is empty at its end. Its lowest
//! level decides that, and no other level is kept (as RFC 9618 also does without the tree).

use alloc::collections::{BTreeMap, BTreeSet};
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::X509Certificate;

/// The content of the object identifier 2.5.29.32.0.
pub(super) const ANY_POLICY: &[u8] = &[0x55, 0x1d, 0x20, 0x00];

/// Whether the policies of the path allow it: `path` starts with the certificate that the root issued, and ends with the
/// peer's own.
pub(super) fn allow<'c, 'a: 'c>(path: impl ExactSizeIterator<Item = &'c X509Certificate<'a>>) -> bool {
    let mut state = State::new(path.len());
    let last = path.len().saturating_sub(1);
    for (i, certificate) in path.enumerate() {
        let place = if i == last { Place::Last } else { Place::Issuer };
        if !state.check(certificate, place) {
            return false;
        }
        match place {
            Place::Issuer => state.go_on(certificate),
            Place::Last => return state.end(certificate),
        }
    }
    true
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Issuer,
    Last,
}

/// The variables of RFC 5280 §6.1.2.
struct State<'a> {
    /// The policies expected of the next certificate.
    expected: BTreeSet<&'a [u8]>,
    /// Whether any is.
    any: bool,
    explicit_policy: usize,
    inhibit_any_policy: usize,
    policy_mapping: usize,
}

impl<'a> State<'a> {
    fn new(length: usize) -> Self {
        let never = length.saturating_add(1);
        Self {
            expected: BTreeSet::new(),
            any: true,
            explicit_policy: never,
            inhibit_any_policy: never,
            policy_mapping: never,
        }
    }

    /// RFC 5280 §6.1.3 (d) to (f).
    fn check(&mut self, certificate: &'a X509Certificate<'_>, place: Place) -> bool {
        let listed = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::CertificatePolicies(policies) => Some(policies),
            _ => None,
        });
        let mut listed: BTreeSet<&[u8]> = listed.into_iter().flatten().map(|p| p.policy_id.as_bytes()).collect();
        let lists_any = listed.remove(ANY_POLICY);
        let passes =
            lists_any && (self.inhibit_any_policy > 0 || (place == Place::Issuer && is_self_issued(certificate)));
        if !self.any {
            listed.retain(|policy| self.expected.contains(policy));
        }
        if passes {
            listed.append(&mut self.expected);
        }
        self.expected = listed;
        self.any &= passes;
        self.explicit_policy > 0 || self.any || !self.expected.is_empty()
    }

    /// RFC 5280 §6.1.4 (b), (h) to (j).
    fn go_on(&mut self, certificate: &'a X509Certificate<'_>) {
        let mut maps: BTreeMap<&[u8], BTreeSet<&[u8]>> = BTreeMap::new();
        for extension in certificate.extensions() {
            if let ParsedExtension::PolicyMappings(mappings) = extension.parsed_extension() {
                for map in &mappings.mappings {
                    maps.entry(map.issuer_domain_policy.as_bytes())
                        .or_default()
                        .insert(map.subject_domain_policy.as_bytes());
                }
            }
        }
        // What a policy is mapped to is not mapped again.
        let known = |from: &&[u8]| self.any || self.expected.contains(from);
        let mapped = maps.iter().filter(|(from, _)| known(from) && self.policy_mapping > 0);
        let mapped: BTreeSet<&[u8]> = mapped.flat_map(|(_, to)| to.iter().copied()).collect();
        self.expected.retain(|policy| !maps.contains_key(policy));
        self.expected.extend(mapped);
        if !is_self_issued(certificate) {
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            self.policy_mapping = self.policy_mapping.saturating_sub(1);
            self.inhibit_any_policy = self.inhibit_any_policy.saturating_sub(1);
        }
        for extension in certificate.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::PolicyConstraints(constraints) => {
                    lower(&mut self.explicit_policy, constraints.require_explicit_policy);
                    lower(&mut self.policy_mapping, constraints.inhibit_policy_mapping);
                }
                ParsedExtension::InhibitAnyPolicy(inhibit) => {
                    lower(&mut self.inhibit_any_policy, Some(inhibit.skip_certs));
                }
                _ => (),
            }
        }
    }

    /// RFC 5280 §6.1.5 (a), (b), (g).
    fn end(&mut self, certificate: &X509Certificate<'_>) -> bool {
        let required_now = certificate.extensions().iter().any(|extension| {
            matches!(extension.parsed_extension(),
                ParsedExtension::PolicyConstraints(constraints) if constraints.require_explicit_policy == Some(0))
        });
        let required = required_now || self.explicit_policy.saturating_sub(1) == 0;
        !required || self.any || !self.expected.is_empty()
    }
}

fn lower(limit: &mut usize, to: Option<u32>) {
    if let Some(to) = to.and_then(|to| usize::try_from(to).ok()) {
        *limit = (*limit).min(to);
    }
}

fn is_self_issued(certificate: &X509Certificate<'_>) -> bool {
    certificate.subject() == certificate.issuer()
}
