//! RFC 5280 §4, rule by rule: each broken in one certificate that is good otherwise. Some breaches are refused, most noted.

use tls12::verify::{Allow, Rule, Verifier};

use super::forge::*;
use super::*;

/// The last bytes of extensions' identifiers in 2.5.29.
const SUBJECT_KEY: u8 = 14;
const KEY_USAGE: u8 = 15;
const SUBJECT_ALT_NAME: u8 = 17;
const BASIC_CONSTRAINTS: u8 = 19;
const NAME_CONSTRAINTS: u8 = 30;
const DISTRIBUTION_POINTS: u8 = 31;
const POLICIES: u8 = 32;
const AUTHORITY_KEY: u8 = 35;
const POLICY_CONSTRAINTS: u8 = 36;
/// 1.3.6.1.5.5.7.1.1, authorityInfoAccess.
const INFO_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
/// SEQUENCE { INTEGER 0 } as [0] IMPLICIT: requireExplicitPolicy in 200 certificates.
const IN_200: &[u8] = &[0x30, 4, 0x80, 2, 0, 200];

struct World {
    root: Ca,
    int: Ca,
    store: TrustStore,
}

impl World {
    fn new() -> Self {
        let root = root("Root");
        let int = intermediate("Int", &root, |_| ());
        Self { store: trust(&[&root]), root, int }
    }

