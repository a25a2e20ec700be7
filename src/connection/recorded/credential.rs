//! A credential in a recording: its chain, and what its key can do; never the key.

use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use alloc::{format, vec};
use rustls_pki_types::CertificateDer;

use super::text::{Words, codes, hex, hexes};
use crate::crypto::{PrivateKey, PublicKey, RsaDecrypt, Secret, SecureRandom};
use crate::error::ProviderError;
use crate::handshake::{Credential, ExternalKey};
use crate::wire::SignatureScheme;

/// Writes a credential as seven words.
pub(crate) fn put_credential(credential: &Credential) -> String {
    let schemes = |schemes: &[SignatureScheme]| codes(schemes.iter().map(|scheme| scheme.0));
    let (place, decrypts, of_key) = match (credential.private_key(), credential.external_key()) {
        (Some(key), _) => ("local", key.decrypt().is_some(), schemes(key.schemes())),
        (None, Some(key)) => ("external", key.decrypts, schemes(&key.schemes)),
        (None, None) => ("external", false, schemes(&[])),
    };
    let restricted = credential.restricted_to().map_or_else(|| "any".into(), schemes);
    let chain = hexes(credential.certificates());
    let staple = |bytes: &Option<Arc<[u8]>>| hex(bytes.as_deref().unwrap_or_default()).to_string();
    let (ocsp, scts) = (staple(&credential.staple.ocsp_response), staple(&credential.staple.sct_list));
    format!("{place} {} {of_key} {restricted} {chain} {ocsp} {scts}", if decrypts { "decrypts" } else { "signs" })
}

/// Reads it. Its key cannot be used: the recording has the results.
pub(crate) fn read_credential(words: &mut Words<'_>) -> Option<Credential> {
    let (place, uses) = (words.word()?, words.word()?);
    let schemes: Vec<SignatureScheme> = words.codes()?.into_iter().map(SignatureScheme).collect();
    let restricted = match words.word()? {
        "any" => None,
        codes => Some(Words::of(codes).codes()?),
    };
    let chain: Vec<_> = words.list()?.into_iter().map(CertificateDer::from).collect();
    let (ocsp, scts) = (words.bytes()?, words.bytes()?);
    let decrypts = match uses {
        "decrypts" => true,
        "signs" => false,
        _ => return None,
    };
    let mut credential = match place {
        "local" => {
            let public_key = PublicKey::of_certificate(chain.first()?).ok()?;
            let uses = if decrypts { Uses::SignAndDecrypt } else { Uses::Sign };
            Credential::new(chain, Arc::new(Absent { public_key, schemes, uses })).ok()?
        }
        "external" => Credential::external(chain, ExternalKey { schemes, decrypts }).ok()?,
        _ => return None,
    };
    if let Some(restricted) = restricted {
        credential = credential.signature_schemes(restricted.into_iter().map(SignatureScheme)).ok()?;
    }
    if !ocsp.is_empty() {
        credential = credential.ocsp_response(ocsp);
    }
    Some(if scts.is_empty() { credential } else { credential.sct_list(scts) })
}

/// A private key that is not in the recording.
#[derive(Debug)]
struct Absent {
    public_key: PublicKey,
    schemes: Vec<SignatureScheme>,
    uses: Uses,
}

#[derive(Debug, PartialEq, Eq)]
enum Uses {
    Sign,
    SignAndDecrypt,
}

/// Why it does nothing.
const ABSENT: ProviderError = ProviderError::Failed("using a private key, which no recording contains,");

impl PrivateKey for Absent {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    fn sign(&self, _: SignatureScheme, _: &[u8]) -> Result<Vec<u8>, ProviderError> {
        Err(ABSENT)
    }

    fn decrypt(&self) -> Option<&dyn RsaDecrypt> {
        (self.uses == Uses::SignAndDecrypt).then_some(self)
    }
}

impl RsaDecrypt for Absent {
    fn decrypt_raw(&self, _: &[u8], _: &dyn SecureRandom) -> Result<Secret, ProviderError> {
        Err(ABSENT)
    }
}

/// A secret in place of one that is not recorded.
pub(super) fn placeholder() -> Secret {
    Secret::new(vec![0])
}
