//! Certificates that are trusted themselves, and versions before 3: what they do not make trusted.

use tls12::verify::{Allow, Basis, Despite, Pin, Verifier};

use super::forge::*;
use super::*;

fn judge(verifier: &Verifier, chain: &[Der], name: &str) -> Result<Basis, CertificateError> {
    let server = Peer::Server(ServerName::try_from(name.to_owned()).unwrap());
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let chain = PeerChain::new(Arc::from(chain), server, KeyUse::DigitalSignature, now, ALL);
    verifier.judge(&chain).map(|verdict| verdict.basis().clone())
}

fn trusting(certificate: &Der) -> Verifier {
    Verifier::new(TrustStore::from_der([certificate.clone()]).unwrap())
}

fn device(tweak: impl FnOnce(&mut CertificateParams)) -> Ca {
    let mut params = named("camera");
    params.subject_alt_names = CertificateParams::new(["camera.local".to_owned()]).unwrap().subject_alt_names;
    tweak(&mut params);
    Ca::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Whoever gives a device as trusted vouches for its certificate, and not for its owner's clock, names and purposes.
#[test]
fn a_device_in_the_store_is_trusted_as_what_it_is() {
    let camera = device(|_| ());
    let chain = [camera.der().clone()];
    let verifier = trusting(camera.der());
    assert_eq!(judge(&verifier, &chain, "camera.local"), Ok(Basis::Itself { root: 0 }));
    assert_eq!(judge(&verifier, &chain, "bank.example").unwrap_err().kind, Kind::NameMismatch);
    let encipher = device(|params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment]);
    let signer = device(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning]);
    let early = device(|params| params.not_before = date_time_ymd(2026, 12, 1));
    for (other, kind) in [(encipher, Kind::WrongPurpose), (signer, Kind::WrongPurpose), (early, Kind::NotYetValid)] {
        let error = judge(&trusting(other.der()), &[other.der().clone()], "camera.local").unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
    }
    let mut params = named("camera");
    params.subject_alt_names = CertificateParams::new(["camera.local".to_owned()]).unwrap().subject_alt_names;
    let small = params.self_signed(&RsaKey::new(128)).unwrap().der().clone();
    let error = judge(&trusting(&small), std::slice::from_ref(&small), "camera.local").unwrap_err();
    assert_eq!(error.kind, Kind::UnsupportedAlgorithm, "{error}");
}

/// The advice is one that helps.
#[test]
fn an_expired_device_is_pinned_to_be_trusted() {
    let camera = device(|params| params.not_after = date_time_ymd(2026, 2, 1));
    let chain = [camera.der().clone()];
    let error = judge(&trusting(camera.der()), &chain, "camera.local").unwrap_err();
    assert_eq!(error.kind, Kind::Expired);
    assert!(error.explanation.starts_with("certificate 1 of 1 (CN=camera) expired on 2026-02-01"), "{error}");
    let report = error.report().to_string();
    assert!(!report.contains("ExpiredRoots") && report.contains("Despite::Expired"), "{report}");
    // ExpiredRoots is about roots, and what it allows is what they have issued.
    let allowing = trusting(camera.der()).allow(Allow::ExpiredRoots);
    assert_eq!(judge(&allowing, &chain, "camera.local").unwrap_err().kind, Kind::Expired);
    let pin = Pin::certificate(camera.der()).despite(Despite::Expired);
    assert_eq!(judge(&Verifier::pinned([pin]).unwrap(), &chain, "camera.local"), Ok(Basis::Pinned));
}

