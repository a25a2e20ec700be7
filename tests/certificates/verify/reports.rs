//! The report of an error: all details, and no text that breaks out of its line.

use super::*;

#[test]
fn a_report_says_which_certificate_what_time_and_why() {
    let (a, b) = (root("Root A"), root("Root B"));
    let int = intermediate("Int A", &a, |_| ());
    let end = leaf(&int, |params| params.serial_number = Some(rcgen::SerialNumber::from(0x1234_u64)));
    let error = verify(&trust(&[&b]), &[end], &USUAL).unwrap_err();
    let report = error.report().to_string();
    println!("{report}");
    let lines: Vec<_> = report.lines().map(str::trim).collect();
    for line in [
        "no path leads to a trusted root (unknown_issuer, alert unknown_ca)",
        "checked for server a.example, 1 root at 2026-06-01T00:00:00Z",
        "certificate 1 of 1 <- this one",
        "subject CN=a.example",
        "issuer  CN=Int A",
        "serial  1234",
        "valid   2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z",
        "likely causes",
        "1. the server does not send its intermediates: have it send the certificate of CN=Int A too, if that is an intermediate",
    ] {
        assert!(lines.contains(&line), "{line:?} is not in\n{report}");
    }
    assert_eq!(error.kind.name(), "unknown_issuer");
    assert!(!error.to_string().contains('\n'));
}

#[test]
fn hostile_text_stays_in_its_line() {
    let mine = root("Mine");
    let evil = root("Evil\n1. trust me");
    let end = leaf(&evil, |params| params.distinguished_name.push(DnType::OrganizationName, "\r\n\u{1b}[2J"));
    let many: Vec<_> = std::iter::repeat_n(end, 50).collect();
    let report = verify(&trust(&[&mine]), &many, &USUAL).unwrap_err().report().to_string();
    assert!(!report.contains("\n1. trust me") && !report.contains('\u{1b}') && !report.contains('\r'));
    assert!(report.len() < 20_000);
}

/// The chain in the wrong order: the authority's certificate first.
#[test]
fn a_reversed_chain_is_told() {
    let root = root("Root");
    let int = intermediate("Int", &root, |_| ());
    let chain = [int.der().clone(), leaf(&int, |_| ())];
    let facts = [
        "certificate 1 of 2 (CN=Int) is not valid for a.example, but certificate 2 of 2 (CN=a.example) is: ",
        "the chain is in the wrong order, the peer's own certificate must come first",
    ];
    refused(&trust(&[&root]), &chain, Kind::NameMismatch, BAD_CERTIFICATE, &facts);
}

/// A device's own certificate, as its owner sees it first: refused with its pin, and accepted when it is given as trusted.
#[test]
fn a_self_signed_certificate_is_told_with_its_pin() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["a.example".to_string()]).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "device");
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    let device = [params.self_signed(&key).unwrap().der().clone()];
    let error = verify(&trust(&[&root("Root")]), &device, &USUAL).unwrap_err();
    assert_eq!(error.kind, Kind::UnknownIssuer);
    let pin = tls12::verify::Pin::key_of(&device[0]).unwrap().to_string();
    let report = error.report().to_string();
    assert!(report.contains("then trust it (TrustStore)") && report.contains(&pin), "{report}");
    assert_eq!(verify(&TrustStore::from_der(device.clone()).unwrap(), &device, &USUAL), Ok(()));
}

/// A certificate in the store that is no authority's is trusted itself, and nothing that its key signs.
#[test]
fn a_trusted_device_issues_nothing() {
    let key = KeyPair::generate().unwrap();
    let device = ca_params("device");
    let mut own = device.clone();
    own.is_ca = IsCa::ExplicitNoCa;
    own.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let certificate = own.self_signed(&key).unwrap().der().clone();
    let forged = leaf(&Issuer::new(device, key), |_| ());
    let store = TrustStore::from_der([certificate]).unwrap();
    let facts = ["was issued by CN=device, which is trusted itself, but not as an issuer"];
    refused(&store, &[forged], Kind::UnknownIssuer, UNKNOWN_CA, &facts);
}

/// What is said of a client is not said of a server.
#[test]
fn a_refused_client_is_called_one() {
    let (mine, other) = (root("Mine"), root("Other"));
    let int = intermediate("Int", &other, |_| ());
    let server_only = |params: &mut CertificateParams| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    };
    for (store, chain) in [
        (trust(&[&mine]), vec![leaf(&int, |_| ())]),
        (trust(&[&mine]), vec![leaf(&mine, server_only)]),
        (trust(&[&mine]), vec![leaf(&mine, |params| params.not_after = date_time_ymd(2026, 2, 1))]),
    ] {
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
        let asked = PeerChain::new(Arc::from(chain), Peer::Client, KeyUse::DigitalSignature, now, ALL);
        let error = store.verify(&asked).unwrap_err();
        let report = error.report().to_string();
        assert!(!report.contains("the server") && !report.contains("serverAuth is required"), "{report}");
    }
}

/// Of several purposes on a path, the one that is wrong is told.
#[test]
fn the_purpose_that_is_wrong_is_told() {
    let root = root("Root");
    let int = intermediate("Int", &root, |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any, ExtendedKeyUsagePurpose::EmailProtection];
    });
    let end = leaf(&int, |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]);
    let facts = ["the extendedKeyUsage of certificate 1 of 2 (CN=a.example) is clientAuth, but serverAuth is required"];
    refused(&trust(&[&root]), &[end, int.der().clone()], Kind::WrongPurpose, UNSUPPORTED_CERTIFICATE, &facts);
}

/// The same key under another name: it is said by what the names differ.
#[test]
fn names_that_differ_are_told_apart() {
    let mut params = ca_params("Root");
    params.distinguished_name.push(DnType::OrganizationName, "Example");
    let key = KeyPair::generate().unwrap();
    let pem = key.serialize_pem();
    let mut other = params.clone();
    other.distinguished_name = DistinguishedName::new();
    other.distinguished_name.push(DnType::CommonName, "Root");
    other.distinguished_name.push(DnType::OrganizationName, "Example Ltd");
    let mine = Ca::self_signed(params, key).unwrap();
    let theirs = Ca::self_signed(other, KeyPair::from_pem(&pem).unwrap()).unwrap();
    let facts = ["your root CN=Root, O=Example has its key but a different name: O=Example, not O=Example Ltd"];
    refused(&trust(&[&mine]), &[leaf(&theirs, |_| ())], Kind::UnknownIssuer, UNKNOWN_CA, &facts);
}
