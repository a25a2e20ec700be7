//! 4, 7. ServerKeyExchange and ClientKeyExchange (RFC 5246 §7.4.3, §7.4.7).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::CertificateDer;

use super::certificate::Identified;
use super::client_auth::AwaitCertificateRequest;
use super::{ClientSide, ClientState};
use crate::crypto::{KeyExchange, PremasterSecret, Protection, PublicKey, fitting, random_premaster};
use crate::error::{Error, KeyFault, ProviderError, Violation};
use crate::handshake::client_config::FalseStart;
use crate::handshake::evidence::{KeyExchangeChecked, PeerVerified, Signer};
use crate::handshake::exchange::on_peer_share;
use crate::handshake::finish::{Authenticated, AwaitChangeCipherSpec, Keyed, OurFinished};
use crate::handshake::flight::Flight;
use crate::handshake::info::ConnectionInfo;
use crate::handshake::keys::{Master, MasterSeed, connection_keys};
use crate::handshake::negotiate::Negotiated;
use crate::handshake::role::Role;
use crate::handshake::transcript::Transcript;
use crate::record::{Opener, Sealer};
use crate::session::{PeerIdentity, SignedBy};
use crate::wire::{
    EcdheServerKeyExchange, Message, NamedGroup, ProtocolVersion, put_ecdhe_client_key_exchange,
    put_rsa_client_key_exchange, signed_params,
};

/// The server's part of the key exchange.
pub(super) struct ServerExchange {
    pub(super) checked: KeyExchangeChecked,
    pub(super) kind: ExchangeKind,
}

pub(super) enum ExchangeKind {
    Rsa,
    Ecdhe { group: NamedGroup, public_key: Vec<u8> },
}

/// 4. ServerKeyExchange is due.
pub(crate) struct AwaitServerKeyExchange(pub(super) Box<Identified>);

impl AwaitServerKeyExchange {
    pub(super) fn server_key_exchange(
        self,
        side: &ClientSide,
        message: Message<'_>,
    ) -> Result<AwaitCertificateRequest, Error> {
        let Self(mut identified) = self;
        let Identified { negotiated, server, .. } = &*identified;
        let common = &side.config.common;
        let EcdheServerKeyExchange { params, group, public_key, scheme, signature } =
            EcdheServerKeyExchange::decode(message.body)?;
        // RFC 8422 §5.4: one of those in the client's supported_groups.
        if !common.groups.contains(&group) {
            return Err(Error::IllegalParameter(Violation::GroupNotOffered(group.0)));
        }
        // RFC 5246 §7.4.3: the scheme MUST be one of those offered.
        if !common.schemes.contains(&scheme) {
            return Err(Error::IllegalParameter(Violation::SchemeNotOffered(scheme.0)));
        }
        let signed = signed_params(&negotiated.client_random, &negotiated.server_random, params);
        let signer =
            Signer { provider: &*common.provider, key: &server.key, certificates: &server.certificates, scheme };
        let checked = KeyExchangeChecked::by_signature(&signer, &signed, signature)?;
        let kind = ExchangeKind::Ecdhe { group, public_key: public_key.to_vec() };
        identified.negotiated.signed_by = SignedBy { group: Some(group), server: Some(scheme), client: None };
        identified.transcript.add(message);
        let exchange = ServerExchange { checked, kind };
        Ok(AwaitCertificateRequest(ServerParams { identified, exchange }))
    }
}

/// The server's contribution to the key exchange, complete.
pub(super) struct ServerParams {
    pub(super) identified: Box<Identified>,
    pub(super) exchange: ServerExchange,
}

/// Everything is ready for ChangeCipherSpec and Finished.
pub(super) struct Ready {
    pub(super) keyed: Box<Keyed>,
    pub(super) opener: Opener,
    pub(super) sealer: Sealer,
}

impl Ready {
    /// Sends ChangeCipherSpec and Finished.
    pub(super) fn finish(self, side: &ClientSide, flight: &mut Flight<'_>) -> Result<ClientState, Error> {
        let Self { mut keyed, opener, sealer } = self;
        let ours = keyed.send_finished(&side.config.common, Role::Client, sealer, flight)?;
        keyed.false_start = may_start_falsely(side, &keyed.negotiated).then(|| {
            let Authenticated { identity, shown, .. } = &keyed.peer;
            Box::new(ConnectionInfo::new(&keyed.negotiated, identity.clone(), Arc::clone(shown)))
        });
        Ok(AwaitChangeCipherSpec { keyed, opener, ours: OurFinished::Sent(ours) }.after_ticket())
    }
}

