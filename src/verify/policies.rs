//! Certificate policies (RFC 5280 §6.1): whether the policies of a path allow it.
//!
//! The steps are those of §6.1.2 to §6.1.5, by their letters. Only the level of the valid_policy_tree for the current
//! certificate is kept, as a set: for each policy that the next certificate may have, whether it descends from one in
//! the user-initial-policy-set. The outcome does not need more, and the tree itself can grow exponentially (RFC 9618
//! §1).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use ::der::asn1::ObjectIdentifier;

use super::certificate::Certificate;
use super::der::{self, Reader};
use super::extensions::PolicyConstraints;

/// The maximum number of policies at one level, and of mappings in one certificate. Bridges between large CAs have a
/// few dozen. The work grows with the square of this number.
const MAX_POLICIES: usize = 128;

/// The content of the identifier of anyPolicy, 2.5.29.32.0.
const ANY_POLICY: &[u8] = &[0x55, 0x1d, 0x20, 0x00];

/// The content of the identifiers of the qualifiers that RFC 5280 §4.2.1.4 defines: id-qt-cps and id-qt-unotice,
/// 1.3.6.1.5.5.7.2.1 and 2.
const QUALIFIERS: [&[u8]; 2] =
    [&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x02, 0x01], &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x02, 0x02]];

/// The requirements on the certificate policies of a path: the inputs (c) and (e) to (g) of RFC 5280 §6.1.1.
///
/// By default there are none: any policy is accepted, and so is no policy, unless a certificate of the path itself
/// requires one.
///
/// ```
/// use tls12::verify::CertificatePolicies;
///
/// // Only certificates that were issued after a check of the organization (CA/Browser Forum, 2.23.140.1.2.2).
/// let policies = CertificatePolicies::new().accept("2.23.140.1.2.2")?.require();
/// # Ok::<(), tls12::verify::PolicyError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificatePolicies {
    /// The contents of the identifiers. None stands for any-policy.
    accepted: Option<Vec<Box<[u8]>>>,
    explicit_policy: Initial,
    any_policy: Initial,
    mapping: Initial,
}

/// Whether a restriction holds from the first certificate on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Initial {
    #[default]
    Unset,
    Set,
}

impl CertificatePolicies {
    /// Creates requirements that accept any policy, and require none.
    #[must_use]
    pub const fn new() -> Self {
        Self { accepted: None, explicit_policy: Initial::Unset, any_policy: Initial::Unset, mapping: Initial::Unset }
    }

    /// Accepts this policy, in addition to those accepted before, and no others (user-initial-policy-set, §6.1.1 (c)).
    /// A path without an accepted policy is refused if a policy is required, by [`Self::require`] or by a certificate
    /// of the path.
    ///
    /// `policy` is an object identifier in dotted decimal notation.
    ///
    /// # Errors
    /// [`PolicyError`] if `policy` is not an object identifier, or is 2.5.29.32.0 (anyPolicy): to accept any policy, do
    /// not call this method.
    pub fn accept(mut self, policy: &str) -> Result<Self, PolicyError> {
        let policy = identifier(policy)?;
        if *policy == *ANY_POLICY {
            return Err(PolicyError::AnyPolicy);
        }
        self.accepted.get_or_insert_default().push(policy);
        Ok(self)
    }

    /// Requires that all certificates of a path have an accepted policy (initial-explicit-policy, §6.1.1 (f)).
    #[must_use]
    pub fn require(mut self) -> Self {
        self.explicit_policy = Initial::Set;
        self
    }

    /// Does not map policies of one CA to those of another: policyMappings are not followed
    /// (initial-policy-mapping-inhibit, §6.1.1 (e)).
    #[must_use]
    pub fn inhibit_mapping(mut self) -> Self {
        self.mapping = Initial::Set;
        self
    }

    /// Does not accept anyPolicy in a certificate as an accepted policy (initial-any-policy-inhibit, §6.1.1 (g)).
    #[must_use]
    pub fn inhibit_any_policy(mut self) -> Self {
        self.any_policy = Initial::Set;
        self
    }