/// What a device signs is not trusted, however it is sent.
#[test]
fn a_device_in_the_store_vouches_for_nobody() {
    let plain = device(|_| ());
    let no_authority = device(|params| params.is_ca = IsCa::ExplicitNoCa);
    let signs = device(|params| {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
    });
    let no_cert_sign = device(|params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::CrlSign];
    });
    for device in [plain, no_authority, signs, no_cert_sign] {
        let verifier = trusting(device.der());
        assert!(judge(&verifier, &[device.der().clone()], "camera.local").is_ok());
        let forged = leaf(&device, |_| ());
        let renewed = change(device.der(), device.key(), |fields| fields[SERIAL] = vec![2, 1, 9]);
        for chain in [vec![forged.clone()], vec![forged, device.der().clone()], vec![renewed]] {
            let name = if chain.len() == 1 { "camera.local" } else { "a.example" };
            let error = judge(&verifier, &chain, name).unwrap_err();
            assert_eq!(error.kind, Kind::UnknownIssuer, "{error}");
            assert!(error.explanation.contains("but not as an issuer"), "{error}");
        }
    }
}

/// The version's content: 0 for 1, 1 for 2.
fn old(certificate: &Der, key: &KeyPair, version: u8) -> Der {
    change(certificate, key, |fields| fields[0] = tlv(0xa0, &[&[2, 1, version]]))
}

/// Version 1 has no extensions. Where there are some nevertheless, they count.
#[test]
fn a_root_of_version_1_that_denies_being_an_authority_issues_nothing() {
    let plain = device(|_| ());
    let bare = change(plain.der(), plain.key(), |fields| {
        fields.remove(0);
        fields.truncate(6);
    });
    let chain = [leaf(&plain, |_| ())];
    assert_eq!(judge(&trusting(&bare), &chain, "a.example"), Ok(Basis::Path { certificates: vec![0], root: 0 }));
    // Nor does one that somebody else has issued: it has no way to say that it may.
    let int = intermediate("Int", &root("Elsewhere"), |_| ());
    let of_another = change(int.der(), int.key(), |fields| {
        fields.remove(0);
        fields.truncate(6);
    });
    assert_eq!(
        judge(&trusting(&of_another), &[leaf(&int, |_| ())], "a.example").unwrap_err().kind,
        Kind::UnknownIssuer
    );
    let denies = device(|params| params.is_ca = IsCa::ExplicitNoCa);
    let denies_old = old(denies.der(), denies.key(), 1);
    assert_eq!(
        judge(&trusting(&denies_old), &[leaf(&denies, |_| ())], "a.example").unwrap_err().kind,
        Kind::UnknownIssuer
    );
}

/// RFC 5280 §6.1.4 (k): an intermediate of version 1 or 2 is an authority only if somebody says so out of band. What
/// `Allow::OldVersions` allows is the peer's own.
#[test]
fn old_versions_are_allowed_for_the_peer_and_not_for_intermediates() {
    let root = root("Root");
    let int = intermediate("Int", &root, |_| ());
    let verifier = Verifier::new(trust(&[&root]));
    let allowing = verifier.clone().allow(Allow::OldVersions);
    let own = leaf(&int, |_| ());
    let chain = [old(&own, int.key(), 0), int.der().clone()];
    assert_eq!(judge(&verifier, &chain, "a.example").unwrap_err().kind, Kind::Unsupported);
    assert!(judge(&allowing, &chain, "a.example").is_ok());
    for version in [0, 1] {
        let chain = [own.clone(), old(int.der(), root.key(), version)];
        assert_eq!(judge(&verifier, &chain, "a.example").unwrap_err().kind, Kind::Unsupported);
        assert_eq!(judge(&allowing, &chain, "a.example").unwrap_err().kind, Kind::WrongPurpose);
    }
}

