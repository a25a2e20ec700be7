//! The TCP connections of a capture: each segment comes to its connection, and each connection to its end.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use tls12::inspect::{Direction, TransportEnd};

use super::Explainer;
use super::packet::Segment;
use super::reassembly::{Piece, Stream};
use super::talk::Talk;

/// How many connections are followed at a time. Beyond that, those that have been quiet for longest are taken for ended.
const MAX_OPEN: usize = 1024;

/// How many bytes wait for an earlier segment in all connections together. Beyond that, a connection gives up what it lacks.
const MAX_HELD_IN_ALL: usize = 64 << 20;

/// The connections that are followed.
#[derive(Default)]
pub struct Connections {
    open: HashMap<[SocketAddr; 2], Connection>,
    /// How many there have been: they are numbered as in Wireshark (`tcp.stream`).
    count: u64,
    segments: u64,
    /// How many bytes wait in all of them.
    held: usize,
}

struct Connection {
    number: u64,
    halves: [Half; 2],
    /// Which side is the client, once there is a talk.
    client: Option<SocketAddr>,
    /// `None` before there is anything to say of it.
    talk: Option<Talk>,
    is_over: bool,
    /// The number of its last segment.
    last: u64,
}

/// A side of a connection, and what it has sent.
struct Half {
    address: SocketAddr,
    stream: Stream,
    /// Its end was told.
    ended: bool,
}

impl Connections {
    pub fn segment(&mut self, explainer: &mut Explainer, time: Duration, segment: &Segment<'_>) {
        self.segments += 1;
        let mut key = [segment.from, segment.to];
        key.sort_unstable();
        let begins = segment.syn && segment.acknowledged.is_none();
        if begins && self.open.get(&key).is_some_and(|known| known.is_other(segment)) {
            self.end(explainer, &key);
        }
        if !self.open.contains_key(&key) {
            if self.open.len() >= MAX_OPEN {
                self.make_room(explainer);
            }
            self.open.insert(key, Connection::new(self.count, segment));
            self.count += 1;
        }
        if let Some(connection) = self.open.get_mut(&key) {
            connection.last = self.segments;
            self.held -= connection.held();
            connection.segment(explainer, time, segment);
            if self.held.saturating_add(connection.held()) > MAX_HELD_IN_ALL {
                connection.give_up(explainer, time);
            }
            self.held += connection.held();
        }
    }

    /// The capture has ended. Returns how many connections there were.
    pub fn close(mut self, explainer: &mut Explainer) -> u64 {
        let mut keys: Vec<_> = self.open.iter().map(|(key, connection)| (connection.number, *key)).collect();
        keys.sort_unstable();
        for (_, key) in keys {
            self.end(explainer, &key);
        }
        self.count
    }

    fn end(&mut self, explainer: &mut Explainer, key: &[SocketAddr; 2]) {
        if let Some(mut connection) = self.open.remove(key) {
            self.held -= connection.held();
            connection.close(explainer);
        }
    }

    /// Ends the quarter that has been quiet for longest.
    fn make_room(&mut self, explainer: &mut Explainer) {
        let mut keys: Vec<_> = self.open.iter().map(|(key, connection)| (connection.last, *key)).collect();
        keys.sort_unstable();
        for (_, key) in keys.iter().take(MAX_OPEN / 4) {
            self.end(explainer, key);
        }
    }
}

impl Connection {
    fn new(number: u64, segment: &Segment<'_>) -> Self {
        let half = |address| Half { address, stream: Stream::default(), ended: false };
        let halves = [half(segment.from), half(segment.to)];
        Self { number, halves, client: None, talk: None, is_over: false, last: 0 }
    }

    /// Whether this first segment of a connection is one of another, between the same ports.
    fn is_other(&self, segment: &Segment<'_>) -> bool {
        let of_sender = self.halves.iter().find(|half| half.address == segment.from);
        self.is_over || of_sender.is_some_and(|half| half.stream.is_other(segment.sequence))
    }

    fn segment(&mut self, explainer: &mut Explainer, time: Duration, segment: &Segment<'_>) {
        if self.is_over {
            return;
        }
        let [first, second] = &mut self.halves;
        let (sender, receiver) = if first.address == segment.from { (first, second) } else { (second, first) };
        let sequence = if segment.syn { segment.sequence.wrapping_add(1) } else { segment.sequence };
        if segment.syn {
            sender.stream.begin(segment.sequence);
        }
        if self.talk.is_none() && !segment.syn && !segment.rst && segment.payload.is_empty() {
            // It says where the stream goes on.
            sender.stream.add(sequence, &[], 0, &mut |_| {});
            return;
        }
        let client = &mut self.client;
        let talk = self.talk.get_or_insert_with(|| {
            let [first, second] = roles(segment);
            *client = Some(first);
            explainer.talk(self.number, first, second, time)
        });
        let direction = direction_from(sender.address, *client);
        // The acknowledged bytes were sent before this segment.
        if let Some(acknowledged) = segment.acknowledged {
            let mut sink = |piece: Piece<'_>| talk.piece(explainer, direction.other(), time, &piece);
            receiver.stream.acknowledge(acknowledged, &mut sink);
            if !segment.payload.is_empty() || segment.cut > 0 {
                receiver.stream.answered(&mut sink);
            }
        }
        sender.stream.add(sequence, &segment.payload, segment.cut, &mut |piece| {
            talk.piece(explainer, direction, time, &piece);
        });
        if segment.fin {
            sender.stream.finish(sequence, segment.payload.len().saturating_add(segment.cut));
        }
        if segment.rst {
            talk.ended(direction, TransportEnd::Reset);
        }
        for (half, direction) in [(&mut *sender, direction), (&mut *receiver, direction.other())] {
            if half.stream.is_finished() && !std::mem::replace(&mut half.ended, true) {
                talk.ended(direction, TransportEnd::Closed);
            }
        }
        if segment.rst || (sender.ended && receiver.ended) {
            self.close(explainer);
        }
    }

