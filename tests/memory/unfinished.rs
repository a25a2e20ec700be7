//! What a connection holds for a message that has not arrived completely: state by state, on both sides. Each message is as long as
//! may be, and lacks its last byte.
#![cfg(all(feature = "ring", feature = "webpki"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::support::forge::{Forge, HANDSHAKE, Step};
use crate::support::pki::{PKI, Pinned};
use allocation_counter::measure;
use tls12::crypto::{CipherSuite, ring};
use tls12::{ClientConfig, Event, Policy, ServerConfig};

/// The longest message (`MAX_MESSAGE` of `record::join`), and the longest ClientHello that there can be (RFC 5246 §7.4.1.2).
const MESSAGE: usize = 1 << 16;
const CLIENT_HELLO: usize = 2 + 32 + (1 + 32) + (2 + 65_534) + (1 + 255) + (2 + 65_535);

/// The header of a message (RFC 5246 §7.4), and what the place where it is joined takes.
const BESIDE: usize = 4 + 64;

/// The longest text of a record (RFC 5246 §6.2.1).
const FRAGMENT: usize = 1 << 14;

fn forges(suite: &str) -> [Forge; 2] {
    let suite = CipherSuite::from_name(suite).unwrap();
    let policy = Policy::legacy().suites([suite]);
    let client = ClientConfig::builder(Pinned::server()).policy(policy.clone()).build().unwrap();
    let server = ServerConfig::builder(PKI.credential(&*ring::provider())).policy(policy).build().unwrap();
    [Forge::server(&client, suite), Forge::client(&server, suite)]
}

#[test]
fn a_message_that_has_not_arrived_is_held_once() {
    let mut states = 0;
    for suite in ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"] {
        for role in [0, 1] {
            let flow = forges(suite)[role].flow();
            for step in flow.iter().copied().filter(|step| *step != Step::ChangeCipherSpec) {
                // In records that are as long as may be, and in short ones.
                for fragment in [FRAGMENT, 100] {
                    let mut forge = forges(suite).into_iter().nth(role).unwrap();
                    forge.up_to(step);
                    unfinished(&mut forge, step, fragment);
                    states += 1;
                }
            }
        }
    }
    assert_eq!(states, 2 * (5 + 3 + 4 + 3));
}

/// Sends all but the last byte of the longest message of this type.
#[track_caller]
fn unfinished(forge: &mut Forge, step: Step, fragment: usize) {
    let len = if step == Step::ClientHello { CLIENT_HELLO } else { MESSAGE };
    let typ = forge.make(step)[0];
    let header = [&[typ][..], &u32::try_from(len).unwrap().to_be_bytes()[1..]].concat();
    let message = [header, vec![0; len - 1]].concat();
    let mut input: Vec<u8> = message.chunks(fragment).flat_map(|part| forge.seal(HANDSHAKE, part)).collect();
    let (connection, mut out, mut used) = (&mut forge.target.connection, Vec::new(), 0);
    let held = measure(|| {
        while used < input.len() {
            let step = connection.process(&mut input[used..], &mut out).unwrap();
            assert!(matches!(step.event, Event::NeedInput { .. }));
            used += step.consumed;
        }
    });
    let what = format!("{step:?} in records of {fragment}");
    println!("{what}: {held:?}");
    let most = i64::try_from(len + BESIDE).unwrap();
    assert!(held.bytes_current <= most, "{what}: {} bytes", held.bytes_current);
    // While it is moved to where it has more room.
    assert!(i64::try_from(held.bytes_max).unwrap() <= 2 * most, "{what}: {} bytes at most", held.bytes_max);
    assert!(out.is_empty(), "{what}: it is answered");
}
