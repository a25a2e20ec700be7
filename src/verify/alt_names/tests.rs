use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rustls_pki_types::{CertificateDer, DnsName};
use webpki::EndEntityCert;

use super::super::test_certificates::{certificate, common_name, extension, part, sequence, tlv};
use super::*;

/// The parts that names are made of: good ones, and the ends of what is good.
fn labels() -> Vec<String> {
    let parts = ["a", "b", "B", "*", "a*", "_", "a-", "-a", "a-b", "1", "1a", "", "ü"];
    let mut labels: Vec<_> = parts.into_iter().map(ToOwned::to_owned).collect();
    labels.extend(["l".repeat(63), "l".repeat(64)]);
    labels
}

/// Names of up to three labels, some with a dot at the end or the start, and long ones.
fn names() -> Vec<String> {
    let mut names = Vec::new();
    for one in labels() {
        names.push(one.clone());
        for two in labels() {
            names.push(format!("{one}.{two}"));
            names.push(format!("{one}.{two}.b"));
            names.push(format!("{one}.{two}.b."));
        }
    }
    let long = format!("{}.", "l".repeat(62)).repeat(4);
    // 252 bytes and a letter are the most there may be.
    names.extend([format!("{long}a"), format!("{long}aa"), format!("*.{}a", &long[2..]), format!("{long}1")]);
    names.extend(["192.0.2.1", "a.192.0.2.1", "x.y.b.b", "b.b.b.b", ".a.b.b", ".", ".."].map(ToOwned::to_owned));
    names
}

fn alt_names_of(names: &[Vec<u8>]) -> Vec<u8> {
    extension(17, &sequence(&[&names.concat()]))
}

fn ours(names: &[Vec<u8>], server: &ServerName<'_>) -> bool {
    are_of(Some(&names.concat()), server)
}

fn dns(name: &str) -> Vec<u8> {
    tlv(DNS, &[name.as_bytes()])
}

/// webpki has compared these for a decade. We say what it says, of every name that it can be asked for.
#[test]
fn dns_names_are_compared_as_webpki_does() {
    // Half of them: webpki tells all its names in every refusal, which takes long.
    let asked: Vec<_> = names().into_iter().filter_map(|name| DnsName::try_from(name).ok()).step_by(2).collect();
    let (mut compared, mut matched) = (0, 0);
    for presented in names() {
        let names = [dns(&presented)];
        let der = CertificateDer::from(certificate(&common_name("i"), &common_name("s"), &[alt_names_of(&names)]));
        let theirs = EndEntityCert::try_from(&der).unwrap();
        for asked in &asked {
            let server = ServerName::DnsName(asked.borrow());
            let is_theirs = theirs.verify_is_valid_for_subject_name(&server).is_ok();
            assert_eq!(ours(&names, &server), is_theirs, "{presented:?} for {:?}", asked.as_ref());
            compared += 1;
            matched += usize::from(is_theirs);
        }
    }
    assert!(compared > 50_000 && matched > 100, "{compared} compared, {matched} of them the same");
}

/// Several names of every form, in every order: what stands beside the right one does not matter.
#[test]
fn lists_of_names_are_searched_as_webpki_does() {
    let address = |bytes: &[u8]| tlv(ADDRESS, &[bytes]);
    let v6 = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let entries = [
        dns("a.example"),
        dns("*.b.example"),
        dns("192.0.2.1"),
        dns(""),
        dns("a.example\0.evil.example"),
        address(&[192, 0, 2, 1]),
        address(&v6),
        address(&[192, 0, 2]),
        address(&[192, 0, 2, 1, 255, 255, 255, 255]),
        tlv(URI, &[b"https://a.example/"]),
        tlv(MAIL, &[b"root@a.example"]),
        tlv(DIRECTORY, &[&common_name("a.example")]),
        tlv(OTHER_NAME, &[b"junk"]),
        tlv(REGISTERED, &[&[0x2a, 3]]),
        // What webpki cannot read.
        tlv(0x89, &[b"a.example"]),
        tlv(der::UTF8_STRING, &[b"a.example"]),
    ];
    let unreadable = |name: &[u8]| matches!(name[0], 0x89 | der::UTF8_STRING);
    let servers = ["a.example", "A.EXAMPLE.", "x.b.example", "b.example", "192.0.2.1", "192.0.2.2", "2001:db8::1"]
        .map(|name| ServerName::try_from(name).unwrap());
    let mut differences = 0;
    for one in &entries {
        for two in &entries {
            for three in [&entries[0], &entries[5], &entries[14]] {
                let names = [one.clone(), two.clone(), three.clone()];
                let extensions = [alt_names_of(&names)];
                let der = CertificateDer::from(certificate(&common_name("i"), &common_name("s"), &extensions));
                let theirs = EndEntityCert::try_from(&der).unwrap();
                for server in &servers {
                    let is_theirs = theirs.verify_is_valid_for_subject_name(server).is_ok();
                    let is_ours = ours(&names, server);
                    // By design: a name of no form is skipped, where webpki refuses the certificate once it meets it.
                    if is_ours != is_theirs {
                        assert!(is_ours && names.iter().any(|name| unreadable(name)), "{names:x?} for {server:?}");
                        differences += 1;
                    }
                }
            }
        }
    }
    assert!(differences > 0, "the difference that is by design");
    assert!(!are_of(None, &servers[0]) && !are_of(Some(&[]), &servers[0]));
}

