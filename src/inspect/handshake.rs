//! A handshake as it is seen: its messages, the secrets that fit, and the checks that only its messages allow.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls_pki_types::CertificateDer;

use super::bound::MAX_TRANSCRIPT;
use super::candidates::Candidates;
use super::finding::{Fault, Outcome, Unknown};
use super::item::{Both, Direction};
use super::message::{ClientHello, Content, HandshakeMessage, ServerHello, extension};
use crate::crypto::{CipherSuite, MacOrder, Provider, PublicKey};
use crate::error::{KeyFault, SignatureError};
use crate::handshake::{MasterSeed, VERIFY_DATA_LEN, finished_data};
use crate::wire::{
    EMPTY_RENEGOTIATION_INFO_SCSV, EcdheServerKeyExchange, ExtensionType, HandshakeType, NamedGroup, Random, Reader,
    SignatureScheme, signed_params,
};

/// The verify_data of the two Finished of a handshake.
#[derive(Clone, Copy, Debug)]
pub(super) struct Previous {
    pub(super) client: [u8; VERIFY_DATA_LEN],
    pub(super) server: [u8; VERIFY_DATA_LEN],
}

/// A handshake that began with a ClientHello in the capture.
pub(super) struct Handshake {
    /// All messages, as hashed for Finished, if none is missing.
    transcript: Result<Vec<u8>, Unknown>,
    /// The messages after the ClientHello, by type and by the side that sent them.
    seen: BTreeSet<(Direction, u8)>,
    pub(super) client: ClientHello,
    pub(super) server: Option<ServerHello>,
    pub(super) chains: Both<Arc<[CertificateDer<'static>]>>,
    pub(super) ocsp_response: Option<Arc<[u8]>>,
    /// The group, the server's public key.
    pub(super) server_share: Option<(NamedGroup, Vec<u8>)>,
    /// ClientKeyExchange, and what the master secret is bound to by it.
    pub(super) client_key_exchange: Option<(Content, Option<MasterSeed>)>,
    pub(super) ticket: Option<Vec<u8>>,
    pub(super) candidates: Option<Candidates>,
    /// The item about the keys was given out.
    pub(super) keys_told: bool,
    /// Which sides have sent their ChangeCipherSpec.
    pub(super) changed: Both<bool>,
    /// The verify_data of each side, if it was right.
    pub(super) finished: Both<Option<[u8; VERIFY_DATA_LEN]>>,
    /// That of the handshake before on this connection.
    pub(super) previous: Option<Previous>,
}

impl Handshake {
    pub(super) fn new(client: ClientHello, previous: Option<Previous>) -> Self {
        Self {
            transcript: Ok(Vec::new()),
            seen: BTreeSet::new(),
            client,
            server: None,
            chains: Both { client: Arc::new([]), server: Arc::new([]) },
            ocsp_response: None,
            server_share: None,
            client_key_exchange: None,
            ticket: None,
            candidates: None,
            keys_told: false,
            changed: Both::default(),
            finished: Both::default(),
            previous,
        }
    }

    /// Adds a message to the transcript, after it has been checked.
    pub(super) fn add(&mut self, message: &HandshakeMessage) {
        if let Ok(transcript) = &mut self.transcript {
            if transcript.len() + message.bytes.len() > MAX_TRANSCRIPT {
                self.transcript = Err(Unknown::TranscriptTooLong);
            } else {
                transcript.extend_from_slice(&message.bytes);
            }
        }
    }

    /// Whether a message of this type may come now, apart from its place in the flight. In TLS 1.2 a side sends none
    /// twice (RFC 5246 §7.3), and Finished, alone, after its ChangeCipherSpec (§7.1, §7.4.9). So what is computed for a
    /// message is computed once.
    pub(super) fn admits(&mut self, direction: Direction, typ: HandshakeType) -> bool {
        let is_new = self.seen.insert((direction, typ.0));
        let is_finished = typ == HandshakeType::FINISHED;
        is_new && !self.is_complete() && *self.changed.of(direction) == is_finished
    }

