//! Makes certificates: with rcgen, and what rcgen cannot say by [`Fields`].

use std::sync::{Arc, LazyLock};

use p521::elliptic_curve::Generate;
use p521::pkcs8::EncodePublicKey;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SigningKey, date_time_ymd,
};
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::pss::Pss;
use rsa::{PrivateKey, PublicKey};
use sha2::Digest;

use super::Der;
use super::der::{Fields, NULL, oid, sequence};

type Sign = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

/// Signs what a certificate says, and names the algorithm.
#[derive(Clone)]
pub struct Signer {
    /// AlgorithmIdentifier.
    pub algorithm: Vec<u8>,
    sign: Arc<Sign>,
}

impl Signer {
    pub fn new(algorithm: Vec<u8>, sign: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self { algorithm, sign: Arc::new(sign) }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        (self.sign)(message)
    }

    /// By an rcgen key.
    fn of(key: &KeyPair) -> Self {
        let key = KeyPair::try_from(key.serialize_der()).unwrap();
        // rcgen names it in the certificates that it makes.
        let made = CertificateParams::default().self_signed(&key).unwrap();
        Self::new(Fields::of(made.der()).algorithm, move |message| key.sign(message).unwrap())
    }

    /// By RSA as in PKCS #1 v1.5, with a hash: the last arc of 1.2.840.113549.1.1, and NULL.
    pub fn rsa(key: &PrivateKey, hash: RsaHash) -> Self {
        let (arc, sign): (_, fn(&PrivateKey, &[u8]) -> _) = match hash {
            RsaHash::Md5 => (4, |k, m| k.sign(Pkcs1v15Sign::new::<md5::Md5>(), &md5::Md5::digest(m))),
            RsaHash::Sha1 => (5, |k, m| k.sign(Pkcs1v15Sign::new::<sha1::Sha1>(), &sha1::Sha1::digest(m))),
            RsaHash::Sha224 => (14, |k, m| k.sign(Pkcs1v15Sign::new::<sha2::Sha224>(), &sha2::Sha224::digest(m))),
            RsaHash::Sha256 => (11, |k, m| k.sign(Pkcs1v15Sign::new::<sha2::Sha256>(), &sha2::Sha256::digest(m))),
            RsaHash::Sha384 => (12, |k, m| k.sign(Pkcs1v15Sign::new::<sha2::Sha384>(), &sha2::Sha384::digest(m))),
            RsaHash::Sha512 => (13, |k, m| k.sign(Pkcs1v15Sign::new::<sha2::Sha512>(), &sha2::Sha512::digest(m))),
        };
        let key = key.clone();
        Self::new(rsa_algorithm(arc), move |message| sign(&key, message).unwrap())
    }

    /// By RSASSA-PSS with SHA-256 and a salt of so many bytes, which `algorithm` should say.
    pub fn pss(key: &PrivateKey, salt: usize, algorithm: Vec<u8>) -> Self {
        let key = key.clone();
        Self::new(algorithm, move |message| {
            let padding = Pss::<sha2::Sha256>::new_with_salt(salt);
            key.sign_with_rng(&mut rand::rng(), padding, &sha2::Sha256::digest(message)).unwrap()
        })
    }

    /// The same, under another AlgorithmIdentifier.
    pub fn called(&self, algorithm: Vec<u8>) -> Self {
        Self { algorithm, sign: Arc::clone(&self.sign) }
    }
}

#[derive(Clone, Copy)]
pub enum RsaHash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

fn rsa_algorithm(arc: u8) -> Vec<u8> {
    sequence(&[&oid(&format!("1.2.840.113549.1.1.{arc}")), &NULL])
}

/// RSA keys take long to make: one of each size.
pub static RSA_1024: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::new(&mut rand::rng(), 1024).unwrap());
pub static RSA_2048: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::new(&mut rand::rng(), 2048).unwrap());

/// The SubjectPublicKeyInfo.
pub fn rsa_public(key: &PrivateKey) -> Vec<u8> {
    PublicKey::from(key).to_public_key_der().unwrap().into_vec()
}

/// A P-521 key: the SubjectPublicKeyInfo, and what it signs with SHA-512.
pub fn p521() -> (Vec<u8>, Signer) {
    use p521::ecdsa::signature::Signer as _;
    let key = p521::SecretKey::try_generate_from_rng(&mut rand::rng()).unwrap();
    let public = key.public_key().to_public_key_der().unwrap().into_vec();
    let key = p521::ecdsa::SigningKey::from(key);
    // ecdsa-with-SHA512.
    let signer = Signer::new(sequence(&[&oid("1.2.840.10045.4.3.4")]), move |message| {
        let signature: p521::ecdsa::Signature = key.sign(message);
        signature.to_der().as_bytes().to_vec()
    });
    (public, signer)
}

