//! The traffic secrets of an established connection, for another record layer: the kernel's, or a network card's.

use alloc::boxed::Box;

use super::{Connection, Progress};
use crate::crypto::Secret;
use crate::handshake::{ConnectionInfo, ExportError, Sending};
use crate::record::DirectionKeys;

/// What protects the records of an established connection, both ways, made by [`Connection::into_traffic_secrets`]. Wiped
/// when dropped.
#[derive(Debug)]
#[non_exhaustive]
pub struct TrafficSecrets {
    /// What was negotiated, such as the cipher suite, the order of MAC and encryption, and the limits on records.
    pub info: Box<ConnectionInfo>,
    /// For the records that this side sends.
    pub send: DirectionSecrets,
    /// For the records that this side receives.
    pub receive: DirectionSecrets,
}

/// What protects the records of one direction (RFC 5246 §6.3).
#[derive(Debug)]
#[non_exhaustive]
pub struct DirectionSecrets {
    /// The key of the cipher.
    pub key: Secret,
    /// The part of the nonce that comes from the key block: 4 bytes for AES-GCM, which are followed by the 8 that each
    /// record carries (RFC 5288 §3); 12 for ChaCha20-Poly1305 (RFC 7905 §2); none for CBC.
    pub fixed_iv: Secret,
    /// The key of the HMAC of a CBC suite; empty for others.
    pub mac_key: Secret,
    /// The sequence number of the next record. For AES-GCM also the 8 bytes of the nonce that must not have been used: this
    /// side has sent as many records as this says, each with its sequence number there.
    pub sequence: u64,
}

impl DirectionSecrets {
    fn new(keys: &DirectionKeys<'_>, sequence: u64) -> Self {
        let secret = |bytes: &[u8]| Secret::new(bytes.to_vec());
        Self { key: secret(keys.cipher), fixed_iv: secret(keys.fixed_iv), mac_key: secret(keys.mac), sequence }
    }
}

impl Connection {
    /// Gives the connection up for the secrets that protect its records, so that something else can take them over, such as
    /// the kernel (`TLS_TX` and `TLS_RX` of Linux). From here on all records are the new owner's: data, and alerts, of which
    /// close_notify ends each direction, and a fatal one forbids to resume the session.
    ///
    /// Send all output first, and process all input: a record that was received but not processed still counts as the
    /// next.
    ///
    /// # Errors
    /// [`ExportError::NotConnected`], if the connection is not established and open both ways, or a handshake message has
    /// arrived in part; [`ExportError::Provider`].
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
