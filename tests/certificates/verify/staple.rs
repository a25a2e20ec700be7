//! Stapled OCSP responses (RFC 6960), made here from the standard's grammar.

use rcgen::SerialNumber;
use sha1::Digest as _;
use tls12::verify::{Allow, Verifier};

use super::forge::*;
use super::*;

const ECDSA_SHA256: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// The AlgorithmIdentifiers of SHA-1 and SHA-256, as CertIDs have them.
const SHA1: &[u8] = &[0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0];
const SHA256: &[u8] = &[0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0];
const GENERALIZED: u8 = 0x18;

/// What a response is made of.
struct Response<'a> {
    issuer: &'a Ca,
    serial: u8,
    hash: &'a [u8],
    status: Vec<u8>,
    from: &'a str,
    until: Option<&'a str>,
    responder: Responder<'a>,
    extension: Option<Vec<u8>>,
}

enum Responder<'a> {
    /// The issuer by its name.
    Issuer,
    /// The issuer by the hash of its key.
    IssuerKey,
    /// Another key, with the certificate that goes with it.
    Delegated(&'a KeyPair, Der),
}

impl<'a> Response<'a> {
    /// That certificate 5 of `issuer` is good around 1 June.
    fn good(issuer: &'a Ca) -> Self {
        Self {
            issuer,
            serial: 5,
            hash: SHA1,
            status: vec![0x80, 0],
            from: "20260531000000Z",
            until: Some("20260603000000Z"),
            responder: Responder::Issuer,
            extension: None,
        }
    }

    fn der(&self) -> Vec<u8> {
        let name = |der: &Der| elements(&content(&elements(&content(der))[0]))[SUBJECT].clone();
        let hash = |data: &[u8]| match self.hash {
            SHA1 => sha1::Sha1::digest(data).to_vec(),
            _ => sha2::Sha256::digest(data).to_vec(),
        };
        let key = PublicKeyData::der_bytes(self.issuer.key());
        let of_issuer = [tlv(OCTETS, &[&hash(&name(self.issuer.der()))]), tlv(OCTETS, &[&hash(key)])].concat();
        let id = tlv(SEQUENCE, &[self.hash, &of_issuer, &[2, 1, self.serial]]);
        let time = |text: &str| tlv(GENERALIZED, &[text.as_bytes()]);
        let until = self.until.map(|until| tlv(0xa0, &[&time(until)])).unwrap_or_default();
        let extension = self.extension.as_ref().map(|e| tlv(0xa1, &[&tlv(SEQUENCE, &[e])])).unwrap_or_default();
        let single = tlv(SEQUENCE, &[&id, &self.status, &time(self.from), &until, &extension]);
        let (responder, signer, certificates) = match &self.responder {
            Responder::Issuer => (tlv(0xa1, &[&name(self.issuer.der())]), self.issuer.key(), Vec::new()),
            Responder::IssuerKey => {
                let hash = tlv(OCTETS, &[&sha1::Sha1::digest(key)]);
                (tlv(0xa2, &[&hash]), self.issuer.key(), Vec::new())
            }
            Responder::Delegated(key, certificate) => {
                (tlv(0xa1, &[&name(certificate)]), *key, tlv(0xa0, &[&tlv(SEQUENCE, &[certificate])]))
            }
        };
        let data = tlv(SEQUENCE, &[&responder, &time(self.from), &tlv(SEQUENCE, &[&single])]);
        let signature = tlv(3, &[&[0], &signer.sign(&data).unwrap()]);
        response(&tlv(SEQUENCE, &[&data, ECDSA_SHA256, &signature, &certificates]))
    }
}

/// An OCSPResponse with this BasicOCSPResponse.
fn response(basic: &[u8]) -> Vec<u8> {
    let kind = [6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];
    let bytes = tlv(SEQUENCE, &[&kind, &tlv(OCTETS, &[basic])]);
    tlv(SEQUENCE, &[&[0x0a, 1, 0], &tlv(0xa0, &[&bytes])])
}

struct World {
    root: Ca,
    int: Ca,
}

impl World {
    fn new() -> Self {
        let root = root("Root");
        Self { int: intermediate("Int", &root, |_| ()), root }
    }

