//! The checks of the peer's own certificate, whoever issued it: it names the peer, and its key is supported and may be
//! used for what it is used for.

use rustls_pki_types::ServerName;

use super::alt_names::{self, CommonName};
use super::certificate::Certificate;
use super::extensions::KeyUsage;
use super::finding::Finding;
use super::rule::{Allow, Allowed};
use super::settings::Settings;
use super::signature::{MIN_RSA_BITS, SMALL_RSA_BITS};
use crate::crypto::SignatureAlgorithms;
use crate::handshake::{KeyUse, Peer, PeerChain};

/// The contents of id-kp-serverAuth, id-kp-clientAuth and anyExtendedKeyUsage (RFC 5280 §4.2.1.12).
pub(super) const SERVER_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
pub(super) const CLIENT_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
const ANY: &[u8] = &[0x55, 0x1d, 0x25, 0x00];

/// How a certificate names the requested server.
#[expect(clippy::large_enum_variant, reason = "one is made for each chain, and stays on the stack")]
pub(super) enum Named {
    /// In its subjectAltName; or no name was requested, as for clients.
    Well,
    /// By its common name, which is allowed.
    ByCommonName(CommonName),
}

/// Whether it names the peer (RFC 9525 §6).
pub(super) fn name(own: &Certificate<'_>, peer: &Peer, allowed: &Allowed) -> Result<Named, Finding> {
    let server = match peer {
        Peer::Server(server) => server,
        Peer::UnnamedServer => return Err(Finding::NoName),
        Peer::Client => return Ok(Named::Well),
    };
    if alt_names::are_of(own.extensions.alt_names, server) {
        return Ok(Named::Well);
    }
    common_name(own, server)
        .filter(|_| allowed.has(Allow::CommonName))
        .map(Named::ByCommonName)
        .ok_or(Finding::NotNamed)
}

/// The common name, if it matches this server (RFC 6125 §6.4.4).
pub(super) fn common_name(own: &Certificate<'_>, server: &ServerName<'_>) -> Option<CommonName> {
    CommonName::new(own.subject, own.extensions.alt_names).filter(|name| name.is_of(server))
}

/// Whether a certificate may be used by this kind of peer, or issue certificates for it (RFC 5280 §4.2.1.12).
pub(super) fn serves(certificate: &Certificate<'_>, peer: &Peer, settings: &Settings) -> bool {
    let needed = match peer {
        Peer::Server(_) | Peer::UnnamedServer => SERVER_AUTH,
        Peer::Client => CLIENT_AUTH,
    };
    certificate.extensions.purposes.is_none_or(|purposes| {
        purposes
            .iter()
            .any(|purpose| purpose == needed || purpose == ANY || settings.purposes.iter().any(|p| **p == *purpose))
    })
}

/// Checks that the type of the key is supported, that it is large enough, and that it may be used for what it is used
/// for.
pub(super) fn key(own: &Certificate<'_>, chain: &PeerChain, allowed: &Allowed) -> Result<(), Finding> {
    if !is_supported(own, &chain.algorithms) {
        return Err(Finding::UnknownKey);
    }
    let least = if allowed.has(Allow::SmallRsaKeys) { SMALL_RSA_BITS } else { MIN_RSA_BITS };
    if let Some(bits) = own.key.rsa_bits().filter(|bits| *bits < least) {
        return Err(Finding::SmallKey { bits, least });
    }
    // RFC 5246 §7.4.2: the bit must be set if the extension is present. Last, since a pin may relax it.
    if let Some(usage) = own.extensions.key_usage {
        let needed = match chain.key_use {
            KeyUse::DigitalSignature => KeyUsage::DIGITAL_SIGNATURE,
            KeyUse::KeyEncipherment => KeyUsage::KEY_ENCIPHERMENT,
        };
        if !usage.allows(needed) {
            return Err(Finding::KeyUsage(usage));
        }
    }
    Ok(())
}

/// Whether an algorithm supports the key: otherwise no handshake could use it.
fn is_supported(own: &Certificate<'_>, algorithms: &SignatureAlgorithms) -> bool {
    algorithms.all().any(|algorithm| algorithm.public_key_alg_id().as_ref() == own.key.algorithm)
}
