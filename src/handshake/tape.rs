//! What a connection reports while it is recorded, or while a recording of it is replayed: `tls12::replay` implements these
//! traits.
//!
//! A connection depends on its configuration, its calls and their input, the time, randomness, the results of operations with
//! secrets, and decisions. Randomness and operations reach the tape through a provider, which takes the place of that of the
//! configuration; the connection reports the rest.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use zeroize::Zeroizing;

use super::peer::VerifyPeer;
use crate::crypto::Provider;

/// Hands out a tape to a connection that begins.
pub(crate) trait Recorder: fmt::Debug + Send + Sync {
    /// Returns the tape for this connection; `None` if it is not to be recorded.
    fn claim(&self) -> Option<Arc<dyn Tape>>;
}

/// The recording of one connection. In all texts, bytes are hexadecimal.
pub(crate) trait Tape: fmt::Debug + Send + Sync {
    /// Returns a provider that records what `inner` does, or does what was recorded.
    fn provider(self: Arc<Self>, inner: Arc<dyn Provider>) -> Arc<dyn Provider>;

    /// Returns a verifier that records what `inner` says at the end of the handshake, or says what was recorded.
    fn verifier(self: Arc<Self>, inner: Arc<dyn VerifyPeer>) -> Arc<dyn VerifyPeer>;

    /// Whether secrets are recorded.
    fn has_secrets(&self) -> bool;

    /// A call of the connection begins.
    fn begin(&self, call: fmt::Arguments<'_>);

    /// The call has ended, and appended `out` to the output.
    fn end(&self, out: &[u8], outcome: fmt::Arguments<'_>);

    /// Code of the configuration begins or ends, which may use the provider for purposes of its own.
    fn aside(&self, aside: Aside);

    /// Whether a recording is replayed.
    fn replays(&self) -> bool;

    /// The recorded decision of the configuration, if one was made at this point.
    fn recorded_decision(&self) -> Option<Zeroizing<String>>;

    /// The configuration has made this decision.
    fn decided(&self, decision: &str);

    /// The recording ends here, for this reason.
    fn stop(&self, why: &str);
}

/// Whether code of the configuration is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aside {
    Begins,
    Ends,
}
