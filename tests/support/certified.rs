//! Certificates for recordings: good ones, and one for each way to be refused.

use std::sync::{Arc, LazyLock};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use super::pki::{SERVER_NAME, rsa_key};

/// A server's chain and key, and the root above it.
pub struct Certified {
    pub root: CertificateDer<'static>,
    /// The server's own first; without the root.
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivatePkcs8KeyDer<'static>,
}

/// What is right or wrong with the server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Good,
    /// Good, and issued by an intermediate authority.
    WithIntermediate,
    /// It was valid once.
    Expired,
    /// It is another server's.
    OtherName,
    /// It is a client's.
    OnlyForClients,
    /// One bit of its signature is wrong.
    BadSignature,
}

/// RSA keys take long to make: one for the root, one for the server.
static KEYS: LazyLock<[(KeyPair, PrivatePkcs8KeyDer<'static>); 2]> = LazyLock::new(|| [rsa_key(), rsa_key()]);

impl Certified {
    pub fn new(kind: Kind) -> Arc<Self> {
        let [(root_key, _), (server_key, key)] = &*KEYS;
        let root = CertifiedIssuer::self_signed(authority("recorded root"), root_key).unwrap();
        let params = server(kind);
        let chain = match kind {
            Kind::WithIntermediate => {
                let intermediate_key = rsa_key().0;
                let intermediate =
                    CertifiedIssuer::signed_by(authority("recorded intermediate"), intermediate_key, &root).unwrap();
                vec![params.signed_by(server_key, &intermediate).unwrap().der().clone(), intermediate.der().clone()]
            }
            _ => vec![params.signed_by(server_key, &root).unwrap().der().clone()],
        };
        let chain = match kind {
            Kind::BadSignature => chain.into_iter().map(flip_last_bit).collect(),
            _ => chain,
        };
        Arc::new(Self { root: root.der().clone(), chain, key: key.clone_key() })
    }
}

/// A root that has signed nothing.
pub fn stranger() -> CertificateDer<'static> {
    authority("another root").self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn server(kind: Kind) -> CertificateParams {
    let name = if kind == Kind::OtherName { "another.example" } else { SERVER_NAME };
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = match kind {
        Kind::OnlyForClients => vec![ExtendedKeyUsagePurpose::ClientAuth],
        _ => vec![ExtendedKeyUsagePurpose::ServerAuth],
    };
    if kind == Kind::Expired {
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    params
}

fn flip_last_bit(certificate: CertificateDer<'static>) -> CertificateDer<'static> {
    let mut bytes = certificate.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    bytes.into()
}
