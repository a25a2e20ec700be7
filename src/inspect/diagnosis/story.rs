//! The facts about a conversation that explain its end.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use rustls_pki_types::CertificateDer;

use super::super::finding::Unknown;
use super::super::item::{Both, Direction, Item, ItemKind, Protection};
use super::super::message::{ClientHello, Content, ServerHello};
use crate::error::AlertDescription;
use crate::wire::{Alert, AlertLevel, ContentType, HandshakeType, SignatureScheme};

/// How a side ended the connection below TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportEnd {
    /// It sends nothing more: the FIN of TCP.
    Closed,
    /// It gave up the connection: the RST of TCP.
    Reset,
}

impl fmt::Display for TransportEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed the connection (FIN)",
            Self::Reset => "reset the connection (RST)",
        })
    }
}

/// A server's request for a client certificate.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) schemes: Vec<SignatureScheme>,
    /// Distinguished names, in DER.
    pub(super) authorities: Vec<Vec<u8>>,
}

/// What was seen of a conversation: of its last handshake, if there are several.
#[derive(Default)]
pub(in super::super) struct Story {
    pub(super) client: Option<ClientHello>,
    pub(super) server: Option<ServerHello>,
    pub(super) request: Option<Request>,
    pub(super) chains: Both<Option<Vec<CertificateDer<'static>>>>,
    pub(super) identity: Option<Vec<u8>>,
    /// The last handshake message of each side.
    pub(super) last: Both<Option<HandshakeType>>,
    /// The sides that have sent their ChangeCipherSpec.
    pub(super) changed: Both<bool>,
    /// The sides that have sent application data.
    pub(super) data: Both<bool>,
    /// A warning other than close_notify.
    pub(super) warning: Option<(Direction, Alert)>,
    /// Alerts that could not be read.
    pub(super) closed_alert: Both<bool>,
    /// What is not TLS.
    pub(super) plain: Option<(Direction, [u8; 5])>,
    /// Who ended the connection first, and how.
    pub(super) ended: Option<(Direction, TransportEnd)>,
    /// Whether that was before any fatal alert.
    pub(super) ended_silently: bool,
    /// Whether there was a fatal alert.
    alerted: bool,
    pub(super) time: Duration,
}

impl Story {
    pub(in super::super) fn ended(&mut self, direction: Direction, how: TransportEnd) {
        if self.ended.is_none() {
            self.ended = Some((direction, how));
            self.ended_silently = !self.alerted;
        }
    }

    /// Adds what was seen.
    pub(in super::super) fn note(&mut self, item: &Item) {
        let direction = item.place.direction;
        self.time = item.time;
        // The capture may lack the ChangeCipherSpec.
        *self.changed.of_mut(direction) |= is_protected(&item.kind);
        match &item.kind {
            ItemKind::Handshake(message) => {
                if let Content::ClientHello(hello) = &message.content {
                    self.begin(hello);
                }
                *self.last.of_mut(direction) = Some(message.typ);
                self.message(direction, &message.content);
            }
            ItemKind::ChangeCipherSpec => *self.changed.of_mut(direction) = true,
            ItemKind::Data(_) => *self.data.of_mut(direction) = true,
            ItemKind::Alert(alert) if alert.level == AlertLevel::Fatal => self.alerted = true,
            ItemKind::Alert(alert) if alert.description != AlertDescription::CloseNotify => {
                self.warning = Some((direction, *alert));
            }
            ItemKind::Record(record) if matches!(record.protection, Protection::Closed(_)) => {
                match record.content_type {
                    ContentType::ALERT => *self.closed_alert.of_mut(direction) = true,
                    ContentType::APPLICATION_DATA => *self.data.of_mut(direction) = true,
                    _ => {}
                }
            }
            ItemKind::NoRecord { first } => {
                self.plain.get_or_insert((direction, *first));
            }
            _ => {}
        }
    }

    /// Another handshake begins.
    fn begin(&mut self, hello: &ClientHello) {
        let Self { data, ended, ended_silently, alerted, time, plain, .. } = core::mem::take(self);
        let client = Some(hello.clone());
        *self = Self { client, data, ended, ended_silently, alerted, time, plain, ..Self::default() };
    }

    fn message(&mut self, direction: Direction, content: &Content) {
        match content {
            Content::ServerHello(hello) => self.server = Some(hello.clone()),
            Content::Certificate(chain) => *self.chains.of_mut(direction) = Some(chain.clone()),
            Content::CertificateRequest { signature_algorithms, authorities, .. } => {
                let request = Request { schemes: signature_algorithms.clone(), authorities: authorities.clone() };
                self.request = Some(request);
            }
            Content::PskClientKeyExchange { identity, .. } => self.identity = Some(identity.clone()),
            _ => {}
        }
    }

    /// Whether both sides have sent all of the handshake, as far as that can be seen.
    pub(super) const fn is_complete(&self) -> bool {
        self.changed.client && self.changed.server
    }
}

/// Whether this is a record under keys. Of one that is not whole, that is not known.
fn is_protected(kind: &ItemKind) -> bool {
    match kind {
        ItemKind::Record(record) => match &record.protection {
            Protection::Opened { .. } => true,
            Protection::Closed(why) => *why != Unknown::BytesMissing,
            _ => false,
        },
        _ => false,
    }
}
