//! nameConstraints on directory names, and how these are compared (RFC 5280 §4.2.1.10, §7.1).

use rcgen::{DistinguishedName, DnType, DnValue};

use super::constraints::{int, value};
use super::names::{directory, dns};
use crate::chains::der::{PRINTABLE_STRING, SEQUENCE, UTF8_STRING, critical, id, name, tlv};
use crate::chains::make::{Ca, sent, under};
use crate::chains::row::*;

const ORGANIZATION: &str = "2.5.4.10";
const COMMON_NAME: &str = "2.5.4.3";

/// The directory name O=`organization`, in a string type.
fn organization(tag: u8, organization: &str) -> Vec<u8> {
    directory(&name(&[(ORGANIZATION, tag, organization.as_bytes())]))
}

/// Below an intermediate with these constraints, a leaf for a.example with the subject O=`organization`, CN=leaf.
fn of_organization(int: &Ca, organization: &str) -> Case {
    let subject = name(&[(ORGANIZATION, UTF8_STRING, organization.as_bytes()), (COMMON_NAME, UTF8_STRING, b"leaf")]);
    sent(&[&int.patched_leaf(|fields| fields.subject = subject), &int.der])
}

fn no_subject(int: &Ca) -> Case {
    sent(&[&int.leaf(|params| params.distinguished_name = DistinguishedName::new()), &int.der])
}

