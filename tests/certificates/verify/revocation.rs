//! Certificate revocation lists.

use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{CertificateRevocationListParams, KeyIdMethod, RevocationReason, RevokedCertParams, SerialNumber};
use rustls_pki_types::{AlgorithmIdentifier, CertificateRevocationListDer, InvalidSignature};
use tls12::pem::PemError;
use tls12::verify::{Allow, CrlProblem, Revocation, RevocationError, UnknownStatus, Verifier};

use super::forge::*;
use super::*;

type List = CertificateRevocationListDer<'static>;

/// A list that is to be renewed on 1 July.
pub(super) fn list(issuer: &Ca, revoked: &[u64]) -> List {
    list_by(issuer, revoked)
}

fn list_by(issuer: &Issuer<'_, impl SigningKey>, revoked: &[u64]) -> List {
    let revoked = revoked.iter().map(|serial| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: date_time_ymd(2026, 5, 1),
        reason_code: Some(RevocationReason::KeyCompromise),
        invalidity_date: None,
    });
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 5, 1),
        next_update: date_time_ymd(2026, 7, 1),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap().der().clone()
}

fn numbered(serial: u64) -> impl FnOnce(&mut CertificateParams) {
    move |params| params.serial_number = Some(SerialNumber::from(serial))
}

pub(super) fn signing_lists(params: &mut CertificateParams) {
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
}

#[test]
fn revocation_lists() {
    let mut params = ca_params("Root");
    signing_lists(&mut params);
    let root = Ca::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let int = intermediate("Int", &root, |params| {
        signing_lists(params);
        numbered(7)(params);
    });
    let chain: Arc<[Der]> = [leaf(&int, numbered(5)), int.der().clone()].into();
    let ask = |lists: Vec<List>, unknown, now: u64, allow: Option<Allow>| {
        let verifier = Verifier::new(trust(&[&root])).revocation(Revocation::from_der(lists, unknown).unwrap());
        let verifier = allow.into_iter().fold(verifier, Verifier::allow);
        let server = Peer::Server(ServerName::try_from("a.example").unwrap());
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        verifier
            .verify(&PeerChain::new(chain.clone(), server, KeyUse::DigitalSignature, now, ALL))
            .map(drop)
            .map_err(|error| error.kind)
    };
    let (refuse, accept) = (UnknownStatus::Refuse, UnknownStatus::Accept);
    let both = |of_int: &[u64], of_root: &[u64]| vec![list(&int, of_int), list(&root, of_root)];
    assert_eq!(ask(both(&[1], &[2]), refuse, NOW, None), Ok(()));
    assert_eq!(ask(both(&[5], &[2]), refuse, NOW, None), Err(Kind::Revoked));
    assert_eq!(ask(both(&[1], &[7]), accept, NOW, None), Err(Kind::Revoked));
    // The numbers are each issuer's own.
    assert_eq!(ask(both(&[7], &[5]), refuse, NOW, None), Ok(()));
    assert_eq!(ask(vec![list(&int, &[])], refuse, NOW, None), Err(Kind::RevocationUnknown));
    assert_eq!(ask(vec![list(&int, &[])], accept, NOW, None), Ok(()));
    assert_eq!(ask(vec![list(&int, &[5])], accept, NOW, None), Err(Kind::Revoked));
    let later = NOW + 31 * 86_400;
    assert_eq!(ask(both(&[], &[]), refuse, later, None), Err(Kind::RevocationUnknown));
    assert_eq!(ask(both(&[], &[]), accept, later, None), Ok(()));
    assert_eq!(ask(both(&[5], &[]), accept, later, None), Err(Kind::Revoked));
    assert_eq!(ask(both(&[], &[]), refuse, later, Some(Allow::ExpiredCrls)), Ok(()));
    assert_eq!(ask(both(&[5], &[]), accept, later, Some(Allow::ExpiredCrls)), Err(Kind::Revoked));
    // Of the right name, and another key.
    let namesake = intermediate("Int", &root, signing_lists);
    let lists = || vec![list(&namesake, &[5]), list(&root, &[])];
    assert_eq!(ask(lists(), refuse, NOW, None), Err(Kind::RevocationUnknown));
    assert_eq!(ask(lists(), accept, NOW, None), Ok(()));
}

