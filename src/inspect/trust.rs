//! The verification of chains, by the verifiers that were given.

use alloc::string::ToString;
use alloc::sync::Arc;
use core::time::Duration;
use rustls_pki_types::{ServerName, UnixTime};

use super::finding::{Fault, Outcome, Unknown};
use super::handshake::Handshake;
use super::inspector::Context;
use super::item::Direction;
use super::message::extension;
use crate::crypto::KeyExchange;
use crate::handshake::{KeyUse, Peer, PeerChain};
use crate::wire::ExtensionType;

/// Verifies the chain that was sent in `direction`, at the time of the capture.
pub(super) fn check_chain(context: &Context<'_>, handshake: &Handshake, direction: Direction) -> Outcome {
    let inspector = &*context.inspector;
    let (verifier, peer) = match direction {
        Direction::ClientToServer => (&inspector.client_verifier, Peer::Client),
        Direction::ServerToClient => (&inspector.server_verifier, server_of(handshake)),
    };
    let Some(verifier) = verifier else { return Outcome::Unknown(Unknown::NoVerifier) };
    let decrypts = handshake.suite().is_some_and(|suite| suite.key_exchange == KeyExchange::Rsa);
    let key_use = match direction {
        Direction::ServerToClient if decrypts => KeyUse::KeyEncipherment,
        _ => KeyUse::DigitalSignature,
    };
    let now = UnixTime::since_unix_epoch(Duration::from_secs(context.time.as_secs()));
    let algorithms = inspector.provider.signature_algorithms();
    let mut chain = PeerChain::new(Arc::clone(handshake.chains.of(direction)), peer, key_use, now, algorithms);
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

/// The server that the client asked for.
fn server_of(handshake: &Handshake) -> Peer {
    let name = handshake.client.server_name.as_ref().and_then(|name| ServerName::try_from(name.to_string()).ok());
    name.map_or(Peer::UnnamedServer, Peer::Server)
}
