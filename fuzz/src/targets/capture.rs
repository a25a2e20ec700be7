//! A file of captured packets, as the tool reads it: what comes out of each TCP stream was in a packet, and once; and what waits
//! for an earlier segment is limited.

use std::collections::BTreeMap;
use std::io::Cursor;

use crate::captures::capture::{Found, Source, read};
use crate::captures::packet::{Dissector, Segment};
use crate::captures::reassembly::{MAX_HELD, Piece, Stream};

/// A direction of a connection, and how much was put in and taken out.
#[derive(Default)]
struct Half {
    stream: Stream,
    given: usize,
    taken: usize,
}

pub fn target(data: &[u8]) {
    count(data);
}

/// Returns how many bytes there are in all streams.
pub fn count(data: &[u8]) -> usize {
    let source = Source::new(Box::new(Cursor::new(data.to_vec()))).unwrap();
    let (mut dissector, mut halves) = (Dissector::default(), BTreeMap::<_, Half>::new());
    let end = read(source, |found| {
        if let Found::Packet(packet) = found
            && let Some(segment) = dissector.segment(&packet)
        {
            let half = halves.entry((segment.from, segment.to)).or_default();
            half.add(&segment);
            if let (Some(acknowledged), Some(other)) =
                (segment.acknowledged, halves.get_mut(&(segment.to, segment.from)))
            {
                let Half { stream, taken, .. } = other;
                stream.acknowledge(acknowledged, &mut |piece| *taken += len(&piece));
            }
        }
    });
    end.unwrap();
    for Half { stream, given, taken } in halves.values_mut() {
        stream.close(&mut |piece| *taken += len(&piece));
        assert!(stream.held() == 0 && taken <= given);
    }
    halves.values().map(|half| half.taken).sum()
}

impl Half {
    fn add(&mut self, segment: &Segment<'_>) {
        let Self { stream, given, taken } = self;
        if segment.syn {
            stream.begin(segment.sequence);
        }
        let sequence = segment.sequence.wrapping_add(segment.syn.into());
        *given += segment.payload.len();
        stream.add(sequence, &segment.payload, segment.cut, &mut |piece| *taken += len(&piece));
        if segment.fin {
            stream.finish(sequence, segment.payload.len() + segment.cut);
        }
        assert!(*taken + stream.held() <= *given && stream.held() <= MAX_HELD);
    }
}

fn len(piece: &Piece<'_>) -> usize {
    match piece {
        Piece::Bytes(bytes) => bytes.len(),
        Piece::Gap(_) => 0,
    }
}
