//! Pins: what they trust, and what they do not.

use std::num::NonZeroUsize;

use tls12::verify::{Allow, Despite, Pin, PinError, Verifier};

use super::forge::*;
use super::*;

fn ask(verifier: &dyn VerifyPeer, chain: &[Der], name: &str) -> Result<(), CertificateError> {
    ask_at(verifier, chain, name, NOW)
}

fn ask_at(verifier: &dyn VerifyPeer, chain: &[Der], name: &str, now: u64) -> Result<(), CertificateError> {
    let server = Peer::Server(ServerName::try_from(name.to_owned()).unwrap());
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
    verifier.verify(&PeerChain::new(Arc::from(chain), server, KeyUse::DigitalSignature, now, ALL)).map(drop)
}

fn device(tweak: impl FnOnce(&mut CertificateParams)) -> (Der, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut params = named("camera");
    tweak(&mut params);
    (params.self_signed(&key).unwrap().der().clone(), key)
}

#[test]
fn a_pinned_device_is_trusted_and_no_other() {
    let (camera, key) = device(|_| ());
    let (other, _) = device(|_| ());
    for pin in [Pin::certificate(&camera), Pin::key_of(&camera).unwrap()] {
        let verifier = Verifier::pinned([pin.clone()]).unwrap();
        assert_eq!(ask(&verifier, std::slice::from_ref(&camera), "camera.local"), Ok(()));
        let error = ask(&verifier, std::slice::from_ref(&other), "camera.local").unwrap_err();
        assert_eq!(error.kind, Kind::NotPinned);
        assert!(error.explanation.contains(&Pin::key_of(&other).unwrap().to_string()), "{error}");
        assert_eq!(Error::from(error).alert().map(AlertDescription::code), Some(CERTIFICATE_UNKNOWN));
        // What the other sends beside its own certificate does not count.
        assert!(ask(&verifier, &[other.clone(), camera.clone()], "camera.local").is_err());
        assert_eq!(pin.to_string().parse::<Pin>().unwrap(), pin);
        let bound = Verifier::pinned([pin.only_for(ServerName::try_from("camera.local").unwrap())]).unwrap();
        assert_eq!(ask(&bound, std::slice::from_ref(&camera), "camera.local"), Ok(()));
        assert_eq!(ask(&bound, std::slice::from_ref(&camera), "bank.example").unwrap_err().kind, Kind::NotPinned);
    }
    // A renewed certificate has the same key, and other bytes.
    let renewed = named("camera, renewed").self_signed(&key).unwrap().der().clone();
    let by_key = Verifier::pinned([Pin::key_of(&camera).unwrap()]).unwrap();
    assert_eq!(ask(&by_key, std::slice::from_ref(&renewed), "camera.local"), Ok(()));
    let by_certificate = Verifier::pinned([Pin::certificate(&camera)]).unwrap();
    assert!(ask(&by_certificate, std::slice::from_ref(&renewed), "camera.local").is_err());
    assert_eq!(Verifier::pinned([]).unwrap_err(), PinError::None);
}

#[test]
fn a_pin_stands_beside_a_store() {
    let root = root("Root");
    let (camera, _) = device(|_| ());
    let store = trust(&[&root]);
    assert_eq!(ask(&store, std::slice::from_ref(&camera), "a.example").unwrap_err().kind, Kind::UnknownIssuer);
    let verifier = Verifier::new(store).pin(Pin::certificate(&camera));
    assert_eq!(ask(&verifier, &[camera], "a.example"), Ok(()));
    assert_eq!(ask(&verifier, &[leaf(&root, |_| ())], "a.example"), Ok(()));
    let (other, _) = device(|_| ());
    assert_eq!(ask(&verifier, &[other], "a.example").unwrap_err().kind, Kind::UnknownIssuer);
}

