//! Ticket keys, shared by servers that need no restart.

use std::time::Duration;

use tls12::io::redis::{Fleet, FleetError};

use super::redis_server::RedisServer;
use super::{By, PATIENT, connect, fleet, key_name, keys, new_session, server, start, wait_for, wait_until};

/// Waits until each has the keys of this generation.
#[track_caller]
fn wait_for_generation(fleets: &[&Fleet], generation: u64) {
    wait_until(&format!("generation {generation}"), || {
        fleets.iter().all(|fleet| fleet.counters().ticket_generation == generation)
    });
}

/// Where the ticket keys are.
fn ring_name() -> Vec<u8> {
    [b"tls12:", keys().ring_names().unwrap()[0].as_bytes()].concat()
}

#[test]
fn tickets_pass_between_servers_through_rotations() {
    let Some(redis) = RedisServer::start() else { return };
    // Both at once: one of them is first, and the other takes its keys.
    let builders = [(); 2].map(|()| {
        Fleet::builder(redis.url(), keys()).refresh_every(Duration::from_millis(100)).time_limit(PATIENT).start()
    });
    let [one, other] = builders;
    let (one, other) = wait_for(async {
        let other = tokio::spawn(other);
        (one.await.unwrap(), other.await.unwrap().unwrap())
    });
    let (here, there) = (server(&one), server(&other));
    assert_eq!(one.counters().ticket_keys_published + other.counters().ticket_keys_published, 1);

    let first = new_session(By::Ticket, &here);
    connect(By::Ticket, &there, Some(&first), true);
    assert_eq!(wait_for(one.rotate_ticket_keys()), Ok(2));
    // The server that has rotated seals by a key that the other knew before.
    let early = new_session(By::Ticket, &here);
    assert_ne!(key_name(&early), key_name(&first));
    connect(By::Ticket, &there, Some(&early), true);
    wait_for_generation(&[&one, &other], 2);
    // A ticket of the key before is accepted, and renewed.
    let renewed = connect(By::Ticket, &there, Some(&first), true).client.client_session();
    assert_eq!(key_name(&renewed), key_name(&early));

    assert_eq!(wait_for(other.rotate_ticket_keys()), Ok(3));
    wait_for_generation(&[&one, &other], 3);
    for server in [&here, &there] {
        connect(By::Ticket, server, Some(&first), false);
        connect(By::Ticket, server, Some(&renewed), true);
    }
}

#[test]
fn keys_rotate_by_themselves_and_once_each_time() {
    let Some(redis) = RedisServer::start() else { return };
    let one = |_| {
        let builder = Fleet::builder(redis.url(), keys()).time_limit(PATIENT).ticket_period(Duration::from_secs(1));
        start(builder.refresh_every(Duration::from_millis(50)))
    };
    let fleets = [0, 1, 2].map(one);
    wait_until("some rotations", || fleets.iter().all(|fleet| fleet.counters().ticket_generation >= 3));
    wait_until("each was made by one server", || {
        let counters = fleets.each_ref().map(Fleet::counters);
        let generation = counters[0].ticket_generation;
        counters.iter().all(|counters| counters.ticket_generation == generation)
            && counters.iter().map(|counters| counters.ticket_keys_published).sum::<u64>() == generation
    });
}

#[test]
fn a_compromised_key_is_revoked_on_all_servers() {
    let Some(redis) = RedisServer::start() else { return };
    let [one, other] = [fleet(&redis.url()), fleet(&redis.url())];
    let (here, there) = (server(&one), server(&other));
    let session = new_session(By::Ticket, &here);
    connect(By::Ticket, &there, Some(&session), true);

    let ring = redis.value(&ring_name()).unwrap();
    assert_eq!(wait_for(one.revoke_ticket_key(&key_name(&session))), Ok(2));
    wait_for_generation(&[&one, &other], 2);
    for server in [&here, &there] {
        connect(By::Ticket, server, Some(&session), false);
    }
    assert_eq!(wait_for(one.revoke_ticket_key(&key_name(&session))), Err(FleetError::NoSuchKey));

    // Who has the old keys, and can write to Redis, does not bring them back.
    let published = || one.counters().ticket_keys_published + other.counters().ticket_keys_published;
    let before = published();
    redis.set(&ring_name(), &ring);
    wait_until("the keys are put right", || published() > before);
    let next = new_session(By::Ticket, &here);
    connect(By::Ticket, &there, Some(&session), false);
    connect(By::Ticket, &there, Some(&next), true);
    assert_eq!([&one, &other].map(|fleet| fleet.counters().ticket_generation), [2, 2]);

    assert_eq!(wait_for(other.revoke_all_ticket_keys()), Ok(3));
    wait_for_generation(&[&one, &other], 3);
    for server in [&here, &there] {
        connect(By::Ticket, server, Some(&next), false);
    }
}

/// Redis loses all, or has garbage in it: the servers put back what they have, and tickets go on.
#[test]
fn lost_keys_are_put_back() {
    let Some(redis) = RedisServer::start() else { return };
    let [one, other] = [fleet(&redis.url()), fleet(&redis.url())];
    let (here, there) = (server(&one), server(&other));
    wait_for(one.rotate_ticket_keys()).unwrap();
    wait_for_generation(&[&one, &other], 2);
    let session = new_session(By::Ticket, &here);
    let mut unreadable = 0;
    for loss in [&[&b"FLUSHALL"[..]][..], &[b"SET", &ring_name(), b"garbage"], &[b"SET", &ring_name(), b""]] {
        let _: String = redis.ask(loss);
        // A server that comes now must not be the end of the others' keys.
        let third = fleet(&redis.url());
        wait_until("all have the same keys again", || {
            let sealed = redis.value(&ring_name()).unwrap_or_default();
            keys().open_ring(0, &sealed).is_some_and(|ring| ring.generation() == 2)
        });
        wait_for_generation(&[&one, &other, &third], 2);
        for server in [&here, &there, &server(&third)] {
            connect(By::Ticket, server, Some(&session), true);
        }
        unreadable += third.counters().unreadable;
    }
    // Whoever was first to see the garbage.
    assert!(one.counters().unreadable + other.counters().unreadable + unreadable >= 2);
}
