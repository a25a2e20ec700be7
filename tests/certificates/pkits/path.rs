//! Makes the paths of PKITS: authorities below a trust anchor, and a certificate at the end, each with its list.

use std::sync::LazyLock;

use crate::certificates::Der;
use crate::certificates::der::{
    BIT_STRING, Fields, INTEGER, PRINTABLE_STRING, SEQUENCE, TRUE, UTF8_STRING, context, context_primitive, critical,
    extension, id, name, oid, sequence, tlv,
};
use crate::certificates::lists::Crl;
use crate::certificates::make::Ca;

/// The trust anchor.
pub static ANCHOR: LazyLock<Ca> = LazyLock::new(|| {
    let subject = dn(&[("2.5.4.3", PRINTABLE_STRING, "Trust Anchor")]);
    Ca::root_with("Trust Anchor", |_| (), |fields| (fields.issuer, fields.subject) = (subject.clone(), subject))
});

/// A question of PKITS: what is sent, and the lists. All is below [`ANCHOR`].
pub struct Case {
    pub sent: Vec<Der>,
    pub lists: Vec<Vec<u8>>,
}

/// The authorities of a path, from the one below the anchor on.
pub struct Path {
    pub authorities: Vec<Ca>,
}

impl Path {
    /// An authority below the anchor.
    pub fn new(common_name: &str, change: impl FnOnce(&mut Fields)) -> Self {
        Self { authorities: Vec::new() }.then(common_name, change)
    }

    /// The anchor alone.
    pub fn anchor() -> Self {
        Self { authorities: Vec::new() }
    }

    pub fn last(&self) -> &Ca {
        self.authorities.last().unwrap_or(&ANCHOR)
    }

    /// Another authority below the last one.
    pub fn then(mut self, common_name: &str, change: impl FnOnce(&mut Fields)) -> Self {
        let subject = dn(&[("2.5.4.3", PRINTABLE_STRING, common_name)]);
        self.authorities.push(below(self.last(), subject, change));
        self
    }

    /// A self-issued certificate: the last authority's name, with another key.
    pub fn again(mut self, change: impl FnOnce(&mut Fields)) -> Self {
        let subject = Fields::of(&self.last().der).subject;
        self.authorities.push(below(self.last(), subject, change));
        self
    }

    /// A certificate that is no authority's, and lists of all above it on which nothing is.
    pub fn end(self, change: impl FnOnce(&mut Fields)) -> Case {
        let leaf = self.leaf(change);
        self.case(leaf)
    }

    /// The certificate of an authority, which is asked about as if it were a client's.
    pub fn end_ca(self, change: impl FnOnce(&mut Fields)) -> Case {
        let path = self.then("Final", change);
        path.closed()
    }

    /// The last authority is what is asked about.
    pub fn closed(mut self) -> Case {
        let last = self.authorities.pop().unwrap();
        self.case(last.der)
    }

    pub fn leaf(&self, change: impl FnOnce(&mut Fields)) -> Der {
        leaf(self.last(), change)
    }

    /// What is sent when this is asked about, and no lists.
    pub fn sent(&self, leaf: Der) -> Vec<Der> {
        [leaf].into_iter().chain(self.authorities.iter().rev().map(|ca| ca.der.clone())).collect()
    }

    /// With lists of all above it on which nothing is.
    pub fn case(&self, leaf: Der) -> Case {
        let lists = [&*ANCHOR].into_iter().chain(&self.authorities).map(|ca| Crl::of(ca, &[]).sign()).collect();
        Case { sent: self.sent(leaf), lists }
    }

    /// With the anchor's list, on which nothing is, and these.
    pub fn listed(&self, leaf: Der, lists: impl IntoIterator<Item = Crl>) -> Case {
        let lists = [Crl::of(&ANCHOR, &[])].into_iter().chain(lists).map(Crl::sign).collect();
        Case { sent: self.sent(leaf), lists }
    }
}

/// An authority of this name.
pub fn below(issuer: &Ca, subject: Vec<u8>, change: impl FnOnce(&mut Fields)) -> Ca {
    issuer.below_with(
        "Authority",
        |_| (),
        |fields| {
            fields.issuer = Fields::of(&issuer.der).subject;
            fields.subject = subject;
            fields.policies(&[1]);
            fields.usage(true, ALL_USES);
            change(fields);
        },
    )
}

/// digitalSignature, which TLS asks for at the end of a path, keyCertSign and cRLSign: how many bits are unused, and the
/// bits.
const ALL_USES: [u8; 2] = [1, 0b1000_0110];

/// A certificate with nothing that TLS asks for: it is a client's.
pub fn leaf(issuer: &Ca, change: impl FnOnce(&mut Fields)) -> Der {
    issuer.patched_leaf(|fields| {
        fields.issuer = Fields::of(&issuer.der).subject;
        fields.subject = dn(&[("2.5.4.3", PRINTABLE_STRING, "Subject")]);
        fields.remove(id::SUBJECT_ALT_NAME);
        fields.remove(id::EXTENDED_KEY_USAGE);
        fields.policies(&[1]);
        change(fields);
    })
}

/// A name of these attributes below the country and the organization.
pub fn dn(attributes: &[(&str, u8, &str)]) -> Vec<u8> {
    let all = [("2.5.4.6", PRINTABLE_STRING, "US"), ("2.5.4.10", PRINTABLE_STRING, "Test Certificates")];
    let all: Vec<_> = all.iter().chain(attributes).map(|(kind, tag, value)| (*kind, *tag, value.as_bytes())).collect();
    name(&all)
}

