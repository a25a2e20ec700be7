//! A transport that notes the server's answer, and returns what was read ahead of the handshake.

use alloc::vec::Vec;
use std::io::{self, IoSlice, Read, Write};

use super::choice::Answer;
use crate::wire::{ContentType, RecordHeader};

/// The length of an unencrypted record with an alert, in bytes.
const ALERT_LEN: usize = RecordHeader::LEN + 2;

/// The maximum number of alerts that are an answer. Servers send one or two: some, for an unknown name, a warning before the
/// fatal alert, and some a close_notify after it.
const MAX_ALERTS: usize = 4;

/// The number of first bytes that are kept: more than those alerts have.
const HEARD: usize = MAX_ALERTS * ALERT_LEN + 1;

/// A transport, and the bytes that were read ahead.
#[derive(Debug)]
pub(super) struct Transport<T> {
    pub(super) inner: T,
    /// The bytes that were read ahead, which are read first.
    ahead: Vec<u8>,
    /// The number of its bytes that have been read.
    taken: usize,
    /// The first bytes that arrived.
    heard: Vec<u8>,
}

impl<T> Transport<T> {
    /// Creates a transport from which `ahead` is read first.
    pub(super) fn new(inner: T, ahead: Vec<u8>) -> Self {
        Self { inner, ahead, taken: 0, heard: Vec::new() }
    }

    /// Splits the inner transport. The first part is read after what was read ahead.
    pub(super) fn split<R, W>(self, split: impl FnOnce(T) -> io::Result<(R, W)>) -> io::Result<(Transport<R>, W)> {
        let Self { inner, ahead, taken, heard } = self;
        let (inner, write) = split(inner)?;
        Ok((Transport { inner, ahead, taken, heard }, write))
    }

    /// What the peer has sent so far.
    pub(super) fn answer(&self) -> Answer {
        let mut records = self.heard.chunks(ALERT_LEN);
        let are_alerts = records.all(|record| record.first() == Some(&ContentType::ALERT.0));
        match self.heard.len() {
            0 => Answer::Nothing,
            1..HEARD if are_alerts => Answer::Alert,
            _ => Answer::More,
        }
    }

    /// Notes what has arrived.
    pub(super) fn note(&mut self, bytes: &[u8]) {
        let lacking = HEARD.saturating_sub(self.heard.len());
        self.heard.extend_from_slice(bytes.get(..lacking).unwrap_or(bytes));
    }

    /// The bytes that were read ahead, at most `most` of them.
    pub(super) fn take_ahead(&mut self, most: usize) -> &[u8] {
        let left = self.ahead.get(self.taken..).unwrap_or_default();
        let front = left.get(..most).unwrap_or(left);
        self.taken = self.taken.saturating_add(front.len());
        front
    }

    /// Whether no bytes are left that were read ahead. Their memory is then freed.
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
        let warning = [21, 3, 3, 0, 2, 1, 112];
        let hello = [22, 3, 3, 0, 4, 14, 0, 0, 0];
        let answer = |bytes: &[u8]| {
            let mut transport = Transport::new(bytes, Vec::new());
            transport.read_to_end(&mut Vec::new()).unwrap();
            transport.answer()
        };
        assert_eq!(answer(&[]), Answer::Nothing);
        assert_eq!(answer(&alert), Answer::Alert);
        assert_eq!(answer(&alert[..3]), Answer::Alert);
        assert_eq!(answer(&[&warning[..], &alert].concat()), Answer::Alert);
        assert_eq!(answer(&[&warning[..], &alert[..1]].concat()), Answer::Alert);
        assert_eq!(answer(&warning.repeat(MAX_ALERTS)), Answer::Alert);
        assert_eq!(answer(&warning.repeat(MAX_ALERTS + 1)), Answer::More);
        assert_eq!(answer(&[22]), Answer::More);
        assert_eq!(answer(&[&hello[..], &alert].concat()), Answer::More);
        assert_eq!(answer(&[&warning[..], &hello].concat()), Answer::More);
        assert_eq!(answer(&[&warning.repeat(MAX_ALERTS)[..], &hello].concat()), Answer::More);
    }
}
