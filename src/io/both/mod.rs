//! TLS 1.3 and old peers from one endpoint: rustls speaks TLS 1.3, and TLS 1.2 with ECDHE and AEADs, and this crate speaks
//! the rest of TLS 1.2. Both use one configuration and one trust, and the application sees one stream.
//!
//! ```no_run
//! use std::io::{Read, Write};
//! use std::sync::Arc;
//! use tls12::io::both::Connector;
//! use tls12::verify::TrustStore;
//! use tls12::{ClientConfig, Policy};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let roots = Arc::new(TrustStore::from_pem_file("roots.pem")?);
//! let config = ClientConfig::builder(roots).policy(Policy::legacy()).build()?;
//! let connector = Connector::new(&config)?.on_fallback(|fallback| eprintln!("TLS 1.2 only: {}", fallback.reason));
//! let mut stream = connector.connect("server.example", 443)?;
//! println!("{} with {:?}", stream.info().version, stream.info().suite_name());
//! stream.write_all(b"GET / HTTP/1.1\r\nHost: server.example\r\nConnection: close\r\n\r\n")?;
//! let mut answer = Vec::new();
//! stream.read_to_end(&mut answer)?; // fails if the answer was cut off
//! stream.close()?;
//! # Ok(())
//! # }
//! ```
//!
//! # What applies to both stacks, and what does not
//!
//! - The verifier, the credentials, the application protocols, the key log, the limit on sent records and the limit on
//!   chains apply to both.
//! - Of the policy, these settings apply to rustls: the suites of TLS 1.2, the groups, the signature schemes, and whether the
//!   extended master secret is required. The suites of TLS 1.3 cannot be chosen: rustls offers all of its own. rustls does not
//!   check `renegotiation_info` (RFC 5746), since it never renegotiates.
//! - The minimum version is set by [`Connector::with_min_version`] and [`Acceptor::with_min_version`].
//! - Each stack keeps its own sessions. A client keeps those of rustls in memory, by the name of the server, whatever the
//!   port and [`session_context`](crate::ClientConfigBuilder::session_context) are. A chain is verified again when its session
//!   is resumed, without the OCSP response of the first handshake, so that a verifier that requires one refuses it; the client
//!   then connects once more, with a full handshake.
//! - A server keeps the sessions of rustls in memory, and seals its tickets with keys that it creates itself: other servers
//!   of a fleet, and other acceptors, do not resume them. Where clients are verified, rustls resumes no session, since it would
//!   not verify the chain again.
//! - Pre-shared keys, traces, counters, GREASE, the order of extensions, padding and limits on received records are this
//!   crate's only.
//! - rustls cannot wait for decisions, so a configuration must not leave any open: [`SetupError::Deferred`].
//! - rustls reports a refused certificate with the alert `certificate_unknown`, or, without one where it is required, with
//!   its own alert; this crate chooses the alert by the reason.
//! - For a name that the server does not serve, with [`UnknownNames::Refuse`](crate::UnknownNames::Refuse), rustls ends the
//!   handshake of TLS 1.3 with `access_denied`, and this crate with `unrecognized_name`.

mod acceptor;
mod attempts;
#[cfg(feature = "axum")]
pub mod axum;
mod choice;
mod connector;
mod credential;
mod error;
mod established;
mod half;
mod hello;
#[cfg(feature = "hyper")]
pub mod hyper;
mod memory;
mod schemes;
mod setup;
mod stream;
mod timed;
mod tokio;
mod transport;
mod trust;

pub use acceptor::{Acceptor, LazyAcceptor};
pub use attempts::{Fallback, FallbackEvent};
pub use choice::{FallbackReason, Stack};
pub use connector::Connector;
pub use error::{ConnectError, SetupError};
pub use established::Info;
pub use half::{ReadHalf, WriteHalf};
pub use stream::Stream;
pub use tokio::AsyncStream;
pub use trust::{RustlsVerifier, certificate_error};
