//! This crate's credentials, for rustls: one private key for both stacks.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{OtherError, SignatureAlgorithm};

use super::SetupError;
use super::choice::{Abilities, Keys};
use super::schemes::{for_rustls, suits_tls13};
use crate::crypto::{CipherSuite, KeyType, PrivateKey, issuer_of_certificate};
use crate::handshake::{Common, Credential, Named, OfferedName, ServerConfig, credentials_for};
use crate::wire::SignatureScheme;

/// A private key that signs for rustls.
#[derive(Clone, Debug)]
struct Key {
    key: Arc<dyn PrivateKey>,
    /// The schemes that it may sign with, most preferred first.
    schemes: Arc<[SignatureScheme]>,
}

/// A key and the scheme that was agreed on.
#[derive(Debug)]
struct KeyAndScheme {
    key: Arc<dyn PrivateKey>,
    scheme: SignatureScheme,
}

impl SigningKey for Key {
    fn choose_scheme(&self, offered: &[rustls::SignatureScheme]) -> Option<Box<dyn Signer>> {
        let is_offered = |scheme: &&SignatureScheme| offered.iter().any(|offered| u16::from(*offered) == scheme.0);
        let scheme = *self.schemes.iter().find(is_offered)?;
        Some(Box::new(KeyAndScheme { key: Arc::clone(&self.key), scheme }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match self.key.public_key().key_type() {
            KeyType::Rsa => SignatureAlgorithm::RSA,
            KeyType::Ecdsa(_) => SignatureAlgorithm::ECDSA,
            KeyType::Ed25519 => SignatureAlgorithm::ED25519,
            KeyType::Other => SignatureAlgorithm::Anonymous,
        }
    }
}

impl Signer for KeyAndScheme {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        self.key.sign(self.scheme, message).map_err(|error| OtherError(Arc::new(error)).into())
    }

    fn scheme(&self) -> rustls::SignatureScheme {
        self.scheme.0.into()
    }
}

/// The schemes with which a credential may sign for rustls, most preferred first. ECDSA uses the hash of its curve only, since
/// rustls does not say for which version it requests a signature.
fn schemes(credential: &Credential, common: &Common) -> Arc<[SignatureScheme]> {
    let key_type = credential.public_key().key_type();
    let (mut left, mut ordered) = (common.schemes.clone(), Vec::new());
    while let Some(scheme) = credential.scheme(common, &left) {
        left.retain(|other| *other != scheme);
        if suits_tls13(scheme, key_type) || (key_type == KeyType::Rsa && for_rustls(&[scheme]).next().is_some()) {
            ordered.push(scheme);
        }
    }
    ordered.into()
}

/// A credential, as rustls takes it, and its schemes.
#[derive(Clone, Debug)]
struct Certified {
    key: Arc<CertifiedKey>,
    schemes: Arc<[SignatureScheme]>,
}

impl Certified {
    fn new(credential: &Credential, common: &Common) -> Result<Self, SetupError> {
        let key = credential.private_key().ok_or(SetupError::Deferred("signatures by a key that is kept elsewhere"))?;
        let schemes = schemes(credential, common);
        let signing = Key { key: Arc::clone(key), schemes: Arc::clone(&schemes) };
        let mut key = CertifiedKey::new(credential.certificates().to_vec(), Arc::new(signing));
        key.ocsp = credential.staple.ocsp_response.as_deref().map(<[u8]>::to_vec);
        Ok(Self { key: Arc::new(key), schemes })
    }

    fn signs_by(&self, offered: &[rustls::SignatureScheme]) -> bool {
        self.key.key.choose_scheme(offered).is_some()
    }
}

/// The certificates that a client can present to a server that requests one.
#[derive(Debug)]
pub(super) struct OfClient(Vec<Certified>);

impl OfClient {
    pub(super) fn new(credentials: &[Arc<Credential>], common: &Common) -> Result<Self, SetupError> {
        credentials.iter().map(|credential| Certified::new(credential, common)).collect::<Result<_, _>>().map(Self)
    }
}

impl ResolvesClientCert for OfClient {
    /// The first credential whose key supports one of these schemes, preferably one issued by one of these CAs, as in this crate.
    fn resolve(&self, authorities: &[&[u8]], schemes: &[rustls::SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let usable = || self.0.iter().filter(|certified| certified.signs_by(schemes));
        let is_issued = |certified: &&Certified| {
            let mut issuers = certified.key.cert.iter().filter_map(|certificate| issuer_of_certificate(certificate));
            issuers.any(|issuer| authorities.contains(&issuer))
        };
        usable().find(is_issued).or_else(|| usable().next()).map(|certified| Arc::clone(&certified.key))
    }

    fn has_certs(&self) -> bool {
        !self.0.is_empty()
    }
}

/// The certificates of a server, chosen by the name that the client requests.
#[derive(Debug)]
pub(super) struct OfServer {
    config: Arc<ServerConfig>,
    /// In the order of the configuration.
    certified: Vec<Certified>,
    /// The abilities of the same keys.
    abilities: Vec<Abilities>,
}

impl OfServer {
    /// `crypto` is what rustls may use.
    pub(super) fn new(config: &Arc<ServerConfig>, crypto: &CryptoProvider) -> Result<Self, SetupError> {
        let certified = |named: &Named| Certified::new(&named.credential, &config.common);
        let certified = config.credentials.iter().map(certified).collect::<Result<Vec<_>, _>>()?;
        let supported =
            |suite: &&&CipherSuite| crypto.cipher_suites.iter().any(|own| u16::from(own.suite()) == suite.code);
        let suites: Vec<_> = config.common.suites.iter().filter(supported).collect();
        let abilities = |(named, certified): (&Named, &Certified)| {
            let key_type = named.credential.public_key().key_type();
            let fitting = suites.iter().filter(|suite| key_type.serves(suite.key_exchange));
            Abilities { suites: fitting.map(|suite| suite.code).collect(), schemes: Arc::clone(&certified.schemes) }
        };
        let abilities = config.credentials.iter().zip(&certified).map(abilities).collect();
        Ok(Self { config: Arc::clone(config), certified, abilities })
    }

    /// The positions of the credentials for this name, most preferred first.
    fn positions(&self, name: &OfferedName) -> impl Iterator<Item = usize> {
        let candidates = credentials_for(&self.config, name).unwrap_or_default();
        let position = |candidate: &Arc<Credential>| {
            self.config.credentials.iter().position(|named| Arc::ptr_eq(&named.credential, candidate))
        };
        candidates.into_iter().filter_map(position)
    }
}

impl Keys for OfServer {
    fn for_name(&self, name: &OfferedName) -> Vec<&Abilities> {
        self.positions(name).filter_map(|position| self.abilities.get(position)).collect()
    }
}

impl ResolvesServerCert for OfServer {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map_or(OfferedName::None, |name| OfferedName::Host(name.into()));
        let mut certified = self.positions(&name).filter_map(|position| self.certified.get(position));
        certified.find(|certified| certified.signs_by(hello.signature_schemes())).map(|found| Arc::clone(&found.key))
    }
}
