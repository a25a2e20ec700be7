//! One conversation: the bytes of both directions, opened and read.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::diagnosis::{self, Story, TransportEnd};
use super::finding::{Check, Fault, Outcome, Unknown};
use super::flow::Flow;
use super::inspector::{Context, Inspector};
use super::item::{Both, Direction, Item, ItemKind, Place, Protection, Record};
use super::message::HandshakeMessage;
use super::opening::{Opened, Opening};
use super::schedule::KeySchedule;
use super::stream::{Stream, Unit};
use super::summary::{State, Summary};
use crate::connection::Diagnosis;
use crate::error::AlertDescription;
use crate::record::{Joiner, MAX_CLIENT_HELLO, MAX_MESSAGE};
use crate::wire::{
    Alert, AlertLevel, ContentType, HandshakeType, MESSAGE_HEADER_LEN, Message, ProtocolVersion, RecordHeader,
};

/// One conversation between a client and a server, read from outside: see [the module](super).
pub struct Conversation {
    sides: Both<Side>,
    flow: Flow,
    story: Story,
    time: Duration,
}

/// What is known of one direction.
struct Side {
    stream: Stream,
    opening: Opening,
    joiner: Joiner,
    /// Where the handshake message under way began.
    start: Option<Place>,
    /// Bytes are missing from what was sent in plaintext. A ChangeCipherSpec may be one of them.
    lacks_bytes: bool,
    /// Why a record that may be close_notify could not be opened.
    unread_alert: Option<Unknown>,
}

impl Side {
    fn new(direction: Direction) -> Self {
        let stream = Stream::new(direction);
        Self {
            stream,
            opening: Opening::default(),
            joiner: Joiner::default(),
            start: None,
            lacks_bytes: false,
            unread_alert: None,
        }
    }

    /// Bytes are missing: about `len`.
    fn lose(&mut self, len: u64) {
        self.opening.gap(len);
        self.joiner = Joiner::default();
        self.lacks_bytes |= !self.opening.is_protected();
    }
}

impl Default for Conversation {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation").field("summary", &self.flow.summary).finish_non_exhaustive()
    }
}

impl Conversation {
    /// Creates a conversation of which nothing has been seen yet.
    #[must_use]
    pub fn new() -> Self {
        let sides = Both { client: Side::new(Direction::ClientToServer), server: Side::new(Direction::ServerToClient) };
        Self { sides, flow: Flow::default(), story: Story::default(), time: Duration::ZERO }
    }

    /// Reads the next bytes of one direction, and appends what is in them to `items`. `time` is that of the capture, since
    /// the beginning of 1970.
    ///
    /// The bytes may be cut anywhere, but those of the two directions must come in the order in which they passed.
    pub fn feed(
        &mut self,
        inspector: &mut Inspector,
        direction: Direction,
        time: Duration,
        mut bytes: &[u8],
        items: &mut Vec<Item>,
    ) {
        self.time = time;
        let before = items.len();
        let mut context = Context { inspector, time, items };
        while let Some(unit) = self.sides.of_mut(direction).stream.next(&mut bytes) {
            self.unit(&mut context, unit);
        }
        self.note(items, before);
    }

    /// Notes that the capture lacks the next `len` bytes of this direction. Appends what this means to `items`.
    pub fn gap(&mut self, inspector: &mut Inspector, direction: Direction, len: u64, items: &mut Vec<Item>) {
        if len == 0 {
            return;
        }
        let before = items.len();
        let mut context = Context { inspector, time: self.time, items };
        let place = Place { len, ..self.sides.of(direction).stream.place(0) };
        context.push(place, ItemKind::Gap(len));
        self.flow.summary.not_known(place, None, Unknown::BytesMissing);
        self.flow.lose(&Unknown::BytesMissing);
        let unit = self.sides.of_mut(direction).stream.gap(len);
        if let Some(unit) = unit {
            self.unit(&mut context, unit);
        }
        self.sides.of_mut(direction).lose(len);
        self.note(items, before);
    }

    /// Notes that a side has ended the connection below TLS, in `direction`.
    pub fn transport_ended(&mut self, direction: Direction, how: TransportEnd) {
        self.story.ended(direction, how);
    }