#[test]
fn lists_that_cannot_be_used_are_told_and_spoil_no_other() {
    let ca = intermediate("Int", &root("Root"), signing_lists);
    let good = list(&ca, &[]);
    let pem = |der: &[u8]| pem::encode(&pem::Pem::new("X509 CRL", der));
    let read = |pem: &str| Revocation::from_pem(pem.as_bytes(), UnknownStatus::Refuse);
    assert!(read(&pem(&good)).unwrap().rejected().is_empty());
    assert!(matches!(read("no list").unwrap_err(), RevocationError::Pem(PemError::Nothing { .. })));
    assert!(matches!(Revocation::from_der([], UnknownStatus::Refuse).unwrap_err(), RevocationError::None));
    assert!(read(&pem(&good).repeat(2).replace("\n-----BEGIN", "-----BEGIN")).unwrap().rejected().is_empty());
    let both = read(&(pem(&[0x30, 0]) + &pem(&good))).unwrap();
    let [rejected] = both.rejected() else { panic!("{both:?}") };
    assert_eq!((rejected.position, &rejected.file, &rejected.problem), (1, &None, &CrlProblem::Malformed));
    let bad = Revocation::from_der([List::from(vec![0x30, 0])], UnknownStatus::Refuse).unwrap_err();
    let RevocationError::Rejected(rejected) = &bad else { panic!("{bad:?}") };
    assert_eq!(rejected.len(), 1);
    // RFC 5280 §5.2.
    let critical = change_list(&ca, &good, |fields| {
        let critical = extension(&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x15, 1], Critical::Yes, &[5, 0]);
        let extensions = elements(&content(&content(&fields.pop().unwrap())));
        let list = tlv(SEQUENCE, &[&extensions.concat(), &critical]);
        fields.push(tlv(0xa0, &[&list]));
    });
    let error = Revocation::from_der([critical], UnknownStatus::Refuse).unwrap_err().to_string();
    assert!(error.contains("1.3.6.1.4.1.311.21.1"), "{error}");
}

#[test]
fn files_and_folders() {
    let ca = intermediate("Int", &root("Root"), signing_lists);
    let good = list(&ca, &[]);
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let pem = pem::encode(&pem::Pem::new("X509 CRL", &*good));
    let (pem, der) = (write("a.pem", pem.as_bytes()), write("b.crl", &good));
    let (bad, none) = (write("c.crl", &good[..good.len() - 1]), write("d.txt", b"no list"));
    let refuse = UnknownStatus::Refuse;
    for good in [&pem, &der] {
        assert!(Revocation::from_file(good, refuse).unwrap().rejected().is_empty());
    }
    let both = Revocation::from_files([&bad, &der], refuse).unwrap();
    let told = both.rejected()[0].to_string();
    assert!(told.starts_with("revocation list 1 in ") && told.contains("c.crl cannot be used: "), "{told}");
    assert!(matches!(Revocation::from_file(&bad, refuse), Err(RevocationError::Rejected(_))));
    for missing in [&none, &folder.path().join("nowhere")] {
        let error = Revocation::from_files([&der, missing], refuse).unwrap_err();
        let RevocationError::InFile { path, .. } = &error else { panic!("{error:?}") };
        assert_eq!(path, missing);
    }
    let text = std::fs::read_to_string(&pem).unwrap();
    write("e.pem", text.replace("END", "DNE").as_bytes());
    let all = Revocation::from_folder(folder.path(), refuse).unwrap();
    let [_, cut] = all.rejected() else { panic!("{all:?}") };
    assert!(cut.to_string().contains("e.pem cannot be used: its PEM cannot be decoded: line 1: "), "{cut}");
    std::fs::remove_file(pem).unwrap();
    std::fs::remove_file(der).unwrap();
    let error = Revocation::from_folder(folder.path(), refuse).unwrap_err();
    assert!(matches!(&error, RevocationError::InFile { error, .. } if matches!(**error, RevocationError::Rejected(_))));
}

