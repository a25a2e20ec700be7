//! nameConstraints (RFC 5280 §4.2.1.10, §6.1.3 (b) and (c), §6.1.4 (g)).

use tls12::verify::Rule;

use super::names::{dns, email, ip, uri};
use crate::chains::der::{
    INTEGER, UTF8_STRING, context, context_primitive, critical, extension, id, oid, sequence, tlv,
};
use crate::chains::make::{Ca, ROOT, patched_leaf, sent, under};
use crate::chains::row::*;

/// The value of nameConstraints. An empty list is left out.
pub fn value(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let list = |n, bases: &[Vec<u8>]| {
        let subtrees: Vec<_> = bases.iter().map(|base| sequence(&[base])).collect();
        if bases.is_empty() { Vec::new() } else { tlv(context(n), subtrees.concat()) }
    };
    sequence(&[&list(0, permitted), &list(1, excluded)])
}

/// An intermediate that may issue for the one and not for the other.
pub fn int(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Ca {
    with(critical(id::NAME_CONSTRAINTS, &value(permitted, excluded)))
}

fn with(constraints: Vec<u8>) -> Ca {
    ROOT.below_with("Int", |_| (), |fields| fields.set(id::NAME_CONSTRAINTS, constraints))
}

/// Below it, a leaf of these names.
fn below(int: &Ca, names: &[Vec<u8>]) -> Case {
    sent(&[&int.patched_leaf(|fields| fields.alternative_names(names)), &int.der])
}

fn permitted(base: Vec<u8>, names: &[Vec<u8>]) -> Case {
    below(&int(&[base], &[]), names)
}

fn excluded(base: Vec<u8>, names: &[Vec<u8>]) -> Case {
    below(&int(&[], &[base]), names)
}

const NET: [u8; 8] = [192, 0, 2, 0, 255, 255, 255, 0];
const NET_6: [u8; 32] =
    [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const V6: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const OTHER_V6: [u8; 16] = [0x20, 1, 0x0d, 0xb9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

pub const ROWS: &[Row] = &[
    Row {
        name: "constraint/dns_itself",
        what: "a.example permitted, for a.example (RFC 5280 §4.2.1.10)",
        made: || permitted(dns("a.example"), &[dns("a.example")]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/dns_below",
        what: "example permitted, for a.example: labels may be added to the left (RFC 5280 §4.2.1.10)",
        made: || permitted(dns("example"), &[dns("a.example")]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/dns_case",
        what: "EXAMPLE permitted, for a.example",
        made: || permitted(dns("EXAMPLE"), &[dns("a.example")]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/dns_other",
        what: "b.example permitted, for a.example (RFC 5280 §6.1.3 (b))",
        made: || permitted(dns("b.example"), &[dns("a.example")]),
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/dns_suffix",
        what: "a.example permitted, for aa.example: whole labels (RFC 5280 §4.2.1.10)",
        made: || permitted(dns("a.example"), &[dns("aa.example")]).named("aa.example"),
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/dns_second_name",
        what: "a.example permitted, for a.example and b.example: every name counts (RFC 5280 §6.1.3 (b))",
        made: || permitted(dns("a.example"), &[dns("a.example"), dns("b.example")]),
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/dns_two_permitted",
        what: "a.example and b.example permitted, for both",
        made: || below(&int(&[dns("a.example"), dns("b.example")], &[]), &[dns("b.example"), dns("a.example")]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/dns_leading_dot",
        what: ".example permitted, for a.example: a form that RFC 5280 §4.2.1.10 has for URIs only, and that many write for DNS names",
        made: || permitted(dns(".example"), &[dns("a.example")]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/dns_everything",
        what: "the empty name permitted: zero labels, and so every name (RFC 5280 §4.2.1.10)",
        made: || permitted(dns(""), &[dns("a.example")]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/dns_excluded",
        what: "a.example excluded, for a.example (RFC 5280 §6.1.3 (c))",
        made: || excluded(dns("a.example"), &[dns("a.example")]),
        ours: CONSTRAINT,
        openssl: Refuses("excluded subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/dns_excluded_above",
        what: "example excluded, for a.example (RFC 5280 §6.1.3 (c))",
        made: || excluded(dns("example"), &[dns("a.example")]),
        ours: CONSTRAINT,
        openssl: Refuses("excluded subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/dns_excluded_other",
        what: "b.example excluded, for a.example",
        made: || excluded(dns("b.example"), &[dns("a.example")]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/dns_excluded_and_permitted",
        what: "example permitted and a.example excluded: excluded counts (RFC 5280 §4.2.1.10)",
        made: || below(&int(&[dns("example")], &[dns("a.example")]), &[dns("a.example")]),
        ours: CONSTRAINT,
        openssl: Refuses("excluded subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/dns_excluded_everything",
        what: "the empty name excluded: no DNS name at all",
        made: || excluded(dns(""), &[dns("a.example")]),
        ours: CONSTRAINT,
        openssl: Refuses("excluded subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/wildcard_permitted",
        what: "b.example permitted, for *.b.example",
        made: || permitted(dns("b.example"), &[dns("*.b.example")]).named("x.b.example"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/wildcard_wider_than_permitted",
        what: "x.b.example permitted, for *.b.example, which is more than that",
        made: || permitted(dns("x.b.example"), &[dns("*.b.example")]).named("x.b.example"),
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/wildcard_over_excluded",
        what: "x.b.example excluded, for *.b.example, which stands for it too (RFC 5280 §6.1.3 (c))",
        made: || excluded(dns("x.b.example"), &[dns("*.b.example")]).named("x.b.example"),
        ours: CONSTRAINT,
        openssl: OnlyTheyAccept("OpenSSL compares the wildcard as a name, and so lets the excluded name be served"),
        gnutls: OnlyTheyAccept("GnuTLS compares the wildcard as a name, and so lets the excluded name be served"),
    },
    Row {
        name: "constraint/ip",
        what: "192.0.2.0/24 permitted, for 192.0.2.1",
        made: || permitted(ip(&NET), &[ip(&[192, 0, 2, 1])]).named("192.0.2.1"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/ip_other",
        what: "192.0.2.0/24 permitted, for 198.51.100.1 (RFC 5280 §6.1.3 (b))",
        made: || permitted(ip(&NET), &[ip(&[198, 51, 100, 1])]).named("198.51.100.1"),
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/ip_excluded",
        what: "192.0.2.0/24 excluded, for 192.0.2.255 (RFC 5280 §6.1.3 (c))",
        made: || excluded(ip(&NET), &[ip(&[192, 0, 2, 255])]).named("192.0.2.255"),
        ours: CONSTRAINT,
        openssl: Refuses("excluded subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/ip_excluded_other",
        what: "192.0.2.0/24 excluded, for 192.0.3.0",
        made: || excluded(ip(&NET), &[ip(&[192, 0, 3, 0])]).named("192.0.3.0"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/ip6",
        what: "2001:db8::/32 permitted, for 2001:db8::1",
        made: || permitted(ip(&NET_6), &[ip(&V6)]).named("2001:db8::1"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/ip6_other",
        what: "2001:db8::/32 permitted, for 2001:db9::1 (RFC 5280 §6.1.3 (b))",
        made: || permitted(ip(&NET_6), &[ip(&OTHER_V6)]).named("2001:db9::1"),
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/ip6_for_v4",
        what: "2001:db8::/32 permitted, for 192.0.2.1: both are iPAddress, and it is in no permitted one (RFC 5280 §6.1.3 (b))",
        made: || permitted(ip(&NET_6), &[ip(&[192, 0, 2, 1])]).named("192.0.2.1"),
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: OnlyTheyAccept(
            "GnuTLS takes IPv4 and IPv6 for two kinds of name; to RFC 5280 §4.2.1.10 both are iPAddress",
        ),
    },
    Row {
        name: "constraint/ip_and_dns_name",
        what: "192.0.2.0/24 permitted, for the DNS name a.example: another kind of name is free (RFC 5280 §4.2.1.10)",
        made: || permitted(ip(&NET), &[dns("a.example")]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/dns_and_address",
        what: "b.example permitted, for the address 192.0.2.1: another kind of name is free (RFC 5280 §4.2.1.10)",
        made: || permitted(dns("b.example"), &[ip(&[192, 0, 2, 1])]).named("192.0.2.1"),
        ours: OK,
        openssl: Accepts,
        gnutls: OnlyTheyRefuse(
            "The certificate chain violates the signer's constraints.",
            "without a DNS name in the leaf, GnuTLS takes its common name for one, and that is not permitted",
        ),
    },
    Row {
        name: "constraint/ip_with_holes",
        what: "a mask of 255.0.255.0, which is no prefix (RFC 5280 §4.2.1.10, RFC 4632)",
        made: || permitted(ip(&[192, 0, 2, 0, 255, 0, 255, 0]), &[ip(&[192, 0, 2, 1])]).named("192.0.2.1"),
        ours: MALFORMED,
        openssl: OnlyTheyAccept("OpenSSL applies any mask"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/ip_without_mask",
        what: "an address without its mask (RFC 5280 §4.2.1.10: eight octets)",
        made: || permitted(ip(&[192, 0, 2, 1]), &[ip(&[192, 0, 2, 1])]).named("192.0.2.1"),
        ours: MALFORMED,
        openssl: Refuses("unsupported or invalid name syntax"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/email_unused",
        what: "an e-mail domain permitted, for a leaf without e-mail addresses (RFC 5280 §4.2.1.10)",
        made: || permitted(email("b.example"), &[dns("a.example")]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/email_broken",
        what: "an e-mail domain permitted, for a leaf with another (RFC 5280 §6.1.3 (b))",
        made: || permitted(email("b.example"), &[dns("a.example"), email("x@a.example")]),
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/email_excluded",
        what: "an e-mail domain excluded, for a leaf with it (RFC 5280 §6.1.3 (c))",
        made: || excluded(email("a.example"), &[dns("a.example"), email("x@a.example")]),
        ours: CONSTRAINT,
        openssl: Refuses("excluded subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/uri_unused",
        what: "a URI's host permitted, for a leaf without URIs (RFC 5280 §4.2.1.10)",
        made: || permitted(uri("b.example"), &[dns("a.example")]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/uri_broken",
        what: "a URI's host permitted, for a leaf with another (RFC 5280 §6.1.3 (b))",
        made: || permitted(uri("b.example"), &[dns("a.example"), uri("https://a.example/")]),
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: OnlyTheyAccept("GnuTLS does not compare URIs with nameConstraints"),
    },
    Row {
        name: "constraint/unknown_kind_unused",
        what: "a registeredID permitted, for a leaf without one: nothing to process (RFC 5280 §4.2.1.10)",
        made: || permitted(tlv(context_primitive(8), [0x2a, 3]), &[dns("a.example")]),
        ours: OK,
        openssl: Accepts,
        gnutls: OnlyTheyRefuse(
            "The certificate chain violates the signer's constraints.",
            "GnuTLS refuses constraints on kinds of names that it does not compare, also where there is no such name",
        ),
    },
    Row {
        name: "constraint/unknown_kind_used",
        what: "a registeredID permitted, for a leaf with one: process it or refuse (RFC 5280 §4.2.1.10)",
        made: || {
            permitted(tlv(context_primitive(8), [0x2a, 3]), &[dns("a.example"), tlv(context_primitive(8), [0x2a, 4])])
        },
        ours: CONSTRAINT,
        openssl: Refuses("unsupported name constraint type"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/two_levels_narrow",
        what: "the first intermediate permits example, the second a.example, for a.example (RFC 5280 §6.1.4 (g))",
        made: || two_levels("example", "a.example"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/two_levels_widen",
        what: "the first intermediate permits b.example, the second example, for a.example: the intersection (RFC 5280 §6.1.4 (g))",
        made: || two_levels("b.example", "example"),
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/root",
        what: "the root permits b.example, for a.example (RFC 5937 §3.2: what a root says binds it)",
        made: || {
            let root = Ca::root_with(
                "Its Root",
                |_| (),
                |f| f.set(id::NAME_CONSTRAINTS, critical(id::NAME_CONSTRAINTS, &value(&[dns("b.example")], &[]))),
            );
            under(&root, &[&root.leaf(|_| ())])
        },
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/not_critical",
        what: "nameConstraints that are not critical (RFC 5280 §4.2.1.10: must be)",
        made: || below(&with(extension(id::NAME_CONSTRAINTS, &value(&[dns("a.example")], &[]))), &[dns("a.example")]),
        ours: noted(&[Rule::Criticality]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/not_critical_broken",
        what: "nameConstraints not critical, and broken",
        made: || below(&with(extension(id::NAME_CONSTRAINTS, &value(&[dns("b.example")], &[]))), &[dns("a.example")]),
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/empty",
        what: "nameConstraints of nothing (RFC 5280 §4.2.1.10: must not be empty)",
        made: || below(&int(&[], &[]), &[dns("a.example")]),
        ours: noted(&[Rule::Names]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/in_leaf",
        what: "nameConstraints in a leaf (RFC 5280 §4.2.1.10: only in a CA's)",
        made: || {
            patched_leaf(|f| {
                f.set(id::NAME_CONSTRAINTS, critical(id::NAME_CONSTRAINTS, &value(&[dns("a.example")], &[])))
            })
        },
        ours: noted(&[Rule::AuthorityTraits]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/minimum",
        what: "a subtree with a minimum of 1 (RFC 5280 §4.2.1.10: must be zero)",
        made: || {
            let subtree = sequence(&[&dns("a.example"), &tlv(context_primitive(0), [1])]);
            below(&with(critical(id::NAME_CONSTRAINTS, &sequence(&[&tlv(context(0), subtree)]))), &[dns("a.example")])
        },
        ours: MALFORMED,
        openssl: Refuses("name constraints minimum and maximum not supported"),
        gnutls: OnlyTheyAccept("GnuTLS passes over the minimum, against RFC 5280 §4.2.1.10"),
    },
    Row {
        name: "constraint/maximum",
        what: "a subtree with a maximum (RFC 5280 §4.2.1.10: must be absent)",
        made: || {
            let subtree = sequence(&[&dns("a.example"), &tlv(context_primitive(1), [9])]);
            below(&with(critical(id::NAME_CONSTRAINTS, &sequence(&[&tlv(context(0), subtree)]))), &[dns("a.example")])
        },
        ours: MALFORMED,
        openssl: Refuses("name constraints minimum and maximum not supported"),
        gnutls: OnlyTheyAccept("GnuTLS passes over the maximum, against RFC 5280 §4.2.1.10"),
    },
    Row {
        name: "constraint/not_a_sequence",
        what: "nameConstraints that are an INTEGER",
        made: || below(&with(critical(id::NAME_CONSTRAINTS, &[INTEGER, 1, 1])), &[dns("a.example")]),
        ours: MALFORMED,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/other_name",
        what: "an otherName permitted, for a leaf without one",
        made: || {
            permitted(
                tlv(context(0), [oid("1.3.6.1.4.1.32473.3"), tlv(context(0), tlv(UTF8_STRING, "x"))].concat()),
                &[dns("a.example")],
            )
        },
        ours: OK,
        openssl: Accepts,
        gnutls: OnlyTheyRefuse(
            "The certificate chain violates the signer's constraints.",
            "GnuTLS refuses constraints on kinds of names that it does not compare, also where there is no such name",
        ),
    },
    Row {
        name: "constraint/much_work",
        what: "two thousand subtrees and two thousand names: millions of comparisons",
        made: || {
            let base: Vec<_> = (0..2000).map(|i| dns(format!("x{i}.example"))).collect();
            let mut names: Vec<_> = (0..2000).map(|i| dns(format!("y{i}.example"))).collect();
            names.push(dns("a.example"));
            below(&int(&[], &base), &names)
        },
        ours: LIMIT,
        openssl: Refuses("unspecified certificate verification error"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
];

/// A leaf for a.example below two intermediates, of which each permits one DNS name.
fn two_levels(first: &str, second: &str) -> Case {
    let constrain = |base: &str| critical(id::NAME_CONSTRAINTS, &value(&[dns(base)], &[]));
    let first = with(constrain(first));
    let second = first.below_with("Sub", |_| (), |fields| fields.set(id::NAME_CONSTRAINTS, constrain(second)));
    sent(&[&second.leaf(|_| ()), &second.der, &first.der])
}
