//! One connection: what comes before TLS, and then TLS.

use std::time::Duration;

use tls12::inspect::{Conversation, Direction, TransportEnd};

use super::Explainer;
use super::preamble::{Preamble, Progress};
use super::reassembly::Piece;
use super::sheet::Sheet;

/// The end of a connection that was no TLS, if it was not asked for.
const NOT_TLS: &str = "there is no TLS in this connection, or the capture lacks its beginning";

/// A connection under way.
pub struct Talk {
    sheet: Sheet,
    preamble: Preamble,
    /// How many bytes of client and server were not captured before TLS begins.
    lacking: [u64; 2],
    /// It is another protocol: nothing more is read.
    is_other: bool,
    conversation: Conversation,
    last: Duration,
}

impl Talk {
    pub fn new(sheet: Sheet, begun: Duration) -> Self {
        Self {
            sheet,
            preamble: Preamble::default(),
            lacking: [0; 2],
            is_other: false,
            conversation: Conversation::new(),
            last: begun,
        }
    }

    /// When it was that something came last.
    pub const fn last(&self) -> Duration {
        self.last
    }

    /// The next of a direction's stream.
    pub fn piece(&mut self, explainer: &mut Explainer, direction: Direction, time: Duration, piece: &Piece<'_>) {
        self.last = time;
        match *piece {
            _ if self.is_other => {}
            Piece::Gap(len) if self.preamble.is_over() => {
                let Explainer { inspector, items, .. } = explainer;
                self.conversation.gap(inspector, direction, len, items);
            }
            Piece::Gap(len) => {
                let [client, server] = &mut self.lacking;
                let lacking = if direction == Direction::ClientToServer { client } else { server };
                *lacking = lacking.saturating_add(len);
            }
            Piece::Bytes(bytes) => {
                let unwrapped = self.preamble.unwrap(direction, bytes);
                let bytes = unwrapped.as_deref().unwrap_or(bytes);
                if self.preamble.is_over() {
                    self.feed(explainer, direction, time, bytes);
                } else {
                    match self.preamble.add(direction, bytes) {
                        Progress::Waiting => {}
                        Progress::Begins(bytes) => {
                            if let Some(plain) = self.preamble.answered_by_tls(direction) {
                                self.feed(explainer, direction.other(), time, &plain);
                            } else if let Some(name) = self.preamble.name() {
                                self.sheet.skipped(&name);
                            } else {
                                self.lack(explainer);
                            }
                            self.feed(explainer, direction, time, &bytes);
                        }
                        Progress::Never => {
                            self.is_other = true;
                            self.preamble = Preamble::default();
                        }
                    }
                }
            }
        }
        self.show(explainer);
    }

    /// A side has ended the connection.
    pub fn ended(&mut self, direction: Direction, how: TransportEnd) {
        self.conversation.transport_ended(direction, how);
        self.sheet.ended(direction, self.last, how);
    }

    /// Nothing more comes: says what is known of it as a whole.
    pub fn finish(mut self, explainer: &mut Explainer) {
        if self.preamble.is_over() {
            let Explainer { inspector, items, .. } = explainer;
            self.conversation.finish(inspector, items);
            self.show(explainer);
            explainer.explained += 1;
        } else if !explainer.is_asked_for(self.sheet.number()) {
            return;
        } else {
            self.sheet.note(NOT_TLS);
        }
        let Explainer { inspector, page, .. } = explainer;
        explainer.has_failed |= self.sheet.conclude(&self.conversation, inspector, page.as_mut());
    }

    /// What was not captured before the first record that was.
    fn lack(&mut self, explainer: &mut Explainer) {
        let Explainer { inspector, items, .. } = explainer;
        for (direction, len) in [Direction::ClientToServer, Direction::ServerToClient].into_iter().zip(self.lacking) {
            self.conversation.gap(inspector, direction, len, items);
        }
    }

    fn feed(&mut self, explainer: &mut Explainer, direction: Direction, time: Duration, bytes: &[u8]) {
        let Explainer { inspector, items, .. } = explainer;
        self.conversation.feed(inspector, direction, time, bytes, items);
    }

    /// Writes down what was seen since the last time.
    fn show(&mut self, explainer: &mut Explainer) {
        for item in explainer.items.drain(..) {
            self.sheet.item(&item);
        }
    }
}