    /// Notes that the capture ends here: what is incomplete stays so. Appends what this means to `items`.
    pub fn finish(&mut self, inspector: &mut Inspector, items: &mut Vec<Item>) {
        let before = items.len();
        let mut context = Context { inspector, time: self.time, items };
        for direction in [Direction::ClientToServer, Direction::ServerToClient] {
            let side = self.sides.of_mut(direction);
            let place = side.stream.place(0);
            let is_cut = side.stream.holds_bytes();
            if let Some(unit) = side.stream.end() {
                self.unit(&mut context, unit);
            } else if is_cut {
                self.flow.summary.not_known(place, None, Unknown::BytesMissing);
            }
            let state = self.flow.summary.state(direction);
            if (State::Handshake..State::Closed).contains(&state) {
                let why = self.sides.of_mut(direction).unread_alert.take().unwrap_or(Unknown::NotClosed);
                self.flow.checked(&mut context, place, Check::Closure, Outcome::Unknown(why));
            }
        }
        self.note(items, before);
    }

    /// Explains why the conversation failed; `None` if it did not, as far as can be seen. Call it after
    /// [`finish`](Self::finish).
    ///
    /// Both sides are others: the advice says at which one something is to be changed
    /// ([`Advice::At`](crate::Advice::At)).
    #[must_use]
    pub fn diagnosis(&self, inspector: &Inspector) -> Option<Diagnosis> {
        diagnosis::of(&self.story, &self.flow.summary, &*inspector.provider)
    }

    /// Returns the key schedule of the last handshake, with its secrets if they are known; `None` before a ServerHello that
    /// chooses a suite of [`SUITES`](crate::crypto::SUITES).
    #[must_use]
    pub fn key_schedule(&self) -> Option<KeySchedule> {
        KeySchedule::of(self.flow.handshake.as_ref()?)
    }

    /// Keeps what explains the end, of the items from number `before` on.
    fn note(&mut self, items: &[Item], before: usize) {
        items.iter().skip(before).for_each(|item| self.story.note(item));
    }

    /// Returns what is known of the conversation so far.
    #[must_use]
    pub const fn summary(&self) -> &Summary {
        &self.flow.summary
    }

    fn unit(&mut self, context: &mut Context<'_>, unit: Unit<'_>) {
        match unit {
            Unit::Record { place, header, record } => {
                self.record(context, place, header, record.get(RecordHeader::LEN..).unwrap_or_default());
            }
            Unit::Partial { place, header } => {
                self.sides.of_mut(place.direction).opening.pass_over();
                self.flow.summary.not_known(place, None, Unknown::BytesMissing);
                self.flow.lose(&Unknown::BytesMissing);
                context.push(place, record_item(header, Protection::Closed(Unknown::BytesMissing)));
            }
            Unit::NoRecord { place, first } => {
                context.push(place, ItemKind::NoRecord { first });
                self.flow.summary.fault(place, None, Fault::NoRecord);
                self.flow.lose(&Unknown::BytesMissing);
                self.sides.of_mut(place.direction).lose(0);
            }
        }
    }

