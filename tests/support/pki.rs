//! A certificate authority, and certificates of it for keys of every type, created for each test process.

use std::sync::{Arc, LazyLock};

use der::asn1::BitString;
use der::{Encode, Header, Reader, SliceReader, Tag};
use p521::elliptic_curve::Generate;
use p521::pkcs8::EncodePublicKey;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SigningKey, date_time_ymd,
};
use rsa::PrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use tls12::crypto::{KeyExchange, Provider};
use tls12::{CertificateError, CertificateErrorKind, Credential, PeerChain, VerifyPeer};

/// The name in the server's certificate.
pub const SERVER_NAME: &str = "server.example";

/// A type of key in a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
}

impl KeyKind {
    pub const ALL: [Self; 5] = [Self::Rsa, Self::P256, Self::P384, Self::P521, Self::Ed25519];

    /// One that serves a key exchange.
    pub fn serving(key_exchange: KeyExchange) -> Self {
        match key_exchange {
            KeyExchange::Rsa | KeyExchange::EcdheRsa => Self::Rsa,
            KeyExchange::EcdheEcdsa => Self::P256,
            _ => panic!("there is no certificate in {key_exchange:?}"),
        }
    }
}

/// A certificate, signed by the root, and its private key.
pub struct Identity {
    pub certificate: CertificateDer<'static>,
    pub key: PrivatePkcs8KeyDer<'static>,
}

impl Identity {
    /// Both, for this provider.
    pub fn credential(&self, provider: &dyn Provider) -> Credential {
        let key = provider.load_private_key(PrivateKeyDer::Pkcs8(self.key.clone_key())).unwrap();
        Credential::new(vec![self.certificate.clone()], key).unwrap()
    }

    /// Both as PEM text.
    pub fn pem(&self) -> PemIdentity {
        PemIdentity { certificate: certificate_pem(&self.certificate), above: String::new(), key: key_pem(&self.key) }
    }
}

/// A server's chain and key, and the root that it leads to.
pub struct Pki {
    ca: Ca,
    /// The root's certificate.
    pub root: CertificateDer<'static>,
    /// The server's own certificate.
    pub server: CertificateDer<'static>,
    /// The server's private key: RSA, 2048 bits.
    pub server_key: PrivatePkcs8KeyDer<'static>,
}

type Ca = CertifiedIssuer<'static, KeyPair>;

/// The one of this process: RSA keys take long to make.
pub static PKI: LazyLock<Pki> = LazyLock::new(|| Pki::new("tls12 test root"));

/// A server's identity for each of [`KeyKind::ALL`]; the first is that in [`PKI`].
static SERVERS: LazyLock<[Identity; 5]> = LazyLock::new(|| {
    KeyKind::ALL.map(|kind| match kind {
        KeyKind::Rsa => Identity { certificate: PKI.server.clone(), key: PKI.server_key.clone_key() },
        _ => identity(server_params(), kind, &PKI.ca),
    })
});

/// A client's identity for each of [`KeyKind::ALL`].
static CLIENTS: LazyLock<[Identity; 5]> =
    LazyLock::new(|| KeyKind::ALL.map(|kind| identity(client_params(), kind, &PKI.ca)));

impl Pki {
    /// Another one than [`PKI`], with a root of this name.
    pub fn new(root: &str) -> Self {
        let ca = Ca::self_signed(ca_params(root), rsa_key().0).unwrap();
        let server = identity(server_params(), KeyKind::Rsa, &ca);
        Self { root: ca.der().clone(), server: server.certificate, server_key: server.key, ca }
    }

    /// The server's credential, for this provider.
    pub fn credential(&self, provider: &dyn Provider) -> Credential {
        self.server(KeyKind::Rsa).credential(provider)
    }

