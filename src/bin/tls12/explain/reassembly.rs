//! One direction of a TCP connection, put together of its segments: out of order, repeated, or not captured.

use std::collections::BTreeMap;

/// How many bytes wait for an earlier segment before that is given up as not captured.
pub const MAX_HELD: usize = 4 << 20;

/// How many segments wait.
pub const MAX_HELD_SEGMENTS: usize = 4096;

/// What comes next in the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Bytes(&'a [u8]),
    /// As many bytes were not captured.
    Gap(u64),
}

/// The stream of one direction.
#[derive(Default)]
pub struct Stream {
    /// The sequence number of the next byte, once it is known.
    next: Option<u32>,
    /// How many bytes there were before it.
    position: u64,
    /// Segments behind a missing one, by their position; each with how many bytes were cut off its end.
    held: BTreeMap<u64, (Vec<u8>, usize)>,
    held_bytes: usize,
    /// Where the stream ends.
    end: Option<u64>,
    /// Up to where the other side has received it.
    acknowledged: u64,
}

impl Stream {
    /// The connection begins, with this sequence number.
    pub fn begin(&mut self, sequence: u32) {
        self.next.get_or_insert(sequence.wrapping_add(1));
    }

    /// Whether the stream begins elsewhere than with `sequence`: then this is another connection.
    pub fn is_other(&self, sequence: u32) -> bool {
        let first = self.next.map(|next| next.wrapping_sub(low(self.position)));
        first.is_some_and(|first| first != sequence.wrapping_add(1))
    }

