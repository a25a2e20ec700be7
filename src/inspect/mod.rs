//! A passive reader of conversations in TLS 1.2, such as those in a capture: what each side sent, message by message, and
//! what of it can be verified. It does no I/O, and it takes no part in the conversation.
//!
//! An [`Inspector`] has what all conversations of a capture share: the [`Secrets`] that open them, the [`Sessions`] that
//! later ones resume, and the verifiers of certificates. A [`Conversation`] is fed with the bytes of both directions, and
//! yields [`Item`]s, each with its [`Place`] in the stream: records, handshake messages, alerts, application data, and the
//! result of each [`Check`].
//!
//! ```
//! # #[cfg(feature = "ring")] {
//! use core::time::Duration;
//! use tls12::inspect::{Conversation, Direction, Inspector, ItemKind};
//!
//! let mut inspector = Inspector::new(tls12::crypto::ring::provider());
//! // As a browser writes it to the file named by SSLKEYLOGFILE.
//! inspector.secrets.add_key_log("CLIENT_RANDOM ...");
//!
//! let mut conversation = Conversation::new();
//! let mut items = Vec::new();
//! let captured = [21, 3, 3, 0, 2, 2, 40];
//! let time = Duration::from_secs(1_700_000_000);
//! conversation.feed(&mut inspector, Direction::ServerToClient, time, &captured, &mut items);
//! conversation.finish(&mut inspector, &mut items);
//! for item in &items {
//!     if let ItemKind::Alert(alert) = &item.kind {
//!         println!("record {}: {}", item.place.record, alert.description);
//!     }
//! }
//! let (direction, _) = conversation.summary().fatal_alert.unwrap();
//! assert_eq!(direction, Direction::ServerToClient);
//! # }
//! ```
//!
//! # What is opened
//!
//! Every suite of [`SUITES`](crate::crypto::SUITES), with one of these secrets: a line of a key log; the server's RSA key
//! (static RSA only); a pre-shared key (without ECDHE); the ephemeral private key of a side; or the conversation in which
//! the session began. Of several secrets, the one that opens the first protected record counts. Other suites and versions
//! are read as far as they are in plaintext, and named.
//!
//! # What is verified
//!
//! - Of each record: its MAC or tag, its padding, its place in the sequence, and for AES-GCM that its nonce is new. A record
//!   that was altered, is missing or was repeated is named by its number. [`Protection::Opened`] says that all of it is right.
//! - Of each handshake: both Finished, renegotiation_info, the signatures of ServerKeyExchange and CertificateVerify, and the
//!   chains of certificates, if there is a verifier.
//! - [`Summary::verdict`] is [`Verdict::Verified`] only if everything that TLS protects was checked, and is right.
//!
//! Not checked: that IVs of CBC are unpredictable, that a negotiated limit on the size of records is kept, and that a choice
//! of the server was among the client's offers (Finished protects both, so that only the sides themselves can be wrong).
//! What TLS itself does not protect, such as the version in the header of the first record, may be altered unnoticed.
//!
//! # Why it failed
//!
//! [`Conversation::diagnosis`] explains a failed handshake of two others as [`Connection::diagnosis`](crate::Connection::diagnosis)
//! does one of our own: which side ended it, over what, what each had, and what to change at which side
//! ([`Advice::At`](crate::Advice::At)). Tell it how the connection ended below TLS
//! ([`Conversation::transport_ended`]), because many sides say nothing else.
//!
//! # What a capture may lack
//!
//! It may begin late, end early, or lack bytes ([`Conversation::gap`]). [`Unknown`] says what cannot be known for that
//! reason. Input that is not TLS yields [`ItemKind::NoRecord`]. No input causes a panic, and what a conversation holds and
//! computes is limited by the constants of this module.

mod bound;
mod candidates;
mod conversation;
mod diagnosis;
mod finding;
mod flow;
mod handshake;
mod inspector;
mod item;
mod message;
mod opening;
mod schedule;
mod search;
mod secrets;
mod stream;
mod summary;
mod trust;

pub use bound::{
    MAX_CANDIDATES, MAX_FINDINGS, MAX_NONCES, MAX_RECORDS_IN_GAP, MAX_RECORDS_MISSING, MAX_RECORDS_TRIED, MAX_SESSIONS,
    MAX_TRANSCRIPT,
};
pub use conversation::Conversation;
pub use diagnosis::TransportEnd;
pub use finding::{Check, Fault, Outcome, Unknown};
pub use inspector::Inspector;
pub use item::{Direction, Item, ItemKind, Place, Protection, Record};
pub use message::{ClientHello, Content, HandshakeMessage, ServerHello};
pub use schedule::{KeySchedule, ScheduleSecrets, WriteKeys};
pub use secrets::{SecretSource, Secrets, Sessions};
pub use summary::{Found, State, Summary, Verdict};
