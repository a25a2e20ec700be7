//! Why each cipher suite cannot be used, for a server that has none in common with a client.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::config::Common;
use super::credential::Credential;
use super::negotiate::{agree_on_mac_order, candidates, common_group, exchange, offers_curve};
use super::offer::ClientOffer;
use super::server_config::ServerConfig;
use crate::crypto::{CipherSuite, KeyExchange};
use crate::error::Lacking;

/// Why a suite cannot be used. The later in this list, the closer it was to being used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Objection {
    /// The client does not offer it.
    NotOffered,
    /// The server's policy, its provider or the lack of pre-shared keys excludes it. There may be further reasons.
    NotOurs,
    /// The server's policy excludes it, for no other reason.
    NotAllowed,
    /// The server requires encrypt-then-MAC for it, which the client does not offer.
    EncryptThenMac,
    /// The server has no certificate with a suitable key.
    NoCertificate,
    /// The client does not offer the curve of the certificate's key.
    NoCurve,
    /// There is no common group.
    NoGroup,
    /// There is no common signature scheme that the certificate's key supports.
    NoScheme,
}

impl Objection {
    fn lacking(self) -> Lacking {
        match self {
            Self::NotOffered | Self::NotOurs | Self::NotAllowed => Lacking::CipherSuite,
            Self::EncryptThenMac => Lacking::EncryptThenMac,
            Self::NoCertificate | Self::NoCurve => Lacking::Certificate,
            Self::NoGroup => Lacking::Group,
            Self::NoScheme => Lacking::SignatureScheme,
        }
    }
}

/// Why each suite of the server, and each one that only the client has, cannot be used. The caller knows that none can.
pub(crate) fn objections(config: &ServerConfig, offer: &ClientOffer) -> Vec<(&'static CipherSuite, Objection)> {
    let credentials = candidates(config, offer).unwrap_or_default();
    let Common { suites, .. } = &config.common;
    let ours = suites.iter().map(|suite| (*suite, objection(config, &credentials, suite, offer)));
    let mut all: Vec<_> = ours.collect();
    for suite in offer.suites().iter().filter_map(|code| CipherSuite::from_code(*code)) {
        // A hello has room for a suite 32,000 times, and each look at it goes through the client's groups and schemes.
        if all.iter().any(|(other, _)| *other == suite) {
            continue;
        }
        let usable = config.common.could_allow(suite) && is_usable(config, &credentials, suite, offer);
        all.push((suite, if usable { Objection::NotAllowed } else { Objection::NotOurs }));
    }
    all
}

/// Whether `suite` could be used if the policy allowed it.
fn is_usable(
    config: &ServerConfig,
    credentials: &[&Arc<Credential>],
    suite: &CipherSuite,
    offer: &ClientOffer,
) -> bool {
    match suite.key_exchange {
        _ if agree_on_mac_order(&config.common, suite, offer.encrypt_then_mac).is_err() => false,
        KeyExchange::Psk => true,
        KeyExchange::EcdhePsk => common_group(&config.common, offer).is_some(),
        _ => credentials.iter().any(|credential| exchange(&config.common, suite, credential, offer).is_some()),
    }
}

/// What the two sides do not have in common, from the suite that was closest to being used.
pub(crate) fn lacking(config: &ServerConfig, offer: &ClientOffer) -> Lacking {
    let nearest = objections(config, offer).into_iter().map(|(_, objection)| objection).max();
    nearest.unwrap_or(Objection::NotOffered).lacking()
}

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
    if agree_on_mac_order(common, suite, offer.encrypt_then_mac).is_err() {
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
        credential.public_key.key_type().curve().is_none_or(|curve| offers_curve(offer, curve))
    };
    if !with_key.any(|credential| on_curve(&credential)) {
        return Objection::NoCurve;
    }
    match common_group(common, offer) {
        None => Objection::NoGroup,
        Some(_) => Objection::NoScheme,
    }
}
