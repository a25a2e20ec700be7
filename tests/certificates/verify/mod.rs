//! Good and bad chains against `verify::TrustStore`: the kind of each error, its alert, and the facts in its words.
#![cfg(feature = "webpki")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod constraints;
mod forge;
mod identity;
mod malformed;
mod pins;
mod profile;
mod reports;
mod revocation;
mod settings;
mod signatures;
mod staple;
mod stores;
mod trusted;
mod work;

use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData,
    SigningKey, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, ServerName, SignatureVerificationAlgorithm, UnixTime};
use tls12::crypto::SignatureAlgorithms;
use tls12::verify::TrustStore;
use tls12::{AlertDescription, CertificateError, CertificateErrorKind as Kind, Error};
use tls12::{KeyUse, Peer, PeerChain, VerifyPeer};

/// 2026-06-01T00:00:00Z, by `date -u -d 2026-06-01 +%s`.
const NOW: u64 = 1_780_272_000;
const ALL: SignatureAlgorithms = SignatureAlgorithms::from_static(webpki::ALL_VERIFICATION_ALGS, &[], &[]);

type Ca = CertifiedIssuer<'static, KeyPair>;
type Der = CertificateDer<'static>;

fn named(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params.use_authority_key_identifier_extension = true;
    params
}

fn ca_params(common_name: &str) -> CertificateParams {
    let mut params = named(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn root(common_name: &str) -> Ca {
    Ca::self_signed(ca_params(common_name), KeyPair::generate().unwrap()).unwrap()
}

fn intermediate(common_name: &str, issuer: &Ca, tweak: impl FnOnce(&mut CertificateParams)) -> Ca {
    let mut params = ca_params(common_name);
    tweak(&mut params);
    Ca::signed_by(params, KeyPair::generate().unwrap(), issuer).unwrap()
}

/// A certificate for a.example and 192.0.2.1, with the common name a.example.
fn leaf(issuer: &Issuer<'_, KeyPair>, tweak: impl FnOnce(&mut CertificateParams)) -> Der {
    let sans = CertificateParams::new(["a.example".to_string(), "192.0.2.1".to_string()]).unwrap().subject_alt_names;
    let mut params = named("a.example");
    params.subject_alt_names = sans;
    params.is_ca = IsCa::ExplicitNoCa;
    tweak(&mut params);
    params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().der().clone()
}

/// Returns an RSA public key with a modulus of this many bits, for which there is no private key.
struct RsaKey(Vec<u8>);

impl RsaKey {
    /// In DER, by hand (RFC 8017 §A.1.1): SEQUENCE { INTEGER modulus, INTEGER 65537 }.
    fn new(bytes: u16) -> Self {
        let modulus = [vec![0], vec![0xff; usize::from(bytes)]].concat();
        Self(forge::tlv(0x30, &[&forge::tlv(2, &[&modulus]), &forge::tlv(2, &[&[1, 0, 1]])]))
    }
}

impl PublicKeyData for RsaKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl SigningKey for RsaKey {
    /// Bytes that are not a signature.
    fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(vec![1; 128])
    }
}

fn trust(roots: &[&Ca]) -> TrustStore {
    TrustStore::from_der(roots.iter().map(|root| root.der().clone())).unwrap()
}

struct Ask<'a> {
    name: &'a str,
    key_use: KeyUse,
    algorithms: SignatureAlgorithms,
}

const USUAL: Ask<'_> = Ask { name: "a.example", key_use: KeyUse::DigitalSignature, algorithms: ALL };

fn verify(store: &TrustStore, chain: &[Der], ask: &Ask<'_>) -> Result<(), CertificateError> {
    let server = Peer::Server(ServerName::try_from(ask.name.to_string()).unwrap());
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let asked = PeerChain::new(Arc::from(chain), server, ask.key_use, now, ask.algorithms.clone());
    let result = store.verify(&asked).map(drop);
    if let Err(error) = &result {
        println!("{error}");
        let text = error.to_string();
        assert!(text.chars().all(|c| !c.is_control() && (c.is_ascii() || c.is_alphanumeric() || "§…".contains(c))));
        assert!(text.len() < 4000, "{} bytes", text.len());
    }
    result
}

