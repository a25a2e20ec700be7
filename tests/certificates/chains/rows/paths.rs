//! How the certificates stand to each other: order, gaps, duplicates, cross-signing, loops.

use crate::chains::der::{OCTET_STRING, context_primitive, extension, id, sequence, tlv};
use crate::chains::make::{Ca, INT, OTHER, ROOT, below, sent, under};
use crate::chains::row::*;

/// Cross-signing: Int is issued by A, and by B as well.
struct Crossed {
    a: Ca,
    b: Ca,
    int_by_a: Ca,
    int_by_b: Ca,
}

impl Crossed {
    fn new() -> Self {
        let (a, b) = (Ca::root("A"), Ca::root("B"));
        let int_by_a = a.below("Int");
        let int_by_b = b.cross_sign(&int_by_a, |_| ());
        Self { a, b, int_by_a, int_by_b }
    }
}

/// Two authorities that issued each other, and a leaf of the first.
struct Loop {
    x: Ca,
    x_by_y: Ca,
    y: Ca,
}

impl Loop {
    fn new() -> Self {
        let x = Ca::root("X");
        let y = x.below("Y");
        let x_by_y = y.cross_sign(&x, |_| ());
        Self { x, x_by_y, y }
    }
}

/// A leaf below the last of so many namesakes, each with a key of its own. They have the same key identifier, so that only
/// the signatures tell them apart.
fn namesakes(count: usize, with_the_right_one: usize) -> Case {
    const KEY: [u8; 20] = [7; 20];
    let own_key = extension(id::SUBJECT_KEY, &tlv(OCTET_STRING, KEY));
    let issuers_key = extension(id::AUTHORITY_KEY, &sequence(&[&tlv(context_primitive(0), KEY)]));
    let namesake = || ROOT.below_with("Int", |_| (), |fields| fields.set(id::SUBJECT_KEY, own_key.clone()));
    let right = namesake();
    let mut chain = vec![right.patched_leaf(|fields| fields.set(id::AUTHORITY_KEY, issuers_key))];
    chain.extend((0..count).map(|_| namesake().der));
    chain.extend((0..with_the_right_one).map(|_| right.der.clone()));
    sent(&chain.iter().collect::<Vec<_>>())
}

fn expire(params: &mut rcgen::CertificateParams) {
    params.not_after = rcgen::date_time_ymd(2026, 5, 1);
}

