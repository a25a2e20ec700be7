//! What the servers of a fleet share: how it is sealed, and ticket keys that others hand in.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use tls12::session::{FleetKeys, Renewal, ServerSession, SharedTickets, TicketRing, Tickets};

use super::tickets::server_session;
use super::{DAY, after};
use crate::support::pki::now;
use crate::support::provider::provider;

const PERIOD: u64 = 1000;

fn keys(identity: &str, secret: u8) -> FleetKeys {
    FleetKeys::new(provider(), identity.as_bytes(), &[secret; 32])
}

fn bytes(session: &ServerSession) -> Vec<u8> {
    session.to_bytes().expose().to_vec()
}

/// HMAC-SHA256 by another library.
fn hmac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

/// As the documentation has it: names and keys are HMACs, entries are sealed with AES-256-GCM.
#[test]
fn an_entry_is_what_is_documented() {
    let (session, id) = (server_session(), [9; 32]);
    let keys = keys("shop", 1);
    let derive = |purpose: &str| {
        let label = format!("tls12 fleet {purpose} of session\0");
        hmac(&[1; 32], &[label.as_bytes(), Sha256::digest(b"shop").as_slice(), &id])
    };
    let name: String = derive("name").iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(keys.session_names(&id).unwrap(), [name]);

    let sealed = keys.seal_session(&id, &session).unwrap();
    let (form, rest) = sealed.split_at(1);
    let (nonce, sealed) = rest.split_at(12);
    let cipher = <Aes256Gcm as KeyInit>::new_from_slice(&derive("key")).unwrap();
    let opened = cipher.decrypt(&Nonce::try_from(nonce).unwrap(), Payload { msg: sealed, aad: form }).unwrap();
    assert_eq!(opened, bytes(&session));
}

/// An entry is bound to its fleet, to its identity, to its ID, and to what it is.
#[test]
fn an_entry_opens_only_in_its_place() {
    let (session, id) = (server_session(), [9; 32]);
    let ours = keys("shop", 1);
    let sealed = ours.seal_session(&id, &session).unwrap();
    assert_eq!(ours.open_session(0, &id, &sealed).map(|session| bytes(&session)), Some(bytes(&session)));
    assert_ne!(sealed, ours.seal_session(&id, &session).unwrap(), "another nonce each time");

    for other in [keys("shop", 2), keys("bank", 1), keys("", 1)] {
        assert!(other.open_session(0, &id, &sealed).is_none());
        assert_ne!(other.session_names(&id).unwrap(), ours.session_names(&id).unwrap());
        assert_ne!(other.ring_names().unwrap(), ours.ring_names().unwrap());
    }
    assert!(ours.open_session(0, &[8; 32], &sealed).is_none());
    assert!(ours.open_session(1, &id, &sealed).is_none(), "there is no second secret");
    assert!(ours.open_ring(0, &sealed).is_none());
    assert_ne!(ours.session_names(&[]).unwrap(), ours.ring_names().unwrap());
    for i in 0..sealed.len() {
        let mut damaged = sealed.clone();
        damaged[i] ^= 1;
        assert!(ours.open_session(0, &id, &damaged).is_none(), "byte {i}");
        assert!(ours.open_session(0, &id, &sealed[..i]).is_none(), "length {i}");
    }
}

/// From one secret to another without a gap: first all open by it, then all seal by it.
#[test]
fn the_secret_can_be_changed() {
    let (session, id) = (server_session(), [9; 32]);
    let stages =
        [keys("shop", 1), keys("shop", 1).also_opens(&[2; 32]), keys("shop", 2).also_opens(&[1; 32]), keys("shop", 2)];
    for pair in stages.windows(2) {
        for (writer, reader) in [(&pair[0], &pair[1]), (&pair[1], &pair[0])] {
            let name = &writer.session_names(&id).unwrap()[0];
            let position = reader.session_names(&id).unwrap().iter().position(|other| other == name).unwrap();
            let sealed = writer.seal_session(&id, &session).unwrap();
            assert!(reader.open_session(position, &id, &sealed).is_some());
        }
    }
}

fn new_ring() -> TicketRing {
    TicketRing::new(provider().random(), now()).unwrap()
}

fn rotated(ring: &TicketRing, seconds: u64) -> TicketRing {
    ring.rotated(provider().random(), after(seconds), PERIOD).unwrap()
}