/// Each is refused without the name of what it is trusted despite of.
#[test]
fn what_a_device_cannot_keep_is_named() {
    let expired = device(|params| params.not_after = date_time_ymd(2026, 2, 1)).0;
    let early = device(|params| params.not_before = date_time_ymd(2026, 12, 1)).0;
    let encipher = device(|params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment]).0;
    let signer = device(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning]).0;
    let small = named("camera").self_signed(&RsaKey::new(128)).unwrap().der().clone();
    for (certificate, despite, kind) in [
        (expired, Despite::Expired, Kind::Expired),
        (early, Despite::Expired, Kind::NotYetValid),
        (encipher, Despite::Usage, Kind::WrongPurpose),
        (signer, Despite::Usage, Kind::WrongPurpose),
        (small, Despite::SmallKey, Kind::UnsupportedAlgorithm),
    ] {
        let chain = std::slice::from_ref(&certificate);
        let pin = Pin::certificate(&certificate);
        let error = ask(&Verifier::pinned([pin.clone()]).unwrap(), chain, "camera.local").unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert_eq!(ask(&Verifier::pinned([pin.clone().despite(despite)]).unwrap(), chain, "camera.local"), Ok(()));
        // Another name does not help.
        for other in [Despite::Expired, Despite::Usage, Despite::SmallKey] {
            let verifier = Verifier::pinned([pin.clone().despite(other)]).unwrap();
            assert_eq!(ask(&verifier, chain, "camera.local").is_ok(), other == despite);
        }
    }
}

/// A key that anybody may break says nothing of whoever uses it, for whatever.
#[test]
fn a_small_key_is_refused_whatever_it_may_be_used_for() {
    let mut params = named("camera");
    params.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
    for (bytes, allowed) in [(128, true), (64, false)] {
        let camera = params.self_signed(&RsaKey::new(bytes)).unwrap().der().clone();
        let chain = std::slice::from_ref(&camera);
        let pin = Pin::certificate(&camera).despite(Despite::Usage);
        let error = ask(&Verifier::pinned([pin.clone()]).unwrap(), chain, "camera.local").unwrap_err();
        assert_eq!(error.kind, Kind::UnsupportedAlgorithm, "{error}");
        let pin = pin.despite(Despite::SmallKey);
        assert_eq!(ask(&Verifier::pinned([pin]).unwrap(), chain, "camera.local").is_ok(), allowed);
        #[cfg(feature = "std")]
        assert_eq!(ask(&tls12::verify::FirstUse::new(), chain, "camera.local").is_ok(), allowed);
    }
}

/// Whoever pins a certificate vouches for it: its version does not count, nor whether it could issue others.
#[test]
fn versions_and_authorities_are_not_judged() {
    let authority = device(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)).0;
    let (plain, key) = device(|_| ());
    let version_1 = change(&plain, &key, |fields| {
        fields.remove(0);
        fields.truncate(6);
    });
    for certificate in [authority, version_1] {
        let verifier = Verifier::pinned([Pin::certificate(&certificate)]).unwrap();
        assert_eq!(ask(&verifier, &[certificate], "camera.local"), Ok(()));
    }
}

/// The pin as another tool makes it.
#[test]
fn pins_are_those_of_rfc_7469() {
    let (camera, key) = device(|_| ());
    let spki = rcgen::PublicKeyData::subject_public_key_info(&key);
    let hash = <sha2::Sha256 as sha2::Digest>::digest(&spki);
    assert_eq!(Pin::key_of(&camera).unwrap().sha256(), hash.as_slice());
    for bad in ["", "sha256/", "sha1/AAAA", "sha256/AAAA", "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(bad.parse::<Pin>(), Err(PinError::Text), "{bad}");
    }
}

