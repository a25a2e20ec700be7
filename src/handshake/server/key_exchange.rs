//! 3 to 5. ServerKeyExchange, ClientKeyExchange, and the premaster secret (RFC 5246 §7.4.3, §7.4.7).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::CertificateDer;

use super::client_auth::{AwaitCertificateVerify, AwaitClientChangeCipherSpec, Client, ProvenClient};
use super::psk::AwaitPsk;
use super::server_hello::Hello;
use super::{ServerSide, ServerState};
use crate::crypto::{DecryptedPremaster, KeyShare, PremasterSecret, fitting_signature, random_premaster};
use crate::error::Error;
use crate::handshake::credential::Credential;
use crate::handshake::evidence::{KeyExchangeChecked, PeerVerified};
use crate::handshake::exchange::on_peer_share;
use crate::handshake::finish::{Authenticated, AwaitChangeCipherSpec, AwaitFinished, Keyed, OurFinished};
use crate::handshake::flight::Flight;
use crate::handshake::keys::{Master, MasterSeed, connection_keys};
use crate::handshake::need::{DecryptRequest, RequestId, SignRequest};
use crate::handshake::negotiate::Negotiated;
use crate::handshake::role::Role;
use crate::session::{PeerIdentity, SignedBy};
use crate::wire::{
    MAX_PSK_IDENTITY, Message, NamedGroup, PskClientKeyExchange, SignatureScheme, decode_ecdhe_client_key_exchange,
    decode_rsa_client_key_exchange, ecdhe_params, put_ecdhe_server_key_exchange, signed_params,
};

/// Our part of the key exchange.
pub(super) enum ServerExchange {
    Rsa(Arc<Credential>),
    Ecdhe(Box<dyn KeyShare>),
    /// With ECDHE, if there is a share.
    Psk(Option<Box<dyn KeyShare>>),
}

/// 3. The key exchange is being signed.
pub(crate) struct AwaitSignature {
    pub(super) hello: Box<Hello>,
    pub(super) credential: Arc<Credential>,
    pub(super) group: NamedGroup,
    pub(super) share: Box<dyn KeyShare>,
    pub(super) scheme: SignatureScheme,
}

impl AwaitSignature {
    pub(super) fn params(&self) -> Vec<u8> {
        ecdhe_params(self.group, self.share.public_key())
    }

    pub(super) fn request(&self) -> SignRequest {
        let Negotiated { client_random, server_random, .. } = &*self.hello.negotiated;
        SignRequest {
            id: RequestId::next(),
            key: self.credential.public_key.clone(),
            scheme: self.scheme,
            message: signed_params(client_random, server_random, &self.params()),
        }
    }

    /// Sends ServerKeyExchange.
    pub(super) fn signed(
        mut self,
        side: &ServerSide,
        signature: &[u8],
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let (params, signature) = (self.params(), fitting_signature(signature)?);
        flight.message(&mut self.hello.transcript, |out| {
            put_ecdhe_server_key_exchange(out, &params, self.scheme, signature);
        })?;
        self.hello.negotiated.signed_by = SignedBy { group: Some(self.group), server: Some(self.scheme), client: None };
        self.hello.done(side, ServerExchange::Ecdhe(self.share), flight)
    }
}

/// ClientKeyExchange is due.
pub(crate) struct AwaitClientKeyExchange {
    pub(super) hello: Box<Hello>,
    pub(super) exchange: ServerExchange,
    pub(super) client: Client,
}

impl AwaitClientKeyExchange {
    pub(super) fn client_key_exchange(mut self, side: &ServerSide, message: Message<'_>) -> Result<ServerState, Error> {
        self.hello.transcript.add(message);
        let seed = MasterSeed::new(&side.config.common, &self.hello.negotiated, &self.hello.transcript)?;
        let premaster = match self.exchange {
            ServerExchange::Rsa(credential) => {
                Premaster::Encrypted(decode_rsa_client_key_exchange(message.body)?.to_vec(), credential)
            }
            ServerExchange::Ecdhe(share) => {
                let public_key = decode_ecdhe_client_key_exchange(message.body)?;
                Premaster::Shared(share.agree(public_key).map_err(on_peer_share)?)
            }
            ServerExchange::Psk(None) => {
                let PskClientKeyExchange { identity, .. } = PskClientKeyExchange::decode_psk(message.body)?;
                Premaster::Psk { identity: known_length(identity)?.into(), shared: None }
            }
            ServerExchange::Psk(Some(share)) => {
                let PskClientKeyExchange { identity, public_key } =
                    PskClientKeyExchange::decode_ecdhe_psk(message.body)?;
                let shared = share.agree(public_key.unwrap_or_default()).map_err(on_peer_share)?;
                Premaster::Psk { identity: known_length(identity)?.into(), shared: Some(shared) }
            }
        };
        let agreed = Agreed { hello: self.hello, seed: Box::new(seed), premaster };
        Ok(match self.client {
            Client::Anonymous(verified) => {
                let client = ProvenClient::Anonymous(verified);
                ServerState::ClientChangeCipherSpec(AwaitClientChangeCipherSpec { agreed, client })
            }
            Client::Shown { key, certificates } => {
                ServerState::CertificateVerify(AwaitCertificateVerify { agreed, key, certificates })
            }
        })
    }
}