pub const ROWS: &[Row] = &[
    Row {
        name: "constraint/directory",
        what: "O=Good permitted, for O=Good, CN=leaf (RFC 5280 §4.2.1.10)",
        made: || of_organization(&int(&[organization(UTF8_STRING, "Good")], &[]), "Good"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/directory_other",
        what: "O=Good permitted, for O=Bad, CN=leaf (RFC 5280 §6.1.3 (b))",
        made: || of_organization(&int(&[organization(UTF8_STRING, "Good")], &[]), "Bad"),
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: OnlyTheyAccept("GnuTLS does not compare directory names with nameConstraints"),
    },
    Row {
        name: "constraint/directory_excluded",
        what: "O=Bad excluded, for O=Bad, CN=leaf (RFC 5280 §6.1.3 (c))",
        made: || of_organization(&int(&[], &[organization(UTF8_STRING, "Bad")]), "Bad"),
        ours: CONSTRAINT,
        openssl: Refuses("excluded subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/directory_excluded_other",
        what: "O=Bad excluded, for O=Good, CN=leaf",
        made: || of_organization(&int(&[], &[organization(UTF8_STRING, "Bad")]), "Good"),
        ours: OK,
        openssl: Accepts,
        gnutls: OnlyTheyRefuse(
            "The certificate chain violates the signer's constraints.",
            "GnuTLS does not compare directory names, and refuses where some are excluded",
        ),
    },
    Row {
        name: "constraint/directory_case",
        what: "O=GOOD permitted, for O=Good: case does not count (RFC 5280 §7.1)",
        made: || of_organization(&int(&[organization(UTF8_STRING, "GOOD")], &[]), "Good"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/directory_string_type",
        what: "O=Good as PrintableString permitted, for O=Good as UTF8String (RFC 5280 §7.1)",
        made: || of_organization(&int(&[organization(PRINTABLE_STRING, "Good")], &[]), "Good"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/directory_excluded_case",
        what: "O=BAD as PrintableString excluded, for O=Bad as UTF8String (RFC 5280 §7.1)",
        made: || of_organization(&int(&[], &[organization(PRINTABLE_STRING, "BAD")]), "Bad"),
        ours: CONSTRAINT,
        openssl: Refuses("excluded subtree violation"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "constraint/directory_no_subject",
        what: "O=Good permitted, for a leaf without a subject: no name of the kind (RFC 5280 §4.2.1.10)",
        made: || no_subject(&int(&[organization(UTF8_STRING, "Good")], &[])),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/directory_everything_excluded",
        what: "the empty directory name excluded, for CN=leaf: every name is below it (RFC 5280 §4.2.1.10)",
        made: || of_organization(&int(&[], &[directory(&tlv(SEQUENCE, []))]), "Good"),
        ours: CONSTRAINT,
        openssl: Refuses("excluded subtree violation"),
        gnutls: OnlyTheyAccept("GnuTLS does not compare directory names with nameConstraints"),
    },
    Row {
        name: "constraint/directory_in_names",
        what: "O=Good permitted, for a subjectAltName with a directory name O=Bad (RFC 5280 §6.1.3 (b))",
        made: || {
            let ca = int(&[organization(UTF8_STRING, "Good")], &[]);
            let leaf = ca.patched_leaf(|f| {
                f.subject = name(&[(ORGANIZATION, UTF8_STRING, b"Good")]);
                f.alternative_names(&[dns("a.example"), organization(UTF8_STRING, "Bad")])
            });
            sent(&[&leaf, &ca.der])
        },
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: OnlyTheyAccept("GnuTLS does not compare directory names with nameConstraints"),
    },
    Row {
        name: "constraint/directory_two_levels",
        what: "the root permits O=Good, the intermediate O=Good, OU=Web, and the leaf is in it",
        made: || {
            let unit = |last: &str| {
                name(&[
                    (ORGANIZATION, UTF8_STRING, b"Good"),
                    ("2.5.4.11", UTF8_STRING, b"Web"),
                    (COMMON_NAME, UTF8_STRING, last.as_bytes()),
                ])
            };
            let root = Ca::root_with(
                "Its Root",
                |_| (),
                |f| {
                    f.set(
                        id::NAME_CONSTRAINTS,
                        critical(id::NAME_CONSTRAINTS, &value(&[organization(UTF8_STRING, "Good")], &[])),
                    )
                },
            );
            let mut subject = DistinguishedName::new();
            subject.push(DnType::OrganizationName, DnValue::Utf8String("Good".into()));
            let ca = root.below_with(
                "Int",
                |p| p.distinguished_name = subject,
                |f| {
                    f.set(
                        id::NAME_CONSTRAINTS,
                        critical(
                            id::NAME_CONSTRAINTS,
                            &value(
                                &[directory(&name(&[
                                    (ORGANIZATION, UTF8_STRING, b"Good"),
                                    ("2.5.4.11", UTF8_STRING, b"Web"),
                                ]))],
                                &[],
                            ),
                        ),
                    )
                },
            );
            under(&root, &[&ca.patched_leaf(|f| f.subject = unit("leaf")), &ca.der])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/directory_and_intermediate",
        what: "the root permits O=Good, and an intermediate is CN=Int: its name counts as well (RFC 5280 §6.1.3 (b))",
        made: || {
            let root = Ca::root_with(
                "Its Root",
                |_| (),
                |f| {
                    f.set(
                        id::NAME_CONSTRAINTS,
                        critical(id::NAME_CONSTRAINTS, &value(&[organization(UTF8_STRING, "Good")], &[])),
                    )
                },
            );
            let ca = root.below("Int");
            let leaf = ca.patched_leaf(|f| f.subject = name(&[(ORGANIZATION, UTF8_STRING, b"Good")]));
            under(&root, &[&leaf, &ca.der])
        },
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: OnlyTheyAccept("GnuTLS does not compare directory names with nameConstraints"),
    },
    Row {
        name: "constraint/directory_and_self_issued",
        what: "O=Good permitted by CN=Int, with a self-issued CN=Int below: its name does not count (RFC 5280 §6.1.3 (b))",
        made: || {
            let old = int(&[organization(UTF8_STRING, "Good")], &[]);
            let new = old.below("Int");
            let leaf = new.patched_leaf(|f| f.subject = name(&[(ORGANIZATION, UTF8_STRING, b"Good")]));
            sent(&[&leaf, &new.der, &old.der])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "constraint/directory_and_self_issued_leaf",
        what: "O=Good permitted by CN=Int, for a leaf with the subject CN=Int: the last certificate counts (RFC 5280 §6.1.3 (b))",
        made: || {
            let ca = int(&[organization(UTF8_STRING, "Good")], &[]);
            sent(&[&ca.leaf(|p| p.distinguished_name = crate::chains::make::named("Int")), &ca.der])
        },
        ours: CONSTRAINT,
        openssl: Refuses("permitted subtree violation"),
        gnutls: OnlyTheyAccept("GnuTLS does not compare directory names with nameConstraints"),
    },
];
