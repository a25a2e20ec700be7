//! Sending data.

use alloc::vec::Vec;
use core::ops::Range;

use super::Connection;
use crate::handshake::Sending;
use crate::record::SealError;
use crate::wire::ContentType;

impl Connection {
    /// Encrypts `plaintext`, and appends it to `out` in as many records as needed.
    ///
    /// # Errors
    /// [`SealError`]. Nothing was appended, and the connection is unchanged.
    pub fn seal(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        self.seal_vectored(&[plaintext], out)
    }

    /// Like [`Self::seal`], for the concatenation of `parts`.
    ///
    /// # Errors
    /// [`SealError`]. Nothing was appended, and the connection is unchanged.
    pub fn seal_vectored(&mut self, parts: &[&[u8]], out: &mut Vec<u8>) -> Result<(), SealError> {
        #[cfg(feature = "record")]
        if self.taped.is_some() {
            return self.seal_taped(parts, out);
        }
        self.seal_parts(parts, out)
    }

    pub(super) fn seal_parts(&mut self, parts: &[&[u8]], out: &mut Vec<u8>) -> Result<(), SealError> {
        self.check_sending()?;
        self.sealer.seal_parts(ContentType::APPLICATION_DATA, parts, out)
    }

    /// Encrypts the plaintext in the range `text` of `buf` in place, as one record, and returns the record, which must
    /// be sent. The plaintext has at most [`ConnectionInfo::send_limit`](crate::ConnectionInfo::send_limit) bytes, with at
    /// least [`HEADROOM`](crate::HEADROOM) bytes before it and [`TAILROOM`](crate::TAILROOM) bytes after it.
    ///
    /// # Errors
    /// [`SealError`]. The connection and the buffer are unchanged, except that after [`SealError::Provider`] the space
    /// of the record is wiped.
    pub fn seal_in_place<'b>(&mut self, buf: &'b mut [u8], text: Range<usize>) -> Result<&'b [u8], SealError> {
        #[cfg(feature = "record")]
        if self.taped.is_some() {
            return self.seal_in_place_taped(buf, text);
        }
        self.seal_record(buf, text)
    }

    pub(super) fn seal_record<'b>(&mut self, buf: &'b mut [u8], text: Range<usize>) -> Result<&'b [u8], SealError> {
        self.check_sending()?;
        self.sealer.seal_in_place(ContentType::APPLICATION_DATA, buf, text)
    }

    fn check_sending(&self) -> Result<(), SealError> {
        match &self.state {
            Err(_) => Err(SealError::Closed),
            Ok(_) if self.sending == Sending::Closed => Err(SealError::Closed),
            Ok(machine) if machine.false_start().is_some() => Ok(()),
            Ok(machine) if machine.established().is_none() => Err(SealError::NotConnected),
            // An operation in progress will not be completed.
            Ok(machine) if machine.is_renegotiating() && self.peer_closed() => Err(SealError::Closed),
            Ok(machine) if machine.is_renegotiating() => Err(SealError::Renegotiating),
            Ok(_) => Ok(()),
        }
    }
}
