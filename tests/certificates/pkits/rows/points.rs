//! 4.14 distribution points, 4.15 delta lists.

use super::{Row, invalid, valid};
use crate::certificates::Der;
use crate::certificates::der::{
    ENUMERATED, Fields, PRINTABLE_STRING, SET, context, critical, extension, id, oid, sequence, tlv,
};
use crate::certificates::lists::Crl;
use crate::certificates::make::Ca;
use crate::pkits::path::{ANCHOR, Case, Path, below, directory, leaf, unit};

/// A distribution point's name: a directory name, or its last part below the issuer's.
#[derive(Clone)]
pub enum Point {
    Full(Vec<u8>),
    Relative(&'static str),
}

impl Point {
    pub fn named(common_name: &'static str) -> Self {
        Self::Full(unit("Points", common_name))
    }

    /// This common name below the name of an authority, in full.
    fn below(issuer: &Ca, common_name: &'static str) -> Self {
        let issuer = Fields::of(&issuer.der).subject;
        // The name is short.
        Self::Full(sequence(&[&issuer[2..], &tlv(SET, attribute(common_name))]))
    }

    /// DistributionPointName (RFC 5280 §4.2.1.13).
    pub fn name(&self) -> Vec<u8> {
        match self {
            Self::Full(name) => tlv(context(0), tlv(context(0), directory(name))),
            Self::Relative(name) => tlv(context(0), tlv(context(1), attribute(name))),
        }
    }

    /// A cRLDistributionPoints with this one.
    pub fn distribution(&self) -> Vec<u8> {
        points(&[&[&self.name()]])
    }
}

fn attribute(common_name: &str) -> Vec<u8> {
    sequence(&[&oid("2.5.4.3"), &tlv(PRINTABLE_STRING, common_name)])
}

/// A cRLDistributionPoints of these points, each of these fields.
fn points(all: &[&[&[u8]]]) -> Vec<u8> {
    let all: Vec<_> = all.iter().map(|fields| sequence(fields)).collect();
    let all: Vec<_> = all.iter().map(Vec::as_slice).collect();
    extension(id::CRL_DISTRIBUTION_POINTS, &sequence(&all))
}

/// The field cRLIssuer.
fn by(issuer: &[u8]) -> Vec<u8> {
    tlv(context(2), directory(issuer))
}

/// Fields of an issuingDistributionPoint (RFC 5280 §5.2.5).
const USERS: [u8; 3] = [0x81, 1, 0xff];
const AUTHORITIES: [u8; 3] = [0x82, 1, 0xff];
const INDIRECT: [u8; 3] = [0x84, 1, 0xff];
const ATTRIBUTES: [u8; 3] = [0x85, 1, 0xff];
/// onlySomeReasons: the two compromises, all others; affiliation and superseded, cessation and hold.
const COMPROMISE: [u8; 4] = [0x83, 2, 5, 0x60];
const OTHERS: [u8; 5] = [0x83, 3, 7, 0x1f, 0x80];
const AFFILIATION: [u8; 4] = [0x83, 2, 3, 0x18];
const CESSATION: [u8; 4] = [0x83, 2, 1, 0x06];

/// reasonCode (RFC 5280 §5.3.1).
const KEY_COMPROMISE: u8 = 1;
const AFFILIATION_CHANGED: u8 = 3;
const HOLD: u8 = 6;
const REMOVE: u8 = 8;

fn reason(code: u8) -> Vec<u8> {
    extension(id::REASON, &[ENUMERATED, 1, code])
}

/// The entry's certificate, and all after it, are of this issuer (RFC 5280 §5.3.3).
fn certificate_issuer(name: &[u8]) -> Vec<u8> {
    const CERTIFICATE_ISSUER: &str = "2.5.29.29";
    critical(CERTIFICATE_ISSUER, &sequence(&[&directory(name)]))
}

/// An authority's list with one certificate on it, for this reason; or none.
fn listing(ca: &Ca, revoked: Option<(&Der, u8)>) -> Crl {
    let list = Crl::of(ca, &[]);
    match revoked {
        None => list,
        Some((certificate, code)) => list.with(|list| list.entry(&Fields::of(certificate).serial, &[&reason(code)])),
    }
}

/// A leaf with this extension below an authority whose lists these make.
fn with(distribution: Option<Vec<u8>>, make: impl FnOnce(&Ca, &Der) -> Vec<Crl>) -> Case {
    let path = Path::new("distributionPoint CA", |_| ());
    let leaf = path.leaf(|f| f.extensions.extend(distribution));
    let lists = make(path.last(), &leaf);
    path.listed(leaf, lists)
}

/// A leaf that names one point, and a list of another, on which it is or not.
fn pair(own: impl FnOnce(&Ca) -> Point, list: impl FnOnce(&Ca) -> Point, revoked: bool) -> Case {
    let path = Path::new("distributionPoint CA", |_| ());
    let own = own(path.last()).distribution();
    let leaf = path.leaf(|f| f.extensions.push(own));
    let revoked = revoked.then_some((&leaf, KEY_COMPROMISE));
    let list = listing(path.last(), revoked).scope(&[&list(path.last()).name()]);
    path.listed(leaf.clone(), [list])
}

fn here(ca: &Ca) -> Point {
    Point::below(ca, "CRL1")
}

fn here_relative(_: &Ca) -> Point {
    Point::Relative("CRL1")
}

fn elsewhere(ca: &Ca) -> Point {
    Point::below(ca, "CRL2")
}

/// Two lists by reason, at one point each if there are two, on one of which the leaf is.
fn reasons(own: &[Point], compromise: Option<u8>, others: Option<u8>) -> Case {
    let names: Vec<_> = own.iter().map(Point::name).collect();
    let all: Vec<_> = names.iter().map(|name| vec![name.as_slice()]).collect();
    let all: Vec<_> = all.iter().map(Vec::as_slice).collect();
    let distribution = (!own.is_empty()).then(|| points(&all));
    with(distribution, |ca, leaf| {
        let scoped = |at: usize, kind: &[u8], code: Option<u8>| {
            let name = names.get(at.min(names.len().saturating_sub(1))).cloned().unwrap_or_default();
            listing(ca, code.map(|code| (leaf, code))).scope(&[&name, kind])
        };
        vec![scoped(1, &OTHERS, others), scoped(0, &COMPROMISE, compromise)]
    })
}

/// An authority at the end, and a list of certain certificates only.
fn final_authority(field: &[u8]) -> Case {
    let path = Path::new("onlyContains CA", |_| ()).then("Final", |_| ());
    let list = Crl::of(&path.authorities[0], &[]).scope(&[field]);
    let end = path.authorities[1].der.clone();
    Path { authorities: path.authorities[..1].to_vec() }.listed(end, [list])
}

fn only(field: &[u8]) -> Case {
    with(None, |ca, _| vec![Crl::of(ca, &[]).scope(&[field])])
}

/// The leaf of one authority, on which another speaks.
struct Indirect {
    issuer: Ca,
    speaker: Ca,
    leaf: Der,
}

impl Indirect {
    /// Both authorities are below the anchor.
    fn new() -> Self {
        let issuer = below(&ANCHOR, unit("indirectCRL", "Issuer"), |_| ());
        let speaker = below(&ANCHOR, unit("indirectCRL", "Speaker"), |_| ());
        Self::of(issuer, speaker)
    }