    /// Whether a message is missing that must come before the client's ChangeCipherSpec (RFC 5246 §7.3), and none is
    /// missing from the capture.
    pub(super) fn lacks_message(&self) -> bool {
        use Direction::{ClientToServer as C, ServerToClient as S};
        use HandshakeType as T;
        let has = |direction, typ: HandshakeType| self.seen.contains(&(direction, typ.0));
        let Some(exchange) = self.suite().map(|suite| suite.key_exchange) else { return false };
        if self.is_resumed() != Some(false) || self.transcript.is_err() {
            return false;
        }
        let required = [
            (true, S, T::SERVER_HELLO_DONE),
            (true, C, T::CLIENT_KEY_EXCHANGE),
            (!exchange.is_psk(), S, T::CERTIFICATE),
            (exchange.is_ephemeral(), S, T::SERVER_KEY_EXCHANGE),
            // RFC 5246 §7.4.6, §7.4.8.
            (has(S, T::CERTIFICATE_REQUEST), C, T::CERTIFICATE),
            (!self.chains.client.is_empty(), C, T::CERTIFICATE_VERIFY),
        ];
        required.into_iter().any(|(is_required, direction, typ)| is_required && !has(direction, typ))
    }

    /// Whether it resumes a session (RFC 5246 §7.3), once a side has sent ChangeCipherSpec; `None` if what would tell may be
    /// missing.
    pub(super) fn is_resumed(&self) -> Option<bool> {
        use HandshakeType as T;
        let of_full = [T::CERTIFICATE, T::SERVER_KEY_EXCHANGE, T::SERVER_HELLO_DONE, T::CLIENT_KEY_EXCHANGE];
        let is_full = self.seen.iter().any(|(_, typ)| of_full.contains(&HandshakeType(*typ)));
        (is_full || self.transcript.is_ok()).then_some(!is_full)
    }

    /// A message may be missing here.
    pub(super) fn lose(&mut self, why: Unknown) {
        if !self.is_complete() {
            self.transcript = Err(why);
        }
    }

    /// Whether both sides have finished.
    pub(super) const fn is_complete(&self) -> bool {
        self.finished.client.is_some() && self.finished.server.is_some()
    }

    /// The suite that the server chose, if it is supported.
    pub(super) fn suite(&self) -> Option<&'static CipherSuite> {
        CipherSuite::from_code(self.server.as_ref()?.cipher_suite)
    }

    pub(super) fn randoms(&self) -> Option<[Random; 2]> {
        Some([self.client.random, self.server.as_ref()?.random])
    }

    /// Both sides sent this extension.
    fn agreed(&self, typ: ExtensionType) -> bool {
        let server = self.server.as_ref().and_then(|server| extension(&server.extensions, typ));
        server.is_some() && extension(&self.client.extensions, typ).is_some()
    }

    pub(super) fn mac_order(&self) -> MacOrder {
        if self.agreed(ExtensionType::ENCRYPT_THEN_MAC) { MacOrder::EncryptThenMac } else { MacOrder::MacThenEncrypt }
    }

    /// RFC 7627 §5.1: both sides sent the extension.
    pub(super) fn has_extended_master_secret(&self) -> bool {
        self.agreed(ExtensionType::EXTENDED_MASTER_SECRET)
    }

    /// What the master secret is bound to; the transcript must end with the ClientKeyExchange (RFC 7627 §4).
    pub(super) fn master_seed(&self, provider: &dyn Provider) -> Option<MasterSeed> {
        if !self.has_extended_master_secret() {
            return Some(MasterSeed::Randoms);
        }
        let transcript = self.transcript.as_ref().ok()?;
        provider.hash(self.suite()?.hash, transcript).ok().map(MasterSeed::SessionHash)
    }

    /// Checks the verify_data of a Finished that comes after the messages of the transcript.
    pub(super) fn check_finished(
        &mut self,
        provider: &dyn Provider,
        direction: Direction,
        verify_data: &[u8],
    ) -> Outcome {
        let expected = match self.expected_finished(provider, direction) {
            Ok(expected) => expected,
            Err(why) => return Outcome::Unknown(why),
        };
        if !crate::crypto::constant_time_eq(&expected, verify_data) {
            return Outcome::Failed(Fault::FinishedMismatch);
        }
        *self.finished.of_mut(direction) = Some(expected);
        Outcome::Verified
    }

    fn expected_finished(
        &self,
        provider: &dyn Provider,
        direction: Direction,
    ) -> Result<[u8; VERIFY_DATA_LEN], Unknown> {
        let transcript = self.transcript.as_ref().map_err(Clone::clone)?;
        let candidates = self.candidates.as_ref().ok_or(Unknown::HandshakeMissing)?;
        let candidate = candidates.chosen().ok_or(Unknown::NoSecretFits)?;
        let hash = provider.hash(candidates.suite().hash, transcript).map_err(Unknown::Provider)?;
        finished_data(&*candidate.prf, direction.sender(), &hash).map_err(Unknown::Provider)
    }