/// An identity that exceeds the maximum length is unknown, and is not kept.
fn known_length(identity: &[u8]) -> Result<&[u8], Error> {
    if identity.len() > MAX_PSK_IDENTITY { Err(Error::UnknownPskIdentity) } else { Ok(identity) }
}

/// The result of the key exchange.
pub(super) struct Agreed {
    pub(super) hello: Box<Hello>,
    pub(super) seed: Box<MasterSeed>,
    pub(super) premaster: Premaster,
}

pub(super) enum Premaster {
    /// To this key.
    Encrypted(Vec<u8>, Arc<Credential>),
    Shared(PremasterSecret),
    /// To be derived from the key with this identity, and the shared secret of ECDHE, if there is one.
    Psk {
        identity: Arc<[u8]>,
        shared: Option<PremasterSecret>,
    },
}

impl Agreed {
    /// Continues with a verified client.
    pub(super) fn with(
        self,
        side: &ServerSide,
        verified: PeerVerified,
        certificates: Arc<[CertificateDer<'static>]>,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let Self { hello, seed, premaster } = self;
        let exchange = KeyExchangeChecked::ours(&side.config);
        let shown = Arc::clone(&hello.shown);
        let keyless = |identity| {
            let peer = Authenticated { verified, exchange, identity, shown, credentials: None };
            Box::new(Keyless { hello, seed, peer })
        };
        let certificates = PeerIdentity::Certificates(certificates);
        Ok(match premaster {
            Premaster::Encrypted(ciphertext, credential) => {
                ServerState::Premaster(AwaitPremaster { keyless: keyless(certificates), ciphertext, credential })
            }
            Premaster::Shared(secret) => ServerState::Finished(keyless(certificates).keyed(side, &secret, flight)?),
            Premaster::Psk { identity, shared } => {
                ServerState::Psk(AwaitPsk { keyless: keyless(PeerIdentity::by_psk(&identity)), shared })
            }
        })
    }
}

/// Everything except the premaster secret.
pub(super) struct Keyless {
    pub(super) hello: Box<Hello>,
    pub(super) seed: Box<MasterSeed>,
    pub(super) peer: Authenticated,
}

impl Keyless {
    /// Derives the keys, under which all further records of the client are protected.
    pub(super) fn keyed(
        self,
        side: &ServerSide,
        premaster: &PremasterSecret,
        flight: &mut Flight<'_>,
    ) -> Result<AwaitFinished, Error> {
        let common = &side.config.common;
        let Self { hello, seed, peer } = self;
        let Hello { negotiated, transcript, .. } = *hello;
        let master = Master::derive(common, &negotiated, premaster, &seed)?;
        let (opener, sealer) = connection_keys(&common.provider, &negotiated, &master, Role::Server)?;
        let keyed = Box::new(Keyed { negotiated, master, transcript, peer, ticket: None, false_start: None });
        let await_ccs = AwaitChangeCipherSpec { keyed, opener, ours: OurFinished::Due(Box::new(sealer)) };
        Ok(await_ccs.change_cipher_spec(flight))
    }
}

/// The premaster secret is being decrypted.
pub(crate) struct AwaitPremaster {
    pub(super) keyless: Box<Keyless>,
    pub(super) ciphertext: Vec<u8>,
    pub(super) credential: Arc<Credential>,
}

impl AwaitPremaster {
    pub(super) fn request(&self) -> DecryptRequest {
        DecryptRequest {
            id: RequestId::next(),
            key: self.credential.public_key.clone(),
            ciphertext: self.ciphertext.clone(),
        }
    }

    pub(super) fn decrypted(
        self,
        side: &ServerSide,
        premaster: DecryptedPremaster,
        flight: &mut Flight<'_>,
    ) -> Result<ServerState, Error> {
        let version = self.keyless.hello.client_version;
        // RFC 5246 §7.4.7.1: a random value is drawn whether it is needed or not.
        let fallback = random_premaster(version, side.config.common.provider.random())?;
        let premaster = premaster.or(fallback, version);
        Ok(ServerState::Finished(self.keyless.keyed(side, &premaster, flight)?))
    }
}