pub const ROWS: &[Row] = &[
    Row {
        name: "path/one",
        what: "a leaf that the root issued",
        made: || sent(&[&ROOT.leaf(|_| ())]),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "path/with_root",
        what: "the root is sent too, which may be left out (RFC 5246 §7.4.2)",
        made: || below(&INT).sent(|chain| chain.push(ROOT.der.clone())),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "path/no_intermediate",
        what: "the intermediate is not sent (RFC 5246 §7.4.2)",
        made: || sent(&[&INT.leaf(|_| ())]),
        ours: ISSUER,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("The certificate issuer is unknown."),
    },
    Row {
        name: "path/other_root",
        what: "the root is not in the store",
        made: || {
            let mut case = below(&INT);
            case.roots.truncate(1);
            case
        },
        ours: ISSUER,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("The certificate issuer is unknown."),
    },
    Row {
        name: "path/other_root_sent",
        what: "the root is not in the store, and is sent: that makes it none",
        made: || {
            let mut case = below(&INT);
            case.roots.truncate(1);
            case.sent(|chain| chain.push(ROOT.der.clone()))
        },
        ours: ISSUER,
        openssl: Refuses("self-signed certificate in certificate chain"),
        gnutls: Refuses("The certificate issuer is unknown."),
    },
    Row {
        name: "path/self_signed",
        what: "a self-signed certificate that is not in the store",
        made: || {
            let own = self_signed();
            sent(&[&own.der])
        },
        ours: ISSUER,
        openssl: Refuses("self-signed certificate"),
        gnutls: Refuses("The certificate issuer is unknown."),
    },
    Row {
        name: "path/self_signed_in_store",
        what: "a self-signed certificate that was given as a root, and is no CA: not taken as one (RFC 5280 §6.1.1 (d) is about authorities)",
        made: || {
            let own = self_signed();
            under(&own, &[&own.der])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: OnlyTheyRefuse(
            "The certificate chain violates the signer's constraints.",
            "the caller gave this very certificate as trusted; GnuTLS asks that of an authority all the same",
        ),
    },
    Row {
        name: "path/intermediate_as_root",
        what: "the store has the intermediate, and not its root: a trust anchor is any CA that is trusted (RFC 5280 §6.1.1 (d))",
        made: || under(&INT, &[&INT.leaf(|_| ())]),
        ours: OK,
        openssl: OnlyTheyRefuse(
            "unable to get issuer certificate",
            "openssl verify wants a self-signed end (we leave -partial_chain off, its default); RFC 5280 §6.1.1 (d) does not",
        ),
        gnutls: Accepts,
    },
    Row {
        name: "path/intermediate_as_root_sent",
        what: "the same, and the intermediate is sent",
        made: || under(&INT, &[&INT.leaf(|_| ()), &INT.der]),
        ours: OK,
        openssl: OnlyTheyRefuse(
            "unable to get issuer certificate",
            "openssl verify wants a self-signed end (we leave -partial_chain off, its default); RFC 5280 §6.1.1 (d) does not",
        ),
        gnutls: Accepts,
    },
    Row {
        name: "order/swapped",
        what: "two intermediates in the wrong order (RFC 5246 §7.4.2 wants the right one; none is lost by sorting)",
        made: || {
            let sub = INT.below("Sub");
            sent(&[&sub.leaf(|_| ()), &INT.der, &sub.der])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "order/root_before_intermediate",
        what: "the root stands before the intermediate",
        made: || below(&INT).sent(|chain| chain.insert(1, ROOT.der.clone())),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "order/leaf_last",
        what: "the intermediate stands first: the first one is the server's (RFC 5246 §7.4.2)",
        made: || below(&INT).sent(|chain| chain.reverse()),
        ours: NAME,
        openssl: Refuses("unsuitable certificate purpose"),
        gnutls: Refuses("The name in the certificate does not match the expected."),
    },
    Row {
        name: "order/with_strangers",
        what: "out of order, with certificates that do not belong",
        made: || {
            let sub = INT.below("Sub");
            sent(&[
                &sub.leaf(|_| ()),
                &OTHER.der,
                &OTHER.below("Stranger").der,
                &INT.der,
                &OTHER.leaf(|_| ()),
                &sub.der,
            ])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "order/expired_stranger",
        what: "one that does not belong, and has expired",
        made: || below(&INT).sent(|chain| chain.push(OTHER.below_with("Stranger", expire, |_| ()).der)),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "duplicate/leaf",
        what: "the leaf is sent twice",
        made: || below(&INT).sent(|chain| chain.insert(1, chain[0].clone())),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "duplicate/intermediate",
        what: "the intermediate is sent twice",
        made: || below(&INT).sent(|chain| chain.push(chain[1].clone())),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "duplicate/intermediate_100_times",
        what: "the intermediate is sent a hundred times",
        made: || below(&INT).sent(|chain| chain.extend(vec![chain[1].clone(); 99])),
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "duplicate/leaf_100_times",
        what: "the leaf is sent a hundred times, and no intermediate",
        made: || below(&INT).sent(|chain| *chain = vec![chain[0].clone(); 100]),
        ours: ISSUER,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("The certificate issuer is unknown."),
    },
    Row {
        name: "cross/first_root",
        what: "Int is issued by A and by B, both are sent, and A is trusted",
        made: || {
            let c = Crossed::new();
            under(&c.a, &[&c.int_by_a.leaf(|_| ()), &c.int_by_a.der, &c.int_by_b.der])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "cross/second_root",
        what: "the same, and B is trusted",
        made: || {
            let c = Crossed::new();
            under(&c.b, &[&c.int_by_a.leaf(|_| ()), &c.int_by_a.der, &c.int_by_b.der])
        },
        ours: OK,
        openssl: OnlyTheyRefuse(
            "unable to get local issuer certificate",
            "OpenSSL follows one path and does not come back to try another",
        ),
        gnutls: OnlyTheyRefuse(
            "The certificate issuer is unknown.",
            "GnuTLS follows one path and does not come back to try another",
        ),
    },
    Row {
        name: "cross/second_root_first_sent",
        what: "the same with the root A sent too, and B is trusted",
        made: || {
            let c = Crossed::new();
            under(&c.b, &[&c.int_by_a.leaf(|_| ()), &c.int_by_a.der, &c.a.der, &c.int_by_b.der])
        },
        ours: OK,
        openssl: OnlyTheyRefuse(
            "self-signed certificate in certificate chain",
            "OpenSSL follows one path and does not come back to try another",
        ),
        gnutls: OnlyTheyRefuse(
            "The certificate issuer is unknown.",
            "GnuTLS follows one path and does not come back to try another",
        ),
    },
    Row {
        name: "cross/first_expired",
        what: "the first of them has expired, and the second is good",
        made: || {
            let c = Crossed::new();
            let old = c.a.cross_sign(&c.int_by_a, expire);
            let mut case = under(&c.b, &[&c.int_by_a.leaf(|_| ()), &old.der, &c.int_by_b.der]);
            case.roots.push(c.a.der.clone());
            case
        },
        ours: OK,
        openssl: Accepts,
        gnutls: OnlyTheyRefuse(
            "The certificate chain uses expired certificate.",
            "GnuTLS follows one path and does not come back to try another",
        ),
    },
    Row {
        name: "cross/first_constrained",
        what: "the first of them may not issue for the name, and the second may",
        made: || {
            let c = Crossed::new();
            let no = c.a.cross_sign(&c.int_by_a, |p| {
                p.name_constraints = Some(rcgen::NameConstraints {
                    permitted_subtrees: vec![rcgen::GeneralSubtree::DnsName("b.example".into())],
                    excluded_subtrees: vec![],
                })
            });
            let mut case = under(&c.b, &[&c.int_by_a.leaf(|_| ()), &no.der, &c.int_by_b.der]);
            case.roots.push(c.a.der.clone());
            case
        },
        ours: OK,
        openssl: OnlyTheyRefuse(
            "permitted subtree violation",
            "OpenSSL follows one path and does not come back to try another",
        ),
        gnutls: OnlyTheyRefuse(
            "The certificate chain violates the signer's constraints.",
            "GnuTLS follows one path and does not come back to try another",
        ),
    },
    Row {
        name: "cross/root_by_root",
        what: "the root A is not trusted, and B issued a certificate for it, as when a root is new",
        made: || {
            let c = Crossed::new();
            let a_by_b = c.b.cross_sign(&c.a, |_| ());
            under(&c.b, &[&c.int_by_a.leaf(|_| ()), &c.int_by_a.der, &a_by_b.der])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "cross/root_by_root_not_needed",
        what: "the same, and A is trusted",
        made: || {
            let c = Crossed::new();
            let a_by_b = c.b.cross_sign(&c.a, |_| ());
            under(&c.a, &[&c.int_by_a.leaf(|_| ()), &c.int_by_a.der, &a_by_b.der])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "cross/root_by_expired_root",
        what: "the same, A is trusted, and B and what it issued have expired (the AddTrust root, 2020)",
        made: || {
            let c = Crossed::new();
            let old = Ca::root_with("Old", expire, |_| ());
            let a_by_old = old.cross_sign(&c.a, expire);
            let mut case = under(&c.a, &[&c.int_by_a.leaf(|_| ()), &c.int_by_a.der, &a_by_old.der]);
            case.roots.push(old.der);
            case
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "cross/new_key_by_old",
        what: "the root has a new key, certified with the old one, which is trusted: self-issued (RFC 4210 §4.4, RFC 5280 §6.1)",
        made: || {
            let new = ROOT.below("Root");
            sent(&[&new.leaf(|_| ()), &new.der])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "cross/old_key_by_new",
        what: "the leaf is of the root's old key, certified with the new one, which is trusted (RFC 4210 §4.4)",
        made: || {
            let (new, old) = (Ca::root("Root"), Ca::root("Root"));
            let old_by_new = new.cross_sign(&old, |_| ());
            under(&new, &[&old.leaf(|_| ()), &old_by_new.der])
        },
        ours: OK,
        openssl: Accepts,
        gnutls: Accepts,
    },
    Row {
        name: "loop/of_two",
        what: "two that issued each other, and lead nowhere",
        made: || {
            let l = Loop::new();
            sent(&[&l.x.leaf(|_| ()), &l.x_by_y.der, &l.y.der])
        },
        ours: ISSUER,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("The certificate issuer is unknown."),
    },
    Row {
        name: "loop/of_two_with_a_way_out",
        what: "two that issued each other, and the root issued the second as well",
        made: || {
            let l = Loop::new();
            let out = ROOT.cross_sign(&l.y, |_| ());
            sent(&[&l.x.leaf(|_| ()), &l.x_by_y.der, &l.y.der, &out.der])
        },
        ours: OK,
        openssl: OnlyTheyRefuse(
            "unable to get local issuer certificate",
            "OpenSSL follows one path and does not come back to try another",
        ),
        gnutls: OnlyTheyRefuse(
            "The certificate issuer is unknown.",
            "GnuTLS follows one path and does not come back to try another",
        ),
    },
    Row {
        name: "loop/of_one",
        what: "an intermediate that issued itself, and leads nowhere",
        made: || {
            let x = Ca::root("X");
            sent(&[&x.leaf(|_| ()), &x.der])
        },
        ours: ISSUER,
        openssl: Refuses("self-signed certificate in certificate chain"),
        gnutls: Refuses("The certificate issuer is unknown."),
    },
    Row {
        name: "loop/cross_signed_mesh",
        what: "six authorities, each of which issued each of the others: thousands of paths, and none to a root",
        made: || {
            let all: Vec<_> = (0..6).map(|i| Ca::root(&format!("M{i}"))).collect();
            let mut chain = vec![all[0].leaf(|_| ())];
            for x in &all {
                chain.extend(all.iter().filter(|y| y.der != x.der).map(|y| x.cross_sign(y, |_| ()).der))
            }
            sent(&chain.iter().collect::<Vec<_>>())
        },
        ours: ISSUER,
        openssl: Refuses("unable to get local issuer certificate"),
        gnutls: Refuses("The certificate issuer is unknown."),
    },
    Row {
        name: "namesake/last_of_thirty",
        what: "thirty intermediates of one name, and the last one's key signed",
        made: || namesakes(29, 1),
        ours: OK,
        openssl: OnlyTheyRefuse(
            "certificate signature failure",
            "OpenSSL follows one path and does not come back to try another",
        ),
        gnutls: OnlyTheyRefuse(
            "The signature in the certificate is invalid.",
            "GnuTLS follows one path and does not come back to try another",
        ),
    },
    Row {
        name: "namesake/none_of_thirty",
        what: "thirty intermediates of one name, and none of their keys signed",
        made: || namesakes(30, 0),
        ours: SIGNATURE,
        openssl: Refuses("certificate signature failure"),
        gnutls: Refuses("The signature in the certificate is invalid."),
    },
    Row {
        name: "namesake/none_of_200",
        what: "two hundred intermediates of one name, and none of their keys signed",
        made: || namesakes(200, 0),
        ours: LIMIT,
        openssl: Refuses("certificate signature failure"),
        gnutls: Refuses("The signature in the certificate is invalid."),
    },
];

/// A self-signed certificate as a device has it: no CA.
fn self_signed() -> Ca {
    let tweak = |params: &mut rcgen::CertificateParams| {
        params.is_ca = rcgen::IsCa::NoCa;
        params.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
        params.subject_alt_names = vec![rcgen::SanType::DnsName("a.example".try_into().unwrap())];
    };
    Ca::root_with("a.example", tweak, |_| ())
}
