//! Reports the messages of a connection: to the [`Trace`] of its configuration and, with the feature `log`, to the log.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};

#[cfg(feature = "log")]
use super::resumption::Resumption;
use super::role::Role;
use crate::error::AlertDescription;
use crate::wire::{Alert, AlertLevel, ContentType, HandshakeType};

/// Receives a report of each handshake message, ChangeCipherSpec and alert that a connection sends or receives, in order: see
/// [`ClientConfigBuilder::trace`](crate::ClientConfigBuilder::trace).
///
/// There is no cost unless a trace is set.
///
/// With [`Connection::accept`](crate::Connection::accept), the ClientHello is reported when a configuration has been chosen for it.
pub trait Trace: fmt::Debug + Send + Sync {
    /// Called when `message` was added to the output, or was received; after ChangeCipherSpec, its record was authenticated.
    fn message(&self, message: &TracedMessage);

    /// Called in place of [`message`](Self::message), with the contents: a whole handshake message including its header,
    /// or the text of another record. The default implementation ignores the contents, and calls `message`.
    ///
    /// No message contains a key in plaintext. But the contents are those before encryption, and certificates, names, PSK
    /// identities and tickets identify the two sides: protect a log of them like other personal data.
    fn message_with_contents(&self, message: &TracedMessage, contents: &[u8]) {
        let _ = contents;
        self.message(message);
    }
}

/// A message that a connection has sent or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TracedMessage {
    /// The number of the connection, unique among those traced in this process.
    pub connection: usize,
    /// The side of the connection that reports it.
    pub role: Role,
    /// Whether this side sent or received it.
    pub direction: Direction,
    /// Its type.
    pub kind: MessageKind,
    /// Its length in bytes, including the header of a handshake message.
    pub len: usize,
}

/// Whether a message was sent or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// It is in the output.
    Sent,
    /// It came from the peer.
    Received,
}

/// The type of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageKind {
    /// A handshake message (RFC 5246 §7.4).
    Handshake(HandshakeType),
    /// ChangeCipherSpec (RFC 5246 §7.1).
    ChangeCipherSpec,
    /// An alert that does not end the connection at once, such as close_notify (RFC 5246 §7.2).
    Warning(AlertDescription),
    /// An alert that ends the connection.
    FatalAlert(AlertDescription),
}

impl MessageKind {
    /// Of this content of a record.
    fn of(content_type: ContentType, content: &[u8]) -> Option<Self> {
        match content_type {
            ContentType::HANDSHAKE => content.first().map(|typ| Self::Handshake(HandshakeType(*typ))),
            ContentType::CHANGE_CIPHER_SPEC => Some(Self::ChangeCipherSpec),
            ContentType::ALERT => Alert::decode(content).ok().map(|alert| match alert.level {
                AlertLevel::Warning => Self::Warning(alert.description),
                AlertLevel::Fatal => Self::FatalAlert(alert.description),
            }),
            _ => None,
        }
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handshake(typ) => typ.fmt(f),
            Self::ChangeCipherSpec => f.write_str("ChangeCipherSpec"),
            Self::Warning(alert) => write!(f, "alert {alert} (warning)"),
            Self::FatalAlert(alert) => write!(f, "alert {alert} (fatal)"),
        }
    }
}

impl fmt::Display for TracedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connection, role, direction, kind, len } = self;
        let direction = match direction {
            Direction::Sent => "sent",
            Direction::Received => "received",
        };
        write!(f, "connection {connection} ({role}): {direction} {kind}, {len} bytes")
    }
}

/// Reports the messages of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Tracer {
    trace: Option<Arc<dyn Trace>>,
    connection: usize,
    role: Role,
}

impl Tracer {
    /// `None` if there is no receiver.
    pub(crate) fn new(trace: Option<&Arc<dyn Trace>>, role: Role) -> Option<Box<Self>> {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        if trace.is_none() && !is_logging() {
            return None;
        }
        Some(Box::new(Self { trace: trace.cloned(), connection: NEXT.fetch_add(1, Ordering::Relaxed), role }))
    }

    pub(crate) fn sent(&self, content_type: ContentType, content: &[u8]) {
        self.tell(Direction::Sent, content_type, content);
    }

    pub(crate) fn received(&self, content_type: ContentType, content: &[u8]) {
        self.tell(Direction::Received, content_type, content);
    }

    fn tell(&self, direction: Direction, content_type: ContentType, content: &[u8]) {
        let Some(kind) = MessageKind::of(content_type, content) else { return };
        let Self { connection, role, .. } = *self;
        let message = TracedMessage { connection, role, direction, kind, len: content.len() };
        if let Some(trace) = &self.trace {
            trace.message_with_contents(&message, content);
        }
        #[cfg(feature = "log")]
        log::trace!(target: LOG_TARGET, "{message}");
    }
}

/// The target of the log's records, by which they can be filtered.
#[cfg(feature = "log")]
const LOG_TARGET: &str = "tls12";

#[cfg(feature = "log")]
fn is_logging() -> bool {
    log::max_level() != log::LevelFilter::Off
}

#[cfg(not(feature = "log"))]
const fn is_logging() -> bool {
    false
}

#[cfg(feature = "log")]
impl Tracer {
    /// The handshake is complete.
    pub(crate) fn complete(&self, suite: &crate::crypto::CipherSuite, resumption: Option<Resumption>) {
        let Self { connection, role, .. } = self;
        let how = if resumption.is_some() { "resumed" } else { "full" };
        log::debug!(target: LOG_TARGET, "connection {connection} ({role}): {how} handshake complete, {}", suite.name);
    }

    /// The connection has failed. That is routine on a server, unless it was this side's fault.
    pub(crate) fn failed(&self, error: &crate::error::Error) {
        let Self { connection, role, .. } = self;
        let level = if error.side() == crate::error::Side::Local { log::Level::Warn } else { log::Level::Debug };
        log::log!(target: LOG_TARGET, level, "connection {connection} ({role}): {error}");
    }
}
