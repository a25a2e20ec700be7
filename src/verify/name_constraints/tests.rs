use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::slice::from_ref;
use core::time::Duration;

use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, ServerName, SignatureVerificationAlgorithm, TrustAnchor,
    UnixTime, alg_id,
};
use webpki::{EndEntityCert, Error, KeyUsage};

use super::super::test_certificates::{attribute, certificate, common_name, extension, part, sequence, tlv};
use super::*;

const MAIL: u8 = der::primitive(1);
const DNS: u8 = der::primitive(2);
const DIRECTORY: u8 = der::constructed(4);
const URI: u8 = der::primitive(6);
const ADDRESS: u8 = der::primitive(7);
const REGISTERED: u8 = der::primitive(8);

fn named(tag: u8, text: &str) -> Vec<u8> {
    tlv(tag, &[text.as_bytes()])
}

/// The content of nameConstraints.
fn constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let list = |number, bases: &[Vec<u8>]| {
        let subtrees: Vec<_> = bases.iter().map(|base| sequence(&[base])).collect();
        if bases.is_empty() { Vec::new() } else { tlv(der::constructed(number), &[&subtrees.concat()]) }
    };
    [list(0, permitted), list(1, excluded)].concat()
}

fn leaf(subject: &[u8], names: &[Vec<u8>]) -> Vec<u8> {
    certificate(&common_name("Root"), subject, &[extension(17, &sequence(&[&names.concat()]))])
}

/// Why a certificate of these names is not within these constraints, as the name of the violation.
fn check(content: &[u8], leaf: &[u8]) -> Result<(), &'static str> {
    let constraints = NameConstraints::new(content).unwrap();
    let certificate = Certificate::parse(leaf).unwrap();
    constraints.check(&certificate, &mut Budget::new()).map_err(|violation| match violation {
        Violation::NotPermitted(_) => "not permitted",
        Violation::Excluded(_) => "excluded",
        Violation::Incomparable(_) => "incomparable",
        Violation::MalformedConstraint => "malformed constraint",
        Violation::TooMuchWork => "work",
    })
}

/// What is said of a name by a base that is permitted, and by one that is excluded.
fn both(base: &[u8], name: &[u8]) -> [Result<(), &'static str>; 2] {
    let leaf = leaf(&sequence(&[]), &[name.to_vec()]);
    let base = [base.to_vec()];
    [check(&constraints(&base, &[]), &leaf), check(&constraints(&[], &base), &leaf)]
}

const WITHIN: [Result<(), &str>; 2] = [Ok(()), Err("excluded")];
const OUTSIDE: [Result<(), &str>; 2] = [Err("not permitted"), Ok(())];
const INCOMPARABLE: [Result<(), &str>; 2] = [Err("incomparable"); 2];
const MALFORMED_BASE: [Result<(), &str>; 2] = [Err("malformed constraint"); 2];
const FREE: [Result<(), &str>; 2] = [Ok(()); 2];

