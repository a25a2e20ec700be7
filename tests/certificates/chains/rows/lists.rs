//! Which of several CRLs count for a certificate (RFC 5280 §5, §6.3): by age, scope, reasons, key, and deltas.

use rcgen::{CertificateParams, KeyUsagePurpose as Use};

use crate::chains::der::{
    ENUMERATED, Fields, NULL, PRINTABLE_STRING, SET, context, context_primitive, critical, extension, id, oid,
    sequence, tlv,
};
use crate::chains::make::{Ca, INT, OTHER, ROOT, below, sent, under};
use crate::chains::revocation::Crl;
use crate::chains::row::*;

const GNUTLS_KNOWS_NOTHING: Theirs = OnlyTheyAccept(
    "to GnuTLS a CRL that is missing or of no use says nothing, and what it does not know to be revoked is good",
);
const NO_DELTAS: &str = "GnuTLS knows no delta CRLs, and takes them for whole ones";
const NO_SCOPES: &str = "GnuTLS does not look at the issuingDistributionPoint, and takes the newest list of an issuer";
const NEWEST: &str = "the newest list hides others; we cannot tell that a list without a number is older than one with";

/// A leaf below [`INT`], with the root's CRL and those that these make of it.
fn with(make: impl FnOnce(&Der) -> Vec<Crl>) -> Case {
    of(below(&INT), make)
}

fn of(case: Case, make: impl FnOnce(&Der) -> Vec<Crl>) -> Case {
    let lists = make(&case.sent[0]);
    let lists = [Crl::of(&ROOT, &[])].into_iter().chain(lists);
    let lists = lists.map(Crl::sign).collect();
    case.crls(lists)
}

/// Number 1, of May.
fn old(revoked: &[&Der]) -> Crl {
    Crl::of(&INT, revoked)
}

/// Number 2, of the end of May.
fn new(revoked: &[&Der]) -> Crl {
    Crl::of(&INT, revoked).numbered(2).with(|crl| crl.this_update = "260520000000Z")
}

fn expired(crl: Crl) -> Crl {
    crl.with(|crl| (crl.this_update, crl.next_update) = ("260502000000Z", "260515000000Z"))
}

/// With this reasonCode in its entries (RFC 5280 §5.3.1).
fn because(reason: u8, crl: Crl) -> Crl {
    crl.with(|crl| crl.entry_extensions = vec![extension(id::REASON, &[ENUMERATED, 1, reason])])
}

/// GeneralNames of one URI, in a DistributionPointName.
fn point(uri: &str) -> Vec<u8> {
    tlv(context(0), tlv(context(0), tlv(context_primitive(6), uri)))
}

const HERE: &str = "http://here.example/list";
const ELSEWHERE: &str = "http://elsewhere.example/list";

/// A leaf below [`INT`] with a cRLDistributionPoints of one point.
fn at(fields: &[&[u8]]) -> Case {
    let points = extension(id::CRL_DISTRIBUTION_POINTS, &sequence(&[&sequence(fields)]));
    sent(&[&INT.patched_leaf(|fields| fields.extensions.push(points)), &INT.der])
}

/// GeneralNames of a directory name, without their tag.
fn directory(name: &[u8]) -> Vec<u8> {
    tlv(context(4), name)
}

/// With a freshestCRL, without which OpenSSL looks for no delta (RFC 5280 §5.2.6).
fn with_deltas(crl: Crl) -> Crl {
    crl.with(|crl| crl.extensions.push(extension("2.5.29.46", &sequence(&[&sequence(&[&point(HERE)])]))))
}

const USERS: [u8; 3] = [0x81, 1, 0xff];
const AUTHORITIES: [u8; 3] = [0x82, 1, 0xff];
const INDIRECT: [u8; 3] = [0x84, 1, 0xff];
const ATTRIBUTES: [u8; 3] = [0x85, 1, 0xff];
/// onlySomeReasons: keyCompromise, and all the others (RFC 5280 §4.2.1.13).
const COMPROMISE: [u8; 4] = [0x83, 2, 6, 0x40];
const ALL_OTHERS: [u8; 5] = [0x83, 3, 7, 0x3f, 0x80];