    /// How many bytes wait for an earlier segment.
    fn held(&self) -> usize {
        self.halves.iter().map(|half| half.stream.held()).sum()
    }

    /// Nothing that is missing is waited for any longer.
    fn give_up(&mut self, explainer: &mut Explainer, time: Duration) {
        let Some(talk) = &mut self.talk else { return };
        for half in &mut self.halves {
            let direction = direction_from(half.address, self.client);
            half.stream.give_up(&mut |piece| talk.piece(explainer, direction, time, &piece));
        }
    }

    /// Nothing more comes.
    fn close(&mut self, explainer: &mut Explainer) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let Some(mut talk) = self.talk.take() else { return };
        for half in &mut self.halves {
            let direction = direction_from(half.address, self.client);
            let time = talk.last();
            half.stream.close(&mut |piece| talk.piece(explainer, direction, time, &piece));
        }
        talk.finish(explainer);
    }
}

/// The direction of what this side sends.
fn direction_from(side: SocketAddr, client: Option<SocketAddr>) -> Direction {
    if client == Some(side) { Direction::ClientToServer } else { Direction::ServerToClient }
}

/// The client and the server: the client sent the first SYN, or its hello; else the server has the lower port.
fn roles(segment: &Segment<'_>) -> [SocketAddr; 2] {
    let (from, to) = (segment.from, segment.to);
    let sender = match (segment.syn, segment.acknowledged, &*segment.payload) {
        (true, None, _) | (false, _, [22, 3, _, _, _, 1, ..]) => Direction::ClientToServer,
        (true, Some(_), _) | (false, _, [22, 3, _, _, _, 2, ..]) => Direction::ServerToClient,
        _ if from.port() < to.port() => Direction::ServerToClient,
        _ => Direction::ClientToServer,
    };
    match sender {
        Direction::ClientToServer => [from, to],
        Direction::ServerToClient => [to, from],
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    /// Each connection lacks its first byte.
    #[test]
    fn how_many_bytes_wait_in_all_is_limited() {
        const LEN: usize = 1 << 15;
        let (mut connections, mut explainer) = (Connections::default(), Explainer::silent());
        let to = SocketAddr::from(([10, 0, 0, 2], 443));
        let payload = vec![0; LEN];
        let (each, count) = (64_u32, 40_u16);
        assert!(usize::from(count) * 64 * LEN > MAX_HELD_IN_ALL + (8 << 20));
        for i in 0..each {
            for port in 0..count {
                let from = SocketAddr::from(([10, 0, 0, 1], port));
                let mut segment = Segment {
                    from,
                    to,
                    sequence: 0,
                    acknowledged: None,
                    syn: true,
                    fin: false,
                    rst: false,
                    payload: Cow::Borrowed(&[]),
                    cut: 0,
                };
                if i == 0 {
                    connections.segment(&mut explainer, Duration::ZERO, &segment);
                }
                segment.syn = false;
                segment.sequence = 2 + i * u32::try_from(LEN).unwrap();
                segment.payload = Cow::Borrowed(&payload);
                connections.segment(&mut explainer, Duration::ZERO, &segment);
                let held: usize = connections.open.values().map(Connection::held).sum();
                assert!(held == connections.held && held <= MAX_HELD_IN_ALL, "{held}");
            }
        }
        assert!(connections.held > MAX_HELD_IN_ALL / 2);
    }

    /// Without the limit, a scan of ports in the capture would have us hold each of its connections.
    #[test]
    fn how_many_connections_are_followed_is_limited() {
        let (mut connections, mut explainer) = (Connections::default(), Explainer::silent());
        let from = |i: u16| SocketAddr::from(([10, 0, 0, 1], i));
        let to = SocketAddr::from(([10, 0, 0, 2], 443));
        let count = u16::try_from(3 * MAX_OPEN).unwrap();
        for i in 0..count {
            // The second half of them has data.
            let payload: &[u8] = if i % 2 == 0 { &[] } else { &[22, 3, 3, 0, 4, 1, 0, 0, 0] };
            let segment = Segment {
                from: from(i),
                to,
                sequence: 7,
                acknowledged: None,
                syn: payload.is_empty(),
                fin: false,
                rst: false,
                payload: Cow::Borrowed(payload),
                cut: 0,
            };
            connections.segment(&mut explainer, Duration::ZERO, &segment);
            assert!(connections.open.len() <= MAX_OPEN);
        }
        // Those that were quiet for longest have ended, and the others have not.
        assert!(
            connections.open.contains_key(&[from(count - 1), to]) && !connections.open.contains_key(&[from(0), to])
        );
        assert_eq!(connections.close(&mut explainer), u64::from(count));
        assert_eq!(explainer.explained, u64::from(count) / 2);
    }
}
