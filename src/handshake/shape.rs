//! The shape of the ClientHello.

use alloc::vec::Vec;
use rustls_pki_types::DnsName;

use crate::wire::ExtensionType;

/// The shape of the ClientHello, for servers and middleboxes that require a particular one.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HelloShape {
    /// The order of the extensions. Extensions that are not listed follow in the default order, with padding last.
    /// Listing an extension does not add it.
    pub extension_order: Vec<ExtensionType>,
    /// The minimum length of the message in bytes, including its header of four bytes, which padding (RFC 7685)
    /// provides. The length is exact if at least four bytes are missing. 0 disables padding.
    pub min_len: usize,
    /// Reserved values (RFC 8701), which reveal servers that do not ignore unknown values.
    pub grease: Grease,
    /// The name in the server_name extension (RFC 6066 §3).
    pub indication: Indication,
}

/// The name in the server_name extension (RFC 6066 §3), by which a server chooses its certificate. It does not affect
/// which certificate is accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Indication {
    /// The name that the certificate must have, or no name if that is an address.
    #[default]
    Same,
    /// No name: the extension is omitted.
    Omitted,
    /// A different name than the certificate must have.
    Other(DnsName<'static>),
}

/// Whether a ClientHello contains reserved values that servers must ignore (RFC 8701).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grease {
    /// No reserved values.
    #[default]
    Off,
    /// Random reserved values: a cipher suite, a group, a signature scheme and two extensions.
    On,
}

impl HelloShape {
    /// The maximum length of a padded ClientHello, in bytes: that of a record.
    pub const MAX_LEN: usize = 1 << 14;

    /// Sets the order of the extensions. Default: the order of this library.
    #[must_use]
    pub fn extension_order(self, order: impl Into<Vec<ExtensionType>>) -> Self {
        Self { extension_order: order.into(), ..self }
    }

    /// Pads the message to at least `min_len` bytes, at most [`Self::MAX_LEN`]. Default: 0, no padding.
    #[must_use]
    pub fn min_len(self, min_len: usize) -> Self {
        Self { min_len, ..self }
    }

    /// Sets whether the hello contains reserved values. Default: [`Grease::Off`].
    #[must_use]
    pub fn grease(self, grease: Grease) -> Self {
        Self { grease, ..self }
    }

    /// Sets the name in the server_name extension. Default: [`Indication::Same`].
    #[must_use]
    pub fn indication(self, indication: Indication) -> Self {
        Self { indication, ..self }
    }

    /// The position of an extension, for sorting.
    pub(crate) fn place(&self, typ: ExtensionType) -> usize {
        self.extension_order.iter().position(|named| *named == typ).unwrap_or(usize::MAX)
    }
}