#[track_caller]
fn refused_when(store: &TrustStore, chain: &[Der], ask: &Ask<'_>, kind: Kind, alert: u8, facts: &[&str]) {
    let error = verify(store, chain, ask).unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    for fact in facts {
        assert!(error.explanation.contains(fact), "{fact:?} is not in {:?}", error.explanation);
    }
    assert_eq!(Error::from(error).alert().map(AlertDescription::code), Some(alert));
}

#[track_caller]
fn refused(store: &TrustStore, chain: &[Der], kind: Kind, alert: u8, facts: &[&str]) {
    refused_when(store, chain, &USUAL, kind, alert, facts);
}

// RFC 5246 §7.2: the codes of the alerts about certificates.
const HANDSHAKE_FAILURE: u8 = 40;
const BAD_CERTIFICATE: u8 = 42;
const UNSUPPORTED_CERTIFICATE: u8 = 43;
const CERTIFICATE_EXPIRED: u8 = 45;
const CERTIFICATE_UNKNOWN: u8 = 46;
const UNKNOWN_CA: u8 = 48;

#[test]
fn good_chains() {
    let (root, other) = (root("Root"), root("Other"));
    let int = intermediate("Int", &root, |_| ());
    let store = trust(&[&other, &root]);
    let chain = [leaf(&int, |_| ()), int.der().clone()];
    for name in ["a.example", "A.EXAMPLE", "192.0.2.1"] {
        for key_use in [KeyUse::DigitalSignature, KeyUse::KeyEncipherment] {
            assert_eq!(verify(&store, &chain, &Ask { name, key_use, ..USUAL }), Ok(()));
        }
    }
    assert_eq!(verify(&store, &[leaf(&root, |_| ())], &USUAL), Ok(()), "issued by the root itself");
    let with_root = [&chain[..], &[root.der().clone()]].concat();
    assert_eq!(verify(&store, &with_root, &USUAL), Ok(()), "the root is sent too");
    let shuffled = [chain[0].clone(), root.der().clone(), other.der().clone(), chain[1].clone()];
    assert_eq!(verify(&store, &shuffled, &USUAL), Ok(()), "out of order, with one that does not belong");
    let every_use = leaf(&root, |params| {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
    });
    for key_use in [KeyUse::DigitalSignature, KeyUse::KeyEncipherment] {
        assert_eq!(verify(&store, std::slice::from_ref(&every_use), &Ask { key_use, ..USUAL }), Ok(()));
    }
}

#[test]
fn names() {
    let root = root("Root");
    let store = trust(&[&root]);
    let sans = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        [leaf(&root, |params| params.subject_alt_names = CertificateParams::new(names).unwrap().subject_alt_names)]
    };
    let chain = sans(&["a.example", "*.b.example", "192.0.2.1", "2001:db8::1"]);
    for name in ["a.example", "x.b.example", "192.0.2.1", "2001:db8::1", "2001:0db8:0::0001"] {
        assert_eq!(verify(&store, &chain, &Ask { name, ..USUAL }), Ok(()), "{name}");
    }
    for name in ["c.example", "b.example", "x.y.b.example", "192.0.2.2", "2001:db8::2", "example"] {
        let valid = "certificate 1 of 1 (CN=a.example) is valid for a.example, *.b.example, 192.0.2.1, 2001:db8::1";
        let facts = [valid, &format!("but not for {name}")];
        refused_when(&store, &chain, &Ask { name, ..USUAL }, Kind::NameMismatch, BAD_CERTIFICATE, &facts);
    }
    for name in ["x.y.b.example", "b.example"] {
        let facts = ["wildcard matches exactly one label"];
        refused_when(&store, &chain, &Ask { name, ..USUAL }, Kind::NameMismatch, BAD_CERTIFICATE, &facts);
    }

    let many: Vec<_> = (0..100).map(|i| format!("host{i}.example")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    refused(&store, &sans(&many), Kind::NameMismatch, BAD_CERTIFICATE, &["host7.example and 92 more, but not for"]);

    let none = "no DNS name or IP address (subjectAltName), so not for";
    refused(&store, &sans(&[]), Kind::NameMismatch, BAD_CERTIFICATE, &[none, "CN=a.example"]);

    let as_dns = [leaf(&root, |params| {
        params.subject_alt_names = vec![rcgen::SanType::DnsName("192.0.2.1".try_into().unwrap())];
    })];
    let facts = ["the address is present only as a DNS name, which is not accepted"];
    let ask = Ask { name: "192.0.2.1", ..USUAL };
    refused_when(&store, &as_dns, &ask, Kind::NameMismatch, BAD_CERTIFICATE, &facts);
}

