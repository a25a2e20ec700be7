//! RFC 5280 §6.1 where webpki does not follow it: directory names, self-issued certificates, policies.

use rcgen::{DnValue, SanType};
use tls12::verify::Verifier;

use super::forge::*;
use super::*;

fn named_under(parts: &[&str]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (part, kind) in parts.iter().zip([DnType::CountryName, DnType::OrganizationName, DnType::CommonName]) {
        name.push(kind, DnValue::Utf8String((*part).to_owned()));
    }
    name
}

fn constrained(root: &Ca, permitted: Vec<GeneralSubtree>, excluded: Vec<GeneralSubtree>) -> Ca {
    intermediate("Int", root, |params| {
        let (permitted_subtrees, excluded_subtrees) = (permitted, excluded);
        params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees });
    })
}

#[test]
fn directory_names() {
    let root = root("Root");
    let store = trust(&[&root]);
    let base = || GeneralSubtree::DirectoryName(named_under(&["NL", "Example"]));
    let leaf_of = |int: &Ca, parts: &[&str]| {
        let subject = named_under(parts);
        [leaf(int, |params| params.distinguished_name = subject), int.der().clone()]
    };
    let permitted = constrained(&root, vec![base()], vec![]);
    let excluded = constrained(&root, vec![], vec![base()]);
    let within = [&["NL", "Example", "x"][..], &["NL", "Example"], &["nl", " EXAMPLE  "]];
    let outside = [&["NL"][..], &["NL", "Example 2", "x"], &["BE", "Example"], &["x", "NL", "Example"]];
    for (names, good, bad) in [(&within[..], &permitted, &excluded), (&outside, &excluded, &permitted)] {
        for name in names {
            assert_eq!(verify(&store, &leaf_of(good, name), &USUAL), Ok(()), "{name:?}");
            let facts = ["the nameConstraints of certificate 2 of 2 (CN=Int) ", " the name ", " in certificate 1 of 2"];
            refused(&store, &leaf_of(bad, name), Kind::Constraint, BAD_CERTIFICATE, &facts);
        }
    }
    // Beside them, names that webpki compares still count.
    let dns = GeneralSubtree::DnsName("b.example".to_string());
    let both = constrained(&root, vec![base(), dns], vec![]);
    refused(&store, &leaf_of(&both, within[0]), Kind::Constraint, BAD_CERTIFICATE, &["nameConstraints"]);
    // In a root, they count as well.
    let mut params = ca_params("Constrained Root");
    params.name_constraints = Some(NameConstraints { permitted_subtrees: vec![base()], excluded_subtrees: vec![] });
    let root = Ca::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let leaf_of = |parts: &[&str]| {
        let subject = named_under(parts);
        [leaf(&root, |params| params.distinguished_name = subject)]
    };
    assert_eq!(verify(&trust(&[&root]), &leaf_of(within[0]), &USUAL), Ok(()));
    let facts = ["the nameConstraints of your root CN=Constrained Root do not permit the name "];
    refused(&trust(&[&root]), &leaf_of(outside[0]), Kind::Constraint, BAD_CERTIFICATE, &facts);
}

/// The constraints that hold are those that were signed.
#[test]
fn constraints_are_signed() {
    let root = root("Root");
    let store = trust(&[&root]);
    let base = GeneralSubtree::DirectoryName(named_under(&["NL", "Example"]));
    let int = constrained(&root, vec![base], vec![]);
    let end = leaf(&int, |params| params.distinguished_name = named_under(&["NL", "Example"]));
    assert_eq!(verify(&store, &[end.clone(), int.der().clone()], &USUAL), Ok(()));
    let at = int.der().windows(7).position(|window| window == b"Example").unwrap();
    let mut changed = int.der().to_vec();
    changed[at] = b'F';
    let outside = leaf(&int, |params| params.distinguished_name = named_under(&["NL", "Fxample"]));
    for chain in [
        vec![outside.clone(), changed.clone().into()],
        // With the one that was signed beside it.
        vec![outside.clone(), changed.clone().into(), int.der().clone()],
        vec![outside, int.der().clone(), changed.into()],
    ] {
        assert!(verify(&store, &chain, &USUAL).is_err());
    }
}

