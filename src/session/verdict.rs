//! The verdict that a peer's chain is trusted: for how long, and by which verifier. It is stored with the session.

use alloc::vec::Vec;
use core::time::Duration;
use rustls_pki_types::UnixTime;

use super::read::{SessionError, read_flag, read_time};
use crate::wire::Reader;

/// The verdict that a certificate chain is trusted, and for how long it holds.
///
/// Within that time, a session is resumed without verifying its chain again; after it, the chain is verified again.
/// [`Self::default`] has no such time: the chain is verified each time the session is to be resumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// The first and the last second for which it holds.
    window: Option<(UnixTime, UnixTime)>,
}

impl Verified {
    /// Creates a verdict that holds from the second `from` to the second `until`, inclusive. During this time nothing
    /// that it depends on may become valid or expire, such as a certificate, a revocation list, or an OCSP response.
    #[must_use]
    pub const fn between(from: UnixTime, until: UnixTime) -> Self {
        Self { window: Some((from, until)) }
    }

    /// Creates a verdict that always holds: nothing that it depends on ever expires.
    #[must_use]
    pub const fn always() -> Self {
        const BEGINNING: UnixTime = UnixTime::since_unix_epoch(Duration::ZERO);
        const END: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX));
        Self::between(BEGINNING, END)
    }

    /// Returns the first and the last second for which it holds, or `None` if it has no such time.
    #[must_use]
    pub const fn window(self) -> Option<(UnixTime, UnixTime)> {
        self.window
    }

    /// Returns whether it holds at `now`.
    #[must_use]
    pub fn holds_at(self, now: UnixTime) -> bool {
        self.window.is_some_and(|(from, until)| (from.as_secs()..=until.as_secs()).contains(&now.as_secs()))
    }
}

/// A hash of everything that a verifier's verdicts depend on: see `VerifyPeer::identity`.
pub(crate) type VerifierId = [u8; 32];

/// A verdict, and the verifier that gave it, if that has an identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) verified: Verified,
    pub(crate) verifier: Option<VerifierId>,
}

impl Verdict {
    /// How many bytes [`Self::put`] appends.
    pub(super) const LEN: usize = 1 + 8 + 8 + 1 + 32;

    /// Whether this verifier would give the same verdict at `now`. A verifier without an identity never counts as the
    /// same.
    pub(crate) fn holds(&self, verifier: Option<VerifierId>, now: UnixTime) -> bool {
        self.verifier.is_some() && self.verifier == verifier && self.verified.holds_at(now)
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let (from, until) = self.verified.window.unzip();
        out.push(u8::from(from.is_some()));
        for time in [from, until] {
            out.extend(time.map_or(0, |time| time.as_secs()).to_be_bytes());
        }
        out.push(u8::from(self.verifier.is_some()));
        out.extend(self.verifier.unwrap_or_default());
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, SessionError> {
        let has_window = read_flag(reader)?;
        let window = (read_time(reader)?, read_time(reader)?);
        let has_verifier = read_flag(reader)?;
        let verifier = reader.array()?;
        Ok(Self {
            verified: Verified { window: has_window.then_some(window) },
            verifier: has_verifier.then_some(verifier),
        })
    }
}