/// An authority of this name. If it is not on the path, OpenSSL wants it to have the name of the server, as the leaf has.
fn issuer_of_lists(root: &Ca, name: &str) -> Ca {
    let as_leaf = |params: &mut CertificateParams| {
        params.subject_alt_names = CertificateParams::new(["a.example".to_owned()]).unwrap().subject_alt_names;
    };
    root.below_with(name, as_leaf, |_| ())
}

/// A leaf whose lists another authority issues, which is sent too; and the list that `change` makes.
fn indirect(change: impl FnOnce(&Ca, &Der) -> Crl) -> Case {
    let lists = issuer_of_lists(&ROOT, "Lists");
    let issuer = tlv(context(2), directory(&Fields::of(&lists.der).subject));
    let case = at(&[&issuer]);
    let list = change(&lists, &case.sent[0]);
    of(case, |_| vec![list]).sent(|sent| sent.push(lists.der))
}

/// A leaf below [`INT`], which has got a new key and signs its list by that one; the certificate of the new key is sent too.
fn rollover(root: &Ca, revoked: impl FnOnce(&Der) -> Vec<Der>) -> Case {
    let new = issuer_of_lists(root, "Int");
    let list = |leaf: &Der| vec![Crl::of(&new, &revoked(leaf).iter().collect::<Vec<_>>())];
    of(below(&INT), list).sent(|sent| sent.push(new.der.clone()))
}

/// certificateIssuer (RFC 5280 §5.3.3).
fn issued_by(ca: &Ca) -> Vec<Vec<u8>> {
    let name = directory(&Fields::of(&ca.der).subject);
    vec![critical(id::CERTIFICATE_ISSUER, &sequence(&[&name]))]
}

