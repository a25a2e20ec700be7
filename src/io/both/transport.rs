//! A transport that notes what the server answers, and gives back what was read ahead of the handshake.

use alloc::vec::Vec;
use std::io::{self, IoSlice, Read, Write};

use super::choice::Answer;
use crate::wire::{ContentType, RecordHeader};

/// The length of an unencrypted record with an alert, in bytes.
const ALERT_LEN: usize = RecordHeader::LEN + 2;

/// A transport, and what was read from it ahead.
#[derive(Debug)]
pub(super) struct Transport<T> {
    pub(super) inner: T,
    /// What was read ahead, and is read first.
    ahead: Vec<u8>,
    /// So much of it has been read.
    taken: usize,
    /// The first byte that arrived.
    first: Option<u8>,
    /// How many bytes arrived, up to more than an alert has.
    arrived: usize,
}

impl<T> Transport<T> {
    /// Creates a transport from which `ahead` is read first.
    pub(super) fn new(inner: T, ahead: Vec<u8>) -> Self {
        Self { inner, ahead, taken: 0, first: None, arrived: 0 }
    }

    /// What the peer has sent so far.
    pub(super) fn answer(&self) -> Answer {
        match self.first {
            None => Answer::Nothing,
            Some(first) if first == ContentType::ALERT.0 && self.arrived <= ALERT_LEN => Answer::Alert,
            Some(_) => Answer::More,
        }
    }

    /// Notes what has arrived.
    pub(super) fn note(&mut self, bytes: &[u8]) {
        self.first = self.first.or(bytes.first().copied());
        self.arrived = self.arrived.saturating_add(bytes.len());
    }

    /// What was read ahead, at most `most` bytes of it.
    pub(super) fn take_ahead(&mut self, most: usize) -> &[u8] {
        let left = self.ahead.get(self.taken..).unwrap_or_default();
        let front = left.get(..most).unwrap_or(left);
        self.taken = self.taken.saturating_add(front.len());
        front
    }

    /// Whether nothing is left of what was read ahead. Its memory is freed then.
    pub(super) fn is_caught_up(&mut self) -> bool {
        let caught_up = self.taken >= self.ahead.len();
        if caught_up {
            (self.ahead, self.taken) = (Vec::new(), 0);
        }
        caught_up
    }
}

impl<T: Read> Read for Transport<T> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if !self.is_caught_up() {
            return self.take_ahead(buf.len()).read(buf);
        }
        let n = self.inner.read(buf)?;
        self.note(buf.get(..n).unwrap_or_default());
        Ok(n)
    }
}

impl<T: Write> Write for Transport<T> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.inner.write(buf)
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.inner.write_vectored(bufs)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_ahead_comes_first_and_in_parts() {
        let mut transport = Transport::new(&b"defg"[..], b"abc".to_vec());
        let (mut two, mut rest) = ([0; 2], Vec::new());
        transport.read_exact(&mut two).unwrap();
        transport.read_to_end(&mut rest).unwrap();
        assert_eq!((&two, &*rest), (b"ab", &b"cdefg"[..]));
    }

    #[test]
    fn an_answer_is_an_alert_only_if_nothing_else_came() {
        let alert = [21, 3, 3, 0, 2, 2, 40];
        let answer = |bytes: &[u8]| {
            let mut transport = Transport::new(bytes, Vec::new());
            transport.read_to_end(&mut Vec::new()).unwrap();
            transport.answer()
        };
        assert_eq!(answer(&[]), Answer::Nothing);
        assert_eq!(answer(&alert), Answer::Alert);
        assert_eq!(answer(&alert[..3]), Answer::Alert);
        assert_eq!(answer(&[&alert[..], &[21]].concat()), Answer::More);
        assert_eq!(answer(&[22]), Answer::More);
    }
}
