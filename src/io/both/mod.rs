//! TLS 1.3 and old peers from one endpoint: rustls speaks TLS 1.3, and TLS 1.2 with ECDHE and AEADs; this crate speaks the
//! rest of TLS 1.2. Both use one configuration and one verifier, and the application sees one stream.
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
//! - These settings of the policy apply to rustls: the suites of TLS 1.2, the groups, the signature schemes, and whether the
//!   extended master secret is required. The suites of TLS 1.3 cannot be chosen: rustls offers all that it supports. rustls
//!   does not check `renegotiation_info` (RFC 5746), since it never renegotiates.
//! - The minimum version is set by [`Connector::with_min_version`] and [`Acceptor::with_min_version`].
//! - Each stack keeps its own sessions. A client keeps those of rustls in memory, by the server's name only, regardless of
//!   the port and of [`session_context`](crate::ClientConfigBuilder::session_context). When such a session is resumed, its
//!   chain is verified again, but without the OCSP response of the first handshake. If the verifier requires that response,
//!   it refuses the chain, and the client connects again with a full handshake.
//! - A server keeps the sessions of rustls in memory, and seals tickets with keys that rustls creates: other servers of a
//!   fleet, and other acceptors, do not resume them. If clients are verified, rustls resumes no sessions, since it would not
//!   verify the chain again.
//! - Pre-shared keys, traces, counters, GREASE, the order of extensions, padding and limits on received records apply to this
//!   crate only.
//! - rustls cannot wait for decisions, so a configuration must not leave any open: [`SetupError::Deferred`].
//! - rustls reports a refused certificate with the alert `certificate_unknown`, and a missing one that is required with an
//!   alert of its choice; in this crate, the reason determines the alert.
//! - For a name that the server does not serve, with [`UnknownNames::Refuse`](crate::UnknownNames::Refuse), rustls ends a
//!   TLS 1.3 handshake with `access_denied`, and this crate ends its handshakes with `unrecognized_name`.

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
