//! What explains a failed handshake, beside its error: kept until the connection is established, and read by
//! [`Connection::diagnosis`](crate::Connection::diagnosis).

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

/// What is known of a handshake.
pub(crate) struct Journal {
    pub(crate) side: JournalOf,
    /// The client's certificate, if the server asked for one.
    pub(crate) certificate_request: Option<CertificateRequested>,
    /// Why the server refused the ClientHello.
    pub(crate) refusal: Option<Refusal>,
    /// The server's first certificate does not fit, and this one does: its place in the chain, the first being 1, and how many
    /// there are.
    pub(crate) better_certificate: Option<(usize, usize)>,
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
        Box::new(Self {
            side,
            certificate_request: None,
            refusal: None,
            better_certificate: None,
            stage: Stage::Greeting,
        })
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
    pub(crate) authorities: AuthorityNames,
    pub(crate) types: Vec<ClientCertificateType>,
    pub(crate) schemes: Vec<SignatureScheme>,
    pub(crate) shown: Shown,
    /// What stood against the certificates that were configured.
    pub(crate) unfit: Vec<UnfitCertificate>,
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
    /// Those that the client offers and this library does not have.
    pub(crate) unknown: Vec<u16>,
    /// The client's; none if it names none.
    pub(crate) groups: Option<Vec<NamedGroup>>,
    /// The client's; none if it names none.
    pub(crate) schemes: Option<Vec<SignatureScheme>>,
    /// Those of them that a key of the server's signs by, and the policy leaves out.
    pub(crate) usable_schemes: Vec<SignatureScheme>,
    /// Those that a key of the server's signs by, and the policy allows.
    pub(crate) own_schemes: Vec<SignatureScheme>,
    /// The server's suites that it has a key for.
    pub(crate) serviceable: Vec<&'static CipherSuite>,
}

/// How many of the client's protocols are kept to be named: it may offer many thousands.
const MAX_NOTED: usize = 32;

impl Refusal {
    /// What explains `error`, if anything does.
    pub(crate) fn of(error: &Error, config: &ServerConfig, offer: &ClientOffer) -> Option<Self> {
        match error {
            Error::NothingInCommon(
                Lacking::CipherSuite
                | Lacking::Certificate
                | Lacking::Group
                | Lacking::SignatureScheme
                | Lacking::EncryptThenMac,
            ) => Some(Self::Suites(Box::new(NoSuite::of(config, offer)))),
            Error::NoApplicationProtocol => Some(Self::Protocols {
                offered: offer.alpn_protocols().take(MAX_NOTED).map(Box::from).collect(),
                ours: config.alpn_protocols.clone(),
            }),
            Error::UnrecognizedName => Some(Self::Name {
                asked: offer.server_name().unwrap_or("something that is no host name").into(),
                ours: config.credentials.iter().flat_map(|named| named.names.iter().flatten().cloned()).collect(),
            }),
            _ => None,
        }
    }
}

impl NoSuite {
    /// As many suites as are named of those that we do not have.
    const MOST_UNKNOWN: usize = 64;

    fn of(config: &ServerConfig, offer: &ClientOffer) -> Self {
        let common = &config.common;
        let unknown = offer.suites().iter().copied().filter(|code| CipherSuite::from_code(*code).is_none());
        let credentials = candidates(config, offer).map(|(credentials, _)| credentials).unwrap_or_default();
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
            usable_schemes: offered.filter(|scheme| !common.schemes.contains(scheme) && signs(scheme)).collect(),
            own_schemes: common.schemes.iter().copied().filter(signs).collect(),
            serviceable: common.suites.iter().copied().filter(|suite| has_key(suite)).collect(),
        }
    }
}
