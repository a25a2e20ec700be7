//! 4.4 revocation, 4.5 self-issued certificates.

use super::{Row, invalid, valid};
use crate::certificates::Der;
use crate::certificates::der::{INTEGER, NULL, critical, id, tlv};
use crate::certificates::lists::Crl;
use crate::certificates::make::Ca;
use crate::pkits::path::{ANCHOR, Case, Edit, Path, below, leaf};
use crate::pkits::rows::points::Point;

fn good() -> Path {
    Path::new("Good CA", |_| ())
}

/// A leaf below an authority whose lists these make.
fn with(make: impl FnOnce(&Ca, &Der) -> Vec<Crl>) -> Case {
    let path = good();
    let leaf = path.leaf(|_| ());
    let lists = make(path.last(), &leaf);
    path.listed(leaf, lists)
}

/// A list of this authority, with this certificate on it or nothing.
fn listing(ca: &Ca, revoked: bool, certificate: &Der) -> Crl {
    if revoked { Crl::of(ca, &[certificate]) } else { Crl::of(ca, &[]) }
}

/// A leaf of one serial number, and a list with another on it.
fn serials(own: &[u8], listed: &[u8]) -> Case {
    let path = good();
    let leaf = path.leaf(|f| f.serial = tlv(INTEGER, own));
    let list = Crl::of(path.last(), &[]).with(|list| list.revoked.push(tlv(INTEGER, listed)));
    path.listed(leaf, [list])
}

const LONG: [u8; 20] = [0x12, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];

/// The long serial number with another byte.
fn long(at: usize) -> [u8; 20] {
    let mut serial = LONG;
    serial[at] ^= 1;
    serial
}

/// keyCertSign or cRLSign alone: how many bits are unused, and the bits.
const CERT_SIGN: [u8; 2] = [2, 0b0000_0100];
const CRL_SIGN: [u8; 2] = [1, 0b0000_0010];

/// An authority with two certificates of the anchor, of which one signs certificates and the other lists. The lists are
/// the anchor's, on which these are, and the authority's, on which the end may be.
fn separate_keys(end_revoked: bool, lists_key_revoked: bool) -> Case {
    let subject = crate::pkits::path::unit("Separate Keys", "CA");
    let issues = below(&ANCHOR, subject.clone(), |f| f.usage(true, CERT_SIGN));
    let lists = below(&ANCHOR, subject, |f| {
        f.usage(true, CRL_SIGN);
        f.remove(id::BASIC_CONSTRAINTS);
    });
    let end = leaf(&issues, |_| ());
    let anchors = listing(&ANCHOR, lists_key_revoked, &lists.der);
    let own = listing(&lists, end_revoked, &end);
    Case { sent: vec![end, issues.der, lists.der], lists: vec![anchors.sign(), own.sign()] }
}

/// An authority of two keys: the anchor has certified the old or the new one, and it the other. Its list is signed by the
/// new key.
struct Rollover {
    /// What the anchor has certified, and what that key has.
    certified: Ca,
    own: Ca,
}

/// The distribution point of the list that has the self-issued certificate.
fn own_point() -> Point {
    Point::named("Self-Issued Cert DP")
}

impl Rollover {
    fn new() -> Self {
        let subject = crate::pkits::path::unit("Basic Self-Issued", "CA");
        let certified = below(&ANCHOR, subject.clone(), |_| ());
        let own = below(&certified, subject, |f| f.set(id::CRL_DISTRIBUTION_POINTS, own_point().distribution()));
        Self { certified, own }
    }

    /// The certified key is the new one, and the end is of the old.
    fn old_with_new(self, revoked: bool) -> Case {
        let end = leaf(&self.own, |_| ());
        let list = listing(&self.certified, revoked, &end);
        let own = Crl::of(&self.certified, &[]).scope(&[&own_point().name()]);
        self.case(end, [list, own])
    }

    /// The certified key is the old one, and the end is of one or the other. The old key's list has the self-issued
    /// certificate only.
    fn new_with_old(self, end_by_new: bool, revoked: bool) -> Case {
        let end = leaf(if end_by_new { &self.own } else { &self.certified }, |_| ());
        let list = listing(&self.own, revoked, &end);
        let own = Crl::of(&self.certified, &[]).scope(&[&own_point().name()]);
        self.case(end, [list, own])
    }

    fn case(self, end: Der, lists: [Crl; 2]) -> Case {
        let lists = [Crl::of(&ANCHOR, &[])].into_iter().chain(lists).map(Crl::sign).collect();
        Case { sent: vec![end, self.own.der, self.certified.der], lists }
    }
}

/// An authority that signs lists by another key, for which it has issued itself a certificate.
fn signing_key(end_by_lists_key: bool, revoked: bool) -> Case {
    let subject = crate::pkits::path::unit("CRL Signing Key", "CA");
    let certified = below(&ANCHOR, subject.clone(), |f| f.usage(true, CERT_SIGN_AND_LISTS));
    let lists = below(&certified, subject, |f| {
        f.usage(true, CRL_SIGN);
        f.remove(id::BASIC_CONSTRAINTS);
        f.set(id::CRL_DISTRIBUTION_POINTS, own_point().distribution());
    });
    let end = leaf(if end_by_lists_key { &lists } else { &certified }, |_| ());
    let list = listing(&lists, revoked, &end);
    let own = Crl::of(&certified, &[]).scope(&[&own_point().name()]);
    let all = [Crl::of(&ANCHOR, &[]), list, own].into_iter().map(Crl::sign).collect();
    Case { sent: vec![end, lists.der, certified.der], lists: all }
}

