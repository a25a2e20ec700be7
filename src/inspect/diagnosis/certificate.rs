//! What is wrong with a chain of certificates, as far as it can be seen without the trust of the side that refused it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::item::Direction;
use super::story::Story;
use crate::error::CertificateErrorKind;

/// What is known of a chain.
#[derive(Default)]
pub(super) struct Seen {
    /// One line each.
    pub(super) details: Vec<String>,
    /// Why anyone would refuse it: the kind, and in words.
    pub(super) problem: Option<(CertificateErrorKind, String)>,
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
) -> Option<(CertificateErrorKind, String)> {
    use super::super::trust;
    use crate::verify::{TrustStore, Verifier};
    use alloc::string::ToString;

    let store = TrustStore::from_der(chain.last().cloned()).ok()?;
    let hellos = (story.client.as_ref(), story.server.as_ref());
    let chain = trust::shown(chain.into(), direction, hellos, story.time, provider);
    Verifier::new(store).judge(&chain).err().map(|error| (error.kind, error.to_string()))
}
