//! The traffic secrets of an established connection, for another record layer: the kernel's, or a network card's.

use alloc::boxed::Box;

use super::{Connection, Progress};
use crate::crypto::Secret;
use crate::handshake::{ConnectionInfo, ExportError, Sending};
use crate::record::DirectionKeys;

/// The traffic secrets of both directions of an established connection, created by
/// [`Connection::into_traffic_secrets`]. They are wiped on drop.
#[derive(Debug)]
#[non_exhaustive]
pub struct TrafficSecrets {
    /// The negotiated parameters, such as the cipher suite, the order of MAC and encryption, and the limits on records.
    pub info: Box<ConnectionInfo>,
    /// For the records that this side sends.
    pub send: DirectionSecrets,
    /// For the records that this side receives.
    pub receive: DirectionSecrets,
}

/// The traffic secrets of one direction (RFC 5246 §6.3).
#[derive(Debug)]
#[non_exhaustive]
pub struct DirectionSecrets {
    /// The key of the cipher.
    pub key: Secret,
    /// The part of the nonce that comes from the key block: 4 bytes for AES-GCM, which are followed by the 8 that each
    /// record carries (RFC 5288 §3); 12 for ChaCha20-Poly1305 (RFC 7905 §2); empty for CBC.
    pub fixed_iv: Secret,
    /// The key of the HMAC of a CBC suite; empty for others.
    pub mac_key: Secret,
    /// The sequence number of the next record. For AES-GCM, it is also the next unused explicit nonce of 8 bytes: this
    /// side uses the sequence number there.
    pub sequence: u64,
}

impl DirectionSecrets {
    fn new(keys: &DirectionKeys<'_>, sequence: u64) -> Self {
        let secret = |bytes: &[u8]| Secret::new(bytes.to_vec());
        Self { key: secret(keys.cipher), fixed_iv: secret(keys.fixed_iv), mac_key: secret(keys.mac), sequence }
    }
}

impl Connection {
    /// Consumes the connection and returns its traffic secrets, so that another record layer can take over, such as the
    /// kernel (`TLS_TX` and `TLS_RX` of Linux). That record layer is then responsible for all records: data and alerts.
    /// close_notify closes a direction, and after a fatal alert the session must not be resumed.
    ///
    /// Send all output and process all input first: a record that was received but not processed counts as the next
    /// one.
    ///
    /// # Errors
    /// [`ExportError::NotConnected`] if the connection is not established and open in both directions, or if a
    /// handshake message is incomplete; [`ExportError::Provider`].
    pub fn into_traffic_secrets(self) -> Result<TrafficSecrets, ExportError> {
        let open = self.progress == Progress::Connected && self.sending == Sending::Open && self.joiner.is_empty();
        let (machine, established) = self.established().filter(|_| open).ok_or(ExportError::NotConnected)?;
        let provider = machine.provider().ok_or(ExportError::NotConnected)?;
        let block = established.exporter.key_block(provider, established.info.suite())?;
        let (ours, theirs) = block.directions(machine.role())?;
        let send = DirectionSecrets::new(&ours, self.sealer.sequence());
        let receive = DirectionSecrets::new(&theirs, self.opener.sequence());
        Ok(TrafficSecrets { info: established.info.clone(), send, receive })
    }
}
