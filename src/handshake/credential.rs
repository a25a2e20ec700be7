//! A certificate chain and access to its private key.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use rustls_pki_types::CertificateDer;

use super::config::{Common, ConfigError, MAX_CHAIN, SchemeOrder};
use crate::crypto::{
    KeyExchange, PrivateKey, Provider, PublicKey, is_self_issued, issuer_of_certificate, schemes_of_certificate,
};
use crate::pem;
use crate::wire::{Authorities, ClientCertificateType, SignatureScheme, check_sct_list};

/// The CAs that a server names, in DER and in wire format: decoded, they would take many times the space.
#[derive(Clone, Debug, Default)]
pub(crate) struct AuthorityNames(Box<[u8]>);

impl AuthorityNames {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        Authorities::of(&self.0).iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Authorities<'_>> for AuthorityNames {
    fn from(names: Authorities<'_>) -> Self {
        Self(names.as_bytes().into())
    }
}

/// A certificate chain and access to its private key.
#[derive(Clone)]
pub struct Credential {
    pub(crate) chain: Arc<[CertificateDer<'static>]>,
    pub(crate) public_key: PublicKey,
    pub(crate) key: Key,
    /// The schemes that it is to sign by, most preferred first, if they were set.
    schemes: Option<Arc<[SignatureScheme]>>,
    /// The OCSP response and timestamps that are sent with the chain if the client requests them.
    pub(crate) staple: Staple,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("certificates", &self.chain.len())
            .field("key_type", &self.public_key.key_type())
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// A configured client certificate that does not match the server's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnfitCertificate {
    /// Its position among the configured certificates, counted from 1.
    pub place: usize,
    /// Why it does not match.
    pub reason: UnfitReason,
}

/// Why a client certificate does not match a server's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnfitReason {
    /// The server does not accept keys of its type (RFC 5246 §7.4.4).
    KeyType,
    /// The server supports no signature scheme that its key supports and the policy allows.
    SignatureScheme,
    /// No certificate of its chain was issued by a CA that the server names. It is presented anyway if there is no
    /// better one.
    Authority,
}

impl fmt::Display for UnfitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyType => "the server does not accept keys of its type",
            Self::SignatureScheme => {
                "the server accepts no signature scheme that its key supports and the policy allows"
            }
            Self::Authority => "no certificate of its chain was issued by a CA that the server names",
        })
    }
}

/// The OCSP response and timestamps that a server sends with its chain if the client requests them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Staple {
    pub(crate) ocsp_response: Option<Arc<[u8]>>,
    pub(crate) sct_list: Option<Arc<[u8]>>,
}

/// The location of a private key.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    Local(Arc<dyn PrivateKey>),
    External(ExternalKey),
}

/// The capabilities of a private key that is kept elsewhere. The connection uses it through
/// [`Need::Sign`](crate::Need::Sign) and [`Need::DecryptPremaster`](crate::Need::DecryptPremaster).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ExternalKey {
    /// The schemes that it can sign with, most preferred first. The first one that the policy allows and the peer supports is
    /// used, whatever the policy's order.
    pub schemes: Vec<SignatureScheme>,
    /// Whether it can decrypt premaster secrets.
    pub decrypts: bool,
}

impl ExternalKey {
    /// Describes a key that can sign with these schemes, most preferred first, and cannot decrypt.
    #[must_use]
    pub fn new(schemes: impl Into<Vec<SignatureScheme>>) -> Self {
        Self { schemes: schemes.into(), decrypts: false }
    }

    /// Adds the ability to decrypt premaster secrets.
    #[must_use]
    pub fn with_decryption(self) -> Self {
        Self { decrypts: true, ..self }
    }
}

impl Credential {
    /// Creates a credential from a chain, this side's own certificate first, and its private key.
    ///
    /// # Errors
    /// [`ConfigError`] if the chain is empty or malformed, or does not match the key.
    pub fn new(chain: Vec<CertificateDer<'static>>, key: Arc<dyn PrivateKey>) -> Result<Self, ConfigError> {
        let credential = Self::with(chain, Key::Local(Arc::clone(&key)))?;
        if credential.public_key != *key.public_key() {
            return Err(ConfigError::KeyMismatch);
        }
        Ok(credential)
    }

    /// Creates a credential from a chain, this side's own certificate first, whose private key is kept elsewhere.
    ///
    /// # Errors
    /// [`ConfigError`] if the chain is empty or malformed.
    pub fn external(chain: Vec<CertificateDer<'static>>, key: ExternalKey) -> Result<Self, ConfigError> {
        Self::with(chain, Key::External(key))
    }

