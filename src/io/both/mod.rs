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
//!   chains apply to both. So does the policy, except that it has no say about the suites of TLS 1.3: rustls offers all of
//!   its own.
//! - Each stack keeps its own sessions. Those of rustls are in memory, and a chain is verified again when its session is
//!   resumed: if it is not trusted any more, a client connects once more, with a full handshake. A server's tickets by rustls are sealed with keys that it creates itself, so they are not resumed by other
//!   servers of a fleet.
//! - Traces, counters, GREASE and the order of extensions are this crate's only.
//! - rustls cannot wait for decisions, so a configuration must not leave any open: [`SetupError::Deferred`].
//! - rustls reports a refused certificate with the alert `certificate_unknown`, whatever is wrong with it.

mod acceptor;
mod attempts;
#[cfg(feature = "axum")]
pub mod axum;
mod choice;
mod connector;
mod credential;
mod error;
mod established;
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

pub use acceptor::Acceptor;
pub use attempts::{Fallback, FallbackEvent};
pub use choice::{FallbackReason, Stack};
pub use connector::Connector;
pub use error::{ConnectError, SetupError};
pub use established::Info;
pub use stream::Stream;
pub use tokio::AsyncStream;
pub use trust::{RustlsVerifier, certificate_error};
