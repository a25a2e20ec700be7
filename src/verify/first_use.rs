//! Trust on first use: a server must keep the key that it presented first.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;
use rustls_pki_types::{CertificateDer, ServerName};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::chain;
use super::finding::Finding;
use super::pin::{Despite, Pin, PinError, key_hash};
use super::settings::Settings;
use super::words::explain;
use crate::error::{CertificateError, CertificateErrorKind};
use crate::handshake::{Peer, PeerChain, VerifyPeer, server_name_text};
use crate::session::Verified;

/// Trusts the key that a server presents first, and no other key for that server from then on, as `ssh` does.
///
/// An attacker who answers the first connection is trusted too, so make it over a network that you trust, or compare
/// the pin. Use a [`TrustStore`](super::TrustStore) for a server whose certificate a CA issued.
///
/// A server is known by its name, not by its port: use one `FirstUse` for each, if services with different keys share a name.
///
/// The known servers are kept in memory: save the output of [`Display`](fmt::Display) when [`Self::len`] has changed,
/// and parse it with [`FromStr`] the next time. It has one line per server: name, space, pin.
///
/// ```
/// let known: tls12::verify::FirstUse = "camera.local sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".parse()?;
/// assert_eq!(known.len(), 1);
/// # Ok::<(), tls12::verify::PinError>(())
/// ```
#[derive(Debug, Default)]
pub struct FirstUse(Mutex<BTreeMap<String, Pin>>);

impl FirstUse {
    /// The maximum number of known servers. Further new servers are refused.
    pub const MAX_SERVERS: usize = 10_000;

    /// Creates an empty list of known servers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of known servers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known().len()
    }

    /// Returns whether no server is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known().is_empty()
    }

    /// Returns the pin of a server.
    #[must_use]
    pub fn pin(&self, server: &ServerName<'_>) -> Option<Pin> {
        self.known().get(&key(server)).cloned()
    }

    /// Forgets a server whose key has changed for a good reason: the next key that it presents is trusted.
    pub fn forget(&self, server: &ServerName<'_>) {
        self.known().remove(&key(server));
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Pin>> {
        // Each change is one insertion or removal: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(server: &ServerName<'_>) -> String {
    server_name_text(server).to_ascii_lowercase()
}

impl VerifyPeer for FirstUse {
    /// Remembers nothing yet: the server has not yet proved that it has the key.
    fn verify(&self, chain: &PeerChain) -> Result<Verified, CertificateError> {
        let read = chain::read(chain);
        let refuse = |finding| explain(None, chain, &read, &finding);
        let Peer::Server(server) = &chain.peer else {
            let what = "trust on first use identifies servers by name, and this peer has none";
            return Err(CertificateError::new(CertificateErrorKind::Refused, what));
        };
        let own = match read.first() {
            None => return Err(refuse(Finding::NoCertificate)),
            Some(Err(why)) => return Err(refuse(Finding::Unreadable { index: 0, why })),
            Some(Ok(own)) => own,
        };
        let shown = Pin::key(key_hash(own));
        // Devices' self-signed certificates often have these faults; an unchanged key makes up for them.
        let despite = [Despite::Expired, Despite::Usage, Despite::SmallKey];
        let judged = despite.into_iter().fold(shown.clone(), Pin::despite);
        judged.check(chain, own, &Settings::default()).map_err(refuse)?;
        judge(&self.known(), &key(server), &shown).map(|_| Verified::default())
    }

    /// Remembers the key of a server that was not known before.
    fn established(&self, peer: &Peer, certificates: &[CertificateDer<'_>]) -> Result<(), CertificateError> {
        let (Peer::Server(server), Some(first)) = (peer, certificates.first()) else { return Ok(()) };
        let Ok(shown) = Pin::key_of(first) else { return Ok(()) };
        let (mut known, name) = (self.known(), key(server));
        if judge(&known, &name, &shown)? == Acquaintance::New {
            known.insert(name, shown);
        }
        Ok(())
    }
}

/// Whether a server that is trusted was known before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Acquaintance {
    Known,
    New,
}

/// Decides on the key that a server presents.
fn judge(known: &BTreeMap<String, Pin>, name: &str, shown: &Pin) -> Result<Acquaintance, CertificateError> {
    match known.get(name) {
        Some(pin) if pin.sha256() == shown.sha256() => Ok(Acquaintance::Known),
        Some(pin) => {
            let what = format!(
                "{name} presents a different key than before: {shown}, not {pin}; the connection is intercepted, or it has a new \
                 key: compare that, and then forget the old"
            );
            Err(CertificateError::new(CertificateErrorKind::NotPinned, what))
        }
        None if known.len() >= FirstUse::MAX_SERVERS => {
            let what = format!("{} servers are known already, which is the maximum", FirstUse::MAX_SERVERS);
            Err(CertificateError::new(CertificateErrorKind::Refused, what))
        }
        None => Ok(Acquaintance::New),
    }
}

impl fmt::Display for FirstUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.known().iter().try_for_each(|(name, pin)| writeln!(f, "{name} {pin}"))
    }
}

impl FromStr for FirstUse {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let mut known = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let entry = line.split_once(' ').and_then(|(name, pin)| {
                let name = ServerName::try_from(name).ok()?;
                Some((key(&name), pin.parse::<Pin>().ok().filter(Pin::is_of_key)?))
            });
            let (name, pin) = entry.ok_or(PinError::Line(number))?;
            if known.len() >= Self::MAX_SERVERS || known.insert(name, pin).is_some() {
                return Err(PinError::Line(number));
            }
        }
        Ok(Self(Mutex::new(known)))
    }
}
