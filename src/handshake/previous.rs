//! What a renegotiation must preserve of the previous handshake: the application relies on the properties of the first
//! handshake of a connection.

use alloc::boxed::Box;
use rustls_pki_types::CertificateDer;

use super::transcript::VERIFY_DATA_LEN;
use crate::crypto::{CipherSuite, MacOrder, Protection, constant_time_eq};
use crate::error::{Error, Violation};
use crate::session::PeerIdentity;

/// The previous handshake.
pub(crate) struct Previous {
    /// The client's and the server's verify_data (RFC 5746 §3.1).
    pub(crate) finished: [[u8; VERIFY_DATA_LEN]; 2],
    /// The identity of the peer.
    pub(crate) peer: PeerIdentity,
    /// The application protocol. It is not negotiated again.
    pub(crate) alpn_protocol: Option<Box<[u8]>>,
    pub(crate) extended_master_secret: bool,
    /// For a CBC suite; `None` for an AEAD.
    pub(crate) mac_order: Option<MacOrder>,
}

impl Previous {
    /// The client's verify_data.
    pub(crate) fn client_finished(&self) -> &[u8] {
        let [client, _] = &self.finished;
        client
    }

    /// RFC 5746 §3.5: if renegotiation_info is missing or differs from both verify_data, the client MUST abort.
    pub(crate) fn check_info(&self, info: Option<&[u8]>) -> Result<(), Error> {
        if constant_time_eq(info.unwrap_or_default(), self.finished.as_flattened()) {
            Ok(())
        } else {
            Err(Error::IllegalParameter(Violation::RenegotiationInfo))
        }
    }

    /// Checks that the ServerHello is not weaker than before.
    pub(crate) fn check_hello(
        &self,
        suite: &CipherSuite,
        mac_order: MacOrder,
        extended_master_secret: bool,
    ) -> Result<(), Error> {
        let lost = |what| Err(Error::IllegalParameter(Violation::LostByRenegotiation(what)));
        // RFC 7366 §3.1: a connection MUST NOT go from encrypt-then-MAC to MAC-then-encrypt; so not from an AEAD
        // either.
        let macs_first = matches!(suite.protection, Protection::Cbc(..)) && mac_order == MacOrder::MacThenEncrypt;
        if macs_first && self.mac_order != Some(MacOrder::MacThenEncrypt) {
            return lost("encrypt-then-MAC or an AEAD");
        }
        // RFC 7627 §5.4: if the first handshake used it, so must the second.
        if self.extended_master_secret && !extended_master_secret {
            return lost("the extended master secret");
        }
        Ok(())
    }

    /// RFC 5746 §5: the server must keep its identity, on which the application relies. A server without certificates
    /// does not.
    pub(crate) fn check_peer(&self, certificates: &[CertificateDer<'_>]) -> Result<(), Error> {
        if !certificates.is_empty() && self.peer.certificates() == certificates {
            Ok(())
        } else {
            Err(Error::IllegalParameter(Violation::OtherIdentity))
        }
    }
}
