//! 3 to 7 with a pre-shared key instead of certificates (RFC 4279, RFC 5489): ServerKeyExchange, ServerHelloDone,
//! ClientKeyExchange. The server is authenticated by its Finished.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::key_exchange::keyed;
use super::{ClientSide, ClientState};
use crate::crypto::{KeyExchange, psk_premaster};
use crate::error::{Error, Violation};
use crate::handshake::evidence::{KeyExchangeChecked, PeerVerified, PskAgreed};
use crate::handshake::exchange::on_peer_share;
use crate::handshake::finish::Authenticated;
use crate::handshake::flight::Flight;
use crate::handshake::need::{RequestId, SelectPskRequest};
use crate::handshake::negotiate::Negotiated;
use crate::handshake::psk::PresharedKey;
use crate::handshake::transcript::Transcript;
use crate::session::PeerIdentity;
use crate::wire::{Message, NamedGroup, PskServerKeyExchange, Reader, put_psk_client_key_exchange};

/// ServerKeyExchange is due, with a hint and, for ECDHE, a key share.
pub(crate) struct AwaitPskServerKeyExchange {
    pub(super) negotiated: Box<Negotiated>,
    pub(super) transcript: Transcript,
    pub(super) agreed: PskAgreed,
}

/// The contents of the server's ServerKeyExchange.
struct PskParams {
    hint: Box<[u8]>,
    share: Option<(NamedGroup, Vec<u8>)>,
}

impl AwaitPskServerKeyExchange {
    pub(super) fn server_key_exchange(
        mut self,
        side: &ClientSide,
        message: Message<'_>,
    ) -> Result<AwaitPskServerHelloDone, Error> {
        let PskServerKeyExchange { hint, share } = match self.negotiated.suite.key_exchange {
            KeyExchange::EcdhePsk => PskServerKeyExchange::decode_ecdhe_psk(message.body)?,
            _ => PskServerKeyExchange::decode_psk(message.body)?,
        };
        // RFC 8422 §5.4: one of those in the client's supported_groups.
        if let Some((group, _)) = share.filter(|(group, _)| !side.config.common.groups.contains(group)) {
            return Err(Error::IllegalParameter(Violation::GroupNotOffered(group.0)));
        }
        let share = share.map(|(group, key)| (group, key.to_vec()));
        let params = Box::new(PskParams { hint: hint.into(), share });
        self.transcript.add(message);
        Ok(AwaitPskServerHelloDone { hello: self, params })
    }

    /// RFC 4279 §2: without a hint, the ServerKeyExchange is omitted; but not where it has a key share.
    pub(super) fn may_be_omitted(&self) -> bool {
        self.negotiated.suite.key_exchange == KeyExchange::Psk
    }

    pub(super) fn server_hello_done(self, message: Message<'_>) -> Result<AwaitPskChoice, Error> {
        let params = Box::new(PskParams { hint: Box::default(), share: None });
        AwaitPskServerHelloDone { hello: self, params }.server_hello_done(message)
    }
}

/// ServerHelloDone is due.
pub(crate) struct AwaitPskServerHelloDone {
    hello: AwaitPskServerKeyExchange,
    params: Box<PskParams>,
}

impl AwaitPskServerHelloDone {
    pub(super) fn server_hello_done(mut self, message: Message<'_>) -> Result<AwaitPskChoice, Error> {
        Reader::new("ServerHelloDone", message.body).done()?;
        self.hello.transcript.add(message);
        self.hello.transcript.forget_messages();
        Ok(AwaitPskChoice(self))
    }
}

/// Our key is being chosen.
pub(crate) struct AwaitPskChoice(AwaitPskServerHelloDone);

impl AwaitPskChoice {
    pub(super) fn request(&self) -> SelectPskRequest {
        SelectPskRequest { id: RequestId::next(), hint: self.0.params.hint.clone(), session: None }
    }

    /// 7. Sends ClientKeyExchange, ChangeCipherSpec and Finished.
    pub(super) fn chosen(
        self,
        side: &ClientSide,
        psk: Option<PresharedKey>,
        flight: &mut Flight<'_>,
    ) -> Result<ClientState, Error> {
        let PresharedKey { identity, key } = psk.ok_or(Error::NoPresharedKey)?;
        let AwaitPskServerHelloDone { hello, params } = self.0;
        let AwaitPskServerKeyExchange { mut negotiated, mut transcript, agreed } = hello;
        let common = &side.config.common;
        let (public_key, shared) = match params.share {
            None => (None, None),
            Some((group, theirs)) => {
                let share = common.key_share(group)?;
                let ours = share.public_key().to_vec();
                negotiated.signed_by.group = Some(group);
                (Some(ours), Some(share.agree(&theirs).map_err(on_peer_share)?))
            }
        };
        flight.message(&mut transcript, |out| put_psk_client_key_exchange(out, &identity, public_key.as_deref()))?;
        let peer = Authenticated {
            verified: PeerVerified::by_psk(&agreed),
            exchange: KeyExchangeChecked::by_psk(&agreed),
            identity: PeerIdentity::by_psk(&identity),
            shown: Arc::default(),
            credentials: None,
        };
        let premaster = psk_premaster(shared.as_ref(), &key)?;
        let mut ready = keyed(side, negotiated, transcript, &premaster, peer)?;
        ready.keyed.remember_psk(&key)?;
        ready.finish(side, flight)
    }
}
