//! Negotiation of parameters by the two hellos.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::UnixTime;

use super::config::Common;
use super::credential::{Credential, UnfitCertificate};
use super::limits::RecordLimits;
use super::offer::{ClientOffer, OfferedName, SessionOffered};
use super::policy::Agreement;
use super::previous::Previous;
use super::resumption::{NotResumable, Resumption};
use super::server_config::{ServerConfig, UnknownNames};
use crate::crypto::{CipherSuite, KeyExchange, MacOrder, Protection};
use crate::error::{Error, Lacking};
use crate::session::{SignedBy, Stapled};
use crate::wire::{Empty, MAX_RECORD_SIZE_LIMIT, MaxFragmentLength, NamedGroup, Random, SignatureScheme};

/// The negotiated parameters.
pub(crate) struct Negotiated {
    pub(crate) suite: &'static CipherSuite,
    pub(crate) client_random: Random,
    pub(crate) server_random: Random,
    /// RFC 7627.
    pub(crate) extended_master_secret: bool,
    /// RFC 5746: the peer supports it too.
    pub(crate) secure_renegotiation: Option<Empty>,
    /// The previous handshake, if this one renegotiates.
    pub(crate) previous: Option<Box<Previous>>,
    /// RFC 7366, for CBC suites.
    pub(crate) mac_order: MacOrder,
    /// The group and the schemes, once they are known; those of the session, if one is resumed.
    pub(crate) signed_by: SignedBy,
    /// On a client: what the server has sent with its chain, once it is known.
    pub(crate) stapled: Option<Arc<Stapled>>,
    /// The application protocol (RFC 7301).
    pub(crate) alpn_protocol: Option<Box<[u8]>>,
    /// The name that the client requested (RFC 6066 §3).
    pub(crate) server_name: Option<Box<str>>,
    pub(crate) limits: RecordLimits,
    pub(crate) session: Session,
    /// On a client that was asked for a certificate: why configured ones do not match.
    pub(crate) unfit: Vec<UnfitCertificate>,
}

/// The session of this handshake.
pub(crate) struct Session {
    /// The ID in the ServerHello; empty if the session cannot be resumed by ID.
    pub(crate) id: Box<[u8]>,
    /// The origin of the session, if it is resumed.
    pub(crate) resumed: Option<Origin>,
    /// Whether the client offered to resume one.
    pub(crate) offered: SessionOffered,
    /// Whether a NewSessionTicket is due.
    pub(crate) ticket: TicketDue,
    /// Why it cannot be resumed, if that is known.
    pub(crate) not_resumable: Option<NotResumable>,
    /// The fragment length that the client requests, unless record_size_limit replaces it. RFC 6066 §4: it applies to
    /// the session, so a session is resumed only with the same length.
    pub(crate) max_fragment_length: Option<MaxFragmentLength>,
    /// Whether the server agrees to it, or did so when the session was created.
    pub(crate) limits_fragments: bool,
}

/// The origin of a resumed session.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    /// When it was created.
    pub(crate) created: UnixTime,
    /// How the server found it.
    pub(crate) by: Resumption,
}

/// Whether the ServerHello promised a NewSessionTicket (RFC 5077 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TicketDue {
    No,
    Yes,
}

/// Whether the extended master secret is used, given the peer's extension.
pub(crate) fn agree_on_master_secret(common: &Common, peer: Option<Empty>) -> Result<bool, Error> {
    match (common.extended_master_secret, peer) {
        (Agreement::Require, None) => Err(Error::NothingInCommon(Lacking::ExtendedMasterSecret)),
        (Agreement::Prefer | Agreement::Require, Some(Empty)) => Ok(true),
        (Agreement::Never, _) | (Agreement::Prefer, None) => Ok(false),
    }
}

/// The order of MAC and encryption, given the peer's encrypt_then_mac extension.
///
/// RFC 7366 §3: it is for CBC suites only. A server that accepts it for an AEAD violates a MUST NOT, but that is
/// harmless.
pub(crate) fn agree_on_mac_order(common: &Common, suite: &CipherSuite, peer: Option<Empty>) -> Result<MacOrder, Error> {
    match (suite.protection, common.encrypt_then_mac, peer) {
        (Protection::Aead(_), ..) | (Protection::Cbc(..), Agreement::Never, _) => Ok(MacOrder::MacThenEncrypt),
        (Protection::Cbc(..), Agreement::Require, None) => Err(Error::NothingInCommon(Lacking::EncryptThenMac)),
        (Protection::Cbc(..), Agreement::Prefer, None) => Ok(MacOrder::MacThenEncrypt),
        (Protection::Cbc(..), Agreement::Prefer | Agreement::Require, Some(Empty)) => Ok(MacOrder::EncryptThenMac),
    }
}