/// RFC 6125 §6.4.4: "if and only if" there is no other name, the last common name counts, as a DNS name would.
#[test]
fn common_names() {
    let asked = |name: &str| ServerName::try_from(name.to_owned()).unwrap();
    let of = |subject: &[u8], names: Option<&[u8]>, server: &str| {
        CommonName::new(Name::new(subject).unwrap(), names).is_some_and(|name| name.is_of(&asked(server)))
    };
    let a = common_name("a.example");
    assert!(of(&a, None, "A.example") && of(&a, None, "a.example.") && of(&a, Some(&[]), "a.example"));
    assert!(!of(&a, None, "b.example") && !of(&a, None, "x.a.example"));
    assert!(of(&common_name("*.a.example"), None, "x.a.example"));
    let utf16: Vec<u8> = "a.example".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert!(of(&sequence(&[&part(COMMON_NAME, der::BMP_STRING, &utf16)]), None, "a.example"));
    // Never an address.
    assert!(!of(&common_name("192.0.2.1"), None, "192.0.2.1"));
    // Beside a DNS name or an address it does not count, though that be malformed; beside a mail address it does.
    for (name, counts) in [
        (dns("b.example"), false),
        (dns(""), false),
        (tlv(ADDRESS, &[&[1, 2, 3, 4]]), false),
        (tlv(ADDRESS, &[&[]]), false),
        (tlv(0x89, &[b"a.example"]), false),
        (tlv(MAIL, &[b"root@a.example"]), true),
        (tlv(URI, &[b"https://b.example/"]), true),
        (tlv(DIRECTORY, &[&a]), true),
    ] {
        assert_eq!(of(&a, Some(&name), "a.example"), counts, "{name:x?}");
    }
    // The last of several, and nothing else than it.
    let two = |one: &str, two: &str| {
        let name = |text: &str| part(COMMON_NAME, der::UTF8_STRING, text.as_bytes());
        sequence(&[&name(one), &name(two)])
    };
    assert!(of(&two("b.example", "a.example"), None, "a.example"));
    assert!(!of(&two("a.example", "b.example"), None, "a.example"));
    assert!(!of(&two("a.example", "ü"), None, "a.example"));
    assert!(!of(&common_name("a.example\0"), None, "a.example"));
    assert!(!of(&common_name(&"a.".repeat(200)), None, "a.example"));
    assert!(!of(&sequence(&[]), None, "a.example"));
}

#[test]
fn malformed_names_are_told() {
    let good = [dns("*.a.example"), dns("a_b.example"), tlv(ADDRESS, &[&[0; 16]]), tlv(OTHER_NAME, &[])];
    let bad =
        [dns(""), dns("a..b"), dns("*.example"), dns("a."), tlv(ADDRESS, &[&[0; 5]]), tlv(MAIL, &[]), tlv(9, &[])];
    for (names, expected) in [(&good[..], true), (&bad, false)] {
        for name in names {
            let read: Vec<_> = iter(Some(name)).collect();
            assert_eq!((read.len(), read[0].is_well_formed()), (1, expected), "{name:x?}");
        }
    }
}
