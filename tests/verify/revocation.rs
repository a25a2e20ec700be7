//! Certificate revocation lists.

use rcgen::{CertificateRevocationListParams, KeyIdMethod, RevocationReason, RevokedCertParams, SerialNumber};
use rustls_pki_types::CertificateRevocationListDer;
use tls12::verify::{Allow, Revocation, RevocationError, UnknownStatus, Verifier};

use super::*;

type List = CertificateRevocationListDer<'static>;

/// A list that is to be renewed on 1 July.
fn list(issuer: &Ca, revoked: &[u64]) -> List {
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

fn signing_lists(params: &mut CertificateParams) {
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
    assert_eq!(ask(both(&[], &[]), accept, later, None), Err(Kind::RevocationUnknown));
    assert_eq!(ask(both(&[], &[]), accept, later, Some(Allow::ExpiredCrls)), Ok(()));
    assert_eq!(ask(both(&[5], &[]), accept, later, Some(Allow::ExpiredCrls)), Err(Kind::Revoked));
    // Of the right name, and another key.
    let namesake = intermediate("Int", &root, signing_lists);
    assert_eq!(ask(vec![list(&namesake, &[5])], accept, NOW, None), Err(Kind::RevocationUnknown));
}

#[test]
fn lists_that_cannot_be_read_are_told() {
    let ca = intermediate("Int", &root("Root"), signing_lists);
    let pem = pem::encode(&pem::Pem::new("X509 CRL", &*list(&ca, &[])));
    Revocation::from_pem(pem.as_bytes(), UnknownStatus::Refuse).unwrap();
    let none = Revocation::from_pem(b"no list", UnknownStatus::Refuse).unwrap_err();
    assert_eq!(none, RevocationError::None);
    let bad = [list(&ca, &[]), List::from(vec![0x30, 0])];
    let error = Revocation::from_der(bad, UnknownStatus::Refuse).unwrap_err();
    assert!(matches!(error, RevocationError::Malformed { position: 2, .. }), "{error}");
}