    fn leaf(&self, edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<Der> {
        vec![change(&leaf(&self.int, |_| ()), self.int.key(), edit), self.int.der().clone()]
    }

    fn leaf_extensions(&self, edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<Der> {
        vec![change_extensions(&leaf(&self.int, |_| ()), self.int.key(), edit), self.int.der().clone()]
    }

    fn int_extensions(&self, edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<Der> {
        vec![leaf(&self.int, |_| ()), change_extensions(self.int.der(), self.root.key(), edit)]
    }
}

/// Accepted with this note; and refused with these words where the rule is required.
#[track_caller]
fn noted(store: &TrustStore, chain: &[Der], words: &str, rule: Rule) {
    let verifier = Verifier::new(store.clone());
    let server = Peer::Server(ServerName::try_from("a.example").unwrap());
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let chain = PeerChain::new(Arc::from(chain), server, KeyUse::DigitalSignature, now, ALL);
    let verdict = verifier.judge(&chain).unwrap();
    let notes: Vec<_> = verdict.notes().collect();
    assert!(notes.iter().any(|note| note.rule == rule && note.to_string().contains(words)), "{words:?}: {notes:?}");
    for strict in [verifier.clone().require(rule), verifier.strict()] {
        let error = strict.judge(&chain).unwrap_err();
        assert_eq!(error.kind, Kind::Malformed);
        assert!(error.explanation.contains(words), "{words:?} is not in {error}");
        assert!(error.report().to_string().contains(&format!("Rule::{rule:?}")), "{}", error.report());
    }
}

/// Refused with these words; and accepted once the rule is relaxed, if it can be.
#[track_caller]
fn breaks(store: &TrustStore, chain: &[Der], words: &str, relaxed_by: Option<Allow>) {
    let error = verify(store, chain, &USUAL).unwrap_err();
    assert!(error.explanation.contains(words), "{words:?} is not in {error}");
    if let Some(allow) = relaxed_by {
        let cause = format!("Verifier::allow(Allow::{allow:?})");
        assert!(error.report().to_string().contains(&cause), "{}", error.report());
        let relaxed = Verifier::new(store.clone()).allow(allow);
        let server = Peer::Server(ServerName::try_from("a.example").unwrap());
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
        let chain = PeerChain::new(Arc::from(chain), server, KeyUse::DigitalSignature, now, ALL);
        assert_eq!(relaxed.verify(&chain).map(drop), Ok(()), "{allow:?}");
    }
}

fn remove(id: u8) -> impl FnOnce(&mut Vec<Vec<u8>>) {
    move |extensions| {
        let before = extensions.len();
        extensions.retain(|extension| !is(extension, &id_ce(id)));
        assert!(extensions.len() < before);
    }
}

fn replace(id: u8, critical: Critical, value: &'static [u8]) -> impl FnOnce(&mut Vec<Vec<u8>>) {
    move |extensions| {
        extensions.retain(|extension| !is(extension, &id_ce(id)));
        extensions.push(extension(&id_ce(id), critical, value));
    }
}

#[test]
fn serial_numbers() {
    let world = World::new();
    let serial = |content: &'static [u8]| world.leaf(|fields| fields[SERIAL] = tlv(2, &[content]));
    assert_eq!(verify(&world.store, &serial(&[0x7f; 20]), &USUAL), Ok(()));
    assert_eq!(verify(&world.store, &serial(&[0, 0x80]), &USUAL), Ok(()));
    let odd = Rule::SerialNumber;
    noted(&world.store, &serial(&[0]), "has a serial number that is zero", odd);
    noted(&world.store, &serial(&[0x80, 1]), "zero or negative (RFC 5280 §4.1.2.2)", odd);
    noted(&world.store, &serial(&[0x7f; 21]), "more than 20 octets", odd);
    breaks(&world.store, &serial(&[0, 1]), "certificate 1 of 2 (unreadable) has a malformed serial number", None);
    breaks(&world.store, &serial(&[]), "", None);
}

#[test]
fn fields() {
    let world = World::new();
    let store = &world.store;
    // An algorithm inside that is not the one outside (ecdsa-with-SHA384 for ecdsa-with-SHA256).
    let other = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
    breaks(store, &world.leaf(|fields| fields[ALGORITHM] = other.to_vec()), "two different signature algorithms", None);
    breaks(store, &world.leaf(|fields| fields[ISSUER] = vec![0x30, 0]), "", None);
    // GeneralizedTime for 2026 and 2027.
    let early = [tlv(0x18, &[b"20260101000000Z"]), tlv(0x18, &[b"20270101000000Z"])].concat();
    let chain = world.leaf(|fields| fields[VALIDITY] = tlv(SEQUENCE, &[&early]));
    noted(store, &chain, "uses GeneralizedTime for a date before 2050", Rule::TimeEncoding);
    for time in [&b"2601010000Z"[..], b"260101000000+0000", b"260101000000"] {
        let times = [tlv(0x17, &[time]), tlv(0x17, &[b"270101000000Z"])].concat();
        breaks(store, &world.leaf(|fields| fields[VALIDITY] = tlv(SEQUENCE, &[&times])), "", None);
    }
    let chain = world.leaf(|fields| fields[SUBJECT] = vec![0x30, 0]);
    noted(store, &chain, "has no subject, and its subjectAltName is not critical", Rule::Names);
    breaks(store, &world.leaf(|fields| fields[SUBJECT] = vec![0x30, 2, 0x31, 0]), "", None);
    // [1] issuerUniqueID, after the key.
    noted(
        store,
        &world.leaf(|fields| fields.insert(7, vec![0x81, 2, 0, 1])),
        "unique identifier",
        Rule::UniqueIdentifiers,
    );
    let chain = world.leaf_extensions(Vec::clear);
    // Without a subjectAltName, it has no name either.
    breaks(store, &chain, "is valid for no DNS name or IP address", None);
}

#[test]
fn key_identifiers() {
    let world = World::new();
    let (store, missing) = (&world.store, Rule::KeyIdentifiers);
    let words = "does not identify its issuer's key (authorityKeyIdentifier)";
    noted(store, &world.leaf_extensions(remove(AUTHORITY_KEY)), words, missing);
    noted(store, &world.int_extensions(remove(AUTHORITY_KEY)), words, missing);
    noted(store, &world.int_extensions(remove(SUBJECT_KEY)), "has no subjectKeyIdentifier", missing);
    // [0] KeyIdentifier.
    let other = replace(AUTHORITY_KEY, Critical::No, &[0x30, 4, 0x80, 2, 1, 2]);
    noted(
        store,
        &world.leaf_extensions(other),
        "an authorityKeyIdentifier that does not match its issuer's key",
        missing,
    );
    // With a serial number, and no issuer.
    let half = replace(AUTHORITY_KEY, Critical::No, &[0x30, 7, 0x80, 2, 1, 2, 0x82, 1, 9]);
    noted(store, &world.leaf_extensions(half), "an issuer or a serial number, but not both", missing);
}

#[test]
fn criticality() {
    let world = World::new();
    let store = &world.store;
    for id in [AUTHORITY_KEY, SUBJECT_KEY] {
        let chain = world.int_extensions(|extensions| set_critical(extensions, &id_ce(id), Critical::Yes));
        noted(store, &chain, "a critical extension that must not be marked critical", Rule::Criticality);
    }
    // id-ad-ocsp, and the URI "a:".
    let access = [0x30, 16, 0x30, 14, 6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 0x86, 2, b'a', b':'];
    let with =
        |critical| world.leaf_extensions(|extensions| extensions.push(extension(INFO_ACCESS, critical, &access)));
    assert_eq!(verify(store, &with(Critical::No), &USUAL), Ok(()));
    noted(store, &with(Critical::Yes), "must not be marked critical", Rule::Criticality);
    let chain = world.int_extensions(|extensions| set_critical(extensions, &id_ce(BASIC_CONSTRAINTS), Critical::No));
    noted(store, &chain, "its basicConstraints is not critical", Rule::Criticality);
    let chain = world.int_extensions(replace(POLICY_CONSTRAINTS, Critical::No, IN_200));
    noted(store, &chain, "policyConstraints that are not critical", Rule::Criticality);
    let chain = world.int_extensions(replace(POLICY_CONSTRAINTS, Critical::Yes, IN_200));
    assert_eq!(verify(store, &chain, &USUAL), Ok(()));
    // permitted DNS a.example.
    let names = b"\x30\x0f\xa0\x0d\x30\x0b\x82\x09a.example";
    let chain = world.int_extensions(replace(NAME_CONSTRAINTS, Critical::No, names));
    noted(store, &chain, "nameConstraints that are not critical", Rule::Criticality);
    let chain = world.int_extensions(replace(NAME_CONSTRAINTS, Critical::Yes, names));
    assert_eq!(verify(store, &chain, &USUAL), Ok(()));
}

#[test]
fn extensions() {
    let world = World::new();
    let store = &world.store;
    let twice = |extensions: &mut Vec<Vec<u8>>| {
        let found = extension(&id_ce(POLICIES), Critical::No, &[0x30, 5, 0x30, 3, 6, 1, 0x2a]);
        extensions.extend([found.clone(), found]);
    };
    breaks(store, &world.leaf_extensions(twice), "has an extension twice", None);
    breaks(store, &world.int_extensions(twice), "certificate 2 of 2 (unreadable) has an extension twice", None);
    breaks(store, &world.leaf_extensions(replace(KEY_USAGE, Critical::Yes, &[3, 2, 7, 0])), "is empty", None);
    let empty = replace(SUBJECT_ALT_NAME, Critical::No, &[0x30, 0]);
    breaks(store, &world.leaf_extensions(empty), "is valid for no DNS name or IP address", None);
    for bad in [
        &b"\x30\x0e\x82\x09a.example\x82\x01 "[..],
        b"\x30\x0d\x82\x09a.example\x82\x00",
        b"\x30\x0f\x82\x09a.example\x87\x02\x01\x02",
    ] {
        // The name beside it counts.
        let chain = world.leaf_extensions(replace(SUBJECT_ALT_NAME, Critical::No, bad));
        noted(store, &chain, "a name in its subjectAltName that is empty or malformed", Rule::AlternativeNames);
    }
    breaks(store, &world.leaf_extensions(replace(SUBJECT_ALT_NAME, Critical::No, b"a.example")), "", None);
    // Two extensions' worth in one.
    let long = replace(AUTHORITY_KEY, Critical::No, &[0x30, 4, 0x80, 2, 1, 2, 5, 0]);
    noted(store, &world.leaf_extensions(long), "cannot be parsed and is not needed", Rule::Extensions);
    // A distribution point of reasons only.
    let point = replace(DISTRIBUTION_POINTS, Critical::No, &[0x30, 6, 0x30, 4, 0x81, 2, 6, 0x40]);
    noted(
        store,
        &world.leaf_extensions(point),
        "a CRL distribution point without a name or an issuer",
        Rule::DistributionPoints,
    );
    // The policy 1.2 twice.
    let policy = replace(POLICIES, Critical::No, &[0x30, 10, 0x30, 3, 6, 1, 0x2a, 0x30, 3, 6, 1, 0x2a]);
    noted(store, &world.leaf_extensions(policy), "lists a policy twice", Rule::Policies);
    noted(
        store,
        &world.int_extensions(replace(POLICY_CONSTRAINTS, Critical::Yes, &[0x30, 0])),
        "has empty policyConstraints",
        Rule::Policies,
    );
    noted(
        store,
        &world.int_extensions(replace(NAME_CONSTRAINTS, Critical::Yes, &[0x30, 0])),
        "has empty nameConstraints",
        Rule::Names,
    );
}

#[test]
fn traits_of_authorities() {
    let world = World::new();
    let (store, traits) = (&world.store, Rule::AuthorityTraits);
    // digitalSignature and keyCertSign.
    let chain = world.leaf_extensions(replace(KEY_USAGE, Critical::Yes, &[3, 2, 2, 0x84]));
    noted(store, &chain, "has a keyUsage with keyCertSign, but is not a CA certificate", traits);
    let chain = world.leaf_extensions(replace(BASIC_CONSTRAINTS, Critical::Yes, &[0x30, 3, 2, 1, 0]));
    noted(store, &chain, "has a pathLenConstraint, but is not a CA certificate", traits);
    let names = b"\x30\x0f\xa0\x0d\x30\x0b\x82\x09a.example";
    let chain = world.leaf_extensions(replace(NAME_CONSTRAINTS, Critical::Yes, names));
    noted(store, &chain, "has nameConstraints, but is not a CA certificate", traits);
}

/// RFC 5280 §6.1.1 (d): an anchor is a name and a key. Nothing is asked of its certificate but its time, and what it
/// constrains.
#[test]
fn roots_are_not_judged() {
    let ca = root("Root");
    let chain = [leaf(&ca, |_| ())];
    let with = |edit: &dyn Fn(&mut Vec<Vec<u8>>)| {
        TrustStore::from_der([change_extensions(ca.der(), ca.key(), |extensions| edit(extensions))]).unwrap()
    };
    let critical = |id, critical| move |extensions: &mut Vec<Vec<u8>>| set_critical(extensions, &id_ce(id), critical);
    let without = |id| move |extensions: &mut Vec<Vec<u8>>| extensions.retain(|extension| !is(extension, &id_ce(id)));
    for store in [
        with(&critical(BASIC_CONSTRAINTS, Critical::No)),
        with(&critical(SUBJECT_KEY, Critical::Yes)),
        with(&without(SUBJECT_KEY)),
        with(&|extensions| extensions.push(extension(&[0x2a, 3], Critical::Yes, &[5, 0]))),
    ] {
        assert_eq!(verify(&store, &chain, &USUAL), Ok(()));
        let strict = Verifier::new(store).strict();
        let server = Peer::Server(ServerName::try_from("a.example").unwrap());
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
        let asked = PeerChain::new(Arc::from(&chain[..]), server, KeyUse::DigitalSignature, now, ALL);
        assert!(strict.judge(&asked).is_ok());
    }

    let with = |edit: &dyn Fn(&mut Vec<Vec<u8>>)| {
        TrustStore::from_der([change(ca.der(), ca.key(), |fields| edit(fields))]).unwrap()
    };
    assert_eq!(verify(&with(&|fields| fields[SERIAL] = vec![2, 1, 0]), &chain, &USUAL), Ok(()));
    let old = [tlv(0x17, &[b"240101000000Z"]), tlv(0x17, &[b"260531000000Z"])].concat();
    let store = with(&|fields| fields[VALIDITY] = tlv(SEQUENCE, &[&old]));
    let words = "your root CN=Root expired on 2026-05-31T00:00:00Z, 1 day before the time of the check";
    breaks(&store, &chain, words, Some(Allow::ExpiredRoots));
}

/// The roots of the machine were vetted by others: they are good.
#[cfg(feature = "std")]
#[test]
fn every_root_of_the_machine_can_be_a_root() {
    let Ok(store) = TrustStore::from_file("/etc/ssl/certs/ca-certificates.crt") else { return };
    assert!(store.rejected().is_empty(), "{:?}", store.rejected());
    assert!(store.subjects().len() > 50);
}

#[test]
fn common_names_only_by_name() {
    let root = root("Root");
    let chain = [leaf(&root, |params| params.subject_alt_names = Vec::new())];
    let words = "its common name matches, but is not accepted by default";
    let error = verify(&trust(&[&root]), &chain, &USUAL).unwrap_err();
    assert!(error.explanation.contains(words) && error.kind == Kind::NameMismatch);
    let verifier = Verifier::new(trust(&[&root])).allow(Allow::CommonName);
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let ask = |chain: &[Der], name: &str| {
        let server = Peer::Server(ServerName::try_from(name.to_owned()).unwrap());
        verifier.verify(&PeerChain::new(Arc::from(chain), server, KeyUse::DigitalSignature, now, ALL)).map(drop)
    };
    assert_eq!(ask(&chain, "A.example"), Ok(()));
    assert_eq!(ask(&chain, "b.example").unwrap_err().kind, Kind::NameMismatch);
    // RFC 6125 §6.4.4: where there is a name in the subjectAltName, the common name is none.
    let both = [leaf(&root, |params| {
        params.subject_alt_names = CertificateParams::new(["b.example".to_string()]).unwrap().subject_alt_names;
    })];
    assert_eq!(ask(&both, "b.example"), Ok(()));
    assert_eq!(ask(&both, "a.example").unwrap_err().kind, Kind::NameMismatch);
}

/// RFC 5280 §4.2.1.4: where certificatePolicies is critical, its qualifiers are interpreted, "or MUST reject".
#[test]
fn policy_qualifiers_are_known_where_they_are_critical() {
    let world = World::new();
    // CPS of an empty URI; and one of an arc for examples, 1.3.6.1.4.1.32473.1 (RFC 5612).
    let cps = tlv(SEQUENCE, &[&tlv(6, &[&[0x2b, 6, 1, 5, 5, 7, 2, 1]]), &[0x16, 0]]);
    let other = tlv(SEQUENCE, &[&tlv(6, &[&[0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1]]), &[0x16, 0]]);
    let policies = |critical, qualifiers: &[&[u8]]| {
        let info = tlv(SEQUENCE, &[&tlv(6, &[&[0x2a]]), &tlv(SEQUENCE, qualifiers)]);
        extension(&id_ce(POLICIES), critical, &tlv(SEQUENCE, &[&info]))
    };
    for (critical, qualifiers, expected) in [
        (Critical::Yes, &[&*cps][..], Ok(())),
        (Critical::No, &[&*cps, &*other], Ok(())),
        (Critical::Yes, &[&*cps, &*other], Err(Kind::Unsupported)),
    ] {
        let policies = policies(critical, qualifiers);
        for chain in [
            world.leaf_extensions(|extensions| extensions.push(policies.clone())),
            world.int_extensions(|extensions| extensions.push(policies.clone())),
        ] {
            assert_eq!(verify(&world.store, &chain, &USUAL).map_err(|error| error.kind), expected);
        }
    }
}

/// RFC 5280 §6.1.3 (b): a root without a certificate constrains names too, the common name among them.
#[cfg(feature = "webpki-roots")]
#[test]
fn common_names_keep_the_constraints_of_roots_without_a_certificate() {
    use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, alg_id};

    /// Nobody but the roots has their keys: takes whatever is said to be signed with an RSA key.
    #[derive(Debug)]
    struct Anything;
    impl SignatureVerificationAlgorithm for Anything {
        fn verify_signature(&self, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
            Ok(())
        }
        fn public_key_alg_id(&self) -> AlgorithmIdentifier {
            alg_id::RSA_ENCRYPTION
        }
        fn signature_alg_id(&self) -> AlgorithmIdentifier {
            webpki::ring::ECDSA_P256_SHA256.signature_alg_id()
        }
    }
    static ALL: [&dyn SignatureVerificationAlgorithm; 2] = [&Anything, webpki::ring::ECDSA_P256_SHA256];

    let some = root("Root");
    let made = leaf(&some, |params| params.subject_alt_names = Vec::new());
    let verifier = Verifier::new(TrustStore::mozilla()).allow(Allow::CommonName);
    let ask = |constrained: bool| {
        let is_rsa = |key: &[u8]| key.starts_with(&tlv(SEQUENCE, &[&alg_id::RSA_ENCRYPTION]));
        let mut roots = webpki_roots::TLS_SERVER_ROOTS.iter();
        let root =
            roots.find(|root| root.name_constraints.is_some() == constrained && is_rsa(&root.subject_public_key_info));
        let issuer = tlv(SEQUENCE, &[&root.unwrap().subject]);
        let chain = [change(&made, some.key(), |fields| fields[ISSUER] = issuer)];
        let server = Peer::Server(ServerName::try_from("a.example").unwrap());
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
        let algorithms = SignatureAlgorithms::from_static(&ALL, &[], &[]);
        verifier.verify(&PeerChain::new(Arc::from(chain), server, KeyUse::DigitalSignature, now, algorithms)).map(drop)
    };
    assert_eq!(ask(false), Ok(()));
    let kind = ask(true).unwrap_err().kind;
    assert!(matches!(kind, Kind::NameMismatch | Kind::Constraint), "{kind:?}");
}

#[test]
fn an_authority_as_a_server_is_noted() {
    let root = root("Root");
    let ca = leaf(&root, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
    });
    noted(&trust(&[&root]), &[ca], "is a CA certificate (basicConstraints)", Rule::AuthorityAsPeer);
}

#[test]
fn names_beyond_ascii_are_refused_clearly() {
    use tls12::verify::server_name;
    assert_eq!(server_name("xn--mller-kva.example"), Ok(ServerName::try_from("xn--mller-kva.example").unwrap()));
    let error = server_name("müller.example").unwrap_err().to_string();
    assert!(error.contains("müller.example") && error.contains("A-labels (xn--…)"), "{error}");
    assert!(!server_name("a b").unwrap_err().to_string().contains("A-labels"));
}

/// X.690: what cannot be read to its end says nothing, wherever it begins well.
#[test]
fn extensions_with_more_in_them_than_they_may_have() {
    let world = World::new();
    let words = "has a malformed extension (RFC 5280 §4.2)";
    // SEQUENCE { TRUE, NULL }; and a.example, and a name that is longer than what is there.
    let more = replace(BASIC_CONSTRAINTS, Critical::Yes, &[0x30, 5, 1, 1, 0xff, 5, 0]);
    breaks(&world.store, &world.int_extensions(more), words, None);
    let names = b"\x30\x0e\x82\x09a.example\x82\x05a";
    breaks(&world.store, &world.leaf_extensions(replace(SUBJECT_ALT_NAME, Critical::No, names)), words, None);
}