    /// Creates a credential from PEM text: a chain, this side's own certificate first, and a private key in PKCS#8,
    /// PKCS#1 or SEC 1 form.
    ///
    /// # Errors
    /// [`ConfigError`] if one of them is missing or malformed, or they do not match.
    pub fn from_pem(provider: &dyn Provider, chain: &[u8], key: &[u8]) -> Result<Self, ConfigError> {
        let chain = pem::certificates(chain)?;
        let key = pem::private_key(key)?;
        Self::new(chain, provider.load_private_key(key)?)
    }

    fn with(chain: Vec<CertificateDer<'static>>, key: Key) -> Result<Self, ConfigError> {
        let public_key = match chain.first() {
            None => return Err(ConfigError::NoCertificate),
            Some(certificate) => PublicKey::of_certificate(certificate).map_err(|_| ConfigError::Certificate)?,
        };
        if chain.iter().map(|certificate| certificate.len()).sum::<usize>() > MAX_CHAIN {
            return Err(ConfigError::ChainTooLong);
        }
        Ok(Self { chain: chain.into(), public_key, key, schemes: None, staple: Staple::default() })
    }

    /// Restricts the key to these signature schemes, most preferred first, whatever the policy's order; the policy must allow
    /// at least one of them. Use it for a key in a device that supports only one scheme, or for a certificate for old clients.
    /// Default: all schemes of the key, or [`ExternalKey::schemes`].
    ///
    /// ```
    /// use tls12::{ConfigError, Credential, SignatureScheme};
    ///
    /// fn in_device(credential: Credential) -> Result<Credential, ConfigError> {
    ///     credential.signature_schemes([SignatureScheme::RSA_PSS_RSAE_SHA256])
    /// }
    /// ```
    ///
    /// # Errors
    /// [`ConfigError::SchemeNotOfKey`] if the key does not support one of them, or there are none.
    pub fn signature_schemes(
        mut self,
        schemes: impl IntoIterator<Item = SignatureScheme>,
    ) -> Result<Self, ConfigError> {
        let schemes: Arc<[_]> = schemes.into_iter().collect();
        let of_key = match &self.key {
            Key::Local(key) => key.schemes(),
            Key::External(key) => &key.schemes,
        };
        if let Some(other) = schemes.iter().find(|scheme| !of_key.contains(scheme)) {
            return Err(ConfigError::SchemeNotOfKey(Some(*other)));
        }
        if schemes.is_empty() {
            return Err(ConfigError::SchemeNotOfKey(None));
        }
        self.schemes = Some(schemes);
        Ok(self)
    }

    /// Returns the chain, this side's own certificate first.
    #[must_use]
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// Returns the public key of the first certificate.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Returns the private key, or `None` if it is kept elsewhere.
    #[must_use]
    pub fn private_key(&self) -> Option<&Arc<dyn PrivateKey>> {
        match &self.key {
            Key::Local(key) => Some(key),
            Key::External(_) => None,
        }
    }

    /// Returns the capabilities of the private key, if it is kept elsewhere.
    #[must_use]
    pub fn external_key(&self) -> Option<&ExternalKey> {
        match &self.key {
            Key::Local(_) => None,
            Key::External(key) => Some(key),
        }
    }

    /// The schemes that [`Self::signature_schemes`] set.
    #[cfg(feature = "record")]
    pub(crate) fn restricted_to(&self) -> Option<&[SignatureScheme]> {
        self.schemes.as_deref()
    }

    fn schemes(&self) -> &[SignatureScheme] {
        match (&self.schemes, &self.key) {
            (Some(schemes), _) => schemes,
            (None, Key::Local(key)) => key.schemes(),
            (None, Key::External(key)) => &key.schemes,
        }
    }

    /// Whether the order of its schemes was set explicitly, instead of derived from the type of the key.
    fn has_order(&self) -> bool {
        self.schemes.is_some() || matches!(self.key, Key::External(_))
    }

    /// Sends this OCSP response, in DER, to clients that request one (RFC 6066 §8). The response is not checked: make
    /// sure that it is current. For servers only; at most 60000 bytes.
    #[must_use]
    pub fn ocsp_response(mut self, response: impl Into<Arc<[u8]>>) -> Self {
        self.staple.ocsp_response = Some(response.into());
        self
    }

    /// Sends this SignedCertificateTimestampList, including its length fields, to clients that request it (RFC 6962
    /// §3.3). For servers only; at most 60000 bytes.
    #[must_use]
    pub fn sct_list(mut self, list: impl Into<Arc<[u8]>>) -> Self {
        self.staple.sct_list = Some(list.into());
        self
    }

