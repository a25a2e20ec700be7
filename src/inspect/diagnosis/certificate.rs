//! What is wrong with a chain of certificates, as far as it can be seen without the trust of the side that refused it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::item::Direction;
use super::story::Story;

/// What is known of a chain.
#[derive(Default)]
pub(super) struct Seen {
    /// One line each.
    pub(super) details: Vec<String>,
    /// Why anyone would refuse it.
    pub(super) problem: Option<String>,
}

#[cfg(feature = "webpki")]
impl Seen {
    /// The chain that was sent in `direction`.
    pub(super) fn of(story: &Story, direction: Direction, provider: &dyn crate::crypto::Provider) -> Self {
        use crate::verify::subject;
        let sender = direction.sender();
        let Some(chain) = story.chains.of(direction) else { return Self::default() };
        let Some((own, last)) = chain.first().zip(chain.last()) else {
            return Self { details: Vec::from([format!("the {sender} sent no certificate")]), problem: None };
        };
        let name = subject(own).unwrap_or_else(|| String::from("one that cannot be read"));
        let mut details = Vec::from([format!("the {sender}'s certificate: {name}")]);
        if chain.len() > 1 {
            let name = subject(last).unwrap_or_default();
            details.push(format!("the last of the {} in its chain: {name}", chain.len()));
        } else {
            details.push(String::from("it is the only one in its chain"));
        }
        Self { details, problem: problem(story, chain, direction, provider) }
    }
}

#[cfg(not(feature = "webpki"))]
impl Seen {
    /// The chain that was sent in `direction`. Without a verifier, no more is known than how long it is.
    pub(super) fn of(story: &Story, direction: Direction, _: &dyn crate::crypto::Provider) -> Self {
        let count = story.chains.of(direction).as_ref().map(Vec::len);
        let sender = direction.sender();
        let details = count.map(|count| format!("the {sender} sent {count} certificates"));
        Self { details: details.into_iter().collect(), problem: None }
    }
}

/// Why a chain is refused even if its last certificate is trusted: it has expired, or is not for this name.
#[cfg(feature = "webpki")]
fn problem(
    story: &Story,
    chain: &[rustls_pki_types::CertificateDer<'static>],
    direction: Direction,
    provider: &dyn crate::crypto::Provider,
) -> Option<String> {
    use alloc::string::ToString;
    use core::time::Duration;
    use rustls_pki_types::{ServerName, UnixTime};

    use crate::crypto::{CipherSuite, KeyExchange};
    use crate::handshake::{KeyUse, Peer, PeerChain};
    use crate::verify::{TrustStore, Verifier};

    let name = story.client.as_ref().and_then(|hello| hello.server_name.clone());
    let peer = match (direction, name.and_then(|name| ServerName::try_from(name).ok())) {
        (Direction::ClientToServer, _) => Peer::Client,
        (_, Some(name)) => Peer::Server(name),
        (_, None) => Peer::UnnamedServer,
    };
    let suite = story.server.as_ref().and_then(|hello| CipherSuite::from_code(hello.cipher_suite));
    let key_use = match suite.map(|suite| suite.key_exchange) {
        Some(KeyExchange::Rsa) if direction == Direction::ServerToClient => KeyUse::KeyEncipherment,
        _ => KeyUse::DigitalSignature,
    };
    let store = TrustStore::from_der(chain.last().cloned()).ok()?;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(story.time.as_secs()));
    let chain = PeerChain::new(chain.into(), peer, key_use, now, provider.signature_algorithms());
    Verifier::new(store).judge(&chain).err().map(|error| error.to_string())
}