#[test]
fn validity() {
    let root = root("Root");
    let store = trust(&[&root]);
    let valid = |from, to| {
        move |params: &mut CertificateParams| {
            params.not_before = from;
            params.not_after = to;
        }
    };
    let now = date_time_ymd(2026, 6, 1);
    let (may, july) = (date_time_ymd(2026, 5, 29), date_time_ymd(2026, 7, 1));

    let facts =
        ["certificate 1 of 1 (CN=a.example) expired on 2026-05-29T00:00:00Z, 3 days before", "(2026-06-01T00:00:00Z)"];
    refused(&store, &[leaf(&root, valid(may, may))], Kind::Expired, CERTIFICATE_EXPIRED, &facts);

    let int = intermediate("Int", &root, valid(may, date_time_ymd(2026, 5, 31)));
    let facts = ["certificate 2 of 2 (CN=Int) expired on 2026-05-31T00:00:00Z, 1 day before"];
    let chain = [leaf(&int, |_| ()), int.der().clone()];
    refused(&store, &chain, Kind::Expired, CERTIFICATE_EXPIRED, &facts);

    let facts =
        ["certificate 1 of 1 (CN=a.example) becomes valid on 2026-07-01T00:00:00Z, 30 days after", "2026-06-01"];
    refused(&store, &[leaf(&root, valid(july, july))], Kind::NotYetValid, CERTIFICATE_EXPIRED, &facts);

    // RFC 5280 §4.1.2.5: both ends are inclusive.
    assert_eq!(verify(&store, &[leaf(&root, valid(now, july))], &USUAL), Ok(()));
    assert_eq!(verify(&store, &[leaf(&root, valid(may, now))], &USUAL), Ok(()));

    let backwards = [leaf(&root, valid(july, may))];
    refused(&store, &backwards, Kind::NotYetValid, CERTIFICATE_EXPIRED, &["certificate 1 of 1", "becomes valid on"]);
}

#[test]
fn unknown_issuer() {
    let (a, b) = (root("Root A"), root("Root B"));
    let store = trust(&[&b]);
    let int = intermediate("Int A", &a, |_| ());
    let end = leaf(&int, |_| ());

    let full = [end.clone(), int.der().clone()];
    let facts = [
        "the chain ends at certificate 2 of 2 (CN=Int A), issued by CN=Root A",
        "which is not your root (\"CN=Root B\")",
    ];
    refused(&store, &full, Kind::UnknownIssuer, UNKNOWN_CA, &facts);

    let facts = [
        "ends at certificate 1 of 1 (CN=a.example), issued by CN=Int A",
        "which is not one of your roots (\"CN=Root A\", \"CN=Root B\")",
        "the server sent 1 certificate",
    ];
    refused(&trust(&[&a, &b]), &full[..1], Kind::UnknownIssuer, UNKNOWN_CA, &facts);

    let with_root = [end, int.der().clone(), a.der().clone()];
    let facts = ["ends at the self-signed certificate 3 of 3 (CN=Root A), which is not your root (\"CN=Root B\")"];
    refused(&store, &with_root, Kind::UnknownIssuer, UNKNOWN_CA, &facts);

    let key = KeyPair::generate().unwrap();
    let device = named("device").self_signed(&key).unwrap().der().clone();
    let facts = ["certificate 1 of 1 (CN=device) is self-signed and is not your root (\"CN=Root B\")"];
    refused(&store, &[device], Kind::UnknownIssuer, UNKNOWN_CA, &facts);

    // Two that issued each other lead nowhere, and to an end.
    let x = Issuer::new(ca_params("X"), KeyPair::generate().unwrap());
    let y_key = KeyPair::generate().unwrap();
    let y = ca_params("Y").signed_by(&y_key, &x).unwrap().der().clone();
    let y_issuer = Issuer::new(ca_params("Y"), y_key);
    let x_cert = ca_params("X").signed_by(x.key(), &y_issuer).unwrap().der().clone();
    let facts = ["the issuers of certificate 1 of 3 (CN=a.example) form a loop"];
    refused(&store, &[leaf(&x, |_| ()), x_cert, y], Kind::UnknownIssuer, UNKNOWN_CA, &facts);
}

