//! What explains a failed handshake, in addition to its error. It is kept until the connection is established, and read
//! by [`Connection::diagnosis`](crate::Connection::diagnosis).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::ServerName;

use super::client::ClientSide;
use super::client_config::ClientConfig;
use super::credential::{AuthorityNames, Credential, UnfitCertificate};
use super::negotiate::{UNNAMED_SCHEMES, candidates};
use super::objection::{Objection, objections};
use super::offer::ClientOffer;
use super::server_config::ServerConfig;
use crate::crypto::CipherSuite;
use crate::error::{Error, Lacking};
use crate::wire::{ClientCertificateType, NamedGroup, SignatureScheme};

/// The facts about a handshake.
pub(crate) struct Journal {
    pub(crate) side: JournalOf,
    /// The server's request for a client certificate, if there was one.
    pub(crate) certificate_request: Option<CertificateRequested>,
    /// Why the server refused the ClientHello.
    pub(crate) refusal: Option<Refusal>,
    /// The server's first certificate does not match the suite, but this one does: its position in the chain, counted
    /// from 1, and the length of the chain.
    pub(crate) better_certificate: Option<(usize, usize)>,
    pub(crate) stage: Stage,
}

/// The side that keeps the journal.
pub(crate) enum JournalOf {
    Client {
        config: Arc<ClientConfig>,
        server_name: Option<ServerName<'static>>,
    },
    /// The configuration may not have been chosen yet.
    Server {
        config: Option<Arc<ServerConfig>>,
    },
}

impl JournalOf {
    pub(crate) fn client(side: &ClientSide) -> Self {
        Self::Client { config: Arc::clone(&side.config), server_name: side.server_name.clone() }
    }
}

impl Journal {
    pub(crate) fn new(side: JournalOf) -> Box<Self> {
        Box::new(Self {
            side,
            certificate_request: None,
            refusal: None,
            better_certificate: None,
            stage: Stage::Greeting,
        })
    }
}

/// How far the handshake got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The peer's hello has not arrived.
    Greeting,
    /// The peer's hello has arrived.
    Greeted,
}

/// A server's request for a client certificate, and its outcome.
pub(crate) struct CertificateRequested {
    /// The distinguished names of the CAs, in DER; empty for any CA.
    pub(crate) authorities: AuthorityNames,
    pub(crate) types: Vec<ClientCertificateType>,
    pub(crate) schemes: Vec<SignatureScheme>,
    pub(crate) shown: Shown,
    /// Why configured certificates do not match.
    pub(crate) unfit: Vec<UnfitCertificate>,
}

/// What the client presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// No certificate.
    Nothing,
    /// One issued by a CA that the server named, or any one if it named none.
    Certificate,
    /// One from another CA.
    OfOtherAuthority,
}

/// Why a server refused a ClientHello, with what the client supports.
pub(crate) enum Refusal {
    /// There is no usable cipher suite.
    Suites(Box<NoSuite>),
    /// There is no application protocol in common.
    Protocols { offered: Vec<Box<[u8]>> },
    /// The name is not known.
    Name { asked: Box<str> },
}

/// Why each suite cannot be used.
pub(crate) struct NoSuite {
    /// The known suites of both sides, the server's first.
    pub(crate) suites: Vec<(&'static CipherSuite, Objection)>,
    /// The client's suites that this library does not support.
    pub(crate) unknown: Vec<u16>,
    /// The client's; `None` if it does not list any.
    pub(crate) groups: Option<Vec<NamedGroup>>,
    /// The client's; `None` if it does not list any.
    pub(crate) schemes: Option<Vec<SignatureScheme>>,
    /// Those of them that a key of the server supports, but the policy excludes.
    pub(crate) usable_schemes: Vec<SignatureScheme>,
    /// The schemes that a key of the server supports and the policy allows.
    pub(crate) own_schemes: Vec<SignatureScheme>,
    /// The server's suites for which it has a key.
    pub(crate) serviceable: Vec<&'static CipherSuite>,
}

/// The maximum number of the client's protocols that are kept: it may offer many thousands.
const MAX_NOTED: usize = 32;

impl Refusal {
    /// The explanation of `error`, if there is one.
    pub(crate) fn of(error: &Error, config: &ServerConfig, offer: &ClientOffer) -> Option<Self> {
        match error {
            Error::NothingInCommon(
                Lacking::CipherSuite
                | Lacking::Certificate
                | Lacking::Group
                | Lacking::SignatureScheme
                | Lacking::EncryptThenMac,
            ) => Some(Self::Suites(Box::new(NoSuite::of(config, offer)))),
            Error::NoApplicationProtocol => {
                Some(Self::Protocols { offered: offer.alpn_protocols().take(MAX_NOTED).map(Box::from).collect() })
            }
            Error::UnrecognizedName => {
                Some(Self::Name { asked: offer.server_name().unwrap_or("something that is not a host name").into() })
            }
            _ => None,
        }
    }
}

/// Each item once: a hello may repeat one tens of thousands of times. There must be few that differ.
pub(crate) fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    items.fold(Vec::new(), |mut found, item| {
        if !found.contains(&item) {
            found.push(item);
        }
        found
    })
}

impl NoSuite {
    /// The maximum number of unsupported suites that are kept.
    const MOST_UNKNOWN: usize = 64;

    fn of(config: &ServerConfig, offer: &ClientOffer) -> Self {
        let common = &config.common;
        let unknown = offer.suites().iter().copied().filter(|code| CipherSuite::from_code(*code).is_none());
        let credentials = candidates(config, offer).unwrap_or_default();
        let signs =
            |scheme: &SignatureScheme| credentials.iter().any(|credential| credential.signs_by(common, *scheme));
        let has_key = |suite: &CipherSuite| {
            let served = |credential: &&Arc<Credential>| credential.serves(common, suite.key_exchange);
            suite.key_exchange.is_psk() || credentials.iter().any(served)
        };
        let offered = offer.signature_schemes().unwrap_or(&UNNAMED_SCHEMES).iter().copied();
        Self {
            suites: objections(config, offer),
            unknown: unknown.take(Self::MOST_UNKNOWN).collect(),
            groups: offer.groups().map(<[_]>::to_vec),
            schemes: offer.signature_schemes().map(<[_]>::to_vec),
            usable_schemes: distinct(offered.filter(|scheme| !common.schemes.contains(scheme) && signs(scheme))),
            own_schemes: common.schemes.iter().copied().filter(signs).collect(),
            serviceable: common.suites.iter().copied().filter(|suite| has_key(suite)).collect(),
        }
    }
}
