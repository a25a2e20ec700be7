//! That a peer's chain was found good: for how long, and by whom. It is kept with the session.

use alloc::vec::Vec;
use core::time::Duration;
use rustls_pki_types::UnixTime;

use super::SessionError;
use super::value::read_time;
use crate::wire::Reader;

/// The verdict that a certificate chain is to be trusted, and for how long that is so.
///
/// A session is resumed without another look at its chain only within that time; after it, the chain is verified again.
/// [`Self::default`] says nothing of the time, so that the chain is verified each time that its session is to be resumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// The first and the last second at which it holds.
    window: Option<(UnixTime, UnixTime)>,
}

impl Verified {
    /// It holds from the second `from` to the second `until`, both included: at these times nothing that it depends on begins
    /// or ends, such as the validity of a certificate, a revocation list, or an OCSP response.
    #[must_use]
    pub const fn between(from: UnixTime, until: UnixTime) -> Self {
        Self { window: Some((from, until)) }
    }

    /// It holds at any time: nothing that it depends on ever ends.
    #[must_use]
    pub const fn always() -> Self {
        const BEGINNING: UnixTime = UnixTime::since_unix_epoch(Duration::ZERO);
        const END: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX));
        Self::between(BEGINNING, END)
    }

    /// The first and the last second at which it holds; none, if it says nothing of the time.
    #[must_use]
    pub const fn window(self) -> Option<(UnixTime, UnixTime)> {
        self.window
    }

    /// Whether it is said to hold at `now`.
    #[must_use]
    pub fn holds_at(self, now: UnixTime) -> bool {
        self.window.is_some_and(|(from, until)| (from.as_secs()..=until.as_secs()).contains(&now.as_secs()))
    }
}

/// What a verifier's verdicts depend on, as a hash: see `VerifyPeer::identity`.
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

    /// Whether this verifier would say the same at `now`. One without an identity is never known to be the same.
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

/// A byte that says no or yes.
pub(super) fn read_flag(reader: &mut Reader<'_>) -> Result<bool, SessionError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(SessionError),
    }
}