    /// A server with a key of this type.
    pub fn server(&self, kind: KeyKind) -> &'static Identity {
        of_kind(&SERVERS, kind)
    }

    /// The same with another certificate, for this name.
    pub fn server_for(&self, name: &str, kind: KeyKind) -> Identity {
        let key = self.server(kind).key.clone_key();
        let pair = KeyPair::try_from(&key).unwrap();
        Identity { certificate: server_params_for(&[name]).signed_by(&pair, &self.ca).unwrap().der().clone(), key }
    }

    /// A client with a key of this type.
    pub fn client(&self, kind: KeyKind) -> &'static Identity {
        of_kind(&CLIENTS, kind)
    }

    /// A client with a key of this type that only this authority knows.
    pub fn new_client(&self, kind: KeyKind) -> Identity {
        identity(client_params(), kind, &self.ca)
    }

    /// The distinguished name of the root, in DER.
    pub fn root_name(&self) -> Vec<u8> {
        const SEQUENCE: u8 = 0x30;
        let content = webpki::anchor_from_trusted_cert(&self.root).unwrap().subject;
        [&[SEQUENCE, u8::try_from(content.len()).unwrap()], &*content].concat()
    }

    /// The root as PEM text.
    pub fn root_pem(&self) -> String {
        certificate_pem(&self.root)
    }

    /// The server's certificate and key as PEM text, with another RSA key: in PEM, PKCS#8 or PKCS#1.
    pub fn server_pem_with(&self, key: String) -> PemIdentity {
        let der = pem::parse(&key).unwrap().into_contents();
        let rsa = PrivateKey::from_pkcs8_der(&der).unwrap_or_else(|_| PrivateKey::from_pkcs1_der(&der).unwrap());
        let (pair, _) = key_pair(&rsa);
        PemIdentity { certificate: certificate_pem(&server_certificate(&pair, &self.ca)), above: String::new(), key }
    }

    /// The same with an intermediate CA between the root and the server.
    pub fn server_pem_below_intermediate(&self) -> PemIdentity {
        let ca = Ca::signed_by(ca_params("tls12 test intermediate"), rsa_key().0, &self.ca).unwrap();
        let (pair, key) = rsa_key();
        PemIdentity {
            certificate: certificate_pem(&server_certificate(&pair, &ca)),
            above: certificate_pem(ca.der()),
            key: key_pem(&key),
        }
    }
}

/// A server's certificate and key as PEM text.
pub struct PemIdentity {
    /// Its own certificate.
    pub certificate: String,
    /// The certificates above it, without the root. May be empty.
    pub above: String,
    /// Its private key.
    pub key: String,
}

impl PemIdentity {
    /// The credential, for this provider.
    pub fn credential(&self, provider: &dyn Provider) -> Credential {
        let chain = [self.certificate.as_str(), &self.above].concat();
        Credential::from_pem(provider, chain.as_bytes(), self.key.as_bytes()).unwrap()
    }
}

fn of_kind(identities: &[Identity; 5], kind: KeyKind) -> &Identity {
    &identities[KeyKind::ALL.iter().position(|other| *other == kind).unwrap()]
}

/// Valid as long as Botan 2 can think: it refuses to read a certificate that is valid for much longer.
fn params(names: impl Into<Vec<String>>) -> CertificateParams {
    let mut params = CertificateParams::new(names).unwrap();
    params.not_after = date_time_ymd(2100, 1, 1);
    params.use_authority_key_identifier_extension = true;
    params
}