/// A server that has this ring.
fn server(ring: &TicketRing) -> SharedTickets {
    let tickets = SharedTickets::new(provider(), PERIOD);
    tickets.take(0, ring.clone()).unwrap();
    tickets
}

fn name(ticket: &[u8]) -> [u8; 16] {
    ticket[..16].try_into().unwrap()
}

/// What becomes of a ticket at a server.
fn renewal(server: &SharedTickets, ticket: &[u8], seconds: u64) -> Option<Renewal> {
    server.open(ticket, after(seconds)).map(|opened| opened.renew)
}

fn ticket(server: &SharedTickets, seconds: u64) -> Vec<u8> {
    server.seal(&server_session(), after(seconds)).expect("a ticket").ticket
}

#[test]
fn tickets_pass_between_servers_one_rotation_apart() {
    let first = new_ring();
    let second = rotated(&first, PERIOD);
    let third = rotated(&second, 2 * PERIOD);
    assert_eq!([&first, &second, &third].map(TicketRing::generation), [1, 2, 3]);
    let (slow, quick) = (server(&first), server(&second));
    let (of_slow, of_quick) = (ticket(&slow, PERIOD), ticket(&quick, PERIOD));
    assert_ne!(name(&of_slow), name(&of_quick));
    // The quick server seals by what the slow one knows as the next key.
    assert_eq!(renewal(&slow, &of_quick, PERIOD), Some(Renewal::NotDue));
    assert_eq!(renewal(&quick, &of_slow, PERIOD), Some(Renewal::Due));
    assert_eq!(renewal(&quick, &of_quick, PERIOD), Some(Renewal::NotDue));
    // Two rotations apart: the key is gone.
    quick.take(0, third.clone()).unwrap();
    assert_eq!(renewal(&quick, &of_slow, 2 * PERIOD), None);
    assert_eq!(renewal(&quick, &of_quick, 2 * PERIOD), Some(Renewal::Due));
    // Nobody brings an old ring back.
    quick.take(0, first).unwrap();
    assert_eq!(quick.ring().unwrap().generation(), 3);
    assert_eq!(renewal(&quick, &of_slow, 2 * PERIOD), None);
}

/// A fleet has few secrets in use; a ring at a position beyond the sixteenth is not held.
#[test]
fn so_many_rings_are_held_and_no_more() {
    let ring = new_ring();
    let of_ring = ticket(&server(&ring), 0);
    for (position, opens) in [(15, true), (16, false), (usize::MAX, false)] {
        let tickets = server(&new_ring());
        tickets.take(position, ring.clone()).unwrap();
        assert_eq!(renewal(&tickets, &of_ring, 0).is_some(), opens, "{position}");
    }
}

#[test]
fn without_keys_there_are_no_tickets() {
    let tickets = SharedTickets::new(provider(), PERIOD);
    assert!(tickets.seal(&server_session(), now()).is_none());
    assert!(tickets.open(&[0; 200], now()).is_none());
    assert!(tickets.ring().is_none());
}

/// Cut off from the others, a server stops to seal and to open when the keys' time is over.
#[test]
fn keys_go_even_if_no_others_come() {
    let second = rotated(&new_ring(), 0);
    let (server, next) = (server(&second), server(&rotated(&second, 0)));
    let (of_current, of_next) = (ticket(&server, 0), ticket(&next, 0));
    let hint = |seconds| server.seal(&server_session(), after(seconds)).map(|sealed| sealed.lifetime_hint);
    assert_eq!([0, PERIOD, 2 * PERIOD - 1, 2 * PERIOD].map(hint), [Some(2000), Some(1000), Some(1), None]);
    assert!(renewal(&server, &of_current, 2 * PERIOD - 1).is_some());
    assert!(renewal(&server, &of_current, 2 * PERIOD).is_none());
    assert!(renewal(&server, &of_next, 3 * PERIOD - 1).is_some());
    assert!(renewal(&server, &of_next, 3 * PERIOD).is_none());
    // The previous one, seen from a server that has it as that.
    assert!(renewal(&next, &of_current, PERIOD - 1).is_some());
    assert!(renewal(&next, &of_current, PERIOD).is_none());
    // A key that was idle for two periods is not taken along.
    let late = self::server(&rotated(&second, 2 * PERIOD));
    assert!(renewal(&late, &of_current, 2 * PERIOD).is_none());
    // And no session outlives a day, whatever its key.
    let long = SharedTickets::new(provider(), 10 * DAY);
    long.take(0, second).unwrap();
    let ticket = ticket(&long, 0);
    assert!(renewal(&long, &ticket, DAY - 60).is_some() && renewal(&long, &ticket, DAY + 60).is_none());
}