pub const ROWS: &[Row] = &[
    Row {
        name: "crl/older_first",
        what: "an older CRL of the issuer comes before the one that the leaf is on (RFC 5280 §5.2.3)",
        made: || with(|leaf| vec![old(&[]), new(&[leaf])]),
        ours: REVOKED,
        openssl: Refuses("certificate revoked"),
        gnutls: Refuses("The certificate chain is revoked."),
    },
    Row {
        name: "crl/older_last",
        what: "an older CRL of the issuer comes after the one that the leaf is on (RFC 5280 §5.2.3)",
        made: || with(|leaf| vec![new(&[leaf]), old(&[])]),
        ours: REVOKED,
        openssl: Refuses("certificate revoked"),
        gnutls: Refuses("The certificate chain is revoked."),
    },
    Row {
        name: "crl/no_longer_on_hold",
        what: "the leaf was on hold in an older CRL, and is not on the newer one (RFC 5280 §5.3.1)",
        made: || with(|leaf| vec![because(6, old(&[leaf])), new(&[])]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "crl/expired_and_fresh",
        what: "an expired CRL comes before its successor",
        made: || with(|_| vec![expired(old(&[])), new(&[])]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "crl/expired_revoked",
        what: "the leaf is on an expired CRL, and there is no newer one",
        made: || with(|leaf| vec![expired(old(&[leaf]))]),
        ours: REVOKED,
        openssl: Refuses("CRL has expired"),
        gnutls: Refuses("The certificate chain is revoked."),
    },
    Row {
        name: "crl/not_yet",
        what: "the intermediate's CRL is of the future (RFC 5280 §6.3.3 (a))",
        made: || with(|_| vec![new(&[]).with(|crl| crl.this_update = "260602000000Z")]),
        ours: UNKNOWN,
        openssl: Refuses("CRL is not yet valid"),
        gnutls: GNUTLS_KNOWS_NOTHING,
    },
    Row {
        name: "crl/not_yet_beside_another",
        what: "a CRL of the future does not hide the one in force",
        made: || with(|leaf| vec![new(&[]).with(|crl| crl.this_update = "260602000000Z"), old(&[leaf])]),
        ours: REVOKED,
        openssl: Refuses("certificate revoked"),
        gnutls: OnlyTheyAccept("to GnuTLS the newest list counts, and its being of the future makes it say nothing"),
    },
    Row {
        name: "crl/shard_without_point",
        what: "the CRL is of a distribution point, and the leaf names none (RFC 5280 §6.3.3 (b) (2) (i))",
        made: || with(|_| vec![new(&[]).scope(&[&point(HERE)])]),
        ours: UNKNOWN,
        openssl: Refuses("different CRL scope"),
        gnutls: GNUTLS_KNOWS_NOTHING,
    },
    Row {
        name: "crl/shard",
        what: "the CRL is of the distribution point that the leaf names (RFC 5280 §6.3.3 (b) (2) (i))",
        made: || of(at(&[&point(HERE)]), |_| vec![new(&[]).scope(&[&point(HERE)])]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "crl/shard_revoked",
        what: "of two shards the second is the leaf's, which is on it",
        made: || {
            of(at(&[&point(HERE)]), |leaf| {
                vec![new(&[]).scope(&[&point(ELSEWHERE)]), old(&[leaf]).scope(&[&point(HERE)])]
            })
        },
        ours: REVOKED,
        openssl: Refuses("certificate revoked"),
        gnutls: OnlyTheyAccept(NO_SCOPES),
    },
    Row {
        name: "crl/other_shard",
        what: "the CRL is of another distribution point than the leaf names (RFC 5280 §6.3.3 (b) (2) (i))",
        made: || of(at(&[&point(HERE)]), |_| vec![new(&[]).scope(&[&point(ELSEWHERE)])]),
        ours: UNKNOWN,
        openssl: Refuses("different CRL scope"),
        gnutls: GNUTLS_KNOWS_NOTHING,
    },
    Row {
        name: "crl/relative_point",
        what: "a point's name relative to its issuer, and the same in full (RFC 5280 §4.2.1.13)",
        made: || {
            let last = sequence(&[&oid("2.5.4.3"), &tlv(PRINTABLE_STRING, "Shard")]);
            let issuer = Fields::of(&INT.der).subject;
            // The issuer's name is short.
            let full = sequence(&[&issuer[2..], &tlv(SET, &last)]);
            let point = tlv(context(0), tlv(context(0), directory(&full)));
            of(at(&[&point]), |_| vec![new(&[]).scope(&[&tlv(context(0), tlv(context(1), last))])])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "crl/of_users",
        what: "the CRL is of certificates that are not authorities' (RFC 5280 §6.3.3 (b) (2) (ii))",
        made: || with(|_| vec![new(&[]).scope(&[&USERS])]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "crl/of_users_for_an_authority",
        what: "the root's CRL is of users, and the intermediate is an authority (RFC 5280 §6.3.3 (b) (2) (ii))",
        made: || {
            let lists = vec![Crl::of(&ROOT, &[]).scope(&[&USERS]).sign(), Crl::of(&INT, &[]).sign()];
            below(&INT).crls(lists)
        },
        ours: UNKNOWN,
        openssl: Refuses("different CRL scope"),
        gnutls: GNUTLS_KNOWS_NOTHING,
    },
    Row {
        name: "crl/of_authorities",
        what: "the CRL is of authorities (RFC 5280 §6.3.3 (b) (2) (iii))",
        made: || with(|_| vec![new(&[]).scope(&[&AUTHORITIES])]),
        ours: UNKNOWN,
        openssl: Refuses("different CRL scope"),
        gnutls: GNUTLS_KNOWS_NOTHING,
    },
    Row {
        name: "crl/of_attributes",
        what: "the CRL is of attribute certificates (RFC 5280 §6.3.3 (b) (2) (iv))",
        made: || with(|_| vec![new(&[]).scope(&[&ATTRIBUTES])]),
        ours: UNKNOWN,
        openssl: Refuses("different CRL scope"),
        gnutls: GNUTLS_KNOWS_NOTHING,
    },
    Row {
        name: "crl/some_reasons",
        what: "the CRL is about key compromises only (RFC 5280 §6.3.3 (d), (l))",
        made: || with(|_| vec![new(&[]).scope(&[&COMPROMISE])]),
        ours: UNKNOWN,
        openssl: Refuses("unable to get certificate CRL"),
        gnutls: GNUTLS_KNOWS_NOTHING,
    },
    Row {
        name: "crl/all_reasons",
        what: "one CRL is about key compromises, and another about all else (RFC 5280 §6.3.3 (l))",
        made: || with(|_| vec![new(&[]).scope(&[&COMPROMISE]), new(&[]).scope(&[&ALL_OTHERS])]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "crl/some_reasons_revoked",
        what: "the key of the leaf was compromised, says the CRL about that",
        made: || with(|leaf| vec![new(&[]).scope(&[&ALL_OTHERS]), because(1, new(&[leaf])).scope(&[&COMPROMISE])]),
        ours: REVOKED,
        openssl: Refuses("certificate revoked"),
        gnutls: Refuses("The certificate chain is revoked."),
    },
    Row {
        name: "crl/root_may_not_sign",
        what: "the root's keyUsage has no cRLSign (RFC 5280 §6.3.3 (f))",
        made: || {
            let root = Ca::root_with("Its Root", |p| p.key_usages = vec![Use::KeyCertSign], |_| ());
            under(&root, &[&root.leaf(|_| ())]).crls(vec![Crl::of(&root, &[]).sign()])
        },
        ours: UNKNOWN,
        openssl: Refuses("key usage does not include CRL signing"),
        gnutls: GNUTLS_KNOWS_NOTHING,
    },
    Row {
        name: "crl/version_1",
        what: "a CRL of version 1, which has no number and no extensions (RFC 5280 §5.1.2.1)",
        made: || with(|_| vec![new(&[]).version_1()]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "crl/version_1_revoked",
        what: "a CRL of version 1, with the leaf on it, beside a newer one of version 2",
        made: || with(|leaf| vec![old(&[leaf]).version_1(), new(&[])]),
        ours: REVOKED,
        openssl: OnlyTheyAccept(NEWEST),
        gnutls: OnlyTheyAccept(NEWEST),
    },
    Row {
        name: "crl/version_1_with_extensions",
        what: "a CRL of version 1 with extensions (RFC 5280 §5.1.2.1)",
        made: || with(|_| vec![new(&[]).with(|crl| crl.version = Vec::new())]),
        ours: UNKNOWN,
        openssl: OnlyTheyAccept("OpenSSL reads the extensions of any version"),
        gnutls: OnlyTheyAccept("GnuTLS reads the extensions of any version"),
    },
    Row {
        name: "crl/entry_unknown_critical",
        what: "an entry of the CRL, about another certificate, has a critical extension that nobody knows (RFC 5280 §5.3)",
        made: || {
            with(|_| vec![new(&[&OTHER.der]).with(|crl| crl.entry_extensions = vec![critical(id::UNKNOWN, &NULL)])])
        },
        ours: UNKNOWN,
        openssl: Refuses("unhandled critical CRL extension"),
        gnutls: GNUTLS_KNOWS_NOTHING,
    },
    Row {
        name: "crl/delta_good",
        what: "nothing has changed since the CRL, says its delta (RFC 5280 §5.2.4)",
        made: || with(|_| vec![with_deltas(old(&[])), new(&[]).since(1)]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "crl/delta_revoked",
        what: "the leaf is on the delta of a CRL that it is not on (RFC 5280 §6.3.3 (i))",
        made: || with(|leaf| vec![with_deltas(old(&[])), new(&[leaf]).since(1)]),
        ours: REVOKED,
        openssl: Refuses("certificate revoked"),
        gnutls: Refuses("The certificate chain is revoked."),
    },
    Row {
        name: "crl/delta_removes",
        what: "the leaf is on hold, and no longer so by the delta: removeFromCRL (RFC 5280 §6.3.3 (k))",
        made: || with(|leaf| vec![with_deltas(because(6, old(&[leaf]))), because(8, new(&[leaf])).since(1)]),
        ours: OK,
        openssl: Accepts,
        gnutls: OnlyTheyRefuse("The certificate chain is revoked.", NO_DELTAS),
    },
    Row {
        name: "crl/expired_delta_removes",
        what: "the same, and the delta has expired",
        made: || with(|leaf| vec![with_deltas(because(6, old(&[leaf]))), expired(because(8, new(&[leaf]))).since(1)]),
        ours: REVOKED,
        openssl: OnlyTheyAccept(
            "OpenSSL does not look at the time of a delta, if the list that it is added to is in its",
        ),
        gnutls: Refuses("The certificate chain is revoked."),
    },
    Row {
        name: "crl/delta_of_a_later_base",
        what: "removeFromCRL in a delta to a CRL that is newer than the one at hand (RFC 5280 §5.2.4 (c))",
        made: || {
            with(|leaf| vec![with_deltas(because(6, old(&[leaf]))), because(8, new(&[leaf])).numbered(4).since(3)])
        },
        ours: REVOKED,
        openssl: Refuses("certificate revoked"),
        gnutls: Refuses("The certificate chain is revoked."),
    },
    Row {
        name: "crl/delta_alone",
        what: "a delta, and not the CRL that it is the difference to (RFC 5280 §5.2.4)",
        made: || with(|_| vec![new(&[]).since(1)]),
        ours: UNKNOWN,
        openssl: Refuses("unable to get certificate CRL"),
        gnutls: OnlyTheyAccept(NO_DELTAS),
    },
    Row {
        name: "crl/delta_alone_revoked",
        what: "the leaf is on a delta, and the CRL that it is the difference to is not there",
        made: || with(|leaf| vec![new(&[leaf]).since(1)]),
        ours: REVOKED,
        openssl: Refuses("unable to get certificate CRL"),
        gnutls: Refuses("The certificate chain is revoked."),
    },
    Row {
        name: "crl/indirect",
        what: "the leaf names another issuer of CRLs, whose CRL is indirect (RFC 5280 §6.3.3 (b) (1))",
        made: || indirect(|lists, _| Crl::of(lists, &[]).scope(&[&INDIRECT])),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "crl/indirect_not_said",
        what: "the leaf names another issuer of CRLs, whose CRL is not indirect (RFC 5280 §6.3.3 (b) (1))",
        made: || indirect(|lists, _| Crl::of(lists, &[])),
        ours: UNKNOWN,
        openssl: Refuses("unable to get certificate CRL"),
        gnutls: GNUTLS_KNOWS_NOTHING,
    },
    Row {
        name: "crl/indirect_revoked",
        what: "the leaf is on an indirect CRL, as one of the intermediate's (RFC 5280 §5.3.3)",
        made: || {
            indirect(|lists, leaf| {
                let list = Crl::of(lists, &[leaf]).scope(&[&INDIRECT]);
                list.with(|crl| crl.entry_extensions = issued_by(&INT))
            })
        },
        ours: REVOKED,
        openssl: Refuses("certificate revoked"),
        gnutls: OnlyTheyAccept("GnuTLS looks for CRLs by the name of the issuer of the certificate only"),
    },
    Row {
        name: "crl/indirect_of_another",
        what: "its serial number is on an indirect CRL, as one of another authority's (RFC 5280 §5.3.3)",
        made: || {
            indirect(|lists, leaf| {
                let list = Crl::of(lists, &[leaf]).scope(&[&INDIRECT]);
                list.with(|crl| crl.entry_extensions = issued_by(&OTHER))
            })
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "crl/new_key",
        what: "the intermediate has got a new key, and signs its CRL by that one (RFC 5280 §6.3.3 (f))",
        made: || rollover(&ROOT, |_| Vec::new()),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "crl/new_key_revoked",
        what: "the leaf is on the CRL that the intermediate signs by its new key",
        made: || rollover(&ROOT, |leaf| vec![leaf.clone()]),
        ours: REVOKED,
        openssl: Refuses("certificate revoked"),
        gnutls: Refuses("The certificate chain is revoked."),
    },
    Row {
        name: "crl/new_key_without_path",
        what: "another authority has made a certificate for the intermediate's name, which leads to no root",
        made: || rollover(&Ca::root("Unknown"), |_| Vec::new()),
        ours: UNKNOWN,
        openssl: Refuses("CRL path validation error"),
        gnutls: GNUTLS_KNOWS_NOTHING,
    },
];
