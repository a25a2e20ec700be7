//! Extensions: critical or not, known or not, twice, malformed (RFC 5280 §4.2).

use tls12::verify::Rule;

use crate::chains::der::{
    BOOLEAN, Fields, INTEGER, NULL, OCTET_STRING, SEQUENCE, TRUE, context, context_primitive, critical, extension, id,
    oid, sequence, tlv,
};
use crate::chains::make::{patched_int, patched_leaf, patched_root};
use crate::chains::row::*;

/// The value of certificatePolicies: one policy.
fn policies(policy: &str) -> Vec<u8> {
    sequence(&[&sequence(&[&oid(policy)])])
}

const ANY_POLICY: &str = "2.5.29.32.0";
const A_POLICY: &str = "1.3.6.1.4.1.32473.4";

fn add(encoded: Vec<u8>) -> impl FnOnce(&mut Fields) {
    move |fields| fields.extensions.push(encoded)
}

/// A CRL distribution point: one URI.
fn distribution_points() -> Vec<u8> {
    let name = tlv(context(0), tlv(context_primitive(6), "http://a.example/crl"));
    sequence(&[&sequence(&[&tlv(context(0), name)])])
}

pub const ROWS: &[Row] = &[
    Row {
        name: "extension/unknown",
        what: "an extension that nobody knows, not critical (RFC 5280 §4.2: may be passed over)",
        made: || patched_leaf(add(extension(id::UNKNOWN, &NULL))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "extension/unknown_critical",
        what: "a critical extension that nobody knows (RFC 5280 §6.1.5 (e))",
        made: || patched_leaf(add(critical(id::UNKNOWN, &NULL))),
        ours: UNSUPPORTED,
        openssl: Refuses("unhandled critical extension"),
        gnutls: Refuses("The certificate contains an unknown critical extension."),
    },
    Row {
        name: "extension/unknown_critical_in_intermediate",
        what: "the same in an intermediate (RFC 5280 §6.1.4 (o))",
        made: || patched_int(add(critical(id::UNKNOWN, &NULL))),
        ours: UNSUPPORTED,
        openssl: Refuses("unhandled critical extension"),
        gnutls: Refuses("The certificate contains an unknown critical extension."),
    },
    Row {
        name: "extension/unknown_critical_in_root",
        what: "the same in a root: nobody knows what it asks for (RFC 5280 §4.2)",
        made: || patched_root(add(critical(id::UNKNOWN, &NULL))),
        ours: OK,
        openssl: OnlyTheyRefuse(
            "unhandled critical extension",
            "a trust anchor is a name, a key and its constraints (RFC 5280 §6.1.1 (d)): the rest of its certificate is not judged",
        ),
        gnutls: OnlyTheyRefuse(
            "The certificate contains an unknown critical extension.",
            "a trust anchor is a name, a key and its constraints (RFC 5280 §6.1.1 (d)): the rest of its certificate is not judged",
        ),
    },
    Row {
        name: "extension/explicit_not_critical",
        what: "critical is written as FALSE, the default, which DER leaves out (X.690 §11.5): it can be read in one way only",
        made: || patched_leaf(add(sequence(&[&oid(id::UNKNOWN), &[BOOLEAN, 1, 0], &tlv(OCTET_STRING, NULL)]))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "extension/critical_is_one",
        what: "critical is written as 01; DER has one TRUE, ff (X.690 §11.1)",
        made: || {
            patched_leaf(|f| {
                let value = tlv(OCTET_STRING, f.get(id::KEY_USAGE));
                f.set(id::KEY_USAGE, sequence(&[&oid(id::KEY_USAGE), &[BOOLEAN, 1, 1], &value]))
            })
        },
        ours: MALFORMED,
        openssl: OnlyTheyAccept("OpenSSL reads BER where DER is asked for"),
        gnutls: OnlyTheyAccept("GnuTLS reads this BER where DER is asked for"),
    },
    Row {
        name: "extension/unknown_twice",
        what: "an extension that nobody knows, twice (RFC 5280 §4.2: one instance)",
        made: || patched_leaf(|f| f.extensions.extend([extension(id::UNKNOWN, &NULL), extension(id::UNKNOWN, &NULL)])),
        ours: OK,
        openssl: Accepts,
        gnutls: OnlyTheyRefuse(
            "Duplicate extension in X.509 certificate.",
            "what is not known and not critical is passed over (RFC 5280 §4.2), once or twice",
        ),
    },
    Row {
        name: "extension/names_twice",
        what: "two subjectAltNames (RFC 5280 §4.2: one instance)",
        made: || {
            patched_leaf(|f| {
                let names =
                    f.extensions.iter().find(|e| e.windows(3).any(|w| w == [0x55, 0x1d, 0x11])).unwrap().clone();
                f.extensions.push(names)
            })
        },
        ours: MALFORMED,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("Duplicate extension in X.509 certificate."),
    },
    Row {
        name: "extension/basic_constraints_twice_in_intermediate",
        what: "two basicConstraints in an intermediate, CA:FALSE last (RFC 5280 §4.2)",
        made: || patched_int(add(critical(id::BASIC_CONSTRAINTS, &tlv(SEQUENCE, [])))),
        ours: MALFORMED,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("Duplicate extension in X.509 certificate."),
    },
    Row {
        name: "extension/none",
        what: "a client's certificate of version 3 without extensions: the authorityKeyIdentifier must be there (RFC 5280 §4.2.1.1)",
        made: || patched_leaf(|f| f.extensions.clear()).client(),
        ours: noted(&[Rule::KeyIdentifiers]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "extension/empty_list",
        what: "a list of no extensions (RFC 5280 §4.1.2.9: SIZE (1..MAX))",
        made: || {
            patched_leaf(|f| {
                f.extensions.clear();
                f.rest = tlv(context(3), tlv(SEQUENCE, []))
            })
            .client()
        },
        ours: noted(&[Rule::Extensions, Rule::KeyIdentifiers]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "extension/in_version_1",
        what: "extensions in version 1 (RFC 5280 §4.1.2.1: must be 3)",
        made: || patched_leaf(|f| f.version.clear()),
        ours: UNSUPPORTED,
        openssl: OnlyTheyAccept(
            "a certificate of version 1 cannot say what it may be used for; it is taken by name (Allow::OldVersions)",
        ),
        gnutls: Refuses("Error in the certificate."),
    },
    Row {
        name: "extension/trailing_junk",
        what: "something after the value, within the extension (RFC 5280 §4.2)",
        made: || patched_leaf(add(sequence(&[&oid(id::UNKNOWN), &tlv(OCTET_STRING, NULL), &NULL]))),
        ours: MALFORMED,
        openssl: Refuses("Could not read certificate file"),
        gnutls: Refuses("ASN1 parser: Error in DER parsing."),
    },
    Row {
        name: "extension/junk_after_basic_constraints",
        what: "something after basicConstraints, within its OCTET STRING (X.690 §10)",
        made: || {
            patched_leaf(|f| {
                f.set(
                    id::BASIC_CONSTRAINTS,
                    critical(id::BASIC_CONSTRAINTS, &[tlv(SEQUENCE, []), NULL.to_vec()].concat()),
                )
            })
        },
        ours: MALFORMED,
        openssl: OnlyTheyAccept("OpenSSL passes over what follows within an extension"),
        gnutls: OnlyTheyAccept("GnuTLS passes over what follows within an extension"),
    },
    Row {
        name: "extension/bad_authority_key",
        what: "an authorityKeyIdentifier that is NULL (RFC 5280 §4.2.1.1)",
        made: || patched_leaf(|f| f.set(id::AUTHORITY_KEY, extension(id::AUTHORITY_KEY, &NULL))),
        ours: noted(&[Rule::Extensions, Rule::KeyIdentifiers]),
        openssl: OnlyTheyRefuse(
            "unable to get local issuer certificate",
            "a key identifier is a hint for finding an issuer; the signature verifies (RFC 5280 §6.1.3 (a))",
        ),
        gnutls: Accepts,
    },
    Row {
        name: "extension/other_authority_key",
        what: "an authorityKeyIdentifier that is not the issuer's subjectKeyIdentifier (RFC 5280 §4.2.1.2: must be)",
        made: || {
            patched_leaf(|f| {
                f.set(
                    id::AUTHORITY_KEY,
                    extension(id::AUTHORITY_KEY, &sequence(&[&tlv(context_primitive(0), [7; 20])])),
                )
            })
        },
        ours: noted(&[Rule::KeyIdentifiers]),
        openssl: OnlyTheyRefuse(
            "unable to get local issuer certificate",
            "a key identifier is a hint for finding an issuer; the signature verifies (RFC 5280 §6.1.3 (a))",
        ),
        gnutls: OnlyTheyRefuse(
            "The certificate issuer is unknown.",
            "a key identifier is a hint for finding an issuer; the signature verifies (RFC 5280 §6.1.3 (a))",
        ),
    },
    Row {
        name: "extension/authority_key_critical",
        what: "a critical authorityKeyIdentifier (RFC 5280 §4.2.1.1: must not be)",
        made: || patched_leaf(|f| f.make_critical(id::AUTHORITY_KEY)),
        ours: noted(&[Rule::Criticality]),
        openssl: OnlyTheyRefuse(
            "unhandled critical extension",
            "it is understood; that it must not be critical is a duty of the authority (RFC 5280 §4.2.1.1)",
        ),
        gnutls: Accepts,
    },
    Row {
        name: "extension/subject_key_critical",
        what: "a critical subjectKeyIdentifier (RFC 5280 §4.2.1.2: must not be)",
        made: || patched_leaf(|f| f.set(id::SUBJECT_KEY, critical(id::SUBJECT_KEY, &tlv(OCTET_STRING, [7; 20])))),
        ours: noted(&[Rule::Criticality]),
        openssl: OnlyTheyRefuse(
            "unhandled critical extension",
            "it is understood; that it must not be critical is a duty of the authority (RFC 5280 §4.2.1.2)",
        ),
        gnutls: Accepts,
    },
    Row {
        name: "extension/bad_subject_key",
        what: "a subjectKeyIdentifier that is a BOOLEAN (RFC 5280 §4.2.1.2)",
        made: || patched_leaf(|f| f.set(id::SUBJECT_KEY, extension(id::SUBJECT_KEY, &TRUE))),
        ours: noted(&[Rule::Extensions]),
        openssl: OnlyTheyRefuse(
            "unable to get local issuer certificate",
            "a key identifier is a hint for finding an issuer; the signature verifies (RFC 5280 §6.1.3 (a))",
        ),
        gnutls: Accepts,
    },
    Row {
        name: "extension/authority_information",
        what: "authorityInfoAccess, not critical (RFC 5280 §4.2.2.1)",
        made: || {
            patched_leaf(add(extension(
                id::AUTHORITY_INFORMATION,
                &sequence(&[&sequence(&[
                    &oid("1.3.6.1.5.5.7.48.1"),
                    &tlv(context_primitive(6), "http://a.example/ocsp"),
                ])]),
            )))
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "extension/authority_information_critical",
        what: "a critical authorityInfoAccess (RFC 5280 §4.2.2.1: must not be)",
        made: || {
            patched_leaf(add(critical(
                id::AUTHORITY_INFORMATION,
                &sequence(&[&sequence(&[
                    &oid("1.3.6.1.5.5.7.48.1"),
                    &tlv(context_primitive(6), "http://a.example/ocsp"),
                ])]),
            )))
        },
        ours: noted(&[Rule::Criticality]),
        openssl: OnlyTheyRefuse(
            "unhandled critical extension",
            "it says where something is to be had, which is understood; that it must not be critical is a duty of the authority (RFC 5280 §4.2.2.1)",
        ),
        gnutls: Accepts,
    },
    Row {
        name: "extension/distribution_points",
        what: "cRLDistributionPoints, not critical (RFC 5280 §4.2.1.13)",
        made: || patched_leaf(add(extension(id::CRL_DISTRIBUTION_POINTS, &distribution_points()))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "extension/distribution_points_critical",
        what: "critical cRLDistributionPoints (RFC 5280 §4.2.1.13: should not be, may be)",
        made: || patched_leaf(add(critical(id::CRL_DISTRIBUTION_POINTS, &distribution_points()))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "extension/bad_distribution_points",
        what: "cRLDistributionPoints that are NULL (RFC 5280 §4.2.1.13)",
        made: || patched_leaf(add(extension(id::CRL_DISTRIBUTION_POINTS, &NULL))),
        ours: MALFORMED,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: OnlyTheyAccept("GnuTLS does not read cRLDistributionPoints to validate a path"),
    },
    Row {
        name: "extension/precertificate",
        what: "a precertificate, with its critical poison (RFC 6962 §3.1)",
        made: || patched_leaf(add(critical(id::PRECERTIFICATE_POISON, &NULL))),
        ours: UNSUPPORTED,
        openssl: Refuses("unhandled critical extension"),
        gnutls: Refuses("The certificate contains an unknown critical extension."),
    },
    Row {
        name: "extension/huge",
        what: "an extension of 60,000 bytes that nobody knows: no clause limits it",
        made: || patched_leaf(add(extension(id::UNKNOWN, &vec![7; 60_000]))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "extension/five_hundred",
        what: "five hundred extensions that nobody knows: no clause limits them",
        made: || {
            patched_leaf(|f| f.extensions.extend((0..500).map(|i| extension(&format!("{}.{i}", id::UNKNOWN), &NULL))))
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "policy/plain",
        what: "certificatePolicies, not critical: the initial policy set is any-policy, and none is required (RFC 5280 §6.1.1 (c), (e))",
        made: || patched_leaf(add(extension(id::POLICIES, &policies(A_POLICY)))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "policy/critical",
        what: "critical certificatePolicies, all along the path: valid with any-policy and none required (RFC 5280 §6.1.1 (c), (e))",
        made: || {
            let root = &crate::chains::make::ROOT;
            let int = root.below_with("Int", |_| (), add(critical(id::POLICIES, &policies(ANY_POLICY))));
            crate::chains::make::sent(&[&int.patched_leaf(add(critical(id::POLICIES, &policies(A_POLICY)))), &int.der])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "policy/twice_the_same",
        what: "one policy twice (RFC 5280 §4.2.1.4: must not)",
        made: || {
            patched_leaf(add(extension(
                id::POLICIES,
                &sequence(&[&sequence(&[&oid(A_POLICY)]), &sequence(&[&oid(A_POLICY)])]),
            )))
        },
        ours: noted(&[Rule::Policies]),
        openssl: OnlyTheyRefuse(
            "invalid or inconsistent certificate policy extension",
            "a policy that is listed twice is as good as once (RFC 5280 §4.2.1.4 is a duty of the authority)",
        ),
        gnutls: Accepts,
    },
    Row {
        name: "policy/required_and_missing",
        what: "policyConstraints require a policy from now on, and the leaf has none (RFC 5280 §6.1.5 (b), (g))",
        made: || {
            patched_int(|f| {
                f.extensions.push(extension(id::POLICIES, &policies(A_POLICY)));
                f.extensions.push(critical(id::POLICY_CONSTRAINTS, &sequence(&[&tlv(context_primitive(0), [0])])))
            })
        },
        ours: CONSTRAINT,
        openssl: Refuses("no explicit policy"),
        gnutls: Refuses("The certificate contains an unknown critical extension."),
    },
    Row {
        name: "policy/inhibit_any",
        what: "inhibitAnyPolicy, critical as it must be (RFC 5280 §4.2.1.14): it harms none that requires no policy",
        made: || patched_int(add(critical(id::INHIBIT_ANY_POLICY, &[INTEGER, 1, 0]))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "policy/mapping_not_critical",
        what: "policyMappings, not critical (RFC 5280 §4.2.1.5: should be)",
        made: || {
            patched_int(|f| {
                f.extensions.push(extension(id::POLICIES, &policies(A_POLICY)));
                f.extensions.push(extension(
                    id::POLICY_MAPPINGS,
                    &sequence(&[&sequence(&[&oid(A_POLICY), &oid("1.3.6.1.4.1.32473.5")])]),
                ))
            })
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
];
