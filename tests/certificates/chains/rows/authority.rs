//! Who may issue: version, basicConstraints, keyUsage, path length (RFC 5280 §6.1.4 (k)-(n)).

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyUsagePurpose as Use};
use tls12::verify::Rule;

use crate::chains::der::{BIT_STRING, BOOLEAN, INTEGER, TRUE, critical, extension, id, sequence, tlv};
use crate::chains::make::{Ca, ROOT, below, int, leaf, patched_int, patched_leaf, patched_root, root, sent, under};
use crate::chains::row::*;

/// The versions before 3 have no extensions (RFC 5280 §4.1.2.9).
fn version(number: u8) -> impl Fn(&mut crate::chains::der::Fields) {
    move |fields| {
        fields.extensions.clear();
        // DER leaves out the default, version 1.
        fields.version = if number == 1 { Vec::new() } else { tlv(0xa0, [INTEGER, 1, number - 1]) };
    }
}

fn constrained(length: u8) -> impl Fn(&mut CertificateParams) {
    move |params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(length))
}

/// The value of basicConstraints: these, in a sequence.
fn basic(parts: &[&[u8]]) -> Vec<u8> {
    critical(id::BASIC_CONSTRAINTS, &sequence(parts))
}

/// A leaf below so many intermediates, of which the one below the root has a path length.
fn line(root: &Ca, intermediates: usize, tweak: impl FnOnce(&mut CertificateParams)) -> Case {
    let mut issuers = vec![root.below_with("I1", tweak, |_| ())];
    for i in 1..intermediates {
        issuers.push(issuers[i - 1].below(&format!("I{}", i + 1)));
    }
    let leaf = issuers.last().unwrap().leaf(|_| ());
    let mut chain = vec![&leaf];
    chain.extend(issuers.iter().rev().map(|ca| &ca.der));
    under(root, &chain)
}

/// Below an intermediate of path length 0, one of the same name with another key.
fn rollover(new_length: BasicConstraints) -> Case {
    let old = ROOT.below_with("Int", constrained(0), |_| ());
    let new = old.below_with("Int", |p| p.is_ca = IsCa::Ca(new_length), |_| ());
    sent(&[&new.leaf(|_| ()), &new.der, &old.der])
}