/// A server is remembered only when the handshake has shown that it has the key.
#[cfg(feature = "std")]
#[test]
fn trust_on_first_use() {
    use tls12::verify::FirstUse;
    let finish = |known: &FirstUse, certificate: &Der, name: &'static str| {
        known.established(&Peer::Server(ServerName::try_from(name).unwrap()), std::slice::from_ref(certificate))
    };
    let (camera, _) = device(|_| ());
    let (other, _) = device(|_| ());
    let known = FirstUse::new();
    for certificate in [&other, &camera] {
        assert_eq!(ask(&known, std::slice::from_ref(certificate), "camera.local"), Ok(()));
        assert!(known.is_empty(), "nobody has proved anything");
    }
    assert_eq!(finish(&known, &camera, "camera.local"), Ok(()));
    assert_eq!(finish(&known, &camera, "camera.local"), Ok(()));
    // Of two that were asked about at the same time, the first counts.
    assert_eq!(finish(&known, &other, "camera.local").unwrap_err().kind, Kind::NotPinned);
    assert_eq!(ask(&known, std::slice::from_ref(&camera), "Camera.local"), Ok(()));
    let known: FirstUse = known.to_string().parse().unwrap();
    assert_eq!(known.len(), 1);
    let error = ask(&known, std::slice::from_ref(&other), "camera.local").unwrap_err();
    assert_eq!(error.kind, Kind::NotPinned);
    assert!(error.explanation.contains("a different key than before"), "{error}");
    assert_eq!(ask(&known, std::slice::from_ref(&other), "door.local"), Ok(()), "another server");
    let camera_name = ServerName::try_from("camera.local").unwrap();
    assert_eq!(known.pin(&camera_name), Some(Pin::key_of(&camera).unwrap()));
    known.forget(&camera_name);
    assert_eq!(ask(&known, std::slice::from_ref(&other), "camera.local"), Ok(()));
    for (text, line) in [("camera.local\n", 1), ("a sha256/AAAA\n", 1), ("a b c\n", 1)] {
        assert_eq!(text.parse::<FirstUse>().unwrap_err(), PinError::Line(line), "{text}");
    }
    let twice = format!("a.example {0}\na.example {0}\n", Pin::key([1; 32]));
    assert_eq!(twice.parse::<FirstUse>().unwrap_err(), PinError::Line(2));
}

/// What a peer that is not trusted can make us hold has an end.
#[cfg(feature = "std")]
#[test]
fn first_use_knows_so_many_servers_and_no_more() {
    use tls12::verify::FirstUse;
    let lines = |count: usize| (0..count).map(|i| format!("h{i}.example {}\n", Pin::key([1; 32]))).collect::<String>();
    let full: FirstUse = lines(FirstUse::MAX_SERVERS).parse().unwrap();
    assert_eq!(full.len(), FirstUse::MAX_SERVERS);
    let (camera, _) = device(|_| ());
    let chain = std::slice::from_ref(&camera);
    assert_eq!(ask(&full, chain, "camera.local").unwrap_err().kind, Kind::Refused);
    let camera_name = Peer::Server(ServerName::try_from("camera.local").unwrap());
    assert_eq!(full.established(&camera_name, chain).unwrap_err().kind, Kind::Refused);
    full.forget(&ServerName::try_from("h7.example").unwrap());
    assert_eq!(full.established(&camera_name, chain), Ok(()));
    let more = FirstUse::MAX_SERVERS + 1;
    assert_eq!(lines(more).parse::<FirstUse>().unwrap_err(), PinError::Line(more));
}

/// An algorithm that counts how often it is asked.
#[derive(Debug)]
struct Counting;

static ASKED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

impl SignatureVerificationAlgorithm for Counting {
    fn verify_signature(
        &self,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), rustls_pki_types::InvalidSignature> {
        ASKED.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        webpki::ring::ECDSA_P256_SHA256.verify_signature(key, message, signature)
    }