    /// Checks the lengths of what is sent with the chain.
    pub(crate) fn check_staple(&self) -> Result<(), ConfigError> {
        let Staple { ocsp_response, sct_list } = &self.staple;
        if ocsp_response.as_ref().is_some_and(|response| !(1..=MAX_CHAIN).contains(&response.len())) {
            return Err(ConfigError::OcspResponse);
        }
        if sct_list.as_ref().is_some_and(|list| list.len() > MAX_CHAIN || check_sct_list(list).is_err()) {
            return Err(ConfigError::SctList);
        }
        Ok(())
    }

    /// Whether the key can be used in this key exchange, with a scheme of the policy if it signs.
    pub(crate) fn serves(&self, common: &Common, key_exchange: KeyExchange) -> bool {
        self.public_key.key_type().serves(key_exchange)
            && match key_exchange {
                KeyExchange::Rsa => self.decrypts(),
                KeyExchange::EcdheRsa | KeyExchange::EcdheEcdsa => self.scheme(common, &common.schemes).is_some(),
                KeyExchange::Psk | KeyExchange::EcdhePsk => false,
            }
    }

    /// Whether a certificate of the chain was issued by one of these CAs, given by their distinguished names in DER.
    pub(crate) fn is_issued_by(&self, authorities: &AuthorityNames) -> bool {
        let mut issuers = self.chain.iter().filter_map(issuer_of_certificate);
        issuers.any(|issuer| authorities.iter().any(|authority| authority == issuer))
    }

    /// Why it does not match as the certificate of a client, or `None` if it does.
    pub(crate) fn unfit(
        &self,
        common: &Common,
        types: &[ClientCertificateType],
        schemes: &[SignatureScheme],
        authorities: &AuthorityNames,
    ) -> Option<UnfitReason> {
        if !types.contains(&self.client_certificate_type()) {
            return Some(UnfitReason::KeyType);
        }
        if self.scheme(common, schemes).is_none() {
            return Some(UnfitReason::SignatureScheme);
        }
        let issued = authorities.is_empty() || self.is_issued_by(authorities);
        (!issued).then_some(UnfitReason::Authority)
    }

    /// Whether the peer supports the signatures in the chain (RFC 5246 §7.4.2, §7.4.4), given the schemes that it
    /// names; `true` if it names none. The self-signature of a root at the end is not verified, and does not count.
    pub(crate) fn chain_fits(&self, schemes: Option<&[SignatureScheme]>) -> bool {
        let taken = |certificate: &CertificateDer<'_>| {
            let by = schemes_of_certificate(certificate);
            by.iter().any(|scheme| schemes.is_none_or(|schemes| schemes.contains(scheme)))
        };
        self.chain
            .split_last()
            .is_none_or(|(last, others)| others.iter().all(taken) && (is_self_issued(last) || taken(last)))
    }

    fn decrypts(&self) -> bool {
        match &self.key {
            Key::Local(key) => key.decrypt().is_some(),
            Key::External(key) => key.decrypts,
        }
    }

    /// The first scheme that the policy, the key and the peer all support: in the order of the key, if it has one, else of
    /// the policy.
    pub(crate) fn scheme(&self, common: &Common, offered: &[SignatureScheme]) -> Option<SignatureScheme> {
        let usable = |scheme: &SignatureScheme| offered.contains(scheme) && self.signs_by(common, *scheme);
        match common.scheme_order {
            SchemeOrder::Policy if !self.has_order() => common.schemes.iter().copied().find(usable),
            SchemeOrder::Policy | SchemeOrder::Key => {
                self.schemes().iter().copied().filter(|scheme| common.schemes.contains(scheme)).find(usable)
            }
        }
    }

    /// Whether the key supports this scheme, whatever the policy.
    pub(crate) fn signs_by(&self, common: &Common, scheme: SignatureScheme) -> bool {
        let algorithms = common.provider.signature_algorithms();
        self.schemes().contains(&scheme) && self.public_key.fits(&algorithms, scheme)
    }

    /// The type with which a CertificateRequest requests such a certificate (RFC 8422 §5.5: ecdsa_sign is for EdDSA
    /// too).
    pub(crate) fn client_certificate_type(&self) -> ClientCertificateType {
        if self.public_key.key_type().serves(KeyExchange::EcdheEcdsa) {
            ClientCertificateType::ECDSA_SIGN
        } else {
            ClientCertificateType::RSA_SIGN
        }
    }
}
