//! The sources of roots, and the use of their names.

use tls12::pem::PemError;
use tls12::verify::{RootProblem, TrustStoreError};

use super::*;

#[cfg(feature = "std")]
#[test]
fn files_and_folders() {
    let (a, b, c) = (root("A"), root("B"), root("C"));
    let end = leaf(&a, |_| ());
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("1.pem", [a.pem(), b.pem()].concat().as_bytes());
    write("2.der", c.der());
    write("3.txt", b"notes");
    write("4.pem", pem::encode(&pem::Pem::new("CERTIFICATE", &*end)).as_bytes());
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    let store = TrustStore::from_folder(folder.path()).unwrap();
    // One that is no authority's is trusted itself.
    assert_eq!(store.subjects().collect::<Vec<_>>(), ["CN=A", "CN=B", "CN=C", "CN=a.example"]);
    assert!(store.rejected().is_empty());
    for (file, roots) in [("1.pem", &["CN=A", "CN=B"][..]), ("2.der", &["CN=C"])] {
        assert_eq!(TrustStore::from_file(folder.path().join(file)).unwrap().subjects().collect::<Vec<_>>(), roots);
    }

    // Nothing of use: the store stays as it was, and the folder is named.
    let mut store = trust(&[&a]);
    let empty = folder.path().join("inner");
    let error = store.add_folder(&empty).unwrap_err().to_string();
    assert!(error.contains("inner: there is no certificate"), "{error}");
    let error = store.add_folder(folder.path().join("nowhere")).unwrap_err().to_string();
    assert!(error.contains("nowhere: cannot be read: "), "{error}");
    assert_eq!(store.subjects().collect::<Vec<_>>(), ["CN=A"]);
}

#[test]
fn names_of_roots_are_what_clients_are_told() {
    let (a, b, other_b) = (root("A"), root("B"), root("B"));
    let store = trust(&[&a, &b, &other_b]);
    assert_eq!(store.subjects().len(), 3, "the same name, and another key");
    // Name { RelativeDistinguishedName { commonName, UTF8String } }, by RFC 5280 §4.1.2.4.
    let name = |text: u8| [&[0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0c, 1][..], &[text]].concat();
    assert_eq!(store.names().collect::<Vec<_>>(), [name(b'A'), name(b'B')]);
    let _ = store.client_trust();
}

#[test]
fn clients() {
    let root = root("Root");
    let store = trust(&[&root]);
    let ask = |purposes: &[ExtendedKeyUsagePurpose], usages: &[KeyUsagePurpose]| {
        let end = leaf(&root, |params| {
            params.extended_key_usages = purposes.to_vec();
            params.key_usages = usages.to_vec();
            params.subject_alt_names = Vec::new();
        });
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
        let chain = PeerChain::new([end].into(), Peer::Client, KeyUse::DigitalSignature, now, ALL);
        store
            .verify(&chain)
            .map(drop)
            .map_err(|error| (error.kind, error.explanation.contains("clientAuth is required")))
    };
    use ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
    assert_eq!(ask(&[ClientAuth], &[KeyUsagePurpose::DigitalSignature]), Ok(()));
    assert_eq!(ask(&[], &[]), Ok(()));
    assert_eq!(ask(&[ServerAuth], &[]), Err((Kind::WrongPurpose, true)));
    assert_eq!(ask(&[ClientAuth], &[KeyUsagePurpose::KeyEncipherment]), Err((Kind::WrongPurpose, false)));
}

#[cfg(feature = "webpki-roots")]
#[test]
fn the_roots_of_mozilla() {
    let store = TrustStore::mozilla();
    assert!(store.subjects().len() > 100);
    assert!(store.subjects().all(|subject| !subject.is_empty()));
    assert!(store.subjects().any(|subject| subject.contains("ISRG Root X1")));
}