    /// The one that speaks is below the issuer.
    fn below_issuer(point: &Point, speaker: impl FnOnce(&mut Fields)) -> Self {
        let issuer = below(&ANCHOR, unit("indirectCRL", "Issuer"), |_| ());
        let speaker = below(&issuer, unit("indirectCRL", "Speaker"), speaker);
        let name = Fields::of(&speaker.der).subject;
        let leaf = leaf(&issuer, |f| f.extensions.push(points(&[&[&point.name(), &by(&name)]])));
        Self { issuer, speaker, leaf }
    }

    fn of(issuer: Ca, speaker: Ca) -> Self {
        let name = Fields::of(&speaker.der).subject;
        let leaf = leaf(&issuer, |f| f.extensions.push(points(&[&[&by(&name)]])));
        Self { issuer, speaker, leaf }
    }

    fn serial(&self) -> Vec<u8> {
        Fields::of(&self.leaf).serial
    }

    fn name_of_issuer(&self) -> Vec<u8> {
        Fields::of(&self.issuer.der).subject
    }

    /// A list of all that it speaks for.
    fn list(&self) -> Crl {
        Crl::of(&self.speaker, &[]).scope(&[&INDIRECT])
    }

    fn case(self, lists: impl IntoIterator<Item = Crl>) -> Case {
        let lists = [Crl::of(&ANCHOR, &[])].into_iter().chain(lists).map(Crl::sign).collect();
        Case { sent: vec![self.leaf, self.issuer.der, self.speaker.der], lists }
    }
}

/// An entry of another certificate of this issuer.
fn other_entry(list: &mut Crl, issuer: &[u8]) {
    list.entry(&[2, 2, 0x11, 0x11], &[&reason(KEY_COMPROMISE), &certificate_issuer(issuer)]);
}

/// A complete list of number 5, and a delta of number 6 since the list of `base`, with the leaf on them or not.
fn delta(base: u8, complete: Option<u8>, changed: Option<u8>) -> Case {
    with(None, |ca, leaf| {
        let complete = with_deltas(listing(ca, complete.map(|code| (leaf, code))).numbered(5));
        let changed = listing(ca, changed.map(|code| (leaf, code))).numbered(6).since(base);
        vec![complete, changed.with(|list| list.this_update = "260515000000Z")]
    })
}

/// With a freshestCRL, without which OpenSSL looks for no delta (RFC 5280 §5.2.6).
fn with_deltas(list: Crl) -> Crl {
    list.with(|list| {
        list.extensions.push(extension("2.5.29.46", &sequence(&[&sequence(&[&Point::named("Delta").name()])])))
    })
}

pub const ROWS: &[Row] = &[
    valid("4.14.1", "a point, and the list of it", || pair(here, here, false)),
    invalid("4.14.2", "the same, and the leaf is on the list", || pair(here, here, true)),
    invalid("4.14.3", "a point, and the list of another", || pair(here, elsewhere, false)),
    valid("4.14.4", "a point relative to the issuer, and the list of it in full", || pair(here_relative, here, false)),
    valid("4.14.5", "both relative to the issuer", || pair(here_relative, here_relative, false)),
    invalid("4.14.6", "the same, and the leaf is on the list", || pair(here_relative, here_relative, true)),
    valid("4.14.7", "a point in full, and the list of it relative to the issuer", || pair(here, here_relative, false)),
    invalid("4.14.8", "a point in full, and the list of another relative to the issuer", || {
        pair(elsewhere, here_relative, false)
    }),
    invalid("4.14.9", "no point, and the list of one", || {
        with(None, |ca, _| vec![Crl::of(ca, &[]).scope(&[&here(ca).name()])])
    }),
    valid("4.14.10", "a point, and a list of all", || {
        with(Some(Point::named("CRL1").distribution()), |ca, _| vec![Crl::of(ca, &[])])
    }),
    invalid("4.14.11", "a list of users, and an authority at the end", || final_authority(&USERS)),
    invalid("4.14.12", "a list of authorities, and a user", || only(&AUTHORITIES)),
    valid("4.14.13", "a list of authorities, and an authority at the end", || final_authority(&AUTHORITIES)),
    invalid("4.14.14", "a list of attribute certificates", || only(&ATTRIBUTES)),
    invalid("4.14.15", "two lists by reasons, revoked by the one of compromises", || {
        reasons(&[], Some(KEY_COMPROMISE), None)
    }),
    invalid("4.14.16", "two lists by reasons, on hold by the one of the others", || reasons(&[], None, Some(HOLD))),
    invalid("4.14.17", "two lists that do not have all reasons between them", || {
        with(None, |ca, _| vec![Crl::of(ca, &[]).scope(&[&CESSATION]), Crl::of(ca, &[]).scope(&[&AFFILIATION])])
    }),
    valid("4.14.18", "two lists by reasons of one point", || reasons(&[Point::named("CRL")], None, None)),
    valid("4.14.19", "two lists by reasons of a point each", || {
        reasons(&[Point::named("CRL1"), Point::named("CRL2")], None, None)
    }),
    invalid("4.14.20", "the same, and revoked by the first", || {
        reasons(&[Point::named("CRL1"), Point::named("CRL2")], Some(KEY_COMPROMISE), None)
    }),
    invalid("4.14.21", "the same, and revoked by the second", || {
        reasons(&[Point::named("CRL1"), Point::named("CRL2")], None, Some(AFFILIATION_CHANGED))
    }),
    valid("4.14.22", "an indirect list of the issuer itself", || {
        with(None, |ca, _| vec![Crl::of(ca, &[]).scope(&[&INDIRECT])])
    }),
    invalid("4.14.23", "the same, and the leaf is on it", || {
        with(None, |ca, leaf| vec![Crl::of(ca, &[leaf]).scope(&[&INDIRECT])])
    }),
    valid("4.14.24", "another authority speaks for the issuer", || {
        let indirect = Indirect::new();
        let list = indirect.list();
        indirect.case([list])
    }),
    valid("4.14.25", "its list has the leaf's serial number, of a certificate of its own", || {
        let indirect = Indirect::new();
        let list = indirect.list().with(|list| list.entry(&indirect.serial(), &[]));
        indirect.case([list])
    }),
    invalid("4.14.26", "the one that should speak does not exist", || {
        let mut indirect = Indirect::new();
        let nobody = unit("indirectCRL", "Nobody");
        indirect.leaf = leaf(&indirect.issuer, |f| f.extensions.push(points(&[&[&by(&nobody)]])));
        let list = indirect.list();
        indirect.case([list])
    }),
    invalid("4.14.27", "the list of the one that speaks is not indirect", || {
        let indirect = Indirect::new();
        let list = Crl::of(&indirect.speaker, &[]);
        indirect.case([list])
    }),
    valid("4.14.28", "the one that speaks has its certificate of the issuer, whose own list has it", || {
        let point = Point::named("indirect CRL");
        let indirect = Indirect::below_issuer(&point, |_| ());
        let list = Crl::of(&indirect.speaker, &[]).scope(&[&point.name(), &INDIRECT]);
        let own = Crl::of(&indirect.issuer, &[]);
        indirect.case([list, own])
    }),
    valid("4.14.29", "the same, and the point is relative to the one that speaks", || {
        let indirect = Indirect::below_issuer(&Point::Relative("indirect CRL"), |_| ());
        let point = Point::below(&indirect.speaker, "indirect CRL");
        let list = Crl::of(&indirect.speaker, &[]).scope(&[&point.name(), &INDIRECT]);
        let own = Crl::of(&indirect.issuer, &[]);
        indirect.case([list, own])
    }),
    valid("4.14.30", "the one that speaks does so for itself too", || {
        let point = Point::named("indirect CRL");
        let name = unit("indirectCRL", "Speaker");
        let own = points(&[&[&point.name(), &by(&name)]]);
        let indirect = Indirect::below_issuer(&point, |f| f.extensions.push(own));
        let list = Crl::of(&indirect.speaker, &[]).scope(&[&point.name(), &INDIRECT]);
        indirect.case([list])
    })
    .openssl_differs("OpenSSL does not let a list say of the certificate of its own signer that it is good"),
    invalid("4.14.31", "the leaf is on it, with its issuer", || {
        let indirect = Indirect::new();
        let issuer = certificate_issuer(&indirect.name_of_issuer());
        let list = indirect.list().with(|list| list.entry(&indirect.serial(), &[&issuer]));
        indirect.case([list])
    }),
    invalid("4.14.32", "the leaf is on it, after an entry with its issuer", || {
        let indirect = Indirect::new();
        let list = indirect.list().with(|list| {
            other_entry(list, &indirect.name_of_issuer());
            list.entry(&indirect.serial(), &[]);
        });
        indirect.case([list])
    }),
    valid("4.14.33", "the leaf's serial number is on it, after an entry with another issuer", || {
        let indirect = Indirect::new();
        let list = indirect.list().with(|list| {
            other_entry(list, &indirect.name_of_issuer());
            other_entry(list, &unit("indirectCRL", "Third"));
            list.entry(&indirect.serial(), &[]);
        });
        indirect.case([list])
    }),
    invalid("4.14.34", "the leaf's own issuer speaks for others too, and names itself", || {
        with(None, |ca, leaf| {
            let own = Fields::of(&ca.der).subject;
            let list = Crl::of(ca, &[]).scope(&[&INDIRECT]).with(|list| {
                other_entry(list, &unit("indirectCRL", "Third"));
                list.entry(&Fields::of(leaf).serial, &[&certificate_issuer(&own)]);
            });
            vec![list]
        })
    }),
    invalid("4.14.35", "a point and another that speaks, who has no list; the issuer has one of the point", || {
        let point = Point::named("CRL1");
        let nobody = unit("indirectCRL", "Nobody");
        let distribution = points(&[&[&point.name(), &by(&nobody)]]);
        with(Some(distribution), |ca, _| vec![Crl::of(ca, &[]).scope(&[&point.name()])])
    }),
    invalid("4.15.1", "a delta, and no complete list", || {
        with(None, |ca, _| vec![Crl::of(ca, &[]).numbered(6).since(5)])
    }),
    valid("4.15.2", "a complete list and its delta", || delta(5, None, None)),
    invalid("4.15.3", "revoked by the complete list", || delta(5, Some(KEY_COMPROMISE), None)),
    invalid("4.15.4", "revoked by the delta", || delta(5, None, Some(KEY_COMPROMISE))),
    valid("4.15.5", "on hold by the complete list, and no longer by the delta", || delta(5, Some(HOLD), Some(REMOVE))),
    invalid("4.15.6", "on hold by the complete list, and revoked by the delta", || {
        delta(5, Some(HOLD), Some(KEY_COMPROMISE))
    }),
    valid("4.15.7", "not on the complete list, and no longer by the delta", || delta(5, None, Some(REMOVE))),
    valid("4.15.8", "a delta since an older list than the complete one", || delta(4, None, None)),
    invalid("4.15.9", "the same, and revoked by both", || delta(4, Some(KEY_COMPROMISE), Some(KEY_COMPROMISE))),
    invalid("4.15.10", "a delta since a newer list than the complete one, which has expired", || {
        with(None, |ca, _| {
            let old = |list: &mut Crl| (list.this_update, list.next_update) = ("251201000000Z", "260201000000Z");
            vec![with_deltas(Crl::of(ca, &[]).numbered(3).with(old)), Crl::of(ca, &[]).numbered(6).since(5)]
        })
    }),
];