fn ca_params(common_name: &str) -> CertificateParams {
    let mut params = params([]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

fn server_certificate(key: &KeyPair, ca: &Ca) -> CertificateDer<'static> {
    server_params().signed_by(key, ca).unwrap().der().clone()
}

fn server_params() -> CertificateParams {
    server_params_for(&[SERVER_NAME, "127.0.0.1"])
}

fn server_params_for(names: &[&str]) -> CertificateParams {
    let mut server = params(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    server.distinguished_name.push(DnType::CommonName, "tls12 test server");
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server
}

fn certificate_pem(certificate: &[u8]) -> String {
    pem::encode(&pem::Pem::new("CERTIFICATE", certificate))
}

fn key_pem(key: &PrivatePkcs8KeyDer<'_>) -> String {
    pem::encode(&pem::Pem::new("PRIVATE KEY", key.secret_pkcs8_der()))
}

fn client_params() -> CertificateParams {
    let mut client = params(["client.example".to_owned()]);
    client.distinguished_name.push(DnType::CommonName, "tls12 test client");
    client.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    client
}

fn identity(params: CertificateParams, kind: KeyKind, issuer: &Ca) -> Identity {
    let (key, der) = match kind {
        KeyKind::Rsa => rsa_key(),
        KeyKind::P256 => key_of(&rcgen::PKCS_ECDSA_P256_SHA256),
        KeyKind::P384 => key_of(&rcgen::PKCS_ECDSA_P384_SHA384),
        KeyKind::Ed25519 => key_of(&rcgen::PKCS_ED25519),
        // With ring, rcgen knows no P-521: the certificate is made for another key first.
        KeyKind::P521 => {
            let stand_in = params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap();
            let key = p521::SecretKey::try_generate_from_rng(&mut rand::rng()).unwrap();
            let public = key.public_key().to_public_key_der().unwrap();
            let certificate = with_key(stand_in.der(), public.as_bytes(), issuer.key());
            return Identity { certificate, key: key.to_pkcs8_der().unwrap().as_bytes().to_vec().into() };
        }
    };
    Identity { certificate: params.signed_by(&key, issuer).unwrap().der().clone(), key: der }
}

/// A fresh RSA key, in the two forms that are wanted of it.
pub fn rsa_key() -> (KeyPair, PrivatePkcs8KeyDer<'static>) {
    key_pair(&PrivateKey::new(&mut rand::rng(), 2048).unwrap())
}

fn key_pair(key: &PrivateKey) -> (KeyPair, PrivatePkcs8KeyDer<'static>) {
    let der = PrivatePkcs8KeyDer::from(key.to_pkcs8_der().unwrap().as_bytes().to_vec());
    (KeyPair::from_pkcs8_der_and_sign_algo(&der, &rcgen::PKCS_RSA_SHA256).unwrap(), der)
}

/// A fresh key of another type, in the same two forms.
fn key_of(algorithm: &'static rcgen::SignatureAlgorithm) -> (KeyPair, PrivatePkcs8KeyDer<'static>) {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let der = key.serialize_der().into();
    (key, der)
}

/// The certificate with another SubjectPublicKeyInfo, signed anew (RFC 5280 §4.1).
fn with_key(certificate: &[u8], public_key: &[u8], issuer: &KeyPair) -> CertificateDer<'static> {
    /// Before it are the version, the serial number, the signature algorithm, the issuer, the validity and the subject.
    const PUBLIC_KEY: usize = 6;
    let parts = parts(certificate);
    let mut fields = self::parts(parts[0]);
    fields[PUBLIC_KEY] = public_key;
    let signed = sequence(&fields);
    let signature = BitString::from_bytes(&issuer.sign(&signed).unwrap()).unwrap().to_der().unwrap();
    sequence(&[&signed, parts[1], &signature]).into()
}

/// What is in a SEQUENCE, each in its own encoding.
pub fn parts(sequence: &[u8]) -> Vec<&[u8]> {
    let mut reader = SliceReader::new(sequence).unwrap();
    Header::peek(&reader).unwrap().tag().assert_eq(Tag::Sequence).unwrap();
    reader
        .sequence(|reader| {
            let mut parts = Vec::new();
            while !reader.is_finished() {
                parts.push(reader.tlv_bytes()?);
            }
            Ok::<_, der::Error>(parts)
        })
        .unwrap()
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let header = Header::new(Tag::Sequence, content.len().try_into().unwrap());
    [header.to_der().unwrap(), content].concat()
}

/// The time of the tests.
pub fn now() -> UnixTime {
    // Read once: what two connections of a test do must not depend on when the second turns.
    static NOW: LazyLock<UnixTime> = LazyLock::new(UnixTime::now);
    *NOW
}

/// Trusts one certificate, and no other.
#[derive(Debug)]
pub struct Pinned(pub CertificateDer<'static>);

impl Pinned {
    /// Trusts the server of [`PKI`].
    pub fn server() -> Arc<dyn VerifyPeer> {
        Self::server_with(KeyKind::Rsa)
    }

    /// Trusts the server of [`PKI`] with a key of this type.
    pub fn server_with(kind: KeyKind) -> Arc<dyn VerifyPeer> {
        Arc::new(Self(PKI.server(kind).certificate.clone()))
    }
}

impl VerifyPeer for Pinned {
    fn verify(&self, chain: &PeerChain) -> Result<tls12::Verified, CertificateError> {
        match chain.certificates.first() {
            Some(first) if *first == self.0 => Ok(tls12::Verified::default()),
            _ => Err(CertificateError::new(CertificateErrorKind::Refused, "not the pinned certificate")),
        }
    }
}
