//! A verifier with more settings than a [`TrustStore`].

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
#[cfg(feature = "std")]
use core::num::NonZeroUsize;

use super::build::Read;
#[cfg(feature = "std")]
use super::cache::{self, Cache};
use super::chain::{self, check};
use super::finding::Finding;
use super::identity::Identity;
use super::pin::{Pin, PinError};
use super::policies::{CertificatePolicies, PolicyError};
use super::revocation::Revocation;
use super::rule::{Allow, Rule};
use super::settings::Settings;
use super::store::TrustStore;
use super::verdict::{Basis, Verdict};
use super::words::explain;
use crate::error::CertificateError;
use crate::handshake::{PeerChain, VerifyPeer};
use crate::session::Verified;

/// Verifies chains against a [`TrustStore`], pins, or both, with optional revocation lists and individually relaxed
/// checks.
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
    /// Creates a verifier that trusts chains to a root of `store`, as strictly as the store itself does.
    #[must_use]
    pub fn new(store: TrustStore) -> Self {
        Self::with(Some(store), Vec::new())
    }

    /// Creates a verifier that trusts pinned certificates and keys, and nothing else.
    ///
    /// # Errors
    /// [`PinError::None`] if there is no pin.
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

    /// Also trusts this pin, in addition to everything trusted already.
    #[must_use]
    pub fn pin(mut self, pin: Pin) -> Self {
        self.identity = pin.identify(self.identity);
        self.pins.push(pin);
        self.changed()
    }

    /// Relaxes one check. (For pins, see [`Pin::despite`].)
    #[must_use]
    pub fn allow(mut self, allow: Allow) -> Self {
        self.identity = self.identity.and(&[format!("{allow:?}").as_bytes()]);
        self.settings.allowed.add(allow);
        self.changed()
    }

    /// Refuses certificates that violate this rule. By default, a violation is only noted.
    #[must_use]
    pub fn require(mut self, rule: Rule) -> Self {
        self.identity = self.identity.and(&[b"require", format!("{rule:?}").as_bytes()]);
        self.settings.required.add(rule);
        self.changed()
    }

    /// Refuses every violation that is only noted by default: [`Self::require`] for every [`Rule`]. This refuses many
    /// certificates in use whose faults are harmless.
    #[must_use]
    pub fn strict(self) -> Self {
        Rule::ALL.iter().fold(self, |verifier, rule| verifier.require(*rule))
    }

    /// Sets the requirements on certificate policies (RFC 5280 §6.1.1). By default any policy is accepted, and none is
    /// required unless a certificate of the path requires one.
    #[must_use]
    pub fn policies(mut self, policies: CertificatePolicies) -> Self {
        self.identity = self.identity.and(&[b"policies", format!("{policies:?}").as_bytes()]);
        self.settings.policies = policies;
        self.changed()
    }

    /// Accepts certificates for this purpose in addition to serverAuth or clientAuth (RFC 5280 §4.2.1.12). `purpose` is
    /// an object identifier in dotted decimal notation, such as 1.3.6.1.4.1.311.54.1.2 for Microsoft's Remote Desktop.
    ///
    /// # Errors
    /// [`PolicyError::NotAnIdentifier`] if `purpose` is not an object identifier.
    pub fn accept_purpose(mut self, purpose: &str) -> Result<Self, PolicyError> {
        let id = super::policies::identifier(purpose)?;
        self.identity = self.identity.and(&[b"purpose", &id]);
        self.settings.purposes.push(id);
        Ok(self.changed())
    }

    /// Allows at most `limit` intermediates between the peer's certificate and the root. The default is 10. The number
    /// of signatures verified for a chain and its OCSP response is always limited: to 32, or to twice `limit` if that is
    /// greater. The first signature of each revocation list is not counted.
    #[must_use]
    pub fn max_intermediates(mut self, limit: usize) -> Self {
        self.settings.max_intermediates = limit;
        self.identity = self.identity.and(&[&limit.to_be_bytes()]);
        self.changed()
    }

    /// Refuses certificates that are revoked by these lists. (Pinned certificates are not checked against them.)
    #[must_use]
    pub fn revocation(mut self, revocation: Revocation) -> Self {
        self.identity = self.identity.and(&[&revocation.identity.0]);
        self.settings.revocation = Some(Arc::new(revocation));
        self.changed()
    }

    /// Caches the verdicts on up to `chains` accepted chains, so that their signatures are not verified again as long
    /// as nothing has expired. Clones share the cache. Off by default.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn cache(mut self, chains: NonZeroUsize) -> Self {
        self.cache = Some(Arc::new(Cache::new(chains)));
        self
    }

    /// Cached verdicts belong to the previous configuration.
    fn changed(self) -> Self {
        #[cfg(feature = "std")]
        return Self { cache: self.cache.map(|cache| Arc::new(Cache::new(cache.capacity()))), ..self };
        #[cfg(not(feature = "std"))]
        self
    }

    /// Verifies a chain, and returns the verdict with its notes.
    ///
    /// # Errors
    /// [`CertificateError`] if the chain is refused.
    pub fn judge(&self, chain: &PeerChain) -> Result<Verdict, CertificateError> {
        #[cfg(feature = "std")]
        let key = self.cache.as_ref().map(|cache| (cache, cache::key(chain)));
        #[cfg(feature = "std")]
        if let Some((cache, key)) = &key
            && let Some(window) = cache.known(key, chain)
        {
            return Ok(Verdict { window, basis: Basis::Remembered, notes: Vec::new() });
        }
        let verdict = self.judge_anew(chain)?;
        #[cfg(feature = "std")]
        if let Some((cache, key)) = key {
            cache.remember(key, verdict.window);
        }
        Ok(verdict)
    }

    fn judge_anew(&self, chain: &PeerChain) -> Result<Verdict, CertificateError> {
        let read = chain::read(chain);
        let pinned = self.check_pins(chain, &read);
        if let Some(Ok(verdict)) = pinned {
            return Ok(verdict);
        }
        let store = self.store.as_ref().map(|store| check(store, &self.settings, chain, &read));
        let finding = match (pinned, store) {
            (_, Some(Ok(verdict))) => return Ok(verdict),
            // The reason why a pinned certificate is refused is more useful than the fact that no root is known for it.
            (Some(Err(finding)), _) | (None, Some(Err(finding))) => finding,
            _ => not_pinned(&read),
        };
        Err(explain(self.store.as_ref(), chain, &read, &finding))
    }

    /// The verdict of the pins, or `None` if the certificate is not pinned.
    fn check_pins(&self, chain: &PeerChain, read: &[Read<'_>]) -> Option<Result<Verdict, Finding>> {
        let own = read.first()?.as_ref().ok()?;
        let mut verdicts = self.pins.iter().filter(|pin| pin.is_of(chain, own)).map(|pin| {
            let window = pin.check(chain, own, &self.settings)?;
            Ok(Verdict { window, basis: Basis::Pinned, notes: Vec::new() })
        });
        let first = verdicts.next()?;
        Some(first.or_else(|finding| verdicts.find_map(Result::ok).ok_or(finding)))
    }
}

impl VerifyPeer for Verifier {
    fn verify(&self, chain: &PeerChain) -> Result<Verified, CertificateError> {
        self.judge(chain).map(|verdict| verdict.verified())
    }

    fn identity(&self) -> Option<[u8; 32]> {
        let roots = self.store.as_ref().map(|store| store.identity.0);
        Some(self.identity.and(&[roots.as_ref().map_or(&[], |roots| roots)]).0)
    }
}

impl VerifyPeer for TrustStore {
    /// Verifies as a [`Verifier`] with default settings does.
    fn verify(&self, chain: &PeerChain) -> Result<Verified, CertificateError> {
        let read = chain::read(chain);
        let verdict = check(self, &Settings::default(), chain, &read);
        verdict.map(|verdict| verdict.verified()).map_err(|finding| explain(Some(self), chain, &read, &finding))
    }

    fn identity(&self) -> Option<[u8; 32]> {
        Some(self.identity.0)
    }
}

fn not_pinned(read: &[Read<'_>]) -> Finding {
    match read.first() {
        None => Finding::NoCertificate,
        Some(Ok(own)) => Finding::NotPinned(Pin::key(super::pin::key_hash(own))),
        Some(Err(why)) => Finding::Unreadable { index: 0, why },
    }
}
