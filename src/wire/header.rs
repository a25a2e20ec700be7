//! The five bytes before each record (RFC 5246 §6.2.1), and the two of an alert (§7.2).

use super::{ContentType, Reader};
use crate::error::{AlertDescription, DecodeError, DecodeFault};

/// The maximum length of a record's plaintext: 2^14 bytes (RFC 5246 §6.2.1).
pub const MAX_PLAINTEXT: usize = 1 << 14;

/// The maximum length of a record's protected fragment: 2^14 + 2048 bytes (RFC 5246 §6.2.3).
pub const MAX_CIPHERTEXT: usize = MAX_PLAINTEXT + 2048;

/// The version in every record of TLS 1.2.
pub const RECORD_VERSION: [u8; 2] = [3, 3];

/// The header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// The type of the content.
    pub content_type: ContentType,
    /// The version, such as 0x0303.
    pub version: u16,
    /// The length of the fragment after the header, in bytes.
    pub length: usize,
}

impl RecordHeader {
    /// The length of a header, in bytes.
    pub const LEN: usize = 5;

    /// Decodes a header, without any checks.
    #[must_use]
    pub fn from_bytes([content_type, major, minor, high, low]: [u8; Self::LEN]) -> Self {
        Self {
            content_type: ContentType(content_type),
            version: u16::from_be_bytes([major, minor]),
            length: usize::from(u16::from_be_bytes([high, low])),
        }
    }

    /// Encodes the header of a TLS 1.2 record with a fragment of `length` bytes.
    #[must_use]
    pub fn to_bytes(content_type: ContentType, length: u16) -> [u8; Self::LEN] {
        let [major, minor] = RECORD_VERSION;
        let [high, low] = length.to_be_bytes();
        [content_type.0, major, minor, high, low]
    }
}

/// The level of an alert (RFC 5246 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertLevel {
    /// The connection may continue.
    Warning,
    /// The connection is over.
    Fatal,
}

/// An alert (RFC 5246 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its level.
    pub level: AlertLevel,
    /// Its description.
    pub description: AlertDescription,
}

impl Alert {
    /// Decodes an alert.
    ///
    /// # Errors
    /// [`DecodeError`] if it is not two bytes with a defined level. (An alert in two fragments, or two alerts in one
    /// record, would be legal, but no implementation sends or accepts them.)
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Alert", bytes);
        let level = match reader.u8()? {
            1 => AlertLevel::Warning,
            2 => AlertLevel::Fatal,
            _ => return Err(reader.error(DecodeFault::Value)),
        };
        let description = AlertDescription::from_code(reader.u8()?);
        reader.done()?;
        Ok(Self { level, description })
    }

    /// Encodes the alert.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 2] {
        let level = match self.level {
            AlertLevel::Warning => 1,
            AlertLevel::Fatal => 2,
        };
        [level, self.description.code()]
    }
}
