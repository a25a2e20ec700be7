//! The form of the ClientHello.

use alloc::vec::Vec;
use rustls_pki_types::DnsName;

use crate::wire::ExtensionType;

/// The form of the ClientHello, for the sake of servers and middleboxes that are particular about it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HelloShape {
    /// The extensions in this order; those that are not named follow in ours, the padding last. This adds none.
    pub extension_order: Vec<ExtensionType>,
    /// Padding (RFC 7685) makes the message, its header of four bytes included, at least so many bytes long; exactly so, if
    /// it lacks four or more. 0: no padding.
    pub min_len: usize,
    /// Values that mean nothing (RFC 8701), so that servers which do not ignore what they do not know are found.
    pub grease: Grease,
    /// The name in the server_name extension (RFC 6066 §3).
    pub indication: Indication,
}

/// The name in the server_name extension (RFC 6066 §3), by which a server chooses its certificate. It decides nothing about
/// which certificate is accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Indication {
    /// The name that the certificate must have; none, if that is an address.
    #[default]
    Same,
    /// No name: the extension is left out.
    Omitted,
    /// Another name than the certificate must have.
    Other(DnsName<'static>),
}

/// Whether a ClientHello has values that mean nothing (RFC 8701).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grease {
    /// It has none.
    #[default]
    Off,
    /// It has some, drawn at random: a cipher suite, a group, a signature scheme and two extensions.
    On,
}

impl HelloShape {
    /// The longest ClientHello that padding may make, in bytes: what fits in a record.
    pub const MAX_LEN: usize = 1 << 14;

    /// Puts the extensions in this order. Default: ours.
    #[must_use]
    pub fn extension_order(self, order: impl Into<Vec<ExtensionType>>) -> Self {
        Self { extension_order: order.into(), ..self }
    }

    /// Pads the message to at least `min_len` bytes, at most [`Self::MAX_LEN`]. Default: 0, no padding.
    #[must_use]
    pub fn min_len(self, min_len: usize) -> Self {
        Self { min_len, ..self }
    }

    /// Whether there are values that mean nothing. Default: [`Grease::Off`].
    #[must_use]
    pub fn grease(self, grease: Grease) -> Self {
        Self { grease, ..self }
    }

    /// The name in the server_name extension. Default: [`Indication::Same`].
    #[must_use]
    pub fn indication(self, indication: Indication) -> Self {
        Self { indication, ..self }
    }

    /// The place of an extension, to sort by.
    pub(crate) fn place(&self, typ: ExtensionType) -> usize {
        self.extension_order.iter().position(|named| *named == typ).unwrap_or(usize::MAX)
    }
}
