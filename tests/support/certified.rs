//! Certificates for recordings: good ones, and one for each way to be refused.

use std::sync::{Arc, LazyLock};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use tls12::crypto::KeyExchange;

use super::pki::{KeyKind, SERVER_NAME, rsa_key};

/// A server's or client's chain and key, and the root above it.
pub struct Certified {
    pub root: CertificateDer<'static>,
    /// Its own first; without the root.
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

    /// A good server whose key serves this key exchange, with as few bytes as that takes.
    pub fn serving(key_exchange: KeyExchange) -> Arc<Self> {
        Self::small("recorded root", server(Kind::Good), KeyKind::serving(key_exchange))
    }

    /// A good client with a key of this type, RSA or P-256, with as few bytes as that takes.
    pub fn client(kind: KeyKind) -> Arc<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "client.example");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        Self::small("recorded root of clients", params, kind)
    }

    /// Below a root of this name, on P-256.
    fn small(root: &str, params: CertificateParams, kind: KeyKind) -> Arc<Self> {
        let root = CertifiedIssuer::self_signed(authority(root), KeyPair::generate().unwrap()).unwrap();
        let (certificate, key) = match kind {
            KeyKind::Rsa => (params.signed_by(&KEYS[1].0, &root), KEYS[1].1.clone_key()),
            KeyKind::P256 => {
                let pair = KeyPair::generate().unwrap();
                (params.signed_by(&pair, &root), pair.serialize_der().into())
            }
            other => panic!("not recorded: {other:?}"),
        };
        Arc::new(Self { root: root.der().clone(), chain: vec![certificate.unwrap().der().clone()], key })
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