    fn accepts(&self, policy: &[u8]) -> bool {
        self.accepted.as_ref().is_none_or(|accepted| accepted.iter().any(|other| **other == *policy))
    }
}

/// The content of an object identifier given in dotted decimal notation.
pub(super) fn identifier(text: &str) -> Result<Box<[u8]>, PolicyError> {
    ObjectIdentifier::new(text).map(|id| id.as_bytes().into()).map_err(|_| PolicyError::NotAnIdentifier)
}

/// Why a policy cannot be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// It is not an object identifier in dotted decimal notation, or is too long for a policy.
    NotAnIdentifier,
    /// It is anyPolicy.
    AnyPolicy,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnIdentifier => {
                "a policy is given by its object identifier in dotted decimal notation, such as 2.23.140.1.2.2"
            }
            Self::AnyPolicy => "2.5.29.32.0 is anyPolicy: to accept any policy, accept none by name",
        })
    }
}

impl core::error::Error for PolicyError {}

/// Why the policies of a path do not allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A policy is required, but none is valid for all certificates so far, or none of the valid ones is accepted.
    NoPolicy,
    /// certificatePolicies is critical, and has a qualifier that is not known (§4.2.1.4: "or MUST reject").
    UnknownQualifier,
    /// policyMappings maps anyPolicy (§6.1.4 (a)).
    MapsAnyPolicy,
    /// certificatePolicies or policyMappings cannot be read.
    Malformed,
    /// There are more policies than the limit.
    TooMany,
}

/// Whether a certificate is the last of its path: the peer's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last {
    No,
    Yes,
}

/// Whether the outcome can depend on policies at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Open,
    /// No policy is ever required: nothing is kept or allocated.
    Settled,
}

/// A policy that the next certificate may have: a member of the expected_policy_set of a node at the lowest level.
#[derive(Clone, Copy, Debug)]
struct Expected<'a> {
    policy: &'a [u8],
    /// Whether a node that expects it descends from one below anyPolicy whose policy is in the user-initial-policy-set
    /// (§6.1.5 (g) (iii)).
    accepted: bool,
}

/// The variables of §6.1.2 that are about policies.
#[derive(Debug)]
pub(super) struct State<'a> {
    inputs: &'a CertificatePolicies,
    outcome: Outcome,
    /// The lowest level of the valid_policy_tree, without anyPolicy. Each policy is there once.
    expected: Vec<Expected<'a>>,
    /// Whether anyPolicy is in that level.
    any: bool,
    explicit_policy: u64,
    inhibit_any_policy: u64,
    policy_mapping: u64,
}

