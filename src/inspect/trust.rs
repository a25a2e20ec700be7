//! The verification of chains, by the verifiers that were given; and what a chain is to be verified for.

use alloc::string::ToString;
use alloc::sync::Arc;
use core::time::Duration;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::finding::{Fault, Outcome, Unknown};
use super::handshake::Handshake;
use super::inspector::Context;
use super::item::Direction;
use super::message::{ClientHello, ServerHello, extension};
use crate::crypto::{CipherSuite, KeyExchange, Provider};
use crate::handshake::{KeyUse, Peer, PeerChain};
use crate::wire::ExtensionType;

/// Verifies the chain that was sent in `direction`, at the time of the capture.
pub(super) fn check_chain(context: &Context<'_>, handshake: &Handshake, direction: Direction) -> Outcome {
    let inspector = &*context.inspector;
    let verifier = match direction {
        Direction::ClientToServer => &inspector.client_verifier,
        Direction::ServerToClient => &inspector.server_verifier,
    };
    let Some(verifier) = verifier else { return Outcome::Unknown(Unknown::NoVerifier) };
    let hellos = (Some(&handshake.client), handshake.server.as_ref());
    let certificates = Arc::clone(handshake.chains.of(direction));
    let mut chain = shown(certificates, direction, hellos, context.time, &*inspector.provider);
    if direction == Direction::ServerToClient {
        let hello = handshake.server.as_ref();
        let timestamps =
            hello.and_then(|hello| extension(&hello.extensions, ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP));
        chain.sct_list = timestamps.map(Arc::from);
        chain.ocsp_response.clone_from(&handshake.ocsp_response);
    }
    match verifier.verify(&chain) {
        Ok(_) => Outcome::Verified,
        Err(error) => Outcome::Failed(Fault::Certificate(error)),
    }
}

/// The chain that a side showed in `direction`, at this time, after these hellos: who the other took it to be, and what its
/// key is for.
pub(super) fn shown(
    certificates: Arc<[CertificateDer<'static>]>,
    direction: Direction,
    (client, server): (Option<&ClientHello>, Option<&ServerHello>),
    time: Duration,
    provider: &dyn Provider,
) -> PeerChain {
    let suite = server.and_then(|hello| CipherSuite::from_code(hello.cipher_suite));
    let decrypts = suite.is_some_and(|suite| suite.key_exchange == KeyExchange::Rsa);
    let name = client.and_then(|hello| ServerName::try_from(hello.server_name.as_ref()?.to_string()).ok());
    let (peer, key_use) = match direction {
        Direction::ClientToServer => (Peer::Client, KeyUse::DigitalSignature),
        Direction::ServerToClient => (
            name.map_or(Peer::UnnamedServer, Peer::Server),
            if decrypts { KeyUse::KeyEncipherment } else { KeyUse::DigitalSignature },
        ),
    };
    let now = UnixTime::since_unix_epoch(Duration::from_secs(time.as_secs()));
    PeerChain::new(certificates, peer, key_use, now, provider.signature_algorithms())
}