#[test]
fn a_revoked_key_opens_nothing() {
    let provider = provider();
    let without = |ring: &TicketRing, ticket: &[u8]| ring.without(&name(ticket), provider.random(), after(10)).unwrap();
    let ring = rotated(&new_ring(), 5);
    // Tickets by each of the three keys; the next one's by a server that is ahead.
    let (here, ahead) = (server(&ring), server(&rotated(&ring, 5)));
    let previous = {
        // The ring before it has the previous key as its current one.
        let before = new_ring();
        let after = rotated(&before, 5);
        (ticket(&server(&before), 5), after)
    };
    let (current, next) = (ticket(&here, 5), ticket(&ahead, 5));

    // The next key takes the place of the current one: servers that have not heard of it open its tickets already.
    let revoked = without(&ring, &current).unwrap();
    assert_eq!(revoked.generation(), ring.generation() + 1);
    here.take(0, revoked.clone()).unwrap();
    assert_eq!(renewal(&here, &current, 10), None);
    assert_eq!(renewal(&here, &next, 10), Some(Renewal::NotDue));
    assert_eq!(name(&ticket(&here, 10)), name(&next));
    assert!(without(&revoked, &current).is_none(), "it is gone");

    let revoked = without(&ring, &next).unwrap();
    let there = server(&revoked);
    assert_eq!((renewal(&there, &current, 10), renewal(&there, &next, 10)), (Some(Renewal::NotDue), None));

    let (ticket_of_previous, ring) = previous;
    let there = server(&ring);
    assert_eq!(renewal(&there, &ticket_of_previous, 10), Some(Renewal::Due));
    there.take(0, without(&ring, &ticket_of_previous).unwrap()).unwrap();
    assert_eq!(renewal(&there, &ticket_of_previous, 10), None);

    let replaced = ring.replaced(provider.random(), after(10)).unwrap();
    there.take(0, replaced).unwrap();
    for ticket in [&current, &next, &ticket_of_previous] {
        assert_eq!(renewal(&there, ticket, 10), None);
    }
    assert_eq!(there.ring().unwrap().generation(), 3);
}

/// Keys under an older secret of the fleet open, and what they open is renewed.
#[test]
fn keys_of_an_older_secret_only_open() {
    let (old, new) = (new_ring(), new_ring());
    let of_old = ticket(&server(&old), 0);
    let both = server(&new);
    both.take(1, old).unwrap();
    assert_eq!(renewal(&both, &of_old, 0), Some(Renewal::Due));
    assert_eq!(renewal(&server(&new), &of_old, 0), None);
    assert_eq!(renewal(&server(&new), &ticket(&both, 0), 0), Some(Renewal::NotDue));
}

#[test]
fn a_ring_is_kept_as_bytes() {
    let keys = keys("shop", 1);
    for ring in [new_ring(), rotated(&new_ring(), 0)] {
        let sealed = keys.seal_ring(&ring).unwrap();
        let opened = keys.open_ring(0, &sealed).unwrap();
        let ticket = ticket(&server(&ring), 0);
        assert_eq!(opened.generation(), ring.generation());
        assert_eq!(renewal(&server(&opened), &ticket, 0), Some(Renewal::NotDue));
        let bytes = ring.to_bytes();
        assert_eq!(TicketRing::from_bytes(bytes.expose()).unwrap().to_bytes().expose(), bytes.expose());
        for len in (0..bytes.expose().len()).filter(|len| *len != 1 + 8 + 8 + 2 * 48) {
            assert!(TicketRing::from_bytes(&bytes.expose()[..len]).is_err(), "{len}");
        }
        assert!(TicketRing::from_bytes(&[bytes.expose(), &[0]].concat()).is_err());
        assert!(keys.open_session(0, &[], &sealed).is_none());
    }
}
