//! 4.13 name constraints.

use super::{Row, invalid, valid};
use crate::certificates::der::{PRINTABLE_STRING, SEQUENCE, critical, id, tlv};
use crate::pkits::path::{Case, Edit, Path, directory, dn, dns, mail, unit, uri};

/// The subtree of this organizational unit.
fn ou(unit: &str) -> Vec<u8> {
    directory(&dn(&[("2.5.4.11", PRINTABLE_STRING, unit)]))
}

/// A name below the first and the second unit.
fn nested(first: &str, second: &str) -> Vec<u8> {
    dn(&[("2.5.4.11", PRINTABLE_STRING, first), ("2.5.4.11", PRINTABLE_STRING, second)])
}

/// An authority with these constraints.
fn constrained(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Path {
    Path::new("nameConstraints CA", |f| f.subtrees(permitted, excluded))
}

fn dn1() -> Path {
    constrained(&[ou("permittedSubtree1")], &[])
}

fn dn3() -> Path {
    constrained(&[], &[ou("excludedSubtree1")])
}

fn dn4() -> Path {
    constrained(&[], &[ou("excludedSubtree1"), ou("excludedSubtree2")])
}

/// A permitted subtree, and an excluded one within it.
fn dn5() -> Path {
    constrained(&[ou("permittedSubtree1")], &[directory(&nested("permittedSubtree1", "excludedSubtree1"))])
}

/// An authority of a name in the permitted subtree, below the one that has the constraint.
fn below_dn1(permitted: &[Vec<u8>]) -> Path {
    let path = dn1();
    let subject = unit("permittedSubtree1", "subCA");
    let ca = crate::pkits::path::below(path.last(), subject, |f| f.subtrees(permitted, &[]));
    Path { authorities: path.authorities.into_iter().chain([ca]).collect() }
}

/// The end's subject is in this unit.
fn subject(path: Path, name: &str) -> Case {
    path.end(|f| f.subject = unit(name, "EE"))
}

/// The end's subject is in this unit, and it has another name as well.
fn also(path: Path, name: &str, other: Vec<u8>) -> Case {
    path.end(|f| {
        f.subject = unit(name, "EE");
        f.alternative_names(&[other]);
    })
}

fn alternative(path: Path, name: Vec<u8>) -> Case {
    path.end(|f| f.alternative_names(&[name]))
}

pub const ROWS: &[Row] = &[
    valid("4.13.1", "a subject in the permitted subtree", || subject(dn1(), "permittedSubtree1")),
    invalid("4.13.2", "a subject outside of the permitted subtree", || subject(dn1(), "excludedSubtree1")),
    invalid("4.13.3", "a subject in it, and a directory name outside of it", || {
        also(dn1(), "permittedSubtree1", directory(&unit("excludedSubtree1", "EE")))
    }),
    valid("4.13.4", "a subject in it, and a mail address", || {
        also(dn1(), "permittedSubtree1", mail("DNnameConstraintsTest4EE@testcertificates.gov"))
    }),
    valid("4.13.5", "a subject in one of two permitted subtrees, a directory name in the other", || {
        let path = constrained(&[ou("permittedSubtree1"), ou("permittedSubtree2")], &[]);
        also(path, "permittedSubtree1", directory(&unit("permittedSubtree2", "EE")))
    }),
    valid("4.13.6", "a subject outside of the excluded subtree", || subject(dn3(), "permittedSubtree1")),
    invalid("4.13.7", "a subject in the excluded subtree", || subject(dn3(), "excludedSubtree1")),
    invalid("4.13.8", "a subject in the first of two excluded subtrees", || subject(dn4(), "excludedSubtree1")),
    invalid("4.13.9", "a subject in the second of two excluded subtrees", || subject(dn4(), "excludedSubtree2")),
    invalid("4.13.10", "a subject in the excluded subtree of the permitted one", || {
        dn5().end(|f| f.subject = nested("permittedSubtree1", "excludedSubtree1"))
    }),
    valid("4.13.11", "a subject in the permitted subtree, outside of the excluded one in it", || {
        dn5().end(|f| f.subject = nested("permittedSubtree1", "permittedSubtree2"))
    }),
    invalid("4.13.12", "a subject in the first authority's subtree, outside of the second's narrower one", || {
        let narrower = directory(&nested("permittedSubtree1", "permittedSubtree2"));
        subject(below_dn1(&[narrower]), "permittedSubtree1")
    }),
    invalid("4.13.13", "subtrees of two authorities that do not overlap", || {
        subject(below_dn1(&[ou("permittedSubtree2")]), "permittedSubtree1")
    }),
    valid("4.13.14", "the same, with no subject and a critical mail address", || {
        below_dn1(&[ou("permittedSubtree2")]).end(|f| {
            f.subject = tlv(SEQUENCE, []);
            let names = tlv(SEQUENCE, mail("ValidDNnameConstraintsTest14EE@testcertificates.gov"));
            f.set(id::SUBJECT_ALT_NAME, critical(id::SUBJECT_ALT_NAME, &names));
        })
    }),
    invalid("4.13.15", "excluded subtrees of two authorities, a subject in the first's", || {
        subject(dn3().then("subCA", |f| f.subtrees(&[], &[ou("excludedSubtree2")])), "excludedSubtree1")
    }),
    invalid("4.13.16", "excluded subtrees of two authorities, a subject in the second's", || {
        subject(dn3().then("subCA", |f| f.subtrees(&[], &[ou("excludedSubtree2")])), "excludedSubtree2")
    }),
    invalid("4.13.17", "an excluded subtree, within what the second authority permits, and a subject in it", || {
        subject(dn3().then("subCA", |f| f.subtrees(&[directory(&dn(&[]))], &[])), "excludedSubtree1")
    }),
    valid("4.13.18", "the same, and a subject outside of the excluded subtree", || {
        subject(dn3().then("subCA", |f| f.subtrees(&[directory(&dn(&[]))], &[])), "permittedSubtree1")
    }),
    valid("4.13.19", "a self-issued certificate outside of the permitted subtree (§6.1.3 (b))", || {
        subject(dn1().again(|_| ()), "permittedSubtree1")
    }),
    invalid("4.13.20", "the same at the end of the path", || {
        let path = dn1();
        let own = crate::certificates::der::Fields::of(&path.last().der).subject;
        path.end(|f| f.subject = own)
    }),
    valid("4.13.21", "a mail address at a host of the permitted domain", || {
        alternative(
            constrained(&[mail(".testcertificates.gov")], &[]),
            mail("Test21EE@mailserver.testcertificates.gov"),
        )
    }),
    invalid("4.13.22", "a mail address at the domain itself, where its hosts are permitted", || {
        alternative(constrained(&[mail(".testcertificates.gov")], &[]), mail("Test22EE@testcertificates.gov"))
    }),
    valid("4.13.23", "a mail address at the permitted host", || {
        alternative(constrained(&[mail("testcertificates.gov")], &[]), mail("Test23EE@testcertificates.gov"))
    }),
    invalid("4.13.24", "a mail address at a host below the permitted one", || {
        alternative(constrained(&[mail("testcertificates.gov")], &[]), mail("Test24EE@mailserver.testcertificates.gov"))
    }),
    valid("4.13.25", "a mail address below the excluded host", || {
        alternative(constrained(&[], &[mail("testcertificates.gov")]), mail("Test25EE@mailserver.testcertificates.gov"))
    }),
    invalid("4.13.26", "a mail address at the excluded host", || {
        alternative(constrained(&[], &[mail("testcertificates.gov")]), mail("Test26EE@testcertificates.gov"))
    }),
    valid("4.13.27", "a subject in the first authority's subtree, a mail address in the second's", || {
        also(below_dn1(&[mail("testcertificates.gov")]), "permittedSubtree1", mail("Test27EE@testcertificates.gov"))
    }),
    invalid("4.13.28", "the same with a mail address outside of it", || {
        let address = mail("Test28EE@invalidcertificates.gov");
        also(below_dn1(&[mail("testcertificates.gov")]), "permittedSubtree1", address)
    }),
    invalid("4.13.29", "a mail address outside of it in the subject (§4.2.1.10)", || {
        below_dn1(&[mail("testcertificates.gov")]).end(|f| {
            /// IA5String, and emailAddress.
            const TEXT: u8 = 0x16;
            const ADDRESS: &str = "1.2.840.113549.1.9.1";
            f.subject = dn(&[
                ("2.5.4.11", PRINTABLE_STRING, "permittedSubtree1"),
                ("2.5.4.3", PRINTABLE_STRING, "EE"),
                (ADDRESS, TEXT, "Test29EE@invalidcertificates.gov"),
            ]);
        })
    }),
    valid("4.13.30", "a DNS name in the permitted domain", || {
        alternative(constrained(&[dns("testcertificates.gov")], &[]), dns("testserver.testcertificates.gov"))
    }),
    invalid("4.13.31", "a DNS name outside of the permitted domain", || {
        alternative(constrained(&[dns("testcertificates.gov")], &[]), dns("testserver.invalidcertificates.gov"))
    }),
    valid("4.13.32", "a DNS name outside of the excluded domain", || {
        alternative(constrained(&[], &[dns("invalidcertificates.gov")]), dns("testserver.testcertificates.gov"))
    }),
    invalid("4.13.33", "a DNS name in the excluded domain", || {
        alternative(constrained(&[], &[dns("invalidcertificates.gov")]), dns("testserver.invalidcertificates.gov"))
    }),
    valid("4.13.34", "a URI of a host in the permitted domain", || {
        let name = uri("http://testserver.testcertificates.gov/index.html");
        alternative(constrained(&[uri(".testcertificates.gov")], &[]), name)
    }),
    invalid("4.13.35", "a URI of the domain itself, where its hosts are permitted", || {
        let name = uri("http://testcertificates.gov/invalid.html");
        alternative(constrained(&[uri(".testcertificates.gov")], &[]), name)
    }),
    valid("4.13.36", "a URI of a host that is not the excluded one", || {
        let name = uri("http://testserver.testcertificates.gov/index.html");
        alternative(constrained(&[], &[uri("invalidcertificates.gov")]), name)
    }),
    invalid("4.13.37", "a URI of the excluded host", || {
        let name = uri("ftp://invalidcertificates.gov:21/test37/");
        alternative(constrained(&[], &[uri("invalidcertificates.gov")]), name)
    }),
    invalid("4.13.38", "a DNS name that ends in the permitted domain's letters only", || {
        alternative(constrained(&[dns("testcertificates.gov")], &[]), dns("mytestcertificates.gov"))
    }),
];