/// The list with other fields, signed by `ca`.
fn change_list(ca: &Ca, list: &List, edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> List {
    change(&Der::from(list.to_vec()), ca.key(), edit).to_vec().into()
}

#[test]
fn no_part_of_a_list_is_taken_for_one() {
    let ca = intermediate("Int", &root("Root"), signing_lists);
    let good = list(&ca, &[5, 300]);
    let read = |bytes: &[u8]| Revocation::from_der([List::from(bytes.to_vec())], UnknownStatus::Refuse);
    for at in 0..good.len() {
        assert!(
            matches!(read(&good[..at]), Err(RevocationError::Rejected(_))),
            "{at} bytes of it are taken for a list"
        );
        for change in [1, 0x20, 0x80] {
            let mut changed = good.to_vec();
            changed[at] ^= change;
            // Whatever it says, there is no panic.
            _ = read(&changed);
        }
    }
    assert!(read(&[&*good, &[0]].concat()).is_err());
}

#[test]
fn lists_that_break_their_grammar() {
    let ca = intermediate("Int", &root("Root"), signing_lists);
    let good = list(&ca, &[5]);
    // Its fields are the version, the algorithm, the issuer, two times, the entries and the extensions.
    let edited = |edit: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let list = change_list(&ca, &good, edit);
        Revocation::from_der([list], UnknownStatus::Refuse).map(drop).map_err(|error| error.to_string())
    };
    let entry = |parts: &[&[u8]]| tlv(SEQUENCE, &[&tlv(SEQUENCE, parts)]);
    let date = tlv(0x17, &[b"260501000000Z"]);
    edited(&|_| ()).unwrap();
    edited(&|fields| _ = fields.remove(4)).unwrap();
    edited(&|fields| _ = fields.remove(5)).unwrap();
    edited(&|fields| fields[5] = tlv(SEQUENCE, &[])).unwrap();
    edited(&|fields| fields[5] = entry(&[&[2, 1, 5], &date])).unwrap();
    type Edit = Box<dyn Fn(&mut Vec<Vec<u8>>)>;
    let set = |at: usize, field: Vec<u8>| -> Edit { Box::new(move |fields| fields[at] = field.clone()) };
    let twice = |fields: &mut Vec<Vec<u8>>| {
        let extensions = content(&content(&fields[6]));
        fields[6] = tlv(0xa0, &[&tlv(SEQUENCE, &[&extensions, &extensions])]);
    };
    let number = |value: &[u8]| tlv(0xa0, &[&tlv(SEQUENCE, &[&extension(&id_ce(20), Critical::No, value)])]);
    let scope = |value: &[u8]| tlv(0xa0, &[&tlv(SEQUENCE, &[&extension(&id_ce(28), Critical::Yes, value)])]);
    let delta = tlv(0xa0, &[&tlv(SEQUENCE, &[&extension(&id_ce(27), Critical::Yes, &[2, 1, 1])])]);
    let bad: Vec<(&str, Edit)> = vec![
        ("version 3", set(0, vec![2, 1, 2])),
        ("version 1, written", set(0, vec![2, 1, 0])),
        ("version 1 with extensions", Box::new(|fields| _ = fields.remove(0))),
        ("another algorithm than outside", set(1, tlv(SEQUENCE, &[&[6, 1, 0x2a]]))),
        ("no issuer", set(2, tlv(SEQUENCE, &[]))),
        ("a time that is none", set(3, tlv(0x17, &[b"261301000000Z"]))),
        ("an entry without a date", set(5, entry(&[&[2, 1, 5]]))),
        ("an entry without a serial number", set(5, entry(&[&date]))),
        ("a serial number that is too long", set(5, entry(&[&[2, 2, 0, 5], &date]))),
        ("an entry with too much", set(5, entry(&[&[2, 1, 5], &date, &[5, 0]]))),
        ("an extension twice", Box::new(twice)),
        ("a negative number", set(6, number(&[2, 1, 0x80]))),
        ("a number that is none", set(6, number(&[5, 0]))),
        ("a delta without a number", set(6, delta)),
        ("a list of users and of authorities", set(6, scope(&tlv(SEQUENCE, &[&[0x81, 1, 0xff, 0x82, 1, 0xff]])))),
        ("a scope in a wrong order", set(6, scope(&tlv(SEQUENCE, &[&[0x84, 1, 0xff, 0x81, 1, 0xff]])))),
        ("something after the extensions", Box::new(|fields| fields.push(vec![5, 0]))),
    ];
    for (what, edit) in bad {
        let error = edited(&edit).expect_err(what);
        assert!(error.contains("or is malformed"), "{what}: {error}");
    }
}