/// RFC 5280 §4.2.1.10, of each form: the examples of the text, and what is next to them.
#[test]
fn each_form() {
    for (tag, base, name, expected) in [
        (DNS, "host.example.com", "www.host.example.com", WITHIN),
        (DNS, "host.example.com", "host.example.com", WITHIN),
        (DNS, "host.example.com", "HOST1.example.com", OUTSIDE),
        (DNS, "host.example.com", "xhost.example.com", OUTSIDE),
        (DNS, "host.example.com", "*.host.example.com", WITHIN),
        (DNS, "", "a.example", WITHIN),
        (DNS, ".example.com", "a.EXAMPLE.com", WITHIN),
        (DNS, ".example.com", "example.com", OUTSIDE),
        (DNS, "example.com", "", INCOMPARABLE),
        (DNS, "example.com", "a..example.com", INCOMPARABLE),
        (DNS, "example.com", "a.example.com\0", INCOMPARABLE),
        (DNS, "*.example.com", "a.example.com", MALFORMED_BASE),
        (DNS, "example.com.", "a.example.com", MALFORMED_BASE),
        (DNS, ".", "a.example.com", MALFORMED_BASE),
        (MAIL, "root@example.com", "root@Example.com", WITHIN),
        (MAIL, "root@example.com", "Root@example.com", OUTSIDE),
        (MAIL, "example.com", "root@example.com", WITHIN),
        (MAIL, "example.com", "root@a.example.com", OUTSIDE),
        (MAIL, ".example.com", "root@a.example.com", WITHIN),
        (MAIL, ".example.com", "root@example.com", OUTSIDE),
        (MAIL, ".example.com", "root@xexample.com", OUTSIDE),
        (MAIL, "", "root@example.com", WITHIN),
        (MAIL, "example.com", "a@b.example@example.com", INCOMPARABLE),
        (MAIL, "example.com", "a@@example.com", INCOMPARABLE),
        (MAIL, "example.com", "@example.com", INCOMPARABLE),
        (MAIL, "example.com", "root@", INCOMPARABLE),
        (MAIL, "example.com", "example.com", INCOMPARABLE),
        (MAIL, "example.com", "", INCOMPARABLE),
        (MAIL, "a@b@example.com", "a@example.com", MALFORMED_BASE),
        (MAIL, "exam ple", "a@example.com", MALFORMED_BASE),
        (URI, "example.com", "https://example.com/path", WITHIN),
        (URI, "example.com", "HTTPS://user:x@EXAMPLE.com:443?x#y", WITHIN),
        (URI, "example.com", "https://a.example.com", OUTSIDE),
        (URI, ".example.com", "ldap://a.example.com/", WITHIN),
        (URI, ".example.com", "https://example.com/", OUTSIDE),
        (URI, "", "https://example.com/", WITHIN),
        // No host, or not the name of one: "MUST be rejected".
        (URI, "example.com", "urn:example:com", INCOMPARABLE),
        (URI, "example.com", "https://192.0.2.1/", INCOMPARABLE),
        (URI, "example.com", "https://[2001:db8::1]/", INCOMPARABLE),
        (URI, "example.com", "https:///example.com", INCOMPARABLE),
        (URI, "example.com", "://example.com", INCOMPARABLE),
        (URI, "example.com", "https://a@b.example@example.com/", INCOMPARABLE),
        (URI, "example.com", "https://example.com:x/", INCOMPARABLE),
        (URI, "example.com", "https://b.example\\@example.com/", INCOMPARABLE),
        (URI, "exam ple", "https://example.com/", MALFORMED_BASE),
    ] {
        assert_eq!(both(&named(tag, base), &named(tag, name)), expected, "{base} {name}");
    }
    let dns = named(DNS, "b.example");
    for name in [named(MAIL, "a@a.example"), named(URI, "urn:x"), tlv(ADDRESS, &[&[1]]), tlv(REGISTERED, &[&[0x2a]])] {
        assert_eq!(both(&dns, &name), FREE, "another form is free, malformed or not");
    }
}

/// RFC 5280 §4.2.1.10: a wildcard stands for every label in its place, and so for those that are excluded, and for more than
/// one that is permitted.
#[test]
fn wildcards() {
    let name = named(DNS, "*.b.example");
    assert_eq!(both(&named(DNS, "x.b.example"), &name), [Err("not permitted"), Err("excluded")]);
    assert_eq!(both(&named(DNS, "y.x.b.example"), &name), OUTSIDE);
    assert_eq!(both(&named(DNS, "b.example"), &name), WITHIN);
    assert_eq!(both(&named(DNS, ".b.example"), &name), WITHIN);
}

