//! A transport that ends, or is reset, at every byte of every handshake: the error says which it was and whether the
//! handshake was complete, it stays, and nothing more is sent.

use std::thread;

use tls12::{AlertDescription, Error};

use super::kinds::Kind;
use crate::support::pair::{End, Pair};

/// How a transport ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Closed,
    Reset,
}

impl Ending {
    /// Ends the transport of this end.
    fn befalls(self, end: &mut End) -> Result<(), Error> {
        match self {
            Self::Closed => end.connection.end_of_input(),
            Self::Reset => end.connection.transport_reset(),
        }
    }

    /// The error that it gives.
    fn error(self, connected: bool) -> Error {
        match (self, connected) {
            (Self::Closed, false) => Error::TruncatedInHandshake,
            (Self::Closed, true) => Error::Truncated,
            (Self::Reset, false) => Error::ResetInHandshake,
            (Self::Reset, true) => Error::Reset,
        }
    }
}

/// Makes the handshake, but delivers only `limit` bytes to the client, or to the server. Whether all of what was sent to it
/// had come by then.
fn cut(pair: &mut Pair, to_client: bool, limit: usize) -> bool {
    let mut left = limit;
    loop {
        let mut moved = false;
        for deliver_to_client in [false, true] {
            let Pair { client, server, .. } = &mut *pair;
            let (from, to) = if deliver_to_client { (server, client) } else { (client, server) };
            let mut arriving = std::mem::take(&mut from.output);
            if deliver_to_client == to_client {
                let all = arriving.len();
                arriving.truncate(left);
                left -= arriving.len();
                if arriving.len() < all {
                    to.input.append(&mut arriving);
                    to.run().unwrap();
                    return false;
                }
            }
            moved |= !arriving.is_empty();
            to.input.append(&mut arriving);
            to.run().unwrap();
        }
        if !moved {
            return true;
        }
    }
}

/// Ends the transport of one end after each number of bytes. How many places there were.
fn end_everywhere(kind: &Kind, to_client: bool, ending: Ending) -> usize {
    for limit in 0.. {
        let mut pair = kind.start();
        let complete = cut(&mut pair, to_client, limit);
        let end = if to_client { &mut pair.client } else { &mut pair.server };
        let place =
            format!("{kind:?}: {ending:?} after byte {limit} to the {}", if to_client { "client" } else { "server" });
        let (expected, sent) = (ending.error(end.is_connected()), end.output.len());
        assert_eq!(ending.befalls(end), Err(expected.clone()), "{place}");
        assert_eq!(end.run(), Err(expected), "{place}: the error stays");
        assert!(end.connection.seal(b"data", &mut end.output).is_err(), "{place}: data is sent all the same");
        assert_eq!(end.output.len(), sent, "{place}: something is sent to nobody");
        if complete {
            assert!(end.is_connected(), "{place}");
            return limit + 1;
        }
    }
    unreachable!("a handshake has an end")
}

#[test]
fn a_transport_may_end_at_every_byte_of_a_handshake() {
    let kinds = Kind::all();
    let places: usize = thread::scope(|scope| {
        let threads = [false, true].map(|to_client| {
            let kinds = &kinds;
            scope.spawn(move || -> usize {
                // Each in turn, so that each place is met by one, and its neighbour by the other.
                let endings = [Ending::Closed, Ending::Reset];
                kinds
                    .iter()
                    .zip(endings.into_iter().cycle())
                    .map(|(kind, ending)| end_everywhere(kind, to_client, ending))
                    .sum()
            })
        });
        threads.map(|thread| thread.join().unwrap()).into_iter().sum()
    });
    println!("{} kinds of handshakes, ended at {places} places", kinds.len());
    assert!(places > 5_000, "only {places} places");
}

/// RFC 5246 §7.2.1: after close_notify the end of the transport is none of its errors.
#[test]
fn after_close_notify_the_end_of_the_transport_is_no_error() {
    for kind in Kind::all() {
        for ending in [Ending::Closed, Ending::Reset] {
            let mut pair = kind.connected();
            let Pair { client, server, .. } = &mut pair;
            server.connection.close(&mut server.output);
            client.input.append(&mut server.output);
            client.run().unwrap();
            assert_eq!(ending.befalls(client), Ok(()), "{kind:?}: {ending:?}");
            // The other side has heard nothing yet.
            assert_eq!(ending.befalls(server), Err(ending.error(true)), "{kind:?}: {ending:?}");
        }
    }
}

/// An alert that has come before the transport ended is the cause, and not the end.
#[test]
fn an_alert_before_the_end_is_the_cause() {
    for kind in Kind::all() {
        let mut pair = kind.start();
        // A fatal alert in the clear (RFC 5246 §7.2), in answer to the ClientHello.
        pair.client.input.extend([21, 3, 3, 0, 2, 2, 40]);
        let expected = Err(Error::Alert(AlertDescription::HandshakeFailure));
        assert_eq!(pair.client.run(), expected, "{kind:?}");
        assert_eq!(Ending::Closed.befalls(&mut pair.client), expected, "{kind:?}");
        assert_eq!(Ending::Reset.befalls(&mut pair.client), expected, "{kind:?}");
    }
}
