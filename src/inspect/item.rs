//! The items that a conversation yields, and their places in the stream.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::finding::{Check, Fault, Outcome, Unknown};
use super::message::HandshakeMessage;
use super::secrets::SecretSource;
use crate::error::Bytes;
use crate::handshake::Role;
use crate::wire::{Alert, ContentType, ProtocolVersion};

/// The direction of bytes between the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the side that connected.
    ClientToServer,
    /// From the side that was connected to.
    ServerToClient,
}

impl Direction {
    /// Returns the side that sends in this direction.
    #[must_use]
    pub const fn sender(self) -> Role {
        match self {
            Self::ClientToServer => Role::Client,
            Self::ServerToClient => Role::Server,
        }
    }

    /// Returns the opposite direction.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::ClientToServer => Self::ServerToClient,
            Self::ServerToClient => Self::ClientToServer,
        }
    }
}

/// One value for each direction.
#[derive(Clone, Debug, Default)]
pub(super) struct Both<T> {
    pub(super) client: T,
    pub(super) server: T,
}

impl<T> Both<T> {
    pub(super) const fn of(&self, direction: Direction) -> &T {
        match direction {
            Direction::ClientToServer => &self.client,
            Direction::ServerToClient => &self.server,
        }
    }

    pub(super) const fn of_mut(&mut self, direction: Direction) -> &mut T {
        match direction {
            Direction::ClientToServer => &mut self.client,
            Direction::ServerToClient => &mut self.server,
        }
    }
}

/// The place of an item in the stream of its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The direction.
    pub direction: Direction,
    /// The number of bytes before the item: where its first record begins, with its header.
    pub offset: u64,
    /// The number of bytes from there to the end of its last record.
    pub len: u64,
    /// The number of its first record in this direction; the first of all is 0.
    pub record: u64,
    /// Where the item begins in the plaintext of that record, in bytes.
    pub within: usize,
}

/// Something seen in a conversation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Item {
    /// Where it is.
    pub place: Place,
    /// When its last byte was captured, as given to [`Conversation::feed`](super::Conversation::feed).
    pub time: Duration,
    /// What it is.
    pub kind: ItemKind,
}

/// The kind of an [`Item`]. `Debug` shows only the length of data.
#[derive(Clone)]
#[non_exhaustive]
pub enum ItemKind {
    /// A record. The messages that end in it follow as items of their own.
    Record(Record),
    /// A handshake message.
    Handshake(Box<HandshakeMessage>),
    /// ChangeCipherSpec: the records that follow in this direction are protected by new keys.
    ChangeCipherSpec,
    /// An alert.
    Alert(Alert),
    /// Application data: the plaintext of one record.
    Data(Vec<u8>),
    /// The keys of this handshake were found.
    Keys(SecretSource),
    /// The result of a check.
    Checked(Check, Outcome),
    /// The capture lacks this many bytes here ([`Conversation::gap`](super::Conversation::gap)).
    Gap(u64),
    /// Bytes that are not a record begin here. Reading resumes at the next bytes that look like the header of a record.
    NoRecord {
        /// The bytes in place of a header.
        first: [u8; 5],
    },
}

impl fmt::Debug for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(record) => record.fmt(f),
            Self::Handshake(message) => message.fmt(f),
            Self::ChangeCipherSpec => f.write_str("ChangeCipherSpec"),
            Self::Alert(alert) => alert.fmt(f),
            Self::Data(data) => f.debug_tuple("Data").field(&Bytes(data.len())).finish(),
            Self::Keys(source) => f.debug_tuple("Keys").field(source).finish(),
            Self::Checked(check, outcome) => f.debug_tuple("Checked").field(check).field(outcome).finish(),
            Self::Gap(len) => f.debug_tuple("Gap").field(len).finish(),
            Self::NoRecord { first } => f.debug_struct("NoRecord").field("first", first).finish(),
        }
    }
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// The type in its header.
    pub content_type: ContentType,
    /// The version in its header.
    pub version: ProtocolVersion,
    /// The length of its fragment, in bytes.
    pub length: usize,
    /// Its protection.
    pub protection: Protection,
}

/// The protection of a record, and whether it could be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protection {
    /// None.
    Plain,
    /// Opened: its MAC or tag is right for its type, length and sequence number, and so is its padding.
    Opened {
        /// Its sequence number under its key.
        sequence: u64,
    },
    /// Not opened: it is wrong.
    Failed(Fault),
    /// Not opened: something that is needed is not known.
    Closed(Unknown),
}