pub const ROWS: &[Row] = &[
    Row {
        name: "authority/good",
        what: "a leaf, an intermediate, a root, all as RFC 5280 §4 wants them",
        made: || int(|_| ()),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "authority/no_basic_constraints",
        what: "the intermediate has no basicConstraints (RFC 5280 §6.1.4 (k))",
        made: || patched_int(|f| f.remove(id::BASIC_CONSTRAINTS)),
        ours: PURPOSE,
        openssl: Refuses("invalid CA certificate"),
        gnutls: Refuses("The certificate issuer is not a CA."),
    },
    Row {
        name: "authority/not_a_ca",
        what: "the intermediate says CA:FALSE (RFC 5280 §6.1.4 (k))",
        made: || int(|p| p.is_ca = IsCa::ExplicitNoCa),
        ours: PURPOSE,
        openssl: Refuses("invalid CA certificate"),
        gnutls: Refuses("The certificate issuer is not a CA."),
    },
    Row {
        name: "authority/leaf_issues_leaf",
        what: "a leaf's key signed another leaf (RFC 5280 §6.1.4 (k))",
        made: || {
            int(|p| {
                p.is_ca = IsCa::NoCa;
                p.key_usages = vec![Use::DigitalSignature]
            })
        },
        ours: PURPOSE,
        openssl: Refuses("invalid CA certificate"),
        gnutls: Refuses("The certificate issuer is not a CA. The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "authority/basic_constraints_not_critical",
        what: "a CA must mark basicConstraints critical (RFC 5280 §4.2.1.9)",
        made: || patched_int(|f| f.set(id::BASIC_CONSTRAINTS, extension(id::BASIC_CONSTRAINTS, &sequence(&[&TRUE])))),
        ours: noted(&[Rule::Criticality]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "authority/root_basic_constraints_not_critical",
        what: "the root's basicConstraints are not critical (RFC 5280 §4.2.1.9)",
        made: || patched_root(|f| f.set(id::BASIC_CONSTRAINTS, extension(id::BASIC_CONSTRAINTS, &sequence(&[&TRUE])))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "authority/no_key_usage",
        what: "the intermediate has no keyUsage: the bit is asked for where the extension is (RFC 5280 §6.1.4 (n))",
        made: || int(|p| p.key_usages.clear()),
        ours: noted(&[Rule::KeyUsage]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "authority/key_usage_without_cert_sign",
        what: "the intermediate's keyUsage has no keyCertSign (RFC 5280 §6.1.4 (n))",
        made: || int(|p| p.key_usages = vec![Use::CrlSign, Use::DigitalSignature]),
        ours: PURPOSE,
        openssl: Refuses("invalid CA certificate"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "authority/key_usage_not_critical",
        what: "keyUsage should be critical, and need not be (RFC 5280 §4.2.1.3)",
        made: || patched_int(|f| f.set(id::KEY_USAGE, extension(id::KEY_USAGE, &[BIT_STRING, 2, 1, 6]))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "authority/version_1_intermediate",
        what: "an intermediate of version 1 cannot say that it is a CA (RFC 5280 §6.1.4 (k))",
        made: || patched_int(version(1)),
        ours: UNSUPPORTED,
        openssl: Refuses("invalid CA certificate"),
        gnutls: Refuses("The certificate issuer is not a CA."),
    },
    Row {
        name: "authority/version_1_leaf",
        what: "a client's certificate of version 1, which has no extensions to say what it is for (RFC 5280 §4.1.2.1)",
        made: || patched_leaf(version(1)).client(),
        ours: UNSUPPORTED,
        openssl: OnlyTheyAccept("OpenSSL takes a leaf of version 1 for what it cannot say"),
        gnutls: OnlyTheyAccept("GnuTLS takes a leaf of version 1 for what it cannot say"),
    },
    Row {
        name: "authority/version_2_leaf",
        what: "a client's certificate of version 2 (RFC 5280 §4.1.2.1)",
        made: || patched_leaf(version(2)).client(),
        ours: UNSUPPORTED,
        openssl: OnlyTheyAccept("OpenSSL takes a leaf of version 2 for what it cannot say"),
        gnutls: OnlyTheyAccept("GnuTLS takes a leaf of version 2 for what it cannot say"),
    },
    Row {
        name: "authority/version_4_leaf",
        what: "a leaf of version 4, which does not exist",
        made: || patched_leaf(|f| f.version = tlv(0xa0, [INTEGER, 1, 3])),
        ours: MALFORMED,
        openssl: OnlyTheyAccept("OpenSSL reads any version number"),
        gnutls: OnlyTheyAccept("GnuTLS reads any version number"),
    },
    Row {
        name: "authority/version_1_root",
        what: "a root of version 1: nothing but its name and key count (RFC 5280 §6.1.1 (d))",
        made: || patched_root(version(1)),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "authority/root_not_a_ca",
        what: "what was given as a root is a leaf: it is not taken, and the issuer is unknown",
        made: || root(|p| p.is_ca = IsCa::ExplicitNoCa),
        ours: ISSUER,
        openssl: Refuses("invalid CA certificate"),
        gnutls: Refuses("The certificate issuer is not a CA."),
    },
    Row {
        name: "authority/root_without_extensions",
        what: "what was given as a root, of version 3, says nothing of authorities: its key must not vouch for every name",
        made: || patched_root(|f| f.extensions.clear()),
        ours: ISSUER,
        openssl: Refuses("invalid CA certificate"),
        gnutls: OnlyTheyAccept(
            "GnuTLS takes a root for an authority whatever it says of itself; a leaf in a trust store must not vouch for every name",
        ),
    },
    Row {
        name: "authority/root_without_basic_constraints",
        what: "what was given as a root, of version 3, says by its keyUsage alone that it signs certificates",
        made: || patched_root(|f| f.remove(id::BASIC_CONSTRAINTS)),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "authority/root_without_cert_sign",
        what: "the root's keyUsage has no keyCertSign: it is not taken",
        made: || root(|p| p.key_usages = vec![Use::CrlSign]),
        ours: ISSUER,
        openssl: Refuses("invalid CA certificate"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "authority/root_without_key_usage",
        what: "the root has no keyUsage",
        made: || root(|p| p.key_usages.clear()),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "authority/ca_as_leaf",
        what: "the server shows the certificate of a CA",
        made: || {
            leaf(|p| {
                p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                p.key_usages = vec![Use::KeyCertSign, Use::DigitalSignature]
            })
        },
        ours: noted(&[Rule::AuthorityAsPeer]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "authority/explicit_false",
        what: "cA is written as FALSE, the default, which DER leaves out (X.690 §11.5): many devices' certificates have it, and it can be read in one way only",
        made: || patched_leaf(|f| f.set(id::BASIC_CONSTRAINTS, basic(&[&[BOOLEAN, 1, 0]]))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "authority/true_is_one",
        what: "cA is written as 01; DER has one TRUE, ff (X.690 §11.1)",
        made: || patched_int(|f| f.set(id::BASIC_CONSTRAINTS, basic(&[&[BOOLEAN, 1, 1]]))),
        ours: MALFORMED,
        openssl: OnlyTheyAccept("OpenSSL reads BER where DER is asked for"),
        gnutls: OnlyTheyAccept("GnuTLS reads this BER where DER is asked for"),
    },
    Row {
        name: "authority/no_basic_constraints_in_leaf",
        what: "a leaf without basicConstraints",
        made: || leaf(|p| p.is_ca = IsCa::NoCa),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "authority/path_length_in_leaf",
        what: "pathLenConstraint without cA (RFC 5280 §4.2.1.9)",
        made: || patched_leaf(|f| f.set(id::BASIC_CONSTRAINTS, basic(&[&[INTEGER, 1, 0]]))),
        ours: noted(&[Rule::AuthorityTraits]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "authority/path_length_without_cert_sign",
        what: "pathLenConstraint, with a keyUsage without keyCertSign (RFC 5280 §4.2.1.9)",
        made: || {
            int(|p| {
                constrained(0)(p);
                p.key_usages = vec![Use::DigitalSignature]
            })
        },
        ours: PURPOSE,
        openssl: Refuses("invalid CA certificate"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "authority/cert_sign_in_leaf",
        what: "keyCertSign without cA (RFC 5280 §4.2.1.9)",
        made: || leaf(|p| p.key_usages.push(Use::KeyCertSign)),
        ours: noted(&[Rule::AuthorityTraits]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "path_length/zero_kept",
        what: "pathLenConstraint 0, and a leaf below",
        made: || line(&ROOT, 1, constrained(0)),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "path_length/zero_broken",
        what: "pathLenConstraint 0, and an intermediate below (RFC 5280 §6.1.4 (l), (m))",
        made: || line(&ROOT, 2, constrained(0)),
        ours: CONSTRAINT,
        openssl: Refuses("path length constraint exceeded"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "path_length/one_kept",
        what: "pathLenConstraint 1, and one intermediate below",
        made: || line(&ROOT, 2, constrained(1)),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "path_length/one_broken",
        what: "pathLenConstraint 1, and two intermediates below (RFC 5280 §6.1.4 (l), (m))",
        made: || line(&ROOT, 3, constrained(1)),
        ours: CONSTRAINT,
        openssl: Refuses("path length constraint exceeded"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "path_length/root_kept",
        what: "the root's pathLenConstraint is 1, and there is one intermediate",
        made: || line(&Ca::root_with("Its Root", constrained(1), |_| ()), 1, |_| ()),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "path_length/root_broken",
        what: "the root's pathLenConstraint is 0, and there is an intermediate (RFC 5937 §3.2: what a root says binds it)",
        made: || line(&Ca::root_with("Its Root", constrained(0), |_| ()), 1, |_| ()),
        ours: CONSTRAINT,
        openssl: Refuses("path length constraint exceeded"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "path_length/self_issued_is_free",
        what: "pathLenConstraint 0, and a self-issued intermediate below: it does not count (RFC 5280 §6.1.4 (l))",
        made: || rollover(BasicConstraints::Unconstrained),
        ours: OK,
        openssl: Accepts,
        gnutls: OnlyTheyRefuse(
            "The certificate chain violates the signer's constraints.",
            "GnuTLS counts self-issued certificates, against RFC 5280 §4.2.1.9",
        ),
    },
    Row {
        name: "path_length/self_issued_keeps_it",
        what: "the same, and the self-issued one says 0 as well",
        made: || rollover(BasicConstraints::Constrained(0)),
        ours: OK,
        openssl: Accepts,
        gnutls: OnlyTheyRefuse(
            "The certificate chain violates the signer's constraints.",
            "GnuTLS counts self-issued certificates, against RFC 5280 §4.2.1.9",
        ),
    },
    Row {
        name: "path_length/self_issued_then_another",
        what: "pathLenConstraint 0, a self-issued intermediate, and one that is not (RFC 5280 §6.1.4 (l))",
        made: || {
            let old = ROOT.below_with("Int", constrained(0), |_| ());
            let new = old.below("Int");
            let sub = new.below("Sub");
            sent(&[&sub.leaf(|_| ()), &sub.der, &new.der, &old.der])
        },
        ours: CONSTRAINT,
        openssl: Refuses("path length constraint exceeded"),
        gnutls: Refuses("The certificate chain violates the signer's constraints."),
    },
    Row {
        name: "path_length/self_issued_leaf",
        what: "pathLenConstraint 0, and a leaf with the name of its issuer: a leaf never counts (RFC 5280 §4.2.1.9)",
        made: || {
            let ca = ROOT.below_with("Int", constrained(0), |_| ());
            sent(&[&ca.leaf(|p| p.distinguished_name = crate::chains::make::named("Int")), &ca.der])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "path_length/negative",
        what: "pathLenConstraint -1 (RFC 5280 §4.2.1.9: from 0 on)",
        made: || patched_int(|f| f.set(id::BASIC_CONSTRAINTS, basic(&[&TRUE, &[INTEGER, 1, 0xff]]))),
        ours: MALFORMED,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: OnlyTheyAccept("GnuTLS takes a negative number for none"),
    },
    Row {
        name: "path_length/255",
        what: "pathLenConstraint 255",
        made: || int(constrained(255)),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "path_length/256",
        what: "pathLenConstraint 256: large, and as good as none (RFC 5280 §4.2.1.9: up to MAX)",
        made: || patched_int(|f| f.set(id::BASIC_CONSTRAINTS, basic(&[&TRUE, &[INTEGER, 2, 1, 0]]))),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "path_length/leading_zero",
        what: "pathLenConstraint in two bytes where one would do (X.690 §8.3.2)",
        made: || patched_int(|f| f.set(id::BASIC_CONSTRAINTS, basic(&[&TRUE, &[INTEGER, 2, 0, 1]]))),
        ours: MALFORMED,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: OnlyTheyAccept("GnuTLS reads this BER where DER is asked for"),
    },
    Row {
        name: "path_length/six_intermediates",
        what: "six intermediates, the most that we follow",
        made: || line(&ROOT, 6, |_| ()),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "path_length/seven_intermediates",
        what: "seven intermediates: no clause forbids it, but our limit on work does",
        made: || line(&ROOT, 7, |_| ()),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "path_length/100_intermediates",
        what: "a hundred intermediates: no clause forbids it, but our limit on work does",
        made: || line(&ROOT, 100, |_| ()),
        ours: LIMIT,
        openssl: OnlyTheyAccept(
            "OpenSSL follows a hundred; ours is a limit on work (Policy of webpki: 6), and no honest chain is known to need it",
        ),
        gnutls: OnlyTheyAccept(
            "GnuTLS has no limit that is near; ours is a limit on work, and no honest chain is known to need more",
        ),
    },
    Row {
        name: "authority/int_issued_by_itself_twice",
        what: "below the intermediate a copy of it, signed by itself: one path too many, and good",
        made: || {
            let int = ROOT.below("Int");
            let again = int.cross_sign(&int, |_| ());
            sent(&[&int.leaf(|_| ()), &again.der, &int.der])
        },
        ours: OK,
        openssl: OnlyTheyRefuse(
            "self-signed certificate in certificate chain",
            "OpenSSL takes the self-signed certificate for the end of the path, and does not look for another issuer of it",
        ),
        gnutls: Accepts,
    },
    Row {
        name: "authority/no_key_identifiers",
        what: "no subjectKeyIdentifier in the CA and no authorityKeyIdentifier in either (RFC 5280 §4.2.1.1, §4.2.1.2: must be there)",
        made: || {
            let ca = ROOT.below_with(
                "Int",
                |p| p.use_authority_key_identifier_extension = false,
                |f| f.remove(id::SUBJECT_KEY),
            );
            sent(&[&ca.leaf(|p| p.use_authority_key_identifier_extension = false), &ca.der])
        },
        ours: noted(&[Rule::KeyIdentifiers]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "authority/plain",
        what: "an intermediate without keyUsage and authorityKeyIdentifier, and a leaf with nothing but a name (RFC 5280 §4.2.1.1)",
        made: || {
            let ca = ROOT.below_with(
                "Int",
                |p| {
                    p.key_usages.clear();
                    p.use_authority_key_identifier_extension = false
                },
                |_| (),
            );
            let case = below(&ca);
            case.sent(|chain| {
                chain[0] = ca.leaf(|p| {
                    p.key_usages.clear();
                    p.extended_key_usages.clear();
                    p.is_ca = IsCa::NoCa;
                    p.use_authority_key_identifier_extension = false
                })
            })
        },
        ours: noted(&[Rule::KeyIdentifiers, Rule::KeyUsage]),
        openssl: Accepts,
        gnutls: Accepts,
    },
];
