//! A peer whose bytes arrive one at a time: the same happens, and no more is requested than will arrive.

use tls12::Event;

use super::kinds::Kind;
use crate::support::pair::{End, Pair};

/// Delivers to `end` one byte after the other, and checks what it asks for: the bytes that it says must follow do.
fn trickle(end: &mut End, bytes: &[u8]) {
    for (place, byte) in bytes.iter().enumerate() {
        end.input.push(*byte);
        let _ = end.run();
        let left = bytes.len() - place - 1;
        if let Ok(step) = end.connection.process(&mut end.input, &mut end.output)
            && let Event::NeedInput { at_least } = step.event
        {
            assert!(at_least >= 1, "it asks for nothing");
            assert!(left == 0 || at_least <= left, "it asks for {at_least} bytes where {left} are to come");
        }
    }
}

/// Runs until neither end has anything to send, one byte at a time.
fn run(pair: &mut Pair) {
    while !(pair.client.output.is_empty() && pair.server.output.is_empty()) {
        let sent = std::mem::take(&mut pair.client.output);
        trickle(&mut pair.server, &sent);
        let sent = std::mem::take(&mut pair.server.output);
        trickle(&mut pair.client, &sent);
    }
}

#[test]
fn bytes_may_come_one_at_a_time() {
    for kind in Kind::all() {
        let whole = kind.connected();
        let mut pair = kind.start();
        run(&mut pair);
        assert_eq!(pair.client.log, whole.client.log, "{kind:?}");
        assert_eq!(pair.server.log, whole.server.log, "{kind:?}");
        let Pair { client, server, .. } = &mut pair;
        client.connection.seal(b"the data of a client", &mut client.output).unwrap();
        client.connection.close(&mut client.output);
        let sent = std::mem::take(&mut client.output);
        trickle(server, &sent);
        assert_eq!(server.data, b"the data of a client", "{kind:?}");
        assert!(server.connection.end_of_input().is_ok(), "{kind:?}");
    }
}
