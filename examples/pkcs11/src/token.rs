//! The token, and the key in it, for a server.

use std::error::Error;
use std::path::Path;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use rcgen::PublicKeyData;
use rsa::BoxedUint;
use rsa::pkcs1::EncodeRsaPublicKey;
use tls12::SignatureScheme;
use tls12::crypto::{DecryptedPremaster, Secret};
use tls12::{Answer, Need, ProviderError};

/// The label of the key in the token.
const LABEL: &[u8] = b"server";

/// The size of its modulus, in bits.
const MODULUS_BITS: usize = 2048;

/// 65537.
const PUBLIC_EXPONENT: [u8; 3] = [1, 0, 1];

/// A token with an RSA key in it.
pub struct Token {
    module: Pkcs11,
    slot: Slot,
    pin: AuthPin,
}

impl Token {
    /// Initializes a token in the first slot of this module, and generates a key in it, for signing and decryption, that cannot
    /// be extracted.
    pub fn new(module: &Path) -> Result<Self, Box<dyn Error>> {
        let module = Pkcs11::new(module)?;
        module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
        let slot = *module.get_all_slots()?.first().ok_or("the module has no slot")?;
        // The PINs of a real token are not in the source code.
        let (officer_pin, pin) = (AuthPin::new("officer's".into()), AuthPin::new("user's".into()));
        module.init_token(slot, &officer_pin, "tls12 example")?;
        // SoftHSM then moves the token to another slot.
        let slot = *module.get_slots_with_initialized_token()?.first().ok_or("the token was not made")?;
        {
            let session = module.open_rw_session(slot)?;
            session.login(UserType::So, Some(&officer_pin))?;
            session.init_pin(&pin)?;
            session.logout()?;
        }
        let session = module.open_rw_session(slot)?;
        session.login(UserType::User, Some(&pin))?;
        let public = [
            Attribute::Label(LABEL.to_vec()),
            Attribute::ModulusBits(u64::try_from(MODULUS_BITS)?.into()),
            Attribute::PublicExponent(PUBLIC_EXPONENT.to_vec()),
        ];
        let private = [
            Attribute::Label(LABEL.to_vec()),
            Attribute::Token(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::Decrypt(true),
        ];
        session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private)?;
        session.logout()?;
        Ok(Self { module, slot, pin })
    }

    /// The key, with a separate session for each connection, since a session performs one operation at a time.
    pub fn key(&self) -> Result<Key, Box<dyn Error>> {
        let session = self.module.open_ro_session(self.slot)?;
        match session.login(UserType::User, Some(&self.pin)) {
            // All sessions of a program are logged in together.
            Ok(()) | Err(cryptoki::error::Error::Pkcs11(cryptoki::error::RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => return Err(error.into()),
        }
        let template = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(LABEL.to_vec())];
        let handle = *session.find_objects(&template)?.first().ok_or("the token has no such key")?;
        let mut modulus = Vec::new();
        for attribute in session.get_attributes(handle, &[AttributeType::Modulus])? {
            if let Attribute::Modulus(bytes) = attribute {
                modulus = bytes;
            }
        }
        let public = rsa::PublicKey::new(
            BoxedUint::from_be_slice_vartime(&modulus),
            BoxedUint::from_be_slice_vartime(&PUBLIC_EXPONENT),
        )?;
        let public_key = public.to_pkcs1_der()?.as_bytes().to_vec();
        Ok(Key { session, handle, modulus_len: modulus.len(), public_key })
    }
}

/// A private key in a token.
pub struct Key {
    session: Session,
    handle: ObjectHandle,
    /// In bytes.
    modulus_len: usize,
    /// An RSAPublicKey (RFC 8017 §A.1.1).
    public_key: Vec<u8>,
}

impl Key {
    pub fn modulus_len(&self) -> usize {
        self.modulus_len
    }

    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// Answers the connection's request for the key, and returns the name of the operation.
    pub fn decide(&self, need: Need) -> (String, Answer) {
        match need {
            Need::Sign(request) => {
                let what = format!("sign by {}", request.scheme());
                let answer = match self.sign(request.scheme(), request.message()) {
                    Ok(signature) => request.signed(signature),
                    Err(_) => request.failed(ProviderError::Failed("signing in the token")),
                };
                (what, answer)
            }
            Need::DecryptPremaster(request) => {
                let premaster = self.premaster(request.ciphertext());
                ("decrypt".to_owned(), request.decrypted(premaster))
            }
            other => unreachable!("the configuration decides this: {other:?}"),
        }
    }

    /// Hashed and signed in the token.
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> cryptoki::error::Result<Vec<u8>> {
        // RFC 8446 §4.2.3: the salt is as long as the hash.
        let pss = |hash_alg, mgf, len: u64| PkcsPssParams { hash_alg, mgf, s_len: len.into() };
        let (sha256, sha384) = (MechanismType::SHA256, MechanismType::SHA384);
        let mechanism = match scheme {
            SignatureScheme::RSA_PKCS1_SHA256 => Mechanism::Sha256RsaPkcs,
            SignatureScheme::RSA_PKCS1_SHA384 => Mechanism::Sha384RsaPkcs,
            SignatureScheme::RSA_PSS_RSAE_SHA256 => {
                Mechanism::Sha256RsaPkcsPss(pss(sha256, PkcsMgfType::MGF1_SHA256, 32))
            }
            SignatureScheme::RSA_PSS_RSAE_SHA384 => {
                Mechanism::Sha384RsaPkcsPss(pss(sha384, PkcsMgfType::MGF1_SHA384, 48))
            }
            _ => return Err(cryptoki::error::Error::NotSupported),
        };
        self.session.sign(&mechanism, self.handle, message)
    }

    /// The result of decrypting a premaster secret.
    ///
    /// With raw RSA (`CKM_RSA_X_509`), whose time and result do not depend on the padding, which is removed here, in constant
    /// time. A token that removes the padding itself (`CKM_RSA_PKCS`) reveals whether it was valid, by an error and by its
    /// timing: if it supports nothing else, answer any error with [`DecryptedPremaster::failed`]; its timing remains.
    pub fn premaster(&self, ciphertext: &[u8]) -> DecryptedPremaster {
        let Ok(encoded) = self.session.decrypt(&Mechanism::RsaX509, self.handle, ciphertext) else {
            // Wrong length, or not below the modulus: the sender knows that.
            return DecryptedPremaster::failed();
        };
        let encoded = Secret::new(encoded);
        // Some tokens omit leading zeros; a valid message has one.
        let zeros = self.modulus_len.saturating_sub(encoded.expose().len());
        let padded = Secret::new([&vec![0; zeros], encoded.expose()].concat());
        DecryptedPremaster::unpad(padded.expose())
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        &self.public_key
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}