/// A certificate authority: its certificate, and what signs for it.
#[derive(Clone)]
pub struct Ca {
    pub der: Der,
    params: CertificateParams,
    /// What rcgen knows as its key: the key identifiers are of this one.
    key: Arc<KeyPair>,
    pub signer: Signer,
}

impl Ca {
    /// A root with a P-256 key.
    pub fn root(common_name: &str) -> Self {
        Self::root_with(common_name, |_| (), |_| ())
    }

    pub fn root_with(
        common_name: &str,
        tweak: impl FnOnce(&mut CertificateParams),
        change: impl FnOnce(&mut Fields),
    ) -> Self {
        let mut params = ca_params(common_name);
        tweak(&mut params);
        Self::self_signed(params, KeyPair::generate().unwrap(), change)
    }

    /// A root with a key for this algorithm.
    pub fn root_for(common_name: &str, algorithm: &'static rcgen::SignatureAlgorithm) -> Self {
        Self::self_signed(ca_params(common_name), KeyPair::generate_for(algorithm).unwrap(), |_| ())
    }

    fn self_signed(params: CertificateParams, key: KeyPair, change: impl FnOnce(&mut Fields)) -> Self {
        let made = params.self_signed(&key).unwrap();
        let signer = Signer::of(&key);
        let der = resigned(made.der(), &signer, change);
        Self { der, params, key: Arc::new(key), signer }
    }

    /// A root with a key that rcgen does not know.
    pub fn root_of(common_name: &str, public: Vec<u8>, signer: Signer) -> Self {
        let root = Self::root(common_name);
        let der = resigned(&root.der, &signer, |fields| fields.key = public);
        Self { der, signer, ..root }
    }

    /// An intermediate below this one.
    pub fn below(&self, common_name: &str) -> Self {
        self.below_with(common_name, |_| (), |_| ())
    }

    pub fn below_with(
        &self,
        common_name: &str,
        tweak: impl FnOnce(&mut CertificateParams),
        change: impl FnOnce(&mut Fields),
    ) -> Self {
        let mut params = ca_params(common_name);
        tweak(&mut params);
        let key = KeyPair::generate().unwrap();
        let der = self.issue(&params, &key, change);
        let signer = Signer::of(&key);
        Self { der, params, key: Arc::new(key), signer }
    }

    /// An intermediate with a key that rcgen does not know.
    pub fn below_of(&self, common_name: &str, public: Vec<u8>, signer: Signer) -> Self {
        let ca = self.below_with(common_name, |_| (), |fields| fields.key = public);
        Self { signer, ..ca }
    }

    /// A certificate for the name and key of `other`, by this one.
    pub fn cross_sign(&self, other: &Self, tweak: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = other.params.clone();
        params.use_authority_key_identifier_extension = true;
        tweak(&mut params);
        let key = Fields::of(&other.der).key;
        let der = self.issue(&params, &other.key, |fields| fields.key = key);
        Self { der, params, ..other.clone() }
    }

    /// The same, signing otherwise.
    pub fn signing(&self, signer: Signer) -> Self {
        Self { signer, ..self.clone() }
    }

    /// A leaf for a.example.
    pub fn leaf(&self, tweak: impl FnOnce(&mut CertificateParams)) -> Der {
        self.leaf_with(tweak, |_| ())
    }

    /// A leaf for a.example, with what rcgen cannot say.
    pub fn patched_leaf(&self, change: impl FnOnce(&mut Fields)) -> Der {
        self.leaf_with(|_| (), change)
    }

    pub fn leaf_with(&self, tweak: impl FnOnce(&mut CertificateParams), change: impl FnOnce(&mut Fields)) -> Der {
        static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate().unwrap());
        let mut params = leaf_params();
        tweak(&mut params);
        self.issue(&params, &KEY, change)
    }

    fn issue(&self, params: &CertificateParams, key: &KeyPair, change: impl FnOnce(&mut Fields)) -> Der {
        let issuer = Issuer::from_params(&self.params, &*self.key);
        let made = params.signed_by(key, &issuer).unwrap();
        resigned(made.der(), &self.signer, change)
    }
}

/// The certificate, changed, and signed by another.
pub fn resigned(certificate: &[u8], signer: &Signer, change: impl FnOnce(&mut Fields)) -> Der {
    let mut fields = Fields::of(certificate);
    fields.algorithm = signer.algorithm.clone();
    change(&mut fields);
    fields.sign(signer)
}

/// Valid in the whole of 2026.
fn params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(common_name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params.use_authority_key_identifier_extension = true;
    params
}

/// A name of one common name.
pub fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// As RFC 5280 §4.2 asks of a CA.
fn ca_params(common_name: &str) -> CertificateParams {
    let mut params = params(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf_params() -> CertificateParams {
    let mut params = params("leaf");
    params.subject_alt_names = CertificateParams::new(["a.example".to_owned()]).unwrap().subject_alt_names;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}
