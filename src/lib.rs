//! A TLS 1.2 library, client and server, that does no I/O: the caller moves the bytes. Decisions that might block, such as
//! signing with a key in a device or verifying a certificate, can be answered later.
//!
//! ```no_run
//! # #[cfg(all(feature = "std", feature = "ring", feature = "webpki"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::io::{Read, Write};
//! use std::sync::Arc;
//! use tls12::{ClientConfig, io::blocking::StreamOwned, verify::TrustStore};
//!
//! let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file("roots.pem")?)).build()?;
//! let mut stream = StreamOwned::connect(config, "server.example", 443)?;
//! stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
//! let mut page = Vec::new();
//! stream.read_to_end(&mut page)?; // fails if the page was cut off
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "std", feature = "ring", feature = "webpki")))]
//! # fn main() {}
//! ```
//!
//! # Where to start
//!
//! - [`Connection`] is the sans-IO API. [`ClientConfig`] and [`ServerConfig`] configure it, and [`verify::TrustStore`] holds
//!   the trusted roots.
//! - The adapters in `io` do the I/O: for blocking streams, tokio, futures-io, hyper, axum, ureq and PostgreSQL. To support
//!   TLS 1.3 as well, use `io::both` (feature `rustls`).
//! - The `guide` has a page for each common task: a self-signed device, an old device, SQL Server, FTPS, client certificates,
//!   a fleet of servers, an HSM, and finding out why a handshake failed.
//! - `inspect` reads captures of connections, `io::pcapng` makes them, and `replay` repeats a recorded connection without the
//!   peer.
//!
//! # The contract
//!
//! - [`Connection::process`] consumes whole records from the caller's input, decrypts them in place, and appends the bytes
//!   that must be sent to the caller's output. The connection owns no buffer for either; only a handshake message that is
//!   split over several records is copied.
//! - An [`Error`] is fatal and sticky. Its alert is already in the output, so send the output whatever a call returns. Misuse
//!   of the API has separate error types, such as [`SealError`] and [`AnswerError::Stale`], and does not affect the connection.
//! - The time is an argument, and randomness comes from the [`crypto::Provider`]. With the same time, randomness and input,
//!   the output is the same, byte for byte.
//! - Every decision is a [`Need`]. If the configuration contains the key, verifier or store that it requires, the connection
//!   answers it in the same call; otherwise [`Connection::process`] returns [`Event::Suspended`], and the connection waits for
//!   the [`Answer`]. Both cases take the same path.
//! - Anything that the connection need not wait for is an event, such as a session to store ([`Event::Session`]) or a warning
//!   alert.
//!
//! # The layers
//!
//! Each layer imports only itself and those above it in this table; `tests/architecture.rs` enforces this.
//!
//! | layer | purpose |
//! |---|---|
//! | `error` | [`Error`], and the alert for each error |
//! | [`pem`] | certificates, private keys and revocation lists in text |
//! | `wire` | encoding and decoding of messages |
//! | [`crypto`] | the [`Provider`](crypto::Provider) trait, the table of cipher suites, secrets, and the default provider |
//! | `record` | the record layer: protects and unprotects records, and joins split messages |
//! | [`session`] | sessions and tickets: their encoding, the traits of stores, and the stores in memory |
//! | `handshake` | the state machine, its configuration and its [`Need`]s. `client` and `server` begin with the flow of messages, and have one file for each step of it |
//! | `connection` | [`Connection`] and its [`Event`]s, the two halves of a connection, its secrets, and its diagnosis |
//! | [`verify`] | certificate verification: `certificate` parses, `build` finds paths, `walk` validates them, `words` explains |
//! | `inspect` | a passive reader of captured conversations |
//! | `replay` | recordings of connections, and their replay |
//! | `io` | adapters to transports, and the shared state of a fleet in Redis |
//! | `guide` | documentation by task, without code |
//!
//! # How it works
//!
//! A received record passes through `Connection::process`, `Opener::open` and `Joiner::next` to the transition table in
//! `ClientState::step` or `ServerState::step`, which calls the handler of the message. A sent message passes through
//! `Flight::message` and `Sealer::seal` to the provider.
//!
//! - **Configurations** are in `handshake`, because the state machine reads them; `connection` only moves bytes.
//! - **A ClientHello** is first decoded into an owned `ClientOffer`, because a session may have to be looked up before it is
//!   answered. A server can begin without a configuration ([`Connection::accept`]): choosing one is a decision like any other.
//! - **The transcript** stores messages until the ServerHello determines the hash, and then hashes them as they arrive. It
//!   keeps the messages only as long as a signature over them may be needed.
//! - **Proofs.** `handshake/evidence.rs` has a type for each check that must not be skipped, which only that check can create.
//!   A connection can be established only with all of them.
//! - **A diagnosis.** The facts that explain a failure, in addition to its error, are kept in a `Journal` until the connection
//!   is established, and turned into text only on request ([`Connection::diagnosis`]). What to do about the failure is data
//!   ([`Advice`]), so that a tool can express it in its own options.
//! - **Inspection.** `inspect` reads other parties' connections with the parsers of `wire`, the openers of `record` and the key
//!   schedule of `handshake`. It has no transition table: violations of the protocol are reported, and reading continues.
//! - **Recordings.** A connection that is recorded reports its calls and decisions to a `Tape` (`handshake/tape.rs`), which also
//!   wraps its provider and its verifier. A replay runs the same state machine with a tape that answers from the file.
//! - **A fleet.** `session` seals sessions and ticket keys, and knows when a key expires, without I/O. `io::redis` moves them to
//!   and from Redis, since that needs a runtime, and answers [`Need`]s, which `session` does not know.

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_debug_implementations, missing_docs, unreachable_pub)]
// Received data is never unwrapped, indexed or cast: no input may cause a panic.
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
#[cfg(all(feature = "std", feature = "ring", feature = "static-rsa", feature = "webpki"))]
pub mod guide;
mod handshake;
#[cfg(feature = "inspect")]
pub mod inspect;
#[cfg(feature = "std")]
pub mod io;
pub mod pem;
mod record;
#[cfg(feature = "record")]
pub mod replay;
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
    Agreement, Answer, AskFor, ChainLimit, ClientAuth, ClientConfig, ClientConfigBuilder, ClientOffer, ClientTrust,
    ConfigError, ConnectionInfo, Credential, DecryptRequest, Direction, ExportError, ExternalKey, FalseStart,
    FindPskRequest, FindSessionRequest, Grease, HelloShape, Indication, KeyLog, KeyUse, LaterVersion, MessageKind,
    Need, NewSession, NotResumable, OpenTicketRequest, Peer, PeerChain, Policy, PresharedKey, RecordLimit,
    Renegotiation, RenegotiationRefusal, Resumption, Role, SealTicketRequest, SecureRenegotiation,
    SelectCertificateRequest, SelectConfigRequest, SelectPskRequest, ServerConfig, ServerConfigBuilder, SessionOutcome,
    SignRequest, Trace, TracedMessage, UnboundSessions, UnfitCertificate, UnfitReason, UnknownNames, VerifyPeer,
    VerifyRequest,
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
#[cfg(all(doctest, feature = "std", feature = "webpki", feature = "ring", feature = "static-rsa"))]
#[doc = include_str!("../README.md")]
struct Readme;