    fn chain(&self, features: &[u8]) -> Arc<[Der]> {
        let end = leaf(&self.int, |params| {
            params.serial_number = Some(SerialNumber::from(5_u64));
            if !features.is_empty() {
                // RFC 7633: id-pe-tlsfeature.
                let id = [1, 3, 6, 1, 5, 5, 7, 1, 24];
                params.custom_extensions = vec![CustomExtension::from_oid_content(&id, features.to_vec())];
            }
        });
        [end, self.int.der().clone()].into()
    }

    fn ask(&self, chain: &Arc<[Der]>, staple: Option<Vec<u8>>, allow: Option<Allow>) -> Result<(), CertificateError> {
        let server = Peer::Server(ServerName::try_from("a.example").unwrap());
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
        let mut chain = PeerChain::new(chain.clone(), server, KeyUse::DigitalSignature, now, ALL);
        chain.ocsp_response = staple.map(Arc::from);
        allow.into_iter().fold(Verifier::new(trust(&[&self.root])), Verifier::allow).verify(&chain).map(drop)
    }

    /// The certificate of a responder, and its key.
    fn responder(&self, issuer: &Ca, tweak: impl FnOnce(&mut CertificateParams)) -> (KeyPair, Der) {
        let key = KeyPair::generate().unwrap();
        let mut params = named("Responder");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
        tweak(&mut params);
        let certificate = params.signed_by(&key, issuer).unwrap().der().clone();
        (key, certificate)
    }
}

#[test]
fn good_responses() {
    let world = World::new();
    let chain = world.chain(&[]);
    let good = |edit: &dyn Fn(&mut Response<'_>)| {
        let mut response = Response::good(&world.int);
        edit(&mut response);
        world.ask(&chain, Some(response.der()), None)
    };
    assert_eq!(good(&|_| ()), Ok(()));
    assert_eq!(good(&|response| response.hash = SHA256), Ok(()));
    assert_eq!(good(&|response| response.responder = Responder::IssuerKey), Ok(()));
    assert_eq!(good(&|response| response.until = None), Ok(()));
    let (key, certificate) = world.responder(&world.int, |_| ());
    let mut response = Response::good(&world.int);
    response.responder = Responder::Delegated(&key, certificate);
    assert_eq!(world.ask(&chain, Some(response.der()), None), Ok(()));
}

#[test]
fn bad_responses() {
    let world = World::new();
    let chain = world.chain(&[]);
    let unusable = |staple: Vec<u8>, why: &str| {
        let error = world.ask(&chain, Some(staple.clone()), None).unwrap_err();
        assert_eq!(error.kind, Kind::BadStatusResponse, "{error}");
        assert!(error.explanation.contains(why), "{why:?} is not in {error}");
        // RFC 6066 §8: bad_certificate_status_response.
        assert_eq!(Error::from(error).alert().map(AlertDescription::code), Some(113));
        assert_eq!(world.ask(&chain, Some(staple), Some(Allow::UnusableStaple)), Ok(()));
    };
    let edited = |edit: &dyn Fn(&mut Response<'_>)| {
        let mut response = Response::good(&world.int);
        edit(&mut response);
        response.der()
    };
    unusable(edited(&|response| response.serial = 6), "is for another certificate");
    unusable(edited(&|response| response.until = Some("20260531120000Z")), "is too old");
    unusable(edited(&|response| (response.from, response.until) = ("20260501000000Z", None)), "is too old");
    unusable(edited(&|response| response.from = "20260602000000Z"), "is not valid yet");
    unusable(edited(&|response| response.status = vec![0x82, 0]), "does not know the certificate");
    let critical = extension(&[0x2a, 3], Critical::Yes, &[5, 0]);
    unusable(edited(&|response| response.extension = Some(critical.clone())), "a critical extension");
    unusable(vec![0x30, 3, 0x0a, 1, 3], "reports an error of the responder");
    unusable(b"garbage".to_vec(), "is malformed");
    unusable(edited(&|_| ())[..20].to_vec(), "is malformed");
    // Of the root, that knows nothing of the intermediate's certificates; of a namesake; changed.
    unusable(Response::good(&world.root).der(), "");
    let namesake = intermediate("Int", &world.root, |_| ());
    unusable(Response::good(&namesake).der(), "");
    let mut changed = edited(&|_| ());
    *changed.last_mut().unwrap() ^= 1;
    unusable(changed, "is not signed by the issuer");

    let not_certified = "nor by a responder that the issuer certified";
    type Tweak = fn(&mut CertificateParams);
    let tweaks: [(Tweak, &Ca); 5] = [
        (|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth], &world.int),
        (|params| params.not_after = date_time_ymd(2026, 5, 1), &world.int),
        (|params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment], &world.int),
        (|_| (), &world.root),
        (|_| (), &namesake),
    ];
    for (tweak, issuer) in tweaks {
        let (key, certificate) = world.responder(issuer, tweak);
        let mut response = Response::good(&world.int);
        response.responder = Responder::Delegated(&key, certificate);
        unusable(response.der(), not_certified);
    }
    // The certificate of a responder, and the key of another.
    let (_, certificate) = world.responder(&world.int, |_| ());
    let key = KeyPair::generate().unwrap();
    let mut response = Response::good(&world.int);
    response.responder = Responder::Delegated(&key, certificate);
    unusable(response.der(), not_certified);
}