#[test]
fn mail_addresses_and_uris() {
    let root = root("Root");
    let store = trust(&[&root]);
    let mail = |base: &str| GeneralSubtree::Rfc822Name(base.to_string());
    for (base, good, bad) in [
        ("example.com", "a@EXAMPLE.com", "a@x.example.com"),
        (".example.com", "a@x.example.com", "a@example.com"),
        ("a@example.com", "a@Example.com", "b@example.com"),
    ] {
        for (address, permitted_is_good) in [(good, true), (bad, false)] {
            for excluded in [false, true] {
                let (permitted, forbidden) =
                    if excluded { (vec![], vec![mail(base)]) } else { (vec![mail(base)], vec![]) };
                let int = constrained(&root, permitted, forbidden);
                let end = leaf(&int, |params| {
                    params.subject_alt_names.push(SanType::Rfc822Name(address.try_into().unwrap()));
                });
                let verdict = verify(&store, &[end, int.der().clone()], &USUAL);
                assert_eq!(verdict.is_ok(), permitted_is_good != excluded, "{base} {address}");
            }
        }
    }
}

/// RFC 5280 §4.2.1.6, RFC 2821 §4.1.2: a mailbox has one @. One with two has a host that depends on who reads it, and so
/// is nobody's to issue.
#[test]
fn mail_addresses_with_two_ats_are_within_no_constraints() {
    let root = root("Root");
    let store = trust(&[&root]);
    let subtree = || vec![GeneralSubtree::Rfc822Name("example.com".to_string())];
    let verdict = |int: &Ca, address: &str| {
        let address = address.try_into().unwrap();
        let end = leaf(int, |params| params.subject_alt_names.push(SanType::Rfc822Name(address)));
        verify(&store, &[end, int.der().clone()], &USUAL).map_err(|error| error.kind)
    };
    let permitted = constrained(&root, subtree(), vec![]);
    let excluded = constrained(&root, vec![], subtree());
    assert_eq!(verdict(&permitted, "a@example.com"), Ok(()));
    assert_eq!(verdict(&excluded, "a@b.example"), Ok(()));
    for address in ["a@b.example@example.com", "a@@example.com", "@example.com", "example.com"] {
        assert_eq!(verdict(&permitted, address), Err(Kind::Constraint), "{address}");
    }
    for address in ["a@example.com@b.example", "a@@b.example", "@b.example", "b.example"] {
        assert_eq!(verdict(&excluded, address), Err(Kind::Constraint), "{address}");
    }
}

/// RFC 5280 §4.2.1.10: "the minimum MUST be zero, and maximum MUST be absent", whatever the form of the name.
#[test]
fn subtrees_have_no_minimum_and_no_maximum() {
    let root = root("Root");
    let store = trust(&[&root]);
    let int = intermediate("Int", &root, |_| ());
    let organization = tlv(SEQUENCE, &[&tlv(6, &[&[0x55, 4, 10]]), &tlv(12, &[b"Example"])]);
    // Of a form that is not in the certificates below: it is the constraint that is refused.
    let bases = [
        tlv(0x81, &[b"b.example"]),
        tlv(0x82, &[b"b.example"]),
        tlv(0x86, &[b"b.example"]),
        tlv(0xa4, &[&tlv(SEQUENCE, &[&tlv(0x31, &[&organization])])]),
    ];
    // In the excluded subtrees: a.example is outside of all of them.
    let chain = |base: &[u8], bound: &[u8]| {
        let value = tlv(SEQUENCE, &[&tlv(0xa1, &[&tlv(SEQUENCE, &[base, bound])])]);
        let constraints = extension(&id_ce(30), Critical::Yes, &value);
        let int_der = change_extensions(int.der(), root.key(), |extensions| extensions.push(constraints));
        [leaf(&int, |_| ()), int_der]
    };
    for base in &bases {
        assert_eq!(verify(&store, &chain(base, &[]), &USUAL), Ok(()));
        for bound in [[0x80, 1, 1], [0x81, 1, 9]] {
            let error = verify(&store, &chain(base, &bound), &USUAL).expect_err("a bound is refused");
            assert_eq!(error.kind, Kind::Malformed, "{base:?} {bound:?}");
        }
    }
}