impl<'a> State<'a> {
    /// §6.1.2 (a), (d) to (f). `path` has its certificates from the one that the trust anchor issued to the peer's own.
    pub(super) fn new<'c>(path: impl Iterator<Item = &'c Certificate<'a>>, inputs: &'a CertificatePolicies) -> Self
    where
        'a: 'c,
    {
        let (mut length, mut requires) = (0_u64, inputs.explicit_policy == Initial::Set);
        for certificate in path {
            length = length.saturating_add(1);
            let constraints = certificate.extensions.policy_constraints;
            requires |= constraints.is_some_and(|constraints| constraints.require_explicit_policy.is_some());
        }
        let never = length.saturating_add(1);
        let unless = |set| if set == Initial::Set { 0 } else { never };
        Self {
            inputs,
            outcome: if requires { Outcome::Open } else { Outcome::Settled },
            expected: Vec::new(),
            any: true,
            explicit_policy: unless(inputs.explicit_policy),
            inhibit_any_policy: unless(inputs.any_policy),
            policy_mapping: unless(inputs.mapping),
        }
    }

    /// §6.1.3 (d) to (f).
    pub(super) fn process(&mut self, certificate: &Certificate<'a>, last: Last) -> Result<(), Refusal> {
        let listed = certificate.extensions.policies;
        if certificate.extensions.policies_are_critical && listed.is_some_and(has_unknown_qualifier) {
            return Err(Refusal::UnknownQualifier);
        }
        if self.outcome == Outcome::Settled {
            return Ok(());
        }
        let mut level = Vec::new();
        let mut lists_any = false;
        // (d) (1).
        for (count, policy) in policies(listed.unwrap_or_default()).enumerate() {
            let policy = policy.ok_or(Refusal::Malformed)?;
            if count == MAX_POLICIES {
                return Err(Refusal::TooMany);
            }
            if policy == ANY_POLICY {
                lists_any = true;
            } else if let Some(accepted) = self.expects(policy) {
                add(&mut level, Expected { policy, accepted })?;
            }
        }
        // (d) (2).
        let inhibited = self.inhibit_any_policy == 0 && !(last == Last::No && certificate.is_self_issued());
        if lists_any && !inhibited {
            for expected in &self.expected {
                if !level.iter().any(|other: &Expected<'_>| other.policy == expected.policy) {
                    add(&mut level, *expected)?;
                }
            }
        } else {
            self.any = false;
        }
        // (d) (3): nothing is kept of the levels above. (e): without the extension, nothing is left.
        self.expected = level;
        // (f).
        if self.explicit_policy == 0 && self.is_null() { Err(Refusal::NoPolicy) } else { Ok(()) }
    }

    /// §6.1.4 (a), (b), (h) to (j): for all certificates but the last.
    pub(super) fn prepare(&mut self, certificate: &Certificate<'a>) -> Result<(), Refusal> {
        if let Some(content) = certificate.extensions.policy_mappings {
            self.map(content)?;
        }
        // (h).
        if !certificate.is_self_issued() {
            for count in [&mut self.explicit_policy, &mut self.policy_mapping, &mut self.inhibit_any_policy] {
                *count = count.saturating_sub(1);
            }
        }
        // (i).
        if let Some(constraints) = certificate.extensions.policy_constraints {
            let PolicyConstraints { require_explicit_policy, inhibit_policy_mapping } = constraints;
            lower(&mut self.explicit_policy, require_explicit_policy);
            lower(&mut self.policy_mapping, inhibit_policy_mapping);
        }
        // (j).
        lower(&mut self.inhibit_any_policy, certificate.extensions.inhibit_any_policy);
        Ok(())
    }

    /// §6.1.4 (a), (b).
    fn map(&mut self, content: &'a [u8]) -> Result<(), Refusal> {
        let mut level = Vec::new();
        for (count, mapping) in mappings(content).enumerate() {
            let (from, to) = mapping.ok_or(Refusal::Malformed)?;
            // (a).
            if from == ANY_POLICY || to == ANY_POLICY {
                return Err(Refusal::MapsAnyPolicy);
            }
            if self.outcome == Outcome::Settled {
                continue;
            }
            if count == MAX_POLICIES {
                return Err(Refusal::TooMany);
            }
            // (b) (1); the node of a policy that is mapped expects what it is mapped to. (b) (2): unless mapping is
            // inhibited, when it is deleted.
            if let Some(accepted) = self.expects(from).filter(|_| self.policy_mapping > 0) {
                add(&mut level, Expected { policy: to, accepted })?;
            }
        }
        // Policies that are not mapped stay as they are.
        for expected in &self.expected {
            if !mappings(content).flatten().any(|(from, _)| from == expected.policy) {
                add(&mut level, *expected)?;
            }
        }
        self.expected = level;
        Ok(())
    }

    /// §6.1.5 (a), (b), (g): for the last certificate.
    pub(super) fn wrap_up(mut self, certificate: &Certificate<'_>) -> Result<(), Refusal> {
        // (a).
        self.explicit_policy = self.explicit_policy.saturating_sub(1);
        // (b).
        let constraints = certificate.extensions.policy_constraints;
        if constraints.is_some_and(|constraints| constraints.require_explicit_policy == Some(0)) {
            self.explicit_policy = 0;
        }
        // (g): anyPolicy at the end stands for each policy in the user-initial-policy-set, which is never empty.
        let intersects = self.any || self.expected.iter().any(|expected| expected.accepted);
        if self.explicit_policy > 0 || intersects { Ok(()) } else { Err(Refusal::NoPolicy) }
    }

    /// Whether a node at the lowest level has this policy in its expected_policy_set, or else has anyPolicy there,
    /// below which the policy is one that the user accepts or not (§6.1.3 (d) (1), §6.1.4 (b) (1)). `None` if there is
    /// none.
    fn expects(&self, policy: &[u8]) -> Option<bool> {
        let expected = self.expected.iter().find(|expected| expected.policy == policy);
        expected.map(|expected| expected.accepted).or_else(|| self.any.then(|| self.inputs.accepts(policy)))
    }

    /// Whether the valid_policy_tree is NULL.
    fn is_null(&self) -> bool {
        !self.any && self.expected.is_empty()
    }
}

