//! What explains a failed handshake, beside its error: kept until the connection is established, and read by
//! [`Connection::diagnosis`](crate::Connection::diagnosis).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::ServerName;

use super::client::ClientSide;
use super::client_config::ClientConfig;
use super::config::Common;
use super::credential::Credential;
use super::negotiate::{candidates, common_group, offers_group};
use super::offer::ClientOffer;
use super::server_config::ServerConfig;
use crate::crypto::{CipherSuite, KeyExchange};
use crate::error::{Error, Lacking};
use crate::wire::{NamedGroup, SignatureScheme};

/// What is known of a handshake.
pub(crate) struct Journal {
    pub(crate) side: JournalOf,
    /// The client's certificate, if the server asked for one.
    pub(crate) certificate_request: Option<CertificateRequested>,
    /// Why the server refused the ClientHello.
    pub(crate) refusal: Option<Refusal>,
    pub(crate) stage: Stage,
}

/// Whose journal it is.
pub(crate) enum JournalOf {
    Client {
        config: Arc<ClientConfig>,
        server_name: ServerName<'static>,
    },
    /// Of which the configuration may not be chosen yet.
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
        Box::new(Self { side, certificate_request: None, refusal: None, stage: Stage::Greeting })
    }
}

/// How far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The peer's hello has not come.
    Greeting,
    /// It has.
    Greeted,
}

/// What the server asked of the client, and got.
pub(crate) struct CertificateRequested {
    /// The distinguished names of the authorities, in DER; none: any.
    pub(crate) authorities: Vec<Vec<u8>>,
    pub(crate) shown: Shown,
}

/// What the client showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// No certificate.
    Nothing,
    /// One that an authority among those named has issued, or there were none named.
    Certificate,
    /// One of another authority.
    OfOtherAuthority,
}

impl CertificateRequested {
    pub(crate) fn new(authorities: Vec<Vec<u8>>, credential: Option<&Credential>) -> Self {
        let shown = match credential {
            None => Shown::Nothing,
            Some(credential) if authorities.is_empty() || credential.is_issued_by(&authorities) => Shown::Certificate,
            Some(_) => Shown::OfOtherAuthority,
        };
        Self { authorities, shown }
    }
}

/// Why a server refused a ClientHello: what each of the two has.
pub(crate) enum Refusal {
    /// There is no cipher suite to go on with.
    Suites(Box<NoSuite>),
    /// There is no application protocol in common.
    Protocols { offered: Vec<Box<[u8]>>, ours: Vec<Box<[u8]>> },
    /// The name is not known.
    Name { asked: Box<str>, ours: Vec<Box<str>> },
}

/// What stands against each suite.
pub(crate) struct NoSuite {
    /// Those that either side has and we know of, the server's first.
    pub(crate) suites: Vec<(&'static CipherSuite, Objection)>,
    /// Those that the client offers and we do not know.
    pub(crate) unknown: Vec<u16>,
    pub(crate) groups: [Vec<NamedGroup>; 2],
    pub(crate) schemes: [Vec<SignatureScheme>; 2],
}

/// Why a suite is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Objection {
    /// The client does not offer it.
    NotOffered,
    /// The server's policy, its provider or the lack of pre-shared keys leaves it out.
    NotOurs,
    /// The server requires encrypt-then-MAC for it, which the client does not offer.
    EncryptThenMac,
    /// The server has no certificate with a key for it.
    NoCertificate,
    /// The client does not offer the curve of the certificate's key.
    NoCurve,
    /// No group is in common.
    NoGroup,
    /// No signature scheme of the certificate's key is in common.
    NoScheme,
}

impl Refusal {
    /// What explains `error`, if anything does.
    pub(crate) fn of(error: &Error, config: &ServerConfig, offer: &ClientOffer) -> Option<Self> {
        match error {
            Error::NothingInCommon(Lacking::CipherSuite) => Some(Self::Suites(Box::new(NoSuite::of(config, offer)))),
            Error::NoApplicationProtocol => Some(Self::Protocols {
                offered: offer.protocols().map(Box::from).collect(),
                ours: config.protocols.clone(),
            }),
            Error::UnrecognizedName => Some(Self::Name {
                asked: offer.server_name().unwrap_or_default().into(),
                ours: config.credentials.iter().flat_map(|named| named.names.iter().flatten().cloned()).collect(),
            }),
            _ => None,
        }
    }
}

impl NoSuite {
    fn of(config: &ServerConfig, offer: &ClientOffer) -> Self {
        let Common { suites, groups, schemes, .. } = &config.common;
        let credentials = candidates(config, offer).map(|(credentials, _)| credentials).unwrap_or_default();
        let ours = suites.iter().map(|suite| (*suite, objection(config, &credentials, suite, offer)));
        let theirs = offer.suites().iter().filter_map(|code| CipherSuite::from_code(*code));
        let theirs = theirs.filter(|suite| !suites.contains(suite)).map(|suite| (suite, Objection::NotOurs));
        let unknown = offer.suites().iter().copied().filter(|code| CipherSuite::from_code(*code).is_none());
        Self {
            suites: ours.chain(theirs).collect(),
            unknown: unknown.collect(),
            groups: [groups.clone(), offer.groups().unwrap_or_default().to_vec()],
            schemes: [schemes.clone(), offer.signature_schemes().unwrap_or_default().to_vec()],
        }
    }
}

/// What stands against a suite of the server's. It is known that something does.
fn objection(
    config: &ServerConfig,
    credentials: &[&Arc<Credential>],
    suite: &CipherSuite,
    offer: &ClientOffer,
) -> Objection {
    if !offer.suites().contains(&suite.code) {
        return Objection::NotOffered;
    }
    let common = &config.common;
    if super::negotiate::agree_on_mac_order(common, suite, offer.encrypt_then_mac).is_err() {
        return Objection::EncryptThenMac;
    }
    if suite.key_exchange == KeyExchange::EcdhePsk {
        return Objection::NoGroup;
    }
    let mut with_key = credentials.iter().filter(|credential| credential.serves(common, suite.key_exchange)).peekable();
    if with_key.peek().is_none() {
        return Objection::NoCertificate;
    }
    let on_curve = |credential: &&&Arc<Credential>| {
        credential.public_key.key_type().curve().is_none_or(|curve| offers_group(offer, curve))
    };
    if !with_key.any(|credential| on_curve(&credential)) {
        return Objection::NoCurve;
    }
    match common_group(common, offer) {
        None => Objection::NoGroup,
        Some(_) => Objection::NoScheme,
    }
}
