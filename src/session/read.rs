//! What it takes to read the bytes of a session: the error, and the smallest parts.

use core::fmt;
use core::time::Duration;
use rustls_pki_types::UnixTime;

use crate::error::DecodeError;
use crate::wire::Reader;

/// The error for bytes that are not a session: they are corrupted, or from another version of this library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionError;

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes are not a session of this version of the library")
    }
}

impl core::error::Error for SessionError {}

impl From<DecodeError> for SessionError {
    fn from(_: DecodeError) -> Self {
        Self
    }
}

pub(super) fn read_time(reader: &mut Reader<'_>) -> Result<UnixTime, SessionError> {
    Ok(UnixTime::since_unix_epoch(Duration::from_secs(u64::from_be_bytes(reader.array()?))))
}

/// A flag, encoded as a byte.
pub(super) fn read_flag(reader: &mut Reader<'_>) -> Result<bool, SessionError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(SessionError),
    }
}
