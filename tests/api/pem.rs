//! PEM as old and new tools write it: what is read, and what is refused, with what was found.

#![cfg(feature = "ring")]

use std::process::Command;

use crate::support::pki::{KeyKind, PKI};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tls12::crypto::ring;
use tls12::pem::{PemError, certificates, private_key, revocation_lists};
use tls12::{ConfigError, Credential};

/// Two certificates, and as PEM text, by another library.
fn two() -> ([CertificateDer<'static>; 2], [String; 2]) {
    let ders = [PKI.server.clone(), PKI.root.clone()];
    let texts = ders.each_ref().map(|der| pem::encode(&pem::Pem::new("CERTIFICATE", der.as_ref())));
    (ders, texts)
}

fn key_text() -> String {
    PKI.server(KeyKind::P256).pem().key
}

#[test]
fn every_certificate_is_read_however_it_is_written() {
    let (ders, [first, second]) = two();
    let both = [first.as_str(), &second].concat();
    let indented: String = both.lines().map(|line| format!("    {line}\n")).collect();
    let cases = [
        ("as it should be", both.clone()),
        (
            "END and BEGIN on one line, as by cat of files without a line break at their ends",
            format!("{}{second}", first.trim_end()),
        ),
        ("a byte-order mark", format!("\u{feff}{both}")),
        ("the old label", both.replace("CERTIFICATE", "X509 CERTIFICATE")),
        ("OpenSSL's label, without settings of trust", both.replace("CERTIFICATE", "TRUSTED CERTIFICATE")),
        ("indented, as out of a YAML file", indented),
        ("line breaks of old Macs and Windows", both.replace('\n', "\r\n")),
        (
            "text in between",
            format!("Bag Attributes\n    friendlyName: s\u{f6}\n{first}subject=CN = a\n# a comment\n{second}the end"),
        ),
        ("a key in between", format!("{first}{}{second}", key_text())),
        ("no line breaks in base64", {
            let body = |text: &str| text.lines().filter(|line| !line.starts_with('-')).collect::<String>();
            [&first, &second]
                .map(|text| format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", body(text)))
                .concat()
        }),
        ("spaces at the ends of lines", both.replace('\n', " \t\n")),
    ];
    for (what, text) in cases {
        assert_eq!(certificates(text.as_bytes()).as_deref(), Ok(&ders[..]), "{what}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_its_line() {
    let (_, [first, second]) = two();
    let malformed = |text: String| match certificates(text.as_bytes()) {
        Err(PemError::Malformed { line, .. }) => line,
        other => panic!("{other:?}\n{text}"),
    };
    let lines = first.lines().count();
    // Without the second, that would be half of a chain.
    assert_eq!(malformed(format!("{first}{}", second.replace("-----END", "----END"))), lines + 1);
    assert_eq!(malformed(format!("{first}{}", second.replace("-----BEGIN", "----BEGIN"))), lines + 1);
    assert_eq!(
        malformed(format!("{first}{}", second.replace("-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE--"))),
        lines + 1
    );
    assert_eq!(malformed(format!("{first}{}", second.replace("END CERTIFICATE", "END X509 CERTIFICATE"))), lines + 1);
    assert_eq!(malformed(format!("{}{second}", first.replace("-----END CERTIFICATE-----", ""))), 1);
    assert_eq!(malformed(first.replacen("MII", "M*I", 1)), 2);
    // The last characters are lost.
    let end = first.find("\n-----END").unwrap();
    assert_eq!(malformed([&first[..end - 3], &first[end..]].concat()), 1);
    let mut longer = two().0[0].to_vec();
    longer.push(0);
    assert_eq!(malformed(pem::encode(&pem::Pem::new("CERTIFICATE", longer))), 1);
    let no_der = pem::encode(&pem::Pem::new("CERTIFICATE", b"hello".as_slice()));
    assert_eq!(malformed(no_der), 1);
}

#[test]
fn what_is_something_else_is_named() {
    let (ders, [first, _]) = two();
    let found = |text: &str| match certificates(text.as_bytes()) {
        Err(PemError::Nothing { found, .. }) => found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(found(""), [""; 0]);
    assert_eq!(found(&key_text()), ["PRIVATE KEY"]);
    assert_eq!(found(&first.replace("CERTIFICATE", "PKCS7")), ["PKCS7"]);
    assert_eq!(private_key(first.as_bytes()).unwrap_err().to_string(), "no private key found, only: CERTIFICATE");
    assert_eq!(revocation_lists(b"").unwrap_err().to_string(), "no revocation list found: there is no PEM section");
    let utf16: Vec<u8> = first.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let error = certificates(&[&[0xff, 0xfe], utf16.as_slice()].concat()).unwrap_err();
    assert!(matches!(error, PemError::NotText(_)) && error.to_string().contains("UTF-16"), "{error}");
    assert_eq!(certificates(&ders[0]), Err(PemError::Der));
    let several = key_text().repeat(2);
    assert_eq!(private_key(several.as_bytes()).unwrap_err(), PemError::Several { count: 2 });
    let openssh = key_text().replace("PRIVATE KEY", "OPENSSH PRIVATE KEY");
    assert!(private_key(openssh.as_bytes()).unwrap_err().to_string().contains("ssh-keygen"));
    // Nothing of a key is in an error.
    let damaged = key_text().replacen("MI", "M!", 1);
    let error = Credential::from_pem(&*ring::provider(), first.as_bytes(), damaged.as_bytes()).unwrap_err();
    assert!(matches!(&error, ConfigError::Pem(PemError::Malformed { line: 2, .. })), "{error:?}");
}

/// What OpenSSL makes of a key, by these arguments; none if it is not installed, which is an error in CI.
fn openssl(args: &[&str]) -> Option<String> {
    let output = match Command::new("openssl").args(args).output() {
        Ok(output) => output,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "openssl is not installed: {error}");
            eprintln!("skipped: openssl is not installed (apt install openssl)");
            return None;
        }
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn keys_of_openssl() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let key = file("key.pem", &key_text());
    let certificate = file("cert.pem", &two().1[0]);
    // Encrypted by the one form and the other.
    let Some(pkcs8) = openssl(&["pkcs8", "-topk8", "-in", &key, "-passout", "pass:secret"]) else { return };
    let traditional = openssl(&["ec", "-aes128", "-in", &key, "-passout", "pass:secret"]).unwrap();
    assert!(pkcs8.contains("ENCRYPTED PRIVATE KEY") && traditional.contains("Proc-Type: 4,ENCRYPTED"));
    for text in [pkcs8, traditional] {
        let error = private_key(text.as_bytes()).unwrap_err();
        assert_eq!(error, PemError::Encrypted { line: 1 });
        assert!(error.to_string().contains("encrypted"));
    }
    // SEC 1, with its parameters before it.
    let parameters = openssl(&["ecparam", "-name", "prime256v1"]).unwrap();
    let sec1 = openssl(&["ec", "-in", &key]).unwrap();
    let text = [parameters, sec1].concat();
    assert!(text.contains("EC PARAMETERS") && matches!(private_key(text.as_bytes()), Ok(PrivateKeyDer::Sec1(_))));
    // Settings of trust that would be lost.
    let trusted = openssl(&["x509", "-in", &certificate, "-trustout", "-addreject", "serverAuth"]).unwrap();
    let error = certificates(trusted.as_bytes()).unwrap_err();
    assert!(
        matches!(&error, PemError::Unsupported { line: 1, label } if &**label == "TRUSTED CERTIFICATE"),
        "{error:?}"
    );
}
