//! Malformed and unexpected messages.

use core::fmt;

use super::Error;

/// An error in the encoding of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeError {
    /// The structure, by its name in the RFC.
    pub structure: &'static str,
    /// The fault.
    pub fault: DecodeFault,
}

/// What is wrong with a structure on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeFault {
    /// It ends before all its fields.
    Short,
    /// Bytes follow its end.
    Trailing,
    /// A length field has a value that its RFC forbids.
    Length,
    /// A value is not defined.
    Value,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { structure, fault } = self;
        match fault {
            DecodeFault::Short => write!(f, "{structure} ends too early"),
            DecodeFault::Trailing => write!(f, "{structure} has bytes after its end"),
            DecodeFault::Length => write!(f, "{structure} has a length that is not allowed"),
            DecodeFault::Value => write!(f, "{structure} has a value that is not defined"),
        }
    }
}

impl core::error::Error for DecodeError {}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

/// An unexpected message or record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Received {
    /// A handshake message of this type.
    Handshake(u8),
    /// A record of this content type.
    Record(u8),
    /// More handshake data after the message that ends the flight.
    ExcessHandshakeData,
    /// A ChangeCipherSpec in the middle of a handshake message.
    MisalignedChangeCipherSpec,
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Handshake(0) => "HelloRequest",
            Self::Handshake(1) => "ClientHello",
            Self::Handshake(2) => "ServerHello",
            Self::Handshake(4) => "NewSessionTicket",
            Self::Handshake(11) => "Certificate",
            Self::Handshake(12) => "ServerKeyExchange",
            Self::Handshake(13) => "CertificateRequest",
            Self::Handshake(14) => "ServerHelloDone",
            Self::Handshake(15) => "CertificateVerify",
            Self::Handshake(16) => "ClientKeyExchange",
            Self::Handshake(20) => "Finished",
            Self::Handshake(22) => "CertificateStatus",
            Self::Handshake(other) => return write!(f, "a handshake message of type {other}"),
            Self::Record(20) => "ChangeCipherSpec",
            Self::Record(21) => "an alert",
            Self::Record(22) => "a handshake record",
            Self::Record(23) => "application data",
            Self::Record(other) => return write!(f, "a record of type {other}"),
            Self::ExcessHandshakeData => "more handshake data",
            Self::MisalignedChangeCipherSpec => "ChangeCipherSpec in the middle of a handshake message",
        };
        f.write_str(name)
    }
}