    fn record(&mut self, context: &mut Context<'_>, place: Place, header: RecordHeader, fragment: &[u8]) {
        let is_plain = !self.sides.of(place.direction).opening.is_protected();
        if is_plain
            && !self.is_tls13()
            && !self.is_readable(place.direction, header, fragment)
            && let Some(opening) = self.flow.missed_change_cipher_spec(context, place.direction)
        {
            self.sides.of_mut(place.direction).opening = opening;
        }
        let side = self.sides.of_mut(place.direction);
        let candidates = self.flow.handshake.as_mut().and_then(|handshake| handshake.candidates.as_mut());
        let provider = &*context.inspector.provider;
        let opened = match self.flow.summary.version {
            // RFC 8446 §5.2: protected records have this type, and the others do not.
            Some(version @ ProtocolVersion::TLS_1_3) if header.content_type == ContentType::APPLICATION_DATA => {
                Opened::Closed(Unknown::Version(version))
            }
            _ => side.opening.open(provider, candidates, place.direction, header.content_type, fragment),
        };
        match opened {
            Opened::Plain if self.is_readable(place.direction, header, fragment) => {
                context.push(place, record_item(header, Protection::Plain));
                self.check_version(context, place, header);
                self.content(context, place, header.content_type, fragment.into());
            }
            Opened::Plain => self.closed(context, place, header, Unknown::HandshakeMissing),
            Opened::Closed(why) => self.closed(context, place, header, why),
            Opened::Failed(fault) => {
                self.flow.summary.fault(place, None, fault.clone());
                // What it contained is missing from the handshake.
                self.flow.lose(&Unknown::BytesMissing);
                context.push(place, record_item(header, Protection::Failed(fault)));
            }
            Opened::Text { sequence, text, faults, nonce_unknown } => {
                context.push(place, record_item(header, Protection::Opened { sequence }));
                self.flow.tell_keys(context, place);
                for fault in faults {
                    let check = if fault == Fault::NonceRepeated { Check::Nonce } else { Check::Sequence };
                    self.flow.checked(context, place, check, Outcome::Failed(fault));
                }
                if nonce_unknown {
                    self.flow.checked(context, place, Check::Nonce, Outcome::Unknown(Unknown::TooManyNonces));
                }
                self.check_version(context, place, header);
                self.content(context, place, header.content_type, text.into());
            }
        }
    }

    fn is_tls13(&self) -> bool {
        self.flow.summary.version.is_some_and(|version| version >= ProtocolVersion::TLS_1_3)
    }

    fn closed(&mut self, context: &mut Context<'_>, place: Place, header: RecordHeader, why: Unknown) {
        self.flow.summary.not_known(place, None, why.clone());
        let is_tls13 = self.is_tls13();
        match header.content_type {
            ContentType::HANDSHAKE => self.flow.lose(&why),
            ContentType::ALERT => self.sides.of_mut(place.direction).unread_alert = Some(why.clone()),
            // RFC 8446 §5.2: whatever is protected has this type.
            ContentType::APPLICATION_DATA if is_tls13 => {
                self.sides.of_mut(place.direction).unread_alert = Some(why.clone());
            }
            _ => {}
        }
        context.push(place, record_item(header, Protection::Closed(why)));
    }

    /// Whether a record before any ChangeCipherSpec is in plaintext. It is not, if the capture begins after that, or lacks it.
    fn is_readable(&self, direction: Direction, header: RecordHeader, fragment: &[u8]) -> bool {
        let (side, has_begun) = (self.sides.of(direction), self.flow.handshake.is_some());
        if (has_begun && !side.lacks_bytes) || !side.joiner.is_empty() {
            return true;
        }
        match header.content_type {
            ContentType::HANDSHAKE => {
                let len = Message::announced_len(fragment).unwrap_or_default();
                fragment.first().is_none_or(|typ| match (direction, HandshakeType(*typ)) {
                    (Direction::ClientToServer, typ) if !has_begun => typ == HandshakeType::CLIENT_HELLO,
                    // Zeros are more likely to be the nonce of a protected record.
                    (_, HandshakeType::HELLO_REQUEST) => fragment.len() == MESSAGE_HEADER_LEN && len == 0,
                    (_, typ) => typ.name().is_some() && len <= MAX_MESSAGE,
                })
            }
            ContentType::ALERT => Alert::decode(fragment).is_ok(),
            ContentType::CHANGE_CIPHER_SPEC => true,
            _ => false,
        }
    }

    /// RFC 5246 §6.2.1: the version of TLS 1.2 is 3.3; before it is negotiated, others may stand there (§E.1).
    fn check_version(&mut self, context: &mut Context<'_>, place: Place, header: RecordHeader) {
        let is_tls12 = self.flow.summary.version == Some(ProtocolVersion::TLS_1_2);
        if is_tls12 && header.version != ProtocolVersion::TLS_1_2.0 {
            let fault = Fault::RecordVersion(ProtocolVersion(header.version));
            self.flow.checked(context, place, Check::Message, Outcome::Failed(fault));
        }
    }

