//! Redis that cannot be reached, is silent, or sends something other than an answer: handshakes are full, and none waits for
//! long.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use tls12::NewSession;
use tls12::io::redis::{Counters, Fleet, FleetError, Trouble};

use super::redis_server::RedisServer;
use super::support::ports::free_port;
use super::{By, PATIENT, connect, key_name, keys, new_session, server, start, wait_for, wait_until};

/// What stands where Redis should.
type Behaviour = fn(TcpStream);

/// The URL of something that treats each connection so.
fn listen(behaviour: Behaviour) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    // Ends with the test process; each connection with its other end.
    thread::spawn(move || {
        listener.incoming().map_while(Result::ok).for_each(|stream| drop(thread::spawn(move || behaviour(stream))))
    });
    url
}

fn never_answers(mut stream: TcpStream) {
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

fn hangs_up(stream: TcpStream) {
    drop(stream);
}

/// Whatever it reads, this is the answer.
fn answers(stream: &mut TcpStream, answer: &[u8]) {
    while stream.read(&mut [0; 4096]).is_ok_and(|n| n > 0) && stream.write_all(answer).is_ok() {}
}

fn is_no_redis(mut stream: TcpStream) {
    answers(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
}

fn promises_much(mut stream: TcpStream) {
    answers(&mut stream, b"$500000000\r\nabc");
}

/// A fleet at this URL whose questions end after a moment.
fn hasty(url: &str) -> Fleet {
    start(Fleet::builder(url, keys()).time_limit(Duration::from_millis(50)))
}

/// Handshakes by ID and by ticket succeed, and are full.
#[track_caller]
fn assert_full_handshakes(fleet: &Fleet) {
    let server = server(fleet);
    for by in [By::Id, By::Ticket] {
        let session = new_session(By::Id, &server);
        connect(by, &server, Some(&session), false);
    }
    let counters = fleet.counters();
    assert_eq!((counters.found, counters.kept, counters.ticket_generation), (0, 0, 0), "{counters}");
}

#[test]
fn handshakes_are_full_without_redis() {
    let nobody = format!("redis://127.0.0.1:{}", free_port());
    for url in [nobody, "unix:///no/such/socket".to_owned(), listen(hangs_up), listen(is_no_redis)] {
        let fleet = hasty(&url);
        assert_full_handshakes(&fleet);
        let counters = fleet.counters();
        // Whether the end of a connection or the limit is seen first is the network's affair.
        assert!(counters.unreachable + counters.timed_out + counters.refused > 0, "{url}: {counters}");
        assert!(matches!(wait_for(fleet.rotate_ticket_keys()), Err(FleetError::Trouble(_))));
    }
}

#[test]
fn handshakes_do_not_wait_for_a_redis_that_is_silent() {
    for behaviour in [never_answers, promises_much] {
        let fleet = hasty(&listen(behaviour));
        assert_full_handshakes(&fleet);
        assert!(fleet.counters().timed_out > 0, "{}", fleet.counters());
    }
}

/// After a failure the next questions are not asked at all, and do not wait.
#[test]
fn after_a_failure_nothing_is_asked_for_a_while() {
    let fleet = hasty("unix:///no/such/socket");
    wait_until("a question is not asked", || {
        let error = wait_for(fleet.rotate_ticket_keys()).unwrap_err();
        error == FleetError::Trouble(Trouble::NotAsked)
    });
    assert!(fleet.counters().unreachable > 0);
}

/// It is out of memory, or a replica: what it holds can be read. It wants a password: nothing can.
#[test]
fn refusals_are_counted_as_that() {
    let Some(redis) = RedisServer::start() else { return };
    let of = |url: String| start(Fleet::builder(url, keys()).time_limit(PATIENT));
    let fleet = of(redis.url());
    let server = server(&fleet);
    let session = new_session(By::Id, &server);
    wait_until("the session is kept", || fleet.counters().kept == 1);
    let _: String = redis.ask(&[b"CONFIG", b"SET", b"maxmemory", b"1"]);
    new_session(By::Id, &server);
    wait_until("a refusal is counted", || fleet.counters().refused == 1);
    connect(By::Id, &server, Some(&session), true);
    assert_eq!(wait_for(fleet.rotate_ticket_keys()), Err(FleetError::Trouble(Trouble::Refused)));

    let _: String = redis.ask(&[b"CONFIG", b"SET", b"maxmemory", b"0"]);
    let _: String = redis.ask(&[b"REPLICAOF", b"127.0.0.1", b"1"]);
    let refused = fleet.counters().refused;
    new_session(By::Id, &server);
    wait_until("a refusal is counted", || fleet.counters().refused == refused + 1);
    let _: String = redis.ask(&[b"REPLICAOF", b"NO", b"ONE"]);
    wait_until("a session is kept again", || {
        new_session(By::Id, &server);
        fleet.counters().kept > 1
    });

    let _: String = redis.ask(&[b"CONFIG", b"SET", b"requirepass", b"right"]);
    for (password, generation) in [("", 0), ("?pass=wrong", 0), ("?pass=right", 1)] {
        let fleet = of(redis.url() + password);
        let Counters { refused, unreachable, timed_out, ticket_generation, .. } = fleet.counters();
        assert_eq!((unreachable, timed_out, ticket_generation), (0, 0, generation));
        assert_eq!(refused, u64::from(generation == 0), "{password}");
        let server = super::server(&fleet);
        let session = new_session(By::Id, &server);
        wait_until("the session is kept or not", || {
            let Counters { refused, not_asked, kept, .. } = fleet.counters();
            (refused + not_asked > 1) != (kept == 1)
        });
        connect(By::Id, &server, Some(&session), generation == 1);
    }
}

/// Of more questions than can be under way, the rest is not asked; and those that are, are answered in the end.
#[test]
fn so_many_questions_at_once_and_no_more() {
    const MOST: u64 = 1024;
    let Some(redis) = RedisServer::start() else { return };
    let fleet = start(Fleet::builder(redis.url(), keys()).time_limit(PATIENT).refresh_every(Duration::from_secs(3600)));
    let server = super::server_builder().session_store_later().no_tickets().build().unwrap();
    let Some(NewSession::Server { session, .. }) = connect(By::Id, &server, None, false).server.sessions.pop() else {
        panic!("no session");
    };
    let _: String = redis.ask(&[b"CLIENT", b"PAUSE", b"60000", b"WRITE"]);
    for id in 0..MOST + 50 {
        let (fleet, session) = (fleet.clone(), session.clone());
        super::RUNTIME.spawn(async move { fleet.keep(&id.to_be_bytes(), &session, super::now()).await });
    }
    wait_until("the rest is not asked", || fleet.counters().not_asked == 50);
    let _: String = redis.ask(&[b"CLIENT", b"UNPAUSE"]);
    wait_until("the others are kept", || fleet.counters().kept == MOST);
}

/// A store in the loop whose runtime is gone; and one that is asked in the middle of asynchronous work.
#[test]
fn a_store_in_the_loop_never_panics() {
    let Some(redis) = RedisServer::start() else { return };
    let fleet = super::fleet(&redis.url());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = fleet.session_store(runtime.handle().clone());
    drop(runtime);
    let orphan = super::server_builder().session_store(store).no_tickets().build().unwrap();
    let session = new_session(By::Id, &orphan);
    connect(By::Id, &orphan, Some(&session), false);
    assert_eq!((fleet.counters().kept, fleet.counters().unreachable), (0, 1));

    let server = server(&fleet);
    wait_for(async {
        let session = new_session(By::Id, &server);
        while fleet.counters().kept == 0 {
            tokio::task::yield_now().await;
        }
        connect(By::Id, &server, Some(&session), true);
    });
}

/// It stops to answer for a while, and then goes on.
#[test]
fn sessions_come_back_with_redis() {
    let Some(redis) = RedisServer::start() else { return };
    let fleet = start(Fleet::builder(redis.url(), keys()).time_limit(Duration::from_millis(500)));
    let server = server(&fleet);
    let resumes = |session| {
        let found = fleet.counters().found;
        let client = super::End::client(super::client(By::Id), super::SERVER_NAME, Some(session), super::now());
        let mut pair = super::Pair::of(client, super::End::server(server.clone(), super::now()));
        pair.run();
        pair.assert_connected();
        pair.client.info().resumed() && fleet.counters().found > found
    };
    let kept = || {
        let before = fleet.counters().kept;
        let session = new_session(By::Id, &server);
        (fleet.counters().kept > before).then_some(session)
    };
    let mut session = None;
    wait_until("a session is kept", || {
        session = session.take().or_else(kept);
        session.is_some()
    });
    let session = session.unwrap();
    wait_until("it is resumed", || resumes(session.clone()));

    // A session may be kept before the first ticket keys are there: the first request for them may have timed out.
    wait_until("there are ticket keys", || fleet.counters().ticket_generation > 0);
    let ticket = new_session(By::Ticket, &server);
    let _: String = redis.ask(&[b"CLIENT", b"PAUSE", b"3000", b"ALL"]);
    let mut failed = 0;
    while fleet.counters().timed_out == 0 {
        failed += 1;
        assert!(failed < 100, "it answers while it is stopped: {}", fleet.counters());
        new_session(By::Id, &server);
        resumes(session.clone());
    }
    // No ticket waits for Redis.
    connect(By::Ticket, &server, Some(&ticket), true);
    assert_eq!(key_name(&ticket), key_name(&new_session(By::Ticket, &server)));
    wait_until("it is resumed again", || resumes(session.clone()));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refused = |builder: tls12::io::redis::FleetBuilder| wait_for(builder.start()).unwrap_err();
    let builder = || Fleet::builder("redis://localhost", keys());
    let day = Duration::from_secs(24 * 60 * 60);
    for builder in [
        builder().time_limit(Duration::ZERO),
        builder().refresh_every(Duration::ZERO),
        builder().session_lifetime(Duration::ZERO),
        builder().session_lifetime(day + Duration::from_secs(1)),
        builder().ticket_period(Duration::ZERO),
        builder().ticket_period(day + Duration::from_secs(1)),
        builder().ticket_period(Duration::from_secs(9)),
    ] {
        assert!(matches!(refused(builder), FleetError::Setting(_)));
    }
    // The password is not repeated.
    for url in ["", "localhost", "http://:hunter2@localhost", "rediss://:hunter2@localhost"] {
        let error = refused(Fleet::builder(url, keys()));
        assert!(matches!(error, FleetError::Url(_)) && !error.to_string().contains("hunter2"), "{error}");
    }
    assert!(!format!("{:?}", Fleet::builder("redis://:hunter2@localhost", keys())).contains("hunter2"));
}
