//! The state machine: which messages may arrive in which order, and how they are handled.
//!
//! `client` and `server` each begin with the flow of messages, and contain the table of all legal transitions. Their
//! common end is in `finish`.

mod client;
mod client_config;
mod config;
#[cfg(feature = "std")]
mod counter;
mod credential;
mod evidence;
mod exchange;
mod export;
mod finish;
mod flight;
mod info;
mod input;
mod journal;
mod kept;
mod keys;
mod later_version;
mod limits;
mod need;
mod negotiate;
mod objection;
mod offer;
mod peer;
mod policy;
mod previous;
mod psk;
mod psk_hash;
mod refusal;
mod resumption;
mod role;
mod server;
mod server_config;
mod settings;
mod shape;
#[cfg(feature = "record")]
mod tape;
mod time;
mod trace;
mod transcript;

pub(crate) use client::{ClientSide, ClientState, begin};
pub use client_config::{AskFor, ClientConfig, ClientConfigBuilder, FalseStart, RecordLimit, Renegotiation};
pub(crate) use client_config::{ClientCertificates, Verification};
pub(crate) use config::Common;
pub use config::{ConfigError, KeyLog};
#[cfg(feature = "std")]
pub use counter::{FailureKind, HandshakeCounter, HandshakeCounts};
pub(crate) use credential::Key;
pub use credential::{Credential, ExternalKey, UnfitCertificate, UnfitReason};
pub use export::ExportError;
pub(crate) use export::tls_server_end_point;
pub(crate) use finish::Established;
pub use finish::NewSession;
pub(crate) use flight::{Flight, Sending};
pub use info::{ConnectionInfo, SessionOutcome};
pub(crate) use input::Input;
pub(crate) use journal::{Journal, JournalOf, NoSuite, Refusal, Shown, Stage, distinct};
pub(crate) use kept::{ClientSlot, KeptSession};
#[cfg(feature = "inspect")]
pub(crate) use keys::{KeyBlock, MasterSeed, finished_data, master_secret};
pub use later_version::LaterVersion;
pub(crate) use limits::Tolerance;
pub use need::{
    Answer, DecryptRequest, FindPskRequest, FindSessionRequest, Need, OpenTicketRequest, SealTicketRequest,
    SelectCertificateRequest, SelectConfigRequest, SelectPskRequest, SignRequest, VerifyRequest,
};
pub(crate) use need::{AnswerBody, RequestId};
pub(crate) use objection::Objection;
pub use offer::ClientOffer;
#[cfg(any(feature = "webpki", feature = "record"))]
pub(crate) use peer::server_name_text;
pub use peer::{ChainLimit, KeyUse, Peer, PeerChain, VerifyPeer};
pub use policy::{Agreement, Policy, SecureRenegotiation, UnboundSessions};
pub use psk::PresharedKey;
pub(crate) use psk::PresharedKeys;
#[cfg(feature = "record")]
pub(crate) use psk_hash::LABEL as PSK_HASH_LABEL;
pub use refusal::RenegotiationRefusal;
pub use resumption::{NotResumable, Resumption};
pub use role::Role;
pub(crate) use server::{Accepting, AwaitClientHello, ServerSide, ServerState};
pub use server_config::{ClientAuth, ClientTrust, ServerConfig, ServerConfigBuilder, UnknownNames};
pub(crate) use server_config::{Sessions, TicketPolicy};
pub use shape::{Grease, HelloShape, Indication};
#[cfg(feature = "record")]
pub(crate) use tape::{Aside, Recorder, Tape};
pub(crate) use time::Time;
pub(crate) use trace::Tracer;
pub use trace::{Direction, MessageKind, Trace, TracedMessage};
#[cfg(feature = "inspect")]
pub(crate) use transcript::VERIFY_DATA_LEN;
#[cfg(feature = "rustls")]
pub(crate) use {config::SecretSink, negotiate::credentials_for, offer::OfferedName, server_config::Named};
