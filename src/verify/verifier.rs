//! A verifier with more to set than a [`TrustStore`] has.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
#[cfg(feature = "std")]
use core::num::NonZeroUsize;

#[cfg(feature = "std")]
use super::cache::{self, Cache};
use super::chain::{MAX_INTERMEDIATES, Settings, check};
use super::explain::explain;
use super::finding::{Finding, Place};
use super::identity::Identity;
use super::pin::{Pin, PinError};
use super::revocation::Revocation;
use super::rule::Allow;
use super::window::Window;
use super::{TrustStore, certificate};
use crate::error::CertificateError;
use crate::handshake::{PeerChain, VerifyPeer};
use crate::session::Verified;

/// Verifies chains against a [`TrustStore`], pins, or both; with revocation lists, with rules relaxed by name.
#[derive(Clone, Debug)]
pub struct Verifier {
    store: Option<TrustStore>,
    pins: Vec<Pin>,
    settings: Settings,
    #[cfg(feature = "std")]
    cache: Option<Arc<Cache>>,
    /// Of pins and settings.
    identity: Identity,
}

impl Verifier {
    /// Trusts what leads to a root of `store`, as strictly as the store itself does.
    #[must_use]
    pub fn new(store: TrustStore) -> Self {
        Self::with(Some(store), Vec::new())
    }

    /// Trusts what is pinned, and nothing else.
    ///
    /// # Errors
    /// [`PinError::None`], if there is no pin.
    pub fn pinned(pins: impl IntoIterator<Item = Pin>) -> Result<Self, PinError> {
        let pins: Vec<_> = pins.into_iter().collect();
        if pins.is_empty() { Err(PinError::None) } else { Ok(Self::with(None, pins)) }
    }

    fn with(store: Option<TrustStore>, pins: Vec<Pin>) -> Self {
        let identity = pins.iter().fold(Identity::NONE, |identity, pin| pin.identify(identity));
        Self {
            store,
            pins,
            identity,
            settings: Settings::default(),
            #[cfg(feature = "std")]
            cache: None,
        }
    }

    /// Trusts what is pinned too, beside what it trusts already.
    #[must_use]
    pub fn pin(mut self, pin: Pin) -> Self {
        self.identity = pin.identify(self.identity);
        self.pins.push(pin);
        self.changed()
    }

    /// Relaxes one rule. (Pins have their own: [`Pin::despite`].)
    #[must_use]
    pub fn allow(mut self, allow: Allow) -> Self {
        self.identity = self.identity.and(&[format!("{allow:?}").as_bytes()]);
        self.settings.allowed.add(allow);
        self.changed()
    }

    /// Allows at most so many intermediates between the peer's certificate and the root. By default, and at most, 6.
    #[must_use]
    pub fn max_intermediates(mut self, limit: usize) -> Self {
        self.settings.max_intermediates = limit.min(MAX_INTERMEDIATES);
        self.identity = self.identity.and(&[&self.settings.max_intermediates.to_be_bytes()]);
        self.changed()
    }

    /// Refuses what is on these lists. (What is pinned is not looked for.)
    #[must_use]
    pub fn revocation(mut self, revocation: Revocation) -> Self {
        self.identity = self.identity.and(&[&revocation.identity.0]);
        self.settings.revocation = Some(Arc::new(revocation));
        self.changed()
    }

    /// Remembers up to so many chains that were found good, so that the signatures of one that comes again are not
    /// verified again, as long as nothing has expired since. Clones share what they remember. Off by default.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn cache(mut self, chains: NonZeroUsize) -> Self {
        self.cache = Some(Arc::new(Cache::new(chains)));
        self
    }

    /// What was remembered was decided by another configuration.
    fn changed(self) -> Self {
        #[cfg(feature = "std")]
        return Self { cache: self.cache.map(|cache| Arc::new(Cache::new(cache.capacity()))), ..self };
        #[cfg(not(feature = "std"))]
        self
    }

    /// The verdict of the store.
    fn check_store(&self, store: &TrustStore, chain: &PeerChain) -> Result<Window, Finding> {
        #[cfg(feature = "std")]
        if let Some(cache) = &self.cache {
            let key = cache::key(chain);
            if let Some(window) = cache.known(&key, chain) {
                return Ok(window);
            }
            let window = check(store, &self.settings, chain)?;
            cache.remember(key, window);
            return Ok(window);
        }
        check(store, &self.settings, chain)
    }

    /// The verdict of the pins: none, if it is not pinned.
    fn check_pins(&self, chain: &PeerChain) -> Option<Result<Window, Finding>> {
        let own = certificate::parse(chain.certificates.first()?)?;
        let mut verdicts = self.pins.iter().filter(|pin| pin.is_of(chain, &own)).map(|pin| pin.check(chain, &own));
        let first = verdicts.next()?;
        Some(first.or_else(|finding| verdicts.find_map(Result::ok).ok_or(finding)))
    }
}

impl VerifyPeer for Verifier {
    fn verify(&self, chain: &PeerChain) -> Result<Verified, CertificateError> {
        let pinned = self.check_pins(chain);
        if let Some(Ok(window)) = pinned {
            return Ok(window.into());
        }
        let store = self.store.as_ref().map(|store| self.check_store(store, chain));
        match (pinned, store) {
            (_, Some(Ok(window))) => Ok(window.into()),
            // That a pinned certificate is refused says more than that no root is known for it.
            (Some(Err(finding)), _) | (None, Some(Err(finding))) => Err(explain(self.store.as_ref(), chain, finding)),
            _ => Err(explain(None, chain, not_pinned(chain))),
        }
    }

    fn identity(&self) -> Option<[u8; 32]> {
        let roots = self.store.as_ref().map(|store| store.identity.0);
        Some(self.identity.and(&[roots.as_ref().map_or(&[], |roots| roots)]).0)
    }
}

fn not_pinned(chain: &PeerChain) -> Finding {
    match chain.certificates.first() {
        None => Finding::NoCertificate,
        Some(first) => match certificate::parse(first) {
            Some(own) => Finding::NotPinned(Pin::key(super::pin::key_hash(&own))),
            None => Finding::Malformed(Place::Sent(0)),
        },
    }
}
