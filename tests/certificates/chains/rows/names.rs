//! Whose certificate it is: subjectAltName, common names, subjects (RFC 6125, RFC 5280 §4.2.1.6).

use rcgen::{DistinguishedName, DnType};
use tls12::verify::Rule;

use crate::chains::der::{
    SEQUENCE, UTF8_STRING, common_name, context, context_primitive, critical, extension, id, oid, sequence, tlv,
};
use crate::chains::make::{leaf, named, patched_leaf};
use crate::chains::row::*;

/// GeneralNames (RFC 5280 §4.2.1.6).
pub fn dns(name: impl AsRef<[u8]>) -> Vec<u8> {
    tlv(context_primitive(2), name)
}
pub fn email(address: &str) -> Vec<u8> {
    tlv(context_primitive(1), address)
}
pub fn uri(uri: &str) -> Vec<u8> {
    tlv(context_primitive(6), uri)
}
pub fn ip(address: &[u8]) -> Vec<u8> {
    tlv(context_primitive(7), address)
}
pub fn directory(name: &[u8]) -> Vec<u8> {
    tlv(context(4), name)
}

/// A leaf with these as its subjectAltName.
pub fn names(names: &[Vec<u8>]) -> Case {
    patched_leaf(|fields| fields.alternative_names(names))
}

/// A leaf with one DNS name.
pub fn only(name: &str) -> Case {
    names(&[dns(name)])
}

/// A leaf without a subjectAltName, whose subject is this.
pub fn only_common_name(name: &'static str) -> Case {
    leaf(|params| {
        params.subject_alt_names.clear();
        params.distinguished_name = named(name);
    })
}