/// RFC 5280 §4.2.1.10, RFC 4632.
#[test]
fn addresses() {
    let address = |bytes: &[u8]| tlv(ADDRESS, &[bytes]);
    let (a, b) = (address(&[192, 0, 2, 200]), address(&[192, 0, 3, 1]));
    for (base, of_a, of_b) in [
        (&[192, 0, 2, 0, 255, 255, 255, 0][..], WITHIN, OUTSIDE),
        (&[192, 0, 2, 200, 255, 255, 255, 255], WITHIN, OUTSIDE),
        (&[192, 0, 2, 128, 255, 255, 255, 128], WITHIN, OUTSIDE),
        (&[192, 0, 2, 0, 255, 255, 254, 0], WITHIN, WITHIN),
        (&[0; 8], WITHIN, WITHIN),
        // Not a prefix; no mask; another length.
        (&[192, 0, 2, 0, 255, 0, 255, 0], MALFORMED_BASE, MALFORMED_BASE),
        (&[192, 0, 2, 0, 255, 255, 253, 0], MALFORMED_BASE, MALFORMED_BASE),
        (&[192, 0, 2, 0, 0, 0, 0, 1], MALFORMED_BASE, MALFORMED_BASE),
        (&[192, 0, 2, 0], MALFORMED_BASE, MALFORMED_BASE),
        (&[], MALFORMED_BASE, MALFORMED_BASE),
        // Both are iPAddress, and it is in no such net.
        (&[0; 32], OUTSIDE, OUTSIDE),
    ] {
        assert_eq!(both(&address(base), &a), of_a, "{base:?}");
        assert_eq!(both(&address(base), &b), of_b, "{base:?}");
    }
    assert_eq!(both(&address(&[0; 8]), &address(&[1, 2, 3])), INCOMPARABLE);
}

/// RFC 5280 §4.2.1.10: the subject is a directory name too, if it is not empty.
#[test]
fn directory_names() {
    let organization = |tag, value: &[u8]| part(&[0x55, 4, 10], tag, value);
    let base = tlv(DIRECTORY, &[&sequence(&[&organization(der::PRINTABLE_STRING, b"GOOD")])]);
    let good = sequence(&[&organization(der::UTF8_STRING, b"Good"), &part(&[0x55, 4, 3], der::UTF8_STRING, b"x")]);
    let bad = common_name("Good");
    assert_eq!(both(&base, &tlv(DIRECTORY, &[&good])), WITHIN);
    assert_eq!(both(&base, &tlv(DIRECTORY, &[&bad])), OUTSIDE);
    assert_eq!(both(&base, &tlv(DIRECTORY, &[b"junk"])), INCOMPARABLE);
    assert_eq!(both(&tlv(DIRECTORY, &[b"junk"]), &tlv(DIRECTORY, &[&good])), MALFORMED_BASE);
    let permitted = constraints(from_ref(&base), &[]);
    let dns = [named(DNS, "a.example")];
    assert_eq!(check(&permitted, &leaf(&good, &dns)), Ok(()));
    assert_eq!(check(&permitted, &leaf(&bad, &dns)), Err("not permitted"));
    assert_eq!(check(&permitted, &leaf(&sequence(&[]), &dns)), Ok(()));
    assert_eq!(check(&constraints(&[], &[base]), &leaf(&good, &dns)), Err("excluded"));
}

/// RFC 5280 §4.2.1.10: "process the constraint or reject the certificate", of forms that are not compared.
#[test]
fn other_forms() {
    let registered = tlv(REGISTERED, &[&[0x2a, 3]]);
    assert_eq!(both(&registered, &registered), INCOMPARABLE);
    assert_eq!(both(&registered, &tlv(der::constructed(0), &[&[0x2a, 3]])), FREE);
    // A name of no form may be of any, so nothing may be constrained beside it.
    assert_eq!(both(&named(DNS, "b.example"), &tlv(0x89, &[b"x"])), INCOMPARABLE);
    assert_eq!(check(&constraints(&[], &[]), &leaf(&sequence(&[]), &[tlv(0x89, &[b"x"])])), Ok(()));
}