#[test]
fn a_root_that_may_not_issue_is_told() {
    let good = root("Good");
    let key = KeyPair::generate().unwrap();
    let mut params = ca_params("Half Root");
    params.key_usages = vec![KeyUsagePurpose::CrlSign];
    let half = params.self_signed(&key).unwrap().der().clone();
    let store = TrustStore::from_der([good.der().clone(), half]).unwrap();
    let end = leaf(&Issuer::new(params, key), |_| ());
    let facts = [
        "issued by CN=Half Root, which is trusted itself, but not as an issuer",
        "its keyUsage does not allow signing certificates (keyCertSign)",
    ];
    refused(&store, &[end], Kind::UnknownIssuer, UNKNOWN_CA, &facts);

    // An intermediate, which the server sends too.
    let params = |params: &mut CertificateParams| params.key_usages = vec![KeyUsagePurpose::CrlSign];
    let int = intermediate("Half Int", &root("Unknown"), params);
    let facts = [
        "certificate 1 of 2 (CN=a.example) was issued by CN=Half Int, which is trusted itself, but not as an issuer",
        "its keyUsage does not allow signing certificates (keyCertSign)",
    ];
    let chain = [leaf(&int, |_| ()), int.der().clone()];
    refused(&trust(&[&int]), &chain, Kind::UnknownIssuer, UNKNOWN_CA, &facts);
}

#[test]
fn purpose() {
    let root = root("Root");
    let store = trust(&[&root]);
    let with_purpose =
        |purposes: &[ExtendedKeyUsagePurpose]| [leaf(&root, |params| params.extended_key_usages = purposes.to_vec())];
    for (purpose, name) in [
        (ExtendedKeyUsagePurpose::ClientAuth, "clientAuth"),
        (ExtendedKeyUsagePurpose::Other(vec![1, 2, 3, 4]), "1.2.3.4"),
    ] {
        let chain = with_purpose(&[purpose, ExtendedKeyUsagePurpose::CodeSigning]);
        let facts =
            [&*format!("of certificate 1 of 1 (CN=a.example) is {name}, codeSigning, but serverAuth is required")];
        refused(&store, &chain, Kind::WrongPurpose, UNSUPPORTED_CERTIFICATE, &facts);
    }
    // RFC 5280 §4.2.1.12: it restricts nothing.
    assert_eq!(verify(&store, &with_purpose(&[ExtendedKeyUsagePurpose::Any]), &USUAL), Ok(()));
    let int = intermediate("Mail CA", &root, |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
    });
    let facts = ["of certificate 2 of 2 (CN=Mail CA) is emailProtection, but serverAuth is required"];
    let chain = [leaf(&int, |_| ()), int.der().clone()];
    refused(&store, &chain, Kind::WrongPurpose, UNSUPPORTED_CERTIFICATE, &facts);
}

