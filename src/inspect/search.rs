//! The search for the master secret of a handshake: the key log, the session that is resumed, and the premaster secrets
//! that the given keys make of the key exchange.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::candidates::Candidates;
use super::finding::Unknown;
use super::handshake::Handshake;
use super::inspector::Inspector;
use super::message::{Content, extension};
use super::secrets::{SecretSource, SessionKey};
use crate::crypto::{
    DecryptedPremaster, MasterSecret, PremasterSecret, PublicKey, RsaDecrypt, psk_premaster, random_premaster,
};
use crate::error::ProviderError;
use crate::handshake::master_secret;
use crate::wire::ExtensionType;

/// Finds all secrets that may be those of `handshake`, at its first ChangeCipherSpec.
pub(super) fn find(inspector: &mut Inspector, handshake: &Handshake) -> Result<Candidates, Unknown> {
    let Some(server) = &handshake.server else { return Err(Unknown::HandshakeMissing) };
    let suite = handshake.suite().ok_or(Unknown::Suite(server.cipher_suite))?;
    if !inspector.provider.supports(suite) {
        return Err(Unknown::Suite(server.cipher_suite));
    }
    let mut search = Search { handshake, candidates: Candidates::new(suite, handshake.mac_order()) };
    search.all(inspector).map_err(Unknown::Provider)?;
    if search.candidates.is_empty() { Err(Unknown::NoSecret) } else { Ok(search.candidates) }
}

struct Search<'h> {
    handshake: &'h Handshake,
    candidates: Candidates,
}

impl Search<'_> {
    fn all(&mut self, inspector: &mut Inspector) -> Result<(), ProviderError> {
        for master in inspector.secrets.masters(&self.handshake.client.random) {
            self.add(inspector, SecretSource::KeyLog, master.clone())?;
        }
        match &self.handshake.client_key_exchange {
            None => self.sessions(inspector),
            Some((Content::RsaClientKeyExchange(ciphertext), _)) => self.rsa(inspector, ciphertext),
            Some((Content::EcdheClientKeyExchange(client), _)) => match self.agree(inspector, client)? {
                Some(shared) => self.premaster(inspector, SecretSource::KeyShare, &shared),
                None => Ok(()),
            },
            Some((Content::PskClientKeyExchange { identity, public_key }, _)) => {
                self.psk(inspector, identity, public_key.as_deref())
            }
            Some(_) => Ok(()),
        }
    }

    fn add(&mut self, inspector: &Inspector, source: SecretSource, master: MasterSecret) -> Result<(), ProviderError> {
        match self.handshake.randoms() {
            Some(randoms) => self.candidates.add(&*inspector.provider, source, master, &randoms),
            None => Ok(()),
        }
    }

    /// The client offered a ticket, an ID, or both.
    fn sessions(&mut self, inspector: &Inspector) -> Result<(), ProviderError> {
        let client = &self.handshake.client;
        let ticket = extension(&client.extensions, ExtensionType::SESSION_TICKET).map(SessionKey::Ticket);
        for key in ticket.into_iter().chain([SessionKey::Id(&client.session_id)]) {
            if let Some(master) = inspector.sessions.get(&*inspector.provider, key) {
                self.add(inspector, SecretSource::Session, master.clone())?;
            }
        }
        Ok(())
    }

    fn premaster(
        &mut self,
        inspector: &Inspector,
        source: SecretSource,
        premaster: &PremasterSecret,
    ) -> Result<(), ProviderError> {
        let Some((_, Some(seed))) = &self.handshake.client_key_exchange else { return Ok(()) };
        let Some(randoms) = self.handshake.randoms() else { return Ok(()) };
        let hash = self.candidates.suite().hash;
        let master = master_secret(&*inspector.provider, hash, premaster, &randoms, seed)?;
        self.add(inspector, source, master)
    }

    /// The key of the server's certificate, or all, if there was none in the capture.
    fn rsa(&mut self, inspector: &Inspector, ciphertext: &[u8]) -> Result<(), ProviderError> {
        let certificate = self.handshake.chains.server.first();
        let public = certificate.and_then(|certificate| PublicKey::of_certificate(certificate).ok());
        for key in inspector.secrets.rsa_keys.iter().map(Arc::clone) {
            if public.as_ref().is_some_and(|public| public != key.public_key()) {
                continue;
            }
            if let Some(decrypt) = key.decrypt() {
                let premaster = self.decrypt(inspector, decrypt, ciphertext)?;
                self.premaster(inspector, SecretSource::RsaKey, &premaster)?;
            }
        }
        Ok(())
    }

    /// A premaster secret that cannot be decrypted is replaced by a random one, as a server does; it opens nothing.
    fn decrypt(
        &self,
        inspector: &Inspector,
        key: &dyn RsaDecrypt,
        ciphertext: &[u8],
    ) -> Result<PremasterSecret, ProviderError> {
        let random = inspector.provider.random();
        let version = self.handshake.client.version.0;
        let fallback = random_premaster(version, random)?;
        let decrypted = match key.decrypt_raw(ciphertext, random) {
            Ok(encoded) => DecryptedPremaster::unpad(encoded.expose()),
            Err(_) => DecryptedPremaster::failed(),
        };
        Ok(decrypted.or(fallback, version))
    }

    fn psk(&mut self, inspector: &mut Inspector, identity: &[u8], client: Option<&[u8]>) -> Result<(), ProviderError> {
        let shared = match client {
            None => None,
            Some(client) => match self.agree(inspector, client)? {
                Some(shared) => Some(shared),
                // With ECDHE, the pre-shared key alone does not open it.
                None => return Ok(()),
            },
        };
        let keys: Vec<_> = inspector.secrets.psks.iter().filter(|psk| psk.identity() == identity).cloned().collect();
        for psk in keys {
            let premaster = psk_premaster(shared.as_ref(), &psk.key)?;
            self.premaster(inspector, SecretSource::PresharedKey, &premaster)?;
        }
        Ok(())
    }

    /// The shared secret, if the private key of either side was given. It is used up.
    fn agree(&self, inspector: &mut Inspector, client: &[u8]) -> Result<Option<PremasterSecret>, ProviderError> {
        let Some((_, server)) = &self.handshake.server_share else { return Ok(None) };
        let shares = &mut inspector.secrets.shares;
        for (ours, theirs) in [(client, server.as_slice()), (server, client)] {
            if let Some(i) = shares.iter().position(|share| share.public_key() == ours) {
                // The other side's key may be no element of the group: then there is no secret.
                return Ok(shares.swap_remove(i).agree(theirs).ok());
            }
        }
        Ok(None)
    }
}