pub const ROWS: &[Row] = &[
    Row {
        name: "name/exact",
        what: "the name is in the subjectAltName (RFC 6125 §6.4.1)",
        made: || only("a.example"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "name/case_of_ours",
        what: "asked for in capitals (RFC 6125 §6.4.1: ASCII case does not count)",
        made: || only("a.example").named("A.EXAMPLE"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "name/case_of_theirs",
        what: "written in capitals (RFC 6125 §6.4.1)",
        made: || only("A.EXAMPLE"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "name/other",
        what: "another name (RFC 6125 §6.4.1)",
        made: || only("b.example"),
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "name/parent",
        what: "the certificate is for the parent domain",
        made: || only("example"),
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "name/child",
        what: "the certificate is for a subdomain",
        made: || only("x.a.example"),
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "name/suffix",
        what: "the name is the end of the one asked for",
        made: || only("a.example").named("aa.example"),
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "name/thousand",
        what: "the last of a thousand names",
        made: || {
            let mut all: Vec<_> = (0..999).map(|i| dns(format!("h{i}.example"))).collect();
            all.push(dns("a.example"));
            names(&all)
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "name/a_label",
        what: "an internationalized name, as A-label (RFC 5280 §7.2)",
        made: || only("xn--mller-kva.example").named("xn--mller-kva.example"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "name/u_label",
        what: "an internationalized name in UTF-8, which is no IA5String (RFC 5280 §7.2)",
        made: || only("müller.example").named("xn--mller-kva.example"),
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "name/underscore",
        what: "an underscore: no letter, digit or hyphen, but used",
        made: || only("a_b.example").named("a_b.example"),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "name/dot_at_the_end_of_theirs",
        what: "the certificate's name ends in a dot, which the preferred syntax has not (RFC 5280 §4.2.1.6, RFC 1034 §3.5)",
        made: || only("a.example."),
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "name/dot_at_the_end_of_ours",
        what: "asked for with the dot of an absolute name: the same name (RFC 1034 §3.1)",
        made: || only("a.example").named("a.example."),
        ours: OK,
        openssl: OnlyTheyRefuse(
            "hostname mismatch",
            "openssl verify compares the dot as well; callers of OpenSSL take it off",
        ),
        gnutls: OnlyTheyRefuse(
            "The name in the certificate does not match the expected.",
            "certtool compares the dot as well; callers of GnuTLS take it off",
        ),
    },
    Row {
        name: "name/nul",
        what: "a NUL within: to a reader in C, it ends before (RFC 5280 §4.2.1.6)",
        made: || only("a.example\0.evil.example"),
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "name/nul_at_the_end",
        what: "a NUL at the end (RFC 5280 §4.2.1.6)",
        made: || only("a.example\0"),
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "name/space",
        what: "the name \" \" beside a good one (RFC 5280 §4.2.1.6: must not be used)",
        made: || names(&[dns("a.example"), dns(" ")]),
        ours: noted(&[Rule::AlternativeNames]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "name/empty",
        what: "an empty name beside a good one (RFC 5280 §4.2.1.6: preferred name syntax)",
        made: || names(&[dns("a.example"), dns("")]),
        ours: noted(&[Rule::AlternativeNames]),
        openssl: Accepts,
        gnutls: OnlyTheyRefuse(
            "Unknown Subject Alternative name in X.509 certificate.",
            "a name that is empty matches nothing, and the one beside it is right (RFC 5280 §4.2.1.6 is a duty of the authority)",
        ),
    },
    Row {
        name: "name/nothing",
        what: "a subjectAltName of nothing (RFC 5280 §4.2.1.6: at least one entry)",
        made: || names(&[]),
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "name/label_of_64",
        what: "a label of 64 bytes in another name (RFC 1034 §3.1: up to 63); names of ours do not match it",
        made: || only(&"l".repeat(64)),
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "name/label_of_63",
        what: "a label of 63 bytes (RFC 1034 §3.1)",
        made: || {
            only("lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll.example")
                .named("lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll.example")
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "name/as_uri",
        what: "the name is there in a URI",
        made: || names(&[uri("https://a.example/")]),
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "name/as_email",
        what: "the name is there in an e-mail address",
        made: || names(&[email("root@a.example")]),
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "name/as_directory_name",
        what: "the name is there as the common name of a directory name",
        made: || names(&[directory(&common_name(UTF8_STRING, "a.example"))]),
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "name/other_kinds_too",
        what: "names of every kind, and the one asked for among them",
        made: || {
            names(&[
                email("a@b.example"),
                uri("urn:x:y"),
                directory(&common_name(UTF8_STRING, "x")),
                tlv(context(0), [oid("1.3.6.1.4.1.32473.3"), tlv(context(0), tlv(UTF8_STRING, "x"))].concat()),
                tlv(context_primitive(8), [0x2a, 3]),
                dns("a.example"),
            ])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "common_name/only",
        what: "the name is in the common name only, and there is no subjectAltName (RFC 6125 §6.4.4: a deprecated way that we do not go)",
        made: || only_common_name("a.example"),
        ours: NAME,
        openssl: OnlyTheyAccept(
            "OpenSSL falls back on the common name where no DNS name is in the subjectAltName; we do only when asked by name",
        ),
        gnutls: OnlyTheyAccept(
            "GnuTLS falls back on the common name where no DNS name is in the subjectAltName; we do only when asked by name",
        ),
    },
    Row {
        name: "common_name/beside_another",
        what: "the name is in the common name, and another in the subjectAltName (RFC 6125 §6.4.4)",
        made: || {
            leaf(|p| {
                p.distinguished_name = named("a.example");
                p.subject_alt_names = vec![rcgen::SanType::DnsName("b.example".try_into().unwrap())]
            })
        },
        ours: NAME,
        openssl: Refuses("hostname mismatch"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "common_name/beside_email",
        what: "the name is in the common name, and an e-mail address in the subjectAltName (RFC 6125 §6.4.4)",
        made: || {
            leaf(|p| {
                p.distinguished_name = named("a.example");
                p.subject_alt_names = vec![rcgen::SanType::Rfc822Name("a@b.example".try_into().unwrap())]
            })
        },
        ours: NAME,
        openssl: OnlyTheyAccept(
            "OpenSSL falls back on the common name where no DNS name is in the subjectAltName; we do only when asked by name",
        ),
        gnutls: OnlyTheyAccept(
            "GnuTLS falls back on the common name where no DNS name is in the subjectAltName; we do only when asked by name",
        ),
    },
    Row {
        name: "common_name/nul",
        what: "a common name with a NUL, beside a good subjectAltName",
        made: || leaf(|p| p.distinguished_name = named("a.example\0.evil.example")),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "subject/empty",
        what: "no subject, and a critical subjectAltName (RFC 5280 §4.1.2.6)",
        made: || leaf(|p| p.distinguished_name = DistinguishedName::new()),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "subject/empty_and_names_not_critical",
        what: "no subject, and a subjectAltName that is not critical (RFC 5280 §4.1.2.6: must be)",
        made: || {
            patched_leaf(|f| {
                f.subject = tlv(SEQUENCE, []);
                f.alternative_names(&[dns("a.example")])
            })
        },
        ours: noted(&[Rule::Names]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "subject/empty_and_no_names",
        what: "a client with no subject and no subjectAltName (RFC 5280 §4.1.2.6)",
        made: || {
            leaf(|p| {
                p.distinguished_name = DistinguishedName::new();
                p.subject_alt_names.clear();
                p.extended_key_usages.clear()
            })
            .client()
        },
        ours: noted(&[Rule::Names]),
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "subject/names_critical",
        what: "a subject, and a critical subjectAltName (RFC 5280 §4.2.1.6: should not be, may be)",
        made: || {
            patched_leaf(|f| {
                f.set(id::SUBJECT_ALT_NAME, critical(id::SUBJECT_ALT_NAME, &sequence(&[&dns("a.example")])))
            })
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "subject/two_common_names",
        what: "two common names, of which neither counts",
        made: || {
            leaf(|p| {
                p.distinguished_name.push(DnType::CommonName, "x");
                p.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 3]), "y")
            })
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "subject/names_trailing_junk",
        what: "something after the subjectAltName, within its extension",
        made: || {
            patched_leaf(|f| {
                f.set(
                    id::SUBJECT_ALT_NAME,
                    extension(id::SUBJECT_ALT_NAME, &[sequence(&[&dns("a.example")]), vec![5, 0]].concat()),
                )
            })
        },
        ours: MALFORMED,
        openssl: OnlyTheyAccept("OpenSSL passes over what follows within an extension"),
        gnutls: Refuses("ASN1 parser: Error in DER parsing."),
    },
];
