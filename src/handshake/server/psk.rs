//! 3 to 5 with a pre-shared key instead of certificates (RFC 4279, RFC 5489): ServerKeyExchange, and the key with the
//! identity in the ClientKeyExchange. The client is authenticated by its Finished.

use alloc::boxed::Box;

use super::key_exchange::{Keyless, ServerExchange};
use super::server_hello::Hello;
use super::{ServerSide, ServerState};
use crate::crypto::{KeyShare, PremasterSecret, Secret, psk_premaster};
use crate::error::Error;
use crate::handshake::flight::Flight;
use crate::handshake::need::{FindPskRequest, RequestId};
use crate::handshake::psk::{MAX_PSK, is_usable};
use crate::wire::{NamedGroup, ecdhe_params, put_psk_server_key_exchange};

impl Hello {
    /// 3. Sends ServerKeyExchange, unless it would be empty (RFC 4279 §2).
    pub(super) fn with_psk(
        mut self: Box<Self>,
        side: &ServerSide,
        share: Option<(NamedGroup, Box<dyn KeyShare>)>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let hint = &side.config.psk_identity_hint;
        let params = share.as_ref().map(|(group, share)| ecdhe_params(*group, share.public_key()));
        if !hint.is_empty() || params.is_some() {
            flight.message(&mut self.transcript, |out| put_psk_server_key_exchange(out, hint, params.as_deref()))?;
        }
        self.negotiated.signed_by.group = share.as_ref().map(|(group, _)| *group);
        self.done(side, ServerExchange::Psk(share.map(|(_, share)| share)), flight)
    }
}

/// The key of the client's identity is being looked up.
pub(crate) struct AwaitPsk {
    pub(super) keyless: Box<Keyless>,
    /// The shared secret of ECDHE, if there is one.
    pub(super) shared: Option<PremasterSecret>,
}

impl AwaitPsk {
    pub(super) fn request(&self) -> FindPskRequest {
        let identity = self.keyless.peer.identity.psk().unwrap_or_default();
        FindPskRequest { id: RequestId::next(), identity: identity.into() }
    }

    pub(super) fn found(
        self,
        side: &ServerSide,
        key: Option<Secret>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let key = key.ok_or(Error::UnknownPskIdentity)?;
        if !is_usable(&key) {
            return Err(Error::PresharedKeyLength { length: key.expose().len(), limit: MAX_PSK });
        }
        let premaster = psk_premaster(self.shared.as_ref(), &key)?;
        let mut finished = self.keyless.keyed(side, &premaster, flight)?;
        finished.keyed.remember_psk(&key)?;
        Ok(ServerState::Finished(finished))
    }
}
