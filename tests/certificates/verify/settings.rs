//! The settings of a verifier: each setting does what it says, and none is forgotten by a session or a cache.

use std::num::NonZeroUsize;

use tls12::verify::{Allow, Basis, CertificatePolicies, Despite, Pin, Revocation, Rule, UnknownStatus, Verifier};

use super::*;

fn judge(verifier: &Verifier, chain: &[Der], peer: Peer) -> Result<Basis, Kind> {
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let chain = PeerChain::new(Arc::from(chain), peer, KeyUse::DigitalSignature, now, ALL);
    verifier.judge(&chain).map(|verdict| verdict.basis().clone()).map_err(|error| error.kind)
}

fn server() -> Peer {
    Peer::Server(ServerName::try_from("a.example").unwrap())
}

/// A session is resumed only under the verifier that has accepted it, so whatever decides is in its identity.
#[test]
fn every_setting_is_in_the_identity() {
    let (root, other) = (root("Root"), root("Other"));
    let new = || Verifier::new(trust(&[&root]));
    let list = |issuer: &Ca| {
        let params = rcgen::CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 5, 1),
            next_update: date_time_ymd(2026, 7, 1),
            crl_number: rcgen::SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: rcgen::KeyIdMethod::Sha256,
        };
        params.signed_by(issuer).unwrap().der().clone()
    };
    let lists = |list, unknown| Revocation::from_der([list], unknown).unwrap();
    let mut sign = ca_params("Lists");
    sign.key_usages.push(KeyUsagePurpose::CrlSign);
    let signer = Ca::self_signed(sign, KeyPair::generate().unwrap()).unwrap();
    let (one, two) = (list(&signer), list(&signer));
    let pin = || Pin::key([1; 32]);
    let mut verifiers = vec![
        new(),
        Verifier::new(trust(&[&other])),
        Verifier::new(trust(&[&root, &other])),
        new().strict(),
        new().policies(CertificatePolicies::new().require()),
        new().accept_purpose("1.3.6.1.4.1.311.54.1.2").unwrap(),
        new().accept_purpose("1.3.6.1.5.5.7.3.3").unwrap(),
        new().max_intermediates(1),
        new().max_intermediates(2),
        new().revocation(lists(one.clone(), UnknownStatus::Refuse)),
        new().revocation(lists(one, UnknownStatus::Accept)),
        new().revocation(lists(two, UnknownStatus::Refuse)),
        Verifier::pinned([pin()]).unwrap(),
        Verifier::pinned([Pin::key([2; 32])]).unwrap(),
        Verifier::pinned([pin().only_for(ServerName::try_from("a.example").unwrap())]).unwrap(),
        Verifier::pinned([pin().despite(Despite::Usage)]).unwrap(),
        Verifier::pinned([pin().despite(Despite::Expired)]).unwrap(),
        new().pin(pin()),
    ];
    let allowed = [
        Allow::ExpiredRoots,
        Allow::CommonName,
        Allow::SmallRsaKeys,
        Allow::Sha1Signatures,
        Allow::OldVersions,
        Allow::ExpiredCrls,
        Allow::UnusableStaple,
    ];
    verifiers.extend(allowed.map(|allow| new().allow(allow)));
    verifiers.extend(Rule::ALL.iter().map(|rule| new().require(*rule)));
    let identities: std::collections::BTreeSet<_> = verifiers.iter().map(|v| v.identity().unwrap()).collect();
    assert_eq!(identities.len(), verifiers.len());
    assert_eq!(new().allow(Allow::CommonName).identity(), new().allow(Allow::CommonName).identity());
}

/// What was remembered was accepted by other settings.
#[test]
fn a_setting_that_is_changed_empties_the_cache() {
    let root = root("Root");
    let chain = [leaf(&root, |params| params.use_authority_key_identifier_extension = false)];
    let verifier = Verifier::new(trust(&[&root])).cache(NonZeroUsize::MIN);
    assert!(judge(&verifier, &chain, server()).is_ok());
    assert_eq!(judge(&verifier, &chain, server()), Ok(Basis::Remembered));
    assert_eq!(judge(&verifier.clone().require(Rule::KeyIdentifiers), &chain, server()), Err(Kind::Malformed));
    assert_eq!(judge(&verifier, &chain, server()), Ok(Basis::Remembered));
}

/// A purpose is accepted beside the usual one, and on the whole path.
#[test]
fn further_purposes() {
    let root = root("Root");
    // Microsoft's Remote Desktop.
    let desktop = || ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 4, 1, 311, 54, 1, 2]);
    let int = intermediate("Int", &root, |params| params.extended_key_usages = vec![desktop()]);
    let chain = [leaf(&int, |params| params.extended_key_usages = vec![desktop()]), int.der().clone()];
    let verifier = Verifier::new(trust(&[&root]));
    assert_eq!(judge(&verifier, &chain, server()), Err(Kind::WrongPurpose));
    let other = verifier.clone().accept_purpose("1.3.6.1.5.5.7.3.3").unwrap();
    assert_eq!(judge(&other, &chain, server()), Err(Kind::WrongPurpose));
    let accepting = verifier.accept_purpose("1.3.6.1.4.1.311.54.1.2").unwrap();
    assert!(judge(&accepting, &chain, server()).is_ok());
    assert!(judge(&accepting, &[leaf(&root, |_| ())], server()).is_ok());
    accepting.accept_purpose("Remote Desktop").unwrap_err();
}

/// RFC 5280 §4.2.1.12: a certificate for any purpose is for this one.
#[test]
fn any_purpose() {
    let root = root("Root");
    let any = leaf(&root, |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any]);
    let verifier = Verifier::new(trust(&[&root]));
    assert!(judge(&verifier, std::slice::from_ref(&any), server()).is_ok());
    assert!(judge(&verifier, &[any], Peer::Client).is_ok());
}

/// A certificate is read only up to a size, on the path or not.
#[test]
fn a_certificate_of_more_than_64_kb() {
    let root = root("Root");
    let verifier = Verifier::new(trust(&[&root]));
    let long = |len: usize| {
        leaf(&root, |params| {
            params.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![0; len])];
        })
    };
    assert!(judge(&verifier, &[long(64_000)], server()).is_ok());
    assert_eq!(judge(&verifier, &[long(66_000)], server()), Err(Kind::Refused));
    assert_eq!(judge(&verifier, &[leaf(&root, |_| ()), long(66_000)], server()), Err(Kind::Refused));
}

/// A certificate that is not needed is passed over, unless it must be readable too.
#[test]
fn certificates_that_are_not_needed() {
    let root = root("Root");
    let chain = [leaf(&root, |_| ()), Der::from(vec![1])];
    let verifier = Verifier::new(trust(&[&root]));
    assert_eq!(judge(&verifier, &chain, server()), Ok(Basis::Path { certificates: vec![0], root: 0 }));
    assert_eq!(judge(&verifier.clone().require(Rule::UnneededCertificates), &chain, server()), Err(Kind::Malformed));
    assert!(judge(&verifier.require(Rule::SerialNumber), &chain, server()).is_ok());
}