/// RFC 5280 §4.2.1.9: self-issued certificates are not counted.
#[test]
fn self_issued_certificates_are_not_counted() {
    let root = root("Root");
    let store = trust(&[&root]);
    let limited =
        |limit| move |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(limit));
    let first = intermediate("Int", &root, limited(1));
    let rolled = intermediate("Int", &first, limited(1));
    let last = intermediate("Last", &rolled, limited(0));
    let chain = [leaf(&last, |_| ()), last.der().clone(), rolled.der().clone(), first.der().clone()];
    assert_eq!(verify(&store, &chain, &USUAL), Ok(()));
    // One more is too many.
    let more = intermediate("More", &last, |_| ());
    let chain = [&[leaf(&more, |_| ()), more.der().clone()], &chain[1..]].concat();
    refused(&store, &chain, Kind::Constraint, BAD_CERTIFICATE, &["(pathLenConstraint), but has"]);
    // The root's own limit counts.
    let mut params = ca_params("Limited");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let limited = Ca::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let int = intermediate("Int", &limited, |_| ());
    assert_eq!(verify(&trust(&[&limited]), &[leaf(&limited, |_| ())], &USUAL), Ok(()));
    let facts = ["your root CN=Limited may have 0 intermediates below it (pathLenConstraint), but has 1"];
    refused(&trust(&[&limited]), &[leaf(&int, |_| ()), int.der().clone()], Kind::Constraint, BAD_CERTIFICATE, &facts);
}

#[test]
fn intermediates_are_limited_by_configuration() {
    let root = root("Root");
    let int = intermediate("Int", &root, |_| ());
    let chain: Arc<[Der]> = [leaf(&int, |_| ()), int.der().clone()].into();
    let verdict = |limit| {
        let server = Peer::Server(ServerName::try_from("a.example").unwrap());
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
        let chain = PeerChain::new(chain.clone(), server, KeyUse::DigitalSignature, now, ALL);
        Verifier::new(trust(&[&root])).max_intermediates(limit).verify(&chain).map(drop)
    };
    assert_eq!(verdict(1), Ok(()));
    let error = verdict(0).unwrap_err();
    assert_eq!(error.kind, Kind::Refused);
    assert!(error.explanation.contains("more than 0 intermediates"), "{error}");
}

/// Policies 1.2 and 2.5, anyPolicy, and what is made of them.
const P: &[u8] = &[6, 1, 0x2a];
const Q: &[u8] = &[6, 1, 0x55];
const ANY: &[u8] = &[6, 4, 0x55, 0x1d, 0x20, 0];

fn policies(ids: &[&[u8]]) -> Vec<u8> {
    let infos: Vec<_> = ids.iter().map(|id| tlv(SEQUENCE, &[id])).collect();
    extension(&id_ce(32), Critical::Yes, &tlv(SEQUENCE, &infos.iter().map(Vec::as_slice).collect::<Vec<_>>()))
}

fn mapping(from: &[u8], to: &[u8]) -> Vec<u8> {
    extension(&id_ce(33), Critical::Yes, &tlv(SEQUENCE, &[&tlv(SEQUENCE, &[from, to])]))
}

/// [0] requireExplicitPolicy.
fn required_after(certificates: u8) -> Vec<u8> {
    extension(&id_ce(36), Critical::Yes, &[0x30, 3, 0x80, 1, certificates])
}

fn inhibit_any(certificates: u8) -> Vec<u8> {
    extension(&id_ce(54), Critical::Yes, &[2, 1, certificates])
}