/// RFC 5280 §6.1.4 (k) to (n) hold for self-issued certificates too, of which only (l) does not count.
#[test]
fn a_chain_whose_certificates_have_one_name() {
    let one = root("One");
    let two = intermediate("One", &one, |_| ());
    let three = intermediate("One", &two, |_| ());
    let verifier = Verifier::new(trust(&[&one]));
    let chain = [leaf(&three, |_| ()), three.der().clone(), two.der().clone()];
    assert_eq!(judge(&verifier, &chain, "a.example"), Ok(Basis::Path { certificates: vec![0, 1, 2], root: 0 }));
    // Sent twice, in another order, and with the root: the same path.
    let many = [&chain[0], &chain[2], &chain[2], one.der(), &chain[1], &chain[1], &chain[0]].map(Clone::clone);
    assert_eq!(judge(&verifier, &many, "a.example"), Ok(Basis::Path { certificates: vec![0, 4, 1], root: 0 }));
    let no_authority = intermediate("One", &one, |params| params.is_ca = IsCa::NoCa);
    let chain = [leaf(&no_authority, |_| ()), no_authority.der().clone()];
    assert_eq!(judge(&verifier, &chain, "a.example").unwrap_err().kind, Kind::WrongPurpose);
}

/// A path through a store's second root is found where that through the first is no good.
#[test]
fn of_two_roots_with_one_name_and_key_the_good_one_counts() {
    let root = root("Root");
    let mut params = ca_params("Root");
    params.not_after = date_time_ymd(2026, 2, 1);
    let expired = params.self_signed(root.key()).unwrap().der().clone();
    let chain = [leaf(&root, |_| ())];
    let store = TrustStore::from_der([expired.clone(), root.der().clone()]).unwrap();
    assert_eq!(judge(&Verifier::new(store), &chain, "a.example"), Ok(Basis::Path { certificates: vec![0], root: 1 }));
    let error = judge(&trusting(&expired), &chain, "a.example").unwrap_err();
    assert_eq!(error.kind, Kind::Expired);
    assert!(judge(&trusting(&expired).allow(Allow::ExpiredRoots), &chain, "a.example").is_ok());
}

/// Somebody has made the device's certificate anew, and given us the old one.
#[test]
fn another_device_of_the_same_name() {
    let plain = || device(|_| ());
    let authority = || device(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let rsa = |params: CertificateParams| params.self_signed(&RsaKey::new(256)).unwrap().der().clone();
    let old_rsa = {
        let mut params = named("camera");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        rsa(params)
    };
    for (old, new) in [
        (plain().der().clone(), plain()),
        (authority().der().clone(), authority()),
        (authority().der().clone(), plain()),
        (old_rsa, authority()),
    ] {
        let error = judge(&trusting(&old), &[new.der().clone()], "camera.local").unwrap_err();
        assert_eq!(error.kind, Kind::UnknownIssuer, "{error}");
        let words = [
            "certificate 1 of 1 (CN=camera) is self-signed",
            "your root CN=camera has the same name but a different key",
        ];
        assert!(words.iter().all(|words| error.explanation.contains(words)), "{error}");
        let pin = Pin::key_of(new.der()).unwrap().to_string();
        assert!(error.report().to_string().contains(&pin), "{}", error.report());
    }
}

/// What is given as an authority's, and is none, is the first thing to look at.
#[test]
fn an_authority_that_does_not_say_so_is_to_be_made_anew() {
    let plain = device(|_| ());
    let error = judge(&trusting(plain.der()), &[leaf(&plain, |_| ())], "a.example").unwrap_err();
    let report = error.report().to_string();
    assert!(report.contains("have its certificate reissued as one (basicConstraints CA:TRUE)"), "{report}");
    assert!(!report.contains("add its certificate to your roots"), "it is there: {report}");
}

/// The line that says what to do has the name that is missing.
#[test]
fn a_certificate_without_names_needs_some() {
    let bare = device(|params| params.subject_alt_names = Vec::new());
    for (name, form) in [("camera.local", "DNS:camera.local"), ("192.0.2.9", "IP:192.0.2.9")] {
        let error = judge(&trusting(bare.der()), &[bare.der().clone()], name).unwrap_err();
        assert_eq!(error.kind, Kind::NameMismatch);
        let report = error.report().to_string();
        assert!(report.contains(&format!("have it reissued with a subjectAltName such as {form}\n")), "{report}");
    }
}