/// The application protocol, in the server's order of preference (RFC 7301 §3.2).
pub(crate) fn agree_on_protocol(config: &ServerConfig, offer: &ClientOffer) -> Result<Option<Box<[u8]>>, Error> {
    if !offer.offers_protocols() || config.alpn_protocols.is_empty() {
        return Ok(None);
    }
    let chosen =
        config.alpn_protocols.iter().find(|protocol| offer.alpn_protocols().any(|offered| *offered == ***protocol));
    // RFC 7301 §3.2: if the server supports none of them, it SHALL respond with no_application_protocol.
    chosen.cloned().map(Some).ok_or(Error::NoApplicationProtocol)
}

/// The limits on records that the client requests, and that of this side.
pub(crate) fn agree_on_limits(config: &ServerConfig, offer: &ClientOffer) -> RecordLimits {
    config.common.limit(match (offer.record_size_limit, offer.max_fragment_length()) {
        (Some(limit), _) => RecordLimits {
            send: limit.min(MAX_RECORD_SIZE_LIMIT),
            receive: config.record_size_limit.unwrap_or(MAX_RECORD_SIZE_LIMIT),
        },
        (None, Some(length)) => RecordLimits::both(length),
        (None, None) => RecordLimits::NONE,
    })
}

/// The key exchange of a full handshake.
pub(crate) enum Exchange {
    Rsa(Arc<Credential>),
    Ecdhe { group: NamedGroup, scheme: SignatureScheme, credential: Arc<Credential> },
    Psk,
    EcdhePsk(NamedGroup),
}

impl Exchange {
    /// The server's credential; `None` with a pre-shared key.
    pub(crate) fn credential(&self) -> Option<&Arc<Credential>> {
        match self {
            Self::Rsa(credential) | Self::Ecdhe { credential, .. } => Some(credential),
            Self::Psk | Self::EcdhePsk(_) => None,
        }
    }
}

/// What the server chooses for a full handshake.
pub(crate) struct Selection {
    pub(crate) suite: &'static CipherSuite,
    pub(crate) exchange: Exchange,
}

impl Selection {
    /// Chooses among the common parameters in the server's order of preference. `None` if there are none.
    pub(crate) fn of(config: &ServerConfig, offer: &ClientOffer) -> Result<Option<Self>, Error> {
        let candidates = candidates(config, offer)?;
        // RFC 5246 §7.4.2: all certificates must be signed with schemes that the client names; if no chain is, the best
        // one is used anyway.
        let fits = |credential: &&Arc<Credential>| credential.chain_fits(offer.certificate_schemes());
        let fitting: Vec<_> = candidates.iter().copied().filter(fits).collect();
        Ok(Self::among(&fitting, config, offer).or_else(|| Self::among(&candidates, config, offer)))
    }

    /// The same, with one of these credentials or a pre-shared key.
    fn among(candidates: &[&Arc<Credential>], config: &ServerConfig, offer: &ClientOffer) -> Option<Self> {
        let mut suites = config.common.suites.iter().copied().filter(|suite| allows(&config.common, suite, offer));
        suites.find_map(|suite| {
            if suite.key_exchange.is_psk() {
                let exchange = psk_exchange(&config.common, suite, offer)?;
                return Some(Self { suite, exchange });
            }
            let mut exchanges =
                candidates.iter().filter_map(|credential| exchange(&config.common, suite, credential, offer));
            exchanges.next().map(|exchange| Self { suite, exchange })
        })
    }
}

/// The credentials for the name that the client requests.
pub(crate) fn candidates<'c>(config: &'c ServerConfig, offer: &ClientOffer) -> Result<Vec<&'c Arc<Credential>>, Error> {
    credentials_for(config, &offer.name)
}