/// Extensions that are added to the intermediate's certificate, and to the server's.
type Extra<'a> = (&'a [Vec<u8>], &'a [Vec<u8>]);

#[test]
fn certificate_policies() {
    let root = root("Root");
    let store = trust(&[&root]);
    let int = intermediate("Int", &root, |_| ());
    let chain = |of_int: &[Vec<u8>], of_leaf: &[Vec<u8>]| {
        let end = change_extensions(&leaf(&int, |_| ()), int.key(), |extensions| extensions.extend_from_slice(of_leaf));
        let int = change_extensions(int.der(), root.key(), |extensions| extensions.extend_from_slice(of_int));
        [end, int]
    };
    let good: [Extra<'_>; 8] = [
        (&[policies(&[P])], &[policies(&[P])]),
        // No policy is required.
        (&[policies(&[P])], &[policies(&[Q])]),
        (&[], &[policies(&[Q])]),
        (&[required_after(0), policies(&[P])], &[policies(&[Q, P])]),
        (&[required_after(0), policies(&[ANY])], &[policies(&[Q])]),
        (&[required_after(0), policies(&[P]), mapping(P, Q)], &[policies(&[Q])]),
        (&[required_after(2), policies(&[P])], &[policies(&[Q])]),
        (&[required_after(0), inhibit_any(1), policies(&[P])], &[policies(&[ANY])]),
    ];
    for (of_int, of_leaf) in good {
        assert_eq!(verify(&store, &chain(of_int, of_leaf), &USUAL), Ok(()), "{of_int:?} {of_leaf:?}");
    }
    let bad: [Extra<'_>; 6] = [
        (&[required_after(0), policies(&[P])], &[policies(&[Q])]),
        (&[required_after(0), policies(&[P])], &[]),
        (&[required_after(0)], &[policies(&[P])]),
        (&[required_after(0), policies(&[P]), mapping(P, Q)], &[policies(&[P])]),
        (&[required_after(0), inhibit_any(0), policies(&[P])], &[policies(&[ANY])]),
        (&[policies(&[P])], &[policies(&[Q]), required_after(0)]),
    ];
    for (of_int, of_leaf) in bad {
        let error = verify(&store, &chain(of_int, of_leaf), &USUAL).expect_err("a policy is required");
        assert_eq!(error.kind, Kind::Constraint, "{of_int:?} {of_leaf:?}");
        assert!(error.explanation.contains("a certificate policy is required"), "{error}");
    }
}

/// RFC 5280 §6.1.4 (m): a limit further down does not raise one that is above it.
#[test]
fn a_lower_path_length_is_not_raised_below() {
    let limited =
        |limit| move |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(limit));
    let root = root("Root");
    let store = trust(&[&root]);
    let a = intermediate("A", &root, limited(1));
    let b = intermediate("B", &a, limited(5));
    let c = intermediate("C", &b, |_| ());
    let chain = [leaf(&b, |_| ()), b.der().clone(), a.der().clone()];
    assert_eq!(verify(&store, &chain, &USUAL), Ok(()));
    let chain = [leaf(&c, |_| ()), c.der().clone(), b.der().clone(), a.der().clone()];
    let facts = ["certificate 4 of 4 (CN=A) may have 1 intermediate below it (pathLenConstraint), but has 2"];
    refused(&store, &chain, Kind::Constraint, BAD_CERTIFICATE, &facts);
    // And one that is lower counts from there.
    let a = intermediate("A", &root, limited(5));
    let b = intermediate("B", &a, limited(0));
    let c = intermediate("C", &b, |_| ());
    let chain = [leaf(&c, |_| ()), c.der().clone(), b.der().clone(), a.der().clone()];
    let facts = ["certificate 3 of 4 (CN=B) may have 0 intermediates below it (pathLenConstraint), but has 1"];
    refused(&store, &chain, Kind::Constraint, BAD_CERTIFICATE, &facts);
}
