//! Exports from an established connection: keying material (RFC 5705) and channel bindings (RFC 5929, RFC 9266).

use alloc::vec::Vec;
use core::fmt;
use rustls_pki_types::CertificateDer;

use super::keys::KeyBlock;
use super::negotiate::Negotiated;
use super::psk_hash;
use super::role::Role;
use super::transcript::VERIFY_DATA_LEN;
use crate::crypto::{CipherSuite, Digest, HashAlgorithm, MasterSecret, Provider, end_point_hash};
use crate::error::ProviderError;
use crate::wire::Random;

/// The secrets of an established connection.
pub(crate) struct Exporter {
    master: MasterSecret,
    /// The client's and the server's.
    randoms: [Random; 2],
    hash: HashAlgorithm,
    extended_master_secret: bool,
    finished: Finishes,
}

/// The verify_data of both sides.
#[derive(Clone, Copy)]
pub(crate) struct Finishes {
    /// The client's and the server's.
    pub(crate) verify_data: [[u8; VERIFY_DATA_LEN]; 2],
    /// The side that sent its Finished first.
    pub(crate) first: Role,
}

/// Why no keying material was exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportError {
    /// The handshake is not complete, or the connection has failed.
    NotConnected,
    /// The label is reserved for the protocol itself (RFC 5705 §4).
    ReservedLabel,
    /// The context is longer than 2^16 - 1 bytes.
    ContextTooLong,
    /// The connection does not use the extended master secret, without which keys must not be exported (RFC 7627 §5.4):
    /// an on-path attacker could give two connections the same keys.
    NoExtendedMasterSecret,
    /// The server's certificate is not available: the key exchange does not use one, or this is a server that resumed a
    /// session.
    NoCertificate,
    /// The signature of the server's certificate has no hash (RFC 5929 §4.1), as with Ed25519, or an unsupported one.
    NoHash,
    /// The provider failed.
    Provider(ProviderError),
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected => f.write_str("the connection is not established"),
            Self::ReservedLabel => f.write_str("the label is reserved for TLS itself"),
            Self::ContextTooLong => f.write_str("the context is longer than 65535 bytes"),
            Self::NoExtendedMasterSecret => f.write_str(
                "the connection does not use the extended master secret, so its keys may not be unique to it",
            ),
            Self::NoCertificate => f.write_str(
                "the server's certificate is not available: none was used, or this server resumed a session",
            ),
            Self::NoHash => {
                f.write_str("the signature of the server's certificate has no hash defined for this purpose")
            }
            Self::Provider(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ExportError {}

impl From<ProviderError> for ExportError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

/// The reserved labels of the PRF (RFC 5705 §4, RFC 7627 §4), and our own.
const RESERVED: [&[u8]; 6] = [
    b"client finished",
    b"server finished",
    b"master secret",
    b"key expansion",
    b"extended master secret",
    psk_hash::LABEL,
];

impl Exporter {
    pub(crate) fn new(negotiated: &Negotiated, master: MasterSecret, finished: Finishes) -> Self {
        Self {
            master,
            randoms: [negotiated.client_random, negotiated.server_random],
            hash: negotiated.suite.hash,
            extended_master_secret: negotiated.extended_master_secret,
            finished,
        }
    }

    /// Fills `out` with keying material for `label` and `context` (RFC 5705 §4: no context differs from an empty one).
    /// RFC 7627 §5.4: without the extended master secret, it MUST be disabled.
    pub(crate) fn export(
        &self,
        provider: &dyn Provider,
        label: &[u8],
        context: Option<&[u8]>,
        out: &mut [u8],
    ) -> Result<(), ExportError> {
        if !self.extended_master_secret {
            return Err(ExportError::NoExtendedMasterSecret);
        }
        if RESERVED.contains(&label) {
            return Err(ExportError::ReservedLabel);
        }
        let mut seed = Vec::from(self.randoms.as_flattened());
        if let Some(context) = context {
            let len = u16::try_from(context.len()).map_err(|_| ExportError::ContextTooLong)?;
            seed.extend(len.to_be_bytes());
            seed.extend(context);
        }
        provider.hmac_key(self.hash, self.master.expose())?.prf(label, &seed, out)?;
        Ok(())
    }

    /// Derives the key block of the connection again.
    pub(crate) fn key_block(
        &self,
        provider: &dyn Provider,
        suite: &'static CipherSuite,
    ) -> Result<KeyBlock, ProviderError> {
        let prf = provider.hmac_key(self.hash, self.master.expose())?;
        KeyBlock::new(suite, &*prf, &self.randoms)
    }

    /// tls-unique (RFC 5929 §3): the first Finished. Only with the extended master secret: without it, an attacker can give
    /// two connections the same value (RFC 7627 §1).
    pub(crate) fn tls_unique(&self) -> Option<[u8; VERIFY_DATA_LEN]> {
        let [client, server] = self.finished.verify_data;
        let first = match self.finished.first {
            Role::Client => client,
            Role::Server => server,
        };
        self.extended_master_secret.then_some(first)
    }

    /// The verify_data of client and server.
    pub(crate) fn finished(&self) -> [[u8; VERIFY_DATA_LEN]; 2] {
        self.finished.verify_data
    }

    /// tls-exporter (RFC 9266 §2): in TLS 1.2 only with the extended master secret (§4.2).
    pub(crate) fn tls_exporter(&self, provider: &dyn Provider) -> Result<[u8; 32], ExportError> {
        let mut binding = [0; 32];
        self.export(provider, b"EXPORTER-Channel-Binding", Some(&[]), &mut binding)?;
        Ok(binding)
    }
}

/// tls-server-end-point (RFC 5929 §4.1): the hash of the server's certificate, as it was sent.
pub(crate) fn tls_server_end_point(
    provider: &dyn Provider,
    certificates: &[CertificateDer<'_>],
) -> Result<Digest, ExportError> {
    let certificate = certificates.first().ok_or(ExportError::NoCertificate)?;
    let hash = end_point_hash(certificate).ok_or(ExportError::NoHash)?;
    Ok(provider.hash(hash, certificate)?)
}
