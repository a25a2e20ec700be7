//! A root, and a server's certificate and key of each kind, in files: the programs below Valgrind read them, since to make an RSA key
//! takes long, and fifty times as long there.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256};
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rustls_pki_types::CertificateDer;
use tls12::Credential;
use tls12::crypto::ring;

/// The name in the certificates.
pub const SERVER_NAME: &str = "server.example";

/// What was read.
pub struct Certificates {
    pub root: CertificateDer<'static>,
    pub rsa: Credential,
    pub ecdsa: Credential,
}

/// Makes them.
pub fn write(folder: &Path) {
    let write = |name, content: &[u8]| std::fs::write(folder.join(name), content).expect("a temporary file");
    let new = || KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
    let mut params = CertificateParams::new([]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(params, new()).expect("a root");
    write("root", root.der());
    let rsa = rsa::PrivateKey::new(&mut rand::rng(), 2048).expect("a key");
    let rsa = rsa.to_pkcs8_pem(LineEnding::LF).expect("encoded");
    for (name, key) in [("rsa", KeyPair::from_pem(&rsa).expect("a key")), ("ecdsa", new())] {
        let params = CertificateParams::new([SERVER_NAME.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &root).expect("a certificate");
        write(name, [certificate.pem(), key.serialize_pem()].concat().as_bytes());
    }
}

pub fn read(folder: &Path) -> Certificates {
    let read = |name| std::fs::read(folder.join(name)).expect("a temporary file");
    let credential = |name| {
        let pem = read(name);
        Credential::from_pem(&*ring::provider(), &pem, &pem).expect("a credential")
    };
    Certificates { root: read("root").into(), rsa: credential("rsa"), ecdsa: credential("ecdsa") }
}