    fn content(&mut self, context: &mut Context<'_>, place: Place, content_type: ContentType, text: Cow<'_, [u8]>) {
        let is_over = self.flow.summary.state(place.direction) >= State::Closed;
        let is_protected = self.sides.of(place.direction).opening.is_protected();
        let is_data = content_type == ContentType::APPLICATION_DATA;
        if is_over || (is_data && !is_protected) || content_type.name().is_none() {
            self.flow.checked(context, place, Check::Message, Outcome::Failed(Fault::Unexpected));
        }
        match content_type {
            ContentType::CHANGE_CIPHER_SPEC => self.change_cipher_spec(context, place, &text),
            ContentType::ALERT => self.alert(context, place, &text),
            ContentType::HANDSHAKE => self.handshake(context, place, &text),
            // In plaintext anyone could have put it there.
            ContentType::APPLICATION_DATA if is_protected => context.push(place, ItemKind::Data(text.into_owned())),
            _ => {}
        }
    }

    fn change_cipher_spec(&mut self, context: &mut Context<'_>, place: Place, text: &[u8]) {
        context.push(place, ItemKind::ChangeCipherSpec);
        if text != [1] {
            self.flow.checked(context, place, Check::Message, Outcome::Failed(Fault::ChangeCipherSpec));
        }
        let side = self.sides.of_mut(place.direction);
        // RFC 5246 §6.2.1 allows messages over several records, but not across a change of keys.
        if !side.joiner.is_empty() {
            self.flow.checked(context, place, Check::Message, Outcome::Failed(Fault::Unexpected));
            self.flow.lose(&Unknown::HandshakeMissing);
            side.joiner = Joiner::default();
        }
        if let Some(opening) = self.flow.change_cipher_spec(context, place) {
            side.opening = opening;
        }
    }

    fn alert(&mut self, context: &mut Context<'_>, place: Place, text: &[u8]) {
        let alert = match Alert::decode(text) {
            Ok(alert) => alert,
            Err(error) => {
                let fault = Fault::Malformed(error.into());
                return self.flow.checked(context, place, Check::Message, Outcome::Failed(fault));
            }
        };
        let summary = &mut self.flow.summary;
        match alert {
            Alert { description: AlertDescription::CloseNotify, .. } => {
                summary.reach(place.direction, State::Closed);
            }
            Alert { level: AlertLevel::Fatal, .. } => {
                summary.reach(place.direction, State::Failed);
                summary.fatal_alert.get_or_insert((place.direction, alert));
            }
            Alert { level: AlertLevel::Warning, .. } => {}
        }
        context.push(place, ItemKind::Alert(alert));
    }

    /// Joins the messages of a handshake record.
    fn handshake(&mut self, context: &mut Context<'_>, place: Place, text: &[u8]) {
        let mut rest = text;
        while !rest.is_empty() {
            let side = self.sides.of_mut(place.direction);
            if side.joiner.is_empty() {
                side.start = Some(Place { within: text.len() - rest.len(), ..place });
            }
            let suite = self.flow.handshake.as_ref().and_then(|handshake| handshake.suite());
            // The messages of older versions have another form (RFC 4346 §7.4.3).
            let is_tls12 = self.flow.summary.version.is_none_or(|version| version == ProtocolVersion::TLS_1_2);
            let exchange = suite.map(|suite| suite.key_exchange).filter(|_| is_tls12);
            let message = match side.joiner.next(&mut rest, MAX_CLIENT_HELLO) {
                Ok(Some(message)) => HandshakeMessage::decode(message, exchange),
                Ok(None) => return,
                Err(error) => {
                    side.joiner = Joiner::default();
                    self.flow.lose(&Unknown::HandshakeMissing);
                    let fault = Fault::Malformed(error);
                    return self.flow.checked(context, place, Check::Message, Outcome::Failed(fault));
                }
            };
            let start = side.start.unwrap_or(place);
            let whole = Place { len: place.offset.saturating_add(place.len).saturating_sub(start.offset), ..start };
            self.flow.message(context, whole, message);
        }
    }
}

fn record_item(header: RecordHeader, protection: Protection) -> ItemKind {
    ItemKind::Record(Record {
        content_type: header.content_type,
        version: ProtocolVersion(header.version),
        length: header.length,
        protection,
    })
}