#[test]
fn a_revoked_certificate_is_refused_whatever_is_allowed() {
    let world = World::new();
    let mut response = Response::good(&world.int);
    response.status = tlv(0xa1, &[&tlv(GENERALIZED, &[b"20260501000000Z"])]);
    for until in ["20260603000000Z", "20260531120000Z"] {
        response.until = Some(until);
        for allow in [None, Some(Allow::UnusableStaple)] {
            let error = world.ask(&world.chain(&[]), Some(response.der()), allow).unwrap_err();
            assert_eq!(error.kind, Kind::Revoked);
            assert!(error.explanation.contains("was revoked on 2026-05-01T00:00:00Z"), "{error}");
        }
    }
}

/// RFC 7633: status_request is feature 5.
#[test]
fn a_response_that_is_demanded_must_be_there() {
    let world = World::new();
    let must = world.chain(&[0x30, 3, 2, 1, 5]);
    let other = world.chain(&[0x30, 3, 2, 1, 17]);
    assert_eq!(world.ask(&other, None, None), Ok(()));
    assert_eq!(world.ask(&must, Some(Response::good(&world.int).der()), None), Ok(()));
    for (staple, allow) in
        [(None, None), (None, Some(Allow::UnusableStaple)), (Some(vec![0]), Some(Allow::UnusableStaple))]
    {
        let error = world.ask(&must, staple, allow).unwrap_err();
        assert_eq!(error.kind, Kind::BadStatusResponse);
        assert!(error.explanation.contains("requires a stapled OCSP response"), "{error}");
    }
}

/// No byte of a response can be changed, or left out, for a good answer; and nothing makes a panic.
#[test]
fn every_changed_byte_of_a_response_is_noticed() {
    let world = World::new();
    let chain = world.chain(&[]);
    let (key, certificate) = world.responder(&world.int, |_| ());
    let mut response = Response::good(&world.int);
    response.responder = Responder::Delegated(&key, certificate);
    let good = response.der();
    for at in 0..good.len() {
        assert!(world.ask(&chain, Some(good[..at].to_vec()), None).is_err());
        for change in [1, 0x20, 0x80] {
            let mut changed = good.clone();
            changed[at] ^= change;
            assert!(world.ask(&chain, Some(changed), None).is_err(), "byte {at} ^ {change:#x} of {good:02x?}");
        }
    }
}

/// What is remembered holds as long as the response does, and for that response.
#[cfg(feature = "std")]
#[test]
fn a_verdict_is_remembered_with_its_staple() {
    let world = World::new();
    let certificates = world.chain(&[]);
    let verifier = Verifier::new(trust(&[&world.root])).cache(std::num::NonZeroUsize::MIN);
    let ask = |staple: Vec<u8>, now: u64| {
        let server = Peer::Server(ServerName::try_from("a.example").unwrap());
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        let mut chain = PeerChain::new(certificates.clone(), server, KeyUse::DigitalSignature, now, ALL);
        chain.ocsp_response = Some(staple.into());
        verifier.verify(&chain).map(drop).map_err(|error| error.kind)
    };
    let good = Response::good(&world.int).der();
    assert_eq!(ask(good.clone(), NOW), Ok(()));
    let revoked = [&[0xa1, 17, GENERALIZED, 15][..], b"20260501000000Z"].concat();
    assert_eq!(ask(Response { status: revoked, ..Response::good(&world.int) }.der(), NOW), Err(Kind::Revoked));
    // It is good until 3 June.
    assert_eq!(ask(good.clone(), NOW), Ok(()));
    assert_eq!(ask(good, NOW + 4 * 86_400), Err(Kind::BadStatusResponse));
}