    fn public_key_alg_id(&self) -> rustls_pki_types::AlgorithmIdentifier {
        webpki::ring::ECDSA_P256_SHA256.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> rustls_pki_types::AlgorithmIdentifier {
        webpki::ring::ECDSA_P256_SHA256.signature_alg_id()
    }
}

#[cfg(feature = "std")]
#[test]
fn a_chain_that_is_remembered_is_not_verified_again_unless_something_differs() {
    static COUNTING: [&dyn SignatureVerificationAlgorithm; 1] = [&Counting];
    let root = root("Root");
    let july = date_time_ymd(2026, 7, 1);
    let chain: Arc<[Der]> = [leaf(&root, |params| params.not_after = july)].into();
    let verifier = Verifier::new(trust(&[&root])).cache(NonZeroUsize::new(2).unwrap());
    let asked = |name: &str, key_use, now: u64| {
        let before = ASKED.load(std::sync::atomic::Ordering::SeqCst);
        let server = Peer::Server(ServerName::try_from(name.to_owned()).unwrap());
        let algorithms = SignatureAlgorithms::from_static(&COUNTING, &[], &[]);
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        let result = verifier.verify(&PeerChain::new(chain.clone(), server, key_use, now, algorithms));
        (result.is_ok(), ASKED.load(std::sync::atomic::Ordering::SeqCst) - before)
    };
    let sign = KeyUse::DigitalSignature;
    assert_eq!(asked("a.example", sign, NOW), (true, 1));
    assert_eq!(asked("a.example", sign, NOW + 60), (true, 0));
    assert_eq!(asked("A.EXAMPLE", sign, NOW), (true, 0));
    assert_eq!(asked("192.0.2.1", sign, NOW), (true, 1), "another name");
    assert_eq!(asked("a.example", KeyUse::KeyEncipherment, NOW), (true, 1), "another use, and the first falls out");
    assert_eq!(asked("a.example", sign, NOW), (true, 1));
    // It expires on 1 July: 30 days after 1 June.
    assert_eq!(asked("a.example", sign, NOW + 30 * 86_400), (true, 0));
    assert!(!asked("a.example", sign, NOW + 30 * 86_400 + 1).0);
    assert!(!asked("b.example", sign, NOW).0);
    assert!(!asked("b.example", sign, NOW).0, "a refusal stays one");
}

#[cfg(feature = "std")]
#[test]
fn a_chain_that_is_remembered_without_a_staple_is_not_known_with_an_empty_one() {
    let root = root("Root");
    let verifier = Verifier::new(trust(&[&root])).cache(NonZeroUsize::MIN);
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let server = Peer::Server(ServerName::try_from("a.example").unwrap());
    let mut chain = PeerChain::new([leaf(&root, |_| ())].into(), server, KeyUse::DigitalSignature, now, ALL);
    assert_eq!(verifier.verify(&chain).map(drop), Ok(()));
    chain.ocsp_response = Some([].into());
    assert_eq!(verifier.verify(&chain).unwrap_err().kind, Kind::BadStatusResponse);
}

/// One verifier may be asked with the algorithms of several providers.
#[cfg(feature = "std")]
#[test]
fn a_chain_is_remembered_with_the_algorithms_that_are_allowed_by_name() {
    use tls12::wire::SignatureScheme;
    static ALL: [&dyn SignatureVerificationAlgorithm; 1] = [webpki::ring::ECDSA_P256_SHA384];
    static BY_NAME: [(SignatureScheme, &[&dyn SignatureVerificationAlgorithm]); 1] =
        [(SignatureScheme::ECDSA_SHA1, &[webpki::ring::ECDSA_P256_SHA256])];
    let root = root("Root");
    let verifier = Verifier::new(trust(&[&root])).allow(Allow::Sha1Signatures).cache(NonZeroUsize::new(9).unwrap());
    let own = leaf(&root, |_| ());
    let asked = |algorithms| {
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
        let server = Peer::Server(ServerName::try_from("a.example").unwrap());
        let chain = PeerChain::new([own.clone()].into(), server, KeyUse::DigitalSignature, now, algorithms);
        verifier.verify(&chain).map(drop).map_err(|error| error.kind)
    };
    // One algorithm is for the key in the handshake, and of no use for the chain.
    assert_eq!(asked(SignatureAlgorithms::from_static(&ALL, &[], &BY_NAME)), Ok(()));
    let without = SignatureAlgorithms::from_static(&ALL, &[], &[]);
    assert_eq!(asked(without), Err(Kind::UnsupportedAlgorithm));
}