    /// Adds a segment; `cut` bytes of it were not captured. Gives what it makes known of the stream to `sink`.
    pub fn add(&mut self, sequence: u32, bytes: &[u8], cut: usize, sink: &mut impl FnMut(Piece<'_>)) {
        let next = *self.next.get_or_insert(sequence);
        // The difference has a sign, because sequence numbers wrap around (RFC 9293 §3.4).
        let ahead = sequence.wrapping_sub(next).cast_signed();
        if ahead <= 0 {
            let known = usize::try_from(ahead.unsigned_abs()).unwrap_or(usize::MAX);
            self.deliver(bytes, cut, known, sink);
            self.release(sink);
        } else if !bytes.is_empty() || cut > 0 {
            let position = self.position.saturating_add(ahead.unsigned_abs().into());
            self.hold(position, bytes, cut);
            while self.held_bytes > MAX_HELD || self.held.len() > MAX_HELD_SEGMENTS {
                self.skip(sink);
            }
        }
    }

    /// The other side has received what comes before this sequence number. So what it lacks was sent, but not captured: once
    /// something behind it was.
    pub fn acknowledge(&mut self, sequence: u32, sink: &mut impl FnMut(Piece<'_>)) {
        let Some(next) = self.next else { return };
        let ahead = sequence.wrapping_sub(next).cast_signed();
        let Ok(ahead) = u64::try_from(ahead) else { return };
        self.acknowledged = self.acknowledged.max(self.position.saturating_add(ahead));
        while self.held.first_key_value().is_some_and(|(position, _)| *position <= self.acknowledged) {
            self.skip(sink);
        }
    }

    /// The stream ends behind this many bytes from `sequence` on.
    pub fn finish(&mut self, sequence: u32, len: usize) {
        let Some(next) = self.next else { return };
        let ahead = sequence.wrapping_sub(next).cast_signed();
        let start = self.position.saturating_add_signed(ahead.into());
        self.end.get_or_insert(start.saturating_add(u64::try_from(len).unwrap_or(u64::MAX)));
    }

    /// Whether all of it up to its end was seen.
    pub fn is_finished(&self) -> bool {
        self.end.is_some_and(|end| end <= self.position)
    }

    /// How many bytes wait for an earlier segment.
    pub fn held(&self) -> usize {
        self.held_bytes
    }

    /// What is missing is not waited for any longer: gives all that waits to `sink`.
    pub fn give_up(&mut self, sink: &mut impl FnMut(Piece<'_>)) {
        while !self.held.is_empty() {
            self.skip(sink);
        }
    }

    /// The other side has answered what it acknowledged: this is not waited for any longer, so that its place is before the
    /// answer. Gives what waits for it to `sink`.
    pub fn answered(&mut self, sink: &mut impl FnMut(Piece<'_>)) {
        // The end of the stream has a number of its own.
        let known = self.end.unwrap_or(u64::MAX).min(self.acknowledged);
        if known > self.position.saturating_add(1) || (known > self.position && self.end.is_some()) {
            let missing = known - self.position;
            self.next = self.next.map(|next| next.wrapping_add(low(missing)));
            self.position = known;
            sink(Piece::Gap(missing));
            self.release(sink);
        }
    }

    /// The capture ends: gives what is left to `sink`.
    pub fn close(&mut self, sink: &mut impl FnMut(Piece<'_>)) {
        self.give_up(sink);
        self.answered(sink);
    }

    /// Gives out a segment that begins `known` bytes before what comes next.
    fn deliver(&mut self, bytes: &[u8], cut: usize, known: usize, sink: &mut impl FnMut(Piece<'_>)) {
        let new = bytes.get(known..).unwrap_or_default();
        if !new.is_empty() {
            self.advance(new.len());
            sink(Piece::Bytes(new));
        }
        let missing = cut.saturating_sub(known.saturating_sub(bytes.len()));
        if missing > 0 {
            self.advance(missing);
            sink(Piece::Gap(u64::try_from(missing).unwrap_or(u64::MAX)));
        }
    }

    fn hold(&mut self, position: u64, bytes: &[u8], cut: usize) {
        let is_better = self.held.get(&position).is_none_or(|(held, _)| held.len() < bytes.len());
        if is_better {
            self.held_bytes += bytes.len();
            if let Some((replaced, _)) = self.held.insert(position, (bytes.to_vec(), cut)) {
                self.held_bytes -= replaced.len();
            }
        }
    }

    /// Gives out the held segments up to the next one that is missing.
    fn release(&mut self, sink: &mut impl FnMut(Piece<'_>)) {
        while let Some(first) = self.held.first_entry().filter(|first| *first.key() <= self.position) {
            let (position, (bytes, cut)) = first.remove_entry();
            self.held_bytes -= bytes.len();
            let known = usize::try_from(self.position - position).unwrap_or(usize::MAX);
            self.deliver(&bytes, cut, known, sink);
        }
    }

    /// Gives up what is missing before the first held segment.
    fn skip(&mut self, sink: &mut impl FnMut(Piece<'_>)) {
        let Some((position, _)) = self.held.first_key_value() else { return };
        if let Some(missing) = position.checked_sub(self.position).filter(|missing| *missing > 0) {
            self.next = self.next.map(|next| next.wrapping_add(low(missing)));
            self.position = *position;
            sink(Piece::Gap(missing));
        }
        self.release(sink);
    }

    fn advance(&mut self, len: usize) {
        let len = u64::try_from(len).unwrap_or(u64::MAX);
        self.position = self.position.saturating_add(len);
        self.next = self.next.map(|next| next.wrapping_add(low(len)));
    }
}

/// The lower half.
fn low(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out of these segments, each with its sequence number; a gap is `[len]`.
    fn put_together(begin: u32, segments: &[(u32, &str)]) -> String {
        let (mut stream, mut text) = (Stream::default(), String::new());
        stream.begin(begin);
        for (sequence, bytes) in segments {
            stream.add(*sequence, bytes.as_bytes(), 0, &mut |piece| text += &shown(&piece));
        }
        stream.close(&mut |piece| text += &shown(&piece));
        text
    }

    fn shown(piece: &Piece<'_>) -> String {
        match piece {
            Piece::Bytes(bytes) => str::from_utf8(bytes).unwrap().to_owned(),
            Piece::Gap(len) => format!("[{len}]"),
        }
    }

    #[test]
    fn segments_come_in_any_order_and_more_than_once() {
        let last = u32::MAX;
        for (begin, segments, expected) in [
            (0, &[(1, "abc"), (4, "def")][..], "abcdef"),
            (0, &[(4, "def"), (1, "abc")], "abcdef"),
            (0, &[(1, "abc"), (1, "abc"), (4, "def"), (4, "def")], "abcdef"),
            // Parts of what was there before, and more.
            (0, &[(1, "abc"), (2, "bcde"), (3, "c"), (1, "abcdef")], "abcdef"),
            (0, &[(3, "cd"), (4, "def"), (1, "ab")], "abcdef"),
            // One byte before the next, as a keep-alive has (RFC 9293 §3.8.4).
            (0, &[(1, "abc"), (3, "x"), (4, "def")], "abcdef"),
            // Over the end of the numbers.
            (last - 2, &[(last - 1, "ab"), (1, "d"), (0, "c"), (2, "ef")], "abcdef"),
            // One that was not captured.
            (0, &[(1, "abc"), (6, "fgh")], "abc[2]fgh"),
            (0, &[(9, "i"), (6, "fgh")], "[5]fghi"),
        ] {
            assert_eq!(put_together(begin, segments), expected, "{segments:?}");
        }
    }

    #[test]
    fn a_segment_that_was_acknowledged_is_not_waited_for() {
        let (mut stream, mut text) = (Stream::default(), String::new());
        stream.begin(0);
        stream.add(4, b"def", 0, &mut |piece| text += &shown(&piece));
        stream.acknowledge(1, &mut |piece| text += &shown(&piece));
        assert_eq!(text, "");
        stream.acknowledge(7, &mut |piece| text += &shown(&piece));
        assert_eq!(text, "[3]def");
    }

    /// Else an answer would come before what it answers.
    #[test]
    fn what_was_answered_is_not_waited_for() {
        let (mut stream, mut text) = (Stream::default(), String::new());
        stream.begin(0);
        stream.add(1, b"abc", 0, &mut |piece| text += &shown(&piece));
        for (acknowledged, expected) in [(4, "abc"), (7, "abc[3]"), (7, "abc[3]")] {
            stream.acknowledge(acknowledged, &mut |piece| text += &shown(&piece));
            stream.answered(&mut |piece| text += &shown(&piece));
            assert_eq!(text, expected);
        }
        stream.add(6, b"fgh", 0, &mut |piece| text += &shown(&piece));
        assert_eq!(text, "abc[3]gh");
    }

    #[test]
    fn bytes_that_were_cut_off_are_missing() {
        let (mut stream, mut text) = (Stream::default(), String::new());
        stream.begin(0);
        stream.add(1, b"ab", 3, &mut |piece| text += &shown(&piece));
        stream.add(6, b"f", 0, &mut |piece| text += &shown(&piece));
        assert_eq!(text, "ab[3]f");
    }

    /// Without the limits, a peer that never sends the first byte would have us hold all the others.
    #[test]
    fn what_waits_is_limited() {
        let (mut stream, mut gaps, mut bytes) = (Stream::default(), 0, 0);
        stream.begin(0);
        let segment = [0; 1024];
        for i in 0..u32::try_from(2 * MAX_HELD / segment.len()).unwrap() {
            stream.add(2 + i * 1024, &segment, 0, &mut |piece| match piece {
                Piece::Bytes(delivered) => bytes += delivered.len(),
                Piece::Gap(_) => gaps += 1,
            });
            assert!(stream.held_bytes <= MAX_HELD && stream.held.len() <= MAX_HELD_SEGMENTS);
        }
        assert_eq!((gaps, bytes), (1, 2 * MAX_HELD));
    }

    /// What was received, but not captured, at the end.
    #[test]
    fn the_end_is_missed() {
        for (finish, acknowledged, expected) in
            [(None, 10, "abc[6]"), (None, 5, "abc"), (Some(4), 5, "abc"), (Some(9), 10, "abc[5]")]
        {
            let (mut stream, mut text) = (Stream::default(), String::new());
            stream.begin(0);
            stream.add(1, b"abc", 0, &mut |piece| text += &shown(&piece));
            if let Some(sequence) = finish {
                stream.finish(sequence, 0);
            }
            stream.acknowledge(acknowledged, &mut |piece| text += &shown(&piece));
            stream.close(&mut |piece| text += &shown(&piece));
            assert_eq!(text, expected, "{finish:?} {acknowledged}");
        }
    }
}
