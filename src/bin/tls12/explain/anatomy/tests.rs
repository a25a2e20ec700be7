//! Each byte of a message belongs to exactly one field without parts, whatever the message contains.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tls12::crypto::ring;
use tls12::inspect::{Conversation, Direction, Inspector, ItemKind};

use super::*;

/// The number of messages that are tried.
const TRIED: u64 = 20_000;

/// The message in a record of its own, after a ServerHello with this suite.
fn decoded(suite: u16, typ: u8, body: &[u8]) -> HandshakeMessage {
    let hello = [&[3, 3], &[7; 32][..], &[0], &suite.to_be_bytes(), &[0]].concat();
    let message = |typ: u8, body: &[u8]| {
        let len = u32::try_from(body.len()).unwrap().to_be_bytes();
        let message = [&[typ], &len[1..], body].concat();
        [&[22, 3, 3], &u16::try_from(message.len()).unwrap().to_be_bytes()[..], &message].concat()
    };
    let client_hello = [&[3, 3], &[7; 32][..], &[0, 0, 2], &suite.to_be_bytes(), &[1, 0]].concat();
    let (mut inspector, mut conversation) = (Inspector::new(ring::provider()), Conversation::new());
    let mut items = Vec::new();
    for (direction, record) in [
        (Direction::ClientToServer, message(1, &client_hello)),
        (Direction::ServerToClient, message(2, &hello)),
        (Direction::ServerToClient, message(typ, body)),
    ] {
        conversation.feed(&mut inspector, direction, Duration::ZERO, &record, &mut items);
    }
    let messages = items.into_iter().filter_map(|item| match item.kind {
        ItemKind::Handshake(message) => Some(*message),
        _ => None,
    });
    messages.collect::<Vec<_>>().pop().unwrap()
}

/// The fields of a part of the message are adjacent, from its start to its end.
#[track_caller]
fn assert_tiled(bytes: &[u8], fields: &[Field<'_>], depth: u8, (start, end): (usize, usize)) {
    let mut at = start;
    for (i, field) in fields.iter().enumerate().filter(|(_, field)| field.depth == depth) {
        assert_eq!(field.start, at, "{field:?} of {fields:#?}");
        at += field.bytes.len();
        assert_eq!(field.bytes, &bytes[field.start..at]);
        let parts = fields[i + 1..].iter().take_while(|other| other.depth > depth).count();
        if parts > 0 {
            assert_tiled(bytes, &fields[i + 1..=i + parts], depth + 1, (field.start, at));
        }
    }
    assert_eq!(at, end, "{fields:#?}");
}

#[test]
fn each_byte_belongs_to_a_field_whatever_the_message_is() {
    let mut random = StdRng::seed_from_u64(15);
    let valid = [
        // Extensions that have parts: server_name, supported_groups, ALPN, renegotiation_info, and an unknown one.
        &b"\x03\x03................................\x00\x00\x02\xc0\x2f\x01\x00\x00\x32\x00\x00\x00\x06\x00\x04\x00\x00\x01a\
           \x00\x0a\x00\x04\x00\x02\x00\x17\x00\x10\x00\x05\x00\x03\x02h2\xff\x01\x00\x01\x00\x12\x34\x00\x0a0123456789"[..],
        b"\x03\x00\x17\x02..\x04\x01\x00\x03abc",
        b"\x00\x00\x08\x00\x00\x02ab\x00\x00\x00\x00",
        b"\x01\x40\x00\x02\x04\x01\x00\x04\x00\x02ab",
    ];
    let mut kinds = [0; 2];
    for i in 0..TRIED {
        let typ = [0, 1, 2, 4, 11, 12, 13, 14, 15, 16, 20, 22, 99][random.random_range(0..13)];
        let mut body = valid[random.random_range(0..valid.len())].to_vec();
        if i % 2 == 0 {
            body = (0..random.random_range(0..80)).map(|_| random.random_range(0..4)).collect();
        }
        for _ in 0..random.random_range(0..3) {
            if let Some(byte) = body.get_mut(random.random_range(0..80)) {
                *byte = random.random();
            }
        }
        let message = decoded([0xc02f, 0x002f, 0x00a8, 0xd001][random.random_range(0..4)], typ, &body);
        let fields = of(&message);
        assert_tiled(&message.bytes, &fields, 0, (0, message.bytes.len()));
        let is_malformed = fields.iter().any(|field| field.name.starts_with('('));
        kinds[usize::from(is_malformed)] += 1;
        assert!(fields.iter().all(|field| field.name.starts_with('(') || field.clause.starts_with("RFC ")));
    }
    assert!(kinds.iter().all(|count| *count > 1000), "{kinds:?}");
}