#[test]
fn key_usage() {
    use KeyUsagePurpose as Use;
    let root = root("Root");
    let store = trust(&[&root]);
    let chain = |usages: &[Use]| [leaf(&root, |params| params.key_usages = usages.to_vec())];
    let (sign, encipher) = (KeyUse::DigitalSignature, KeyUse::KeyEncipherment);
    assert_eq!(verify(&store, &chain(&[Use::DigitalSignature]), &Ask { key_use: sign, ..USUAL }), Ok(()));
    assert_eq!(verify(&store, &chain(&[Use::KeyEncipherment]), &Ask { key_use: encipher, ..USUAL }), Ok(()));
    for (key_use, usages, facts) in [
        (sign, &[Use::KeyEncipherment][..], ["is keyEncipherment;", "signing in the handshake needs digitalSignature"]),
        (
            encipher,
            &[Use::DigitalSignature],
            ["is digitalSignature;", "needs keyEncipherment; an ECDHE suite does not need it"],
        ),
        (encipher, &[Use::CrlSign, Use::DecipherOnly], ["is cRLSign, decipherOnly;", "needs keyEncipherment ("]),
        (sign, &[Use::ContentCommitment, Use::KeyAgreement], ["is nonRepudiation, keyAgreement;", "RFC 5246 §7.4.2"]),
    ] {
        let facts = [facts[0], facts[1], "certificate 1 of 1 (CN=a.example)"];
        let ask = Ask { key_use, ..USUAL };
        refused_when(&store, &chain(usages), &ask, Kind::WrongPurpose, UNSUPPORTED_CERTIFICATE, &facts);
    }
    // A keyUsage that is no BIT STRING (but NULL).
    let bad = [leaf(&root, |params| {
        params.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 5, 29, 15], vec![5, 0])];
    })];
    refused(&store, &bad, Kind::Malformed, BAD_CERTIFICATE, &["certificate 1 of 1"]);
}

#[test]
fn issuers_that_are_no_ca() {
    let root = root("Root");
    let store = trust(&[&root]);
    for not_ca in [IsCa::ExplicitNoCa, IsCa::NoCa] {
        let int = intermediate("Int", &root, |params| params.is_ca = not_ca);
        let facts =
            ["certificate 2 of 2 (CN=Int) issued certificate 1 of 2 (CN=a.example), but is not a CA certificate"];
        let chain = [leaf(&int, |_| ()), int.der().clone()];
        refused(&store, &chain, Kind::WrongPurpose, UNSUPPORTED_CERTIFICATE, &facts);
    }
    // RFC 5280 §6.1.4 (n).
    let int = intermediate("Int", &root, |params| params.key_usages = vec![KeyUsagePurpose::CrlSign]);
    let facts = ["certificate 2 of 2 (CN=Int) issued certificate 1 of 2", "its keyUsage does not allow signing"];
    let chain = [leaf(&int, |_| ()), int.der().clone()];
    refused(&store, &chain, Kind::WrongPurpose, UNSUPPORTED_CERTIFICATE, &facts);
}

#[test]
fn constraints() {
    let root = root("Root");
    let store = trust(&[&root]);
    let a = intermediate("A", &root, |params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    let b = intermediate("B", &a, |_| ());
    assert_eq!(verify(&store, &[leaf(&a, |_| ()), a.der().clone()], &USUAL), Ok(()));
    let chain = [leaf(&b, |_| ()), b.der().clone(), a.der().clone()];
    let facts = ["certificate 3 of 3 (CN=A) may have 0 intermediates below it (pathLenConstraint), but has 1"];
    refused(&store, &chain, Kind::Constraint, BAD_CERTIFICATE, &facts);

    let c = intermediate("C", &root, |params| {
        let permitted_subtrees = vec![GeneralSubtree::DnsName("b.example".to_string())];
        params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: vec![] });
    });
    let facts = [
        "the nameConstraints of certificate 2 of 2 (CN=C) do not permit",
        "the name a.example in certificate 1 of 2 (CN=a.example)",
    ];
    refused(&store, &[leaf(&c, |_| ()), c.der().clone()], Kind::Constraint, BAD_CERTIFICATE, &facts);

    let mut issuer = intermediate("I0", &root, |_| ());
    let mut issuers = vec![issuer.der().clone()];
    for i in 1..11 {
        issuer = intermediate(&format!("I{i}"), &issuer, |_| ());
        issuers.insert(0, issuer.der().clone());
    }
    issuers.insert(0, leaf(&issuer, |_| ()));
    refused(&store, &issuers, Kind::Refused, CERTIFICATE_UNKNOWN, &["more than 10 intermediates"]);
}