/// Adds a policy to a level, unless the level already has it.
fn add<'a>(level: &mut Vec<Expected<'a>>, new: Expected<'a>) -> Result<(), Refusal> {
    if let Some(there) = level.iter_mut().find(|expected| expected.policy == new.policy) {
        there.accepted |= new.accepted;
        return Ok(());
    }
    if level.len() == MAX_POLICIES {
        return Err(Refusal::TooMany);
    }
    level.push(new);
    Ok(())
}

fn lower(count: &mut u64, to: Option<u64>) {
    *count = to.map_or(*count, |to| to.min(*count));
}

/// The policies in the content of certificatePolicies: the contents of their identifiers. `None` for a malformed one.
fn policies(content: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    information(content).map(|information| Some(information?.0))
}

/// Whether one of the policies has a qualifier that is not known, or cannot be read.
fn has_unknown_qualifier(content: &[u8]) -> bool {
    let is_known = |qualifier: Option<&[u8]>| qualifier.is_some_and(|id| QUALIFIERS.contains(&id));
    information(content).any(|information| information.is_none_or(|(_, rest)| !qualifiers(rest).all(is_known)))
}

/// PolicyInformation (§4.2.1.4): the identifier of each policy, and what comes after it.
fn information(content: &[u8]) -> impl Iterator<Item = Option<(&[u8], Reader<'_>)>> {
    each(content, |tlv| {
        let mut fields = tlv.inside();
        Some((fields.take(der::OID)?.content, fields))
    })
}

/// The identifiers of the qualifiers of a policy.
fn qualifiers(mut fields: Reader<'_>) -> impl Iterator<Item = Option<&[u8]>> {
    // An empty list and an absent one are the same here.
    let list = fields.take(der::SEQUENCE).map_or(&[][..], |list| list.content);
    let junk = if fields.is_empty() { None } else { Some(None) };
    each(list, |tlv| tlv.inside().take(der::OID).map(|id| id.content)).chain(junk)
}

/// PolicyMappings (§4.2.1.5): from an issuerDomainPolicy to a subjectDomainPolicy.
fn mappings(content: &[u8]) -> impl Iterator<Item = Option<(&[u8], &[u8])>> {
    each(content, |tlv| {
        let mut fields = tlv.inside();
        let (from, to) = (fields.take(der::OID)?, fields.take(der::OID)?);
        fields.end().map(|()| (from.content, to.content))
    })
}

/// The results of `read` on each SEQUENCE in `content`. `None`, and then the end, at anything else.
fn each<'a, T>(content: &'a [u8], read: impl Fn(der::Tlv<'a>) -> Option<T>) -> impl Iterator<Item = Option<T>> {
    let mut reader = Reader::new(content);
    core::iter::from_fn(move || {
        if reader.is_empty() {
            return None;
        }
        let Some(tlv) = reader.take(der::SEQUENCE) else {
            reader = Reader::new(&[]);
            return Some(None);
        };
        Some(read(tlv))
    })
}

#[cfg(test)]
mod tests;