/// RFC 5280 §4.2.1.10: emailAddress in the subject counts where the subjectAltName has no mail address.
#[test]
fn mail_addresses_in_the_subject() {
    let mail = |tag, value: &[u8]| sequence(&[&tlv(der::SET, &[&attribute(EMAIL_ADDRESS, tag, value)])]);
    let permitted = constraints(&[named(MAIL, "example.com")], &[]);
    let (good, bad) = (mail(der::IA5_STRING, b"a@example.com"), mail(der::IA5_STRING, b"a@b.example"));
    assert_eq!(check(&permitted, &leaf(&good, &[named(DNS, "a")])), Ok(()));
    assert_eq!(check(&permitted, &leaf(&bad, &[named(DNS, "a")])), Err("not permitted"));
    assert_eq!(check(&permitted, &certificate(&common_name("Root"), &bad, &[])), Err("not permitted"));
    assert_eq!(check(&permitted, &leaf(&bad, &[named(MAIL, "a@example.com")])), Ok(()));
    let utf16: Vec<u8> = "a@example.com".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(check(&permitted, &leaf(&mail(der::BMP_STRING, &utf16), &[])), Err("incomparable"));
}

#[test]
fn malformed_extensions() {
    let subtree = |parts: &[&[u8]]| tlv(der::constructed(0), &[&sequence(parts)]);
    let base = named(URI, "b.example");
    assert!(NameConstraints::new(&subtree(&[&base])).is_ok());
    assert!(NameConstraints::new(&[]).is_ok(), "nothing is constrained: a note, and not for here");
    // The minimum MUST be zero, and maximum MUST be absent.
    for bound in [tlv(der::primitive(0), &[&[1]]), tlv(der::primitive(1), &[&[9]])] {
        assert_eq!(NameConstraints::new(&subtree(&[&base, &bound])).unwrap_err(), BOUNDED);
    }
    for bad in [
        subtree(&[]),
        tlv(der::constructed(0), &[&base]),
        tlv(der::constructed(2), &[]),
        [tlv(der::constructed(1), &[]), tlv(der::constructed(0), &[])].concat(),
        [subtree(&[&base]), tlv(der::INTEGER, &[&[1]])].concat(),
        [0xa0, 5].to_vec(),
    ] {
        assert_eq!(NameConstraints::new(&bad).unwrap_err(), MALFORMED, "{bad:x?}");
    }
}

/// As many subtrees as names, and the work grows with the square: it ends all the same, and where webpki's ends.
#[test]
fn the_work_is_bounded() {
    let many = |letter: &str, count: usize| -> Vec<_> {
        (0..count).map(|i| named(DNS, &format!("{letter}{i}.example"))).collect()
    };
    let verdict = |count| check(&constraints(&[], &many("x", count)), &leaf(&sequence(&[]), &many("y", count)));
    assert_eq!(verdict(500), Ok(()));
    assert_eq!(verdict(501), Err("work"));
    // Long distinguished names are fewer comparisons.
    let long = |letter: &str, count: usize| -> Vec<_> {
        let name = |i| format!("{}{letter}{i}", "n".repeat(1000));
        (0..count).map(|i| tlv(DIRECTORY, &[&common_name(&name(i))])).collect()
    };
    let verdict = |count| check(&constraints(&[], &long("x", count)), &leaf(&sequence(&[]), &long("y", count)));
    assert_eq!(verdict(50), Ok(()));
    assert_eq!(verdict(70), Err("work"));
    // One budget for the whole path.
    let content = constraints(&[], &many("x", 400));
    let der = leaf(&sequence(&[]), &many("y", 400));
    let (constraints, certificate) = (NameConstraints::new(&content).unwrap(), Certificate::parse(&der).unwrap());
    let mut budget = Budget::new();
    assert_eq!(constraints.check(&certificate, &mut budget), Ok(()));
    assert_eq!(constraints.check(&certificate, &mut budget), Err(Violation::TooMuchWork));
}

/// A good chain costs no allocation here: neither what is compared as bytes nor what is compared as text.
#[test]
fn comparing_allocates_nothing() {
    let name = |tag, value: &[u8]| sequence(&[&part(&[0x55, 4, 10], tag, value)]);
    let (one, other) = (name(der::UTF8_STRING, b"Good  Ltd"), name(der::BMP_STRING, b"\0g\0O\0O\0D\0 \0L\0T\0D"));
    let content = constraints(
        &[named(DNS, "example"), named(MAIL, "example"), tlv(DIRECTORY, &[&other]), named(URI, "a.example")],
        &[named(DNS, "b.example"), tlv(ADDRESS, &[&[0; 8]])],
    );
    let names = [named(DNS, "*.a.example"), named(URI, "https://x@a.example:1/"), named(MAIL, "a@example")];
    let der = leaf(&one, &names);
    let server = ServerName::try_from("x.a.example").unwrap();
    let certificate = Certificate::parse(&der).unwrap();
    let counted = allocation_counter::measure(|| {
        let constraints = NameConstraints::new(&content).unwrap();
        assert_eq!(constraints.check(&certificate, &mut Budget::new()), Ok(()));
        assert!(alt_names::are_of(certificate.extensions.alt_names, &server));
        assert!(Name::new(&one).unwrap().is_same(Name::new(&other).unwrap()));
    });
    assert_eq!(counted.count_total, 0);
}