/// The credentials for this name.
pub(crate) fn credentials_for<'c>(
    config: &'c ServerConfig,
    requested: &OfferedName,
) -> Result<Vec<&'c Arc<Credential>>, Error> {
    type Matches<'m> = &'m dyn Fn(Option<&[Box<str>]>) -> bool;
    let of = |matches: Matches<'_>| -> Vec<_> {
        let named = config.credentials.iter().filter(|named| matches(named.names.as_deref()));
        named.map(|named| &named.credential).collect()
    };
    let one = |matches: &dyn Fn(&str) -> bool| of(&|names| names.is_some_and(|names| names.iter().any(|n| matches(n))));
    let defaults = of(&|names| names.is_none());
    let unknown = |defaults| match config.unknown_names {
        UnknownNames::UseDefault => Ok(defaults),
        UnknownNames::Refuse => Err(Error::UnrecognizedName),
    };
    let name = match requested {
        OfferedName::None => return Ok(defaults),
        OfferedName::Other => return unknown(defaults),
        OfferedName::Host(name) => name.to_ascii_lowercase(),
    };
    let exact = one(&|known| known == name);
    if !exact.is_empty() {
        return Ok(exact);
    }
    // RFC 6125 §6.4.3: a wildcard matches one label.
    let parent = name.split_once('.').filter(|(label, _)| !label.is_empty()).map(|(_, parent)| parent);
    let wildcard = one(&|known| parent.is_some() && known.strip_prefix("*.") == parent);
    if wildcard.is_empty() { unknown(defaults) } else { Ok(wildcard) }
}

/// Whether the client offers `suite`, and the rest of its hello and our policy allow it.
pub(crate) fn allows(common: &Common, suite: &CipherSuite, offer: &ClientOffer) -> bool {
    offer.suites.contains(&suite.code) && agree_on_mac_order(common, suite, offer.encrypt_then_mac).is_ok()
}

/// RFC 5246 §7.4.1.4.1: the default for a client that names no schemes. It is used only if the policy names it too.
pub(crate) const UNNAMED_SCHEMES: [SignatureScheme; 2] = [SignatureScheme::RSA_PKCS1_SHA1, SignatureScheme::ECDSA_SHA1];

/// How `suite` can be used with `credential`, if it can.
pub(crate) fn exchange(
    common: &Common,
    suite: &CipherSuite,
    credential: &Arc<Credential>,
    offer: &ClientOffer,
) -> Option<Exchange> {
    if !credential.serves(common, suite.key_exchange) {
        return None;
    }
    let credential = Arc::clone(credential);
    match suite.key_exchange {
        KeyExchange::Rsa => Some(Exchange::Rsa(credential)),
        KeyExchange::Psk | KeyExchange::EcdhePsk => None,
        KeyExchange::EcdheRsa | KeyExchange::EcdheEcdsa => {
            // RFC 8422 §5.1: the curve of the certificate's key must be among them too.
            credential.public_key.key_type().curve().is_none_or(|curve| offers_curve(offer, curve)).then_some(())?;
            let group = common_group(common, offer)?;
            let scheme = credential.scheme(common, offer.signature_schemes().unwrap_or(&UNNAMED_SCHEMES))?;
            Some(Exchange::Ecdhe { group, scheme, credential })
        }
    }
}

/// How `suite` can be used with a pre-shared key, if it can.
fn psk_exchange(common: &Common, suite: &CipherSuite, offer: &ClientOffer) -> Option<Exchange> {
    match suite.key_exchange {
        KeyExchange::Psk => Some(Exchange::Psk),
        _ => common_group(common, offer).map(Exchange::EcdhePsk),
    }
}

/// The most preferred group that the client offers.
pub(crate) fn common_group(common: &Common, offer: &ClientOffer) -> Option<NamedGroup> {
    common.groups.iter().copied().find(|group| offers_group(offer, *group))
}

/// Whether the key exchange may be in this group. RFC 8422 §4: a client that names no groups leaves the choice to the
/// server; but it may be so old that it supports only the NIST curves, of which P-256 is universal.
pub(crate) fn offers_group(offer: &ClientOffer, group: NamedGroup) -> bool {
    offer.groups().map_or(group == NamedGroup::SECP256R1, |groups| groups.contains(&group))
}

/// Whether the key of a certificate may be on this curve (RFC 8422 §5.1): any curve for a client that names none.
pub(crate) fn offers_curve(offer: &ClientOffer, curve: NamedGroup) -> bool {
    offer.groups().is_none_or(|groups| groups.contains(&curve))
}