/// It signs the list that has its other certificate.
const CERT_SIGN_AND_LISTS: [u8; 2] = [1, 0b0000_0110];

pub const ROWS: &[Row] = &[
    invalid("4.4.1", "the authority has no list", || with(|_, _| Vec::new())),
    invalid("4.4.2", "the second authority is revoked by the first", || {
        let path = good().then("Revoked subCA", |_| ());
        let [first, second] = &path.authorities[..] else { unreachable!() };
        let lists = [Crl::of(first, &[&second.der]), Crl::of(second, &[])];
        path.listed(path.leaf(|_| ()), lists)
    }),
    invalid("4.4.3", "the end is revoked", || with(|ca, leaf| vec![Crl::of(ca, &[leaf])])),
    invalid("4.4.4", "the list's signature is wrong", || {
        let mut case = with(|ca, _| vec![Crl::of(ca, &[])]);
        *case.lists[1].last_mut().unwrap() ^= 1;
        case
    }),
    invalid("4.4.5", "the list's issuer is not the authority's name", || {
        with(|ca, _| vec![Crl::of(ca, &[]).with(|list| list.issuer = crate::pkits::path::unit("Bad CRL Issuer", "CA"))])
    }),
    invalid("4.4.6", "the only list is another authority's", || with(|_, _| vec![Crl::of(&ANCHOR, &[])])),
    valid("4.4.7", "two lists, of which the one of another name has the end", || {
        with(|ca, leaf| {
            let bad = |list: &mut Crl| list.issuer = crate::pkits::path::unit("Bad CRL Issuer", "CA");
            vec![Crl::of(ca, &[leaf]).with(bad), Crl::of(ca, &[])]
        })
    }),
    invalid("4.4.8", "the end's entry has a critical extension that nobody knows", || {
        let unknown = |list: &mut Crl| list.entry_extensions.push(critical(id::UNKNOWN, &NULL));
        with(|ca, leaf| vec![Crl::of(ca, &[leaf]).with(unknown)])
    }),
    invalid("4.4.9", "the list has a critical extension that nobody knows, and the end", || {
        with(|ca, leaf| vec![Crl::of(ca, &[leaf]).with(|list| list.extensions.push(critical(id::UNKNOWN, &NULL)))])
    }),
    invalid("4.4.10", "the list has a critical extension that nobody knows, and not the end", || {
        with(|ca, _| vec![Crl::of(ca, &[]).with(|list| list.extensions.push(critical(id::UNKNOWN, &NULL)))])
    }),
    invalid("4.4.11", "the list has expired", || {
        let old = |list: &mut Crl| (list.this_update, list.next_update) = ("091201000000Z", "100101083000Z");
        with(|ca, _| vec![Crl::of(ca, &[]).with(old)])
    }),
    invalid("4.4.12", "the list has expired in 1999", || {
        let old = |list: &mut Crl| (list.this_update, list.next_update) = ("980101000000Z", "990101120100Z");
        with(|ca, _| vec![Crl::of(ca, &[]).with(old)])
    }),
    valid("4.4.13", "the list is good until 2050, in GeneralizedTime", || {
        with(|ca, _| vec![Crl::of(ca, &[]).with(|list| list.next_update = "20500101120100Z")])
    }),
    valid("4.4.14", "serial number 255, and -1 is on the list", || serials(&[0, 0xff], &[0xff])),
    invalid("4.4.15", "serial number -1, which is on the list", || serials(&[0xff], &[0xff])),
    valid("4.4.16", "a serial number of 20 bytes, and on the list one with another last byte", || {
        serials(&LONG, &long(19))
    }),
    valid("4.4.17", "a serial number of 20 bytes, and on the list one with another first byte", || {
        serials(&LONG, &long(0))
    }),
    invalid("4.4.18", "a serial number of 20 bytes, which is on the list", || serials(&LONG, &LONG)),
    valid("4.4.19", "two certificates of one authority, for certificates and for lists", || {
        separate_keys(false, false)
    }),
    invalid("4.4.20", "the same, and the end is revoked", || separate_keys(true, false)),
    invalid("4.4.21", "the same, and the certificate for lists is revoked", || separate_keys(false, true)),
    valid("4.5.1", "the end is of the old key, which the new key has certified", || {
        Rollover::new().old_with_new(false)
    }),
    invalid("4.5.2", "the same, and the end is revoked", || Rollover::new().old_with_new(true)),
    valid("4.5.3", "the end and the list are of the new key, which the old key has certified", || {
        Rollover::new().new_with_old(true, false)
    }),
    valid("4.5.4", "the end is of the old key, the list of the new", || Rollover::new().new_with_old(false, false)),
    invalid("4.5.5", "the same, and the end is revoked", || Rollover::new().new_with_old(false, true)),
    valid("4.5.6", "a key for lists, which the authority has certified itself", || signing_key(false, false)),
    invalid("4.5.7", "the same, and the end is revoked", || signing_key(false, true)),
    invalid("4.5.8", "the end is of the key for lists", || signing_key(true, false)),
];