/// Takes what is said to be signed.
#[derive(Debug)]
struct Anything;

impl SignatureVerificationAlgorithm for Anything {
    fn verify_signature(&self, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        Ok(())
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA256
    }
}

/// What webpki says of a leaf below a trust anchor of these constraints.
fn theirs(content: &[u8], leaf: &[u8]) -> Result<(), Error> {
    let root = common_name("Root");
    let key = Certificate::parse(leaf).unwrap().key.whole;
    let content_of = |whole| der::only(whole, der::SEQUENCE).unwrap().content.to_vec();
    let anchor = TrustAnchor {
        subject: content_of(&root).into(),
        subject_public_key_info: content_of(key).into(),
        name_constraints: Some(content.into()),
    };
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_780_272_000));
    let leaf = CertificateDer::from(leaf);
    let leaf = EndEntityCert::try_from(&leaf).unwrap();
    leaf.verify_for_usage(&[&Anything], &[anchor], &[], now, KeyUsage::server_auth(), None, None).map(drop)
}

/// webpki's verdicts on DNS names and addresses, and ours.
#[test]
fn dns_names_and_addresses_are_constrained_as_webpki_does() {
    let texts = [
        "",
        "example",
        "b.example",
        "B.EXAMPLE",
        "x.b.example",
        "y.x.b.example",
        "xb.example",
        "a_b.example",
        "1.example",
    ];
    let mut names: Vec<String> = texts.iter().map(|text| (*text).into()).collect();
    names.extend(texts.iter().map(|text| format!("*.{text}")));
    names.extend(["a..b", "a.", ".a", "*", "-a.example", "192.0.2.1", "a.example.1"].map(String::from));
    let mut bases = names.clone();
    bases.extend(texts.iter().map(|text| format!(".{text}")));
    let mut all_names: Vec<_> = names.iter().map(|name| named(DNS, name)).collect();
    let mut all_bases: Vec<_> = bases.iter().map(|base| named(DNS, base)).collect();
    for bytes in [&[192, 0, 2, 1][..], &[192, 0, 3, 1], &[0; 16], &[1; 16], &[1; 3]] {
        all_names.push(tlv(ADDRESS, &[bytes]));
    }
    for bytes in
        [&[192, 0, 2, 0, 255, 255, 255, 0][..], &[0; 8], &[192, 0, 2, 0, 0, 255, 0, 0], &[0; 32], &[1; 32], &[1; 4]]
    {
        all_bases.push(tlv(ADDRESS, &[bytes]));
    }
    let (mut compared, mut stricter) = (0, 0);
    for name in &all_names {
        let leaf = leaf(&sequence(&[]), from_ref(name));
        for base in &all_bases {
            for content in [constraints(from_ref(base), &[]), constraints(&[], from_ref(base))] {
                let (ours, theirs) = (check(&content, &leaf), theirs(&content, &leaf));
                compared += 1;
                if ours.is_ok() != theirs.is_ok() {
                    // By design: a net of a malformed mask constrains addresses that webpki has told apart before it
                    // came to the fault.
                    assert_eq!(
                        (ours, base[0]),
                        (Err("malformed constraint"), ADDRESS),
                        "{name:x?} {content:x?} {theirs:?}"
                    );
                    stricter += 1;
                }
            }
        }
    }
    assert!(compared > 2000 && stricter > 0, "{compared} compared, {stricter} stricter");
}