/// A list as large authorities have them: the certificate is found on it, wherever it is.
#[test]
fn a_big_list() {
    const ENTRIES: u32 = 100_000;
    let mut params = ca_params("Root");
    signing_lists(&mut params);
    let root = Ca::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let date = tlv(0x17, &[b"260501000000Z"]);
    // In no order: the multiplier has no factor in common with the count.
    let serial = |i: u32| [&[2, 4, 1][..], &(i * 7919 % ENTRIES).to_be_bytes()[1..]].concat();
    let entries: Vec<u8> = (0..ENTRIES).flat_map(|i| tlv(SEQUENCE, &[&serial(i), &date])).collect();
    let big = change_list(&root, &list(&root, &[]), |fields| fields.insert(5, tlv(SEQUENCE, &[&entries])));
    let revocation = Revocation::from_der([big], UnknownStatus::Refuse).unwrap();
    let verifier = Verifier::new(trust(&[&root])).revocation(revocation);
    let ask = |serial: u32| {
        let server = Peer::Server(ServerName::try_from("a.example").unwrap());
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
        let chain = [leaf(&root, numbered(0x0100_0000 + u64::from(serial)))].into();
        let asked = PeerChain::new(chain, server, KeyUse::DigitalSignature, now, ALL);
        verifier.verify(&asked).map(drop).map_err(|error| error.kind)
    };
    for serial in [0, 1, 255, 256, ENTRIES / 2, ENTRIES - 1] {
        assert_eq!(ask(serial), Err(Kind::Revoked), "{serial}");
    }
    assert_eq!(ask(ENTRIES), Ok(()));
}

/// An algorithm that counts how often it is used.
#[derive(Debug)]
struct Counting {
    of: &'static dyn SignatureVerificationAlgorithm,
    count: &'static AtomicUsize,
}

impl SignatureVerificationAlgorithm for Counting {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.of.verify_signature(key, message, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.of.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.of.signature_alg_id()
    }
}

/// How many signatures it takes to verify the chain, and what comes of it.
fn count(verifier: &Verifier, chain: &[Der]) -> (usize, Result<(), Kind>) {
    let count: &'static AtomicUsize = Box::leak(Box::default());
    let counting = |of: &&'static _| -> &'static dyn SignatureVerificationAlgorithm {
        Box::leak(Box::new(Counting { of: *of, count }))
    };
    let all: Vec<_> = webpki::ALL_VERIFICATION_ALGS.iter().map(counting).collect();
    let algorithms = SignatureAlgorithms::from_static(Box::leak(all.into()), &[], &[]);
    let server = Peer::Server(ServerName::try_from("a.example").unwrap());
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let chain = PeerChain::new(chain.into(), server, KeyUse::DigitalSignature, now, algorithms);
    let result = verifier.verify(&chain).map(drop).map_err(|error| error.kind);
    (count.load(Ordering::Relaxed), result)
}

