//! An endpoint that also speaks TLS 1.3 through another library, and how it detects a forced downgrade (RFC 7507, RFC 8446 §4.1.3).

use super::offer::ClientOffer;
use crate::error::{Error, Violation};
use crate::wire::{FALLBACK_SCSV, ProtocolVersion, Random};

/// Whether this endpoint also supports a version later than TLS 1.2 through another library.
///
/// If it does, an attacker who interferes with the other library's handshakes could force connections to TLS 1.2. Both
/// sides guard against that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LaterVersion {
    /// TLS 1.2 is the highest version.
    #[default]
    Unsupported,
    /// TLS 1.3 is supported through another library.
    ///
    /// A client signals this with TLS_FALLBACK_SCSV (RFC 7507 §4), unless it offers to resume a session, and refuses a
    /// server whose random shows that it supports TLS 1.3 too (RFC 8446 §4.1.3). A server refuses clients that send
    /// TLS_FALLBACK_SCSV without offering TLS 1.3 (RFC 7507 §3), and marks its random to show that it supports TLS 1.3.
    Supported,
}

/// The last bytes of the random of a server that supports TLS 1.3 and negotiates TLS 1.2 (RFC 8446 §4.1.3).
const SENTINEL: [u8; 8] = *b"DOWNGRD\x01";

/// The same if it negotiates an earlier version.
const EARLIER_SENTINEL: [u8; 8] = *b"DOWNGRD\x00";

impl LaterVersion {
    /// The signalling suite of a client's hello, after all others (RFC 7507 §4).
    pub(crate) fn signal(self, resumes: bool) -> Option<u16> {
        // RFC 7507 §4: a client that intends to resume a session MUST NOT include it.
        (self == Self::Supported && !resumes).then_some(FALLBACK_SCSV)
    }

    /// Checks the random of a server that negotiated TLS 1.2.
    pub(crate) fn check_server(self, random: &Random) -> Result<(), Error> {
        // RFC 8446 §4.1.3: TLS 1.3 clients MUST check for both, and abort with an illegal_parameter.
        let is_marked = [SENTINEL, EARLIER_SENTINEL].iter().any(|sentinel| random.ends_with(sentinel));
        if self == Self::Supported && is_marked { Err(Error::IllegalParameter(Violation::Downgraded)) } else { Ok(()) }
    }

    /// Checks the hello of a client that is to be answered with TLS 1.2.
    pub(crate) fn check_client(self, offer: &ClientOffer) -> Result<(), Error> {
        // RFC 7507 §3: the highest version of the client is lower than that of this server.
        if self == Self::Supported && offer.suites.contains(&FALLBACK_SCSV) && !offer.lists(ProtocolVersion::TLS_1_3) {
            return Err(Error::InappropriateFallback);
        }
        Ok(())
    }

    /// Marks the random of a server that negotiates TLS 1.2.
    pub(crate) fn mark(self, random: &mut Random) {
        // RFC 8446 §4.1.3: TLS 1.3 servers MUST set it.
        if let (Self::Supported, Some(tail)) = (self, random.last_chunk_mut()) {
            *tail = SENTINEL;
        }
    }
}