/// Whether data may be sent right after this side's Finished. RFC 7918 §4: only with forward secrecy and strong
/// encryption. The server has been verified by then, and its key share is bound to its key; with a pre-shared key it is
/// not.
fn may_start_falsely(side: &ClientSide, negotiated: &Negotiated) -> bool {
    let Negotiated { suite, previous, .. } = negotiated;
    side.config.false_start == FalseStart::WhereSafe
        && matches!(suite.key_exchange, KeyExchange::EcdheRsa | KeyExchange::EcdheEcdsa)
        && matches!(suite.protection, Protection::Aead(_))
        && previous.is_none()
}

/// Sends ClientKeyExchange, and derives the keys. `shown` is the chain that was sent to the server, if it requested a
/// certificate.
pub(super) fn send_key_exchange(
    side: &ClientSide,
    params: ServerParams,
    verified: PeerVerified,
    shown: Option<Arc<[CertificateDer<'static>]>>,
    flight: &mut Flight<'_>,
) -> Result<Ready, Error> {
    let ServerParams { identified, exchange } = params;
    let Identified { mut negotiated, mut transcript, server } = *identified;
    negotiated.stapled = server.stapled();
    let premaster = key_exchange(side, &server.key, exchange.kind, &mut transcript, flight)?;
    let identity = PeerIdentity::Certificates(server.certificates);
    let credentials = shown.as_ref().map(|_| Arc::clone(&side.config.credentials_id));
    let shown = shown.unwrap_or_default();
    let peer = Authenticated { verified, exchange: exchange.checked, identity, shown, credentials };
    keyed(side, negotiated, transcript, &premaster, peer)
}

/// Derives the keys, once the ClientKeyExchange has been sent.
pub(super) fn keyed(
    side: &ClientSide,
    negotiated: Box<Negotiated>,
    transcript: Transcript,
    premaster: &PremasterSecret,
    peer: Authenticated,
) -> Result<Ready, Error> {
    let common = &side.config.common;
    let seed = MasterSeed::new(common, &negotiated, &transcript)?;
    let master = Master::derive(common, &negotiated, premaster, &seed)?;
    let (opener, sealer) = connection_keys(&common.provider, &negotiated, &master, Role::Client)?;
    let keyed = Box::new(Keyed { negotiated, master, transcript, peer, ticket: None, false_start: None });
    Ok(Ready { keyed, opener, sealer })
}

/// Sends ClientKeyExchange; returns the premaster secret.
pub(super) fn key_exchange(
    side: &ClientSide,
    server_key: &PublicKey,
    exchange: ExchangeKind,
    transcript: &mut Transcript,
    flight: &mut Flight<'_>,
) -> Result<PremasterSecret, Error> {
    let common = &side.config.common;
    match exchange {
        ExchangeKind::Rsa => {
            if let Some(fault) = server_key.wrong_size(common.provider.rsa_key_bits()) {
                return Err(Error::PeerKey(fault));
            }
            let random = common.provider.random();
            // RFC 5246 §7.4.7.1: the version is the one that the ClientHello offered.
            let premaster = random_premaster(ProtocolVersion::TLS_1_2.0, random)?;
            let encrypted = common.provider.rsa_encrypt(server_key, &premaster, random);
            let encrypted = encrypted.map_err(on_server_key)?;
            let encrypted = fitting(&encrypted, usize::from(u16::MAX), "RSA encryption to 1 to 65535 bytes")?;
            flight.message(transcript, |out| put_rsa_client_key_exchange(out, encrypted))?;
            Ok(premaster)
        }
        ExchangeKind::Ecdhe { group, public_key } => {
            let share = common.key_share(group)?;
            let ours = share.public_key().to_vec();
            let premaster = share.agree(&public_key).map_err(on_peer_share)?;
            flight.message(transcript, |out| put_ecdhe_client_key_exchange(out, &ours))?;
            Ok(premaster)
        }
    }
}

/// A key that cannot be encrypted to is a fault of its certificate.
fn on_server_key(error: ProviderError) -> Error {
    match error {
        ProviderError::InvalidPublicKey => Error::PeerKey(KeyFault::Malformed),
        other => other.into(),
    }
}