fn signing_root() -> Ca {
    let mut params = ca_params("Root");
    signing_lists(&mut params);
    Ca::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

#[test]
fn the_signature_of_a_list_is_verified_once() {
    let root = signing_root();
    let int = intermediate("Int", &root, signing_lists);
    let chain = [leaf(&int, numbered(5)), int.der().clone()];
    let verifier = Verifier::new(trust(&[&root]));
    let lists = Revocation::from_der([list(&root, &[]), list(&int, &[])], UnknownStatus::Refuse).unwrap();
    let with_lists = verifier.clone().revocation(lists);
    let (of_chain, result) = count(&verifier, &chain);
    assert_eq!(result, Ok(()));
    assert_eq!(count(&with_lists, &chain), (of_chain + 2, Ok(())));
    assert_eq!(count(&with_lists, &chain), (of_chain, Ok(())));
}

/// More lists than signatures are verified for a chain: those that a key has signed that is no longer used do not keep the
/// others from being heard.
#[test]
fn many_lists_of_an_old_key() {
    const OLD: u64 = 150;
    let root = signing_root();
    let int = intermediate("Int", &root, signing_lists);
    let old = intermediate("Int", &root, signing_lists);
    let chain = [leaf(&int, numbered(5)), int.der().clone()];
    for (revoked, verdict) in [(&[][..], Ok(())), (&[5], Err(Kind::Revoked))] {
        let lists = (0..OLD).map(|_| list(&old, &[])).chain([list(&root, &[]), list(&int, revoked)]);
        let revocation = Revocation::from_der(lists, UnknownStatus::Refuse).unwrap();
        let verifier = Verifier::new(trust(&[&root])).revocation(revocation);
        assert_eq!(count(&verifier, &chain).1, verdict);
    }
}

/// RFC 5280 §6.3.3 (f). Whoever has the key of a device could otherwise say that nothing was revoked.
#[test]
fn a_device_that_is_trusted_itself_signs_no_lists_unless_it_says_so() {
    let mut params = ca_params("Root");
    signing_lists(&mut params);
    let root = Ca::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let chain: Arc<[Der]> = [leaf(&root, numbered(5))].into();
    let status = |usages: Vec<KeyUsagePurpose>| {
        let mut params = named("Root");
        params.key_usages = usages;
        let device = Ca::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let store = TrustStore::from_der([root.der().clone(), device.der().clone()]).unwrap();
        // rcgen asks the issuer's keyUsage, which is not what is asked here.
        let signing = Issuer::new(ca_params_for_lists("Root"), device.key());
        let list = list_by(&signing, &[]);
        let revocation = Revocation::from_der([list], UnknownStatus::Refuse).unwrap();
        let server = Peer::Server(ServerName::try_from("a.example").unwrap());
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
        let asked = PeerChain::new(chain.clone(), server, KeyUse::DigitalSignature, now, ALL);
        Verifier::new(store).revocation(revocation).verify(&asked).map(drop).map_err(|error| error.kind)
    };
    assert_eq!(status(Vec::new()), Err(Kind::RevocationUnknown));
    assert_eq!(status(vec![KeyUsagePurpose::DigitalSignature]), Err(Kind::RevocationUnknown));
    assert_eq!(status(vec![KeyUsagePurpose::CrlSign]), Ok(()));
}

fn ca_params_for_lists(common_name: &str) -> CertificateParams {
    let mut params = ca_params(common_name);
    signing_lists(&mut params);
    params
}

/// What is remembered holds as long as the lists do.
#[cfg(feature = "std")]
#[test]
fn a_verdict_is_remembered_until_a_list_expires() {
    let root = Ca::self_signed(ca_params_for_lists("Root"), KeyPair::generate().unwrap()).unwrap();
    let certificates: Arc<[Der]> = [leaf(&root, numbered(5))].into();
    let revocation = Revocation::from_der([list(&root, &[])], UnknownStatus::Refuse).unwrap();
    let verifier = Verifier::new(trust(&[&root])).revocation(revocation).cache(std::num::NonZeroUsize::MIN);
    let ask = |now: u64| {
        let server = Peer::Server(ServerName::try_from("a.example").unwrap());
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        let chain = PeerChain::new(certificates.clone(), server, KeyUse::DigitalSignature, now, ALL);
        verifier.verify(&chain).map(drop).map_err(|error| error.kind)
    };
    assert_eq!(ask(NOW), Ok(()));
    assert_eq!(ask(NOW + 31 * 86_400), Err(Kind::RevocationUnknown));
}