#[cfg(feature = "native-roots")]
#[test]
fn the_roots_of_the_machine() {
    // Not every machine has some.
    match TrustStore::native() {
        Ok(store) => assert!(store.subjects().len() > 0),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

#[test]
fn store_from_pem() {
    let (a, b) = (root("A"), root("B"));
    let key = KeyPair::generate().unwrap();
    let end = named("device").self_signed(&key).unwrap();
    let pem = [&a.pem(), "some words\n", &key.serialize_pem(), &b.pem(), &a.pem()].concat();
    let store = TrustStore::from_pem(pem.as_bytes()).unwrap();
    assert_eq!(store.subjects().collect::<Vec<_>>(), ["CN=A", "CN=B"]);
    assert!(store.rejected().is_empty());

    let broken = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let store = TrustStore::from_pem([broken, &a.pem(), &end.pem(), garbage, &b.pem()].concat().as_bytes()).unwrap();
    assert_eq!(store.subjects().collect::<Vec<_>>(), ["CN=A", "CN=device", "CN=B"]);
    let rejected: Vec<_> = store.rejected().iter().map(|r| (r.position, &*r.subject)).collect();
    assert_eq!(rejected, [(1, ""), (4, "")]);
    let line = |text: &str| 1 + text.lines().count();
    let fourth = line(broken) + a.pem().lines().count() + end.pem().lines().count();
    let problems: Vec<_> = store.rejected().iter().map(|rejected| rejected.problem.clone()).collect();
    let [RootProblem::Pem(PemError::Malformed { line: 2, .. }), RootProblem::Pem(PemError::Malformed { line, .. })] =
        problems[..]
    else {
        panic!("{problems:?}")
    };
    assert_eq!(line, fourth);
    let no_certificate = pem::encode(&pem::Pem::new("CERTIFICATE", [0x30, 0]));
    let store = TrustStore::from_pem([&no_certificate, &*a.pem()].concat().as_bytes()).unwrap();
    let words = "certificate 1 cannot be a root: it is not a certificate in DER";
    assert_eq!(store.rejected()[0].to_string(), words);

    for empty in ["", "no certificate here", &key.serialize_pem()] {
        let error = TrustStore::from_pem(empty.as_bytes()).unwrap_err();
        assert!(matches!(error, TrustStoreError::Pem(PemError::Nothing { .. })), "{error}");
    }
    assert!(matches!(TrustStore::from_der([]).unwrap_err(), TrustStoreError::NoCertificate));
    assert!(matches!(TrustStore::from_pem(a.der()).unwrap_err(), TrustStoreError::Pem(PemError::Der)));
    let error = TrustStore::from_pem(garbage.as_bytes()).unwrap_err();
    assert!(error.to_string().starts_with("none of 1 certificate can be a root; certificate 1 cannot"), "{error}");
}

/// Roots are read like all that is in PEM: as tools of all ages write it, and nothing is passed over in silence.
#[test]
fn a_root_is_read_however_it_is_written() {
    let (a, b) = (root("A"), root("B"));
    let subjects = |text: &str| {
        let store = TrustStore::from_pem(text.as_bytes()).unwrap_or_else(|error| panic!("{error} in:\n{text}"));
        store.subjects().map(str::to_owned).collect::<Vec<_>>()
    };
    let both = [a.pem(), b.pem()].concat();
    // What `openssl s_client -showcerts` writes before a chain begins with the byte that DER begins with, too.
    let numbered = format!(" 0 s:CN = A\n{}", a.pem()).trim_start().to_owned();
    assert_eq!(subjects(&numbered), ["CN=A"]);
    assert_eq!(subjects(&format!("{}{}", a.pem().trim_end(), b.pem())), ["CN=A", "CN=B"]);
    assert_eq!(subjects(&both.replace("CERTIFICATE", "X509 CERTIFICATE")), ["CN=A", "CN=B"]);
    assert_eq!(subjects(&both.replace("CERTIFICATE", "TRUSTED CERTIFICATE")), ["CN=A", "CN=B"]);
    assert_eq!(subjects(&format!("\u{feff}{both}").replace('\n', "\n  ")), ["CN=A", "CN=B"]);

    // A file whose end is missing may lack more roots than one.
    let cut = both.trim_end().strip_suffix("-----END CERTIFICATE-----").unwrap();
    let error = TrustStore::from_pem(cut.as_bytes()).unwrap_err();
    assert!(matches!(error, TrustStoreError::Pem(PemError::Malformed { .. })), "{error}");
}

#[cfg(feature = "std")]
#[test]
fn a_damaged_file_in_a_folder_is_told_and_spoils_no_other() {
    let (a, b) = (root("A"), root("B"));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.pem"), a.pem()).unwrap();
    std::fs::write(folder.path().join("b.pem"), b.pem().replace("END", "DNE")).unwrap();
    let store = TrustStore::from_folder(folder.path()).unwrap();
    assert_eq!(store.subjects().collect::<Vec<_>>(), ["CN=A"]);
    let [rejected] = store.rejected() else { panic!("{store:?}") };
    assert!(matches!(rejected.problem, RootProblem::Pem(PemError::Malformed { .. })), "{rejected}");
}

#[test]
fn add_leaves_a_store_as_it_was_when_it_fails() {
    let (a, b) = (root("A"), root("B"));
    let mut store = trust(&[&a]);
    let problem = store.add(&Der::from(vec![])).unwrap_err().problem;
    assert!(matches!(problem, RootProblem::Malformed(_)), "{problem}");
    store.add_pem(b"").unwrap_err();
    assert_eq!(store.subjects().collect::<Vec<_>>(), ["CN=A"]);
    store.add(b.der()).unwrap();
    store.add(b.der()).unwrap();
    assert_eq!(store.subjects().collect::<Vec<_>>(), ["CN=A", "CN=B"]);
    assert_eq!(verify(&store, &[leaf(&b, |_| ())], &USUAL), Ok(()));
}

#[cfg(feature = "std")]
#[test]
fn errors_of_files_name_the_file() {
    let error = TrustStore::from_pem_file("/nowhere/roots.pem").unwrap_err();
    assert!(error.to_string().starts_with("/nowhere/roots.pem: cannot be read: "), "{error}");
    // A file without PEM.
    let error = TrustStore::from_pem_file("Cargo.toml").unwrap_err().to_string();
    assert!(error.starts_with("Cargo.toml: no certificate found"), "{error}");
}