    /// RFC 5746 §3.4, §3.5, §3.6, §3.7: what each side says of the handshake before. Without it, a renegotiation is not
    /// bound to that handshake, which another client may have made (§1).
    pub(super) fn check_renegotiation_info(&self) -> Outcome {
        let Some(server) = &self.server else { return Outcome::Unknown(Unknown::HandshakeMissing) };
        let of = |extensions| -> Option<Result<Vec<u8>, Fault>> {
            let mut reader =
                Reader::new("renegotiation_info", extension(extensions, ExtensionType::RENEGOTIATION_INFO)?);
            let value = reader.vec8().ok().filter(|_| reader.is_empty());
            Some(value.map(<[u8]>::to_vec).ok_or(Fault::RenegotiationInfo))
        };
        let is_signalled =
            self.previous.is_none() && self.client.cipher_suites.contains(&EMPTY_RENEGOTIATION_INFO_SCSV);
        let client = of(&self.client.extensions).or(is_signalled.then(|| Ok(Vec::new())));
        let (Some(client), Some(server)) = (client, of(&server.extensions)) else {
            return match self.previous {
                None => Outcome::Unknown(Unknown::NotSignalled),
                Some(_) => Outcome::Failed(Fault::RenegotiationInfo),
            };
        };
        let expected = match &self.previous {
            None => (Vec::new(), Vec::new()),
            Some(Previous { client, server }) => (client.to_vec(), [*client, *server].concat()),
        };
        if client == Ok(expected.0) && server == Ok(expected.1) {
            Outcome::Verified
        } else {
            Outcome::Failed(Fault::RenegotiationInfo)
        }
    }

    /// Checks the signature of a ServerKeyExchange with this body.
    pub(super) fn check_server_key_exchange(&self, provider: &dyn Provider, body: &[u8]) -> Outcome {
        let (Some([client, server]), Ok(exchange)) = (self.randoms(), EcdheServerKeyExchange::decode(body)) else {
            return Outcome::Unknown(Unknown::HandshakeMissing);
        };
        let signed = signed_params(&client, &server, exchange.params);
        self.check_signature(provider, Direction::ServerToClient, exchange.scheme, &signed, exchange.signature)
    }

    /// Checks the signature of a CertificateVerify that comes after the messages of the transcript.
    pub(super) fn check_certificate_verify(
        &self,
        provider: &dyn Provider,
        scheme: SignatureScheme,
        signature: &[u8],
    ) -> Outcome {
        match &self.transcript {
            Ok(signed) => self.check_signature(provider, Direction::ClientToServer, scheme, signed, signature),
            Err(why) => Outcome::Unknown(why.clone()),
        }
    }

    fn check_signature(
        &self,
        provider: &dyn Provider,
        signer: Direction,
        scheme: SignatureScheme,
        signed: &[u8],
        signature: &[u8],
    ) -> Outcome {
        let Some(certificate) = self.chains.of(signer).first() else {
            return Outcome::Unknown(Unknown::NoCertificate);
        };
        match PublicKey::of_certificate(certificate) {
            Err(error) => Outcome::Failed(Fault::Key(error)),
            Ok(key) => match key.verifies(provider, scheme, signed, signature) {
                Ok(()) => Outcome::Verified,
                Err(error @ (SignatureError::Mismatch | SignatureError::Key(KeyFault::Malformed))) => {
                    Outcome::Failed(Fault::Signature(error))
                }
                // The two sides may support more than we do.
                Err(error) => Outcome::Unknown(Unknown::Signature(error)),
            },
        }
    }
}

#[cfg(test)]
#[cfg(feature = "ring")]
mod tests {
    use super::*;
    use crate::crypto::ring;
    use crate::wire::ProtocolVersion;
    use std::vec;

    /// A transcript beyond the limit is dropped, and what depends on it is not known.
    #[test]
    fn the_transcript_is_limited() {
        let hello = ClientHello {
            version: ProtocolVersion::TLS_1_2,
            random: [0; 32],
            session_id: Vec::new(),
            cipher_suites: Vec::new(),
            compression_methods: Vec::new(),
            extensions: Vec::new(),
            server_name: None,
        };
        let mut handshake = Handshake::new(hello, None);
        let message =
            |len| HandshakeMessage { typ: HandshakeType::CERTIFICATE, bytes: vec![0; len], content: Content::Other };
        handshake.add(&message(MAX_TRANSCRIPT));
        assert_eq!(handshake.transcript.as_ref().map(Vec::len), Ok(MAX_TRANSCRIPT));
        handshake.add(&message(1));
        let verify = handshake.check_certificate_verify(&*ring::provider(), SignatureScheme::ED25519, &[]);
        assert_eq!(verify, Outcome::Unknown(Unknown::TranscriptTooLong));
    }
}
