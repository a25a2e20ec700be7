//! What is not a certificate, or has been changed since it was signed.

use super::*;

#[test]
fn malformed() {
    let root = root("Root");
    let store = trust(&[&root]);
    refused(&store, &[], Kind::NoServerCertificate, HANDSHAKE_FAILURE, &[]);
    for garbage in [&b""[..], b"\x30", b"garbage", b"\x30\x03\x02\x01\x00", &[0xff; 1000]] {
        let garbage = Der::from(garbage.to_vec());
        let facts = ["certificate 1 of 1 (unreadable) is not a certificate in DER"];
        refused(&store, std::slice::from_ref(&garbage), Kind::Malformed, BAD_CERTIFICATE, &facts);
        let int = intermediate("Int", &root, |_| ());
        let facts = ["certificate 2 of 2 (unreadable) is not a certificate in DER"];
        refused(&store, &[leaf(&int, |_| ()), garbage], Kind::Malformed, BAD_CERTIFICATE, &facts);
    }
    let good = leaf(&root, |_| ());
    let longer = Der::from([&good[..], b"\0"].concat());
    refused(&store, &[longer], Kind::Malformed, BAD_CERTIFICATE, &["certificate 1 of 1"]);

    // Version 3 is the INTEGER 2 in [0] (RFC 5280 §4.1).
    let v1 = forge::change(&good, root.key(), |fields| fields[0] = vec![0xa0, 3, 2, 1, 0]);
    refused(
        &store,
        &[v1],
        Kind::Unsupported,
        UNSUPPORTED_CERTIFICATE,
        &["certificate 1 of 1", "X.509 version before 3"],
    );

    let critical = leaf(&root, |params| {
        let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(true);
        params.custom_extensions = vec![extension];
    });
    let facts = ["certificate 1 of 1 (CN=a.example) has a critical extension (1.2.3.4) that is not supported"];
    refused(&store, &[critical], Kind::Unsupported, UNSUPPORTED_CERTIFICATE, &facts);
}

/// Every part of a certificate is signed or is the signature, so no changed one is accepted; and none causes a panic.
#[test]
fn every_changed_byte_and_every_cut_is_refused() {
    let root = root("Root");
    let store = trust(&[&root]);
    let int = intermediate("Int", &root, |_| ());
    let chain = [leaf(&int, |_| ()), int.der().clone()];
    assert_eq!(verify(&store, &chain, &USUAL), Ok(()));
    for which in 0..chain.len() {
        for at in 0..chain[which].len() {
            let mut cut = chain.clone();
            cut[which] = chain[which][..at].to_vec().into();
            assert!(verify(&store, &cut, &USUAL).is_err(), "certificate {which} cut at {at}");
            for change in [0x01, 0x20, 0x80, 0xff] {
                let mut changed = chain.clone();
                let mut der = chain[which].to_vec();
                der[at] ^= change;
                changed[which] = der.into();
                assert!(verify(&store, &changed, &USUAL).is_err(), "certificate {which}, byte {at} ^ {change:#x}");
            }
        }
    }
}

#[test]
fn hostile_text_is_escaped_and_bounded() {
    let root = root("Root");
    let store = trust(&[&self::root("Mine")]);
    let odd = leaf(&root, |params| {
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, "\x1b[31m\r\n\u{202e}\u{200b}Müller\\\"");
        name.push(DnType::OrganizationName, "x".repeat(10_000));
        name.push(DnType::CustomDnType([&[1, 2][..], &[u64::MAX; 2000]].concat()), "long");
    });
    let facts = [r#"CN=\u{1b}[31m\u{d}\u{a}\u{202e}\u{200b}Müller\\\", O=xxx"#, "x…, (a long object identifier)=long"];
    refused(&store, &[odd], Kind::UnknownIssuer, UNKNOWN_CA, &facts);

    let nameless = leaf(&root, |params| params.distinguished_name = DistinguishedName::new());
    let facts = ["certificate 1 of 1 (without a subject, a.example, 192.0.2.1)"];
    refused(&store, &[nameless], Kind::UnknownIssuer, UNKNOWN_CA, &facts);
}
