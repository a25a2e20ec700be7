//! Recordings of connections, and their deterministic replay (feature `record`): a handshake that failed for a user becomes a
//! file, and the file becomes a test.
//!
//! A connection depends on its configuration, on the calls and the input, the time, randomness, the results of operations with
//! secrets, and the decisions that were made. A [`Recorder`] writes all of them to one file as the connection progresses, and
//! [`Recording::replay`] runs the state machine again, without a peer. It must send the same bytes, ask for the same decisions
//! and end with the same error; otherwise the first [`Difference`] is reported.
//!
//! # Recording
//!
//! ```no_run
//! # #[cfg(all(feature = "ring", feature = "webpki"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use std::sync::Arc;
//! use tls12::replay::Recorder;
//! # use tls12::{ClientConfig, ServerName, io::blocking::StreamOwned, verify::TrustStore};
//!
//! # let config = ClientConfig::builder(Arc::new(TrustStore::from_pem(&std::fs::read("roots.pem")?)?)).build()?;
//! let recorder = Recorder::create("handshake.tls12")?;
//! let config = recorder.client(&config);
//! // Connect with `config`, by any adapter.
//! # let socket = std::net::TcpStream::connect("a.example:443")?;
//! # let mut stream = StreamOwned::client(config, ServerName::try_from("a.example")?, socket)?;
//! # let _ = stream.complete_handshake();
//! println!("{}", recorder.status());
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "ring", feature = "webpki")))]
//! # fn main() {}
//! ```
//!
//! The first connection with the configuration is recorded, others are not: make one for each connection to be recorded, which
//! costs little. A server that chooses its configuration by the ClientHello ([`SelectConfigRequest`](crate::SelectConfigRequest))
//! chooses `recorder.server(&config)`. The file is written after each call, so it survives a crash up to there. A file that cannot be written does not
//! end the connection, and neither does the limit of [`Recorder::MAX_LEN`]: [`Recorder::status`] reports both.
//!
//! # Replaying
//!
//! `tls12 replay FILE` replays a recording, and explains its error. In a test:
//!
//! ```no_run
//! # #[cfg(feature = "ring")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use tls12::replay::Recording;
//! use tls12::{Error, crypto::ring};
//!
//! let recording = Recording::read(&std::fs::read_to_string("tests/handshake.tls12")?)?;
//! let replayed = recording.replay(ring::provider())?;
//! assert_eq!(replayed.difference, None);
//! assert!(matches!(replayed.error, Some(Error::Certificate(_))));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "ring"))]
//! # fn main() {}
//! ```
//!
//! A recording of another version of this crate is replayed too: the first difference shows what that version did otherwise.
//!
//! # What a recording reveals
//!
//! | | by default | with [`Recorder::with_secrets`] |
//! |---|---|---|
//! | the two sides: names, certificates, times, and all bytes that were received and sent | yes | yes |
//! | the configuration, with certificates, names and identities of pre-shared keys | yes | yes |
//! | handshake messages and alerts, also those that were encrypted | yes | yes |
//! | the length of application data | yes | yes |
//! | application data | no | yes: it can be decrypted |
//! | the master secret, also that of a session that was resumed | no | yes |
//! | premaster secrets, private keys, pre-shared keys, the keys of tickets | no | no |
//!
//! Operations with secrets are recorded by their results: the ciphertext of a sealed record, the text of an opened one unless it
//! is application data, the contents of both Finished, signatures, public key shares, and whether the peer's share was accepted.
//! So a replay without secrets runs the whole state machine and the record layer, but takes these results from the file. With
//! the master secret, the keys, both Finished, and every record but the application data that was sent are computed again, and
//! compared.
//!
//! Without secrets, a reader can neither decrypt the connection nor resume its session. As with a capture of the traffic, guesses
//! of a weak pre-shared key can be tested; with secrets, also of one that is used with ECDHE. IVs of CBC records are drawn up to
//! 16 ahead and recorded when they are drawn, and a predictable IV weakens CBC: do not let anyone read the file before the
//! connection has ended.
//!
//! # What is not recorded
//!
//! - The beginning of a connection that is made by [`Connection::accept`](crate::Connection::accept): the recording begins when a
//!   configuration with a recorder is chosen for the ClientHello, which is recorded as one message. If none is chosen, there is
//!   no recording.
//! - What happens after [`Connection::split`](crate::Connection::split) or
//!   [`into_traffic_secrets`](crate::Connection::into_traffic_secrets): the recording is complete then.
//! - Exported keys and channel bindings; the replay does not ask for them.
//! - Your own code: verifiers, stores, ticket keys and signers are represented by their answers.
//!
//! # The file
//!
//! It is text, with bytes in hexadecimal: the format, the version of this crate, the role, and `set` lines with the configuration.
//! Then each call (`>`) is followed by the operations and decisions in it (`.`), the bytes to be sent (`< out`) and its result
//! (`<`). The last line says why the recording ends; a file without it was cut off, and is replayed as far as it goes.

mod difference;
mod keys;
mod log;
mod player;
mod provider;
mod recorder;
mod recording;
mod settings;

pub use difference::Difference;
pub use recorder::{Recorder, RecorderStatus};
pub use recording::{Ending, Recording, RecordingError, Replayed};
