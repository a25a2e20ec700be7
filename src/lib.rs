//! TLS 1.2, client and server, that does no I/O: bytes go in, bytes come out, and every decision that could block (a
//! private key in a device, a certificate check) can be answered later.
//!
//! Start with [`Connection`]; configure it by [`ClientConfig`] and [`ServerConfig`]; trust by [`verify::TrustStore`]; or let
//! `io` move the bytes: over what blocks, tokio and others. The `guide` has a page for each common task: a self-signed
//! device, an old one, SQL Server, FTPS, client certificates, a fleet, an HSM, and finding out why a handshake failed.
//!
//! # The contract
//!
//! - [`Connection::process`] eats whole records from the caller's input, decrypts them where they lie, and appends what
//!   must be sent to the caller's output. The connection owns no buffer for either; only a handshake message that is
//!   split over records is copied.
//! - An [`Error`] is fatal and sticky, and its alert is already in the output: whatever happens, send the output. Wrong use
//!   of the API ([`SealError`], [`AnswerError::Stale`]) is of other types, and harms nothing.
//! - Time is an argument, and randomness comes from the [`crypto::Provider`]: with both scripted, and the same input, the
//!   output is the same byte for byte.
//! - What need not be waited for is an event, not a need: a session to keep ([`Event::Session`]), an alert that does not end
//!   the connection.
//! - A decision always leaves the state machine as a [`Need`]. Where the configuration holds a key or a verifier, the
//!   connection answers it in the same call; else it is an [`Event::Suspended`], and the connection waits for the
//!   [`Answer`]. There is one path for both.
//!
//! # The layers
//!
//! Each imports only those above it in this list.
//!
//! | layer | what it does |
//! |---|---|
//! | `error` | [`Error`], and which alert each sends |
//! | [`pem`] | certificates, keys and revocation lists in text |
//! | `wire` | bytes to typed messages and back |
//! | [`crypto`] | the [`Provider`](crypto::Provider) trait, the table of suites, secrets; the default provider |
//! | `record` | one record in, one record out; joins split messages |
//! | [`session`] | what is kept to resume a session: values, the store and ticket traits, those in memory |
//! | `handshake` | the state machine, its configuration and its needs: `client` and `server` open with the flow of messages, and have a file for each step of it |
//! | `connection` | [`Connection`] and its [`Event`]s; its two halves, its secrets, and why it failed |
//! | [`verify`] | certificate verification: `certificate` reads, `build` finds paths, `walk` validates them, `words` explains |
//! | `io` | adapters to transports; what a fleet shares by Redis |
//! | `guide` | documentation by task; no code |
//!
//! A record comes in by `Connection::process` → `Opener::open` → `Joiner::next` → the table in `ClientState::step` or
//! `ServerState::step` → the handler of the message; it goes out by `Flight::message` → `Sealer::seal` → the provider.
//!
//! The configurations stand in `handshake`, since the state machine reads them; `connection` is what moves bytes.
//! A ClientHello is turned into an owned `ClientOffer` first, since a session may have to be looked up before it is
//! answered. The transcript keeps messages, not a running hash: it is hashed two or three times in a handshake, and a signature over
//! it is made of messages.
//!
//! A server may begin without a configuration ([`Connection::accept`]): it is chosen by the ClientHello, as every decision is.
//! What explains a failure, beside its error, is kept in a `Journal` until the connection is established, and put into words
//! only when it is asked for ([`Connection::diagnosis`]). What to do about it is data ([`Advice`]), so that a tool can say it in
//! its own options.
//!
//! What a fleet shares is in two parts: `session` seals sessions and ticket keys and knows when a key has had its time, without
//! I/O; `io::redis` brings them to Redis and back, since it takes a runtime, and since it answers [`Need`]s, which `session` does
//! not know.

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_debug_implementations, missing_docs, unreachable_pub)]
// What a peer sent is never unwrapped, indexed or cast: no input may make us panic.
#![cfg_attr(
    not(test),
    warn(
        clippy::as_conversions,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used,
        clippy::fn_params_excessive_bools
    )
)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod connection;
pub mod crypto;
mod error;
#[cfg(all(feature = "std", feature = "ring", feature = "webpki"))]
pub mod guide;
mod handshake;
#[cfg(feature = "std")]
pub mod io;
pub mod pem;
mod record;
pub mod session;
#[cfg(feature = "webpki")]
pub mod verify;
// Public for the crate's own tests and fuzz targets.
#[doc(hidden)]
pub mod wire;

pub use connection::{
    Advice, AnswerError, Connection, Diagnosis, DirectionSecrets, Event, Outgoing, Receiver, Sender, Step,
    SuiteSetting, TrafficSecrets,
};
pub use error::*;
pub use handshake::{
    Agreement, Answer, AskFor, ClientAuth, ClientConfig, ClientConfigBuilder, ClientOffer, ClientTrust, ConfigError,
    ConnectionInfo, Credential, DecryptRequest, ExportError, ExternalKey, FalseStart, FindPskRequest,
    FindSessionRequest, Grease, HelloShape, Indication, KeyLog, KeyUse, Need, NewSession, NotResumable,
    OpenTicketRequest, Peer, PeerChain, Policy, PresharedKey, RecordLimit, Renegotiation, RenegotiationRefusal,
    Resumption, Role, SealTicketRequest, SecureRenegotiation, SelectCertificateRequest, SelectConfigRequest,
    SelectPskRequest, ServerConfig, ServerConfigBuilder, SignRequest, UnboundSessions, UnfitCertificate, UnfitReason,
    UnknownNames, VerifyPeer, VerifyRequest,
};
#[cfg(feature = "std")]
pub use handshake::{FailureKind, HandshakeCounter, HandshakeCounts};
pub use record::{HEADROOM, SealError, TAILROOM};
pub use rustls_pki_types as pki_types;
pub use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
pub use session::Verified;
pub use wire::{
    ClientCertificateType, ContentType, ExtensionType, HandshakeType, MaxFragmentLength, NamedGroup, ProtocolVersion,
    SignatureScheme,
};

/// The README's code, compiled.
#[cfg(all(doctest, feature = "std", feature = "webpki", feature = "ring"))]
#[doc = include_str!("../README.md")]
struct Readme;