/// A name of one organizational unit and a common name.
pub fn unit(unit: &str, common_name: &str) -> Vec<u8> {
    dn(&[("2.5.4.11", PRINTABLE_STRING, unit), ("2.5.4.3", PRINTABLE_STRING, common_name)])
}

/// Policies, by their last arc; 0 is anyPolicy.
pub fn policy(number: u8) -> Vec<u8> {
    if number == 0 { oid("2.5.29.32.0") } else { oid(&format!("2.16.840.1.101.3.2.1.48.{number}")) }
}

/// A policyQualifierInfo with a notice for users (RFC 5280 §4.2.1.4).
pub fn notice(text: &str) -> Vec<u8> {
    sequence(&[&oid("1.3.6.1.5.5.7.2.2"), &sequence(&[&tlv(UTF8_STRING, text)])])
}

/// A policyQualifierInfo that points to a practice statement.
pub fn practice(uri: &str) -> Vec<u8> {
    /// IA5String.
    const TEXT: u8 = 0x16;
    sequence(&[&oid("1.3.6.1.5.5.7.2.1"), &tlv(TEXT, uri)])
}

/// What PKITS changes in certificates.
pub trait Edit {
    fn policies(&mut self, numbers: &[u8]);
    fn no_policies(&mut self);
    /// Policies with a qualifier each.
    fn qualified(&mut self, policies: &[(u8, Vec<u8>)]);
    fn map(&mut self, mappings: &[(u8, u8)]);
    /// requireExplicitPolicy and inhibitPolicyMapping.
    fn policy_constraints(&mut self, explicit: Option<u8>, mapping: Option<u8>);
    fn require(&mut self, explicit: u8) {
        self.policy_constraints(Some(explicit), None);
    }
    fn inhibit_any(&mut self, skip: u8);
    fn path_length(&mut self, length: u8);
    /// GeneralNames of the permitted and the excluded subtrees.
    fn subtrees(&mut self, permitted: &[Vec<u8>], excluded: &[Vec<u8>]);
    /// keyUsage, by its octets, the first of which counts unused bits.
    fn usage(&mut self, critical: bool, bits: [u8; 2]);
}

impl Edit for Fields {
    fn policies(&mut self, numbers: &[u8]) {
        let policies: Vec<_> = numbers.iter().map(|number| sequence(&[&policy(*number)])).collect();
        self.set(id::POLICIES, extension(id::POLICIES, &tlv(SEQUENCE, policies.concat())));
    }

    fn no_policies(&mut self) {
        self.remove(id::POLICIES);
    }

    fn qualified(&mut self, policies: &[(u8, Vec<u8>)]) {
        let one = |(number, qualifier): &(u8, Vec<u8>)| sequence(&[&policy(*number), &sequence(&[qualifier])]);
        let policies: Vec<_> = policies.iter().map(one).collect();
        self.set(id::POLICIES, extension(id::POLICIES, &tlv(SEQUENCE, policies.concat())));
    }

    fn map(&mut self, mappings: &[(u8, u8)]) {
        let mappings: Vec<_> = mappings.iter().map(|(from, to)| sequence(&[&policy(*from), &policy(*to)])).collect();
        self.set(id::POLICY_MAPPINGS, critical(id::POLICY_MAPPINGS, &tlv(SEQUENCE, mappings.concat())));
    }

    fn policy_constraints(&mut self, explicit: Option<u8>, mapping: Option<u8>) {
        let field = |n, skip: Option<u8>| skip.map_or_else(Vec::new, |skip| tlv(context_primitive(n), [skip]));
        let value = sequence(&[&field(0, explicit), &field(1, mapping)]);
        self.set(id::POLICY_CONSTRAINTS, critical(id::POLICY_CONSTRAINTS, &value));
    }

    fn inhibit_any(&mut self, skip: u8) {
        self.set(id::INHIBIT_ANY_POLICY, critical(id::INHIBIT_ANY_POLICY, &tlv(INTEGER, [skip])));
    }

    fn path_length(&mut self, length: u8) {
        let value = sequence(&[&TRUE, &tlv(INTEGER, [length])]);
        self.set(id::BASIC_CONSTRAINTS, critical(id::BASIC_CONSTRAINTS, &value));
    }

    fn subtrees(&mut self, permitted: &[Vec<u8>], excluded: &[Vec<u8>]) {
        let field = |n, names: &[Vec<u8>]| {
            let subtrees: Vec<_> = names.iter().map(|name| sequence(&[name])).collect();
            if names.is_empty() { Vec::new() } else { tlv(context(n), subtrees.concat()) }
        };
        let value = sequence(&[&field(0, permitted), &field(1, excluded)]);
        self.set(id::NAME_CONSTRAINTS, critical(id::NAME_CONSTRAINTS, &value));
    }

    fn usage(&mut self, is_critical: bool, bits: [u8; 2]) {
        let value = tlv(BIT_STRING, bits);
        let encoded = if is_critical { critical(id::KEY_USAGE, &value) } else { extension(id::KEY_USAGE, &value) };
        self.set(id::KEY_USAGE, encoded);
    }
}

/// GeneralNames (RFC 5280 §4.2.1.6).
pub fn mail(text: &str) -> Vec<u8> {
    tlv(context_primitive(1), text)
}
pub fn dns(text: &str) -> Vec<u8> {
    tlv(context_primitive(2), text)
}
pub fn directory(name: &[u8]) -> Vec<u8> {
    tlv(context(4), name)
}
pub fn uri(text: &str) -> Vec<u8> {
    tlv(context_primitive(6), text)
}
